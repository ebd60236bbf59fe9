package reporting

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"

	"zhigai/access"
	"zhigai/plant"
)

const cardSchema = "zhigai.score-card/1"

// Card is how the incentive counties are assessed.
type Card struct {
	Schema   string     `yaml:"schema" json:"-"`
	ID       string     `yaml:"id" json:"id"`
	Version  int        `yaml:"version" json:"version"`
	Name     plant.Name `yaml:"name" json:"name"`
	Source   string     `yaml:"source" json:"source"`
	Verified string     `yaml:"verified" json:"verified" enum:"read,derived,unverified"`
	Items    []CardItem `yaml:"items" json:"items" nullable:"false"`
}

// CardItem gives marks for one indicator: none at Zero and below, all of them at
// Full and above, in proportion between.
type CardItem struct {
	Indicator string  `yaml:"indicator" json:"indicator"`
	Marks     float64 `yaml:"marks" json:"marks"`
	Zero      float64 `yaml:"zero" json:"zero"`
	Full      float64 `yaml:"full" json:"full"`
}

// ParseCard reads and checks a card; known says which indicators there are.
func ParseCard(raw []byte, known func(indicator string) bool) (Card, error) {
	var c Card
	if err := yaml.UnmarshalWithOptions(raw, &c, yaml.Strict()); err != nil {
		return c, err
	}
	switch {
	case c.Schema != cardSchema:
		return c, fmt.Errorf("schema %q; write %s", c.Schema, cardSchema)
	case c.ID == "" || c.Version < 1 || c.Name.ZH == "" || c.Name.EN == "" || c.Source == "":
		return c, errors.New("id, version from 1, name (zh, en) and source are needed")
	case !slices.Contains([]string{"read", "derived", "unverified"}, c.Verified):
		return c, fmt.Errorf("verified %q; write read, derived or unverified", c.Verified)
	case len(c.Items) == 0:
		return c, errors.New("a card has one item at least")
	}
	for i, item := range c.Items {
		switch {
		case !known(item.Indicator):
			return c, fmt.Errorf("items[%d]: indicator %q is not known", i, item.Indicator)
		case slices.ContainsFunc(c.Items[:i], func(o CardItem) bool { return o.Indicator == item.Indicator }):
			return c, fmt.Errorf("items[%d]: %s stands there twice", i, item.Indicator)
		case !(item.Marks > 0) || !(item.Full > item.Zero):
			return c, fmt.Errorf("items[%d]: marks above 0 and full above zero are needed", i)
		}
	}
	return c, nil
}

// Of are the marks for a value.
func (i CardItem) Of(value float64) float64 {
	return i.Marks * min(1, max(0, (value-i.Zero)/(i.Full-i.Zero)))
}

// Marks are what a county gets for one item.
type Marks struct {
	Item     CardItem         `json:"item"`
	Value    *float64         `json:"value"`
	Reason   string           `json:"reason,omitempty"`
	Terms    map[string]int64 `json:"terms"`
	Marks    *float64         `json:"marks"` // null without a value
	Coverage *float64         `json:"coverage"`
}

// Score is a county's place on the card.
type Score struct {
	Region   string  `json:"region"`
	Name     string  `json:"name"`
	State    State   `json:"state" enum:"open,draft,submitted,returned,explained,approved,revised"`
	Revision int     `json:"revision" doc:"Of the values that are scored; 0: none are frozen"`
	Items    []Marks `json:"items" nullable:"false"`
	Total    float64 `json:"total"`
	// Possible are the marks of the items that have a value: a total of 40 of 55
	// is not one of 40 of 100.
	Possible float64 `json:"possible"`
	Rank     int     `json:"rank" doc:"By total; 0 without frozen values"`
}

// Scores are those of a period.
type Scores struct {
	Card    Card    `json:"card"`
	Listed  int     `json:"listed" doc:"Incentive counties that were entered; the policy counts 18 and names none"`
	Counted int     `json:"counted" doc:"How many the policy counts"`
	Rows    []Score `json:"rows" nullable:"false"`
}

// counted are the incentive counties by the policy's number.
const counted = 18

// Scores gives the cards of the incentive counties within the asker's areas: of
// the approved values, or where none are, of the newest frozen ones.
func (d *Desk) Scores(ctx context.Context, by access.Principal, period string) (Scores, error) {
	out := Scores{Card: d.Card, Counted: counted, Rows: []Score{}}
	p, err := PeriodOf(period)
	if err != nil {
		return out, err
	}
	list, err := d.Figures.Incentive(ctx, by.Scope.Tenant)
	if err != nil {
		return out, err
	}
	out.Listed = len(list)
	heads, values, err := d.reported(ctx, by, p, plant.County)
	if err != nil {
		return out, err
	}
	areas := by.Areas(access.ReadFirms)
	for _, code := range list {
		if !StandingOf(areas, code).Sees() {
			continue
		}
		r, _ := d.Regions.Get(code)
		s := Score{Region: code, Name: d.Regions.Path(code), State: Open, Items: []Marks{}}
		h, ok := heads[r.Code]
		if ok {
			s.State = h.State
		}
		f := values[h.ID]
		s.Revision = f.Revision
		s.fill(d.Card, f.Values)
		out.Rows = append(out.Rows, s)
	}
	slices.SortStableFunc(out.Rows, func(a, b Score) int {
		return cmp.Or(cmp.Compare(min(1, b.Revision), min(1, a.Revision)), cmp.Compare(b.Total, a.Total), cmp.Compare(a.Region, b.Region))
	})
	for i := range out.Rows {
		switch {
		case out.Rows[i].Revision == 0:
		case i > 0 && out.Rows[i].Total == out.Rows[i-1].Total:
			out.Rows[i].Rank = out.Rows[i-1].Rank
		default:
			out.Rows[i].Rank = i + 1
		}
	}
	return out, nil
}

func (s *Score) fill(c Card, values []Value) {
	for _, item := range c.Items {
		m := Marks{Item: item, Terms: map[string]int64{}}
		if i := slices.IndexFunc(values, func(v Value) bool { return v.Definition.ID == item.Indicator }); i >= 0 {
			v := values[i]
			m.Value, m.Reason, m.Terms, m.Coverage = v.Value, v.Reason, v.Terms, v.Coverage
			if v.Value != nil {
				marks := item.Of(*v.Value)
				m.Marks = &marks
				s.Total += marks
				s.Possible += item.Marks
			}
		}
		s.Items = append(s.Items, m)
	}
}

// reported are the reports of a level for a period with the values that count:
// the approved ones, or the newest. Heads by region, values by report.
func (d *Desk) reported(ctx context.Context, by access.Principal, p Period, level plant.RegionLevel) (map[string]Head, map[string]Frozen, error) {
	heads, err := d.Store.Heads(ctx, by.Scope.Tenant, Filter{Period: p.ID, Level: level, Areas: regionsOf(by.Areas(access.ReadFirms))})
	if err != nil {
		return nil, nil, err
	}
	wanted := map[string]int{}
	for _, h := range heads {
		if n := cmp.Or(h.Accepted, h.Revision); n > 0 {
			wanted[h.ID] = n
		}
	}
	frozen, err := d.Store.FrozenOf(ctx, by.Scope.Tenant, wanted)
	if err != nil {
		return nil, nil, err
	}
	values := map[string]Frozen{}
	for _, f := range frozen {
		values[f.Report] = f
	}
	return byRegion(heads), values, nil
}

// CityRow is a city in the comparison.
type CityRow struct {
	Region     string           `json:"region"`
	Name       string           `json:"name"`
	State      State            `json:"state" enum:"open,draft,submitted,returned,explained,approved,revised"`
	Revision   int              `json:"revision"`
	Value      *float64         `json:"value"`
	Reason     string           `json:"reason,omitempty"`
	Terms      map[string]int64 `json:"terms"`
	Coverage   *float64         `json:"coverage"`
	Confidence string           `json:"confidence,omitempty"`
	Rank       int              `json:"rank" doc:"0 without a value; equal values have one rank"`
	Before     *float64         `json:"before" doc:"Of the period before, as reported"`
	Change     *float64         `json:"change,omitempty"`
	Climbed    *int             `json:"climbed,omitempty" doc:"Ranks gained since the period before"`
	Ahead      *float64         `json:"ahead,omitempty" doc:"Value less what the path wants"`
}

// Comparison sets the cities side by side for one indicator.
type Comparison struct {
	Period    string    `json:"period"`
	Before    string    `json:"before"`
	Indicator string    `json:"indicator"`
	Wanted    *float64  `json:"wanted" doc:"What the path asks for in the year; null: nothing is set"`
	Rows      []CityRow `json:"rows" nullable:"false"`
}

// Compare gives the cities within the asker's areas for an indicator, by rank:
// values as reported, now and a period ago.
func (d *Desk) Compare(ctx context.Context, by access.Principal, period, indicator string) (Comparison, error) {
	p, err := PeriodOf(period)
	if err != nil {
		return Comparison{}, err
	}
	before := p.before()
	out := Comparison{Period: p.ID, Before: before.ID, Indicator: indicator, Rows: []CityRow{}}
	if out.Wanted, err = d.Figures.Wanted(ctx, by.Scope.Tenant, indicator, p.Year); err != nil {
		return out, err
	}
	is, err := d.cities(ctx, by, p, indicator)
	if err != nil {
		return out, err
	}
	was, err := d.cities(ctx, by, before, indicator)
	if err != nil {
		return out, err
	}
	for _, row := range is {
		if i := slices.IndexFunc(was, func(o CityRow) bool { return o.Region == row.Region }); i >= 0 {
			row.Before, row.Change = was[i].Value, less(row.Value, was[i].Value)
			if row.Rank > 0 && was[i].Rank > 0 {
				n := was[i].Rank - row.Rank
				row.Climbed = &n
			}
		}
		row.Ahead = less(row.Value, out.Wanted)
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

// cities are the rows of one period, the best first, those without a value last.
func (d *Desk) cities(ctx context.Context, by access.Principal, p Period, indicator string) ([]CityRow, error) {
	heads, values, err := d.reported(ctx, by, p, plant.City)
	if err != nil {
		return nil, err
	}
	areas := by.Areas(access.ReadFirms)
	var out []CityRow
	for _, r := range d.Regions.All("", (p.To - 1).Time()) {
		if r.Level != plant.City || !StandingOf(areas, r.Code).Sees() {
			continue
		}
		row := CityRow{Region: r.Code, Name: r.Name, State: Open, Reason: "not_frozen", Terms: map[string]int64{}}
		if h, ok := heads[r.Code]; ok {
			row.State = h.State
			f := values[h.ID]
			if i := slices.IndexFunc(f.Values, func(v Value) bool { return v.Definition.ID == indicator }); i >= 0 {
				v := f.Values[i]
				row.Revision, row.Value, row.Reason, row.Terms, row.Coverage, row.Confidence = f.Revision, v.Value, v.Reason, v.Terms, v.Coverage, v.Confidence
			}
		}
		out = append(out, row)
	}
	slices.SortStableFunc(out, func(a, b CityRow) int {
		switch {
		case a.Value != nil && b.Value != nil:
			return cmp.Or(cmp.Compare(*b.Value, *a.Value), cmp.Compare(a.Region, b.Region))
		case a.Value != nil:
			return -1
		case b.Value != nil:
			return 1
		}
		return cmp.Compare(a.Region, b.Region)
	})
	for i := range out {
		switch {
		case out[i].Value == nil:
		case i > 0 && *out[i].Value == *out[i-1].Value:
			out[i].Rank = out[i-1].Rank
		default:
			out[i].Rank = i + 1
		}
	}
	return out, nil
}

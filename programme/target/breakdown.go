package target

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"zhigai/access"
	"zhigai/plant"
)

// Member is a firm or a register entry that a value counts.
type Member struct {
	Firm  string `json:"firm,omitempty"`
	Entry string `json:"entry,omitempty"`
	Name  string `json:"name,omitempty"`
}

// BreakdownRow is a line of a breakdown: a division, a firm or a register entry, with the
// terms that it adds to those above.
type BreakdownRow struct {
	Member
	Region     string           `json:"region" doc:"Six digits"`
	Direct     bool             `json:"direct,omitempty" doc:"What stands at the division itself and at none below it"`
	Value      *float64         `json:"value"`
	Reason     string           `json:"reason,omitempty"`
	Terms      map[string]int64 `json:"terms"`
	Known      Known            `json:"known"`
	Coverage   *float64         `json:"coverage"`
	Confidence string           `json:"confidence" enum:"A,B,C,D"`
}

// Breakdown is a value with what it is made of one level further down:
// divisions, and in a county its firms and entries. The terms of all rows and
// Rest add up to those of the whole, but for terms that count years.
type Breakdown struct {
	Whole Result         `json:"whole"`
	Level string         `json:"level" enum:"province,city,county,member" doc:"What a row is"`
	Rows  []BreakdownRow `json:"rows" nullable:"false"`
	// Wanted is what the first numeric target that begins with the indicator asks
	// for in the year; Status is the target's.
	Wanted *float64 `json:"wanted,omitempty"`
	Status Status   `json:"status,omitempty" enum:"numeric,directional,judged"`
	// More rows than are shown, and what those left out add.
	More int64            `json:"more,omitempty"`
	Rest map[string]int64 `json:"rest,omitempty"`
}

// maxMembers bounds the firms and entries of a county that one answer shows:
// nobody reads a longer list to its end. Those that weigh most come first.
const maxMembers = 2000

// levels are what a breakdown's rows are, by the digits of their codes.
var levels = map[int]string{2: "province", 4: "city", 6: "county", 8: "member"}

// Breakdown divides an indicator's value into what stands one level below the
// region; the year, the base and the areas are the question's.
//
// With counties, rows are counties whatever lies between.
func (d *Desk) Breakdown(ctx context.Context, tenant plant.TenantNo, id string, q Question, counties bool) (Breakdown, error) {
	ind, err := d.Book.Indicator(id)
	if err != nil {
		return Breakdown{}, err
	}
	settings, err := d.settings(ctx, tenant, &q)
	if err != nil {
		return Breakdown{}, err
	}
	width := len(q.Region) + 2
	if counties {
		width = max(width, 6)
	}
	out, err := d.divide(ctx, tenant, ind, q, width, Lists{Incentive: settings.Incentive})
	for _, t := range d.Book.Targets() {
		if len(t.Indicators) > 0 && t.Indicators[0] == id {
			out.Wanted, out.Status = Wanted(t, settings, q.Year), t.Status
			break
		}
	}
	return out, err
}

// place is what contributions of one row have in common.
type place struct{ region, firm, entry string }

// divide makes rows of contributions whose codes begin with the same width
// digits; more than six are firms and entries.
func (d *Desk) divide(ctx context.Context, tenant plant.TenantNo, ind *Indicator, q Question, width int, lists Lists) (Breakdown, error) {
	f := newFolding(ind, q, lists)
	rows := map[place]*BreakdownRow{}
	members := width > 6
	f.each = func(region string, of Member, terms map[string]int64, k Known) {
		at := place{region: plant.RegionPrefix(region)}
		if at.region = at.region[:min(len(at.region), width)]; members {
			at.firm, at.entry = of.Firm, of.Entry
		}
		row := rows[at]
		if row == nil {
			row = &BreakdownRow{Region: (at.region + "000000")[:6], Direct: !members && len(at.region) <= len(q.Region), Terms: map[string]int64{}}
			if members {
				row.Member = of
			}
			rows[at] = row
		}
		for t, n := range terms {
			row.Terms[t] += n
		}
		row.Known.add(k)
	}
	var err error
	if members || d.Kept == nil || !q.whole() {
		err = gather(ctx, tenant, d.Facts, q, []*folding{f})
	} else {
		err = d.Kept.fill(ctx, tenant, q, lists, []*folding{f})
	}
	if err != nil {
		return Breakdown{}, err
	}
	out := Breakdown{Level: levels[width], Rows: make([]BreakdownRow, 0, len(rows))}
	if out.Whole, err = f.result(); err != nil {
		return Breakdown{}, err
	}
	out.Whole.Parts = []Part{}
	for _, row := range rows {
		if err := row.finish(ind, q); err != nil {
			return Breakdown{}, err
		}
		out.Rows = append(out.Rows, *row)
	}
	out.cut()
	return out, nil
}

// finish applies the formula to the row's terms.
func (r *BreakdownRow) finish(ind *Indicator, q Question) error {
	v, err := ind.Value(r.Terms, q)
	if err != nil {
		return err
	}
	r.Value, r.Reason, r.Confidence = v.Value, v.Reason, confidence(r.Known)
	if r.Known.Due > 0 {
		share := float64(r.Known.Known) / float64(r.Known.Due)
		r.Coverage = &share
	}
	return nil
}

// weight is the greatest of the row's terms: what it can change in the whole.
func (r *BreakdownRow) weight() (most int64) {
	for _, n := range r.Terms {
		most = max(most, n)
	}
	return most
}

// cut puts rows in order: divisions by code, members by weight, and leaves out
// those beyond what is shown.
func (b *Breakdown) cut() {
	slices.SortFunc(b.Rows, func(x, y BreakdownRow) int {
		if b.Level != "member" {
			return strings.Compare(x.Region, y.Region)
		}
		return cmp.Or(cmp.Compare(y.weight(), x.weight()), strings.Compare(x.Name, y.Name), strings.Compare(x.Firm, y.Firm), strings.Compare(x.Entry, y.Entry))
	})
	if b.Level != "member" || len(b.Rows) <= maxMembers {
		return
	}
	b.Rest = map[string]int64{}
	for _, row := range b.Rows[maxMembers:] {
		b.More++
		for t, n := range row.Terms {
			b.Rest[t] += n
		}
	}
	b.Rows = b.Rows[:maxMembers]
}

// Contribution is what one firm adds to an indicator.
type Contribution struct {
	Result  Result   `json:"result"`
	Targets []string `json:"targets" nullable:"false" doc:"Ids of the targets that the indicator belongs to"`
}

// Contributions are the indicators that a firm is counted in, with what it adds
// to each. The firm must lie within the areas.
func (d *Desk) Contributions(ctx context.Context, tenant plant.TenantNo, firm string, q Question) ([]Contribution, error) {
	if _, _, err := d.Seats.Seat(ctx, tenant, q.Areas, firm); err != nil {
		return nil, err
	}
	settings, err := d.settings(ctx, tenant, &q)
	if err != nil {
		return nil, err
	}
	results, err := Fold(ctx, tenant, d.Book.Indicators(), q, oneFirm{d.Facts, firm}, Lists{Incentive: settings.Incentive})
	if err != nil {
		return nil, err
	}
	var out []Contribution
	for _, r := range results {
		if r.Known.Due == 0 {
			continue
		}
		one := Contribution{Result: r, Targets: []string{}}
		for _, t := range d.Book.Targets() {
			if slices.Contains(t.Indicators, r.Definition.ID) {
				one.Targets = append(one.Targets, t.ID)
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// oneFirm are the facts of one firm. Which sub-sectors are selected is nobody's.
type oneFirm struct {
	Facts
	firm string
}

// Firms implements [Facts].
func (o oneFirm) Firms(ctx context.Context, tenant plant.TenantNo, _ []access.Area, year int, yield func(Firm) error) error {
	return o.Facts.Firms(ctx, tenant, []access.Area{{Enterprise: o.firm}}, year, yield)
}

// Entries implements [Facts].
func (o oneFirm) Entries(ctx context.Context, tenant plant.TenantNo, areas []access.Area, kinds []string) ([]Entry, error) {
	all, err := o.Facts.Entries(ctx, tenant, areas, kinds)
	return slices.DeleteFunc(slices.Clone(all), func(e Entry) bool { return e.Firm != o.firm && e.Kind != "selected_subsector" }), err
}

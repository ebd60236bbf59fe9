// Package benchmark publishes where firms stand by region and sector: quantiles of
// a measure in fixed groups, so that a firm sees its own place and nobody learns
// a neighbour's figures.
//
// Groups and rules are a file; there is no question with a free filter. What is
// published for a year is an issue that stays: a later one changes a group only
// when enough of its firms differ, or two issues would tell one firm. The package
// decides nothing about what may be told: that is calc/anonymity. Start with
// [Desk.Publish] and [Desk.Look].
package benchmark

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/goccy/go-yaml"

	"zhigai/access"
	"zhigai/calc/anonymity"
	"zhigai/plant"
	"zhigai/programme/evaluation"
)

// Rule says which groups there are and when one is suppressed.
type Rule struct {
	Schema  string  `yaml:"schema"`
	Least   int     `yaml:"least"`
	Percent int     `yaml:"percent"`
	Levels  []Level `yaml:"levels"`
}

// Level is a layer of groups.
type Level struct {
	Region  int   `yaml:"region"`
	Sectors []int `yaml:"sectors"`
}

// LoadRule reads the rule.
func LoadRule(data fs.FS, name string) (Rule, error) {
	raw, err := fs.ReadFile(data, name)
	if err != nil {
		return Rule{}, fmt.Errorf("benchmarks: %w", err)
	}
	r, err := ParseRule(raw)
	if err != nil {
		return Rule{}, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
}

// ParseRule reads and checks a rule.
func ParseRule(raw []byte) (Rule, error) {
	var r Rule
	if err := yaml.UnmarshalWithOptions(raw, &r, yaml.Strict()); err != nil {
		return Rule{}, err
	}
	switch {
	case r.Schema != "zhigai.benchmark/1":
		return Rule{}, fmt.Errorf("schema %q; write zhigai.benchmark/1", r.Schema)
	case r.Least < 3 || r.Least > 1000:
		return Rule{}, fmt.Errorf("least %d; of fewer than 3 firms two would know each other's figures", r.Least)
	case r.Percent < 1 || r.Percent > 100:
		return Rule{}, fmt.Errorf("percent %d; 1 to 100", r.Percent)
	case len(r.Levels) == 0:
		return Rule{}, errors.New("levels: there are none")
	}
	for i, l := range r.Levels {
		if !slices.Contains([]int{0, 2, 4, 6}, l.Region) || slices.ContainsFunc(r.Levels[:i], func(o Level) bool { return o.Region >= l.Region }) {
			return Rule{}, fmt.Errorf("levels: region %d; write 0, 2, 4 and 6, each at most once and in this order", l.Region)
		}
		for j, n := range l.Sectors {
			if !slices.Contains([]int{0, 1, 3, 4, 5}, n) || j > 0 && l.Sectors[j-1] >= n {
				return Rule{}, fmt.Errorf("levels: sectors %v; write some of 0, 1, 3, 4 and 5 in this order", l.Sectors)
			}
		}
	}
	return r, nil
}

func (r Rule) scheme() anonymity.Scheme {
	var out anonymity.Scheme
	for _, l := range r.Levels {
		out = append(out, anonymity.Level{Region: l.Region, Sectors: l.Sectors})
	}
	return out
}

// Issue is one publication of a measure's groups for a year.
type Issue struct {
	Measure    string         `json:"measure"`
	Version    int            `json:"version" doc:"Of the measure"`
	Year       int            `json:"year"`
	Number     int            `json:"number" doc:"Of the year's issues, from 1"`
	Least      int            `json:"least" doc:"k: a group of fewer firms is suppressed"`
	Percent    int            `json:"percent" doc:"p of the p% rule"`
	Firms      int            `json:"firms" doc:"With a value, sharing it"`
	Published  int            `json:"published" doc:"Groups"`
	Suppressed map[string]int `json:"suppressed" doc:"Groups by reason"`
	At         time.Time      `json:"at"`
	By         string         `json:"by"`
}

// Cell is a group as it is published.
type Cell struct {
	Region    string               `json:"region" doc:"Beginning of a division code; empty: everything this node knows"`
	Sector    string               `json:"sector" doc:"Beginning of a class with its section; empty: all"`
	N         int64                `json:"n,omitempty" doc:"Firms; left out where suppressed"`
	Quantiles []anonymity.Quantile `json:"quantiles" nullable:"false" doc:"Type 7, in three significant digits"`
	// Why a group is suppressed: confidential for those who could not count its
	// firms in the registry themselves, for whom the reason would say how many
	// there are.
	Why   string `json:"why,omitempty" enum:"few,dominated,complementary,held,confidential"`
	Issue int    `json:"issue" doc:"Number of the issue its figures are of"`
}

// Own is a firm's place in a group.
type Own struct {
	Firm  string   `json:"firm"`
	Value *float64 `json:"value,omitempty"`
	Why   string   `json:"why,omitempty" doc:"Why there is none"`
	// Above is the greatest share whose published quantile the value reaches; a band,
	// never a rank: with ranks firms could count one another.
	Above *float64 `json:"above,omitempty"`
	Below *float64 `json:"below,omitempty" doc:"The least share whose quantile it does not reach"`
}

// Sharing is the firms' policy. Nil: every firm shares its figures for groups.
type Sharing interface {
	// Withdrawn are the firms whose figures may not be in any group.
	Withdrawn(ctx context.Context, tenant plant.TenantNo) (map[string]bool, error)
}

// Store keeps what was published, with who was in it. Methods may be called
// concurrently.
type Store interface {
	// Save stores an issue in place of the cells before it; access.ErrConflict when
	// its number is not the next.
	Save(ctx context.Context, tenant plant.TenantNo, i Issue, cells []Cell, members []anonymity.Member) error
	// Issues are the newest first; "" and 0 are every measure and year.
	Issues(ctx context.Context, tenant plant.TenantNo, measure string, year, limit int) ([]Issue, error)
	// Cells are those of the newest issue whose region begins with a code and has a
	// length, and likewise the sector; −1 is every length.
	Cells(ctx context.Context, tenant plant.TenantNo, measure string, year int, at Within) ([]Cell, error)
	// Members are who was in an issue, in order of id.
	Members(ctx context.Context, tenant plant.TenantNo, measure string, year, number int) ([]anonymity.Member, error)
}

// Within chooses cells.
type Within struct {
	Region, Sector         string
	RegionLong, SectorLong int
}

// Desk publishes and shows. Its methods may be called concurrently.
type Desk struct {
	Book    *evaluation.Book
	Rule    Rule
	Facts   evaluation.Facts
	Seats   evaluation.Seats
	Sharing Sharing
	Store   Store
	Now     func() time.Time
}

// largeTimes k firms and more are published anew when one withdrew, though fewer
// than k differ: the going of one moves no quartile by more than a place in a
// hundred. Our rule.
const largeTimes = 20

// maxIssues bounds the issues of a year, each of which keeps its members: two a
// week.
const maxIssues = 100

// maxMembers is more than the firms above scale of a province.
const maxMembers = 200_000

// Publish makes the next issue. Only who keeps every firm may: the groups are
// about all of them. least is k, 0 the rule's; less than the rule's, or than that
// of the issue before, is refused.
func (d *Desk) Publish(ctx context.Context, who access.Principal, measure string, year, least int) (Issue, error) {
	m, ok := d.Book.Measure(measure)
	if least == 0 {
		least = d.Rule.Least
	}
	switch {
	case !ok:
		return Issue{}, fmt.Errorf("%w: measure %q is not known", evaluation.ErrInvalid, measure)
	case year < 1990 || year > d.Now().Year():
		return Issue{}, fmt.Errorf("%w: year %d; write one that has begun", evaluation.ErrInvalid, year)
	case least < d.Rule.Least || least > 1000:
		return Issue{}, fmt.Errorf("%w: least %d; the rule's %d is the smallest", evaluation.ErrInvalid, least, d.Rule.Least)
	case !slices.Contains(who.Areas(access.KeepFirms), access.Area{}):
		return Issue{}, fmt.Errorf("%w: benchmarks are about every firm; you keep a part", access.ErrForbidden)
	}
	tenant := who.Scope.Tenant
	before, err := d.before(ctx, tenant, measure, year)
	if err != nil {
		return Issue{}, err
	}
	if before.issue.Number >= maxIssues {
		return Issue{}, fmt.Errorf("%w: %d issues of %s for %d; that is as many as there may be", evaluation.ErrInvalid, maxIssues, m.ID, year)
	}
	if before.issue.Number > 0 {
		least = max(least, before.issue.Least)
	}
	members, gone, err := d.members(ctx, tenant, m, year)
	if err != nil {
		return Issue{}, err
	}
	i := Issue{Measure: m.ID, Version: m.Version, Year: year, Number: before.issue.Number + 1, Least: least, Percent: d.Rule.Percent, Firms: len(members), Suppressed: map[string]int{}, At: d.Now().UTC().Truncate(time.Microsecond), By: who.Name}
	change := before.change(d.Rule.scheme(), members, gone, int64(least))
	cells, err := anonymity.Protect(members, d.Rule.scheme(), anonymity.Rules{Least: least, Percent: d.Rule.Percent, Hold: change.held, Keep: change.hidden})
	if err != nil {
		return Issue{}, fmt.Errorf("benchmark of %s: %w", m.ID, err)
	}
	out := make([]Cell, len(cells))
	for n, c := range cells {
		out[n] = Cell{Region: c.Region, Sector: c.Sector, Quantiles: []anonymity.Quantile{}, Why: string(c.Why), Issue: i.Number}
		if c.Why != "" {
			i.Suppressed[string(c.Why)]++
			continue
		}
		i.Published++
		out[n].N, out[n].Quantiles = c.N, c.Quantiles
		if old, stands := change.stands(c.Key); stands {
			out[n] = old
		}
	}
	return i, d.Store.Save(ctx, tenant, i, out, members)
}

// members are the firms that have a value and share it; gone those that withdrew.
func (d *Desk) members(ctx context.Context, tenant plant.TenantNo, m *evaluation.Measure, year int) (out []anonymity.Member, gone map[string]bool, err error) {
	if d.Sharing != nil {
		if gone, err = d.Sharing.Withdrawn(ctx, tenant); err != nil {
			return nil, nil, err
		}
	}
	err = d.Facts.Firms(ctx, tenant, []access.Area{{}}, year, func(in evaluation.Input) error {
		if gone[in.Firm] {
			return ctx.Err()
		}
		v, _, err := evaluation.ValueOf(m, in.Values)
		if err != nil || v == nil {
			return err
		}
		if len(out) == maxMembers {
			return fmt.Errorf("%w: more than %d firms", evaluation.ErrInvalid, maxMembers)
		}
		one := anonymity.Member{ID: in.Firm, Region: in.Region, Sector: in.Sector, Value: *v, Weights: make([]int64, len(m.Terms))}
		for i, t := range m.Terms {
			if one.Weights[i] = in.Values[t].N; one.Weights[i] < 0 {
				one.Weights[i] = -one.Weights[i] // a loss is as telling as a gain
			}
		}
		out = append(out, one)
		return ctx.Err()
	})
	return out, gone, err
}

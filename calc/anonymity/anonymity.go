// Package anonymity makes figures of groups that give no member of a group away:
// quantiles of a measure by region and sector, where groups of few members, and
// groups that one member dominates, are suppressed, and further ones with them,
// so that nothing suppressed can be found by subtraction.
//
// The cells are fixed by a [Scheme]: every prefix of the codes at the scheme's
// levels. There is no question with a free filter, because two questions that
// differ by one member would tell that member. The package knows no firm by
// name, no store and no clock; what was published before is told to it.
//
// Start with [Protect].
package anonymity

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Member is one firm of the table.
type Member struct {
	ID string
	// Region and Sector are whole codes; their beginnings are the groups.
	Region, Sector string
	Value          float64 // of the measure
	// Weights are what the member carries of each term that makes the measure,
	// never negative; every member has as many. By them is judged who dominates.
	Weights []int64
}

// Key names a group by the beginnings of codes.
type Key struct{ Region, Sector string }

// Level is one layer of cells: regions of a length of code, crossed with sectors
// of some lengths.
type Level struct {
	Region  int
	Sectors []int
}

// Scheme says which cells there are, once and for all.
type Scheme []Level

// Rules say what is suppressed.
type Rules struct {
	// Least is k: a cell of fewer members is suppressed.
	Least int
	// Percent is p of the p% rule: a cell is suppressed when the largest member
	// could be estimated within p percent by the second largest, that is, when the
	// total less the two largest is less than p/100 of the largest (ESSnet,
	// Handbook on Statistical Disclosure Control, 2010, section 4.2.2; clause
	// unverified).
	Percent int
	// Hold names cells that must not be published whatever they hold; nil: none.
	Hold func(Key) bool
	// Keep names cells that were suppressed before in the same period: published
	// now, they would give away what they hid then. nil: none.
	Keep func(Key) bool
}

// Why says for which reason a cell is suppressed.
type Why string

// Reasons.
const (
	Few           Why = "few"           // fewer members than Least
	Dominated     Why = "dominated"     // one member could be estimated
	Complementary Why = "complementary" // it would give another one away
	Held          Why = "held"          // it differs by too few members from what was published
)

// Cell is what is known of a group.
type Cell struct {
	Key
	N         int64
	Why       Why // "" : published
	Quantiles []Quantile
	members   []int
}

// Quantile is the value below which a share of the members lies.
type Quantile struct {
	Share float64 `json:"share"`
	Value float64 `json:"value"`
}

// ErrInvalid is a table or a rule that cannot be used; wrapped with what is wrong.
var ErrInvalid = errors.New("anonymity: not valid")

// tails is how many times Least a cell must hold before tenths are told beside
// quarters: two members of twenty lie beyond.
const tails = 4

// digits of a published quantile: more would let a member be known again by its
// exact value.
const digits = 3

// Protect computes every cell that has members, those suppressed with their
// reason, in order of region and sector. The same table gives the same cells, in
// whatever order its members come.
//
// It guards against somebody who knows, of every published cell, how many members
// it has and what they carry of each term, which is more than is published;
// who knows which cells are empty; and who may be one of the members and knows
// what is its own. Of a cell with too few members such a person can tell no more
// than that they are from none to Least; of what the members of any suppressed
// cell carry no more than Percent to either side.
func Protect(members []Member, s Scheme, r Rules) ([]Cell, error) {
	if err := check(members, s, r); err != nil {
		return nil, err
	}
	members = slices.Clone(members)
	slices.SortFunc(members, func(a, b Member) int { return strings.Compare(a.ID, b.ID) })
	t := newTable(members, s, r)
	t.protect()
	t.closeRests(t.families(s))
	out := make([]Cell, len(t.cells))
	for i := range t.cells {
		c := t.cells[i].Cell
		if c.Why == "" {
			c.Quantiles = quantilesOf(members, c.members, r.Least)
		}
		out[i] = c
	}
	return out, nil
}

func check(members []Member, s Scheme, r Rules) error {
	if r.Least < 2 || r.Percent < 1 || r.Percent > 100 {
		return fmt.Errorf("%w: rules: least %d, percent %d; at least 2 members, 1 to 100 percent", ErrInvalid, r.Least, r.Percent)
	}
	if len(s) == 0 {
		return fmt.Errorf("%w: the scheme has no level", ErrInvalid)
	}
	seen := map[string]bool{}
	for _, m := range members {
		switch {
		case m.ID == "" || seen[m.ID]:
			return fmt.Errorf("%w: member %q stands twice or has no id", ErrInvalid, m.ID)
		case math.IsNaN(m.Value) || math.IsInf(m.Value, 0):
			return fmt.Errorf("%w: member %q has no number for a value", ErrInvalid, m.ID)
		case len(m.Weights) != len(members[0].Weights):
			return fmt.Errorf("%w: member %q has %d weights, others %d", ErrInvalid, m.ID, len(m.Weights), len(members[0].Weights))
		case slices.ContainsFunc(m.Weights, func(w int64) bool { return w < 0 }):
			return fmt.Errorf("%w: member %q has a negative weight", ErrInvalid, m.ID)
		}
		seen[m.ID] = true
	}
	return nil
}

// Keys are the cells of the scheme that a member of the codes lies in.
func (s Scheme) Keys(region, sector string) []Key {
	var out []Key
	for _, l := range s {
		for _, n := range l.Sectors {
			if l.Region <= len(region) && n <= len(sector) {
				out = append(out, Key{region[:l.Region], sector[:n]})
			}
		}
	}
	return out
}

func compareKeys(a, b Key) int {
	return cmp.Or(strings.Compare(a.Region, b.Region), strings.Compare(a.Sector, b.Sector))
}

func quantilesOf(members []Member, which []int, least int) []Quantile {
	values := make([]float64, len(which))
	for i, m := range which {
		values[i] = members[m].Value
	}
	slices.Sort(values)
	shares := []float64{0.25, 0.5, 0.75}
	if len(values) >= tails*least {
		shares = []float64{0.1, 0.25, 0.5, 0.75, 0.9}
	}
	out := make([]Quantile, len(shares))
	for i, p := range shares {
		v, _ := OfSorted(values, p)
		out[i] = Quantile{p, Round(v)}
	}
	return out
}

// OfSorted is the sample quantile of type 7 (Hyndman and Fan, Sample Quantiles in
// Statistical Packages, 1996) of values in ascending order: linear between the
// order statistics at (n−1)·p. Without values ok is false.
func OfSorted(values []float64, p float64) (v float64, ok bool) {
	if len(values) == 0 || p < 0 || p > 1 {
		return 0, false
	}
	at := float64(len(values)-1) * p
	low := int(at)
	if low+1 >= len(values) {
		return values[len(values)-1], true
	}
	// Written so that between two equal values lies no other.
	// Rounded before it is added, so that every processor gives the same bits.
	return values[low] + float64((at-float64(low))*(values[low+1]-values[low])), true
}

// Round keeps three significant digits, half away from zero.
func Round(v float64) float64 {
	if v == 0 {
		return 0
	}
	place := digits - 1 - int(math.Floor(math.Log10(math.Abs(v))))
	if place < 0 {
		unit := math.Pow10(-place)
		return math.Round(v/unit) * unit
	}
	unit := math.Pow10(place)
	return math.Round(v*unit) / unit
}

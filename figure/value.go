package figure

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"zhigai/plant"
)

// lowCoverage is where too little is known for a figure to stand; our rule,
// the standard is silent about gaps.
const lowCoverage = 0.95

// kept is a row with what the engine knows of its window.
type kept struct {
	Row
	revision int
	asOf     plant.Micros
	open     bool
}

// sums adds the terms of rows. Terms are whole numbers: the order is of no
// importance.
func sums(rows []kept) map[string]int64 {
	total := map[string]int64{}
	for _, r := range rows {
		for t, n := range r.Terms {
			total[t] += n
		}
	}
	return total
}

// figure calculates one figure from the rows of its window and scope.
func (d *Definition) figure(rows []kept, scope Scope, window Span, zone *time.Location) (Figure, error) {
	total := sums(rows)
	if err := d.makeTerms(rows, total, zone); err != nil {
		return Figure{}, err
	}
	f, err := d.Calculate(total)
	if err != nil {
		return Figure{}, err
	}
	f.Scope, f.Window = scope, window
	flags := f.Flags
	f.Flags = nil
	f.settle(rows, total, d.Coverage)
	if len(rows) == 0 {
		f.Value, f.Reason = nil, "no_data"
		return f, nil
	}
	f.Flags = append(f.Flags, flags...)
	return f, nil
}

// Calculate applies the formula to terms that are added up already, those of
// Each among them; a term that is not there is nought. Scope, window, coverage
// and revision are the caller's to say.
func (d *Definition) Calculate(total map[string]int64) (Figure, error) {
	f := Figure{Unit: d.Unit, Definition: d.ref(), Terms: map[string]int64{}}
	values := make(map[string]any, len(d.Terms)+len(d.Each))
	for _, t := range d.Terms {
		values[t], f.Terms[t] = float64(total[t]), total[t]
	}
	for _, e := range d.Each {
		values[e.Term], f.Terms[e.Term] = float64(total[e.Term]), total[e.Term]
	}
	v, reason, err := d.evaluate(values)
	switch {
	case err != nil:
		return Figure{}, err
	case reason != "":
		f.Reason = reason
	case math.IsNaN(v) || math.IsInf(v, 0):
		f.Reason = "not_finite"
	default:
		f.Value = &v
	}
	for i, p := range d.code.flags {
		yes, err := truth(p, values)
		if err != nil {
			return Figure{}, err
		}
		if yes {
			f.Flags = append(f.Flags, d.Flags[i].Name)
		}
	}
	return f, nil
}

// Over computes the newest version of every figure over a window that the caller
// folds itself, by id; open says that the window was not over.
func (d *Definitions) Over(total map[string]int64, scope Scope, window Span, open bool) ([]Figure, error) {
	var out []Figure
	for _, def := range d.Newest() {
		f, err := def.over(total, scope, window, open)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// RootOf is the digest of the rows behind figures, with which anyone who is given
// them can check: SHA-256 of them as JSON, in which maps are in order of their
// keys, hex.
func RootOf(rows any) (string, error) {
	raw, err := json.Marshal(rows)
	if err != nil {
		return "", fmt.Errorf("figure: rows behind it: %w", err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}

// over is [Definition.Calculate] for a window.
func (d *Definition) over(total map[string]int64, scope Scope, window Span, open bool) (Figure, error) {
	f, err := d.Calculate(total)
	if err != nil {
		return f, fmt.Errorf("figure %s: %w", d.ID, err)
	}
	f.Scope, f.Window, f.Provisional = scope, window, open
	if open {
		f.Flags = append(f.Flags, "open")
	}
	f.cover(total, d.Coverage)
	return f, nil
}

// settle says how far the figure can be relied on.
func (f *Figure) settle(rows []kept, total map[string]int64, c Coverage) {
	open := len(rows) == 0
	for _, r := range rows {
		open = open || r.open || r.revision == 0
		f.Revision, f.AsOf = max(f.Revision, r.revision), max(f.AsOf, r.asOf)
	}
	if open {
		f.Revision = 0
		f.Flags = append(f.Flags, "open")
	}
	f.Provisional = open
	f.cover(total, c)
}

// cover says how much of what was planned is known, and that it is too little.
func (f *Figure) cover(total map[string]int64, c Coverage) {
	if c.Planned == "" {
		return
	}
	known, planned := total[c.Known], total[c.Planned]
	f.Terms[c.Known], f.Terms[c.Planned] = known, planned
	if planned > 0 {
		share := float64(known) / float64(planned)
		f.Coverage = &share
		if share < lowCoverage {
			f.Provisional = true
			f.Flags = append(f.Flags, "low_coverage")
		}
	}
}

// makeTerms adds the terms of Each to total.
func (d *Definition) makeTerms(rows []kept, total map[string]int64, zone *time.Location) error {
	if len(d.Each) == 0 {
		return nil
	}
	byNode := map[plant.NodeID][]kept{}
	for _, r := range rows {
		byNode[r.Node] = append(byNode[r.Node], r)
	}
	for _, own := range byNode {
		made := map[string]int64{}
		for i, e := range d.Each {
			groups := [][]kept{own}
			if e.Per == "day" {
				groups = byDay(own, zone)
			}
			for _, g := range groups {
				n, err := d.makeTerm(i, g, made)
				if err != nil {
					return err
				}
				made[e.Term] += n
			}
		}
		for t, n := range made {
			total[t] += n
		}
	}
	return nil
}

func (d *Definition) makeTerm(i int, rows []kept, made map[string]int64) (int64, error) {
	sum := sums(rows)
	values := map[string]any{}
	for _, t := range d.Terms {
		values[t] = float64(sum[t])
	}
	for _, e := range d.Each[:i] {
		values[e.Term] = float64(made[e.Term])
	}
	v, err := number(d.code.each[i], values)
	return int64(math.Round(v)), err
}

// byDay groups the rows of one machine by local date.
func byDay(rows []kept, zone *time.Location) [][]kept {
	days := map[string][]kept{}
	for _, r := range rows {
		day := r.From.Time().In(zone).Format(time.DateOnly)
		days[day] = append(days[day], r)
	}
	names := make([]string, 0, len(days))
	for n := range days {
		names = append(names, n)
	}
	slices.Sort(names)
	out := make([][]kept, len(names))
	for i, n := range names {
		out[i] = days[n]
	}
	return out
}

// sortRows puts rows in the one order that digests and answers have.
func sortRows(rows []Row) {
	slices.SortFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.From, b.From), strings.Compare(string(a.Node), string(b.Node)), strings.Compare(a.Product, b.Product))
	})
}

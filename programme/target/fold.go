package target

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"maps"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/plant"
)

// Question is what an indicator is asked for. Region and Sector are beginnings
// of codes; "" is all.
type Question struct {
	Region string
	Sector string
	Year   int
	Base   int // year that growth is counted from; 0: none is set
	// Areas are what the asker may see.
	Areas []access.Area
}

// zone is where the year of a policy begins and ends.
const zone = "Asia/Shanghai"

// Year is the time of a year where the policy holds.
func Year(year int) plant.Span {
	at, err := time.LoadLocation(zone)
	if err != nil {
		at = time.FixedZone("CST", 8*60*60)
	}
	return plant.Span{From: plant.MicrosOf(time.Date(year, 1, 1, 0, 0, 0, 0, at)), To: plant.MicrosOf(time.Date(year+1, 1, 1, 0, 0, 0, 0, at))}
}

func (q Question) check() error {
	switch {
	case q.Year < 1949 || q.Year > 2100:
		return fmt.Errorf("%w: year %d; write one of 1949 to 2100", ErrInvalid, q.Year)
	case q.Base != 0 && q.Base >= q.Year:
		return fmt.Errorf("%w: base year %d is not before %d", ErrInvalid, q.Base, q.Year)
	}
	return nil
}

// Part is the terms of one county.
type Part struct {
	Region string           `json:"region"`
	Terms  map[string]int64 `json:"terms"`
	Known  Known            `json:"known"`
}

// Known counts what stands behind terms: firms, or entries where there are none.
type Known struct {
	Due   int64           `json:"due" doc:"Firms or entries that the terms are about"`
	Known int64           `json:"known" doc:"Of these, those whose values are known"`
	Basis map[Basis]int64 `json:"basis" doc:"Of these, by how well they are founded: machine, audited, declared"`
}

func (k *Known) add(o Known) {
	k.Due, k.Known = k.Due+o.Due, k.Known+o.Known
	for b, n := range o.Basis {
		k.basis(b, n)
	}
}

func (k *Known) basis(b Basis, n int64) {
	if k.Basis == nil {
		k.Basis = map[Basis]int64{}
	}
	k.Basis[b] += n
}

// Result is an indicator's value with what made it.
type Result struct {
	figure.Figure
	Known      Known  `json:"known"`
	Confidence string `json:"confidence" enum:"A,B,C,D" doc:"Our rule: A at least 95 % known and 90 % of it from machines; B audited at least; C at least 80 % known; D less"`
	// Root is a digest of every firm's and entry's contribution: the same facts
	// give the same root.
	Root  string `json:"root"`
	Parts []Part `json:"parts" nullable:"false"` // by county
}

// Fold computes the indicators from their facts, which are read once for all of
// them.
func Fold(ctx context.Context, tenant plant.TenantNo, indicators []*Indicator, q Question, facts Facts, lists Lists) ([]Result, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	all := make([]*folding, len(indicators))
	for i, ind := range indicators {
		all[i] = newFolding(ind, q, lists)
	}
	if err := gather(ctx, tenant, facts, q, all); err != nil {
		return nil, err
	}
	out := make([]Result, len(all))
	for i, f := range all {
		var err error
		if out[i], err = f.result(); err != nil {
			return nil, fmt.Errorf("%s: %w", f.ind.ID, err)
		}
	}
	return out, nil
}

func newFolding(ind *Indicator, q Question, lists Lists) *folding {
	return &folding{ind: ind, q: q, lists: lists, parts: map[string]*Part{}, root: sha256.New()}
}

type folding struct {
	ind      *Indicator
	q        Question
	lists    Lists
	marks    map[string]map[string]Basis // by firm: what entries in force at the year's end make of it
	selected []string                    // classes of the selected sub-sectors
	owned    map[string]map[string]int64 // by firm: how many entries in force of a kind
	parts    map[string]*Part
	root     hash.Hash
	who      Member // whose contribution is added next
	// each is told of every contribution; nil: nobody is.
	each func(region string, of Member, terms map[string]int64, k Known)
}

func gather(ctx context.Context, tenant plant.TenantNo, facts Facts, q Question, all []*folding) error {
	var kinds []string
	for _, f := range all {
		kinds = append(kinds, f.kinds()...)
	}
	slices.Sort(kinds)
	if kinds = slices.Compact(kinds); len(kinds) > 0 {
		entries, err := facts.Entries(ctx, tenant, q.Areas, kinds)
		if err != nil {
			return err
		}
		entries = slices.DeleteFunc(slices.Clone(entries), func(e Entry) bool { return e.Void })
		slices.SortFunc(entries, func(a, b Entry) int {
			return cmp.Or(strings.Compare(a.Region, b.Region), strings.Compare(a.ID, b.ID))
		})
		for _, f := range all {
			f.entries(entries)
		}
	}
	scan := func(year int, base bool, wanted func(*folding) bool) error {
		some := slices.DeleteFunc(slices.Clone(all), func(f *folding) bool { return !wanted(f) })
		if len(some) == 0 {
			return nil
		}
		return facts.Firms(ctx, tenant, q.Areas, year, func(firm Firm) error {
			for _, f := range some {
				f.firm(firm, base)
			}
			return ctx.Err()
		})
	}
	if err := scan(q.Year, false, func(f *folding) bool { return len(f.ind.Population) > 0 }); err != nil || q.Base == 0 {
		return err
	}
	return scan(q.Base, true, func(f *folding) bool { return f.ind.uses(func(s Source) bool { return s.Year == "base" }) })
}

// kinds are those of entries that the indicator reads.
func (f *folding) kinds() (kinds []string) {
	for _, s := range f.ind.Sources {
		kinds = append(kinds, s.Kinds...)
		for _, m := range s.Having {
			if slices.Contains(Kinds, m) {
				kinds = append(kinds, m)
			}
		}
	}
	if slices.ContainsFunc(f.ind.Population, func(p Fits) bool { return p.SectorList == "selected" }) {
		kinds = append(kinds, "selected_subsector")
	}
	return kinds
}

// entries learns what all make of firms and counts those that are terms.
func (f *folding) entries(all []Entry) {
	f.marks, f.owned = map[string]map[string]Basis{}, map[string]map[string]int64{}
	end, kinds := Year(f.q.Year).To, f.kinds()
	for _, e := range all {
		if e.From >= end || e.To != 0 && e.To < end || !slices.Contains(kinds, e.Kind) {
			continue
		}
		if e.Kind == "selected_subsector" && e.Sector != "" {
			f.selected = append(f.selected, e.Sector)
		}
		if e.Firm == "" {
			continue
		}
		own := f.marks[e.Firm]
		if own == nil {
			own = map[string]Basis{}
			f.marks[e.Firm], f.owned[e.Firm] = own, map[string]int64{}
		}
		f.owned[e.Firm][e.Kind]++
		if was, had := own[e.Kind]; !had || weakness[e.Basis] < weakness[was] {
			own[e.Kind] = e.Basis
		}
	}
	for _, term := range f.ind.Terms {
		if s := f.ind.Sources[term]; s.Count == "entries" && s.Of == "" {
			f.count(term, s, all)
		}
	}
}

// count adds the register entries of one term.
func (f *folding) count(term string, s Source, all []Entry) {
	year := Year(f.q.Year)
	seen := map[string]bool{}
	for _, e := range all {
		switch {
		case !slices.Contains(s.Kinds, e.Kind) || len(s.Levels) > 0 && !slices.Contains(s.Levels, e.Level):
			continue
		case !strings.HasPrefix(e.Region, f.q.Region) || !strings.HasPrefix(e.Sector, f.q.Sector):
			continue
		case s.When == "in_period" && (e.From < year.From || e.From >= year.To):
			continue
		case s.When == "" && (e.From >= year.To || e.To != 0 && e.To < year.To):
			continue
		}
		once := e.ID
		switch s.Distinct {
		case "firm":
			once = cmp.Or(e.Firm, e.ID)
		case "sector":
			once = cmp.Or(e.Sector, e.ID)
		case "title":
			once = cmp.Or(e.Firm, "") + "\x00" + e.Title
		}
		if seen[once] {
			continue
		}
		seen[once] = true
		k := Known{Due: 1, Known: 1}
		k.basis(e.Basis, 1)
		f.who = Member{Firm: e.Firm, Entry: e.ID, Name: e.Title}
		f.add(e.Region, "entry "+e.ID, map[string]int64{term: 1}, k)
	}
}

// fits reports whether the firm belongs to the population.
func (f *folding) fits(firm Firm) bool {
	if !strings.HasPrefix(firm.Region, f.q.Region) || !strings.HasPrefix(firm.Sector, f.q.Sector) {
		return false
	}
	begins := func(code string) func(string) bool {
		return func(prefix string) bool { return strings.HasPrefix(code, prefix) }
	}
	return slices.ContainsFunc(f.ind.Population, func(p Fits) bool {
		return (!p.AboveScale || firm.AboveScale) && (!p.Backbone || firm.Backbone) && (!p.Cluster || firm.Cluster != "") &&
			(len(p.Size) == 0 || slices.Contains(p.Size, firm.Size)) &&
			(len(p.Sector) == 0 || slices.ContainsFunc(p.Sector, begins(firm.Sector))) &&
			(p.SalesFrom == 0 || firm.Values["sales_fen"].N >= p.SalesFrom) &&
			(p.CountyList == "" || slices.Contains(f.lists.Incentive, firm.Region)) &&
			(p.SectorList == "" || slices.ContainsFunc(f.selected, begins(firm.Sector)))
	})
}

// firm adds what one firm contributes. A firm one of whose values is not known
// adds none of them: a numerator without its denominator would be a lie.
func (f *folding) firm(firm Firm, base bool) {
	if !f.fits(firm) {
		return
	}
	terms, basis, known := map[string]int64{}, Basis(""), true
	for _, term := range f.ind.Terms {
		s := f.ind.Sources[term]
		if (s.Year == "base") != base {
			continue
		}
		var n int64
		var of Basis
		switch {
		case s.Count == "firms":
			n, of = f.has(firm, s.Having)
		case s.Of != "":
			for _, kind := range s.Kinds {
				n += f.owned[firm.ID][kind]
			}
		case s.Sum != "":
			v, have := firm.Values[s.Sum]
			n, of, known = v.N, v.Basis, known && have
		default:
			continue
		}
		terms[term] = n
		if of != "" && (basis == "" || weakness[of] > weakness[basis]) {
			basis = of
		}
	}
	k := Known{Due: 1}
	if known {
		k.Known = 1
		k.basis(cmp.Or(basis, Audited), 1) // of the registry alone
	} else {
		terms = map[string]int64{}
	}
	label := "firm " + firm.ID
	if base {
		label = "base " + firm.ID
	}
	f.who = Member{Firm: firm.ID, Name: firm.Name}
	f.add(firm.Region, label, terms, k)
}

// has is 1 for a firm with one of the marks, or of any when none is asked for.
func (f *folding) has(firm Firm, having []string) (int64, Basis) {
	if len(having) == 0 {
		return 1, ""
	}
	for _, m := range having {
		if system, ok := strings.CutPrefix(m, "system."); ok {
			if _, uses := firm.Systems[system]; uses {
				return 1, Declared
			}
			continue
		}
		if m == "cloud" && firm.Cloud {
			return 1, Declared
		}
		if basis, ok := f.marks[firm.ID][m]; ok {
			return 1, basis
		}
	}
	return 0, ""
}

func (f *folding) add(region, label string, terms map[string]int64, k Known) {
	part := f.parts[region]
	if part == nil {
		part = &Part{Region: region, Terms: map[string]int64{}}
		f.parts[region] = part
	}
	fmt.Fprintf(f.root, "%s %s", region, label)
	for _, t := range slices.Sorted(maps.Keys(terms)) {
		part.Terms[t] += terms[t]
		fmt.Fprintf(f.root, " %s=%d", t, terms[t])
	}
	fmt.Fprintf(f.root, " %v\n", k.Basis)
	part.Known.add(k)
	if f.each != nil {
		f.each(region, f.who, terms, k)
	}
}

func (f *folding) result() (Result, error) {
	r := Result{Parts: make([]Part, 0, len(f.parts)), Root: hex.EncodeToString(f.root.Sum(nil))}
	total := map[string]int64{}
	for _, region := range slices.Sorted(maps.Keys(f.parts)) {
		part := f.parts[region]
		for t, n := range part.Terms {
			total[t] += n
		}
		r.Known.add(part.Known)
		r.Parts = append(r.Parts, *part)
	}
	var err error
	if r.Figure, err = f.ind.Value(total, f.q); err != nil {
		return Result{}, err
	}
	if r.Known.Due > 0 {
		share := float64(r.Known.Known) / float64(r.Known.Due)
		r.Coverage = &share
	}
	r.Confidence = confidence(r.Known)
	return r, nil
}

// Value applies the formula to terms added up over any set of counties.
func (ind *Indicator) Value(total map[string]int64, q Question) (figure.Figure, error) {
	terms := maps.Clone(total)
	for t, s := range ind.Sources {
		if s.Years != "" && q.Base != 0 {
			terms[t] = int64(q.Year - q.Base)
		}
	}
	out, err := ind.Calculate(terms)
	if err != nil {
		return figure.Figure{}, err
	}
	year := Year(q.Year)
	out.Window = figure.Span{Kind: "year", From: year.From, To: year.To}
	return out, nil
}

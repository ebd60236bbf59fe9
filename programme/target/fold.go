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
	// Root is a digest of every firm's and entry's contribution, county by county:
	// the same facts give the same root.
	Root  string `json:"root"`
	Parts []Part `json:"parts" nullable:"false"` // by county
}

// Fold computes the indicators from their facts, which are read once for all of
// them.
func Fold(ctx context.Context, tenant plant.TenantNo, indicators []*Indicator, q Question, facts Facts, lists Lists) ([]Result, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	all := foldings(indicators, q, lists)
	if err := gather(ctx, tenant, facts, q, all); err != nil {
		return nil, err
	}
	return resultsOf(all)
}

func foldings(indicators []*Indicator, q Question, lists Lists) []*folding {
	all := make([]*folding, len(indicators))
	for i, ind := range indicators {
		all[i] = newFolding(ind, q, lists)
	}
	return all
}

func resultsOf(all []*folding) ([]Result, error) {
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
	return &folding{ind: ind, q: q, lists: lists, parts: map[string]*tally{}}
}

type folding struct {
	ind      *Indicator
	q        Question
	lists    Lists
	marks    map[string]map[string]Basis // by firm: what entries in force at the year's end make of it
	selected []string                    // classes of the selected sub-sectors
	owned    map[string]map[string]int64 // by firm: how many entries in force of a kind
	parts    map[string]*tally
	who      Member // whose contribution is added next
	// each is told of every contribution; nil: nobody is.
	each func(region string, of Member, terms map[string]int64, k Known)
}

// tally is a county's part with digests of what was added to it.
type tally struct {
	Part
	entries, firms hash.Hash // nil: none were added
	kept           string    // digest of firms that were added by another fold
}

// ofFirms is the digest of the contributions of firms; "" without any.
func (t *tally) ofFirms() string {
	if t.firms == nil {
		return t.kept
	}
	return hex.EncodeToString(t.firms.Sum(nil))
}

func (t *tally) ofEntries() string {
	if t.entries == nil {
		return ""
	}
	return hex.EncodeToString(t.entries.Sum(nil))
}

func gather(ctx context.Context, tenant plant.TenantNo, facts Facts, q Question, all []*folding) error {
	if kinds := kindsOf(all); len(kinds) > 0 {
		// What an entry makes of a firm, and which sub-sectors are selected, does not
		// depend on who asks; which entries count does.
		entries, err := facts.Entries(ctx, tenant, whole, kinds)
		if err != nil {
			return err
		}
		entries = inOrder(entries)
		for _, f := range all {
			f.learn(entries)
			f.countEntries(entries)
		}
	}
	return scanFirms(ctx, tenant, facts, q, all)
}

// scanFirms adds what firms contribute in the year and in the base year.
func scanFirms(ctx context.Context, tenant plant.TenantNo, facts Facts, q Question, all []*folding) error {
	areas := access.Narrow(q.Areas, q.Region)
	scan := func(year int, base bool, wanted func(*folding) bool) error {
		some := slices.DeleteFunc(slices.Clone(all), func(f *folding) bool { return !wanted(f) })
		if len(some) == 0 || len(areas) == 0 {
			return nil
		}
		return facts.Firms(ctx, tenant, areas, year, func(firm Firm) error {
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

func (f *folding) part(region string) *tally {
	part := f.parts[region]
	if part == nil {
		part = &tally{Part: Part{Region: region, Terms: map[string]int64{}}}
		f.parts[region] = part
	}
	return part
}

func (f *folding) add(region, label string, terms map[string]int64, k Known) {
	part := f.part(region)
	h := &part.firms
	if strings.HasPrefix(label, "entry ") {
		h = &part.entries
	}
	if *h == nil {
		*h = sha256.New()
	}
	fmt.Fprint(*h, label)
	for _, t := range slices.Sorted(maps.Keys(terms)) {
		part.Terms[t] += terms[t]
		fmt.Fprintf(*h, " %s=%d", t, terms[t])
	}
	fmt.Fprintf(*h, " %v\n", k.Basis)
	part.Known.add(k)
	if f.each != nil {
		f.each(region, f.who, terms, k)
	}
}

// addKept adds the firms of a county as another fold added them up.
func (f *folding) addKept(region string, k KeptPart) {
	part := f.part(region)
	for t, n := range k.Terms {
		part.Terms[t] += n
	}
	part.Known.add(k.Known)
	part.kept = k.Digest
	if f.each != nil {
		f.each(region, Member{}, k.Terms, k.Known)
	}
}

func (f *folding) result() (Result, error) {
	r := Result{Parts: make([]Part, 0, len(f.parts))}
	total, root := map[string]int64{}, sha256.New()
	for _, region := range slices.Sorted(maps.Keys(f.parts)) {
		part := f.parts[region]
		for t, n := range part.Terms {
			total[t] += n
		}
		r.Known.add(part.Known)
		r.Parts = append(r.Parts, part.Part)
		fmt.Fprintln(root, region, part.ofEntries(), part.ofFirms())
	}
	r.Root = hex.EncodeToString(root.Sum(nil))
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

package target

import (
	"cmp"
	"slices"
	"strings"

	"zhigai/access"
)

// inOrder are the entries that count, by region and id; all itself when it is
// that already.
func inOrder(all []Entry) []Entry {
	by := func(a, b Entry) int { return cmp.Or(strings.Compare(a.Region, b.Region), strings.Compare(a.ID, b.ID)) }
	if slices.IsSortedFunc(all, by) && !slices.ContainsFunc(all, func(e Entry) bool { return e.Void }) {
		return all
	}
	all = slices.DeleteFunc(slices.Clone(all), func(e Entry) bool { return e.Void })
	slices.SortFunc(all, by)
	return all
}

// kindsOf are the kinds of entries that any of them reads.
func kindsOf(all []*folding) []string {
	var kinds []string
	for _, f := range all {
		kinds = append(kinds, f.kinds()...)
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

// selectedKind is the kind of entries that name the selected sub-sectors.
const selectedKind = "selected_subsector"

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
		kinds = append(kinds, selectedKind)
	}
	return kinds
}

// learn takes in what entries make of firms.
func (f *folding) learn(all []Entry) {
	f.marks, f.owned = map[string]map[string]Basis{}, map[string]map[string]int64{}
	end, kinds := Year(f.q.Year).To, f.kinds()
	for _, e := range all {
		if e.From >= end || e.To != 0 && e.To < end || !slices.Contains(kinds, e.Kind) {
			continue
		}
		if e.Kind == selectedKind && e.Sector != "" {
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
}

// countEntries adds the entries that are terms themselves.
func (f *folding) countEntries(all []Entry) {
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
		case !slices.ContainsFunc(f.q.Areas, func(a access.Area) bool { return a.Allows(e.Region, e.Sector, e.Firm) }):
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

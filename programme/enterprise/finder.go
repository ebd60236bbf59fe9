package enterprise

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"

	"zhigai/access"
	"zhigai/plant"
)

// Finder finds firms by a part of their name, spelling or code. It keeps what
// is searched in memory, some 250 bytes a firm, because no index of a database
// answers for parts of two characters, and a look over the names of 500,000
// firms takes milliseconds. It follows the store before every search, so what
// another replica wrote is found.
type Finder struct {
	Store Store

	mu      sync.Mutex
	tenants map[plant.TenantNo]*names
}

// names are the firms of a tenant, one behind another in two texts.
type names struct {
	mu       sync.RWMutex
	seq      int64
	entries  []Entry // without Search and Spelling, which stand in the texts
	gone     []bool  // a later entry of the firm took its place
	by       map[string]int
	search   text
	spelling text
	dead     int
	orders   map[Sort]*order
}

// text is many strings one behind another, divided by a byte that none has.
type text struct {
	all []byte
	end []int // of each
}

func (t *text) add(s string) {
	t.all = append(append(t.all, s...), '\n')
	t.end = append(t.end, len(t.all))
}

// each calls f with the number of every string that has the part.
func (t *text) each(part []byte, f func(int)) {
	at, n := 0, 0
	for {
		i := bytes.Index(t.all[at:], part)
		if i < 0 {
			return
		}
		n = t.holds(at+i, n)
		f(n)
		if at = t.end[n]; at >= len(t.all) {
			return
		}
		n++
	}
}

// Warm reads the names of a tenant, so that the first search does not wait.
func (f *Finder) Warm(ctx context.Context, tenant plant.TenantNo) error {
	_, err := f.of(ctx, tenant)
	return err
}

// holds is the number of the string that has the byte at i, n or a later one.
// The next hit is mostly near: steps grow from there before they are halved.
func (t *text) holds(i, n int) int {
	step := 1
	for n+step < len(t.end) && t.end[n+step-1] <= i {
		n += step
		step *= 2
	}
	found, _ := slices.BinarySearch(t.end[n:min(n+step, len(t.end))], i+1)
	return n + found
}

// followed bounds what is read of the store at a time.
const followed = 5000

// compactAt is how many outdated entries are borne beside one in eight.
const compactAt = 4096

// of gives the tenant's names as they are now.
func (f *Finder) of(ctx context.Context, tenant plant.TenantNo) (*names, error) {
	f.mu.Lock()
	if f.tenants == nil {
		f.tenants = map[plant.TenantNo]*names{}
	}
	n := f.tenants[tenant]
	if n == nil {
		n = &names{by: map[string]int{}, orders: map[Sort]*order{}}
		f.tenants[tenant] = n
	}
	f.mu.Unlock()
	n.mu.Lock()
	defer n.mu.Unlock()
	for {
		more, err := f.Store.Entries(ctx, tenant, n.seq, followed)
		if err != nil {
			return nil, err
		}
		for _, e := range more {
			n.put(e)
		}
		if n.dead > compactAt && n.dead > len(n.entries)/8 {
			n.compact()
		}
		if len(more) < followed {
			n.arrange()
			return n, nil
		}
	}
}

func (n *names) put(e Entry) {
	n.seq = e.Seq
	if was, ok := n.by[e.ID]; ok {
		n.gone[was] = true
		n.dead++
		delete(n.by, e.ID)
	}
	if e.Gone {
		return
	}
	n.by[e.ID] = len(n.entries)
	n.search.add(e.Search)
	n.spelling.add(e.Spelling)
	e.Search, e.Spelling = "", ""
	n.entries = append(n.entries, e)
	n.gone = append(n.gone, false)
}

// compact leaves outdated entries out.
func (n *names) compact() {
	next := &names{seq: n.seq, by: make(map[string]int, len(n.by))}
	for i, e := range n.entries {
		if n.gone[i] {
			continue
		}
		e.Search, e.Spelling = n.search.at(i), n.spelling.at(i)
		next.put(e)
	}
	n.entries, n.gone, n.by, n.search, n.spelling, n.dead = next.entries, next.gone, next.by, next.search, next.spelling, 0
	n.orders = map[Sort]*order{} // they were of other numbers
}

func (t *text) at(i int) string { return string(t.of(i)) }

func (t *text) of(i int) []byte {
	from := 0
	if i > 0 {
		from = t.end[i-1]
	}
	return t.all[from : t.end[i]-1]
}

// maxTerms bounds the words of one search.
const maxTerms = 5

// mostLooks bounds how many entries are looked at one by one before all names
// are read through: words that one name in a hundred has fill a page of fifty
// within it, and rarer ones have few hits.
const mostLooks = 5000

// Find gives the places of the firms that fit in the filter's order, the first
// limit behind a place.
func (f *Finder) Find(ctx context.Context, tenant plant.TenantNo, areas []access.Area, q Filter, after Place, limit int) ([]Place, error) {
	n, err := f.of(ctx, tenant)
	if err != nil {
		return nil, err
	}
	terms := termsOf(q.Text)
	if len(terms) == 0 {
		return nil, nil
	}
	var from *Entry
	if after.ID != "" {
		e, err := entryAt(q.Sort, after)
		if err != nil {
			return nil, err
		}
		from = &e
	}
	n.mu.RLock()
	defer n.mu.RUnlock()
	s := search{names: n, terms: terms, areas: areas, q: q, after: from, limit: limit}
	found, ok := s.walk()
	if !ok {
		found = s.scan()
	}
	out := make([]Place, len(found))
	for i, one := range found {
		out[i] = n.entries[one].place(q.Sort)
	}
	return out, nil
}

// termsOf are the words of a text, the longest first: it has the fewest hits, as
// a rule.
func termsOf(text string) [][]byte {
	words := strings.Fields(strings.ToLower(cleanName(text)))
	var out [][]byte
	for _, w := range words[:min(len(words), maxTerms)] {
		out = append(out, []byte(w))
	}
	slices.SortStableFunc(out, func(a, b []byte) int { return len(b) - len(a) })
	return out
}

// search is one question to the names, which stand still meanwhile.
type search struct {
	*names
	terms [][]byte
	areas []access.Area
	q     Filter
	after *Entry // nil: from the beginning
	limit int
}

// fits looks at an entry, but for its terms.
func (s *search) fits(i int) bool {
	e := &s.entries[i]
	return !s.gone[i] && s.q.fits(e) && slices.ContainsFunc(s.areas, func(a access.Area) bool { return a.Allows(e.Region, e.Sector, e.ID) })
}

// says reports whether the entry has every one of the terms.
func (s *search) says(i int, terms [][]byte) bool {
	for _, term := range terms {
		if !bytes.Contains(s.search.of(i), term) && (!spelled(term) || !bytes.Contains(s.spelling.of(i), term)) {
			return false
		}
	}
	return true
}

// spelled reports whether a term may be a spelling.
func spelled(term []byte) bool { return len(bytes.Trim(term, letters)) == 0 }

// walk looks at entries in the order of the list until the page is full; not ok
// when that takes too long.
func (s *search) walk() (found []int, ok bool) {
	all, late := s.behind(s.q.Sort, s.after)
	looks := 0
	for i := range all {
		if looks++; looks > mostLooks {
			return nil, false
		}
		if s.fits(i) && s.says(i, s.terms) {
			if found = append(found, i); len(found) == s.limit {
				break
			}
		}
	}
	for i := late; i < len(s.entries); i++ {
		if s.fits(i) && s.says(i, s.terms) && s.isBehind(i) {
			found = append(found, i)
		}
	}
	return s.first(found), true
}

func (s *search) isBehind(i int) bool {
	return s.after == nil || compareEntries(s.q.Sort, &s.entries[i], s.after) > 0
}

// scan reads all names through for the first of the terms.
func (s *search) scan() []int {
	var found []int
	full := false // the first limit are in order, and what is behind them is out
	for _, i := range s.hits(s.terms[0]) {
		if !s.fits(i) || !s.isBehind(i) || !s.says(i, s.terms[1:]) {
			continue
		}
		if full && compareEntries(s.q.Sort, &s.entries[i], &s.entries[found[s.limit-1]]) >= 0 {
			continue
		}
		if found = append(found, i); len(found) >= 8*s.limit+1000 {
			found, full = s.first(found), true
		}
	}
	return s.first(found)
}

// hits are the numbers of the entries that have the term, in order.
func (n *names) hits(term []byte) []int {
	var hits []int
	n.search.each(term, func(i int) { hits = append(hits, i) })
	if !spelled(term) {
		return hits
	}
	named := len(hits)
	n.spelling.each(term, func(i int) { hits = append(hits, i) })
	if named > 0 {
		slices.Sort(hits)
		hits = slices.Compact(hits)
	}
	return hits
}

func (s *search) first(found []int) []int {
	slices.SortFunc(found, func(a, b int) int { return compareEntries(s.q.Sort, &s.entries[a], &s.entries[b]) })
	return found[:min(s.limit, len(found))]
}

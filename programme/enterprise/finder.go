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
		n = &names{by: map[string]int{}}
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
}

func (t *text) at(i int) string {
	from := 0
	if i > 0 {
		from = t.end[i-1]
	}
	return string(t.all[from : t.end[i]-1])
}

// maxTerms bounds the words of one search.
const maxTerms = 5

// Find gives the places of the firms that fit in the filter's order, the first
// limit behind a place.
func (f *Finder) Find(ctx context.Context, tenant plant.TenantNo, areas []access.Area, q Filter, after Place, limit int) ([]Place, error) {
	n, err := f.of(ctx, tenant)
	if err != nil {
		return nil, err
	}
	n.mu.RLock()
	defer n.mu.RUnlock()
	terms := strings.Fields(strings.ToLower(cleanName(q.Text)))
	if len(terms) > maxTerms {
		terms = terms[:maxTerms]
	}
	if len(terms) == 0 {
		return nil, nil
	}
	var out []Place
	full := false // the first limit of out are in order, and what is behind them is out
	keep := func(i int) {
		e := &n.entries[i]
		if n.gone[i] || !q.fits(e) || !slices.ContainsFunc(areas, func(a access.Area) bool { return a.Allows(e.Region, e.Sector, e.ID) }) {
			return
		}
		p := e.place(q.Sort)
		if after.ID != "" && compare(q.Sort, p, after) <= 0 {
			return
		}
		if full && compare(q.Sort, p, out[limit-1]) >= 0 {
			return
		}
		if out = append(out, p); len(out) >= 8*limit+1000 {
			out, full = first(q.Sort, out, limit), true
		}
	}
	hits := n.hits(terms[0])
	for _, term := range terms[1:] {
		more := n.hits(term)
		hits = slices.DeleteFunc(hits, func(i int) bool { _, ok := slices.BinarySearch(more, i); return !ok })
	}
	for _, i := range hits {
		keep(i)
	}
	return first(q.Sort, out, limit), nil
}

// hits are the numbers of the entries that have the term, in order.
func (n *names) hits(term string) []int {
	var hits []int
	n.search.each([]byte(term), func(i int) { hits = append(hits, i) })
	if strings.Trim(term, letters) != "" {
		return hits
	}
	named := len(hits)
	n.spelling.each([]byte(term), func(i int) { hits = append(hits, i) })
	if named > 0 {
		slices.Sort(hits)
		hits = slices.Compact(hits)
	}
	return hits
}

func first(by Sort, out []Place, limit int) []Place {
	slices.SortFunc(out, func(a, b Place) int { return compare(by, a, b) })
	return out[:min(limit, len(out))]
}

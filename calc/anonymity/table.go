package anonymity

import (
	"slices"
)

// atom is what the members of one whole region code and one whole sector code
// are together: the finest that can be added up.
type atom struct {
	region, sector string
	// total and spare are by channel: 0 counts members, the others are weights.
	// spare is what is left without the largest member, who knows its own part.
	total, spare []int64
	cells        []int // that it lies in
}

type group struct {
	Cell
	atoms []int
	total []int64
}

// table is what the search for a pattern works on.
type table struct {
	rules    Rules
	channels int
	atoms    []atom
	cells    []group
	at       map[Key]int // atom of whole codes
	// bySector and byRegion list atoms of the same sector or region.
	bySector, byRegion map[string][]int
}

func newTable(members []Member, s Scheme, r Rules) *table {
	t := &table{rules: r, channels: 1, at: map[Key]int{}, bySector: map[string][]int{}, byRegion: map[string][]int{}}
	if len(members) > 0 {
		t.channels += len(members[0].Weights)
	}
	in := map[Key][]int{}
	for i, m := range members {
		k := Key{m.Region, m.Sector}
		in[k] = append(in[k], i)
	}
	whole := make([]Key, 0, len(in))
	cells := map[Key]bool{}
	for k := range in {
		whole = append(whole, k)
		for _, c := range s.Keys(k.Region, k.Sector) {
			cells[c] = true
		}
	}
	slices.SortFunc(whole, compareKeys)
	order := make([]Key, 0, len(cells))
	for k := range cells {
		order = append(order, k)
	}
	slices.SortFunc(order, compareKeys)
	number := make(map[Key]int, len(order))
	t.cells = make([]group, len(order))
	for i, k := range order {
		number[k] = i
		t.cells[i] = group{Cell: Cell{Key: k}, total: make([]int64, t.channels)}
	}
	for i, k := range whole {
		a := atomOf(k, members, in[k], t.channels)
		t.at[k] = i
		t.bySector[k.Sector] = append(t.bySector[k.Sector], i)
		t.byRegion[k.Region] = append(t.byRegion[k.Region], i)
		for _, ck := range s.Keys(k.Region, k.Sector) {
			n := number[ck]
			if slices.Contains(a.cells, n) {
				continue // a code that is shorter than its level
			}
			a.cells = append(a.cells, n)
			c := &t.cells[n]
			c.atoms = append(c.atoms, i)
			c.members = append(c.members, in[k]...)
			for ch := range a.total {
				c.total[ch] += a.total[ch]
			}
		}
		t.atoms = append(t.atoms, a)
	}
	for i := range t.cells {
		c := &t.cells[i]
		c.N = c.total[0]
		if c.Why = c.reason(members, r); c.Why == "" && r.Keep != nil && r.Keep(c.Key) {
			c.Why = Complementary
		}
	}
	return t
}

func atomOf(k Key, members []Member, which []int, channels int) atom {
	a := atom{region: k.Region, sector: k.Sector, total: make([]int64, channels), spare: make([]int64, channels)}
	a.total[0], a.spare[0] = int64(len(which)), int64(len(which)-1)
	for w := range channels - 1 {
		var sum, largest int64
		for _, m := range which {
			sum += members[m].Weights[w]
			largest = max(largest, members[m].Weights[w])
		}
		a.total[w+1], a.spare[w+1] = sum, sum-largest
	}
	return a
}

// reason is why a cell may not be published by itself.
func (c *group) reason(members []Member, r Rules) Why {
	if c.N < int64(r.Least) {
		return Few
	}
	for w := 1; w < len(c.total); w++ {
		var first, second int64
		for _, m := range c.members {
			switch x := members[m].Weights[w-1]; {
			case x > first:
				first, second = x, first
			case x > second:
				second = x
			}
		}
		// In floating point: a hundred times a sum of money may not fit a whole number.
		if first > 0 && float64(c.total[w]-first-second)*100 < float64(r.Percent)*float64(first) {
			return Dominated
		}
	}
	if r.Hold != nil && r.Hold(c.Key) {
		return Held
	}
	return ""
}

package anonymity

// The suppressed cells below a published one are found together by subtraction,
// as one group: what is published less its published parts. Such a rest must
// not have too few members either.

// family is a cell with the cells that divide it, by regions or by sectors.
type family struct {
	whole int
	parts []int
}

// families lists every division that the scheme makes.
func (t *table) families(s Scheme) []family {
	number := make(map[Key]int, len(t.cells))
	for i := range t.cells {
		number[t.cells[i].Key] = i
	}
	type way struct {
		whole  int
		sector bool
		length int
	}
	parts := map[way][]int{}
	var order []way
	add := func(w way, part int) {
		if _, had := parts[w]; !had {
			order = append(order, w)
		}
		parts[w] = append(parts[w], part)
	}
	for i := range t.cells {
		k := t.cells[i].Key
		for _, l := range s {
			if l.Region <= len(k.Region) {
				for _, n := range l.Sectors {
					whole, ok := number[Key{k.Region[:l.Region], k.Sector[:min(n, len(k.Sector))]}]
					switch {
					case !ok || n > len(k.Sector):
					case l.Region < len(k.Region) && n == len(k.Sector):
						add(way{whole, false, len(k.Region)}, i)
					case l.Region == len(k.Region) && n < len(k.Sector):
						add(way{whole, true, len(k.Sector)}, i)
					}
				}
			}
		}
	}
	out := make([]family, len(order))
	for i, w := range order {
		out[i] = family{w.whole, parts[w]}
	}
	return out
}

// closeRests suppresses further parts until every rest could be published.
func (t *table) closeRests(all []family) {
	for again := true; again; {
		again = false
		for _, f := range all {
			if t.cells[f.whole].Why == "" && t.widen(f) {
				again = true
			}
		}
	}
}

// widen suppresses the smallest published part when the rest is too small.
func (t *table) widen(f family) bool {
	rest, smallest := int64(0), -1
	for _, p := range f.parts {
		c := &t.cells[p]
		if c.Why == "" {
			if smallest < 0 || c.N < t.cells[smallest].N {
				smallest = p
			}
			continue
		}
		rest += c.N
	}
	if rest == 0 || rest >= int64(t.rules.Least) || smallest < 0 {
		return false
	}
	t.cells[smallest].Why = Complementary
	return true
}

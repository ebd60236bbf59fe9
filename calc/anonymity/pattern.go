package anonymity

import (
	"maps"
	"math"
	"slices"
	"strings"
)

// need is how far a suppressed cell must be able to move in one channel without
// any published cell showing it.
type need struct {
	channel int
	up      bool
	amount  int64
}

// shift is one way to move a cell: amounts added to atoms.
type shift struct {
	delta map[int]int64
	cost  float64
	by    int64 // what the cell moves
}

// protect finds for every cell that must not be found a set of shifts, and
// suppresses each cell that would show them. What is suppressed later can only
// hide more, so a shift that was found once stays possible: when all are found,
// nobody can exclude that the table is the shifted one.
func (t *table) protect() {
	var first []int
	for i := range t.cells {
		if why := t.cells[i].Why; why != "" && why != Complementary {
			first = append(first, i)
		}
	}
	// The finest cells first: their patterns often serve those above.
	slices.SortStableFunc(first, func(a, b int) int {
		x, y := t.cells[a].Key, t.cells[b].Key
		return (len(y.Region) + len(y.Sector)) - (len(x.Region) + len(x.Sector))
	})
	for _, i := range first {
		for _, n := range t.needs(i) {
			t.hide(i, n)
		}
	}
}

func (t *table) needs(i int) []need {
	c := &t.cells[i]
	var out []need
	if least := int64(t.rules.Least); c.N < least {
		out = append(out, need{0, true, least - c.N}, need{0, false, c.N})
	} else if c.Why == Held {
		out = append(out, need{0, true, least}, need{0, false, least})
	}
	for ch := 1; ch < t.channels; ch++ {
		total := c.total[ch]
		by := max(1, int64(math.Ceil(float64(total)*float64(t.rules.Percent)/100)))
		out = append(out, need{ch, true, by})
		if total > 0 {
			out = append(out, need{ch, false, min(by, total)})
		}
	}
	return out
}

// hide finds shifts until the need is met. There is always one: a member more
// in the cell and in everything above it, with all of that suppressed.
func (t *table) hide(cell int, n need) {
	moved := map[int]int64{}
	for left := n.amount; left > 0; {
		best := t.best(cell, n, left, moved)
		for a, d := range best.delta {
			moved[a] += d
		}
		left -= best.by
		t.suppress(best.delta)
	}
	t.suppress(moved)
}

// suppress hides every published cell that the amounts would change.
func (t *table) suppress(delta map[int]int64) {
	for c := range t.changed(delta) {
		if t.cells[c].Why == "" {
			t.cells[c].Why = Complementary
		}
	}
}

func (t *table) changed(delta map[int]int64) map[int]int64 {
	sum := map[int]int64{}
	for a, d := range delta {
		for _, c := range t.atoms[a].cells {
			sum[c] += d
		}
	}
	maps.DeleteFunc(sum, func(_ int, d int64) bool { return d == 0 })
	return sum
}

// most is how many regions and how many sectors are tried beside an atom: enough
// to find a cheap pattern, few enough for a province.
const most = 12

func (t *table) best(cell int, n need, left int64, moved map[int]int64) shift {
	var best shift
	score := math.Inf(1)
	for _, a := range t.cells[cell].atoms {
		if !n.up && t.atoms[a].total[n.channel]+moved[a] <= 0 {
			continue
		}
		regions, sectors := t.beside(cell, a)
		for _, r := range regions {
			for _, s := range sectors {
				one, ok := t.shift(a, r, s, n, left, moved)
				if !ok {
					continue
				}
				if v := one.cost / float64(one.by); v < score {
					best, score = one, v
				}
				if score == 0 {
					return best
				}
			}
		}
	}
	if best.by == 0 {
		panic("BUG: anonymity: a cell that cannot be moved even with everything suppressed")
	}
	return best
}

// beside lists atoms of the same sector in other regions, and of the same region
// in other sectors, outside of the cell; −1 stands for none, which moves all that
// lies above, too.
func (t *table) beside(cell, a int) (regions, sectors []int) {
	c, own := &t.cells[cell], t.atoms[a]
	pick := func(from []int, outside func(atom) bool, near func(atom) int) []int {
		var out []int
		for _, b := range from {
			if outside(t.atoms[b]) {
				out = append(out, b)
			}
		}
		slices.SortStableFunc(out, func(x, y int) int { return near(t.atoms[y]) - near(t.atoms[x]) })
		return append(out[:min(most, len(out))], -1)
	}
	regions = pick(t.bySector[own.sector], func(b atom) bool { return !strings.HasPrefix(b.region, c.Region) }, func(b atom) int { return common(b.region, own.region) })
	sectors = pick(t.byRegion[own.region], func(b atom) bool { return !strings.HasPrefix(b.sector, c.Sector) }, func(b atom) int { return common(b.sector, own.sector) })
	return regions, sectors
}

// common is how many letters two codes begin with together.
func common(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// shift moves an atom up or down and, against it, the atom of another region r
// and of another sector s; the fourth corner goes with the first. With a corner
// missing the sums on that side move as well.
func (t *table) shift(a, r, s int, n need, left int64, moved map[int]int64) (shift, bool) {
	sign := int64(1)
	if !n.up {
		sign = -1
	}
	delta := map[int]int64{a: sign}
	if r >= 0 {
		delta[r] -= sign
	}
	if s >= 0 {
		delta[s] -= sign
	}
	if r >= 0 && s >= 0 {
		corner, ok := t.at[Key{t.atoms[r].region, t.atoms[s].sector}]
		if !ok {
			return shift{}, false // known to be empty
		}
		delta[corner] += sign
	}
	by := left
	for b, d := range delta {
		if d > 0 {
			continue
		}
		room := t.atoms[b].spare[n.channel]
		if b == a {
			room = t.atoms[b].total[n.channel] // its own members are whom it guards
		}
		by = min(by, room+moved[b])
	}
	if by <= 0 {
		return shift{}, false
	}
	out := shift{delta: delta, by: by}
	for c := range t.changed(delta) {
		if t.cells[c].Why == "" {
			out.cost += float64(t.cells[c].N)
		}
	}
	for b := range delta {
		delta[b] *= by
	}
	return out, true
}

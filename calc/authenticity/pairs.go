package authenticity

import (
	"cmp"
	"slices"
)

// Labelled is the sketch of a machine's day with whose it is.
type Labelled struct {
	Owner   string
	Machine string
	// Link is what the device is reached through: devices behind one gateway may
	// rightly share its clock. "" shares nothing.
	Link string
	Day  string // of the sketch, as a date
	Sketch
}

// Pair says that two machine days have more in common than chance allows. A is
// the earlier day; of one day, the lesser owner and machine.
type Pair struct {
	Kind     Kind
	A, B     int // places in the list
	Likeness Likeness
}

// mostHolders bounds for how many machine days one hash is compared: what very
// many have in common is a pattern of their kind, or many copies of which the
// first ones are enough to see it.
const mostHolders = 64

// Pairs compares every sketch with every other. It takes time in proportion to
// the hashes, not to the square of the machines.
func Pairs(all []Labelled) []Pair {
	shapes := meet(all, func(l Labelled) []uint64 { return l.Shapes })
	clocks := meet(all, func(l Labelled) []uint64 { return l.Clocks })
	var out []Pair
	for p, n := range shapes {
		if n < SharedFrom {
			continue
		}
		a, b := all[p[0]], all[p[1]]
		kind := CopiedFirm
		switch {
		case a.Owner == b.Owner && a.Machine == b.Machine:
			kind = ReplayedWindow
		case a.Owner == b.Owner:
			kind = CopiedMachine
		}
		out = append(out, Pair{Kind: kind, A: p[0], B: p[1], Likeness: Compare(a.Sketch, b.Sketch)})
	}
	for p, n := range clocks {
		a, b := all[p[0]], all[p[1]]
		if n < SharedFrom || a.Owner == b.Owner && (a.Machine == b.Machine || a.Link != "" && a.Link == b.Link) {
			continue
		}
		out = append(out, Pair{Kind: ClonedClock, A: p[0], B: p[1], Likeness: Compare(a.Sketch, b.Sketch)})
	}
	slices.SortFunc(out, func(a, b Pair) int {
		return cmp.Or(cmp.Compare(a.A, b.A), cmp.Compare(a.B, b.B), cmp.Compare(a.Kind, b.Kind))
	})
	return out
}

// meet counts, for every two, the hashes they share. The first of a pair is the
// one that stands before the other by day, owner and machine.
func meet(all []Labelled, of func(Labelled) []uint64) map[[2]int]int {
	type holder struct {
		hash uint64
		at   int
	}
	var holders []holder
	for i, l := range all {
		for _, h := range of(l) {
			holders = append(holders, holder{h, i})
		}
	}
	before := func(i, j int) int {
		a, b := all[i], all[j]
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Owner, b.Owner), cmp.Compare(a.Machine, b.Machine), cmp.Compare(i, j))
	}
	slices.SortFunc(holders, func(a, b holder) int { return cmp.Or(cmp.Compare(a.hash, b.hash), before(a.at, b.at)) })
	pairs := map[[2]int]int{}
	for from := 0; from < len(holders); {
		to := from + 1
		for to < len(holders) && holders[to].hash == holders[from].hash {
			to++
		}
		group := holders[from:min(to, from+mostHolders)]
		for i := range group {
			for j := i + 1; j < len(group); j++ {
				pairs[[2]int{group[i].at, group[j].at}]++
			}
		}
		from = to
	}
	return pairs
}

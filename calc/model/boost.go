package model

import (
	"math/rand/v2"
	"slices"
)

// Options of boosting; see [Train].
type Options struct {
	Trees int     `json:"trees"`
	Depth int     `json:"depth"` // splits one below the other
	Rate  float64 `json:"rate"`  // share of what a tree finds that is believed
	Leaf  int     `json:"leaf"`  // rows in a leaf at the least
	Share float64 `json:"share"` // of the rows that a tree sees, 0..1
	Seed  uint64  `json:"seed"`
}

// Node is a question of a tree, or, with Feature −1, its answer.
type Node struct {
	Feature int     `json:"f"`
	Limit   float64 `json:"l,omitempty"` // rows whose feature is ≤ it go left
	Left    int     `json:"a,omitempty"`
	Right   int     `json:"b,omitempty"`
	Value   float64 `json:"v,omitempty"`
}

// Boost is trees whose answers add up.
type Boost struct {
	Start float64  `json:"start"`
	Trees [][]Node `json:"trees"`
	Width int      `json:"width"`
}

// bins is into how many values of equal number of rows a feature is cut: splits
// are tried between them alone (Ke et al., LightGBM, NIPS 2017, section 2.1).
const bins = 64

// Train fits trees to what those before them left over (Friedman, Greedy
// function approximation: a gradient boosting machine, Annals of Statistics 29,
// 2001, algorithm 3, squared error), each on a random share of the rows
// (Friedman, Stochastic gradient boosting, 2002).
func Train(rows [][]float64, y []float64, o Options) (*Boost, error) {
	if err := check(rows, y); err != nil {
		return nil, err
	}
	if o.Trees < 1 || o.Trees > 10_000 || o.Depth < 1 || o.Depth > 12 || !(o.Rate > 0 && o.Rate <= 1) || o.Leaf < 1 || !(o.Share > 0 && o.Share <= 1) {
		return nil, invalid("options %+v: 1 to 10,000 trees, depth 1 to 12, rate and share above 0 and up to 1, 1 row in a leaf at the least", o)
	}
	g := newGrower(rows, o)
	b := &Boost{Width: len(rows[0])}
	for _, v := range y {
		b.Start += v / float64(len(y))
	}
	said := make([]float64, len(y))
	for i := range said {
		said[i] = b.Start
	}
	r := rand.New(rand.NewPCG(o.Seed, 0x9e3779b97f4a7c15))
	order := make([]int32, len(rows))
	for i := range order {
		order[i] = int32(i)
	}
	for range o.Trees {
		for i := range y {
			g.left[i] = y[i] - said[i]
		}
		r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		sample := slices.Clone(order[:max(1, int(o.Share*float64(len(order))))])
		tree := g.grow(sample)
		b.Trees = append(b.Trees, tree)
		for i, row := range rows {
			said[i] += answer(tree, row)
		}
	}
	return b, nil
}

// Predict answers for a row.
func (b *Boost) Predict(row []float64) float64 {
	v := b.Start
	for _, t := range b.Trees {
		v += answer(t, row)
	}
	return v
}

func answer(tree []Node, row []float64) float64 {
	n := &tree[0]
	for n.Feature >= 0 {
		if row[n.Feature] <= n.Limit {
			n = &tree[n.Left]
		} else {
			n = &tree[n.Right]
		}
	}
	return n.Value
}

// grower grows trees over the same rows.
type grower struct {
	o      Options
	limits [][]float64 // of each feature, between its bins
	bin    [][]uint8   // of each feature, of each row
	left   []float64   // what is left over of each row
	sums   []float64   // of each bin, while a node is split
	counts []int
}

func newGrower(rows [][]float64, o Options) *grower {
	width := len(rows[0])
	g := &grower{o: o, limits: make([][]float64, width), bin: make([][]uint8, width), left: make([]float64, len(rows)), sums: make([]float64, bins), counts: make([]int, bins)}
	column := make([]float64, len(rows))
	for f := range width {
		for i, r := range rows {
			column[i] = r[f]
		}
		g.limits[f] = cuts(column)
		g.bin[f] = make([]uint8, len(rows))
		for i, v := range column {
			at, _ := slices.BinarySearch(g.limits[f], v)
			g.bin[f][i] = uint8(at)
		}
	}
	return g
}

// cuts are limits such that about as many values lie between any two of them. A
// value belongs to the first limit that is not below it.
func cuts(values []float64) []float64 {
	s := slices.Clone(values)
	slices.Sort(s)
	var out []float64
	for k := 1; k < bins; k++ {
		i := k * len(s) / bins
		if i == 0 || s[i-1] == s[len(s)-1] {
			continue
		}
		// Halfway to the next value, so that a model does not hang on the last digit.
		next := i
		for next < len(s) && s[next] == s[i-1] {
			next++
		}
		limit := s[i-1] + (s[next]-s[i-1])/2
		if len(out) == 0 || limit > out[len(out)-1] {
			out = append(out, limit)
		}
	}
	return out
}

// grow makes one tree of the rows that are left in it.
func (g *grower) grow(rows []int32) []Node {
	var tree []Node
	var split func(rows []int32, depth int) int
	split = func(rows []int32, depth int) int {
		at := len(tree)
		tree = append(tree, Node{Feature: -1})
		sum := 0.0
		for _, i := range rows {
			sum += g.left[i]
		}
		feature, bin, ok := -1, 0, false
		if depth < g.o.Depth {
			feature, bin, ok = g.best(rows, sum)
		}
		if !ok {
			tree[at].Value = g.o.Rate * sum / float64(len(rows))
			return at
		}
		n := 0
		for i, r := range rows {
			if int(g.bin[feature][r]) <= bin {
				rows[i], rows[n] = rows[n], rows[i]
				n++
			}
		}
		a := split(rows[:n], depth+1)
		b := split(rows[n:], depth+1)
		tree[at] = Node{Feature: feature, Limit: g.limits[feature][bin], Left: a, Right: b}
		return at
	}
	split(rows, 0)
	return tree
}

// best is the split that leaves the least squared error; false when none helps.
func (g *grower) best(rows []int32, sum float64) (feature, bin int, ok bool) {
	gain := sum * sum / float64(len(rows)) * (1 + 1e-9)
	for f := range g.limits {
		if len(g.limits[f]) == 0 {
			continue
		}
		clear(g.sums)
		clear(g.counts)
		column := g.bin[f]
		for _, i := range rows {
			g.sums[column[i]] += g.left[i]
			g.counts[column[i]]++
		}
		s, n := 0.0, 0
		for k := range g.limits[f] {
			s += g.sums[k]
			n += g.counts[k]
			if n < g.o.Leaf {
				continue
			}
			if len(rows)-n < g.o.Leaf {
				break
			}
			if v := s*s/float64(n) + (sum-s)*(sum-s)/float64(len(rows)-n); v > gain {
				gain, feature, bin, ok = v, f, k, true
			}
		}
	}
	return feature, bin, ok
}

// Check refuses trees that ask for more than width features, or lead nowhere or
// around: those of a file are asked nothing before.
func (b *Boost) Check(width int) error {
	if b.Width != width {
		return invalid("trees for %d features; %d are given", b.Width, width)
	}
	for i, t := range b.Trees {
		if len(t) == 0 {
			return invalid("tree %d is empty", i+1)
		}
		for j, n := range t {
			// A question's answers stand behind it, so that no way leads back.
			if n.Feature >= width || n.Feature >= 0 && (n.Left <= j || n.Right <= j || n.Left >= len(t) || n.Right >= len(t)) {
				return invalid("tree %d, node %d leads nowhere", i+1, j)
			}
		}
	}
	return nil
}

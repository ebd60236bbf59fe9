package schedule

import (
	"math"
	"math/rand/v2"
)

// choice is an alternative in the narrow numbers of the search.
type choice struct{ machine, duration int32 }

// solution is a schedule as an order of all operations, and the alternative of
// each: every operation starts as early as those before it allow.
type solution struct {
	ord, alt []int32
	makespan int32
}

// searcher improves one solution at a time by tabu search. Nothing is allocated
// while it does.
type searcher struct {
	g        *graph
	alts     [][]choice
	flexible bool // some operation has more than one alternative
	alt      []int32
	rnd      *rand.PCG
	bound    int32
	stop     func() bool
	steps    int64 // done in all
	limit    int64 // of steps, 0 for none

	// forbidden says until when an operation must not come before one of a job on
	// its machine, away until when it must not go back to an alternative.
	forbidden, away []int32
	jobs, most      int32 // lengths of their rows
	now             int32
	tenure          int32

	walk, buffer []int32
	best         solution // of the present run

	// of one step
	chosen, fallback step
	ties, tabus      uint64
	ceiling          int32 // what promises more need not be looked at
	target           int32 // a forbidden step that promises less is taken
}

const stopEvery = 256 // steps between two questions whether to stop

func newSearcher(p *Problem, alts [][]choice, seed uint64) *searcher {
	g := newGraph(p)
	n := g.n
	s := &searcher{
		g: g, alts: alts, alt: make([]int32, n), rnd: rand.NewPCG(seed, 0x5ced01e), jobs: int32(len(p.Jobs)),
		walk: make([]int32, n), buffer: make([]int32, n), best: solution{ord: make([]int32, n), alt: make([]int32, n)},
	}
	for _, a := range alts {
		s.most = max(s.most, int32(len(a)))
	}
	s.flexible = s.most > 1
	s.forbidden, s.away = make([]int32, n*s.jobs), make([]int32, n*s.most)
	s.tenure = 10 + s.jobs/int32(len(p.Machines))
	return s
}

// below is a random number less than n.
func (s *searcher) below(n uint64) uint64 { return (s.rnd.Uint64() >> 32) * n >> 32 }

func (s *searcher) flip() bool { return s.rnd.Uint64()>>63 == 1 }

// ended says that a step more must not be made.
func (s *searcher) ended() bool {
	return s.limit > 0 && s.steps >= s.limit || s.steps%stopEvery == 0 && s.stop != nil && s.stop()
}

// improve runs from a solution until so many steps have brought nothing better.
// The best that was met is in s.best. It says whether the search may go on.
func (s *searcher) improve(from *solution, patience int) bool {
	clear(s.forbidden)
	clear(s.away)
	s.now = 0
	copy(s.alt, from.alt)
	s.g.load(from, s.alts)
	s.keep(s.g.makespan())
	for idle := 0; idle < patience && s.best.makespan > s.bound; idle++ {
		if s.ended() {
			return false
		}
		s.steps++
		s.now++
		if !s.step() {
			return true
		}
		if m := s.g.makespan(); m < s.best.makespan {
			s.keep(m)
			idle = 0
		}
	}
	return s.best.makespan > s.bound
}

func (s *searcher) keep(makespan int32) {
	s.best.makespan = makespan
	copy(s.best.ord, s.g.ord)
	copy(s.best.alt, s.alt)
}

// step makes the best move that is not forbidden, or any when all are; false
// means that there is none.
func (s *searcher) step() bool {
	s.chosen.kind, s.fallback.kind = none, none
	s.ties, s.tabus, s.ceiling = 0, 0, math.MaxInt32
	s.target = s.best.makespan
	s.neighbours(s.path())
	if s.chosen.kind == none {
		s.chosen = s.fallback
	}
	if s.chosen.kind == none {
		return false
	}
	s.forbid(&s.chosen)
	c := &s.chosen
	s.alt[c.u] = c.alt
	s.g.move(c.u, c.x, c.y, s.alts[c.u][c.alt])
	return true
}

// offer takes note of a possible step.
func (s *searcher) offer(c step, tabu bool) {
	if tabu && c.estimate >= s.target {
		if s.tabus++; s.tabus == 1 || s.below(s.tabus) == 0 {
			s.fallback = c
		}
		return
	}
	switch {
	case s.chosen.kind == none || c.estimate < s.chosen.estimate:
		s.chosen, s.ties, s.ceiling = c, 1, c.estimate
	case c.estimate == s.chosen.estimate:
		if s.ties++; s.below(s.ties) == 0 {
			s.chosen = c
		}
	}
}

// forbid keeps the arcs that a step turns round from being turned back soon.
func (s *searcher) forbid(c *step) {
	nodes, job := s.g.nodes, s.g.job
	until := s.now + s.tenure + int32(s.below(uint64(s.tenure)*2/5+1))
	switch c.kind {
	case later:
		row := s.forbidden[c.u*s.jobs : (c.u+1)*s.jobs]
		for l := nodes[c.u].next; ; l = nodes[l].next {
			row[job[l]] = until
			if l == c.x {
				break
			}
		}
	case earlier:
		for l := nodes[c.u].prev; ; l = nodes[l].prev {
			s.forbidden[l*s.jobs+job[c.u]] = until
			if l == c.y {
				break
			}
		}
	case other:
		s.away[c.u*s.most+s.alt[c.u]] = until
	}
}

package schedule

import (
	"slices"
	"sync"
)

// pool holds the elite of a search: good schedules that differ, from which new
// ones are bred. Threads share it.
type pool struct {
	bound int32

	mu      sync.Mutex
	members []elite
	best    solution
	barren  int // children in a row that did not enter
}

// elite is a solution with what is needed to compare it with others.
type elite struct {
	solution
	prev []int32 // the operation before each on its machine
}

const (
	poolSize = 10
	patience = 5000 // steps without anything better before a run ends
	// barrenMost children in a row that did not enter: the pool has become too
	// much alike and begins anew around its best.
	barrenMost = 30
)

// done says that nothing better can be found.
func (p *pool) done() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.best.ord != nil && p.best.makespan <= p.bound
}

// evolve breeds and improves until the search has to end. The best of all is in
// p.best.
func (p *pool) evolve(s *searcher) {
	var child solution
	for {
		a, b, ok := p.parents(s)
		if ok {
			child = s.between(&a, &b)
		} else {
			child = s.construct()
		}
		on := s.improve(&child, patience)
		p.enter(s)
		if !on {
			return
		}
	}
}

// parents picks two; false when a new beginning is wanted: while the pool is not
// full, every other time.
func (p *pool) parents(s *searcher) (a, b solution, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := uint64(len(p.members))
	if n < 2 || n < poolSize && s.flip() {
		return a, b, false
	}
	i := s.below(n)
	j := s.below(n - 1)
	if j >= i {
		j++
	}
	return p.members[i].solution, p.members[j].solution, true
}

// enter takes the best of a run into the pool: in place of the worst, or of one
// that is nearly the same and no better.
func (p *pool) enter(s *searcher) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.best.ord == nil || s.best.makespan < p.best.makespan {
		p.best = s.best.clone()
	}
	e := elite{solution: s.best.clone(), prev: s.prevOf(&s.best)}
	p.barren++
	for i := range p.members {
		if m := &p.members[i]; m.distance(&e) <= len(e.ord)/50 {
			if e.makespan < m.makespan {
				*m, p.barren = e, 0
			}
			p.renew()
			return
		}
	}
	if len(p.members) < poolSize {
		p.members, p.barren = append(p.members, e), 0
		return
	}
	worst := 0
	for i := range p.members {
		if p.members[i].makespan > p.members[worst].makespan {
			worst = i
		}
	}
	if e.makespan < p.members[worst].makespan {
		p.members[worst], p.barren = e, 0
	}
	p.renew()
}

// renew empties a pool that bears nothing any more.
func (p *pool) renew() {
	if p.barren < barrenMost {
		return
	}
	p.members, p.barren = p.members[:0], 0
}

// distance counts the operations that follow another one.
func (e *elite) distance(o *elite) int {
	n := 0
	for i, v := range e.prev {
		if v != o.prev[i] {
			n++
		}
	}
	return n
}

// prevOf is the operation before each on its machine, -1 for none.
func (s *searcher) prevOf(x *solution) []int32 {
	last, prev := make([]int32, len(s.g.first)), make([]int32, len(x.ord))
	for k := range last {
		last[k] = -1
	}
	for _, u := range x.ord {
		k := s.alts[u][x.alt[u]].machine
		prev[u], last[k] = last[k], u
	}
	return prev
}

// between is a solution on the way from one to another: each operation at a
// weighted mean of its places in both. What comes first in both comes first in
// it, so the order of jobs holds and no cycle can arise.
func (s *searcher) between(a, b *solution) solution {
	n := len(a.ord)
	weight := 90 + s.below(77) // of 256: 0.35 to 0.65
	keys := make([]uint64, n)
	for i, u := range a.ord {
		keys[u] = uint64(i) * weight
	}
	for i, u := range b.ord {
		keys[u] += uint64(i) * (256 - weight)
	}
	child := solution{ord: make([]int32, n), alt: make([]int32, n)}
	for u := range keys {
		keys[u] = keys[u]<<32 | uint64(u)
		child.alt[u] = a.alt[u]
		if b.alt[u] != a.alt[u] && s.below(256) >= weight {
			child.alt[u] = b.alt[u]
		}
	}
	slices.Sort(keys)
	for i, k := range keys {
		child.ord[i] = int32(uint32(k))
	}
	return child
}

// construct makes an active schedule by chance (Giffler and Thompson, Operations
// Research 8 (1960), 487-503): among the operations that could not wait for the
// one that ends first, one is drawn, or the one with most work behind it.
func (s *searcher) construct() solution {
	g := s.g
	n, jobs := int(g.n), len(g.ends)
	out := solution{ord: make([]int32, 0, n), alt: make([]int32, n)}
	next, ready, free, work := make([]int32, jobs), make([]int32, jobs), make([]int32, len(g.first)), make([]int32, jobs)
	for u := n - 1; u >= 0; u-- {
		next[g.job[u]] = int32(u)
		work[g.job[u]] += s.alts[u][0].duration
	}
	greedy := s.flip()
	for len(out.ord) < n {
		first, firstDone := -1, int32(0)
		for j, u := range next {
			if u > g.ends[j] {
				continue
			}
			out.alt[u] = s.soonest(u, ready[j], free)
			c := s.alts[u][out.alt[u]]
			if done := max(ready[j], free[c.machine]) + c.duration; first < 0 || done < firstDone {
				first, firstDone = j, done
			}
		}
		machine := s.alts[next[first]][out.alt[next[first]]].machine
		chosen, seen := first, uint64(0)
		for j, u := range next {
			if u > g.ends[j] || s.alts[u][out.alt[u]].machine != machine || j != first && max(ready[j], free[machine]) >= firstDone {
				continue
			}
			seen++
			if greedy && s.below(8) > 0 {
				if work[j] > work[chosen] {
					chosen = j
				}
			} else if s.below(seen) == 0 {
				chosen = j
			}
		}
		u := next[chosen]
		c := s.alts[u][out.alt[u]]
		done := max(ready[chosen], free[machine]) + c.duration
		ready[chosen], free[machine] = done, done
		work[chosen] -= s.alts[u][0].duration
		next[chosen]++
		out.ord = append(out.ord, u)
	}
	return out
}

// soonest is the alternative on which u would end first; chance decides among
// equals.
func (s *searcher) soonest(u, ready int32, free []int32) int32 {
	best, bestDone, seen := int32(0), int32(0), uint64(0)
	for i, c := range s.alts[u] {
		done := max(ready, free[c.machine]) + c.duration
		switch {
		case seen == 0 || done < bestDone:
			best, bestDone, seen = int32(i), done, 1
		case done == bestDone:
			if seen++; s.below(seen) == 0 {
				best = int32(i)
			}
		}
	}
	return best
}

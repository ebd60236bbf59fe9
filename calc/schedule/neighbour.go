package schedule

// step is one change of a schedule: operation u goes between x and y on the
// machine of its alternative.
type step struct {
	u, x, y  int32
	alt      int32
	estimate int32 // longest way through what is moved; the makespan may be longer
	kind     stepKind
}

type stepKind int8

const (
	none    stepKind = iota
	later            // behind x on its machine
	earlier          // before y on its machine
	other            // to another machine, or another place between its job's operations
)

// path walks a critical path from its end; where two ways are critical, chance
// decides. The result lies in the order of time.
func (s *searcher) path() []int32 {
	g, nodes := s.g, s.g.nodes
	end := g.makespan()
	u, seen := g.n, uint64(0)
	for _, v := range g.ends {
		if nodes[v].done == end {
			if seen++; seen == 1 || s.below(seen) == 0 {
				u = v
			}
		}
	}
	at := len(s.walk)
	for u != g.n {
		at--
		s.walk[at] = u
		nd := &nodes[u]
		start := nd.done - nd.duration
		a, b := nd.jobPrev, nd.prev
		switch onJob, onMachine := a != g.n && nodes[a].done == start, b != g.n && nodes[b].done == start; {
		case onJob && onMachine:
			if u = a; s.flip() {
				u = b
			}
		case onJob:
			u = a
		case onMachine:
			u = b
		default:
			return s.walk[at:]
		}
	}
	return s.walk[at:]
}

// neighbours looks at what moving the operations of a critical path may bring:
// within blocks (neighbourhood N7 of Zhang, Li, Guan and Rao, Computers &
// Operations Research 34 (2007)), and to other machines.
func (s *searcher) neighbours(path []int32) {
	nodes := s.g.nodes
	for from := 0; from < len(path); {
		to := from + 1
		for to < len(path) && nodes[path[to]].prev == path[to-1] {
			to++
		}
		if to-from > 1 {
			s.block(path[from:to], from == 0, to == len(path))
		}
		from = to
	}
	if s.flexible {
		for _, u := range path {
			if len(s.alts[u]) > 1 {
				s.elsewhere(u)
			}
		}
	}
}

// block looks at moves of one block to its ends and of its ends inwards. What
// only changes the beginning of the first block, or the end of the last one,
// shortens nothing.
func (s *searcher) block(b []int32, isFirst, isLast bool) {
	k := len(b) - 1
	if isFirst && isLast {
		return
	}
	if !isLast {
		for _, u := range b[:k] {
			s.tryLater(u, b[k])
		}
		for i := 1; i < k-1; i++ {
			s.tryEarlier(b[k], b[i])
		}
		if k > 1 && isFirst {
			s.tryEarlier(b[k], b[0])
		}
	}
	if !isFirst {
		from := 1
		if k == 1 && !isLast {
			from = 2 // the swap of two has been looked at
		}
		for j := from; j <= k; j++ {
			s.tryEarlier(b[j], b[0])
		}
		to := k - 1
		if isLast {
			to = k
		}
		for j := 2; j <= to; j++ {
			s.tryLater(b[0], b[j])
		}
	}
}

// tryLater estimates u moved right behind v on its machine (Balas and
// Vazacopoulos, Management Science 44 (1998), 262-275).
func (s *searcher) tryLater(u, v int32) {
	g, nodes := s.g, s.g.nodes
	nu := &nodes[u]
	if nu.jobNext != g.n && g.reaches(nu.jobNext, v) {
		return
	}
	prev, k := nodes[nu.prev].done, 0
	tabu, ju := false, g.job[u]
	heads := s.buffer
	for l := nu.next; ; l = nodes[l].next {
		nd := &nodes[l]
		start := max(nodes[nd.jobPrev].done, prev)
		heads[k] = start
		k++
		prev = start + nd.duration
		tabu = tabu || s.forbidden[l*s.jobs+ju] > s.now
		if l == v {
			break
		}
	}
	after := nodes[v].next
	left := nu.duration + max(nodes[nu.jobNext].left, nodes[after].left)
	estimate := max(nodes[nu.jobPrev].done, prev) + left
	if estimate > s.ceiling {
		return
	}
	for l := v; k > 0; l = nodes[l].prev {
		nd := &nodes[l]
		k--
		left = nd.duration + max(nodes[nd.jobNext].left, left)
		estimate = max(estimate, heads[k]+left)
	}
	s.offer(step{u: u, x: v, y: after, alt: s.alt[u], estimate: estimate, kind: later}, tabu)
}

// tryEarlier estimates v moved right before u on its machine.
func (s *searcher) tryEarlier(v, u int32) {
	g, nodes := s.g, s.g.nodes
	nv := &nodes[v]
	if nv.jobPrev != g.n && g.reaches(u, nv.jobPrev) {
		return
	}
	left, k := nodes[nv.next].left, 0
	tabu, row := false, s.forbidden[v*s.jobs:(v+1)*s.jobs]
	tails := s.buffer
	for l := nv.prev; ; l = nodes[l].prev {
		nd := &nodes[l]
		left = nd.duration + max(nodes[nd.jobNext].left, left)
		tails[k] = left
		k++
		tabu = tabu || row[g.job[l]] > s.now
		if l == u {
			break
		}
	}
	before := nodes[u].prev
	start := max(nodes[nv.jobPrev].done, nodes[before].done)
	estimate := start + nv.duration + max(nodes[nv.jobNext].left, left)
	if estimate > s.ceiling {
		return
	}
	done := start + nv.duration
	for l := u; k > 0; l = nodes[l].next {
		nd := &nodes[l]
		k--
		start := max(nodes[nd.jobPrev].done, done)
		estimate = max(estimate, start+tails[k])
		done = start + nd.duration
	}
	s.offer(step{u: v, x: before, y: u, alt: s.alt[v], estimate: estimate, kind: earlier}, tabu)
}

// elsewhere estimates u on its other machines (after Mastrolilli and Gambardella,
// Journal of Scheduling 3 (2000), 3-20; times of the others are those with u still
// in its place). The best place of each machine is offered.
func (s *searcher) elsewhere(u int32) {
	nodes := s.g.nodes
	nu := &nodes[u]
	ready, after := nodes[nu.jobPrev].done, nodes[nu.jobNext].left
	for i, c := range s.alts[u] {
		if int32(i) == s.alt[u] || ready+c.duration+after > s.ceiling {
			continue
		}
		x, y, estimate := s.gap(c, ready, after)
		if s.g.reaches(y, nu.jobPrev) || s.g.reaches(nu.jobNext, x) {
			continue // only where something takes no time
		}
		s.offer(step{u: u, x: x, y: y, alt: int32(i), estimate: estimate, kind: other}, s.away[u*s.most+int32(i)] > s.now)
	}
}

// gap finds the best place on a machine for an operation that is ready at a time
// and has so much behind it. It looks only where what is before has not ended
// when it is ready, or where what is behind has less left: elsewhere nothing is
// better, and here no cycle can arise. A way from the job's next operation to one
// in front would leave that one less, and a way from one behind to the job's
// operation before would have ended it earlier.
func (s *searcher) gap(c choice, ready, after int32) (x, y, estimate int32) {
	nodes, n := s.g.nodes, s.g.n
	x, y = n, s.g.first[c.machine]
	earlyX, earlyY := int32(-1), int32(-1)
	for y != n && nodes[y].done <= ready {
		if earlyX < 0 && nodes[y].left <= after {
			earlyX, earlyY = x, y
		}
		x, y = y, nodes[y].next
	}
	if nodes[y].left <= after {
		if earlyX >= 0 && s.flip() {
			x, y = earlyX, earlyY
		}
		return x, y, ready + c.duration + after
	}
	bestX, bestY := x, y
	estimate = ready + c.duration + nodes[y].left
	for nodes[y].left > after {
		x, y = y, nodes[y].next
		if e := nodes[x].done + c.duration + max(after, nodes[y].left); e < estimate {
			bestX, bestY, estimate = x, y, e
		}
	}
	return bestX, bestY, estimate
}

package schedule

import "fmt"

// graph is the disjunctive graph of a schedule under change: every operation
// with its neighbours in the job and on the machine. Heads, tails and a
// topological order are always those of the present arcs. Node n is a sentinel
// that ends every chain; its times are 0.
type graph struct {
	n        int32
	nodes    []node
	ord, pos []int32 // a topological order, and where each operation stands in it
	first    []int32 // of each machine
	ends     []int32 // last operation of each job
	job      []int32 // of each operation

	// of one reordering
	mark  []int32
	stamp int32
	moved []int32
}

// node is half a cache line: the passes over heads and tails are all that costs.
type node struct {
	jobPrev, jobNext, prev, next int32
	duration                     int32
	done                         int32 // earliest end
	left                         int32 // longest way from its start to the end of all
	machine                      int32
}

func newGraph(p *Problem) *graph {
	n := p.Operations()
	g := &graph{
		n: int32(n), nodes: make([]node, n+1), ord: make([]int32, n), pos: make([]int32, n), first: make([]int32, len(p.Machines)),
		job: make([]int32, n), mark: make([]int32, n+1), moved: make([]int32, n),
	}
	u := int32(0)
	for j := range p.Jobs {
		for i := range p.Jobs[j].Operations {
			nd := &g.nodes[u]
			nd.jobPrev, nd.jobNext = u-1, u+1
			if i == 0 {
				nd.jobPrev = g.n
			}
			if i == len(p.Jobs[j].Operations)-1 {
				nd.jobNext = g.n
				g.ends = append(g.ends, u)
			}
			g.job[u] = int32(j)
			u++
		}
	}
	return g
}

// load builds the graph of a solution: operations go to the end of their machine
// in its order, which is a topological one.
func (g *graph) load(s *solution, alt [][]choice) {
	last := make([]int32, len(g.first))
	for k := range g.first {
		g.first[k], last[k] = g.n, g.n
	}
	copy(g.ord, s.ord)
	for i, u := range g.ord {
		g.pos[u] = int32(i)
		nd, c := &g.nodes[u], alt[u][s.alt[u]]
		nd.machine, nd.duration = c.machine, c.duration
		nd.prev, nd.next = last[c.machine], g.n
		if nd.prev == g.n {
			g.first[c.machine] = u
		} else {
			g.nodes[nd.prev].next = u
		}
		last[c.machine] = u
	}
	g.heads(0)
	g.tails(g.n - 1)
}

// heads computes earliest ends from place lo of the order on.
func (g *graph) heads(lo int32) {
	nodes := g.nodes
	for _, u := range g.ord[lo:] {
		nd := &nodes[u]
		nd.done = max(nodes[nd.jobPrev].done, nodes[nd.prev].done) + nd.duration
	}
}

// tails computes what is left from place hi of the order down.
func (g *graph) tails(hi int32) {
	nodes, ord := g.nodes, g.ord[:hi+1]
	for i := len(ord) - 1; i >= 0; i-- {
		nd := &nodes[ord[i]]
		nd.left = max(nodes[nd.jobNext].left, nodes[nd.next].left) + nd.duration
	}
}

func (g *graph) makespan() int32 {
	var end int32
	for _, u := range g.ends {
		end = max(end, g.nodes[u].done)
	}
	return end
}

// move takes u from its place and puts it between x and y, neighbours on machine
// c.machine once u is gone; either may be the sentinel. The caller has made sure
// that no cycle comes of it.
func (g *graph) move(u, x, y int32, c choice) {
	nodes, n := g.nodes, g.n
	nd := &nodes[u]
	a, b := nd.prev, nd.next
	nodes[a].next, nodes[b].prev = b, a
	if a == n {
		g.first[nd.machine] = b
	}
	nodes[x].next, nodes[y].prev = u, u
	nd.prev, nd.next, nd.machine, nd.duration = x, y, c.machine, c.duration
	if x == n {
		g.first[c.machine] = u
	}
	switch {
	case x != n && g.pos[x] > g.pos[u]:
		g.later(u, x)
	case y != n && g.pos[y] < g.pos[u]:
		g.earlier(u, y)
	}
	lo, hi := g.pos[u], g.pos[u]
	if b != n {
		lo = min(lo, g.pos[b])
	}
	if a != n {
		hi = max(hi, g.pos[a])
	}
	g.heads(lo)
	g.tails(hi)
}

// later mends the order when u has come to stand after x: u and what follows
// from it within the window goes behind x.
func (g *graph) later(u, x int32) {
	nodes, ord, pos, mark := g.nodes, g.ord, g.pos, g.mark
	g.stamp++
	stamp := g.stamp
	mark[u] = stamp
	w, to := pos[u], pos[x]
	moved := g.moved[:0]
	for _, o := range ord[w+1 : to+1] {
		if nd := &nodes[o]; mark[nd.jobPrev] == stamp || mark[nd.prev] == stamp {
			mark[o] = stamp
			moved = append(moved, o)
		} else {
			ord[w], pos[o] = o, w
			w++
		}
	}
	if mark[x] == stamp {
		panic(fmt.Sprintf("BUG: operation %d put after %d, which follows from it", u, x))
	}
	ord[w], pos[u] = u, w
	for _, o := range moved {
		w++
		ord[w], pos[o] = o, w
	}
}

// earlier mends the order when u has come to stand before y: u and what it
// follows from within the window goes before y.
func (g *graph) earlier(u, y int32) {
	nodes, ord, pos, mark := g.nodes, g.ord, g.pos, g.mark
	g.stamp++
	stamp := g.stamp
	mark[u] = stamp
	w, to := pos[u], pos[y]
	moved := g.moved[:0]
	for i := w - 1; i >= to; i-- {
		o := ord[i]
		if nd := &nodes[o]; mark[nd.jobNext] == stamp || mark[nd.next] == stamp {
			mark[o] = stamp
			moved = append(moved, o)
		} else {
			ord[w], pos[o] = o, w
			w--
		}
	}
	if mark[y] == stamp {
		panic(fmt.Sprintf("BUG: operation %d put before %d, which it follows from", u, y))
	}
	ord[w], pos[u] = u, w
	for _, o := range moved {
		w--
		ord[w], pos[o] = o, w
	}
}

// reaches says whether a way may lead from u to v: false is certain. A way from
// u to v puts v after u in every order, starts v after u has ended, and leaves
// for u all that is left for v.
func (g *graph) reaches(u, v int32) bool {
	if u == g.n || v == g.n {
		return false
	}
	if u == v {
		return true
	}
	a, b := &g.nodes[u], &g.nodes[v]
	return g.pos[u] < g.pos[v] && b.done-b.duration >= a.done && a.left-a.duration >= b.left
}

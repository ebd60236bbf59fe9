package planning

import (
	"slices"

	"zhigai/calc/schedule"
)

// branches says whether what is left of an order is more than a line, so that
// parts of it may be done side by side. Longest waits bind operations that follow
// one another: an order that has one is done as a line, which is on the safe side,
// and noted.
func (o *Order) branches() bool {
	before := 0
	found := false
	for i := range o.Jobs {
		j := &o.Jobs[i]
		line := len(j.After) == 0 && i == 0 || len(j.After) == 1 && j.After[0] == before
		before = j.No
		if j.ended() {
			continue
		}
		if j.MaxWaitMs > 0 {
			return false
		}
		found = found || !line
	}
	return found
}

// byForerunners are the jobs of an order, each behind those that it follows; what
// has a choice by number.
func (o *Order) byForerunners() (out []*Job) {
	done := map[int]bool{}
	known := map[int]bool{}
	for i := range o.Jobs {
		known[o.Jobs[i].No] = true
	}
	for range o.Jobs {
		for i := range o.Jobs {
			j := &o.Jobs[i]
			if !done[j.No] && !slices.ContainsFunc(j.After, func(b int) bool { return known[b] && !done[b] }) {
				done[j.No], out = true, append(out, j)
				break
			}
		}
	}
	return out
}

// graph makes the operations of an order with branches.
type graph struct {
	*chain
	nodes    map[int]*node // by number of the job
	trailing int64         // how long suppliers have it at the end
}

// node is a job as those behind it see it.
type node struct {
	job *Job
	op  int // of the problem's job; -1: it is over, or a supplier does it
	// ways lead to the operations that must have ended before what is no operation
	// has, and floor is when it ends at the earliest, without them.
	ways  []way
	floor int64
}

// way is an operation that must have ended, and what must pass since then.
type way struct {
	op      int
	waitMs  int64
	outside bool // a supplier has it between
}

// add makes all operations; false when one cannot be planned, and nothing behind
// it.
func (g *graph) add() bool {
	for _, j := range g.order.byForerunners() {
		if !g.job(j) {
			return false
		}
	}
	return true
}

func (g *graph) job(j *Job) bool {
	n := &node{job: j, op: -1}
	g.nodes[j.No] = n
	if j.ended() {
		if j.Ended != 0 {
			n.floor = g.clock.after(j.Ended)
		}
		return true
	}
	ways, floor := g.before(j)
	if j.LeadMs > 0 {
		g.away(n, ways, floor)
		return true
	}
	found, ok := g.candidates(g.order, j)
	if !ok {
		return false
	}
	material, ok := g.supplied(j)
	if !ok {
		return false
	}
	n.op = len(g.ops)
	g.follows = func(op *schedule.Operation, ref *ModelOp) { g.after(op, ref, j, ways, floor) }
	return g.operation(j, found, material)
}

// before is what a job follows: operations with what must pass since their ends,
// and a time.
func (g *graph) before(j *Job) (ways []way, floor int64) {
	begins := true
	for _, no := range j.After {
		b := g.nodes[no]
		if b == nil {
			continue
		}
		begins = false
		wait := b.job.MoveMs + b.job.MinWaitMs
		if b.op >= 0 {
			ways = append(ways, way{op: b.op, waitMs: wait})
			continue
		}
		for _, w := range b.ways {
			ways = append(ways, way{w.op, w.waitMs + wait, true})
		}
		if b.floor != 0 {
			floor = max(floor, b.floor+seconds(wait))
		}
	}
	if begins {
		floor = g.release
	}
	return ways, floor
}

// away is work of a supplier: time that passes.
func (g *graph) away(n *node, ways []way, floor int64) {
	j := n.job
	lead := seconds(j.LeadMs)
	o := OutsideOp{ModelOp: ModelOp{Order: g.at, Job: j.No, Name: j.Name, State: j.State, Quantity: j.left(g.order.Quantity)}, Lead: lead, Offset: floor}
	if j.Began != 0 {
		ways, o.Offset = nil, g.clock.before(j.Began)
	} else if len(ways) == 0 {
		o.Offset += seconds(j.QueueMs)
	}
	n.floor = max(0, o.Offset+lead)
	for _, w := range ways {
		o.Anchors = append(o.Anchors, OutsideAnchor{Job: len(g.m.Problem.Jobs), Op: w.op, Wait: seconds(w.waitMs + j.QueueMs)})
		n.ways = append(n.ways, way{w.op, w.waitMs + j.QueueMs + j.LeadMs, true})
		if !g.order.followed(j.No) {
			g.trailing = max(g.trailing, seconds(w.waitMs+j.QueueMs+j.LeadMs))
		}
	}
	g.m.Outside = append(g.m.Outside, o)
}

// followed says whether another job follows one.
func (o *Order) followed(no int) bool {
	return slices.ContainsFunc(o.Jobs, func(j Job) bool { return slices.Contains(j.After, no) })
}

// after lets an operation follow others. One that runs follows nothing any more.
func (g *graph) after(op *schedule.Operation, ref *ModelOp, j *Job, ways []way, floor int64) {
	op.After = []schedule.Forerunner{}
	if j.State == jobRunning {
		return
	}
	if floor > op.Material {
		op.Material, ref.Material = floor, nil
	}
	for _, w := range ways {
		f := schedule.Forerunner{Op: w.op, MinWait: seconds(w.waitMs + j.QueueMs)}
		if !w.outside {
			f.MinWait -= g.overlap(g.nodeOf(w.op).job, w.op, op)
		}
		i := slices.IndexFunc(op.After, func(o schedule.Forerunner) bool { return o.Op == f.Op })
		if i < 0 {
			i = len(op.After)
			op.After = append(op.After, f)
		}
		op.After[i].MinWait = max(op.After[i].MinWait, f.MinWait)
		if w.outside && !slices.Contains(ref.Outside, w.op) {
			ref.Outside = append(ref.Outside, w.op)
		}
	}
}

func (g *graph) nodeOf(op int) *node {
	for _, n := range g.nodes {
		if n.op == op {
			return n
		}
	}
	return nil
}

// end closes the order.
func (g *graph) end(whole bool) {
	if len(g.ops) == 0 {
		return
	}
	job := schedule.Job{Name: g.order.Number}
	if whole {
		job = g.dated(g.trailing)
	}
	g.release = 0 // it stands with each branch
	g.store(job)
}

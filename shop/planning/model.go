package planning

import (
	"slices"

	"zhigai/calc/schedule"
	"zhigai/plant"
)

// Model is what is to be planned, as the search takes it, with the names of what
// it is made of.
type Model struct {
	Place    string
	Origin   plant.Instant // second 0 of the problem
	Until    plant.Instant
	Machines []ModelMachine // those of the problem
	Orders   []ModelOrder
	Ops      [][]ModelOp // those of the problem, by job
	Outside  []OutsideOp
	Limits   []ModelLimit      // the resources of the problem
	Problem  *schedule.Problem // nil in what is written: it is there by itself

	Unplanned []Unplanned
	Notes     []Note
}

// ModelMachine is a machine of the problem.
type ModelMachine struct {
	ID       plant.NodeID
	Path     string
	Name     plant.Name
	Calendar string // digest of when it works, assumptions apart
}

// ModelOrder is an order of the problem.
type ModelOrder struct {
	OrderPlan
	// Signature changes when the order changes in a way that matters to a plan.
	// Counts and steps that go by the plan do not.
	Signature string
	State     OrderState
	Whole     bool // all that is left of it is planned
}

// ModelOp is an operation of the problem.
type ModelOp struct {
	Order    int // index
	Job      int
	Name     plant.Name
	State    string
	Quantity int64
	Frozen   bool // it runs
	Family   string
	Outside  []int  `json:",omitempty"` // of the operations that it follows, those by way of a supplier
	Material *Cover `json:",omitempty"` // what it waits for, if what it takes is not all there
}

// OutsideOp is work of a supplier. It begins so many seconds after the end of an
// operation, or after second 0 when Anchor is nil.
type OutsideOp struct {
	ModelOp
	Anchor *[2]int // job and operation of the problem
	Offset int64
	// Anchors are the operations that it follows in an order with branches, all of
	// which must have ended; it begins not before Offset then.
	Anchors []OutsideAnchor `json:",omitempty"`
	Lead    int64
}

// OutsideAnchor is an operation that work of a supplier follows, after so many
// seconds.
type OutsideAnchor struct {
	Job, Op int
	Wait    int64
}

func (m *Model) clock() clock { return clock{m.Origin} }

func (m *Model) ref(job, op int) Ref {
	o := &m.Ops[job][op]
	return Ref{m.Orders[o.Order].ID, o.Job}
}

// forerunners are the operations that one of the problem follows, with the least
// waits.
func (m *Model) forerunners(job, op int) []schedule.Forerunner {
	o := &m.Problem.Jobs[job].Operations[op]
	switch {
	case o.After != nil:
		return o.After
	case op == 0:
		return nil
	}
	return []schedule.Forerunner{{Op: op - 1, MinWait: o.MinWait}}
}

// find gives the place of a job order in the problem.
func (m *Model) find(r Ref) (job, op int, ok bool) {
	for j := range m.Ops {
		for i := range m.Ops[j] {
			if m.ref(j, i) == r {
				return j, i, true
			}
		}
	}
	return 0, 0, false
}

// machine gives the index of a machine in the problem.
func (m *Model) machine(id plant.NodeID) (int, bool) {
	i := slices.IndexFunc(m.Machines, func(o ModelMachine) bool { return o.ID == id })
	return i, i >= 0
}

// places are operations of a schedule by their names, in the terms of facts: one
// model's schedule is another's plan.
func (m *Model) places(s schedule.Schedule) map[Ref]Place {
	out := make(map[Ref]Place, len(s.Operations))
	for _, o := range s.Operations {
		out[m.ref(o.Job, o.Op)] = Place{m.Machines[o.Machine].ID, m.clock().at(o.Start), m.clock().at(o.End)}
	}
	return out
}

// Place is where and when an operation is.
type Place struct {
	Equipment  plant.NodeID
	Start, End plant.Instant
}

// current is a plan in the terms of this model: what of it is still ahead, on
// machines that are still allowed.
func (m *Model) current(places map[Ref]Place) (out schedule.Schedule) {
	for j, ops := range m.Ops {
		for i := range ops {
			p, ok := places[m.ref(j, i)]
			if !ok {
				continue
			}
			at, known := m.machine(p.Equipment)
			if !known || !slices.ContainsFunc(m.Problem.Jobs[j].Operations[i].Alternatives, func(a schedule.Alternative) bool { return a.Machine == at }) {
				continue
			}
			out.Operations = append(out.Operations, schedule.Placed{Job: j, Op: i, Machine: at, Start: max(0, m.clock().after(p.Start)), End: max(0, m.clock().after(p.End))})
		}
	}
	return out
}

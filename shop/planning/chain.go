package planning

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"zhigai/calc/schedule"
)

// chain makes the operations of one order, one after the other in the order of
// their numbers. Branches of a routing are made by graph; of one with longest
// waits they are one after the other, too: that is on the safe side, and noted.
type chain struct {
	*builder
	order   *Order
	at      int   // index of the order in the model
	release int64 // when its first operation may start

	before *Job  // the one before, unless it is over
	waitMs int64 // that must pass since the end of the one before
	strict bool  // the one before sets a longest wait, and nothing lies between

	ops  []schedule.Operation
	refs []ModelOp
	// follows lets an operation follow others; nil: the one before it.
	follows func(op *schedule.Operation, ref *ModelOp)
	runs    int64 // what is left of operations that run, of the part before
}

// job adds one; false when it cannot be planned, and nothing behind it can.
func (c *chain) job(j *Job) bool {
	c.notes(j)
	switch {
	case j.ended():
		if j.Ended != 0 {
			c.release = max(c.release, c.clock.after(j.Ended)+seconds(j.MoveMs+j.MinWaitMs))
		}
		return true
	case j.LeadMs > 0:
		c.outside(j)
	default:
		found, ok := c.candidates(c.order, j)
		if !ok {
			return false
		}
		material, ok := c.supplied(j)
		if !ok {
			return false
		}
		if j.State == jobRunning && len(c.ops) > 0 {
			c.part() // it overlaps with what comes before it
		}
		if !c.operation(j, found, material) {
			return false
		}
		c.waitMs, c.strict = 0, j.MaxWaitMs > 0
	}
	c.waitMs += j.MoveMs + j.MinWaitMs
	c.before = j
	return true
}

func (c *chain) notes(j *Job) {
	n := Note{Product: c.order.Product, Job: j.No}
	if c.before != nil && len(j.After) > 0 && j.After[len(j.After)-1] != c.before.No || len(j.After) > 1 {
		n.What = "parallel"
		c.note(n)
	}
}

// left is how many units are still to be made, planned scrap included.
func (j *Job) left(quantity int64) int64 {
	n := max(0, quantity-j.Good)
	if j.ScrapPPM > 0 && j.ScrapPPM < 1_000_000 {
		n += (n*j.ScrapPPM + 999_999 - j.ScrapPPM) / (1_000_000 - j.ScrapPPM)
	}
	return n
}

// duration of some units at a place, in seconds, with the loads that it takes; ok
// is false beyond what is ever planned.
func (a Alternative) duration(units int64) (s, loads int64, ok bool) {
	loads = units
	if a.Batch > 1 {
		loads = (units + a.Batch - 1) / a.Batch
	}
	if loads > 0 && a.RunMs > maxDurationMs/loads {
		return 0, loads, false
	}
	return max(1, seconds(loads*a.RunMs)), loads, true
}

// maxDurationMs of one operation: what the windows that are looked at can hold.
const maxDurationMs = 800 * 24 * 3600 * 1000

// operation adds a job that is done here.
func (c *chain) operation(j *Job, found []candidate, material *Cover) bool {
	units := j.left(c.order.Quantity)
	fam := c.familyOf(c.order, j)
	uses, ok := c.uses(j)
	if !ok {
		return false
	}
	op := schedule.Operation{Name: schedName(c.order, j), Interruptible: true, Uses: uses}
	for _, a := range found {
		takes, loads, ok := a.duration(units)
		open := c.m.Problem.Machines[a.machine].Open
		whole := a.Batch > 1 && loads <= 1 && j.State != jobRunning // a load is not interrupted
		if _, _, fits := fit(open, 0, takes, !whole); !ok || !fits {
			continue
		}
		if a.Batch > 1 {
			size := int64(full)
			if loads <= 1 {
				size = max(1, (units*full+a.Batch-1)/a.Batch)
			} else {
				c.note(Note{Product: c.order.Product, Job: j.No, What: "batch_loads"})
			}
			op.Size = max(op.Size, size)
			op.Interruptible = op.Interruptible && !whole
			c.m.Problem.Machines[a.machine].Capacity = full
		}
		op.Alternatives = append(op.Alternatives, schedule.Alternative{Machine: a.machine, Duration: takes})
		setup := seconds(a.SetupMs)
		if old, known := fam.setups[a.machine]; known && old != setup {
			c.note(Note{Product: c.order.Product, Job: j.No, What: "setup_differs"})
		}
		fam.setups[a.machine] = max(fam.setups[a.machine], setup)
	}
	if !op.Interruptible { // it is a load on one machine, and then on all
		op.Alternatives = slices.DeleteFunc(op.Alternatives, func(a schedule.Alternative) bool {
			return longest(c.m.Problem.Machines[a.Machine].Open) < a.Duration
		})
	}
	if len(op.Alternatives) == 0 {
		c.leave(c.order, j.No, WhyTooLong, "order %s, job %d: %d units take longer than its machines are open, a load in a furnace without a break; change the calendar, or split the order", c.order.Number, j.No, units)
		return false
	}
	if j.State != jobRunning {
		op.Alternatives = slices.DeleteFunc(op.Alternatives, func(a schedule.Alternative) bool { return !c.manned(&op, a) })
	}
	if len(op.Alternatives) == 0 {
		c.leave(c.order, j.No, WhyLimit, "order %s, job %d: the people for it (%s) are at no time there as long as it takes without a change of shift; change the limit, or split the order", c.order.Number, j.No, strings.Join(j.Skills, ", "))
		return false
	}
	ref := ModelOp{Order: c.at, Job: j.No, Name: j.Name, State: j.State, Quantity: units, Family: fam.name}
	if material != nil && material.At != 0 && j.State != jobRunning {
		op.Material, ref.Material = max(0, c.clock.after(material.At)), material
	}
	if c.follows != nil {
		c.follows(&op, &ref)
	} else {
		c.waits(&op, j)
	}
	c.tie(&op, &ref, fam, j)
	c.hold(&op, &ref)
	c.ops, c.refs = append(c.ops, op), append(c.refs, ref)
	return true
}

func schedName(o *Order, j *Job) string { return o.Number + "-" + strconv.Itoa(j.No) }

// waits sets what must and may pass since the one before.
func (c *chain) waits(op *schedule.Operation, j *Job) {
	if len(c.ops) == 0 {
		if c.before != nil { // at a supplier's, or of the part before
			c.release += seconds(c.waitMs)
		}
		return
	}
	least := c.waitMs
	if c.strict {
		most := max(c.before.MaxWaitMs/1000, seconds(least))
		op.MaxWait = &most
		op.MinWait = min(seconds(least+j.QueueMs), most)
		return
	}
	op.MinWait = seconds(least+j.QueueMs) - c.overlap(c.before, len(c.ops)-1, op)
}

// overlap is by how much a job may begin before the end of the one before it, when
// that hands its units on in lots. Let p and q be what the two take and s the
// share of a lot: then
//
//	x = min((1-s)·p, (1-s)·q)
//
// before that end the first lot is done, the last one is there when it is wanted,
// and so is each between them, since both make their units one after the other.
// The calendars of the two only leave more room: in a time x no machine works more
// than x. The least that any machine takes is on the safe side for all. A load of
// a furnace is handed on as a whole.
func (c *chain) overlap(before *Job, last int, op *schedule.Operation) int64 {
	lot, of := before.Overlap, c.refs[last].Quantity
	if lot <= 0 || lot >= of {
		return 0
	}
	if c.ops[last].Size > 0 || op.Size > 0 {
		c.note(Note{Product: c.order.Product, Job: before.No, What: "overlap"})
		return 0
	}
	x := int64(math.MaxInt64)
	for _, a := range slices.Concat(c.ops[last].Alternatives, op.Alternatives) {
		ahead := float64(a.Duration) * float64(of-lot) / float64(of)
		x = min(x, int64(ahead))
	}
	return x
}

// tie keeps a job at the machine where it was begun; one that runs stays as it
// is.
func (c *chain) tie(op *schedule.Operation, ref *ModelOp, fam *family, j *Job) {
	if !j.tied() {
		return
	}
	at := op.Alternatives[0]
	for _, a := range op.Alternatives {
		if j.State == jobRunning && c.busy[a.Machine] && !c.busy[at.Machine] {
			continue
		}
		if j.State == jobRunning && c.busy[at.Machine] && !c.busy[a.Machine] {
			at = a
		}
	}
	op.Alternatives = []schedule.Alternative{at}
	if j.State == jobLoaded && c.ready[at.Machine] == "" {
		c.ready[at.Machine] = fam.name
	}
	if j.State != jobRunning || c.busy[at.Machine] {
		return // two at one machine: the second goes on behind the first
	}
	c.busy[at.Machine], c.ready[at.Machine] = true, fam.name
	start, _, _ := fit(c.m.Problem.Machines[at.Machine].Open, 0, 1, true)
	op.Alternatives[0].Duration = max(at.Duration, c.runs)
	op.Locked = &schedule.Lock{Machine: at.Machine, Start: start}
	ref.Frozen = true
}

// hold puts an operation where the planner wants it, if that can still be.
func (c *chain) hold(op *schedule.Operation, ref *ModelOp) {
	p, ok := c.o.Locks[Ref{c.order.ID, ref.Job}]
	if !ok || op.Locked != nil {
		return
	}
	k, known := c.index[p.Equipment]
	if !known {
		return
	}
	for _, a := range op.Alternatives {
		if a.Machine != k {
			continue
		}
		start := c.clock.after(p.Start)
		if at, _, fits := fit(c.m.Problem.Machines[k].Open, max(0, start), a.Duration, op.Interruptible); start >= op.Material && fits && at == start {
			op.Locked = &schedule.Lock{Machine: k, Start: start}
		} else { // too late for the time, or its material is; the machine holds
			op.Alternatives = []schedule.Alternative{a}
			c.note(Note{Product: c.order.Product, Job: ref.Job, What: noteLate})
		}
		return
	}
}

// outside adds work of a supplier: time that passes.
func (c *chain) outside(j *Job) {
	lead := seconds(j.LeadMs)
	o := OutsideOp{ModelOp: ModelOp{Order: c.at, Job: j.No, Name: j.Name, State: j.State, Quantity: j.left(c.order.Quantity)}, Lead: lead}
	if len(c.ops) > 0 {
		o.Anchor = &[2]int{len(c.m.Problem.Jobs), len(c.ops) - 1}
		o.Offset = seconds(c.waitMs + j.QueueMs)
		c.waitMs += j.QueueMs + j.LeadMs
	} else {
		o.Offset = c.release
		if c.before != nil {
			o.Offset += seconds(c.waitMs)
		}
		if j.Began != 0 {
			o.Offset = c.clock.before(j.Began)
		}
		c.release, c.waitMs = max(0, o.Offset+lead), 0
	}
	c.strict = false
	c.m.Outside = append(c.m.Outside, o)
}

// part closes a part of the chain that runs beside what follows. What is late of
// it makes the order late; of an order in parts each that is late counts.
func (c *chain) part() {
	for i, op := range c.ops {
		if c.refs[i].Frozen {
			c.runs = max(c.runs, op.Alternatives[0].Duration)
		}
	}
	c.store(c.dated(c.trailing()))
	c.before, c.waitMs, c.strict = nil, 0, false
}

// end closes the chain; whole says whether its end is that of the order.
func (c *chain) end(whole bool) {
	if len(c.ops) == 0 {
		return
	}
	job := schedule.Job{Name: c.order.Number}
	if whole {
		job = c.dated(c.trailing())
	}
	c.store(job)
}

// dated is a job that is late when the order is, which suppliers have for so long
// at the end.
func (c *chain) dated(trailing int64) schedule.Job {
	due := -trailing // of what is asked for as early as can be
	if c.order.Due != 0 {
		due += c.clock.before(c.order.Due)
	}
	return schedule.Job{Name: c.order.Number, Due: &due, Weight: c.m.Orders[c.at].Weight}
}

// trailing is how long suppliers have the order after its last operation here.
func (c *chain) trailing() (s int64) {
	for _, o := range c.m.Outside {
		if o.Anchor != nil && o.Anchor[0] == len(c.m.Problem.Jobs) && o.Anchor[1] == len(c.ops)-1 {
			s = max(s, o.Offset+o.Lead)
		}
	}
	return s
}

func (c *chain) store(job schedule.Job) {
	job.Release, job.Operations = c.release, c.ops
	if c.refs[0].State == jobRunning { // it was begun before it might
		job.Release = 0
	}
	c.m.Problem.Jobs = append(c.m.Problem.Jobs, job)
	c.m.Ops = append(c.m.Ops, c.refs)
	c.ops, c.refs = nil, nil
}

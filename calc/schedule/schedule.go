// Package schedule puts operations on machines: job shops, flexible job shops,
// and the model of a real shop with calendars, setups and waits. Times are whole
// numbers of one unit that the caller chooses, counted from 0.
//
// It knows no clock, no I/O and no log: a search is told when to stop. It never
// judges a schedule, its own included: that is what schedule/check is for, which
// shares no code with the search.
//
// Start with [Problem] and [Makespan].
package schedule

// Problem is what is to be scheduled.
type Problem struct {
	Machines []Machine
	Jobs     []Job
	// Resources are what operations need beside a machine.
	Resources []Resource
	// Horizon is when everything must be done; 0 is no limit.
	Horizon int64
}

// Machine does one operation at a time, or one batch.
type Machine struct {
	Name string
	// Open are the times the machine works, in order and apart from each other.
	// None means always.
	Open []Window
	// Capacity above 1 makes it a furnace: operations of one family that start and
	// end together, as long as their sizes add up to no more.
	Capacity int64
	// Setup is the time from one family to another, by row and column; none means
	// that nothing is set up.
	Setup [][]int64
	// Ready is the family the machine is set up for at the beginning.
	Ready int
}

// Window is from a time up to, and without, another.
type Window struct{ From, To int64 }

// Job is an order on its way through the shop: its operations one after the
// other, or in branches that meet again.
type Job struct {
	Name string
	// Release is when the first operation may start, and the first of each branch.
	Release int64
	// Due is when all should have ended, before 0 for what is late already;
	// nil is no date.
	Due *int64
	// Weight is what a unit of time too late costs.
	Weight     int64
	Operations []Operation
}

// Operation is one step of a job.
type Operation struct {
	Name string
	// Alternatives are the machines that can do it. None is twice among them.
	Alternatives []Alternative
	// Family says what the machine is set up for.
	Family int
	// Size is what it takes of a batch machine's capacity; 0 counts as 1.
	Size int64
	// Interruptible: it may begin before a break and go on after it. Otherwise it
	// runs within one window.
	Interruptible bool
	// Uses is what it takes of resources; no resource is twice among them.
	Uses []Use
	// Material is when what it needs has arrived.
	Material int64
	// MinWait and MaxWait bound the time since the end of the operation before it;
	// nil is no upper bound. A negative MinWait lets them overlap: it may start so
	// much before that end, which is no more than either of the two takes, so that
	// it neither starts nor ends before it.
	MinWait int64
	MaxWait *int64
	// After are the operations that must have ended before it, with the least waits;
	// nil is the one before it in the job with MinWait. Without any, but not nil, it
	// may begin with the job.
	After []Forerunner
	// Locked says where it has to stay; nil leaves it free.
	Locked *Lock
}

// Alternative is a machine with the time that it takes there, setup apart.
type Alternative struct {
	Machine  int
	Duration int64
}

// Lock is a place that a person, or the past, has decided.
type Lock struct {
	Machine int
	Start   int64
}

// Schedule says where and when.
type Schedule struct {
	Operations []Placed `json:"operations"`
}

// Placed is one operation on its machine. Job and Op count from 0, as in the
// problem.
type Placed struct {
	Job     int   `json:"job"`
	Op      int   `json:"op"`
	Machine int   `json:"machine"`
	Start   int64 `json:"start"`
	End     int64 `json:"end"`
}

// Makespan is when the last operation ends.
func (s Schedule) Makespan() int64 {
	var end int64
	for _, o := range s.Operations {
		end = max(end, o.End)
	}
	return end
}

// Operations is how many there are in all jobs.
func (p *Problem) Operations() int {
	n := 0
	for _, j := range p.Jobs {
		n += len(j.Operations)
	}
	return n
}

package planning

import (
	"context"

	"zhigai/access"
	"zhigai/plant"
)

// State is what is known at an instant of the orders of a place, and of all
// machines that may make them.
type State struct {
	At       plant.Instant
	Machines []Machine // by path
	Orders   []Order   // that are not over, by due date
	// Others are open orders of other places, when something of Supply goes into them.
	Others []Order
	// Supply is what there is of items of which books are kept.
	Supply []Supply
	// Calendars are all of the plant, by code.
	Calendars map[string]plant.Calendar
	// Limits are how many there are of tools and of people with a skill.
	Limits []Limit
	// LongStop is a standstill that is more than people at the machine mend by the
	// way; shorter ones a plan bears. 10 minutes when 0.
	LongStop plant.Instant
}

// Machine is a machine as planning sees it.
type Machine struct {
	ID       plant.NodeID
	Path     string
	Name     plant.Name
	Above    []plant.NodeID // the lines and cells around it
	Calendar string         // code; "" when nothing says when it works
	Stands   *Standing      // nil: it does not stand, or nobody knows
}

// Order is an order with what is left of it.
type Order struct {
	ID       string
	Number   string
	Product  string
	Revision int
	Rev      int64
	Quantity int64
	Place    string
	Earliest plant.Instant
	Due      plant.Instant
	Priority int // 0 to 100
	Weight   int // 0 counts as 1
	State    OrderState
	Reason   string   // why it is held
	Jobs     []Job    // by number
	Reserved []Amount // what is still kept for it
	Assumed  bool     // there is no such order
}

// OrderState is what planning asks of an order's state.
type OrderState string

// States of an order.
const (
	OrderForecast OrderState = "forecast" // entered, not released
	OrderHeld     OrderState = "held"
	OrderOpen     OrderState = "open" // released, and not over
)

// Job is one operation of an order, as it is and how it is done.
type Job struct {
	Segment
	State     string // of ISA-95 job control, as production writes it
	Equipment plant.NodeID
	Began     plant.Instant
	Ended     plant.Instant
	Good      int64    // made so far
	Made      int64    // with scrap and rework
	Used      []Amount // that is booked as used for it
}

// States of a job that planning tells apart from the others, which are ahead of
// it.
const (
	jobLoaded    = "loaded"
	jobRunning   = "running"
	jobHeld      = "held"
	jobSuspended = "suspended"
)

func (j *Job) ended() bool {
	return j.State == "completed" || j.State == "closed" || j.State == "aborted"
}

// tied says whether it cannot go to another machine any more.
func (j *Job) tied() bool {
	return j.State == jobLoaded || j.State == jobRunning || j.State == jobHeld || j.State == jobSuspended
}

// Segment is how an operation is done.
type Segment struct {
	No           int
	Name         plant.Name
	After        []int // that must be done before it
	Alternatives []Alternative
	Family       string
	Overlap      int64
	MoveMs       int64 // to the next
	QueueMs      int64 // before it
	MinWaitMs    int64 // after it
	MaxWaitMs    int64 // after it; 0 is no limit
	ScrapPPM     int64
	LeadMs       int64 // of a supplier; 0: it is done here
	Tools        []string
	Skills       []string
	Operators    int      // people that one machine needs; 0 and 1 are one
	Materials    []Amount // for one unit
}

// Alternative is where a segment can be done.
type Alternative struct {
	Equipment plant.NodeID // a machine, or what is around some
	SetupMs   int64
	RunMs     int64 // of a unit, or of a batch
	Batch     int64 // units that run together; 0 and 1: one after the other
}

// Facts are what planning asks of the rooms that know orders and machines. Its
// methods may be called concurrently.
type Facts interface {
	// State is that of the orders whose place lies within the scope, and of the
	// machines that their routings may name, as of now.
	State(ctx context.Context, scope access.Scope) (State, error)
	// Routing is how a product is made by what is in force at an instant;
	// access.ErrNotFound without.
	Routing(ctx context.Context, tenant plant.TenantNo, product string, at plant.Instant) (revision int, segments []Segment, err error)
	// Decide tells orders where and when their jobs are to be done. What is decided
	// so already is left as it is.
	Decide(ctx context.Context, who access.Principal, decided []Decided) error
}

// Decided is where and when the jobs of an order are to be done.
type Decided struct {
	Order string
	Jobs  []DecidedJob
}

// DecidedJob is where and when one is.
type DecidedJob struct {
	No        int
	Equipment plant.NodeID
	From, To  plant.Instant
	Locked    bool
}

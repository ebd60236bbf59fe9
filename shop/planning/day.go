package planning

import (
	"zhigai/plant"
)

// Move is one operation to another place.
type Move struct {
	Order     string        `json:"order" minLength:"1" maxLength:"60"`
	Job       int           `json:"job" minimum:"1"`
	Equipment plant.NodeID  `json:"equipment" minLength:"1" maxLength:"60"`
	Start     plant.Instant `json:"start" doc:"When it is to begin, set up"`
}

// Feedback says what moving an operation would do.
type Feedback struct {
	Move
	End        plant.Instant `json:"end" doc:"When it would end there, breaks included; zero when the machine cannot do it"`
	SetupMs    int64         `json:"setup_ms" doc:"That the machine needs before it there"`
	Violations []Violation   `json:"violations" nullable:"false" doc:"None: it fits as it is"`
	Pushes     []Ref         `json:"pushes" nullable:"false" doc:"Operations that would have to give way"`
	Earliest   plant.Instant `json:"earliest,omitempty" doc:"When it could begin on that machine at the earliest, the others where they are"`
}

// Change is one thing that is otherwise than when a plan was made.
type Change struct {
	What      string       `json:"what" enum:"order_new,order_gone,order_changed,job_elsewhere,job_ended,calendar,machine_gone,definition,material,limit"`
	Order     string       `json:"order,omitempty"`
	Number    string       `json:"number,omitempty"`
	Job       int          `json:"job,omitempty"`
	Equipment plant.NodeID `json:"equipment,omitempty"`
	Text      string       `json:"text"`
}

// Late is an order that ends after its due date, with what makes it late.
type Late struct {
	OrderPlan
	Chain []Link `json:"chain" nullable:"false" doc:"From the order's last operation back to the beginning: each began when the one behind it let it"`
}

// Link is an operation in the chain that makes an order late.
type Link struct {
	Order     string        `json:"order" doc:"Another order's where it held the machine"`
	Number    string        `json:"number"`
	Job       int           `json:"job"`
	Name      plant.Name    `json:"name"`
	Equipment plant.NodeID  `json:"equipment,omitempty"`
	Start     plant.Instant `json:"start"`
	End       plant.Instant `json:"end"`
	Because   string        `json:"because" enum:"job,machine,setup,calendar,release,material,tool,people,locked,frozen,outside,begin" doc:"What it waited for last: the operation before it in its order (job), in the machine (machine; setup when that counts too), the machine to open (calendar), the order's earliest date (release), what it takes to arrive (material), a fixture or a gauge (tool), people with a skill (people), a lock, a supplier (outside); frozen: it runs already; begin: nothing, it starts at once"`
	WaitMs    int64         `json:"wait_ms" doc:"Between the end of what it waited for and its beginning: transport, cooling, setup, closed"`
	SetupMs   int64         `json:"setup_ms,omitempty"`
	ClosedMs  int64         `json:"closed_ms,omitempty" doc:"Of its way from start to end that the machine is closed"`
	Limit     string        `json:"limit,omitempty" doc:"Of tool and people: the tool or the skill that there is too little of"`
	Material  *Cover        `json:"material,omitempty" doc:"Of material: what it waited for, and which arrival brings it"`
}

// Suggestion is a reason to plan anew.
type Suggestion struct {
	What      string        `json:"what" enum:"stop,rush,order,material,late,behind,ahead" doc:"stop: a machine with planned work stands. rush: an order that the plan does not have. order: one that changed, was held or cancelled. material: what a job takes is not there when it is to begin. behind, ahead: counts differ from the plan. late: an order becomes late that was not"`
	Order     string        `json:"order,omitempty"`
	Number    string        `json:"number,omitempty"`
	Job       int           `json:"job,omitempty"`
	Equipment plant.NodeID  `json:"equipment,omitempty"`
	Path      string        `json:"path,omitempty" doc:"Of the machine"`
	Since     plant.Instant `json:"since,omitempty"`
	ByMs      int64         `json:"by_ms,omitempty" doc:"How much later, or earlier"`
	Affected  int           `json:"affected,omitempty" doc:"Operations that were to run there within a day"`
	Text      string        `json:"text"`
}

// Comparison lays plans side by side.
type Comparison struct {
	InUse string     `json:"in_use,omitempty" doc:"Id of the plan in use of the place"`
	Plans []Compared `json:"plans" nullable:"false"`
	Late  []LateRow  `json:"late" nullable:"false" doc:"Every order that is late in one of them"`
}

// Compared is one of the plans laid side by side.
type Compared struct {
	Head
	Against Changes `json:"against" doc:"Counted against the plan in use"`
}

// LateRow is an order over the plans, in their order.
type LateRow struct {
	Order  string          `json:"order"`
	Number string          `json:"number"`
	Due    plant.Instant   `json:"due"`
	Ends   []plant.Instant `json:"ends" nullable:"false" doc:"In each plan; zero where it is not planned"`
}

// PromiseRequest asks when a quantity could be there.
type PromiseRequest struct {
	Product  string        `json:"product" minLength:"1" maxLength:"63"`
	Quantity int64         `json:"quantity" minimum:"1" maximum:"1000000000"`
	Place    string        `json:"place" minLength:"1" maxLength:"400"`
	Earliest plant.Instant `json:"earliest,omitempty"`
	Due      plant.Instant `json:"due,omitempty" doc:"Wanted; the answer says whether it can be kept"`
}

// Promise is when a quantity could be there.
type Promise struct {
	PromiseRequest
	Plan   string     `json:"plan" doc:"Id of the plan in use"`
	Gentle PromiseWay `json:"gentle" doc:"Nothing that is issued moves"`
	Moving PromiseWay `json:"moving" doc:"Other operations give way"`
}

// PromiseWay is one way to make it.
type PromiseWay struct {
	Start plant.Instant  `json:"start"`
	End   plant.Instant  `json:"end"`
	Kept  bool           `json:"kept" doc:"The wanted date is"`
	Jobs  []Assignment   `json:"jobs" nullable:"false"`
	Moved int            `json:"moved" doc:"Operations of others at another place or time"`
	Later []PromiseLater `json:"later" nullable:"false" doc:"Orders that would be late for it, or later"`
}

// PromiseLater is an order that gives way.
type PromiseLater struct {
	Order  string        `json:"order"`
	Number string        `json:"number"`
	Due    plant.Instant `json:"due"`
	Was    plant.Instant `json:"was"`
	Then   plant.Instant `json:"then"`
}

// MachineList is what a machine is to do next.
type MachineList struct {
	Equipment plant.NodeID   `json:"equipment"`
	Path      string         `json:"path"`
	Name      plant.Name     `json:"name"`
	Plan      string         `json:"plan" doc:"Id of the plan in use"`
	Stands    *Standing      `json:"stands,omitempty" doc:"It stands now"`
	Next      []DispatchItem `json:"next" nullable:"false" doc:"What runs, then what comes, in order"`
}

// Standing is a machine that stands.
type Standing struct {
	Since  plant.Instant `json:"since"`
	Reason string        `json:"reason,omitempty"`
	Fault  bool          `json:"fault,omitempty" doc:"It cannot work; otherwise it may be waiting for work"`
}

// DispatchItem is a job order in a machine's list.
type DispatchItem struct {
	Order    string        `json:"order"`
	Number   string        `json:"number"`
	Product  string        `json:"product"`
	Job      int           `json:"job"`
	Name     plant.Name    `json:"name"`
	State    string        `json:"state" enum:"not_allowed,waiting,ready,loaded,running,held,suspended"`
	Quantity int64         `json:"quantity" doc:"Good units ordered"`
	Good     int64         `json:"good" doc:"Made so far"`
	SetupMs  int64         `json:"setup_ms,omitempty"`
	Planned  Span          `json:"planned" doc:"By the plan in use"`
	Expected Span          `json:"expected" doc:"As it looks now, with the same sequence"`
	Due      plant.Instant `json:"due" doc:"Of the order"`
	Locked   bool          `json:"locked,omitempty"`
	Waits    []int         `json:"waits" nullable:"false" doc:"Jobs of its order that must be done before"`
}

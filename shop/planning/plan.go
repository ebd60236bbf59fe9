package planning

import (
	"zhigai/plant"
)

// Kind says why a plan was made.
type Kind string

// Kinds of plans.
const (
	KindDraft  Kind = "draft"   // from the facts alone
	KindWhatIf Kind = "what_if" // with assumptions that are not so; never issued
	KindReplan Kind = "replan"  // with as few changes against the plan in use as can be
	KindEdit   Kind = "edit"    // a plan with what the planner moved or locked
)

// PlanState says what has become of a plan.
type PlanState string

// States of a plan.
const (
	StateDraft   PlanState = "draft"
	StateInUse   PlanState = "in_use"
	StatePast    PlanState = "past"    // another one was issued after it
	StateDropped PlanState = "dropped" // nobody wants it
)

// Request is what a plan is asked for with.
type Request struct {
	Kind        Kind        `json:"kind" enum:"draft,what_if,replan"`
	Place       string      `json:"place" minLength:"1" maxLength:"400" doc:"Path of the site, area or line whose orders are planned"`
	Name        string      `json:"name,omitempty" maxLength:"200" doc:"As people call the plan"`
	Base        string      `json:"base,omitempty" maxLength:"60" doc:"Plan whose locks hold and against which changes count; the one in use when left out"`
	HorizonDays int         `json:"horizon_days,omitempty" minimum:"0" maximum:"366" doc:"How far the plan looks ahead; 30 when left out"`
	SearchMs    int64       `json:"search_ms,omitempty" minimum:"0" maximum:"600000" doc:"How long it is searched; 20000 when left out. Stopping earlier keeps the best there is"`
	Seed        uint64      `json:"seed,omitempty" doc:"Another seed searches another way; 1 when left out"`
	Weights     *Weights    `json:"weights,omitempty" doc:"What counts how much; the usual when left out"`
	Assume      Assumptions `json:"assume,omitzero" doc:"Of a what_if and a replan: what is taken for so"`
}

// Weights are what a schedule costs. A second that a usual order (priority 50,
// weight 1) is late counts 10 × tardiness.
type Weights struct {
	Tardiness int64 `json:"tardiness" minimum:"0" maximum:"1000" doc:"Of a second late, times the order's weight (see order weight)"`
	Makespan  int64 `json:"makespan" minimum:"0" maximum:"1000" doc:"Of a second until all is done"`
	Setup     int64 `json:"setup" minimum:"0" maximum:"1000" doc:"Of a second of setting up"`
	Change    int64 `json:"change" minimum:"0" maximum:"10000000" doc:"Of an operation at another time than in the plan in use; twice of one on another machine"`
}

// Assumptions are taken for so although the facts do not say it.
type Assumptions struct {
	Down      []Down     `json:"down,omitempty" maxItems:"100" doc:"Machines that do not work for a time"`
	Extra     []Extra    `json:"extra,omitempty" maxItems:"100" doc:"Orders that there are not"`
	Calendars []Calendar `json:"calendars,omitempty" maxItems:"100" doc:"Machines that work by another calendar"`
}

// Down is time in which a machine does not work.
type Down struct {
	Equipment plant.NodeID  `json:"equipment" minLength:"1" maxLength:"60"`
	From      plant.Instant `json:"from,omitempty" doc:"Now when left out"`
	To        plant.Instant `json:"to"`
	Reason    string        `json:"reason,omitempty" maxLength:"200"`
}

// Extra is an order that there is not.
type Extra struct {
	Number   string        `json:"number" minLength:"1" maxLength:"40" doc:"As it is called in the plan"`
	Product  string        `json:"product" minLength:"1" maxLength:"63"`
	Quantity int64         `json:"quantity" minimum:"1" maximum:"1000000000"`
	Earliest plant.Instant `json:"earliest,omitempty"`
	Due      plant.Instant `json:"due"`
	Priority int           `json:"priority,omitempty" minimum:"0" maximum:"100" doc:"50 when left out"`
	Weight   int           `json:"weight,omitempty" minimum:"0" maximum:"100"`
}

// Calendar gives a machine another calendar.
type Calendar struct {
	Equipment plant.NodeID `json:"equipment" minLength:"1" maxLength:"60"`
	Calendar  string       `json:"calendar" minLength:"1" maxLength:"63" doc:"Code of a calendar of the plant"`
}

// RunState says how far a search is.
type RunState string

// States of a run.
const (
	RunSearching RunState = "searching"
	RunDone      RunState = "done"
	RunStopped   RunState = "stopped" // ended earlier by a person; the best so far is the plan
	RunFailed    RunState = "failed"
)

// Run is a search, with how far it is.
type Run struct {
	ID         string        `json:"id"`
	Request    Request       `json:"request"`
	By         string        `json:"by"`
	State      RunState      `json:"state" enum:"searching,done,stopped,failed"`
	Started    plant.Instant `json:"started"`
	Ends       plant.Instant `json:"ends" doc:"At the latest"`
	Ended      plant.Instant `json:"ended,omitempty"`
	Orders     int           `json:"orders" doc:"That are planned"`
	Operations int           `json:"operations"`
	Unplanned  int           `json:"unplanned"`
	Found      int64         `json:"found" doc:"How often something better was found"`
	Best       *Best         `json:"best,omitempty" doc:"Of what was found so far"`
	Plan       string        `json:"plan,omitempty" doc:"Id of the plan, once it is there"`
	Error      string        `json:"error,omitempty"`
}

// Best is the cost of the best schedule that a search has met.
type Best struct {
	Objective           int64         `json:"objective" doc:"All parts with their weights"`
	WeightedTardinessMs int64         `json:"weighted_tardiness_ms"`
	SetupMs             int64         `json:"setup_ms"`
	Makespan            plant.Instant `json:"makespan" doc:"When the last operation ends"`
	Changes             int64         `json:"changes"`
	Feasible            bool          `json:"feasible" doc:"It can be carried out"`
	At                  plant.Instant `json:"at" doc:"When it was found"`
}

// Head is what a list shows of a plan.
type Head struct {
	ID       string        `json:"id"`
	Number   int64         `json:"number" doc:"Counts the plans of the place"`
	Place    string        `json:"place"`
	Name     string        `json:"name,omitempty"`
	Kind     Kind          `json:"kind" enum:"draft,what_if,replan,edit"`
	State    PlanState     `json:"state" enum:"draft,in_use,past,dropped"`
	By       string        `json:"by"`
	Made     plant.Instant `json:"made" doc:"When it was stored"`
	From     plant.Instant `json:"from" doc:"The facts as they were then; nothing is planned before"`
	Until    plant.Instant `json:"until" doc:"How far it was to look ahead"`
	Base     string        `json:"base,omitempty" doc:"Id of the plan against which changes count"`
	Edited   string        `json:"edited,omitempty" doc:"Id of the plan that the planner changed into this one"`
	Issued   plant.Instant `json:"issued,omitempty"`
	IssuedBy string        `json:"issued_by,omitempty"`
	Note     string        `json:"note,omitempty" doc:"Said when it was issued or dropped"`
	Problem  string        `json:"problem" doc:"SHA-256 of what was to be planned, hex"`
	SHA256   string        `json:"sha256" doc:"Of the plan as it is kept, hex"`
	Seed     uint64        `json:"seed,omitempty"`
	SearchMs int64         `json:"search_ms" doc:"How long was searched"`
	Steps    int64         `json:"steps" doc:"Changes that were tried"`
	Stopped  bool          `json:"stopped,omitempty" doc:"A person ended the search"`
	Weights  Weights       `json:"weights"`
	Assume   Assumptions   `json:"assume,omitzero"`
	Figures  Figures       `json:"figures"`
}

// Figures say how good a plan is. They are computed from its assignments, not
// taken from the search.
type Figures struct {
	Orders              int           `json:"orders" doc:"That were to be planned"`
	Planned             int           `json:"planned" doc:"Orders all of which is planned"`
	Unplanned           int           `json:"unplanned" doc:"Entries of the list of what cannot be planned"`
	Operations          int           `json:"operations"`
	Late                int           `json:"late" doc:"Orders that end after their due date"`
	TardinessMs         int64         `json:"tardiness_ms" doc:"Sum over late orders"`
	WeightedTardinessMs int64         `json:"weighted_tardiness_ms" doc:"Each times the order's weight"`
	SetupMs             int64         `json:"setup_ms"`
	RunMs               int64         `json:"run_ms"`
	Makespan            plant.Instant `json:"makespan,omitempty" doc:"When the last operation ends"`
	Violations          int           `json:"violations" doc:"What the independent checker found; a plan with any is not issued"`
	Changes             Changes       `json:"changes" doc:"Against the base"`
	Rules               []RuleCost    `json:"rules" nullable:"false" doc:"What simple dispatching rules would have come to"`
}

// Changes counts operations that are otherwise than in another plan.
type Changes struct {
	Of      int   `json:"of" doc:"Operations that both have"`
	Machine int   `json:"machine" doc:"On another machine"`
	Later   int   `json:"later" doc:"On the same machine, beginning later"`
	Earlier int   `json:"earlier"`
	ShiftMs int64 `json:"shift_ms" doc:"Sum of how much beginnings moved"`
	Added   int   `json:"added" doc:"Operations that only this one has"`
	Gone    int   `json:"gone" doc:"Operations that only the other one has"`
}

// RuleCost is what dispatching by a rule would have come to.
type RuleCost struct {
	Rule                string `json:"rule" enum:"atc,edd,spt"`
	WeightedTardinessMs int64  `json:"weighted_tardiness_ms"`
	SetupMs             int64  `json:"setup_ms"`
}

// Plan is a plan with all that belongs to it.
type Plan struct {
	Head
	Machines    []MachinePlan `json:"machines" nullable:"false" doc:"In order of path"`
	Orders      []OrderPlan   `json:"orders" nullable:"false" doc:"By due date"`
	Assignments []Assignment  `json:"assignments" nullable:"false" doc:"By machine and beginning"`
	Unplanned   []Unplanned   `json:"unplanned" nullable:"false"`
	Violations  []Violation   `json:"violations" nullable:"false"`
	Notes       []Note        `json:"notes" nullable:"false" doc:"Where the plan is on the safe side of the routing"`
}

// MachinePlan is a machine in a plan.
type MachinePlan struct {
	Equipment plant.NodeID `json:"equipment"`
	Path      string       `json:"path"`
	Name      plant.Name   `json:"name"`
	Open      []Span       `json:"open" nullable:"false" doc:"When it works, up to the end of the plan"`
	Batch     bool         `json:"batch,omitempty" doc:"Operations of one family may run in it together"`
	OpenMs    int64        `json:"open_ms" doc:"From the plan's beginning to the end of its last operation on any machine"`
	RunMs     int64        `json:"run_ms" doc:"Of it with an operation"`
	SetupMs   int64        `json:"setup_ms" doc:"Of it set up"`
}

// Span is a stretch of time.
type Span struct {
	From plant.Instant `json:"from"`
	To   plant.Instant `json:"to"`
}

// OrderPlan is an order in a plan.
type OrderPlan struct {
	ID       string        `json:"id" doc:"Of an assumed order its number"`
	Number   string        `json:"number"`
	Product  string        `json:"product"`
	Quantity int64         `json:"quantity"`
	Place    string        `json:"place"`
	Due      plant.Instant `json:"due"`
	Priority int           `json:"priority"`
	Weight   int64         `json:"weight" doc:"What a second late counts: weight × 10^(priority/50)"`
	Start    plant.Instant `json:"start,omitempty"`
	End      plant.Instant `json:"end,omitempty"`
	LateMs   int64         `json:"late_ms,omitempty" doc:"End after due"`
	Assumed  bool          `json:"assumed,omitempty" doc:"There is no such order"`
}

// Assignment is one job order on its machine.
type Assignment struct {
	Order        string         `json:"order" doc:"Id"`
	Job          int            `json:"job" doc:"Number of the segment"`
	Name         plant.Name     `json:"name"`
	Equipment    plant.NodeID   `json:"equipment,omitempty" doc:"None of work outside"`
	Start        plant.Instant  `json:"start" doc:"Set up and ready; setting up lies before it"`
	End          plant.Instant  `json:"end"`
	SetupMs      int64          `json:"setup_ms,omitempty" doc:"Open time before start that setting up takes"`
	Quantity     int64          `json:"quantity" doc:"Units still to be made"`
	State        string         `json:"state" doc:"Of the job order when the plan was made"`
	Frozen       bool           `json:"frozen,omitempty" doc:"Runs already: it stays where it is"`
	Locked       bool           `json:"locked,omitempty" doc:"The planner put it there"`
	Outside      bool           `json:"outside,omitempty" doc:"Done by a supplier"`
	Family       string         `json:"family,omitempty" doc:"Operations of one family follow one another without setting up"`
	Alternatives []plant.NodeID `json:"alternatives,omitempty" doc:"Machines that could do it, itself included"`
	Material     *Cover         `json:"material,omitempty" doc:"What it waits for, when what it takes is not all there yet"`
}

// Unplanned is what a plan leaves out, with the reason.
type Unplanned struct {
	Order  string `json:"order" doc:"Id"`
	Number string `json:"number"`
	Job    int    `json:"job,omitempty" doc:"None when it concerns the order"`
	Why    Why    `json:"why" enum:"held,not_released,no_routing,no_machine,no_calendar,closed,too_long,no_material,limit,not_in_base"`
	Text   string `json:"text" doc:"In words, with how to mend it"`
}

// Why something is not planned.
type Why string

// Reasons for which something is not planned.
const (
	WhyHeld        Why = "held"         // the order is
	WhyNotReleased Why = "not_released" // the order is not released; said, and no fault
	WhyNoRouting   Why = "no_routing"   // no definition, or none of its segments
	WhyNoMachine   Why = "no_machine"   // none of those the routing names is there
	WhyNoCalendar  Why = "no_calendar"  // nothing says when the machines work
	WhyClosed      Why = "closed"       // the machines do not work within the time looked at
	WhyTooLong     Why = "too_long"     // longer without a break than the machines ever work
	WhyNoMaterial  Why = "no_material"  // what it takes is neither there nor expected
	WhyLimit       Why = "limit"        // a tool or people that there never are so many of
	WhyNotInBase   Why = "not_in_base"  // a plan was changed by hand that did not have it
)

// Note says where a plan does not use all that a routing allows.
type Note struct {
	Product string `json:"product"`
	Job     int    `json:"job,omitempty"`
	What    string `json:"what" enum:"overlap,parallel,setup_differs,batch_loads,limit_exceeded,lock_late" doc:"lock_late: it was locked to a time that cannot be kept any more; only its machine is. limit_exceeded: operations that run take more of the tool or skill that product names than there are. overlap: the next waits for all units, although lots are handed on. parallel: branches are planned one after the other. setup_differs: the longest setup of the family counts. batch_loads: several loads count as one run"`
}

// noteLate: a lock whose time has passed.
const noteLate = "lock_late"

// Violation is one thing in a plan that cannot be.
type Violation struct {
	Kind  string `json:"kind" enum:"unknown,twice,missing,machine,duration,calendar,order,late,release,material,overlap,batch,capacity,resource,setup,horizon,locked,beginning"`
	Order string `json:"order,omitempty"`
	Job   int    `json:"job,omitempty"`
	Other *Ref   `json:"other,omitempty" doc:"The operation that it runs into"`
	Text  string `json:"text"`
}

// Ref names a job order.
type Ref struct {
	Order string `json:"order"`
	Job   int    `json:"job"`
}

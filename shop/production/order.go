package production

import (
	"slices"
	"strings"

	"zhigai/plant"
)

// OrderKind says why something is made.
type OrderKind string

// Kinds of an order.
const (
	Make   OrderKind = "make"
	Rework OrderKind = "rework"
	Trial  OrderKind = "trial"
)

// OrderState of an order; the words are those of RequestState in B2MML V7.
type OrderState string

// States of an order. Beyond the first four they follow from its jobs.
const (
	OrderForecast  OrderState = "forecast" // entered, not released
	OrderReleased  OrderState = "released" // its jobs are there
	OrderHeld      OrderState = "held"
	OrderCancelled OrderState = "cancelled"
	OrderRunning   OrderState = "running"
	OrderPaused    OrderState = "paused" // begun, and nothing of it runs
	OrderCompleted OrderState = "completed"
	OrderAborted   OrderState = "aborted" // all that had begun was aborted
	OrderClosed    OrderState = "closed"
)

// Terms are what an order says: what is to be made, how much, by when.
type Terms struct {
	Number    string        `json:"number" minLength:"1" maxLength:"40" pattern:"^[A-Za-z0-9][A-Za-z0-9._/-]*$" doc:"Of the order, as people and other systems call it"`
	Kind      OrderKind     `json:"kind" enum:"make,rework,trial"`
	Product   string        `json:"product" minLength:"1" maxLength:"63"`
	Revision  int           `json:"revision,omitempty" minimum:"0" doc:"Of the definition; the one valid at the release when left out"`
	Quantity  int64         `json:"quantity" minimum:"1" maximum:"1000000000" doc:"Good units"`
	Place     string        `json:"place" minLength:"1" maxLength:"400" doc:"Path of the site, area or line that makes it"`
	Earliest  plant.Instant `json:"earliest,omitempty" doc:"Not to begin before"`
	Due       plant.Instant `json:"due" doc:"To be finished by"`
	Priority  int           `json:"priority" minimum:"0" maximum:"100" doc:"Higher goes first; 50 is usual"`
	Weight    int           `json:"weight,omitempty" minimum:"0" maximum:"100" doc:"What an hour of delay costs beside others; 1 when left out"`
	Customer  string        `json:"customer,omitempty" maxLength:"200"`
	Reference string        `json:"reference,omitempty" maxLength:"100" doc:"Number at the customer's or in the ERP"`
	Note      string        `json:"note,omitempty" maxLength:"1000"`
}

// Check says what is wrong with the terms by themselves.
func (t *Terms) Check() error {
	t.Number, t.Product, t.Place = strings.TrimSpace(t.Number), strings.TrimSpace(t.Product), strings.Trim(t.Place, "/ ")
	switch {
	case t.Number == "" || len(t.Number) > 40:
		return invalid("an order has a number of 1 to 40 characters")
	case t.Kind != Make && t.Kind != Rework && t.Kind != Trial:
		return invalid("order %s: kind %q; write make, rework or trial", t.Number, t.Kind)
	case t.Product == "":
		return invalid("order %s: the product is missing", t.Number)
	case t.Quantity < 1 || t.Quantity > maxMade:
		return invalid("order %s: a quantity of %d; 1 to %d is allowed", t.Number, t.Quantity, int64(maxMade))
	case t.Due == 0:
		return invalid("order %s: the due date is missing", t.Number)
	case t.Earliest != 0 && t.Earliest >= t.Due:
		return invalid("order %s: it is due before it may begin", t.Number)
	case t.Priority < 0 || t.Priority > 100 || t.Weight < 0 || t.Weight > 100:
		return invalid("order %s: priority and weight lie between 0 and 100", t.Number)
	case len(t.Customer) > maxName || len(t.Reference) > maxName || len(t.Note) > maxNote:
		return invalid("order %s: a text is too long: 200 bytes for customer and reference, %d for the note", t.Number, maxNote)
	}
	if err := plant.CheckPath(t.Place); err != nil {
		return invalid("order %s: %v", t.Number, err)
	}
	return nil
}

// Order is a production order as its steps have made it.
type Order struct {
	ID string `json:"id"`
	Terms
	Rev     int64         `json:"rev"`
	State   OrderState    `json:"state" enum:"forecast,released,held,cancelled,running,paused,completed,aborted,closed"`
	Reason  string        `json:"reason,omitempty" doc:"Why it is held or cancelled"`
	Jobs    []Job         `json:"jobs" nullable:"false"`
	Parent  string        `json:"parent,omitempty" doc:"Id of the order that this one was split from"`
	Parts   []Part        `json:"parts" nullable:"false" doc:"Orders split from it or taken into it"`
	Doubts  []Doubt       `json:"doubts" nullable:"false" doc:"Entries that do not fit what else is known; each counts for nothing until it is mended"`
	Created plant.Instant `json:"created"`
	Changed plant.Instant `json:"changed"`
	Began   plant.Instant `json:"began,omitempty"`
	Ended   plant.Instant `json:"ended,omitempty"`

	held, cancelled, closed bool
}

// Part is an order that was split off, or taken in.
type Part struct {
	ID       string `json:"id"`
	Quantity int64  `json:"quantity" doc:"Negative when it was split off"`
}

// Doubt is a step that cannot be followed.
type Doubt struct {
	Step int64         `json:"step" doc:"Its number in the history"`
	At   plant.Instant `json:"at"`
	By   string        `json:"by"`
	What string        `json:"what"`
	Why  string        `json:"why"`
}

// Job finds one by the number of its segment.
func (o *Order) Job(no int) (*Job, bool) {
	if i := slices.IndexFunc(o.Jobs, func(j Job) bool { return j.No == no }); i >= 0 {
		return &o.Jobs[i], true
	}
	return nil, false
}

// derive makes the state of an order of its jobs.
func (o *Order) derive() {
	o.State = OrderForecast
	if len(o.Jobs) > 0 {
		o.State = o.ofJobs()
	}
	ended := o.State == OrderCompleted || o.State == OrderAborted
	switch {
	case o.cancelled:
		o.State = OrderCancelled
	case o.closed:
		o.State = OrderClosed
	case o.held && !ended:
		o.State = OrderHeld
	}
	o.Began, o.Ended = 0, 0
	for _, j := range o.Jobs {
		if j.Began != 0 && (o.Began == 0 || j.Began < o.Began) {
			o.Began = j.Began
		}
		if ended || o.closed {
			o.Ended = max(o.Ended, j.Ended)
		}
	}
}

func (o *Order) ofJobs() OrderState {
	var running, begun, ended, aborted int
	for _, j := range o.Jobs {
		switch {
		case j.State == Running:
			running++
		case j.State == Aborted:
			aborted++
		case j.State.Ended():
			ended++
		case j.State.Begun():
			begun++
		}
	}
	switch {
	case running > 0:
		return OrderRunning
	case aborted+ended == len(o.Jobs) && ended == 0:
		return OrderAborted
	case aborted+ended == len(o.Jobs):
		return OrderCompleted
	case begun+ended+aborted > 0:
		return OrderPaused
	default:
		return OrderReleased
	}
}

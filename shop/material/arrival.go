package material

import (
	"cmp"
	"strconv"
	"strings"

	"zhigai/plant"
)

// Arrival is material that is expected: what a supplier has promised, as somebody
// here, or the ERP, knows it (a scheduled receipt of planning). What came of it is
// booked as entries of kind received that name it.
type Arrival struct {
	ID        string         `json:"id"`
	Item      string         `json:"item"`
	Unit      string         `json:"unit" doc:"Of the item"`
	Quantity  plant.Quantity `json:"quantity" doc:"Expected in all"`
	Received  plant.Quantity `json:"received" doc:"Booked against it"`
	To        string         `json:"to" doc:"Location"`
	Path      string         `json:"path" doc:"Of the location's place in the plant"`
	Due       plant.Instant  `json:"due" doc:"When it is expected"`
	Party     string         `json:"party,omitempty" doc:"Supplier"`
	Reference string         `json:"reference,omitempty" doc:"Number of the purchase order"`
	Cancelled bool           `json:"cancelled,omitempty" doc:"What has not come will not come"`
	Steps     []ArrivalStep  `json:"steps" nullable:"false"`
}

// ArrivalWhat says what somebody said of an arrival.
type ArrivalWhat string

// What is said of arrivals.
const (
	ArrivalExpected  ArrivalWhat = "expected"
	ArrivalMoved     ArrivalWhat = "moved" // another time, or another quantity
	ArrivalCancelled ArrivalWhat = "cancelled"
)

// ArrivalStep is one fact about an arrival. The last word counts.
type ArrivalStep struct {
	What     ArrivalWhat    `json:"what" enum:"expected,moved,cancelled"`
	At       plant.Instant  `json:"at"`
	By       string         `json:"by"`
	Due      plant.Instant  `json:"due,omitempty" doc:"Of expected and moved"`
	Quantity plant.Quantity `json:"quantity,omitempty" doc:"Of expected and moved: in all"`
	Note     string         `json:"note,omitempty"`
}

// Step follows a step, or says why it cannot be made.
func (a *Arrival) Step(s ArrivalStep) error {
	switch {
	case (s.What == ArrivalExpected) != (len(a.Steps) == 0):
		return invalid("what is said first of an arrival is that it is expected, and once")
	case a.Cancelled:
		return invalid("the arrival of %s is cancelled; enter another one", a.Item)
	case s.What == ArrivalCancelled:
		a.Cancelled = true
	case s.What != ArrivalExpected && s.What != ArrivalMoved:
		return invalid("there is nothing like %q to say of an arrival; write moved or cancelled", s.What)
	case s.Due <= 0 || s.Quantity <= 0:
		return invalid("say when it is expected, and how much in all, more than nothing")
	default:
		a.Due, a.Quantity = s.Due, s.Quantity
	}
	a.Steps = append(a.Steps, s)
	return nil
}

// Left is what is still to come.
func (a Arrival) Left() plant.Quantity {
	if a.Cancelled {
		return 0
	}
	return max(0, a.Quantity-a.Received)
}

// Overdue says whether some of it should have come.
func (a Arrival) Overdue(now plant.Instant) bool { return a.Left() > 0 && a.Due < now }

// Source is where the facts of an arrival come from.
func (a Arrival) Source() string { return "material-arrival:" + a.ID }

// After is the place of the row in a list, for the page behind it.
func (a Arrival) After() string { return strconv.FormatInt(int64(a.Due), 10) + "." + a.ID }

// before is the order of lists: what comes first stands first.
func (a Arrival) before(b Arrival) int {
	return cmp.Or(cmp.Compare(a.Due, b.Due), strings.Compare(a.ID, b.ID))
}

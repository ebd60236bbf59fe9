// Package cost is the cost of quality by the model of prevention, appraisal and failure
// (PAF: BS 6143-2; GB/T 13339 质量成本管理导则; editions unverified): what scrap,
// rework, inspection and calibration cost by rates that somebody entered with their
// source, and what people entered as cost of claims, sorting, training.
//
// It is a fold over facts and dated rates ([Fold]). What has no rate is listed as not
// counted and is never nothing. It knows no wages and no ledger, and books nothing.
//
// Start with [Rate], [Entry], [Fold] and [Desk.Report].
package cost

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"zhigai/fact/document"
	"zhigai/plant"
)

// ErrInvalid is what cannot be done, in words for the asker.
var ErrInvalid = errors.New("cost: not valid")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// Category of cost.
type Category string

// Categories, in the order in which they are told.
const (
	Prevention Category = "prevention"
	Appraisal  Category = "appraisal"
	Internal   Category = "internal" // failure found before delivery
	External   Category = "external" // failure found by the customer
)

// Categories are all of them.
var Categories = []Category{Prevention, Appraisal, Internal, External}

// What costs.
type What string

// What is computed of facts by a rate; anything else is entered.
const (
	Scrap       What = "scrap"       // units, fen each: what was put into one up to that operation
	Rework      What = "rework"      // hours of rework orders, fen an hour
	Inspection  What = "inspection"  // inspections by people, minutes each, fen an hour
	Calibration What = "calibration" // calibrations, fen each
)

var categoryOf = map[What]Category{Scrap: Internal, Rework: Internal, Inspection: Appraisal, Calibration: Appraisal}

// entered says what may be entered, and in which category it is.
var entered = map[What][]Category{
	"training": {Prevention}, "planning": {Prevention}, "audit": {Prevention, Appraisal}, "test": {Appraisal}, "sorting": {Internal, External},
	"downgrade": {Internal}, "claim": {External}, "return": {External}, "field": {External}, "other": Categories,
}

// Kinds of documents.
const (
	KindRate  document.Kind = "cost_rate"
	KindEntry document.Kind = "cost_entry"
)

// Rate is what one of something costs from a day on. The most exact one that holds at
// the time of a fact is taken: of its product, operation and place.
type Rate struct {
	ID        string        `json:"id,omitempty" maxLength:"60"`
	Rev       int64         `json:"rev,omitempty" doc:"Revision that was seen; 0 for a new one"`
	What      What          `json:"what" enum:"scrap,rework,inspection,calibration"`
	Product   string        `json:"product,omitempty" maxLength:"63" doc:"Of this product alone"`
	Operation int           `json:"operation,omitempty" minimum:"0" maximum:"9999" doc:"At this operation alone"`
	Place     plant.NodeID  `json:"place" minLength:"1" maxLength:"60" doc:"At this place and below it alone"`
	Path      string        `json:"path,omitempty" readOnly:"true"`
	PlaceName plant.Name    `json:"place_name,omitzero" readOnly:"true"`
	Fen       int64         `json:"fen" minimum:"0" maximum:"100000000000" doc:"For one unit, hour or calibration, 分"`
	Minutes   float64       `json:"minutes,omitempty" minimum:"0" maximum:"10000" doc:"Of inspection: how long one takes"`
	From      plant.Instant `json:"from" doc:"From when on it holds"`
	Source    string        `json:"source" minLength:"1" maxLength:"400" doc:"Where it is from: standard cost of the year, wage table, offer of the laboratory"`
	Ended     bool          `json:"ended,omitempty" doc:"It was a mistake and holds for nothing"`
	By        string        `json:"by,omitempty" readOnly:"true"`
}

func (r *Rate) check() error {
	r.Source, r.Product = strings.TrimSpace(r.Source), strings.TrimSpace(r.Product)
	switch {
	case categoryOf[r.What] == "":
		return invalid("a rate for %q; write scrap, rework, inspection or calibration", r.What)
	case r.Fen < 0:
		return invalid("a rate of %d fen; costs are not negative", r.Fen)
	case r.From <= 0:
		return invalid("a rate without a day from which it holds; enter it")
	case r.Source == "":
		return invalid("a rate without a source; say where it is from")
	case r.What == Inspection && !(r.Minutes > 0):
		return invalid("a rate of inspection without minutes; say how long one takes")
	case r.What != Inspection && r.Minutes != 0:
		return invalid("minutes of %s; they are of inspections", r.What)
	}
	return nil
}

// Entry is a cost that somebody entered.
type Entry struct {
	ID        string        `json:"id,omitempty" readOnly:"true"`
	Rev       int64         `json:"rev,omitempty" readOnly:"true"`
	Category  Category      `json:"category" enum:"prevention,appraisal,internal,external"`
	What      What          `json:"what" enum:"training,planning,audit,test,sorting,downgrade,claim,return,field,other"`
	Fen       int64         `json:"fen" minimum:"1" maximum:"100000000000" doc:"分"`
	At        plant.Instant `json:"at,omitempty" doc:"When it arose; now when left out"`
	Place     plant.NodeID  `json:"place" minLength:"1" maxLength:"60"`
	Path      string        `json:"path,omitempty" readOnly:"true"`
	PlaceName plant.Name    `json:"place_name,omitzero" readOnly:"true"`
	Product   string        `json:"product,omitempty" maxLength:"63"`
	Order     string        `json:"order,omitempty" maxLength:"40"`
	Case      string        `json:"case,omitempty" maxLength:"60" doc:"Id of the nonconformance that it is of"`
	Cause     string        `json:"cause,omitempty" maxLength:"60"`
	Text      string        `json:"text" minLength:"1" maxLength:"1000" doc:"What for"`
	Source    string        `json:"source" minLength:"1" maxLength:"400" doc:"Voucher, invoice, letter"`
	Key       string        `json:"key,omitempty" maxLength:"80" doc:"The sender's own: the same again is the same entry"`
	By        string        `json:"by,omitempty" readOnly:"true"`
	Entered   plant.Instant `json:"entered,omitempty" readOnly:"true"`
	Withdrawn *Withdrawal   `json:"withdrawn,omitempty" readOnly:"true" doc:"It counts no more"`
}

// Withdrawal says that an entry does not count, and why.
type Withdrawal struct {
	At     plant.Instant `json:"at"`
	By     string        `json:"by"`
	Reason string        `json:"reason"`
}

func (e *Entry) check() error {
	e.Text, e.Source = strings.TrimSpace(e.Text), strings.TrimSpace(e.Source)
	may, ok := entered[e.What]
	switch {
	case !ok:
		return invalid("%q is not entered; what has a rate is computed, anything else is other", e.What)
	case !slices.Contains(may, e.Category):
		return invalid("%s is no cost of %s; write %v", e.What, e.Category, may)
	case e.Fen <= 0:
		return invalid("a cost of %d fen; enter what was spent, and withdraw what was mistyped", e.Fen)
	case e.Text == "" || e.Source == "":
		return invalid("a cost without text or source; say what for, and by which voucher")
	}
	return nil
}

// Did is something that happened and costs by a rate.
type Did struct {
	What      What
	At        plant.Instant
	Product   string
	Operation int
	Place     plant.NodeID
	Path      string
	PlaceName plant.Name
	Cause     string
	// Count of units, inspections or calibrations; of rework Ms is how long it took.
	Count int64
	Ms    int64
	Of    Of
}

// Of names the fact that a cost is of.
type Of struct {
	Kind string `json:"kind" enum:"order,machine,characteristic,gauge,entry,case"`
	ID   string `json:"id"`
	Name string `json:"name,omitempty" doc:"As people call it: number of the order, code of the characteristic"`
}

package process

import (
	"math"
	"slices"
	"strings"

	"zhigai/calc/wear"
	"zhigai/plant"
)

// Reason says why a tool was taken off.
type Reason string

// Reasons. Only worn and broken tools were at the end of their life; of the others it
// is known that they would have lasted longer (right censored).
const (
	Worn    Reason = "worn"
	Broken  Reason = "broken"
	Planned Reason = "planned" // before it was worn out
	Other   Reason = "other"   // it goes elsewhere, or into store
)

var reasons = []Reason{Worn, Broken, Planned, Other}

// ToolType is a kind of tool with the life that it is planned for.
type ToolType struct {
	ID       string       `json:"id,omitempty" maxLength:"60" doc:"Left out for a new one"`
	Rev      int64        `json:"rev,omitempty" doc:"The one that was seen"`
	Code     string       `json:"code" minLength:"1" maxLength:"40"`
	Name     plant.Name   `json:"name"`
	Place    plant.NodeID `json:"place" minLength:"1" maxLength:"60" doc:"Where such tools are used"`
	Path     string       `json:"path,omitempty" readOnly:"true"`
	Measure  string       `json:"measure" enum:"parts,minutes" doc:"What its life is counted in: parts that the machine counted, or minutes in which it produced"`
	Life     float64      `json:"life" minimum:"0" doc:"Planned, in its measure"`
	PriceFen int64        `json:"price_fen" minimum:"0" doc:"Of one tool, or of one grinding of it"`
	Ended    bool         `json:"ended,omitempty" doc:"It is used no more"`
}

// Measures of a life.
const (
	InParts   = "parts"
	InMinutes = "minutes"
)

// maxLife of a tool: more is a typing error.
const maxLife = 1e9

func (y *ToolType) check() error {
	y.Code = strings.TrimSpace(y.Code)
	switch {
	case y.Code == "" || len(y.Code) > 40:
		return invalid("a type of tool has a code of 1 to 40 bytes")
	case y.Name.ZH == "" && y.Name.EN == "" || len(y.Name.ZH) > maxNote || len(y.Name.EN) > maxNote:
		return invalid("type %s has no name, or one of more than %d bytes", y.Code, maxNote)
	case y.Measure != InParts && y.Measure != InMinutes:
		return invalid("type %s: a life in %q; write parts or minutes", y.Code, y.Measure)
	case !(y.Life > 0) || y.Life > maxLife:
		return invalid("type %s: a planned life of %v; it is above 0 and at most %v", y.Code, y.Life, maxLife)
	case y.PriceFen < 0:
		return invalid("type %s: a price below 0", y.Code)
	}
	return nil
}

// Tool is one that is mounted at a machine, or was.
type Tool struct {
	ID        string        `json:"id"`
	Rev       int64         `json:"rev"`
	Type      string        `json:"type" doc:"Id"`
	Code      string        `json:"code" doc:"Of the type"`
	TypeName  plant.Name    `json:"type_name"`
	Measure   string        `json:"measure" enum:"parts,minutes"`
	Life      float64       `json:"life" doc:"Planned when it was mounted"`
	Machine   plant.NodeID  `json:"equipment"`
	Path      string        `json:"path"`
	Name      plant.Name    `json:"name" doc:"Of the machine"`
	Slot      string        `json:"slot,omitempty" doc:"Place at the machine, as a turret's station"`
	Serial    string        `json:"serial,omitempty" doc:"Of this tool"`
	Mounted   plant.Instant `json:"mounted"`
	By        string        `json:"by"`
	Removed   plant.Instant `json:"removed,omitempty"`
	RemovedBy string        `json:"removed_by,omitempty"`
	Reason    Reason        `json:"reason,omitempty" enum:"worn,broken,planned,other"`
	Note      string        `json:"note,omitempty"`
	Used      *float64      `json:"used,omitempty" doc:"Life that was used, in its measure, as the machine had counted when it was taken off; of one that is mounted, up to now"`
}

// life is what is known of a tool that was taken off, if anything.
func (o Tool) life() (wear.Life, bool) {
	if o.Removed == 0 || o.Used == nil || !(*o.Used > 0) {
		return wear.Life{}, false
	}
	return wear.Life{Used: *o.Used, Ended: o.Reason == Worn || o.Reason == Broken}, true
}

// lives are those known of a type.
func lives(all []Tool, of string) (out []wear.Life) {
	for _, o := range all {
		if l, ok := o.life(); ok && o.Type == of {
			out = append(out, l)
		}
	}
	return out
}

// Advice says when a tool is to be changed.
type Advice string

// Advices.
const (
	Keep      Advice = "keep"             // it lasts for this lot and another one like it
	AfterLot  Advice = "change_after_lot" // it lasts for this lot, and hardly for another
	MayNot    Advice = "may_not_last"     // it may be worn out before the lot is made
	Soon      Advice = "change_soon"      // no lot is known, and little of its life is left
	PlanOver  Advice = "planned_over"     // the planned life is used up, and few lives are known
	NoAdvice  Advice = "none"             // too few lives are known
	expecting        = 0.9                // share of tools that last between low and high
	little           = 0.1                // of a life
)

// Prognosis is how much is left of a tool's life.
type Prognosis struct {
	Low      *float64 `json:"low" doc:"Of ten such tools nine last between low and high; none: too few lives are known"`
	Median   *float64 `json:"median"`
	High     *float64 `json:"high"`
	Ended    int      `json:"ended" doc:"Lives known of the type that ended by wear or breakage"`
	Censored int      `json:"censored" doc:"Lives known that were ended before"`
	LotLeft  *int64   `json:"lot_left,omitempty" doc:"Good units that the job at the machine has left to make"`
	Advice   Advice   `json:"advice" enum:"keep,change_after_lot,may_not_last,change_soon,planned_over,none"`
	Reason   string   `json:"reason,omitempty" doc:"Why there is no interval"`
	Method   string   `json:"method"`
}

// PrognosisMethod is the version of the code that says how much is left.
const PrognosisMethod = "wear.weibull/1"

// Lot is what a job at a machine has left to make.
type Lot struct{ Quantity, Left int64 }

// Prognose says how much is left of a tool that has used so much of its life, by the
// lives of others of its type. lot is nil where no job runs, or its type is not counted
// in parts.
func Prognose(o Tool, used float64, known []wear.Life, lot *Lot) Prognosis {
	p := Prognosis{Advice: NoAdvice, Method: PrognosisMethod}
	for _, l := range known {
		if l.Ended {
			p.Ended++
		} else {
			p.Censored++
		}
	}
	rest, err := wear.Remaining(known, used, expecting)
	if err != nil {
		p.Reason = err.Error()
		if used >= o.Life {
			p.Advice = PlanOver
		}
		return p
	}
	p.Low, p.Median, p.High = &rest.Low, &rest.Median, &rest.High
	switch {
	case lot == nil && rest.Low <= little*(used+rest.Median):
		p.Advice = Soon
	case lot == nil:
		p.Advice = Keep
	case float64(lot.Left) > rest.Low:
		p.LotLeft, p.Advice = &lot.Left, MayNot
	case float64(lot.Left+lot.Quantity) > rest.Low:
		p.LotLeft, p.Advice = &lot.Left, AfterLot
	default:
		p.LotLeft, p.Advice = &lot.Left, Keep
	}
	return p
}

// TypeLife is what is known of the lives of a type.
type TypeLife struct {
	ToolType
	Ended     int      `json:"lives_ended" doc:"By wear or breakage"`
	Censored  int      `json:"lives_censored" doc:"Ended before"`
	Broken    int      `json:"broken"`
	Shape     *float64 `json:"shape" doc:"Of the Weibull distribution; none with fewer than 5 that ended"`
	Scale     *float64 `json:"scale" doc:"Of it, in the measure: 63 % last no longer"`
	Expected  *float64 `json:"expected" doc:"Median of the distribution"`
	EarlyFen  *int64   `json:"early_fen" doc:"What changes before the expected life cost in unused life, up to now; none where nothing is expected"`
	EarlyPlan int      `json:"early_changes" doc:"Changes as planned before the expected life"`
}

// lifeOf folds what is known of a type.
func lifeOf(y ToolType, all []Tool) TypeLife {
	out := TypeLife{ToolType: y}
	known := lives(all, y.ID)
	for _, l := range known {
		if l.Ended {
			out.Ended++
		} else {
			out.Censored++
		}
	}
	for _, o := range all {
		if o.Type == y.ID && o.Reason == Broken {
			out.Broken++
		}
	}
	w, err := wear.Fit(known)
	if err != nil {
		return out
	}
	median := w.Scale * math.Pow(math.Ln2, 1/w.Shape)
	out.Shape, out.Scale, out.Expected = &w.Shape, &w.Scale, &median
	early := int64(0)
	for _, o := range all {
		if l, ok := o.life(); ok && o.Type == y.ID && o.Reason == Planned && l.Used < median {
			out.EarlyPlan++
			early += int64(math.Round(float64(y.PriceFen) * (1 - l.Used/median)))
		}
	}
	out.EarlyFen = &early
	return out
}

// validReason says whether it is one.
func validReason(r Reason) bool { return slices.Contains(reasons, r) }

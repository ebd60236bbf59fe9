// Package rule is how a line reacts by itself: a condition over signals, by revision,
// and what is done when it fires – an alarm, a command, a call, a work order, a case, a
// held order. A revision is tried on history, decides in shadow without acting, is
// allowed by another person than who wrote it, and only then acts; it suspends itself
// when it misbehaves. Every firing is a fact with the values that it rests on.
//
// When a rule fires is decided in calc/rule alone, for the past and the present by the
// same code. The room writes to no machine: commands go the way of all commands, with
// all their checks, and what they came to is noted. It knows no store and no protocol.
//
// Start with [Rule], then [Desk.Save], [Desk.Try], [Desk.Move] and [Desk.Run].
package rule

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/calc/rule"
	"zhigai/fact/document"
	"zhigai/plant"
)

// ErrInvalid is what cannot be done, in words for the asker.
var ErrInvalid = errors.New("rule: not valid")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

func conflict(format string, args ...any) error {
	return fmt.Errorf("%w: %s", access.ErrConflict, fmt.Sprintf(format, args...))
}

// Kind, Document and Filter are what the room keeps by revision.
type (
	Kind     = document.Kind
	Document = document.Document
	Filter   = document.Filter
)

// Kinds of documents.
const (
	KindRule   Kind = "rule"   // a revision of a rule
	KindFiring Kind = "firing" // of a rule
)

// State says how far a revision came.
type State string

// States of a revision.
const (
	Draft      State = "draft"
	Backtested State = "backtested" // it was tried on history
	Shadow     State = "shadow"     // it decides and does not act
	Active     State = "active"
	Suspended  State = "suspended" // it acted, and does not until somebody allows it again
	Retired    State = "retired"
)

// ways are the states that may follow. Back to active by [Desk.Move] alone: a revision
// that was active before is what one rolls back to.
var ways = map[State][]State{
	Draft:      {Draft, Backtested, Retired},
	Backtested: {Draft, Backtested, Shadow, Retired},
	Shadow:     {Active, Draft, Retired},
	Active:     {Suspended, Retired},
	Suspended:  {Shadow, Active, Retired},
	Retired:    {Active},
}

// Limits of what people enter and of what is answered at once.
const (
	maxNote    = 1000
	maxWords   = 400
	maxActions = 8
	// maxRules bounds the revisions that are in use at once for a tenant.
	maxRules     = 5000
	maxRevisions = 1000
	// defaultStale is how long inputs may be unknown before an active rule suspends
	// itself, where it says nothing of its own: longer than a restart of a device.
	defaultStale = 10 * time.Minute
	// defaultAsk is how long a request for approval waits for an answer.
	defaultAsk = 24 * time.Hour
	maxAsk     = 7 * 24 * time.Hour
)

// Input is a signal that the condition speaks of by a name of its own.
type Input struct {
	Name    string       `json:"name" minLength:"1" maxLength:"40" doc:"As the condition calls it: small letters, digits and _"`
	Machine plant.NodeID `json:"equipment" minLength:"1" maxLength:"60"`
	Signal  string       `json:"signal" minLength:"1" maxLength:"100" doc:"Of the machine, or derived: machine.state, calendar.in_shift, tariff.period … as its words say"`
	Path    string       `json:"path,omitempty" readOnly:"true" doc:"Of the machine"`
	Title   plant.Name   `json:"title,omitzero" readOnly:"true"`
	Unit    string       `json:"unit,omitempty" readOnly:"true" doc:"UCUM"`
	Kind    rule.Kind    `json:"kind,omitempty" readOnly:"true" enum:"number,boolean,enumeration,text"`
	Tag     plant.TagNo  `json:"tag,omitempty" readOnly:"true"`
}

// ActionKind says what is done.
type ActionKind string

// Kinds of actions.
const (
	Alarm         ActionKind = "alarm"          // stands while the rule does
	Command       ActionKind = "command"        // sets a set point
	Call          ActionKind = "call"           // calls for somebody at the machine
	WorkOrder     ActionKind = "work_order"     // is proposed
	Nonconformity ActionKind = "nonconformance" // a case is opened
	HoldOrder     ActionKind = "hold_order"     // what runs at the machine is held
	Notify        ActionKind = "notify"         // people are told by a route: e-mail, a robot, who is on call
	RunComponent  ActionKind = "run_component"  // a component at work is called at once, beside its turns
)

// ActionKinds are all of them.
var ActionKinds = []ActionKind{Alarm, Command, Call, WorkOrder, Nonconformity, HoldOrder, Notify, RunComponent}

// Action is what is done when the rule fires.
type Action struct {
	Kind     ActionKind   `json:"kind" enum:"alarm,command,call,work_order,nonconformance,hold_order,notify,run_component"`
	Machine  plant.NodeID `json:"equipment,omitempty" maxLength:"60" doc:"Where; at the rule's place when left out"`
	Path     string       `json:"path,omitempty" readOnly:"true"`
	Text     plant.Name   `json:"text,omitzero" doc:"What people read; the rule's name when left out"`
	Priority int          `json:"priority,omitempty" minimum:"0" maximum:"4" doc:"Of an alarm, a work order or a notification: 1 is the most urgent"`
	Signal   string       `json:"signal,omitempty" maxLength:"100" doc:"Of a command: the set point"`
	Value    *float64     `json:"value,omitempty" doc:"Of a command, in the set point's unit"`
	Unit     string       `json:"unit,omitempty" readOnly:"true"`
	What     string       `json:"what,omitempty" enum:"material,quality,maintenance" doc:"Of a call"`
	Route    string       `json:"route,omitempty" maxLength:"60" doc:"Of a notification: id of the route of alarms by which people are told"`
	// Component is a series: whichever of its revisions is at work is called.
	Component string    `json:"component,omitempty" maxLength:"60" doc:"Of a run of a component: its series"`
	Safe      *Safe     `json:"safe,omitempty" doc:"Of a command: what becomes of the set point when the rule cannot go on; it stays as it is when left out"`
	Watchdog  *Watchdog `json:"watchdog,omitempty" doc:"Of a command: by which the machine sees that the rule looks after it"`
}

// point is the set point of a command; "" of other actions.
func (a Action) point() string {
	if a.Kind != Command {
		return ""
	}
	return a.Path + "/" + a.Signal
}

// Definition is what an engineer says of a rule.
type Definition struct {
	Name         plant.Name   `json:"name"`
	Place        plant.NodeID `json:"place" minLength:"1" maxLength:"60" doc:"Where it belongs: its alarms stand there, and who may see the place sees it"`
	Owner        string       `json:"owner,omitempty" maxLength:"100" doc:"Who answers for it; who wrote it when left out"`
	Inputs       []Input      `json:"inputs" minItems:"1" maxItems:"16" nullable:"false"`
	When         string       `json:"when" minLength:"1" maxLength:"2000" doc:"Condition in CEL over the inputs, with avg, min, max, rate, duration, count and since over windows"`
	Reset        string       `json:"reset,omitempty" maxLength:"2000" doc:"Condition that ends it; what is not when, if left out"`
	Trigger      rule.Trigger `json:"trigger" enum:"sample,change,schedule"`
	EveryS       int64        `json:"every_s,omitempty" minimum:"0" maximum:"86400" doc:"Of a schedule"`
	OnDelayS     int64        `json:"on_delay_s,omitempty" minimum:"0" maximum:"86400" doc:"How long the condition must hold before it fires"`
	OffDelayS    int64        `json:"off_delay_s,omitempty" minimum:"0" maximum:"86400" doc:"How long it must be away before the firing is over"`
	MinIntervalS int64        `json:"min_interval_s,omitempty" minimum:"0" maximum:"86400" doc:"How soon it may fire again"`
	MaxPerHour   int          `json:"max_per_hour" minimum:"1" maximum:"3600" doc:"How often it may act within an hour; one more suspends it"`
	StaleS       int64        `json:"stale_s,omitempty" minimum:"0" maximum:"86400" doc:"How long its inputs may be unknown before it suspends itself; 600 when left out"`
	Actions      []Action     `json:"actions" minItems:"1" maxItems:"8" nullable:"false"`
	GoesOn       bool         `json:"goes_on,omitempty" doc:"After the node started anew it acts on by itself; without it a rule that commands suspends itself then"`
	Note         string       `json:"note,omitempty" maxLength:"1000" doc:"What is new in this revision, and why"`
}

// spec is what calc knows of it.
func (d Definition) spec() rule.Spec {
	s := time.Second.Microseconds()
	out := rule.Spec{
		When: d.When, Reset: d.Reset, Trigger: d.Trigger, Every: d.EveryS * s, OnDelay: d.OnDelayS * s, OffDelay: d.OffDelayS * s,
		MinInterval: d.MinIntervalS * s, MaxPerHour: d.MaxPerHour,
	}
	for _, in := range d.Inputs {
		out.Inputs = append(out.Inputs, rule.Input{Name: in.Name, Kind: in.Kind, Unit: in.Unit})
	}
	return out
}

func (d Definition) stale() int64 {
	if d.StaleS == 0 {
		return defaultStale.Microseconds()
	}
	return d.StaleS * time.Second.Microseconds()
}

// points are the set points that its commands write.
func (d Definition) points() []string {
	var out []string
	for _, a := range d.Actions {
		if p := a.point(); p != "" && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// reads are the signals that it rests on.
func (d Definition) reads() []string {
	out := make([]string, len(d.Inputs))
	for i, in := range d.Inputs {
		out[i] = in.Path + "/" + in.Signal
	}
	return out
}

// Rule is one revision of a rule.
type Rule struct {
	ID       string `json:"id,omitempty" readOnly:"true" doc:"Of this revision"`
	Series   string `json:"series,omitempty" maxLength:"60" doc:"Of all revisions of the rule; left out for a new rule"`
	Revision int    `json:"revision,omitempty" readOnly:"true" doc:"Counts from 1 within the series"`
	Rev      int64  `json:"rev,omitempty" doc:"Counts the changes of this revision; the one that was seen"`
	Definition
	Path      string     `json:"path,omitempty" readOnly:"true"`
	PlaceName plant.Name `json:"place_name,omitzero" readOnly:"true"`
	State     State      `json:"state,omitempty" readOnly:"true" enum:"draft,backtested,shadow,active,suspended,retired"`
	Authors   []string   `json:"authors,omitempty" readOnly:"true" doc:"Who wrote it; none of them allows it"`
	Request   *Request   `json:"request,omitempty" readOnly:"true" doc:"It waits for somebody to allow it"`
	Trial     *Tried     `json:"trial,omitempty" readOnly:"true" doc:"The last trial on history"`
	Securing  []Secured  `json:"securing,omitempty" readOnly:"true" doc:"Of a rule that suspended itself: what becomes of its set points"`
	Steps     []Step     `json:"steps,omitempty" readOnly:"true"`
}

// Request is somebody's wish that a revision acts.
type Request struct {
	By      string        `json:"by"`
	At      plant.Instant `json:"at"`
	Expires plant.Instant `json:"expires"`
	Note    string        `json:"note,omitempty"`
}

// Tried is the summary of a trial that is kept with the revision.
type Tried struct {
	At     plant.Instant `json:"at"`
	By     string        `json:"by"`
	From   plant.Instant `json:"from"`
	To     plant.Instant `json:"to"`
	Count  int           `json:"count"`
	Hits   int           `json:"hits"`
	Misses int           `json:"misses"`
	False  int           `json:"false_calls"`
}

// Step is what was done to a revision, by a person or by the node.
type Step struct {
	State State         `json:"state" enum:"draft,backtested,shadow,active,suspended,retired"`
	What  string        `json:"what" enum:"save,backtest,shadow,request,approve,refuse,suspend,safe,retire,rollback,edit"`
	At    plant.Instant `json:"at"`
	By    string        `json:"by"`
	Note  string        `json:"note,omitempty"`
}

// wasActive says whether somebody allowed the revision before.
func (r *Rule) wasActive() bool {
	return slices.ContainsFunc(r.Steps, func(s Step) bool { return s.What == "approve" })
}

// runs says whether the revision looks at samples.
func (r *Rule) runs() bool { return r.State == Shadow || r.State == Active }

// since is when the revision came to the state that it is in.
func (r *Rule) since() plant.Instant {
	at := plant.Instant(0)
	for i := len(r.Steps) - 1; i >= 0 && r.Steps[i].State == r.State; i-- {
		at = r.Steps[i].At
	}
	return at
}

// called is the rule in a sentence.
func (r *Rule) called() string {
	name := r.Name.EN
	if name == "" {
		name = r.Name.ZH
	}
	return fmt.Sprintf("%q revision %d", name, r.Revision)
}

// checkTexts refuses a definition that says too little.
func (d *Definition) checkTexts() error {
	d.Note, d.When, d.Reset = strings.TrimSpace(d.Note), strings.TrimSpace(d.When), strings.TrimSpace(d.Reset)
	switch {
	case strings.TrimSpace(d.Name.ZH) == "":
		return invalid("name: say in a few Chinese words what the rule does")
	case len(d.Name.ZH) > maxWords || len(d.Name.EN) > maxWords:
		return invalid("name: texts of at most %d bytes are kept", maxWords)
	case len(d.Note) > maxNote:
		return invalid("note: of %d bytes; %d are allowed", len(d.Note), maxNote)
	case len(d.Actions) == 0 || len(d.Actions) > maxActions:
		return invalid("actions: %d; say 1 to %d things that are done when the rule fires", len(d.Actions), maxActions)
	case d.MaxPerHour < 1:
		return invalid("max_per_hour: say how often within an hour the rule may act, at least once")
	case d.StaleS < 0 || d.StaleS > 86400:
		return invalid("stale_s: between 0 and 24 hours")
	}
	return nil
}

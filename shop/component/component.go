// Package component is functions that somebody brings along – a soft sensor, a model of a
// supplier – and that run here without being able to harm the line: modules of WebAssembly
// in a sandbox, and services that are asked over NATS. They are given windows of signals
// and say values, which become signals of a machine like any other, so that charts, rules
// and figures use them. What a component says of a window is kept with the window's digest
// and the module's hash.
//
// A revision is signed by a publisher whose key an administrator allowed, allowed by
// another person than who brought it, and bounded in memory, in time and in how often it
// is called. One that misbehaves is stopped, named and suspended; others go on. The room
// writes to no machine, and a component knows of nothing but its window.
//
// Start with [Definition], then [Desk.Save], [Desk.Try], [Desk.Move] and [Desk.Run].
package component

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/fact/document"
	"zhigai/plant"
	"zhigai/shop/component/sandbox"
)

// ErrInvalid is what cannot be done, in words for the asker.
var ErrInvalid = errors.New("component: not valid")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

func conflict(format string, args ...any) error {
	return fmt.Errorf("%w: %s", access.ErrConflict, fmt.Sprintf(format, args...))
}

// because says why something was done to a component, for people at the page.
func because(format string, args ...any) string { return fmt.Sprintf(format, args...) }

// Kind, Document and Filter are what the room keeps by revision.
type (
	Kind     = document.Kind
	Document = document.Document
	Filter   = document.Filter
)

// Kinds of documents.
const (
	KindComponent Kind = "component" // a revision of a component
	KindPublisher Kind = "publisher" // whose signature is believed
	KindEvent     Kind = "event"     // a component misbehaved, or came back
)

// Form says how a component runs.
type Form string

// Forms.
const (
	Module  Form = "module"  // WebAssembly, in the node
	Service Form = "service" // a process elsewhere, asked over NATS
)

// State says how far a revision came.
type State string

// States of a revision.
const (
	Draft     State = "draft"
	Approved  State = "approved" // it may run, and does not
	Active    State = "active"
	Suspended State = "suspended"
	Retired   State = "retired"
)

// ways are the states that may follow.
var ways = map[State][]State{
	Draft:     {Draft, Approved, Retired},
	Approved:  {Active, Retired},
	Active:    {Suspended, Retired},
	Suspended: {Active, Retired},
	Retired:   {Active},
}

// Limits of what people enter.
const (
	maxNote    = 1000
	maxWords   = 400
	maxInputs  = 32
	maxOutputs = 16
	maxPlaces  = 2000
	// maxRevisions bounds the revisions of a component.
	maxRevisions = 1000
	// maxInUse bounds the revisions of a tenant that are not retired.
	maxInUse = 500
	maxAsk   = 7 * 24 * time.Hour
	// defaultAsk is how long a request for approval waits for an answer.
	defaultAsk = 24 * time.Hour
)

// Usual budgets, where a definition says nothing.
const (
	usualMemory   = 4 << 20
	usualCallMS   = 50
	usualFailures = 3
	usualPayload  = 1 << 20
)

// Input is a signal that the component is given.
type Input struct {
	Name    string       `json:"name" minLength:"1" maxLength:"40" doc:"As the component calls it"`
	Unit    string       `json:"unit,omitempty" maxLength:"40" doc:"UCUM; what the component takes it in. It must be the signal's own"`
	Machine plant.NodeID `json:"equipment" minLength:"1" maxLength:"60"`
	Signal  string       `json:"signal" minLength:"1" maxLength:"100"`
	Path    string       `json:"path,omitempty" readOnly:"true" doc:"Of the machine"`
	Title   plant.Name   `json:"title,omitzero" readOnly:"true"`
	Tag     plant.TagNo  `json:"tag,omitempty" readOnly:"true"`
}

// Output is a value that the component says; it becomes a signal of the machine.
type Output struct {
	Name  string      `json:"name" minLength:"1" maxLength:"40" doc:"Small letters, digits and _"`
	Title plant.Name  `json:"title,omitzero"`
	Unit  string      `json:"unit,omitempty" maxLength:"40" doc:"UCUM"`
	Min   *float64    `json:"min,omitempty" doc:"What is below it is nonsense"`
	Max   *float64    `json:"max,omitempty"`
	Tag   plant.TagNo `json:"tag,omitempty" readOnly:"true" doc:"Of its samples, once it was active"`
}

// Budget is what a component may use.
type Budget struct {
	MemoryBytes    int64   `json:"memory_bytes,omitempty" minimum:"0" maximum:"67108864" doc:"Of a module: linear memory, whole pages of 64 KiB; 4 MiB when left out"`
	CallMS         float64 `json:"call_ms,omitempty" minimum:"0" maximum:"1000" doc:"For one call; 50 when left out"`
	CallsPerMinute int     `json:"calls_per_minute,omitempty" minimum:"0" maximum:"600" doc:"As often as it is due when left out"`
	PayloadBytes   int     `json:"payload_bytes,omitempty" minimum:"0" maximum:"8388608" doc:"Of a service: of a request and of an answer; 1 MiB when left out"`
	MaxFailures    int     `json:"max_failures,omitempty" minimum:"0" maximum:"100" doc:"So many after one another suspend it; 3 when left out"`
}

// Definition is what somebody says of a component.
type Definition struct {
	Name      plant.Name   `json:"name"`
	Code      string       `json:"code" minLength:"1" maxLength:"40" doc:"Small letters, digits and _; its outputs are the signals component.CODE.OUTPUT of the machine"`
	Place     plant.NodeID `json:"place" minLength:"1" maxLength:"60" doc:"The machine that its outputs are signals of"`
	Owner     string       `json:"owner,omitempty" maxLength:"100" doc:"Who answers for it; who brought it when left out"`
	Form      Form         `json:"form" enum:"module,service"`
	SHA256    string       `json:"sha256,omitempty" maxLength:"64" doc:"Of a module that was handed in"`
	Publisher string       `json:"publisher,omitempty" maxLength:"60" doc:"Of a module: whose signature it bears"`
	Signature string       `json:"signature,omitempty" maxLength:"100" doc:"Of a module: Ed25519 over its bytes, base64"`
	Key       string       `json:"key,omitempty" maxLength:"60" doc:"Of a service: the public half (U…) of the NKey with which it connects"`
	Inputs    []Input      `json:"inputs" minItems:"1" maxItems:"32" nullable:"false"`
	Outputs   []Output     `json:"outputs" minItems:"1" maxItems:"16" nullable:"false"`
	WindowS   int64        `json:"window_s" minimum:"1" maximum:"86400" doc:"How far back each call looks"`
	Places    int          `json:"places,omitempty" minimum:"0" maximum:"2000" doc:"Values that each window is cut into, each the mean of its part; 60 when left out"`
	EveryS    int64        `json:"every_s" minimum:"1" maximum:"86400" doc:"How often it is called"`
	Budget    Budget       `json:"budget,omitzero"`
	Note      string       `json:"note,omitempty" maxLength:"1000" doc:"What is new in this revision, and why"`
}

var codePattern = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// SignalPrefix begins the names of signals that components say.
const SignalPrefix = "component."

// signal is the name of an output among the machine's signals.
func (d *Definition) signal(o Output) string { return SignalPrefix + d.Code + "." + o.Name }

func (d *Definition) limits() sandbox.Limits {
	return sandbox.Limits{Memory: d.Budget.MemoryBytes, Call: d.call()}
}

func (d *Definition) call() time.Duration {
	return time.Duration(d.Budget.CallMS * float64(time.Millisecond))
}

func (d *Definition) every() plant.Instant {
	return plant.Instant((time.Duration(d.EveryS) * time.Second).Microseconds())
}

func (d *Definition) window() plant.Instant {
	return plant.Instant((time.Duration(d.WindowS) * time.Second).Microseconds())
}

// usual fills in what was left out.
func (d *Definition) usual() {
	const usualPlaces = 60
	fill := func(v *int, usual int) {
		if *v == 0 {
			*v = usual
		}
	}
	fill(&d.Places, usualPlaces)
	fill(&d.Budget.MaxFailures, usualFailures)
	if d.EveryS > 0 {
		fill(&d.Budget.CallsPerMinute, int((60+d.EveryS-1)/d.EveryS))
	}
	if d.Form == Service {
		fill(&d.Budget.PayloadBytes, usualPayload)
	} else if d.Budget.MemoryBytes == 0 {
		d.Budget.MemoryBytes = usualMemory
	}
	if d.Budget.CallMS == 0 {
		d.Budget.CallMS = usualCallMS
	}
}

// check refuses a definition that says too little, or what cannot be.
func (d *Definition) check() error {
	d.Note = strings.TrimSpace(d.Note)
	switch {
	case strings.TrimSpace(d.Name.ZH) == "":
		return invalid("name: say in a few Chinese words what the component tells")
	case len(d.Name.ZH) > maxWords || len(d.Name.EN) > maxWords || len(d.Note) > maxNote:
		return invalid("name, note: texts of at most %d and %d bytes are kept", maxWords, maxNote)
	case !codePattern.MatchString(d.Code):
		return invalid("code: %q; write small letters, digits and _, a letter first: signals are named by it", d.Code)
	case d.Form != Module && d.Form != Service:
		return invalid("form: %q; write module or service", d.Form)
	case len(d.Inputs) == 0 || len(d.Inputs) > maxInputs || len(d.Outputs) == 0 || len(d.Outputs) > maxOutputs:
		return invalid("inputs, outputs: %d and %d; 1 to %d and 1 to %d", len(d.Inputs), len(d.Outputs), maxInputs, maxOutputs)
	case d.WindowS < 1 || d.WindowS > 86400 || d.EveryS < 1 || d.EveryS > 86400:
		return invalid("window_s, every_s: between a second and a day")
	case d.Places < 1 || d.Places > maxPlaces:
		return invalid("places: 1 to %d", maxPlaces)
	case d.window()%plant.Instant(d.Places) != 0:
		return invalid("places: %d s cannot be cut into %d equal parts of whole microseconds; choose another number", d.WindowS, d.Places)
	case d.Budget.CallMS <= 0 || d.call() > sandbox.MaxCall:
		return invalid("budget: call_ms: more than 0, up to %d", sandbox.MaxCall.Milliseconds())
	case int64(d.Budget.CallsPerMinute)*d.EveryS < 60:
		return invalid("budget: a call every %d s is more than the %d a minute that it may; raise calls_per_minute, or call it less often", d.EveryS, d.Budget.CallsPerMinute)
	}
	names := map[string]bool{}
	for i, in := range d.Inputs {
		if !codePattern.MatchString(in.Name) || names[in.Name] {
			return invalid("inputs[%d]: the name %q; write small letters, digits and _, each name once", i, in.Name)
		}
		names[in.Name] = true
	}
	clear(names)
	for i, o := range d.Outputs {
		switch {
		case !codePattern.MatchString(o.Name) || names[o.Name]:
			return invalid("outputs[%d]: the name %q; write small letters, digits and _, each name once", i, o.Name)
		case o.Min != nil && o.Max != nil && *o.Min >= *o.Max:
			return invalid("outputs[%d]: min %v is not below max %v", i, *o.Min, *o.Max)
		}
		names[o.Name] = true
	}
	return nil
}

// Component is one revision of a component.
type Component struct {
	ID       string `json:"id,omitempty" readOnly:"true" doc:"Of this revision"`
	Series   string `json:"series,omitempty" maxLength:"60" doc:"Of all revisions of the component; left out for a new one"`
	Revision int    `json:"revision,omitempty" readOnly:"true" doc:"Counts from 1 within the series"`
	Rev      int64  `json:"rev,omitempty" doc:"Counts the changes of this revision; the one that was seen"`
	Definition
	Path      string         `json:"path,omitempty" readOnly:"true"`
	PlaceName plant.Name     `json:"place_name,omitzero" readOnly:"true"`
	State     State          `json:"state,omitempty" readOnly:"true" enum:"draft,approved,active,suspended,retired"`
	Authors   []string       `json:"authors,omitempty" readOnly:"true" doc:"Who brought it; none of them allows it"`
	Request   *Request       `json:"request,omitempty" readOnly:"true" doc:"It waits for somebody to allow it"`
	Signer    string         `json:"signer,omitempty" readOnly:"true" doc:"Name of the publisher"`
	Facts     *sandbox.Facts `json:"module,omitempty" readOnly:"true"`
	Steps     []Step         `json:"steps,omitempty" readOnly:"true"`
}

// Request is somebody's wish that a revision may run.
type Request struct {
	By      string        `json:"by"`
	At      plant.Instant `json:"at"`
	Expires plant.Instant `json:"expires"`
	Note    string        `json:"note,omitempty"`
}

// Step is what was done to a revision, by a person or by the node.
type Step struct {
	State State         `json:"state" enum:"draft,approved,active,suspended,retired"`
	What  string        `json:"what" enum:"save,edit,request,approve,refuse,activate,suspend,retire,rollback"`
	At    plant.Instant `json:"at"`
	By    string        `json:"by"`
	Note  string        `json:"note,omitempty"`
}

// wasApproved says whether somebody allowed the revision before.
func (c *Component) wasApproved() bool {
	return slices.ContainsFunc(c.Steps, func(s Step) bool { return s.What == "approve" })
}

// called is the component in a sentence.
func (c *Component) called() string {
	name := c.Name.EN
	if name == "" {
		name = c.Name.ZH
	}
	return fmt.Sprintf("%q revision %d", name, c.Revision)
}

// since is when it came to the state that it is in.
func (c *Component) since() plant.Instant {
	if len(c.Steps) == 0 {
		return 0
	}
	return c.Steps[len(c.Steps)-1].At
}

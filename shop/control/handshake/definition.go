package handshake

import (
	"fmt"
	"slices"
	"strings"
	"time"

	calc "zhigai/calc/handshake"
	"zhigai/plant"
)

// State says how far a revision came.
type State string

// States of a revision. One that is approved never changes: another takes its place.
const (
	Draft    State = "draft"
	Approved State = "approved"
	Retired  State = "retired"
)

// Kind says what is handed over.
type Kind string

// Kinds, with the steps that each has.
const (
	Transfer Kind = "transfer" // a part, from one machine to the next
	CallOff  Kind = "call-off" // material that a machine calls for and a transport brings
)

// kinds are the steps of each kind, in order.
var kinds = map[Kind][]string{
	Transfer: {"offer", "reserve", "start", "done"},
	CallOff:  {"call", "reserved", "picked-up", "delivered", "confirmed"},
}

// Side is one of the two machines.
type Side struct {
	Machine plant.NodeID `json:"equipment" minLength:"1" maxLength:"60"`
	Path    string       `json:"path,omitempty" readOnly:"true"`
	Name    plant.Name   `json:"name,omitzero" readOnly:"true"`
}

// Tell is how the other side is told of a step.
type Tell struct {
	Signal string     `json:"signal" minLength:"1" maxLength:"100" doc:"Set point of the other machine"`
	Value  float64    `json:"value" doc:"What it is set to"`
	Idle   float64    `json:"idle" doc:"What it is set back to when the hand-over is over, or given up"`
	Title  plant.Name `json:"title,omitzero" readOnly:"true"`
}

// Safe is what a step does at each loss: wait for what comes until its time is over, release
// (give up and take back what was told), or hold (give up and leave all as it is, for a
// person). Release where none is given.
type Safe struct {
	Stale    calc.Action `json:"stale,omitempty" enum:"wait,release,hold" doc:"A signal is not known for too long"`
	Lost     calc.Action `json:"lost,omitempty" enum:"wait,release,hold" doc:"A device does not answer"`
	Restart  calc.Action `json:"restart,omitempty" enum:"wait,release,hold" doc:"The node began anew; wait goes on by what the machines say then"`
	Clock    calc.Action `json:"clock,omitempty" enum:"wait,release,hold" doc:"The clock of the node stepped"`
	Overload calc.Action `json:"overload,omitempty" enum:"wait,release,hold" doc:"The node does not keep up"`
}

func (s Safe) on() map[calc.Loss]calc.Action {
	out := map[calc.Loss]calc.Action{}
	for loss, a := range map[calc.Loss]calc.Action{calc.Stale: s.Stale, calc.Lost: s.Lost, calc.Restart: s.Restart, calc.Clock: s.Clock, calc.Overload: s.Overload} {
		if a != "" {
			out[loss] = a
		}
	}
	return out
}

// Step is one step: seen when a signal of its party has a value, and told to the other one.
type Step struct {
	Name     string     `json:"name" enum:"offer,reserve,start,done,call,reserved,picked-up,delivered,confirmed"`
	Party    calc.Party `json:"party" enum:"giver,taker" doc:"Who shows it"`
	Signal   string     `json:"signal" minLength:"1" maxLength:"100" doc:"Of that machine"`
	Value    float64    `json:"value" doc:"That the signal has then"`
	Title    plant.Name `json:"title,omitzero" readOnly:"true"`
	Stands   bool       `json:"stands,omitempty" doc:"The signal may stand before its turn and between two hand-overs, as that of a machine that is free"`
	Tell     *Tell      `json:"tell,omitempty" doc:"How the other machine is told; left out where it need not be"`
	WithinMs int64      `json:"within_ms" minimum:"0" maximum:"86400000" doc:"It is too late after that; of the first step not looked at"`
	Safe     Safe       `json:"safe,omitzero"`
}

// Abort is a signal by which a machine gives up.
type Abort struct {
	Party  calc.Party `json:"party" enum:"giver,taker"`
	Signal string     `json:"signal" minLength:"1" maxLength:"100"`
	Value  float64    `json:"value"`
	Title  plant.Name `json:"title,omitzero" readOnly:"true"`
}

// Handshake is one revision of a handshake.
type Handshake struct {
	ID       string     `json:"id,omitempty" readOnly:"true" doc:"Of this revision"`
	Series   string     `json:"series,omitempty" maxLength:"60" doc:"Of all revisions: the handshake's id; left out for a new one"`
	Revision int        `json:"revision,omitempty" readOnly:"true" doc:"Counts from 1 within the series"`
	Rev      int64      `json:"rev,omitempty" doc:"Counts the changes of this revision; the one that was seen"`
	Name     plant.Name `json:"name"`
	Owner    string     `json:"owner" minLength:"1" maxLength:"100" doc:"Who answers for it"`
	Kind     Kind       `json:"kind" enum:"transfer,call-off"`
	Giver    Side       `json:"giver" doc:"Of a call-off: the machine that calls"`
	Taker    Side       `json:"taker" doc:"Of a call-off: the transport"`
	Steps    []Step     `json:"steps" minItems:"2" maxItems:"8" nullable:"false"`
	Aborts   []Abort    `json:"aborts,omitempty" maxItems:"8"`
	MaxAgeMs int64      `json:"max_age_ms" minimum:"500" maximum:"3600000" doc:"A signal that is unknown for longer is a loss"`
	ClearMs  int64      `json:"clear_ms" minimum:"200" maximum:"86400000" doc:"Both are idle again within that; somebody is told otherwise"`
	Note     string     `json:"note,omitempty" maxLength:"1000" doc:"What is new in this revision"`
	State    State      `json:"state,omitempty" readOnly:"true" enum:"draft,approved,retired"`
	Authors  []string   `json:"authors,omitempty" readOnly:"true" doc:"Who wrote it; none of them approves it"`
	Moves    []Moved    `json:"moves,omitempty" readOnly:"true"`
}

// Moved is what somebody did to a revision.
type Moved struct {
	State State         `json:"state" enum:"draft,approved,retired"`
	At    plant.Instant `json:"at"`
	By    string        `json:"by"`
	Note  string        `json:"note,omitempty"`
}

// side is the machine of a party.
func (h *Handshake) side(p calc.Party) *Side {
	if p == calc.Giver {
		return &h.Giver
	}
	return &h.Taker
}

// input is a signal that a handshake listens to.
type input struct {
	party  calc.Party
	signal string
}

// inputs are all signals that a handshake listens to, each once.
func (h *Handshake) inputs() []input {
	var out []input
	add := func(p calc.Party, signal string) {
		if one := (input{p, signal}); !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	for _, s := range h.Steps {
		add(s.Party, s.Signal)
	}
	for _, a := range h.Aborts {
		add(a.Party, a.Signal)
	}
	return out
}

// spec is the handshake as its fold knows it.
func (h *Handshake) spec() calc.Spec {
	in := h.inputs()
	at := func(p calc.Party, signal string) int { return slices.Index(in, input{p, signal}) }
	out := calc.Spec{MaxAge: h.MaxAgeMs * 1000, Clear: h.ClearMs * 1000}
	for _, one := range in {
		out.Inputs = append(out.Inputs, calc.Input{Party: one.party})
	}
	for _, s := range h.Steps {
		out.Steps = append(out.Steps, calc.Step{Party: s.Party, Signal: at(s.Party, s.Signal), Value: s.Value, Within: s.WithinMs * 1000, Tells: s.Tell != nil, Stands: s.Stands, On: s.Safe.on()})
	}
	for _, a := range h.Aborts {
		out.Aborts = append(out.Aborts, calc.Abort{Party: a.Party, Signal: at(a.Party, a.Signal), Value: a.Value})
	}
	return out
}

// place is a set point of a machine.
type place struct {
	machine plant.NodeID
	signal  string
}

// tells are the set points that a handshake moves.
func (h *Handshake) tells() []place {
	var out []place
	for _, s := range h.Steps {
		if s.Tell == nil {
			continue
		}
		if one := (place{h.side(s.Party.Other()).Machine, s.Tell.Signal}); !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	return out
}

// check says what is wrong with a revision, and fills in what its machines and signals are
// called.
func (h *Handshake) check(giver, taker Machine) error {
	h.Owner, h.Note = strings.TrimSpace(h.Owner), strings.TrimSpace(h.Note)
	switch {
	case strings.TrimSpace(h.Name.ZH) == "" || len(h.Name.ZH) > maxName || len(h.Name.EN) > maxName:
		return invalid("a handshake has a Chinese name of at most %d bytes: write name.zh", maxName)
	case h.Owner == "":
		return invalid("somebody answers for a handshake: write the owner")
	case len(h.Note) > maxNote:
		return invalid("a note of %d bytes; %d are allowed", len(h.Note), maxNote)
	case kinds[h.Kind] == nil:
		return invalid("%q is no kind of handshake; transfer and call-off are", h.Kind)
	case giver.ID == taker.ID:
		return invalid("a machine hands nothing to itself: choose two machines")
	case len(h.Aborts) > maxAborts:
		return invalid("%d signals by which a machine gives up; %d are allowed", len(h.Aborts), maxAborts)
	}
	if err := h.times(); err != nil {
		return err
	}
	h.Giver, h.Taker = Side{giver.ID, giver.Path, giver.Name}, Side{taker.ID, taker.Path, taker.Name}
	of := map[calc.Party]Machine{calc.Giver: giver, calc.Taker: taker}
	for i := range h.Steps {
		if err := h.step(i, of); err != nil {
			return err
		}
	}
	for i := range h.Aborts {
		a := &h.Aborts[i]
		s, err := read(of[a.Party], a.Signal)
		if err != nil {
			return fmt.Errorf("%w (aborts[%d])", err, i)
		}
		a.Title = s.Title
	}
	if err := h.spec().Check(); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return nil
}

// times checks the names of steps and how long things may take.
func (h *Handshake) times() error {
	var names []string
	for _, s := range h.Steps {
		names = append(names, s.Name)
	}
	if want := kinds[h.Kind]; !slices.Equal(names, want) {
		return invalid("a %s has the steps %s, not %s", h.Kind, strings.Join(want, ", "), strings.Join(names, ", "))
	}
	ms := func(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
	for i, s := range h.Steps {
		if w := ms(s.WithinMs); i > 0 && (w < minWithin || w > maxWithin) {
			return invalid("%s within %s; %s to %s are allowed", s.Name, w, minWithin, maxWithin)
		}
	}
	switch age, clear := ms(h.MaxAgeMs), ms(h.ClearMs); {
	case age < minAge || age > maxAge:
		return invalid("signals unknown for up to %s; %s to %s are allowed", age, minAge, maxAge)
	case clear < minWithin || clear > maxWithin:
		return invalid("back to idle within %s; %s to %s are allowed", clear, minWithin, maxWithin)
	}
	return nil
}

// step checks one step and what tells the other side of it.
func (h *Handshake) step(i int, of map[calc.Party]Machine) error {
	s := &h.Steps[i]
	if s.Party != calc.Giver && s.Party != calc.Taker {
		return invalid("%s: %q is no party; giver and taker are", s.Name, s.Party)
	}
	seen, err := read(of[s.Party], s.Signal)
	if err != nil {
		return fmt.Errorf("%w (%s)", err, s.Name)
	}
	s.Title = seen.Title
	if s.Tell == nil {
		return nil
	}
	to := of[s.Party.Other()]
	set, err := written(to, s.Tell.Signal)
	if err != nil {
		return fmt.Errorf("%w (%s)", err, s.Name)
	}
	for _, v := range []float64{s.Tell.Value, s.Tell.Idle} {
		if set.Min != nil && v < *set.Min || set.Max != nil && v > *set.Max {
			return invalid("%s: the machine does not take %v for %s; its profile gives the limits", s.Name, v, set.Name)
		}
	}
	if s.Tell.Value == s.Tell.Idle {
		return invalid("%s: %s is set to %v and back to %v: nothing is told by that", s.Name, set.Name, s.Tell.Value, s.Tell.Idle)
	}
	for _, o := range h.Steps[:i] {
		if o.Tell != nil && o.Party == s.Party && o.Tell.Signal == s.Tell.Signal && o.Tell.Idle != s.Tell.Idle {
			return invalid("%s and %s set %s back to different values", o.Name, s.Name, set.Name)
		}
	}
	for _, o := range h.Steps {
		if o.Party == s.Party.Other() && o.Signal == s.Tell.Signal {
			return invalid("%s would be shown by %s, which zhigai sets itself: it would answer its own doing. Read what the machine says instead of its set point", o.Name, o.Signal)
		}
	}
	s.Tell.Title = set.Title
	return nil
}

func read(m Machine, name string) (Signal, error) {
	i := slices.IndexFunc(m.Signals, func(s Signal) bool { return s.Name == name })
	switch {
	case i < 0:
		return Signal{}, invalid("%q is no signal of %s; choose one of the machine's", name, m.Path)
	case !m.Signals[i].Number:
		return Signal{}, invalid("%s of %s is a text; a handshake reads numbers, switches and codes", name, m.Path)
	case m.Signals[i].Tag == 0:
		return Signal{}, invalid("%s of %s was never read; let the machine be connected first", name, m.Path)
	}
	return m.Signals[i], nil
}

func written(m Machine, name string) (Signal, error) {
	i := slices.IndexFunc(m.Signals, func(s Signal) bool { return s.Name == name })
	switch {
	case i < 0 || !m.Signals[i].Writable || m.Signals[i].Watchdog || !m.Signals[i].Number:
		return Signal{}, invalid("%q of %s is no set point; choose one that the machine's profile writes", name, m.Path)
	case m.Signals[i].Approve:
		return Signal{}, invalid("people approve each command to %s of %s; a machine does not wait for them: choose a set point without approval", name, m.Path)
	}
	return m.Signals[i], nil
}

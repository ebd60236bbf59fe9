// Package alarm is one list of everything in the workshop that is not as it should
// be: alarms that a machine's profile defines, limits that people set on signals,
// and findings of other rooms. Their life follows ISA-18.2 and IEC 62682: each
// comes, is acknowledged, returns to normal, and may be shelved, suppressed by
// design or taken out of service, every step of a person a fact with who and why.
//
// When a limit stands is decided in calc/alarm alone, for the past and the present
// by the same code. The room reads no machine by itself and knows neither orders
// nor charts: what other rooms find they tell by [Desk.Raise] and [Desk.Clear].
//
// Start with [Alarm], then [Limit] and [Desk].
package alarm

import (
	"errors"
	"fmt"
	"strings"

	"zhigai/plant"
)

// ErrInvalid is what cannot be done, in words for the asker.
var ErrInvalid = errors.New("alarm: not valid")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// Source says which room an alarm comes from.
type Source string

// Sources of this room. Findings bear the name of the room that told them.
const (
	FromProfile Source = "profile" // the kind of machine defines it
	FromLimit   Source = "limit"   // somebody set a limit on a signal
)

// State is where an alarm is in its life (ISA-18.2-2016 clause 5.7).
type State string

// States of an alarm.
const (
	Normal         State = "normal"
	Unacknowledged State = "unacknowledged" // it stands and nobody took it up
	Acknowledged   State = "acknowledged"   // it stands and somebody did
	Returned       State = "returned"       // it stands no more, and nobody took it up
	Shelved        State = "shelved"        // put aside by a person until an instant
	Suppressed     State = "suppressed"     // by design: it says nothing as things are
	OutOfService   State = "out_of_service" // switched off, for repair of what it watches
)

// Alarm is one occurrence of an alarm. What stands at the same place under the same
// ID is the same alarm.
type Alarm struct {
	Place    plant.NodeID  `json:"equipment" doc:"Machine or other node of the plant"`
	Path     string        `json:"path"`
	Name     plant.Name    `json:"name" doc:"Of the place"`
	ID       string        `json:"id" doc:"Within the place: of the machine's profile, limit/… of a limit, or source/key of a finding"`
	Source   Source        `json:"source" doc:"profile, limit, or the room that found it"`
	Text     plant.Name    `json:"text"`
	Priority int           `json:"priority" doc:"1 is the most urgent, 4 the least"`
	From     plant.Instant `json:"from"`
	To       plant.Instant `json:"to" doc:"Now while it stands"`
	Open     bool          `json:"open" doc:"Still standing; to is now"`
	Lost     bool          `json:"lost" doc:"Contact or a signal was lost at to: nobody knows whether it stood on"`
	Earlier  bool          `json:"earlier" doc:"It stood already at from, where the look began"`
	State    State         `json:"state" enum:"normal,unacknowledged,acknowledged,returned,shelved,suppressed,out_of_service"`
	Acked    *Ack          `json:"acked,omitempty"`
	Mode     *Mode         `json:"mode,omitempty" doc:"Why it is put aside"`
	Evidence string        `json:"evidence,omitempty" doc:"Path of the page that shows what was found"`
	Limit    *Broken       `json:"limit,omitempty" doc:"Of limits: what was broken and what to do"`
}

// Broken is the limit behind an alarm.
type Broken struct {
	ID          string      `json:"id"`
	Rev         int64       `json:"rev" doc:"The version that held then"`
	Tag         plant.TagNo `json:"tag"`
	Signal      string      `json:"signal"`
	Unit        string      `json:"unit,omitempty"`
	Kind        Kind        `json:"kind" enum:"hi,lo,rate,deviation"`
	Value       float64     `json:"value"`
	Peak        float64     `json:"peak" doc:"The worst that was measured while it stood"`
	Consequence plant.Name  `json:"consequence,omitzero"`
	Response    plant.Name  `json:"response,omitzero"`
	RespondS    int64       `json:"respond_s,omitempty"`
}

// Ack says who took an alarm up.
type Ack struct {
	By   string        `json:"by"`
	At   plant.Instant `json:"at"`
	Note string        `json:"note,omitempty"`
}

// key tells occurrences apart and sorts them by time.
func (a Alarm) key() string { return fmt.Sprintf("%020d.%s.%s", a.From, a.Place, a.ID) }

// same is the alarm, whatever the occurrence.
type same struct {
	place plant.NodeID
	id    string
}

func (a Alarm) same() same { return same{a.Place, a.ID} }

// settle says where in its life the alarm is.
func (a *Alarm) settle() {
	switch {
	case a.Mode != nil:
		a.State = a.Mode.State
	case a.Open && a.Acked == nil:
		a.State = Unacknowledged
	case a.Open:
		a.State = Acknowledged
	case a.Acked == nil:
		a.State = Returned
	default:
		a.State = Normal
	}
}

// words are what a search looks in.
func (a Alarm) words() string {
	return strings.ToLower(strings.Join([]string{a.ID, a.Text.ZH, a.Text.EN, a.Path, a.Name.ZH, a.Name.EN}, "\n"))
}

// checkPriority refuses what is not 1 to 4.
func checkPriority(p int) error {
	if p < 1 || p > 4 {
		return invalid("priority %d; write 1 (most urgent) to 4", p)
	}
	return nil
}

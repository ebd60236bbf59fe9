// Package display is what a control room sees at a glance: the displays of levels 1
// and 2 of ANSI/ISA-101.01. Level 1 is the whole plant, a tile for each area; level 2 is
// one of them, a tile for each machine, with loops, set points and interlocks. Levels 3
// and 4 are the pages of the machine, which the tiles lead to.
//
// It composes what other rooms know and decides nothing: machines, loops, rules,
// commands and alarms are told to it. What it keeps itself is which signals stand on a
// tile, and between which values they are normal. An old value is never shown as a
// present one: it says that it is stale, and since when.
//
// Start with [Overview], then [Desk.Overview].
package display

import (
	"errors"
	"fmt"

	"zhigai/access"
	"zhigai/fact/document"
	"zhigai/plant"
)

// ErrInvalid is what cannot be done, in words for the asker.
var ErrInvalid = errors.New("display: not valid")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

func conflict(format string, args ...any) error {
	return fmt.Errorf("%w: %s", access.ErrConflict, fmt.Sprintf(format, args...))
}

// KindLayout is a layout as it was saved, by its place.
const KindLayout document.Kind = "layout"

// Limits of what is shown at once.
const (
	// maxIndicators bounds a tile: more are not seen at a glance.
	maxIndicators = 12
	// chosenIndicators are on a tile that nobody laid out.
	chosenIndicators = 4
	// maxLayouts bounds the layouts of a tenant that are read at once.
	maxLayouts = 1000
)

// Choice is a signal that stands on a tile.
type Choice struct {
	Machine plant.NodeID `json:"equipment" minLength:"1" maxLength:"60"`
	Signal  string       `json:"signal" minLength:"1" maxLength:"100"`
	Low     *float64     `json:"low,omitempty" doc:"Smallest normal value, in the signal's unit; of the loop or the alarm limits when left out"`
	High    *float64     `json:"high,omitempty" doc:"Largest normal value"`
}

// Layout says which signals stand on the tile of a place, in which order.
type Layout struct {
	Place      plant.NodeID  `json:"place" minLength:"1" maxLength:"60"`
	Rev        int64         `json:"rev" doc:"Counts the changes; the one that was seen, 0 where nobody laid the tile out"`
	Indicators []Choice      `json:"indicators" maxItems:"12" nullable:"false" doc:"None: those are shown again that nobody needs to choose"`
	Path       string        `json:"path,omitempty" readOnly:"true"`
	By         string        `json:"by,omitempty" readOnly:"true"`
	At         plant.Instant `json:"at,omitempty" readOnly:"true"`
}

// Overview is a display as it is now.
type Overview struct {
	At      plant.Instant `json:"at"`
	Level   int           `json:"level" minimum:"1" maximum:"2" doc:"Of ISA-101: 1 all areas, 2 the machines of one"`
	Place   *At           `json:"place,omitempty" doc:"Of level 2"`
	Tiles   []Tile        `json:"tiles" nullable:"false" doc:"In order of path"`
	Alarms  Alarms        `json:"alarms" doc:"Of all tiles"`
	Rules   []Rule        `json:"rules" nullable:"false" doc:"Of what is looked at, on no tile"`
	Waiting int           `json:"waiting" doc:"Commands that wait for approval, of all tiles"`
}

// At is a place of the plant.
type At struct {
	ID    plant.NodeID `json:"id"`
	Path  string       `json:"path"`
	Name  plant.Name   `json:"name"`
	Level plant.Level  `json:"level"`
}

// Tile is one place at a glance.
type Tile struct {
	At
	States    States     `json:"states"`
	State     *State     `json:"state,omitempty" doc:"Of a machine"`
	Readings  []Reading  `json:"indicators" nullable:"false"`
	Loops     []Loop     `json:"loops" nullable:"false"`
	Rules     []Rule     `json:"rules" nullable:"false" doc:"That act, decide in shadow or suspended themselves"`
	Commands  Commands   `json:"commands"`
	Alarms    Alarms     `json:"alarms"`
	SetPoints []SetPoint `json:"set_points,omitempty" doc:"Of level 2"`
	Abnormal  int        `json:"abnormal" minimum:"0" maximum:"4" doc:"Priority of the worst that stands: 1 the most urgent, 0 nothing"`
	Stale     bool       `json:"stale" doc:"Something of it is not known now: contact is lost, or a value is old"`
	LaidOut   int64      `json:"layout_rev" doc:"Revision of the tile's layout; 0: nobody laid it out"`
	Own       bool       `json:"layout_own" doc:"Somebody chose the indicators"`
}

// States counts machines by what they do.
type States struct {
	Machines     int `json:"machines"`
	Executing    int `json:"executing"`
	NotExecuting int `json:"not_executing"`
	OutOfService int `json:"out_of_service"`
	NotAvailable int `json:"not_available"`
	Unknown      int `json:"unknown"`
	Lost         int `json:"lost" doc:"Without contact now, whatever they did last"`
}

// State is what a machine does.
type State struct {
	Code  string        `json:"code" enum:"NOT_AVAILABLE,OUT_OF_SERVICE,NOT_EXECUTING,EXECUTING,UNKNOWN"`
	Mode  string        `json:"mode" enum:"NONE,MAINTENANCE,SETUP,PROCESSING"`
	Since plant.Instant `json:"since,omitempty"`
	Link  bool          `json:"link" doc:"Contact with the device now"`
}

// Where a value lies.
const (
	Normal  = "normal"
	Low     = "low"
	High    = "high"
	Unbound = "unbound" // nobody said what is normal
	Stale   = "stale"   // it is not known now
)

// Where a normal range comes from.
const (
	FromLayout = "layout" // the engineer's
	FromLoop   = "loop"   // what may be asked of the loop that holds it
	FromLimits = "limits" // between the alarm limits
)

// Reading is a signal with the context in which it is judged.
type Reading struct {
	Machine     plant.NodeID  `json:"equipment"`
	Path        string        `json:"path" doc:"Of the machine"`
	MachineName plant.Name    `json:"equipment_name"`
	Signal      string        `json:"signal"`
	Tag         plant.TagNo   `json:"tag,omitempty"`
	Title       plant.Name    `json:"title"`
	Unit        string        `json:"unit,omitempty"`
	Value       *float64      `json:"value,omitempty" doc:"The last good one; where it is stale, it was so"`
	At          plant.Instant `json:"at,omitempty" doc:"When the device last said something of it"`
	Quality     string        `json:"quality"`
	Place       string        `json:"state" enum:"normal,low,high,unbound,stale"`
	Priority    int           `json:"priority,omitempty" doc:"Of the alarm that stands on it"`
	Low         *float64      `json:"low,omitempty" doc:"Normal range"`
	High        *float64      `json:"high,omitempty"`
	Basis       string        `json:"basis,omitempty" enum:"layout,loop,limits" doc:"Where the normal range comes from"`
	SP          *float64      `json:"sp,omitempty" doc:"Set point of the loop that holds it"`
	Marks       []Mark        `json:"marks" nullable:"false" doc:"Alarm limits"`
	ScaleLow    *float64      `json:"scale_low,omitempty" doc:"Between what the indicator is drawn"`
	ScaleHigh   *float64      `json:"scale_high,omitempty"`
	Trend       Trend         `json:"trend" doc:"The last hour"`
}

// Mark is an alarm limit.
type Mark struct {
	Kind     string  `json:"kind" enum:"hi,lo"`
	Value    float64 `json:"value"`
	Priority int     `json:"priority"`
}

// Trend is a signal's last hour in equal steps; null where nothing is known.
type Trend struct {
	From plant.Instant `json:"from"`
	To   plant.Instant `json:"to"`
	Min  []*float64    `json:"min" nullable:"false"`
	Max  []*float64    `json:"max" nullable:"false"`
}

// Commands counts what is under way.
type Commands struct {
	Open    int `json:"open" doc:"Checked or sent, not read back yet"`
	Waiting int `json:"waiting" doc:"For somebody's approval"`
}

// Alarms counts what stands and is not put aside.
type Alarms struct {
	P1      int    `json:"p1"`
	P2      int    `json:"p2"`
	P3      int    `json:"p3"`
	P4      int    `json:"p4"`
	Unacked int    `json:"unacknowledged"`
	Worst   *Alarm `json:"worst,omitempty" doc:"The most urgent, of these the newest"`
}

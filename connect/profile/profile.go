// Package profile reads what a kind of machine is from one strict YAML file:
// its signals and their addresses, its states, counters, alarms and set
// points. A device is a profile plus an address; a new kind of machine is a
// new file, never code.
//
// The package touches no network. Start with [Parse] and [Profile].
package profile

import (
	"time"

	"zhigai/plant"
)

// Schema is the first line every profile carries.
const Schema = "zhigai.profile/1"

// Profile is one kind of machine.
type Profile struct {
	Schema  string     `yaml:"schema"`
	ID      string     `yaml:"id"` // stable; a new version never changes the meaning of a signal
	Version int        `yaml:"version"`
	Base    string     `yaml:"base,omitempty"` // id of the profile this one extends
	Bases   []string   `yaml:"-"`              // those it was joined with, the nearest first
	Vendor  string     `yaml:"vendor"`
	Models  []string   `yaml:"models,omitempty"`
	Class   string     `yaml:"class"` // lathe, grinder, furnace, robot, meter ...
	Title   plant.Name `yaml:"title"`
	// Source names the document, page or file the addresses were read from.
	Source   string `yaml:"source"`
	Verified string `yaml:"verified"` // read, derived or unverified
	// Requirements are what must be wired or set on the device before it
	// answers; Caveats what its readings are not good for.
	Requirements plant.Name   `yaml:"requirements,omitempty"`
	Caveats      []plant.Name `yaml:"caveats,omitempty"`
	Protocol     string       `yaml:"protocol"` // a driver's kind, or a family: modbus
	Link         Link         `yaml:"link,omitempty"`
	Params       []Param      `yaml:"params,omitempty"`
	Signals      []Signal     `yaml:"signals"`
	Derived      []Derive     `yaml:"derived,omitempty"`
	States       []State      `yaml:"states,omitempty"`
	Counters     Counters     `yaml:"counters,omitempty"`
	Alarms       []Alarm      `yaml:"alarms,omitempty"`
	// Reasons translate the machine's own stop codes (the values of
	// stop.reason) to the plant's stop reasons.
	Reasons  map[int64]string `yaml:"reasons,omitempty"`
	Identify []Identify       `yaml:"identify,omitempty"`
}

// Link is how the device likes to be spoken to.
type Link struct {
	Timeout      Duration `yaml:"timeout,omitempty"`       // one request; default 1s
	Retries      int      `yaml:"retries,omitempty"`       // default 1
	Gap          Duration `yaml:"gap,omitempty"`           // pause between requests
	MaxRegisters int      `yaml:"max_registers,omitempty"` // one Modbus request; default 125
	MaxGapFill   int      `yaml:"max_gap_fill,omitempty"`  // unwanted registers read to join two blocks; default 8
}

// Signal is one value of the device.
type Signal struct {
	Name   string        `yaml:"name"` // neutral vocabulary
	Title  plant.Name    `yaml:"title,omitempty"`
	Kind   plant.TagKind `yaml:"kind"`
	At     string        `yaml:"at"` // address in the driver's words: "holding 52 float32 CDAB"
	Scale  *float64      `yaml:"scale,omitempty"`
	Offset float64       `yaml:"offset,omitempty"`
	Unit   string        `yaml:"unit,omitempty"` // UCUM, as it is stored
	// DeviceUnit is what the device gives, when it is not Unit: raw × scale +
	// offset is in it, and is converted.
	DeviceUnit string               `yaml:"device_unit,omitempty"`
	Period     Duration             `yaml:"period,omitempty"` // default 1s
	Deadband   Deadband             `yaml:"deadband,omitempty"`
	Min        *float64             `yaml:"min,omitempty"` // outside: bad, raw bytes kept
	Max        *float64             `yaml:"max,omitempty"`
	Invalid    []float64            `yaml:"invalid,omitempty"` // the device's "no value" codes, before scaling
	Values     map[int64]plant.Name `yaml:"values,omitempty"`  // names of an enumeration
	Retention  plant.Retention      `yaml:"retention,omitempty"`
	Write      *Write               `yaml:"write,omitempty"`
}

// Deadband keeps small changes out of history. A value is stored when it
// moved by Abs or by Rel of the last stored one, or when Silence has passed.
type Deadband struct {
	Abs     float64  `yaml:"abs,omitempty"`
	Rel     float64  `yaml:"rel,omitempty"`
	Silence Duration `yaml:"silence,omitempty"`
}

// Write makes a signal a set point.
type Write struct {
	At        string   `yaml:"at,omitempty"` // when it differs from where it is read
	Min       *float64 `yaml:"min"`
	Max       *float64 `yaml:"max"`
	MaxStep   float64  `yaml:"max_step,omitempty"` // largest change in one command
	MaxRate   float64  `yaml:"max_rate,omitempty"` // largest sum of changes by commands in a minute
	Tolerance float64  `yaml:"tolerance,omitempty"`
	Within    Duration `yaml:"within,omitempty"` // time for the read-back; default 2s
	// Approve is how many other people say yes before a command is sent: 0, 1 or 2.
	Approve int `yaml:"approve,omitempty"`
	// Interlock must hold for a command to be sent.
	Interlock *Lock `yaml:"interlock,omitempty"`
	// Watchdog takes numbers that say that somebody who holds the machine is alive: each
	// is another than the one before, and the machine reacts by itself when they stay
	// away. Nothing else is written there.
	Watchdog bool `yaml:"watchdog,omitempty"`
}

// Lock is a condition on the machine's signals, and what it means.
type Lock struct {
	When string     `yaml:"when"` // CEL, boolean: true lets a command through
	Text plant.Name `yaml:"text"` // what must hold: spindle stands still
}

// Derive is a signal calculated from others.
type Derive struct {
	Name  string        `yaml:"name"`
	Title plant.Name    `yaml:"title,omitempty"`
	Kind  plant.TagKind `yaml:"kind"`
	Unit  string        `yaml:"unit,omitempty"`
	Expr  string        `yaml:"expr"` // CEL
}

// State is one rule; the first whose When is true decides. Signals stand in
// expressions under their name with "." as it is: machine.running; the device's
// numbers and switches among the parameters as param.NAME: power.active > param.run_above.
type State struct {
	When string `yaml:"when"` // CEL, boolean; "true" as the last rule
	Item string `yaml:"item"` // NOT_AVAILABLE, OUT_OF_SERVICE, NOT_EXECUTING, EXECUTING
	Mode string `yaml:"mode"` // NONE, MAINTENANCE, SETUP, PROCESSING
}

// Counters say which signals count parts. Total may stand in for good or
// scrap: the missing one is the difference.
type Counters struct {
	Good   *Counter `yaml:"good,omitempty"`
	Scrap  *Counter `yaml:"scrap,omitempty"`
	Rework *Counter `yaml:"rework,omitempty"`
	Total  *Counter `yaml:"total,omitempty"`
	Energy *Counter `yaml:"energy,omitempty"` // kWh
}

// Counter is a signal that counts up.
type Counter struct {
	Signal string  `yaml:"signal"`
	Modulo float64 `yaml:"modulo,omitempty"` // value after the highest: 65536; 0 never rolls over
	// MaxStep is the largest believable increase between two samples; more is
	// a jump, recorded and not counted. 0 believes all.
	MaxStep float64 `yaml:"max_step,omitempty"`
	// Per names the parameter that says how many counts make one part: pulses of
	// a proximity switch. Without it each count is a part.
	Per    string `yaml:"per,omitempty"`
	Pulses int64  `yaml:"-"` // of one device, see [Counters.With]; 0 and 1: each
}

// Alarm is a condition with a text.
type Alarm struct {
	ID       string     `yaml:"id"`
	When     string     `yaml:"when"`     // CEL, boolean
	Priority int        `yaml:"priority"` // 1 highest ... 4
	Text     plant.Name `yaml:"text"`
	Reason   string     `yaml:"reason,omitempty"` // stop reason it gives while it stands
}

// Identify recognises a device: the value read at At matches the expression.
type Identify struct {
	At    string        `yaml:"at"`
	Kind  plant.TagKind `yaml:"kind"`
	Match string        `yaml:"match"` // regular expression on the value as text
	// As says what else the value is: vendor, product, version or serial of the
	// device. The serial number tells a device that moved from a new one.
	As string `yaml:"as,omitempty"`
}

// Duration is written 500ms, 1s, 5m.
type Duration time.Duration

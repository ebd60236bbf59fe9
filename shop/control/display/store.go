package display

import (
	"context"

	"zhigai/access"
	"zhigai/fact/document"
	"zhigai/plant"
)

// Store keeps layouts.
type Store = document.Store

// Signal is what a machine tells, or takes.
type Signal struct {
	Name     string
	Title    plant.Name
	Unit     string
	Tag      plant.TagNo // 0: it was never read
	Number   bool        // a measured number: no counter, text, code or switch
	Min, Max *float64    // outside of it a value is bad
	SetPoint *SetPoint   // nil: it cannot be set
}

// SetPoint is what of a machine can be set.
type SetPoint struct {
	Signal    string      `json:"signal"`
	Title     plant.Name  `json:"title"`
	Unit      string      `json:"unit,omitempty"`
	Value     *float64    `json:"value,omitempty" doc:"As the machine last said"`
	Stale     bool        `json:"stale"`
	Min       *float64    `json:"min,omitempty"`
	Max       *float64    `json:"max,omitempty"`
	Approve   int         `json:"approve,omitempty" doc:"So many other people approve a command for it"`
	Interlock *plant.Name `json:"interlock,omitempty" doc:"What must hold for a command to be sent"`
	Writing   bool        `json:"writing" doc:"Writing is switched on for the device"`
}

// Place is a node of the plant as it is now.
type Place struct {
	At
	Machine bool
}

// Plant knows the places and what their machines tell.
type Plant interface {
	// Places are all within the scope, in order of path, and what lies above them.
	Places(ctx context.Context, scope access.Scope) ([]Place, error)
	// Signals are those of a machine; access.ErrNotFound without.
	Signals(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID) ([]Signal, error)
}

// Value is the last value of a signal. Number is nil where it is none, or bad.
type Value struct {
	Number  *float64
	Quality string
	Good    bool
	At      plant.Instant
}

// Live is a machine as it is now.
type Live struct {
	State
	Excluded bool
	Values   map[string]Value // by signal
}

// Loop is a control loop as it stands.
type Loop struct {
	ID       string       `json:"id"`
	Name     plant.Name   `json:"name"`
	Mode     string       `json:"mode" enum:"off,manual,auto,tuning,suspended"`
	Machine  plant.NodeID `json:"equipment"`
	Held     plant.NodeID `json:"pv_equipment" doc:"Whose signal it holds"`
	Signal   string       `json:"pv_signal"`
	Output   string       `json:"output_signal"`
	Unit     string       `json:"unit,omitempty"`
	OutUnit  string       `json:"output_unit,omitempty"`
	PV       *float64     `json:"pv,omitempty"`
	SP       *float64     `json:"sp,omitempty"`
	Out      *float64     `json:"output,omitempty"`
	Low      float64      `json:"sp_low" doc:"Smallest set point that may be asked for"`
	High     float64      `json:"sp_high"`
	Reason   string       `json:"reason,omitempty" doc:"Why it suspended itself, or what it cannot read"`
	Path     string       `json:"path" doc:"Of the machine whose set point it moves"`
	Watchdog bool         `json:"watchdog" doc:"The machine sees by it whether the loop is alive"`
}

// Rule is a rule that acts, decides in shadow, or suspended itself.
type Rule struct {
	ID       string        `json:"id"`
	Name     plant.Name    `json:"name"`
	State    string        `json:"state" enum:"shadow,active,suspended"`
	Path     string        `json:"path"`
	Standing plant.Instant `json:"standing,omitempty" doc:"It fired then and stands"`
	Last     plant.Instant `json:"last,omitempty" doc:"When it last fired, of the latest firings of all rules"`
	Blind    bool          `json:"blind" doc:"Its condition cannot be told now"`
}

// Command is one that has no end yet.
type Command struct {
	Path    string // of its machine
	Waiting bool   // for approval
}

// Alarm is one that is in sight.
type Alarm struct {
	Place    plant.NodeID  `json:"equipment"`
	Path     string        `json:"path"`
	ID       string        `json:"id"`
	Text     plant.Name    `json:"text"`
	Priority int           `json:"priority"`
	From     plant.Instant `json:"from"`
	Unacked  bool          `json:"unacknowledged"`
	Tag      plant.TagNo   `json:"tag,omitempty" doc:"Whose limit is broken"`
}

// Limit is a live alarm limit on a signal.
type Limit struct {
	Machine plant.NodeID
	Signal  string
	Mark
}

// Rooms tell what others know within a scope. What they answer may be changed.
type Rooms interface {
	Live(ctx context.Context, scope access.Scope) (map[plant.NodeID]Live, error)
	Loops(ctx context.Context, scope access.Scope) ([]Loop, error)
	Rules(ctx context.Context, scope access.Scope) ([]Rule, error)
	Commands(ctx context.Context, scope access.Scope) ([]Command, error)
	// Alarms are those that stand and are not put aside.
	Alarms(ctx context.Context, scope access.Scope) ([]Alarm, error)
	// Limits are those live that say high or low.
	Limits(ctx context.Context, scope access.Scope) ([]Limit, error)
}

// Trends reads what signals did.
type Trends interface {
	// Trend is the least and the greatest good value of each of n equal steps of [from,
	// to); nil where there was none.
	Trend(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, n int) (low, high []*float64, err error)
}

// Package figure makes every number that is shown: definitions as data,
// windows, folds over facts, revisions and the evidence behind them. It knows
// no machine; what turns facts into terms is a [Folder].
//
// Start with [Definition] (what a figure is), [Engine.Query] (its values),
// [Engine.Children] and [Engine.Evidence] (what made them) and [Engine.Run]
// (what keeps them up to date).
package figure

import (
	"context"
	"errors"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
)

// Errors of this package; test with errors.Is.
var (
	ErrNoDefinition = errors.New("figure: no such definition")
	ErrNoNode       = errors.New("figure: no such node in this scope")
	ErrTooMuch      = errors.New("figure: the question is too large")
	ErrInvalid      = errors.New("figure: the question is not valid")
	// ErrGone is a Feed's: batches behind the cursor are no longer kept.
	ErrGone = errors.New("figure: batches are no longer kept")
	// ErrNotKeeper is a Store's: another process keeps the figures now.
	ErrNotKeeper = errors.New("figure: another replica keeps the figures; ask it")
)

// Figure is one number with everything that says what it is.
type Figure struct {
	Value      *float64 `json:"value"`            // null when Reason says why
	Reason     string   `json:"reason,omitempty"` // no_planned_time, no_production ...
	Unit       string   `json:"unit"`
	Definition Ref      `json:"definition"`
	Scope      Scope    `json:"scope"`
	Window     Span     `json:"window"`
	// Coverage is known planned time ÷ planned time; null when none is planned.
	Coverage *float64 `json:"coverage"`
	// Provisional figures may still change by themselves: their window is not
	// closed yet, or too little of it is known.
	Provisional bool             `json:"provisional"`
	Revision    int              `json:"revision"` // 0 while open; the highest of its base windows
	AsOf        plant.Micros     `json:"as_of"`
	Terms       map[string]int64 `json:"terms"`
	Flags       []string         `json:"flags,omitempty"` // open, low_coverage, and those of the definition
}

// Ref names a version of a definition.
type Ref struct {
	ID      string     `json:"id"`
	Version int        `json:"version"`
	Name    plant.Name `json:"name"`
	Digits  int        `json:"digits"`
	Better  string     `json:"better"`
}

// Scope is what a figure is about: all machines at or below a node, of all
// products and shifts unless one is named.
type Scope struct {
	Path    string       `json:"path"`
	Node    plant.NodeID `json:"node,omitempty"`
	Level   plant.Level  `json:"level,omitempty"`
	Name    plant.Name   `json:"name"`
	Product *string      `json:"product,omitempty"`
	Shift   *string      `json:"shift,omitempty"`
}

// Span is a window of a kind.
type Span struct {
	Kind  Kind         `json:"kind"`
	From  plant.Micros `json:"from"`
	To    plant.Micros `json:"to"`
	Shift string       `json:"shift,omitempty"` // code, of a shift window
}

// Folded is what a fold over the facts of one base window gives.
type Folded struct {
	Rows []Row
	// Version names every rule that had a say: fold, profile, tables.
	Version string
}

// Touch says that facts came which may change what machine Node did in
// [From, To).
type Touch struct {
	Node     plant.NodeID
	From, To plant.Micros
}

// Folder turns facts into terms. It is pure but for reading: the same facts
// and plant give the same rows. Methods may be called concurrently.
type Folder interface {
	// Model is the plant as valid at the instant, within the scope, parents
	// first, with the nodes that enclose the scope.
	Model(ctx context.Context, scope access.Scope, at plant.Micros) (plant.Model, error)
	// Version is what Fold would report for the machine, without folding.
	Version(ctx context.Context, tenant plant.TenantNo, node plant.NodeID, base Base) (string, error)
	// Fold folds the machine's facts in [base.From, min(base.To, upto)).
	Fold(ctx context.Context, tenant plant.TenantNo, node plant.NodeID, base Base, upto plant.Micros) (Folded, error)
	// Evidence is what Fold read, for a person to fold again.
	Evidence(ctx context.Context, tenant plant.TenantNo, node plant.NodeID, base Base, upto plant.Micros) (Evidence, error)
	// Touched tells which machines and times the facts may change.
	Touched(ctx context.Context, tenant plant.TenantNo, batch plant.Batch, events []fact.Event) ([]Touch, error)
}

// Evidence is everything that made the terms of one machine's base window.
type Evidence struct {
	Scope     Scope          `json:"scope"`
	Window    Span           `json:"window"`
	Upto      plant.Micros   `json:"upto"` // folded up to here; the window's end once that has passed
	Revision  int            `json:"revision"`
	AsOf      plant.Micros   `json:"as_of"`
	Digest    string         `json:"digest"`
	Fold      string         `json:"fold"`
	Profile   string         `json:"profile"`
	Version   int            `json:"profile_version"`
	Rows      []Row          `json:"rows"`
	Inputs    []Input        `json:"inputs"`
	Events    []fact.Event   `json:"events"`
	Operation []plant.Span   `json:"operation"` // planned operation time
	Busy      []plant.Span   `json:"busy"`      // planned busy time
	Cycles    []plant.Cycle  `json:"cycles"`    // planned run times per unit
	Intervals []Interval     `json:"intervals"`
	Counts    []CountedParts `json:"counts"`
	Notes     []string       `json:"notes,omitempty"` // anomalies that were not counted
}

// Input is a range of one tag that was read.
type Input struct {
	Tag     plant.TagNo  `json:"tag"`
	Name    string       `json:"name"`
	Unit    string       `json:"unit,omitempty"`
	From    plant.Micros `json:"from"`
	To      plant.Micros `json:"to"`
	Samples int          `json:"samples"`         // in [From, To)
	Carry   plant.Micros `json:"carry,omitempty"` // time of the value that held at From, 0 when there was none
}

// Interval is time in which nothing about the machine changed.
type Interval struct {
	From    plant.Micros `json:"from"`
	To      plant.Micros `json:"to"`
	State   string       `json:"state"`
	Class   string       `json:"class"`
	Source  string       `json:"source"`
	Reason  string       `json:"reason,omitempty"`
	SaidBy  string       `json:"said_by,omitempty"`
	Product string       `json:"product,omitempty"`
	Order   string       `json:"order,omitempty"`
	Shift   string       `json:"shift,omitempty"`
}

// CountedParts are parts counted at an instant and the planned run time per
// unit that they were valued with.
type CountedParts struct {
	At      plant.Micros `json:"at"`
	Product string       `json:"product"`
	Good    int64        `json:"good"`
	Scrap   int64        `json:"scrap"`
	Rework  int64        `json:"rework"`
	PRUms   int64        `json:"pru_ms"` // 0: none was valid
}

// Package authenticity examines what a plant's machines said on a day for signs
// that it did not come from them, and keeps the suspicions with what people said
// of them. Every suspicion, answer and decision is a fact.
//
// It accuses nobody and changes no sample: a day under suspicion does not count
// as a connected one until a person has dismissed it. The formulas are those of
// calc/authenticity.
//
// Start with [Desk.Examine] and [Desk.List].
package authenticity

import (
	"context"
	"errors"
	"fmt"
	"time"

	"zhigai/calc/authenticity"
	"zhigai/fact"
	"zhigai/plant"
)

// ErrInvalid is what cannot be said of a suspicion; test with errors.Is.
var ErrInvalid = errors.New("authenticity: not valid")

// ErrNotFound is a suspicion that is not there.
var ErrNotFound = errors.New("authenticity: no such suspicion")

// ErrElsewhere is a decision that is made at a node above.
var ErrElsewhere = errors.New("authenticity: decided at the node above")

// Machine is what an examination must know of a machine.
type Machine struct {
	Node   plant.NodeID
	Owner  plant.NodeID // its enterprise
	Path   string
	Link   string // what its device is reached through; "" shares nothing
	Tags   []plant.Tag
	Cycles []plant.Cycle
	Writes map[string]bool // names of signals that are set, not measured
	// OwnClock says that instants come from the device, not from our question.
	OwnClock bool
}

// Interval is time in one state.
type Interval struct {
	From, To plant.Micros
	Known    bool
	Runs     bool // executing
}

// Parts were counted at an instant.
type Parts struct {
	At plant.Micros
	N  int64
}

// Sources are what the plant recorded. Methods may be called concurrently.
type Sources interface {
	// Samples yields a tag's samples in [from, to), in order.
	Samples(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, yield func(plant.Sample) bool) error
	// Intervals say what the machine did in [from, to), and Parts what it made.
	Intervals(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Micros) ([]Interval, error)
	Parts(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Micros) ([]Parts, error)
	// Clocks are the instants in [from, to) at which the device's clock was not
	// believed.
	Clocks(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Micros) ([]authenticity.Reading, error)
}

// Sketches are kept so that later days are compared with them.
type Sketches interface {
	// SaveSketch keeps the sketch of a machine's day in place of an earlier one.
	SaveSketch(ctx context.Context, tenant plant.TenantNo, s authenticity.Labelled) error
	// SketchesSince lists those of days from the date on.
	SketchesSince(ctx context.Context, tenant plant.TenantNo, date string) ([]authenticity.Labelled, error)
	// DropSketches forgets those of days before the date.
	DropSketches(ctx context.Context, tenant plant.TenantNo, date string) error
}

// State of a suspicion.
type State string

const (
	Open      State = "open"      // nobody has said anything
	Contested State = "contested" // the firm says why it is as it is
	Upheld    State = "upheld"    // decided: the day does not count
	Dismissed State = "dismissed" // decided: the day counts
)

// Suspicion is a reason to look at a machine's day, with what was said of it.
type Suspicion struct {
	ID      string       `json:"id"`
	Machine plant.NodeID `json:"machine"`
	Path    string       `json:"path"`
	fact.Suspicion
	State State  `json:"state" enum:"open,contested,upheld,dismissed"`
	Said  []Said `json:"said" nullable:"false"` // oldest first
	Above bool   `json:"above,omitempty" doc:"Decided at the node above this one"`
}

// Said is an answer or a decision.
type Said struct {
	At   plant.Micros `json:"at"`
	By   string       `json:"by"`
	What State        `json:"what" enum:"contested,upheld,dismissed"`
	Text string       `json:"text"`
}

// Counts reports whether a day under the suspicion counts as connected.
func (s Suspicion) Counts() bool { return s.State == Dismissed }

// Options of a desk; all are required.
type Options struct {
	Sources  Sources
	Sketches Sketches
	Journal  fact.Journal
	Now      func() time.Time
	// Above reports whether a node above decides what the signs are worth.
	Above func(tenant plant.TenantNo) bool
}

// Desk examines days and keeps suspicions. Its methods may be called
// concurrently.
type Desk struct{ o Options }

// NewDesk makes a desk.
func NewDesk(o Options) *Desk { return &Desk{o} }

// compareDays is how far back a day is compared: a replay is usually of the last
// weeks, and a sketch of 8 kB a machine day is kept no longer.
const compareDays = 31

// Examine looks at one local day of machines and records what it finds, once
// however often it looks. It returns how many suspicions are new.
func (d *Desk) Examine(ctx context.Context, tenant plant.TenantNo, date string, span plant.Span, machines []Machine) (int, error) {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return 0, fmt.Errorf("%w: date %q; write 2022-05-31", ErrInvalid, date)
	}
	var events []fact.Event
	byNode := map[string]Machine{}
	for _, m := range machines {
		said, err := d.gather(ctx, tenant, m, span)
		if err != nil {
			return 0, fmt.Errorf("authenticity of %s, %s: %w", m.Path, date, err)
		}
		steps, err := d.steps(ctx, tenant, m, span)
		if err != nil {
			return 0, fmt.Errorf("authenticity of %s, %s: %w", m.Path, date, err)
		}
		for _, f := range append(authenticity.Check(said), steps...) {
			events = append(events, suspect(m, date, f))
		}
		byNode[string(m.Node)] = m
		l := authenticity.Labelled{Owner: string(m.Owner), Machine: string(m.Node), Link: m.Link, Day: date, Sketch: authenticity.SketchOf(said)}
		if err := d.o.Sketches.SaveSketch(ctx, tenant, l); err != nil {
			return 0, err
		}
	}
	first := day.AddDate(0, 0, -compareDays).Format(time.DateOnly)
	sketches, err := d.o.Sketches.SketchesSince(ctx, tenant, first)
	if err != nil {
		return 0, err
	}
	for _, p := range authenticity.Pairs(sketches) {
		a, b := sketches[p.A], sketches[p.B]
		if m, ok := byNode[b.Machine]; ok && b.Day == date {
			events = append(events, paired(m, date, p, a, b))
		}
		if m, ok := byNode[a.Machine]; ok && a.Day == date && a.Machine != b.Machine {
			events = append(events, paired(m, date, p, b, a))
		}
	}
	if err := d.o.Sketches.DropSketches(ctx, tenant, first); err != nil {
		return 0, err
	}
	return d.record(ctx, tenant, events)
}

// record appends those that are not there yet: a source and its only number
// name each.
func (d *Desk) record(ctx context.Context, tenant plant.TenantNo, events []fact.Event) (int, error) {
	if len(events) == 0 {
		return 0, nil
	}
	stored, err := d.o.Journal.Append(ctx, tenant, events...)
	if err != nil {
		return 0, fmt.Errorf("authenticity: record suspicions: %w", err)
	}
	return len(stored), nil
}

func suspect(m Machine, date string, f authenticity.Finding) fact.Event {
	payload := fact.Suspicion{
		Kind: string(f.Kind), Date: date, Signal: f.Signal, From: plant.Micros(f.Span.From), To: plant.Micros(f.Span.To), Share: f.Share, Got: f.Got, Limit: f.Limit,
	}
	e := fact.New(fact.KindSuspicion, m.Node, payload.From.Time(), fmt.Sprintf("authenticity:%s:%s:%s:%s:%d", m.Node, date, f.Kind, f.Signal, f.Span.From), payload)
	e.SourceSeq = 1
	return e
}

func paired(m Machine, date string, p authenticity.Pair, other, own authenticity.Labelled) fact.Event {
	payload := fact.Suspicion{
		Kind: string(p.Kind), Date: date, Other: plant.NodeID(other.Machine), OtherDate: other.Day, Share: p.Likeness.Share,
		Got: float64(max(p.Likeness.Shapes, p.Likeness.Clocks)), Limit: authenticity.SharedFrom,
	}
	at, _ := time.Parse(time.DateOnly, own.Day) // Examine has read it
	e := fact.New(fact.KindSuspicion, m.Node, at, fmt.Sprintf("authenticity:%s:%s:%s:%s:%s", m.Node, date, p.Kind, other.Machine, other.Day), payload)
	e.SourceSeq = 1
	return e
}

package trial

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Options of a desk. All are required.
type Options struct {
	Store      Store
	Places     Places
	Inspection Inspection
	NewID      func() string
	Now        func() time.Time
}

// Desk is where experiments are planned, entered and read. Its methods may be called
// concurrently.
type Desk struct{ o Options }

// NewDesk makes a desk.
func NewDesk(o Options) *Desk { return &Desk{o} }

func (d *Desk) now() plant.Instant { return plant.InstantOf(d.o.Now()) }

// Plan makes an experiment with its list of runs.
func (d *Desk) Plan(ctx context.Context, who access.Principal, n New) (Experiment, error) {
	e, err := d.make(ctx, who, n, access.Engineer)
	if err != nil {
		return Experiment{}, err
	}
	if n.Key != "" { // the sender did not hear that it was taken
		if old, err := d.o.Store.KeyedExperiment(ctx, who.Scope.Tenant, who.Name, n.Key); !errors.Is(err, access.ErrNotFound) {
			return old, err
		}
	}
	e.ID = d.o.NewID()
	return d.keep(ctx, who, e, 0, Entry{What: "planned"})
}

// Try makes the list of runs and keeps nothing.
func (d *Desk) Try(ctx context.Context, who access.Principal, n New) (Experiment, error) {
	return d.make(ctx, who, n, access.Read)
}

func (d *Desk) make(ctx context.Context, who access.Principal, n New, right access.Permission) (Experiment, error) {
	path, name, err := d.o.Places.Place(ctx, who.Scope.Tenant, n.Place)
	switch {
	case err != nil:
		return Experiment{}, err
	case !who.Scope.Allows(path):
		return Experiment{}, fmt.Errorf("%w: place %s", access.ErrNotFound, n.Place)
	case !who.May(right, path):
		return Experiment{}, fmt.Errorf("%w: experiments at %s", access.ErrForbidden, path)
	}
	n.Goal = strings.TrimSpace(n.Goal)
	if err := n.check(); err != nil {
		return Experiment{}, err
	}
	e := Experiment{New: n, Path: path, PlaceName: name, State: Planned, By: who.Name, Log: []Entry{}}
	return e, e.plan()
}

// keep stores the next revision with the change that made it.
func (d *Desk) keep(ctx context.Context, who access.Principal, e Experiment, seen int64, what Entry) (Experiment, error) {
	what.At, what.By = d.now(), who.Name
	e.Rev, e.At, e.Log = seen+1, what.At, append(slices.Clip(e.Log), what)
	return e, d.o.Store.SaveExperiment(ctx, who.Scope.Tenant, e, seen)
}

// Experiment is one that the asker sees.
func (d *Desk) Experiment(ctx context.Context, who access.Principal, id string) (Experiment, error) {
	e, err := d.o.Store.Experiment(ctx, who.Scope.Tenant, id)
	if err == nil && !who.Scope.Allows(e.Path) {
		return Experiment{}, fmt.Errorf("%w: experiment %s", access.ErrNotFound, id)
	}
	return e, err
}

// Experiments lists those within a scope, the newest first.
func (d *Desk) Experiments(ctx context.Context, f Filter) ([]Experiment, error) {
	return d.o.Store.Experiments(ctx, f)
}

// load is an experiment that the asker may change, as it was seen.
func (d *Desk) load(ctx context.Context, who access.Principal, id string, right access.Permission, seen int64) (Experiment, error) {
	e, err := d.Experiment(ctx, who, id)
	switch {
	case err != nil:
		return Experiment{}, err
	case !who.May(right, e.Path):
		return Experiment{}, fmt.Errorf("%w: experiments at %s", access.ErrForbidden, e.Path)
	case e.Rev != seen:
		return Experiment{}, fmt.Errorf("the experiment has revision %d, not %d: %w", e.Rev, seen, access.ErrConflict)
	}
	return e, nil
}

// Entered is what came of a run.
type Entered struct {
	Rev     int64         `json:"rev" doc:"The revision of the experiment that was seen"`
	Actual  []*float64    `json:"actual,omitempty" maxItems:"15" doc:"What was really set, of each factor; as planned when null or left out"`
	Results []*float64    `json:"results,omitempty" maxItems:"5" doc:"Of each response; null: what was measured of its characteristic from and to"`
	Order   string        `json:"order,omitempty" maxLength:"40"`
	From    plant.Instant `json:"from,omitempty"`
	To      plant.Instant `json:"to,omitempty"`
	Note    string        `json:"note,omitempty" maxLength:"1000"`
}

// Enter keeps what came of a run. Entered again, the later counts; what was said
// before stays a fact.
func (d *Desk) Enter(ctx context.Context, who access.Principal, id string, no int, n Entered) (Experiment, error) {
	e, err := d.load(ctx, who, id, access.Report, n.Rev)
	if err != nil {
		return Experiment{}, err
	}
	e.Runs = slices.Clone(e.Runs)
	switch {
	case !e.State.open():
		return Experiment{}, invalid("the experiment is %s: nothing is entered any more", e.State)
	case no < 1 || no > len(e.Runs):
		return Experiment{}, fmt.Errorf("%w: run %d of %d", access.ErrNotFound, no, len(e.Runs))
	case len(n.Actual) != 0 && len(n.Actual) != len(e.Factors):
		return Experiment{}, invalid("%d settings of %d factors", len(n.Actual), len(e.Factors))
	case len(n.Results) != 0 && len(n.Results) != len(e.Responses):
		return Experiment{}, invalid("%d results of %d responses", len(n.Results), len(e.Responses))
	case n.To != 0 && n.To <= n.From:
		return Experiment{}, invalid("the run ends before it begins")
	}
	r := &e.Runs[no-1]
	r.Actual, r.Results = make([]*float64, len(e.Factors)), make([]*float64, len(e.Responses))
	copy(r.Actual, n.Actual)
	copy(r.Results, n.Results)
	r.Order, r.From, r.To, r.Note = strings.TrimSpace(n.Order), n.From, n.To, strings.TrimSpace(n.Note)
	r.By, r.At = who.Name, d.now()
	for k, p := range e.Responses {
		if r.Results[k] != nil || p.Characteristic == "" || r.To == 0 {
			continue
		}
		mean, ok, path, err := d.o.Inspection.Mean(ctx, who.Scope.Tenant, p.Characteristic, r.From, r.To)
		if err == nil && !who.Scope.Allows(path) {
			err = fmt.Errorf("%w: characteristic %s", access.ErrNotFound, p.Characteristic)
		}
		if err != nil {
			return Experiment{}, err
		}
		if ok {
			r.Results[k] = &mean
		}
	}
	if !r.done() {
		return Experiment{}, invalid("nothing came of run %d: enter a result, or when it was done of a response that is a characteristic", no)
	}
	if e.State == Planned {
		e.State = Running
	}
	return d.keep(ctx, who, e, n.Rev, Entry{What: "entered", Run: no, Note: r.Note})
}

// Added is a run that is done beside the design.
type Added struct {
	Rev      int64     `json:"rev"`
	Kind     RunKind   `json:"kind" enum:"proposed,confirming"`
	Settings []float64 `json:"settings" nullable:"false" minItems:"1" maxItems:"15" doc:"Of each factor, within its safe limits"`
	Note     string    `json:"note" minLength:"1" maxLength:"1000" doc:"Why"`
}

// Add plans a run beside the design, with what is expected of it.
func (d *Desk) Add(ctx context.Context, who access.Principal, id string, n Added) (Experiment, error) {
	e, err := d.load(ctx, who, id, access.Engineer, n.Rev)
	if err != nil {
		return Experiment{}, err
	}
	switch {
	case !e.State.open():
		return Experiment{}, invalid("the experiment is %s: no run is added any more", e.State)
	case n.Kind != Proposed && n.Kind != Confirming:
		return Experiment{}, invalid("a run that is %q; say proposed or confirming", n.Kind)
	case len(n.Settings) != len(e.Factors):
		return Experiment{}, invalid("%d settings of %d factors", len(n.Settings), len(e.Factors))
	case len(e.Runs) >= mostRuns:
		return Experiment{}, invalid("%d runs; that is as many as there may be", mostRuns)
	}
	coded := make([]float64, len(e.Factors))
	for k, f := range e.Factors {
		if v := n.Settings[k]; v < f.SafeLow || v > f.SafeHigh {
			return Experiment{}, invalid("%s %v lies outside of its safe limits %v to %v", label(f.Name), v, f.SafeLow, f.SafeHigh)
		}
		coded[k] = f.coded(n.Settings[k])
	}
	r := e.run(n.Kind, coded)
	r.No, r.Note, r.Planned = len(e.Runs)+1, strings.TrimSpace(n.Note), slices.Clone(n.Settings)
	r.Block = e.Runs[len(e.Runs)-1].Block
	r.Expected = e.expected(coded)
	e.Runs = append(slices.Clip(e.Runs), r)
	if e.State == Analysed {
		e.State = Running
	}
	return d.keep(ctx, who, e, n.Rev, Entry{What: "added", Run: r.No, Note: r.Note})
}

// Move is a step of an experiment.
type Move struct {
	Rev        int64  `json:"rev"`
	State      State  `json:"state" enum:"running,analysed,concluded,abandoned"`
	Note       string `json:"note,omitempty" maxLength:"2000" doc:"Needed for analysed with runs missing, and for abandoned"`
	Conclusion string `json:"conclusion,omitempty" maxLength:"4000" doc:"Of concluded"`
	Recipe     string `json:"recipe_change,omitempty" maxLength:"2000" doc:"Of concluded: what is to be changed in the recipe"`
}

// Move takes an experiment a step on.
func (d *Desk) Move(ctx context.Context, who access.Principal, id string, m Move) (Experiment, error) {
	e, err := d.load(ctx, who, id, access.Engineer, m.Rev)
	if err != nil {
		return Experiment{}, err
	}
	m.Note, m.Conclusion, m.Recipe = strings.TrimSpace(m.Note), strings.TrimSpace(m.Conclusion), strings.TrimSpace(m.Recipe)
	missing := 0
	for _, r := range e.Runs {
		if !r.done() {
			missing++
		}
	}
	switch {
	case !slices.Contains(next[e.State], m.State):
		return Experiment{}, invalid("the experiment is %s and cannot become %s", e.State, m.State)
	case m.State == Analysed && missing > 0 && m.Note == "":
		return Experiment{}, invalid("%d runs are not done; do them, or say why not", missing)
	case m.State == Concluded && m.Conclusion == "":
		return Experiment{}, invalid("say what is concluded")
	case m.State == Abandoned && m.Note == "":
		return Experiment{}, invalid("say why it is abandoned")
	}
	what := map[State]string{Running: "started", Analysed: "analysed", Concluded: "concluded", Abandoned: "abandoned"}[m.State]
	if e.State == Analysed && m.State == Running {
		what = "reopened"
	}
	e.State = m.State
	if m.State == Concluded {
		e.Conclusion, e.Recipe, m.Note = m.Conclusion, m.Recipe, m.Conclusion
	}
	return d.keep(ctx, who, e, m.Rev, Entry{What: what, Note: m.Note})
}

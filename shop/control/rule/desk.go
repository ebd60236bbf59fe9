package rule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"zhigai/access"
	"zhigai/calc/rule"
	"zhigai/fact/document"
	"zhigai/plant"
)

// Options of a desk. All are required.
type Options struct {
	Store   Store
	Plant   Plant
	History History
	Derived Derived
	Events  Events
	Actors  Actors
	Outputs Outputs
	Tenants func(context.Context) ([]plant.TenantNo, error)
	// Held names what else moves a set point by itself now, "" for nothing; nil where
	// nothing else does.
	Held func(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, signal string) (string, error)
	// Component says whether a revision of a series is at work.
	Component func(ctx context.Context, tenant plant.TenantNo, series string) (bool, error)
	// Route says whether people can be told by a route of alarms.
	Route  func(ctx context.Context, tenant plant.TenantNo, id string) (bool, error)
	NewID  func() string        // a ULID that rises
	Now    func() time.Time     // the clock, which may step
	Passed func() time.Duration // time that passed since some instant, which never steps
	Logger *slog.Logger
}

// Desk is where rules are kept, tried and run. Its methods may be called concurrently.
type Desk struct {
	o       Options
	changed chan struct{}  // wakes what runs
	work    sync.WaitGroup // who acts on news of runners
	safety  sync.WaitGroup // who makes set points safe

	mu       sync.Mutex // guards what follows, and all that runners hold
	ctx      context.Context
	born     plant.Instant // what acted before was left behind by a node that ended
	runners  map[string]*runner
	securing map[string]bool // rules whose set points are made safe
	ran      bool
	resumed  bool // what a node left behind was looked after
}

// NewDesk makes a desk; [Desk.Run] lets rules look at samples.
func NewDesk(o Options) *Desk {
	return &Desk{o: o, changed: make(chan struct{}, 1), ctx: context.Background(), born: plant.InstantOf(o.Now()), runners: map[string]*runner{}, securing: map[string]bool{}}
}

func (d *Desk) now() plant.Instant { return plant.InstantOf(d.o.Now()) }

// Rules lists revisions within a scope, the newest first; open ones are those that are
// not retired.
func (d *Desk) Rules(ctx context.Context, f Filter) ([]Rule, error) {
	f.Kind = KindRule
	return document.ReadAll[Rule](d.o.Store.Documents(ctx, f))
}

// Rule is one revision that the asker sees.
func (d *Desk) Rule(ctx context.Context, who access.Principal, id string) (Rule, error) {
	return d.rule(ctx, who, id, access.Read)
}

func (d *Desk) rule(ctx context.Context, who access.Principal, id string, right access.Permission) (Rule, error) {
	return document.Seen[Rule](ctx, d.o.Store, who, KindRule, id, right)
}

// Revisions are all of a rule, the newest first.
func (d *Desk) Revisions(ctx context.Context, tenant plant.TenantNo, series string) ([]Rule, error) {
	return d.Rules(ctx, Filter{Scope: access.Scope{Tenant: tenant}, Of: series, Limit: maxRevisions})
}

// Checked is what a definition comes to.
type Checked struct {
	OK         bool        `json:"ok"`
	Field      string      `json:"field,omitempty" doc:"What is wrong: when, reset, inputs[0], actions[1] …"`
	At         int         `json:"at" doc:"Characters of the expression before the place; -1 where there is none"`
	What       string      `json:"what,omitempty" doc:"What is wrong there, and how to mend it"`
	Cost       uint64      `json:"cost,omitempty" doc:"The most that one look may cost, in CEL's units"`
	MaxCost    uint64      `json:"max_cost"`
	Windows    []string    `json:"windows,omitempty"`
	Definition *Definition `json:"definition,omitempty" doc:"With what signals are called and measured in"`
}

// Check says what is wrong with a definition while it is written.
func (d *Desk) Check(ctx context.Context, who access.Principal, def Definition) (Checked, error) {
	out := Checked{At: -1, MaxCost: rule.MaxCost}
	_, program, err := d.complete(ctx, who, &def)
	if w, ok := errors.AsType[*rule.Wrong](err); ok {
		out.Field, out.At, out.What, out.Definition = w.Field, w.At, w.What, &def
		return out, nil
	}
	if errors.Is(err, ErrInvalid) {
		out.What = strings.TrimPrefix(err.Error(), ErrInvalid.Error()+": ")
		if field, what, ok := strings.Cut(out.What, ": "); ok && !strings.Contains(field, " ") {
			out.Field, out.What = field, what
		}
		return out, nil
	}
	if err != nil {
		return Checked{}, err
	}
	out.OK, out.Cost, out.Windows, out.Definition = true, program.Cost(), program.Windows(), &def
	return out, nil
}

// complete fills in what the plant says of a definition and compiles it.
func (d *Desk) complete(ctx context.Context, who access.Principal, def *Definition) (Machine, *rule.Program, error) {
	at, err := d.machine(ctx, who, def.Place)
	if err != nil {
		return Machine{}, nil, err
	}
	if err := def.checkTexts(); err != nil {
		return Machine{}, nil, err
	}
	if def.Owner = strings.TrimSpace(def.Owner); def.Owner == "" {
		def.Owner = who.Name
	}
	for i := range def.Inputs {
		if err := d.input(ctx, who, &def.Inputs[i], fmt.Sprintf("inputs[%d]", i)); err != nil {
			return Machine{}, nil, err
		}
	}
	for i := range def.Actions {
		if err := d.action(ctx, who, def, i); err != nil {
			return Machine{}, nil, err
		}
	}
	program, err := rule.Compile(def.spec())
	if err != nil {
		return Machine{}, nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return at, program, nil
}

// machine finds a place that the asker sees.
func (d *Desk) machine(ctx context.Context, who access.Principal, node plant.NodeID) (Machine, error) {
	m, err := d.o.Plant.Machine(ctx, who.Scope.Tenant, node)
	if err == nil && !who.Scope.Allows(m.Path) {
		err = fmt.Errorf("%w: node %s", access.ErrNotFound, node)
	}
	return m, err
}

// Words are the signals of a machine for who writes a condition.
func (d *Desk) Words(ctx context.Context, who access.Principal, node plant.NodeID) ([]Signal, error) {
	m, err := d.machine(ctx, who, node)
	if err != nil {
		return nil, err
	}
	return d.signals(ctx, who.Scope.Tenant, m)
}

func (d *Desk) input(ctx context.Context, who access.Principal, in *Input, field string) error {
	m, err := d.machine(ctx, who, in.Machine)
	if err != nil {
		return fmt.Errorf("%w: %s: there is no machine %s here; choose one of the list", ErrInvalid, field, in.Machine)
	}
	in.Path = m.Path
	all, err := d.signals(ctx, who.Scope.Tenant, m)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(s Signal) bool { return s.Name == in.Signal })
	switch {
	case i < 0 && slices.ContainsFunc(m.Signals, func(s Signal) bool { return s.Name == in.Signal }):
		return invalid("%s: %s of %s is a waveform; choose a number, a boolean, an enumeration or a text", field, in.Signal, m.Path)
	case i < 0:
		return noSignal(field, m, in.Signal)
	case all[i].Tag == 0 && !all[i].Derived:
		return invalid("%s: %s of %s was never read; let the machine be connected first", field, in.Signal, m.Path)
	}
	s := all[i]
	in.Title, in.Unit, in.Kind, in.Tag = s.Title, s.Unit, s.Kind, s.Tag
	return nil
}

// action fills in where something is done and refuses what cannot be.
func (d *Desk) action(ctx context.Context, who access.Principal, def *Definition, i int) error {
	a := &def.Actions[i]
	field := fmt.Sprintf("actions[%d]", i)
	if a.Machine == "" {
		a.Machine = def.Place
	}
	m, err := d.machine(ctx, who, a.Machine)
	if err != nil {
		return fmt.Errorf("%w: %s: there is no place %s here; choose one of the list", ErrInvalid, field, a.Machine)
	}
	a.Path, a.Unit = m.Path, ""
	switch {
	case !slices.Contains(ActionKinds, a.Kind):
		return invalid("%s: %q is nothing that a rule does; write one of %v", field, a.Kind, ActionKinds)
	case len(a.Text.ZH) > maxWords || len(a.Text.EN) > maxWords:
		return invalid("%s: texts of at most %d bytes are kept", field, maxWords)
	case a.Kind != Notify && a.Route != "":
		return invalid("%s: a %s goes by no route; leave route out", field, a.Kind)
	case a.Kind != RunComponent && a.Component != "":
		return invalid("%s: a %s runs no component; leave component out", field, a.Kind)
	case (a.Kind == Alarm || a.Kind == WorkOrder || a.Kind == Notify) && (a.Priority < 1 || a.Priority > 4):
		return invalid("%s: say how urgent it is, 1 the most to 4 the least", field)
	case a.Kind == Call && a.What != "material" && a.What != "quality" && a.What != "maintenance":
		return invalid("%s: say what is called for: material, quality or maintenance", field)
	case a.Kind != Alarm && a.Kind != Nonconformity && a.Kind != Notify && a.Kind != RunComponent && len(m.Signals) == 0:
		return invalid("%s: %s is no machine; choose one for a %s", field, m.Path, a.Kind)
	case a.Kind != Command && (a.Safe != nil || a.Watchdog != nil):
		return invalid("%s: a %s moves no set point; leave safe and watchdog out", field, a.Kind)
	case a.Kind == Notify:
		return d.route(ctx, who.Scope.Tenant, field, a.Route)
	case a.Kind == RunComponent:
		return d.component(ctx, who.Scope.Tenant, field, a.Component)
	case a.Kind != Command:
		return nil
	}
	if err := def.command(field, a, m); err != nil {
		return err
	}
	return a.checkSafety(field, m)
}

// route refuses a way to people that is not there.
func (d *Desk) route(ctx context.Context, tenant plant.TenantNo, field, id string) error {
	there, err := d.o.Route(ctx, tenant, id)
	if err == nil && !there {
		err = invalid("%s: there is no route %q of alarms; make one under the routes of alarms, or choose one that is there", field, id)
	}
	return err
}

// component refuses one that is not at work: nobody has allowed it.
func (d *Desk) component(ctx context.Context, tenant plant.TenantNo, field, series string) error {
	there, err := d.o.Component(ctx, tenant, series)
	if err == nil && !there {
		err = invalid("%s: no component %q is at work; put it to work under the components, or choose one that is", field, series)
	}
	return err
}

// command checks what is written, and that the rule does not read it itself.
func (def *Definition) command(field string, a *Action, m Machine) error {
	i := slices.IndexFunc(m.Signals, func(s Signal) bool { return s.Name == a.Signal && s.Writable })
	switch {
	case i < 0:
		return invalid("%s: %q is no set point of %s; choose one that its profile lets be written", field, a.Signal, m.Path)
	case a.Value == nil:
		return invalid("%s: say to what %s is set", field, a.Signal)
	case m.Signals[i].Kind == rule.Text:
		return invalid("%s: %s is a text; a rule sets numbers, switches and codes", field, a.Signal)
	}
	s := m.Signals[i]
	a.Unit = s.Unit
	if s.Min != nil && *a.Value < *s.Min || s.Max != nil && *a.Value > *s.Max {
		return invalid("%s: the machine does not take %v for %s; its profile gives the limits", field, *a.Value, s.Name)
	}
	for j, in := range def.Inputs {
		if in.Machine == a.Machine && in.Signal == a.Signal {
			return invalid("%s: the rule would write %s, which it reads itself as %s (inputs[%d]): it would answer its own doing. Read what the machine measures instead of its set point", field, a.point(), in.Name, j)
		}
	}
	return nil
}

// Save makes a draft: of a new rule without a series, of the next revision without an
// id, or changes a revision that does not act and whose Rev was seen.
func (d *Desk) Save(ctx context.Context, who access.Principal, r Rule) (Rule, error) {
	at, _, err := d.complete(ctx, who, &r.Definition)
	if err != nil {
		return Rule{}, err
	}
	if !who.May(access.Engineer, at.Path) {
		return Rule{}, fmt.Errorf("%w: rules at %s", access.ErrForbidden, at.Path)
	}
	r.Path, r.PlaceName, r.State, r.Request, r.Trial = at.Path, at.Name, Draft, nil, nil
	what := "save"
	seen := r.Rev
	if r.ID == "" {
		if r, err = d.next(ctx, who, r); err != nil {
			return Rule{}, err
		}
		seen = 0
	} else {
		old, err := d.rule(ctx, who, r.ID, access.Engineer)
		switch {
		case err != nil:
			return Rule{}, err
		case old.wasActive() || !slices.Contains(ways[old.State], Draft):
			return Rule{}, invalid("%s is %s and acted; it never changes: make the next revision", old.called(), old.State)
		case old.Rev != r.Rev:
			return Rule{}, conflict("the rule has revision %d, not %d", old.Rev, r.Rev)
		}
		what = "edit"
		r.Series, r.Revision, r.Authors, r.Steps = old.Series, old.Revision, old.Authors, old.Steps
	}
	if !slices.Contains(r.Authors, who.Name) {
		r.Authors = append(r.Authors, who.Name)
	}
	return r, d.step(ctx, who.Scope.Tenant, &r, seen, Step{State: Draft, What: what, By: who.Name, Note: r.Note})
}

// next makes a revision that follows those of the same rule.
func (d *Desk) next(ctx context.Context, who access.Principal, r Rule) (Rule, error) {
	r.ID, r.Revision, r.Authors, r.Steps = d.o.NewID(), 1, nil, nil
	if r.Series == "" {
		r.Series = r.ID
		return r, nil
	}
	all, err := d.Revisions(ctx, who.Scope.Tenant, r.Series)
	if err != nil {
		return Rule{}, err
	}
	if len(all) == 0 || !who.Scope.Allows(all[0].Path) {
		return Rule{}, fmt.Errorf("%w: rule %s", access.ErrNotFound, r.Series)
	}
	for _, o := range all {
		if o.State == Draft || o.State == Backtested || o.State == Shadow {
			return Rule{}, conflict("%s is %s; finish or retire it before the next is written", o.called(), o.State)
		}
		r.Revision = max(r.Revision, o.Revision+1)
	}
	return r, nil
}

// step writes a revision with what was done to it.
func (d *Desk) step(ctx context.Context, tenant plant.TenantNo, r *Rule, seen int64, s Step) error {
	s.At = d.now()
	r.State, r.Rev, r.Steps = s.State, seen+1, append(slices.Clip(r.Steps), s)
	doc := Document{Kind: KindRule, ID: r.ID, Place: r.Place, Path: r.Path, Of: r.Series, Open: r.State != Retired, By: s.By}
	if err := document.Save(ctx, d.o.Store, tenant, doc, r, seen, s.At); err != nil {
		return err
	}
	d.wake()
	return nil
}

// wake lets what runs look at the rules again.
func (d *Desk) wake() {
	select {
	case d.changed <- struct{}{}:
	default: // it will look anyway
	}
}

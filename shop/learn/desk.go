package learn

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"zhigai/access"
	"zhigai/fact/document"
	"zhigai/plant"
)

// Store keeps studies and versions as documents, and what versions at work said. Its
// methods may be called concurrently.
type Store interface {
	document.Store
	// KeepReadings stores what was said of windows in place of what was said before.
	KeepReadings(ctx context.Context, tenant plant.TenantNo, version string, all []Reading) error
	// Readings within [from, to), the newest limit of them, oldest first; of all machines
	// when none is named.
	Readings(ctx context.Context, tenant plant.TenantNo, version string, machine plant.NodeID, from, to plant.Instant, limit int) ([]Reading, error)
}

// Signal is a number that a machine shows.
type Signal struct {
	Name    string
	Title   plant.Name
	Unit    string
	Counter bool // it only rises
}

// Breakdown is a time at which a machine failed, as people entered it.
type Breakdown struct {
	At    plant.Instant `json:"at"`
	Until plant.Instant `json:"until,omitempty" doc:"The work was done"`
	Text  string        `json:"text"`
	Order string        `json:"order,omitempty" doc:"id of the work order"`
}

// Machines are those of the plant and what they did and showed. Its methods may be
// called concurrently. A machine that is not there is access.ErrNotFound.
type Machines interface {
	Machine(ctx context.Context, tenant plant.TenantNo, id plant.NodeID) (path string, name plant.Name, err error)
	Signals(ctx context.Context, tenant plant.TenantNo, id plant.NodeID) ([]Signal, error)
	// Parts cuts [from, to) into n equal parts; a value holds until the next, over what
	// has not come yet nothing does.
	Parts(ctx context.Context, tenant plant.TenantNo, id plant.NodeID, signal string, from, to plant.Instant, n int) ([]Part, error)
	// Produced are the stretches of [from, to) in which the machine produced.
	Produced(ctx context.Context, tenant plant.TenantNo, id plant.NodeID, from, to plant.Instant) ([]Span, error)
	// Failures that began within [from, to).
	Failures(ctx context.Context, tenant plant.TenantNo, id plant.NodeID, from, to plant.Instant) ([]Breakdown, error)
}

// Alarm is what a model at work finds.
type Alarm struct {
	Key      string
	Place    plant.NodeID
	At       plant.Instant
	Priority int // 1 is the most urgent, 4 the least
	Text     plant.Name
	Evidence string // path of the page
}

// Alarms are told of what is found; both may be said again and again.
type Alarms interface {
	Raise(ctx context.Context, tenant plant.TenantNo, a Alarm) error
	Clear(ctx context.Context, tenant plant.TenantNo, key string, at plant.Instant) error
}

// Options of a desk. All are required.
type Options struct {
	Store    Store
	Machines Machines
	Alarms   Alarms
	NewID    func() string // a ULID that rises
	Now      func() time.Time
	Logger   *slog.Logger
}

// Desk is where models are asked for, trained, put to work and watched. Its methods
// may be called concurrently.
type Desk struct {
	o      Options
	end    context.Context // of all trainings
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu   sync.Mutex
	runs map[ofStudy]*training
}

type ofStudy struct {
	tenant plant.TenantNo
	study  string
}

// NewDesk makes a desk; Close ends it.
func NewDesk(o Options) *Desk {
	d := &Desk{o: o, runs: map[ofStudy]*training{}}
	d.end, d.cancel = context.WithCancel(context.Background())
	return d
}

// Close gives up trainings and waits for them; nothing of them is kept.
func (d *Desk) Close() {
	d.cancel()
	d.work.Wait()
}

func (d *Desk) now() plant.Instant { return plant.InstantOf(d.o.Now()) }

// Save keeps a study, a new one or the next revision of it. Versions that were trained
// stay as they are.
func (d *Desk) Save(ctx context.Context, who access.Principal, s Study) (Study, error) {
	if err := d.prepare(ctx, who, &s, access.Engineer); err != nil {
		return Study{}, err
	}
	seen := s.Rev
	s.Version, s.Log = "", nil
	if s.ID == "" {
		s.ID, seen = d.o.NewID(), 0
	} else {
		old, err := d.study(ctx, who, s.ID, access.Engineer)
		if err != nil {
			return Study{}, err
		}
		s.Version, s.Log = old.Version, old.Log
		if s.Ended && s.Version != "" {
			return Study{}, invalid("a version of it is at work; take that out before")
		}
	}
	return d.keep(ctx, who, s, seen)
}

// keep writes a study as its next revision.
func (d *Desk) keep(ctx context.Context, who access.Principal, s Study, seen int64) (Study, error) {
	s.Rev, s.By, s.At = seen+1, who.Name, d.now()
	doc := document.Document{Kind: KindStudy, ID: s.ID, Place: s.Machines[0], Path: s.Path, Open: s.Version != "", By: who.Name}
	return s, document.Save(ctx, d.o.Store, who.Scope.Tenant, doc, s, seen, s.At)
}

// prepare fills in and checks a study for somebody with a right at all its machines.
func (d *Desk) prepare(ctx context.Context, who access.Principal, s *Study, right access.Permission) error {
	s.usual()
	if err := s.check(); err != nil {
		return err
	}
	tenant := who.Scope.Tenant
	for i, id := range s.Machines {
		path, _, err := d.o.Machines.Machine(ctx, tenant, id)
		if err != nil {
			return err
		}
		if err := who.Reach(right, path, fmt.Errorf("%w: machine %s", access.ErrNotFound, id)); err != nil {
			return err
		}
		if i == 0 {
			s.Path = path
		}
		s.Path = common(s.Path, path)
		signals, err := d.o.Machines.Signals(ctx, tenant, id)
		if err != nil {
			return err
		}
		if err := s.fits(path, signals); err != nil {
			return err
		}
	}
	return nil
}

// common is what two paths lie below.
func common(a, b string) string {
	x, y := strings.Split(a, "/"), strings.Split(b, "/")
	n := 0
	for n < min(len(x), len(y)) && x[n] == y[n] {
		n++
	}
	return strings.Join(x[:n], "/")
}

// fits says whether a machine shows what a study asks for, and fills in what the
// signals are called.
func (s *Study) fits(path string, signals []Signal) error {
	find := func(name string) (Signal, error) {
		for _, one := range signals {
			if one.Name == name {
				return one, nil
			}
		}
		return Signal{}, invalid("%s shows no number %s; choose signals that all machines of the study have", path, name)
	}
	for i := range s.Inputs {
		in := &s.Inputs[i]
		one, err := find(in.Signal)
		if err != nil {
			return err
		}
		if one.Counter && in.Stat != Slope {
			return invalid("%s is a counter, which only rises: take its slope", in.Signal)
		}
		in.Title, in.Unit = one.Title, one.Unit
	}
	if s.Target.Goal != Value {
		return nil
	}
	one, err := find(s.Target.Signal)
	if err == nil && one.Counter {
		err = invalid("%s is a counter, which only rises: there is no sense in telling it", s.Target.Signal)
	}
	s.Target.Title, s.Target.Unit = one.Title, one.Unit
	return err
}

// study that the asker sees and has a right at.
func (d *Desk) study(ctx context.Context, who access.Principal, id string, right access.Permission) (Study, error) {
	return document.Seen[Study](ctx, d.o.Store, who, KindStudy, id, right)
}

// Studies within the asker's places, the newest first.
func (d *Desk) Studies(ctx context.Context, f document.Filter) ([]Study, error) {
	f.Kind = KindStudy
	return document.ReadAll[Study](d.o.Store.Documents(ctx, f))
}

// Study that the asker sees.
func (d *Desk) Study(ctx context.Context, who access.Principal, id string) (Study, error) {
	return d.study(ctx, who, id, access.Read)
}

// Preview is what a study would learn of.
type Preview struct {
	Windows  int            `json:"windows"`
	Rows     int            `json:"rows" doc:"Windows that would be learnt of"`
	Dropped  []Dropped      `json:"dropped" nullable:"false"`
	Failures []Breakdown    `json:"failures" nullable:"false" doc:"Known of these machines and this time"`
	First    []PreviewRow   `json:"first" nullable:"false"`
	Columns  []PreviewRange `json:"columns" nullable:"false"`
	Why      string         `json:"why,omitempty" doc:"Why nothing can be learnt of it"`
}

// PreviewRow is a window.
type PreviewRow struct {
	At      plant.Instant `json:"at" doc:"End of the window"`
	Machine plant.NodeID  `json:"equipment"`
	Values  []float64     `json:"values" nullable:"false" doc:"In the order of the inputs"`
	Target  *float64      `json:"target" doc:"Null of what is normal"`
}

// PreviewRange is where a column lies.
type PreviewRange struct {
	Input
	Min  float64 `json:"min"`
	Mean float64 `json:"mean"`
	Max  float64 `json:"max"`
}

// previewed is how many rows are shown.
const previewed = 20

// Preview reads what a study would learn of, and keeps nothing.
func (d *Desk) Preview(ctx context.Context, who access.Principal, s Study) (Preview, error) {
	if err := d.prepare(ctx, who, &s, access.Read); err != nil {
		return Preview{}, err
	}
	t, err := d.tabulate(ctx, who.Scope.Tenant, &s, nil)
	if err != nil {
		return Preview{}, err
	}
	out := Preview{Windows: t.windows, Rows: len(t.rows), Dropped: t.dropped, Failures: append([]Breakdown{}, t.failures...), First: []PreviewRow{}, Columns: []PreviewRange{}}
	if err := t.enough(&s); err != nil {
		out.Why = err.Error()
	}
	for _, r := range t.rows[:min(previewed, len(t.rows))] {
		one := PreviewRow{At: r.at, Machine: s.Machines[r.machine], Values: r.values}
		if s.Target.Goal != Normal {
			one.Target = &r.y
		}
		out.First = append(out.First, one)
	}
	for j, in := range s.Inputs {
		if len(t.rows) == 0 {
			break
		}
		c := PreviewRange{Input: in, Min: t.rows[0].values[j], Max: t.rows[0].values[j]}
		for _, r := range t.rows {
			v := r.values[j]
			c.Min, c.Max, c.Mean = min(c.Min, v), max(c.Max, v), c.Mean+v/float64(len(t.rows))
		}
		out.Columns = append(out.Columns, c)
	}
	return out, nil
}

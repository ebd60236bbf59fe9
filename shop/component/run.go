package component

import (
	"context"
	"errors"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/fact/document"
	"zhigai/plant"
)

// Pace of the present.
const (
	// pace is how often it is looked who is due; windows take a second or more.
	pace = 200 * time.Millisecond
	// reloadEvery is how soon a change is seen that another process made.
	reloadEvery = 2 * time.Second
	// settles is how long after its end a window is read: what was measured within it
	// comes a moment later.
	settles = time.Second
	// keptRuns is how long runs are kept; their values stay as samples for as long as
	// those of machines.
	keptRuns = 31 * 24 * time.Hour
	// forgetEvery is how often older ones are deleted.
	forgetEvery = time.Hour
	// busyAgain is how soon it is looked again whether a call is over.
	busyAgain = 5 * time.Millisecond
	// lastCalls are those that times and failures are told of.
	lastCalls = 1000
	// missedSaid windows without an input, after one another, are told.
	missedSaid = 3
	// maxFailuresHour suspends one that fails now and then.
	maxFailuresHour = 10
)

// runner is a revision that is called.
type runner struct {
	tenant  plant.TenantNo
	c       Component
	by      caller
	close   func()
	next    plant.Instant // end of the window that it is asked about next
	busy    bool
	stopped bool // it was suspended; nothing more comes of it
	gone    bool // it is to be closed when it is not busy

	last     Run
	calls    int
	late     int // windows that were over before there was time for them
	took     []float64
	failed   []plant.Instant // within the last hour
	failures int
	row      int // failures after one another
	missed   int // windows without an input after one another
	memory   int64
	aside    aside
}

// Run lets components be called until ctx ends.
func (d *Desk) Run(ctx context.Context) error {
	var loaded, forgotten time.Time
	for ctx.Err() == nil {
		now := d.o.Now()
		if now.Sub(loaded) >= reloadEvery || now.Before(loaded) {
			if err := d.load(ctx); err != nil && ctx.Err() == nil {
				d.o.Logger.Error("components: will look again", "err", err)
			}
			loaded = now
		}
		if now.Sub(forgotten) >= forgetEvery || now.Before(forgotten) {
			d.forget(ctx)
			forgotten = now
		}
		d.pass(ctx)
		select {
		case <-ctx.Done():
		case <-d.changed:
			loaded = time.Time{}
		case <-time.After(pace):
		}
	}
	d.mu.Lock()
	d.over = true
	d.mu.Unlock()
	d.work.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, r := range d.runners {
		r.close()
		delete(d.runners, id)
	}
	return ctx.Err()
}

func (d *Desk) forget(ctx context.Context) {
	tenants, err := d.o.Tenants(ctx)
	for _, t := range tenants {
		err = errors.Join(err, d.o.Store.ForgetRuns(ctx, t, plant.InstantOf(d.o.Now().Add(-keptRuns))))
	}
	if err != nil && ctx.Err() == nil {
		d.o.Logger.Error("old runs of components are not deleted", "err", err)
	}
}

// load makes what runs that which the store says.
func (d *Desk) load(ctx context.Context) error {
	tenants, err := d.o.Tenants(ctx)
	if err != nil {
		return err
	}
	want := map[string]bool{}
	keys := []Admitted{}
	for _, t := range tenants {
		all, err := d.inUse(ctx, t)
		if err != nil && !errors.Is(err, ErrInvalid) {
			return err
		}
		for _, c := range all {
			if c.Form == Service && (c.State == Active || c.State == Approved) {
				keys = append(keys, Admitted{t, c.Series, c.Key})
			}
			if c.State != Active {
				continue
			}
			want[c.ID] = true
			d.mu.Lock()
			was := d.runners[c.ID]
			d.mu.Unlock()
			if was != nil && was.c.since() == c.since() {
				continue
			}
			d.begin(ctx, t, c)
		}
	}
	if d.o.Services != nil {
		d.o.Services.Admit(keys)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, r := range d.runners {
		if !want[id] {
			d.drop(id, r)
		}
	}
	return nil
}

// drop ends a runner, now or when its call is over. The lock is held.
func (d *Desk) drop(id string, r *runner) {
	delete(d.runners, id)
	if r.gone = true; !r.busy {
		r.close()
	}
}

// begin makes a revision ready and lets it be called from the next window on. One that
// cannot run any more is suspended with the reason.
func (d *Desk) begin(ctx context.Context, tenant plant.TenantNo, c Component) {
	by, free, err := d.open(ctx, tenant, &c)
	if err != nil {
		if errors.Is(err, ErrInvalid) {
			err = d.misbehaved(ctx, tenant, &c, Run{At: d.now(), SHA256: c.SHA256, Why: Broken, Detail: err.Error()}, because("it cannot run any more: %v", err))
		}
		if err != nil && ctx.Err() == nil {
			d.o.Logger.Error("a component does not run", "component", c.ID, "err", err) // it is tried again with the next look
		}
		return
	}
	every := c.every()
	r := &runner{tenant: tenant, c: c, by: by, close: free}
	// The grid lies on the hours of UTC, and the first window ends after it was put to work.
	r.next = (max(c.since(), d.now()-every) + every) / every * every
	d.mu.Lock()
	defer d.mu.Unlock()
	if was := d.runners[c.ID]; was != nil {
		d.drop(c.ID, was)
	}
	d.runners[c.ID] = r
}

// pass lets everything be called whose window is over, each beside the others.
func (d *Desk) pass(ctx context.Context) {
	now := d.now() - plant.Instant(settles.Microseconds())
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.runners {
		if r.busy || r.stopped || r.next > now {
			continue
		}
		every := r.c.every()
		end := now / every * every // the newest that is over
		if r.next < end {
			r.late += int((end - r.next) / every)
		}
		r.next, r.busy = end+every, true
		d.work.Go(func() {
			if _, err := d.turn(ctx, r, end); err != nil && ctx.Err() == nil {
				d.o.Logger.Error("what a component says is not kept", "component", r.c.ID, "err", err)
			}
		})
	}
}

// AtWork says whether a revision of a series is called.
func (d *Desk) AtWork(_ context.Context, tenant plant.TenantNo, series string) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.running(tenant, series) != nil, nil
}

// running is the revision of a series that is called; nil where none is. The lock is
// held.
func (d *Desk) running(tenant plant.TenantNo, series string) *runner {
	for _, r := range d.runners {
		if r.tenant == tenant && r.c.Series == series && !r.stopped && !r.gone {
			return r
		}
	}
	return nil
}

// Call calls a component at once, on the window that ends now, beside its turns: what it
// says is kept and judged as theirs is. Its error says why nothing came of it.
func (d *Desk) Call(ctx context.Context, tenant plant.TenantNo, series string) (Run, error) {
	tick := time.NewTicker(busyAgain)
	defer tick.Stop()
	for {
		d.mu.Lock()
		r := d.running(tenant, series)
		if r == nil || d.over {
			d.mu.Unlock()
			return Run{}, invalid("no component %q is at work", series)
		}
		if !r.busy {
			r.busy = true
			d.work.Add(1)
			d.mu.Unlock()
			defer d.work.Done()
			run, err := d.turn(ctx, r, d.now())
			if err == nil && run.Why != "" {
				err = invalid("component %s: %s: %s", r.c.Code, run.Why, run.Detail)
			}
			return run, err
		}
		d.mu.Unlock()
		select {
		case <-ctx.Done():
			return Run{}, ctx.Err()
		case <-tick.C:
		}
	}
}

// turn is one call of a runner, with what follows from it.
func (d *Desk) turn(ctx context.Context, r *runner, end plant.Instant) (run Run, err error) {
	select {
	case d.turns <- struct{}{}:
		run, err = d.once(ctx, r, end)
		<-d.turns
	case <-ctx.Done():
		err = ctx.Err()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if r.busy = false; r.gone {
		r.close()
	}
	return run, err
}

func (d *Desk) once(ctx context.Context, r *runner, end plant.Instant) (run Run, err error) {
	run = Run{At: end}
	if why := d.setAside(ctx, r); why != "" {
		run = Run{At: end, From: end - r.c.Definition.window(), Inputs: []Used{}, Outputs: []Said{}, Why: Unreachable, Detail: why}
	} else if run, err = d.call(ctx, r.tenant, &r.c, r.by, end); err != nil {
		return run, err
	}
	d.mu.Lock()
	gone := r.gone || r.stopped // meanwhile: what it says counts no more
	d.mu.Unlock()
	if gone {
		return run, nil
	}
	if err := d.o.Recorder.Record(ctx, r.tenant, run.samples(&r.c)); err != nil {
		return run, err
	}
	if err := d.o.Store.KeepRun(ctx, r.tenant, r.c.ID, run); err != nil {
		return run, err
	}
	return run, d.judge(ctx, r, run)
}

// judge counts what a call came to, tells what people should know, and suspends what
// misbehaves.
func (d *Desk) judge(ctx context.Context, r *runner, run Run) error {
	d.mu.Lock()
	r.last = run
	aside := r.aside.since != 0
	switch {
	case run.Why == MissingInput:
		r.missed++
	case aside:
	default:
		r.missed, r.calls = 0, r.calls+1
		r.took = append(r.took, run.TookMS)
		r.took = r.took[max(0, len(r.took)-lastCalls):]
		r.memory = max(r.memory, run.Memory)
	}
	missed := r.missed
	if run.Why.misbehaves() && !aside {
		r.failures, r.row = r.failures+1, r.row+1
		r.failed = append(slices.DeleteFunc(r.failed, func(at plant.Instant) bool { return at <= run.At-hour }), run.At)
	} else {
		r.row = 0
	}
	row, often := r.row, len(r.failed)
	d.mu.Unlock()
	if err := d.tellMissing(ctx, r, missed); err != nil || !run.Why.misbehaves() || aside {
		return err
	}
	why := ""
	switch {
	case row >= r.c.Budget.MaxFailures:
		why = because("%d calls after one another failed, the last: %s: %s", row, run.Why, run.Detail)
	case often >= maxFailuresHour:
		why = because("%d calls failed within an hour, the last: %s: %s", often, run.Why, run.Detail)
	}
	if why != "" && r.c.Form == Service {
		return d.leaveOut(ctx, r, run, why)
	}
	return d.misbehaved(ctx, r.tenant, &r.c, run, why)
}

const hour = plant.Instant(time.Hour / time.Microsecond)

func missingKey(c Component) string { return c.Series + "/missing" }

func (d *Desk) tellMissing(ctx context.Context, r *runner, missed int) error {
	switch missed {
	case missedSaid:
		return d.tell(ctx, r.tenant, r.c, missingKey(r.c), 4, "组件缺少输入：", "A component has no input: ")
	case 0:
		return d.o.Alarms.Clear(ctx, r.tenant, missingKey(r.c), d.now())
	}
	return nil
}

// Event is that a component misbehaved, was stopped for it, or came back.
type Event struct {
	ID        string        `json:"id"`
	Component string        `json:"component" doc:"The revision"`
	Series    string        `json:"series"`
	Revision  int           `json:"revision"`
	Name      plant.Name    `json:"name"`
	Place     plant.NodeID  `json:"place"`
	Path      string        `json:"path"`
	At        plant.Instant `json:"at"`
	What      string        `json:"what" enum:"failed,suspended,aside,back"`
	Why       Why           `json:"why,omitempty" enum:",missing_input,declined,over_time,over_memory,trapped,nonsense,unreachable,broken"`
	Detail    string        `json:"detail"`
	SHA256    string        `json:"sha256,omitempty"`
	TookMS    float64       `json:"took_ms"`
	Memory    int64         `json:"memory,omitempty"`
}

// Events lists them within a scope, the newest first.
func (d *Desk) Events(ctx context.Context, f Filter) ([]Event, error) {
	f.Kind = KindEvent
	return document.ReadAll[Event](d.o.Store.Documents(ctx, f))
}

// note keeps an event as a fact.
func (d *Desk) note(ctx context.Context, tenant plant.TenantNo, c *Component, what string, run Run, detail string) error {
	e := Event{
		ID: d.o.NewID(), Component: c.ID, Series: c.Series, Revision: c.Revision, Name: c.Name, Place: c.Place, Path: c.Path,
		At: run.At, What: what, Why: run.Why, Detail: detail, SHA256: run.SHA256, TookMS: run.TookMS, Memory: run.Memory,
	}
	return document.Save(ctx, d.o.Store, tenant, Document{Kind: KindEvent, ID: e.ID, Place: c.Place, Path: c.Path, Of: c.Series, By: "component"}, e, 0, d.now())
}

// misbehaved keeps that a call failed, and suspends the component where there is a reason.
func (d *Desk) misbehaved(ctx context.Context, tenant plant.TenantNo, c *Component, run Run, suspend string) error {
	if err := d.note(ctx, tenant, c, "failed", run, run.Detail); err != nil || suspend == "" {
		return err
	}
	d.mu.Lock()
	if r := d.runners[c.ID]; r != nil {
		r.stopped = true
	}
	d.mu.Unlock()
	d.o.Logger.Warn("a component was suspended", "component", c.ID, "reason", suspend)
	if err := d.note(ctx, tenant, c, "suspended", run, suspend); err != nil {
		return err
	}
	return d.suspend(ctx, tenant, c.ID, suspend)
}

// Status is how a revision does that is called.
type Status struct {
	Running  bool          `json:"running"`
	Last     *Run          `json:"last,omitempty"`
	Next     plant.Instant `json:"next,omitempty" doc:"End of the window that it is asked about next"`
	Calls    int           `json:"calls" doc:"Since the node was started, or the revision put to work"`
	Failures int           `json:"failures"`
	Late     int           `json:"late" doc:"Windows that were over before there was time for them"`
	P50MS    *float64      `json:"p50_ms" doc:"Of the last 1,000 calls; none before there are any"`
	P99MS    *float64      `json:"p99_ms"`
	Memory   int64         `json:"memory" doc:"Most bytes of a call"`
	Aside    plant.Instant `json:"aside,omitempty" doc:"Since when a service is not asked because it does not answer as it should"`
	Why      string        `json:"why,omitempty" doc:"Why it is not asked"`
	Errors   *float64      `json:"error_rate" doc:"Failures of all calls; none before there are any"`
}

// Status is how a revision does now.
func (d *Desk) Status(id string) Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.runners[id]
	if r == nil {
		return Status{}
	}
	out := Status{Running: !r.stopped, Next: r.next, Calls: r.calls, Failures: r.failures, Late: r.late, Memory: r.memory, Aside: r.aside.since, Why: r.aside.why}
	if r.last.At != 0 {
		last := r.last
		out.Last = &last
	}
	if r.calls > 0 {
		rate := float64(r.failures) / float64(r.calls)
		out.Errors = &rate
	}
	if len(r.took) > 0 {
		sorted := slices.Sorted(slices.Values(r.took))
		out.P50MS, out.P99MS = ranked(sorted, 0.5), ranked(sorted, 0.99)
	}
	return out
}

// ranked is the smallest of sorted values that a share of them does not exceed.
func ranked(sorted []float64, share float64) *float64 {
	v := sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
	return &v
}

// maxRuns are shown at once.
const maxRuns = 2000

// Runs of a revision within [from, to), the newest, oldest first.
func (d *Desk) Runs(ctx context.Context, who access.Principal, id string, from, to plant.Instant) ([]Run, error) {
	if _, err := d.Component(ctx, who, id); err != nil {
		return nil, err
	}
	return d.o.Store.Runs(ctx, who.Scope.Tenant, id, from, to, maxRuns)
}

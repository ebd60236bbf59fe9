package process

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/fact/document"
	"zhigai/plant"
)

// Deviation is a time in which a job was not made as its recipe says.
type Deviation struct {
	ID       string        `json:"id"`
	Rev      int64         `json:"rev"`
	Machine  plant.NodeID  `json:"equipment"`
	Path     string        `json:"path"`
	Name     plant.Name    `json:"name" doc:"Of the machine"`
	Order    string        `json:"order" doc:"Id"`
	Number   string        `json:"number" doc:"Of the order"`
	Job      int           `json:"job"`
	Item     string        `json:"item"`
	Recipe   string        `json:"recipe" doc:"Id of the revision that held"`
	Revision int           `json:"revision"`
	Signal   string        `json:"signal"`
	Title    plant.Name    `json:"title,omitzero"`
	Unit     string        `json:"unit,omitempty"`
	Target   float64       `json:"target"`
	Low      *float64      `json:"low,omitempty"`
	High     *float64      `json:"high,omitempty"`
	Tag      plant.TagNo   `json:"tag" doc:"Its samples"`
	From     plant.Instant `json:"from" doc:"When its delay was over"`
	To       plant.Instant `json:"to,omitempty" doc:"Left out while it stands"`
	Worst    float64       `json:"worst" doc:"The value furthest out, up to the last change of this entry"`
	Stopped  bool          `json:"stopped,omitempty" doc:"It ended because the machine stopped, or nobody knows the value any more"`
	Rule     string        `json:"rule" doc:"Version of the code that says when a value is outside"`
}

const (
	// Pace is how often [Desk.Follow] wants to be called: a few seconds are what a
	// person needs to go to a machine anyway.
	Pace = 2 * time.Second
	// settle is how long a sample may be on its way behind others of its machine; one
	// that comes later is seen in what ran, and raises nothing.
	settle = plant.Instant(3 * time.Second / time.Microsecond)
	// past is how much of a run is folded again when a node begins, or a recipe takes
	// effect while the job runs.
	past = plant.Instant(7 * 24 * time.Hour / time.Microsecond)
)

// whole cuts an instant to the millisecond, as what machines did is told: nothing
// less is missing at the end of a stretch.
func whole(at plant.Instant) plant.Instant { return at - at%1000 }

// author is who finds deviations.
const author = "node"

// follower watches the job at a machine.
type follower struct {
	run     Run
	machine Machine
	recipe  Recipe
	at      plant.Instant
	watches []*watch
	open    map[string]bool // deviations that stand, by key
}

// Follow looks at the jobs of a tenant that run now: what left its window for longer
// than its delay becomes a deviation and an alarm, and ends as both. It is called again
// and again.
func (d *Desk) Follow(ctx context.Context, tenant plant.TenantNo) error {
	d.following.Lock()
	defer d.following.Unlock()
	running, err := d.o.Jobs.Running(ctx, tenant)
	if err != nil {
		return err
	}
	before := d.followers[tenant]
	if before == nil {
		if err := d.adopt(ctx, tenant, running); err != nil {
			return err
		}
	}
	to := whole(d.now() - settle)
	next, known := map[Run]*follower{}, map[string][]Recipe{}
	var failed error
	for _, r := range running {
		f, err := d.followed(ctx, tenant, before[r], r, to, known)
		if err == nil && f != nil {
			err = d.follow(ctx, tenant, f, to)
		}
		failed = errors.Join(failed, err)
		if f != nil {
			next[r] = f
		}
	}
	for r, f := range before {
		switch {
		case next[r] == f:
		case next[r] != nil: // another revision holds for it
			failed = errors.Join(failed, d.leave(ctx, tenant, f))
		default:
			left, err := d.ended(ctx, tenant, f, to)
			if !left { // its last samples are on their way, or it is tried again
				next[r] = f
			}
			failed = errors.Join(failed, err)
		}
	}
	d.followers[tenant] = next
	return failed
}

// adopt ends deviations that a node left open whose job runs no more.
func (d *Desk) adopt(ctx context.Context, tenant plant.TenantNo, running []Run) error {
	open, err := d.Deviations(ctx, Filter{Scope: access.Scope{Tenant: tenant}, Open: true, Limit: maxRevisions})
	if err != nil {
		return err
	}
	for _, v := range open {
		if slices.ContainsFunc(running, func(r Run) bool { return r.Order == v.Order && r.Job == v.Job && r.Machine == v.Machine }) {
			continue
		}
		if err := d.close(ctx, tenant, v, Excursion{To: d.now(), Worst: v.Worst, Stopped: true}); err != nil {
			return err
		}
	}
	return nil
}

// followed is what watches a run by the recipe that holds for it now; nil where none
// does. known are the recipes of items that were read in this round.
func (d *Desk) followed(ctx context.Context, tenant plant.TenantNo, f *follower, r Run, to plant.Instant, known map[string][]Recipe) (*follower, error) {
	all, ok := known[r.Item]
	if !ok {
		var err error
		if all, err = d.ofItem(ctx, tenant, r.Item); err != nil {
			return f, err
		}
		known[r.Item] = all
	}
	if len(all) == 0 {
		return nil, nil
	}
	m, err := d.o.Machines.Machine(ctx, tenant, r.Machine)
	if err != nil {
		return nil, ignore(err, access.ErrNotFound)
	}
	held := Effective(all, r.Item, r.Job, m, d.now())
	switch {
	case held == nil:
		return nil, nil
	case f != nil && f.recipe.ID == held.ID:
		f.machine = m
		return f, nil
	}
	from := max(r.From, held.From, to-past)
	f = &follower{run: r, machine: m, recipe: *held, at: from, open: map[string]bool{}}
	for _, p := range held.Parameters {
		if tag := m.tagOf(p.Signal); p.windowed() && tag != 0 {
			f.watches = append(f.watches, newWatch(p, tag, from, true))
		}
	}
	return f, nil
}

func (d *Desk) follow(ctx context.Context, tenant plant.TenantNo, f *follower, to plant.Instant) error {
	if to <= f.at || len(f.watches) == 0 {
		return nil
	}
	produced, err := d.o.Jobs.Produced(ctx, tenant, f.run.Machine, f.at, to)
	if err != nil {
		return err
	}
	for _, w := range f.watches {
		if w.at > f.at { // it was read before another one failed
			continue
		}
		if err := w.advance(ctx, d.o.History, tenant, produced, to, nil); err != nil {
			return err
		}
	}
	f.at = to
	return d.note(ctx, tenant, f)
}

// note keeps what the watches of a run found.
func (d *Desk) note(ctx context.Context, tenant plant.TenantNo, f *follower) error {
	for _, w := range f.watches {
		for _, e := range w.taken() {
			if err := d.found(ctx, tenant, f, w, e); err != nil {
				w.out = append(w.out, e) // it is tried again
				return err
			}
		}
		for _, e := range w.standing() {
			if f.open[f.key(w, e)] {
				continue
			}
			if err := d.found(ctx, tenant, f, w, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// key is the same for the same excursion, whenever it is found.
func (f *follower) key(w *watch, e Excursion) string {
	return fmt.Sprintf("%s.%d.%s.%s.%d", f.run.Order, f.run.Job, f.run.Machine, w.p.Signal, e.From)
}

// found keeps a deviation as it is: new, or ended.
func (d *Desk) found(ctx context.Context, tenant plant.TenantNo, f *follower, w *watch, e Excursion) error {
	key := f.key(w, e)
	v, err := document.Read[Deviation](d.o.Store.Keyed(ctx, tenant, KindDeviation, author, key))
	if errors.Is(err, access.ErrNotFound) {
		v = Deviation{
			ID: d.o.NewID(), Rev: 1, Machine: f.run.Machine, Path: f.machine.Path, Name: f.machine.Name, Order: f.run.Order, Number: f.run.Number, Job: f.run.Job, Item: f.run.Item,
			Recipe: f.recipe.ID, Revision: f.recipe.Revision, Signal: w.p.Signal, Title: w.p.Title, Unit: w.p.Unit, Target: w.p.Target, Low: w.p.Low, High: w.p.High, Tag: w.tag,
			From: e.From, Worst: e.Worst, Rule: WatchRule,
		}
		if err = d.saveDeviation(ctx, tenant, v, key); err == nil {
			err = d.o.Alarms.Raise(ctx, tenant, v.notice())
		}
	}
	switch {
	case err != nil:
		return err
	case e.Open:
		f.open[key] = true
		return nil
	case v.To != 0: // it was folded again
		return nil
	}
	delete(f.open, key)
	return d.close(ctx, tenant, v, e)
}

// close ends a deviation and its alarm.
func (d *Desk) close(ctx context.Context, tenant plant.TenantNo, v Deviation, e Excursion) error {
	v.Rev++
	v.To, v.Worst, v.Stopped = e.To, e.Worst, e.Stopped
	if err := d.saveDeviation(ctx, tenant, v, ""); err != nil {
		return err
	}
	return d.o.Alarms.Clear(ctx, tenant, v.alarmKey(), v.To)
}

// ended follows a run that runs no more to its end, and leaves it there.
func (d *Desk) ended(ctx context.Context, tenant plant.TenantNo, f *follower, to plant.Instant) (left bool, err error) {
	end, err := d.o.Jobs.End(ctx, tenant, f.run)
	if err != nil {
		return false, err
	}
	if end == 0 { // it began otherwise than it was said first
		end = f.at
	}
	if err := d.follow(ctx, tenant, f, min(end, to)); err != nil || end > to {
		return false, err
	}
	return true, d.leave(ctx, tenant, f)
}

// leave ends what stands of a run that is over.
func (d *Desk) leave(ctx context.Context, tenant plant.TenantNo, f *follower) error {
	for _, w := range f.watches {
		w.miss(w.at)
	}
	return d.note(ctx, tenant, f)
}

func (d *Desk) saveDeviation(ctx context.Context, tenant plant.TenantNo, v Deviation, key string) error {
	return d.save(ctx, tenant, Document{Kind: KindDeviation, ID: v.ID, Place: v.Machine, Path: v.Path, Of: string(v.Machine), Open: v.To == 0, By: author, Key: key}, v, v.Rev-1)
}

func (v Deviation) alarmKey() string { return string(v.Machine) + "." + v.Signal }

func (v Deviation) notice() Notice {
	text := func(name, says string) string {
		return fmt.Sprintf("%s %s %v %s (%s %d)", name, says, v.Worst, v.Unit, v.Number, v.Job)
	}
	en := v.Title.EN
	if en == "" {
		en = v.Signal
	}
	zh := v.Title.ZH
	if zh == "" {
		zh = v.Signal
	}
	return Notice{
		Key: v.alarmKey(), Place: v.Machine, At: v.From, Page: "/process?tab=deviations&deviation=" + v.ID,
		Text: plant.Name{ZH: text(zh, "超出工艺窗口"), EN: text(en, "left its process window")},
	}
}

// Deviations lists deviations within a scope, the newest first; Of a filter is a
// machine.
func (d *Desk) Deviations(ctx context.Context, f Filter) ([]Deviation, error) {
	f.Kind = KindDeviation
	return document.ReadAll[Deviation](d.o.Store.Documents(ctx, f))
}

// ignore makes of an error that is expected none.
func ignore(err, expected error) error {
	if errors.Is(err, expected) {
		return nil
	}
	return err
}

// Tried is what the windows of a recipe would have found.
type Tried struct {
	From       plant.Instant    `json:"from"`
	To         plant.Instant    `json:"to"`
	Jobs       int              `json:"jobs" doc:"Jobs of the item at the machines that were looked at"`
	ProducedS  float64          `json:"produced_s" doc:"Of machines while these ran"`
	Parameters []TriedParameter `json:"parameters" nullable:"false"`
	Reason     string           `json:"reason,omitempty" doc:"Why the trial says nothing"`
	Rule       string           `json:"rule"`
}

// TriedParameter is what a window would have found.
type TriedParameter struct {
	Parameter
	Count    int         `json:"count" doc:"Deviations that would have been raised"`
	KnownS   float64     `json:"known_s"`
	OutsideS float64     `json:"outside_s"`
	Min      *float64    `json:"min"`
	Max      *float64    `json:"max"`
	Found    []Excursion `json:"found" nullable:"false" doc:"The first of them"`
}

// maxTried bounds the jobs that one trial reads.
const maxTried = 500

// Try runs the windows of a recipe, as somebody is writing it, over what ran before.
func (d *Desk) Try(ctx context.Context, who access.Principal, r Recipe, from, to plant.Instant) (Tried, error) {
	at, err := d.machine(ctx, who, r.Place, access.Read)
	if err != nil {
		return Tried{}, err
	}
	signals := at.Signals
	if at.Profile == "" {
		signals, _ = d.o.Machines.Kind(r.Profile)
	} else {
		r.Profile = at.Profile
	}
	if err := r.check(signals); err != nil {
		return Tried{}, err
	}
	to = min(to, d.now())
	runs, err := d.Runs(ctx, who, RunsFilter{Scope: access.Scope{Tenant: who.Scope.Tenant}, From: from, To: to, Item: r.Item})
	if err != nil {
		return Tried{}, err
	}
	out := Tried{From: from, To: to, Parameters: make([]TriedParameter, len(r.Parameters)), Rule: WatchRule}
	sums := make([]*summary, len(r.Parameters))
	for i, p := range r.Parameters {
		out.Parameters[i] = TriedParameter{Parameter: p, Found: []Excursion{}}
		sums[i] = newSummary()
	}
	for _, run := range runs {
		m, err := d.o.Machines.Machine(ctx, who.Scope.Tenant, run.Machine)
		if err != nil {
			return Tried{}, err
		}
		if !r.fits(m) || r.Operation != 0 && r.Operation != run.Job {
			continue
		}
		if out.Jobs++; out.Jobs > maxTried {
			return Tried{}, invalid("more than %d jobs; choose a shorter time", maxTried)
		}
		if err := d.try(ctx, who.Scope.Tenant, m, run, &out, sums); err != nil {
			return Tried{}, err
		}
	}
	for i := range out.Parameters {
		p := &out.Parameters[i]
		if p.KnownS, p.OutsideS = sums[i].known, sums[i].outside; sums[i].known > 0 {
			p.Min, p.Max = &sums[i].min, &sums[i].max
		}
	}
	switch {
	case out.Jobs == 0:
		out.Reason = "no job of the item ran there in this time"
	case out.ProducedS == 0:
		out.Reason = "the machines did not produce while the jobs ran"
	}
	return out, nil
}

// try runs every window over one job.
func (d *Desk) try(ctx context.Context, tenant plant.TenantNo, m Machine, run Proof, out *Tried, sums []*summary) error {
	runs := slices.Clone(run.Runs)
	for i := range runs {
		runs[i].From = max(runs[i].From, out.From)
	}
	produced, err := d.produced(ctx, tenant, m.ID, runs, out.To)
	if err != nil || len(produced) == 0 {
		return err
	}
	for _, s := range produced {
		out.ProducedS += seconds(s.From, s.To)
	}
	for i := range out.Parameters {
		p := &out.Parameters[i]
		tag := m.tagOf(p.Signal)
		if tag == 0 {
			continue
		}
		w := newWatch(p.Parameter, tag, produced[0].From, true)
		if err := w.advance(ctx, d.o.History, tenant, produced, out.To, func(v float64, from, to plant.Instant) { sums[i].take(p.Parameter, v, from, to) }); err != nil {
			return err
		}
		found := append(w.taken(), w.standing()...)
		p.Count += len(found)
		p.Found = append(p.Found, found[:min(len(found), maxExcursions-len(p.Found))]...)
	}
	return nil
}

package process

import (
	"context"
	"fmt"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// RunsFilter chooses jobs that ran.
type RunsFilter struct {
	Scope    access.Scope
	From, To plant.Instant
	Item     string
	Machine  plant.NodeID
}

// Proof is one job at one machine with the recipe that held for it and what was
// downloaded.
type Proof struct {
	Run
	Path     string     `json:"path"`
	Name     plant.Name `json:"name" doc:"Of the machine"`
	Runs     []Span     `json:"-"` // in order of time
	Recipe   *Recipe    `json:"recipe,omitempty" doc:"Approved and in effect when the job began, or else first while it ran; none: nobody approved one"`
	Download *Download  `json:"download,omitempty" doc:"The last to the machine before the job ended; none: nothing was ever downloaded"`
	Verdict  string     `json:"verdict" enum:"as_approved,not_loaded,other_revision,not_applied,no_recipe" doc:"Whether what was approved was downloaded and read back"`
}

// Verdicts of a proof.
const (
	AsApproved    = "as_approved"
	NotLoaded     = "not_loaded"
	OtherRevision = "other_revision"
	NotApplied    = "not_applied"
	NoRecipe      = "no_recipe"
)

// Ran is a parameter of a recipe as it really was.
type Ran struct {
	Parameter
	Tag        plant.TagNo   `json:"tag,omitempty" doc:"Its samples"`
	Read       *float64      `json:"read,omitempty" doc:"What was read back when it was downloaded"`
	ReadAt     plant.Instant `json:"read_at,omitempty"`
	Command    string        `json:"command,omitempty" doc:"That set it"`
	Min        *float64      `json:"min" doc:"While the machine produced; none: no value is known"`
	Mean       *float64      `json:"mean" doc:"Weighed by the time each value held"`
	Max        *float64      `json:"max"`
	KnownS     float64       `json:"known_s" doc:"Of the time in which the machine produced it had a value"`
	OutsideS   *float64      `json:"outside_s" doc:"Of this it was outside of its window; none without a window or a value"`
	Excursions []Excursion   `json:"excursions" nullable:"false" doc:"Longer than its delay; the first of them"`
}

// AsRun is a job with all that proves how it was made.
type AsRun struct {
	Proof
	From      plant.Instant `json:"began"`
	To        plant.Instant `json:"ended" doc:"Now while it runs"`
	Open      bool          `json:"open" doc:"It runs still"`
	ProducedS float64       `json:"produced_s" doc:"The machine produced"`
	Values    []Ran         `json:"values" nullable:"false"`
	Rule      string        `json:"rule" doc:"Version of the code that says when a value is outside"`
}

// maxExcursions that are listed of one parameter.
const maxExcursions = 200

// Runs lists jobs at machines that ran in a window, the newest first.
func (d *Desk) Runs(ctx context.Context, who access.Principal, f RunsFilter) ([]Proof, error) {
	switch {
	case f.From >= f.To:
		return nil, invalid("the window ends before it begins")
	case f.To.Time().Sub(f.From.Time()) > maxWindow:
		return nil, invalid("%s at once; %d days are allowed", f.To.Time().Sub(f.From.Time()), int(maxWindow.Hours()/24))
	}
	runs, err := d.o.Jobs.Runs(ctx, who.Scope.Tenant, f.From, f.To)
	if err != nil {
		return nil, err
	}
	runs = slices.DeleteFunc(runs, func(r Run) bool {
		return f.Item != "" && r.Item != f.Item || f.Machine != "" && r.Machine != f.Machine
	})
	known := map[string][]Recipe{}
	loads := map[plant.NodeID][]Download{}
	out := []Proof{}
	for _, p := range together(runs) {
		p, err := d.prove(ctx, f.Scope, p, known, loads)
		if err != nil {
			return nil, err
		}
		if p != nil {
			out = append(out, *p)
		}
	}
	slices.SortStableFunc(out, func(a, b Proof) int { return int(min(1, max(-1, b.Run.From-a.Run.From))) })
	return out, nil
}

// together makes one of all runs of a job at a machine.
func together(runs []Run) (out []Proof) {
	type key struct {
		order   string
		job     int
		machine plant.NodeID
	}
	at := map[key]int{}
	for _, r := range runs {
		k := key{r.Order, r.Job, r.Machine}
		i, ok := at[k]
		if !ok {
			at[k], i = len(out), len(out)
			out = append(out, Proof{Run: r})
		}
		p := &out[i]
		p.Runs = append(p.Runs, Span{r.From, r.To})
		p.Run.From = min(p.Run.From, r.From)
		if p.Run.To != 0 {
			p.Run.To = max(p.Run.To, r.To)
		}
		if r.To == 0 {
			p.Run.To = 0
		}
	}
	return out
}

// prove finds recipe and download of a job; nil where the asker may not see the
// machine, or there is none any more.
func (d *Desk) prove(ctx context.Context, scope access.Scope, p Proof, known map[string][]Recipe, loads map[plant.NodeID][]Download) (*Proof, error) {
	tenant := scope.Tenant
	m, err := d.o.Machines.Machine(ctx, tenant, p.Machine)
	if err != nil || !scope.Allows(m.Path) {
		return nil, ignore(err, access.ErrNotFound)
	}
	p.Path, p.Name = m.Path, m.Name
	if _, ok := known[p.Item]; !ok {
		if known[p.Item], err = d.ofItem(ctx, tenant, p.Item); err != nil {
			return nil, err
		}
	}
	if _, ok := loads[p.Machine]; !ok {
		if loads[p.Machine], err = d.Downloads(ctx, Filter{Scope: access.Scope{Tenant: tenant}, Of: string(p.Machine), Limit: maxRevisions}); err != nil {
			return nil, err
		}
	}
	end := p.Run.To
	if end == 0 {
		end = d.now()
	}
	p.Recipe = heldDuring(known[p.Item], p.Run, m, end)
	for i, l := range loads[p.Machine] { // the newest first
		if l.Began < end {
			p.Download = &loads[p.Machine][i]
			break
		}
	}
	p.Verdict = p.verdict()
	return &p, nil
}

// heldDuring is the recipe in effect when a run began, or else the first that took
// effect while it ran.
func heldDuring(all []Recipe, r Run, m Machine, end plant.Instant) *Recipe {
	if held := Effective(all, r.Item, r.Job, m, r.From); held != nil {
		return held
	}
	var begins []plant.Instant
	for _, one := range all {
		if one.From > r.From && one.From <= end {
			begins = append(begins, one.From)
		}
	}
	slices.Sort(begins)
	for _, at := range begins {
		if held := Effective(all, r.Item, r.Job, m, at); held != nil {
			return held
		}
	}
	return nil
}

func (p *Proof) verdict() string {
	sets := p.Recipe != nil && slices.ContainsFunc(p.Recipe.Parameters, func(one Parameter) bool { return one.Download })
	switch {
	case p.Recipe == nil:
		return NoRecipe
	case !sets: // it is watched only
		return AsApproved
	case p.Download == nil || p.Download.Item != p.Item:
		return NotLoaded
	case p.Download.Recipe != p.Recipe.ID:
		return OtherRevision
	case p.Download.State != Applied:
		return NotApplied
	}
	return AsApproved
}

// Ran is what a job at a machine was really made with.
func (d *Desk) Ran(ctx context.Context, who access.Principal, order string, job int, machine plant.NodeID, near plant.Instant) (AsRun, error) {
	window := plant.Instant(maxWindow / 2 / time.Microsecond)
	runs, err := d.o.Jobs.Runs(ctx, who.Scope.Tenant, near-window, min(near+window, d.now()+1))
	if err != nil {
		return AsRun{}, err
	}
	runs = slices.DeleteFunc(runs, func(r Run) bool { return r.Order != order || r.Job != job || r.Machine != machine })
	if len(runs) == 0 {
		return AsRun{}, fmt.Errorf("%w: job %d of order %s at %s", access.ErrNotFound, job, order, machine)
	}
	p, err := d.prove(ctx, who.Scope, together(runs)[0], map[string][]Recipe{}, map[plant.NodeID][]Download{})
	if err != nil {
		return AsRun{}, err
	}
	if p == nil {
		return AsRun{}, fmt.Errorf("%w: machine %s", access.ErrNotFound, machine)
	}
	out := AsRun{Proof: *p, From: p.Run.From, To: p.Run.To, Open: p.Run.To == 0, Values: []Ran{}, Rule: WatchRule}
	if out.Open {
		out.To = whole(d.now())
	}
	if p.Recipe == nil {
		return out, nil
	}
	produced, err := d.produced(ctx, who.Scope.Tenant, machine, p.Runs, out.To)
	if err != nil {
		return AsRun{}, err
	}
	for _, s := range produced {
		out.ProducedS += seconds(s.From, s.To)
	}
	m, err := d.o.Machines.Machine(ctx, who.Scope.Tenant, machine)
	if err != nil {
		return AsRun{}, err
	}
	for _, param := range p.Recipe.Parameters {
		r, err := d.ran(ctx, who.Scope.Tenant, m, param, produced, Span{out.From, out.To}, out.Open)
		if err != nil {
			return AsRun{}, err
		}
		r.readBack(p.Download, p.Recipe.ID)
		out.Values = append(out.Values, r)
	}
	return out, nil
}

// produced is when a machine produced while a job ran there.
func (d *Desk) produced(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, runs []Span, end plant.Instant) (out []Span, err error) {
	for _, r := range runs {
		if r.To == 0 || r.To > end {
			r.To = end
		}
		if r.From >= r.To {
			continue
		}
		part, err := d.o.Jobs.Produced(ctx, tenant, machine, r.From, r.To)
		if err != nil {
			return nil, err
		}
		out = append(out, part...)
	}
	return out, nil
}

// tagOf is the tag of a signal; 0 where the machine does not have it.
func (m Machine) tagOf(signal string) plant.TagNo {
	if i := slices.IndexFunc(m.Signals, func(s Signal) bool { return s.Name == signal }); i >= 0 {
		return m.Signals[i].Tag
	}
	return 0
}

func (d *Desk) ran(ctx context.Context, tenant plant.TenantNo, m Machine, p Parameter, produced []Span, all Span, open bool) (Ran, error) {
	r := Ran{Parameter: p, Tag: m.tagOf(p.Signal), Excursions: []Excursion{}}
	if r.Tag == 0 {
		return r, nil
	}
	w, sum := newWatch(p, r.Tag, all.From, true), newSummary()
	err := w.advance(ctx, d.o.History, tenant, produced, all.To, func(v float64, from, to plant.Instant) { sum.take(p, v, from, to) })
	if err != nil {
		return Ran{}, err
	}
	if !open {
		w.miss(all.To)
	}
	r.Excursions = append(append(r.Excursions, w.taken()...), w.standing()...)
	slices.SortStableFunc(r.Excursions, func(a, b Excursion) int { return int(min(1, max(-1, a.From-b.From))) })
	r.Excursions = r.Excursions[:min(len(r.Excursions), maxExcursions)]
	if r.KnownS = sum.known; sum.known > 0 {
		mean := sum.sum / sum.known
		r.Min, r.Mean, r.Max = &sum.min, &mean, &sum.max
		if p.windowed() {
			r.OutsideS = &sum.outside
		}
	}
	return r, nil
}

// readBack fills in what the machine said when the recipe was downloaded.
func (r *Ran) readBack(l *Download, recipe string) {
	if l == nil || l.Recipe != recipe {
		return
	}
	for _, v := range l.Values {
		if v.Signal == r.Signal {
			r.Read, r.ReadAt, r.Command = v.Read, v.Ended, v.Command
		}
	}
}

// Present is a parameter beside what the machine has now.
type Present struct {
	Parameter
	Tag   plant.TagNo   `json:"tag,omitempty"`
	Value *float64      `json:"value" doc:"Of now; none: not known"`
	At    plant.Instant `json:"at,omitempty" doc:"Since when it is so"`
	State string        `json:"state" enum:"same,drifted,outside,unknown" doc:"drifted: it is set by the recipe and has another value; outside: of its window"`
}

// AtMachine is what holds for a machine now.
type AtMachine struct {
	Machine  plant.NodeID `json:"equipment"`
	Path     string       `json:"path"`
	Name     plant.Name   `json:"name"`
	Job      *Run         `json:"job,omitempty" doc:"That runs"`
	Recipe   *Recipe      `json:"recipe,omitempty" doc:"In effect for the job, or the one that was asked for"`
	Download *Download    `json:"download,omitempty" doc:"The last"`
	Values   []Present    `json:"values" nullable:"false"`
	Drifted  int          `json:"drifted" doc:"Parameters that are not as the recipe has them"`
}

// setTolerance is how far, as a share of the target, a value that was set may be from
// it: what float32 keeps of it, and one digit, as shop/control reads back.
const setTolerance = 1e-6

// Now holds a machine's values of now against a recipe: that of the job at the machine,
// or the one that is asked for.
func (d *Desk) Now(ctx context.Context, who access.Principal, machine plant.NodeID, recipe string) (AtMachine, error) {
	tenant := who.Scope.Tenant
	m, err := d.machine(ctx, who, machine, access.Read)
	if err != nil {
		return AtMachine{}, err
	}
	if m.Profile == "" {
		return AtMachine{}, invalid("%s is no machine; choose one", m.Path)
	}
	out := AtMachine{Machine: m.ID, Path: m.Path, Name: m.Name, Values: []Present{}}
	running, err := d.o.Jobs.Running(ctx, tenant)
	if err != nil {
		return AtMachine{}, err
	}
	if i := slices.IndexFunc(running, func(r Run) bool { return r.Machine == machine }); i >= 0 {
		out.Job = &running[i]
	}
	if last, err := d.Downloads(ctx, Filter{Scope: access.Scope{Tenant: tenant}, Of: string(machine), Limit: 1}); err != nil {
		return AtMachine{}, err
	} else if len(last) > 0 {
		out.Download = &last[0]
	}
	switch {
	case recipe != "":
		r, err := d.recipe(ctx, who, recipe, access.Read)
		if err != nil {
			return AtMachine{}, err
		}
		if !r.fits(m) {
			return AtMachine{}, invalid("the recipe is for %s, not for %s", r.Path, m.Path)
		}
		out.Recipe = &r
	case out.Job != nil:
		all, err := d.ofItem(ctx, tenant, out.Job.Item)
		if err != nil {
			return AtMachine{}, err
		}
		out.Recipe = Effective(all, out.Job.Item, out.Job.Job, m, d.now())
	}
	if out.Recipe == nil {
		return out, nil
	}
	for _, p := range out.Recipe.Parameters {
		one, err := d.present(ctx, tenant, m, p)
		if err != nil {
			return AtMachine{}, err
		}
		if one.State == "drifted" || one.State == "outside" {
			out.Drifted++
		}
		out.Values = append(out.Values, one)
	}
	return out, nil
}

func (d *Desk) present(ctx context.Context, tenant plant.TenantNo, m Machine, p Parameter) (Present, error) {
	out := Present{Parameter: p, Tag: m.tagOf(p.Signal), State: "unknown"}
	if out.Tag == 0 {
		return out, nil
	}
	s, ok, err := d.o.History.Before(ctx, tenant, out.Tag, d.now().Micros()+1)
	if err != nil || !ok || s.Quality.IsBad() {
		return out, err
	}
	out.Value, out.At, out.State = &s.Value, plant.Instant(s.Time), "same"
	switch {
	case p.Download && !near(s.Value, p.Target):
		out.State = "drifted"
	case p.Outside(s.Value):
		out.State = "outside"
	}
	return out, nil
}

func near(a, b float64) bool {
	return max(a-b, b-a) <= setTolerance*max(1, max(a, -a), max(b, -b))
}

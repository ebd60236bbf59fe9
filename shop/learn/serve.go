package learn

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/calc/model"
	"zhigai/fact/document"
	"zhigai/plant"
)

// Reading is what a version says of a window. It can be made again of the samples at
// any time.
type Reading struct {
	At      plant.Instant `json:"at" doc:"End of the window"`
	Machine plant.NodeID  `json:"equipment"`
	Why     Why           `json:"why,omitempty" enum:",not_producing,missing_input" doc:"Why nothing is said"`
	Input   string        `json:"input,omitempty" doc:"Signal that is missing"`
	Row     []float64     `json:"row,omitempty" doc:"What it was asked, in the order of the inputs"`
	Value   *float64      `json:"value,omitempty"`
	Low     *float64      `json:"low,omitempty"`
	High    *float64      `json:"high,omitempty"`
	T2      *float64      `json:"t2,omitempty"`
	SPE     *float64      `json:"spe,omitempty"`
	Outside bool          `json:"outside,omitempty" doc:"Above a limit of what is normal, or the chance of what is warned of"`
}

// Move puts a version of a study to work, in the place of another; without a version
// the one at work is taken out.
type Move struct {
	Version string `json:"version,omitempty" maxLength:"60"`
	Note    string `json:"note,omitempty" maxLength:"1000" doc:"Why; needed of one that is taken out, or that is not good by its test"`
	Anyway  bool   `json:"anyway,omitempty" doc:"Although it is not good by its test"`
	Rev     int64  `json:"rev" doc:"Revision of the study that was seen"`
}

// Serve puts a version to work, or takes it out. History stays.
func (d *Desk) Serve(ctx context.Context, who access.Principal, study string, m Move) (Study, error) {
	s, err := d.study(ctx, who, study, access.Engineer)
	if err != nil {
		return Study{}, err
	}
	m.Note = strings.TrimSpace(m.Note)
	if s.Rev != m.Rev {
		return Study{}, fmt.Errorf("the study has revision %d, not %d: %w", s.Rev, m.Rev, access.ErrConflict)
	}
	moved := Moved{Version: m.Version, At: d.now(), By: who.Name, Note: m.Note}
	switch {
	case m.Version == s.Version && m.Version == "":
		return Study{}, invalid("no version of it is at work")
	case m.Version == s.Version:
		return Study{}, invalid("this version is at work already")
	case m.Version == "" && m.Note == "":
		return Study{}, invalid("write why it is taken out")
	case m.Version != "":
		v, err := d.Version(ctx, who, m.Version)
		if err != nil {
			return Study{}, err
		}
		if v.Study != study {
			return Study{}, invalid("version %s is of another study", m.Version)
		}
		if !v.Good && (!m.Anyway || m.Note == "") {
			return Study{}, invalid("by its test it is no good: %s; write why it is put to work all the same, or train another", v.verdict())
		}
		moved.No, moved.Anyway = v.No, !v.Good
	}
	if s.Version != "" {
		if err := d.silence(ctx, who.Scope.Tenant, s); err != nil {
			return Study{}, err
		}
	}
	s.Version, s.Log = m.Version, append(slices.Clip(s.Log), moved)
	return d.keep(ctx, who, s, s.Rev)
}

// verdict in words.
func (v *Version) verdict() string {
	switch {
	case v.Good:
		return "better than the naive answer"
	case v.Watched != nil:
		return fmt.Sprintf("%.1f %% of good windows that it has not seen are outside, %.1f %% may be", 100*v.Watched.Outside, 100*v.Watched.Expected)
	case v.Verdict.P == nil:
		return "too few windows to tell whether it is better than the naive answer"
	}
	return fmt.Sprintf("no better than naive: error %.4g beside %.4g", v.Verdict.RMSE, v.Verdict.NaiveRMSE)
}

// say is what a version says of a window's row.
func (v *Version) say(r *Reading) error {
	if v.Monitor != nil {
		c, err := v.Monitor.Ask(r.Row)
		r.T2, r.SPE, r.Outside = &c.T2, &c.SPE, c.Outside
		return err
	}
	s, err := v.Learnt.Predict(r.Row)
	if err != nil {
		return err
	}
	r.Value, r.Low, r.High, r.Outside = &s.Value, s.Low, s.High, s.Warns
	if v.Asked.Target.Goal == Life { // within what it learnt of
		for _, p := range []*float64{r.Value, r.Low, r.High} {
			if p != nil {
				*p = min(v.Asked.Target.MostH, max(0, *p))
			}
		}
	}
	return nil
}

// read is what a version says of the windows of a machine over a grid. It asks what
// was measured and nothing of what came afterwards, so that it says the same at any
// time.
func (d *Desk) read(ctx context.Context, tenant plant.TenantNo, v *Version, machine plant.NodeID, g grid) ([]Reading, error) {
	s := v.Asked
	w := &windows{grid: g}
	var err error
	if w.columns, err = d.columns(ctx, tenant, machine, s.Inputs, g); err != nil {
		return nil, err
	}
	if s.Producing && g.n > 0 {
		spans, err := d.o.Machines.Produced(ctx, tenant, machine, g.start, g.end(g.n-1))
		if err != nil {
			return nil, err
		}
		w.busy = producing(g, spans)
	}
	out := make([]Reading, g.n)
	for k := range out {
		r := &out[k]
		r.At, r.Machine = g.end(k), machine
		if r.Row, r.Why, r.Input = w.values(s.Inputs, k); r.Why != "" {
			continue
		}
		if err := v.say(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

const (
	// Pace is how often windows are looked for that came; one takes a minute or more.
	Pace = 10 * time.Second
	// settles is how long after its end a window is read: what was measured within it
	// comes a moment later.
	settles = 20 * time.Second
	// atOnce is how many windows of a machine are read before they are kept.
	atOnce = 360
	// studiesAtOnce are read at a time.
	studiesAtOnce = 100
)

// Follow asks the versions at work about the windows that came since the last look,
// and raises and clears their alarms.
func (d *Desk) Follow(ctx context.Context, tenant plant.TenantNo) error {
	f := document.Filter{Scope: access.Scope{Tenant: tenant}, Kind: KindStudy, Open: true, Limit: studiesAtOnce}
	var failed error
	for {
		docs, err := d.o.Store.Documents(ctx, f)
		if err != nil {
			return err
		}
		for _, doc := range docs {
			s, err := document.Read[Study](doc, nil)
			if err == nil {
				err = d.follow(ctx, tenant, s)
			}
			if err != nil {
				// One that cannot be followed keeps no other from it.
				failed = errors.Join(failed, fmt.Errorf("study %s: %w", doc.ID, err))
			}
		}
		if len(docs) < f.Limit {
			return failed
		}
		f.Before = docs[len(docs)-1].ID
	}
}

func (d *Desk) follow(ctx context.Context, tenant plant.TenantNo, s Study) error {
	v, err := d.version(ctx, tenant, s.Version)
	if err != nil {
		return err
	}
	came := 0
	for _, machine := range v.Asked.Machines {
		n, err := d.followMachine(ctx, tenant, s, &v, machine)
		if err != nil && !errors.Is(err, access.ErrNotFound) { // a machine that is gone is nobody's
			return err
		}
		came += n
	}
	if came == 0 {
		return nil
	}
	return d.tellDrift(ctx, tenant, s, &v)
}

func (v *Version) checkModel() error {
	switch {
	case v.Monitor != nil:
		return v.Monitor.Check()
	case v.Learnt != nil:
		return v.Learnt.Check()
	}
	return fmt.Errorf("version %s: %w: it holds no model", v.ID, model.ErrInvalid)
}

// followMachine reads what came of a machine, and tells how many windows that were.
func (d *Desk) followMachine(ctx context.Context, tenant plant.TenantNo, s Study, v *Version, machine plant.NodeID) (int, error) {
	now := d.now()
	last, err := d.o.Store.Readings(ctx, tenant, v.ID, machine, 0, now+1, lookedAt)
	if err != nil {
		return 0, err
	}
	from := s.Log[len(s.Log)-1].At
	if len(last) > 0 {
		from = last[len(last)-1].At
	}
	total := 0
	for {
		g := gridOf(from, now-plant.Instant(settles.Microseconds()), v.Asked.window())
		if g.n = min(g.n, atOnce); g.n == 0 {
			return total, nil
		}
		all, err := d.read(ctx, tenant, v, machine, g)
		if err != nil {
			return total, err
		}
		if err := d.o.Store.KeepReadings(ctx, tenant, v.ID, all); err != nil {
			return total, err
		}
		// What came together is told as what came one by one.
		for _, r := range all {
			last = append(last, r)
			last = last[max(0, len(last)-lookedAt):]
			if err := d.tell(ctx, tenant, s, v, machine, last); err != nil {
				return total, err
			}
		}
		total += len(all)
		from = g.end(g.n - 1)
	}
}

// Again asks the version at work about all windows of [from, to) once more, keeps what
// it says, and tells how many there were and how many say something else than before.
func (d *Desk) Again(ctx context.Context, who access.Principal, study string, from, to plant.Instant) (Repeated, error) {
	s, err := d.study(ctx, who, study, access.Engineer)
	if err != nil {
		return Repeated{}, err
	}
	v, err := d.atWork(ctx, who, s)
	if err != nil {
		return Repeated{}, err
	}
	var out Repeated
	tenant := who.Scope.Tenant
	to = min(to, d.now()-plant.Instant(settles.Microseconds()))
	if err := v.spanned(from, to); err != nil {
		return out, err
	}
	for _, machine := range v.Asked.Machines {
		whole := gridOf(from, to, v.Asked.window())
		for at := 0; at < whole.n; at += atOnce {
			g := grid{whole.start + whole.width*plant.Instant(at), whole.width, min(atOnce, whole.n-at)}
			all, err := d.read(ctx, tenant, &v, machine, g)
			if err != nil {
				return out, err
			}
			before, err := d.o.Store.Readings(ctx, tenant, v.ID, machine, g.end(0), g.end(g.n-1)+1, g.n)
			if err != nil {
				return out, err
			}
			out.count(all, before)
			if err := d.o.Store.KeepReadings(ctx, tenant, v.ID, all); err != nil {
				return out, err
			}
		}
	}
	return out, nil
}

// spanned refuses more windows than are read at once.
func (v *Version) spanned(from, to plant.Instant) error {
	n := int64((to-from)/v.Asked.window()) * int64(len(v.Asked.Machines))
	switch {
	case to <= from:
		return invalid("the time ends before it begins, or has not come yet")
	case n > maxWindows:
		return invalid("%d windows at once; %d are read at the most: take a shorter time", n, maxWindows)
	}
	return nil
}

// Repeated is what was said again.
type Repeated struct {
	Windows int `json:"windows"`
	New     int `json:"new" doc:"Of which nothing was said before"`
	Differ  int `json:"differ" doc:"Said to be something else: samples came late, or were mended"`
}

func (o *Repeated) count(all, before []Reading) {
	o.Windows += len(all)
	for _, r := range all {
		i := slices.IndexFunc(before, func(b Reading) bool { return b.At == r.At })
		switch {
		case i < 0:
			o.New++
		case !r.equal(before[i]):
			o.Differ++
		}
	}
}

// equal says whether two readings are the same to the bit.
func (r Reading) equal(o Reading) bool {
	same := func(a, b *float64) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }
	return r.Why == o.Why && r.Input == o.Input && r.Outside == o.Outside && slices.Equal(r.Row, o.Row) && same(r.Value, o.Value) && same(r.Low, o.Low) && same(r.High, o.High) && same(r.T2, o.T2) && same(r.SPE, o.SPE)
}

// atWork is the version of a study that is at work.
func (d *Desk) atWork(ctx context.Context, who access.Principal, s Study) (Version, error) {
	if s.Version == "" {
		return Version{}, invalid("no version of the study is at work; put one to work")
	}
	return d.Version(ctx, who, s.Version)
}

// maxReadings are shown at once.
const maxReadings = 5000

// Readings of a version within [from, to), the newest, oldest first.
func (d *Desk) Readings(ctx context.Context, who access.Principal, version string, machine plant.NodeID, from, to plant.Instant) ([]Reading, error) {
	if _, err := d.Version(ctx, who, version); err != nil {
		return nil, err
	}
	return d.o.Store.Readings(ctx, who.Scope.Tenant, version, machine, from, to, maxReadings)
}

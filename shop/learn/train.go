package learn

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"zhigai/access"
	"zhigai/calc/model"
	"zhigai/fact/document"
	"zhigai/plant"
)

// Version is a model that was trained, with what stands behind it. It never changes.
type Version struct {
	ID      string        `json:"id"`
	Study   string        `json:"study"`
	No      int           `json:"no" doc:"Counts from 1 within the study"`
	Asked   Study         `json:"asked" doc:"The study as it was"`
	By      string        `json:"by"`
	At      plant.Instant `json:"at"`
	From    plant.Instant `json:"from" doc:"End of the first window that was learnt of"`
	To      plant.Instant `json:"to" doc:"End of the last one"`
	Windows int           `json:"windows"`
	Rows    int           `json:"rows"`
	Dropped []Dropped     `json:"dropped" nullable:"false"`
	// Verdict is of models that tell something, Watched of those of what is normal.
	Verdict  *model.Verdict `json:"verdict,omitempty"`
	Watched  *model.Watched `json:"watched,omitempty"`
	Fit      *Fit           `json:"fit,omitempty"`
	Points   []Told         `json:"points" nullable:"false" doc:"Held-out windows, at most 500 of them"`
	Failures []Breakdown    `json:"failures" nullable:"false"`
	Good     bool           `json:"good" doc:"Better than the naive answer beyond chance; of what is normal: good windows not seen lie within its limits"`
	Learnt   *model.Learnt  `json:"model,omitempty"`
	Monitor  *model.Monitor `json:"monitor,omitempty"`
	// Parts are the documents that hold points and model.
	Parts int `json:"parts,omitempty" doc:"Facts that hold its windows and model"`
}

// Fit is what a monitor's pages say of it.
type Fit struct {
	Components int     `json:"components"`
	Explained  float64 `json:"explained"`
	T2Limit    float64 `json:"t2_limit"`
	SPELimit   float64 `json:"spe_limit"`
	T2Theory   float64 `json:"t2_theory"`
	SPETheory  float64 `json:"spe_theory"`
}

// Told is what was said of a held-out window beside what was.
type Told struct {
	At      plant.Instant `json:"at"`
	Machine plant.NodeID  `json:"equipment"`
	Is      *float64      `json:"is" doc:"Null of what is normal"`
	Naive   *float64      `json:"naive"`
	Value   *float64      `json:"value"`
	Low     *float64      `json:"low"`
	High    *float64      `json:"high"`
	T2      *float64      `json:"t2"`
	SPE     *float64      `json:"spe"`
}

// mostPoints of held-out windows are kept.
const mostPoints = 500

// Training is how far a training is.
type Training struct {
	Study   string        `json:"study"`
	State   string        `json:"state" enum:"reading,learning,done,failed,stopped"`
	Done    int           `json:"done" doc:"Steps of the state: machines that were read, models that were fitted"`
	Of      int           `json:"of"`
	By      string        `json:"by"`
	Began   plant.Instant `json:"began"`
	Ended   plant.Instant `json:"ended,omitempty"`
	Why     string        `json:"why,omitempty" doc:"Why it failed"`
	Version string        `json:"version,omitempty" doc:"That it made"`
}

// States of a training.
const (
	isReading  = "reading"
	isLearning = "learning"
	isDone     = "done"
	isFailed   = "failed"
	isStopped  = "stopped"
)

type training struct {
	Training
	stop context.CancelFunc
}

// running says whether it is under way.
func (t *Training) running() bool { return t.State == isReading || t.State == isLearning }

// maxRunning trainings at once: each keeps a core busy.
const maxRunning = 2

// Start trains a version of a study in the background.
func (d *Desk) Start(ctx context.Context, who access.Principal, id string) (Training, error) {
	s, err := d.study(ctx, who, id, access.Engineer)
	if err != nil {
		return Training{}, err
	}
	if s.Ended {
		return Training{}, invalid("the study has ended; open it again to train")
	}
	key := ofStudy{who.Scope.Tenant, id}
	d.mu.Lock()
	defer d.mu.Unlock()
	running := 0
	for _, t := range d.runs {
		if t.running() {
			running++
		}
	}
	if t, ok := d.runs[key]; ok && t.running() {
		return t.Training, nil
	}
	if running >= maxRunning || d.end.Err() != nil {
		return Training{}, fmt.Errorf("%w: %d; wait for one or stop it", ErrBusy, running)
	}
	work, stop := context.WithCancel(d.end)
	t := &training{Training: Training{Study: id, State: isReading, Of: len(s.Machines), By: who.Name, Began: d.now()}, stop: stop}
	d.runs[key] = t
	d.work.Go(func() {
		defer stop()
		v, err := d.train(work, who, s, t)
		d.mu.Lock()
		defer d.mu.Unlock()
		t.Ended = d.now()
		switch {
		case err == nil:
			t.State, t.Version = isDone, v
		case errors.Is(err, model.ErrStopped) || work.Err() != nil:
			t.State = isStopped
		default:
			t.State, t.Why = isFailed, err.Error()
			if !errors.Is(err, ErrInvalid) && !errors.Is(err, model.ErrInvalid) {
				d.o.Logger.Error("a model was not trained", "study", id, "err", err)
			}
		}
	})
	return t.Training, nil
}

// Training of a study: the last one since the node began; access.ErrNotFound without.
func (d *Desk) Training(ctx context.Context, who access.Principal, id string) (Training, error) {
	if _, err := d.study(ctx, who, id, access.Read); err != nil {
		return Training{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if t, ok := d.runs[ofStudy{who.Scope.Tenant, id}]; ok {
		return t.Training, nil
	}
	return Training{}, fmt.Errorf("%w: training of study %s", access.ErrNotFound, id)
}

// Stop gives a training up; nothing of it is kept.
func (d *Desk) Stop(ctx context.Context, who access.Principal, id string) (Training, error) {
	if _, err := d.study(ctx, who, id, access.Engineer); err != nil {
		return Training{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	t, ok := d.runs[ofStudy{who.Scope.Tenant, id}]
	if !ok {
		return Training{}, fmt.Errorf("%w: training of study %s", access.ErrNotFound, id)
	}
	t.stop()
	return t.Training, nil
}

// told moves a training on; false stops it.
func (d *Desk) told(ctx context.Context, t *training, state string) func(done, of int) bool {
	return func(done, of int) bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		t.State, t.Done, t.Of = state, done, of
		return ctx.Err() == nil
	}
}

// train reads, learns, judges, and keeps the version.
func (d *Desk) train(ctx context.Context, who access.Principal, s Study, t *training) (string, error) {
	tenant := who.Scope.Tenant
	reading := d.told(ctx, t, isReading)
	all, err := d.tabulate(ctx, tenant, &s, func(done int) bool { return reading(done, len(s.Machines)) })
	if err != nil {
		return "", err
	}
	if err := all.enough(&s); err != nil {
		return "", err
	}
	v := Version{
		ID: d.o.NewID(), Study: s.ID, Asked: s, By: who.Name, Windows: all.windows, Rows: len(all.rows), Dropped: all.dropped,
		From: all.rows[0].at, To: all.rows[len(all.rows)-1].at, Points: []Told{}, Failures: append([]Breakdown{}, all.failures...),
	}
	v.Asked.Log = nil
	m, way := all.asTable(&s)
	way.Step = d.told(ctx, t, isLearning)
	if s.Target.Goal == Normal {
		err = v.monitor(all, m, way)
	} else {
		err = v.learn(all, m, way)
	}
	if err != nil {
		return "", err
	}
	last, err := d.o.Store.Documents(ctx, document.Filter{Scope: access.Scope{Tenant: tenant}, Kind: KindVersion, Of: s.ID, Limit: 1})
	if err != nil {
		return "", err
	}
	v.No = 1
	if len(last) > 0 {
		before, err := document.Read[Version](last[0], nil)
		if err != nil {
			return "", err
		}
		v.No = before.No + 1
	}
	v.At = d.now()
	return v.ID, d.keepVersion(ctx, tenant, v)
}

func (v *Version) learn(t *table, m model.Table, way model.Way) error {
	l, verdict, err := model.Learn(m, way)
	if err != nil {
		return err
	}
	every := (len(verdict.Points) + mostPoints - 1) / mostPoints
	for i := 0; i < len(verdict.Points); i += every {
		p := verdict.Points[i]
		r := t.rows[p.Row]
		v.Points = append(v.Points, Told{At: r.at, Machine: v.Asked.Machines[r.machine], Is: &p.Is, Naive: &p.Naive, Value: &p.Value, Low: p.Low, High: p.High})
	}
	verdict.Points = nil
	v.Learnt, v.Verdict, v.Good = l, &verdict, verdict.Better
	return nil
}

// explained is the share of the variance that a monitor's components have.
const explained = 0.9

func (v *Version) monitor(t *table, m model.Table, way model.Way) error {
	if !way.Step(0, 1) {
		return model.ErrStopped
	}
	monitor, watched, err := model.TrainMonitor(m.Names, m.Rows, model.MonitorOptions{Explain: explained, Share: way.Share, Gap: way.Gap})
	if err != nil {
		return err
	}
	held := t.rows[watched.At:]
	every := (len(held) + mostPoints - 1) / mostPoints
	for i := 0; i < len(held); i += every {
		c, err := monitor.Ask(held[i].values)
		if err != nil {
			return err
		}
		v.Points = append(v.Points, Told{At: held[i].at, Machine: v.Asked.Machines[held[i].machine], T2: &c.T2, SPE: &c.SPE})
	}
	v.Monitor, v.Watched, v.Good = monitor, &watched, watched.Steady
	v.Fit = &Fit{len(monitor.Loadings), monitor.Explained, monitor.T2Limit, monitor.SPELimit, monitor.T2Theory, monitor.SPETheory}
	return nil
}

// Versions of a study, the newest first, without their models and points.
func (d *Desk) Versions(ctx context.Context, who access.Principal, study string, f document.Filter) ([]Version, error) {
	if _, err := d.study(ctx, who, study, access.Read); err != nil {
		return nil, err
	}
	f.Kind, f.Of, f.Scope = KindVersion, study, who.Scope
	return document.ReadAll[Version](d.o.Store.Documents(ctx, f))
}

// index of a machine in the study that a version was trained for; -1 of another.
func (v *Version) index(machine plant.NodeID) int { return slices.Index(v.Asked.Machines, machine) }

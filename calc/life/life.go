// Package life says how long things that run until they fail will last: a model
// learns from runs to failure, and answers for one that still runs with an
// interval that was calibrated on runs the model has not seen.
//
// It knows no machine, file or clock. An answer is never more than the model was
// taught to tell apart ([Options.Most]), and an interval is missing where too few
// runs were kept back for it. Start with [Train] and [Model.Predict].
package life

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"zhigai/calc/model"
)

// ErrInvalid is what nothing can be learnt of; the text says what to do.
var ErrInvalid = errors.New("life: not possible")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// Run is one thing from its first cycle on: for each cycle the values of its
// signals. Runs that a model learns from end with the failure.
type Run struct {
	ID     string
	Values [][]float64
}

// Options of training.
type Options struct {
	// Most is where life is capped, in cycles: far from its end nothing shows, and
	// 125 is what the literature on C-MAPSS caps at (Heimes, Recurrent neural
	// networks for remaining useful life estimation, PHM 2008).
	Most float64 `json:"most"`
	// Share of what comes that an interval is to cover, 0..1.
	Share float64 `json:"share"`
	// Kept is the share of the runs that are kept back to calibrate intervals.
	Kept float64       `json:"kept"`
	Seed uint64        `json:"seed"`
	Tree model.Options `json:"trees"`
}

// Usual options.
func Usual() Options {
	return Options{Most: 125, Share: 0.9, Kept: 0.25, Seed: 1, Tree: model.Options{Trees: 150, Depth: 5, Rate: 0.05, Leaf: 30, Share: 0.5, Seed: 1}}
}

// Answer is how many cycles are left, with the interval.
type Answer struct {
	Life     float64 `json:"life"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
	Interval bool    `json:"interval"` // false: too few runs were kept back for the share asked
}

// Model is what was learnt, with what it was learnt from.
type Model struct {
	Version  int          `json:"version"` // of the features and of the way of training
	Options  Options      `json:"options"`
	Signals  int          `json:"signals"`
	Used     []int        `json:"used"` // signals that vary
	Runs     int          `json:"runs"` // learnt from
	Cycles   int          `json:"cycles"`
	Kept     int          `json:"kept"` // runs kept back
	Trees    *model.Boost `json:"model"`
	Spread   *model.Boost `json:"spread"` // of the size of an error
	Quantile float64      `json:"quantile"`
	Covered  bool         `json:"covered"` // the quantile exists
	Watch    *model.Watch `json:"watch"`
}

// version of what is learnt: features, folds, options' meaning.
const version = 1

// MaxRuns and MaxCycles bound what is learnt from.
const (
	MaxRuns   = 10_000
	MaxCycles = 2_000_000
)

// leastRuns to learn from, besides those kept back.
const leastRuns = 5

// Train learns from runs to failure.
func Train(runs []Run, o Options) (*Model, error) {
	if !(o.Most > 0) || !(o.Share > 0 && o.Share < 1) || !(o.Kept > 0 && o.Kept < 1) {
		return nil, invalid("options: life capped at %v, share %v, kept back %v; above 0, and shares below 1", o.Most, o.Share, o.Kept)
	}
	if err := check(runs); err != nil {
		return nil, err
	}
	kept := max(1, int(math.Round(o.Kept*float64(len(runs)))))
	if len(runs)-kept < leastRuns {
		return nil, invalid("%d runs; %d are kept back, and %d more at the least are learnt from", len(runs), kept, leastRuns)
	}
	order := rand.New(rand.NewPCG(o.Seed, 1)).Perm(len(runs))
	learn, back := pick(runs, order[kept:]), pick(runs, order[:kept])
	m := &Model{Version: version, Options: o, Signals: len(runs[0].Values[0]), Used: varying(learn), Runs: len(learn), Kept: kept}
	if len(m.Used) == 0 {
		return nil, invalid("no signal varies; look at the columns")
	}
	rows, y, of := m.table(learn)
	m.Cycles = len(rows)
	var err error
	if m.Trees, err = model.Train(rows, y, o.Tree); err != nil {
		return nil, err
	}
	if m.Watch, err = model.NewWatch(rows); err != nil {
		return nil, err
	}
	if err := m.spread(rows, y, of, len(learn)); err != nil {
		return nil, err
	}
	m.calibrate(back)
	return m, nil
}

func pick(runs []Run, at []int) []Run {
	out := make([]Run, len(at))
	for i, k := range at {
		out[i] = runs[k]
	}
	return out
}

func check(runs []Run) error {
	if len(runs) == 0 || len(runs) > MaxRuns {
		return invalid("%d runs; 1 to %d are possible", len(runs), MaxRuns)
	}
	width, cycles := 0, 0
	for _, r := range runs {
		if len(r.Values) == 0 {
			return invalid("run %s is empty", r.ID)
		}
		if width == 0 {
			width = len(r.Values[0])
		}
		cycles += len(r.Values)
		for i, v := range r.Values {
			if len(v) != width || width == 0 {
				return invalid("run %s, cycle %d has %d signals; others have %d", r.ID, i+1, len(v), width)
			}
			for j, x := range v {
				if math.IsNaN(x) || math.IsInf(x, 0) {
					return invalid("run %s, cycle %d, signal %d is %v; leave the cycle out or mend it", r.ID, i+1, j+1, x)
				}
			}
		}
	}
	if cycles > MaxCycles {
		return invalid("%d cycles; %d at most", cycles, MaxCycles)
	}
	return nil
}

// spread learns how large an error is to be expected where, from errors of
// models that have not seen the run: halves of the runs answer for one another.
func (m *Model) spread(rows [][]float64, y []float64, of []int, runs int) error {
	size := make([]float64, len(y))
	for half := range 2 {
		var x [][]float64
		var want []float64
		for i, r := range of {
			if r%2 != half {
				x, want = append(x, rows[i]), append(want, y[i])
			}
		}
		b, err := model.Train(x, want, m.Options.Tree)
		if err != nil {
			return err
		}
		for i, r := range of {
			if r%2 == half {
				size[i] = math.Abs(m.within(b.Predict(rows[i])) - y[i])
			}
		}
	}
	o := m.Options.Tree
	o.Depth, o.Trees = min(3, o.Depth), min(60, o.Trees)
	var err error
	m.Spread, err = model.Train(rows, size, o)
	return err
}

// leastSpread keeps intervals from vanishing where errors were small by chance,
// in cycles.
const leastSpread = 2

func (m *Model) expected(row []float64) float64 { return max(leastSpread, m.Spread.Predict(row)) }

func (m *Model) within(life float64) float64 { return min(m.Options.Most, max(0, life)) }

// calibrate finds by how much of the expected error an interval must be wide, on
// runs that nothing was learnt from: one cut of each, for two cuts of one run are
// not two witnesses.
func (m *Model) calibrate(back []Run) {
	r := rand.New(rand.NewPCG(m.Options.Seed, 2))
	var quantiles []float64
	// The cut is drawn again and again, and the median of the quantiles kept: one
	// draw of few runs is a matter of luck.
	for range 25 {
		var scores []float64
		for _, run := range back {
			at := 1 + r.IntN(len(run.Values))
			row := m.features(run.Values[:at])
			want := m.within(float64(len(run.Values) - at))
			scores = append(scores, math.Abs(m.within(m.Trees.Predict(row))-want)/m.expected(row))
		}
		if q, ok := model.Conformal(scores, m.Options.Share); ok {
			quantiles = append(quantiles, q)
		}
	}
	if m.Covered = len(quantiles) > 0; m.Covered {
		m.Quantile, _ = model.Conformal(quantiles, 0.5)
	}
}

// Predict answers for a run that still goes on.
func (m *Model) Predict(r Run) (Answer, error) {
	if err := check([]Run{r}); err != nil {
		return Answer{}, err
	}
	if got := len(r.Values[0]); got != m.Signals {
		return Answer{}, invalid("run %s has %d signals; the model was trained on %d", r.ID, got, m.Signals)
	}
	row := m.features(r.Values)
	a := Answer{Life: m.within(m.Trees.Predict(row)), Interval: m.Covered}
	if m.Covered {
		by := m.Quantile * m.expected(row)
		a.Low, a.High = m.within(a.Life-by), m.within(a.Life+by)
	}
	return a, nil
}

// Drift is how far each feature of running things lies from what was learnt
// from; see [model.Watch.Drift].
func (m *Model) Drift(runs []Run) ([]float64, error) {
	if err := check(runs); err != nil {
		return nil, err
	}
	rows, _, _ := m.table(runs)
	return m.Watch.Drift(rows)
}

// Check refuses a model that was written by another version, or that is damaged:
// one that was read from a file is asked nothing before.
func (m *Model) Check() error {
	switch {
	case m.Version != version:
		return invalid("the model is of version %d; this program makes and reads %d: train it anew", m.Version, version)
	case m.Trees == nil || m.Spread == nil || m.Watch == nil || !(m.Options.Most > 0):
		return invalid("the model is not whole")
	}
	for _, s := range m.Used {
		if s < 0 || s >= m.Signals {
			return invalid("the model uses signal %d of %d", s+1, m.Signals)
		}
	}
	for _, b := range []*model.Boost{m.Trees, m.Spread} {
		if err := b.Check(1 + perSignal*len(m.Used)); err != nil {
			return err
		}
	}
	return nil
}

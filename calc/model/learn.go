package model

import (
	"errors"
	"math"
	"slices"
)

// version of what is written; another version's models are trained anew.
const version = 1

// Kind says how a model learns.
type Kind string

// Kinds of models.
const (
	Trees   Kind = "trees"   // gradient-boosted regression trees, [Train]
	Linear  Kind = "ridge"   // ridge regression, [TrainRidge]
	Network Kind = "network" // a small feed-forward network, [TrainNet]
)

// Table is what is learnt from: a row of columns for each answer.
type Table struct {
	Names []string // of the columns
	Rows  [][]float64
	Y     []float64
	// Naive is what somebody says of each row who has no model: the last value that was
	// measured. Nil: the mean of what was learnt from.
	Naive []float64
	// Group says which rows belong together, a run or a machine: never on both sides of a
	// split. Nil: rows are in the order of time, and that is split.
	Group []int
}

// Way of learning.
type Way struct {
	Kind   Kind    `json:"kind"`
	Binary bool    `json:"binary"` // answers are 0 and 1, and chances are said
	Share  float64 `json:"share"`  // of answers that intervals are to cover, or of rows without the event that get no warning
	Gap    int     `json:"gap"`    // rows left out where time is split: what overlaps both sides is no witness
	Seed   uint64  `json:"seed"`
	// Step is told before each of the fits how many are done; false stops. It may be nil.
	Step func(done, of int) bool `json:"-"`
}

// ErrStopped is what a way's Step asked for.
var ErrStopped = errors.New("model: stopped")

// Learnt is a model with what makes its answers honest. It can be written as JSON,
// and says the same when it is read.
type Learnt struct {
	Version int      `json:"version"`
	Kind    Kind     `json:"kind"`
	Names   []string `json:"names"`
	Binary  bool     `json:"binary"`
	Trees   *Boost   `json:"trees,omitempty"`
	Ridge   *Ridge   `json:"ridge,omitempty"`
	Net     *Net     `json:"network,omitempty"`
	Share   float64  `json:"share"`
	// Half is the half width of intervals, in the unit of the answers; nil when too few
	// rows stand behind the share.
	Half *float64 `json:"half"`
	// Warn is the chance above which an event is warned of; nil when too few rows are
	// without one.
	Warn  *float64 `json:"warn"`
	Watch *Watch   `json:"watch"`
}

// Said is an answer.
type Said struct {
	Value float64  `json:"value"` // a chance, 0 to 1, of a binary model
	Low   *float64 `json:"low"`   // null of a binary model, or when too few rows stand behind an interval
	High  *float64 `json:"high"`
	Warns bool     `json:"warns"`
}

type predictor interface {
	Predict(row []float64) float64
	Check(width int) error
}

func (l *Learnt) predictor() predictor {
	switch {
	case l.Kind == Trees && l.Trees != nil:
		return l.Trees
	case l.Kind == Linear && l.Ridge != nil:
		return l.Ridge
	case l.Kind == Network && l.Net != nil:
		return l.Net
	}
	return nil
}

// Predict answers for a row of finite numbers.
func (l *Learnt) Predict(row []float64) (Said, error) {
	if len(row) != len(l.Names) {
		return Said{}, invalid("a row of %d columns; the model was trained on %d", len(row), len(l.Names))
	}
	for j, v := range row {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return Said{}, invalid("column %s is %v; leave the row out or mend it", l.Names[j], v)
		}
	}
	return l.say(l.predictor().Predict(row)), nil
}

func (l *Learnt) say(v float64) Said {
	if l.Binary {
		v = chance(v)
		return Said{Value: v, Warns: l.Warn != nil && v > *l.Warn}
	}
	s := Said{Value: v}
	if l.Half != nil {
		s.Low, s.High = new(v-*l.Half), new(v+*l.Half)
	}
	return s
}

func chance(v float64) float64 { return min(1, max(0, v)) }

// Check refuses a model that was written by another version, or that is damaged: one
// that was read is asked nothing before.
func (l *Learnt) Check() error {
	p := l.predictor()
	switch {
	case l.Version != version:
		return invalid("the model is of version %d; this program makes and reads %d: train it anew", l.Version, version)
	case p == nil || len(l.Names) == 0 || l.Watch == nil || len(l.Watch.Limits) != len(l.Names) || len(l.Watch.Shares) != len(l.Names):
		return invalid("the model is not whole")
	}
	return p.Check(len(l.Names))
}

const (
	// crossed is into how many parts what is learnt from is cut, each answered for by a
	// model of the others.
	crossed = 4
	// fits of a way: the parts, the model that is judged, and the one that is kept.
	fits = crossed + 2
	// leastRows leave fifteen to judge by.
	leastRows = 60
	// leastGroups leave one to judge by, and one for each part.
	leastGroups = 6
	// leastEvents on either side of a split tell something.
	leastEvents = 3
)

// Learn trains a model, and says how good it is on rows that it has not seen: the last
// quarter of the time, or of the groups. What is kept learnt of all rows afterwards;
// its intervals are as wide as errors on rows not seen ask for (Barber et al.,
// Predictive inference with the jackknife+, Annals of Statistics 49, 2021, of parts).
func Learn(t Table, w Way) (*Learnt, Verdict, error) {
	if err := t.check(w); err != nil {
		return nil, Verdict{}, err
	}
	c := cut(t, w.Gap)
	if err := c.check(t, w); err != nil {
		return nil, Verdict{}, err
	}
	done := 0
	fit := func(rows []int) (*Learnt, error) {
		if w.Step != nil && !w.Step(done, fits) {
			return nil, ErrStopped
		}
		done++
		return fitKind(t, w, rows, c.fold)
	}
	// Errors within what is learnt from make the width by which the held-out rows are
	// covered or not.
	var scores, quiet []float64
	for k := range crossed {
		asked := c.of(k)
		m, err := fit(c.without(k))
		if err != nil {
			return nil, Verdict{}, err
		}
		scores, quiet = m.errors(t, asked, scores, quiet)
	}
	judged, err := fit(c.learn)
	if err != nil {
		return nil, Verdict{}, err
	}
	judged.widen(w, scores, quiet)
	v := judge(t, w, c, judged)
	scores, quiet = judged.errors(t, c.held, scores, quiet)
	kept, err := fit(c.all)
	if err != nil {
		return nil, Verdict{}, err
	}
	kept.widen(w, scores, quiet)
	rows := make([][]float64, len(c.all))
	for i, k := range c.all {
		rows[i] = t.Rows[k]
	}
	kept.Watch, err = NewWatch(rows)
	return kept, v, err
}

// errors adds those of rows: sizes, and what was said of rows without the event.
func (l *Learnt) errors(t Table, rows []int, scores, quiet []float64) (sizes, without []float64) {
	p := l.predictor()
	for _, i := range rows {
		v := p.Predict(t.Rows[i])
		if !l.Binary {
			scores = append(scores, math.Abs(v-t.Y[i]))
		} else if t.Y[i] == 0 {
			quiet = append(quiet, chance(v))
		}
	}
	return scores, quiet
}

// widen sets the width of intervals, or the chance that is warned of.
func (l *Learnt) widen(w Way, scores, quiet []float64) {
	l.Share = w.Share
	if q, ok := Conformal(scores, w.Share); ok {
		l.Half = &q
	}
	if q, ok := Conformal(quiet, w.Share); ok {
		l.Warn = &q
	}
}

// fitKind fits a model of a kind to some rows; fold says of each row of the table what
// it belongs with.
func fitKind(t Table, w Way, rows, fold []int) (*Learnt, error) {
	l := &Learnt{Version: version, Kind: w.Kind, Names: t.Names, Binary: w.Binary}
	x, y, of := make([][]float64, len(rows)), make([]float64, len(rows)), make([]int, len(rows))
	for i, k := range rows {
		x[i], y[i], of[i] = t.Rows[k], t.Y[k], fold[k]
	}
	var err error
	switch w.Kind {
	case Trees:
		l.Trees, err = Train(x, y, Options{Trees: 150, Depth: 4, Rate: 0.06, Leaf: max(5, len(x)/200), Share: 0.6, Seed: w.Seed})
	case Linear:
		l.Ridge, err = chooseRidge(x, y, of)
	default:
		l.Net, err = TrainNet(x, y, NetOptions{Hidden: []int{16, 8}, Epochs: 300, Rate: 0.003, Seed: w.Seed})
	}
	return l, err
}

func (t Table) check(w Way) error {
	if err := check(t.Rows, t.Y); err != nil {
		return err
	}
	n := len(t.Rows)
	switch {
	case w.Kind != Trees && w.Kind != Linear && w.Kind != Network:
		return invalid("%q is no kind of model; there are %s, %s and %s", w.Kind, Trees, Linear, Network)
	case len(t.Names) != len(t.Rows[0]):
		return invalid("%d names of %d columns", len(t.Names), len(t.Rows[0]))
	case t.Naive != nil && len(t.Naive) != n || t.Group != nil && len(t.Group) != n:
		return invalid("%d rows, %d naive answers, %d groups; give one for each row, or none", n, len(t.Naive), len(t.Group))
	case n < leastRows:
		return invalid("%d rows; what is learnt of fewer than %d cannot be judged: take a longer time, or shorter windows", n, leastRows)
	case !(w.Share > 0.5 && w.Share < 1) || w.Gap < 0:
		return invalid("share %v and gap %d; a share from 0.5 to 1 and a gap of 0 or more are possible", w.Share, w.Gap)
	case w.Binary && slices.ContainsFunc(t.Y, func(v float64) bool { return v != 0 && v != 1 }):
		return invalid("answers of a chance are 0 and 1; others were given")
	case slices.Min(t.Y) == slices.Max(t.Y):
		return invalid("all answers are %v; there is nothing to learn: choose another target, or a time in which it varies", t.Y[0])
	}
	return nil
}

package batch

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"zhigai/access"
	"zhigai/calc/pls"
	"zhigai/plant"
)

// AnswerKind is what is to be explained of each run.
type AnswerKind string

// What can be explained.
const (
	OfCharacteristic AnswerKind = "characteristic" // mean of what was measured of one during the run
	OfScrap          AnswerKind = "scrap"          // share of what a job made that is scrap, 0..1
	OfSignal         AnswerKind = "signal"         // mean of a signal
)

// Answer is what is to be explained.
type Answer struct {
	Kind           AnswerKind `json:"kind" enum:"characteristic,scrap,signal"`
	Characteristic string     `json:"characteristic,omitempty" maxLength:"60" doc:"Id"`
	Signal         string     `json:"signal,omitempty" maxLength:"80"`
}

// Question is what somebody asks of the runs of a machine.
type Question struct {
	Machine plant.NodeID  `json:"equipment" minLength:"1" maxLength:"60"`
	Item    string        `json:"item,omitempty" maxLength:"60" doc:"Only runs that made it"`
	Cut     Cut           `json:"cut"`
	Answer  Answer        `json:"answer"`
	Signals []string      `json:"signals,omitempty" maxItems:"60" doc:"That may explain it; all numbers of the machine when left out"`
	People  bool          `json:"people,omitempty" doc:"By job: who was at work, too"`
	Lots    bool          `json:"lots,omitempty" doc:"By job: which lots went in, too"`
	From    plant.Instant `json:"from"`
	To      plant.Instant `json:"to"`
	Note    string        `json:"note,omitempty" maxLength:"1000"`
	Seed    uint64        `json:"seed,omitempty" maximum:"1000000" doc:"Of what is shuffled; the same gives the same answer"`
}

// Screening is a question with what was found. Nothing found is an answer.
type Screening struct {
	Question
	ID          string        `json:"id"`
	Path        string        `json:"path"`
	MachineName plant.Name    `json:"equipment_name"`
	AnswerName  plant.Name    `json:"answer_name"`
	Unit        string        `json:"unit,omitempty"`
	By          string        `json:"by"`
	At          plant.Instant `json:"at"`
	Version     int           `json:"version" doc:"Of the procedure"`

	Found      bool      `json:"found"`
	Runs       int       `json:"runs" doc:"That an answer and all columns are known of"`
	LeftOut    int       `json:"left_out"`
	Learnt     int       `json:"learnt"`
	HeldOut    int       `json:"held_out"`
	Block      int       `json:"block" doc:"Neighbouring runs that are worth one"`
	Components int       `json:"components"`
	Q2         []float64 `json:"q2" nullable:"false" doc:"Predicted share of the scatter by 1, 2 … components, by stretches of time left out"`
	P          float64   `json:"p" doc:"Chance of as much with shuffled answers"`
	Q2HeldOut  float64   `json:"q2_held_out"`
	RMSE       float64   `json:"rmse_held_out"`
	RMSEMean   float64   `json:"rmse_held_out_of_mean"`
	Causes     []Cause   `json:"causes" nullable:"false" doc:"The most important first, fifty at most"`
	Columns    int       `json:"columns"`
	Points     []Told    `json:"points" nullable:"false" doc:"Each run with its answer, and what was predicted of the later ones"`
	Doubts     []string  `json:"doubts" nullable:"false"`
}

// Cause is a column and what speaks for it. It goes along with the answer; a trial
// shows whether it makes it.
type Cause struct {
	Column string     `json:"column" doc:"mean:SIGNAL, sd:, min:, max:, rise:, person:NAME or lot:ITEM:NUMBER"`
	Title  plant.Name `json:"title"`
	Unit   string     `json:"unit,omitempty"`
	VIP    float64    `json:"vip" doc:"Importance in projection; above 1 explains more than its share"`
	Stable float64    `json:"stable" doc:"Share of redrawn tables in which it stays above 1 with the same sign, 0..1"`
	Effect float64    `json:"effect" doc:"In the answer's unit for one standard deviation of the column"`
	R      float64    `json:"r"`
	P      float64    `json:"p"`
	Q      float64    `json:"q" doc:"Rate of false discoveries among all columns (Benjamini-Hochberg)"`
}

// Told is a run with its answer.
type Told struct {
	From      plant.Instant `json:"from"`
	To        plant.Instant `json:"to"`
	Order     string        `json:"order,omitempty"`
	Answer    float64       `json:"answer"`
	Predicted *float64      `json:"predicted" doc:"Of runs that nothing was learnt of"`
}

const (
	procedure = 1 // version of what makes a screening of facts
	// maxScreened bounds runs: each reads every signal.
	maxScreened = 500
	// parts of a run of which a signal's deviation is taken.
	parts = 30
	// leastNamed is in how many runs a person or a lot must have taken part, and have
	// not taken part.
	leastNamed = 3
	mostCauses = 50
)

func (q *Question) check() error {
	switch {
	case q.To <= q.From:
		return invalid("the time asked about ends before it begins")
	case !slices.Contains([]AnswerKind{OfCharacteristic, OfScrap, OfSignal}, q.Answer.Kind):
		return invalid("%q is nothing to explain; say characteristic, scrap or signal", q.Answer.Kind)
	case q.Answer.Kind == OfCharacteristic && q.Answer.Characteristic == "":
		return invalid("say which characteristic is to be explained")
	case q.Answer.Kind == OfSignal && q.Answer.Signal == "":
		return invalid("say which signal is to be explained")
	case q.Cut.By != ByJob && (q.Answer.Kind == OfScrap || q.People || q.Lots):
		return invalid("scrap, people and lots are known of jobs: cut runs by job")
	}
	return q.Cut.check()
}

// Screen looks for what was different about bad runs, and keeps what it found.
func (d *Desk) Screen(ctx context.Context, who access.Principal, q Question) (Screening, error) {
	tenant := who.Scope.Tenant
	path, name, err := d.machine(ctx, who, q.Machine, access.Engineer)
	if err != nil {
		return Screening{}, err
	}
	q.Note = strings.TrimSpace(q.Note)
	if err := q.check(); err != nil {
		return Screening{}, err
	}
	s := Screening{Question: q, ID: d.o.NewID(), Path: path, MachineName: name, By: who.Name, At: d.now(), Version: procedure, Doubts: []string{}}
	t, err := d.tabulate(ctx, who, &s)
	if err != nil {
		return Screening{}, err
	}
	found, err := pls.Screen(t.rows, t.answers, pls.Options{Seed: q.Seed})
	if errors.Is(err, pls.ErrInvalid) {
		return Screening{}, invalid("%v", err)
	}
	if err != nil {
		return Screening{}, err
	}
	s.fill(found, t)
	return s, d.o.Store.SaveScreening(ctx, tenant, s)
}

// table is runs in the order of time, with a column for each thing that may matter.
type table struct {
	runs    []Run
	rows    [][]float64
	answers []float64
	columns []Cause // names of the columns alone
}

func (s *Screening) fill(f *pls.Screening, t *table) {
	s.Found, s.Runs, s.Learnt, s.HeldOut, s.Block = f.Found, f.Rows, f.Learnt, f.HeldOut, f.Block
	s.Components, s.Q2, s.P, s.Q2HeldOut, s.RMSE, s.RMSEMean, s.Columns = f.Components, f.Q2, f.P, f.Q2HeldOut, f.RMSE, f.RMSEMean, len(t.columns)
	s.Causes, s.Points = []Cause{}, make([]Told, len(t.runs))
	for _, c := range f.Causes {
		if c.Still || len(s.Causes) == mostCauses {
			continue
		}
		one := t.columns[c.Column]
		one.VIP, one.Stable, one.Effect, one.R, one.P, one.Q = c.VIP, c.Stable, c.Effect, c.R, c.P, c.Q
		s.Causes = append(s.Causes, one)
	}
	for i, r := range t.runs {
		s.Points[i] = Told{From: r.From, To: r.To, Order: r.Order, Answer: t.answers[i]}
		if i >= f.Learnt {
			s.Points[i].Predicted = &f.Predicted[i-f.Learnt]
		}
	}
	if s.Block > 1 {
		s.Doubts = append(s.Doubts, "alike")
	}
	if s.Runs < 3*s.Columns {
		s.Doubts = append(s.Doubts, "wide")
	}
	if !s.Found {
		s.Doubts = append(s.Doubts, "nothing")
	}
}

// tabulate reads what is known of each run.
func (d *Desk) tabulate(ctx context.Context, who access.Principal, s *Screening) (*table, error) {
	tenant := who.Scope.Tenant
	runs, err := d.runs(ctx, tenant, s.Machine, s.Cut, s.Item, s.From, s.To)
	if err != nil {
		return nil, err
	}
	if len(runs) > maxScreened {
		return nil, invalid("%d runs; take a shorter time or longer runs, %d at most", len(runs), maxScreened)
	}
	signals, err := d.asked(ctx, tenant, s)
	if err != nil {
		return nil, err
	}
	answer, err := d.answers(ctx, who, s)
	if err != nil {
		return nil, err
	}
	t := &table{}
	for _, g := range signals {
		for _, what := range statistics(g) {
			t.columns = append(t.columns, Cause{Column: what + ":" + g.Name, Title: g.Title, Unit: g.Unit})
		}
	}
	for _, r := range runs {
		y, ok, err := answer(r)
		if err != nil {
			return nil, err
		}
		if r.Running || !ok {
			s.LeftOut++
			continue
		}
		row := make([]float64, 0, len(t.columns))
		for _, g := range signals {
			course, err := d.o.Machines.Course(ctx, tenant, s.Machine, g.Name, r.From, r.To, parts)
			if err != nil {
				return nil, err
			}
			row = append(row, summed(g, course)...)
		}
		t.runs, t.rows, t.answers = append(t.runs, r), append(t.rows, row), append(t.answers, y)
	}
	t.drop(s)
	if len(t.rows) == 0 {
		return nil, invalid("of %d runs none has ended with an answer and with signals that are known: take another time, or another way to find runs", len(runs))
	}
	if s.People {
		t.named("person", func(r Run) []string { return r.People })
	}
	if s.Lots {
		t.named("lot", func(r Run) []string { return r.Lots })
	}
	if len(t.columns) == 0 {
		return nil, invalid("no signal of %s is known throughout its runs", s.Path)
	}
	return t, nil
}

// asked are the signals that may explain the answer.
func (d *Desk) asked(ctx context.Context, tenant plant.TenantNo, s *Screening) ([]Signal, error) {
	known, err := d.o.Machines.Signals(ctx, tenant, s.Machine)
	if err != nil {
		return nil, err
	}
	for _, name := range s.Signals {
		if !slices.ContainsFunc(known, func(k Signal) bool { return k.Name == name }) {
			return nil, invalid("%s shows no number %s", s.Path, name)
		}
	}
	var out []Signal
	for _, k := range known {
		if k.Name != s.Answer.Signal && (len(s.Signals) == 0 || slices.Contains(s.Signals, k.Name)) {
			out = append(out, k)
		}
	}
	return out, nil
}

// answers tell what is to be explained of a run, and false where it is not known.
func (d *Desk) answers(ctx context.Context, who access.Principal, s *Screening) (func(Run) (float64, bool, error), error) {
	tenant := who.Scope.Tenant
	switch s.Answer.Kind {
	case OfScrap:
		s.AnswerName = plant.Name{ZH: "废品率", EN: "share of scrap"}
		return func(r Run) (float64, bool, error) {
			all := r.Good + r.Scrap
			if all == 0 {
				return 0, false, nil
			}
			return float64(r.Scrap) / float64(all), true, nil
		}, nil
	case OfSignal:
		known, err := d.o.Machines.Signals(ctx, tenant, s.Machine)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(known, func(k Signal) bool { return k.Name == s.Answer.Signal })
		if i < 0 {
			return nil, invalid("%s shows no number %s", s.Path, s.Answer.Signal)
		}
		s.AnswerName, s.Unit = known[i].Title, known[i].Unit
		return func(r Run) (float64, bool, error) {
			course, err := d.o.Machines.Course(ctx, tenant, s.Machine, s.Answer.Signal, r.From, r.To, parts)
			if err != nil {
				return 0, false, err
			}
			mean := summed(Signal{}, course)[0]
			return mean, !math.IsNaN(mean), nil
		}, nil
	}
	measured, name, path, unit, err := d.o.Inspection.Measured(ctx, tenant, s.Answer.Characteristic, s.From, min(s.To, d.now()))
	if err == nil && !who.Scope.Allows(path) {
		err = fmt.Errorf("%w: characteristic %s", access.ErrNotFound, s.Answer.Characteristic)
	}
	if err != nil {
		return nil, err
	}
	s.AnswerName, s.Unit = name, unit
	return func(r Run) (float64, bool, error) {
		sum, n := 0., 0.
		for _, m := range measured {
			if m.At >= r.From && m.At < r.To {
				sum += m.Value
				n++
			}
		}
		return sum / max(1, n), n > 0, nil
	}, nil
}

// statistics of a signal that may matter.
func statistics(g Signal) []string {
	if g.Counter {
		return []string{"rise"}
	}
	return []string{"mean", "sd", "min", "max"}
}

// summed are they; NaN where nothing is known.
func summed(g Signal, course []Mean) []float64 {
	var known []Mean
	for _, m := range course {
		if m.Known {
			known = append(known, m)
		}
	}
	if n := len(known); g.Counter {
		if n < 2 {
			return []float64{math.NaN()}
		}
		return []float64{known[n-1].Last - known[0].Min}
	}
	if len(known) == 0 {
		return []float64{math.NaN(), math.NaN(), math.NaN(), math.NaN()}
	}
	mean, sd, low, high := 0., 0., math.Inf(1), math.Inf(-1)
	for _, m := range known {
		mean += m.Mean / float64(len(known))
		low, high = min(low, m.Min), max(high, m.Max)
	}
	for _, m := range known {
		sd += (m.Mean - mean) * (m.Mean - mean) / float64(max(1, len(known)-1))
	}
	return []float64{mean, math.Sqrt(sd), low, high}
}

// mostUnknown is the share of runs in which a column may be unknown before it is left
// out, rather than the runs.
const mostUnknown = 0.1

// drop leaves out columns that are hardly known, then runs that are not wholly known.
func (t *table) drop(s *Screening) {
	var kept []int
	for j := range t.columns {
		unknown := 0
		for _, r := range t.rows {
			if math.IsNaN(r[j]) {
				unknown++
			}
		}
		if float64(unknown) <= mostUnknown*float64(len(t.rows)) {
			kept = append(kept, j)
		}
	}
	if len(kept) < len(t.columns) {
		s.Doubts = append(s.Doubts, "unknown")
	}
	var columns []Cause
	for _, j := range kept {
		columns = append(columns, t.columns[j])
	}
	out := &table{columns: columns}
	for i, r := range t.rows {
		row := make([]float64, len(kept))
		whole := true
		for k, j := range kept {
			row[k] = r[j]
			whole = whole && !math.IsNaN(r[j])
		}
		if !whole {
			s.LeftOut++
			continue
		}
		out.runs, out.rows, out.answers = append(out.runs, t.runs[i]), append(out.rows, row), append(out.answers, t.answers[i])
	}
	*t = *out
}

// named adds a column for each name that took part in some runs and not in others: 1
// where it did.
func (t *table) named(kind string, of func(Run) []string) {
	count := map[string]int{}
	for _, r := range t.runs {
		for _, name := range of(r) {
			count[name]++
		}
	}
	names := make([]string, 0, len(count))
	for name, n := range count {
		if n >= leastNamed && len(t.runs)-n >= leastNamed {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		t.columns = append(t.columns, Cause{Column: kind + ":" + name, Title: plant.Name{ZH: name, EN: name}})
		for i, r := range t.runs {
			v := 0.
			if slices.Contains(of(r), name) {
				v = 1
			}
			t.rows[i] = append(t.rows[i], v)
		}
	}
}

// Screenings lists what was asked within the asker's places, the newest first,
// without the runs.
func (d *Desk) Screenings(ctx context.Context, f Filter) ([]Screening, error) {
	all, err := d.o.Store.Screenings(ctx, f)
	for i := range all {
		all[i].Points = []Told{}
	}
	return all, err
}

// Screening is one that the asker sees.
func (d *Desk) Screening(ctx context.Context, who access.Principal, id string) (Screening, error) {
	s, err := d.o.Store.Screening(ctx, who.Scope.Tenant, id)
	if err == nil && !who.Scope.Allows(s.Path) {
		return Screening{}, fmt.Errorf("%w: screening %s", access.ErrNotFound, id)
	}
	return s, err
}

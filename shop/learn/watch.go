package learn

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"zhigai/access"
	"zhigai/calc/model"
	"zhigai/plant"
)

const (
	// lookedAt of the last windows, said of them outside or without an input, are told: a
	// single window is often off by chance.
	lookedAt, saidOf = 5, 3
	// driftRows are the last windows that are held against what was learnt of, and
	// leastDriftRows how many it takes: a stability index of fewer is mostly noise.
	driftRows, leastDriftRows = 500, 200
	// driftSaid asks for a new model (Siddiqi, Credit risk scorecards, 2006, chapter 9).
	driftSaid = 0.25
)

// Finding is what the last windows of a machine come to.
type Finding string

// Findings.
const (
	AllWell Finding = ""
	OffNow  Finding = "outside" // not as it was learnt, or an event is warned of
	Blind   Finding = "missing" // no inputs
)

// fold is what the last windows of a machine, oldest first, come to, and since when.
// Windows in which it did not produce say nothing.
func fold(last []Reading) (f Finding, since plant.Instant, input string) {
	var off, blind int
	var firstOff, firstBlind plant.Instant
	for _, r := range last {
		switch {
		case r.Why == MissingInput:
			if blind++; firstBlind == 0 {
				firstBlind, input = r.At, r.Input
			}
		case r.Outside:
			if off++; firstOff == 0 {
				firstOff = r.At
			}
		}
	}
	switch {
	case off >= saidOf:
		return OffNow, firstOff, ""
	case blind >= saidOf:
		return Blind, firstBlind, input
	}
	return AllWell, 0, ""
}

func (s *Study) key(machine plant.NodeID, what string) string {
	return s.ID + "/" + string(machine) + "/" + what
}

func (s *Study) evidence() string { return "/health/models?study=" + s.ID }

// tell raises and clears the alarms of a machine by its last windows.
func (d *Desk) tell(ctx context.Context, tenant plant.TenantNo, s Study, v *Version, machine plant.NodeID, last []Reading) error {
	at := last[len(last)-1].At
	f, since, input := fold(last)
	for _, what := range []Finding{OffNow, Blind} {
		key := s.key(machine, string(what))
		if f != what {
			if err := d.o.Alarms.Clear(ctx, tenant, key, at); err != nil {
				return err
			}
			continue
		}
		a := Alarm{Key: key, Place: machine, At: since, Priority: 4, Evidence: s.evidence()}
		switch {
		case what == Blind:
			title := v.title(input)
			a.Text = s.said("模型缺少输入："+title.ZH, "the model has no input: "+title.EN)
		case v.Monitor != nil:
			a.Priority = 3
			most := v.most(last)
			a.Text = s.said("信号间的关系偏离正常，主要是"+most.ZH, "signals do not go together as usual, most of all "+most.EN)
		default:
			a.Priority = 2
			a.Text = s.said(fmt.Sprintf("%v 小时内可能发生故障", s.Target.WithinH), fmt.Sprintf("may fail within %v h", s.Target.WithinH))
		}
		if err := d.o.Alarms.Raise(ctx, tenant, a); err != nil {
			return err
		}
	}
	return nil
}

// said is the text of an alarm of a study.
func (s *Study) said(zh, en string) plant.Name {
	return plant.Name{ZH: either(s.Name.ZH, s.Name.EN) + "：" + zh, EN: either(s.Name.EN, s.Name.ZH) + ": " + en}
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// title of a signal among the inputs, in both languages.
func (v *Version) title(signal string) plant.Name {
	out := plant.Name{ZH: signal, EN: signal}
	for _, in := range v.Asked.Inputs {
		if in.Signal == signal {
			out = plant.Name{ZH: either(in.Title.ZH, either(in.Title.EN, signal)), EN: either(in.Title.EN, either(in.Title.ZH, signal))}
		}
	}
	return out
}

// most is the signal that has the most of what is outside in the newest window that is.
func (v *Version) most(last []Reading) plant.Name {
	for _, r := range slices.Backward(last) {
		if r.Outside {
			if parts, err := v.contributions(r); err == nil {
				return v.title(parts[0].Signal)
			}
		}
	}
	return plant.Name{}
}

// tellDrift holds the last windows of all machines against what was learnt of.
func (d *Desk) tellDrift(ctx context.Context, tenant plant.TenantNo, s Study, v *Version) error {
	now := d.now()
	last, err := d.o.Store.Readings(ctx, tenant, v.ID, "", 0, now+1, driftRows)
	if err != nil {
		return err
	}
	key := s.key("", "drift")
	drift, ok, err := v.drift(last)
	if err != nil {
		return err
	}
	if !ok || drift.Most <= driftSaid {
		return d.o.Alarms.Clear(ctx, tenant, key, now)
	}
	title := v.title(drift.Signal)
	return d.o.Alarms.Raise(ctx, tenant, Alarm{
		Key: key, Place: s.Machines[0], At: last[len(last)-1].At, Priority: 4, Evidence: s.evidence(),
		Text: s.said("输入已偏离训练数据（"+title.ZH+"），请重新训练模型", "its inputs lie elsewhere than what it learnt of ("+title.EN+"): train it anew"),
	})
}

// silence takes back what a version that goes out has told.
func (d *Desk) silence(ctx context.Context, tenant plant.TenantNo, s Study) error {
	now := d.now()
	keys := []string{s.key("", "drift")}
	for _, m := range s.Machines {
		keys = append(keys, s.key(m, string(OffNow)), s.key(m, string(Blind)))
	}
	for _, key := range keys {
		if err := d.o.Alarms.Clear(ctx, tenant, key, now); err != nil {
			return err
		}
	}
	return nil
}

// Drift is how far the inputs of some windows lie from what was learnt of.
type Drift struct {
	At     plant.Instant `json:"at" doc:"End of the newest window"`
	Rows   int           `json:"rows"`
	Most   float64       `json:"most" doc:"Greatest population stability index; above 0.25 asks for a new model"`
	Signal string        `json:"signal" doc:"That has it"`
	Inputs []float64     `json:"inputs" nullable:"false" doc:"Of each input"`
}

func (v *Version) watch() *model.Watch {
	if v.Monitor != nil {
		return v.Monitor.Watch
	}
	return v.Learnt.Watch
}

// drift of readings; false when too few say something.
func (v *Version) drift(all []Reading) (Drift, bool, error) {
	var rows [][]float64
	out := Drift{}
	for _, r := range all {
		if r.Why == "" {
			rows, out.At = append(rows, r.Row), r.At
		}
	}
	if out.Rows = len(rows); len(rows) < leastDriftRows {
		return out, false, nil
	}
	var err error
	if out.Inputs, err = v.watch().Drift(rows); err != nil {
		return out, false, err
	}
	out.Most = slices.Max(out.Inputs)
	out.Signal = v.Asked.Inputs[slices.Index(out.Inputs, out.Most)].Signal
	return out, true, nil
}

// driftSteps are how many times the drift is told over a time.
const driftSteps = 60

// Drifts are how the drift of a version went, over the readings of [from, to): each of
// the 500 before it; nothing before there are 200.
func (d *Desk) Drifts(ctx context.Context, who access.Principal, version string, from, to plant.Instant) ([]Drift, error) {
	v, err := d.Version(ctx, who, version)
	if err != nil {
		return nil, err
	}
	all, err := d.o.Store.Readings(ctx, who.Scope.Tenant, version, "", from, to, maxReadings)
	if err != nil {
		return nil, err
	}
	out := []Drift{}
	step := max(1, len(all)/driftSteps)
	for end := len(all); end > 0; end -= step {
		one, ok, err := v.drift(all[max(0, end-driftRows):end])
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, one)
		}
	}
	slices.Reverse(out)
	return out, nil
}

// Contribution is how much of what is outside an input has.
type Contribution struct {
	Input
	Share float64 `json:"share" doc:"Of T² or SPE, whichever is further beyond its limit; of T² it may be below 0"`
	Value float64 `json:"value"`
	Usual float64 `json:"usual" doc:"Mean of what was learnt of"`
	SD    float64 `json:"sd"`
}

// contributions of a window, the greatest first.
func (v *Version) contributions(r Reading) ([]Contribution, error) {
	m := v.Monitor
	if m == nil {
		return nil, invalid("only a model of what is normal is taken apart")
	}
	t2, spe, err := m.Contributions(r.Row)
	if err != nil {
		return nil, err
	}
	parts, whole := t2, *r.T2
	if *r.SPE/m.SPELimit > *r.T2/m.T2Limit {
		parts, whole = spe, *r.SPE
	}
	out := make([]Contribution, len(parts))
	for j, in := range v.Asked.Inputs {
		out[j] = Contribution{Input: in, Value: r.Row[j], Usual: m.Mean[j], SD: m.SD[j]}
		if whole > 0 {
			out[j].Share = parts[j] / whole
		}
	}
	slices.SortStableFunc(out, func(a, b Contribution) int { return cmp.Compare(b.Share, a.Share) })
	return out, nil
}

// Contributions say which inputs made a window lie as it does, the greatest first.
func (d *Desk) Contributions(ctx context.Context, who access.Principal, version string, machine plant.NodeID, at plant.Instant) ([]Contribution, error) {
	v, err := d.Version(ctx, who, version)
	if err != nil {
		return nil, err
	}
	if v.index(machine) < 0 {
		return nil, fmt.Errorf("%w: machine %s in this version", access.ErrNotFound, machine)
	}
	g := grid{at - v.Asked.window(), v.Asked.window(), 1}
	all, err := d.read(ctx, who.Scope.Tenant, &v, machine, g)
	if err != nil {
		return nil, err
	}
	if all[0].Why != "" {
		return nil, invalid("of this window nothing is said: %s %s", all[0].Why, all[0].Input)
	}
	return v.contributions(all[0])
}

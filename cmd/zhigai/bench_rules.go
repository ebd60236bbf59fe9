package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"time"

	"zhigai/access"
	"zhigai/bench"
	calc "zhigai/calc/alarm"
	calcrule "zhigai/calc/rule"
	"zhigai/history"
	"zhigai/plant"
	"zhigai/shop/control/rule"
)

// rulesBench measures rules by which a line reacts by itself: one look, many rules each
// second, and a trial on a month of history.
type rulesBench struct{}

const (
	benchRules, benchRuleTags = 5000, 2000
	benchTrialDays            = 30
	benchTrialTags            = 5
)

func (b rulesBench) part() bench.Part {
	return bench.Part{Name: "rules", Title: fmt.Sprintf("Rules: one look, %d on %d tags, a trial on %d days of %d tags each second", benchRules, benchRuleTags, benchTrialDays, benchTrialTags), Run: b.run}
}

func (b rulesBench) run(ctx context.Context, e *bench.Env) ([]bench.Row, error) {
	looks, seconds, days := 2_000_000, 60, benchTrialDays
	switch e.Length {
	case bench.Quick:
		looks, seconds, days = 500_000, 20, 7
	case bench.Trial:
		looks, seconds, days = 1000, 1, 1
	}
	one, err := b.look(ctx, looks)
	if err != nil {
		return nil, err
	}
	many, err := b.many(ctx, seconds)
	if err != nil {
		return nil, err
	}
	trial, err := b.trial(ctx, e, days)
	if err != nil {
		return nil, err
	}
	span := time.Duration(days) * 24 * time.Hour
	limit := 2 * time.Second * time.Duration(days) / benchTrialDays
	return []bench.Row{
		{What: "one look at a rule of four comparisons, with its limit of cost on", Value: one, Unit: "ns", Shown: fmt.Sprintf("%.0f ns", one), Wanted: "≤ 1 µs", Missed: one > 1000},
		notAbove(fmt.Sprintf("%d rules on %d tags at 1 s: share of one core", benchRules, benchRuleTags), 100*many, 40),
		{
			What: fmt.Sprintf("one rule tried on %d days of %d tags each second", days, benchTrialTags), Value: trial.Seconds(), Unit: "s",
			Shown: fmt.Sprintf("%.2f s, %.0f times as fast as it happened", trial.Seconds(), float64(span)/float64(trial)), Wanted: "< " + limit.String(), Missed: trial >= limit,
		},
	}, nil
}

var benchInputs = []calcrule.Input{{Name: "a", Kind: calcrule.Number, Unit: "Cel"}, {Name: "b", Kind: calcrule.Number, Unit: "Cel"}}

func (rulesBench) fold(ctx context.Context, when string) (*calcrule.Fold, error) {
	p, err := calcrule.Compile(calcrule.Spec{Inputs: benchInputs, When: when, Trigger: calcrule.OnSample, OnDelay: 5_000_000})
	if err != nil {
		return nil, err
	}
	return calcrule.NewFold(ctx, p, func(calcrule.Firing) {}, func(calcrule.Firing) {}), nil
}

// look is how many nanoseconds one look takes, with another value each time.
func (b rulesBench) look(ctx context.Context, n int) (float64, error) {
	f, err := b.fold(ctx, "a > 80.0 && b < 200.0 && (a > b || b != 3.0)")
	if err != nil {
		return 0, err
	}
	f.Take(1, 0, calcrule.Value{Number: 50})
	began := time.Now()
	for i := range n {
		f.Take(0, int64(i+1)*1_000_000, calcrule.Value{Number: float64(i & 1023)})
		f.Settle()
	}
	return float64(time.Since(began).Nanoseconds()) / float64(n), nil
}

// many is the share of a core that many rules take, each of which reads two tags that
// have another value each second.
func (b rulesBench) many(ctx context.Context, seconds int) (float64, error) {
	r := rand.New(rand.NewPCG(1, 1))
	folds, reads := make([]*calcrule.Fold, benchRules), make([][2]int, benchRules)
	for i := range folds {
		var err error
		if folds[i], err = b.fold(ctx, []string{"a > 40 && b < 60", "a - b > 20", `avg(a, "30s") > 55.0 && b < 60`, "a > b"}[i%4]); err != nil {
			return 0, err
		}
		reads[i] = [2]int{r.IntN(benchRuleTags), r.IntN(benchRuleTags)}
	}
	values, took := make([]float64, benchRuleTags), time.Duration(0)
	for s := range seconds {
		for i := range values {
			values[i] = 50 + 10*r.NormFloat64()
		}
		at, began := int64(s+1)*1_000_000, time.Now()
		for i, f := range folds {
			f.Take(0, at, calcrule.Value{Number: values[reads[i][0]]})
			f.Take(1, at, calcrule.Value{Number: values[reads[i][1]]})
			f.Settle()
			f.Advance(at + 500_000)
		}
		took += time.Since(began)
	}
	return took.Seconds() / float64(seconds), ctx.Err()
}

// trial is how long a rule is tried on days of history.
func (rulesBench) trial(ctx context.Context, e *bench.Env, days int) (_ time.Duration, err error) {
	h, err := history.Open(filepath.Join(e.Dir, "rules"), history.Options{})
	if err != nil {
		return 0, err
	}
	defer func() {
		if end := h.Close(); err == nil {
			err = end
		}
	}()
	end := time.Now().Truncate(time.Second)
	begin := end.AddDate(0, 0, -days)
	r := rand.New(rand.NewPCG(1, 2))
	var values [benchTrialTags]float64
	var batch []plant.Sample
	for at := begin; at.Before(end); at = at.Add(time.Second) {
		for i := range values {
			values[i] += (50-values[i])*0.01 + r.NormFloat64()
			batch = append(batch, plant.Sample{Tag: plant.TagNo(i + 1), Time: plant.MicrosOf(at), Value: float64(int(values[i]*10)) / 10})
		}
		if len(batch) < 50_000 && at.Add(time.Second).Before(end) {
			continue
		}
		if _, err := h.Append(ctx, homeTenant, plant.Batch{Samples: batch}); err != nil {
			return 0, err
		}
		batch = batch[:0]
	}
	if err := h.Flush(); err != nil {
		return 0, err
	}
	desk := rule.NewDesk(rule.Options{Plant: benchRulePlant{}, History: h, Derived: benchRulePlant{}, Events: benchRulePlant{}, Now: time.Now})
	def := rule.Definition{Name: plant.Name{ZH: "试"}, Place: "m", When: "(a > 58.0 && b < 45.0 || c > 60.0) && d > e", Trigger: calcrule.OnSample, OnDelayS: 2, MaxPerHour: 3600, Actions: []rule.Action{{Kind: rule.Alarm, Priority: 3}}}
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		def.Inputs = append(def.Inputs, rule.Input{Name: name, Machine: "m", Signal: name})
	}
	t, err := desk.Try(ctx, access.Node(homeTenant), rule.Question{Definition: def, From: plant.InstantOf(begin), To: plant.InstantOf(end)})
	if err == nil && (t.Count == 0 || t.Coverage == nil) {
		err = fmt.Errorf("the trial fired %d times and knows %v of the history", t.Count, t.Coverage)
	}
	return time.Duration(t.TookMS * float64(time.Millisecond)), err
}

// benchRulePlant is one machine with a signal for each tag, at which nothing happened.
type benchRulePlant struct{}

// Machine implements rule.Plant.
func (benchRulePlant) Machine(context.Context, plant.TenantNo, plant.NodeID) (rule.Machine, error) {
	m := rule.Machine{ID: "m", Path: "m"}
	for i, name := range []string{"a", "b", "c", "d", "e"} {
		m.Signals = append(m.Signals, rule.Signal{Name: name, Unit: "Cel", Kind: calcrule.Number, Tag: plant.TagNo(i + 1)})
	}
	return m, nil
}

// Happened implements rule.Events.
func (benchRulePlant) Happened(context.Context, access.Scope, rule.Against, plant.NodeID, plant.Micros, plant.Micros) ([]calc.Span, error) {
	return nil, nil
}

// Signals implements rule.Derived; none are derived.
func (benchRulePlant) Signals(context.Context, plant.TenantNo, plant.NodeID) ([]rule.Signal, error) {
	return nil, nil
}

// Did implements rule.Derived.
func (benchRulePlant) Did(context.Context, plant.TenantNo, plant.NodeID, string, plant.Micros, plant.Micros) ([]rule.Stretch, error) {
	return nil, nil
}

// Since implements rule.Derived.
func (benchRulePlant) Since(context.Context, plant.TenantNo, plant.NodeID, string, plant.Micros) ([]rule.Stretch, error) {
	return nil, nil
}

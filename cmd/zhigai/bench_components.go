package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"zhigai/bench"
	wasm "zhigai/shop/component/sandbox"
)

// componentsBench measures modules that somebody brought along: a call, one without an end
// stopped, many beside one another on one core.
type componentsBench struct{}

const (
	benchPlaces     = 60
	benchComponents = 200
)

func (b componentsBench) part() bench.Part {
	return bench.Part{Name: "components", Title: fmt.Sprintf("Components: a call with %d values, one without an end stopped, %d beside one another on one core", benchPlaces, benchComponents), Run: b.run}
}

// benchLimits are those of one that is to be stopped; of those that are measured none is,
// whatever else the machine does meanwhile.
var (
	benchLimits  = wasm.Limits{Memory: 4 << 20, Call: 50 * time.Millisecond}
	benchPatient = wasm.Limits{Memory: 4 << 20, Call: wasm.MaxCall}
)

// benchWindow is a window of some values.
func benchWindow(n int) wasm.Window {
	s := wasm.Series{Values: make([]float64, n), Times: make([]int64, n), Quality: make([]wasm.Quality, n)}
	for k := range n {
		s.Values[k], s.Times[k] = 20+float64(k%17), int64(k+1)*1_000_000
	}
	return wasm.Window{To: int64(n) * 1_000_000, Inputs: []wasm.Series{s}}
}

func (b componentsBench) run(ctx context.Context, e *bench.Env) (_ []bench.Row, err error) {
	calls, stops, rounds := 20_000, 40, 50
	switch e.Length {
	case bench.Quick:
		calls, stops, rounds = 5000, 10, 10
	case bench.Trial:
		calls, stops, rounds = 20, 1, 1
	}
	box := wasm.New()
	defer func() { err = errors.Join(err, box.Close()) }()
	took, err := b.calls(ctx, box, calls)
	if err != nil {
		return nil, err
	}
	late, err := b.stops(ctx, box, stops)
	if err != nil {
		return nil, err
	}
	share, err := b.many(ctx, box, rounds)
	if err != nil {
		return nil, err
	}
	at := func(share float64) float64 {
		return took[min(len(took)-1, int(share*float64(len(took))))].Seconds() * 1e6
	}
	return []bench.Row{
		{What: fmt.Sprintf("a call with %d values, its fresh instance included, median", benchPlaces), Value: at(0.5), Unit: "µs", Shown: fmt.Sprintf("%.0f µs, p99 %.0f µs", at(0.5), at(0.99))},
		{What: "a module without an end: stopped after its budget, longest", Value: late.Seconds() * 1000, Unit: "ms", Shown: fmt.Sprintf("%.1f ms", late.Seconds()*1000), Wanted: "≤ 100 ms", Missed: late > 100*time.Millisecond},
		{What: fmt.Sprintf("%d components, each called once a second: share of one core", benchComponents), Value: 100 * share, Unit: "%", Shown: fmt.Sprintf("%.1f %%", 100*share)},
	}, nil
}

// calls are how long calls took, sorted.
func (componentsBench) calls(ctx context.Context, box *wasm.Sandbox, n int) ([]time.Duration, error) {
	m, err := box.Compile(ctx, wasm.ExampleMean(), benchPatient)
	if err != nil {
		return nil, err
	}
	w, took := benchWindow(benchPlaces), make([]time.Duration, n)
	for i := range took {
		_, spent, err := m.Call(ctx, w, 2)
		if err != nil {
			return nil, err
		}
		took[i] = spent.Took
	}
	slices.Sort(took)
	return took, nil
}

// stops is the longest that a module without an end ran beyond its budget.
func (componentsBench) stops(ctx context.Context, box *wasm.Sandbox, n int) (most time.Duration, err error) {
	m, err := box.Compile(ctx, wasm.ExampleLoop(), benchLimits)
	if err != nil {
		return 0, err
	}
	for range n {
		_, spent, err := m.Call(ctx, benchWindow(benchPlaces), 1)
		if f, ok := errors.AsType[*wasm.Failure](err); !ok || f.Kind != wasm.OverTime {
			return 0, fmt.Errorf("a module without an end ended: %w", err)
		}
		most = max(most, spent.Took-benchLimits.Call)
	}
	return most, ctx.Err()
}

// many is the share of one core that components of modules of their own take, each of
// which is called once a second.
func (componentsBench) many(ctx context.Context, box *wasm.Sandbox, rounds int) (float64, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	all := make([]*wasm.Module, benchComponents)
	for i := range all {
		var err error
		if all[i], err = box.Compile(ctx, wasm.ExampleMean(), benchPatient); err != nil {
			return 0, err
		}
	}
	w, began := benchWindow(benchPlaces), time.Now()
	for range rounds {
		for _, m := range all {
			if _, _, err := m.Call(ctx, w, 2); err != nil {
				return 0, err
			}
		}
	}
	return time.Since(began).Seconds() / float64(rounds), nil
}

package recordtest

import (
	"reflect"
	"testing"

	"zhigai/fact"
	"zhigai/plant"
	"zhigai/shop/component"
)

// Components is what a store of components must do.
func Components(t *testing.T, store component.Store, journal fact.Journal) {
	documents(t, store, journal, fact.KindComponent, component.KindComponent, component.KindPublisher)
	ctx := t.Context()
	run := func(at plant.Instant, v float64) component.Run {
		return component.Run{At: at, From: at - 60, SHA256: "ab", Window: "cd", Inputs: []component.Used{{Name: "temp", Tag: 7, Known: 60, Last: &v}}, Outputs: []component.Said{{Name: "core", Value: &v, Quality: "good"}}, TookMS: 0.25, Memory: 65536}
	}
	a, b := run(100, 1), run(200, 2)
	none := component.Run{At: 300, From: 240, Inputs: []component.Used{}, Outputs: []component.Said{}, Why: component.OverTime, Detail: "stopped"}
	for _, r := range []component.Run{a, run(200, 9), b, none} { // the last of one window counts
		must(t, store.KeepRun(ctx, 1, "R", r))
	}
	must(t, store.KeepRun(ctx, 1, "S", run(100, 8)))
	must(t, store.KeepRun(ctx, 2, "R", run(100, 7)))
	holds := func(tenant plant.TenantNo, from, to plant.Instant, limit int, want ...component.Run) {
		t.Helper()
		got, err := store.Runs(ctx, tenant, "R", from, to, limit)
		if err != nil || len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("runs of tenant %d in [%d, %d): %+v, %v; want %+v", tenant, from, to, got, err, want)
		}
	}
	holds(1, 0, 301, 9, a, b, none)
	holds(1, 0, 301, 2, b, none)
	holds(1, 101, 300, 9, b)
	must(t, store.ForgetRuns(ctx, 1, 200))
	holds(1, 0, 301, 9, b, none)
	holds(2, 0, 301, 9, run(100, 7))
}

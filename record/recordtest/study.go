package recordtest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/shop/process/batch"
	"zhigai/shop/process/trial"
)

// Studies is what stores of golden batches, screenings and experiments must do.
func Studies(t *testing.T, batches batch.Store, trials trial.Store, journal fact.Journal) {
	ctx := t.Context()
	at := plant.InstantOf(time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC))
	golden := func(id, path string, rev int64) batch.Golden {
		return batch.Golden{Asked: batch.Asked{ID: id, Rev: rev, Machine: "M1", Reason: fmt.Sprint("r", rev)}, Path: path, By: "li", At: at}
	}
	must(t, batches.SaveGolden(ctx, 1, golden("A", "xc/w1/m1", 1), 0))
	must(t, batches.SaveGolden(ctx, 1, golden("B", "xc/w2/m1", 1), 0))
	must(t, batches.SaveGolden(ctx, 2, golden("A", "other", 1), 0))
	for _, seen := range []int64{0, 2} {
		if err := batches.SaveGolden(ctx, 1, golden("A", "xc/w1/m1", 2), seen); !errors.Is(err, access.ErrConflict) {
			t.Errorf("saved from revision %d of 1: %v", seen, err)
		}
	}
	must(t, batches.SaveGolden(ctx, 1, golden("A", "xc/w1/m1", 2), 1))
	for rev, want := range map[int64]string{0: "r2", 1: "r1", 2: "r2"} {
		if g, err := batches.Golden(ctx, 1, "A", rev); err != nil || g.Reason != want {
			t.Errorf("revision %d: %s, %v; want %s", rev, g.Reason, err, want)
		}
	}
	if _, err := batches.Golden(ctx, 1, "A", 3); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("a revision that is not there: %v", err)
	}
	if all, err := batches.GoldenRevisions(ctx, 1, "A"); err != nil || len(all) != 2 || all[0].Rev != 2 {
		t.Errorf("revisions: %+v, %v", all, err)
	}
	ids := func(f batch.Filter) (out string) {
		t.Helper()
		all, err := batches.Goldens(ctx, f)
		must(t, err)
		for _, g := range all {
			out += g.ID
		}
		return out
	}
	whole := access.Scope{Tenant: 1}
	for _, c := range []struct {
		f    batch.Filter
		want string
	}{
		{batch.Filter{Scope: whole, Limit: 9}, "BA"},
		{batch.Filter{Scope: whole, Limit: 1}, "B"},
		{batch.Filter{Scope: whole, Before: "B", Limit: 9}, "A"},
		{batch.Filter{Scope: access.Scope{Tenant: 1, Path: "xc/w1"}, Limit: 9}, "A"},
		{batch.Filter{Scope: access.Scope{Tenant: 3}, Limit: 9}, ""},
	} {
		if got := ids(c.f); got != c.want {
			t.Errorf("%+v: %q; want %q", c.f, got, c.want)
		}
	}
	s := batch.Screening{ID: "S", Path: "xc/w1/m1", By: "li", At: at, Found: true}
	must(t, batches.SaveScreening(ctx, 1, s))
	if err := batches.SaveScreening(ctx, 1, s); !errors.Is(err, access.ErrConflict) {
		t.Errorf("a screening saved twice: %v", err)
	}
	if got, err := batches.Screening(ctx, 1, "S"); err != nil || !got.Found {
		t.Errorf("%+v, %v", got, err)
	}
	if all, err := batches.Screenings(ctx, batch.Filter{Scope: whole, Limit: 9}); err != nil || len(all) != 1 {
		t.Errorf("screenings: %d, %v", len(all), err)
	}
	experiments(t, trials, at)
	for kind, want := range map[fact.Kind]int{fact.KindGoldenBatch: 3, fact.KindCauseScreening: 1, fact.KindExperiment: 3} {
		events, err := journal.Events(ctx, 1, fact.Filter{Kinds: []fact.Kind{kind}})
		must(t, err)
		if len(events) != want {
			t.Errorf("%d facts of kind %s; want %d", len(events), kind, want)
		}
	}
}

func experiments(t *testing.T, store trial.Store, at plant.Instant) {
	ctx := t.Context()
	one := func(id, key string, rev int64) trial.Experiment {
		return trial.Experiment{New: trial.New{Key: key, Place: "M1"}, ID: id, Rev: rev, Path: "xc/w1/m1", State: trial.Planned, By: "li", At: at}
	}
	must(t, store.SaveExperiment(ctx, 1, one("E1", "k", 1), 0))
	must(t, store.SaveExperiment(ctx, 1, one("E2", "", 1), 0))
	changed := one("E1", "k", 2)
	changed.State = trial.Running
	must(t, store.SaveExperiment(ctx, 1, changed, 1))
	if err := store.SaveExperiment(ctx, 1, changed, 1); !errors.Is(err, access.ErrConflict) {
		t.Errorf("saved from an old revision: %v", err)
	}
	if e, err := store.KeyedExperiment(ctx, 1, "li", "k"); err != nil || e.State != trial.Running {
		t.Errorf("by its key: %+v, %v; want it as it stands", e, err)
	}
	for _, c := range []struct{ author, key string }{{"li", ""}, {"wu", "k"}} {
		if _, err := store.KeyedExperiment(ctx, 1, c.author, c.key); !errors.Is(err, access.ErrNotFound) {
			t.Errorf("of %s by %q: %v", c.author, c.key, err)
		}
	}
	if e, err := store.Experiment(ctx, 1, "E1"); err != nil || e.Rev != 2 {
		t.Errorf("%+v, %v", e, err)
	}
	if _, err := store.Experiment(ctx, 2, "E1"); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("of another tenant: %v", err)
	}
	all, err := store.Experiments(ctx, trial.Filter{Scope: access.Scope{Tenant: 1}, Limit: 9})
	if err != nil || len(all) != 2 || all[0].ID != "E2" {
		t.Errorf("%d experiments, %v", len(all), err)
	}
}

package recordtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/shop/quality"
)

// QualityStore is one whose sums can be deleted and made again.
type QualityStore interface {
	quality.Store
	Rebuild(ctx context.Context, tenant plant.TenantNo) (int64, error)
}

// Quality is what a store of inspection must do.
func Quality(t *testing.T, store QualityStore, journal fact.Journal) {
	at := plant.InstantOf(time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC))
	documents(t, store, journal, fact.KindQuality, quality.KindCase, quality.KindLot)
	qualitySubgroups(t, store, journal, at)
}

func qualitySubgroups(t *testing.T, store QualityStore, journal fact.Journal, at plant.Instant) {
	ctx := t.Context()
	const hour = plant.Instant(3600 * 1e6)
	c := quality.Characteristic{ID: "C1", Rev: 1, Place: "M1"}
	made := func(i int, v float64, rules ...string) quality.Valued {
		s := quality.Valued{Subgroup: quality.Subgroup{ID: fmt.Sprintf("S%02d", i), At: at + plant.Instant(i)*hour/2, By: "li", Values: []float64{v}, Rules: rules}, Value: v, Fact: true}
		return s
	}
	all := []quality.Valued{made(0, 5), made(1, 7), made(2, 1, "n1"), made(3, 3)}
	all[0].Key = "k"
	all[1].Gauge = "G"
	must(t, store.AddSubgroups(ctx, 1, c, all[:3]))
	later := all[3]
	later.Fact = false // a signal said it
	must(t, store.AddSubgroups(ctx, 1, c, []quality.Valued{later}))
	must(t, store.AddSubgroups(ctx, 1, c, []quality.Valued{later})) // said again, as after a restart
	must(t, store.AddSubgroups(ctx, 2, c, all[:1]))
	if got, err := store.KeyedSubgroup(ctx, 1, "C1", "li", "k"); err != nil || got.ID != "S00" {
		t.Errorf("by its key: %+v, %v", got, err)
	}
	ids := func(got []quality.Subgroup, err error) (out []string) {
		must(t, err)
		for _, s := range got {
			out = append(out, s.ID)
		}
		return out
	}
	if got := ids(store.Subgroups(ctx, 1, "C1", at+1, at+3*hour/2, 9)); !reflect.DeepEqual(got, []string{"S01", "S02"}) {
		t.Errorf("within: %v", got)
	}
	if got := ids(store.Before(ctx, 1, "C1", at+3*hour/2, 2)); !reflect.DeepEqual(got, []string{"S01", "S02"}) {
		t.Errorf("before: %v", got)
	}
	for days, want := range map[bool][]quality.Summary{
		false: {{At: at, N: 2, Mean: 6, Low: 5, High: 7}, {At: at + hour, N: 2, Mean: 2, Low: 1, High: 3, Flagged: 1}},
		true:  {{At: at - 8*hour, N: 4, Mean: 4, Low: 1, High: 7, Flagged: 1}},
	} {
		if got, err := store.Summaries(ctx, 1, "C1", at-8*hour, at+9*hour, days); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("by days %v: %+v, %v; want %+v", days, got, err, want)
		}
	}
	events, err := journal.Events(ctx, 1, fact.Filter{Kinds: []fact.Kind{fact.KindMeasurement}})
	must(t, err)
	if len(events) != 3 {
		t.Errorf("%d facts; want the three that a person entered", len(events))
	}
	qualityDerived(t, store, journal, c, all, at)
}

// qualityDerived: signals, what gauges measured and what was withdrawn, and all of it
// the same when it is made again.
func qualityDerived(t *testing.T, store QualityStore, journal fact.Journal, c quality.Characteristic, all []quality.Valued, at plant.Instant) {
	ctx := t.Context()
	const hour = plant.Instant(3600 * 1e6)
	doc := quality.Document{Kind: quality.KindCharacteristic, ID: c.ID, Rev: 1, Place: "M1", Path: "xc", At: at, By: "li"}
	var err error
	doc.Body, err = json.Marshal(c)
	must(t, err)
	must(t, store.Save(ctx, 1, doc, 0))
	made := func() (out []any) {
		for _, days := range []bool{false, true} {
			sums, err := store.Summaries(ctx, 1, "C1", at, at+9*hour, days)
			must(t, err)
			out = append(out, sums)
		}
		signals, err := store.Signals(ctx, 1, quality.SignalFilter{Characteristic: "C1", From: at, To: at + 9*hour, Limit: 9})
		must(t, err)
		counts, err := store.SignalCounts(ctx, 1, "C1", at, at+9*hour, false)
		must(t, err)
		byDays, err := store.SignalCounts(ctx, 1, "C1", at, at+9*hour, true)
		must(t, err)
		if !reflect.DeepEqual(counts, byDays) {
			t.Errorf("signals by days %+v; one by one %+v", byDays, counts)
		}
		used, err := store.GaugeUsed(ctx, 1, "G")
		must(t, err)
		return append(out, signals, counts, used)
	}
	if got := made(); !reflect.DeepEqual(got[2:], []any{[]quality.Broken{{ID: "S02", At: at + hour, Rules: []string{"n1"}}}, []quality.SignalCount{{Rule: "n1", N: 1}}, []string{"C1"}}) {
		t.Errorf("signals and gauges: %+v", got[2:])
	}
	for _, f := range []quality.SignalFilter{{Rule: "n2"}, {Before: &quality.Broken{ID: "S02", At: at + hour}}, {From: at + hour + 1}} {
		f.Characteristic, f.To, f.Limit = "C1", at+9*hour, 9
		if got, err := store.Signals(ctx, 1, f); err != nil || len(got) != 0 {
			t.Errorf("%+v: %+v, %v", f, got, err)
		}
	}
	wrong := all[2].Subgroup
	wrong.Withdrawn = &quality.Withdrawal{At: at + 8*hour, By: "li", Reason: "mistyped"}
	must(t, store.Withdraw(ctx, 1, c, wrong))
	if err := store.Withdraw(ctx, 1, c, wrong); !errors.Is(err, access.ErrConflict) {
		t.Errorf("withdrawn twice: %v", err)
	}
	if got, err := store.Withdrawn(ctx, 1, "C1", at, at+9*hour, 9); err != nil || len(got) != 1 || !reflect.DeepEqual(got[0], wrong) {
		t.Errorf("withdrawn: %+v, %v", got, err)
	}
	if got, err := store.Subgroup(ctx, 1, "C1", wrong.At, wrong.ID); err != nil || !reflect.DeepEqual(got, wrong) {
		t.Errorf("it can be seen: %+v, %v", got, err)
	}
	if got, err := store.Subgroups(ctx, 1, "C1", at, at+9*hour, 9); err != nil || len(got) != 3 {
		t.Errorf("%d count still, %v", len(got), err)
	}
	left := made()
	if want := []quality.Summary{{At: at, N: 2, Mean: 6, Low: 5, High: 7}, {At: at + hour, N: 1, Mean: 3, Low: 3, High: 3}}; !reflect.DeepEqual(left[0], want) || !reflect.DeepEqual(left[2], []quality.Broken{}) {
		t.Errorf("sums of what is left %+v, signals %+v", left[0], left[2])
	}
	if n, err := store.Rebuild(ctx, 1); err != nil || n != 3 {
		t.Errorf("made again of %d, %v", n, err)
	}
	if got, err := store.Withdrawn(ctx, 1, "C1", at, at+9*hour, 9); err != nil || len(got) != 1 {
		t.Errorf("withdrawn, made again: %+v, %v", got, err)
	}
	if got := made(); !reflect.DeepEqual(got, left) {
		t.Errorf("made again: %+v; want %+v", got, left)
	}
	events, err := journal.Events(ctx, 1, fact.Filter{Kinds: []fact.Kind{fact.KindMeasurementWithdrawn}})
	must(t, err)
	if len(events) != 1 {
		t.Errorf("%d facts of withdrawals", len(events))
	}
}

package recordtest

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/shop/alarm"
)

// Alarms is what a store of limits, findings and what was put aside must do.
func Alarms(t *testing.T, store alarm.Store, journal fact.Journal) {
	at := plant.InstantOf(time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC))
	t.Run("limits", func(t *testing.T) { alarmLimits(t, store, journal, at) })
	t.Run("findings", func(t *testing.T) { alarmFindings(t, store, journal, at) })
	t.Run("modes", func(t *testing.T) { alarmModes(t, store, journal, at) })
}

func alarmLimits(t *testing.T, store alarm.Store, journal fact.Journal, at plant.Instant) {
	ctx := t.Context()
	made := func(id string, rev int64, stage alarm.Stage, path string) alarm.Limit {
		return alarm.Limit{
			ID: id, Rev: rev, Node: plant.NodeID("M" + id), Path: path, Signal: "bearing.temperature", Unit: "Cel", By: "anna", At: at + plant.Instant(rev),
			Terms: alarm.Terms{Stage: stage, Tag: 7, Text: plant.Name{ZH: "轴承温度高", EN: "Bearing hot"}, Kind: "hi", Value: 80, Deadband: 2, OnS: 30, Priority: 2, Reason: "r"},
		}
	}
	a1, a2, b := made("L1", 1, alarm.Draft, "xc/w1/m1"), made("L1", 2, alarm.Live, "xc/w1/m1"), made("L2", 1, alarm.Draft, "xc/w2/m2")
	must(t, store.SaveLimit(ctx, 1, a1, 0))
	must(t, store.SaveLimit(ctx, 1, b, 0))
	must(t, store.SaveLimit(ctx, 2, made("L1", 1, alarm.Live, "other"), 0))
	for _, seen := range []int64{0, 2} {
		if err := store.SaveLimit(ctx, 1, a2, seen); !errors.Is(err, access.ErrConflict) {
			t.Errorf("saved over version 1 as over %d: %v", seen, err)
		}
	}
	must(t, store.SaveLimit(ctx, 1, a2, 1))
	if got, err := store.Limit(ctx, 1, "L1"); err != nil || !reflect.DeepEqual(got, a2) {
		t.Errorf("newest: %+v, %v; want %+v", got, err, a2)
	}
	if _, err := store.Limit(ctx, 1, "L9"); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("one that is not there: %v", err)
	}
	if got, err := store.Versions(ctx, 1, "L1"); err != nil || !reflect.DeepEqual(got, []alarm.Limit{a2, a1}) {
		t.Errorf("versions: %+v, %v", got, err)
	}
	if got, err := store.History(ctx, access.Scope{Tenant: 1, Path: "xc/w1"}); err != nil || !reflect.DeepEqual(got, []alarm.Limit{a1, a2}) {
		t.Errorf("history: %+v, %v", got, err)
	}
	scope := access.Scope{Tenant: 1}
	for _, c := range []struct {
		f    alarm.LimitFilter
		want []alarm.Limit
	}{
		{alarm.LimitFilter{Scope: scope, Limit: 9}, []alarm.Limit{a2, b}},
		{alarm.LimitFilter{Scope: scope, Limit: 1}, []alarm.Limit{a2}},
		{alarm.LimitFilter{Scope: scope, After: a2.Key(), Limit: 9}, []alarm.Limit{b}},
		{alarm.LimitFilter{Scope: scope, Stage: alarm.Live, Limit: 9}, []alarm.Limit{a2}},
		{alarm.LimitFilter{Scope: scope, Node: "ML2", Limit: 9}, []alarm.Limit{b}},
		{alarm.LimitFilter{Scope: scope, Tag: 8, Limit: 9}, []alarm.Limit{}},
		{alarm.LimitFilter{Scope: scope, Text: "HOT", Limit: 9}, []alarm.Limit{a2, b}},
		{alarm.LimitFilter{Scope: scope, Text: "w2", Limit: 9}, []alarm.Limit{b}},
		{alarm.LimitFilter{Scope: access.Scope{Tenant: 1, Path: "xc/w2"}, Limit: 9}, []alarm.Limit{b}},
		{alarm.LimitFilter{Scope: access.Scope{Tenant: 3}, Limit: 9}, []alarm.Limit{}},
	} {
		if got, err := store.Limits(ctx, c.f); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("limits of %+v: %+v, %v; want %+v", c.f, got, err, c.want)
		}
	}
	facts, err := journal.Events(ctx, 1, fact.Filter{Kinds: []fact.Kind{fact.KindAlarmLimit}, Subjects: []plant.NodeID{"ML1"}})
	if err != nil || len(facts) != 2 || facts[1].SourceSeq != 2 {
		t.Errorf("facts of the limit: %+v, %v", facts, err)
	}
}

func alarmFindings(t *testing.T, store alarm.Store, journal fact.Journal, at plant.Instant) {
	ctx := t.Context()
	step := alarm.Step{At: at, Entered: at, Priority: 2, Text: plant.Name{ZH: "失控"}, Evidence: "/quality/charts/1"}
	made := func(id, key, path string) alarm.Finding {
		return alarm.Finding{ID: id, Source: "spc", Key: key, Place: "M1", Path: path, Name: plant.Name{ZH: "车床"}, Steps: []alarm.Step{step}}
	}
	f, other := made("F1", "chart-1", "xc/w1/m1"), made("F2", "chart-2", "xc/w2/m2")
	must(t, store.SaveFinding(ctx, 1, f, 0))
	must(t, store.SaveFinding(ctx, 1, other, 0))
	if err := store.SaveFinding(ctx, 1, made("F3", "chart-1", "xc/w1/m1"), 0); !errors.Is(err, access.ErrConflict) {
		t.Errorf("the same stood twice: %v", err)
	}
	must(t, store.SaveFinding(ctx, 2, made("F1", "chart-1", "xc"), 0))
	if got, err := store.Standing(ctx, 1, "spc", "chart-1"); err != nil || !reflect.DeepEqual(got, f) {
		t.Errorf("standing: %+v, %v", got, err)
	}
	f.Steps = append(f.Steps, alarm.Step{At: at + 1000, Entered: at + 1000, Cleared: true})
	if err := store.SaveFinding(ctx, 1, f, 0); !errors.Is(err, access.ErrConflict) {
		t.Errorf("saved from an old state: %v", err)
	}
	must(t, store.SaveFinding(ctx, 1, f, 1))
	if _, err := store.Standing(ctx, 1, "spc", "chart-1"); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("cleared and standing: %v", err)
	}
	for _, c := range []struct {
		path     string
		from, to plant.Instant
		want     []alarm.Finding
	}{
		{"", at, at + 1, []alarm.Finding{other, f}},
		{"", at + 1000, at + 2000, []alarm.Finding{other}},
		{"", at - 1000, at, []alarm.Finding{}},
		{"xc/w1", at, at + 1, []alarm.Finding{f}},
	} {
		if got, err := store.Findings(ctx, access.Scope{Tenant: 1, Path: c.path}, c.from, c.to); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("findings of %q in [%d, %d): %+v, %v; want %+v", c.path, c.from, c.to, got, err, c.want)
		}
	}
	must(t, store.SaveFinding(ctx, 1, made("F4", "chart-1", "xc/w1/m1"), 0)) // it comes again
	facts, err := journal.Events(ctx, 1, fact.Filter{Kinds: []fact.Kind{fact.KindAlarmFinding}, Sources: []string{f.FactSource()}})
	if err != nil || len(facts) != 2 || facts[0].Subject != "M1" || facts[1].Occurred != (at+1000).Micros() {
		t.Errorf("facts of the finding: %+v, %v", facts, err)
	}
}

func alarmModes(t *testing.T, store alarm.Store, journal fact.Journal, at plant.Instant) {
	ctx := t.Context()
	m := alarm.Mode{Place: "M1", Alarm: "limit/L1", Path: "xc/w1/m1", State: alarm.Shelved, Until: at + 1000, Reason: "r", By: "anna", At: at, Rev: 1}
	if got, err := store.Mode(ctx, 1, "M1", "limit/L1"); err != nil || got.Rev != 0 || got.State != alarm.Normal {
		t.Errorf("never put aside: %+v, %v", got, err)
	}
	must(t, store.SaveMode(ctx, 1, m, 0))
	if err := store.SaveMode(ctx, 1, m, 0); !errors.Is(err, access.ErrConflict) {
		t.Errorf("put aside twice at once: %v", err)
	}
	for path, want := range map[string][]alarm.Mode{"": {m}, "xc/w1": {m}, "xc/w2": {}} {
		if got, err := store.Modes(ctx, access.Scope{Tenant: 1, Path: path}); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("aside at %q: %+v, %v", path, got, err)
		}
	}
	back := m
	back.State, back.Until, back.Rev = alarm.Normal, 0, 2
	must(t, store.SaveMode(ctx, 1, back, 1))
	if got, err := store.Modes(ctx, access.Scope{Tenant: 1}); err != nil || len(got) != 0 {
		t.Errorf("after it is back: %+v, %v", got, err)
	}
	if got, err := store.Mode(ctx, 1, "M1", "limit/L1"); err != nil || !reflect.DeepEqual(got, back) {
		t.Errorf("the last: %+v, %v", got, err)
	}
	facts, err := journal.Events(ctx, 1, fact.Filter{Kinds: []fact.Kind{fact.KindAlarmMode}, Sources: []string{m.Source()}})
	if err != nil || len(facts) != 2 || facts[1].SourceSeq != 2 {
		t.Errorf("facts: %+v, %v", facts, err)
	}
}

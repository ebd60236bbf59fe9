package recordtest

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/shop/planning"
)

// Plans tests what a store of plans must do: number them by place, give their
// bodies back as they were, know one in use of each place, and keep each step as a
// fact.
func Plans(t *testing.T, store planning.Store, journal fact.Journal) {
	ctx := t.Context()
	made := plant.InstantOf(time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC))
	body := bytes.Repeat([]byte{0, 1, 2, 250, 251}, 30_000) // in several pieces
	save := func(id, place string, minutes int) planning.Head {
		t.Helper()
		h, err := store.SavePlan(ctx, 1, planning.Head{
			ID: id, Place: place, Kind: planning.KindDraft, State: planning.StateDraft, Made: made + plant.Instant(minutes)*60_000_000, By: "p", Figures: planning.Figures{Late: 2, Rules: []planning.RuleCost{}},
		}, append([]byte(id), body...))
		must(t, err)
		return h
	}
	first, second, other := save("P1", "xc/w1", 0), save("P2", "xc/w1", 1), save("P3", "xc/w2", 2)
	if first.Number != 1 || second.Number != 2 || other.Number != 1 {
		t.Errorf("numbered %d, %d and %d; want 1 and 2 of one place, 1 of the other", first.Number, second.Number, other.Number)
	}
	if got, err := store.PlanBody(ctx, 1, "P2"); err != nil || !bytes.Equal(got, append([]byte("P2"), body...)) {
		t.Errorf("the body came back as %d bytes, %v", len(got), err)
	}
	for _, err := range []error{
		errorOf(store.Plan(ctx, 2, "P1")), errorOf(store.Plan(ctx, 1, "P9")), errorOf(store.PlanBody(ctx, 2, "P1")), errorOf(store.PlanInUse(ctx, 1, "xc/w1")),
		errorOf(store.StepPlan(ctx, 1, planning.Step{Plan: "P9", What: planning.StateInUse, Seen: planning.StateDraft, At: made})),
	} {
		if !errors.Is(err, access.ErrNotFound) {
			t.Errorf("what is not there: %v", err)
		}
	}
	limits(t, store)
	issue := func(id string, seen planning.PlanState, minutes int) (planning.Head, error) {
		return store.StepPlan(ctx, 1, planning.Step{Plan: id, What: planning.StateInUse, Seen: seen, At: made + plant.Instant(minutes)*60_000_000, By: "q", Note: "go"})
	}
	h, err := issue("P1", planning.StateDraft, 5)
	must(t, err)
	if h.State != planning.StateInUse || h.IssuedBy != "q" || h.Note != "go" || h.Figures.Late != 2 {
		t.Errorf("issued: %+v", h)
	}
	if _, err := issue("P1", planning.StateDraft, 6); !errors.Is(err, access.ErrConflict) {
		t.Errorf("issued from an old page: %v", err)
	}
	_, err = issue("P2", planning.StateDraft, 7)
	must(t, err)
	_, err = issue("P3", planning.StateDraft, 8)
	must(t, err)
	if h, err := store.PlanInUse(ctx, 1, "xc/w1"); err != nil || h.ID != "P2" {
		t.Errorf("in use is %+v, %v; want P2", h, err)
	}
	if h, err := store.Plan(ctx, 1, "P1"); err != nil || h.State != planning.StatePast {
		t.Errorf("the one before is %+v, %v", h, err)
	}
	lists := func(want string, scope access.Scope, f planning.Filter) {
		t.Helper()
		all, err := store.Plans(ctx, scope, f)
		must(t, err)
		var got strings.Builder
		for _, h := range all {
			got.WriteString(h.ID)
		}
		if got.String() != want {
			t.Errorf("the list of %+v is %s; want %s", f, got.String(), want)
		}
	}
	lists("P3P2P1", access.Scope{Tenant: 1}, planning.Filter{})
	lists("P3P2", access.Scope{Tenant: 1}, planning.Filter{Limit: 2})
	lists("P1", access.Scope{Tenant: 1}, planning.Filter{After: second.After()})
	lists("P2P1", access.Scope{Tenant: 1, Path: "xc/w1"}, planning.Filter{})
	lists("P1", access.Scope{Tenant: 1}, planning.Filter{States: []planning.PlanState{planning.StatePast, planning.StateDropped}})
	lists("", access.Scope{Tenant: 2}, planning.Filter{})
	events, err := journal.Events(ctx, 1, fact.Filter{Kinds: []fact.Kind{fact.KindPlan, fact.KindPlanStep}})
	must(t, err)
	if len(events) != 6 {
		t.Errorf("%d facts; want three plans made and three issued", len(events))
	}
}

func errorOf[T any](_ T, err error) error { return err }

// limits are kept by revision, and as facts.
func limits(t *testing.T, store planning.Store) {
	ctx := t.Context()
	l := planning.Limit{What: planning.LimitTool, Name: "F-7", Units: 2, Rev: 1, By: "p", At: 1}
	must(t, store.SaveLimit(ctx, 1, l, 0))
	must(t, store.SaveLimit(ctx, 1, planning.Limit{What: planning.LimitSkill, Name: "setter", Units: 1, Rev: 1, At: 1}, 0))
	if err := store.SaveLimit(ctx, 1, l, 0); !errors.Is(err, access.ErrConflict) {
		t.Errorf("entered twice: %v", err)
	}
	l.Units, l.Rev = 3, 2
	must(t, store.SaveLimit(ctx, 1, l, 1))
	if all, err := store.Limits(ctx, 1); err != nil || len(all) != 2 || all[0].Name != "F-7" || all[0].Units != 3 || all[1].Name != "setter" {
		t.Errorf("limits: %+v %v", all, err)
	}
	if all, err := store.Limits(ctx, 2); err != nil || len(all) != 0 {
		t.Errorf("limits of another tenant: %+v %v", all, err)
	}
}

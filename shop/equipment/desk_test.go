package equipment

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
)

func newDesk(t *testing.T) (*world, *Desk) {
	t.Helper()
	w := newWorld(t)
	const m = time.Minute
	w.add(plant.Batch{Samples: append(running(4*time.Hour), sample(tagRunning, 10*m, 0), sample(tagRunning, 30*m, 1),
		sample(tagRunning, 40*m, 0), sample(tagRunning, 42*m, 1), sample(tagRunning, 60*m, 0), sample(tagRunning, 80*m, 1), sample(tagRunning, 110*m, 0))})
	w.clock.set(monday.Add(2 * time.Hour))
	return w, &Desk{
		Fleet: w.folder.Fleet, Reader: w.folder.Reader, Totals: w.engine, Now: w.clock.now,
		Changed: func(ctx context.Context, tenant plant.TenantNo, events []fact.Event) {
			if err := w.engine.Touch(ctx, tenant, plant.Batch{}, events); err != nil {
				t.Error(err)
			}
		},
	}
}

func TestStopsAndReasons(t *testing.T) {
	_, desk := newDesk(t)
	ctx := context.Background()
	list := func(f StopFilter) StopPage {
		t.Helper()
		f.From, f.To = at(0), at(3*time.Hour)
		page, err := desk.Stops(ctx, scopeAll, f)
		if err != nil {
			t.Fatal(err)
		}
		return page
	}
	all := list(StopFilter{Unassigned: true})
	if len(all.Stops) != 3 || !all.Stops[0].Open || all.Stops[0].From != at(110*time.Minute) || all.Stops[2].LostMs != 1_200_000 {
		t.Fatalf("stops = %+v", all.Stops)
	}
	if n := len(list(StopFilter{Micro: true}).Stops); n != 4 {
		t.Errorf("%d stops with minor ones; want 4", n)
	}
	first := list(StopFilter{Limit: 2})
	second := list(StopFilter{Limit: 2, Cursor: first.Next})
	if len(first.Stops) != 2 || first.Next == "" || len(second.Stops) != 1 || second.Next != "" || second.Stops[0].From != at(10*time.Minute) {
		t.Errorf("pages %+v and %+v", first, second)
	}
	assign := func(from, to time.Duration, reason string) {
		t.Helper()
		a := Assign{Node: node, From: at(from), Reason: reason}
		if to > 0 {
			a.To = at(to)
		}
		if _, err := desk.AssignReason(ctx, scopeAll, "li", a); err != nil {
			t.Fatal(err)
		}
	}
	assign(10*time.Minute, 20*time.Minute, "material.missing")
	assign(20*time.Minute, 30*time.Minute, "operator.absent")
	assign(10*time.Minute, 30*time.Minute, "breakdown.electrical") // takes the place of both
	assign(60*time.Minute, 80*time.Minute, "setup.changeover")
	assign(110*time.Minute, 0, "other")
	if left := list(StopFilter{Unassigned: true}); len(left.Stops) != 0 {
		t.Errorf("unassigned stops left: %+v", left.Stops)
	}
	if s := list(StopFilter{}).Stops[2]; len(s.Parts) != 1 || s.Reason != "breakdown.electrical" || s.SaidBy != "person:li" {
		t.Errorf("the first stop = %+v", s)
	}
	losses, err := desk.Pareto(ctx, scopeAll, at(0), at(2*time.Hour))
	if err != nil || len(losses) != 4 {
		t.Fatalf("Pareto = %+v, %v", losses, err)
	}
	share := 0.0
	for i, want := range []struct {
		id string
		ms int64
	}{{"breakdown.electrical", 1_200_000}, {"setup.changeover", 1_200_000}, {"other", 600_000}, {"minor", 120_000}} {
		if losses[i].Reason.ID != want.id || losses[i].Ms != want.ms || losses[i].Stops != 1 {
			t.Errorf("loss %d = %+v; want %s %d", i, losses[i], want.id, want.ms)
		}
		share += losses[i].Share
	}
	if share < 0.999999 || share > 1.000001 {
		t.Errorf("shares add up to %v", share)
	}
}

func TestDeskRefuses(t *testing.T) {
	_, desk := newDesk(t)
	ctx := context.Background()
	other := access.Scope{Tenant: 1, Path: "firm/grinding"}
	reason := func(s access.Scope, a Assign) error {
		_, err := desk.AssignReason(ctx, s, "li", a)
		return err
	}
	override := func(o fact.Override) error {
		_, err := desk.SetState(ctx, scopeAll, "li", node, at(0), o)
		return err
	}
	count := func(c fact.Count) error {
		_, err := desk.AddCount(ctx, scopeAll, "li", node, at(0), c)
		return err
	}
	timeline := func(from, to time.Duration) error {
		_, err := desk.Timeline(ctx, scopeAll, node, at(from), at(to))
		return err
	}
	fine := Assign{Node: node, From: at(0), To: at(time.Hour), Reason: "other"}
	with := func(change func(*Assign)) Assign {
		a := fine
		change(&a)
		return a
	}
	for _, c := range []struct {
		name string
		err  error
		want error
		text string
	}{
		{"unknown reason", reason(scopeAll, with(func(a *Assign) { a.Reason = "nothing" })), ErrInvalid, "no stop reason"},
		{"heading", reason(scopeAll, with(func(a *Assign) { a.Reason = "breakdown" })), ErrInvalid, "heading"},
		{"ends before it begins", reason(scopeAll, with(func(a *Assign) { a.To = at(-time.Hour) })), ErrInvalid, "before it begins"},
		{"too long", reason(scopeAll, with(func(a *Assign) { a.From = at(-9 * 24 * time.Hour) })), ErrInvalid, "at most"},
		{"future", reason(scopeAll, with(func(a *Assign) { a.From, a.To = at(3*time.Hour), at(4*time.Hour) })), ErrInvalid, "not come yet"},
		{"long ago", reason(scopeAll, with(func(a *Assign) { a.From, a.To = at(-2000*time.Hour), at(-1999*time.Hour) })), ErrInvalid, "days ago"},
		{"long note", reason(scopeAll, with(func(a *Assign) { a.Note = strings.Repeat("长", 300) })), ErrInvalid, "note"},
		{"foreign scope", reason(other, fine), access.ErrNotFound, "machine"},
		{"unknown machine", reason(scopeAll, with(func(a *Assign) { a.Node = "01NONE" })), access.ErrNotFound, "machine"},
		{"odd state", override(fact.Override{Item: "RUNNING", Mode: "NONE", Until: at(time.Hour)}), ErrInvalid, "item state"},
		{"unknown state", override(fact.Override{Item: "UNKNOWN", Until: at(time.Hour)}), ErrInvalid, "no state to enter"},
		{"no end", override(fact.Override{Item: "EXECUTING", Mode: "PROCESSING"}), ErrInvalid, "until"},
		{"no quantity", count(fact.Count{}), ErrInvalid, "no quantity"},
		{"typing error", count(fact.Count{Good: 5_000_000}), ErrInvalid, "parts at once"},
		{"backwards", timeline(time.Hour, 0), ErrInvalid, "before it begins"},
		{"a month", timeline(-30*24*time.Hour, time.Hour), ErrInvalid, "allowed"},
	} {
		if !errors.Is(c.err, c.want) || !strings.Contains(c.err.Error(), c.text) {
			t.Errorf("%s: %v; want %v with %q", c.name, c.err, c.want, c.text)
		}
	}
	if err := reason(scopeAll, fine); err != nil {
		t.Errorf("a fine reason: %v", err)
	}
	if err := override(fact.Override{Item: "EXECUTING", Mode: "PROCESSING", Until: at(time.Hour)}); err != nil {
		t.Errorf("a fine state: %v", err)
	}
}

func TestTypedCountsCorrectFigures(t *testing.T) {
	w := shift(t)
	desk := &Desk{Fleet: w.folder.Fleet, Reader: w.folder.Reader, Now: w.clock.now}
	ctx := context.Background()
	e, err := desk.AddCount(ctx, scopeAll, "li", node, at(2*time.Hour), fact.Count{Good: -3, Scrap: 3})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.engine.Touch(ctx, 1, plant.Batch{}, []fact.Event{e}); err != nil {
		t.Fatal(err)
	}
	if f := w.one(t, "firm", "quality-ratio", "shift"); f.Terms[TermGQ] != 585 || f.Terms[TermPQ] != 600 {
		t.Errorf("after three good parts became scrap: %v", f.Terms)
	}
}

package control_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/connect"
	"zhigai/connect/modbus"
	"zhigai/connect/profile"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/shop/control"
)

// shelf is a machine in memory that takes every value, for what does not hang
// on a protocol. Before it takes one it calls looks.
type shelf struct {
	mu     sync.Mutex
	values map[string]float64
	writes int
	looks  func()
	away   bool // another node reads it
}

func newShelf() *shelf {
	return &shelf{values: map[string]float64{"feed.override": 100, "guard.closed": 1, "clamped": 50, "doomed": 0}}
}

func (s *shelf) Writing(plant.DeviceID) (here, contact, enabled bool) { return !s.away, true, true }

func (s *shelf) Raw(_ plant.DeviceID, _ string, value any) (any, error) { return value, nil }

func (s *shelf) Ask(_ context.Context, _ plant.DeviceID, signals []string) ([]connect.Fresh, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]connect.Fresh, len(signals))
	for i, name := range signals {
		out[i] = connect.Fresh{Name: name, Kind: plant.KindNumber, Number: s.values[name], At: plant.MicrosOf(time.Now())}
	}
	return out, nil
}

func (s *shelf) Write(_ context.Context, _ plant.DeviceID, signal string, value any) (any, error) {
	if s.looks != nil {
		s.looks()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes++
	s.values[signal], _ = value.(float64)
	return value, nil
}

func library(t *testing.T) *profile.Library {
	t.Helper()
	return profiles(t, modbus.Kind, machines[0].at)
}

func newShelfDesk(t *testing.T, s *shelf, change func(*control.Options)) *desk {
	t.Helper()
	return newDesk(t, t.TempDir(), s, library(t), plant.Device{ID: "device-1", Writing: true}, change)
}

// What is no order is refused before anything is recorded of it.
func TestOrder_WhatIsNoOrder(t *testing.T) {
	s := newShelf()
	d := newShelfDesk(t, s, nil)
	ok := control.Order{Node: lathe, Signal: "feed.override", Value: number(110)}
	f := func(want error, by access.Principal, change func(o *control.Order)) {
		t.Helper()
		o := ok
		if change != nil {
			change(&o)
		}
		if _, err := d.Order(t.Context(), by, o); !errors.Is(err, want) {
			t.Errorf("%+v by %s = %v; want %v", o, by.Role, err, want)
		}
	}
	operator := person(access.RoleOperator)
	f(access.ErrForbidden, person(access.RoleViewer), nil)
	other := operator
	other.Scope.Path = "firm/other"
	f(access.ErrNotFound, other, nil)
	f(access.ErrNotFound, operator, func(o *control.Order) { o.Node = "nobody" })
	f(access.ErrNotFound, operator, func(o *control.Order) { o.Node = "empty" })
	f(control.ErrInvalid, operator, func(o *control.Order) { o.Signal = "guard.closed" }) // is only read
	f(control.ErrInvalid, operator, func(o *control.Order) { o.Value = text("110") })
	f(control.ErrInvalid, operator, func(o *control.Order) { o.Value = fact.Setting{} })
	f(control.ErrInvalid, operator, func(o *control.Order) { o.Value.Text = new("110") })
	f(control.ErrInvalid, operator, func(o *control.Order) { o.Seen = new(text("x")) })
	f(control.ErrInvalid, operator, func(o *control.Order) { o.Expires = control.MaxLife + 1 })
	f(control.ErrInvalid, operator, func(o *control.Order) { o.Expires = -1 })
	s.away = true
	f(control.ErrElsewhere, operator, nil)
	if e := d.events(); len(e) != 0 || s.writes != 0 || len(d.actions()) != 0 {
		t.Errorf("%d events, %d writes", len(e), s.writes)
	}
}

// The same key is the same command, also at the same instant, and never that of
// another value.
func TestOrder_SameKey(t *testing.T) {
	s := newShelf()
	d := newShelfDesk(t, s, nil)
	o := control.Order{Node: lathe, Signal: "clamped", Value: number(60), Key: "k"}
	ids := make([]string, 20)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			c, err := d.Order(t.Context(), person(access.RoleOperator), o)
			if err != nil {
				t.Error(err)
			}
			ids[i] = c.ID
		})
	}
	wg.Wait()
	if different := slices.Compact(ids); different[0] == "" || len(different) != 1 {
		t.Errorf("commands of one key: %q", different)
	}
	d.end(ids[0])
	if s.writes != 1 {
		t.Errorf("%d writes", s.writes)
	}
	o.Value = number(61)
	if _, err := d.Order(t.Context(), person(access.RoleOperator), o); !errors.Is(err, access.ErrConflict) {
		t.Errorf("the key of another value: %v", err)
	}
	somebody := person(access.RoleOperator)
	somebody.User = "u2"
	c, err := d.Order(t.Context(), somebody, o)
	if err != nil || c.ID == ids[0] {
		t.Errorf("somebody else's key: %+v, %v", c, err)
	}
	d.end(c.ID)
}

// flaky is a journal and an audit of which the n-th write fails: before it is
// done, or after, as when the answer is lost.
type flaky struct {
	record.Journal
	audit control.Audit
	mu    sync.Mutex
	n     int // writes until the one that fails
	after bool
}

var errDisk = errors.New("no space left on device")

func (f *flaky) write(do func() error) error {
	f.mu.Lock()
	f.n--
	fails := f.n == 0
	f.mu.Unlock()
	if fails && !f.after {
		return errDisk
	}
	if err := do(); err != nil || !fails {
		return err
	}
	return errDisk
}

func (f *flaky) Append(ctx context.Context, tenant plant.TenantNo, events ...fact.Event) (out []fact.Event, err error) {
	err = f.write(func() error { out, err = f.Journal.Append(ctx, tenant, events...); return err })
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (f *flaky) Record(ctx context.Context, by access.Principal, action, object string, before, after any) error {
	return f.write(func() error { return f.audit.Record(ctx, by, action, object, before, after) })
}

// Whichever write of the journal or the audit fails, a value goes out only when
// fact and audit say so already, and every command has an end in the journal
// once it works again.
func TestOrder_EveryWriteFailsOnce(t *testing.T) {
	for _, after := range []bool{false, true} {
		sent, failed := 0, 0
		for n := 1; ; n++ {
			s, f := newShelf(), &flaky{n: n, after: after}
			var d *desk
			s.looks = func() {
				e := d.events()
				if last := stepOf(t, e[len(e)-1]); last.State != fact.CommandSent {
					t.Errorf("write %d fails: the value goes out after %+v", n, last)
				}
				if a := d.actions(); !slices.Contains(a, "command.send by u1 张工") {
					t.Errorf("write %d fails: the value goes out, the audit says %q", n, a)
				}
			}
			d = newShelfDesk(t, s, func(o *control.Options) {
				f.Journal, f.audit = o.Journal.(record.Journal), o.Audit
				o.Journal, o.Audit = f, f
			})
			c, err := d.Order(t.Context(), person(access.RoleOperator), control.Order{Node: lathe, Signal: "clamped", Value: number(60)})
			if err == nil {
				c = d.end(c.ID)
			}
			if s.writes > 1 || err != nil && s.writes != 0 || c.State == fact.CommandConfirmed && s.writes != 1 {
				t.Errorf("write %d fails: %d writes, %v %s", n, s.writes, err, states(c))
			}
			sent += s.writes
			if c.State != fact.CommandConfirmed {
				failed++
			}
			// What the journal took has an end, now or after the next start.
			d.close()
			again := newDesk(t, d.dir, s, library(t), plant.Device{ID: "device-1", Writing: true}, nil)
			page, err := again.List(t.Context(), access.Scope{Tenant: tenant}, control.Filter{})
			must(t, err)
			for _, one := range page.Commands {
				if !one.Final() {
					t.Errorf("write %d fails: the command stays %s", n, one.State)
				}
			}
			again.close()
			if f.n > 0 {
				break // no more writes to fail
			}
		}
		if sent < 2 || failed < 3 {
			t.Errorf("fails after it is done %v: %d commands went out and %d did not: the test shows little", after, sent, failed)
		}
	}
}

// The list turns pages over what one read of the journal does not hold, filters,
// and shows nobody what lies outside of their scope.
func TestList_PagesAndFilters(t *testing.T) {
	s := newShelf()
	d := newShelfDesk(t, s, nil)
	j := d.record.Journal()
	const all = 1200
	start := time.Now().Add(-time.Hour)
	var events []fact.Event
	for i := range all {
		at := start.Add(time.Duration(i/3) * time.Second) // three of an instant
		e := fact.New(fact.KindCommand, lathe, at, "person:u1", fact.Command{Signal: "clamped", Value: number(float64(i)), Node: "node-2"})
		e.ID = d.record.NewID()
		state := fact.CommandConfirmed
		if i%10 == 0 {
			state = fact.CommandRejected
		}
		end := fact.New(fact.KindStep, lathe, at, fact.CommandSource(e.ID), fact.CommandStep{Command: e.ID, State: state})
		end.SourceSeq = 3
		events = append(events, e, end)
	}
	_, err := j.Append(t.Context(), tenant, events...)
	must(t, err)
	f := func(scope access.Scope, filter control.Filter) (out []float64) {
		t.Helper()
		for {
			page, err := d.List(t.Context(), scope, filter)
			must(t, err)
			for _, c := range page.Commands {
				out = append(out, *c.Value.Number)
			}
			if filter.Cursor = page.Next; page.Next == "" {
				return out
			}
		}
	}
	whole := access.Scope{Tenant: tenant}
	got := f(whole, control.Filter{Limit: 70})
	if len(got) != all || !slices.IsSortedFunc(got, func(a, b float64) int { return int(b - a) }) {
		t.Errorf("%d of %d commands, newest first: %v", len(got), all, slices.IsSortedFunc(got, func(a, b float64) int { return int(b - a) }))
	}
	if got := f(whole, control.Filter{State: fact.CommandRejected, Limit: 50}); len(got) != all/10 {
		t.Errorf("%d rejected", len(got))
	}
	if got := f(whole, control.Filter{Node: lathe, From: plant.MicrosOf(start.Add(10 * time.Second)), To: plant.MicrosOf(start.Add(20 * time.Second))}); len(got) != 30 {
		t.Errorf("%d in ten seconds", len(got))
	}
	if got := f(access.Scope{Tenant: tenant, Path: "firm/line"}, control.Filter{Limit: 500}); len(got) != all {
		t.Errorf("%d within the line", len(got))
	}
	if got := f(access.Scope{Tenant: tenant, Path: "firm/other"}, control.Filter{}); len(got) != 0 {
		t.Errorf("%d shown outside of the scope", len(got))
	}
	if _, err := d.Command(t.Context(), access.Scope{Tenant: tenant, Path: "firm/other"}, events[0].ID); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("one outside of the scope: %v", err)
	}
	if _, err := d.List(t.Context(), whole, control.Filter{Cursor: "x"}); !errors.Is(err, control.ErrInvalid) {
		t.Errorf("a cursor of something else: %v", err)
	}
}

// Commands of nodes below, which a hub has in its journal, get no end from it,
// and old ones are not read again at every start.
func TestResume_LeavesOthersAlone(t *testing.T) {
	dir := t.TempDir()
	d := newDesk(t, dir, newShelf(), library(t), plant.Device{ID: "device-1", Writing: true}, nil)
	add := func(node string, at time.Time) string {
		t.Helper()
		e := fact.New(fact.KindCommand, lathe, at, "person:u1", fact.Command{Signal: "clamped", Value: number(1), Node: node})
		e.ID = d.record.NewID()
		_, err := d.record.Journal().Append(t.Context(), tenant, e)
		must(t, err)
		return e.ID
	}
	old := time.Now().Add(-48 * time.Hour)
	below, own := add("node-2", old), add("node-1", old)
	recent := add("node-1", time.Now())
	d.close()
	for range 2 {
		d = newDesk(t, dir, newShelf(), library(t), plant.Device{ID: "device-1", Writing: true}, nil)
		for id, want := range map[string]string{below: fact.CommandRequested, own: fact.CommandFailed, recent: fact.CommandFailed} {
			c, err := d.Command(t.Context(), access.Scope{Tenant: tenant}, id)
			if err != nil || c.State != want {
				t.Errorf("%+v, %v; want %s", c, err, want)
			}
		}
		cursor, err := d.record.Journal().Cursor(t.Context(), tenant, "control")
		if err != nil || cursor != 2 {
			t.Errorf("read from %d on, %v; want 2, behind what is old", cursor, err)
		}
		d.close()
	}
}

// slow is an audit that takes no end of a command until it is let go.
type slow struct {
	control.Audit
	held chan struct{}
}

func (s slow) Record(ctx context.Context, by access.Principal, action, object string, before, after any) error {
	if action != "command.request" {
		<-s.held
	}
	return s.Audit.Record(ctx, by, action, object, before, after)
}

// A node has so many commands under way and no more; of one beyond nothing is
// recorded, and the next is taken when others have ended.
func TestOrder_TooManyAtOnce(t *testing.T) {
	s, held := newShelf(), make(chan struct{})
	d := newShelfDesk(t, s, func(o *control.Options) { o.Audit = slow{o.Audit, held} })
	order := control.Order{Node: lathe, Signal: "clamped", Value: number(60)}
	var ids []string
	for range 64 {
		c, err := d.Order(t.Context(), person(access.RoleOperator), order)
		must(t, err)
		ids = append(ids, c.ID)
	}
	if _, err := d.Order(t.Context(), person(access.RoleOperator), order); !errors.Is(err, control.ErrBusy) {
		t.Errorf("one more: %v", err)
	}
	close(held)
	for i, id := range ids {
		if c := d.end(id); (c.State == fact.CommandConfirmed) != (i == 0) {
			t.Errorf("command %d for the same set point is %s", i, c.State)
		}
	}
	if c := d.order(order); c.State != fact.CommandConfirmed || s.writes != 2 {
		t.Errorf("the next: %s after %d writes", c.State, s.writes)
	}
	requests := 0
	for _, e := range d.events() {
		if e.Kind == fact.KindCommand {
			requests++
		}
	}
	if requests != 65 {
		t.Errorf("%d requests recorded of 65 that were taken", requests)
	}
}

package control_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/shop/control"
)

// engineer is somebody who may approve.
func engineer(user string) access.Principal {
	return access.As(user, user, access.Scope{Tenant: tenant}, access.Read, access.Report, access.Control, access.Engineer)
}

// valve asks for a set point that two others approve.
func (d *desk) valve(value float64, expires time.Duration) control.Command {
	d.t.Helper()
	c, err := d.Order(d.t.Context(), person(access.RoleOperator), control.Order{Node: lathe, Signal: "valve", Value: number(value), Expires: expires})
	must(d.t, err)
	if c.State != fact.CommandAwaiting || c.Approvals != 2 {
		d.t.Fatalf("ordered: %+v", c)
	}
	return c
}

// TestDecide_TwoOthers: nothing is sent before two other people said yes; neither who
// asked, nor the same person twice, nor a program, nor who may not, says it.
func TestDecide_TwoOthers(t *testing.T) {
	s := newShelf()
	s.values["valve"] = 3
	d := newShelfDesk(t, s, nil)
	c := d.valve(7, 0)
	refused := func(by access.Principal, approve bool, note string, want error) {
		t.Helper()
		if _, err := d.Decide(t.Context(), by, c.ID, approve, note); !errors.Is(err, want) {
			t.Errorf("decided by %s: %v; want %v", by.User, err, want)
		}
	}
	self := engineer("u1") // more rights than when it was asked, and still who asked
	refused(self, true, "", access.ErrForbidden)
	refused(engineer("token:T1"), true, "", access.ErrForbidden)
	refused(access.As("u5", "u5", access.Scope{Tenant: tenant}, access.Read, access.Control), true, "", access.ErrForbidden)
	refused(access.As("u6", "u6", access.Scope{Tenant: tenant}, access.Read, access.Engineer), true, "", access.ErrForbidden)
	refused(engineer("u2"), false, " ", control.ErrInvalid) // a refusal says why
	away := engineer("u7")
	away.Scope.Path = "firm/other"
	refused(away, true, "", access.ErrNotFound)
	if page, err := d.List(t.Context(), access.Scope{Tenant: tenant}, control.Filter{State: fact.CommandAwaiting}); err != nil || len(page.Commands) != 1 || page.Commands[0].ID != c.ID {
		t.Errorf("what waits: %+v, %v", page, err)
	}
	first, err := d.Decide(t.Context(), engineer("u2"), c.ID, true, "seen")
	must(t, err)
	if first.State != fact.CommandAwaiting || states(first) != "approved" || s.writes != 0 {
		t.Errorf("after one: %s, steps %s, %d writes", first.State, states(first), s.writes)
	}
	refused(engineer("u2"), true, "", access.ErrConflict)
	if other := d.order(control.Order{Signal: "feed.override", Value: number(110)}); other.State != fact.CommandConfirmed {
		t.Errorf("another set point meanwhile: %s", states(other))
	}
	_, err = d.Decide(t.Context(), engineer("u3"), c.ID, true, "")
	must(t, err)
	if got := d.end(c.ID); states(got) != "approved approved checked sent confirmed" || got.Steps[0].By != "u2" || got.Steps[0].Detail != "seen" || got.Steps[1].User != "u3" || s.values["valve"] != 7 {
		t.Errorf("after two: %+v", got)
	}
	refused(engineer("u4"), true, "", access.ErrConflict)
	if all := strings.Join(d.actions(), ", "); strings.Count(all, "command.decision.refused") != 6 || strings.Count(all, "command.approve by ") != 2 {
		t.Errorf("audited: %s", all)
	}
}

// TestDecide_Otherwise: what is refused, comes too late, or was asked by somebody who
// lost the right meanwhile is not sent, and says why.
func TestDecide_Otherwise(t *testing.T) {
	s := newShelf()
	s.values["valve"] = 3
	gone := rights{lost: map[string]bool{}}
	d := newShelfDesk(t, s, func(o *control.Options) { o.Rights = gone })
	last := func(c control.Command) string { return c.State + ": " + c.Steps[len(c.Steps)-1].Detail }

	c := d.valve(7, 0)
	_, err := d.Decide(t.Context(), engineer("u2"), c.ID, true, "")
	must(t, err)
	_, err = d.Decide(t.Context(), engineer("u3"), c.ID, false, "the tank is being cleaned")
	must(t, err)
	if got := last(d.end(c.ID)); got != "rejected: nothing was sent: refused by u3: the tank is being cleaned" {
		t.Error(got)
	}

	c = d.valve(7, time.Millisecond)
	for c.State == fact.CommandAwaiting { // its time is over by itself
		c, err = d.Command(t.Context(), access.Scope{Tenant: tenant}, c.ID)
		must(t, err)
	}
	if states(c) != "expired" { // before anybody was asked, or while they were
		t.Errorf("after its time: %s", states(c))
	}
	if _, err := d.Decide(t.Context(), engineer("u2"), c.ID, true, ""); !errors.Is(err, access.ErrConflict) {
		t.Errorf("approved after its time: %v", err)
	}

	c = d.valve(7, 0)
	gone.lost["u1"] = true
	for _, who := range []string{"u2", "u3"} {
		_, err := d.Decide(t.Context(), engineer(who), c.ID, true, "")
		must(t, err)
	}
	if got := d.end(c.ID); got.State != fact.CommandRejected || result(got, control.CheckRight).Result != fact.CheckFailed {
		t.Errorf("asked by who may no longer: %+v", got)
	}
	delete(gone.lost, "u1")

	// Two may wait for one set point; the second finds what the first left.
	a, b := d.valve(5, 0), d.valve(6, 0)
	for _, id := range []string{a.ID, b.ID} {
		for _, who := range []string{"u2", "u3"} {
			_, err := d.Decide(t.Context(), engineer(who), id, true, "")
			must(t, err)
		}
		d.end(id)
	}
	if s.values["valve"] != 6 || s.writes != 2 {
		t.Errorf("%v after %d writes", s.values["valve"], s.writes)
	}

	// A value beyond the limits is asked of nobody.
	c, err = d.Order(t.Context(), person(access.RoleOperator), control.Order{Node: lathe, Signal: "valve", Value: number(11)})
	must(t, err)
	for !c.Final() {
		c, err = d.Command(t.Context(), access.Scope{Tenant: tenant}, c.ID)
		must(t, err)
	}
	if states(c) != "rejected" || result(c, control.CheckLimits).Result != fact.CheckFailed {
		t.Errorf("beyond the limits: %+v", c)
	}
}

// TestDecide_NodeEnds: a command that waits when the node ends is not sent by the next
// one, whoever approved it.
func TestDecide_NodeEnds(t *testing.T) {
	s := newShelf()
	s.values["valve"] = 3
	d := newShelfDesk(t, s, nil)
	c := d.valve(7, 0)
	_, err := d.Decide(t.Context(), engineer("u2"), c.ID, true, "")
	must(t, err)
	d.close()
	again := newDesk(t, d.dir, s, library(t), plant.Device{ID: "device-1", Writing: true}, nil)
	got, err := again.Command(t.Context(), access.Scope{Tenant: tenant}, c.ID)
	must(t, err)
	if got.State != fact.CommandFailed || states(got) != "approved failed" || s.writes != 0 {
		t.Errorf("after the node began again: %s %+v", states(got), got)
	}
	if _, err := again.Decide(t.Context(), engineer("u3"), c.ID, true, ""); !errors.Is(err, access.ErrConflict) {
		t.Errorf("approved after that: %v", err)
	}
}

package nats

import (
	"context"
	"errors"
	"testing"
	"time"

	"zhigai/link"
	"zhigai/link/linktest"
)

func TestDelivery_BacklogAndLive(t *testing.T) {
	r := newHubRig(t)
	hub := r.start(Cluster{})
	n := r.node("edge")
	fill(n.history, link.StreamHistory, 500)
	fill(n.record, link.StreamRecord, 50)
	c := n.start(hub.hub.Address())
	r.awaitReached(n, link.StreamHistory, 500)
	last := fill(n.history, link.StreamHistory, 100)
	r.awaitReached(n, link.StreamHistory, last)
	r.awaitReached(n, link.StreamRecord, 50)
	r.check(n, link.StreamHistory, last)
	r.check(n, link.StreamRecord, 50)
	await(t, "cursor", func() bool { return n.history.Cursor() == last })
	st := c.Status(t.Context())
	if st.State != link.StateUp || st.Name != "edge" || st.Version != 1 {
		t.Errorf("status %+v", st)
	}
	await(t, "status at the hub", func() bool {
		all, err := hub.parent.Status(t.Context())
		return err == nil && len(all) == 1 && all[0].Connected && len(all[0].Streams) == 2 && all[0].Streams[1].Delivered == last
	})
}

func TestEnrolment(t *testing.T) {
	r := newHubRig(t)
	hub := r.start(Cluster{})
	n := r.node("unused")
	k, err := OpenKey(t.TempDir() + "/node.key")
	if err != nil {
		t.Fatal(err)
	}
	n.key = k
	ctx := t.Context()
	code, err := hub.parent.MakeCode(ctx, "plant 7", 3, time.Hour, "operator")
	if err != nil {
		t.Fatal(err)
	}
	i, err := link.ParseCode(code)
	if err != nil {
		t.Fatal(err)
	}
	c := n.start(hub.hub.Address())
	await(t, "refusal of a stranger", func() bool { return c.Status(ctx).Refused == "not_enrolled" })
	wrong := i
	wrong.Secret[0]++
	if _, _, err := link.Enrol(ctx, n.transport(hub.hub.Address()), wrong, "h"); !errors.Is(err, link.ErrCodeUnknown) {
		t.Errorf("a wrong code gives %v", err)
	}
	for range 2 { // again after a lost answer
		name, parent, err := link.Enrol(ctx, n.transport(hub.hub.Address()), i, "h")
		if err != nil || name != "plant 7" || parent != "hub" {
			t.Fatalf("Enrol = %q, %q, %v", name, parent, err)
		}
	}
	await(t, "connection after enrolment", func() bool { return c.Status(ctx).State == link.StateUp })

	other := r.node("other")
	other.key, err = OpenKey(t.TempDir() + "/node.key")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := link.Enrol(ctx, other.transport(hub.hub.Address()), i, "h"); !errors.Is(err, link.ErrCodeUsed) {
		t.Errorf("a used code gives %v", err)
	}
	code, _ = hub.parent.MakeCode(ctx, "late", 3, time.Nanosecond, "operator")
	i, _ = link.ParseCode(code)
	if _, _, err := link.Enrol(ctx, other.transport(hub.hub.Address()), i, "h"); !errors.Is(err, link.ErrCodeExpired) {
		t.Errorf("an expired code gives %v", err)
	}
}

func TestRevocation_CutsAndRefuses(t *testing.T) {
	r := newHubRig(t)
	r.leaseTTL = time.Hour // no renewal comes to help: the cut itself must be heard
	hub := r.start(Cluster{})
	n := r.node("edge")
	c := n.start(hub.hub.Address())
	last := fill(n.history, link.StreamHistory, 10)
	r.awaitReached(n, link.StreamHistory, last)
	if err := hub.parent.Revoke(t.Context(), n.key.ID()); err != nil {
		t.Fatal(err)
	}
	await(t, "revoked state", func() bool { return c.Status(t.Context()).Refused == "revoked" })
	fill(n.history, link.StreamHistory, 10)
	before := c.Status(t.Context()).Attempts
	await(t, "more attempts", func() bool { return c.Status(t.Context()).Attempts > before+3 })
	if r.sink.Reached(n.key.ID(), link.StreamHistory, last+1) {
		t.Error("a revoked node delivered")
	}
}

func TestClone_SecondRefusedBothNamed(t *testing.T) {
	r := newHubRig(t)
	hub := r.start(Cluster{})
	n := r.node("mill")
	first := n.start(hub.hub.Address())
	await(t, "first", func() bool { return first.Status(t.Context()).State == link.StateUp })
	clone := *n
	clone.instance, clone.host, clone.notes, clone.history, clone.record = "OTHER", "laptop", &linktest.Notes{}, linktest.NewJournal(), linktest.NewJournal()
	fill(clone.history, link.StreamHistory, 10)
	second := clone.start(hub.hub.Address())
	await(t, "refusal", func() bool { return second.Status(t.Context()).Refused == "clone" })
	await(t, "the holder is told", func() bool {
		c := first.Status(t.Context()).Conflict
		return c != nil && c.Holder.Host == "mill" && c.Refused.Host == "laptop" && c.Refused.Address != ""
	})
	all, err := hub.parent.Status(t.Context())
	if err != nil || all[0].Conflict == nil || all[0].Conflict.Refused.Host != "laptop" || !all[0].Connected || all[0].Refused != "" {
		t.Errorf("hub says %+v, %v", all, err)
	}
	last := fill(n.history, link.StreamHistory, 20)
	r.awaitReached(n, link.StreamHistory, last)
	r.check(n, link.StreamHistory, last)
	first.stop() // signs off: now the other machine may take over
	await(t, "the other takes over", func() bool { return second.Status(t.Context()).State == link.StateUp })
}

func TestWrongKeyAndWrongHub(t *testing.T) {
	r := newHubRig(t)
	hub := r.start(Cluster{})
	n := r.node("edge")
	thief, err := OpenKey(t.TempDir() + "/node.key")
	if err != nil {
		t.Fatal(err)
	}
	// The node's name with another's key.
	claimed := *n
	claimed.key = &Key{pair: thief.pair, id: n.key.ID()}
	if _, err := claimed.transport(hub.hub.Address()).Dial(t.Context()); err == nil {
		t.Error("a connection that does not hold the key it claims is let in")
	}
	elsewhere := newHubRig(t).start(Cluster{})
	if _, err := n.transport(elsewhere.hub.Address()).Dial(t.Context()); !errors.Is(err, ErrPin) {
		t.Errorf("a server with another certificate gives %v", err)
	}
}

func TestVersionSkew(t *testing.T) {
	for _, one := range []struct {
		name          string
		parent, child link.Versions
		state         link.State
		version       int
	}{
		{"parent one newer", link.Versions{Min: 1, Max: 2}, link.Versions{Min: 1, Max: 1}, link.StateUp, 1},
		{"child one newer", link.Versions{Min: 1, Max: 1}, link.Versions{Min: 1, Max: 2}, link.StateUp, 1},
		{"parent two newer", link.Versions{Min: 2, Max: 3}, link.Versions{Min: 1, Max: 1}, link.StateRefused, 0},
		{"child two newer", link.Versions{Min: 1, Max: 1}, link.Versions{Min: 2, Max: 3}, link.StateRefused, 0},
	} {
		t.Run(one.name, func(t *testing.T) {
			r := newHubRig(t)
			r.versions = one.parent
			hub := r.start(Cluster{})
			n := r.node("edge")
			n.edit = func(o *link.ChildOptions) { o.Versions = one.child }
			c := n.start(hub.hub.Address())
			await(t, "state", func() bool { return c.Status(t.Context()).State == one.state })
			st := c.Status(t.Context())
			if st.Version != one.version || (one.state == link.StateRefused) != (st.Refused == "version") {
				t.Errorf("status %+v", st)
			}
		})
	}
}

func TestRequest_FromAnyReplica(t *testing.T) {
	r := newHubRig(t)
	one := r.start(Cluster{Listen: "127.0.0.1:0"})
	two := r.start(Cluster{Listen: "127.0.0.1:0", Routes: []string{one.hub.ClusterAddress()}})
	await(t, "routes", func() bool { return one.hub.Replicas() > 0 && two.hub.Replicas() > 0 })
	n := r.node("edge")
	n.edit = func(o *link.ChildOptions) {
		o.Handlers = map[string]link.Handler{
			"evidence": func(_ context.Context, p []byte) ([]byte, error) { return append([]byte("for "), p...), nil },
			"broken":   func(context.Context, []byte) ([]byte, error) { return nil, errors.New("not to be had") },
		}
	}
	c := n.start(one.hub.Address())
	await(t, "up", func() bool { return c.Status(t.Context()).State == link.StateUp })
	for _, from := range []*replica{one, two} {
		var out []byte
		await(t, "answer", func() bool { // interest travels between replicas in its own time
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			var err error
			out, err = from.parent.Request(ctx, n.key.ID(), "evidence", []byte("oee"))
			return err == nil
		})
		if string(out) != "for oee" {
			t.Errorf("Request = %q", out)
		}
		if _, err := from.parent.Request(t.Context(), n.key.ID(), "broken", nil); !errors.Is(err, link.ErrRefused) {
			t.Errorf("a failing handler gives %v", err)
		}
		if _, err := from.parent.Request(t.Context(), n.key.ID(), "nothing", nil); !errors.Is(err, link.ErrNoHandler) {
			t.Errorf("an unknown verb gives %v", err)
		}
	}
	c.stop()
	if _, err := two.parent.Request(t.Context(), n.key.ID(), "evidence", nil); !errors.Is(err, link.ErrNotConnected) {
		t.Errorf("a node that signed off gives %v", err)
	}
}

func TestReplicaKilled_ChildMovesNothingLost(t *testing.T) {
	r := newHubRig(t)
	one := r.start(Cluster{Listen: "127.0.0.1:0"})
	two := r.start(Cluster{Listen: "127.0.0.1:0", Routes: []string{one.hub.ClusterAddress()}})
	n := r.node("edge")
	fill(n.history, link.StreamHistory, 3000)
	n.start(one.hub.Address(), two.hub.Address())
	r.awaitReached(n, link.StreamHistory, 1)
	fill(n.history, link.StreamHistory, 1000)
	// Kill the one that serves it, whichever that is.
	var served *replica
	await(t, "a session", func() bool {
		for _, x := range []*replica{one, two} {
			if all, err := x.parent.Status(t.Context()); err == nil && all[0].Items > 0 {
				served = x
			}
		}
		return served != nil
	})
	served.stop()
	last := fill(n.history, link.StreamHistory, 1000)
	r.awaitReached(n, link.StreamHistory, last)
	r.check(n, link.StreamHistory, last)
}

package link_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"zhigai/link"
	"zhigai/link/linktest"
)

func TestParent_AnswerOfSinkLost_NothingDoubled(t *testing.T) {
	bubble(t, func(t *testing.T, p *pair) {
		n := 0
		p.sink.Hook(nil, func(context.Context, link.Node, link.Delivery) error {
			if n++; n%2 == 1 {
				return errors.New("no answer from the database")
			}
			return nil
		})
		p.fill(100)
		p.start()
		p.fill(100)
		p.reach(200)
		p.check(1, 1, 200)
	})
}

func TestParent_BusySinkIsWaitedFor(t *testing.T) {
	bubble(t, func(t *testing.T, p *pair) {
		free := time.Now().Add(time.Minute)
		p.sink.Hook(func(context.Context, link.Node, link.Delivery) error {
			if left := time.Until(free); left > 0 {
				return link.Busy(left/2+time.Millisecond, nil)
			}
			return nil
		}, nil)
		p.fill(10)
		p.start()
		p.reach(10)
		if st := p.Status(t.Context()); st.Busy == 0 || st.Attempts != 1 {
			t.Errorf("status %+v; want waits on one connection", st)
		}
	})
}

func TestParent_SpoiledMessages(t *testing.T) {
	bubble(t, func(t *testing.T, p *pair) {
		n := 0
		p.wire.Spoil(func(verb string, m []byte) []byte {
			if n++; (verb == "live" || verb == "backlog") && n%2 == 0 {
				return m[:len(m)/2]
			}
			return m
		}, nil)
		p.fill(100)
		p.start()
		for range 20 {
			p.fill(5)
			time.Sleep(time.Second)
		}
		p.reach(200)
		p.check(1, 1, 200)
		all, err := p.parent.Status(t.Context())
		if err != nil || all[0].Damaged == 0 || all[0].Refused != "damaged" {
			t.Errorf("status %+v, %v", all, err)
		}
	})
}

// TestParent_ReplayedAndReordered sends recorded deliveries again, out of
// order, on the same session and after it.
func TestParent_ReplayedAndReordered(t *testing.T) {
	bubble(t, func(t *testing.T, p *pair) {
		var mu sync.Mutex
		var tape [][]byte
		p.wire.Spoil(func(verb string, m []byte) []byte {
			if verb == "live" || verb == "backlog" {
				mu.Lock()
				tape = append(tape, bytes.Clone(m))
				mu.Unlock()
			}
			return m
		}, nil)
		p.start()
		for range 10 {
			p.fill(10)
			time.Sleep(time.Second)
		}
		p.reach(100)
		p.wire.Spoil(nil, nil)
		mu.Lock()
		slices.Reverse(tape)
		mu.Unlock()
		conn, err := p.wire.Transport(mill, "10.6.6.6:1").Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for _, m := range tape {
			raw, err := conn.Request(t.Context(), "live", m)
			if err != nil || !strings.Contains(string(raw), `"session"`) {
				t.Errorf("on another connection: %s, %v", raw, err)
			}
			// The child's own connection is the first.
			reply := p.parent.Answer(t.Context(), link.Peer{Node: mill, Address: "10.0.0.7:1234", Conn: "1"}, "live", m)
			if !strings.Contains(string(reply), `"progress"`) {
				t.Errorf("again on its own connection: %s", reply)
			}
		}
		p.check(1, 1, 100)
		all, err := p.parent.Status(t.Context())
		if err != nil || all[0].Repeated != 100 || all[0].Items != 100 {
			t.Errorf("status %+v, %v", all, err)
		}
	})
}

func TestLease_SilentHolderIsReplaced(t *testing.T) {
	bubble(t, func(t *testing.T, p *pair) {
		p.start()
		p.fill(5)
		p.reach(5)
		// The machine burns: no goodbye. Its connection is gone.
		p.wire.Spoil(nil, func(verb string) bool { return verb == "bye" })
		p.wire.CutAll()
		p.registry.SetDown(true)
		p.stop()
		p.registry.SetDown(false)
		p.edit = func(o *link.ChildOptions) { o.Instance, o.Host = "I2", "new-pc" }
		p.start()
		time.Sleep(5 * time.Second)
		if st := p.Status(t.Context()); st.Refused != "clone" {
			t.Errorf("the successor came in while the lease held: %+v", st)
		}
		time.Sleep(3 * time.Minute)
		if st := p.Status(t.Context()); st.State != link.StateUp {
			t.Errorf("the successor is not in: %+v", st)
		}
	})
}

func TestLease_RunsOutWhenTheRegistryIsDown(t *testing.T) {
	bubble(t, func(t *testing.T, p *pair) {
		p.start()
		p.fill(5)
		p.reach(5)
		p.registry.SetDown(true)
		time.Sleep(10 * time.Minute)
		p.fill(5)
		time.Sleep(time.Minute)
		if p.sink.Reached(mill, link.StreamHistory, 6) {
			t.Error("committed without a lease: another replica may hold it")
		}
		p.registry.SetDown(false)
		p.reach(10)
		p.check(1, 1, 10)
	})
}

func TestStatus_IsJSON(t *testing.T) {
	bubble(t, func(t *testing.T, p *pair) {
		p.start()
		p.fill(5)
		p.reach(5)
		time.Sleep(10 * time.Second)
		all, err := p.parent.Status(t.Context())
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		for _, v := range []any{p.Status(t.Context()), all[0]} {
			if _, err := json.Marshal(v); err != nil {
				t.Error(err)
			}
		}
		if all[0].Party.Host != "mill-pc" || all[0].Items != 5 || all[0].Streams[0].Delivered != 5 {
			t.Errorf("status %+v", all[0])
		}
	})
}

// TestClone_OfTheWholeFolder: the same instance twice, as on machines made
// from one image. The last to come holds the seat; the first is refused and
// does not take it back.
func TestClone_OfTheWholeFolder(t *testing.T) {
	bubble(t, func(t *testing.T, p *pair) {
		p.start()
		p.fill(5)
		p.reach(5)
		first := p.Child
		p.edit = func(o *link.ChildOptions) { o.Host, o.State = "image-2", &linktest.Notes{} }
		p.start()
		second := p.Child
		time.Sleep(time.Minute)
		if a, b := first.Status(t.Context()), second.Status(t.Context()); a.Refused != "clone" || b.State != link.StateUp || b.Attempts != 1 {
			t.Errorf("first %+v\nsecond %+v", a, b)
		}
		all, err := p.parent.Status(t.Context())
		if err != nil || all[0].Conflict == nil || all[0].Conflict.Refused.Host != "mill-pc" || all[0].Conflict.Holder.Host != "image-2" {
			t.Errorf("status %+v, %v", all, err)
		}
		p.stop() // the second signs off
		time.Sleep(time.Minute)
		if a := first.Status(t.Context()); a.State != link.StateUp {
			t.Errorf("the first does not come back: %+v", a)
		}
		// The other machine is silent: its name is not held against the node for ever.
		time.Sleep(10 * time.Minute)
		all, err = p.parent.Status(t.Context())
		if a := first.Status(t.Context()); err != nil || a.Conflict != nil || all[0].Conflict != nil {
			t.Errorf("ten minutes later: %+v and %+v, %v; want no conflict", a.Conflict, all[0].Conflict, err)
		}
	})
}

func TestParent_ConflictOfReplicas_IsTriedAgain(t *testing.T) {
	bubble(t, func(t *testing.T, p *pair) {
		n := 0
		p.sink.Hook(func(context.Context, link.Node, link.Delivery) error {
			if n++; n%3 != 0 {
				return link.ErrConflict
			}
			return nil
		}, nil)
		p.fill(50)
		p.start()
		p.reach(50)
		p.check(1, 1, 50)
		if st := p.Status(t.Context()); st.Attempts != 1 || st.Resent != 0 {
			t.Errorf("the child noticed: %+v", st)
		}
	})
}

// TestParent_DatabaseGoneForAnHour: nothing is acknowledged meanwhile, the
// child says so and keeps its connection, then all of it goes.
func TestParent_DatabaseGoneForAnHour(t *testing.T) {
	bubble(t, func(t *testing.T, p *pair) {
		p.start()
		p.fill(5)
		p.reach(5)
		gone := true
		p.sink.Hook(func(context.Context, link.Node, link.Delivery) error {
			if gone {
				return errors.New("connection refused")
			}
			return nil
		}, nil)
		for range 60 {
			p.fill(1)
			time.Sleep(time.Minute)
		}
		st := p.Status(t.Context())
		if st.State != link.StateUp || st.Streams[0].Backlog != 60 || st.Streams[0].Error == "" || st.Attempts != 1 {
			t.Errorf("status %+v", st)
		}
		gone = false
		p.reach(65)
		p.check(1, 1, 65)
		if st := p.Status(t.Context()); st.Streams[0].Error != "" {
			t.Errorf("status %+v", st)
		}
	})
}

package nats

import (
	"context"
	"errors"
	"flag"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"zhigai/link"
	"zhigai/link/linktest"
)

var (
	seed  = flag.Uint64("link.seed", 0, "seed of the random test; 0 takes a new one")
	steps = flag.Int("link.steps", 40, "steps of the random test")
)

func newProxy(t *testing.T, target string) *linktest.Proxy {
	t.Helper()
	p, err := linktest.NewProxy(target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// TestRandom_NothingLostNothingDoubled cuts, stalls and throttles the way,
// kills child and hub, loses answers of the sink, in an order that the seed
// gives, and then compares all that was appended with all that was committed.
func TestRandom_NothingLostNothingDoubled(t *testing.T) {
	s := *seed
	if s == 0 {
		s = rand.Uint64()
	}
	t.Logf("replay with -link.seed=%d", s)
	dice := rand.New(rand.NewPCG(s, 1))
	r := newHubRig(t)
	hub := r.start(Cluster{})
	proxy := newProxy(t, hub.hub.Address())
	n := r.node("edge")
	n.edit = func(o *link.ChildOptions) {
		o.LiveLag = 50 * time.Millisecond
		o.AnswerTime = 2 * time.Second
	}
	child := n.start(proxy.Address())
	var lostAnswers, busy atomic.Int64
	r.sink.Hook(spoiled(&lostAnswers, &busy))
	history, record := uint64(0), uint64(0)
	for range *steps {
		history = fill(n.history, link.StreamHistory, 1+dice.IntN(300))
		record = fill(n.record, link.StreamRecord, 1+dice.IntN(30))
		n.history.Compact()
		switch dice.IntN(10) {
		case 0:
			proxy.Cut(false)
		case 1:
			proxy.Cut(true)
		case 2:
			proxy.CutAfter(int64(dice.IntN(200_000)))
		case 3:
			proxy.Stall()
		case 4:
			proxy.Throttle(100_000)
		case 5:
			child.stop()
			child = n.start(proxy.Address())
		case 6:
			hub.stop()
			hub = r.start(Cluster{})
			proxy.SetTarget(hub.hub.Address())
		case 7:
			lostAnswers.Store(int64(dice.IntN(3)))
		case 8:
			busy.Store(int64(dice.IntN(5)))
		}
		if dice.IntN(4) > 0 {
			r.awaitSome(t, n, history, dice)
		}
		if dice.IntN(3) == 0 {
			proxy.Restore()
		}
	}
	proxy.Restore()
	r.awaitReached(n, link.StreamHistory, history)
	r.awaitReached(n, link.StreamRecord, record)
	r.check(n, link.StreamHistory, history)
	r.check(n, link.StreamRecord, record)
	if g := r.sink.Gaps(n.key.ID(), link.StreamHistory, 1); len(g) > 0 {
		t.Errorf("gaps %v", g)
	}
	st := child.Status(t.Context())
	t.Logf("%d history items, %d events, %d commits, %d attempts", history, record, len(r.sink.Commits()), st.Attempts)
}

// spoiled makes a sink busy, or loses its answers, for as many commits.
func spoiled(lostAnswers, busy *atomic.Int64) (before, after func(context.Context, link.Node, link.Delivery) error) {
	before = func(context.Context, link.Node, link.Delivery) error {
		if busy.Add(-1) >= 0 {
			return link.Busy(time.Millisecond, nil)
		}
		return nil
	}
	after = func(context.Context, link.Node, link.Delivery) error {
		if lostAnswers.Add(-1) >= 0 {
			return errors.New("the answer of the database is lost")
		}
		return nil
	}
	return before, after
}

// awaitSome lets a part of what is outstanding arrive, so that the next fault
// finds the link in another state.
func (r *hubRig) awaitSome(t *testing.T, n *nodeRig, head uint64, dice *rand.Rand) {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	at, _ := r.sink.Progress(ctx, n.key.ID(), link.StreamHistory)
	goal := min(head, at.Ranges.Prefix()+1+dice.Uint64N(300))
	_ = r.sink.Await(ctx, func() bool { return r.sink.Reached(n.key.ID(), link.StreamHistory, goal) })
}

func TestHalfOpen_IsNoticed(t *testing.T) {
	r := newHubRig(t)
	hub := r.start(Cluster{})
	proxy := newProxy(t, hub.hub.Address())
	n := r.node("edge")
	c := n.start(proxy.Address())
	await(t, "up", func() bool { return c.Status(t.Context()).State == link.StateUp })
	proxy.Stall()
	await(t, "the child notices", func() bool { return c.Status(t.Context()).State != link.StateUp })
	await(t, "the hub notices", func() bool {
		all, err := hub.parent.Status(t.Context())
		return err == nil && len(all) == 1 && !hub.parent.Seated(n.key.ID(), "") && all[0].LastError != ""
	})
	last := fill(n.history, link.StreamHistory, 100)
	proxy.Restore()
	r.awaitReached(n, link.StreamHistory, last)
	r.check(n, link.StreamHistory, last)
}

// TestLiveOvertakesBacklog compares counts and not speed: on a way too narrow
// for the backlog, what is new is there while most of the old is not.
func TestLiveOvertakesBacklog(t *testing.T) {
	r := newHubRig(t)
	hub := r.start(Cluster{})
	n := r.node("edge")
	const old = 20_000
	fill(n.history, link.StreamHistory, old)
	n.edit = func(o *link.ChildOptions) { o.Rate = 200_000 } // some 4 MB are waiting
	c := n.start(hub.hub.Address())
	await(t, "up", func() bool { return c.Status(t.Context()).State == link.StateUp })
	for range 50 {
		seq := fill(n.history, link.StreamHistory, 1)
		r.awaitHas(t, n, seq)
	}
	p, _ := r.sink.Progress(t.Context(), n.key.ID(), link.StreamHistory)
	if done := p.Ranges.Prefix(); done > old/2 {
		t.Fatalf("the backlog is at %d of %d: nothing was overtaken", done, old)
	}
	await(t, "time to drain", func() bool {
		for _, s := range c.Status(t.Context()).Streams {
			if s.Stream == link.StreamHistory && s.Backlog > 0 && s.DrainSeconds > 0 && s.BacklogBytes > 0 && s.Oldest > 0 {
				return true
			}
		}
		return false
	})
}

func (r *hubRig) awaitHas(t *testing.T, n *nodeRig, seq uint64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err := r.sink.Await(ctx, func() bool {
		p, _ := r.sink.Progress(ctx, n.key.ID(), link.StreamHistory)
		return p.Ranges.Has(seq)
	})
	if err != nil {
		t.Fatalf("%d did not arrive", seq)
	}
}

// TestNarrowWay has 30 KB/s for more than that in new items: what cannot go
// live goes behind, the connection stays and everything arrives.
func TestNarrowWay(t *testing.T) {
	r := newHubRig(t)
	hub := r.start(Cluster{})
	proxy := newProxy(t, hub.hub.Address())
	n := r.node("edge")
	n.edit = func(o *link.ChildOptions) { o.LiveLag = 300 * time.Millisecond }
	c := n.start(proxy.Address())
	await(t, "up", func() bool { return c.Status(t.Context()).State == link.StateUp })
	proxy.Throttle(30_000)
	var last uint64
	for range 20 {
		last = fill(n.history, link.StreamHistory, 100)
		r.awaitSome(t, n, last, rand.New(rand.NewPCG(1, 1)))
	}
	r.awaitReached(n, link.StreamHistory, last)
	r.check(n, link.StreamHistory, last)
	if st := c.Status(t.Context()); st.Attempts != 1 {
		t.Errorf("%d connections; want 1: %s", st.Attempts, st.LastError)
	}
}

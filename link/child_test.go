package link_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"zhigai/link"
	"zhigai/link/linktest"
)

const mill = link.NodeID("UMILL")

// pair is a parent and a child on a wire, with stores that outlive both. It
// runs in a synctest bubble: time passes only when nothing else can.
type pair struct {
	t        *testing.T
	registry *linktest.Registry
	sink     *linktest.Sink
	parent   *link.Parent
	wire     *linktest.Wire
	journal  *linktest.Journal
	notes    *linktest.Notes
	edit     func(*link.ChildOptions)
	*link.Child
	stop func()
}

func newPair(t *testing.T) *pair {
	p := &pair{t: t, registry: linktest.NewRegistry(), sink: linktest.NewSink(), journal: linktest.NewJournal(), notes: &linktest.Notes{}}
	p.registry.Add(mill, "mill")
	p.parent = p.newParent()
	p.wire = linktest.NewWire(p.parent)
	return p
}

func (p *pair) newParent() *link.Parent {
	p.t.Helper()
	parent, err := link.NewParent(link.ParentOptions{Name: "hub", Registry: p.registry, Sink: p.sink, Now: time.Now})
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { _ = parent.Run(ctx) })
	p.t.Cleanup(func() { cancel(); work.Wait() })
	return parent
}

func (p *pair) start() {
	p.t.Helper()
	o := link.ChildOptions{
		Transport: p.wire.Transport(mill, "10.0.0.7:1234"), State: p.notes, Instance: "I1", Host: "mill-pc", Program: "1.0",
		Feeds: map[link.Stream]link.Feed{link.StreamHistory: {Source: p.journal, Bounded: true}}, Now: time.Now,
	}
	if p.edit != nil {
		p.edit(&o)
	}
	c, err := link.NewChild(o)
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() {
		if err := c.Run(ctx); err != nil {
			p.t.Error("child:", err)
		}
	})
	var once sync.Once
	p.Child, p.stop = c, func() { once.Do(func() { cancel(); work.Wait() }) }
	p.t.Cleanup(p.stop)
}

func text(seq uint64) []byte { return fmt.Appendf(nil, "item %d of the mill", seq) }

func (p *pair) fill(n int) uint64 {
	var last uint64
	for range n {
		_, head, _ := p.journal.Bounds(p.t.Context())
		last = p.journal.Append(time.Now(), text(head+1))
	}
	return last
}

func (p *pair) reach(seq uint64) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour) // of the bubble's time
	defer cancel()
	if err := p.sink.Await(ctx, func() bool { return p.sink.Reached(mill, link.StreamHistory, seq) }); err != nil {
		at, _ := p.sink.Progress(ctx, mill, link.StreamHistory)
		p.t.Fatalf("did not reach %d: %+v; %+v", seq, at, p.Status(ctx))
	}
}

func (p *pair) check(epoch, first, last uint64) {
	p.t.Helper()
	if err := p.sink.Check(mill, link.StreamHistory, epoch, first, last, func(seq uint64) ([]byte, bool) { return text(seq), true }); err != nil {
		p.t.Error(err)
	}
}

func bubble(t *testing.T, f func(t *testing.T, p *pair)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, newPair(t)) })
}

func TestChild_RestartsInsideAnOutage(t *testing.T) {
	bubble(t, func(t *testing.T, p *pair) {
		p.fill(100)
		p.start()
		p.reach(100)
		p.registry.SetDown(true) // the parent can admit nobody
		p.wire.CutAll()
		for range 3 {
			p.fill(100)
			p.stop()
			p.journal.Compact()
			p.start()
			time.Sleep(time.Minute)
		}
		if st := p.Status(t.Context()); st.State == link.StateUp || st.LastError == "" || st.Streams[0].Backlog != 300 {
			t.Errorf("status %+v", st)
		}
		p.registry.SetDown(false)
		p.reach(400)
		p.check(1, 1, 400)
		time.Sleep(2 * time.Second)
		if p.journal.Cursor() != 400 {
			t.Errorf("cursor at %d; want 400", p.journal.Cursor())
		}
	})
}

func TestChild_BeginsWhereTheJournalBegins(t *testing.T) {
	bubble(t, func(t *testing.T, p *pair) {
		p.fill(50)
		p.journal.Drop(30) // long before there was a link
		p.start()
		p.reach(50)
		p.check(1, 31, 50)
		if g := p.sink.Gaps(mill, link.StreamHistory, 1); len(g) > 0 {
			t.Errorf("gaps %v; what was dropped before the link is none", g)
		}
	})
}

func TestChild_JournalLostItems_IsAGap(t *testing.T) {
	bubble(t, func(t *testing.T, p *pair) {
		var facts []link.Gap
		p.edit = func(o *link.ChildOptions) {
			o.Gapped = func(_ context.Context, g link.Gap) error { facts = append(facts, g); return nil }
		}
		p.fill(10)
		p.start()
		p.reach(10)
		p.stop()
		p.fill(50)
		p.journal.Drop(40)
		p.start()
		p.reach(60)
		p.check(1, 1, 60)
		want := []link.Gap{{Stream: link.StreamHistory, From: 11, To: 40, Reason: link.GapGone}}
		if g := p.sink.Gaps(mill, link.StreamHistory, 1); !slices.Equal(g, want) || !slices.Equal(facts, want) {
			t.Errorf("gaps %v, facts %v; want %v", g, facts, want)
		}
	})
}

func TestChild_DamagedEntryAndTooLarge_AreGaps(t *testing.T) {
	bubble(t, func(t *testing.T, p *pair) {
		p.fill(20)
		p.journal.Append(time.Now(), make([]byte, link.MaxItem+1))
		p.fill(9)
		p.journal.Break(func(seq uint64) bool { return seq == 7 })
		p.start()
		p.reach(30)
		p.check(1, 1, 30)
		g := p.sink.Gaps(mill, link.StreamHistory, 1)
		if len(g) != 2 || g[0].From != 7 || g[0].To != 7 || g[0].Reason != link.GapDamaged || g[1].From != 21 || g[1].Reason != link.GapTooLong {
			t.Errorf("gaps %v", g)
		}
		// And on the live lane.
		p.journal.Break(func(seq uint64) bool { return seq == 33 })
		p.fill(10)
		p.reach(40)
		if g := p.sink.Gaps(mill, link.StreamHistory, 1); len(g) != 3 || g[2].From != 33 {
			t.Errorf("gaps %v", g)
		}
	})
}

func TestChild_NotSharedIsPassedOver(t *testing.T) {
	bubble(t, func(t *testing.T, p *pair) {
		p.journal.Hide(func(seq uint64) bool { return seq%10 != 0 })
		p.fill(95)
		p.start()
		p.reach(95)
		for range 100 {
			p.fill(1)
			time.Sleep(100 * time.Millisecond)
		}
		p.reach(190)
		if err := p.sink.Check(mill, link.StreamHistory, 1, 1, 190, func(seq uint64) ([]byte, bool) { return text(seq), seq%10 == 0 }); err != nil {
			t.Error(err)
		}
		if n := len(p.sink.Commits()); n > 30 {
			t.Errorf("%d commits for 19 items", n)
		}
	})
}

func TestOutbox_AlarmThenGapBySize(t *testing.T) {
	bubble(t, func(t *testing.T, p *pair) {
		p.edit = func(o *link.ChildOptions) { o.Bound = link.Bound{Bytes: 100 * int64(len(text(100))), Alarm: 0.7} }
		p.fill(10)
		p.start()
		p.reach(10)
		p.registry.SetDown(true)
		p.wire.CutAll()
		p.fill(60)
		time.Sleep(time.Minute)
		if box := p.Status(t.Context()).Outbox; box.Alarm || box.Losing || box.Bytes == 0 {
			t.Errorf("at 60 %%: %+v", box)
		}
		p.fill(20)
		time.Sleep(time.Minute)
		if box := p.Status(t.Context()).Outbox; !box.Alarm || box.Losing {
			t.Errorf("at 80 %%: %+v", box)
		}
		p.fill(40)
		time.Sleep(time.Minute)
		st := p.Status(t.Context())
		if box := st.Outbox; !box.Alarm || box.Used > 1 || st.Streams[0].Gaps != 1 {
			t.Errorf("at 120 %%: %+v", st)
		}
		time.Sleep(2 * time.Second)
		p.journal.Compact()
		if first, _, _ := p.journal.Bounds(t.Context()); first < 30 {
			t.Errorf("the journal keeps from %d: nothing was freed", first)
		}
		p.stop() // the gap must outlive a restart
		p.start()
		p.registry.SetDown(false)
		p.reach(130)
		p.check(1, 1, 130)
		g := p.sink.Gaps(mill, link.StreamHistory, 1)
		if len(g) != 1 || g[0].From != 11 || g[0].Reason != link.GapSize || g[0].FromTime == 0 || g[0].ToTime < g[0].FromTime {
			t.Fatalf("gaps %v", g)
		}
		if n := len(p.sink.Items(mill, link.StreamHistory, 1)); uint64(n) != 130-(g[0].To-g[0].From+1) {
			t.Errorf("%d items and a gap of %d to %d", n, g[0].From, g[0].To)
		}
		if st := p.Status(t.Context()).Streams[0]; st.Gaps != 1 || st.GapItems != g[0].To-g[0].From+1 {
			t.Errorf("status %+v", st)
		}
	})
}

func TestOutbox_GapByAge(t *testing.T) {
	bubble(t, func(t *testing.T, p *pair) {
		p.edit = func(o *link.ChildOptions) { o.Bound = link.Bound{Age: time.Hour} }
		p.registry.SetDown(true)
		p.start()
		p.fill(10)
		time.Sleep(40 * time.Minute)
		p.fill(10)
		if box := p.Status(t.Context()).Outbox; box.Alarm {
			t.Errorf("after 40 min: %+v", box)
		}
		time.Sleep(10 * time.Minute)
		if box := p.Status(t.Context()).Outbox; !box.Alarm || box.Losing {
			t.Errorf("after 50 min: %+v", box)
		}
		time.Sleep(15 * time.Minute)
		p.registry.SetDown(false)
		p.reach(20)
		p.check(1, 1, 20)
		if g := p.sink.Gaps(mill, link.StreamHistory, 1); len(g) != 1 || g[0].From != 1 || g[0].To != 10 || g[0].Reason != link.GapAge {
			t.Errorf("gaps %v", g)
		}
	})
}

// A journal put back from a backup counts sequences again that the parent has:
// they are other items and must not be taken for those.
func TestRestore_OfTheChild(t *testing.T) {
	for _, grown := range []int{5, 80} { // shorter and longer than what the parent has
		bubble(t, func(t *testing.T, p *pair) {
			p.fill(50)
			p.start()
			p.reach(50)
			backup := p.journal.Copy()
			p.fill(30)
			p.reach(80)
			p.stop()
			p.journal = backup
			other := func(seq uint64) []byte {
				if seq > 50 {
					return fmt.Appendf(nil, "other %d", seq)
				}
				return text(seq)
			}
			var last uint64
			for i := range grown {
				last = p.journal.Append(time.Now(), other(51+uint64(i)))
			}
			p.start()
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			if err := p.sink.Await(ctx, func() bool {
				at, _ := p.sink.Progress(ctx, mill, link.StreamHistory)
				return at.Epoch == 2 && at.Ranges.Prefix() == last
			}); err != nil {
				t.Fatal(err)
			}
			if err := p.sink.Check(mill, link.StreamHistory, 2, 1, last, func(seq uint64) ([]byte, bool) { return other(seq), true }); err != nil {
				t.Error(err)
			}
			p.stop()
			p.start()
			last = p.journal.Append(time.Now(), []byte("more"))
			p.reach(last)
		})
	}
}

func TestRestore_OfTheParent(t *testing.T) {
	bubble(t, func(t *testing.T, p *pair) {
		p.fill(50)
		p.start()
		p.reach(50)
		backup := p.sink.Copy()
		p.fill(30)
		p.reach(80)
		p.stop()
		p.sink = backup
		p.parent = p.newParent()
		p.wire.SetParent(p.parent)
		p.fill(10)
		p.start()
		p.reach(90)
		p.check(1, 1, 90)
	})
}

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
		if err != nil || all[0].Repeated != 0 && all[0].Items != 100 {
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

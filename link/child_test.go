package link_test

import (
	"context"
	"fmt"
	"slices"
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
		p.reach(195) // also what no item speaks for
		if err := p.sink.Check(mill, link.StreamHistory, 1, 1, 195, func(seq uint64) ([]byte, bool) { return text(seq), seq%10 == 0 }); err != nil {
			t.Error(err)
		}
		if n := len(p.sink.Commits()); n > 30 {
			t.Errorf("%d commits for 19 items", n)
		}
	})
}

// TestCursor_StaysBehindHoles: what is new is delivered while the backlog is
// not; the journal must keep the backlog, over a restart too.
func TestCursor_StaysBehindHoles(t *testing.T) {
	bubble(t, func(t *testing.T, p *pair) {
		p.edit = func(o *link.ChildOptions) { o.Rate = 100 } // bytes per second: some four items
		p.fill(1000)
		p.start()
		time.Sleep(time.Second)
		last := p.fill(10)
		time.Sleep(10 * time.Second)
		at, _ := p.sink.Progress(t.Context(), mill, link.StreamHistory)
		if !at.Ranges.Has(last) || at.Ranges.Prefix() > 500 || p.journal.Cursor() > at.Ranges.Prefix() || p.journal.Cursor() == 0 {
			t.Errorf("progress %v, cursor %d", at.Ranges, p.journal.Cursor())
		}
		p.journal.Compact()
		p.stop()
		p.journal.Compact()
		p.edit = nil
		p.start()
		p.reach(last)
		p.check(1, 1, last)
		if g := p.sink.Gaps(mill, link.StreamHistory, 1); len(g) > 0 {
			t.Errorf("gaps %v", g)
		}
	})
}

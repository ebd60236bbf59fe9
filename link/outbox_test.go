package link_test

import (
	"testing"
	"time"

	"zhigai/link"
)

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

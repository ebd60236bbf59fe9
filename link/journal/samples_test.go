package journal_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"zhigai/fact"
	"zhigai/history"
	"zhigai/link"
	"zhigai/link/journal"
	"zhigai/plant"
)

const (
	start   = plant.Micros(1_700_000_000_000_000)
	second  = plant.Micros(1_000_000)
	shift   = 1000 // parent's tag number − child's
	tenant  = plant.TenantNo(1)
	theirs  = plant.TenantNo(7) // the child's tenant at the parent
	nodeID  = link.NodeID("UTEST")
	allTime = plant.Micros(1) << 60
)

// numbers maps tags by adding, once they are announced.
type numbers struct{ known *bool }

func (n numbers) TagMap(context.Context, link.Node) (*journal.TagMap, error) {
	m := &journal.TagMap{Tags: map[plant.TagNo]plant.TagNo{}, Machines: []plant.NodeID{"M1", "M2"}}
	if *n.known {
		for tag := plant.TagNo(1); tag <= 9; tag++ {
			m.Tags[tag] = tag + shift
		}
	}
	return m, nil
}
func (numbers) Forget(link.NodeID) {}

// gapLog keeps what the sink appends.
type gapLog struct{ events []fact.Event }

func (g *gapLog) Append(_ context.Context, _ plant.TenantNo, events ...fact.Event) ([]fact.Event, error) {
	g.events = append(g.events, events...)
	return events, nil
}

func (*gapLog) Events(context.Context, plant.TenantNo, fact.Filter) ([]fact.Event, error) {
	return nil, nil
}

func store(t *testing.T, fs vfs.FS, late bool) *history.Store {
	t.Helper()
	s, err := history.Open("h", history.Options{FS: fs, MarkLate: late})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// TestSamples_AnyOrderIsTheChildsOrder writes a history full of corrections at
// a child, delivers it in lanes that overtake one another, with duplicates and
// a parent that is killed, and compares every tag.
func TestSamples_AnyOrderIsTheChildsOrder(t *testing.T) {
	for seed := range uint64(30) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { anyOrder(t, seed) })
	}
}

func anyOrder(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 5))
	childFS := vfs.NewCrashableMem()
	child := store(t, childFS, true)
	if err := child.SaveCursor("parent", 0); err != nil {
		t.Fatal(err)
	}
	source := func() journal.History {
		return journal.History{Store: child, Cursor: "parent", Tenant: tenant}
	}
	parentFS := vfs.NewCrashableMem()
	parent := store(t, parentFS, false)
	known := true
	sink := func() journal.Samples {
		return journal.Samples{Known: journal.NewKnown(), Store: parent, Maps: numbers{&known}, Journal: &gapLog{}}
	}
	node := link.Node{ID: nodeID, Tenant: theirs}
	for n := range 60 {
		if _, err := child.Append(t.Context(), tenant, someBatch(r, n)); err != nil {
			t.Fatal(err)
		}
		if r.IntN(15) == 0 { // the child is killed and forgets what was newest
			childFS = childFS.CrashClone(vfs.CrashCloneCfg{})
			child = store(t, childFS, true)
		}
		for range r.IntN(4) {
			deliverSome(t, r, source(), sink(), node)
		}
		if r.IntN(20) == 0 {
			parentFS = parentFS.CrashClone(vfs.CrashCloneCfg{})
			parent = store(t, parentFS, false)
		}
	}
	for {
		p, err := sink().Progress(t.Context(), nodeID, link.StreamHistory)
		if err != nil {
			t.Fatal(err)
		}
		if p.Ranges.Prefix() == child.LastSeq() {
			break
		}
		deliverSome(t, r, source(), sink(), node)
	}
	points := 0
	for tag := plant.TagNo(1); tag <= 9; tag++ {
		want, got := values(t, child, tenant, tag), values(t, parent, theirs, tag+shift)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("tag %d: parent has %d values, child %d, or others", tag, len(got), len(want))
		}
		points += len(want)
	}
	if points == 0 {
		t.Error("nothing was compared")
	}
}

// someBatch mostly goes on in time and often writes an old time again.
func someBatch(r *rand.Rand, n int) plant.Batch {
	var b plant.Batch
	for range 1 + r.IntN(6) {
		at := start + plant.Micros(n)*second
		if r.IntN(3) == 0 {
			at -= plant.Micros(r.IntN(8)) * second
		}
		if r.IntN(10) == 0 {
			at += plant.Micros(r.IntN(3)) * second // a clock that is ahead
		}
		b.Samples = append(b.Samples, plant.Sample{Tag: plant.TagNo(1 + r.IntN(4)), Time: at, Value: float64(r.IntN(1000))})
		if r.IntN(4) == 0 {
			b.Texts = append(b.Texts, plant.Text{Tag: plant.TagNo(7 + r.IntN(2)), Time: at, Value: fmt.Sprint(r.IntN(1000))})
		}
	}
	return b
}

// deliverSome commits a random stretch of what is missing.
func deliverSome(t *testing.T, r *rand.Rand, from journal.History, to journal.Samples, node link.Node) {
	t.Helper()
	p, err := to.Progress(t.Context(), node.ID, link.StreamHistory)
	if err != nil {
		t.Fatal(err)
	}
	_, head, err := from.Bounds(t.Context())
	if err != nil || head == 0 {
		t.Fatal(head, err)
	}
	missing := p.Ranges.Missing(link.Range{From: 1, To: head})
	if len(missing) == 0 {
		return
	}
	gap := missing[r.IntN(len(missing))]
	begin := gap.From + r.Uint64N(gap.Len())
	items, through, err := from.Read(t.Context(), begin-1, 1+r.IntN(5))
	if err != nil {
		t.Fatal(err)
	}
	d := link.Delivery{Stream: link.StreamHistory, Before: p.Version, After: p}
	for _, i := range items {
		if i.Seq <= gap.To {
			d.Items = append(d.Items, i)
		}
	}
	d.After.Ranges = p.Ranges.Add(link.Range{From: begin, To: min(through, gap.To)})
	d.After.Version++
	if err := to.Commit(t.Context(), node, d); err != nil {
		t.Fatal(err)
	}
	if r.IntN(3) == 0 { // the acknowledgement got lost and it is sent again
		if err := to.Commit(t.Context(), node, d); !errors.Is(err, link.ErrConflict) {
			t.Fatalf("a delivery sent again: %v", err)
		}
	}
}

func values(t *testing.T, s *history.Store, of plant.TenantNo, tag plant.TagNo) (out []string) {
	t.Helper()
	if err := s.Samples(t.Context(), of, tag, start-allTime/4096, allTime, func(p plant.Sample) bool {
		out = append(out, fmt.Sprint(p.Time, p.Value, p.Quality))
		return true
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Texts(t.Context(), of, tag, start-allTime/4096, allTime, func(p plant.Text) bool {
		out = append(out, fmt.Sprint(p.Time, p.Value, p.Quality))
		return true
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestSamples_WaitForTheirTags: a batch that names a tag of which nothing is
// known yet is neither stored nor refused for ever.
func TestSamples_WaitForTheirTags(t *testing.T) {
	parent := store(t, vfs.NewMem(), false)
	known := false
	sink := journal.Samples{Known: journal.NewKnown(), Store: parent, Maps: numbers{&known}, Journal: &gapLog{}}
	raw := history.Sequenced{Tenant: tenant, Recorded: start, Batch: plant.Batch{Samples: []plant.Sample{{Tag: 1, Time: start}}}}.Encode(nil)
	d := link.Delivery{Stream: link.StreamHistory, Items: []link.Item{{Seq: 1, Payload: raw}}, After: link.Progress{Version: 1, Ranges: link.Ranges{{From: 1, To: 1}}}}
	node := link.Node{ID: nodeID, Tenant: theirs}
	if err := sink.Commit(t.Context(), node, d); !errors.Is(err, link.ErrBusy) || parent.LastSeq() != 0 {
		t.Fatalf("unknown tag: %v, %d batches stored", err, parent.LastSeq())
	}
	known = true
	if err := sink.Commit(t.Context(), node, d); err != nil || len(values(t, parent, theirs, 1+shift)) != 1 {
		t.Fatalf("after the announcement: %v", err)
	}
}

// TestSamples_GapIsRecorded: what never arrives is an event of every machine.
func TestSamples_GapIsRecorded(t *testing.T) {
	known, log := true, &gapLog{}
	sink := journal.Samples{Store: store(t, vfs.NewMem(), false), Maps: numbers{&known}, Journal: log}
	d := link.Delivery{
		Stream: link.StreamHistory, Gaps: []link.Gap{{Stream: link.StreamHistory, From: 1, To: 9, FromTime: start, ToTime: start + second, Reason: link.GapSize}},
		After: link.Progress{Version: 1, Ranges: link.Ranges{{From: 1, To: 9}}},
	}
	if err := sink.Commit(t.Context(), link.Node{ID: nodeID, Tenant: theirs}, d); err != nil {
		t.Fatal(err)
	}
	if len(log.events) != 2 || log.events[0].Kind != fact.KindGap || log.events[1].Subject != "M2" || log.events[0].SourceSeq != 1 {
		t.Errorf("recorded %+v; one gap for each of two machines expected", log.events)
	}
}

package equipment_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/connect/profile"
	"zhigai/fact"
	"zhigai/figure"
	"zhigai/history"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/record/shop"
	"zhigai/shop/equipment"
)

var scope = access.Scope{Tenant: 1}

// node is everything that figures need, on the real stores.
type node struct {
	history *history.Store
	options figure.Options // of engine
	record  *record.DB
	plants  shop.Plants
	tags    shop.Tags
	engine  *figure.Engine
	desk    *equipment.Desk
	now     atomic.Pointer[time.Time]
	nodes   []plant.Node
	tag     map[string]plant.TagNo // node id and name
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (n *node) at() time.Time { return *n.now.Load() }

func openNode(t testing.TB, machines int) *node {
	t.Helper()
	ctx := context.Background()
	n := &node{tag: map[string]plant.TagNo{}}
	start := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	n.now.Store(&start)
	var err error
	if n.history, err = history.Open(t.TempDir(), history.Options{Now: n.at}); err != nil {
		t.Fatal(err)
	}
	if n.record, err = record.Open(ctx, t.TempDir(), record.Options{Now: n.at}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(n.history.Close(), n.record.Close()); err != nil {
			t.Error(err)
		}
	})
	n.plants, n.tags = shop.NewPlants(n.record), shop.NewTags(n.record)
	n.importPlant(t, machines)
	n.build(t)
	return n
}

func (n *node) importPlant(t testing.TB, machines int) {
	t.Helper()
	ctx := context.Background()
	m := plant.Model{
		Nodes: []plant.Node{
			{Path: "firm", Level: plant.LevelEnterprise, Name: plant.Name{ZH: "厂"}, Calendar: "c"},
			{Path: "firm/line", Level: plant.LevelLine, Name: plant.Name{ZH: "线"}},
		},
		Calendars: []plant.Calendar{{Code: "c", Name: plant.Name{ZH: "三班"}, Zone: "Asia/Shanghai", Shifts: []plant.Shift{
			{Code: "day", Name: plant.Name{ZH: "白班"}, Start: "07:30", End: "19:30", Weekdays: []int{1, 2, 3, 4, 5, 6, 7}},
			{Code: "night", Name: plant.Name{ZH: "夜班"}, Start: "19:30", End: "07:30", Weekdays: []int{1, 2, 3, 4, 5, 6, 7}},
		}}},
	}
	for i := range machines {
		m.Nodes = append(m.Nodes, plant.Node{
			Path: fmt.Sprintf("firm/line/m%03d", i), Level: plant.LevelEquipment, Name: plant.Name{ZH: "车床"},
			Machine: &plant.Equipment{
				Class: "lathe", Profile: "p", NC: true, Device: plant.Device{Driver: "modbus-tcp", Address: fmt.Sprintf("127.0.0.1:%d", 1000+i)},
				Cycles: []plant.Cycle{{Product: "*", PRUms: 20_000}},
			},
		})
	}
	if err := n.plants.Import(ctx, scope, m, plant.MicrosOf(n.at().Add(-time.Hour))); err != nil {
		t.Fatal(err)
	}
	model, err := n.plants.Model(ctx, scope, plant.MicrosOf(n.at()))
	if err != nil {
		t.Fatal(err)
	}
	var tags []plant.Tag
	for _, x := range model.Nodes {
		if x.Machine == nil {
			continue
		}
		n.nodes = append(n.nodes, x)
		for _, name := range []string{plant.LinkTag, "machine.running", "count.good", "energy.active"} {
			tags = append(tags, plant.Tag{Node: x.ID, Path: x.Path + "/" + name, Name: name, Kind: plant.KindNumber, Retention: plant.RetainLong})
		}
	}
	if tags, err = n.tags.EnsureTags(ctx, 1, tags); err != nil {
		t.Fatal(err)
	}
	for _, x := range tags {
		n.tag[string(x.Node)+x.Name] = x.No
	}
}

func (n *node) build(t testing.TB) {
	t.Helper()
	data := os.DirFS("../../data")
	classes, err1 := equipment.LoadClasses(data, "standards/iso22400-classes.yaml")
	reasons, err2 := equipment.LoadReasons(data, "standards/stop-reasons.yaml")
	defs, err3 := figure.Load(data, "figures", equipment.TermNames())
	kind, err4 := equipment.KindOf(&profile.Profile{
		ID: "p", Version: 1, Signals: []profile.Signal{{Name: "machine.running", Kind: plant.KindBoolean}},
		States:   []profile.State{{When: "machine.running", Item: "EXECUTING", Mode: "PROCESSING"}, {When: "true", Item: "NOT_EXECUTING", Mode: "PROCESSING"}},
		Counters: profile.Counters{Good: &profile.Counter{Signal: "count.good"}, Energy: &profile.Counter{Signal: "energy.active"}},
	})
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	reader := equipment.Reader{History: n.history, Journal: n.record.Journal(), Settings: equipment.Settings{Classes: classes, Reasons: reasons}}
	fleet := equipment.NewFleet(n.plants, n.tags, equipment.KindMap{"p": kind}, n.at)
	folder := equipment.NewFolder(fleet, n.history, reader)
	n.options = figure.Options{Folder: folder, Store: shop.NewFigures(n.record), Journal: n.record.Journal(), Definitions: defs, Now: n.at}
	n.engine, err1 = figure.New(n.options)
	if err1 != nil {
		t.Fatal(err1)
	}
	n.desk = &equipment.Desk{Fleet: fleet, Reader: reader, Totals: n.engine, Now: n.at}
}

// fill writes hours of every machine's samples.
func (n *node) fill(t testing.TB, hours int) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 1))
	start := n.at()
	for _, x := range n.nodes {
		var b plant.Batch
		put := func(name string, at time.Time, v float64) {
			b.Samples = append(b.Samples, plant.Sample{Tag: n.tag[string(x.ID)+name], Time: plant.MicrosOf(at), Value: v})
		}
		good := 0.0
		for d := time.Duration(0); d < time.Duration(hours)*time.Hour; d += plant.LinkRenewal {
			at := start.Add(d)
			put(plant.LinkTag, at, 1)
			if r.IntN(40) == 0 {
				put("machine.running", at, float64(r.IntN(2)))
			}
			if d%(20*time.Second) == 0 {
				good++
				put("count.good", at, good)
			}
			if d%time.Minute == 0 {
				put("energy.active", at, d.Hours()*3)
			}
		}
		if _, err := n.history.Append(context.Background(), 1, b); err != nil {
			t.Fatal(err)
		}
	}
	end := start.Add(time.Duration(hours)*time.Hour + 20*time.Minute) // past the grace
	n.now.Store(&end)
}

// TestOnRealStores runs figures on Pebble and SQLite: values, closing, a late
// fact, a rebuild, and a stop explained at the desk.
func TestOnRealStores(t *testing.T) {
	ctx := context.Background()
	n := openNode(t, 2)
	start := n.at()
	n.fill(t, 6)
	from, to := plant.MicrosOf(start), plant.MicrosOf(start.Add(6*time.Hour))
	ask := func() []figure.Figure {
		t.Helper()
		got, err := n.engine.Query(ctx, access.Scope{Tenant: 1, Path: "firm"}, "oee", figure.Hour, from, to, figure.ByEquipment)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	first := ask()
	if len(first) != 12 || first[0].Value == nil || first[0].Revision != 1 || *first[0].Coverage < 0.95 {
		t.Fatalf("figures = %+v", first)
	}
	stops, err := n.desk.Stops(ctx, scope, equipment.StopFilter{From: from, To: to, Unassigned: true})
	if err != nil || len(stops.Stops) == 0 {
		t.Fatalf("stops = %+v, %v", stops, err)
	}
	s := stops.Stops[len(stops.Stops)-1]
	e, err := n.desk.AssignReason(ctx, scope, "li", equipment.Assign{Node: s.Node, From: s.From, To: s.To, Reason: "breakdown.tool"})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.engine.Touch(ctx, 1, plant.Batch{}, []fact.Event{e}); err != nil {
		t.Fatal(err)
	}
	after, _ := n.engine.Query(ctx, scope, "loss-breakdown", figure.Range, from, to, figure.ByNone)
	if len(after) != 1 || *after[0].Value < 0.08 || after[0].Revision != 2 {
		t.Errorf("after a breakdown was entered: %+v", after)
	}
	before := ask()
	done, err := n.engine.Rebuild(ctx, 1)
	if err != nil || done.Changed != 0 || done.Windows < 12 {
		t.Errorf("Rebuild = %+v, %v", done, err)
	}
	for i, f := range ask() {
		b := before[i]
		if *f.Value != *b.Value || f.Revision != b.Revision || f.AsOf != b.AsOf {
			t.Errorf("a rebuild changed %+v to %+v", b, f)
		}
	}
}

// TestOnRealStores_OneOfTwoKeeps: of two processes on one record the one that
// does not keep figures answers the same from facts, also when facts came that
// the keeper has not seen; and one that loses the duty while it folds changes
// nothing.
func TestOnRealStores_OneOfTwoKeeps(t *testing.T) {
	ctx := context.Background()
	n := openNode(t, 2)
	start := n.at()
	n.fill(t, 3)
	from, to := plant.MicrosOf(start), plant.MicrosOf(start.Add(3*time.Hour))
	ask := func(e *figure.Engine) []figure.Figure {
		t.Helper()
		got, err := e.Query(ctx, scope, "oee", figure.Hour, from, to, figure.ByEquipment)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	kept := func() int {
		t.Helper()
		all, err := n.options.Store.Windows(ctx, scope, from, to)
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	same := func(what string, got, want []figure.Figure, revision int) {
		t.Helper()
		for i := range want {
			if *got[i].Value != *want[i].Value || !reflect.DeepEqual(got[i].Terms, want[i].Terms) || got[i].Revision != revision {
				t.Errorf("%s: %+v; want %+v in revision %d", what, got[i], want[i], revision)
			}
		}
	}
	o := n.options
	o.Keeps = func() bool { return false }
	other, err := figure.New(o)
	must(t, err)
	// It believes that it keeps; the record knows better.
	o.Keeps, o.Store = nil, shop.NewFigures(n.record).Under(n.record.Duty("figures"))
	dismissed, err := figure.New(o)
	must(t, err)

	early, lost := ask(other), ask(dismissed)
	if k := kept(); k != 0 {
		t.Fatalf("%d windows are kept by those who do not keep them", k)
	}
	first := ask(n.engine)
	same("before anything was kept", early, first, 0)
	same("after the duty was lost", lost, first, 1) // it told the journal, no more
	same("closed by the keeper", ask(other), first, 1)

	machine := n.nodes[0].ID
	late := plant.Batch{Samples: []plant.Sample{{Tag: n.tag[string(machine)+"count.good"], Time: from + 7_000_000, Value: 0.5}, {Tag: n.tag[string(machine)+"machine.running"], Time: from + 8_000_000, Value: 1}}}
	if _, err := n.history.Append(ctx, 1, late); err != nil {
		t.Fatal(err)
	}
	must(t, other.Touch(ctx, 1, late, nil)) // as by a follower of the samples
	changed := ask(other)
	if *changed[0].Value == *first[0].Value {
		t.Fatalf("the late fact changes nothing: %+v, %+v", changed, first)
	}
	if changed[0].Revision != 0 {
		t.Errorf("not kept yet, but in revision %d", changed[0].Revision)
	}
	second := ask(n.engine)
	if *second[0].Value != *changed[0].Value || second[0].Revision != 2 {
		t.Errorf("the keeper says %+v; want %v in revision 2", second[0], *changed[0].Value)
	}
	if got := ask(other)[0]; got.Revision != 2 {
		t.Errorf("the other says revision %d after the keeper closed 2", got.Revision)
	}
	if _, err := other.Rebuild(ctx, 1); !errors.Is(err, figure.ErrNotKeeper) {
		t.Errorf("Rebuild by the other: %v; want ErrNotKeeper", err)
	}
}

// TestOnRealStores_ClockBehindAtStart: windows were folded and closed by a clock
// that was ahead by hours; a process that starts with the right time must still
// see that facts of those windows come.
func TestOnRealStores_ClockBehindAtStart(t *testing.T) {
	ctx := context.Background()
	n := openNode(t, 1)
	start := n.at()
	n.fill(t, 3)
	late := n.at()
	from, to := plant.MicrosOf(start.Add(2*time.Hour)), plant.MicrosOf(start.Add(3*time.Hour))
	ask := func() figure.Figure {
		t.Helper()
		got, err := n.engine.Query(ctx, scope, "produced", figure.Hour, from, to, figure.ByNone)
		if err != nil || len(got) != 1 {
			t.Fatalf("%d figures, %v", len(got), err)
		}
		return got[0]
	}
	before := ask()
	for _, back := range []time.Duration{20 * time.Minute, 2*time.Hour + 10*time.Minute, 3*time.Hour + 9*time.Minute + 58*time.Second} {
		now := start.Add(back)
		n.now.Store(&now)
		var err error
		n.engine, err = figure.New(n.options) // as in a new process
		must(t, err)
		b := plant.Batch{Samples: []plant.Sample{{Tag: n.tag[string(n.nodes[0].ID)+"count.good"], Time: plant.MicrosOf(start.Add(2*time.Hour + 5*time.Minute + back/1000)), Value: 1e6 + float64(back)}}}
		if _, err := n.history.Append(ctx, 1, b); err != nil {
			t.Fatal(err)
		}
		must(t, n.engine.Touch(ctx, 1, b, nil))
		n.now.Store(&late)
		after := ask()
		if after.Terms["pq"] == before.Terms["pq"] {
			t.Errorf("a fact that came when the clock was at %s changes nothing: %+v", now.Format(time.TimeOnly), after)
		}
		before = after
	}
}

// BenchmarkPlantHour folds an hour of 60 machines from the stores.
func BenchmarkPlantHour(b *testing.B) {
	n := openNode(b, 60)
	start := n.at()
	n.fill(b, 3)
	ctx := context.Background()
	for b.Loop() {
		if err := shop.NewFigures(n.record).DeleteAll(ctx, 1); err != nil {
			b.Fatal(err)
		}
		if _, err := n.engine.Query(ctx, scope, "oee", figure.Hour, plant.MicrosOf(start), plant.MicrosOf(n.at()), figure.ByEquipment); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N)/180, "ms/machine-hour")
}

// BenchmarkAsk reads what is folded already: a day of 60 machines by hour.
func BenchmarkAsk(b *testing.B) {
	n := openNode(b, 60)
	start := n.at()
	n.fill(b, 24)
	ctx := context.Background()
	ask := func() {
		if _, err := n.engine.QueryMany(ctx, scope, []string{"oee", "availability", "produced"}, figure.Hour, plant.MicrosOf(start), plant.MicrosOf(n.at()), figure.ByEquipment); err != nil {
			b.Fatal(err)
		}
	}
	ask()
	for b.Loop() {
		ask()
	}
}

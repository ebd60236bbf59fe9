package record_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/connect/profile"
	"zhigai/data"
	"zhigai/figure"
	"zhigai/history"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/record/shop"
	"zhigai/shop/equipment"
	lines "zhigai/shop/line"
)

// refoldHours of samples, which end before the clock of the test.
const refoldHours = 4

var refoldBegin = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func refoldNow() time.Time { return refoldBegin.Add((refoldHours + 1) * time.Hour) }

// stage is a plant in a record, which histories with the same samples stand beside.
type stage struct {
	*testing.T
	db       *record.DB
	scope    access.Scope
	model    plant.Model
	machines []plant.Node
	samples  []plant.Batch
	rules    equipment.Settings
	kinds    equipment.KindMap
}

// TestRefold_MachinesAndLines: figures of machines and of their line are the same
// when samples come in another order, and by different batches.
func TestRefold_MachinesAndLines(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		s := newStage(t, open(t))
		inOrder := s.fold(s.samples)
		rnd := rand.New(rand.NewPCG(5, 6))
		var late []plant.Batch
		for _, b := range s.samples { // a part comes too late for those before it
			for n := 0; n < len(b.Samples); n += 97 {
				late = append(late, plant.Batch{Samples: b.Samples[n:min(n+97, len(b.Samples))]})
			}
		}
		rnd.Shuffle(len(late), func(i, j int) { late[i], late[j] = late[j], late[i] })
		again := s.fold(late)
		if len(inOrder.machines) == 0 || inOrder.line.Stations[0].Made.Good == 0 || inOrder.line.Root == "" {
			t.Fatalf("nothing is folded: %+v", inOrder)
		}
		if !reflect.DeepEqual(inOrder, again) {
			t.Errorf("in another order of arrival\n%+v; want\n%+v", again, inOrder)
		}
	})
}

func newStage(t *testing.T, db *record.DB) *stage {
	s := &stage{T: t, db: db, scope: access.Scope{Tenant: 1}}
	ctx, plants, names := t.Context(), shop.NewPlants(db), []string{plant.LinkTag, "machine.running", "count.good"}
	m := plant.Model{
		Nodes: []plant.Node{
			{Path: "firm", Level: plant.LevelEnterprise, Name: plant.Name{ZH: "厂"}, Calendar: "c"}, {Path: "firm/line", Level: plant.LevelLine, Name: plant.Name{ZH: "线"}},
		},
		Calendars: []plant.Calendar{{Code: "c", Name: plant.Name{ZH: "连班"}, Zone: "Asia/Shanghai", Shifts: []plant.Shift{
			{Code: "all", Name: plant.Name{ZH: "全天"}, Start: "00:00", End: "00:00", Weekdays: []int{1, 2, 3, 4, 5, 6, 7}},
		}}},
	}
	for i := range 2 {
		m.Nodes = append(m.Nodes, plant.Node{Path: fmt.Sprintf("firm/line/m%d", i), Level: plant.LevelEquipment, Name: plant.Name{ZH: "车床"}, Machine: &plant.Equipment{
			Class: "lathe", Profile: "p", Device: plant.Device{Driver: "modbus-tcp", Address: fmt.Sprintf("127.0.0.1:%d", 1000+i)}, Cycles: []plant.Cycle{{Product: "*", PRUms: 20_000}},
		}})
	}
	s.must(plants.Import(ctx, s.scope, m, plant.MicrosOf(refoldBegin.Add(-time.Hour))))
	var err error
	s.model, err = plants.Model(ctx, s.scope, plant.MicrosOf(refoldNow()))
	s.must(err)
	var tags []plant.Tag
	for _, x := range s.model.Nodes {
		if x.Machine == nil {
			continue
		}
		s.machines = append(s.machines, x)
		for _, name := range names {
			tags = append(tags, plant.Tag{Node: x.ID, Path: x.Path + "/" + name, Name: name, Kind: plant.KindNumber, Retention: plant.RetainLong})
		}
	}
	tags, err = shop.NewTags(db).EnsureTags(ctx, 1, tags)
	s.must(err)
	s.work(tags, len(names))
	s.rules.Classes, err = equipment.LoadClasses(data.FS, "standards/iso22400-classes.yaml")
	s.must(err)
	s.rules.Reasons, err = equipment.LoadReasons(data.FS, "standards/stop-reasons.yaml")
	s.must(err)
	l := lines.Propose(s.model, s.model.Nodes[1])
	l.Rev, l.From, l.At, l.By, l.Path = 1, plant.InstantOf(refoldBegin), plant.InstantOf(refoldBegin), "li", s.model.Nodes[1].Path
	s.must(shop.NewLines(db).SaveLayout(ctx, 1, l, 0))
	kind, err := equipment.KindOf(&profile.Profile{
		ID: "p", Version: 1, Signals: []profile.Signal{{Name: "machine.running", Kind: plant.KindBoolean}},
		States:   []profile.State{{When: "machine.running", Item: "EXECUTING", Mode: "PROCESSING"}, {When: "true", Item: "NOT_EXECUTING", Mode: "PROCESSING"}},
		Counters: profile.Counters{Good: &profile.Counter{Signal: "count.good"}},
	})
	s.must(err)
	s.kinds = equipment.KindMap{"p": kind}
	return s
}

func (s *stage) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// work makes the samples: machines that stand now and then, and count while they
// run.
func (s *stage) work(tags []plant.Tag, each int) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range s.machines {
		link, running, good := tags[i*each].No, tags[i*each+1].No, tags[i*each+2].No
		on, parts, b := 1.0, 0.0, plant.Batch{}
		for d := time.Duration(0); d < refoldHours*time.Hour; d += plant.LinkRenewal {
			at := plant.MicrosOf(refoldBegin.Add(d))
			if rnd.IntN(30) == 0 {
				on = 1 - on
			}
			if on == 1 && rnd.IntN(2) == 0 {
				parts++
			}
			b.Samples = append(b.Samples, plant.Sample{Tag: link, Time: at, Value: 1}, plant.Sample{Tag: running, Time: at, Value: on}, plant.Sample{Tag: good, Time: at, Value: parts})
		}
		s.samples = append(s.samples, b)
	}
}

// folded is all that figures say.
type folded struct {
	machines []figure.Figure
	line     lines.Analysis
}

func (s *stage) fold(batches []plant.Batch) folded {
	ctx := s.Context()
	h, err := history.Open(s.TempDir(), history.Options{Now: refoldNow})
	s.must(err)
	defer func() { s.must(h.Close()) }()
	for _, b := range batches {
		_, err := h.Append(ctx, 1, b)
		s.must(err)
	}
	load := func(dir string, terms []string) *figure.Definitions {
		d, err := figure.Load(data.FS, dir, terms)
		s.must(err)
		return d
	}
	reader := equipment.Reader{History: h, Journal: s.db.Journal(), Settings: s.rules}
	fleet := equipment.NewFleet(shop.NewPlants(s.db), shop.NewTags(s.db), s.kinds, refoldNow)
	engine, err := figure.New(figure.Options{
		Folder: equipment.NewFolder(fleet, h, reader), Store: shop.NewFigures(s.db), Journal: s.db.Journal(), Definitions: load("figures", equipment.TermNames()), Now: refoldNow,
		Keeps: func() bool { return false },
	})
	s.must(err)
	from, to := plant.MicrosOf(refoldBegin), plant.MicrosOf(refoldBegin.Add(refoldHours*time.Hour))
	var out folded
	for _, id := range []string{"oee", "availability", "technical-efficiency", "produced", "mtbf"} {
		of, err := engine.Query(ctx, s.scope, id, figure.Hour, from, to, figure.ByEquipment)
		s.must(err)
		out.machines = append(out.machines, of...)
	}
	for i := range out.machines {
		out.machines[i].AsOf = 0 // when it was asked
	}
	desk := lines.NewDesk(lines.Options{
		Store: shop.NewLines(s.db), Plant: s, Machines: did{&equipment.Desk{Fleet: fleet, Reader: reader, Totals: engine, Now: refoldNow}}, Orders: s, Definitions: load("line-figures", lines.TermNames()), Now: refoldNow,
	})
	out.line, err = desk.Analyse(ctx, s.scope, lines.Query{Line: s.model.Nodes[1].ID, From: plant.Instant(from), To: plant.Instant(to)})
	s.must(err)
	return out
}

// Model implements line.Plant.
func (s *stage) Model(context.Context, plant.TenantNo, plant.Micros) (plant.Model, error) {
	return s.model, nil
}

// Demand implements line.Orders.
func (*stage) Demand(context.Context, access.Scope, plant.Instant, plant.Instant) (int64, error) {
	return 300, nil
}

// did tells the line what its machines did.
type did struct{ desk *equipment.Desk }

func (d did) Did(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Micros) ([]lines.Did, error) {
	var out []lines.Did
	all, err := d.desk.Timeline(ctx, access.Scope{Tenant: tenant}, machine, from, to)
	for _, i := range all {
		out = append(out, lines.Did{From: i.From, To: i.To, Class: string(i.Class), Busy: i.Plan == equipment.PlanBusy, Micro: i.MicroStop, Reason: i.Reason, SaidBy: i.SaidBy, Product: i.Product})
	}
	return out, err
}

func (d did) Counted(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Micros) ([]figure.CountedParts, error) {
	return d.desk.Counted(ctx, access.Scope{Tenant: tenant}, machine, from, to)
}

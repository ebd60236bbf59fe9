package equipment

import (
	"os"
	"sync"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/connect/profile"
	"zhigai/figure"
	"zhigai/plant"
)

// Tags of the test machine.
const (
	tagLink plant.TagNo = iota + 1
	tagRunning
	tagAlarm
	tagMode
	tagGood
	tagScrap
	tagProduct
	tagReason
	tagEnergy
	tagOrder
)

var scopeAll = access.Scope{Tenant: 1}

const node = plant.NodeID("01MACHINE")

var shanghai = time.FixedZone("CST", 8*3600)

// monday is a working day of the test calendar, 08:00.
var monday = time.Date(2026, 3, 2, 8, 0, 0, 0, shanghai)

func at(d time.Duration) plant.Micros { return plant.MicrosOf(monday.Add(d)) }

func testTags() []plant.Tag {
	names := []string{"", plant.LinkTag, "machine.running", "machine.alarm", "machine.mode", "count.good", "count.scrap", SignalProduct, SignalReason, "energy.active", SignalOrder}
	var out []plant.Tag
	for no, name := range names {
		if no == 0 {
			continue
		}
		kind := plant.KindNumber
		if name == SignalProduct || name == SignalOrder {
			kind = plant.KindText
		}
		out = append(out, plant.Tag{No: plant.TagNo(no), Node: node, Path: "firm/turning/l1/" + name, Name: name, Kind: kind})
	}
	return out
}

func testModel() plant.Model {
	return plant.Model{
		Nodes: []plant.Node{
			{ID: "01FIRM", Path: "firm", Level: plant.LevelEnterprise, Name: plant.Name{ZH: "厂"}, Calendar: "two-shift"},
			{ID: "01LINE", Path: "firm/turning", Level: plant.LevelLine, Name: plant.Name{ZH: "车加工"}},
			{ID: node, Path: "firm/turning/l1", Level: plant.LevelEquipment, Name: plant.Name{ZH: "车床"}, Machine: &plant.Equipment{
				Class: "lathe", Profile: "test", NC: true,
				Cycles: []plant.Cycle{{Product: "A", PRUms: 12_000}, {Product: "B", PRUms: 30_000}},
			}},
		},
		Calendars: []plant.Calendar{{Code: "two-shift", Name: plant.Name{ZH: "两班"}, Zone: "Asia/Shanghai", Shifts: []plant.Shift{
			{Code: "early", Start: "08:00", End: "12:30", Weekdays: []int{1, 2, 3, 4, 5}, Breaks: []plant.Break{{Start: "10:00", End: "10:15"}}},
			{Code: "late", Start: "12:30", End: "20:00", Weekdays: []int{1, 2, 3, 4, 5}},
		}, Downs: []plant.Down{{From: monday.Add(3 * time.Hour), To: monday.Add(3*time.Hour + 10*time.Minute)}}}},
	}
}

func testKind() Kind {
	return Kind{
		Profile: "test", Version: 1, Rules: lathe{}, Reasons: map[int64]string{1: "minor.jam", 2: "material.missing"},
		Counters: profile.Counters{
			Good: &profile.Counter{Signal: "count.good", Modulo: 65536, MaxStep: 50}, Scrap: &profile.Counter{Signal: "count.scrap"},
			Energy: &profile.Counter{Signal: "energy.active"},
		},
	}
}

// world is a plant of one machine with everything around it.
type world struct {
	*memory
	clock  *clock
	folder *Folder
	engine *figure.Engine
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{memory: newMemory(testModel(), testTags()), clock: &clock{t: monday}}
	w.build(t)
	return w
}

func (w *world) build(t testing.TB) {
	t.Helper()
	defs := definitions(t)
	fleet := NewFleet(w.memory, w.memory, KindMap{"test": testKind()}, w.clock.now)
	w.folder = NewFolder(fleet, w.memory, Reader{Journal: w.memory, Settings: settings(t)})
	var err error
	if w.engine, err = figure.New(figure.Options{Folder: w.folder, Store: w.memory, Journal: w.memory, Definitions: defs, Now: w.clock.now}); err != nil {
		t.Fatal(err)
	}
}

// shared is read once: parsing it for each of hundreds of random days would
// take longer than the days.
var shared = struct {
	definitions func() (*figure.Definitions, error)
	settings    func() (Settings, error)
}{
	sync.OnceValues(func() (*figure.Definitions, error) {
		return figure.Load(os.DirFS("../../data"), "figures", TermNames())
	}),
	sync.OnceValues(func() (Settings, error) {
		data := os.DirFS("../../data")
		classes, err := LoadClasses(data, "standards/iso22400-classes.yaml")
		if err != nil {
			return Settings{}, err
		}
		reasons, err := LoadReasons(data, "standards/stop-reasons.yaml")
		return Settings{Classes: classes, Reasons: reasons}, err
	}),
}

func definitions(t testing.TB) *figure.Definitions {
	t.Helper()
	d, err := shared.definitions()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func settings(t testing.TB) Settings {
	t.Helper()
	s, err := shared.settings()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sample(tag plant.TagNo, d time.Duration, v float64) plant.Sample {
	return plant.Sample{Tag: tag, Time: at(d), Value: v}
}

// link is contact in [from, to), renewed as a collector does.
func link(from, to time.Duration) []plant.Sample {
	var out []plant.Sample
	for d := from; d < to; d += plant.LinkRenewal {
		out = append(out, sample(tagLink, d, 1))
	}
	return append(out, sample(tagLink, to, 0))
}

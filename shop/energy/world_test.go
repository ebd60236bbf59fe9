package energy_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/data"
	"zhigai/plant"
	"zhigai/shop/energy"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// monday is midnight in Shanghai.
var monday = time.Date(2026, 3, 1, 16, 0, 0, 0, time.UTC)

func at(minutes int) plant.Instant {
	return plant.InstantOf(monday.Add(time.Duration(minutes) * time.Minute))
}

// world is a plant of one hall with two machines, whose meters are read each minute.
type world struct {
	now      time.Time
	power    map[plant.NodeID]func(minute int) float64 // kW of each machine's meter
	lost     map[plant.NodeID][2]int                   // minutes without contact
	did      []energy.Did
	made     func(hour int) (good float64)
	networks []energy.Network
	lines    []energy.Baseline
	wanted   []energy.Replacement
	orders   []energy.OrderRuns
	plans    energy.Plans
	parts    map[plant.NodeID]int64 // counted in any time that is asked for
	raised   []string
	cleared  []string
	told     []string // with when
}

func newWorld(hours int) *world {
	return &world{
		now:   monday.Add(time.Duration(hours) * time.Hour),
		power: map[plant.NodeID]func(int) float64{"METER": func(int) float64 { return 110 }, "M1": func(int) float64 { return 60 }, "M2": func(int) float64 { return 40 }},
		lost:  map[plant.NodeID][2]int{},
		made:  func(int) float64 { return 0 },
	}
}

func (w *world) desk(t *testing.T) *energy.Desk {
	t.Helper()
	tables, err := energy.ReadTables(data.FS)
	must(t, err)
	return energy.NewDesk(energy.Options{Store: w, Plant: w, Readings: w, Machines: w, Production: w, Alarms: w, Orders: w, Plans: w.plans, Tables: tables, Now: func() time.Time { return w.now }})
}

func (w *world) Model(context.Context, plant.TenantNo, plant.Micros) (plant.Model, error) {
	node := func(id, path string, class string, excluded bool) plant.Node {
		n := plant.Node{ID: plant.NodeID(id), Path: path, Name: plant.Name{ZH: id}}
		if class != "" {
			n.Machine = &plant.Equipment{Class: class, Excluded: excluded}
		}
		return n
	}
	return plant.Model{Nodes: []plant.Node{
		node("SITE", "firm/site", "", false), node("HALL", "firm/site/hall", "", false), node("METER", "firm/site/hall/meter-1", "meter", true),
		node("M1", "firm/site/hall/lathe-1", "lathe", false), node("M2", "firm/site/hall/lathe-2", "lathe", false),
		node("M3", "firm/site/hall/lathe-3", "lathe", false), node("M4", "firm/site/hall/saw-1", "saw", false),
	}}, nil
}

// read is a counter at a minute, kWh.
func (w *world) read(id plant.NodeID, minute int) float64 {
	sum := 1000.0
	for m := range minute {
		sum += w.power[id](m) / 60
	}
	return sum
}

func (w *world) contact(id plant.NodeID, minute int) bool {
	gap, ok := w.lost[id]
	return !ok || minute < gap[0] || minute >= gap[1]
}

func (w *world) Steps(_ context.Context, _ plant.TenantNo, machine plant.NodeID, signal string, from, to plant.Micros, n int) ([]energy.Shown, error) {
	if w.power[machine] == nil || signal != "energy.active" && signal != "power.active" {
		return nil, access.ErrNotFound
	}
	out := make([]energy.Shown, n)
	width := (to - from) / plant.Micros(n)
	minutes := func(m plant.Micros) int { return int(m.Time().Sub(monday) / time.Minute) }
	for i := range out {
		s := &out[i]
		s.From, s.To = from+width*plant.Micros(i), from+width*plant.Micros(i+1)
		sum := 0.0
		for m := minutes(s.From); m < minutes(s.To); m++ {
			if !w.contact(machine, m) || !monday.Add(time.Duration(m)*time.Minute).Before(w.now) {
				continue
			}
			at, v := at(m).Micros(), w.power[machine](m)
			sum += v
			if signal == "energy.active" {
				v = w.read(machine, m)
			}
			if !s.Any {
				s.Any, s.First, s.FirstAt = true, v, at
			}
			s.Last, s.LastAt = v, at
			s.Good += plant.Micros(time.Minute.Microseconds())
		}
		if minutes := float64(s.Good) / float64(time.Minute.Microseconds()); minutes > 0 {
			s.Mean = sum / minutes
		}
		if s.Good == width && signal == "energy.active" {
			s.Good-- // it goes on: no reading says that it held
		}
	}
	return out, nil
}

func (w *world) Before(_ context.Context, _ plant.TenantNo, machine plant.NodeID, _ string, before plant.Micros) (float64, plant.Micros, bool, error) {
	for m := int((before - 1).Time().Sub(monday) / time.Minute); m >= 0; m-- {
		if w.contact(machine, m) {
			return w.read(machine, m), at(m).Micros(), true, nil
		}
	}
	return 0, 0, false, nil
}

func (w *world) Did(_ context.Context, _ plant.TenantNo, machine plant.NodeID, from, to plant.Micros) (out []energy.Did, err error) {
	if machine != "M1" || w.did == nil {
		return []energy.Did{{From: from, To: to, What: energy.Producing}}, nil
	}
	for _, d := range w.did {
		if d.From = max(d.From, from); d.From < min(d.To, to) {
			d.To = min(d.To, to)
			out = append(out, d)
		}
	}
	return out, nil
}

func (w *world) Counted(_ context.Context, _ plant.TenantNo, machine plant.NodeID, _, _ plant.Micros) (good, all int64, err error) {
	return w.parts[machine], w.parts[machine], nil
}

func (w *world) During(_ context.Context, _ plant.TenantNo, from, to plant.Instant) (out []energy.OrderRuns, err error) {
	for _, o := range w.orders {
		if o.Began < to && (o.Ended == 0 || o.Ended > from) {
			out = append(out, o)
		}
	}
	return out, nil
}

func (w *world) Order(_ context.Context, _ access.Principal, id string) (energy.OrderRuns, error) {
	i := slices.IndexFunc(w.orders, func(o energy.OrderRuns) bool { return o.ID == id })
	if i < 0 {
		return energy.OrderRuns{}, access.ErrNotFound
	}
	return w.orders[i], nil
}

func (w *world) SaveReplacement(_ context.Context, _ plant.TenantNo, r energy.Replacement, _ int64) error {
	w.wanted = slices.Insert(w.wanted, 0, r)
	return nil
}

func (w *world) Replacements(context.Context, plant.TenantNo, plant.NodeID) ([]energy.Replacement, error) {
	return w.wanted, nil
}

func (w *world) ReplacementRevisions(context.Context, plant.TenantNo, plant.NodeID, string) ([]energy.Replacement, error) {
	return w.wanted, nil
}

// Counter: the third lathe and the saw have none.
func (w *world) Counter(n plant.Node) (string, float64) {
	if n.ID == "M3" || n.ID == "M4" {
		return "", 0
	}
	return "energy.active", 0
}

func (w *world) Made(_ context.Context, _ access.Scope, _ string, _ energy.Every, from, to plant.Micros) (out []energy.Made, err error) {
	for h := 0; at(h*60).Micros() < to; h++ {
		if m := (energy.Made{From: at(h * 60).Micros(), To: at(h*60 + 60).Micros(), Good: w.made(h), Known: 1}); m.To > from {
			if m.To > plant.MicrosOf(w.now) {
				m.Known = 0
			}
			out = append(out, m)
		}
	}
	return out, nil
}

func (w *world) Windows(ctx context.Context, scope access.Scope, path string, every energy.Every, from, to plant.Micros) ([]energy.Made, error) {
	return w.Made(ctx, scope, path, every, from, to)
}

func (w *world) SaveNetwork(_ context.Context, _ plant.TenantNo, n energy.Network, seen int64) error {
	if int64(len(w.networks)) != seen {
		return access.ErrConflict
	}
	w.networks = slices.Insert(w.networks, 0, n)
	return nil
}

func (w *world) Networks(context.Context, access.Scope) ([]energy.Network, error) {
	return w.networks[:min(1, len(w.networks))], nil
}

func (w *world) NetworkRevisions(context.Context, plant.TenantNo, plant.NodeID) ([]energy.Network, error) {
	return w.networks, nil
}

func (w *world) SaveBaseline(_ context.Context, _ plant.TenantNo, b energy.Baseline, _ int64) error {
	w.lines = slices.Insert(w.lines, 0, b)
	return nil
}

func (w *world) Baselines(context.Context, plant.TenantNo, plant.NodeID) ([]energy.Baseline, error) {
	return w.lines, nil
}

func (w *world) BaselineRevisions(context.Context, plant.TenantNo, plant.NodeID, string) ([]energy.Baseline, error) {
	return w.lines, nil
}

func (w *world) Raise(_ context.Context, _ plant.TenantNo, f energy.Finding) error {
	w.raised = append(w.raised, f.Key)
	w.told = append(w.told, "raise "+f.Key+" "+f.At.Time().Format(time.DateTime))
	return nil
}

func (w *world) Clear(_ context.Context, _ plant.TenantNo, key string, at plant.Instant) error {
	w.cleared = append(w.cleared, key)
	if at != 0 {
		w.told = append(w.told, "clear "+key+" "+at.Time().Format(time.DateTime))
	}
	return nil
}

// network is the hall's: a main meter and two machines below it.
func network() energy.Network {
	meter := func(code string, id plant.NodeID, above string) energy.Meter {
		return energy.Meter{Code: code, Name: plant.Name{ZH: code}, Medium: energy.Electricity, Machine: id, Signal: "energy.active", Reads: energy.Counter, Above: above}
	}
	return energy.Network{
		Place: "HALL", From: at(0), Note: "first",
		Meters:  []energy.Meter{meter("main", "METER", ""), meter("m1", "M1", "main"), meter("m2", "M2", "main")},
		Tariffs: []energy.TariffUse{{Tariff: "zj-large-industry-2024", Day: "2026-01-01", Base: 650_000}},
	}
}

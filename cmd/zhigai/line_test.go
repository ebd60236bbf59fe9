package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/connect/profile"
	"zhigai/data"
	"zhigai/plant"
	"zhigai/plant/file"
	"zhigai/shop/line"
	"zhigai/sim"
)

// lineFile is a line of four stations: a turning cell of two machines, three of
// one, all with a profile of the demo and cycles of one product.
func lineFile() string {
	var b strings.Builder
	b.WriteString(`schema: zhigai.plant/1
products: [{code: ring, name: {zh: 套圈}}]
calendars:
  - {code: day, name: {zh: 连班}, zone: Asia/Shanghai, shifts: [{code: all, name: {zh: 全天}, start: "00:00", end: "00:00", weekdays: [1, 2, 3, 4, 5, 6, 7]}]}
nodes:
  - {path: firm, level: enterprise, name: {zh: 厂}, calendar: day}
  - {path: firm/site, level: site, name: {zh: 厂区}}
  - {path: firm/site/rings, level: area, name: {zh: 套圈车间}}
  - {path: firm/site/rings/line, level: line, name: {zh: 一线}}
`)
	for i, cell := range lineCells {
		fmt.Fprintf(&b, "  - {path: firm/site/rings/line/%s, level: cell, name: {zh: %d号工位}}\n", cell.code, i+1)
		for m := range cell.machines {
			fmt.Fprintf(&b, "  - {path: %s, level: equipment, name: {zh: 车床}, equipment: {class: lathe, profile: demo-lathe, device: {driver: modbus-tcp, address: \"127.0.0.1:1\", params: {unit: \"%d\"}}, nc: true, cycles: [{product: ring, pru_ms: %d}]}}\n",
				cell.path(m), 10*i+m+1, cell.cycle)
		}
	}
	return b.String()
}

type lineCell struct {
	code     string
	machines int
	cycle    int // ms
}

func (c lineCell) path(m int) string { return fmt.Sprintf("firm/site/rings/line/%s/m%d", c.code, m+1) }

var (
	lineCells = []lineCell{{"op10", 2, 38_000}, {"op20", 1, 19_500}, {"op30", 1, 20_000}, {"op40", 1, 19_000}}
	lineRoom  = []int{12, 8, 15}
)

// deaf hides what machines say of their neighbours; with all it hides everything
// but faults.
type deaf struct {
	line.Machines
	all bool
}

func (d deaf) Did(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Micros) ([]line.Did, error) {
	did, err := d.Machines.Did(ctx, tenant, machine, from, to)
	for i := range did {
		one := &did[i]
		if one.Reason == "" || !strings.HasPrefix(one.Reason, "material.") && (!d.all || one.Fault) {
			continue
		}
		one.Reason, one.Loss, one.SaidBy = "unassigned", "other", ""
		if one.Class == "AUST" { // the reason had made it setup
			one.Class = "ADET"
		}
	}
	return did, err
}

// simulatedLine is a node that has kept hours of a simulated line, with the truth.
func simulatedLine(t *testing.T, hours int) (*node, *sim.Plant, line.Layout) {
	t.Helper()
	profiles, err := profile.Load(data.FS, "profiles", checkersOf(throwawayDrivers().List))
	must(t, err)
	m, err := file.Read("plant.yaml", []byte(lineFile()), file.Options{Profiles: profiles.IDs()})
	must(t, err)
	joined := sim.Line{Room: lineRoom}
	for _, c := range lineCells {
		var station []string
		for k := range c.machines {
			station = append(station, c.path(k))
		}
		joined.Stations = append(joined.Stations, station)
	}
	now := time.Now().Truncate(time.Second)
	p, err := sim.New(sim.Config{Seed: 11, Start: now.Add(-time.Duration(hours) * time.Hour), Model: m, Kinds: simKinds(profiles), Lines: []sim.Line{joined}})
	must(t, err)
	t.Cleanup(p.Close)
	begin := plant.InstantOf(p.Now())
	at := place{Data: t.TempDir()}
	must(t, past(t.Context(), at, m, profiles, p, now, wholePast))
	n, err := openNode(t.Context(), at, "127.0.0.1:0", slog.New(slog.DiscardHandler))
	must(t, err)
	t.Cleanup(func() { must(t, n.close()) })
	model, err := n.plants.Model(t.Context(), access.Scope{Tenant: demoTenant}, plant.MicrosOf(now))
	must(t, err)
	i := slices.IndexFunc(model.Nodes, func(n plant.Node) bool { return n.Level == plant.LevelLine })
	desk := n.newLines()
	l, err := desk.Propose(t.Context(), access.Scope{Tenant: demoTenant}, model.Nodes[i].ID)
	must(t, err)
	for k := range l.Links {
		room := int64(lineRoom[k])
		l.Links[k].Capacity = &room
	}
	l.From = begin
	l, err = desk.Save(t.Context(), access.Node(demoTenant), l)
	must(t, err)
	return n, p, l
}

// waits are the times in which a machine waited for its neighbours, by cause.
type waits map[string][]waited

type waited struct {
	from, to int64 // ms
	what     string
}

// TestLine_DerivedStatesAgainstTruth: of a simulated line nobody tells of starving
// and blocking. What is derived from counts and neighbours is held against what
// the machines truly did.
func TestLine_DerivedStatesAgainstTruth(t *testing.T) {
	t.Parallel()
	n, p, l := simulatedLine(t, 24)
	truth := waits{}
	var end time.Time
	for _, i := range p.Truth() {
		what := map[sim.Cause]string{sim.MaterialMissing: "starved", sim.Blocked: "blocked"}[i.Cause]
		truth[i.Path] = append(truth[i.Path], waited{i.From.UnixMilli(), i.To.UnixMilli(), what})
		end = later(end, i.To)
	}
	// Machines are looked at once a second and often wait for a few: what is told
	// whole is found to 95 %, too.
	for _, c := range []struct {
		name             string
		machines         line.Machines
		agree, precision float64
		recall           float64
	}{
		{"machines tell all", lineMachines{n.desk, n.reasons}, 0.98, 0.93, 0.93},
		{"nothing of their neighbours", deaf{lineMachines{n.desk, n.reasons}, false}, 0.97, 0.93, 0.85},
		{"nothing but faults", deaf{lineMachines{n.desk, n.reasons}, true}, 0.97, 0.92, 0.85},
	} {
		desk := line.NewDesk(line.Options{Store: lineStore{l}, Plant: plantOf{n.fleet}, Machines: c.machines, Orders: demandOf{n.newProduction()}, Definitions: n.lineFigures, Now: time.Now})
		a, err := desk.Analyse(t.Context(), access.Scope{Tenant: demoTenant}, line.Query{Line: l.Line, From: l.From, To: plant.InstantOf(end)})
		must(t, err)
		s := agreement(a, truth)
		t.Logf("%s: %.4f of machine time agrees; of waiting derived %.4f was so, of true waiting %.4f was found (%d min starved, %d min blocked truly)",
			c.name, s.agree, s.precision, s.recall, s.starved/60_000, s.blocked/60_000)
		if s.agree < c.agree || s.precision < c.precision || s.recall < c.recall {
			t.Errorf("%s: want at least %.2f, %.2f, %.2f", c.name, c.agree, c.precision, c.recall)
		}
		if s.starved < 60*60_000 || s.blocked < 60*60_000 {
			t.Errorf("the line hardly waited: it shows nothing")
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

type score struct {
	agree, precision, recall float64
	starved, blocked         int64
}

// agreement holds what is derived of each machine against the truth, instant by
// instant.
func agreement(a line.Analysis, truth waits) (s score) {
	var all, same, found, said, true_ int64
	for _, st := range a.Stations {
		for _, m := range st.Machines {
			for _, d := range m.Stretches {
				what := d.State.String()
				if what != "starved" && what != "blocked" {
					what = ""
				}
				from, to := int64(d.From)/1000, int64(d.To)/1000
				for _, w := range truth[m.Path] {
					ms := min(w.to, to) - max(w.from, from)
					if ms <= 0 {
						continue
					}
					all += ms
					switch w.what {
					case "starved":
						s.starved += ms
					case "blocked":
						s.blocked += ms
					}
					if w.what == what {
						same += ms
					}
					if what != "" {
						said += ms
					}
					if w.what != "" {
						true_ += ms
					}
					if what != "" && what == w.what {
						found += ms
					}
				}
			}
		}
	}
	s.agree = float64(same) / float64(max(all, 1))
	s.precision, s.recall = float64(found)/float64(max(said, 1)), float64(found)/float64(max(true_, 1))
	return s
}

// lineStore holds one layout.
type lineStore struct{ l line.Layout }

func (s lineStore) SaveLayout(context.Context, plant.TenantNo, line.Layout, int64) error { return nil }

func (s lineStore) Layouts(context.Context, access.Scope) ([]line.Layout, error) {
	return []line.Layout{s.l}, nil
}

func (s lineStore) Revisions(context.Context, plant.TenantNo, plant.NodeID) ([]line.Layout, error) {
	return []line.Layout{s.l}, nil
}

// TestLine_Figures: what the answer of the whole node says adds up, and its figures
// are those of the machines' own counts.
func TestLine_Figures(t *testing.T) {
	t.Parallel()
	n, p, l := simulatedLine(t, 8)
	good := map[string]int64{}
	for _, a := range p.Accounts() {
		good[a.Path] = a.Good
	}
	a, err := n.newLines().Analyse(t.Context(), access.Scope{Tenant: demoTenant}, line.Query{Line: l.Line, From: l.From, To: plant.InstantOf(p.Now()), Demand: 1200})
	must(t, err)
	window := int64(a.To-a.From) / 1000
	sum := a.Bottleneck.ShiftingMs + a.Bottleneck.NoneMs
	for _, s := range a.Bottleneck.Shares {
		sum += s.SoleMs
	}
	if sum != window {
		t.Errorf("the bottleneck adds up to %d of %d ms", sum, window)
	}
	for _, s := range a.Stations {
		var times int64
		for _, ms := range s.TimesMs {
			times += ms
		}
		if times != window {
			t.Errorf("%s: its states add up to %d of %d ms", s.Code, times, window)
		}
	}
	if a.Waterfall == nil {
		t.Fatal("no waterfall")
	}
	left := a.Waterfall.Possible
	for _, s := range a.Waterfall.Steps {
		left -= s.Parts
	}
	if d := left - float64(a.Waterfall.Good); d > 1e-6 || d < -1e-6 {
		t.Errorf("the waterfall ends at %f; want %d", left, a.Waterfall.Good)
	}
	last := lineCells[len(lineCells)-1].path(0)
	values := map[string]float64{}
	for _, f := range a.Figures {
		if f.Value == nil {
			t.Errorf("%s has no value: %s", f.Definition.ID, f.Reason)
			continue
		}
		values[f.Definition.ID] = *f.Value
		if f.Definition.ID == "line-oee" {
			// The counters are read once a second, the truth ends with the last event.
			if d := f.Terms[line.TermGood] - good[last]; d > 3 || d < -3 {
				t.Errorf("%d good parts came out; the machine made %d", f.Terms[line.TermGood], good[last])
			}
			if f.Coverage == nil || *f.Coverage < 0.99 {
				t.Errorf("coverage %v", f.Coverage)
			}
		}
	}
	// 19, 19.5, 20 and 19 s: 77.5 of 80.
	if b := values["line-balance"]; b != 0.96875 {
		t.Errorf("balance %v; want 77.5 of 80", b)
	}
	if oee := values["line-oee"]; oee < 0.2 || oee > 0.95 {
		t.Errorf("line OEE %v", oee)
	}
	t.Logf("line OEE %.3f, balance %.4f, takt %.1f s, throughput %.1f/h, %.1f parts between stations; bottleneck %s; root %s", values["line-oee"], values["line-balance"], values["line-takt"], values["line-throughput"], values["line-wip"], a.Bottleneck.Main, a.Root)
}

package main

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"zhigai/access"
	calc "zhigai/calc/control"
	"zhigai/connect/peer"
	"zhigai/plant"
	recshop "zhigai/record/shop"
	"zhigai/shop/alarm"
	"zhigai/shop/control/loop"
)

const foreignFurnace = `schema: zhigai.plant/1
nodes:
  - {path: firm, level: enterprise, name: {zh: 企业}}
  - {path: firm/heat, level: site, name: {zh: 热处理}}
  - path: firm/heat/furnace
    level: equipment
    name: {zh: 炉}
    equipment: {class: furnace, profile: demo-furnace, device: {driver: modbus-tcp, address: "127.0.0.1:PORT", params: {unit: "1"}}}
`

// heldFurnace is a foreign furnace over Modbus, held by a loop of a node whose clock and
// nimbleness a test has in hand.
type heldFurnace struct {
	*testing.T
	whole   *testing.T // for what outlives one loss
	n       *node
	port    string
	process *peer.Process
	furnace plant.Node
	safe    loop.Safe
	desk    *loop.Desk
	ahead   atomic.Int64 // by which its clock is off
	slow    atomic.Int64 // that its reading takes
	series  string
}

// slowLive reads as the node does, as slowly as a test wants.
type slowLive struct {
	loop.Live
	by *atomic.Int64
}

func (s slowLive) Values(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, signals []string) ([]loop.Value, error) {
	time.Sleep(time.Duration(s.by.Load())) // a machine with no time to give: nothing cuts it short
	return s.Live.Values(ctx, tenant, machine, signals)
}

func (h *heldFurnace) open() {
	h.Helper()
	began := time.Now()
	h.desk = loop.NewDesk(loop.Options{
		Store: recshop.NewLoops(h.n.record), Machines: loopMachines{placesOf{h.n.fleet}, h.n.profiles}, Live: slowLive{loopLive{h.n}, &h.slow},
		Commands: loopCommands{controls{h.n}}, Alarms: loopAlarms{alarmsFrom{h.n.alarms, fromControl}}, NewID: h.n.record.NewID, Logger: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return time.Now().Add(time.Duration(h.ahead.Load())) }, Passed: func() time.Duration { return time.Since(began) },
	})
	must(h.T, h.desk.Resume(h.Context(), homeTenant))
}

func (h *heldFurnace) serve() {
	h.Helper()
	h.process = peer.Python(h.whole, "../..", "modbus/furnace.py", "pymodbus", "apt-get install python3-pymodbus", h.port)
	h.process.Wait("listening")
}

func (h *heldFurnace) view() loop.View {
	h.Helper()
	v, err := h.desk.View(h.Context(), access.Node(homeTenant), h.series)
	must(h.T, err)
	return v
}

func (h *heldFurnace) mode(m loop.Mode) {
	h.Helper()
	_, err := h.desk.SetMode(h.Context(), access.Node(homeTenant), h.series, loop.Asked{Mode: m, Rev: h.view().Run.Rev})
	must(h.T, err)
}

// until waits for what must happen.
func (h *heldFurnace) until(what string, is func() bool) {
	h.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); <-tick.C {
		if is() {
			return
		}
	}
	h.Fatalf("it never came to %s: %+v %+v", what, h.view().Run, h.view().Now)
}

// state is what the furnace has.
func (h *heldFurnace) state() (output, remote, beats float64) {
	h.Helper()
	output, remote, beats, _ = h.sees()
	return output, remote, beats
}

// sees is state, and whether the furnace sees that nobody serves its watchdog.
func (h *heldFurnace) sees() (output, remote, beats float64, unserved bool) {
	h.Helper()
	h.process.Send(map[string]any{"op": "state"})
	s := h.process.Wait("state")
	unserved, _ = s["unserved"].(bool)
	number := func(key string) float64 { v, _ := s[key].(float64); return v }
	return number("output"), number("remote"), number("beats"), unserved
}

func (h *heldFurnace) hide(on bool) {
	h.process.Send(map[string]any{"op": "hide", "on": on})
	h.process.Wait("hidden")
}

// begin has the loop hold the furnace, and write.
func (h *heldFurnace) begin() {
	h.Helper()
	for at, value := range map[int]int{87: 600, 88: 1} {
		h.process.Send(map[string]any{"op": "set", "at": at, "value": value})
		h.process.Wait("set")
	}
	contact(h.T, h.n, h.furnace.Machine.Device.ID)
	li, wang := access.Node(homeTenant), access.Node(homeTenant)
	li.Name, wang.Name = "li", "wang"
	l := loop.Loop{
		Name: plant.Name{ZH: "炉温"}, Owner: "li", Machine: h.furnace.ID, Output: "heater.output", PV: loop.Input{Machine: h.furnace.ID, Signal: "temperature.zone2"},
		Block: loop.Block{Kind: loop.PID, PID: &calc.PID{K: 0.2, Ti: 60, B: 1, Range: calc.Range{Low: 0, High: 100}}},
		SP:    750, SPLow: 100, SPHigh: 900, PeriodMs: 500, MaxAgeMs: 2000, IntervalMs: 1000, Deadband: 0.1, Resolution: 0.1,
		Safe: h.safe, Watchdog: &loop.Watchdog{Signal: "watchdog.remote", PeriodMs: 500},
	}
	l, err := h.desk.SaveLoop(h.Context(), li, l)
	must(h.T, err)
	l, err = h.desk.Move(h.Context(), wang, l.ID, loop.Move{State: loop.Approved, Rev: l.Rev})
	must(h.T, err)
	h.series = l.Series
	h.mode(loop.Manual)
	h.until("a reading", func() bool { v := h.view(); return v.Now != nil && v.Now.PV != nil })
	h.mode(loop.Auto)
	h.until("a write", func() bool {
		output, _, beats := h.state()
		return output > 61 && beats > 2
	})
	h.process.Send(map[string]any{"op": "forget"})
	h.process.Wait("forgotten") // what was said before does not count
}

// nodeOfFurnace is a node with the foreign furnace behind a port, which it may write to.
func nodeOfFurnace(t *testing.T, port string, prepare func(*node)) (*node, plant.Node) {
	t.Helper()
	n, _ := nodeAndAPI(t, strings.Replace(foreignFurnace, "PORT", port, 1), time.Now().Add(-time.Hour), prepare)
	scope := access.Scope{Tenant: homeTenant}
	m, err := n.plants.Model(t.Context(), scope, plant.MicrosOf(time.Now()))
	must(t, err)
	furnace := m.Nodes[slices.IndexFunc(m.Nodes, func(nd plant.Node) bool { return nd.Machine != nil })]
	rev, err := n.plants.Revision(t.Context(), scope, furnace.ID)
	must(t, err)
	furnace.Machine.Device.Writing = true
	_, _, err = n.plants.SaveNode(access.With(t.Context(), access.Node(homeTenant)), scope, furnace, rev, plant.MicrosOf(time.Now()))
	must(t, err)
	must(t, n.reconcile(t.Context()))
	return n, furnace
}

// losses are the ways in which a loop loses what it needs, with what mends them.
var losses = []struct {
	name, says string
	lose, mend func(h *heldFurnace)
}{
	{"stale input", "inputs are stale: temperature.zone2", func(h *heldFurnace) { h.hide(true) }, func(h *heldFurnace) { h.hide(false) }},
	{"lost device", "inputs are stale", func(h *heldFurnace) { h.process.Kill() }, func(h *heldFurnace) { h.serve() }},
	{"node restart", "the node started anew", func(h *heldFurnace) {
		h.desk.Close()
		h.open()
	}, func(*heldFurnace) {}},
	{"clock step", "stepped by 1h0m0s", func(h *heldFurnace) { h.ahead.Store(int64(time.Hour)) }, func(h *heldFurnace) { h.ahead.Store(0) }},
	{"overload", "overloaded", func(h *heldFurnace) { h.slow.Store(int64(3 * time.Second)) }, func(h *heldFurnace) { h.slow.Store(0) }},
}

// Each way of losing, for each thing that a loop may have declared for it, on a foreign
// server over its real protocol: the loop suspends itself and says why as an alarm, the
// machine has what was declared, and sees by its watchdog that nobody holds it.
func TestLoss_OnAForeignMachine(t *testing.T) {
	t.Parallel()
	for _, safe := range []loop.Safe{{Action: loop.Hold}, {Action: loop.Ramp, Value: 20, Rate: 20}, {Action: loop.HandBack, Signal: "heater.remote"}} {
		t.Run(string(safe.Action), func(t *testing.T) {
			t.Parallel()
			h := &heldFurnace{T: t, whole: t, port: peer.Port(t), safe: safe}
			h.serve()
			h.n, h.furnace = nodeOfFurnace(t, h.port, func(*node) {})
			h.open()
			t.Cleanup(func() { h.desk.Close() })
			for _, one := range losses {
				t.Run(one.name, func(t *testing.T) {
					h.T = t
					h.begin()
					one.lose(h)
					h.until("its suspension", func() bool { return h.view().Run.Mode == loop.Suspended })
					if v := h.view(); !strings.Contains(v.Run.Reason, one.says) {
						t.Errorf("suspended for %q; want %q", v.Run.Reason, one.says)
					}
					before := 0.
					if one.name != "lost device" {
						before, _, _ = h.state()
					}
					one.mend(h)
					h.until("what it declared", func() bool { return h.view().Run.Safe })
					h.until("its watchdog unserved", func() bool {
						_, _, _, unserved := h.sees()
						return unserved
					})
					output, remote, _ := h.state()
					switch {
					case safe.Action == loop.Hold && (remote != 1 || one.name != "lost device" && output != before):
						t.Errorf("output %v, remote %v; it was at %v", output, remote, before)
					case safe.Action == loop.Ramp && (output != 20 || remote != 1):
						t.Errorf("output %v, remote %v; want 20 and 1", output, remote)
					case safe.Action == loop.HandBack && remote != 0:
						t.Errorf("remote %v; want 0", remote)
					}
					h.until("its alarm", func() bool {
						now, err := h.n.alarms.Now(t.Context(), access.Scope{Tenant: homeTenant}, alarm.Filter{Source: fromControl})
						must(t, err)
						return slices.ContainsFunc(now.Alarms, func(a alarm.Alarm) bool { return strings.Contains(a.Text.EN, one.says) })
					})
					h.mode(loop.Manual)
					h.mode(loop.Off)
				})
			}
		})
	}
}

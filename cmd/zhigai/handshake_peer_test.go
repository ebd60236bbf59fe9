package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"zhigai/access"
	calccontrol "zhigai/calc/control"
	calc "zhigai/calc/handshake"
	"zhigai/connect/peer"
	"zhigai/plant"
	"zhigai/plant/file"
	"zhigai/shop/control/handshake"
	"zhigai/shop/control/loop"
)

// handingMachine is the profile of a machine that hands something over by a code that it
// shows and one that it is told.
const handingMachine = `schema: zhigai.profile/1
id: handing-PROTOCOL
version: 1
vendor: test
class: lathe
title: {zh: 测试, en: test}
source: this test
verified: derived
protocol: PROTOCOL
link: {timeout: 1s}
signals:
  - {name: code, kind: number, at: "{feed}", period: 20ms}
  - {name: fault, kind: boolean, at: "{guard}", period: 20ms}
  - {name: told, kind: number, at: "{clamped}", period: 1s, write: {min: 0, max: 9}}
`

// brands are the two ends of a hand-over: foreign servers of two protocols.
var brands = []struct {
	protocol string
	at       map[string]string
	start    func(t testing.TB, port string) *peer.Process
	address  string
}{
	{
		"modbus-tcp",
		map[string]string{"feed": "holding 0 uint16", "clamped": "holding 1 uint16", "guard": "holding 3.0 bool"},
		func(t testing.TB, port string) *peer.Process {
			return peer.Python(t, "../..", "modbus/setpoints.py", "pymodbus", "apt-get install python3-pymodbus", port)
		},
		`address: "127.0.0.1:PORT", params: {unit: "1"}`,
	},
	{
		"opcua",
		map[string]string{"feed": "nsu=urn:zhigai.test:setpoints;s=feed", "clamped": "nsu=urn:zhigai.test:setpoints;s=clamped", "guard": "nsu=urn:zhigai.test:setpoints;s=guard"},
		func(t testing.TB, port string) *peer.Process {
			return peer.Node(t, "../..", "opcua/setpoints.js", port, t.TempDir())
		},
		`address: "opc.tcp://127.0.0.1:PORT/UA/SetPoints", params: {policy: None}`,
	},
	{
		"s7",
		map[string]string{"feed": "DB1.DBW0 int", "clamped": "DB1.DBW2 word", "guard": "DB1.DBX6.0"},
		func(t testing.TB, port string) *peer.Process {
			return peer.Node(t, "../..", "s7/setpoints.js", port)
		},
		`address: "127.0.0.1:PORT", params: {plc: s7-300}`,
	},
}

// brand is a running foreign machine.
type brand struct {
	h       *twoBrands
	no      int // of brands
	port    string
	process *peer.Process
	node    plant.Node
}

func (b *brand) start() {
	b.process = brands[b.no].start(b.h.whole, b.port)
	b.process.Wait("listening")
	b.show(0)
	b.fault(false)
	b.set("clamped", 0)
}

func (b *brand) set(name string, v int) {
	b.process.Send(map[string]any{"op": "set", "name": name, "value": v})
	b.process.Wait("set")
}

func (b *brand) show(code int) { b.set("feed", code) }

func (b *brand) fault(on bool) {
	v := 0
	if on {
		v = 1
	}
	b.set("guard", v)
}

// told waits until the machine is told a code, which its program takes.
func (b *brand) told(code float64) {
	b.h.Helper()
	for range 20 {
		e := b.process.Wait("written")
		if b.numberOf(e) == code {
			return
		}
	}
	b.h.Fatalf("%s never was told %v", brands[b.no].protocol, code)
}

// numberOf is what a foreign server says was written.
func (b *brand) numberOf(e peer.Event) float64 {
	if words, ok := e["words"].([]any); ok && len(words) == 1 {
		v, _ := words[0].(float64)
		return v
	}
	if hex, ok := e["hex"].(string); ok {
		n, err := strconv.ParseUint(hex, 16, 64)
		must(b.h.TB, err)
		return float64(n)
	}
	v, _ := e["value"].(float64)
	return v
}

// twoBrands are two foreign machines and the handshake between them.
type twoBrands struct {
	testing.TB
	whole        testing.TB // for what outlives one fault
	n            *node
	giver, taker *brand
	desk         *handshake.Desk
	stop         context.CancelFunc
	series       string
	before       int // hand-overs so far
}

func (h *twoBrands) open() {
	began := time.Now()
	h.desk = handshake.NewDesk(handshake.Options{
		Store: h.n.handshakesKept(), Machines: h.n.handshakeMachines(), Live: handshakeLive{loopLive{h.n}}, Commands: handshakeCommands{controls{h.n}}, Alarms: handshakeAlarms{alarmsFrom{h.n.alarms, fromControl}},
		Held: h.n.heldBeside(holdsHandshake), NewID: h.n.record.NewID, Now: time.Now, Passed: func() time.Duration { return time.Since(began) }, Logger: slog.New(slog.DiscardHandler),
	})
	ctx, stop := context.WithCancel(h.whole.Context())
	desk, over := h.desk, make(chan struct{})
	go func() {
		defer close(over)
		_ = desk.Run(ctx, handshakeFeed{h.n.history})
	}()
	h.stop = func() {
		stop()
		<-over
		desk.Close()
	}
	must(h.TB, h.desk.Resume(h.Context(), homeTenant))
}

func (h *twoBrands) view() handshake.View {
	h.Helper()
	v, err := h.desk.View(h.Context(), access.Node(homeTenant), h.series)
	must(h.TB, err)
	return v
}

// until waits for what must happen.
func (h *twoBrands) until(what string, is func(v handshake.View) bool) handshake.View {
	h.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); <-tick.C {
		if v := h.view(); is(v) {
			return v
		}
	}
	v := h.view()
	h.Fatalf("it never came to %s: %+v %+v %+v", what, v.Run, v.Now, v.Last)
	return v
}

// phase waits until the handshake is in a phase.
func (h *twoBrands) phase(p calc.Phase, step string) {
	h.Helper()
	h.until(fmt.Sprintf("%s %s", p, step), func(v handshake.View) bool {
		return v.Now != nil && v.Now.Phase == p && (step == "" || v.Now.Step == step) && (p != calc.Idle || v.Now.Blocked == "")
	})
}

// clear waits until all is idle and gives the hand-over that ended.
func (h *twoBrands) clear() handshake.Handover {
	h.Helper()
	h.phase(calc.Idle, "")
	all, err := h.desk.Handovers(h.Context(), access.Node(homeTenant), h.series, handshake.HandoverFilter{Limit: 10_000})
	must(h.TB, err)
	if len(all) != h.before+1 {
		h.Fatalf("%d hand-overs; want %d", len(all), h.before+1)
	}
	h.before++
	return all[0]
}

// begin has the handshake followed, as two people approve it.
func (h *twoBrands) begin() {
	li, wang := access.Node(homeTenant), access.Node(homeTenant)
	li.Name, wang.Name = "li", "wang"
	tell := func(v float64) *handshake.Tell { return &handshake.Tell{Signal: "told", Value: v} }
	waits := handshake.Safe{Restart: calc.Wait}
	one, err := h.desk.Save(h.Context(), li, handshake.Handshake{
		Name: plant.Name{ZH: "两个品牌"}, Owner: "li", Kind: handshake.Transfer, Giver: handshake.Side{Machine: h.giver.node.ID}, Taker: handshake.Side{Machine: h.taker.node.ID},
		Steps: []handshake.Step{
			{Name: "offer", Party: calc.Giver, Signal: "code", Value: 1, Tell: tell(1), Safe: waits},
			{Name: "reserve", Party: calc.Taker, Signal: "code", Value: 1, Tell: tell(1), WithinMs: 2000, Safe: waits},
			{Name: "start", Party: calc.Giver, Signal: "code", Value: 2, Tell: tell(2), WithinMs: 10_000, Safe: waits},
			{Name: "done", Party: calc.Taker, Signal: "code", Value: 3, Tell: tell(3), WithinMs: 10_000, Safe: waits},
		},
		Aborts:   []handshake.Abort{{Party: calc.Giver, Signal: "fault", Value: 1}, {Party: calc.Taker, Signal: "fault", Value: 1}},
		MaxAgeMs: 1000, ClearMs: 60_000,
	})
	must(h.TB, err)
	one, err = h.desk.Move(h.Context(), wang, one.ID, handshake.Move{State: handshake.Approved, Rev: one.Rev})
	must(h.TB, err)
	h.series = one.Series
	h.on()
}

func (h *twoBrands) on() {
	h.Helper()
	_, err := h.desk.SetMode(h.Context(), access.Node(homeTenant), h.series, handshake.Asked{Mode: handshake.On, Rev: h.view().Run.Rev})
	must(h.TB, err)
	h.phase(calc.Idle, "")
}

// hand is a whole hand-over as two machines that work do it.
func (h *twoBrands) hand() handshake.Handover {
	h.Helper()
	h.giver.show(1)
	h.taker.told(1)
	return h.rest()
}

// rest is what follows once the taker knows of the offer.
func (h *twoBrands) rest() handshake.Handover {
	h.Helper()
	h.taker.show(1)
	h.giver.told(1)
	h.giver.show(2)
	h.taker.told(2)
	h.taker.show(3)
	h.giver.told(3)
	return h.idle()
}

// idle is two machines that go back to idle when they are told.
func (h *twoBrands) idle() handshake.Handover {
	h.Helper()
	h.giver.told(0)
	h.giver.show(0)
	h.taker.told(0)
	h.taker.show(0)
	return h.clear()
}

// faults are what goes wrong between two brands, with how it must end.
var faults = []struct {
	name string
	end  calc.End
	by   calc.Party
	why  calc.Why
	do   func(h *twoBrands) handshake.Handover
}{
	{"one side is silent", calc.TimedOut, calc.Taker, calc.NotShown, func(h *twoBrands) handshake.Handover {
		h.giver.show(1)
		h.taker.told(1)
		h.taker.told(0)
		h.giver.show(0)
		return h.clear()
	}},
	{"a late answer", calc.TimedOut, calc.Taker, calc.NotShown, func(h *twoBrands) handshake.Handover {
		h.giver.show(1)
		h.taker.told(1)
		h.taker.told(0)
		h.taker.show(1)
		h.until("the late answer", func(v handshake.View) bool { return v.Last.Late != 0 })
		h.giver.show(0)
		h.giver.show(1) // nothing begins while the late answer stands
		h.giver.show(0)
		h.taker.show(0)
		return h.clear()
	}},
	{"the taker gives up", calc.Aborted, calc.Taker, calc.GaveUp, func(h *twoBrands) handshake.Handover {
		h.giver.show(1)
		h.taker.told(1)
		h.taker.show(1)
		h.giver.told(1)
		h.taker.fault(true)
		h.giver.told(0)
		h.taker.told(0)
		h.giver.show(0)
		h.taker.show(0)
		h.taker.fault(false)
		return h.clear()
	}},
	{"the giver gives up", calc.Aborted, calc.Giver, calc.GaveUp, func(h *twoBrands) handshake.Handover {
		h.giver.show(1)
		h.taker.told(1)
		h.giver.fault(true)
		h.taker.told(0)
		h.giver.show(0)
		h.giver.fault(false)
		return h.clear()
	}},
	{"a device is lost", calc.Aborted, calc.Taker, calc.OnLoss, func(h *twoBrands) handshake.Handover {
		h.giver.show(1)
		h.taker.told(1)
		h.taker.show(1)
		h.giver.told(1)
		h.phase(calc.Waiting, "start")
		h.taker.process.Kill()
		h.giver.told(0)
		h.giver.show(0)
		h.taker.start()
		return h.clear()
	}},
	{"restart between steps", calc.Done, "", "", func(h *twoBrands) handshake.Handover {
		h.giver.show(1)
		h.taker.told(1)
		h.taker.show(1)
		h.giver.told(1)
		h.phase(calc.Waiting, "start")
		h.stop()
		h.giver.show(2) // nobody looks
		h.open()
		h.taker.told(2)
		h.taker.show(3)
		h.giver.told(3)
		return h.idle()
	}},
	{"restart, and another hand on a set point", calc.Aborted, calc.Node, calc.Changed, func(h *twoBrands) handshake.Handover {
		h.giver.show(1)
		h.taker.told(1)
		h.phase(calc.Waiting, "reserve")
		h.stop()
		h.taker.set("clamped", 7)
		h.open()
		h.taker.told(0)
		h.giver.show(0)
		return h.clear()
	}},
}

// Two foreign machines of different brands, over their own protocols: they hand over, and
// whatever goes wrong ends as it must, with both at idle, and the next one works.
func TestHandshake_BetweenTwoBrands(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]int{{0, 1}, {1, 2}} {
		t.Run(brands[pair[0]].protocol+" to "+brands[pair[1]].protocol, func(t *testing.T) {
			t.Parallel()
			h := handing(t, pair[0], pair[1])
			for _, one := range faults {
				t.Run(one.name, func(t *testing.T) {
					h.TB = t
					got := one.do(h)
					if got.End != one.end || got.EndBy != one.by || got.Why != one.why || got.Cleared == 0 {
						t.Errorf("ended %+v", got)
					}
					if strings.HasPrefix(one.name, "restart") && got.Resumed != 1 {
						t.Errorf("resumed %d times", got.Resumed)
					}
					if v := h.view(); v.Run.Mode == handshake.Suspended { // three in a row
						h.on()
					}
					if next := h.hand(); next.End != calc.Done {
						t.Errorf("the next one ended %+v", next)
					}
				})
			}
			h.TB = t
			h.times()
		})
	}
}

// handing makes two foreign machines of different brands and the handshake between them.
func handing(t testing.TB, giver, taker int) *twoBrands {
	t.Helper()
	h := brandsAt(t, giver, taker)
	h.open()
	t.Cleanup(func() { h.stop() })
	h.begin()
	return h
}

// brandsAt are two foreign machines of different brands at a node, which may write to both.
func brandsAt(t testing.TB, giver, taker int) *twoBrands {
	t.Helper()
	h := &twoBrands{TB: t, whole: t}
	h.giver, h.taker = &brand{h: h, no: giver, port: peer.Port(t)}, &brand{h: h, no: taker, port: peer.Port(t)}
	profiles, plantFile := fstest.MapFS{}, "schema: zhigai.plant/1\nnodes:\n  - {path: firm, level: enterprise, name: {zh: 企业}}\n  - {path: firm/site, level: site, name: {zh: 厂}}\n"
	for _, b := range []*brand{h.giver, h.taker} {
		b.start()
		of := brands[b.no]
		src := strings.ReplaceAll(handingMachine, "PROTOCOL", of.protocol)
		for name, at := range of.at {
			src = strings.ReplaceAll(src, "{"+name+"}", at)
		}
		profiles["profiles/handing-"+of.protocol+".yaml"] = &fstest.MapFile{Data: []byte(src)}
		plantFile += fmt.Sprintf("  - path: firm/site/%s\n    level: equipment\n    name: {zh: 机}\n    equipment: {class: lathe, profile: handing-%s, device: {driver: %s, %s}}\n", of.protocol, of.protocol, of.protocol, strings.ReplaceAll(of.address, "PORT", b.port))
	}
	n, err := openNodeOf(t.Context(), place{Data: t.TempDir()}, "127.0.0.1:0", slog.New(slog.DiscardHandler), profiles)
	must(t, err)
	t.Cleanup(func() { must(t, n.close()) })
	h.n = n
	m, err := file.Read("plant.yaml", []byte(plantFile), file.Options{Profiles: n.profiles.IDs()})
	must(t, err)
	for i := range m.Nodes {
		if m.Nodes[i].Machine != nil {
			m.Nodes[i].Machine.Device.Writing = true
		}
	}
	must(t, n.plants.Import(access.With(t.Context(), access.Node(homeTenant)), access.Scope{Tenant: homeTenant}, m, plant.MicrosOf(time.Now().Add(-time.Hour))))
	must(t, n.reconcile(t.Context()))
	must(t, n.start(t.Context()))
	stored, err := n.plants.Model(t.Context(), access.Scope{Tenant: homeTenant}, plant.MicrosOf(time.Now()))
	must(t, err)
	for _, b := range []*brand{h.giver, h.taker} {
		b.node = stored.Nodes[slices.IndexFunc(stored.Nodes, func(nd plant.Node) bool { return nd.Path == "firm/site/"+brands[b.no].protocol })]
		rev, err := n.plants.Revision(t.Context(), access.Scope{Tenant: homeTenant}, b.node.ID)
		must(t, err)
		b.node.Machine.Device.Writing = true
		_, _, err = n.plants.SaveNode(access.With(t.Context(), access.Node(homeTenant)), access.Scope{Tenant: homeTenant}, b.node, rev, plant.MicrosOf(time.Now()))
		must(t, err)
	}
	must(t, n.reconcile(t.Context()))
	for _, b := range []*brand{h.giver, h.taker} {
		contact(t, n, b.node.Machine.Device.ID)
	}
	return h
}

// times says how long a step takes, from the signal to the other side's read-back.
func (h *twoBrands) times() {
	h.Helper()
	var seen, shown []float64
	for range handedOver {
		for _, s := range h.hand().Steps {
			seen, shown = append(seen, s.Told.TookMs), append(shown, float64(s.Told.At-s.At)/1000)
		}
	}
	slices.Sort(seen)
	slices.Sort(shown)
	h.Logf("%d steps between %s and %s: seen to read back and kept p50 %.1f ms, p99 %.1f ms; shown by the machine to read back, its own polling or publishing included, p50 %.1f ms, p99 %.1f ms",
		len(seen), brands[h.giver.no].protocol, brands[h.taker.no].protocol, seen[len(seen)/2], seen[len(seen)*99/100], shown[len(shown)/2], shown[len(shown)*99/100])
}

// handedOver is how many hand-overs are timed.
const handedOver = 25

// Downstream full, upstream slows: an on-off loop over two brands. It slows the upstream
// machine at the high level, lets it go again at the low one, not between them, and stays
// slow when the downstream machine is lost; and it is refused while a handshake moves the
// same set point.
func TestInterlock_DownstreamFullUpstreamSlows(t *testing.T) {
	t.Parallel()
	h := handing(t, 0, 1)
	const fast, slow = 9, 2
	li, wang := access.Node(homeTenant), access.Node(homeTenant)
	li.Name, wang.Name = "li", "wang"
	l, err := h.n.loops.SaveLoop(t.Context(), li, loop.Loop{
		Name: plant.Name{ZH: "下游满则上游减速"}, Owner: "li", Machine: h.giver.node.ID, Output: "told", PV: loop.Input{Machine: h.taker.node.ID, Signal: "code"},
		Block: loop.Block{Kind: loop.OnOff, OnOff: &calccontrol.OnOff{Hysteresis: 4}, On: fast, Off: slow},
		SP:    50, SPLow: 10, SPHigh: 90, PeriodMs: 200, MaxAgeMs: 2000, IntervalMs: 1000, Safe: loop.Safe{Action: loop.Ramp, Value: slow},
	})
	must(t, err)
	l, err = h.n.loops.Move(t.Context(), wang, l.ID, loop.Move{State: loop.Approved, Rev: l.Rev})
	must(t, err)
	view := func() loop.View {
		v, err := h.n.loops.View(t.Context(), li, l.Series)
		must(t, err)
		return v
	}
	mode := func(m loop.Mode) error {
		_, err := h.n.loops.SetMode(t.Context(), li, l.Series, loop.Asked{Mode: m, Rev: view().Run.Rev})
		return err
	}
	until := func(what string, is func(v loop.View) bool) {
		t.Helper()
		h.until(what, func(handshake.View) bool { return is(view()) })
	}
	must(t, mode(loop.Manual))
	until("a reading", func(v loop.View) bool { return v.Now != nil && v.Now.PV != nil && v.Now.Output != nil })

	// The node's own desk follows the handshake: the set point is held.
	h.stop()
	must(t, h.n.handshakes.Resume(t.Context(), homeTenant))
	if err := mode(loop.Auto); !errors.Is(err, access.ErrConflict) || !strings.Contains(err.Error(), "handshake") {
		t.Errorf("a loop beside a handshake that moves its set point: %v", err)
	}
	v, err := h.n.handshakes.View(t.Context(), li, h.series)
	must(t, err)
	_, err = h.n.handshakes.SetMode(t.Context(), li, h.series, handshake.Asked{Mode: handshake.Off, Rev: v.Run.Rev})
	must(t, err)
	h.desk = h.n.handshakes

	must(t, mode(loop.Auto))
	for _, c := range []struct {
		level int
		speed float64
	}{{20, fast}, {51, fast}, {60, slow}, {49, slow}, {40, fast}} {
		h.taker.show(c.level)
		until(fmt.Sprintf("level %d, speed %v", c.level, c.speed), func(v loop.View) bool {
			return *v.Now.PV == float64(c.level) && *v.Now.Output == c.speed && v.Now.Under == ""
		})
	}
	if _, err := h.n.handshakes.SetMode(t.Context(), li, h.series, handshake.Asked{Mode: handshake.On, Rev: h.view().Run.Rev}); !errors.Is(err, access.ErrConflict) || !strings.Contains(err.Error(), "loop") {
		t.Errorf("a handshake beside a loop that moves its set point: %v", err)
	}
	h.taker.process.Kill()
	until("slow, for the level is not known", func(v loop.View) bool {
		return v.Run.Mode == loop.Suspended && v.Run.Safe && v.Now.Output != nil && *v.Now.Output == slow
	})
}

package main

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"
	"time"

	calc "zhigai/calc/control"
	"zhigai/connect/peer"
	"zhigai/plant"
	"zhigai/shop/control/loop"
)

// put sets a float32 of the furnace: zone 3 stands still unless a test moves it.
func (h *heldFurnace) put(at int, value float64) {
	h.Helper()
	var raw [4]byte
	binary.BigEndian.PutUint32(raw[:], math.Float32bits(float32(value)))
	for i := range 2 {
		h.process.Send(map[string]any{"op": "set", "at": at + i, "value": int(binary.BigEndian.Uint16(raw[2*i:]))})
		h.process.Wait("set")
	}
}

const zone3At = 17

// run puts a loop of a block in auto, with its output at 60 and zone 3 at 500.
func (h *heldFurnace) run(l loop.Loop) {
	h.Helper()
	for at, value := range map[int]int{87: 600, 88: 1} {
		h.process.Send(map[string]any{"op": "set", "at": at, "value": value})
		h.process.Wait("set")
	}
	h.put(zone3At, 500)
	contact(h.T, h.n, h.furnace.Machine.Device.ID)
	l.Name, l.Owner, l.Machine, l.Output = plant.Name{ZH: "炉温"}, "li", h.furnace.ID, "heater.output"
	if l.PV.Signal == "" {
		l.PV.Signal = "temperature.zone2"
	}
	l.SPLow, l.SPHigh, l.PeriodMs, l.MaxAgeMs, l.IntervalMs, l.Deadband, l.Resolution, l.Safe = 0, 1000, 250, 5000, 1000, 0.05, 0.1, loop.Safe{Action: loop.Hold}
	for _, in := range []*loop.Input{&l.PV, l.Inner, l.Disturbance} {
		if in != nil {
			in.Machine = h.furnace.ID
		}
	}
	l, err := h.desk.SaveLoop(h.Context(), personOf("li"), l)
	must(h.T, err)
	l, err = h.desk.Move(h.Context(), personOf("wang"), l.ID, loop.Move{State: loop.Approved, Rev: l.Rev})
	must(h.T, err)
	h.series = l.Series
	h.mode(loop.Manual)
	h.until("a reading", func() bool { v := h.view(); return v.Now != nil && v.Now.PV != nil })
	h.mode(loop.Auto)
}

func (h *heldFurnace) output() float64 {
	h.Helper()
	output, _, _ := h.state()
	return output
}

func (h *heldFurnace) setPoint(v float64) {
	h.Helper()
	_, err := h.desk.SetPoint(h.Context(), personOf("wang"), h.series, loop.NewValue{Value: v, Rev: h.view().Run.Rev})
	must(h.T, err)
}

func about(a, b, by float64) bool { return math.Abs(a-b) <= by }

// Loops of each kind hold a foreign furnace over its real protocol, as the formula of
// their block says, and none goes on by itself after the node started anew.
func TestLoop_EachKindOnAForeignMachine(t *testing.T) {
	t.Parallel()
	h := &heldFurnace{T: t, whole: t, port: peer.Port(t)}
	h.serve()
	h.n, h.furnace = nodeOfFurnace(t, h.port, func(*node) {})
	h.open()
	t.Cleanup(func() { h.desk.Close() })
	whole := calc.Range{Low: 0, High: 100}
	for _, one := range []struct {
		name string
		of   loop.Loop
		does func()
	}{
		{"on-off", loop.Loop{SP: 685, Block: loop.Block{Kind: loop.OnOff, OnOff: &calc.OnOff{Hysteresis: 2}, On: 70, Off: 50}}, func() {
			for range 2 { // the furnace drifts from one side to the other
				h.until("off", func() bool { return h.output() == 50 })
				h.until("on", func() bool { return h.output() == 70 })
			}
			if pv := h.view().Now.PV; pv == nil || !about(*pv, 685, 15) {
				t.Errorf("the switch holds %v at %v", 685, pv)
			}
		}},
		{"ratio", loop.Loop{SP: 1, PV: loop.Input{Signal: "temperature.zone3"}, Block: loop.Block{Kind: loop.Ratio, Ratio: &calc.Ratio{Ratio: 0.05, Bias: 20, Range: whole}}}, func() {
			h.until("20 + 0.05 × 500", func() bool { return about(h.output(), 45, 0.05) })
			h.put(zone3At, 800)
			h.until("20 + 0.05 × 800", func() bool { return about(h.output(), 60, 0.05) })
		}},
		{"feed-forward", loop.Loop{SP: 685, Disturbance: &loop.Input{Signal: "temperature.zone3"}, Block: loop.Block{
			Kind: loop.PID, PID: &calc.PID{K: 0.001, Ti: 10000, B: 1, Range: whole}, Feed: &calc.FeedForward{Gain: 0.1, At: 500},
		}}, func() {
			h.put(zone3At, 600)
			h.until("0.1 × 100 more", func() bool { return about(h.output(), 70, 0.5) })
			h.put(zone3At, 450)
			h.until("0.1 × 50 less", func() bool { return about(h.output(), 55, 0.5) })
		}},
		{"cascade", loop.Loop{SP: 685, Inner: &loop.Input{Signal: "temperature.zone3"}, Block: loop.Block{Kind: loop.Cascade, Cascade: &calc.Cascade{
			Outer: calc.PID{K: 0.5, Ti: 10000, B: 1, Range: calc.Range{Low: 0, High: 1000}}, Inner: calc.PID{K: 0.2, Ti: 10000, B: 1, Range: whole},
		}}}, func() {
			h.setPoint(785) // the outer asks for 50 more of the inner, and that for 10 more of the output
			h.until("10 more", func() bool {
				sp := h.view().Now.InnerSP
				return sp != nil && about(*sp, 550, 10) && about(h.output(), 70, 2)
			})
			h.put(zone3At, 525) // half of it came: half of the way back
			h.until("5 less", func() bool { return about(h.output(), 65, 2) })
		}},
		{"ramp", loop.Loop{SP: 685, Block: loop.Block{Kind: loop.PID, PID: &calc.PID{K: 0.1, Ti: 10000, B: 1, Range: whole}, Ramp: &calc.Ramp{Up: 40, Down: 40}}}, func() {
			began := time.Now()
			h.setPoint(805)
			last, between := 0.0, 0
			h.until("the end of the ramp", func() bool {
				sp := h.view().Now.SP
				if sp == nil {
					return false
				}
				if *sp > last && *sp < 804 {
					last, between = *sp, between+1
				}
				return *sp == 805
			})
			if took := time.Since(began); took < 2500*time.Millisecond || between < 3 {
				t.Errorf("120 up at 40/s took %s by %d steps", took, between)
			}
			h.until("a write", func() bool { return h.output() > 66 })
		}},
	} {
		t.Run(one.name, func(t *testing.T) {
			h.T = t
			h.run(one.of)
			one.does()
			h.desk.Close()
			h.open()
			h.until("its suspension", func() bool { v := h.view(); return v.Run.Mode == loop.Suspended && v.Run.Safe })
			if v := h.view(); !strings.Contains(v.Run.Reason, "the node started anew") {
				t.Errorf("suspended for %q", v.Run.Reason)
			}
			h.mode(loop.Manual)
			h.mode(loop.Off)
		})
	}
}

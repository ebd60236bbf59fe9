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
	"zhigai/calc/control"
	"zhigai/connect/peer"
	"zhigai/plant"
	"zhigai/shop/alarm"
	"zhigai/shop/control/rule"
)

// ruledFurnace is a foreign furnace over Modbus at which a rule of a node acts, whose
// clock and nimbleness a test has in hand.
type ruledFurnace struct {
	*testing.T
	whole   *testing.T // for what outlives one loss
	n       *node
	port    string
	process *peer.Process
	furnace plant.Node
	safe    control.Safe
	desk    *rule.Desk
	stop    func()
	ahead   atomic.Int64 // by which its clock is off
	slow    atomic.Int64 // that its reading takes, once
	id      string
}

// slowFeed gives what was committed as slowly as a test wants.
type slowFeed struct {
	ruleFeed
	by *atomic.Int64
}

func (s slowFeed) Read(ctx context.Context, after uint64, limit int) ([]rule.Entry, error) {
	time.Sleep(time.Duration(s.by.Swap(0))) // a machine with no time to give: nothing cuts it short
	return s.ruleFeed.Read(ctx, after, limit)
}

// open lets a desk of rules run on the node's record and history, as the node's own does.
func (h *ruledFurnace) open() {
	h.Helper()
	o := h.n.lineRuleOptions()
	o.Logger = slog.New(slog.DiscardHandler)
	o.Now = func() time.Time { return time.Now().Add(time.Duration(h.ahead.Load())) }
	o.Held = nil
	h.desk = rule.NewDesk(o)
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { over <- h.desk.Run(ctx, slowFeed{ruleFeed{h.n.history}, &h.slow}) }()
	h.stop = func() { cancel(); <-over }
}

func (h *ruledFurnace) serve() {
	h.Helper()
	h.process = peer.Python(h.whole, "../..", "modbus/furnace.py", "pymodbus", "apt-get install python3-pymodbus", h.port)
	h.process.Wait("listening")
}

func (h *ruledFurnace) rule() rule.Rule {
	h.Helper()
	r, err := h.desk.Rule(h.Context(), access.Node(homeTenant), h.id)
	must(h.T, err)
	return r
}

func (h *ruledFurnace) until(what string, is func() bool) {
	h.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); <-tick.C {
		if is() {
			return
		}
	}
	r := h.rule()
	h.Fatalf("it never came to %s: %s, %+v, %+v, %+v", what, r.State, r.Steps, r.Securing, h.desk.Status(h.id))
}

type furnaceState struct {
	output, remote, beats, writes float64
	unserved                      bool
}

// state is what the furnace has.
func (h *ruledFurnace) state() furnaceState {
	h.Helper()
	h.process.Send(map[string]any{"op": "state"})
	s := h.process.Wait("state")
	unserved, _ := s["unserved"].(bool)
	number := func(key string) float64 { v, _ := s[key].(float64); return v }
	return furnaceState{number("output"), number("remote"), number("beats"), number("writes"), unserved}
}

func (h *ruledFurnace) set(at, value int) {
	h.process.Send(map[string]any{"op": "set", "at": at, "value": value})
	h.process.Wait("set")
}

// person is the node under the name of somebody.
func personOf(name string) access.Principal {
	p := access.Node(homeTenant)
	p.Name = name
	return p
}

// activated tries a rule, has it decide without acting until it can tell, and makes it
// active as two people do.
func activated(t testing.TB, desk *rule.Desk, r rule.Rule) {
	t.Helper()
	li, wang := personOf("li"), personOf("wang")
	now := plant.InstantOf(time.Now())
	r, _, err := desk.Backtest(t.Context(), li, r.ID, r.Rev, rule.Question{From: now - 1_000_000, To: now})
	must(t, err)
	r, err = desk.Move(t.Context(), li, r.ID, rule.Move{What: "shadow", Rev: r.Rev})
	must(t, err)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); desk.Status(r.ID).Standing == 0; <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("its condition can never be told: %+v", desk.Status(r.ID))
		}
	}
	r, err = desk.Move(t.Context(), li, r.ID, rule.Move{What: "request", Note: "x", Rev: r.Rev})
	must(t, err)
	_, err = desk.Decide(t.Context(), wang, r.ID, rule.Move{What: "approve", Rev: r.Rev})
	must(t, err)
}

// begin has a rule act at the furnace: it is hot, and its output is set.
func (h *ruledFurnace) begin() {
	h.Helper()
	h.set(87, 600)
	h.set(88, 1)
	contact(h.T, h.n, h.furnace.Machine.Device.ID)
	li := personOf("li")
	value := 62.0
	r, err := h.desk.Save(h.Context(), li, rule.Rule{Definition: rule.Definition{
		Name: plant.Name{ZH: "过热", EN: "Hot"}, Place: h.furnace.ID, Inputs: []rule.Input{{Name: "temp", Machine: h.furnace.ID, Signal: "temperature.zone2"}},
		When: "temp > 100.0", Trigger: "sample", MaxPerHour: 100, StaleS: 5,
		Actions: []rule.Action{{Kind: rule.Command, Signal: "heater.output", Value: &value, Safe: &rule.Safe{Safe: h.safe, Resolution: 0.1}, Watchdog: &rule.Watchdog{Signal: "watchdog.remote", PeriodMs: 500}}},
	}})
	must(h.T, err)
	h.id = r.ID
	activated(h, h.desk, r)
	h.until("its command", func() bool {
		s := h.state()
		return s.output == 62 && s.beats > 2
	})
	h.until("the end of its command", func() bool {
		all, err := h.desk.Firings(h.Context(), rule.Filter{Scope: access.Scope{Tenant: homeTenant}, Of: h.rule().Series, Limit: 10})
		must(h.T, err)
		return len(all) > 0 && len(all[0].Outcomes) == 1 && all[0].Outcomes[0].State == "confirmed"
	})
	h.process.Send(map[string]any{"op": "forget"})
	h.process.Wait("forgotten") // what was said before does not count
}

// ruleLosses are the ways in which a rule loses what it needs, with what mends them.
var ruleLosses = []struct {
	name, says string
	lose, mend func(h *ruledFurnace)
}{
	{"stale input", "its inputs were not known for 5s: temp is not known", func(h *ruledFurnace) { h.hide(true) }, func(h *ruledFurnace) { h.hide(false) }},
	{"lost device", "", func(h *ruledFurnace) { h.process.Kill() }, func(h *ruledFurnace) { h.serve() }},
	{"node restart", "the node started anew while the rule acted", func(h *ruledFurnace) {
		h.stop()
		h.open()
	}, func(*ruledFurnace) {}},
	{"clock step", "the clock of the node stepped by 1h0m0s", func(h *ruledFurnace) { h.ahead.Store(int64(time.Hour)) }, func(h *ruledFurnace) { h.ahead.Store(0) }},
	{"overload", "the node is overloaded", func(h *ruledFurnace) { h.slow.Store(int64(4 * time.Second)) }, func(*ruledFurnace) {}},
}

func (h *ruledFurnace) hide(on bool) {
	h.process.Send(map[string]any{"op": "hide", "on": on})
	h.process.Wait("hidden")
}

// newRuledFurnace is one with its server, its node and a desk, of a node whose own desk
// of rules looks after nobody.
func newRuledFurnace(t *testing.T, safe control.Safe) *ruledFurnace {
	t.Helper()
	h := &ruledFurnace{T: t, whole: t, port: peer.Port(t), safe: safe}
	h.serve()
	h.n, h.furnace = nodeOfFurnace(t, h.port, func(n *node) {
		o := n.lineRuleOptions()
		o.Tenants = func(context.Context) ([]plant.TenantNo, error) { return nil, nil }
		n.lineRules = rule.NewDesk(o)
	})
	h.open()
	t.Cleanup(func() { h.stop() })
	return h
}

// Each way of losing, for each thing that a rule may have declared for it, on a foreign
// server over its real protocol: the rule suspends itself and tells people why, the
// machine has what was declared and nothing else was written, and it sees by its watchdog
// that nobody looks after it.
func TestRuleLoss_OnAForeignMachine(t *testing.T) {
	t.Parallel()
	for _, safe := range []control.Safe{{Action: control.Hold}, {Action: control.RampTo, Value: 20, Rate: 20}, {Action: control.HandBack, Signal: "heater.remote"}} {
		t.Run(string(safe.Action), func(t *testing.T) {
			t.Parallel()
			h := newRuledFurnace(t, safe)
			for _, one := range ruleLosses {
				t.Run(one.name, func(t *testing.T) {
					h.T = t
					h.begin()
					began := plant.InstantOf(time.Now())
					one.lose(h)
					h.until("its suspension", func() bool { return h.rule().State == rule.Suspended })
					r := h.rule()
					i := slices.IndexFunc(r.Steps, func(s rule.Step) bool { return s.What == "suspend" })
					if i < 0 || !strings.Contains(r.Steps[i].Note, one.says) {
						t.Errorf("steps %+v; want a suspension for %q", r.Steps, one.says)
					}
					one.mend(h)
					h.until("what it declared", func() bool {
						r := h.rule()
						return len(r.Securing) == 1 && r.Securing[0].Done
					})
					h.until("its watchdog unserved", func() bool { return h.state().unserved })
					s := h.state()
					want := map[control.SafeAction]furnaceState{control.Hold: {output: 62, remote: 1}, control.RampTo: {output: 20, remote: 1, writes: 3}, control.HandBack: {output: 62, writes: 1}}[safe.Action]
					if one.name == "lost device" { // it began anew at 60
						want.output = map[bool]float64{true: 20, false: 60}[safe.Action == control.RampTo]
						want.writes = map[control.SafeAction]float64{control.RampTo: 2, control.HandBack: 1}[safe.Action]
					}
					if s.output != want.output || s.remote != want.remote || s.writes != want.writes {
						t.Errorf("%+v; want %+v", s, want)
					}
					h.until("its alarm", func() bool {
						past, err := h.n.alarms.Past(t.Context(), access.Scope{Tenant: homeTenant}, alarm.Filter{Source: fromRules, From: began - 60e6, To: plant.InstantOf(time.Now())})
						must(t, err)
						return slices.ContainsFunc(past.Alarms, func(a alarm.Alarm) bool { return strings.Contains(a.Text.EN, one.says) })
					})
					r = h.rule()
					_, err := h.desk.Move(t.Context(), personOf("li"), r.ID, rule.Move{What: "retire", Note: "the next one", Rev: r.Rev})
					must(t, err)
				})
			}
		})
	}
}

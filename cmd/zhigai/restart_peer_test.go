package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	calc "zhigai/calc/control"
	"zhigai/connect/peer"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/plant/file"
	"zhigai/shop/control"
	"zhigai/shop/control/loop"
	"zhigai/shop/control/rule"
)

// restartChild is set in a process that is a node until it is killed: JSON of a restartJob.
const restartChild = "ZHIGAI_RESTART_CHILD"

type restartJob struct{ Dir, Port string }

// restarted is a node with a furnace, a loop that holds one of its set points and a rule
// that commands the other.
type restarted struct {
	*testing.T
	n       *node
	furnace plant.Node
}

// said is a line to the parent.
func say(what string, more ...any) { fmt.Println(append([]any{"zhigai:", what}, more...)...) }

// TestRestart_Child is a node as a process of its own. It puts a loop and a rule to work,
// and after each start waits until what they declared is done.
func TestRestart_Child(t *testing.T) {
	raw := os.Getenv(restartChild)
	if raw == "" {
		t.Skip("runs as the child of TestRestart_KilledAtWork")
	}
	var j restartJob
	must(t, json.Unmarshal([]byte(raw), &j))
	n, err := openNode(t.Context(), place{Data: j.Dir}, "127.0.0.1:0", slog.New(slog.DiscardHandler))
	must(t, err)
	c := &restarted{T: t, n: n}
	scope := access.Scope{Tenant: homeTenant}
	m, err := n.plants.Model(t.Context(), scope, plant.MicrosOf(time.Now()))
	must(t, err)
	first := len(m.Nodes) == 0
	if first {
		m, err := file.Read("plant.yaml", []byte(strings.Replace(foreignFurnace, "PORT", j.Port, 1)), file.Options{Profiles: n.profiles.IDs()})
		must(t, err)
		for i := range m.Nodes {
			if m.Nodes[i].Machine != nil {
				m.Nodes[i].Machine.Device.Writing = true
			}
		}
		must(t, n.plants.Import(access.With(t.Context(), access.Node(homeTenant)), scope, m, plant.MicrosOf(time.Now().Add(-time.Hour))))
	}
	must(t, n.reconcile(t.Context()))
	must(t, n.start(t.Context()))
	m, err = n.plants.Model(t.Context(), scope, plant.MicrosOf(time.Now()))
	must(t, err)
	for _, nd := range m.Nodes {
		if nd.Machine != nil {
			c.furnace = nd
		}
	}
	contact(t, n, c.furnace.Machine.Device.ID)
	if first {
		c.define()
	} else {
		c.until("what was declared", func() bool {
			v, r := c.loop(), c.rule()
			return v.Run.Mode == loop.Suspended && v.Run.Safe && r.State == rule.Suspended && len(r.Securing) == 1 && r.Securing[0].Done
		})
	}
	say("safe")
	lines := bufio.NewScanner(os.Stdin)
	lines.Scan() // the parent has looked
	c.work(first)
	say("acts")
	lines.Scan() // until it is killed
}

func (c *restarted) until(what string, is func() bool) {
	c.Helper()
	for end := time.Now().Add(time.Minute); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			c.Fatalf("it never came to %s: %+v, %+v, %+v", what, c.loop().Run, c.rule().Steps, c.rule().Securing)
		}
	}
}

func (c *restarted) loop() loop.View {
	c.Helper()
	all, err := c.n.loops.Views(c.Context(), loop.Filter{Scope: access.Scope{Tenant: homeTenant}})
	must(c.T, err)
	v, err := c.n.loops.View(c.Context(), access.Node(homeTenant), all[0].Loop.Series)
	must(c.T, err)
	return v
}

func (c *restarted) rule() rule.Rule {
	c.Helper()
	all, err := c.n.lineRules.Rules(c.Context(), rule.Filter{Scope: access.Scope{Tenant: homeTenant}, Limit: 1})
	must(c.T, err)
	return all[0]
}

// define writes the loop and the rule, and has others allow them.
func (c *restarted) define() {
	li, wang := personOf("li"), personOf("wang")
	l, err := c.n.loops.SaveLoop(c.Context(), li, loop.Loop{
		Name: plant.Name{ZH: "炉温"}, Owner: "li", Machine: c.furnace.ID, Output: "heater.output", PV: loop.Input{Machine: c.furnace.ID, Signal: "temperature.zone2"},
		Block: loop.Block{Kind: loop.PID, PID: &calc.PID{K: 0.2, Ti: 2, B: 1, Range: calc.Range{Low: 0, High: 100}}},
		SP:    750, SPLow: 100, SPHigh: 900, PeriodMs: 500, MaxAgeMs: 5000, IntervalMs: 1000, Deadband: 0.1, Resolution: 0.1,
		Safe: loop.Safe{Action: loop.Ramp, Value: 20},
	})
	must(c.T, err)
	_, err = c.n.loops.Move(c.Context(), wang, l.ID, loop.Move{State: loop.Approved, Rev: l.Rev})
	must(c.T, err)
	value := 40.0
	r, err := c.n.lineRules.Save(c.Context(), li, rule.Rule{Definition: rule.Definition{
		Name: plant.Name{ZH: "过热", EN: "Hot"}, Place: c.furnace.ID, Inputs: []rule.Input{{Name: "temp", Machine: c.furnace.ID, Signal: "temperature.zone2"}},
		When: "temp > 30.0", Trigger: "sample", MaxPerHour: 1000,
		Actions: []rule.Action{{Kind: rule.Command, Signal: "setpoint.zone2", Value: &value, Safe: &rule.Safe{Safe: calc.Safe{Action: calc.RampTo, Value: 10}}}},
	}})
	must(c.T, err)
	now := plant.InstantOf(time.Now())
	r, _, err = c.n.lineRules.Backtest(c.Context(), li, r.ID, r.Rev, rule.Question{From: now - 1_000_000, To: now})
	must(c.T, err)
	for _, what := range []string{"shadow", "request"} {
		r, err = c.n.lineRules.Move(c.Context(), li, r.ID, rule.Move{What: what, Note: "x", Rev: r.Rev})
		must(c.T, err)
	}
}

// work puts the loop in auto and lets the rule act.
func (c *restarted) work(first bool) {
	for _, mode := range []loop.Mode{loop.Manual, loop.Auto} {
		c.until("a reading", func() bool { v := c.loop(); return v.Now == nil || v.Now.PV != nil })
		_, err := c.n.loops.SetMode(c.Context(), personOf("wang"), c.loop().Loop.Series, loop.Asked{Mode: mode, Rev: c.loop().Run.Rev})
		must(c.T, err)
	}
	what := map[bool]string{true: "approve", false: "rollback"}[first]
	r := c.rule()
	_, err := c.n.lineRules.Decide(c.Context(), personOf("wang"), r.ID, rule.Move{What: what, Note: "looked at it", Rev: r.Rev})
	must(c.T, err)
	c.until("a firing", func() bool {
		all, err := c.n.lineRules.Firings(c.Context(), rule.Filter{Scope: access.Scope{Tenant: homeTenant}, Open: true, Limit: 1})
		must(c.T, err)
		return len(all) == 1
	})
}

// A node is killed again and again while a loop is in auto and a rule acts, on a foreign
// machine: after each start both are suspended, the machine has what they declared for
// that, nobody moves anything until a person says so, and the machine was never told a
// thing twice.
func TestRestart_KilledAtWork(t *testing.T) {
	t.Parallel()
	kills := 3
	if os.Getenv("ZHIGAI_FAULT") == "all" {
		kills = 30
	}
	r := rand.New(rand.NewPCG(7, 7))
	dir, port := t.TempDir(), peer.Port(t)
	machine := peer.Python(t, "../..", "modbus/furnace.py", "pymodbus", "apt-get install python3-pymodbus", port)
	machine.Wait("listening")
	state := func() (output, writes float64) {
		machine.Send(map[string]any{"op": "state"})
		s := machine.Wait("state")
		output, _ = s["output"].(float64)
		writes, _ = s["writes"].(float64)
		return output, writes
	}
	work, err := json.Marshal(restartJob{dir, port})
	must(t, err)
	for n := 0; n <= kills; n++ {
		child := exec.Command(os.Args[0], "-test.run", "^TestRestart_Child$")
		child.Env = append(os.Environ(), restartChild+"="+string(work))
		child.Stderr = os.Stderr
		in, err := child.StdinPipe()
		must(t, err)
		out, err := child.StdoutPipe()
		must(t, err)
		must(t, child.Start())
		heard := bufio.NewScanner(out)
		until := func(what string) {
			t.Helper()
			for heard.Scan() {
				if heard.Text() == "zhigai: "+what {
					return
				}
				if !strings.HasPrefix(heard.Text(), "zhigai:") {
					t.Log(heard.Text())
				}
			}
			t.Fatalf("the child ended before it said %q", what)
		}
		until("safe")
		if n > 0 {
			output, writes := state()
			machine.Send(map[string]any{"op": "get", "at": 27}) // the high half of a float32: 10.0 is 0x41200000
			if high := machine.Wait("got")["value"].(float64); output != 20 || high != 0x4120 {
				t.Errorf("after kill %d the output is %v, and the set point %#x; want 20 and 10", n, output, int(high))
			}
			time.Sleep(1500 * time.Millisecond) // longer than a loop waits between writes
			if _, later := state(); later != writes {
				t.Errorf("after kill %d something was written though nobody allowed it", n)
			}
		}
		if n < kills {
			_, err = io.WriteString(in, "go\n")
			must(t, err)
			until("acts")
			time.Sleep(time.Duration(r.IntN(1500)) * time.Millisecond)
		}
		must(t, child.Process.Kill())
		_ = child.Wait()
	}
	_, writes := state()
	n, err := openNode(t.Context(), place{Data: dir}, "127.0.0.1:0", slog.New(slog.DiscardHandler))
	must(t, err)
	defer func() { must(t, n.close()) }()
	sent, confirmed, unknown := commandsOf(t, n)
	if int(writes) < confirmed || int(writes) > sent || unknown > kills*2 {
		t.Errorf("the machine was told %v times; %d commands went out, %d were read back, %d are unknown", writes, sent, confirmed, unknown)
	}
	t.Logf("%d kills; %v writes at the machine of %d commands that went out, %d read back, %d unknown", kills, writes, sent, confirmed, unknown)
}

// commandsOf counts the commands of a node that went out, and how they ended.
func commandsOf(t *testing.T, n *node) (sent, confirmed, unknown int) {
	t.Helper()
	f := control.Filter{Limit: 500}
	for {
		page, err := controls{n}.List(t.Context(), access.Scope{Tenant: homeTenant}, f)
		must(t, err)
		for _, c := range page.Commands {
			went := 0
			for _, s := range c.Steps {
				if s.State == fact.CommandSent {
					went++
				}
			}
			if went > 1 {
				t.Errorf("command %s went out %d times", c.ID, went)
			}
			sent += went
			switch c.State {
			case fact.CommandConfirmed:
				confirmed++
			case fact.CommandUnknown, fact.CommandSent:
				unknown++
			}
		}
		if f.Cursor = page.Next; page.Next == "" {
			return sent, confirmed, unknown
		}
	}
}

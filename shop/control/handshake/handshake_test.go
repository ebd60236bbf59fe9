package handshake_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	calc "zhigai/calc/handshake"
	"zhigai/plant"
	"zhigai/shop/control/handshake"
)

const (
	whole     = "lathe=1 robot=1 lathe=2 robot=3 lathe=0 robot=0 "
	wholeSays = "robot:1 lathe:1 robot:2 lathe:3 lathe:0 robot:0"
)

// Two hand-overs from offer to idle: what each machine is told, in order, and what is kept
// of it, with who took the longest.
func TestHandshake_Whole(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		series := w.begin(parts())
		w.script("lathe=1 robot=1 3s lathe=2 robot=3 lathe=0 robot=0 1s " + whole + "1s")
		if got, want := w.written(), wholeSays+" "+wholeSays; got != want {
			t.Errorf("written\n %s; want\n %s", got, want)
		}
		all := w.handovers(series)
		if len(all) != 2 {
			t.Fatalf("%d hand-overs: %+v", len(all), all)
		}
		for _, h := range all {
			if h.End != calc.Done || h.Cleared == 0 || len(h.Steps) != 4 || h.EndBy != "" || h.Late != 0 {
				t.Errorf("hand-over %+v", h)
			}
			for i, s := range h.Steps {
				if s.Told == nil || s.Told.State != "confirmed" || s.Told.Command == "" || math.Abs(s.Told.TookMs-20) > 1 || s.Tag == 0 || s.At == 0 {
					t.Errorf("step %d: %+v %+v", i, s, s.Told)
				}
			}
		}
		if h := all[0]; h.Delayed != calc.Giver || math.Abs(h.DelayMs-3080) > 1 || math.Abs(h.Steps[2].WaitedMs-3080) > 1 {
			t.Errorf("delayed by %s for %v ms", h.Delayed, h.DelayMs)
		}
		for _, o := range w.hall.orders {
			if o.Handshake != series || o.Key == "" {
				t.Errorf("order %+v", o)
			}
		}
		s, err := w.Statistics(t.Context(), person("li"), series, 0, 0)
		must(t, err)
		if s.Count != 2 || !s.Whole || len(s.Steps) != 4 || s.Steps[0].Waited != nil || s.Steps[2].Waited.Count != 2 || math.Abs(s.Steps[2].Waited.MedianMs-80) > 1 || math.Abs(s.Steps[2].Waited.P95Ms-3080) > 1 || len(s.Ends) != 1 || s.Ends[0].Count != 2 || math.Abs(s.Total.MedianMs-320) > 5 {
			t.Errorf("statistics %+v %+v %+v", s, s.Total, s.Steps)
		}
	})
}

// Each way of going wrong, with what is told to whom.
func TestHandshake_GoesWrong(t *testing.T) {
	for name, c := range map[string]struct {
		change      func(h *handshake.Handshake)
		do          func(w *world)
		end         calc.End
		by          calc.Party
		why         calc.Why
		loss        calc.Loss
		written     string
		held, stays bool // it is suspended
	}{
		"the taker is silent": {do: func(w *world) { w.script("lathe=1 6s lathe=0 1s") }, end: calc.TimedOut, by: calc.Taker, why: calc.NotShown, written: "robot:1 robot:0"},
		"the giver is silent": {do: func(w *world) { w.script("lathe=1 robot=1 6s lathe=0 robot=0 1s") }, end: calc.TimedOut, by: calc.Giver, why: calc.NotShown, written: "robot:1 lathe:1 lathe:0 robot:0"},
		"the taker gives up":  {do: func(w *world) { w.script("lathe=1 robot! lathe=0 robot. 1s") }, end: calc.Aborted, by: calc.Taker, why: calc.GaveUp, written: "robot:1 robot:0"},
		"the giver gives up":  {do: func(w *world) { w.script("lathe=1 robot=1 lathe=2 lathe! lathe=0 robot=0 lathe. 1s") }, end: calc.Aborted, by: calc.Giver, why: calc.GaveUp, written: "robot:1 lathe:1 robot:2 robot:0 lathe:0"},
		"a command is refused": {do: func(w *world) {
			w.hall.with(func() { w.hall.refuse[robot] = true })
			w.script("lathe=1")
			w.hall.with(func() { w.hall.refuse[robot] = false })
			w.script("lathe=0 3s")
		}, end: calc.Aborted, by: calc.Node, why: calc.NotTold, written: "robot:1 robot:0 robot:0"},
		"a read-back differs": {do: func(w *world) {
			w.hall.with(func() { w.hall.deaf[robot] = true })
			w.script("lathe=1 lathe=0 3s")
		}, end: calc.Aborted, by: calc.Node, why: calc.NotTold, written: "robot:1", held: true, stays: true},
		"a device is lost": {do: func(w *world) {
			w.script("lathe=1 robot=1")
			w.hall.kill(robot, true)
			w.script("3s")
			w.hall.kill(robot, false)
			w.script("robot=0 lathe=0 5s")
		}, end: calc.Aborted, by: calc.Taker, why: calc.OnLoss, loss: calc.Lost, written: "robot:1 lathe:1 lathe:0 robot:0 robot:0"},
		"a device is lost and held": {change: func(h *handshake.Handshake) { h.Steps[2].Safe.Lost = calc.Hold }, do: func(w *world) {
			w.script("lathe=1 robot=1")
			w.hall.kill(robot, true)
			w.script("3s")
		}, end: calc.Aborted, by: calc.Taker, why: calc.OnLoss, loss: calc.Lost, written: "robot:1 lathe:1", held: true, stays: true},
		"a device is lost for a while, and waited for": {change: func(h *handshake.Handshake) { h.Steps[2].Safe.Lost = calc.Wait }, do: func(w *world) {
			w.script("lathe=1 robot=1")
			w.hall.kill(robot, true)
			w.script("3s")
			w.hall.kill(robot, false)
			w.script("1s lathe=2 robot=3 lathe=0 robot=0 1s")
		}, end: calc.Done, written: wholeSays},
		"the clock steps": {do: func(w *world) {
			w.script("lathe=1")
			w.hall.with(func() { w.hall.ahead += time.Hour })
			w.script("1s lathe=0 1s")
		}, end: calc.Aborted, by: calc.Node, why: calc.OnLoss, loss: calc.Clock, written: "robot:1 robot:0"},
		"the node does not keep up": {do: func(w *world) {
			w.script("lathe=1")
			w.hall.with(func() { w.hall.stands += 3 * time.Second; w.hall.ahead += 3 * time.Second })
			w.script("1s lathe=0 1s")
		}, end: calc.Aborted, by: calc.Node, why: calc.OnLoss, loss: calc.Overload, written: "robot:1 robot:0"},
		"the store fails": {do: func(w *world) {
			w.shelf.set(errors.New("disk full"))
			w.script("lathe=1 lathe=0 1s")
			w.shelf.set(nil)
			w.script("2s")
		}, end: calc.Aborted, by: calc.Node, why: calc.NotTold, written: "robot:0"},
		"the store fails for a while": {do: func(w *world) {
			w.script("lathe=1")
			w.shelf.set(errors.New("disk full"))
			w.script("robot=1 lathe=2")
			w.shelf.set(nil)
			w.script("1s robot=3 lathe=0 robot=0 1s")
		}, end: calc.Aborted, by: calc.Node, why: calc.NotTold, written: "robot:1 lathe:1 robot:0 lathe:0"},
	} {
		t.Run(name, func(t *testing.T) {
			within(t, func(t *testing.T, w *world) {
				h := parts()
				if c.change != nil {
					c.change(&h)
				}
				series := w.begin(h)
				c.do(w)
				all := w.handovers(series)
				if len(all) != 1 {
					t.Fatalf("%d hand-overs: %+v", len(all), all)
				}
				if got := all[0]; got.End != c.end || got.EndBy != c.by || got.Why != c.why || got.Loss != c.loss || got.Held != c.held || c.held == (got.Cleared != 0) {
					t.Errorf("ended %+v", got)
				}
				if got := w.written(); got != c.written {
					t.Errorf("written %s; want %s", got, c.written)
				}
				v := w.view(series)
				if c.stays != (v.Run.Mode == handshake.Suspended) || c.stays != (len(w.hall.raised) == 1) {
					t.Errorf("mode %s %q, alarms %v", v.Run.Mode, v.Run.Reason, w.hall.raised)
				}
				// A person looks, mends and goes on.
				w.hall.with(func() { w.hall.deaf[robot] = false })
				w.hall.kill(robot, false)
				w.script("lathe=0 robot=0 1s")
				if c.stays {
					w.mode(series, handshake.On)
				}
				w.script("5s " + whole + "1s")
				if all = w.handovers(series); len(all) != 2 || all[1].End != calc.Done || all[0].Cleared == 0 || len(w.hall.raised) != 0 {
					t.Errorf("after it was mended: %+v, %v", all, w.hall.raised)
				}
				if n := w.hall.get(lathe, "told") + w.hall.get(robot, "told"); n != 0 {
					t.Errorf("set points are left at %v in all", n)
				}
			})
		})
	}
}

// An answer that comes too late is noted and begins nothing; three hand-overs in a row that
// do not come to their end suspend the handshake, with an alarm, and a person lets it go on.
func TestHandshake_LateAndInARow(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		series := w.begin(parts())
		w.script("lathe=1 6s robot=1 lathe=0 1s")
		if v := w.view(series); v.Now.Phase != calc.Clearing || v.Last.Late == 0 || v.Last.End != calc.TimedOut {
			t.Errorf("a late answer: %+v %+v", v.Now, v.Last)
		}
		w.script("lathe=1 3s lathe=0 robot=0 1s")
		if all := w.handovers(series); len(all) != 1 {
			t.Errorf("a late answer began %d hand-overs", len(all)-1)
		}
		w.script("lathe=1 6s lathe=0 1s lathe=1 6s lathe=0 1s lathe=1 2s")
		v := w.view(series)
		if all := w.handovers(series); len(all) != 3 || v.Run.Mode != handshake.Suspended || !strings.Contains(v.Run.Reason, "3 hand-overs in a row") || len(w.hall.raised) != 1 {
			t.Errorf("%d in a row: %+v, %v", len(all), v.Run, w.hall.raised)
		}
		w.mode(series, handshake.On)
		w.script("1s robot=1 lathe=2 robot=3 lathe=0 robot=0 1s")
		if all := w.handovers(series); len(all) != 4 || all[3].End != calc.Done || len(w.hall.raised) != 0 {
			t.Errorf("after a person let it go on: %+v", all)
		}
	})
}

// A person gives a hand-over up, and switches the handshake off; not within one.
func TestHandshake_ByAPerson(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		series := w.begin(parts())
		w.script("lathe=1 robot=1")
		v := w.view(series)
		if v.Now.Phase != calc.Waiting || v.Now.Step != "start" || v.Now.Party != calc.Giver || v.Now.WithinMs != 5000 || v.Now.Handover == nil || len(v.Now.Handover.Steps) != 2 {
			t.Errorf("it stands at %+v", v.Now)
		}
		if _, err := w.SetMode(t.Context(), person("li"), series, handshake.Asked{Mode: handshake.Off, Rev: v.Run.Rev}); !errors.Is(err, handshake.ErrInvalid) {
			t.Errorf("off within a hand-over: %v", err)
		}
		if _, err := w.GiveUp(t.Context(), person("li"), series, handshake.GiveUp{Note: "x", Handover: "another"}); !errors.Is(err, access.ErrConflict) {
			t.Errorf("another hand-over: %v", err)
		}
		_, err := w.GiveUp(t.Context(), person("li"), series, handshake.GiveUp{Note: "卡料", Handover: v.Now.Handover.ID})
		must(t, err)
		w.script("lathe=0 robot=0 1s")
		if h := w.handovers(series)[0]; h.End != calc.Aborted || h.By != "li" || h.Why != calc.ByAPerson || h.Reason != "卡料" || h.Cleared == 0 {
			t.Errorf("given up: %+v", h)
		}
		if v := w.mode(series, handshake.Off); v.Now != nil || v.Run.Mode != handshake.Off || v.Run.By != "li" {
			t.Errorf("off: %+v", v.Run)
		}
		w.script(whole)
		if all := w.handovers(series); len(all) != 1 {
			t.Errorf("%d hand-overs of one that is off", len(all)-1)
		}
		if w.Holder(tenant, robot, "told") != "" {
			t.Error("a handshake that is off holds a set point")
		}
	})
}

// A restart within a hand-over, at every place: it goes on by what the machines say where
// its step declares that, and is given up otherwise; nothing is told twice.
func TestHandshake_Restart(t *testing.T) {
	waits := func(h *handshake.Handshake) {
		for i := range h.Steps {
			h.Steps[i].Safe.Restart = calc.Wait
		}
	}
	for name, c := range map[string]struct {
		change    func(*handshake.Handshake)
		before    string
		unkept    string // what machines show while the store fails
		crash     bool   // while the last step is told
		meanwhile func(w *world)
		after     string
		end       calc.End
		why       calc.Why
		written   string
	}{
		"given up":              {before: "lathe=1 robot=1", after: "lathe=0 robot=0 1s", end: calc.Aborted, why: calc.OnLoss, written: "robot:1 lathe:1 lathe:0 robot:0"},
		"waiting":               {change: waits, before: "lathe=1 robot=1", after: "1s lathe=2 robot=3 lathe=0 robot=0 1s", end: calc.Done, written: wholeSays},
		"shown meanwhile":       {change: waits, before: "lathe=1", meanwhile: func(w *world) { w.hall.say(robot, "code", 1) }, after: "1s lathe=2 robot=3 lathe=0 robot=0 1s", end: calc.Done, written: wholeSays},
		"told and not noted":    {change: waits, before: "lathe=1", crash: true, after: "1s robot=1 lathe=2 robot=3 lathe=0 robot=0 1s", end: calc.Done, written: wholeSays},
		"told and not kept":     {change: waits, before: "lathe=1", unkept: "robot=1", after: "1s lathe=2 robot=3 lathe=0 robot=0 1s", end: calc.Done, written: wholeSays},
		"never came through":    {change: waits, before: "lathe=1", crash: true, meanwhile: func(w *world) { w.lost() }, after: "1s lathe=0 1s", end: calc.Aborted, why: calc.NotTold, written: "robot:1 robot:0"},
		"changed by others":     {change: waits, before: "lathe=1 robot=1", meanwhile: func(w *world) { w.hall.with(func() { w.hall.values["robot/told"] = 7 }) }, after: "1s lathe=0 robot=0 1s", end: calc.Aborted, why: calc.Changed, written: "robot:1 lathe:1 lathe:0 robot:0"},
		"a machine stays away":  {change: waits, before: "lathe=1 robot=1", meanwhile: func(w *world) { w.hall.kill(robot, true) }, after: "4s", end: calc.Aborted, why: calc.OnLoss, written: "robot:1 lathe:1 lathe:0 robot:0 robot:0"},
		"while it goes to idle": {change: waits, before: "lathe=1 6s", after: "lathe=0 1s", end: calc.TimedOut, why: calc.NotShown, written: "robot:1 robot:0 robot:0"},
	} {
		t.Run(name, func(t *testing.T) {
			within(t, func(t *testing.T, w *world) {
				h := parts()
				if c.change != nil {
					c.change(&h)
				}
				series := w.begin(h)
				w.hall.with(func() { w.hall.crash = c.crash })
				w.script(c.before)
				if c.unkept != "" {
					w.shelf.set(errors.New("disk full"))
					w.script(c.unkept)
				}
				w.close()
				w.shelf.set(nil)
				if c.meanwhile != nil {
					c.meanwhile(w)
				}
				w.hall.with(func() { w.hall.crash = false })
				w.open()
				w.script(c.after)
				all := w.handovers(series)
				if len(all) != 1 || all[0].End != c.end || all[0].Why != c.why || all[0].Resumed == 0 {
					t.Errorf("hand-overs %+v", all)
				}
				if got := w.written(); got != c.written {
					t.Errorf("written %s; want %s", got, c.written)
				}
				w.hall.kill(robot, false)
				w.script("lathe=0 robot=0 5s " + whole + "1s")
				if all = w.handovers(series); len(all) != 2 || all[0].Cleared == 0 || all[1].End != calc.Done {
					t.Errorf("afterwards %+v", all)
				}
			})
		})
	}
}

// lost is a command whose value never reached the robot.
func (w *world) lost() {
	w.hall.with(func() {
		w.hall.values["robot/told"] = 0
		last := w.hall.keys[w.hall.orders[len(w.hall.orders)-1].Key]
		w.hall.ends[last] = handshake.Command{State: "failed", Final: true, Why: "nothing was sent: the node ended before"}
	})
}

// Two people stand for a handshake; it runs when it was approved, and alone moves its set
// points.
func TestHandshake_Approval(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		h, err := w.Save(ctx, person("li"), parts())
		must(t, err)
		if _, err := w.SetMode(ctx, person("li"), h.Series, handshake.Asked{Mode: handshake.On}); !errors.Is(err, handshake.ErrInvalid) {
			t.Errorf("a draft runs: %v", err)
		}
		if _, err := w.Move(ctx, person("li"), h.ID, handshake.Move{State: handshake.Approved, Rev: h.Rev}); !errors.Is(err, handshake.ErrInvalid) {
			t.Errorf("approved by who wrote it: %v", err)
		}
		if _, err := w.Move(ctx, person("wang"), h.ID, handshake.Move{State: handshake.Approved, Rev: h.Rev + 1}); !errors.Is(err, access.ErrConflict) {
			t.Errorf("another revision: %v", err)
		}
		h, err = w.Move(ctx, person("wang"), h.ID, handshake.Move{State: handshake.Approved, Rev: h.Rev})
		must(t, err)
		if _, err := w.Save(ctx, person("li"), h); !errors.Is(err, handshake.ErrInvalid) {
			t.Errorf("an approved one changes: %v", err)
		}
		w.held = `loop "炉温"`
		if _, err := w.SetMode(ctx, person("li"), h.Series, handshake.Asked{Mode: handshake.On}); !errors.Is(err, access.ErrConflict) || !strings.Contains(err.Error(), w.held) {
			t.Errorf("beside a loop: %v", err)
		}
		w.held = ""
		w.mode(h.Series, handshake.On)
		if got := w.Holder(tenant, robot, "told"); got != `handshake "车床到机器人"` {
			t.Errorf("held by %q", got)
		}
		other, err := w.Save(ctx, person("li"), parts())
		must(t, err)
		other, err = w.Move(ctx, person("wang"), other.ID, handshake.Move{State: handshake.Approved, Rev: other.Rev})
		must(t, err)
		if _, err := w.SetMode(ctx, person("li"), other.Series, handshake.Asked{Mode: handshake.On}); !errors.Is(err, access.ErrConflict) {
			t.Errorf("two at once: %v", err)
		}
		next := parts()
		next.Series, next.ClearMs = h.Series, 20_000
		next, err = w.Save(ctx, person("li"), next)
		must(t, err)
		if _, err := w.Move(ctx, person("wang"), next.ID, handshake.Move{State: handshake.Approved, Rev: next.Rev}); !errors.Is(err, handshake.ErrInvalid) {
			t.Errorf("another revision of one that runs: %v", err)
		}
		w.mode(h.Series, handshake.Off)
		next, err = w.Move(ctx, person("wang"), next.ID, handshake.Move{State: handshake.Approved, Rev: next.Rev})
		must(t, err)
		if v := w.view(h.Series); v.Handshake.Revision != 2 || len(v.Revisions) != 2 || v.Revisions[1].State != handshake.Retired || next.Revision != 2 {
			t.Errorf("revisions %+v", v.Revisions)
		}
	})
}

// What is wrong is said with its place and how to mend it.
func TestHandshake_Check(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		for says, spoil := range map[string]func(h *handshake.Handshake){
			"write name.zh":                  func(h *handshake.Handshake) { h.Name = plant.Name{EN: "x"} },
			"write the owner":                func(h *handshake.Handshake) { h.Owner = " " },
			"no kind of handshake":           func(h *handshake.Handshake) { h.Kind = "gift" },
			"choose two machines":            func(h *handshake.Handshake) { h.Taker = h.Giver },
			"has the steps offer":            func(h *handshake.Handshake) { h.Steps[1].Name = "done" },
			"reserve within 1ms":             func(h *handshake.Handshake) { h.Steps[1].WithinMs = 1 },
			"unknown for up to":              func(h *handshake.Handshake) { h.MaxAgeMs = 1 },
			"back to idle within":            func(h *handshake.Handshake) { h.ClearMs = 1 },
			`"speech" is no signal`:          func(h *handshake.Handshake) { h.Steps[0].Signal = "speech" },
			"order of firm/lathe is a text":  func(h *handshake.Handshake) { h.Steps[0].Signal = "order" },
			"was never read":                 func(h *handshake.Handshake) { h.Steps[0].Signal = "spare" },
			`"code" of firm/robot is no set`: func(h *handshake.Handshake) { h.Steps[0].Tell.Signal = "code" },
			`"dog" of firm/robot is no set`:  func(h *handshake.Handshake) { h.Steps[0].Tell.Signal = "dog" },
			"people approve each command":    func(h *handshake.Handshake) { h.Steps[0].Tell.Signal = "speed" },
			"does not take 12":               func(h *handshake.Handshake) { h.Steps[0].Tell.Value = 12 },
			"nothing is told by that":        func(h *handshake.Handshake) { h.Steps[0].Tell.Value = 0 },
			"back to different values":       func(h *handshake.Handshake) { h.Steps[2].Tell.Idle = 5 },
			"answer its own doing":           func(h *handshake.Handshake) { h.Steps[3].Signal = "told" },
			"shown by the same value":        func(h *handshake.Handshake) { h.Steps[2].Value = 1 },
			"is no action":                   func(h *handshake.Handshake) { h.Steps[1].Safe.Stale = "sleep" },
		} {
			h := parts()
			spoil(&h)
			got, err := w.Check(t.Context(), person("li"), h)
			if err != nil || got.OK || !strings.Contains(got.What, says) {
				t.Errorf("%+v %v; want %q", got, err, says)
			}
			if _, err := w.Save(t.Context(), person("li"), h); !errors.Is(err, handshake.ErrInvalid) {
				t.Errorf("%s: saved: %v", says, err)
			}
		}
		if got, err := w.Check(t.Context(), person("li"), parts()); err != nil || !got.OK || got.Handshake.Giver.Path != "firm/lathe" {
			t.Errorf("a good one: %+v %v", got, err)
		}
		h := parts()
		h.Giver.Machine = "nothing"
		if _, err := w.Check(t.Context(), person("li"), h); !errors.Is(err, access.ErrNotFound) {
			t.Errorf("no such machine: %v", err)
		}
	})
}

package component

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

func now(w *world) plant.Instant { return plant.InstantOf(w.now) }

// A component that is at work says values of its windows, each with what it rests on, and
// the trial of the same time says the same.
func TestDesk_RunsAndTrialSayTheSame(t *testing.T) {
	w, d := newWorld(t)
	c := active(t, d, w.publisher(t, d, "Huaneng").module(t, d, "mean"))
	if !strings.HasPrefix(w.tags[0].Path, "firm/heat/furnace/component.mean.mean") || w.tags[0].Unit != "Cel" {
		t.Errorf("tags of outputs: %+v", w.tags)
	}
	must(t, d.load(t.Context()))
	for range 12 {
		w.heat(t, 10)
		w.wait(settles)
		w.pass(t, d)
		w.wait(-settles)
	}
	runs, err := d.Runs(t.Context(), person("wang"), c.ID, 0, now(w)+1)
	if err != nil || len(runs) != 12 {
		t.Fatalf("runs: %d %v; want 12", len(runs), err)
	}
	last := runs[11]
	if last.Why != "" || last.SHA256 != c.SHA256 || len(last.Window) != 64 || last.Inputs[0].Known != 60 || *last.Outputs[0].Value != 24.5 || *last.Outputs[1].Value != 29 {
		t.Errorf("the last of a minute of 20 … 29, six times: %+v", last)
	}
	got := w.said(t, c.Outputs[0].Tag)
	if len(got) != 12 || got[11].Value != 24.5 || got[11].Time != last.At.Micros() || got[11].Quality != plant.Good {
		t.Errorf("samples of the output: %v", got)
	}
	trial, err := d.Try(t.Context(), person("li"), Question{Definition: c.Definition, From: plant.InstantOf(dawn) + 1, To: now(w)})
	if err != nil || len(trial.Runs) != 12 || trial.P50MS == nil || trial.StepS != 10 {
		t.Fatalf("trial: %+v %v", trial, err)
	}
	for i := range runs {
		if !sameWords(runs[i], trial.Runs[i]) || runs[i].Window != trial.Runs[i].Window {
			t.Errorf("at %v live %+v, tried %+v", runs[i].At, runs[i], trial.Runs[i])
		}
	}
	again, err := d.Again(t.Context(), person("li"), c.ID, 0, now(w)+1)
	if err != nil || again != (Repeated{Windows: 12}) {
		t.Errorf("again: %+v %v", again, err)
	}
	// A sample that comes late makes other windows of what they were.
	_, err = w.history.Append(t.Context(), 1, plant.Batch{Samples: []plant.Sample{{Tag: tagTemp, Time: plant.MicrosOf(dawn.Add(500 * time.Millisecond)), Value: 99}}})
	must(t, err)
	if again, err = d.Again(t.Context(), person("li"), c.ID, 0, now(w)+1); err != nil || again.Other == 0 || again.Differ != 0 {
		t.Errorf("again after a late sample: %+v %v", again, err)
	}
	s := d.Status(c.ID)
	if !s.Running || s.Calls != 12 || s.Failures != 0 || s.P99MS == nil || s.Memory == 0 {
		t.Errorf("status: %+v", s)
	}
}

// Every way to misbehave is named, kept as facts, suspends the component and nothing else.
func TestDesk_Hostile(t *testing.T) {
	for name, want := range map[string]Why{"loop": OverTime, "greedy": OverTime, "grow": OverMemory, "divide": Trapped, "nan": Nonsense, "outside": Nonsense, "many": Nonsense} {
		t.Run(name, func(t *testing.T) {
			w, d := newWorld(t)
			p := w.publisher(t, d, "Huaneng")
			bad := active(t, d, p.module(t, d, name))
			good := active(t, d, p.module(t, d, "mean"))
			must(t, d.load(t.Context()))
			for range 5 {
				w.heat(t, 10)
				w.wait(settles)
				w.pass(t, d)
				w.wait(-settles)
			}
			c, err := d.Component(t.Context(), person("li"), bad.ID)
			must(t, err)
			last := c.Steps[len(c.Steps)-1]
			if c.State != Suspended || last.By != access.Node(1).Name || !strings.Contains(last.Note, "3 calls after one another failed, the last: "+string(want)) {
				t.Errorf("after 5 windows it is %s: %+v", c.State, last)
			}
			if w.raised[suspendedKey(c)].Place != "furnace" {
				t.Errorf("alarms: %+v", w.raised)
			}
			events, err := d.Events(t.Context(), Filter{Scope: access.Scope{Tenant: 1}, Of: bad.Series, Limit: 10})
			if err != nil || len(events) != 4 || events[0].What != "suspended" || events[1].Why != want || events[1].SHA256 != bad.SHA256 {
				t.Errorf("events: %+v %v", events, err)
			}
			got := w.said(t, c.Outputs[0].Tag)
			if n := len(got); n < 3 || !got[n-1].Quality.IsBad() {
				t.Errorf("its output is %v; want bad values", got)
			}
			if s := d.Status(good.ID); s.Calls != 5 || s.Failures != 0 {
				t.Errorf("the one beside it: %+v", s)
			}
			// Somebody may put it to work again; the alarm ends.
			c, err = d.Move(t.Context(), person("wang"), c.ID, Move{What: "activate", Rev: c.Rev})
			if err != nil || c.State != Active || len(w.raised) != 0 {
				t.Errorf("again: %s %v, alarms %v", c.State, err, w.raised)
			}
		})
	}
}

// A rule calls a component beside its turns: on the window up to now, kept and judged as
// any; one that is not at work, or fails, says so.
func TestDesk_CalledAtOnce(t *testing.T) {
	w, d := newWorld(t)
	p := w.publisher(t, d, "Huaneng")
	c := active(t, d, p.module(t, d, "mean"))
	bad := active(t, d, p.module(t, d, "divide"))
	must(t, d.load(t.Context()))
	w.heat(t, 7)
	run, err := d.Call(t.Context(), 1, c.Series)
	if err != nil || run.At != now(w) || run.Inputs[0].Known != 7 || *run.Outputs[0].Value != 23 {
		t.Errorf("called at once: %+v %v; want the mean of 20 … 26", run, err)
	}
	if got := w.said(t, c.Outputs[0].Tag); len(got) != 1 || got[0].Value != 23 {
		t.Errorf("samples of the output: %v", got)
	}
	if runs, err := d.Runs(t.Context(), person("wang"), c.ID, 0, now(w)+1); err != nil || len(runs) != 1 {
		t.Errorf("runs: %+v %v", runs, err)
	}
	if _, err := d.Call(t.Context(), 1, bad.Series); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), string(Trapped)) {
		t.Errorf("one that traps: %v", err)
	}
	if s := d.Status(bad.ID); s.Failures != 1 {
		t.Errorf("its failure does not count: %+v", s)
	}
	for _, of := range []struct {
		tenant plant.TenantNo
		series string
	}{{1, "nobody"}, {2, c.Series}} {
		there, err := d.AtWork(t.Context(), of.tenant, of.series)
		if _, called := d.Call(t.Context(), of.tenant, of.series); err != nil || there || !errors.Is(called, ErrInvalid) {
			t.Errorf("%+v: at work %v, called %v", of, there, called)
		}
	}
}

func TestDesk_MissingInput(t *testing.T) {
	w, d := newWorld(t)
	c := active(t, d, w.publisher(t, d, "Huaneng").module(t, d, "mean"))
	must(t, d.load(t.Context()))
	next := func() {
		w.wait(settles)
		w.pass(t, d)
		w.wait(-settles)
	}
	for range missedSaid {
		w.wait(10 * time.Second)
		next()
	}
	if s := d.Status(c.ID); s.Calls != 0 || s.Last.Why != MissingInput || s.Last.Detail != "temp" || w.raised[missingKey(c)].Text.EN == "" {
		t.Errorf("without a value: %+v, alarms %v", s, w.raised)
	}
	w.heat(t, 10)
	next()
	if s := d.Status(c.ID); s.Calls != 1 || s.Last.Why != "" || len(w.raised) != 0 || s.Last.Inputs[0].Known != 10 || s.Last.Outputs[0].Quality != "uncertain" {
		t.Errorf("with 10 s of values: %+v, alarms %v", s, w.raised)
	}
}

// What is refused, with what to do about it.
func TestDesk_Refused(t *testing.T) {
	w, d := newWorld(t)
	p := w.publisher(t, d, "Huaneng")
	good := p.module(t, d, "mean")
	for says, change := range map[string]func(c *Component){
		"few Chinese words":             func(c *Component) { c.Name.ZH = " " },
		"write small letters":           func(c *Component) { c.Code = "Core-T" },
		"choose a signal in the same":   func(c *Component) { c.Inputs[0].Unit = "K" },
		"tells no number":               func(c *Component) { c.Inputs[0].Signal = "force" },
		"was never read":                func(c *Component) { c.Inputs[0].Signal = "never" },
		"there is no machine":           func(c *Component) { c.Inputs[0].Machine = "press" },
		"which it says itself":          func(c *Component) { c.Code, c.Inputs[0].Signal = "core", "component.core.mean" },
		"each name once":                func(c *Component) { c.Outputs[1].Name = "mean" },
		"not below max":                 func(c *Component) { c.Outputs[0].Min, c.Outputs[0].Max = new(2.0), new(1.0) },
		"no module":                     func(c *Component) { c.SHA256 = strings.Repeat("f", 64) },
		"say whose signature":           func(c *Component) { c.Publisher = "" },
		"choose one of the list":        func(c *Component) { c.Publisher = "x" },
		"64 bytes of Ed25519":           func(c *Component) { c.Signature = "AAAA" },
		"another one than was signed":   func(c *Component) { c.SHA256 = p.module(t, d, "loop").SHA256 },
		"cannot be cut into":            func(c *Component) { c.Places = 7 * 11 },
		"raise calls_per_minute":        func(c *Component) { c.Budget.CallsPerMinute = 3 },
		"call_ms":                       func(c *Component) { c.Budget.CallMS = 1001 },
		"whole pages":                   func(c *Component) { c.Budget.MemoryBytes = 1000 },
		"nk -gen user":                  func(c *Component) { c.Form = Service },
		"write module or service":       func(c *Component) { c.Form = "script" },
		"between a second and a day":    func(c *Component) { c.EveryS = 0 },
		"takes temp in \"\", firm/heat": func(c *Component) { c.Inputs[0].Unit = "" },
	} {
		c := good
		c.Inputs, c.Outputs = append([]Input{}, good.Inputs...), append([]Output{}, good.Outputs...)
		change(&c)
		if _, err := d.Save(t.Context(), person("wang"), c); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), says) {
			t.Errorf("%v; want a refusal with %q", err, says)
		}
		if checked, err := d.Check(t.Context(), person("wang"), c.Definition); err != nil || checked.OK || !strings.Contains(checked.What, says) {
			t.Errorf("check: %+v %v; want %q", checked, err, says)
		}
	}
	if _, err := d.Hand(t.Context(), person("wang"), []byte("#!/bin/sh")); !errors.Is(err, ErrInvalid) {
		t.Errorf("a shell script: %v", err)
	}
}

// A revision runs when another person allowed it in time, one at a time; one that was
// allowed before may come back.
func TestDesk_Approval(t *testing.T) {
	w, d := newWorld(t)
	p := w.publisher(t, d, "Huaneng")
	ctx := t.Context()
	c, err := d.Save(ctx, person("wang"), p.module(t, d, "mean"))
	must(t, err)
	refused := func(what string, err error, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s: %v; want %v", what, err, want)
		}
	}
	_, err = d.Move(ctx, person("wang"), c.ID, Move{What: "activate", Rev: c.Rev})
	refused("to work without approval", err, ErrInvalid)
	_, err = d.Decide(ctx, person("li"), c.ID, Move{What: "approve", Rev: c.Rev})
	refused("nobody asked", err, ErrInvalid)
	_, err = d.Move(ctx, person("wang"), c.ID, Move{What: "request", Rev: c.Rev})
	refused("no reason", err, ErrInvalid)
	c, err = d.Move(ctx, person("wang"), c.ID, Move{What: "request", Note: "a soft sensor", ExpireS: 60, Rev: c.Rev})
	must(t, err)
	_, err = d.Move(ctx, person("li"), c.ID, Move{What: "approve", Rev: c.Rev})
	refused("approval by the wrong door", err, ErrInvalid)
	_, err = d.Decide(ctx, person("wang"), c.ID, Move{What: "approve", Rev: c.Rev})
	refused("who brought it", err, ErrInvalid)
	_, err = d.Decide(ctx, access.As("o", "sun", access.Scope{Tenant: 1}, access.Read, access.Control), c.ID, Move{What: "approve", Rev: c.Rev})
	refused("no engineer", err, access.ErrForbidden)
	_, err = d.Decide(ctx, person("li"), c.ID, Move{What: "approve", Rev: c.Rev - 1})
	refused("another revision was seen", err, access.ErrConflict)
	w.wait(time.Minute)
	_, err = d.Decide(ctx, person("li"), c.ID, Move{What: "approve", Rev: c.Rev})
	refused("after its time", err, ErrInvalid)
	first := allowed(t, d, c)

	other := p.module(t, d, "mean")
	_, err = d.Save(ctx, person("wang"), other)
	refused("the same code again", err, access.ErrConflict)
	other.Series, other.WindowS = first.Series, 120
	second := active(t, d, other)
	if second.Revision != 2 || second.Outputs[0].Tag != first.Outputs[0].Tag {
		t.Errorf("the next revision %d says tag %d; want 2 and %d", second.Revision, second.Outputs[0].Tag, first.Outputs[0].Tag)
	}
	if first, err = d.Component(ctx, person("li"), first.ID); err != nil || first.State != Retired {
		t.Errorf("the first is %s %v; want retired", first.State, err)
	}
	if first, err = d.Decide(ctx, person("li"), first.ID, Move{What: "rollback", Note: "the longer window is too slow", Rev: first.Rev}); err != nil || first.State != Active {
		t.Errorf("rolled back: %s %v", first.State, err)
	}
	if second, err = d.Component(ctx, person("li"), second.ID); err != nil || second.State != Retired {
		t.Errorf("the second is %s %v; want retired", second.State, err)
	}
	elsewhere := access.As("e", "qian", access.Scope{Tenant: 1, Path: "firm/form"}, access.Read, access.Engineer, access.Control)
	_, err = d.Component(ctx, elsewhere, first.ID)
	refused("elsewhere", err, access.ErrNotFound)
	_, err = d.Save(ctx, access.As("e", "qian", access.Scope{Tenant: 1}, access.Read), other)
	refused("who may only read", err, access.ErrForbidden)
}

// A key that is revoked stops what bears its signature, for good.
func TestDesk_RevokedKey(t *testing.T) {
	w, d := newWorld(t)
	p := w.publisher(t, d, "Huaneng")
	c := active(t, d, p.module(t, d, "mean"))
	other := active(t, d, w.publisher(t, d, "Baoli").module(t, d, "count"))
	if _, err := d.Revoke(t.Context(), access.As("e", "qian", access.Scope{Tenant: 1}, access.Engineer), p.ID, "lost"); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("by an engineer: %v", err)
	}
	if _, err := d.Revoke(t.Context(), person("zhao"), p.ID, " "); !errors.Is(err, ErrInvalid) {
		t.Errorf("without a reason: %v", err)
	}
	_, err := d.Revoke(t.Context(), person("zhao"), p.ID, "a laptop was lost")
	must(t, err)
	if c, err = d.Component(t.Context(), person("li"), c.ID); err != nil || c.State != Suspended || !strings.Contains(c.Steps[len(c.Steps)-1].Note, "a laptop was lost") {
		t.Errorf("it is %s %v", c.State, err)
	}
	if other, err = d.Component(t.Context(), person("li"), other.ID); err != nil || other.State != Active {
		t.Errorf("of another publisher: %s %v", other.State, err)
	}
	if _, err = d.Move(t.Context(), person("wang"), c.ID, Move{What: "activate", Rev: c.Rev}); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "revoked") {
		t.Errorf("to work again: %v", err)
	}
	if _, err := d.Allow(t.Context(), person("zhao"), Publisher{Name: "Huaneng", Key: p.Key}); !errors.Is(err, access.ErrConflict) {
		t.Errorf("the same key again: %v", err)
	}
}

// A module whose file was changed on the disk does not run: it is named and suspended.
func TestDesk_SpoiledFile(t *testing.T) {
	w, d := newWorld(t)
	c := active(t, d, w.publisher(t, d, "Huaneng").module(t, d, "mean"))
	raw := append([]byte{}, w.files[c.SHA256]...)
	raw[len(raw)-1] ^= 1
	w.files[c.SHA256] = raw
	w.pass(t, d)
	c, err := d.Component(t.Context(), person("li"), c.ID)
	if err != nil || c.State != Suspended || !strings.Contains(c.Steps[len(c.Steps)-1].Note, "another one than was signed") {
		t.Errorf("it is %s %v: %+v", c.State, err, c.Steps[len(c.Steps)-1])
	}
}

// A service is asked as a module is, set aside when it does not answer, and asked again
// when it does.
func TestDesk_Service(t *testing.T) {
	w, d := newWorld(t)
	c := active(t, d, Component{Definition: Definition{
		Name: plant.Name{ZH: "供方模型", EN: "A supplier's model"}, Code: "supplier", Place: "furnace", Form: Service, Key: "U" + strings.Repeat("A", 55),
		Inputs: []Input{{Name: "temp", Unit: "Cel", Machine: "furnace", Signal: "temp"}}, WindowS: 10, Places: 10, EveryS: 10, Outputs: []Output{{Name: "last", Unit: "Cel", Max: new(100.0)}},
	}})
	must(t, d.load(t.Context()))
	if len(w.keys) != 1 || w.keys[0] != (Admitted{1, c.Series, c.Key}) {
		t.Errorf("admitted: %+v", w.keys)
	}
	next := func() Status {
		t.Helper()
		w.heat(t, 10)
		w.wait(settles)
		w.pass(t, d)
		w.wait(-settles)
		return d.Status(c.ID)
	}
	asked := 0
	w.service = func(_ context.Context, raw []byte) ([]byte, error) {
		var q request
		if err := json.Unmarshal(raw, &q); err != nil {
			return nil, err
		}
		asked++
		if q.Ping {
			return []byte(`{"pong":true}`), nil
		}
		in := q.Inputs[0]
		return fmt.Appendf(nil, `{"outputs":{"last":{"value":%v,"quality":"good"}}}`, *in.Values[len(in.Values)-1]), nil
	}
	if s := next(); s.Calls != 1 || s.Last.Why != "" || *s.Last.Outputs[0].Value != 29 {
		t.Errorf("asked: %+v", s)
	}
	for answer, want := range map[string]Why{
		`{"error":"too cold for the model"}`:           Declined,
		`{"outputs":{}}`:                               Nonsense,
		`{"outputs":{"last":{"value":101}}}`:           Nonsense,
		`{"outputs":{"last":{"quality":"good"}}}`:      Nonsense,
		`{"outputs":{"last":{"value":1,"quality":7}}}`: Nonsense,
		`{"outputs":{"last":{"quality":"bad"}}}`:       Answered,
		strings.Repeat("x", usualPayload+1):            Nonsense,
	} {
		w.service = func(context.Context, []byte) ([]byte, error) { return []byte(answer), nil }
		r, err := d.call(t.Context(), 1, &c, d.remote(1, &c), now(w))
		if err != nil || r.Why != want {
			t.Errorf("%.60s: %s %s %v; want %q", answer, r.Why, r.Detail, err, want)
		}
	}
	hang := func(ctx context.Context, _ []byte) ([]byte, error) { <-ctx.Done(); return nil, ctx.Err() }
	w.service = hang
	var s Status
	for range 3 {
		s = next()
	}
	if s.Aside == 0 || !strings.Contains(s.Why, "3 calls after one another failed, the last: over_time") || w.raised[asideKey(c)].Place == "" {
		t.Errorf("after 3 calls without an answer: %+v, alarms %v", s, w.raised)
	}
	w.service = nil
	if s = next(); s.Aside == 0 || s.Last.Why != Unreachable || s.Calls != 4 {
		t.Errorf("still away: %+v", s)
	}
	w.service = func(_ context.Context, raw []byte) ([]byte, error) {
		if strings.Contains(string(raw), `"ping":true`) {
			return []byte(`{"pong":true}`), nil
		}
		return []byte(`{"outputs":{"last":{"value":42}}}`), nil
	}
	w.wait(20 * time.Second)
	if s = next(); s.Aside != 0 || *s.Last.Outputs[0].Value != 42 || len(w.raised) != 0 {
		t.Errorf("back: %+v, alarms %v", s, w.raised)
	}
	events, err := d.Events(t.Context(), Filter{Scope: access.Scope{Tenant: 1}, Of: c.Series, Limit: 20})
	must(t, err)
	var what []string
	for _, e := range events {
		what = append(what, e.What)
	}
	if fmt.Sprint(what) != "[back aside failed failed failed]" {
		t.Errorf("events: %v", what)
	}
}

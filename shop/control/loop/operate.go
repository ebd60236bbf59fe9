package loop

import (
	"context"
	"errors"
	"fmt"
	"time"

	"zhigai/access"
	"zhigai/fact/document"
	"zhigai/plant"
)

// View is a loop as a person sees it.
type View struct {
	Loop      Loop                   `json:"loop" doc:"The approved revision, or the newest where none is"`
	Run       Run                    `json:"run"`
	Now       *Now                   `json:"now,omitempty" doc:"What it sees; left out while it is off"`
	Revisions []Loop                 `json:"revisions,omitempty" doc:"All of them, the newest first"`
	Tags      map[string]plant.TagNo `json:"tags,omitempty" doc:"Tags of pv, inner, disturbance and output, by which their samples are found"`
}

// Views lists loops within a scope, the newest first.
func (d *Desk) Views(ctx context.Context, f Filter) ([]View, error) {
	all, err := d.Loops(ctx, Filter{Scope: f.Scope, Open: true, Limit: maxLoops})
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	out := []View{}
	for _, l := range all {
		i, known := at[l.Series]
		switch {
		case !known:
			at[l.Series] = len(out)
			out = append(out, View{Loop: l})
		case l.State == Approved && out[i].Loop.State != Approved:
			out[i].Loop = l
		}
	}
	for i := range out {
		if err := d.fill(ctx, f.Scope.Tenant, &out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// View is one loop with its revisions.
func (d *Desk) View(ctx context.Context, who access.Principal, series string) (View, error) {
	return d.view(ctx, who, series, access.Read)
}

func (d *Desk) view(ctx context.Context, who access.Principal, series string, right access.Permission) (View, error) {
	tenant := who.Scope.Tenant
	all, err := d.ofSeries(ctx, tenant, series)
	if err != nil {
		return View{}, err
	}
	v := View{Loop: all[0], Revisions: all}
	if l := inEffect(all); l != nil {
		v.Loop = *l
	}
	if err := who.Reach(right, v.Loop.Path, fmt.Errorf("%w: loop %s", access.ErrNotFound, series)); err != nil {
		return View{}, err
	}
	v.Tags = d.tags(ctx, tenant, v.Loop)
	return v, d.fill(ctx, tenant, &v)
}

// tags finds the tags of a loop's signals; one that is not there is left out.
func (d *Desk) tags(ctx context.Context, tenant plant.TenantNo, l Loop) map[string]plant.TagNo {
	out, of := map[string]plant.TagNo{}, d.signals(ctx, tenant)
	for name, in := range map[string]*Input{"pv": &l.PV, "inner": l.Inner, "disturbance": l.Disturbance, "output": {Machine: l.Machine, Signal: l.Output}} {
		if in == nil {
			continue
		}
		if signals, err := of(in.Machine); err == nil {
			if s, err := find(signals, in.Signal, ""); err == nil && s.Tag != 0 {
				out[name] = s.Tag
			}
		}
	}
	return out
}

// fill adds how a loop stands.
func (d *Desk) fill(ctx context.Context, tenant plant.TenantNo, v *View) error {
	if r := d.runner(tenant, v.Loop.Series); r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		now := r.now
		v.Run, v.Now = r.view, &now
		return nil
	}
	run, err := document.Read[Run](d.o.Store.Document(ctx, tenant, KindRun, v.Loop.Series))
	if errors.Is(err, access.ErrNotFound) {
		run, err = Run{ID: v.Loop.Series, Loop: v.Loop.ID, Revision: v.Loop.Revision, Mode: Off, SP: v.Loop.SP}, nil
	}
	v.Run = run
	return err
}

// Asked is a mode that somebody asks for.
type Asked struct {
	Mode Mode   `json:"mode" enum:"off,manual,auto"`
	Note string `json:"note,omitempty" maxLength:"1000"`
	Rev  int64  `json:"rev" doc:"Of the run that was seen"`
}

// SetMode puts a loop off, in manual or in auto. From manual to auto the output does not
// jump. A suspended loop leaves that mode by a person alone.
func (d *Desk) SetMode(ctx context.Context, who access.Principal, series string, a Asked) (View, error) {
	v, err := d.view(ctx, who, series, access.Control)
	if err != nil {
		return View{}, err
	}
	if a.Mode != Off && a.Mode != Manual && a.Mode != Auto {
		return View{}, invalid("a person asks for off, manual or auto, not for %q", a.Mode)
	}
	if d.runner(who.Scope.Tenant, series) == nil && a.Mode != Off {
		if err := d.begin(ctx, who, v, a); err != nil {
			return View{}, err
		}
		if v, err = d.View(ctx, who, series); err != nil || a.Mode == Manual {
			return v, err
		}
		a.Rev = v.Run.Rev
	}
	return d.operate(ctx, who, series, a.Rev, func(r *runner) error {
		switch {
		case r.run.Mode == a.Mode:
			return nil
		case a.Mode == Auto && r.run.Mode != Manual:
			return invalid("the loop is in %s; put it in manual first, look, and then in auto", r.run.Mode)
		case a.Mode == Auto:
			if err := r.mayAct(); err != nil {
				return err
			}
		}
		r.tuning, r.way, r.sent, r.refused = nil, nil, nil, 0
		if a.Mode == Auto {
			r.sent = r.have // from here on another value is another hand's
			if r.run.Before == nil {
				r.run.Before = r.have
			}
		}
		r.run.Reason, r.run.Safe = "", false
		r.settle()
		return r.to(a.Mode, who.Name, a.Note)
	})
}

// mayAct says why a loop cannot go to auto.
func (r *runner) mayAct() error {
	if !r.begun {
		r.scan()
	}
	r.mu.Lock()
	wrong := r.now.Wrong
	r.mu.Unlock()
	if wrong != "" || r.have == nil {
		return invalid("what the loop reads is not to be had: %s", wrong)
	}
	return r.alone()
}

// alone says what else moves the loop's output by itself.
func (r *runner) alone() error {
	if r.d.o.Held != nil {
		by, err := r.d.o.Held(r.d.ctx, r.tenant, r.place.machine, r.place.output)
		if err != nil {
			return err
		}
		if by != "" {
			return conflict("loop %q and %s would both move %s; suspend that one, or leave the loop in manual", r.called, by, r.loop.Output)
		}
	}
	r.d.mu.Lock()
	defer r.d.mu.Unlock()
	for _, o := range r.d.runners {
		if o == r || o.tenant != r.tenant || o.place != r.place {
			continue
		}
		o.mu.Lock()
		mode := o.view.Mode
		o.mu.Unlock()
		if mode != Manual {
			return conflict("loops %q and %q would both move %s; switch one of them off", r.called, o.called, r.loop.Output)
		}
	}
	return nil
}

// Holder names the loop that moves a set point by itself; "" for none.
func (d *Desk) Holder(tenant plant.TenantNo, machine plant.NodeID, signal string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.runners {
		if r.tenant != tenant || r.place != (place{machine, signal}) {
			continue
		}
		r.mu.Lock()
		mode := r.view.Mode
		r.mu.Unlock()
		if mode == Auto || mode == Tuning {
			return fmt.Sprintf("loop %q", r.called)
		}
	}
	return ""
}

// begin puts a loop to work, in manual.
func (d *Desk) begin(ctx context.Context, who access.Principal, v View, a Asked) error {
	l := v.Loop
	if l.State != Approved {
		return invalid("revision %d is %s; an approved one runs", l.Revision, l.State)
	}
	if a.Rev != v.Run.Rev {
		return conflict("the loop has revision %d, not %d", v.Run.Rev, a.Rev)
	}
	run := Run{ID: l.Series, Rev: v.Run.Rev, Loop: l.ID, Revision: l.Revision, Mode: Manual, SP: l.SP, By: who.Name, At: d.now(), Tuned: v.Run.Tuned}
	r, err := d.launch(who.Scope.Tenant, l, run)
	if err != nil {
		return err
	}
	return r.do(ctx, func() error { return r.to(Manual, who.Name, a.Note) })
}

// to changes the mode.
func (r *runner) to(mode Mode, by, note string) error {
	r.run.Mode, r.run.By, r.run.At = mode, by, r.d.now()
	if mode == Off {
		r.d.mu.Lock()
		delete(r.d.runners, key{r.tenant, r.loop.Series})
		r.d.mu.Unlock()
	}
	r.note(Event{What: WhatMode, By: by, Note: note, SP: &r.run.SP, PV: &r.last.PV, From: r.have})
	return r.change()
}

// operate lets a person do something with a running loop whose Rev was seen.
func (d *Desk) operate(ctx context.Context, who access.Principal, series string, rev int64, what func(*runner) error) (View, error) {
	if _, err := d.view(ctx, who, series, access.Control); err != nil {
		return View{}, err
	}
	r := d.runner(who.Scope.Tenant, series)
	if r == nil {
		if rev == 0 {
			return d.View(ctx, who, series)
		}
		return View{}, invalid("the loop is off; put it in manual first")
	}
	err := r.do(ctx, func() error {
		if rev != r.run.Rev {
			return conflict("the loop has revision %d, not %d", r.run.Rev, rev)
		}
		err := what(r)
		r.show() // before it is asked
		return err
	})
	if err != nil {
		return View{}, err
	}
	return d.View(ctx, who, series)
}

// NewValue is a value that somebody asks for.
type NewValue struct {
	Value float64 `json:"value"`
	Rev   int64   `json:"rev" doc:"Of the run that was seen"`
}

// SetPoint moves the set point.
func (d *Desk) SetPoint(ctx context.Context, who access.Principal, series string, n NewValue) (View, error) {
	return d.operate(ctx, who, series, n.Rev, func(r *runner) error {
		if !number(n.Value) || n.Value < r.loop.SPLow || n.Value > r.loop.SPHigh {
			return invalid("the set point is %v to %v, not %v", r.loop.SPLow, r.loop.SPHigh, n.Value)
		}
		r.run.SP, r.run.At = n.Value, r.d.now()
		r.note(Event{What: WhatSetPoint, By: who.Name, SP: &n.Value, PV: &r.last.PV, From: r.have})
		return r.change()
	})
}

// SetOutput moves the output by hand, in manual. The command is the person's.
func (d *Desk) SetOutput(ctx context.Context, who access.Principal, series string, n NewValue) (View, error) {
	return d.operate(ctx, who, series, n.Rev, func(r *runner) error {
		switch {
		case r.run.Mode != Manual:
			return invalid("the loop is in %s; a hand moves its output in manual", r.run.Mode)
		case r.pending != nil:
			return conflict("command %s is under way; wait for its end", r.pending.id)
		case !number(n.Value):
			return invalid("a number is wanted")
		}
		wait, cancel := context.WithTimeout(ctx, readPatience)
		defer cancel()
		id, err := d.o.Commands.Order(wait, who, Order{Machine: r.loop.Machine, Signal: r.loop.Output, Value: n.Value, Seen: r.have, Loop: r.loop.Series, Expires: 30 * time.Second, Note: r.loop.Name.ZH})
		if err != nil {
			return err
		}
		r.note(Event{What: WhatHand, By: who.Name, Value: &n.Value, From: r.have, SP: &r.run.SP, PV: &r.last.PV, Command: id})
		return nil
	})
}

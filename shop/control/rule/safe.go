package rule

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/calc/control"
	"zhigai/fact"
	"zhigai/plant"
)

// Safe is what becomes of a set point that a rule commands when the rule cannot go on:
// its inputs are not known, the device is lost, the node starts anew, its clock steps,
// it is overloaded, or the rule misbehaves.
type Safe struct {
	control.Safe
	Resolution float64 `json:"resolution,omitempty" minimum:"0" doc:"Of ramp: smallest step that the machine takes; 0: none"`
}

// Watchdog is a value by which a machine sees that a rule is alive. It is served no
// longer once the rule cannot go on.
type Watchdog struct {
	Signal   string `json:"signal" minLength:"1" maxLength:"100" doc:"Set point of the machine that its profile declares as a watchdog"`
	PeriodMs int64  `json:"period_ms" minimum:"500" maximum:"60000"`
}

func (w *Watchdog) period() time.Duration { return time.Duration(w.PeriodMs) * time.Millisecond }

// Secured is how far a set point is on the way to what was declared for it.
type Secured struct {
	Action int                `json:"action" doc:"Number of the command among the actions, from 0"`
	Point  string             `json:"point"`
	Safe   control.SafeAction `json:"safe" enum:"hold,ramp,hand-back"`
	Done   bool               `json:"done,omitempty"`
	At     plant.Instant      `json:"at,omitempty" doc:"When it was done"`
	What   string             `json:"what,omitempty" doc:"What the machine has, or why it does not have it yet"`
}

// safe is what an action declares; a command without a word stays as it is.
func (a Action) safe() control.Safe {
	if a.Safe == nil {
		return control.Safe{Action: control.Hold}
	}
	return a.Safe.Safe
}

// commands says whether the rule moves set points.
func (r *Rule) commands() bool {
	return slices.ContainsFunc(r.Actions, func(a Action) bool { return a.Kind == Command })
}

// unsafe says whether a set point is still on the way to what was declared for it.
func (r *Rule) unsafe() bool {
	return r.State == Suspended && slices.ContainsFunc(r.Securing, func(s Secured) bool { return !s.Done })
}

// minWatchdog is the shortest period of a watchdog: looks are pace apart.
const minWatchdog = 500 * time.Millisecond

// checkSafety refuses what cannot be done when the rule cannot go on.
func (a *Action) checkSafety(field string, m Machine) error {
	if a.Safe != nil {
		if err := a.checkSafe(field+": safe", m); err != nil {
			return err
		}
	}
	if a.Watchdog == nil {
		return nil
	}
	i := slices.IndexFunc(m.Signals, func(s Signal) bool { return s.Name == a.Watchdog.Signal })
	switch {
	case i < 0 || !m.Signals[i].Watchdog:
		return invalid("%s: the profile of %s does not declare %q as a watchdog: write: {watchdog: true} does", field, m.Path, a.Watchdog.Signal)
	case a.Watchdog.period() < minWatchdog || a.Watchdog.period() > time.Minute:
		return invalid("%s: a watchdog every %s; %s to %s are allowed", field, a.Watchdog.period(), minWatchdog, time.Minute)
	}
	return nil
}

func (a *Action) checkSafe(field string, m Machine) error {
	s := a.Safe
	if err := s.Check(); err != nil {
		return invalid("%s: %s", field, strings.TrimPrefix(err.Error(), control.ErrInvalid.Error()+": "))
	}
	name := a.Signal
	switch s.Action {
	case control.Hold:
		return nil
	case control.HandBack:
		if name = s.Signal; name == a.Signal {
			return invalid("%s: the set point itself hands nothing back; ramp it to a safe value", field)
		}
	}
	i := slices.IndexFunc(m.Signals, func(s Signal) bool { return s.Name == name && s.Writable })
	switch {
	case i < 0:
		return invalid("%s: %q is no set point of %s; choose one that its profile lets be written", field, name, m.Path)
	case m.Signals[i].Approve > 0:
		return invalid("%s: people approve each command to %s, and nobody waits for them when a rule cannot go on; hold, or choose another set point", field, name)
	case m.Signals[i].outside(s.Value):
		return invalid("%s: the machine does not take %v for %s; its profile gives the limits", field, s.Value, name)
	case s.Resolution < 0:
		return invalid("%s: resolution: a number that is not negative is wanted", field)
	}
	return nil
}

func (s Signal) outside(v float64) bool {
	return s.Min != nil && v < *s.Min || s.Max != nil && v > *s.Max
}

// suspend takes a rule out of action because it cannot go on, and says what is to become
// of its set points. What somebody suspended or retired before is left as it is.
func (d *Desk) suspend(ctx context.Context, tenant plant.TenantNo, id, why string) error {
	node := access.Node(tenant)
	r, err := d.rule(ctx, node, id, access.Read)
	if err != nil || r.State != Active {
		return err
	}
	r.Securing = r.secured(d.now())
	if err := d.step(ctx, tenant, &r, r.Rev, Step{State: Suspended, What: "suspend", By: node.Name, Note: why}); err != nil {
		return err
	}
	return d.o.Actors.Tell(ctx, tenant, r, why)
}

// secured are the set points of a rule that has just been suspended.
func (r *Rule) secured(at plant.Instant) (out []Secured) {
	for i, a := range r.Actions {
		if a.Kind != Command {
			continue
		}
		s := Secured{Action: i, Point: a.point(), Safe: a.safe().Action}
		if s.Safe == control.Hold {
			s.Done, s.At, s.What = true, at, a.Signal+" stays as it is"
		}
		out = append(out, s)
	}
	return out
}

// trip suspends a rule and makes its set points safe, also while the store takes
// nothing: the suspension is offered to it again.
func (d *Desk) trip(ctx context.Context, tenant plant.TenantNo, r Rule, why string) error {
	d.o.Logger.Warn("a rule suspended itself", "rule", r.ID, "reason", why)
	err := d.suspend(ctx, tenant, r.ID, why)
	if err == nil {
		why = "" // it is kept
	}
	r.State, r.Securing = Suspended, r.secured(d.now())
	d.secure(tenant, r, why)
	return err
}

// secure makes the set points of a suspended rule safe, in the background.
func (d *Desk) secure(tenant plant.TenantNo, r Rule, why string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.securing[r.ID] || !r.unsafe() && why == "" {
		return
	}
	d.securing[r.ID] = true
	k := &keeper{d: d, tenant: tenant, rule: r, why: why}
	ctx := d.ctx
	d.safety.Go(func() {
		k.run(ctx)
		d.mu.Lock()
		delete(d.securing, r.ID)
		d.mu.Unlock()
	})
}

// keeper makes the set points of one rule safe.
type keeper struct {
	d      *Desk
	tenant plant.TenantNo
	rule   Rule
	why    string // it was tripped, which is not kept yet
	ways   map[int]*control.Way
	done   map[int]string // ways that are gone, and not kept yet
}

// keeperPause is the time between two looks of a keeper, and two steps of a ramp: as
// loops write at most.
const keeperPause = time.Second

// run goes on until each set point has what was declared, or a person took over.
func (k *keeper) run(ctx context.Context) {
	k.ways, k.done = map[int]*control.Way{}, map[int]string{}
	for _, s := range k.rule.Securing {
		if !s.Done {
			k.ways[s.Action] = &control.Way{Safe: k.rule.Actions[s.Action].safe()}
		}
	}
	tick := time.NewTicker(keeperPause / 4)
	defer tick.Stop()
	for len(k.ways) > 0 || k.why != "" {
		if !k.mine(ctx) {
			return
		}
		for no, w := range k.ways {
			if k.done[no] == "" {
				k.done[no] = k.step(ctx, no, w)
			}
			if k.done[no] != "" && k.keep(ctx, no, k.done[no]) {
				delete(k.ways, no)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// mine says whether the rule is still to be made safe: nobody allowed, suspended or
// retired it meanwhile. While the store does not answer it is.
func (k *keeper) mine(ctx context.Context) bool {
	now, err := k.d.rule(ctx, access.Node(k.tenant), k.rule.ID, access.Read)
	switch {
	case err != nil:
		return !errors.Is(err, access.ErrNotFound)
	case now.State == Active && k.why != "":
		if err := k.d.suspend(ctx, k.tenant, k.rule.ID, k.why); err != nil {
			k.d.o.Logger.Error("the suspension of a rule is not kept", "rule", k.rule.ID, "err", err)
		}
		return true
	}
	k.why = ""
	return now.unsafe()
}

// step goes a step on a way, and says what the machine has once that is what was
// declared; "" before.
func (k *keeper) step(ctx context.Context, no int, w *control.Way) string {
	a := k.rule.Actions[no]
	ctx, cancel := context.WithTimeout(ctx, actWithin)
	defer cancel()
	by := k.d.strides(ctx, k.tenant, a)
	var have *float64
	if w.Safe.Action == control.RampTo {
		if v, err := k.d.o.Outputs.Value(ctx, k.tenant, a.Machine, a.Signal); err == nil {
			have = &v
		}
	}
	step, ok := w.Next(k.d.o.Passed(), have, by)
	switch {
	case !ok:
		return ""
	case step.Done:
		return fmt.Sprintf("%s is at %v", a.Signal, w.Safe.Value)
	}
	signal := cmp.Or(step.Signal, a.Signal)
	out := k.d.o.Outputs.Set(ctx, k.tenant, k.rule, a, signal, step.Value)
	switch {
	case out.State != fact.CommandConfirmed:
		w.Refused()
		k.d.o.Logger.Warn("a set point of a rule is not safe yet", "rule", k.rule.ID, "signal", signal, "state", out.State, "reason", out.Why)
		return ""
	case !w.Confirmed(step.Value, by):
		return ""
	case step.Signal != "":
		return fmt.Sprintf("the machine took over: %s is %v", signal, step.Value)
	}
	return fmt.Sprintf("%s is at %v", signal, step.Value)
}

// strides are how an action's set point may be moved.
func (d *Desk) strides(ctx context.Context, tenant plant.TenantNo, a Action) control.Strides {
	out := control.Strides{}
	if m, err := d.o.Plant.Machine(ctx, tenant, a.Machine); err == nil {
		if i := slices.IndexFunc(m.Signals, func(s Signal) bool { return s.Name == a.Signal }); i >= 0 {
			out = m.Signals[i].Strides
		}
	}
	out.Pause = keeperPause
	if a.Safe != nil {
		out.Resolution = a.Safe.Resolution
	}
	return out
}

// keep notes with the rule that a set point is safe.
func (k *keeper) keep(ctx context.Context, no int, what string) bool {
	node := access.Node(k.tenant)
	r, err := k.d.rule(ctx, node, k.rule.ID, access.Read)
	if err == nil && r.State == Suspended {
		for i := range r.Securing {
			if s := &r.Securing[i]; s.Action == no {
				s.Done, s.At, s.What = true, k.d.now(), what
			}
		}
		err = k.d.step(ctx, k.tenant, &r, r.Rev, Step{State: Suspended, What: "safe", By: node.Name, Note: what})
	}
	if err != nil {
		k.d.o.Logger.Error("that a set point of a rule is safe is not kept", "rule", k.rule.ID, "err", err)
	}
	return err == nil
}

package control

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/connect"
	"zhigai/fact"
	"zhigai/plant"
)

const (
	// firstLook is how soon the value is read back again after the first time;
	// machines that think longer are asked more seldom, up to nextLook.
	firstLook = 10 * time.Millisecond
	nextLook  = 250 * time.Millisecond
	// keepAgain is how often the outcome is offered to a journal that fails.
	keepAgain = time.Second
	// lastKeep bounds the last try, when the node ends.
	lastKeep = 2 * time.Second
)

// carryOut takes a command from its request to its end. other is the command
// that has the set point already.
func (d *Desk) carryOut(by access.Principal, t *target, c *Command, value any, other string) {
	found, from, err := d.check(by, t, c, value, other)
	checkedAt := d.now()
	switch {
	case err != nil:
		d.finish(by, t, Step{CommandStep: fact.CommandStep{State: fact.CommandFailed, Detail: "nothing was sent: " + err.Error()}}, c)
		return
	case found.failed():
		d.finish(by, t, Step{CommandStep: fact.CommandStep{State: refusal(found), Checks: found.list(), From: from}}, c)
		return
	}
	raw, err := d.o.Devices.Raw(t.device, t.signal.Name, value)
	if err == nil {
		err = d.note(by, t, c, found, from, raw)
	}
	if err != nil {
		d.finish(by, t, Step{CommandStep: fact.CommandStep{State: fact.CommandFailed, Detail: "nothing was sent: " + err.Error()}}, c)
		return
	}
	d.finish(by, t, d.send(t, c, value, checkedAt), c)
}

// refusal is how a command ends of which a check did not hold.
func refusal(f findings) string {
	if f[CheckExpiry].Result == fact.CheckFailed {
		return fact.CommandExpired
	}
	return fact.CommandRejected
}

func (d *Desk) now() plant.Micros { return plant.MicrosOf(d.o.Now()) }

// check makes every check. The device is asked only when the others hold.
func (d *Desk) check(by access.Principal, t *target, c *Command, value any, other string) (findings, *fact.Setting, error) {
	f := findings{}
	_, contact, enabled := d.o.Devices.Writing(t.device)
	_, rawErr := d.o.Devices.Raw(t.device, t.signal.Name, value)
	s := &situation{
		command: c, signal: t.signal, value: value, now: d.now(), by: by, path: t.node.Path, contact: contact, enabled: enabled, other: other,
		rawErr: rawErr, moved: d.moved(c),
	}
	if s.look(f); f.failed() {
		return f, nil, nil
	}
	lock, err := t.profile.Interlock(t.signal)
	if err != nil {
		return f, nil, err
	}
	names := signals(t.signal, lock)
	answers, err := d.o.Devices.Ask(d.ctx, t.device, names)
	if err != nil {
		f.say(CheckContact, err.Error())
		return f, nil, nil
	}
	s.now = d.now()
	f.say(CheckExpiry, s.expiry())
	s.weigh(f, answers, silences(t.profile, names), lock)
	if answers[0].Quality.IsBad() {
		return f, nil, nil
	}
	return f, answerOf(answers[0]), nil
}

// note keeps that the checks held and that the value goes out, before it does.
func (d *Desk) note(by access.Principal, t *target, c *Command, f findings, from *fact.Setting, raw any) error {
	at := d.now()
	checked := Step{At: at, CommandStep: fact.CommandStep{State: fact.CommandChecked, Checks: f.list(), From: from}}
	sent := Step{At: at, CommandStep: fact.CommandStep{State: fact.CommandSent, Raw: settingOf(raw)}}
	// Whether it counts as sent is decided here, not by who waits.
	ctx := context.WithoutCancel(d.ctx)
	if err := errors.Join(d.keep(ctx, by, t.object(), "command.send", from, c.Value, c.event(checked), c.event(sent))); err != nil {
		return err
	}
	d.move(c, from, at)
	return nil
}

// send gives the value to the device, once, and looks what came of it.
func (d *Desk) send(t *target, c *Command, value any, checkedAt plant.Micros) Step {
	end := func(state string, read *fact.Setting, format string, args ...any) Step {
		return Step{CommandStep: fact.CommandStep{State: state, Read: read, Detail: fmt.Sprintf(format, args...)}}
	}
	at := d.now()
	switch {
	case d.ctx.Err() != nil:
		return end(fact.CommandFailed, nil, "nothing was sent: the node ended")
	case at >= c.Expires:
		return end(fact.CommandExpired, nil, "nothing was sent: the time was over before it was noted")
	case at-checkedAt > plant.Micros(checksHold.Microseconds()):
		return end(fact.CommandExpired, nil, "nothing was sent: noting it took %s, and the machine may have changed since it was checked", time.Duration(at-checkedAt)*time.Microsecond)
	}
	_, err := d.o.Devices.Write(d.ctx, t.device, t.signal.Name, value)
	if err != nil && !connect.InDoubt(err) {
		return end(fact.CommandFailed, nil, "%s", err)
	}
	got, last := d.readBack(t, c, at)
	switch {
	case got:
		return end(fact.CommandConfirmed, last, "%s", wordsOf(err))
	case err != nil && !errors.Is(err, connect.ErrAltered):
		return end(fact.CommandUnknown, last, "look at the machine: contact was lost while the value went out, and it may have come through: %s", err)
	case last == nil:
		return end(fact.CommandUnknown, nil, "look at the machine: it took the value, and could not be asked what it has now")
	}
	return end(fact.CommandMismatched, last, "the machine has %s, not %s", words(*last), words(c.Value))
}

// readBack asks for the value until it is as it was to be, or the time for it
// is over. last is what the device said last since the value went out.
func (d *Desk) readBack(t *target, c *Command, sent plant.Micros) (got bool, last *fact.Setting) {
	within := time.Duration(t.signal.Write.Within)
	if within == 0 {
		within = defaultWithin
	}
	over := time.NewTimer(within) // it ends the asking, and cuts no question short
	defer over.Stop()
	since := sent - sent%1000 // answers are dated to the millisecond
	for pause := firstLook; ; pause = min(2*pause, nextLook) {
		if answers, err := d.o.Devices.Ask(d.ctx, t.device, []string{t.signal.Name}); err == nil && !answers[0].Quality.IsBad() && answers[0].At >= since {
			last = answerOf(answers[0])
			if same(t.signal, answers[0], c.Value) {
				return true, last
			}
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
			continue
		case <-over.C:
		case <-d.ctx.Done():
		}
		timer.Stop()
		return false, last
	}
}

// finish keeps the end of a command. It is offered until the journal takes it:
// until then the set point stays taken. A node that ends before finds it sent,
// see Resume.
func (d *Desk) finish(by access.Principal, t *target, s Step, c *Command) {
	s.At = d.now()
	action, event := "command."+s.State, c.event(s)
	journal, audit := d.keep(context.WithoutCancel(d.ctx), by, t.object(), action, nil, s.CommandStep, event)
	for last := false; (journal != nil || audit != nil) && !errors.Is(journal, errNoted); {
		d.o.Logger.Error("the end of a command is not kept", "machine", t.node.Path, "command", c.ID, "state", s.State, "err", errors.Join(journal, audit))
		if last {
			return
		}
		timer := time.NewTimer(keepAgain)
		select {
		case <-timer.C:
		case <-d.ctx.Done():
			timer.Stop()
			last = true
		}
		ctx, cancel := context.WithTimeout(context.Background(), lastKeep)
		if journal != nil {
			journal = d.append(ctx, []fact.Event{event})
		}
		if audit != nil {
			audit = d.o.Audit.Record(ctx, by, action, t.object(), nil, s.CommandStep)
		}
		cancel()
	}
}

// moved is by how much commands of the last minute have moved a set point.
func (d *Desk) moved(c *Command) float64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	at := place{c.Node, c.Signal}
	since := d.now() - plant.Micros(rateWindow.Microseconds())
	d.moves[at] = slices.DeleteFunc(d.moves[at], func(m move) bool { return m.at < since })
	sum := 0.0
	for _, m := range d.moves[at] {
		sum += m.by
	}
	if len(d.moves[at]) == 0 {
		delete(d.moves, at)
	}
	return sum
}

// move notes a change that goes out.
func (d *Desk) move(c *Command, from *fact.Setting, at plant.Micros) {
	if from == nil || from.Number == nil || c.Value.Number == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	p := place{c.Node, c.Signal}
	d.moves[p] = append(d.moves[p], move{at, math.Abs(*c.Value.Number - *from.Number)})
}

// Points lists the set points of a machine.
func (d *Desk) Points(ctx context.Context, scope access.Scope, node plant.NodeID) ([]SetPoint, error) {
	t, err := d.machine(ctx, scope, node)
	if err != nil {
		return nil, err
	}
	here, contact, enabled := d.o.Devices.Writing(t.device)
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []SetPoint
	for i := range t.profile.Signals {
		if s := &t.profile.Signals[i]; s.Write != nil && !s.Write.Watchdog {
			out = append(out, SetPoint{
				Signal: s, Path: t.node.Path, Here: here, Contact: contact, Enabled: enabled && t.node.Machine.Device.Writing,
				Open: d.open[place{node, s.Name}],
			})
		}
	}
	return out, nil
}

package display

import (
	"context"
	"slices"

	"zhigai/access"
	"zhigai/plant"
)

// suspendedPriority is how urgent it is that a loop or a rule acts no more.
const suspendedPriority = 2

// tile puts together what stands on one tile.
func (d *Desk) tile(ctx context.Context, scope access.Scope, of group, all gathered, layouts []Layout, now plant.Instant) (Tile, error) {
	t := Tile{At: of.at.At, Readings: []Reading{}, Loops: []Loop{}, Rules: []Rule{}}
	within := func(path string) bool { return plant.Within(path, of.at.Path) }
	for _, m := range of.machines {
		t.count(all.live[m.ID])
	}
	if of.at.Machine {
		s := all.live[of.at.ID].State
		if s.Code == "" {
			s = State{Code: "UNKNOWN", Mode: "NONE"}
		}
		t.State = &s
	}
	for _, l := range all.loops {
		if within(l.Path) {
			t.Loops = append(t.Loops, l)
			t.suspended(l.Mode)
		}
	}
	for _, r := range all.rules {
		if within(r.Path) {
			t.Rules = append(t.Rules, r)
			t.suspended(r.State)
		}
	}
	for _, c := range all.commands {
		switch {
		case !within(c.Path):
		case c.Waiting:
			t.Commands.Waiting++
		default:
			t.Commands.Open++
		}
	}
	for _, a := range all.alarms {
		if within(a.Path) {
			t.Alarms.take(a)
		}
	}
	if w := t.Alarms.Worst; w != nil && (t.Abnormal == 0 || w.Priority < t.Abnormal) {
		t.Abnormal = w.Priority
	}
	var choices []Choice
	if i := slices.IndexFunc(layouts, func(l Layout) bool { return l.Place == of.at.ID }); i >= 0 {
		t.LaidOut, choices = layouts[i].Rev, layouts[i].Indicators
		t.Own = len(choices) > 0
	}
	if len(choices) == 0 {
		var err error
		if choices, err = d.choose(ctx, scope.Tenant, of, all); err != nil {
			return t, err
		}
	}
	for _, c := range choices {
		r, ok, err := d.reading(ctx, scope.Tenant, of, c, all, now)
		if err != nil {
			return t, err
		}
		if !ok { // the machine or the signal went away since it was chosen
			continue
		}
		t.Readings = append(t.Readings, r)
		t.Stale = t.Stale || r.Place == Stale
	}
	return t, nil
}

// suspended makes a tile abnormal by what suspended itself.
func (t *Tile) suspended(mode string) {
	if mode == "suspended" && (t.Abnormal == 0 || suspendedPriority < t.Abnormal) {
		t.Abnormal = suspendedPriority
	}
}

// count adds what a machine does. What one without contact did last is not what it does.
func (t *Tile) count(l Live) {
	s := &t.States
	s.Machines++
	if !l.Link && !l.Excluded {
		s.Lost++
		t.Stale = true
	}
	switch l.Code {
	case "EXECUTING":
		s.Executing++
	case "NOT_EXECUTING":
		s.NotExecuting++
	case "OUT_OF_SERVICE":
		s.OutOfService++
	case "NOT_AVAILABLE":
		s.NotAvailable++
	default:
		s.Unknown++
	}
}

// take counts an alarm.
func (a *Alarms) take(one Alarm) {
	n := Alarms{Worst: &one}
	switch one.Priority {
	case 1:
		n.P1 = 1
	case 2:
		n.P2 = 1
	case 3:
		n.P3 = 1
	default:
		n.P4 = 1
	}
	if one.Unacked {
		n.Unacked = 1
	}
	a.add(n)
}

func (a *Alarms) add(b Alarms) {
	a.P1, a.P2, a.P3, a.P4, a.Unacked = a.P1+b.P1, a.P2+b.P2, a.P3+b.P3, a.P4+b.P4, a.Unacked+b.Unacked
	if w := b.Worst; w != nil && (a.Worst == nil || w.Priority < a.Worst.Priority || w.Priority == a.Worst.Priority && w.From > a.Worst.From) {
		a.Worst = w
	}
}

// setPoints are what can be set at a machine, with what stands there.
func (d *Desk) setPoints(ctx context.Context, tenant plant.TenantNo, of group, all gathered) ([]SetPoint, error) {
	signals, err := d.o.Plant.Signals(ctx, tenant, of.at.ID)
	if err != nil {
		return nil, err
	}
	live := all.live[of.at.ID]
	var out []SetPoint
	for _, s := range signals {
		if s.SetPoint == nil {
			continue
		}
		p := *s.SetPoint
		v := live.Values[s.Name]
		p.Value, p.Stale = v.Number, !live.Link || !v.Good
		out = append(out, p)
	}
	return out, nil
}

package equipment

import (
	"context"
	"fmt"
	"time"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/plant"
)

// foldVersion changes whenever the same facts may give other terms.
const foldVersion = "fold/1"

// Folder makes terms from the stores' facts. It implements figure.Folder.
type Folder struct {
	Fleet  *Fleet
	Reader Reader
	seen   *seen
}

var _ figure.Folder = (*Folder)(nil)

// NewFolder makes a Folder.
func NewFolder(fleet *Fleet, history History, reader Reader) *Folder {
	reader.History = history
	return &Folder{Fleet: fleet, Reader: reader, seen: &seen{newest: map[seenKey]plant.Micros{}}}
}

// Model is the plant within the scope as valid at the instant.
func (f *Folder) Model(ctx context.Context, scope access.Scope, at plant.Micros) (plant.Model, error) {
	s, err := f.Fleet.At(ctx, scope.Tenant, at)
	if err != nil {
		return plant.Model{}, err
	}
	return s.within(scope), nil
}

// machine is the machine as it was last in the base window; one that had gone
// by its end as it was at its beginning.
func (f *Folder) machine(ctx context.Context, tenant plant.TenantNo, node plant.NodeID, base figure.Base) (*Machine, error) {
	last := min(base.To, plant.MicrosOf(f.Fleet.now())) - 1
	for _, at := range []plant.Micros{last, base.From} {
		s, err := f.Fleet.At(ctx, tenant, at)
		if err != nil {
			return nil, err
		}
		if m, ok := s.Machines[node]; ok {
			return m, nil
		}
	}
	return nil, fmt.Errorf("%w: machine %s at %s", access.ErrNotFound, node, base.From.Time().Format(time.RFC3339))
}

// version names what folds a machine. Its adjustment belongs to it: when a person
// changes a threshold, the window in which that happens is folded again.
func (f *Folder) version(m *Machine) string {
	kind := fmt.Sprintf("%s@%d", m.Kind.Profile, m.Kind.Version)
	if m.Kind.Given != "" {
		kind += "(" + m.Kind.Given + ")"
	}
	return fmt.Sprintf("%s %s %s %s", foldVersion, kind, f.Reader.Settings.Classes.Version, f.Reader.Settings.Reasons.Version)
}

// Version names the rules that fold the machine.
func (f *Folder) Version(ctx context.Context, tenant plant.TenantNo, node plant.NodeID, base figure.Base) (string, error) {
	m, err := f.machine(ctx, tenant, node, base)
	if err != nil {
		return "", err
	}
	return f.version(m), nil
}

// Fold reads and folds one base window.
func (f *Folder) Fold(ctx context.Context, tenant plant.TenantNo, node plant.NodeID, base figure.Base, upto plant.Micros) (figure.Folded, error) {
	m, err := f.machine(ctx, tenant, node, base)
	if err != nil {
		return figure.Folded{}, err
	}
	facts, err := f.Reader.Gather(ctx, m, base.From, floorMs(min(base.To, upto)))
	if err != nil {
		return figure.Folded{}, err
	}
	return figure.Folded{Rows: f.Reader.Settings.Terms(m, facts, base, upto), Version: f.version(m)}, nil
}

// Evidence opens one base window.
func (f *Folder) Evidence(ctx context.Context, tenant plant.TenantNo, node plant.NodeID, base figure.Base, upto plant.Micros) (figure.Evidence, error) {
	m, err := f.machine(ctx, tenant, node, base)
	if err != nil {
		return figure.Evidence{}, err
	}
	to := floorMs(min(base.To, upto))
	facts, err := f.Reader.Gather(ctx, m, base.From, to)
	if err != nil {
		return figure.Evidence{}, err
	}
	rows, past := f.Reader.Settings.fold(m, facts, base, upto)
	ev := figure.Evidence{
		Fold: f.version(m), Profile: m.Kind.Profile, Version: m.Kind.Version, Rows: rows, Events: facts.Events,
		Operation: m.Calendar.OperationSpans(base.From, to), Busy: m.Calendar.BusySpans(base.From, to), Cycles: m.Cycles,
	}
	ev.Inputs = m.inputs(facts, base.From, to)
	for _, i := range past.intervals {
		ev.Intervals = append(ev.Intervals, figure.Interval{
			From: i.From, To: i.To, State: i.State.String(), Class: string(i.Class),
			Source: string(i.Source), Reason: i.Reason, SaidBy: i.SaidBy, Product: i.Product, Order: i.Order, Shift: i.Shift,
		})
	}
	for _, c := range past.counts {
		pru, _ := m.cycle(c.Product, c.At)
		ev.Counts = append(ev.Counts, figure.CountedParts{At: c.At, Product: c.Product, Good: c.Good, Scrap: c.Scrap, Rework: c.Rework, PRUms: pru})
	}
	for _, a := range past.anomalies {
		ev.Notes = append(ev.Notes, fmt.Sprintf("%s %s %s: %v then %v", a.At.Time().Format(time.RFC3339Nano), a.Kind, a.Signal, a.Before, a.After))
	}
	return ev, nil
}

// inputs lists the ranges of tags that a fold read.
func (m *Machine) inputs(f Facts, from, to plant.Micros) []figure.Input {
	var out []figure.Input
	for _, name := range m.signals() {
		tag, ok := m.Tags[name]
		if !ok {
			continue
		}
		in := figure.Input{Tag: tag.No, Name: name, Unit: tag.Unit, From: from, To: to}
		note := func(t plant.Micros) {
			if t < from {
				in.Carry = t
			} else if t < to {
				in.Samples++
			}
		}
		for _, s := range f.Samples[name] {
			note(s.Time)
		}
		for _, t := range f.Texts[name] {
			note(t.Time)
		}
		out = append(out, in)
	}
	return out
}

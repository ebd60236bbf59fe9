package energy

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Standby is what machines burned by what they did, and what that cost.
type Standby struct {
	From     plant.Instant    `json:"from"`
	To       plant.Instant    `json:"to"`
	Machines []MachineStandby `json:"machines" nullable:"false" doc:"Those with a meter of their own, the greatest loss first"`
	// Lost is energy of standing and starting of all of them.
	Lost Amount `json:"lost"`
	Fen  *int64 `json:"lost_fen" doc:"Null without a tariff"`
}

// MachineStandby is a machine.
type MachineStandby struct {
	Machine plant.NodeID `json:"equipment"`
	Path    string       `json:"path"`
	Name    plant.Name   `json:"name"`
	Meter   string       `json:"meter"`
	Amount
	Parts []DoingPart `json:"parts" nullable:"false" doc:"By what it did"`
	// Lost is energy of standing and starting; its share is of all.
	Lost  *float64 `json:"lost_kwh"`
	Share *float64 `json:"lost_share"`
	Fen   *int64   `json:"lost_fen"`
	// Idle is the mean power while it stands; null when it did not.
	Idle   *float64 `json:"idle_kw"`
	Starts int      `json:"starts"`
}

// DoingPart is time and energy of one thing that a machine did.
type DoingPart struct {
	What Doing   `json:"what" enum:"producing,setup,startup,standby,down,off,unknown"`
	Ms   int64   `json:"ms"`
	KWh  float64 `json:"kwh"`
}

const (
	maxStandby = 7 * 24 * time.Hour // as far as states are replayed at once
	// fine is how exactly energy is divided between states: a machine that changes
	// faster is divided by time within a minute.
	fine = time.Minute
)

// Standby divides the energy of machines by what they did.
func (d *Desk) Standby(ctx context.Context, scope access.Scope, place plant.NodeID, from, to plant.Instant) (Standby, error) {
	lo, hi, err := d.window(from, to, maxStandby)
	if err != nil {
		return Standby{}, err
	}
	net, err := d.network(ctx, scope, place, to)
	if err != nil {
		return Standby{}, err
	}
	model, _, err := d.place(ctx, scope, place)
	if err != nil {
		return Standby{}, err
	}
	every := fine
	if steps := (hi - lo) / plant.Micros(fine.Microseconds()); steps > maxSteps {
		every *= 2
	}
	lo = aligned(lo, every)
	out := Standby{From: plant.InstantOf(lo.Time()), To: plant.InstantOf(hi.Time()), Machines: []MachineStandby{}}
	l, prices := d.look(ctx, scope.Tenant, &net, lo, hi, every), d.prices(&net)
	for _, m := range net.Meters {
		i := slices.IndexFunc(model.Nodes, func(n plant.Node) bool { return n.ID == m.Machine && n.Machine != nil })
		if m.Medium != Electricity || m.Virtual() || i < 0 || model.Nodes[i].Machine.Excluded || !scope.Allows(model.Nodes[i].Path) {
			continue
		}
		s, err := l.of(m.Code)
		if err != nil {
			return Standby{}, err
		}
		did, err := d.o.Machines.Did(ctx, scope.Tenant, m.Machine, lo, hi)
		if errors.Is(err, access.ErrNotFound) {
			continue
		}
		if err != nil {
			return Standby{}, err
		}
		n := model.Nodes[i]
		one := MachineStandby{Machine: n.ID, Path: n.Path, Name: n.Name, Meter: m.Code, Amount: amountOf(s, hi-lo), Parts: []DoingPart{}}
		one.divide(s, did, prices)
		out.Machines = append(out.Machines, one)
	}
	out.sum()
	return out, nil
}

// divide gives each stretch the energy of its time.
func (m *MachineStandby) divide(s series, did []Did, prices []price) {
	kwh, ms := map[Doing]float64{}, map[Doing]int64{}
	cost, priced := 0.0, true
	k := 0
	for i, one := range did {
		ms[one.What] += int64(one.To-one.From) / 1000
		if one.What == Starting && (i == 0 || did[i-1].What != Starting) {
			m.Starts++
		}
		for k > 0 && s.steps[k].from > one.From {
			k--
		}
		for ; k < len(s.steps) && s.steps[k].from < one.To; k++ {
			st := s.steps[k]
			overlap := min(st.to, one.To) - max(st.from, one.From)
			if overlap <= 0 {
				continue
			}
			part := float64(st.count) / micro * float64(overlap) / float64(st.to-st.from)
			kwh[one.What] += part
			if one.What != Standing && one.What != Starting {
				continue
			}
			_, _, micros, ok := priceAt(prices, st.from.Time())
			priced = priced && ok
			cost += part * float64(micros)
		}
		if k > 0 {
			k--
		}
	}
	for _, what := range doings {
		if ms[what] > 0 {
			m.Parts = append(m.Parts, DoingPart{what, ms[what], kwh[what]})
		}
	}
	if m.Value == nil {
		return
	}
	lost := kwh[Standing] + kwh[Starting]
	m.Lost = &lost
	if *m.Value > 0 {
		m.Share = new(lost / *m.Value)
	}
	if priced {
		fen := int64(math.Round(cost / microPerFen))
		m.Fen = &fen
	}
	if hours := time.Duration(ms[Standing] * int64(time.Millisecond)).Hours(); hours > 0 {
		m.Idle = new(kwh[Standing] / hours)
	}
}

// sum adds the machines up and puts the greatest loss first.
func (s *Standby) sum() {
	lost, fen, priced := 0.0, int64(0), true
	s.Lost.Coverage = 1
	for _, m := range s.Machines {
		s.Lost.Coverage = min(s.Lost.Coverage, m.Coverage)
		if m.Lost == nil {
			s.Lost.Reason = notAll
			continue
		}
		lost += *m.Lost
		if m.Fen == nil {
			priced = false
			continue
		}
		fen += *m.Fen
	}
	switch {
	case len(s.Machines) == 0:
		s.Lost.Reason, s.Lost.Coverage = noReadings, 0
	case s.Lost.Reason == "":
		s.Lost.Value = &lost
		if priced {
			s.Fen = &fen
		}
	}
	slices.SortStableFunc(s.Machines, func(a, b MachineStandby) int {
		x, y := -1.0, -1.0
		if a.Lost != nil {
			x = *a.Lost
		}
		if b.Lost != nil {
			y = *b.Lost
		}
		switch {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
}

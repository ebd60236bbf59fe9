package energy

import (
	"context"
	"errors"
	"math"
	"math/bits"
	"slices"

	"zhigai/access"
	"zhigai/plant"
)

// Sharing divides what a meter counted, less what the meters below it did, among
// machines that have no meter of their own.
type Sharing struct {
	Key   ShareKey   `json:"key" enum:"weight,busy" doc:"weight: by the weights alone, such as rated power or area; busy: by the weights of those that produce or are set up meanwhile"`
	Among []Weighted `json:"among" nullable:"false" minItems:"1" maxItems:"200"`
}

// ShareKey says by what is divided.
type ShareKey string

// Keys.
const (
	ByWeight ShareKey = "weight"
	// ByBusy gives nothing to a machine that stands: what nobody was busy for is not
	// allocated.
	ByBusy ShareKey = "busy"
	// ByOwn is of a machine with a meter of its own.
	ByOwn ShareKey = "own"
)

// Weighted is a machine that takes its share.
type Weighted struct {
	Machine plant.NodeID `json:"equipment" maxLength:"60"`
	Weight  float64      `json:"weight" doc:"Above 0, in any unit that all of them are given in"`
}

// maxShared is how many machines one meter is divided among.
const maxShared = 200

// checkShared says what is wrong with how a meter is divided.
func (n *Network) checkShared(m Meter) error {
	s := m.Shared
	switch {
	case s == nil:
		return nil
	case m.Medium != Electricity:
		return invalid("meter %s: electricity is divided among machines, and not %s", m.Code, m.Medium)
	case s.Key != ByWeight && s.Key != ByBusy:
		return invalid("meter %s: key %.20q; write weight or busy", m.Code, s.Key)
	case len(s.Among) == 0 || len(s.Among) > maxShared:
		return invalid("meter %s: %d machines take a share; 1 to %d are allowed", m.Code, len(s.Among), maxShared)
	}
	for i, w := range s.Among {
		if !(w.Weight > 0) || math.IsInf(w.Weight, 0) {
			return invalid("meter %s: the weight of machine %.60q is %v; write a number above 0", m.Code, w.Machine, w.Weight)
		}
		if slices.IndexFunc(s.Among, func(o Weighted) bool { return o.Machine == w.Machine }) != i {
			return invalid("meter %s: machine %.60q takes a share twice", m.Code, w.Machine)
		}
		for _, o := range n.Meters {
			if o.Machine == w.Machine && o.Medium == Electricity {
				return invalid("meter %s: machine %.60q has the meter %s of its own and takes no share", m.Code, w.Machine, o.Code)
			}
			if o.Code != m.Code && o.Shared != nil && slices.ContainsFunc(o.Shared.Among, func(x Weighted) bool { return x.Machine == w.Machine }) {
				return invalid("machine %.60q takes a share of %s and of %s; leave it in one of them", w.Machine, m.Code, o.Code)
			}
		}
	}
	return nil
}

// burner is a machine with the electricity that it used, by steps of time.
type burner struct {
	node  plant.Node
	meter Meter    // its own, or the one that it takes a share of
	key   ShareKey // ByOwn, or how it is divided
	series
	did []Did
}

// burners are the machines of a network within the scope that produce and have
// electricity of their own or a share of one; only, where it is not nil, says which.
func (l *look) burners(model plant.Model, scope access.Scope, only map[plant.NodeID]bool) (out []burner, err error) {
	node := func(id plant.NodeID) (plant.Node, bool) {
		i := slices.IndexFunc(model.Nodes, func(n plant.Node) bool {
			return n.ID == id && n.Machine != nil && !n.Machine.Excluded && scope.Allows(n.Path)
		})
		if i < 0 || only != nil && !only[id] {
			return plant.Node{}, false
		}
		return model.Nodes[i], true
	}
	for _, m := range l.net.Meters {
		if n, ok := node(m.Machine); ok && m.Medium == Electricity && !m.Virtual() {
			one := burner{node: n, meter: m, key: ByOwn}
			if one.series, err = l.of(m.Code); err != nil {
				return nil, err
			}
			if one.did, err = l.did(n.ID); err != nil {
				return nil, err
			}
			out = append(out, one)
		}
		if m.Shared == nil {
			continue
		}
		parts, err := l.shared(m)
		if err != nil {
			return nil, err
		}
		for i, w := range m.Shared.Among {
			if n, ok := node(w.Machine); ok {
				out = append(out, burner{node: n, meter: m, key: m.Shared.Key, series: parts[i].series, did: parts[i].did})
			}
		}
	}
	return out, nil
}

// did is what a machine did in the time that is looked at; nothing of one that
// there is no more.
func (l *look) did(machine plant.NodeID) ([]Did, error) {
	did, err := l.d.o.Machines.Did(l.ctx, l.tenant, machine, l.from, l.to)
	if errors.Is(err, access.ErrNotFound) {
		return nil, nil
	}
	return did, err
}

// shared divides a meter, by machine in the order of its key. Steps in which meters
// below count more than it does have nothing to be divided.
func (l *look) shared(m Meter) ([]burner, error) {
	rest, err := l.of(m.Code)
	if err != nil {
		return nil, err
	}
	rest.steps = slices.Clone(rest.steps)
	for _, b := range l.net.Below(m.Code) {
		s, err := l.of(b.Code)
		if err != nil {
			return nil, err
		}
		for i := range rest.steps {
			rest.steps[i].count -= s.steps[i].count
			rest.steps[i].known = min(rest.steps[i].known, s.steps[i].known)
		}
		if s.why != "" {
			rest.why = s.why
		}
	}
	out := make([]burner, len(m.Shared.Among))
	for i, w := range m.Shared.Among {
		out[i].series = series{steps: l.edges(), why: rest.why}
		if out[i].did, err = l.did(w.Machine); err != nil {
			return nil, err
		}
	}
	at := make([]int, len(out)) // where each stands in what it did
	for k, r := range rest.steps {
		upTo := make([]float64, len(out)) // sums of weights
		sum := 0.0
		for i, w := range m.Shared.Among {
			weight := w.Weight
			if m.Shared.Key == ByBusy {
				weight *= float64(busy(out[i].did, &at[i], r.from, r.to))
			}
			sum += weight
			upTo[i] = sum
		}
		given := int64(0)
		for i := range out {
			s := &out[i].steps[k]
			s.known = r.known
			if sum > 0 && r.count > 0 {
				so := int64(math.Floor(float64(r.count) * (upTo[i] / sum)))
				s.count, given = so-given, so
			}
		}
	}
	return out, nil
}

// busy is how much of [from, to) a machine produced or was set up; at is where to
// look, and moves on.
func busy(did []Did, at *int, from, to plant.Micros) (out plant.Micros) {
	for *at < len(did) && did[*at].To <= from {
		*at++
	}
	for i := *at; i < len(did) && did[i].From < to; i++ {
		if did[i].What == Producing || did[i].What == SettingUp {
			out += min(did[i].To, to) - max(did[i].From, from)
		}
	}
	return out
}

// portion is n · part ÷ whole for 0 ≤ part ≤ whole, rounded towards 0, of any n:
// portions up to rising parts differ by what adds up to n.
func portion(n, part, whole int64) int64 {
	if whole <= 0 {
		return 0
	}
	size, sign := uint64(n), int64(1)
	if n < 0 {
		size, sign = uint64(-n), -1
	}
	hi, lo := bits.Mul64(size, uint64(part))
	q, _ := bits.Div64(hi, lo, uint64(whole))
	return sign * int64(q)
}

// piece is a part of a step in which a machine did one thing and the same jobs ran.
type piece struct {
	from, to    plant.Micros
	count, cost int64 // millionths of kWh and of yuan
	known       plant.Micros
	what        Doing
	runs        []held // that ran in it
}

// pieces cuts what a machine used where what it did, or the jobs that ran there,
// change. Counts and costs of the pieces of a step add up to the step's.
func (b *burner) pieces(runs []held, cost func(step) int64, put func(piece)) {
	var cuts []plant.Micros
	for _, d := range b.did {
		cuts = append(cuts, d.From, d.To)
	}
	for _, r := range runs {
		cuts = append(cuts, r.from, r.to)
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	runs = slices.Clone(runs)
	slices.SortFunc(runs, func(x, y held) int { return int(x.from - y.from) })
	next, began, k := 0, 0, 0
	var on []held
	for _, s := range b.steps {
		width, full := int64(s.to-s.from), cost(s)
		for next < len(cuts) && cuts[next] <= s.from {
			next++
		}
		for from := s.from; from < s.to; {
			to := s.to
			if next < len(cuts) && cuts[next] < to {
				to = cuts[next]
				next++
			}
			on = slices.DeleteFunc(on, func(r held) bool { return r.to <= from })
			for ; began < len(runs) && runs[began].from <= from; began++ {
				if runs[began].to > from {
					on = append(on, runs[began])
				}
			}
			for k < len(b.did) && b.did[k].To <= from {
				k++
			}
			p := piece{from: from, to: to, what: Unknown, runs: on}
			if k < len(b.did) && b.did[k].From <= from {
				p.what = b.did[k].What
			}
			low, high := int64(from-s.from), int64(to-s.from)
			p.count = portion(s.count, high, width) - portion(s.count, low, width)
			p.cost = portion(full, high, width) - portion(full, low, width)
			p.known = plant.Micros(portion(int64(s.known), high, width) - portion(int64(s.known), low, width))
			put(p)
			from = to
		}
	}
}

// among divides a piece among the jobs that ran in it, by their quantities.
func (p piece) among(give func(r held, count, cost int64)) {
	whole := int64(0)
	for _, r := range p.runs {
		whole += r.weight
	}
	sum := int64(0)
	for _, r := range p.runs {
		low, high := sum, sum+r.weight
		give(r, portion(p.count, high, whole)-portion(p.count, low, whole), portion(p.cost, high, whole)-portion(p.cost, low, whole))
		sum = high
	}
}

// lookAt looks at a network with a step of the clock, from a full step on.
func (d *Desk) lookAt(ctx context.Context, tenant plant.TenantNo, net *Network, lo, hi plant.Micros) *look {
	every := fine
	for (hi-lo)/plant.Micros(every.Microseconds()) >= maxSteps {
		every *= 2
	}
	return d.look(ctx, tenant, net, aligned(lo, every), hi, every)
}

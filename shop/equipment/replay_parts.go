package equipment

import (
	"cmp"
	"slices"

	"zhigai/connect/profile"
	"zhigai/plant"
)

// parts are the instants at which a counter of parts was heard, and how long a
// rise keeps the machine running.
func (m *Machine) parts(f Facts, products timeline) []part {
	var out []part
	for q, c := range m.counterOf() {
		if q == energy {
			continue
		}
		out = append(out, m.partsOf(c, f.Samples[c.Signal], products)...)
	}
	slices.SortFunc(out, func(a, b part) int { return cmp.Compare(a.at, b.at) })
	return out
}

func (m *Machine) partsOf(c profile.Counter, samples []plant.Sample, products timeline) []part {
	out := make([]part, 0, len(samples))
	product := products.reader()
	var before plant.Sample
	known := false
	for _, s := range samples {
		if s.Quality.IsBad() {
			continue
		}
		p := part{at: s.Time}
		if known {
			if n, _ := increase(scaled(before.Value, 1), scaled(s.Value, 1), scaled(c.Modulo, 1), scaled(c.MaxStep, 1)); n > 0 {
				p.silence = m.silence(product(s.Time), s.Time)
			}
		}
		out = append(out, p)
		before, known = s, true
	}
	return out
}

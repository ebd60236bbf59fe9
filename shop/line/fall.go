package line

import (
	calc "zhigai/calc/line"
)

// fall is the waterfall at a station: not ok when there is no planned cycle.
func (w *world) fall(station int, c cycles) (calc.Waterfall, bool) {
	b := calc.Bottleneck{Times: map[calc.State]int64{}}
	products := map[string]int64{}
	for i, m := range w.stations[station] {
		id := w.layout.Stations[station].Machines[i]
		for _, p := range m.parts {
			b.Times[p.state] += p.to - p.from
		}
		for _, n := range m.counted {
			all := n.Good + n.Scrap + n.Rework
			b.Total += all
			b.Bad += n.Scrap + n.Rework
			b.StandardMs += all * c.machine(id, n.Product)
			products[n.Product] += all
		}
	}
	machines := float64(len(w.stations[station]))
	b.CycleMs = c.mean(station, products, 1) * machines
	needs := w.layout.needs(station)
	ends := w.layout.ends()
	for s, need := range needs {
		if need == 0 {
			continue
		}
		for _, m := range w.stations[s] {
			for _, n := range m.counted {
				if s != station {
					b.After += need * n.Scrap
				}
				for _, e := range ends {
					if e == s {
						b.Good += need * n.Good
					}
				}
			}
		}
	}
	fall, err := calc.Fall(b)
	return fall, err == nil
}

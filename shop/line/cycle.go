package line

import (
	"maps"
	"slices"

	calc "zhigai/calc/line"
	"zhigai/plant"
)

// cycles are planned cycles of the machines of a line, as they are at one instant.
type cycles struct {
	layout *Layout
	of     map[plant.NodeID]map[string]int64 // ms by product, "*" for every other
}

// cyclesOf reads them from the plant model.
func cyclesOf(l *Layout, m plant.Model, at plant.Micros) cycles {
	c := cycles{l, map[plant.NodeID]map[string]int64{}}
	for _, n := range m.Nodes {
		if n.Machine == nil {
			continue
		}
		for _, one := range n.Machine.Cycles {
			if one.PRUms <= 0 || !one.Valid.At(at.Time()) {
				continue
			}
			if c.of[n.ID] == nil {
				c.of[n.ID] = map[string]int64{}
			}
			c.of[n.ID][one.Product] = one.PRUms
		}
	}
	return c
}

// machine is the cycle of a machine in ms, 0 when it has none for the product.
func (c cycles) machine(id plant.NodeID, product string) int64 {
	if ms, ok := c.of[id][product]; ok {
		return ms
	}
	return c.of[id]["*"]
}

// station is the cycle of the machines of a station together in ms, of those that
// have one; 0 when none has.
func (c cycles) station(s int, product string) float64 {
	var all []float64
	for _, id := range c.layout.Stations[s].Machines {
		if ms := c.machine(id, product); ms > 0 {
			all = append(all, float64(ms))
		}
	}
	ms, _ := calc.Together(all)
	return ms
}

// perEnd is how many parts of each station one that comes out of the line is made
// of: 1 where it does not get there.
func perEnd(l *Layout) []int64 {
	out := make([]int64, len(l.Stations))
	for s := range l.Stations {
		needs := l.needs(s)
		for _, e := range l.ends() {
			out[s] = max(out[s], needs[e], 1)
		}
	}
	return out
}

// mean is a station's cycle for one part that comes out of the line, in ms, over a
// mix of products with their numbers; 0 without. Of an empty mix it is that of
// all products with a cycle, each once.
func (c cycles) mean(s int, mix map[string]int64, per int64) float64 {
	if len(mix) == 0 {
		mix = map[string]int64{}
		for _, id := range c.layout.Stations[s].Machines {
			for product := range c.of[id] {
				mix[product] = 1
			}
		}
	}
	var sum, n float64
	for _, product := range slices.Sorted(maps.Keys(mix)) { // in one order: floats
		if ms := c.station(s, product); ms > 0 {
			sum, n = sum+ms*float64(mix[product]), n+float64(mix[product])
		}
	}
	if n == 0 {
		return 0
	}
	return sum / n * float64(per)
}

// ideal is the cycle of the whole line for a product in ms: that of its slowest
// station; 0 when no station has one.
func (c cycles) ideal(product string, per []int64) (ms float64) {
	for s := range c.layout.Stations {
		ms = max(ms, c.station(s, product)*float64(per[s]))
	}
	return ms
}

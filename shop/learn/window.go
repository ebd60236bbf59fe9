package learn

import (
	"context"
	"math"

	"zhigai/plant"
)

// Part is what a signal was within a part of a window.
type Part struct {
	Mean, Min, Max float64
	Known          bool // for half of the time or more
}

const (
	// parts of a window, of which its figures are made.
	parts = 12
	// leastParts must be known: of less than three quarters of a window no figure is made.
	leastParts = 9
	// partsAtOnce are read at a time.
	partsAtOnce = 360 * parts
)

// figure of a window's parts; false when too few are known.
func figure(all []Part, stat Stat, window plant.Instant) (float64, bool) {
	n, mean := 0.0, 0.0
	low, high := math.Inf(1), math.Inf(-1)
	for _, p := range all {
		if p.Known {
			n++
			mean += p.Mean
			low, high = min(low, p.Min), max(high, p.Max)
		}
	}
	if n < leastParts {
		return 0, false
	}
	mean /= n
	switch stat {
	case Min:
		return low, true
	case Max:
		return high, true
	case Mean:
		return mean, true
	}
	hours := float64(window) / float64(hour)
	var square, time, times, cross float64
	for i, p := range all {
		if p.Known {
			time += (float64(i) + 0.5) / parts * hours / n
		}
	}
	for i, p := range all {
		if p.Known {
			at := (float64(i)+0.5)/parts*hours - time
			square += (p.Mean - mean) * (p.Mean - mean)
			times += at * at
			cross += at * (p.Mean - mean)
		}
	}
	if stat == SD {
		return math.Sqrt(square / (n - 1)), true
	}
	return cross / times, true
}

// column is one figure of each window, where it is known.
type column struct {
	values []float64
	known  []bool
}

// grid are windows of one machine: the first ends at Start + width.
type grid struct {
	start, width plant.Instant
	n            int
}

func (g grid) end(k int) plant.Instant { return g.start + g.width*plant.Instant(k+1) }

// gridOf are the whole windows within [from, to), on the hours of UTC, so that live and
// past windows are the same ones.
func gridOf(from, to, width plant.Instant) grid {
	start := (from + width - 1) / width * width
	return grid{start, width, int(max(0, (to-start)/width))}
}

// signalParts reads a signal over a grid.
func (d *Desk) signalParts(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, signal string, g grid) ([]Part, error) {
	out := make([]Part, 0, g.n*parts)
	for at := 0; at < g.n; {
		n := min(g.n-at, partsAtOnce/parts)
		from := g.start + g.width*plant.Instant(at)
		got, err := d.o.Machines.Parts(ctx, tenant, machine, signal, from, from+g.width*plant.Instant(n), n*parts)
		if err != nil {
			return nil, err
		}
		out = append(out, got...)
		at += n
	}
	return out, nil
}

// columns reads figures over a grid: one of each input.
func (d *Desk) columns(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, inputs []Input, g grid) ([]column, error) {
	read := map[string][]Part{}
	out := make([]column, len(inputs))
	for i, in := range inputs {
		all, ok := read[in.Signal]
		if !ok {
			var err error
			if all, err = d.signalParts(ctx, tenant, machine, in.Signal, g); err != nil {
				return nil, err
			}
			read[in.Signal] = all
		}
		c := column{make([]float64, g.n), make([]bool, g.n)}
		for k := range g.n {
			c.values[k], c.known[k] = figure(all[k*parts:(k+1)*parts], in.Stat, g.width)
		}
		out[i] = c
	}
	return out, nil
}

// Span is a stretch of time.
type Span struct{ From, To plant.Instant }

// leastProducing is the share of a window in which the machine must have produced.
const leastProducing = 0.9

// producing says of each window whether the machine produced.
func producing(g grid, spans []Span) []bool {
	out := make([]bool, g.n)
	for k := range out {
		from, to, sum := g.end(k)-g.width, g.end(k), plant.Instant(0)
		for _, s := range spans {
			sum += max(0, min(to, s.To)-max(from, s.From))
		}
		out[k] = float64(sum) >= leastProducing*float64(g.width)
	}
	return out
}

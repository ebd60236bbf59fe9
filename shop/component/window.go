package component

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"math"

	"zhigai/plant"
	"zhigai/shop/component/sandbox"
)

// Used is what a component was given of an input.
type Used struct {
	Name  string      `json:"name"`
	Tag   plant.TagNo `json:"tag"`
	Known int         `json:"known" doc:"Places of the window with a value"`
	Last  *float64    `json:"last,omitempty" doc:"Value of the last place that has one"`
}

// window reads what a component is given of the time before an instant, and what that was:
// a value holds until the next, and each place is the mean of what held in it, weighed by
// time. It is made of samples one by one in their order, so that the same samples give the
// same bits however history keeps them.
func (d *Desk) window(ctx context.Context, tenant plant.TenantNo, c *Component, end plant.Instant) (sandbox.Window, []Used, error) {
	from, to := (end - c.Definition.window()).Micros(), end.Micros()
	w := sandbox.Window{From: int64(from), To: int64(to)}
	used := make([]Used, len(c.Inputs))
	for i, in := range c.Inputs {
		p := newPlaces(from, to, c.Places)
		before, ok, err := d.o.History.Before(ctx, tenant, in.Tag, from)
		if err == nil {
			if ok {
				p.take(from, before)
			}
			err = d.o.History.Samples(ctx, tenant, in.Tag, from, to, func(s plant.Sample) bool {
				p.take(s.Time, s)
				return true
			})
		}
		if err != nil {
			return w, nil, fmt.Errorf("input %s: %w", in.Name, err)
		}
		s := p.series()
		used[i] = Used{Name: in.Name, Tag: in.Tag}
		for k, q := range s.Quality {
			if q != sandbox.Bad {
				used[i].Known++
				used[i].Last = &s.Values[k]
			}
		}
		w.Inputs = append(w.Inputs, s)
	}
	return w, used, nil
}

// places fold samples in order of time into equal parts of a window.
type places struct {
	from, to, width plant.Micros
	at              plant.Micros // up to here it is folded
	value           float64
	known, doubtful bool
	sums            []float64 // of value times µs
	good            []plant.Micros
	doubt           []bool
}

func newPlaces(from, to plant.Micros, n int) *places {
	return &places{from: from, to: to, width: (to - from) / plant.Micros(n), at: from, sums: make([]float64, n), good: make([]plant.Micros, n), doubt: make([]bool, n)}
}

// take lets a sample hold from an instant on.
func (p *places) take(at plant.Micros, s plant.Sample) {
	p.fold(at)
	p.known = !s.Quality.IsBad() && !math.IsNaN(s.Value) && !math.IsInf(s.Value, 0)
	p.value, p.doubtful = s.Value, s.Quality.Class() == plant.Uncertain
}

// fold lets what holds go on until an instant.
func (p *places) fold(until plant.Micros) {
	for until = min(until, p.to); p.at < until; {
		k := int((p.at - p.from) / p.width)
		end := min(until, p.from+p.width*plant.Micros(k+1))
		if p.known {
			p.sums[k] += p.value * float64(end-p.at)
			p.good[k] += end - p.at
			p.doubt[k] = p.doubt[k] || p.doubtful
		}
		p.at = end
	}
}

// series is what the places came to: a place that is known for less than half of its time
// has no value.
func (p *places) series() sandbox.Series {
	p.fold(p.to)
	n := len(p.sums)
	s := sandbox.Series{Values: make([]float64, n), Times: make([]int64, n), Quality: make([]sandbox.Quality, n)}
	for k := range n {
		s.Times[k] = int64(p.from + p.width*plant.Micros(k+1))
		switch {
		case 2*p.good[k] < p.width:
			s.Quality[k] = sandbox.Bad
			continue
		case p.doubt[k]:
			s.Quality[k] = sandbox.Uncertain
		}
		s.Values[k] = p.sums[k] / float64(p.good[k])
	}
	return s
}

// digest is the SHA-256 of a window: instants, values to the bit, qualities.
func digest(w sandbox.Window) string {
	h := sha256.New()
	put(h, uint64(w.From))
	put(h, uint64(w.To))
	for _, s := range w.Inputs {
		put(h, uint64(len(s.Values)))
		for k := range s.Values {
			put(h, math.Float64bits(s.Values[k]))
			put(h, uint64(s.Quality[k]))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

func put(h hash.Hash, v uint64) {
	var raw [8]byte
	binary.LittleEndian.PutUint64(raw[:], v)
	_, _ = h.Write(raw[:]) // a hash takes everything
}

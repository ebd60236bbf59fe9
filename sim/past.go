package sim

import (
	"time"

	"zhigai/plant"
)

// Pace is how often a past is looked at: states and counters every Step, what is
// continuous every Slow.
type Pace struct{ Step, Slow time.Duration }

// Sight is a signal that changed since it was last looked at.
type Sight struct {
	Machine string // path
	Signal  string
	Kind    plant.TagKind
	Number  float64 // in the signal's unit
	Text    string
}

// Past lives from now to an instant at once, and tells after every step what a
// reader at that pace would have found changed; the first step tells all. It
// ends with the first error of tell, which must not keep the slice.
func (p *Plant) Past(to time.Time, pace Pace, tell func(at time.Time, seen []Sight) error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := make([][]uint32, len(p.machines)) // version told, one higher
	slow := make([]map[int]bool, len(p.machines))
	for i, m := range p.machines {
		last[i], slow[i] = make([]uint32, len(m.values)), map[int]bool{}
		for _, c := range m.channels {
			slow[i][c.slot] = true
		}
	}
	step := micros(pace.Step)
	var seen []Sight
	var observed plant.Micros
	for at := p.now; at < plant.MicrosOf(to); at += step {
		p.events(at)
		look := at-observed >= micros(pace.Slow)
		if look {
			p.observe(at)
			observed = at
		}
		seen = seen[:0]
		for i, m := range p.machines {
			m.mu.Lock()
			for slot, v := range m.values {
				if last[i][slot] == v.version+1 || slow[i][slot] && !look {
					continue
				}
				last[i][slot] = v.version + 1
				s := &m.kind.Signals[slot]
				seen = append(seen, Sight{Machine: m.path, Signal: s.Name, Kind: s.Kind, Number: v.num, Text: v.text})
			}
			m.mu.Unlock()
		}
		if err := tell(at.Time(), seen); err != nil {
			return err
		}
	}
	return nil
}

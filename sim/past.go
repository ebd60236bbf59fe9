package sim

import (
	"fmt"
	"time"

	"zhigai/plant"
)

// Pace is how often a past is looked at: states and counters every Step, what is
// continuous every Slow.
type Pace struct {
	Step, Slow time.Duration
	Only       []string // paths of the machines that are looked at; all when empty
}

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
// ends with the first error of tell, which must not keep the slice. What recorders
// heard is not in it: see [Plant.Heard].
func (p *Plant) Past(to time.Time, pace Pace, tell func(at time.Time, seen []Sight) error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	machines := p.machines
	if len(pace.Only) > 0 {
		machines = nil
		for _, path := range pace.Only {
			m := p.at(path)
			if m == nil {
				return fmt.Errorf("sim: past: no machine %q; write its whole path", path)
			}
			machines = append(machines, m)
		}
	}
	last := make([][]uint32, len(machines)) // version told, one higher
	slow := make([]map[int]bool, len(machines))
	for i, m := range machines {
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
			for _, m := range machines {
				m.observe(at)
			}
			observed = at
		}
		seen = seen[:0]
		for i, m := range machines {
			m.mu.Lock()
			for slot, v := range m.values {
				s := &m.kind.Signals[slot]
				if last[i][slot] == v.version+1 || slow[i][slot] && !look || s.Kind == plant.KindWaveform {
					continue
				}
				last[i][slot] = v.version + 1
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

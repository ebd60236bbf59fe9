package sim

import (
	"fmt"
	"time"
)

// Write gives a machine a set point as somebody at its panel would, at the plant's own
// time. A machine that does not take it says so.
func (p *Plant) Write(path, signal string, v float64) error {
	m := p.at(path)
	if m == nil {
		return fmt.Errorf("sim: write: no machine %q; write its whole path", path)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	i, ok := m.slot[signal]
	if !ok || !m.write(i, v) {
		return fmt.Errorf("sim: write: %s does not take %v for %s", path, v, signal)
	}
	return nil
}

// Sized is a part's size as it truly is, mm, and the offset with which it was made.
type Sized struct {
	At           time.Time
	Size, Offset float64
}

// maxSized bounds the record of a machine: the latest three days of a grinder.
const maxSized = 20_000

// sized records the size of a part that a machine with an offset made.
func (m *machine) sized(size float64) {
	if _, ok := m.slot["tool.offset"]; !ok {
		return
	}
	if len(m.sizes) == maxSized {
		m.sizes = m.sizes[1:]
	}
	m.sizes = append(m.sizes, Sized{m.now.Time(), size, m.get("tool.offset", 0)})
}

// Sizes are the sizes of the latest parts of a machine with an offset, the oldest first.
func (p *Plant) Sizes(path string) []Sized {
	m := p.at(path)
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]Sized(nil), m.sizes...)
}

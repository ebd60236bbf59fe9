package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/plant"
)

// Work is an order at one machine.
type Work struct {
	Order    string // as the controller shows it
	Product  string
	Quantity int // good parts
	// Put are the lots that somebody puts into the machine for it, one of each
	// material. One that a machine of the plant made is used up part by part, and the
	// work ends with it; others do not run out.
	Put []string
	Lot string // of the container that the good parts go into; "" for none
	// Serials: the machine marks each good part with the order and a number.
	Serials bool
	// Cycle of a part in place of the planned one, 0 for none. Such work is a show: it
	// begins at once, whatever the machine is at, without setting up or stopping.
	Cycle time.Duration
}

// Assign gives the machine at the path its work, in order, in place of what it
// was to do after the order in hand. Once told, a machine makes nothing else:
// with all work done it stands until there is more.
func (p *Plant) Assign(path string, work ...Work) error {
	m := p.at(path)
	if m == nil {
		return fmt.Errorf("sim: no machine at %s", path)
	}
	for _, w := range work {
		if w.Quantity < 1 || w.Product == "" {
			return fmt.Errorf("sim: %s: order %q: %d parts of product %q; say which, and one at least", path, w.Order, w.Quantity, w.Product)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.assign(work)
	if len(work) > 0 && work[0].Cycle > 0 && m.todo <= 0 {
		p.woken = append(p.woken, m) // the clock goes on in steps: it is later by now
	}
	return nil
}

// Present is what a machine is at.
type Present struct {
	Order   string
	Product string
	Left    int // good parts still to be made of the order
	Next    int // orders behind it
}

// Present tells what the machine at the path is at; false when nobody has told
// it what to do, or it is not there.
func (p *Plant) Present(path string) (Present, bool) {
	m := p.at(path)
	if m == nil {
		return Present{}, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return Present{Order: m.orderText, Product: m.product, Left: max(m.todo, 0), Next: len(m.work)}, m.told
}

func (m *machine) assign(work []Work) {
	if !m.told { // what it had chosen itself ends with the part in hand
		m.told, m.todo = true, 0
	}
	m.work = slices.Clone(work)
}

// takeWork begins the next order of those that the machine was given.
func (m *machine) takeWork() {
	if len(m.work) == 0 { // taken away during the changeover
		return
	}
	w := m.work[0]
	m.work = m.work[1:]
	m.product, m.orderText, m.todo, m.doing = w.Product, w.Order, w.Quantity, w
	m.yard.place(w.Lot)
	m.program = programOf(w.Product)
}

// upcoming is the product after the present order.
func (m *machine) upcoming() string {
	switch {
	case !m.told:
		return m.following
	case len(m.work) > 0:
		return m.work[0].Product
	}
	return ""
}

func programOf(product string) string {
	return "O" + strings.ToUpper(strings.ReplaceAll(product, "-", ""))
}

// askAgain is how often a machine without work looks whether there is any.
const askAgain = 15 * time.Second

// idle stands for want of orders. No controller has a code for that: it shows
// that nothing comes.
func (m *machine) idle() { m.haltUntil(noMaterial, m.now+plant.Micros(askAgain.Microseconds())) }

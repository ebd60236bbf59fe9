package sim

import (
	"container/heap"
	"fmt"
	"slices"
	"time"

	"zhigai/plant"
)

// Piece is a good part as it truly came to be.
type Piece struct {
	Path     string // of the machine
	Order    string
	Lot      string // of which it is one
	Serial   string // that the machine marked it with; "" without
	From, At time.Time
	// Of are all lots of which something is in it, those that went into what it was
	// made of with them; sorted.
	Of []string
}

const (
	// maxPieces bounds the record of pieces: a month of the demo. After it the
	// record ends; the plant goes on.
	maxPieces = 500_000
	// maxTubs are the containers that stand in the plant; more, and the oldest is
	// cleared away with what lies in it.
	maxTubs = 20_000
)

// yard is where containers stand between machines, and the record of what went
// into which part. The plant's lock guards it.
type yard struct {
	tubs   map[string][]Piece // by lot; what lies in each, the first made first
	placed []string           // lots of the tubs, the oldest first
	marked map[string]int     // serials by order
	pieces []Piece
}

func newYard() *yard { return &yard{tubs: map[string][]Piece{}, marked: map[string]int{}} }

// place stands a container up for a lot, unless it is there.
func (y *yard) place(lot string) {
	if _, ok := y.tubs[lot]; ok || lot == "" {
		return
	}
	if len(y.placed) == maxTubs {
		delete(y.tubs, y.placed[0])
		y.placed = y.placed[1:]
	}
	y.tubs[lot], y.placed = []Piece{}, append(y.placed, lot)
}

// empty says whether a lot that the plant made is used up. What came from
// elsewhere is never.
func (y *yard) empty(lot string) bool {
	in, own := y.tubs[lot]
	return own && len(in) == 0
}

// draw takes the first piece of a lot that the plant made.
func (y *yard) draw(lot string) (Piece, bool) {
	in := y.tubs[lot]
	if len(in) == 0 {
		return Piece{}, false
	}
	y.tubs[lot] = in[1:]
	return in[0], true
}

// back lays a piece into its tub again.
func (y *yard) back(p Piece) {
	if in, ok := y.tubs[p.Lot]; ok {
		y.tubs[p.Lot] = append([]Piece{p}, in...)
	}
}

// keep lays a finished piece into its tub.
func (y *yard) keep(p Piece) {
	if in, ok := y.tubs[p.Lot]; ok {
		y.tubs[p.Lot] = append(in, p)
	}
	if len(y.pieces) < maxPieces {
		y.pieces = append(y.pieces, p)
	}
}

// mark is the next serial of an order.
func (y *yard) mark(order string) string {
	y.marked[order]++
	return fmt.Sprintf("%s-%03d", order, y.marked[order])
}

// spent says whether something that the machine needs for its work is used up.
func (m *machine) spent() bool { return slices.ContainsFunc(m.doing.Put, m.yard.empty) }

// load takes into the machine what the next part is made of.
func (m *machine) load() {
	m.inside = m.inside[:0]
	for _, lot := range m.doing.Put {
		if p, ok := m.yard.draw(lot); ok {
			m.inside = append(m.inside, p)
		}
	}
}

// unload lays the finished part into its tub, what was not finished back where it
// was, and forgets what is spoiled.
func (m *machine) unload(good, again bool) {
	switch {
	case again:
		for _, p := range m.inside {
			m.yard.back(p)
		}
	case good && m.doing.Lot != "":
		p := Piece{Path: m.path, Order: m.doing.Order, Lot: m.doing.Lot, From: m.partFrom.Time(), At: m.now.Time(), Of: slices.Clone(m.doing.Put)}
		for _, in := range m.inside {
			p.Of = append(p.Of, in.Of...)
		}
		slices.Sort(p.Of)
		p.Of = slices.Compact(p.Of)
		if m.doing.Serials {
			p.Serial = m.yard.mark(p.Order)
		}
		m.yard.keep(p)
	}
	m.inside = m.inside[:0]
}

// hurry goes on with work that must not wait, and says whether there is any.
func (m *machine) hurry() bool {
	for m.told {
		switch {
		case m.todo > 0 && m.spent():
			m.todo = 0
		case m.todo > 0 && m.doing.Cycle > 0:
			m.begin()
			return true
		case m.todo <= 0 && len(m.work) > 0 && m.work[0].Cycle > 0:
			m.closeInterval()
			m.takeWork()
		default:
			return false
		}
	}
	return false
}

// Lying is a part as whoever looks into its container sees it.
type Lying struct {
	Serial   string
	From, At time.Time // by the machine's log
}

// Lying is what lies in the container of a lot that the plant made, the first
// made first.
func (p *Plant) Lying(lot string) []Lying {
	p.mu.Lock()
	defer p.mu.Unlock()
	in := p.yard.tubs[lot]
	out := make([]Lying, len(in))
	for i, one := range in {
		out[i] = Lying{one.Serial, one.From, one.At}
	}
	return out
}

// Pieces are the good parts of work with lots, as they truly came to be: the
// machines' own record, whatever anybody booked.
func (p *Plant) Pieces() []Piece {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.yard.pieces)
}

// wake lets the machines that were told to hurry begin at t. What was about to
// stop one is put off.
func (p *Plant) wake(t plant.Micros) {
	for _, m := range p.woken {
		m.next, m.fate = min(m.next, max(t, m.now)), nil
	}
	if len(p.woken) > 0 {
		p.woken = nil
		heap.Init(&p.queue)
	}
}

package sim

import (
	"fmt"
	"time"

	"zhigai/plant"
)

// Line joins machines of a plant: parts go from station to station through
// buffers of a certain room, one by one. A machine without parts before it stands
// for want of material, one without room behind it is blocked; what is spoiled
// goes on no further. The first station is fed, and the last one relieved, by
// transports as machines without a line are.
type Line struct {
	Stations [][]string // paths of the machines of each station, which work side by side
	Room     []int      // parts that fit behind each station but the last
}

// shelf is the buffer between two stations. The plant's lock guards it.
type shelf struct {
	parts, room int
	coming      int // in work before it
}

// lookAgain is how soon a machine that waits for its neighbour finds that it can
// go on.
const lookAgain = time.Second

// chain joins the machines of lines.
func (p *Plant) chain(lines []Line) error {
	for _, l := range lines {
		if len(l.Room) != len(l.Stations)-1 {
			return fmt.Errorf("sim: a line of %d stations with %d buffers; one stands behind each but the last", len(l.Stations), len(l.Room))
		}
		var before *shelf
		for i, station := range l.Stations {
			var behind *shelf
			if i < len(l.Room) {
				if l.Room[i] < 1 {
					return fmt.Errorf("sim: room for %d parts behind station %d; one fits at least", l.Room[i], i+1)
				}
				behind = &shelf{room: l.Room[i], parts: l.Room[i] / 2}
			}
			for _, path := range station {
				m := p.at(path)
				if m == nil {
					return fmt.Errorf("sim: station %d: no machine at %s", i+1, path)
				}
				m.before, m.behind = before, behind
			}
			before = behind
		}
	}
	return nil
}

// chained says whether a machine's neighbours in its line let it go on, and halts
// it otherwise.
func (m *machine) chained() bool {
	again := m.now + plant.Micros(lookAgain.Microseconds())
	switch {
	case m.before != nil && m.before.parts <= 0:
		m.haltUntil(noMaterial, again)
	case m.behind != nil && m.behind.parts+m.behind.coming >= m.behind.room:
		m.haltUntil(noRoom, again)
	default:
		return true
	}
	return false
}

// take begins a part of a line.
func (m *machine) take() {
	if m.before != nil {
		m.before.parts--
	}
	if m.behind != nil {
		m.behind.coming++
	}
}

// give ends it: it goes on, is gone, or was not finished and is begun again.
func (m *machine) give(on, again bool) {
	if m.behind != nil {
		m.behind.coming--
		if on {
			m.behind.parts++
		}
	}
	if m.before != nil && again {
		m.before.parts++
	}
}

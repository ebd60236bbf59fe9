package sim

import (
	"time"

	"zhigai/plant"
)

// Machines that hand parts and material on: each shows a code and is told one, as
// controllers of different makers do. A gantry gives parts to a buffer, part by part, and
// calls for material; a buffer takes parts while it has room and its way on is not jammed;
// an AGV brings material. Each goes on only when it is told what it waits for.

// Times of what they do.
const (
	handPart    = 6 * time.Second // until a gantry has the next part, at full speed
	handStart   = 500 * time.Millisecond
	handAccept  = 400 * time.Millisecond
	handMove    = 1200 * time.Millisecond
	handPasses  = 5 * time.Second  // a buffer gives a part on
	handTires   = 50 * time.Second // an offer that nobody accepts is taken back
	handAgain   = 5 * time.Second
	handJam     = 80 * time.Second // of every
	handJamEach = 7 * time.Minute
	agvReserve  = time.Second
	agvPick     = 4 * time.Second
	agvBring    = 6 * time.Second
)

const (
	handRoom     = 8 // parts of a buffer
	materialLow  = 4 // from here on a gantry calls
	materialFull = 20
)

// hand is what a machine that hands on is at.
type hand struct {
	move  func(m *machine, h *hand, now plant.Micros)
	since plant.Micros // it shows its code
	next  plant.Micros // a gantry's next part, or when a buffer gives one on
	told  bool         // it was told something since it showed its code
	given bool         // and that the part is over
	call  calling      // of a gantry: its call for material
}

// calling is what a gantry that calls for material is at.
type calling struct {
	since plant.Micros
	told  bool
}

// handOf is the hand of a machine that has one; nil of others.
func handOf(m *machine) *hand {
	has := func(name string) bool { _, ok := m.slot[name]; return ok }
	switch {
	case !has("hand.told"):
		return nil
	case has("transfer.speed"):
		m.values[m.slot["transfer.speed"]].num = 100
		m.values[m.slot["material.level"]].num = materialLow + 6
		return &hand{move: gantry}
	case has("buffer.level"):
		return &hand{move: buffer}
	}
	return &hand{move: agv}
}

// shows has the machine show a code.
func (m *machine) shows(h *hand, code float64, now plant.Micros) {
	m.putAt(m.slot["hand.code"], code, now)
	h.since, h.told, h.given = now, false, false
}

func (m *machine) add(name string, by float64, now plant.Micros) {
	i := m.slot[name]
	m.putAt(i, m.values[i].num+by, now)
}

// gantry offers a part, transfers it when that is accepted, and has the next one after a
// while, the sooner the faster it is let run.
func gantry(m *machine, h *hand, now plant.Micros) {
	told, shown := m.get("hand.told", 0), now-h.since
	switch code := m.get("hand.code", 0); {
	case code == 0 && told == 0 && now >= h.next && m.get("material.level", 0) > 0:
		m.shows(h, 1, now)
	case code == 1 && told == 1 && !h.told:
		h.told, h.next = true, now+micros(handStart)
	case code == 1 && told == 1 && now >= h.next:
		m.shows(h, 2, now)
	case code == 1 && (told == 0 && h.told || !h.told && shown > micros(handTires)):
		m.shows(h, 0, now) // taken back
		h.next = now + micros(handAgain)
	case code == 2 && told == 3:
		h.given = true
	case code == 2 && told == 0:
		h.next = now + micros(handAgain)
		if h.given {
			m.add("parts.given", 1, now)
			m.add("material.level", -1, now)
			h.next = now + plant.Micros(float64(micros(handPart))*100/max(20, m.get("transfer.speed", 100)))
		}
		m.shows(h, 0, now)
	}
	calls(m, &h.call, now)
}

// calls has a gantry call for material, confirm what was brought and go back to idle.
func calls(m *machine, h *calling, now plant.Micros) {
	show := func(code float64) {
		m.putAt(m.slot["call.code"], code, now)
		h.since, h.told = now, false
	}
	told := m.get("call.told", 0)
	switch code := m.get("call.code", 0); {
	case code == 0 && told == 0 && m.get("material.level", 0) <= materialLow && now-h.since > micros(handAgain):
		show(1)
	case code == 1 && told == 3:
		m.add("material.level", materialFull, now)
		show(2)
	case code == 1 && told > 0:
		h.told = true
	case told == 0 && (code == 2 || code == 1 && h.told):
		show(0)
	}
}

// buffer accepts a part while it has room, has it after a while, and gives one on unless
// the way is jammed: by a person, or for a while every few minutes.
func buffer(m *machine, h *hand, now plant.Micros) {
	told, shown := m.get("hand.told", 0), now-h.since
	level := m.get("buffer.level", 0)
	jammed := m.get("buffer.jam", 0) == 1 || now%micros(handJamEach) < micros(handJam)
	switch {
	case h.next == 0 || jammed || level == 0:
		h.next = now + micros(handPasses)
	case now >= h.next:
		m.add("buffer.level", -1, now)
		h.next = now + micros(handPasses)
	}
	switch code := m.get("hand.code", 0); {
	case code == 0 && told != 1:
		h.since = now
	case code == 0 && shown > micros(handAccept) && level < handRoom:
		m.shows(h, 1, now)
	case code == 1 && told == 2 && !h.told:
		h.told, h.since = true, now
	case code == 1 && told == 2 && shown > micros(handMove):
		m.add("buffer.level", 1, now)
		m.shows(h, 3, now)
	case code != 0 && told == 0:
		m.shows(h, 0, now)
	}
}

// agv takes a call, picks material up, brings it, and is free when that is confirmed.
func agv(m *machine, h *hand, now plant.Micros) {
	told, shown := m.get("hand.told", 0), now-h.since
	switch code := m.get("hand.code", 0); {
	case code == 0 && told != 1:
		h.since = now
	case code != 0 && told == 0:
		m.shows(h, 0, now)
	case code == 0 && shown > micros(agvReserve), code == 1 && shown > micros(agvPick), code == 2 && shown > micros(agvBring):
		m.shows(h, code+1, now)
	}
}

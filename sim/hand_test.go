package sim

import (
	"testing"
	"time"

	"zhigai/plant"
)

// twoHands are a gantry and a buffer with somebody between them who tells each what the
// other one shows.
type twoHands struct {
	*testing.T
	gantry, buffer *Plant
	at             time.Time
}

func newTwoHands(t *testing.T) *twoHands {
	t.Helper()
	signal := func(name string, writable bool) Signal {
		return Signal{Name: name, Kind: plant.KindNumber, At: "holding 0 uint16", Writable: writable}
	}
	make := func(id string, signals ...Signal) *Plant {
		p, err := assemble(Kind{ID: id, Class: "robot", Protocol: "modbus-tcp", Signals: signals}, 1, []plant.Device{{Driver: "modbus-tcp"}})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	h := &twoHands{
		T:      t,
		gantry: make("gantry", signal("hand.code", false), signal("hand.told", true), signal("transfer.speed", true), signal("parts.given", false), signal("material.level", false), signal("call.code", false), signal("call.told", true)),
		buffer: make("buffer", signal("hand.code", false), signal("hand.told", true), signal("buffer.level", false), signal("buffer.jam", true)),
	}
	// Behind the minutes in which the buffer jams by itself.
	each := int64(handJamEach / time.Second)
	h.at = time.Unix((h.gantry.Now().Unix()/each+1)*each, 0).Add(handJam)
	h.gantry.machines[0].values[h.gantry.machines[0].slot["material.level"]].num = 1e6
	return h
}

func (h *twoHands) get(p *Plant, name string) float64 { return p.machines[0].get(name, -1) }

func (h *twoHands) set(p *Plant, name string, v float64) {
	m := p.machines[0]
	if !m.write(m.slot[name], v) {
		h.Fatalf("%s does not take %v", name, v)
	}
}

// live lets both work for a while.
func (h *twoHands) live(d time.Duration) {
	for end := h.at.Add(d); h.at.Before(end); h.at = h.at.Add(tick) {
		h.gantry.Advance(h.at)
		h.buffer.Advance(h.at)
		gives, takes := h.get(h.gantry, "hand.code"), h.get(h.buffer, "hand.code")
		over := h.get(h.gantry, "hand.told") == 3 && (gives != 0 || takes != 0)
		switch {
		case takes == 3, over: // both are told that it is over, and go back
			h.set(h.gantry, "hand.told", 3)
			h.gantry.Advance(h.at.Add(tick / 2))
			h.set(h.gantry, "hand.told", 0)
			h.set(h.buffer, "hand.told", 0)
		default:
			h.set(h.gantry, "hand.told", takes)
			h.set(h.buffer, "hand.told", gives)
		}
	}
}

// Parts go from one to the other, none is lost or doubled; a jam fills the buffer and the
// gantry waits; a slower gantry gives fewer.
func TestHand_PartsGoOver(t *testing.T) {
	h := newTwoHands(t)
	h.live(2 * time.Minute)
	fast := h.get(h.gantry, "parts.given")
	if fast < 10 {
		t.Fatalf("%v parts in two minutes", fast)
	}
	h.set(h.gantry, "transfer.speed", 20)
	h.live(2 * time.Minute)
	if slow := h.get(h.gantry, "parts.given") - fast; slow < 2 || slow > fast/2 {
		t.Errorf("%v parts at a fifth of the speed, %v at full", slow, fast)
	}
	h.set(h.gantry, "transfer.speed", 100)
	h.set(h.buffer, "buffer.jam", 1)
	before, level := h.get(h.gantry, "parts.given"), h.get(h.buffer, "buffer.level")
	h.live(3 * time.Minute)
	if given, stands := h.get(h.gantry, "parts.given")-before, h.get(h.buffer, "buffer.level"); stands != handRoom || given != stands-level {
		t.Errorf("jammed: %v parts given, %v in a buffer that had %v", given, stands, level)
	}
	h.set(h.buffer, "buffer.jam", 0)
	jammed := h.get(h.gantry, "parts.given")
	h.live(time.Minute)
	if after := h.get(h.gantry, "parts.given") - jammed; after < 3 {
		t.Errorf("%v parts in the minute after the jam; codes %v %v, told %v %v, level %v", after, h.get(h.gantry, "hand.code"), h.get(h.buffer, "hand.code"), h.get(h.gantry, "hand.told"), h.get(h.buffer, "hand.told"), h.get(h.buffer, "buffer.level"))
	}
}

package sim

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"

	"zhigai/connect/modbus/pdu"
)

// unit is one machine as a Modbus device. Tables end with the last signal that
// stands in them; holes between signals read as 0.
type unit struct {
	m      *machine
	places []place
	sizes  [4]int // by table
}

func newUnit(m *machine) (*unit, error) {
	u := &unit{m: m, places: make([]place, len(m.kind.Signals))}
	for i, s := range m.kind.Signals {
		p, err := placeOf(s.At)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
		u.places[i] = p
		u.sizes[p.table] = max(u.sizes[p.table], p.address+p.count)
	}
	return u, nil
}

var _ pdu.Bank = (*unit)(nil)

// Registers implements [pdu.Bank].
func (u *unit) Registers(t pdu.Table, address, count uint16) ([]uint16, error) {
	from, to := int(address), int(address)+int(count)
	if to > u.sizes[t] {
		return nil, pdu.IllegalDataAddress
	}
	// Room for values that reach over the edges of the question.
	image := make([]byte, 2*(to-from))
	var whole [256]byte
	u.m.mu.Lock()
	defer u.m.mu.Unlock()
	for i, p := range u.places {
		if p.table != t || p.address >= to || p.address+p.count <= from {
			continue
		}
		b := whole[:2*p.count]
		clear(b)
		u.encode(b, i)
		for j := range p.count {
			if at := p.address + j - from; at >= 0 && at < to-from {
				image[2*at] |= b[2*j] // bits of one register add up
				image[2*at+1] |= b[2*j+1]
			}
		}
	}
	out := make([]uint16, count)
	for i := range out {
		out[i] = binary.BigEndian.Uint16(image[2*i:])
	}
	return out, nil
}

func (u *unit) encode(b []byte, i int) {
	p, s := u.places[i], &u.m.kind.Signals[i]
	p.encode(b, s, u.m.values[i])
	for _, k := range []FaultKind{NaN, Sentinel} {
		if u.m.faults[k] {
			p.spoil(b, k)
		}
	}
}

// Bits implements [pdu.Bank].
func (u *unit) Bits(t pdu.Table, address, count uint16) ([]byte, error) {
	from, to := int(address), int(address)+int(count)
	if to > u.sizes[t] {
		return nil, pdu.IllegalDataAddress
	}
	out := make([]byte, count)
	u.m.mu.Lock()
	defer u.m.mu.Unlock()
	for i, p := range u.places {
		if p.table == t && p.address >= from && p.address < to && u.m.values[i].num != 0 {
			out[p.address-from] = 1
		}
	}
	return out, nil
}

// SetBits implements [pdu.Bank].
func (u *unit) SetBits(address uint16, bits []byte) error {
	return u.set(pdu.Coils, int(address), len(bits), func(p place) []byte { return []byte{0, bits[p.address-int(address)]} })
}

// SetRegisters implements [pdu.Bank]: set points can be written, whole ones
// only. A register of single bits is written with all of them.
func (u *unit) SetRegisters(address uint16, values []uint16) error {
	raw := make([]byte, 0, 2*len(values))
	for _, v := range values {
		raw = binary.BigEndian.AppendUint16(raw, v)
	}
	return u.set(pdu.Holding, int(address), len(values), func(p place) []byte {
		at := 2 * (p.address - int(address))
		return raw[at : at+2*p.count]
	})
}

// set writes every signal in the range, or none: each must be writable, whole
// and within its limits. Bits beside a writable one are accepted as they are.
func (u *unit) set(t pdu.Table, from, count int, bytes func(place) []byte) error {
	u.m.mu.Lock()
	defer u.m.mu.Unlock()
	covered := map[int]bool{}
	wanted := map[int]float64{}
	for i, p := range u.places {
		if p.table != t || p.address >= from+count || p.address+p.count <= from {
			continue
		}
		s := &u.m.kind.Signals[i]
		if p.address < from || p.address+p.count > from+count {
			return pdu.IllegalDataAddress
		}
		v, ok := p.decode(bytes(p), s)
		switch {
		case !s.Writable && (p.bit < 0 || v != u.m.values[i].num):
			return pdu.IllegalDataAddress
		case s.Writable && (!ok || s.Min != nil && v < *s.Min || s.Max != nil && v > *s.Max):
			return pdu.IllegalDataValue
		case s.Writable:
			wanted[i] = v
		}
		for j := range p.count {
			covered[p.address+j] = true
		}
	}
	if len(covered) != count || len(wanted) == 0 {
		return pdu.IllegalDataAddress
	}
	for i, v := range wanted {
		if !u.m.write(i, v) {
			return pdu.IllegalDataValue
		}
	}
	return nil
}

// gateway serves the units behind one address.
type gateway struct {
	units map[byte]*unit
	l     net.Listener
	mu    sync.Mutex
	conns map[net.Conn]bool
	done  sync.WaitGroup
}

func newGateway(address string, units map[byte]*unit) (*gateway, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	g := &gateway{units: units, l: l, conns: map[net.Conn]bool{}}
	g.done.Go(g.accept)
	return g, nil
}

// maxConns is what such a gateway serves at once; more are turned away.
const maxConns = 64

func (g *gateway) accept() {
	for {
		c, err := g.l.Accept()
		if err != nil {
			return
		}
		g.mu.Lock()
		full := len(g.conns) >= maxConns
		if !full {
			g.conns[c] = true
		}
		g.mu.Unlock()
		if full {
			_ = c.Close()
			continue
		}
		g.done.Go(func() {
			g.serve(c)
			_ = c.Close()
			g.mu.Lock()
			delete(g.conns, c)
			g.mu.Unlock()
		})
	}
}

func (g *gateway) serve(c net.Conn) {
	var buf [pdu.HeaderSize + 253]byte
	var out []byte
	for {
		if _, err := io.ReadFull(c, buf[:pdu.HeaderSize]); err != nil {
			return
		}
		h, err := pdu.ParseHeader(buf[:])
		if err != nil {
			return
		}
		q := buf[pdu.HeaderSize : pdu.HeaderSize+h.Length]
		if _, err := io.ReadFull(c, q); err != nil {
			return
		}
		if out = g.answer(out[:0], h, q); len(out) == 0 {
			continue
		}
		if _, err := c.Write(out); err != nil {
			return
		}
	}
}

// answer is the frame for a question, or nothing from who is silent.
func (g *gateway) answer(dst []byte, h pdu.Header, q []byte) []byte {
	u := g.units[h.Unit]
	switch {
	case u == nil || u.m.is(Unplug):
		return pdu.AppendFrame(dst, h.Transaction, h.Unit, []byte{q[0] | 0x80, byte(pdu.GatewayTarget)})
	case u.m.is(Silent):
		return dst
	case u.m.is(Garbage):
		// A frame by its header, with a body that answers nothing.
		body := make([]byte, 3+h.Transaction%40)
		for i := range body {
			body[i] = byte(mix(uint64(h.Transaction)<<8 + uint64(i)))
		}
		return pdu.AppendFrame(dst, h.Transaction, h.Unit, body)
	}
	return pdu.AppendFrame(dst, h.Transaction, h.Unit, pdu.Answer(nil, q, u))
}

func (g *gateway) close() {
	_ = g.l.Close()
	g.mu.Lock()
	for c := range g.conns {
		_ = c.Close()
	}
	g.mu.Unlock()
	g.done.Wait()
}

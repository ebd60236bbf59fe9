package sim

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"net"
	"strconv"
	"strings"
	"sync"

	"zhigai/connect/modbus/pdu"
	"zhigai/plant"
)

// registers is where a signal stands in a machine's holding registers.
type registers struct {
	address, count int
	bit            int // -1 for none
	form, order    string
}

// layout reads "holding 52 float32 CDAB"; simulated machines have holding
// registers only.
func layout(at string) (registers, error) {
	f := strings.Fields(at)
	if len(f) < 3 || f[0] != "holding" {
		return registers{}, fmt.Errorf("sim: address %q: holding registers only", at)
	}
	r := registers{bit: -1, form: f[2], order: "ABCD"}
	number, bit, dotted := strings.Cut(f[1], ".")
	var err error
	if r.address, err = strconv.Atoi(number); err != nil {
		return r, fmt.Errorf("sim: address %q: %w", at, err)
	}
	if dotted {
		if r.bit, err = strconv.Atoi(bit); err != nil {
			return r, fmt.Errorf("sim: address %q: %w", at, err)
		}
	}
	if len(f) > 3 {
		r.order = f[3]
	}
	switch r.form {
	case "bool", "int16", "uint16":
		r.count = 1
	case "int32", "uint32", "float32":
		r.count = 2
	case "int64", "uint64", "float64":
		r.count = 4
	default:
		length, isText := strings.CutPrefix(r.form, "string")
		n, err := strconv.Atoi(length)
		if !isText || err != nil {
			return r, fmt.Errorf("sim: address %q: type %q", at, r.form)
		}
		r.count, r.form = (n+1)/2, "string"
	}
	return r, nil
}

// unit is one machine as a Modbus device.
type unit struct {
	m      *machine
	places []registers
	size   int
}

func newUnit(m *machine) (*unit, error) {
	u := &unit{m: m, places: make([]registers, len(m.kind.Signals))}
	for i, s := range m.kind.Signals {
		var err error
		if u.places[i], err = layout(s.At); err != nil {
			return nil, err
		}
		u.size = max(u.size, u.places[i].address+u.places[i].count)
	}
	return u, nil
}

// Registers implements [pdu.Bank].
func (u *unit) Registers(t pdu.Table, address, count uint16) ([]uint16, error) {
	if t != pdu.Holding || int(address)+int(count) > u.size {
		return nil, pdu.IllegalDataAddress
	}
	image := make([]byte, 2*u.size)
	u.m.mu.Lock()
	for i := range u.places {
		u.encode(image, i)
	}
	u.m.mu.Unlock()
	out := make([]uint16, count)
	for i := range out {
		out[i] = binary.BigEndian.Uint16(image[2*(int(address)+i):])
	}
	return out, nil
}

// encode writes one signal's value into the image.
func (u *unit) encode(image []byte, i int) {
	p, s, v := u.places[i], &u.m.kind.Signals[i], u.m.values[i]
	b := image[2*p.address : 2*(p.address+p.count)]
	if p.form == "string" {
		copy(b, v.text)
		return
	}
	raw := v.num - s.Offset
	if s.Scale != 0 {
		raw /= s.Scale
	}
	switch p.form {
	case "bool":
		if raw != 0 {
			b[1-p.bit/8] |= 1 << (p.bit % 8)
		}
	case "int16", "uint16":
		binary.BigEndian.PutUint16(b, uint16(int64(math.Round(raw)))) // counters roll over here, as real ones do
	case "int32", "uint32":
		binary.BigEndian.PutUint32(b, uint32(int64(math.Round(raw))))
	case "int64", "uint64":
		binary.BigEndian.PutUint64(b, uint64(int64(math.Round(raw))))
	case "float32":
		binary.BigEndian.PutUint32(b, math.Float32bits(float32(raw)))
	case "float64":
		binary.BigEndian.PutUint64(b, math.Float64bits(raw))
	}
	if p.order == "CDAB" && len(b) == 4 {
		b[0], b[1], b[2], b[3] = b[2], b[3], b[0], b[1]
	}
}

// Bits implements [pdu.Bank]: there are no coils.
func (*unit) Bits(pdu.Table, uint16, uint16) ([]byte, error) { return nil, pdu.IllegalDataAddress }

// SetBits implements [pdu.Bank].
func (*unit) SetBits(uint16, []byte) error { return pdu.IllegalDataAddress }

// SetRegisters implements [pdu.Bank]: set points can be written, whole ones
// only.
func (u *unit) SetRegisters(address uint16, values []uint16) error {
	u.m.mu.Lock()
	defer u.m.mu.Unlock()
	for i, p := range u.places {
		if p.address != int(address) || p.count != len(values) {
			continue
		}
		s := &u.m.kind.Signals[i]
		if !s.Writable || s.Kind != plant.KindNumber {
			return pdu.IllegalDataAddress
		}
		v := float64(values[0])
		if p.form == "float32" {
			v = float64(math.Float32frombits(uint32(values[0])<<16 | uint32(values[1])))
		}
		if s.Scale != 0 {
			v *= s.Scale
		}
		u.m.values[i].num = v + s.Offset
		return nil
	}
	return pdu.IllegalDataAddress
}

// gateway serves the units behind one address.
type gateway struct {
	units map[byte]*unit
	l     net.Listener
	mu    sync.Mutex
	conns map[net.Conn]bool
	done  sync.WaitGroup
}

func newGateway(host string, units map[byte]*unit) (*gateway, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return nil, err
	}
	g := &gateway{units: units, l: l, conns: map[net.Conn]bool{}}
	g.done.Go(g.accept)
	return g, nil
}

func (g *gateway) accept() {
	for {
		c, err := g.l.Accept()
		if err != nil {
			return
		}
		g.mu.Lock()
		g.conns[c] = true
		g.mu.Unlock()
		g.done.Go(func() {
			g.serve(c)
			c.Close()
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
		answer := []byte{q[0] | 0x80, byte(pdu.GatewayTarget)}
		if u := g.units[h.Unit]; u != nil {
			u.m.mu.Lock()
			silent := u.m.unplugged
			u.m.mu.Unlock()
			if silent {
				continue // an unplugged machine says nothing
			}
			answer = pdu.Answer(nil, q, u)
		}
		out = pdu.AppendFrame(out[:0], h.Transaction, h.Unit, answer)
		if _, err := c.Write(out); err != nil {
			return
		}
	}
}

func (g *gateway) close() {
	g.l.Close()
	g.mu.Lock()
	for c := range g.conns {
		c.Close()
	}
	g.mu.Unlock()
	g.done.Wait()
}

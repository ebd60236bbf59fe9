package sim

import (
	"fmt"
	"io"
	"math"
	"net"
	"strings"

	"zhigai/connect/s7/pdu"
	"zhigai/connect/s7/variable"
	"zhigai/plant"
)

// serveS7 serves machines as one controller: each has variables of its own in
// it. A fault of one of them is the controller's.
func (p *Plant) serveS7(host, port string, machines []*machine) (string, error) {
	c, err := newController(machines)
	if err != nil {
		return "", err
	}
	s, err := answerCallers(net.JoinHostPort(host, port), c.serve)
	if err != nil {
		return "", err
	}
	p.closing(s.close)
	return s.l.Addr().String(), nil
}

// controller is the memory of an S7 controller. Areas end with the last variable
// that stands in them; holes between variables read as 0.
type controller struct {
	machines []*machine
	places   []variablePlace
	sizes    map[block]int
	identity pdu.Identity
}

// block is an area, of data blocks one of them.
type block struct {
	area pdu.Area
	db   uint16
}

// variablePlace is one signal of one machine.
type variablePlace struct {
	variable.Variable
	m           *machine
	signal      int
	start, size int // in bytes; of timers and counters twice their number
}

var _ pdu.Bank = (*controller)(nil)

func newController(machines []*machine) (*controller, error) {
	c := &controller{machines: machines, sizes: map[block]int{}, identity: pdu.Identity{Name: "zhigai simulation", Station: machines[0].code}}
	for _, m := range machines {
		for i, s := range m.kind.Signals {
			if c.self(m, i, s.At) {
				continue
			}
			v, err := variable.Parse(s.At)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", m.path, s.Name, err)
			}
			p := variablePlace{Variable: v, m: m, signal: i, start: v.Byte, size: v.Size()}
			if v.Elementary() {
				p.start *= 2
			}
			c.places = append(c.places, p)
			b := block{v.Area, v.DB}
			c.sizes[b] = max(c.sizes[b], p.start+p.size)
		}
	}
	return c, nil
}

// self takes a signal that is the controller's word of itself: "CPU order".
func (c *controller) self(m *machine, i int, at string) bool {
	word, ok := strings.CutPrefix(strings.ToLower(strings.Join(strings.Fields(at), " ")), "cpu ")
	if !ok {
		return false
	}
	text := m.values[i].text
	switch word {
	case "order":
		c.identity.Order = text
	case "name":
		c.identity.Name = text
	case "version":
		c.identity.Version = text
	case "serial":
		c.identity.Serial = text
	case "station":
		c.identity.Station = text
	}
	return true
}

// Identity implements [pdu.Bank].
func (c *controller) Identity() pdu.Identity { return c.identity }

// ReadItem implements [pdu.Bank].
func (c *controller) ReadItem(i pdu.Item, dst []byte) pdu.Code {
	from, code := c.within(i, len(dst))
	if code != pdu.Good {
		return code
	}
	to := from + len(dst)
	for n := range c.places {
		p := &c.places[n]
		if p.Area != i.Area || p.DB != i.DB || p.start >= to || p.start+p.size <= from {
			continue
		}
		b := p.bytes()
		for j, x := range b {
			if at := p.start + j - from; at >= 0 && at < len(dst) {
				dst[at] |= x // bits of one byte add up
			}
		}
	}
	if i.IsBit {
		dst[0] = dst[0] >> i.Bit & 1
	}
	return pdu.Good
}

// within gives where an item begins, in bytes.
func (c *controller) within(i pdu.Item, bytes int) (from int, code pdu.Code) {
	size, ok := c.sizes[block{i.Area, i.DB}]
	from = i.Start
	if i.Area == pdu.Timers || i.Area == pdu.Counters {
		from *= 2
	}
	switch {
	case !ok:
		return from, pdu.NotExisting
	case from+bytes > size:
		return from, pdu.OutOfRange
	}
	return from, pdu.Good
}

// bytes is how the signal's value stands in memory. Integers that do not fit
// roll over, as counters of real controllers do.
func (p *variablePlace) bytes() []byte {
	p.m.mu.Lock()
	defer p.m.mu.Unlock()
	v, s := p.m.values[p.signal], &p.m.kind.Signals[p.signal]
	if p.IsText() {
		b, err := p.Encode(firstBytes(v.text, p.Max))
		if err != nil {
			return make([]byte, p.size)
		}
		return b
	}
	b, err := p.Encode(p.fit(s.onWire(v.num)))
	if err != nil {
		b = make([]byte, p.size) // a date that is none
	}
	for _, k := range []FaultKind{NaN, Sentinel} {
		if p.m.faults[k] {
			p.spoil(b, k)
		}
	}
	if p.Type == variable.Bool {
		b[0] <<= p.Bit
	}
	return b
}

// firstBytes cuts a text that is too long, never in the middle of a character.
func firstBytes(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "")
}

// fit makes a number one the type can hold.
func (p *variablePlace) fit(raw float64) float64 {
	if signed, whole := p.Whole(); whole {
		span := math.Ldexp(1, 8*p.size)
		n := math.Mod(math.Round(raw), span)
		switch {
		case signed && n >= span/2:
			n -= span
		case signed && n < -span/2, !signed && n < 0:
			n += span
		}
		return n
	}
	switch p.Type {
	case variable.Bool:
		return flag(raw != 0)
	case variable.Real:
		return min(max(raw, -math.MaxFloat32), math.MaxFloat32)
	case variable.Counter:
		return math.Mod(math.Abs(math.Round(raw)), 1000)
	case variable.S5Time:
		unit := 10.0
		for math.Round(raw/unit) > 999 && unit < 10_000 {
			unit *= 10
		}
		return min(max(math.Round(raw/unit), 0), 999) * unit
	}
	return math.Round(raw)
}

// spoil writes what a device gives when it has no value.
func (p *variablePlace) spoil(b []byte, k FaultKind) {
	nothing := map[FaultKind]map[variable.Type][]byte{
		NaN:      {variable.Real: {0x7F, 0xC0, 0, 0}, variable.LReal: {0x7F, 0xF8, 0, 0, 0, 0, 0, 0}},
		Sentinel: {variable.Real: {0x7E, 0x96, 0x76, 0x99}, variable.LReal: {0x47, 0xD2, 0xCE, 0xD3, 0x2A, 0x16, 0xA1, 0xB1}}, // 1e38
	}[k][p.Type]
	_, whole := p.Whole()
	switch {
	case nothing != nil:
		copy(b, nothing)
	case k == Sentinel && whole:
		for i := range b {
			b[i] = 0xFF
		}
	}
}

// WriteItem implements [pdu.Bank]: set points can be written, whole ones only.
func (c *controller) WriteItem(i pdu.Item, data []byte) pdu.Code {
	from, code := c.within(i, len(data))
	if code != pdu.Good {
		return code
	}
	to := from + len(data)
	wanted := map[*variablePlace]float64{}
	for n := range c.places {
		p := &c.places[n]
		if p.Area != i.Area || p.DB != i.DB || p.start >= to || p.start+p.size <= from || i.IsBit && p.Bit >= 0 && p.Bit != i.Bit {
			continue
		}
		s := &p.m.kind.Signals[p.signal]
		if !s.Writable || p.IsText() || s.Kind == plant.KindText || p.start < from || p.start+p.size > to || i.IsBit != (p.Type == variable.Bool) {
			return pdu.AccessDenied
		}
		one := data[p.start-from:][:p.size]
		if i.IsBit {
			one = []byte{data[0] << i.Bit}
		}
		v, err := p.Decode(one)
		if err != nil {
			return pdu.TypeInconsistent
		}
		wanted[p] = s.fromWire(v.Number)
	}
	if len(wanted) == 0 {
		return pdu.AccessDenied
	}
	for p, v := range wanted {
		p.m.mu.Lock()
		ok := p.m.write(p.signal, v)
		p.m.mu.Unlock()
		if !ok {
			return pdu.AccessDenied
		}
	}
	return pdu.Good
}

// is reports whether one of the machines has the fault.
func (c *controller) is(k FaultKind) bool {
	for _, m := range c.machines {
		if m.is(k) {
			return true
		}
	}
	return false
}

// serve answers one client until it leaves or the controller is unplugged.
func (c *controller) serve(conn net.Conn) {
	var s pdu.Session
	var in [pdu.MaxFrame]byte
	var out []byte
	for asked := uint64(0); ; asked++ {
		if _, err := io.ReadFull(conn, in[:pdu.FrameHeader]); err != nil {
			return
		}
		n, err := pdu.ParseFrame(in[:])
		if err != nil {
			return
		}
		if _, err := io.ReadFull(conn, in[:n]); err != nil || c.is(Unplug) {
			return
		}
		if out, err = s.Answer(out[:0], in[:n], c); err != nil {
			return
		}
		switch {
		case c.is(Silent):
			continue
		case c.is(Garbage):
			// A frame by its header, with a body that answers nothing.
			for i := pdu.FrameHeader; i < len(out); i++ {
				out[i] = byte(mix(asked<<8 + uint64(i)))
			}
		}
		if _, err := conn.Write(out); err != nil {
			return
		}
	}
}

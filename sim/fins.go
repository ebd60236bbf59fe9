package sim

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"strings"

	"zhigai/connect/fins/frame"
	"zhigai/connect/fins/memory"
	"zhigai/plant"
)

// finsTries is how often a port that is free for TCP is looked for that is free
// for UDP too.
const finsTries = 20

// serveFINS serves machines as one Omron controller, over TCP and UDP at one
// port: each has words of its own in it. A fault of one of them is the
// controller's.
func (p *Plant) serveFINS(host, port string, machines []*machine) (string, error) {
	c, err := newOmron(machines)
	if err != nil {
		return "", err
	}
	for range finsTries {
		var s *callers
		if s, err = answerCallers(net.JoinHostPort(host, port), c.serve); err != nil {
			return "", err
		}
		var u net.PacketConn
		if u, err = net.ListenPacket("udp", s.l.Addr().String()); err != nil {
			s.close()
			if port != "0" {
				return "", err
			}
			continue
		}
		s.done.Go(func() { c.datagrams(u) })
		p.closing(func() {
			_ = u.Close()
			s.close()
		})
		return s.l.Addr().String(), nil
	}
	return "", err
}

// omron is the memory of an Omron controller. Areas end with the last signal
// that stands in them; holes between signals read as 0.
type omron struct {
	machines       []*machine
	places         []omronPlace
	sizes          map[frame.Area]int // words, or flags
	model, version string
}

// omronPlace is one signal of one machine.
type omronPlace struct {
	memory.Variable
	m      *machine
	signal int
}

var _ frame.Store = (*omron)(nil)

func newOmron(machines []*machine) (*omron, error) {
	c := &omron{machines: machines, sizes: map[frame.Area]int{}, model: "zhigai simulation"}
	for _, m := range machines {
		for i, s := range m.kind.Signals {
			switch strings.ToLower(strings.Join(strings.Fields(s.At), " ")) {
			case "controller model":
				c.model = m.values[i].text
				continue
			case "controller version":
				c.version = m.values[i].text
				continue
			}
			v, err := memory.Parse(s.At)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", m.path, s.Name, err)
			}
			c.places = append(c.places, omronPlace{v, m, i})
			c.sizes[v.Area] = max(c.sizes[v.Area], int(v.Start)+v.Words())
		}
	}
	return c, nil
}

// Model implements [frame.Store].
func (c *omron) Model() (model, version string) { return c.model, c.version }

// wordsOf is a range in the words it lies in, and whether it is of single bits.
func (c *omron) wordsOf(r frame.Range) (words frame.Range, bits bool, end frame.EndCode) {
	for area, size := range c.sizes {
		words = r
		switch {
		case area == r.Area:
		case area != frame.Flags && area != frame.Present && area.Bits() == r.Area:
			bits = true
			words.Area, words.Bit, words.Count = area, 0, (int(r.Bit)+r.Count+15)/16
		default:
			continue
		}
		switch {
		case int(words.Start) >= size:
			return words, bits, frame.AddressRange
		case int(words.Start)+words.Count > size:
			return words, bits, frame.RangeExceeded
		}
		return words, bits, frame.Done
	}
	return r, false, frame.AreaMissing
}

// ReadRange implements [frame.Store].
func (c *omron) ReadRange(r frame.Range, dst []byte) frame.EndCode {
	words, bits, end := c.wordsOf(r)
	if end != frame.Done {
		return end
	}
	image := make([]byte, words.Size())
	width := len(image) / max(words.Count, 1)
	from, to := int(words.Start), int(words.Start)+words.Count
	for n := range c.places {
		p := &c.places[n]
		if p.Area != words.Area || int(p.Start) >= to || int(p.Start)+p.Words() <= from {
			continue
		}
		for j, x := range p.bytes() {
			if at := width*(int(p.Start)-from) + j; at >= 0 && at < len(image) {
				image[at] |= x // bits of one word add up
			}
		}
	}
	if !bits {
		copy(dst, image)
		return frame.Done
	}
	for i := range dst {
		bit := int(r.Bit) + i
		dst[i] = image[2*(bit/16)+1-bit%16/8] >> (bit % 8) & 1
	}
	return frame.Done
}

// bytes is how the signal's value stands in memory. Integers that do not fit
// roll over, as counters of real controllers do.
func (p *omronPlace) bytes() []byte {
	p.m.mu.Lock()
	defer p.m.mu.Unlock()
	v, s := p.m.values[p.signal], &p.m.kind.Signals[p.signal]
	value := any(firstBytes(v.text, p.Text))
	if p.Type != memory.String {
		value = p.fit(s.onWire(v.num))
	}
	b, err := p.Encode(value)
	if err != nil {
		return make([]byte, p.Size())
	}
	if p.Type == memory.Bool {
		if p.IsFlag() {
			return b
		}
		on := b[0]
		b = make([]byte, 2)
		b[1-p.Bit/8] = on << (p.Bit % 8)
		return b
	}
	for _, k := range []FaultKind{NaN, Sentinel} {
		if p.m.faults[k] {
			p.spoil(b, k)
		}
	}
	return b
}

// fit makes a number one the type can hold.
func (p *omronPlace) fit(raw float64) float64 {
	signed, whole := p.Whole()
	switch {
	case p.Type == memory.Bool:
		return flag(raw != 0)
	case p.Type == memory.Float32:
		return min(max(raw, -math.MaxFloat32), math.MaxFloat32)
	case p.Type == memory.Float64:
		return raw
	case !whole: // BCD
		return math.Mod(math.Abs(math.Round(raw)), math.Pow10(2*p.Size()))
	}
	span := math.Ldexp(1, 8*p.Size())
	n := math.Mod(math.Round(raw), span)
	switch {
	case signed && n >= span/2:
		n -= span
	case signed && n < -span/2, !signed && n < 0:
		n += span
	}
	return n
}

// spoil writes what a device gives when it has no value.
func (p *omronPlace) spoil(b []byte, k FaultKind) {
	_, whole := p.Whole()
	high, low := []byte{0x7F, 0xC0, 0, 0}, []byte{0x7F, 0xF8, 0, 0, 0, 0, 0, 0}
	if k == Sentinel { // 1e38
		high, low = []byte{0x7E, 0x96, 0x76, 0x99}, []byte{0x47, 0xD2, 0xCE, 0xD3, 0x2A, 0x16, 0xA1, 0xB1}
	}
	switch {
	case p.Type == memory.Float32:
		copy(b, high)
	case p.Type == memory.Float64:
		copy(b, low)
	case k == Sentinel && whole:
		for i := range b {
			b[i] = 0xFF
		}
		return
	default:
		return
	}
	if !p.Order.HighFirst {
		for i, j := 0, len(b)-2; i < j; i, j = i+2, j-2 {
			b[i], b[i+1], b[j], b[j+1] = b[j], b[j+1], b[i], b[i+1]
		}
	}
}

// WriteRange implements [frame.Store]: set points can be written, whole ones
// only. Of a word of single bits those that are asked for.
func (c *omron) WriteRange(r frame.Range, data []byte) frame.EndCode {
	words, bits, end := c.wordsOf(r)
	if end != frame.Done {
		return end
	}
	from, to := int(words.Start), int(words.Start)+words.Count
	wanted := map[*omronPlace]float64{}
	for n := range c.places {
		p := &c.places[n]
		if p.Area != words.Area || int(p.Start) >= to || int(p.Start)+p.Words() <= from {
			continue
		}
		at := 16*(int(p.Start)-from) + p.Bit - int(r.Bit) // of a bit in the data
		if bits && p.Bit >= 0 && (at < 0 || at >= len(data)) {
			continue
		}
		s := &p.m.kind.Signals[p.signal]
		if !s.Writable || p.IsFlag() || s.Kind == plant.KindText || bits != (p.Bit >= 0) || int(p.Start) < from || int(p.Start)+p.Words() > to {
			return frame.ReadOnly
		}
		var number float64
		if bits {
			number = float64(data[at])
		} else {
			v, err := p.Decode(data[2*(int(p.Start)-from):][:p.Size()])
			if err != nil {
				return frame.ParameterError
			}
			number = v.Number
		}
		wanted[p] = s.fromWire(number)
	}
	if len(wanted) == 0 {
		return frame.ReadOnly
	}
	for p, v := range wanted {
		p.m.mu.Lock()
		ok := p.m.write(p.signal, v)
		p.m.mu.Unlock()
		if !ok {
			return frame.ParameterError
		}
	}
	return frame.Done
}

// is reports whether one of the machines has the fault.
func (c *omron) is(k FaultKind) bool {
	for _, m := range c.machines {
		if m.is(k) {
			return true
		}
	}
	return false
}

// answer is the frame for a question; nothing from who is silent.
func (c *omron) answer(b []byte) []byte {
	q, err := frame.Parse(b)
	if err != nil || q.Response || c.is(Unplug) || c.is(Silent) {
		return nil
	}
	out := frame.Answer(q, c).Append(nil)
	if c.is(Garbage) {
		for i := range out {
			out[i] = byte(mix(uint64(q.SID)<<8 + uint64(i)))
		}
	}
	return out
}

// datagrams answers over UDP until it is closed.
func (c *omron) datagrams(u net.PacketConn) {
	for b := make([]byte, frame.MaxFrame+1); ; {
		n, from, err := u.ReadFrom(b)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // what an earlier answer met at a client that had left
		}
		if out := c.answer(b[:n]); out != nil {
			_, _ = u.WriteTo(out, from) // a client that left does not care
		}
	}
}

// Node numbers of this end and of a client that wants to be given one.
const (
	omronNode  = 10
	clientNode = 239
)

// serve answers one client over TCP until it leaves or the controller is
// unplugged.
func (c *omron) serve(conn net.Conn) {
	var head [frame.TCPHeader]byte
	var body [frame.MaxFrame]byte
	for {
		if _, err := io.ReadFull(conn, head[:]); err != nil {
			return
		}
		p, n, err := frame.ParseTCP(head[:])
		if err != nil {
			return
		}
		if _, err := io.ReadFull(conn, body[:n]); err != nil || c.is(Unplug) {
			return
		}
		var out []byte
		switch {
		case p.Command == frame.ClientNode && n == 4:
			node := body[3]
			if node == 0 {
				node = clientNode
			}
			if !c.is(Silent) {
				out = frame.Welcome(node, omronNode).Append(nil)
			}
		case p.Command == frame.SendFrame:
			if b := c.answer(body[:n]); b != nil {
				out = frame.Packet{Command: frame.SendFrame, Body: b}.Append(nil)
			}
		default:
			out = frame.Packet{Command: frame.ErrorNotice, Error: 3}.Append(nil)
		}
		if _, err := conn.Write(out); err != nil {
			return
		}
	}
}

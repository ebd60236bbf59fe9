package sim

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"net"
	"strconv"

	"zhigai/connect/slmp/frame"
)

// melsec is one machine as a Mitsubishi station. Its devices of each kind end
// with the last signal that stands in them; holes between signals read as 0.
type melsec struct {
	m      *machine
	places []frame.Address
	sizes  map[frame.Code]int // numbers that exist
}

var _ frame.Bank = (*melsec)(nil)

func newMelsec(m *machine) (*melsec, error) {
	s := &melsec{m: m, sizes: map[frame.Code]int{}}
	for _, sig := range m.kind.Signals {
		a, err := frame.ParseAddress(sig.At, m.device.Params["xy"] == "octal")
		if err != nil {
			return nil, fmt.Errorf("sim: %s: %w", sig.Name, err)
		}
		s.places = append(s.places, a)
		end := int(a.Number) + max(a.Words, 1)
		if a.Code.IsBit() {
			end = (end + 15) / 16 * 16
		}
		s.sizes[a.Code] = max(s.sizes[a.Code], end)
	}
	return s, nil
}

// serveSLMP serves machines as the stations behind one address.
func (p *Plant) serveSLMP(host, port string, machines []*machine) (string, error) {
	stations := map[frame.Route]*melsec{}
	for _, m := range machines {
		route := frame.Own
		for name, to := range map[string]*byte{"network": &route.Network, "station": &route.PC, "multidrop": &route.Station} {
			text, ok := m.device.Params[name]
			n, err := strconv.ParseUint(text, 10, 8)
			if ok && err != nil {
				return "", fmt.Errorf("%s: %s %q; write 0 to 255", m.path, name, text)
			}
			if ok {
				*to = byte(n)
			}
		}
		if other := stations[route]; other != nil {
			return "", fmt.Errorf("%s and %s are one station; give them network, station or multidrop", other.m.path, m.path)
		}
		var err error
		if stations[route], err = newMelsec(m); err != nil {
			return "", fmt.Errorf("%s: %w", m.path, err)
		}
	}
	s, err := answerCallers(net.JoinHostPort(host, port), func(c net.Conn) { serveMelsec(c, stations) })
	if err != nil {
		return "", err
	}
	p.closing(s.close)
	return s.l.Addr().String(), nil
}

// serveMelsec answers one caller in whatever format it asks.
func serveMelsec(c net.Conn, stations map[frame.Route]*melsec) {
	in := bufio.NewReader(c)
	for {
		start, err := in.Peek(4)
		if err != nil {
			return
		}
		f, err := frame.Detect(start)
		if err != nil {
			return
		}
		header := make([]byte, f.HeaderSize())
		if _, err := io.ReadFull(in, header); err != nil {
			return
		}
		h, err := f.ParseRequestHeader(header)
		if err != nil {
			return
		}
		body := make([]byte, h.Length)
		if _, err := io.ReadFull(in, body); err != nil {
			return
		}
		out, stay := answerMelsec(h, body, f, stations[h.Route])
		if _, err := c.Write(out); err != nil || !stay {
			return
		}
	}
}

// answerMelsec is what a station sends, and whether it stays on the line.
func answerMelsec(h frame.Header, body []byte, f frame.Format, s *melsec) (out []byte, stay bool) {
	switch {
	case s == nil:
		q := frame.Request{Serial: h.Serial, Route: h.Route}
		return q.AppendRefusal(nil, frame.NotForStation, f), true
	case s.m.is(Unplug):
		return nil, false
	case s.m.is(Silent):
		return nil, true
	}
	out = frame.Answer(nil, h, body, f, s)
	if s.m.is(Garbage) {
		for i := f.HeaderSize(); i < len(out); i++ {
			out[i] = byte(mix(uint64(i) + uint64(h.Length)<<8))
		}
	}
	return out, true
}

// Model implements [frame.Bank].
func (s *melsec) Model() (string, uint16) { return "ZG-SIM", 0x7F00 }

// Words implements [frame.Bank].
func (s *melsec) Words(d frame.Device, n int) ([]uint16, error) {
	step := 1
	if d.Code.IsBit() {
		step = 16
	}
	from := int(d.Number)
	size, ok := s.sizes[d.Code]
	switch {
	case !ok:
		return nil, frame.NoSuchDevice
	case from+n*step > size:
		return nil, frame.BeyondLast
	}
	out := make([]uint16, n)
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	for i := range s.places {
		a := &s.places[i]
		if a.Code != d.Code {
			continue
		}
		if a.Code.IsBit() {
			if at := int(a.Number) - from; at >= 0 && at < 16*n && s.m.values[i].num != 0 {
				out[at/16] |= 1 << (at % 16)
			}
			continue
		}
		for j, w := range s.words(i) {
			if at := int(a.Number) + j - from; at >= 0 && at < n {
				out[at] |= w // bits of one word add up
			}
		}
	}
	return out, nil
}

// words is one signal as the station holds it. The machine's lock is held.
func (s *melsec) words(i int) []uint16 {
	a, sig, v := &s.places[i], &s.m.kind.Signals[i], s.m.values[i]
	raw := sig.onWire(v.num)
	bits := rolled(raw)
	switch a.Form {
	case frame.Text:
		w, err := a.TextWords(v.text[:min(len(v.text), a.Bytes)])
		if err != nil {
			return nil
		}
		return w
	case frame.Bool:
		if v.num != 0 {
			return []uint16{1 << a.Bit}
		}
		return []uint16{0}
	case frame.Float32:
		bits = uint64(math.Float32bits(float32(spoiled(raw, s.m.faults))))
	case frame.Float64:
		bits = math.Float64bits(spoiled(raw, s.m.faults))
	default:
		if s.m.faults[Sentinel] {
			bits = math.MaxUint64
		}
	}
	w := make([]uint16, a.Words)
	for j := range w {
		w[j] = uint16(bits >> (16 * j))
	}
	return w
}

// spoiled is what a floating-point number becomes where the machine gives none.
func spoiled(v float64, faults map[FaultKind]bool) float64 {
	switch {
	case faults[NaN]:
		return math.NaN()
	case faults[Sentinel]:
		return 1e38
	}
	return v
}

// SetBits implements [frame.Bank]: relays that are set points can be written,
// each alone or with its neighbours.
func (s *melsec) SetBits(d frame.Device, on []bool) error {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	wanted := map[int]float64{}
	for n, v := range on {
		i := s.relay(d.Code, d.Number+uint32(n))
		if i < 0 || !s.m.kind.Signals[i].Writable && (s.m.values[i].num != 0) != v {
			return frame.NoSuchDevice
		}
		if s.m.kind.Signals[i].Writable {
			wanted[i] = flag(v)
		}
	}
	return s.write(wanted)
}

func (s *melsec) relay(c frame.Code, number uint32) int {
	for i := range s.places {
		if a := &s.places[i]; a.Code == c && a.Number == number {
			return i
		}
	}
	return -1
}

// SetWords implements [frame.Bank]: set points can be written, whole ones only.
// A word of single bits is written with all of them.
func (s *melsec) SetWords(d frame.Device, words []uint16) error {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	wanted, covered := map[int]float64{}, map[int]bool{}
	for i := range s.places {
		a, sig := &s.places[i], &s.m.kind.Signals[i]
		at := int(a.Number) - int(d.Number)
		if a.Code != d.Code || at >= len(words) || at+a.Words <= 0 {
			continue
		}
		if at < 0 || at+a.Words > len(words) || a.Form == frame.Text {
			return frame.NoSuchDevice
		}
		raw, err := a.Value(words[at:])
		v := raw
		if a.Form != frame.Bool {
			v = sig.fromWire(raw)
		}
		switch {
		case err != nil:
			return frame.WrongRequest
		case !sig.Writable && (a.Form != frame.Bool || v != flag(s.m.values[i].num != 0)):
			return frame.NoSuchDevice
		case sig.Writable:
			wanted[i] = v
		}
		for j := range a.Words {
			covered[at+j] = true
		}
	}
	if len(covered) != len(words) {
		return frame.BeyondLast
	}
	return s.write(wanted)
}

// write changes all signals or, where one is beyond its limits, none.
func (s *melsec) write(wanted map[int]float64) error {
	for i, v := range wanted {
		sig := &s.m.kind.Signals[i]
		if sig.Min != nil && v < *sig.Min || sig.Max != nil && v > *sig.Max || math.IsNaN(v) || math.IsInf(v, 0) {
			return frame.WrongRequest
		}
	}
	for i, v := range wanted {
		if !s.m.write(i, v) {
			return frame.WrongRequest
		}
	}
	return nil
}

package sim

import (
	"errors"
	"fmt"
	"net"
	"slices"

	"zhigai/connect/dlt645/frame"
	"zhigai/plant"
)

// serveDLT645 serves machines as the meters of one serial line behind a serial
// server.
func (p *Plant) serveDLT645(host, port string, machines []*machine) (string, error) {
	var meters meterLine
	for _, m := range machines {
		one, err := newMeter(m)
		if err != nil {
			return "", err
		}
		for _, other := range meters {
			if other.address == one.address {
				return "", fmt.Errorf("%s and %s are both meter %s", other.m.path, m.path, one.address)
			}
		}
		meters = append(meters, one)
	}
	s, err := answerCallers(net.JoinHostPort(host, port), meters.serve)
	if err != nil {
		return "", err
	}
	p.closing(s.close)
	return s.l.Addr().String(), nil
}

type meterLine []*meter

// meter is one machine as a meter.
type meter struct {
	m       *machine
	address frame.Address
	places  []frame.Data
}

func newMeter(m *machine) (*meter, error) {
	one := &meter{m: m, places: make([]frame.Data, len(m.kind.Signals))}
	text := m.device.Params["unit"]
	if text == "" {
		text = "1"
	}
	var err error
	if one.address, err = frame.ParseAddress(text); err != nil {
		return nil, fmt.Errorf("%s: %w", m.path, err)
	}
	for i, s := range m.kind.Signals {
		if one.places[i], err = frame.ParseData(s.At); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", m.path, s.Name, err)
		}
	}
	return one, nil
}

func (l meterLine) serve(c net.Conn) {
	var heard []byte
	var buf [512]byte
	for {
		n, err := c.Read(buf[:])
		if err != nil {
			return
		}
		for heard = append(heard, buf[:n]...); len(heard) > 0; {
			q, size, err := frame.Cut(heard)
			if errors.Is(err, frame.ErrShort) {
				break
			}
			if err != nil {
				heard = heard[1:] // what wakes the meter up, and noise
				continue
			}
			heard = heard[size:]
			if _, err := c.Write(l.answer(q)); err != nil {
				return
			}
		}
	}
}

// answer is the frame for a question, or nothing.
func (l meterLine) answer(q frame.Frame) []byte {
	i := slices.IndexFunc(l, func(m *meter) bool { return m.address == q.Address })
	if q.Address == frame.Any && len(l) == 1 {
		i = 0
	}
	if i < 0 || q.Control&frame.Answer != 0 || l[i].m.is(Unplug) || l[i].m.is(Silent) {
		return nil
	}
	one := l[i]
	say := func(flags byte, data []byte) []byte {
		out := frame.Append(frame.AppendWake(nil), frame.Frame{Address: one.address, Control: q.Control | frame.Answer | flags, Data: data})
		if one.m.is(Garbage) {
			out[len(out)-2]++ // a checksum that is none
		}
		return out
	}
	if q.Function() == frame.ReadAddress {
		return say(0, one.address[:])
	}
	id, _, ok := frame.CutID(q.Data)
	data := one.data(id)
	if q.Function() != frame.Read || !ok || data == nil {
		return say(frame.Abnormal, []byte{byte(frame.NoSuchData)})
	}
	return say(0, append(id.Append(nil), data...))
}

// data is the block of an identifier, nil when no signal stands in it. Holes read
// as 0.
func (m *meter) data(id frame.ID) []byte {
	var out []byte
	m.m.mu.Lock()
	defer m.m.mu.Unlock()
	for i, p := range m.places {
		if p.ID != id {
			continue
		}
		for len(out) < p.At+p.Size {
			out = append(out, 0)
		}
		s, v, raw := &m.m.kind.Signals[i], m.m.values[i], out[p.At:]
		switch {
		case m.m.faults[Sentinel] || m.m.faults[NaN]:
			for j := range p.Size {
				raw[j] = 0xFF
			}
		case s.Kind == plant.KindText:
			p.EncodeDigits(raw, v.text)
		default:
			number := v.num - s.Offset
			if s.Scale != 0 {
				number /= s.Scale
			}
			p.Encode(raw, number)
		}
	}
	return out
}

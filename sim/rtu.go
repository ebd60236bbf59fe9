package sim

import (
	"errors"
	"net"
	"strings"

	"zhigai/connect/modbus/pdu"
)

// serveRTU serves machines as the units of one serial line behind a serial server:
// RTU or ASCII in a stream of TCP.
func (p *Plant) serveRTU(host, port string, machines []*machine) (string, error) {
	b := &serialBus{units: map[byte]*unit{}, ascii: strings.EqualFold(machines[0].device.Params["framing"], "ascii")}
	for _, m := range machines {
		if err := addUnit(b.units, m); err != nil {
			return "", err
		}
	}
	s, err := answerCallers(net.JoinHostPort(host, port), b.serve)
	if err != nil {
		return "", err
	}
	p.closing(s.close)
	return s.l.Addr().String(), nil
}

// serialBus is a two-wire line with its units.
type serialBus struct {
	units map[byte]*unit
	ascii bool
}

func (b *serialBus) serve(c net.Conn) {
	cut, write := pdu.CutQuestionRTU, pdu.AppendRTU
	if b.ascii {
		cut, write = pdu.CutASCII, pdu.AppendASCII
	}
	var heard []byte
	var buf [512]byte
	for {
		n, err := c.Read(buf[:])
		if err != nil {
			return
		}
		for heard = append(heard, buf[:n]...); len(heard) > 0; {
			q, size, err := cut(heard)
			if errors.Is(err, pdu.ErrShort) {
				break
			}
			if err != nil {
				heard = heard[1:] // noise
				continue
			}
			out := b.answer(q, write)
			heard = heard[size:]
			if len(out) == 0 {
				continue
			}
			if _, err := c.Write(out); err != nil {
				return
			}
		}
	}
}

// answer is the frame for a question, or nothing: on a line nobody speaks for a
// unit that is not there.
func (b *serialBus) answer(q pdu.Frame, write func([]byte, byte, []byte) []byte) []byte {
	u := b.units[q.Unit]
	switch {
	case u == nil || u.m.is(Unplug) || u.m.is(Silent):
		return nil
	case u.m.is(Garbage):
		body := make([]byte, 3+len(q.Body)%7)
		for i := range body {
			body[i] = byte(mix(uint64(q.Unit)<<8 + uint64(i)))
		}
		return write(nil, q.Unit, body)
	}
	return write(nil, q.Unit, pdu.Answer(nil, q.Body, u))
}

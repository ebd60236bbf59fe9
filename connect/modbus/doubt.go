package modbus

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"zhigai/connect"
	"zhigai/connect/line"
	"zhigai/connect/modbus/pdu"
)

// An answer of a serial line does not say which question it answers: two reads of
// two registers each look alike, whatever the registers. A station whose answer
// did not come in time is therefore in doubt, and gets no question for data until
// it has answered a canary: a question whose answer cannot be taken for any that
// is still owed. A station answers in the order in which it was asked, so that the
// canary's answer is the proof that all earlier ones have passed or never come.
//
// Canaries are Diagnostics with a number of our own, where a refusal is as good
// as an answer, or a read of another length. Who answers neither is in doubt until
// it was left alone for long.
//
// A station that says what nobody asked for (it repeats itself, or another master
// asks it) is mistrusted for a while: a canary behind each reading shows whether
// the answer was the only one.
//
// What remains: a device that answers out of order; one whose repeated answer
// comes when it was never caught repeating; and what was asked before this program
// started.

type canary byte

const (
	canaryDiagnostics canary = iota
	canaryLength
	canaries = 2
)

// mistrusted is how many readings are confirmed after something nobody asked for.
const mistrusted = 64

// shape is all that tells one answer from another.
type shape struct {
	function byte
	size     int    // of the data of a read, -1 when that is not told beforehand
	echo     []byte // the whole answer, where it is known
	canary   canary
	isCanary bool
	sent     time.Time
}

// shapeOf is what an answer to q looks like.
func shapeOf(q pdu.Request) shape {
	s := shape{function: q.Function, size: -1, sent: time.Now()}
	switch q.Function {
	case pdu.ReadCoils, pdu.ReadDiscreteInputs:
		s.size = (int(q.Count) + 7) / 8
	case pdu.ReadHolding, pdu.ReadInput, pdu.ReadWriteRegisters:
		s.size = 2 * int(q.Count)
	case pdu.Diagnostics:
		s.echo = q.Append(nil)
	}
	return s
}

// of reports whether body may be the answer of this shape.
func (s shape) of(body []byte) bool {
	switch {
	case body[0] == s.function|0x80:
		return true
	case body[0] != s.function:
		return false
	case s.echo != nil:
		return bytes.Equal(body, s.echo)
	}
	return s.size < 0 || len(body) == 2+s.size && int(body[1]) == s.size
}

// said notes what the station says and is no answer to the question on the line.
// It reports whether that was to be expected.
func (s *station) said(body []byte) bool {
	s.spoke = time.Now()
	for i, one := range s.owed {
		if !one.of(body) {
			continue
		}
		if one.isCanary {
			s.mute[one.canary] = false
		}
		// What was asked before is not answered any more.
		s.slowest = max(s.slowest, time.Since(one.sent))
		s.owed = s.owed[i+1:]
		return true
	}
	if bytes.Equal(body, s.confirming) {
		return true
	}
	s.denied = true
	s.mistrust = mistrusted
	return false
}

// trusted asks q so that its answer can be no other's.
func (s *station) trusted(t *line.Talk, q pdu.Request, set *settings) ([]byte, error) {
	if len(s.owed) > 0 && !s.leftAlone(set.timeout) {
		if err := s.prove(t, q, set); err != nil {
			return nil, err
		}
	}
	s.owed = nil
	data, err := s.bus.exchange(t, s, q)
	if s.mistrust == 0 || err != nil || !q.Reads() {
		return data, err
	}
	s.confirming, s.denied = append([]byte{q.Function, byte(len(data))}, data...), false
	defer func() { s.confirming = nil }()
	before := s.mistrust
	err = s.prove(t, q, set)
	switch {
	case s.denied:
		return nil, fmt.Errorf("%w: unit %d gave two answers to one question; look for another master on the line", pdu.ErrFrame, s.unit)
	case err != nil:
		return nil, err
	}
	s.mistrust = before - 1
	return data, nil
}

// leftAlone reports whether the station, which answers no canary, was left alone
// for so long that nothing of it can be on its way.
func (s *station) leftAlone(timeout time.Duration) bool {
	return s.mute[canaryDiagnostics] && s.mute[canaryLength] && time.Since(s.spoke) >= s.alone(timeout)
}

// alone is the longest of ten seconds, ten timeouts, and four times the latest
// answer ever seen of the station: a judgement, not a proof.
func (s *station) alone(timeout time.Duration) time.Duration {
	return max(10*time.Second, 10*timeout, 4*s.slowest)
}

// prove asks a canary. When it returns nil, all that was owed has passed.
func (s *station) prove(t *line.Talk, q pdu.Request, set *settings) error {
	kind, c, ok := s.canary(q, set.maxRegisters)
	if !ok {
		if s.turn.Probing() {
			kind, c = canaryDiagnostics, diagnostics()
		} else {
			return fmt.Errorf("unit %d answers too late, and nothing that would tell its answers apart; it is left alone for %s: %w", s.unit, s.alone(set.timeout), connect.ErrBusy)
		}
	}
	before := len(s.owed)
	_, err := s.bus.exchange(t, s, c)
	var refused pdu.Exception
	if err == nil || kind == canaryDiagnostics && errors.As(err, &refused) {
		s.mute[kind], s.owed = false, nil
		return nil
	}
	if errors.As(err, &refused) {
		// It may refuse an earlier question, and this one's answer be on its way.
		s.owed = append(s.owed, shapeOf(c))
	}
	if n := len(s.owed); n > before || errors.As(err, &refused) {
		s.owed[n-1].isCanary, s.owed[n-1].canary = true, kind
		s.mute[kind] = true
	}
	if errors.As(err, &refused) {
		return s.prove(t, q, set) // the other canary
	}
	return err
}

func diagnostics() pdu.Request {
	n := rand.Uint32()
	return pdu.Request{Function: pdu.Diagnostics, Data: []byte{byte(n), byte(n >> 8)}}
}

// canary chooses a question whose answer is none of those owed. A read of fewer
// registers is asked first where there are some: every device has that.
func (s *station) canary(q pdu.Request, most int) (canary, pdu.Request, bool) {
	length, ok := s.otherLength(q, most)
	fewer := ok && q.Reads() && length.Count < q.Count
	switch {
	case fewer && !s.mute[canaryLength]:
		return canaryLength, length, true
	case !s.mute[canaryDiagnostics]:
		return canaryDiagnostics, diagnostics(), true
	case ok && !s.mute[canaryLength]:
		return canaryLength, length, true
	}
	return 0, pdu.Request{}, false
}

// otherLength is q with a number of registers, or bytes of bits, that no owed
// answer has.
func (s *station) otherLength(q pdu.Request, most int) (pdu.Request, bool) {
	c, step := q, 1
	switch {
	case !q.Reads():
		c.Function, c.Count, c.Data = pdu.ReadHolding, 0, nil
	case q.Function == pdu.ReadCoils || q.Function == pdu.ReadDiscreteInputs:
		step, most = 8, pdu.MaxReadBits
	}
	free := func(n int) bool {
		c.Count = uint16(n)
		wanted := shapeOf(c)
		for _, one := range s.owed {
			if one.function == wanted.function && one.size == wanted.size {
				return false
			}
		}
		return n >= 1 && n <= most && int(q.Address)+n <= 1<<16
	}
	count := int(c.Count)
	for n := count - step; n >= 1; n -= step {
		if free(n) {
			return c, true
		}
	}
	for n := count + step; n <= most; n += step {
		if free(n) {
			return c, true
		}
	}
	return c, false
}

package modbus

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"zhigai/connect/line"
	"zhigai/connect/modbus/pdu"
)

// framing is one of the two ways in which a serial line carries PDUs.
type framing struct {
	name   string
	write  func(dst []byte, unit byte, body []byte) []byte
	cut    func(b []byte) (pdu.Frame, int, error)
	length func(body int) int // of a frame on the wire
}

var framings = map[string]framing{
	"rtu":   {"rtu", pdu.AppendRTU, pdu.CutAnswerRTU, func(body int) int { return body + 3 }},
	"ascii": {"ascii", pdu.AppendASCII, pdu.CutASCII, func(body int) int { return 2*body + 7 }},
}

// next cuts the first frame out of what was heard; what stands before one is
// noise, so many bytes. Silent says that nothing more comes: then what only may
// become a frame is noise too. rest is what is to be looked at again.
func (f framing) next(b []byte, silent bool) (frame pdu.Frame, rest []byte, noise int, ok bool) {
	for i := range b {
		frame, n, err := f.cut(b[i:])
		switch {
		case err == nil:
			return frame, b[i+n:], i, true
		case errors.Is(err, pdu.ErrShort) && !silent:
			return frame, b[i:], i, false
		}
	}
	return frame, nil, len(b), false
}

// echo says whether the line gives back what we send, as two-wire adapters do
// that do not switch their receiver off.
type echo byte

const (
	echoUnknown echo = iota
	echoes
	echoesNot
)

// bus is a line with the stations on it. Everything is guarded by the line's
// turn, but for the map.
type bus struct {
	framing framing
	echo    echo
	heard   []byte // and not understood yet
	noise   int    // bytes in this exchange that are no frame
	out     []byte

	mu       sync.Mutex
	stations map[byte]*station
}

// station is one unit on a bus; see doubt.go for what it owes.
type station struct {
	bus  *bus
	unit byte
	turn *line.Station

	owed       []shape        // questions given up; their answers may still come
	mute       [canaries]bool // canaries that were not answered
	spoke      time.Time      // when it last said or was asked anything
	slowest    time.Duration  // of its late answers
	mistrust   int            // readings still to be confirmed
	confirming []byte         // the answer that is being confirmed
	denied     bool           // it said something else
}

// at finds a station.
func (b *bus) at(unit byte) *station {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.stations[unit]
}

// answerSize is how long the answer's PDU is, for its time on the wire.
func answerSize(q pdu.Request) int {
	if s := shapeOf(q); s.size >= 0 {
		return 2 + s.size
	}
	return 5
}

// question asks q once the station owes no answer. A reading that noise spoiled is
// asked for once more: noise is no loss of contact.
func (b *bus) question(t *line.Talk, s *station, q pdu.Request, set *settings) ([]byte, error) {
	b.strays(t.Stray())
	if b.echo == echoUnknown && !q.Reads() {
		// An echo of these looks like their answer. A read tells it apart.
		if _, err := b.exchange(t, s, pdu.Request{Function: pdu.ReadHolding, Address: q.Address, Count: 1}); err != nil && !answered(err) {
			return nil, err
		}
	}
	data, err := s.trusted(t, q, set)
	if errors.Is(err, errNoise) && q.Reads() {
		data, err = s.trusted(t, q, set)
	}
	return data, err
}

// answered reports whether the device said something, if only no.
func answered(err error) bool {
	var refused pdu.Exception
	return errors.As(err, &refused)
}

// strays looks at what came while nobody asked.
func (b *bus) strays(heard []byte) {
	for len(heard) > 0 {
		f, rest, _, ok := b.framing.next(heard, true)
		if ok {
			b.foreign(f)
		}
		heard = rest
	}
}

// foreign notes a frame that is not the answer waited for.
func (b *bus) foreign(f pdu.Frame) {
	if s := b.at(f.Unit); s != nil { // else somebody else's station
		s.turn.Alive()
		s.said(f.Body)
	}
}

// exchange sends one question and waits for its answer.
func (b *bus) exchange(t *line.Talk, s *station, q pdu.Request) ([]byte, error) {
	stray, err := t.Again()
	if err != nil {
		return nil, err
	}
	b.strays(stray)
	b.out = b.framing.write(b.out[:0], s.unit, q.Append(nil))
	if err := t.Send(b.out); err != nil {
		return nil, err
	}
	s.spoke = time.Now()
	mine := shapeOf(q)
	b.heard, b.noise = b.heard[:0], 0
	answer, err := b.await(t, s, mine, b.framing.length(answerSize(q)))
	if err != nil {
		s.owed = append(s.owed, mine)
		return nil, err
	}
	t.Answered()
	data, err := q.Check(answer)
	if errors.Is(err, pdu.ErrFrame) {
		s.owed = append(s.owed, mine) // it confirms something else: whose answer is this?
	}
	return bytes.Clone(data), err
}

const (
	// fallsSilent is the pause after which what was heard is all there is. It is
	// far above the gaps of USB adapters (16 ms) and of networks in a plant.
	fallsSilent = 300 * time.Millisecond
	// burst is how much noise spoils an answer; less is a glitch of the line's
	// drivers when they are switched.
	burst = 4
)

// errNoise is what the line says when something came that is no frame.
var errNoise = errors.New("noise in place of an answer; look for another baud rate or parity, a second device with this unit, or missing termination")

// await gives the answer's PDU. Frames that answer nothing of this are noted.
func (b *bus) await(t *line.Talk, s *station, mine shape, size int) ([]byte, error) {
	deadline := t.Deadline(size)
	echoed := b.echo != echoesNot
	var last time.Time // when something came
	for {
		until, pause := deadline, false
		if end := last.Add(fallsSilent); !last.IsZero() && end.Before(deadline) {
			until, pause = end, true
		}
		chunk, err := t.Receive(until)
		silent := errors.Is(err, os.ErrDeadlineExceeded)
		if err != nil && !silent {
			return nil, err
		}
		if !silent {
			last = time.Now()
			b.heard = append(b.heard, chunk...)
		}
		if echoed {
			echoed = !b.cutEcho(mine, silent)
		}
		if !echoed {
			if answer, err := b.frames(s, mine, silent); answer != nil || err != nil {
				return answer, err
			}
		}
		switch {
		case silent && b.noise >= burst:
			return nil, fmt.Errorf("%w: %d bytes: %w", pdu.ErrFrame, b.noise, errNoise)
		case silent && !pause:
			return nil, os.ErrDeadlineExceeded
		case silent:
			last = time.Time{}
		}
	}
}

// cutEcho takes what we sent off what was heard, and learns whether the line gives
// it back. It reports whether that is settled.
func (b *bus) cutEcho(mine shape, silent bool) bool {
	switch {
	case bytes.HasPrefix(b.heard, b.out):
		if b.echo == echoes || mine.size >= 0 {
			b.echo = echoes
			b.heard = append(b.heard[:0], b.heard[len(b.out):]...)
		}
		return true
	case silent || !bytes.HasPrefix(b.out, b.heard):
		if b.echo == echoUnknown {
			b.echo = echoesNot
		}
		return true
	}
	return false
}

// frames looks for the answer in what was heard.
func (b *bus) frames(s *station, mine shape, silent bool) ([]byte, error) {
	for {
		f, rest, noise, ok := b.framing.next(b.heard, silent)
		body := bytes.Clone(f.Body)
		b.heard = append(b.heard[:0], rest...)
		b.noise += noise
		switch {
		case !ok:
			return nil, nil
		case f.Unit != s.unit:
			b.foreign(pdu.Frame{Unit: f.Unit, Body: body})
		case mine.of(body):
			s.turn.Alive()
			return body, nil
		case s.said(body): // late, or once more
		default:
			return nil, fmt.Errorf("%w: unit %d answers function %d with %d bytes; asked was function %d", pdu.ErrFrame, s.unit, body[0], len(body), mine.function)
		}
	}
}

package frame

import (
	"fmt"
	"strings"
)

// Command is what a station is asked to do.
type Command uint16

// Commands (manual, chapters 8 and 11).
const (
	ReadBatch  Command = 0x0401
	WriteBatch Command = 0x1401
	ReadRandom Command = 0x0403
	ReadModel  Command = 0x0101
)

// Request is one question of a client. Which fields count depends on the
// command.
type Request struct {
	Serial  uint16 // of 4E frames
	Route   Route
	Timer   uint16 // how long the station may wait for its CPU, in 250 ms; 0 for ever
	Command Command

	Bits  bool   // a batch in bit units
	Head  Device // of a batch
	Count uint16 // of a batch: words or bits
	Words []uint16
	On    []bool // what is written in bit units

	Single, Double []Device // of a random read: as words and as double words
}

// Append writes the request's frame.
func (q *Request) Append(dst []byte, f Format) []byte {
	body := writer{ascii: f.ASCII}
	body.u16(q.Timer)
	body.u16(uint16(q.Command))
	sub := uint16(0)
	if q.Bits {
		sub = 1
	}
	body.u16(sub)
	switch q.Command {
	case ReadBatch, WriteBatch:
		body.device(q.Head)
		body.u16(q.Count)
		if q.Command == WriteBatch && q.Bits {
			body.bits(q.On)
		} else if q.Command == WriteBatch {
			for _, v := range q.Words {
				body.u16(v)
			}
		}
	case ReadRandom:
		body.u8(byte(len(q.Single)))
		body.u8(byte(len(q.Double)))
		for _, d := range q.Single {
			body.device(d)
		}
		for _, d := range q.Double {
			body.device(d)
		}
	}
	w := writer{b: dst, ascii: f.ASCII}
	f.appendHeader(&w, request3E, request4E, Header{Serial: q.Serial, Route: q.Route, Length: len(body.b)})
	return append(w.b, body.b...)
}

// ParseRequest reads what stands behind a question's header. The error is an
// [EndCode] where a station would answer with one.
func ParseRequest(h Header, body []byte, f Format) (Request, error) {
	q := Request{Serial: h.Serial, Route: h.Route}
	r := reader{b: body, ascii: f.ASCII}
	q.Timer, q.Command = r.u16(), Command(r.u16())
	sub := r.u16()
	q.Bits = sub == 1
	switch {
	case r.wrong:
		return q, WrongLength
	case sub > 1 || q.Bits && q.Command != ReadBatch && q.Command != WriteBatch:
		return q, WrongCommand
	}
	switch q.Command {
	case ReadBatch, WriteBatch:
		q.Head, q.Count = r.device(), r.u16()
		if err := q.limits(); !r.wrong && err != nil {
			return q, err
		}
		if q.Command == WriteBatch && q.Bits {
			q.On = r.bits(int(q.Count))
		} else if q.Command == WriteBatch {
			q.Words = r.words(int(q.Count))
		}
	case ReadRandom:
		single, double := int(r.u8()), int(r.u8())
		if n := single + double; !r.wrong && (n < 1 || n > 2*MaxRandom) {
			return q, TooManyRandom
		}
		for range single {
			q.Single = append(q.Single, r.device())
		}
		for range double {
			q.Double = append(q.Double, r.device())
		}
	case ReadModel:
	default:
		return q, WrongCommand
	}
	if !r.done() {
		return q, WrongLength
	}
	return q, q.known()
}

func (q *Request) limits() error {
	switch {
	case q.Bits && (q.Count < 1 || q.Count > MaxBits):
		return TooManyBits
	case !q.Bits && (q.Count < 1 || q.Count > MaxWords):
		return TooManyWords
	case q.Bits && q.Head.Code.kind() != nil && !q.Head.Code.IsBit():
		return WrongRequest
	}
	return nil
}

// known: a station answers for devices it has a code for.
func (q *Request) known() error {
	if q.Command == ReadBatch || q.Command == WriteBatch {
		if q.Head.Code.kind() == nil {
			return NoSuchDevice
		}
	}
	for _, list := range [][]Device{q.Single, q.Double} {
		for _, d := range list {
			if d.Code.kind() == nil {
				return NoSuchDevice
			}
		}
	}
	return nil
}

// Data is what a station answers.
type Data struct {
	Words  []uint16 // of a batch in words; of a random read those of Single, then two for each of Double, the lower first
	On     []bool
	Name   string // of the CPU
	Number uint16 // of its model
}

// Check takes what stands behind an answer's header apart. It gives the data,
// an [EndCode] when the station refused, or [ErrFrame] when the answer is none
// to this question.
func (q *Request) Check(h Header, body []byte, f Format) (Data, error) {
	var out Data
	if f.Serial && h.Serial != q.Serial {
		return out, fmt.Errorf("%w: number %d answers number %d", ErrFrame, h.Serial, q.Serial)
	}
	if h.Route != q.Route {
		return out, fmt.Errorf("%w: station %+v answers for %+v", ErrFrame, h.Route, q.Route)
	}
	r := reader{b: body, ascii: f.ASCII}
	if end := EndCode(r.u16()); end != 0 && !r.wrong {
		return out, q.refused(end, &r)
	}
	switch q.Command {
	case ReadBatch:
		if q.Bits {
			out.On = r.bits(int(q.Count))
		} else {
			out.Words = r.words(int(q.Count))
		}
	case ReadRandom:
		out.Words = r.words(len(q.Single))
		for range q.Double {
			v := r.u32()
			out.Words = append(out.Words, uint16(v), uint16(v>>16))
		}
	case ReadModel:
		out.Name = strings.TrimRight(string(r.take(nameSize)), " \x00")
		out.Number = r.u16()
	}
	if !r.done() {
		return Data{}, fmt.Errorf("%w: %d bytes do not answer command %04X", ErrFrame, len(body), uint16(q.Command))
	}
	return out, nil
}

// nameSize is the CPU's name, filled with blanks (manual, page 179).
const nameSize = 16

// refused reads the error information: who refused, and what. An end code
// without it is believed too: some stations send none.
func (q *Request) refused(end EndCode, r *reader) error {
	if len(r.b) == 0 {
		return end
	}
	for range 5 {
		r.u8() // the route of the station that refused
	}
	if command := Command(r.u16()); !r.wrong && command != q.Command {
		return fmt.Errorf("%w: a refusal of command %04X answers %04X", ErrFrame, uint16(command), uint16(q.Command))
	}
	if r.u16(); !r.done() {
		return fmt.Errorf("%w: refusal of a wrong length", ErrFrame)
	}
	return end
}

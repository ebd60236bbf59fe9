package frame

import "errors"

// Bank is a station's devices as a server sees it. Methods return an [EndCode]
// for what the station does not have. A relay counts as one bit of a word: n
// words from it are 16 n relays.
type Bank interface {
	Words(d Device, n int) ([]uint16, error)
	SetWords(d Device, words []uint16) error
	SetBits(d Device, on []bool) error
	// Model is the CPU's name and number.
	Model() (name string, number uint16)
}

// Answer appends the frame of a station with this bank to a question's header
// and body. Any input gives an answer.
func Answer(dst []byte, h Header, body []byte, f Format, bank Bank) []byte {
	q, err := ParseRequest(h, body, f)
	var data Data
	if err == nil {
		data, err = q.carryOut(bank)
	}
	if err != nil {
		end := WrongRequest
		errors.As(err, &end)
		return q.AppendRefusal(dst, end, f)
	}
	return q.AppendAnswer(dst, data, f)
}

func (q *Request) carryOut(bank Bank) (data Data, err error) {
	switch {
	case q.Command == ReadModel:
		data.Name, data.Number = bank.Model()
	case q.Command == ReadBatch && q.Bits:
		var words []uint16
		words, err = bank.Words(q.Head, (int(q.Count)+15)/16)
		if err == nil {
			data.On = unpack(words, int(q.Count))
		}
	case q.Command == ReadBatch:
		data.Words, err = bank.Words(q.Head, int(q.Count))
	case q.Command == WriteBatch && q.Bits:
		err = bank.SetBits(q.Head, q.On)
	case q.Command == WriteBatch && q.Head.Code.IsBit():
		err = bank.SetBits(q.Head, unpack(q.Words, 16*len(q.Words)))
	case q.Command == WriteBatch:
		err = bank.SetWords(q.Head, q.Words)
	case q.Command == ReadRandom:
		for i, list := range [][]Device{q.Single, q.Double} {
			for _, d := range list {
				words, err := bank.Words(d, i+1)
				if err != nil {
					return data, err
				}
				data.Words = append(data.Words, words...)
			}
		}
	}
	return data, err
}

func unpack(words []uint16, n int) []bool {
	on := make([]bool, n)
	for i := range on {
		on[i] = words[i/16]>>(i%16)&1 == 1
	}
	return on
}

// AppendAnswer writes the frame that answers q with data.
func (q *Request) AppendAnswer(dst []byte, data Data, f Format) []byte {
	body := writer{ascii: f.ASCII}
	body.u16(0)
	switch q.Command {
	case ReadBatch:
		if q.Bits {
			body.bits(data.On)
			break
		}
		for _, v := range data.Words {
			body.u16(v)
		}
	case ReadRandom:
		for _, v := range data.Words[:len(q.Single)] {
			body.u16(v)
		}
		for i := len(q.Single); i+1 < len(data.Words); i += 2 {
			body.u32(uint32(data.Words[i]) | uint32(data.Words[i+1])<<16)
		}
	case ReadModel:
		name := data.Name + "                "
		body.b = append(body.b, name[:nameSize]...)
		body.u16(data.Number)
	}
	return q.appendAnswer(dst, body.b, f)
}

// AppendRefusal writes the frame that refuses q.
func (q *Request) AppendRefusal(dst []byte, end EndCode, f Format) []byte {
	body := writer{ascii: f.ASCII}
	body.u16(uint16(end))
	body.u8(q.Route.Network)
	body.u8(q.Route.PC)
	body.u16(q.Route.IO)
	body.u8(q.Route.Station)
	body.u16(uint16(q.Command))
	if q.Bits {
		body.u16(1)
	} else {
		body.u16(0)
	}
	return q.appendAnswer(dst, body.b, f)
}

func (q *Request) appendAnswer(dst, body []byte, f Format) []byte {
	w := writer{b: dst, ascii: f.ASCII}
	f.appendHeader(&w, answer3E, answer4E, Header{Serial: q.Serial, Route: q.Route, Length: len(body)})
	return append(w.b, body...)
}

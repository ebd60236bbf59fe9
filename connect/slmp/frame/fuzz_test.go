package frame

import (
	"bytes"
	"errors"
	"testing"
)

var formats = []Format{{}, {Serial: true}, {ASCII: true}, {Serial: true, ASCII: true}}

// FuzzRequest: whatever a server is sent, it answers; what it understood is
// written again as it was.
func FuzzRequest(f *testing.F) {
	f.Add(byte(0), unhex(f, "500000FFFF03000C00100001040000640000900200"))
	f.Add(byte(1), unhex(f, "54003412000000FFFF03000600100001010000"))
	f.Add(byte(2), []byte("500000FF03FF00001C00101401000 1M*0001000003101"))
	f.Fuzz(func(t *testing.T, which byte, b []byte) {
		format := formats[which%4]
		h, err := format.ParseRequestHeader(b)
		if err != nil || h.Length != len(b)-format.HeaderSize() {
			return
		}
		body := b[format.HeaderSize():]
		answer := Answer(nil, h, body, format, &bank{words: map[Device]uint16{}})
		if _, err := format.ParseAnswerHeader(answer); err != nil {
			t.Errorf("answer %x: %v", answer, err)
		}
		q, err := ParseRequest(h, body, format)
		if err != nil {
			if !errors.As(err, new(EndCode)) {
				t.Errorf("%v is no end code", err)
			}
			return
		}
		if again := q.Append(nil, format); !bytes.Equal(again, capitals(b, format)) {
			t.Errorf("%x is written as %x", b, again)
		}
	})
}

// FuzzCheck: an answer that is taken gives as much as was asked for, and is
// written again as it was.
func FuzzCheck(f *testing.F) {
	f.Add(byte(0), byte(0), byte(2), unhex(f, "D00000FFFF03000600000001000200"))
	f.Add(byte(1), byte(1), byte(3), unhex(f, "D400000000000 0FFFF03000600000001000200"))
	f.Add(byte(2), byte(2), byte(1), []byte("D00000FF03FF00001800005130325543505520"))
	f.Fuzz(func(t *testing.T, which, command, count byte, b []byte) {
		format := formats[which%4]
		h, err := format.ParseAnswerHeader(b)
		if err != nil || h.Length != len(b)-format.HeaderSize() {
			return
		}
		q := Request{Serial: h.Serial, Route: h.Route, Command: ReadBatch, Head: Device{0xA8, 0}, Count: uint16(count)}
		switch command % 4 {
		case 1:
			q.Bits, q.Head.Code = true, 0x90
		case 2:
			q = Request{Serial: h.Serial, Route: h.Route, Command: ReadModel}
		case 3:
			q = Request{Serial: h.Serial, Route: h.Route, Command: ReadRandom, Single: make([]Device, count%5), Double: make([]Device, count%3)}
		}
		data, err := q.Check(h, b[format.HeaderSize():], format)
		if err != nil {
			return
		}
		if q.Command == ReadModel {
			return // blanks at the end of a name are not kept
		}
		if again := q.AppendAnswer(nil, data, format); !bytes.Equal(again, capitals(b, format)) {
			t.Errorf("%x is written as %x", b, again)
		}
	})
}

// FuzzParseAddress: an address that is taken fits into the limits, and what is
// written to it is read back.
func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"D100 int16", "W1F float32", "D200.3", "X17", "D300 string16", "ZR1 uint64"} {
		f.Add(s, false, 1.0)
	}
	f.Fuzz(func(t *testing.T, text string, octal bool, v float64) {
		a, err := ParseAddress(text, octal)
		if err != nil {
			return
		}
		if a.Words > MaxWords || a.Number > maxNumber || a.Code.kind() == nil {
			t.Fatalf("%q = %+v", text, a)
		}
		w, err := a.ValueWords(v)
		if err != nil {
			return
		}
		want := v
		if a.Form == Float32 {
			want = float64(float32(v))
		}
		if back, err := a.Value(w); err != nil || back != want {
			t.Errorf("%q: %v came back as %v, %v", text, v, back, err)
		}
	})
}

// capitals: of ASCII frames small letters are read too, and never written.
func capitals(b []byte, f Format) []byte {
	if f.ASCII {
		return bytes.ToUpper(b)
	}
	return b
}

package sandbox

import (
	"encoding/binary"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/tetratelabs/wazero/api"
)

// Quality of a value, as it goes into a module and comes out of it.
type Quality uint8

// Qualities.
const (
	Good      Quality = 0
	Uncertain Quality = 1
	Bad       Quality = 2 // there is no value; the number beside it means nothing
)

// Series is what one input was over a window: places of equal length, in order of time.
type Series struct {
	Values  []float64
	Times   []int64 // µs since 1970, UTC: the end of each place
	Quality []Quality
}

// Window is what a module is asked about.
type Window struct {
	From, To int64 // µs since 1970, UTC
	Inputs   []Series
}

// Output is one value that a module says.
type Output struct {
	Value   float64
	Quality Quality
}

// The layout of a call, all of it little-endian; offsets count from the beginning.
const (
	version       = 1
	headBytes     = 24 // version u32, inputs u32, from i64, to i64
	seriesBytes   = 16 // count u32, offsets of values, times and qualities u32 each
	answerBytes   = 8  // status u32, count u32
	outputBytes   = 16 // value f64, quality u32, 0 u32
	statusOK      = 0
	statusDecline = 1
	maxReason     = 400 // bytes
	// maxRequest is 32 inputs of 2,000 places each.
	maxRequest = 2 << 20
)

func aligned(n int) int { return (n + 7) &^ 7 }

// encode lays a window out as a module reads it.
func (w Window) encode() ([]byte, error) {
	size := headBytes + seriesBytes*len(w.Inputs)
	for _, s := range w.Inputs {
		size += 16*len(s.Values) + aligned(len(s.Values))
	}
	if size > maxRequest {
		return nil, refused("a window of %d bytes; %d are given to a component: shorten it, or take fewer places", size, maxRequest)
	}
	out := make([]byte, size)
	le := binary.LittleEndian
	le.PutUint32(out, version)
	le.PutUint32(out[4:], uint32(len(w.Inputs)))
	le.PutUint64(out[8:], uint64(w.From))
	le.PutUint64(out[16:], uint64(w.To))
	at := headBytes + seriesBytes*len(w.Inputs)
	for i, s := range w.Inputs {
		n := len(s.Values)
		head := out[headBytes+seriesBytes*i:]
		le.PutUint32(head, uint32(n))
		le.PutUint32(head[4:], uint32(at))
		le.PutUint32(head[8:], uint32(at+8*n))
		le.PutUint32(head[12:], uint32(at+16*n))
		for k := range n {
			le.PutUint64(out[at+8*k:], math.Float64bits(s.Values[k]))
			le.PutUint64(out[at+8*n+8*k:], uint64(s.Times[k]))
			out[at+16*n+k] = byte(s.Quality[k])
		}
		at += 16*n + aligned(n)
	}
	return out, nil
}

// decode reads the answer that a module left in its memory: n outputs, or why there are
// none.
func decode(memory api.Memory, at uint32, n int) ([]Output, error) {
	status, ok := memory.ReadUint32Le(at)
	count, ok2 := memory.ReadUint32Le(at + 4)
	if !ok || !ok2 || at == 0 {
		return nil, failed(Nonsense, "call gave %d, where its memory holds no answer", at)
	}
	switch {
	case status == statusDecline:
		text, ok := memory.Read(at+answerBytes, min(count, maxReason))
		if !ok {
			return nil, failed(Nonsense, "its reason of %d bytes lies outside of its memory", count)
		}
		return nil, failed(Declined, "%s", reason(text))
	case status != statusOK:
		return nil, failed(Nonsense, "its answer begins with %d; 0 stands for outputs and 1 for a reason", status)
	case count != uint32(n):
		return nil, failed(Nonsense, "it gave %d outputs and declares %d", count, n)
	}
	raw, ok := memory.Read(at+answerBytes, count*outputBytes)
	if !ok {
		return nil, failed(Nonsense, "its outputs lie outside of its memory")
	}
	out := make([]Output, n)
	le := binary.LittleEndian
	for i := range out {
		one := raw[outputBytes*i:]
		q := le.Uint32(one[8:])
		out[i] = Output{math.Float64frombits(le.Uint64(one)), Quality(min(q, 255))}
		switch {
		case q > uint32(Bad):
			return nil, failed(Nonsense, "output %d has the quality %d; 0 is good, 1 uncertain, 2 bad", i, q)
		case out[i].Quality == Bad:
			out[i].Value = 0 // what stands there means nothing
		case math.IsNaN(out[i].Value) || math.IsInf(out[i].Value, 0):
			return nil, failed(Nonsense, "output %d is %v and is not said to be bad", i, out[i].Value)
		}
	}
	return out, nil
}

// reason is a text of a module, for people to read.
func reason(raw []byte) string {
	text := strings.Map(func(r rune) rune {
		if r < ' ' || r == utf8.RuneError {
			return ' '
		}
		return r
	}, string(raw))
	if text = strings.TrimSpace(text); text == "" {
		return "it gives no reason"
	}
	return text
}

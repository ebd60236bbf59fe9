package faulttest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"zhigai/fact"
	"zhigai/plant"
)

// begin is when scripts begin; pace is how far one step goes.
var begin = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

const pace = 4 * time.Minute

// Script is what one source does, a function of its seed: step n is always the
// same.
type Script struct {
	Seed uint64
	Lane int
}

// Op is what a step does.
type Op int

// The steps of a script.
const (
	Batch Op = iota // append samples
	Event           // record an event of the device, sometimes of another time or for an older one
	Again           // record the last event a second time, as after a lost answer
	Form            // enter a form
	Flush           // write chunks
	Ask             // ask for figures, which folds them
	Jump            // the clock goes wrong by up to an hour
)

func (s Script) random(n int) *rand.Rand {
	return rand.New(rand.NewPCG(s.Seed<<8|uint64(s.Lane), uint64(n)))
}

// Op is what step n does.
func (s Script) Op(n int) Op {
	switch k := s.random(n).IntN(100); {
	case k < 55:
		return Batch
	case k < 70:
		return Event
	case k < 74:
		return Again
	case k < 80:
		return Form
	case k < 87:
		return Flush
	case k < 96:
		return Ask
	}
	return Jump
}

// time of step n: when its samples were taken.
func (s Script) time(n int) time.Time { return begin.Add(time.Duration(n) * pace) }

// jump is by how much the clock is wrong after step n.
func (s Script) jump(n int) time.Duration {
	return time.Duration(s.random(n).Int64N(int64(2*time.Hour))) - time.Hour
}

// batch is what step n appends: a few minutes of a machine, often with a
// correction of an older value, a late one or a bad one.
func (s Script) batch(n int, tags []plant.TagNo) plant.Batch {
	r := s.random(n)
	r.IntN(100)
	var b plant.Batch
	at := plant.MicrosOf(s.time(n))
	put := func(signal int, t plant.Micros, v float64) {
		b.Samples = append(b.Samples, plant.Sample{Tag: tags[signal], Time: t, Value: v})
	}
	for i := range plant.Micros(24) {
		put(0, at+i*10_000_000, 1)
	}
	put(1, at+plant.Micros(r.Int64N(200_000_000)), float64(r.IntN(2)))
	put(2, at+1, float64(n*10+r.IntN(10)))
	put(3, at+2, float64(n)+r.Float64())
	put(4, plant.Micros(n)*1_000_000, float64(n)) // names the batch
	if r.IntN(3) == 0 && n > 2 {                  // late, or of an older step: another value of its time
		older := plant.MicrosOf(s.time(r.IntN(n)))
		put(2, older+1, float64(n*10+5))
		put(1, older+plant.Micros(1+r.Int64N(200))*1_000_001, float64(r.IntN(2)))
	}
	if r.IntN(8) == 0 {
		b.Samples = append(b.Samples, plant.BadSample(tags[3], at+3, plant.Sentinel, []byte{0xff, byte(n), 0x7f}))
	}
	b.Texts = append(b.Texts, plant.Text{Tag: tags[5], Time: at, Value: fmt.Sprint("program ", n)})
	if r.IntN(4) == 0 && n > 1 {
		b.Texts = append(b.Texts, plant.Text{Tag: tags[5], Time: plant.MicrosOf(s.time(r.IntN(n))) + 5, Value: fmt.Sprint("corrected in ", n), Quality: plant.Uncertain})
	}
	return b
}

// event is what step n records.
func (s Script) event(n int, node plant.NodeID, older string) fact.Event {
	r := s.random(n)
	r.IntN(100)
	at, corrects := s.time(n), older != "" && r.IntN(8) == 0
	if r.IntN(3) == 0 && !corrects {
		at = at.Add(-time.Duration(r.Int64N(int64(time.Duration(n+1) * pace))))
	}
	e := fact.New(fact.KindCount, node, at, fmt.Sprint("device:lane-", s.Lane), fact.Count{Good: int64(n), Note: fmt.Sprint("step ", n)})
	e.SourceSeq = uint64(n + 1)
	if corrects { // and marks everything behind it for the folds
		e.Supersedes = older
		e.Withdrawn = r.IntN(2) == 0
	}
	return e
}

// form is the name of what a person makes in step n.
func (s Script) form(n int) string { return fmt.Sprintf("lane %d step %d", s.Lane, n) }

// End is an instant behind everything that n steps tell of.
func (s Script) End(n int) time.Time { return s.time(n + 1) }

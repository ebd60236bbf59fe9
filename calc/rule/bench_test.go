package rule

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"
)

// plain is a rule as people write it: four comparisons.
const plain = `temp > 80.0 && limit < 200.0 && (on || mode == 3)`

// BenchmarkRule_OneLook is one look at a rule with its limit of cost on, with another
// value each time, of which each of the four comparisons is needed. Wanted: 1 µs.
func BenchmarkRule_OneLook(b *testing.B) {
	for name, compile := range map[string]func(Spec) (*Program, error){"counted": Compile, "uncounted": CompileUncounted} {
		b.Run(name, func(b *testing.B) {
			p, err := compile(spec(plain))
			if err != nil {
				b.Fatal(err)
			}
			f := NewFold(context.Background(), p, func(Firing) {}, func(Firing) {})
			for i := range 6 {
				f.Take(i, 0, Value{}) // off, and no mode 3: nothing is decided before the last comparison
			}
			at := int64(0)
			b.ReportAllocs()
			for b.Loop() {
				at += second
				f.Take(0, at, Value{Number: 81 + float64(at&1023)/16})
				f.Settle()
			}
		})
	}
}

// BenchmarkRule_FiveThousand is a second of 5,000 rules on 2,000 tags: each rule reads
// two of them, and each tag has another value. Wanted: 400 ms, which is 40 % of a core.
func BenchmarkRule_FiveThousand(b *testing.B) {
	const rules, tags = 5000, 2000
	r := rand.New(rand.NewPCG(1, 1))
	folds := make([]*Fold, rules)
	reads := make([][2]int, rules)
	for i := range folds {
		s := Spec{Inputs: two, When: []string{"a > 40 && b < 60", "a - b > 20", `avg(a, "30s") > 55.0 && b < 60`, "a > b"}[i%4], OnDelay: 5 * second, Trigger: OnSample}
		p, err := Compile(s)
		if err != nil {
			b.Fatal(err)
		}
		folds[i] = NewFold(context.Background(), p, func(Firing) {}, func(Firing) {})
		reads[i] = [2]int{r.IntN(tags), r.IntN(tags)}
	}
	now := make([]float64, tags)
	at := int64(0)
	for b.Loop() {
		at += second
		for i := range now {
			now[i] = 50 + 10*r.NormFloat64()
		}
		for i, f := range folds {
			f.Take(0, at, Value{Number: now[reads[i][0]]})
			f.Take(1, at, Value{Number: now[reads[i][1]]})
			f.Settle()
			f.Advance(at + second/2)
		}
	}
}

// BenchmarkRule_Hostile is how long a rule that never ends runs before it is stopped at
// 5 ms. Wanted: 10 ms.
func BenchmarkRule_Hostile(b *testing.B) {
	for b.Loop() {
		f, cancel := looping(b, 5*time.Millisecond)
		f.Take(3, 0, Value{Number: 1})
		f.Settle()
		cancel()
		if !errors.Is(f.Broken(), ErrStopped) {
			b.Fatal(f.Broken())
		}
	}
}

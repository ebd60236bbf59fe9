package rule

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// said is one thing that is told to a fold.
type said struct {
	at    int64
	input int
	v     Value
	miss  bool
	until int64 // not 0: contact
}

func (s said) tell(f *Fold) {
	switch {
	case s.until != 0:
		f.Contact(s.input, s.at, s.until)
	case s.miss:
		f.Miss(s.input, s.at)
	default:
		f.Take(s.input, s.at, s.v)
	}
}

func compiled(t testing.TB, s Spec) *Program {
	t.Helper()
	p, err := Compile(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// firings are what a fold says of all that was told, up to an instant.
func firings(t testing.TB, p *Program, all []said, to int64) (out []Firing) {
	t.Helper()
	f := NewFold(t.Context(), p, func(Firing) {}, func(one Firing) { out = append(out, one) })
	for _, s := range all {
		s.tell(f)
	}
	f.Advance(to)
	if one, ok := f.Standing(); ok {
		out = append(out, one)
	}
	return out
}

var two = []Input{{"a", Number, "Cel"}, {"b", Number, "Cel"}}

func values(input int, each int64, of ...float64) (out []said) {
	for i, v := range of {
		out = append(out, said{at: int64(i) * each, input: input, v: Value{Number: v}, miss: math.IsNaN(v)})
	}
	return out
}

// TestFold_ByHand are rules whose firings can be counted on fingers. Times are seconds.
func TestFold_ByHand(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	f := func(s Spec, want string, of ...float64) {
		t.Helper()
		s.Inputs = two
		if s.Trigger == "" {
			s.Trigger = OnSample
		}
		var got strings.Builder
		for _, one := range firings(t, compiled(t, s), values(0, second, of...), int64(len(of))*second) {
			got.WriteString(fmt.Sprintf("%g-%g", float64(one.From)/1e6, float64(one.To)/1e6))
			if one.Lost {
				got.WriteString("?")
			}
			if one.Withheld {
				got.WriteString("!")
			}
			got.WriteString(" ")
		}
		if got.String() != want {
			t.Errorf("%s %v: %q; want %q", s.When, of, got.String(), want)
		}
	}
	f(Spec{When: "a > 5"}, "1-2 3-0 ", 0, 9, 0, 9)
	f(Spec{When: "a > 5", OnDelay: 2 * second}, "3-5 ", 0, 9, 9, 9, 9, 0, 9, 0)
	f(Spec{When: "a > 5", OffDelay: 2 * second}, "1-6 ", 0, 9, 0, 9, 0, 0, 0, 0)
	f(Spec{When: "a > 5", Reset: "a < 2"}, "1-4 ", 0, 9, 4, 4, 1, 4, 0)
	f(Spec{When: "a > 5", MinInterval: 4 * second}, "1-2 5-6 ", 0, 9, 0, 9, 9, 9, 0, 0)
	f(Spec{When: "a > 5", MaxPerHour: 1}, "1-2 3-4! ", 0, 9, 0, 9, 0)
	f(Spec{When: "a > 5"}, "1-2? 3-4 ", 0, 9, nan, 9, 0)
	f(Spec{When: `avg(a, "4s") > 5`}, "5-8 ", 0, 0, 9, 9, 9, 9, 0, 0, 0)
	f(Spec{When: `max(a, "2s") > 5`}, "4-7 ", 0, 0, 0, 0, 9, 0, 0, 0, 0)
	f(Spec{When: `min(a, "2s") > 5`}, "4-6 ", 9, 0, 9, 9, 9, 9, 0, 0)
	f(Spec{When: `rate(a, "2s") > 60`}, "3-6 ", 0, 0, 0, 3, 6, 6, 6)
	f(Spec{When: `count(a > 5, "4s") >= 2.0`}, "4-6 ", 0, 0, 9, 0, 9, 0, 0, 0, 0, 0)
	f(Spec{When: `duration(a > 5, "4s") >= 2.0`}, "4-7 ", 0, 0, 9, 9, 0, 0, 0, 0, 0)
	f(Spec{When: `since(a > 5, "3s") >= 2.0`}, "3-4 7-0 ", 0, 0, 0, 0, 9, 0, 0, 0, 0)
	f(Spec{When: `a > 5`, Trigger: OnSchedule, Every: 3 * second}, "3-6 ", 0, 9, 0, 9, 9, 0, 0, 0)
}

// TestFold_OneInstantCountsTogether: values of one instant do not fire in between.
func TestFold_OneInstantCountsTogether(t *testing.T) {
	t.Parallel()
	p := compiled(t, Spec{Inputs: two, When: "a - b > 5", Trigger: OnSample})
	var all []said
	for i := range int64(10) {
		a := said{at: i * second, input: 0, v: Value{Number: float64(i * 100)}}
		b := said{at: i * second, input: 1, v: Value{Number: float64(i * 100)}}
		all = append(all, a, b)
	}
	if got := firings(t, p, all, minute); len(got) != 0 {
		t.Errorf("%v; want none: a and b move together", got)
	}
}

// TestFold_Contact: a rule knows nothing while contact is lost, and waits for a new value
// when it is back.
func TestFold_Contact(t *testing.T) {
	t.Parallel()
	p := compiled(t, Spec{Inputs: two[:1], When: "a > 5", Trigger: OnSample})
	all := []said{
		{at: 0, until: 15 * second},
		{at: 0, v: Value{Number: 9}},          // fires at once
		{at: 30 * second, until: 45 * second}, // was lost at 15; back, and the old value counts after two seconds
		{at: 40 * second, until: 40 * second}, // lost
		{at: 50 * second, until: minute},
		{at: 50*second + 1, v: Value{Number: 3}}, // a new value counts at once
	}
	got := firings(t, p, all, 2*minute)
	want := []Firing{{From: 0, To: 15 * second, Lost: true}, {From: 32 * second, To: 40 * second, Lost: true}}
	for i := range got {
		got[i].Readings = nil
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v; want %v", got, want)
	}
}

// TestFold_Blind says since when and why nothing can be told.
func TestFold_Blind(t *testing.T) {
	t.Parallel()
	p := compiled(t, Spec{Inputs: two, When: "b != 0.0 && a / b > 2.0 || avg(a, \"5s\") > 100", Trigger: OnSample})
	f := NewFold(t.Context(), p, func(Firing) {}, func(Firing) {})
	f.Take(0, second, Value{Number: 1})
	f.Advance(2 * second)
	if since, why, blind := f.Blind(); !blind || since != second || why != "b is not known" {
		t.Errorf("blind %v since %d: %q", blind, since, why)
	}
	f.Take(1, 3*second, Value{Number: 1})
	f.Advance(4 * second)
	if _, why, blind := f.Blind(); !blind || why != "avg(a, 5s) is not known: not the whole of the window is" {
		t.Errorf("blind %v: %q", blind, why)
	}
	f.Advance(10 * second)
	if _, _, blind := f.Blind(); blind {
		t.Error("blind although all is known")
	}
}

// wander are values of two inputs that come and go, in order of time.
func wander(r *rand.Rand, length int) (out []said) {
	at, a, b := int64(0), 0.0, 0.0
	for range length {
		at += int64(1+r.IntN(30)) * 100_000
		switch r.IntN(40) {
		case 0:
			out = append(out, said{at: at, input: r.IntN(2), miss: true})
		case 1:
			out = append(out, said{at: at, input: 0, until: at + int64(r.IntN(20))*second})
		default:
			a += r.NormFloat64()
			b += r.NormFloat64()
			out = append(out, said{at: at, input: 0, v: Value{Number: math.Round(a*10) / 10}})
			if r.IntN(2) == 0 {
				out = append(out, said{at: at, input: 1, v: Value{Number: math.Round(b*10) / 10}})
			}
		}
	}
	return out
}

var wandering = []Spec{
	{When: "a > 3", OnDelay: 3 * second, OffDelay: 2 * second, Trigger: OnSample},
	{When: "a > b", Reset: "a < b - 1.0", MinInterval: 20 * second, Trigger: OnChange},
	{When: `avg(a, "20s") > b && max(b, "10s") < 8.0`, Trigger: OnSample},
	{When: `rate(a, "15s") > 6.0 || count(b > 0.0, "1m") >= 2.0`, OnDelay: second, Trigger: OnSample},
	{When: `duration(a > b, "30s") > 10.0 && since(b > 1.0, "1m") < 50.0`, Trigger: OnSchedule, Every: 7 * second},
	{When: `[a, b].exists(x, x > 4.0) && min(a - b, "8s") > -5.0`, MaxPerHour: 3, Trigger: OnSample},
}

// TestFold_InAnyChunks: a fold that is told in pieces, with time going on between them,
// says what one says that is told at once. Pieces do not cut an instant.
func TestFold_InAnyChunks(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 9))
	fired := 0
	for run := range 60 {
		s := wandering[run%len(wandering)]
		s.Inputs = two
		p := compiled(t, s)
		all := wander(r, 3000)
		end := all[len(all)-1].at + minute
		want := firings(t, p, all, end)
		fired += len(want)
		var got []Firing
		f := NewFold(t.Context(), p, func(Firing) {}, func(one Firing) { got = append(got, one) })
		for i, one := range all {
			one.tell(f)
			if i+1 < len(all) && all[i+1].at == one.at {
				continue
			}
			if r.IntN(3) == 0 {
				f.Settle() // as who cannot wait for the next
			}
			if i+1 < len(all) && r.IntN(3) == 0 {
				f.Advance(one.at + (all[i+1].at-one.at)*int64(r.IntN(100))/100)
			}
		}
		f.Advance(end)
		if one, ok := f.Standing(); ok {
			got = append(got, one)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: in pieces %d firings, at once %d\n%v\n%v", s.When, len(got), len(want), got, want)
		}
	}
	if fired < 300 {
		t.Errorf("only %d firings: the test shows little", fired)
	}
}

// TestWindow_IsWhatHeldThen holds every function against a walk over each tenth of a
// second, on random values that come and go, wherever the fold began.
func TestWindow_IsWhatHeldThen(t *testing.T) {
	t.Parallel()
	const tenth = second / 10
	r := rand.New(rand.NewPCG(5, 2))
	checked := 0
	for run := range 200 {
		length := 1 + r.IntN(60)
		course := make([]float64, 600) // NaN: not known
		v := 0.0
		for i := range course {
			if r.IntN(8) == 0 {
				v = float64(r.IntN(5) - 1)
			}
			if r.IntN(150) == 0 {
				v = math.NaN()
			}
			course[i] = v
		}
		function := Functions[run%len(Functions)]
		if function.ofCondition() {
			for i := range course {
				if !math.IsNaN(course[i]) {
					course[i] = math.Min(1, math.Max(0, course[i]))
				}
			}
		}
		w := window{function: function, length: int64(length) * tenth}
		for i, x := range course {
			at := int64(i) * tenth
			if math.IsNaN(x) {
				w.miss()
				continue
			}
			w.take(at, x)
			got, ok := w.value(at)
			want, known := walked(function, course[:i+1], length)
			if ok != known || ok && math.Abs(got-want) > 1e-12*math.Max(1, math.Abs(want)) {
				t.Fatalf("%s over %d of %v: %v %v; want %v %v", function, length, course[max(0, i-length-3):i+1], got, ok, want, known)
			}
			if ok {
				checked++
			}
		}
	}
	if checked < 10_000 {
		t.Errorf("only %d values were compared", checked)
	}
}

// walked is a window done without thinking: course is what held in each tenth of a
// second, the last of which has just begun.
func walked(f Function, course []float64, length int) (float64, bool) {
	n := len(course) - 1
	if n < length {
		return 0, false
	}
	held := course[n-length : n] // what held within the window
	if slices.ContainsFunc(course[n-length:], math.IsNaN) {
		return 0, false
	}
	sum, rises, last := 0.0, 0.0, -1
	for i, v := range held {
		sum += v
		if v != 0 {
			last = i + 1
		}
		if next := course[n-length+i+1]; v == 0 && next != 0 {
			rises++
		}
	}
	switch f {
	case Min:
		return math.Min(course[n], slices.Min(held)), true
	case Max:
		return math.Max(course[n], slices.Max(held)), true
	case Rate:
		return (course[n] - held[0]) * 600 / float64(length), true
	case Duration:
		return sum / 10, true
	case Count:
		return rises, true
	case Since:
		if course[n] != 0 {
			return 0, true
		}
		if last < 0 {
			return float64(length) / 10, true
		}
		return float64(length-last) / 10, true
	}
	return sum / float64(length), true
}

// TestWindow_MeanDoesNotDependOnTheBeginning: not in a single bit, after a hundred
// thousand values of any size.
func TestWindow_MeanDoesNotDependOnTheBeginning(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(8, 8))
	early, late := window{function: Avg, length: 30 * second}, window{function: Avg, length: 30 * second}
	for i := range int64(100_000) {
		v := r.NormFloat64() * math.Pow(10, float64(r.IntN(12)-6))
		early.take(i*second, v)
		if i > 90_000 {
			late.take(i*second, v)
		}
		x, known := early.value(i*second + 500_000)
		y, also := late.value(i*second + 500_000)
		if known && also && x != y {
			t.Fatalf("at %d: %v from the beginning, %v from later", i, x, y)
		}
	}
}

func TestFold_Late(t *testing.T) {
	t.Parallel()
	p := compiled(t, Spec{Inputs: two, When: "a > 5 && b > 5", Trigger: OnSample})
	f := NewFold(context.Background(), p, func(Firing) {}, func(Firing) {})
	f.Take(0, 10*second, Value{Number: 9})
	f.Take(1, 8*second, Value{Number: 9}) // of another input: it counts from now on
	f.Take(0, 9*second, Value{Number: 0}) // older than what is known: it does not count
	f.Advance(20 * second)
	one, ok := f.Standing()
	if !ok || one.From != 10*second || f.Late() != 2 {
		t.Errorf("standing %v %v, late %d", one, ok, f.Late())
	}
}

package vibration_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"

	"zhigai/calc/vibration"
)

// deep is a deep-groove ball bearing 6205.
var deep = vibration.Bearing{Name: "6205", Balls: 9, BallMM: 7.94, PitchMM: 39.04}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// The frequencies of a 6205 as the Bearing Data Center of Case Western Reserve
// University publishes them, as multiples of the shaft's, and what holds of any.
func TestOrders_AsPublished(t *testing.T) {
	o := vibration.Bearing{Balls: 9, BallMM: 0.3126, PitchMM: 1.537}.Orders()
	for name, pair := range map[string][2]float64{
		"inner": {o.Inner, 5.4152}, "outer": {o.Outer, 3.5848}, "cage": {o.Cage, 0.39828}, "ball": {o.Ball, 4.7135},
	} {
		if math.Abs(pair[0]-pair[1]) > 1e-4 {
			t.Errorf("%s: %.5f; want %.5f", name, pair[0], pair[1])
		}
	}
	tilted := vibration.Bearing{Balls: 16, BallMM: 8.4074, PitchMM: 71.501, AngleDeg: 15.17}.Orders()
	for _, o := range []struct {
		vibration.Orders
		n float64
	}{{o, 9}, {tilted, 16}} {
		if math.Abs(o.Outer+o.Inner-o.n) > 1e-12 || math.Abs(o.Outer-o.n*o.Cage) > 1e-12 {
			t.Errorf("%+v: outer and inner add up to the number of elements, and outer is as often as the cage turns", o)
		}
	}
}

func TestParseBearing(t *testing.T) {
	b, err := vibration.ParseBearing("9, 7.94,39.04, 0")
	must(t, err)
	if b.Orders() != deep.Orders() {
		t.Errorf("%+v", b)
	}
	for _, s := range []string{"", "9,7.94", "9.5,7.94,39.04,0", "9,39.04,7.94,0", "9,a,39.04,0", "9,7.94,39.04,90", "2,7.94,39.04,0", "9,7.94,NaN,0"} {
		if _, err := vibration.ParseBearing(s); !errors.Is(err, vibration.ErrInvalid) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

// A spectrum of any length is that of the definition, of primes too.
func TestAmplitudes_AnyLength(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{2, 3, 4, 5, 7, 12, 17, 30, 31, 97, 101, 128, 127, 211} {
		w := vibration.Window{Values: noise(r, n, 1), RateHz: float64(n)}
		got, err := vibration.Amplitudes(w)
		must(t, err)
		mean := 0.0
		for _, v := range w.Values {
			mean += v / float64(n)
		}
		for k, have := range got.Lines {
			re, im := 0.0, 0.0
			for i, v := range w.Values {
				v = (v - mean) * (0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(n)))
				sin, cos := math.Sincos(2 * math.Pi * float64(i*k%n) / float64(n))
				re, im = re+v*cos, im-v*sin
			}
			if want := math.Hypot(re, im) * 4 / float64(n); math.Abs(have-want) > 1e-9 {
				t.Fatalf("length %d, line %d: %v; want %v", n, k, have, want)
			}
		}
	}
}

// A tone has its own amplitude at its line, and its velocity is what its
// acceleration by its angular frequency gives.
func TestSpectra_Tone(t *testing.T) {
	const rate, n, hz, amplitude = 10007, 10007, 100, 3.0 // a prime
	w := vibration.Window{Values: make([]float64, n), RateHz: rate}
	for i := range w.Values {
		w.Values[i] = 7 + amplitude*math.Sin(2*math.Pi*hz*float64(i)/rate)
	}
	lines, err := vibration.Amplitudes(w)
	must(t, err)
	if got := lines.Lines[hz]; math.Abs(got-amplitude) > 1e-6 {
		t.Errorf("amplitude %v; want %v", got, amplitude)
	}
	f, err := vibration.Describe(w)
	must(t, err)
	if math.Abs(f.Mean-7) > 1e-6 || math.Abs(f.RMS-amplitude/math.Sqrt2) > 1e-6 || math.Abs(f.Kurtosis-1.5) > 1e-3 || math.Abs(f.Crest-math.Sqrt2) > 1e-3 {
		t.Errorf("%+v", f)
	}
	d, err := vibration.Welch(w)
	must(t, err)
	want := 1000 * amplitude / math.Sqrt2 / (2 * math.Pi * hz)
	if got := d.VelocityRMS(vibration.Band{FromHz: 10, ToHz: 1000}); math.Abs(got/want-1) > 0.01 {
		t.Errorf("velocity %v mm/s; want %v", got, want)
	}
}

func noise(r *rand.Rand, n int, sigma float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = sigma * r.NormFloat64()
	}
	return out
}

const (
	rate  = 20480.0
	shaft = 29.93
)

// machine is noise with the shaft's tone, and shocks of an element: each rings at
// 4.5 kHz and slips by 1 % (the simulation of Randall and Antoni, MSSP 25, 2011,
// section 5.1).
func machine(r *rand.Rand, n int, element vibration.Element, strength float64) vibration.Window {
	w := vibration.Window{Values: noise(r, n, 1), RateHz: rate}
	for i := range w.Values {
		w.Values[i] += 0.5 * math.Sin(2*math.Pi*shaft*float64(i)/rate)
	}
	o := deep.Orders()
	hz := map[vibration.Element]float64{vibration.Outer: o.Outer, vibration.Inner: o.Inner, vibration.Ball: o.Ball}[element] * shaft
	if hz == 0 {
		return w
	}
	for at := r.Float64() / hz; at < float64(n)/rate; at += (1 + 0.01*r.NormFloat64()) / hz {
		a := strength
		switch element {
		case vibration.Inner: // comes into the load with the shaft
			a *= 1.5 * max(0, math.Cos(2*math.Pi*shaft*at))
		case vibration.Ball: // with the cage
			a *= 1.5 * max(0, math.Cos(2*math.Pi*o.Cage*shaft*at))
		}
		for i := int(at*rate) + 1; i < n && float64(i)/rate-at < 0.01; i++ {
			x := float64(i)/rate - at
			w.Values[i] += a * math.Exp(-800*x) * math.Sin(2*math.Pi*4500*x)
		}
	}
	return w
}

// Of healthy machines none is given a bad element, and hardly one is doubted.
func TestDiagnose_HealthyIsSilent(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	d := vibration.NewDiagnoser()
	doubted := 0
	const windows = 400
	for range windows {
		got, err := d.Diagnose(vibration.Ask{Window: machine(r, 20480, vibration.None, 0), ShaftHz: shaft, Bearing: deep})
		must(t, err)
		switch got.Verdict {
		case vibration.Healthy:
		case vibration.Uncertain:
			doubted++
		default:
			t.Errorf("%s named in noise: %+v", got.Verdict, got.Findings[0])
		}
	}
	if doubted > windows/100 {
		t.Errorf("%d of %d doubted; 1 %% at most", doubted, windows)
	}
	t.Logf("%d of %d healthy windows doubted, none named", doubted, windows)
}

// Shocks thrice as strong as the noise are found in a second's window, whichever
// element makes them, and what is named is what is bad.
func TestDiagnose_FindsShocks(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	d := vibration.NewDiagnoser()
	// Most of a ball's lines stand beside its own, by the cage's speed.
	for element, least := range map[vibration.Element]int{vibration.Outer: 95, vibration.Inner: 95, vibration.Ball: 75} {
		const windows = 50
		first, named := 0, 0
		for range windows {
			got, err := d.Diagnose(vibration.Ask{Window: machine(r, 20480, element, 3), ShaftHz: shaft, Bearing: deep})
			must(t, err)
			if len(got.Findings) > 0 && got.Findings[0].Element == element {
				first++
			}
			switch got.Verdict {
			case string(element):
				named++
			case vibration.Uncertain:
			default:
				t.Errorf("%s called %s", element, got.Verdict)
			}
		}
		t.Logf("%s: stands first in %d of %d, named in %d", element, first, windows, named)
		if first*100 < least*windows {
			t.Errorf("%s: stands first in %d of %d windows; %d %% at least", element, first, windows, least)
		}
	}
}

// What makes a diagnosis impossible is said, with what would help.
func TestDiagnose_Warnings(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	good := machine(r, 20480, vibration.Outer, 12)
	clipped := slices.Clone(good.Values)
	for i, v := range clipped {
		clipped[i] = max(-4, min(4, v))
	}
	dead := make([]float64, 20480)
	dead[5] = 0.001
	hum := slices.Clone(machine(r, 20480, vibration.None, 0).Values)
	for i := range hum {
		x := 2 * math.Pi * 50 * float64(i) / rate
		hum[i] += math.Sin(x) + 0.5*math.Sin(2*x) + 0.3*math.Sin(3*x)
	}
	for _, c := range []struct {
		name    string
		values  []float64
		rate    float64
		shaft   float64
		want    vibration.Code
		verdict string
	}{
		{"nobody knows the speed", good.Values, rate, 0, vibration.SpeedUnknown, vibration.Uncertain},
		{"the speed is 3 % off", good.Values, rate, shaft * 1.03, vibration.SpeedDiffers, vibration.Uncertain},
		{"half a second", good.Values[:10240], rate, shaft, vibration.WindowShort, vibration.Uncertain},
		{"one value in five", good.Values, 900, shaft, vibration.RateLow, vibration.Uncertain},
		{"clipped", clipped, rate, shaft, vibration.Clipped, vibration.Uncertain},
		{"dead", dead, rate, shaft, vibration.DeadSensor, vibration.Uncertain},
		{"mains", hum, rate, shaft, vibration.MainsHum, vibration.Healthy},
	} {
		got, err := vibration.Diagnose(vibration.Ask{Window: vibration.Window{Values: c.values, RateHz: c.rate}, ShaftHz: c.shaft, Bearing: deep})
		must(t, err)
		if !slices.ContainsFunc(got.Warnings, func(w vibration.Warning) bool { return w.Code == c.want }) || got.Verdict != c.verdict {
			t.Errorf("%s: %s, %+v; want %s and %s", c.name, got.Verdict, got.Warnings, c.want, c.verdict)
		}
	}
	got, err := vibration.Diagnose(vibration.Ask{Window: good, ShaftHz: shaft, Bearing: deep})
	must(t, err)
	if got.Verdict != string(vibration.Outer) || len(got.Warnings) > 0 {
		t.Errorf("strong shocks at the right speed: %s, %+v", got.Verdict, got.Warnings)
	}
}

func TestRefusals(t *testing.T) {
	w := vibration.Window{Values: []float64{1, 2, 3, 4}, RateHz: 4}
	for name, ask := range map[string]vibration.Ask{
		"no values":         {Window: vibration.Window{RateHz: 4}, ShaftHz: 1, Bearing: deep},
		"no rate":           {Window: vibration.Window{Values: w.Values}, ShaftHz: 1, Bearing: deep},
		"no number":         {Window: vibration.Window{Values: []float64{1, math.NaN()}, RateHz: 4}, ShaftHz: 1, Bearing: deep},
		"no bearing":        {Window: w, ShaftHz: 1},
		"turns backwards":   {Window: w, ShaftHz: -1, Bearing: deep},
		"turns without end": {Window: w, ShaftHz: math.Inf(1), Bearing: deep},
	} {
		if _, err := vibration.Diagnose(ask); !errors.Is(err, vibration.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := vibration.Describe(vibration.Window{Values: []float64{5, 5, 5}, RateHz: 1}); !errors.Is(err, vibration.ErrInvalid) {
		t.Errorf("a constant: %v", err)
	}
}

func BenchmarkDiagnose(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 5))
	for _, n := range []int{20480, 20011, 65536} { // the second is a prime
		b.Run(map[int]string{20480: "20480", 20011: "prime-20011", 65536: "65536"}[n], func(b *testing.B) {
			w := machine(r, n, vibration.Outer, 3)
			d := vibration.NewDiagnoser()
			from := processorMs()
			defer func() { b.ReportMetric((processorMs()-from)/float64(b.N), "cpu-ms/op") }()
			for b.Loop() {
				if _, err := d.Diagnose(vibration.Ask{Window: w, ShaftHz: shaft, Bearing: deep}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// processorMs is what this process has had of a processor, whoever shares it.
func processorMs() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return math.NaN()
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e6
}

package sim

import (
	"math"
	"math/rand/v2"
	"time"
)

// Bearing is a rolling bearing on a shaft as an accelerometer hears it: the tone of
// the shaft, noise of the casing and, from an instant on, the shocks of a spall on
// its outer ring, which grows. Every shock makes the casing ring at its resonances;
// elements slide a little, so that shocks are not quite even (Randall and Antoni,
// MSSP 25, 2011, section 2).
type Bearing struct {
	RPM    float64
	Order  float64       // how often elements pass a point of the outer ring, in a turn
	Rate   float64       // values per second
	Seed   uint64        // of the noise
	Begins time.Time     // of the spall; the zero time is never
	Grows  time.Duration // in which shocks become e times as strong
	Mended time.Time     // from when on a new bearing turns; the zero time is never
}

// Strengths in m/s².
const (
	casingNoise = 0.6  // standard deviation
	shaftTone   = 0.25 // amplitude
	// firstShock is how strong shocks are when the spall begins: far below the noise.
	firstShock = 0.1
	// slide is the standard deviation of the time between shocks, as a share.
	slide = 0.005
	// rings is how fast a resonance dies away, per second.
	rings = 900
)

// resonances of the casing in Hz.
var resonances = [...]float64{1150, 2400, 3900, 5600, 7900}

// Strength is how strong shocks are at an instant: what truly is so.
func (b Bearing) Strength(at time.Time) float64 {
	if b.Begins.IsZero() || at.Before(b.Begins) || !b.Mended.IsZero() && !at.Before(b.Mended) {
		return 0
	}
	return firstShock * math.Exp(float64(at.Sub(b.Begins))/float64(b.Grows))
}

// Window is n values from an instant on, in m/s²; the same instant gives the same
// values.
func (b Bearing) Window(at time.Time, n int) []float64 {
	r := rand.New(rand.NewPCG(b.Seed, uint64(at.UnixMicro())))
	out := make([]float64, n)
	turn, phase := 2*math.Pi*b.RPM/60/b.Rate, 2*math.Pi*r.Float64()
	for i := range out {
		out[i] = casingNoise*r.NormFloat64() + shaftTone*math.Sin(phase+turn*float64(i))
	}
	strength := b.Strength(at)
	if strength == 0 {
		return out
	}
	hz := b.Order * b.RPM / 60
	for t := r.Float64() / hz; t < float64(n)/b.Rate; t += (1 + slide*r.NormFloat64()) / hz {
		for i := int(t*b.Rate) + 1; i < n; i++ {
			x := float64(i)/b.Rate - t
			left := math.Exp(-rings * x)
			if left < 1e-4 {
				break
			}
			for _, f := range resonances {
				out[i] += strength * left * math.Sin(2*math.Pi*f*x)
			}
		}
	}
	return out
}

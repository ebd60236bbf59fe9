package connect

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"zhigai/plant"
)

// What is written comes back through the gate as it was meant, for the scales
// that devices have, on their grid.
func TestPointSpec_RawIsTheGateBackwards(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	scales := []float64{0, 1, 0.1, 0.01, 0.001, 10, 100, 0.5, 0.25, -0.1, 1.0 / 60}
	for range 200_000 {
		spec := PointSpec{Kind: plant.KindNumber, Scale: scales[r.IntN(len(scales))], Offset: []float64{0, 0, -40, 273.15, 0.5}[r.IntN(5)]}
		g := gate{spec: &spec, lateness: DefaultLateness}
		raw := float64(r.IntN(65536) - 32768)
		v := g.scaled(raw)
		got, err := spec.raw(v)
		if err != nil || got != raw {
			t.Fatalf("scale %v offset %v: %v is %v to a person, written as %v, %v", spec.Scale, spec.Offset, raw, v, got, err)
		}
	}
}

func TestPointSpec_RawOfEveryKind(t *testing.T) {
	f := func(spec PointSpec, v, want any, says error) {
		t.Helper()
		got, err := spec.raw(v)
		if (err == nil) != (says == nil) || says == nil && got != want {
			t.Errorf("%s %v = %v, %v; want %v", spec.Kind, v, got, err, want)
		}
	}
	bad := errors.New("some")
	f(PointSpec{Kind: plant.KindNumber, Scale: 0.1}, 25.3, 253.0, nil)
	f(PointSpec{Kind: plant.KindNumber, Scale: 0.1, Offset: -40}, 25.3, 653.0, nil)
	f(PointSpec{Kind: plant.KindNumber}, 0.30000001, 0.30000001, nil)
	f(PointSpec{Kind: plant.KindNumber, Invalid: []float64{32767}, Scale: 0.1}, 3276.7, nil, bad) // the device would take it for no value
	f(PointSpec{Kind: plant.KindNumber}, math.NaN(), nil, bad)
	f(PointSpec{Kind: plant.KindNumber}, math.Inf(1), nil, bad)
	f(PointSpec{Kind: plant.KindNumber, Scale: 1e-300}, 1e300, nil, bad)
	f(PointSpec{Kind: plant.KindNumber}, true, nil, bad)
	f(PointSpec{Kind: plant.KindNumber}, "1", nil, bad)
	f(PointSpec{Kind: plant.KindBoolean}, 1.0, true, nil)
	f(PointSpec{Kind: plant.KindBoolean}, false, false, nil)
	f(PointSpec{Kind: plant.KindBoolean}, 2.0, nil, bad)
	f(PointSpec{Kind: plant.KindEnumeration}, 3.0, 3.0, nil)
	f(PointSpec{Kind: plant.KindEnumeration}, 3.5, nil, bad)
	f(PointSpec{Kind: plant.KindText}, "A-1", "A-1", nil)
	f(PointSpec{Kind: plant.KindText}, "A\x001", nil, bad)
	f(PointSpec{Kind: plant.KindText}, 1.0, nil, bad)
	f(PointSpec{Kind: plant.KindNumber}, 1, nil, bad) // an int is nobody's value
}

// Only after these errors is it sure that the device does not have the value.
func TestInDoubt(t *testing.T) {
	for _, err := range []error{ErrNotHere, ErrNotConnected, ErrWritingOff, ErrReadOnly, ErrNotWritten, ErrRefused, ErrUnconfigured, ErrBusy} {
		if InDoubt(fmt.Errorf("modbus: %w", err)) {
			t.Errorf("%v leaves doubt", err)
		}
	}
	for _, err := range []error{errors.New("EOF"), ErrMalformed, fmt.Errorf("no answer: %w", ErrStale)} {
		if !InDoubt(err) {
			t.Errorf("%v leaves no doubt", err)
		}
	}
	if InDoubt(nil) {
		t.Error("no error leaves doubt")
	}
}

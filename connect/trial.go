package connect

import (
	"context"
	"errors"
	"fmt"
	"time"

	"zhigai/plant"
)

// TrialResult is what a connection test found.
type TrialResult struct {
	OK     bool          `json:"ok"`
	Took   int64         `json:"took_ms"`
	Text   string        `json:"text,omitempty"` // what the device says of itself
	Error  string        `json:"error,omitempty"`
	Remedy string        `json:"remedy,omitempty"`
	Values []LatestValue `json:"values"`
}

// trialTime bounds a connection test: a person is waiting.
const trialTime = 10 * time.Second

// Trial connects to a device once, lets it tell what it is and reads its
// points. Nothing is stored.
func Trial(ctx context.Context, driver Driver, spec DeviceSpec, now func() time.Time) TrialResult {
	ctx, cancel := context.WithTimeout(ctx, trialTime)
	defer cancel()
	start := now()
	meter := newMeter(&spec, start)
	text, err := trial(ctx, driver, &spec, meter, now)
	out := TrialResult{OK: err == nil, Took: now().Sub(start).Milliseconds(), Text: text, Values: meter.values()}
	if err != nil {
		out.Error, out.Remedy = err.Error(), remedy(err)
	}
	return out
}

func trial(ctx context.Context, driver Driver, spec *DeviceSpec, m *meter, now func() time.Time) (text string, err error) {
	if err := driver.CheckDevice(spec.Device); err != nil {
		return "", err
	}
	if t, ok := driver.(Tester); ok {
		if text, err = t.Test(ctx, spec.Device); err != nil {
			return text, err
		}
	}
	conn, err := driver.Open(ctx, spec.Device)
	if err != nil {
		return text, err
	}
	defer conn.Close()
	points := make([]Point, len(spec.Points))
	for i, p := range spec.Points {
		points[i] = Point{Address: p.Address, Kind: p.Kind, Period: p.Period}
	}
	group, err := conn.Prepare(points)
	if err != nil {
		return text, err
	}
	readings := make([]Reading, len(points))
	if err := group.Read(ctx, readings); err != nil {
		return text, err
	}
	at := plant.MicrosOf(now())
	for i := range readings {
		g := gate{spec: &spec.Points[i], lateness: DefaultLateness}
		p := g.pass(&readings[i], at)
		m.saw(i, &readings[i], &p)
	}
	return text, nil
}

// remedy says what a person can do about an error.
func remedy(err error) string {
	switch {
	case errors.Is(err, ErrNotTrusted):
		return "approve the device's certificate after comparing the fingerprint"
	case errors.Is(err, context.DeadlineExceeded), failureOf(err) == failedTimeout:
		return "check address, port, unit and cable; look whether the device is switched on and whether another master holds its only connection"
	case errors.Is(err, ErrRefused), errors.Is(err, ErrUnconfigured):
		return "the device answers but does not know the address: check profile and model"
	}
	return fmt.Sprintf("check the address and that the device accepts connections from this machine (%s)", failureOf(err))
}

// ReadOnce opens a device, reads the points and closes it again: what a person
// looks at before there is a profile. Numbers are as the device has them.
func ReadOnce(ctx context.Context, driver Driver, device plant.Device, points []Point, now func() time.Time) ([]LatestValue, error) {
	ctx, cancel := context.WithTimeout(ctx, trialTime)
	defer cancel()
	spec := DeviceSpec{Device: device, Points: make([]PointSpec, len(points))}
	for i, p := range points {
		spec.Points[i] = PointSpec{Name: p.Address, Kind: p.Kind, Address: p.Address}
	}
	m := newMeter(&spec, now())
	if _, err := trial(ctx, bare{driver}, &spec, m, now); err != nil {
		return nil, err
	}
	return m.values(), nil
}

// bare hides what else a driver can do.
type bare struct{ Driver }

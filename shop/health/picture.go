package health

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"zhigai/access"
	"zhigai/calc/vibration"
	"zhigai/plant"
)

// Limits of pictures: about two points for each pixel of a wide screen.
const (
	spectrumPoints = 1500
	envelopeLines  = 3000
	// harmonicsShown is how many multiples of each of a bearing's frequencies are
	// marked, and envelopeOrders up to how many turns of the shaft an envelope goes.
	harmonicsShown = 4
	envelopeOrders = 24
	// unknownTo is up to where an envelope goes when nobody knows the speed, in Hz.
	unknownTo = 1000
	// mostWindows of a waterfall, and points of each.
	mostWindows     = 60
	waterfallPoints = 200
)

// Lines is a spectrum drawn small: the greatest value of equal stretches, so that
// no line is lost.
type Lines struct {
	Step   float64   `json:"step_hz" doc:"Width of a stretch; the first begins at 0"`
	Values []float64 `json:"values" nullable:"false"`
}

// small makes at most so many stretches of a spectrum.
func small(d vibration.Density, most int) Lines {
	by := max(1, (len(d.Lines)+most-1)/most)
	out := Lines{Step: float64(by) * d.HzPerLine, Values: make([]float64, 0, len(d.Lines)/by+1)}
	for i, v := range d.Lines {
		if i%by == 0 {
			out.Values = append(out.Values, v)
		} else if last := len(out.Values) - 1; v > out.Values[last] {
			out.Values[last] = v
		}
	}
	return out
}

// Mark is where a bearing would show itself.
type Mark struct {
	Element  vibration.Element `json:"element"`
	Harmonic int               `json:"harmonic"`
	Hz       float64           `json:"hz"`
}

// Picture is what there is to see of one window.
type Picture struct {
	At       plant.Instant            `json:"at"`
	Unit     string                   `json:"unit,omitempty" doc:"Of the tag, and of the spectrum's amplitudes"`
	Reading  Reading                  `json:"reading"`
	Spectrum Lines                    `json:"spectrum" doc:"Amplitudes"`
	Envelope *Lines                   `json:"envelope" doc:"Of the band that shows most, as shares of its mean; null when the window is too short for one"`
	Marks    []Mark                   `json:"marks" nullable:"false" doc:"The bearing's frequencies at this speed and their multiples; empty when nobody knows the speed"`
	Shaft    *float64                 `json:"shaft_hz"`
	Peaks    []vibration.Peak         `json:"peaks" nullable:"false" doc:"Highest lines of the spectrum"`
	Turning  *vibration.ShaftFindings `json:"shaft_findings" doc:"Orders of the shaft and the mesh of its gear, with what they may be of; null of a window too short"`
	Orders   *vibration.Orders        `json:"orders" doc:"The bearing's frequencies as multiples of the shaft's"`
}

// Picture shows the window of a point that begins at an instant, or the last before.
func (d *Desk) Picture(ctx context.Context, who access.Principal, id string, at plant.Instant) (Picture, error) {
	s, err := d.Point(ctx, who, id)
	if err != nil {
		return Picture{}, err
	}
	tenant := who.Scope.Tenant
	near, err := d.o.Store.Readings(ctx, tenant, id, 0, at+1, 1)
	if err != nil {
		return Picture{}, err
	}
	if len(near) == 0 {
		return Picture{}, fmt.Errorf("%w: a window of %s at %s or before", access.ErrNotFound, s.Path, at.Time())
	}
	r := near[0]
	w, err := d.window(ctx, tenant, s.Point, r.At)
	if err != nil {
		return Picture{}, err
	}
	p := Picture{At: r.At, Unit: s.Unit, Reading: r, Spectrum: Lines{Values: []float64{}}, Marks: []Mark{}, Peaks: []vibration.Peak{}}
	if w.Quality.IsBad() {
		return p, nil
	}
	window := vibration.Window{Values: w.Values, RateHz: w.Rate}
	lines, err := vibration.Amplitudes(window)
	if err != nil {
		return p, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	p.Spectrum = small(lines, spectrumPoints)
	shaft := 0.0
	if r.RPM != nil {
		shaft = *r.RPM / 60
		p.Shaft = &shaft
	}
	const peaks = 10
	p.Peaks = lines.Peaks(peaks, 0, shaft)
	to := envelopeOrders * shaft
	if shaft == 0 {
		to = unknownTo
	}
	band := vibration.Band{FromHz: 500, ToHz: w.Rate / 2} // what is usual, where nothing was found
	if r.Band != nil {
		band = *r.Band
	}
	if e, err := vibration.Envelope(window, band, to); err == nil {
		e.Lines[0] = 0 // the mean is in every other
		p.Envelope = new(small(e, envelopeLines))
	}
	if p.Turning, err = d.shaftOf(s.Point, window, r.RPM); err != nil {
		return p, err
	}
	bearing, err := d.o.Catalogue.Find(s.Bearing)
	if err != nil || shaft == 0 {
		return p, err
	}
	o := bearing.Orders()
	p.Orders = &o
	for _, m := range []Mark{{Element: vibration.Cage, Hz: o.Cage}, {Element: vibration.Outer, Hz: o.Outer}, {Element: vibration.Inner, Hz: o.Inner}, {Element: vibration.Ball, Hz: o.Ball}} {
		for k := 1; k <= harmonicsShown; k++ {
			p.Marks = append(p.Marks, Mark{m.Element, k, float64(k) * m.Hz * shaft})
		}
	}
	return p, nil
}

// window reads the one that begins at an instant.
func (d *Desk) window(ctx context.Context, tenant plant.TenantNo, p Point, at plant.Instant) (Window, error) {
	var found *Window
	err := d.o.Signals.Windows(ctx, tenant, p.Tag, at, at+1, func(w Window) bool {
		found = &w
		return false
	})
	if err == nil && found == nil {
		err = fmt.Errorf("%w: the window of %s at %s: its raw data may have expired", access.ErrNotFound, p.Path, at.Time())
	}
	if err != nil {
		return Window{}, err
	}
	return *found, nil
}

// Waterfall is spectra one behind the other.
type Waterfall struct {
	Unit string          `json:"unit,omitempty"`
	Step float64         `json:"step_hz"`
	At   []plant.Instant `json:"at" nullable:"false"`
	Rows [][]float64     `json:"rows" nullable:"false" doc:"Amplitudes of each window, the greatest of each stretch"`
}

// Waterfall shows windows of a point within [from, to), evenly chosen, up to toHz;
// 0 is half their rate. Windows of another rate than the first are left out.
func (d *Desk) Waterfall(ctx context.Context, who access.Principal, id string, from, to plant.Instant, toHz float64) (Waterfall, error) {
	s, err := d.Point(ctx, who, id)
	if err != nil {
		return Waterfall{}, err
	}
	all, err := d.o.Store.Readings(ctx, who.Scope.Tenant, id, from, to, judged)
	out := Waterfall{Unit: s.Unit, At: []plant.Instant{}, Rows: [][]float64{}}
	if err != nil {
		return out, err
	}
	every := max(1, int(math.Ceil(float64(len(all))/mostWindows)))
	rate := 0.0
	for i := len(all) - 1; i >= 0; i -= every {
		r := all[i]
		if r.Features == nil || rate != 0 && r.RateHz != rate {
			continue
		}
		w, err := d.window(ctx, who.Scope.Tenant, s.Point, r.At)
		if err != nil || w.Quality.IsBad() {
			continue // its raw data expired: the reading stands without them
		}
		rate = r.RateHz
		lines, err := vibration.Amplitudes(vibration.Window{Values: w.Values, RateHz: w.Rate})
		if err != nil {
			return out, fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		row := stretches(lines, min(cmp.Or(toHz, rate/2), rate/2))
		out.Step = min(cmp.Or(toHz, rate/2), rate/2) / waterfallPoints
		out.At, out.Rows = append(out.At, r.At), append(out.Rows, row)
	}
	return out, nil
}

// stretches of equal width in Hz, whatever the length of a window.
func stretches(d vibration.Density, toHz float64) []float64 {
	out := make([]float64, waterfallPoints)
	for i, v := range d.Lines {
		at := int(float64(i) * d.HzPerLine / toHz * waterfallPoints)
		if at >= len(out) {
			break
		}
		out[at] = max(out[at], v)
	}
	return out
}

package health

import (
	"zhigai/calc/vibration"
	"zhigai/plant"
	"zhigai/plant/waveform"
)

// Window is one window of a tag, as history has it.
type Window struct {
	At      plant.Instant
	Quality plant.Quality
	waveform.Window
}

// read says what a window says of a point that turned at rpm; nil when nobody
// knows.
func (d *Desk) read(diagnoser *vibration.Diagnoser, p Point, w Window, rpm *float64) (Reading, error) {
	r := Reading{At: w.At, Version: ReadingVersion, Quality: w.Quality.String(), RPM: rpm, Verdict: vibration.Uncertain, Findings: []vibration.Finding{}, Warnings: []vibration.Warning{}}
	if w.Quality.IsBad() || len(w.Values) == 0 {
		return r, nil
	}
	bearing, err := d.o.Catalogue.Find(p.Bearing)
	if err != nil {
		return r, err
	}
	r.RateHz, r.Count = w.Rate, len(w.Values)
	window := vibration.Window{Values: w.Values, RateHz: w.Rate}
	f, err := vibration.Describe(window)
	if err != nil { // all values are the same
		r.Warnings = append(r.Warnings, vibration.Warning{Code: vibration.DeadSensor, Value: 1})
		return r, nil
	}
	r.Features = &f
	ask := vibration.Ask{Window: window, Bearing: bearing}
	if rpm != nil {
		ask.ShaftHz = *rpm / 60
	}
	found, err := diagnoser.Diagnose(ask)
	if err != nil {
		return r, err
	}
	r.Verdict, r.Findings, r.Warnings = found.Verdict, found.Findings, found.Warnings
	if b, ok := found.Best(); ok {
		r.Band = &b
	}
	if err := d.shaft(p, window, rpm, &r); err != nil {
		return r, err
	}
	if factor, ok := perMS2(p.Unit); ok {
		density, err := vibration.Welch(window)
		if err != nil {
			return r, err
		}
		v := factor * density.VelocityRMS(d.o.Zones.Band(ask.ShaftHz*60))
		r.Velocity = &v
		if g, ok := d.o.Zones.Group(p.Group); ok {
			r.Zone = g.Zone(v)
		}
	}
	return r, nil
}

// shaft says what shaft and gear of a point may have.
func (d *Desk) shaft(p Point, window vibration.Window, rpm *float64, r *Reading) error {
	found, err := d.shaftOf(p, window, rpm)
	if err != nil || found == nil {
		return err
	}
	r.ShaftLooked, r.Candidates = len(found.Orders) > 0, found.Candidates
	return nil
}

// shaftOf looks at orders of the shaft; nil of a window too short for a spectrum.
func (d *Desk) shaftOf(p Point, window vibration.Window, rpm *float64) (*vibration.ShaftFindings, error) {
	if len(window.Values) < leastShaft {
		return nil, nil
	}
	ask := vibration.ShaftAsk{Window: window, Teeth: p.Teeth}
	if rpm != nil {
		ask.ShaftHz = *rpm / 60
	}
	if factor, ok := perMS2(p.Unit); ok {
		ask.PerMS2 = factor
	}
	if g, ok := d.o.Zones.Group(p.Group); ok {
		ask.Matters = g.BC
	}
	return vibration.Shaft(ask)
}

// leastShaft is how many values a spectrum of orders is made of at the least.
const leastShaft = 256

// faultNames are what pages and alarms call faults of a shaft.
var faultNames = map[vibration.Fault]plant.Name{
	vibration.Unbalance:    {ZH: "不平衡", EN: "unbalance"},
	vibration.Misalignment: {ZH: "不对中", EN: "misalignment"},
	vibration.Looseness:    {ZH: "松动", EN: "looseness"},
	vibration.Gear:         {ZH: "齿轮损伤", EN: "gear damage"},
}

// elementNames are what pages and alarms call elements.
var elementNames = map[vibration.Element]plant.Name{
	vibration.Inner: {ZH: "内圈", EN: "inner ring"},
	vibration.Outer: {ZH: "外圈", EN: "outer ring"},
	vibration.Ball:  {ZH: "滚动体", EN: "rolling element"},
	vibration.Cage:  {ZH: "保持架", EN: "cage"},
}

package energy

import (
	"time"

	"zhigai/calc/stat"
)

// Use is the energy of an interval of time.
type Use struct {
	From, To time.Time
	Energy   float64 // kWh for kW
}

// Power is the mean power of an interval: kW of kWh. False for one without length.
func (u Use) Power() (float64, bool) {
	hours := u.To.Sub(u.From).Hours()
	if hours <= 0 {
		return 0, false
	}
	return u.Energy / hours, true
}

// Demand is the greatest mean power of intervals, and how far the mean of all is
// below it.
type Demand struct {
	Max float64     // kW of kWh
	At  []time.Time // ends of the intervals that reached it
	// Mean is all energy ÷ all time; LoadFactor is Mean ÷ Max, 0..1; false where
	// there is no demand.
	Mean       float64
	LoadFactor float64
	OK         bool
}

// Peak finds the demand of intervals, which tariffs have 15 minutes long.
func Peak(uses []Use) Demand {
	var d Demand
	var energy []float64
	hours := 0.0
	for _, u := range uses {
		power, ok := u.Power()
		if !ok {
			continue
		}
		energy = append(energy, u.Energy)
		hours += u.To.Sub(u.From).Hours()
		switch {
		case len(d.At) == 0 || power > d.Max:
			d.Max, d.At = power, []time.Time{u.To}
		case power == d.Max:
			d.At = append(d.At, u.To)
		}
	}
	if hours > 0 {
		d.Mean = stat.Sum(energy) / hours
	}
	if d.OK = d.Max > 0; d.OK {
		d.LoadFactor = d.Mean / d.Max
	}
	return d
}

// Forecast is what the mean power of a running interval will be at its end, if from
// now on the power stays: energy so far, and power of the last minutes. ok is false
// before its beginning and after its end.
func Forecast(from, to, now time.Time, energy, power float64) (demand float64, ok bool) {
	if !to.After(from) || now.Before(from) || now.After(to) {
		return 0, false
	}
	return (energy + power*to.Sub(now).Hours()) / to.Sub(from).Hours(), true
}

// Allowed is the power that may be drawn from now on so that the interval ends at
// its limit; below 0 when it cannot any more. ok is false outside of the interval
// and at its end.
func Allowed(from, to, now time.Time, energy, limit float64) (power float64, ok bool) {
	if now.Before(from) || !now.Before(to) {
		return 0, false
	}
	return (limit*to.Sub(from).Hours() - energy) / to.Sub(now).Hours(), true
}

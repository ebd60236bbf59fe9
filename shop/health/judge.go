package health

import (
	"math"
	"slices"

	"zhigai/calc/stat"
	"zhigai/calc/vibration"
	"zhigai/plant"
)

// Level is how a point is, all readings taken together.
type Level string

const (
	Unknown Level = "unknown" // nothing was heard, or the sensor is not to be believed
	Good    Level = "good"
	Watch   Level = "watch" // it changed, or may be bad: look again, measure longer
	Bad     Level = "bad"   // a bad element, or vibration that does damage
)

// Why says what decided the level.
type Why string

const (
	WhyNothing  Why = ""         // nothing to say
	WhySilent   Why = "silent"   // no window came yet
	WhySensor   Why = "sensor"   // the last windows cannot be believed
	WhyElement  Why = "element"  // the same element was named again and again
	WhyZone     Why = "zone"     // velocity in zone C or D
	WhyShaft    Why = "shaft"    // the same fault of shaft or gear may be there again and again
	WhyChanged  Why = "changed"  // louder than it was at this speed
	WhyDoubtful Why = "doubtful" // something is there that cannot be named
)

// Condition is how a point is.
type Condition struct {
	Level      Level             `json:"level" enum:"unknown,good,watch,bad"`
	Why        Why               `json:"why" enum:",silent,sensor,element,zone,shaft,changed,doubtful"`
	Element    vibration.Element `json:"element,omitempty"`
	Confidence float64           `json:"confidence,omitempty" doc:"Of the last window that names it, 0..1"`
	// Fault may be there whatever else decided.
	Fault  vibration.Fault `json:"fault,omitempty" enum:",unbalance,misalignment,looseness,gear" doc:"Of shaft or gear: a candidate, whatever decided the level"`
	Zone   Zone            `json:"zone,omitempty"`
	Since  plant.Instant   `json:"since,omitempty" doc:"First window of those that say so"`
	Last   *Reading        `json:"last" doc:"The newest window; null before any came"`
	Change *Change         `json:"change" doc:"Null while there are too few windows at this speed to compare with"`
}

// Change is how the newest windows lie to the first ones at the same speed.
type Change struct {
	Baseline int     `json:"baseline" doc:"How many windows the baseline is of"`
	RPM      float64 `json:"rpm" doc:"Mean speed of those; 0 where nobody knows it"`
	Mean     float64 `json:"mean" doc:"Geometric mean of their RMS, in the unit of the tag"`
	Ratio    float64 `json:"ratio" doc:"RMS of the newest window by it"`
	Sum      float64 `json:"sum" doc:"CUSUM of ln RMS upwards, in standard deviations"`
	Limit    float64 `json:"limit"`
	Changed  bool    `json:"changed"`
}

// What is asked for before anything is said.
const (
	// lookedAt is how many of the last windows decide, and agreeing how many of
	// them must say the same: one window may be struck by a passing truck.
	lookedAt = 5
	agreeing = 3
	// baselineSize is how many windows a baseline is of; twenty give the standard
	// deviation to a sixth of itself.
	baselineSize = 20
	// speedStep is how far two speeds may lie apart to be one operating point, as a
	// ratio.
	speedStep = 1.1
	// changeLimit and changeShift are the CUSUM's, in standard deviations. With a
	// known baseline the limit of 8 is passed once in 10⁴ windows by chance (ISO
	// 7870-4 gives 465 for 5); it is wider than usual since the baseline is estimated.
	changeLimit = 8
	changeShift = 1.0
	// changeMost is how far the sum goes: what was mended is forgotten in some twenty
	// windows, however loud it was before.
	changeMost = 2 * changeLimit
	// leastSpread is what ln RMS spreads at the least: a simulated or a new machine
	// repeats itself closer than the mounting of a sensor does.
	leastSpread = 0.05
)

// Judge says how a point is by its readings, oldest first.
func Judge(readings []Reading) Condition {
	if len(readings) == 0 {
		return Condition{Level: Unknown, Why: WhySilent}
	}
	last := readings[len(readings)-1]
	c := Condition{Level: Good, Last: &last, Zone: last.Zone, Since: last.At}
	recent := readings[max(0, len(readings)-lookedAt):]
	if last.deaf() {
		c.Level, c.Why, c.Since = Unknown, WhySensor, since(readings, Reading.deaf)
		return c
	}
	c.Change = change(readings)
	c.Fault = candidate(recent)
	if e, n := named(recent); n >= agreeing {
		c.Level, c.Why, c.Element = Bad, WhyElement, e
		c.Since = since(readings, func(r Reading) bool { return r.Element() == e || r.Verdict == vibration.Uncertain && !r.deaf() })
		for _, r := range slices.Backward(recent) {
			if r.Element() == e {
				c.Confidence = r.Findings[0].Confidence
				break
			}
		}
		return c
	}
	inZone := func(z Zone) func(Reading) bool { return func(r Reading) bool { return r.Zone == z } }
	doubtful := func(r Reading) bool { return r.Verdict != vibration.Healthy && len(r.Findings) > 0 }
	switch {
	case count(recent, inZone(ZoneD)) >= agreeing:
		c.Level, c.Why, c.Since = Bad, WhyZone, since(readings, inZone(ZoneD))
	case count(recent, func(r Reading) bool { return r.Zone == ZoneC || r.Zone == ZoneD }) >= agreeing:
		c.Level, c.Why, c.Since = Watch, WhyZone, since(readings, func(r Reading) bool { return r.Zone == ZoneC || r.Zone == ZoneD })
	case c.Fault != "":
		c.Level, c.Why = Watch, WhyShaft
		c.Since = since(readings, func(r Reading) bool { return r.candidate() == c.Fault })
	case count(recent, doubtful) >= agreeing:
		c.Level, c.Why, c.Since = Watch, WhyDoubtful, since(readings, doubtful)
	case c.Change != nil && c.Change.Changed:
		c.Level, c.Why = Watch, WhyChanged
	}
	return c
}

// candidate is the fault of shaft or gear that enough of the last windows may be of.
func candidate(readings []Reading) vibration.Fault {
	for _, f := range []vibration.Fault{vibration.Gear, vibration.Unbalance, vibration.Misalignment, vibration.Looseness} {
		if count(readings, func(r Reading) bool { return r.candidate() == f }) >= agreeing {
			return f
		}
	}
	return ""
}

// named is the element named most often.
func named(readings []Reading) (best vibration.Element, n int) {
	for _, e := range []vibration.Element{vibration.Inner, vibration.Outer, vibration.Ball, vibration.Cage} {
		if k := count(readings, func(r Reading) bool { return r.Element() == e }); k > n {
			best, n = e, k
		}
	}
	return best, n
}

func count(readings []Reading, is func(Reading) bool) (n int) {
	for _, r := range readings {
		if is(r) {
			n++
		}
	}
	return n
}

// since is the first of the last readings that all are so.
func since(readings []Reading, is func(Reading) bool) plant.Instant {
	i := len(readings) - 1
	for i > 0 && is(readings[i-1]) {
		i--
	}
	return readings[i].At
}

// sameSpeed says whether two readings are of one operating point.
func sameSpeed(a, b Reading) bool {
	if a.RPM == nil || b.RPM == nil {
		return a.RPM == b.RPM
	}
	if *a.RPM <= 0 || *b.RPM <= 0 {
		return *a.RPM == *b.RPM
	}
	ratio := *a.RPM / *b.RPM
	return ratio < speedStep && ratio > 1/speedStep
}

// change compares the windows at the speed of the newest with the first ones at
// that speed; nil when there are too few.
func change(readings []Reading) *Change {
	last := readings[len(readings)-1]
	var logs, speeds []float64
	for _, r := range readings {
		if !r.deaf() && sameSpeed(r, last) && r.Features.RMS > 0 {
			logs = append(logs, math.Log(r.Features.RMS))
			if r.RPM != nil {
				speeds = append(speeds, *r.RPM)
			}
		}
	}
	if len(logs) <= baselineSize {
		return nil
	}
	s, err := stat.Of(logs[:baselineSize])
	if err != nil {
		return nil
	}
	sum, sd := 0.0, max(leastSpread, s.SD)
	for _, v := range logs[baselineSize:] {
		sum = min(changeMost, max(0, sum+(v-s.Mean)/sd-changeShift/2))
	}
	c := &Change{Baseline: baselineSize, Mean: math.Exp(s.Mean), Ratio: math.Exp(logs[len(logs)-1] - s.Mean), Limit: changeLimit, Sum: sum}
	c.Changed = c.Sum > changeLimit
	for _, v := range speeds {
		c.RPM += v / float64(len(speeds))
	}
	return c
}

// Package threshold finds from what a machine draws where "off", "idle" and
// "running" part: thresholds for a current clamp, a power meter or any other
// signal that is high while the machine works.
//
// It proposes, a person decides. It never invents: a signal with one level, or
// with levels that run into one another, gives no threshold and the reason why.
// Start with [Learn]; [Split] says what given thresholds would do.
package threshold

import (
	"math"
	"slices"
)

// Hold is a value and how long it held. Missing time tells nothing, and parts
// what stands before it from what comes after.
type Hold struct {
	Value   float64
	Ms      int64
	Missing bool
}

// Why no threshold is proposed.
type Why string

const (
	None     Why = ""         // there are thresholds
	TooShort Why = "short"    // it was listened to for less than minMs
	Constant Why = "constant" // the signal never moved
	OneLevel Why = "one"      // one level, or levels that run into one another
)

// Limits of learning.
const (
	// minMs is what is listened to at least: shorter, and a warm-up is taken for
	// a way of working. An hour is ours; a shift is better and what the page says.
	minMs = 3_600_000
	// bins of the histogram. 256 is what Otsu's method is used with; a bin is
	// then 2.5 % of a level wide on the scale below.
	bins = 256
	// outliers is the time at either end that does not stretch the histogram:
	// the inrush of a motor, a reading that was wrong.
	outliers = 0.001
	// compressed is the factor between the highest level and where the scale
	// turns linear. Machines draw between 1/100 and 1/5 of their full load when
	// they idle; what is below 1/300 is noise of the meter.
	compressed = 300
	// maxValley is how deep the valley between two levels must be, as a share of
	// the lower peak beside it. One that is shallower appears by chance in the
	// histogram of a single level; see TestLearn_OnePeakIsNotTwo.
	maxValley = 0.2
	// clearValley and above it the proposal is clear without a second look.
	clearValley = 0.05
	// minShare is the time a level must have: less is a start or an accident.
	minShare = 0.005
	// minContrast is how much of the upper level must lie between two of them: a
	// load that creeps from 5 A to 6 A in a day is one way of working.
	minContrast = 0.2
	// maxCount bounds how fine the smoothing may get. Values that follow one
	// another are alike, so that many of them are worth fewer.
	maxCount = 1000
)

// Class is the time between two thresholds.
type Class struct {
	Ms     int64
	Share  float64 // of the time with a value, 0..1
	Median float64 // of the signal while it lasts; 0 with Ms 0
}

// Bin is a bar of the histogram: time with a value in [From, To). The first and
// the last hold what is beyond them, too.
type Bin struct {
	From, To float64
	Ms       int64
}

// Proposal is what was learned.
type Proposal struct {
	// Thresholds ascend: one (stands, runs) or two (off, idle, runs); none, and
	// Why says why.
	Thresholds []float64
	Why        Why
	// Separability is the share of the variance that lies between the classes,
	// 0..1, on the histogram's scale. Valley is the deepest point between two
	// neighbouring levels over the lower of their peaks, the worst of them: 0 is
	// empty, 1 is no valley. Both are 0 without thresholds.
	Separability float64
	Valley       float64
	Clear        bool // the valley is as good as empty
	ObservedMs   int64
	MissingMs    int64
	Histogram    []Bin
}

// Learn looks at a signal and proposes thresholds. Holds are in order of time.
func Learn(holds []Hold) Proposal {
	var p Proposal
	values := make([]Hold, 0, len(holds))
	for _, h := range holds {
		switch {
		case h.Ms <= 0:
		case h.Missing || math.IsNaN(h.Value) || math.IsInf(h.Value, 0):
			p.MissingMs += h.Ms
		default:
			p.ObservedMs += h.Ms
			values = append(values, h)
		}
	}
	if len(values) == 0 {
		p.Why = TooShort
		return p
	}
	sorted := slices.Clone(values)
	slices.SortFunc(sorted, func(a, b Hold) int { return compare(a.Value, b.Value) })
	s, ok := scaleOf(sorted, p.ObservedMs)
	if !ok {
		p.Why = Constant
		return p
	}
	weights := s.histogram(sorted)
	p.Histogram = s.bars(weights)
	if p.ObservedMs < minMs {
		p.Why = TooShort
		return p
	}
	p.Why = OneLevel
	for classes := maxClasses; classes >= 2; classes-- {
		cuts, apart, ok := Otsu(weights, s.levels(), classes)
		if !ok {
			continue
		}
		found, valley, ok := valleys(smooth(weights, apart, len(values)), cuts)
		if !ok {
			continue
		}
		var thresholds []float64
		for _, cut := range found {
			thresholds = append(thresholds, s.between(weights, cut))
		}
		if split, _ := Split(sorted, thresholds); !apartEnough(split) {
			continue
		}
		p.Why, p.Valley, p.Clear, p.Thresholds = None, valley, valley <= clearValley, thresholds
		p.Separability = separability(weights, s.levels(), found)
		return p
	}
	return p
}

// apartEnough reports whether every class has its share of the time and differs
// from its neighbour by more than a signal wanders.
func apartEnough(classes []Class) bool {
	for i, c := range classes {
		if c.Share < minShare {
			return false
		}
		if i == 0 {
			continue
		}
		before := classes[i-1].Median
		if c.Median-before < minContrast*max(math.Abs(c.Median), math.Abs(before)) {
			return false
		}
	}
	return true
}

// Split says how much time lies between given thresholds, which ascend, and how
// often an hour the signal crosses one. Missing time is no crossing.
func Split(holds []Hold, thresholds []float64) (classes []Class, changesPerHour float64) {
	classes = make([]Class, len(thresholds)+1)
	inside := make([][]Hold, len(classes))
	var observed int64
	changes, last := 0, -1
	for _, h := range holds {
		if h.Ms <= 0 {
			continue
		}
		if h.Missing || math.IsNaN(h.Value) || math.IsInf(h.Value, 0) {
			last = -1
			continue
		}
		c := 0
		for c < len(thresholds) && h.Value > thresholds[c] {
			c++
		}
		if last >= 0 && c != last {
			changes++
		}
		last = c
		observed += h.Ms
		classes[c].Ms += h.Ms
		inside[c] = append(inside[c], h)
	}
	if observed == 0 {
		return classes, 0
	}
	for i := range classes {
		classes[i].Share = float64(classes[i].Ms) / float64(observed)
		slices.SortFunc(inside[i], func(a, b Hold) int { return compare(a.Value, b.Value) })
		classes[i].Median = quantile(inside[i], classes[i].Ms, 0.5)
	}
	return classes, float64(changes) * 3_600_000 / float64(observed)
}

// quantile is the value below which a share of the time lies; sorted by value.
func quantile(sorted []Hold, ms int64, share float64) float64 {
	var sum int64
	for _, h := range sorted {
		sum += h.Ms
		if float64(sum) >= share*float64(ms) {
			return h.Value
		}
	}
	return 0
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

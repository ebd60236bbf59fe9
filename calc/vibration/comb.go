package vibration

import (
	"math"
	"slices"
)

const (
	// harmonics are looked for of each frequency, and wanted is how many of them
	// must stand out. Three of four: a single line is any machine's, and a
	// fault's second or third may drown beside a resonance. By noise alone, a line
	// stands r times over the median of its neighbours with a chance of 2^−r;
	// three of four lines of three bins each at 10 dB have one of 10⁻⁷.
	harmonics = 4
	wanted    = 3
	// slip is how far a frequency may lie from what geometry and speed say, as a
	// share: elements slide by up to 1 to 2 % (Randall and Antoni, MSSP 25, 2011,
	// section 2), and a tachometer is a little wrong.
	slip = 0.015
	// shaftApart is how near a line may come to a multiple of the shaft's speed,
	// as a share of it, before it says nothing: a speed is known that well.
	shaftApart = 0.003
	// leastAround is how many lines on either side of a line its level is taken
	// from at the least: the median of fewer is noise.
	leastAround = 15
)

// A series is one frequency with its harmonics in one envelope.
type series struct {
	hz    float64           // of the first
	level float64           // of the weakest of the wanted lines, in dB over the median around it
	lines [harmonics]lineAt // of which some may be left out
	depth float64           // of the modulation by all lines together, as a share of the mean
}

type lineAt struct {
	bin   int
	level float64 // dB over the median around
	out   bool    // it says nothing: a multiple of the shaft's speed, mains, another element's line, beyond the band
}

// search looks for the best series near an expected frequency. What veto names
// says nothing. A series whose lines are mostly vetoed has level −∞.
func (e *envelope) search(expected, tolerance, shaft float64, veto func(hz, width float64) bool) series {
	around := max(leastAround, int(shaft/2/e.hz))
	var near [harmonics]neighbourhood
	reach := 0
	for k := range near {
		if near[k] = e.near(expected*float64(k+1), tolerance, around, veto); near[k].over == nil {
			break
		}
		reach++
	}
	best := series{hz: expected, level: math.Inf(-1)}
	if reach < wanted {
		return best
	}
	// Half a line of the highest harmonic is the step of the first.
	step := e.hz / 2 / harmonics
	steps := int(expected * tolerance / step)
	bestRatio, bestHz := 0.0, 0.0
	for n := -steps; n <= steps; n++ {
		hz := expected + float64(n)*step
		var found [harmonics]float64
		count := 0
		for k := range reach {
			if r := near[k].over[near[k].place(hz*float64(k+1), e.hz)]; r >= 0 {
				found[count] = r
				count++
			}
		}
		if count < wanted {
			continue
		}
		slices.Sort(found[:count])
		if r := found[count-wanted]; r > bestRatio {
			bestRatio, bestHz = r, hz
		}
	}
	if bestRatio == 0 {
		return best
	}
	best = series{hz: bestHz, level: 10 * math.Log10(bestRatio)}
	power := 0.0
	for k := range best.lines {
		if k >= reach {
			best.lines[k].out = true
			continue
		}
		i := near[k].place(bestHz*float64(k+1), e.hz)
		l := lineAt{bin: near[k].first + i, out: near[k].over[i] < 0}
		if !l.out {
			l.bin = e.peak(l.bin)
			l.level = 10 * math.Log10(near[k].over[i])
			power += e.lines[l.bin]
		}
		best.lines[k] = l
	}
	best.depth = math.Sqrt(e.depth2(power))
	return best
}

// A neighbourhood is the lines near where a harmonic is expected.
type neighbourhood struct {
	first int
	over  []float64 // the strongest of a line and its two neighbours, by the median around; −1 where vetoed
}

func (n neighbourhood) place(hz, width float64) int {
	return min(max(int(math.Round(hz/width))-n.first, 0), len(n.over)-1)
}

// near measures the lines around hz; none when they reach beyond the envelope.
func (e *envelope) near(hz, tolerance float64, around int, veto func(hz, width float64) bool) neighbourhood {
	centre := int(math.Round(hz / e.hz))
	from, to := int(hz*(1-tolerance)/e.hz), int(math.Ceil(hz*(1+tolerance)/e.hz))
	if from < 1 || to+1 >= len(e.lines) {
		return neighbourhood{}
	}
	median := medianAround(e.lines, centre, around)
	if !(median > 0) {
		return neighbourhood{}
	}
	n := neighbourhood{first: from, over: make([]float64, to-from+1)}
	for i := range n.over {
		bin := from + i
		if veto != nil && veto(float64(bin)*e.hz, e.hz) {
			n.over[i] = -1
			continue
		}
		n.over[i] = e.lines[e.peak(bin)] / median
	}
	return n
}

// peak is the strongest of a line and its neighbours.
func (e *envelope) peak(bin int) int {
	best := bin
	for _, b := range [...]int{bin - 1, bin + 1} {
		if e.lines[b] > e.lines[best] {
			best = b
		}
	}
	return best
}

// medianAround is the median of the lines near one, without those so low that
// the slow rise of the window's edges is in them.
func medianAround(lines []float64, bin, around int) float64 {
	from, to := max(3, bin-around), min(len(lines), bin+around+1)
	if to <= from {
		return 0
	}
	near := slices.Clone(lines[from:to])
	slices.Sort(near)
	return near[len(near)/2]
}

package space

import "time"

const (
	// window is how far back growth looks: a day has both the shift that makes
	// data and the night in which the engine tidies up.
	window = 24 * time.Hour
	// steps bounds what is remembered of the window.
	steps = 96
	// settled is how long must have been looked before anything is said.
	settled = 15 * time.Minute
	// maxDays is where an estimate says no more than "long".
	maxDays = 3650
)

// growth remembers free room over the window, at most steps readings.
type growth struct {
	readings []reading
	latest   reading
}

type reading struct {
	at   time.Time
	free uint64
}

func (g *growth) add(at time.Time, free uint64) {
	g.latest = reading{at, free}
	n := len(g.readings)
	switch {
	case n > 0 && at.Before(g.readings[n-1].at):
		g.readings = append(g.readings[:0], g.latest) // the clock was set back
	case n == 0 || at.Sub(g.readings[n-1].at) >= window/steps:
		g.readings = append(g.readings, g.latest)
	}
	for len(g.readings) > 1 && (len(g.readings) > steps+1 || at.Sub(g.readings[1].at) >= window) {
		g.readings = g.readings[1:]
	}
}

// perDay is by how many bytes a day the free room shrinks; 0 when it does not
// or too little was seen.
func (g *growth) perDay() float64 {
	if len(g.readings) == 0 || g.latest.at.Sub(g.readings[0].at) < settled {
		return 0
	}
	var shrunk float64
	last := g.readings[0]
	for _, r := range append(g.readings[1:len(g.readings):len(g.readings)], g.latest) {
		if r.free <= last.free {
			shrunk += float64(last.free - r.free)
		} else { // the engine tidied up what it wrote; more than that is a person's
			shrunk = max(0, shrunk-float64(r.free-last.free))
		}
		last = r
	}
	return shrunk / float64(last.at.Sub(g.readings[0].at)) * float64(24*time.Hour)
}

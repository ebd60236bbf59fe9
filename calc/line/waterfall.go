package line

import "fmt"

// Loss is where parts of a line went that it could have made.
type Loss string

const (
	LossPlanned   Loss = "planned" // planned down time, and planned work in busy time
	LossBreakdown Loss = "breakdown"
	LossSetup     Loss = "setup"
	LossMinor     Loss = "minor"
	LossDelay     Loss = "delay" // longer stops of its own that are no failure
	LossStarved   Loss = "starved"
	LossBlocked   Loss = "blocked"
	LossUnknown   Loss = "unknown" // nobody knows what it did
	LossSpeed     Loss = "speed"   // slower than planned; negative when it was faster
	LossScrap     Loss = "scrap"   // at the bottleneck, scrap and rework
	LossAfter     Loss = "after"   // scrap of the stations behind it
	LossBetween   Loss = "between" // not at the end yet; negative when more came out than went in
)

// lossOf is what the time of a state is lost to. Working is not lost, and time
// outside planned operation was never to be worked.
var lossOf = map[State]Loss{
	Planned: LossPlanned, Service: LossPlanned, Down: LossBreakdown, Setup: LossSetup, Minor: LossMinor, Delay: LossDelay,
	Starved: LossStarved, Blocked: LossBlocked, Unknown: LossUnknown,
}

// timeLosses is their order in the fall.
var timeLosses = []Loss{LossPlanned, LossBreakdown, LossSetup, LossMinor, LossDelay, LossStarved, LossBlocked, LossUnknown}

// Bottleneck is what the waterfall is made of. Times are of all machines of the
// bottleneck together, in milliseconds.
type Bottleneck struct {
	Times map[State]int64
	// StandardMs is what the counted parts take by their planned cycles.
	StandardMs int64
	// CycleMs is the planned cycle of one machine, used while nothing was counted.
	CycleMs float64
	Total   int64 // parts counted, good or not
	Bad     int64 // of them scrap and rework
	After   int64 // scrap of the stations behind it, in parts of the bottleneck
	Good    int64 // at the end of the line, in parts of the bottleneck
}

// Step is one step of the fall. Of losses of time Ms is the time, of losses of
// parts it is 0.
type Step struct {
	Loss  Loss
	Ms    int64
	Parts float64
}

// Waterfall leads from what the bottleneck could have made to what came out:
// Possible less all losses is Good.
type Waterfall struct {
	PossibleMs int64 // planned operation of its machines, and what they worked outside of it
	Possible   float64
	Steps      []Step
	Good       int64
	CycleMs    float64 // by which time became parts: the mean planned cycle of what was made
}

// Fall makes the waterfall. In time it adds up exactly: PossibleMs is the sum of
// the losses of time and StandardMs; in parts exactly too: Total is the sum of
// the losses of parts and Good. It is an error when there is no cycle.
func Fall(b Bottleneck) (Waterfall, error) {
	w := Waterfall{Good: b.Good, CycleMs: b.CycleMs}
	if b.Total > 0 && b.StandardMs > 0 {
		w.CycleMs = float64(b.StandardMs) / float64(b.Total)
	}
	if w.CycleMs <= 0 {
		return w, fmt.Errorf("line: no planned cycle: time cannot be told in parts")
	}
	lost := map[Loss]int64{}
	for s, ms := range b.Times {
		if s == Off {
			continue
		}
		w.PossibleMs += ms
		if loss, ok := lossOf[s]; ok {
			lost[loss] += ms
		}
	}
	w.Possible = float64(w.PossibleMs) / w.CycleMs
	for _, loss := range timeLosses {
		w.Steps = append(w.Steps, Step{loss, lost[loss], float64(lost[loss]) / w.CycleMs})
	}
	speed := b.Times[Working] - b.StandardMs
	w.Steps = append(w.Steps,
		Step{LossSpeed, speed, float64(speed) / w.CycleMs},
		Step{Loss: LossScrap, Parts: float64(b.Bad)},
		Step{Loss: LossAfter, Parts: float64(b.After)},
		Step{Loss: LossBetween, Parts: float64(b.Total - b.Bad - b.After - b.Good)},
	)
	return w, nil
}

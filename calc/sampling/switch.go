package sampling

// Lot is what became of a lot that was submitted for the first time; those
// submitted again after they were rejected do not count for switching (GB/T 2828.1,
// 9.3).
type Lot struct {
	Accepted bool
	Plan     Plan
	// Found nonconforming units in the sample.
	Found int
	// Tighter says whether it would have been accepted at the next lower AQL, as the
	// switching score asks where Ac is 2 or more.
	Tighter bool
}

// State is how the next lot is inspected, after those before it.
type State struct {
	Severity Severity
	// Discontinued is set when five lots were rejected while inspection was tightened:
	// nothing is accepted by sampling until the process is mended.
	Discontinued bool
	Score        int // of switching to reduced inspection; it is counted while inspection is normal
	Row          int // lots accepted one after another while inspection is tightened
	Rejected     int // lots rejected while inspection is tightened
	recent       []bool
	// Why the severity changed at the last lot; "" when it did not.
	Why string
}

// Thresholds of the switching rules (GB/T 2828.1, 9.3).
const (
	rejectedOf   = 2 // rejected of recentLots normal ones or fewer make inspection tightened
	recentLots   = 5
	acceptedRow  = 5  // accepted tightened lots one after another make it normal again
	rejectedMost = 5  // rejected tightened lots end it
	scoreReduced = 30 // of the switching score, makes it reduced
)

// Start is normal inspection.
func Start() State { return State{Severity: Normal} }

// Switch is the state after a lot. Reduced inspection needs, beside the score, that
// production is steady and the responsible person agrees: steady says both.
func (s State) Switch(l Lot, steady bool) State {
	s.Why = ""
	if s.Discontinued {
		return s
	}
	switch s.Severity {
	case Tightened:
		return s.tightened(l)
	case Reduced:
		if !l.Accepted || l.Found > l.Plan.Ac || !steady {
			why := "a lot was rejected"
			switch {
			case l.Accepted && l.Found > l.Plan.Ac:
				why = "a lot was accepted between Ac and Re"
			case l.Accepted:
				why = "production is not steady"
			}
			return State{Severity: Normal, Why: why}
		}
		return s
	}
	return s.normal(l, steady)
}

func (s State) normal(l Lot, steady bool) State {
	recent := append(append([]bool{}, s.recent...), l.Accepted)
	recent = recent[max(0, len(recent)-recentLots):]
	rejected := 0
	for _, ok := range recent {
		if !ok {
			rejected++
		}
	}
	if rejected >= rejectedOf {
		return State{Severity: Tightened, Why: "two of five lots or fewer were rejected"}
	}
	s.recent = recent
	// Switching score of single plans (9.3.3.2).
	switch {
	case !l.Accepted:
		s.Score = 0
	case l.Plan.Ac <= 1:
		s.Score += 2
	case l.Tighter:
		s.Score += 3
	default:
		s.Score = 0
	}
	if s.Score >= scoreReduced && steady {
		return State{Severity: Reduced, Why: "the switching score reached 30"}
	}
	return s
}

func (s State) tightened(l Lot) State {
	if !l.Accepted {
		s.Row = 0
		if s.Rejected++; s.Rejected >= rejectedMost {
			s.Discontinued, s.Why = true, "five lots were rejected in tightened inspection"
		}
		return s
	}
	if s.Row++; s.Row >= acceptedRow {
		return State{Severity: Normal, Why: "five lots in a row were accepted"}
	}
	return s
}

// Resume is the state after inspection was discontinued and the process mended: it
// is tightened (9.4).
func (s State) Resume() State { return State{Severity: Tightened, Why: "the process was mended"} }

// Judge is what a lot's sample says: accepted with fewer than Re nonconforming
// units. Tighter is judged by the plan at the next lower AQL, of as many units.
func Judge(lot int64, level string, aql float64, how Severity, found int) (Lot, error) {
	p, err := For(lot, level, aql, how)
	if err != nil {
		return Lot{}, err
	}
	if found < 0 || int64(found) > p.Inspect && aql <= 10 {
		return Lot{}, invalid("%d nonconforming of %d units; it is a number between", found, p.Inspect)
	}
	l := Lot{Accepted: found < p.Re, Plan: p, Found: found}
	for j, v := range AQLs {
		if v == aql && j > 0 {
			tighter, err := For(lot, level, AQLs[j-1], how)
			if err != nil {
				return Lot{}, err
			}
			l.Tighter = found <= tighter.Ac
		}
	}
	return l, nil
}

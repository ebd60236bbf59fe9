package batch

// Rule says where cycles of a signal begin and end: it rises to Start or above and
// falls below End; with Below it is the other way round, it falls to Start or below
// and rises above End.
type Rule struct {
	Start, End float64 // in the signal's unit
	Below      bool
	// Gap joins cycles that are parted by no more than so many seconds; Min leaves out
	// those that are shorter.
	Gap, Min float64
}

// Span is a cycle, in the time of the curve.
type Span struct {
	From, To float64
	Begun    bool // before the curve
	Runs     bool // it has not ended in the curve
}

func (r Rule) check() error {
	switch {
	case !r.Below && r.End > r.Start:
		return invalid("a cycle begins at %v and ends below %v; the end lies at the beginning or below it", r.Start, r.End)
	case r.Below && r.End < r.Start:
		return invalid("a cycle begins at %v or below and ends above %v; the end lies at the beginning or above it", r.Start, r.End)
	case r.Gap < 0 || r.Min < 0:
		return invalid("a gap of %v s and a least length of %v s", r.Gap, r.Min)
	}
	return nil
}

// Cut finds the cycles of a signal that holds each value until the next one; the
// curve ends at the instant to. What ran at its beginning, or runs at its end, is said to.
func Cut(c Curve, to float64, r Rule) ([]Span, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	begins := func(v float64) bool { return v >= r.Start && !r.Below || v <= r.Start && r.Below }
	ends := func(v float64) bool { return v < r.End && !r.Below || v > r.End && r.Below }
	var all []Span
	on := false
	for i, p := range c {
		switch {
		case !on && begins(p.V):
			if n := len(all); n > 0 && p.T-all[n-1].To <= r.Gap {
				all[n-1].To = to
			} else {
				all = append(all, Span{From: p.T, To: to, Begun: i == 0})
			}
			on = true
		case on && ends(p.V):
			all[len(all)-1].To, on = p.T, false
		}
	}
	if on {
		all[len(all)-1].Runs = true
	}
	out := all[:0]
	for _, s := range all {
		if s.To-s.From >= r.Min {
			out = append(out, s)
		}
	}
	return out, nil
}

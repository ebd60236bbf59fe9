package health

import (
	"cmp"
	"math"
	"slices"

	"zhigai/calc/vibration"
	"zhigai/plant"
)

// Evidence is a sign with what it rests on.
type Evidence struct {
	Sign  Sign      `json:"sign" enum:"element,unbalance,misalignment,looseness,gear,vibration,kurtosis,temperature,current"`
	State SignState `json:"state" enum:"named,possible,none,up,same,down,unknown"`
	// Of a fault: how many of the last windows name it, and how sure the surest is.
	Windows    int     `json:"windows,omitempty"`
	Confidence float64 `json:"confidence,omitempty"`
	// Of a value: the median of the last windows, and that of the first ones at the
	// same speed with what they spread by.
	Value    *float64 `json:"value"`
	Baseline *float64 `json:"baseline"`
	Spread   *float64 `json:"spread"`
	Of       int      `json:"of" doc:"Windows of the baseline"`
}

// Ballot is a fault with its votes.
type Ballot struct {
	Fault   string     `json:"fault"`
	Name    plant.Name `json:"name"`
	Advice  plant.Name `json:"advice"`
	For     int        `json:"for"`
	Against int        `json:"against"`
	Sum     int        `json:"sum"`
	Votes   []Cast     `json:"votes" nullable:"false"`
}

// Cast is a vote that counted, or could not be cast since its sign is not known.
type Cast struct {
	Vote
	Counted bool `json:"counted" doc:"The sign is so"`
	Unknown bool `json:"unknown" doc:"Nobody knows how the sign is"`
}

// Verdicts of a combined diagnosis that name no fault.
const (
	NothingFound = "none"
	NotSure      = "uncertain"
)

// Combined is what vibration, temperature and current say together.
type Combined struct {
	At       plant.Instant `json:"at,omitempty" doc:"The last window"`
	Verdict  string        `json:"verdict" doc:"A fault, none or uncertain"`
	Ballots  []Ballot      `json:"ballots" nullable:"false" doc:"By their sums"`
	Evidence []Evidence    `json:"evidence" nullable:"false"`
	Rules    *Rules        `json:"rules"`
}

const (
	// hotter is by how many kelvin, and harder by which share, a median must have
	// moved to be called so, beside being beyond what the baseline spreads by.
	hotter = 5.0
	harder = 0.1
	louder = 0.5
	spiky  = 0.5
	// beyondSpread is how many of the baseline's spreads a change must be: by a
	// normal spread, the median of five windows goes as far once in 10⁴.
	beyondSpread = 3.0
	// madToSigma makes a standard deviation of a median absolute deviation of normal
	// values.
	madToSigma = 1.4826
)

// combine says what readings, oldest first, say together by rules.
func combine(readings []Reading, rules *Rules) Combined {
	out := Combined{Verdict: NotSure, Ballots: []Ballot{}, Evidence: []Evidence{}, Rules: rules}
	heard := slices.DeleteFunc(slices.Clone(readings), Reading.deaf)
	if len(heard) == 0 {
		return out
	}
	last := heard[len(heard)-1]
	out.At = last.At
	recent := heard[max(0, len(heard)-lookedAt):]
	out.Evidence = append(out.Evidence, elementSign(recent))
	for _, f := range []struct {
		sign  Sign
		fault vibration.Fault
	}{{SignUnbalance, vibration.Unbalance}, {SignMisalignment, vibration.Misalignment}, {SignLooseness, vibration.Looseness}, {SignGear, vibration.Gear}} {
		out.Evidence = append(out.Evidence, shaftSign(recent, f.sign, f.fault))
	}
	same := slices.DeleteFunc(slices.Clone(heard), func(r Reading) bool { return !sameSpeed(r, last) })
	rms := func(r Reading) *float64 { return &r.Features.RMS }
	kurtosis := func(r Reading) *float64 { return &r.Features.Kurtosis }
	temperature := func(r Reading) *float64 { return r.Temperature }
	current := func(r Reading) *float64 { return r.Current }
	share := func(s float64) func(float64) float64 { return func(base float64) float64 { return s * math.Abs(base) } }
	out.Evidence = append(
		out.Evidence,
		valueSign(same, SignVibration, rms, share(louder)),
		valueSign(same, SignKurtosis, kurtosis, share(spiky)),
		valueSign(same, SignTemperature, temperature, func(float64) float64 { return hotter }),
		valueSign(same, SignCurrent, current, share(harder)),
	)
	out.vote(rules)
	return out
}

// vote counts what speaks for and against each fault.
func (c *Combined) vote(rules *Rules) {
	state := map[Sign]SignState{}
	for _, e := range c.Evidence {
		state[e.Sign] = e.State
	}
	for _, r := range rules.Rules {
		b := Ballot{Fault: r.Fault, Name: r.Name, Advice: r.Advice, Votes: []Cast{}}
		for _, v := range r.Votes {
			one := Cast{Vote: v, Counted: state[v.Sign] == v.Is, Unknown: state[v.Sign] == SignUnknown || state[v.Sign] == ""}
			if one.Counted {
				b.Sum += v.Weight
				b.For += max(0, v.Weight)
				b.Against += max(0, -v.Weight)
			}
			b.Votes = append(b.Votes, one)
		}
		c.Ballots = append(c.Ballots, b)
	}
	slices.SortStableFunc(c.Ballots, func(a, b Ballot) int { return cmp.Compare(b.Sum, a.Sum) })
	first, second := c.Ballots[0], 0
	if len(c.Ballots) > 1 {
		second = c.Ballots[1].Sum
	}
	switch {
	case first.Sum >= rules.Need && first.Sum-second >= rules.Lead:
		c.Verdict = first.Fault
	case 2*first.Sum >= rules.Need:
		c.Verdict = NotSure
	default:
		c.Verdict = NothingFound
	}
}

// elementSign says whether the last windows name an element of the bearing.
func elementSign(recent []Reading) Evidence {
	e := Evidence{Sign: SignElement, State: SignNone}
	if element, n := named(recent); n > 0 {
		e.Windows = n
		for _, r := range recent {
			if r.Element() == element {
				e.Confidence = max(e.Confidence, r.Findings[0].Confidence)
			}
		}
		if e.State = SignPossible; n >= agreeing {
			e.State = SignNamed
		}
		return e
	}
	unknown := func(r Reading) bool {
		return r.Verdict == vibration.Uncertain && len(r.Findings) == 0
	}
	switch {
	case count(recent, unknown) == len(recent):
		e.State = SignUnknown
	case count(recent, func(r Reading) bool { return r.Verdict != vibration.Healthy && len(r.Findings) > 0 }) > 0:
		e.State = SignPossible
	}
	return e
}

// shaftSign says whether the last windows have a candidate.
func shaftSign(recent []Reading, sign Sign, fault vibration.Fault) Evidence {
	e := Evidence{Sign: sign, State: SignNone}
	looked, possible := 0, 0
	for _, r := range recent {
		if !r.ShaftLooked {
			continue
		}
		looked++
		for _, c := range r.Candidates {
			if c.Fault != fault {
				continue
			}
			e.Confidence = max(e.Confidence, c.Confidence)
			if c.Confidence >= vibration.Named {
				e.Windows++
			} else if c.Confidence > 0.5 {
				possible++
			}
		}
	}
	switch {
	case looked == 0:
		e.State = SignUnknown
	case e.Windows >= agreeing:
		e.State = SignNamed
	case e.Windows+possible > 0:
		e.State = SignPossible
	}
	return e
}

// valueSign holds the median of the last windows against that of the first ones; a
// change counts that is beyond a step, and beyond what the baseline spreads by.
func valueSign(same []Reading, sign Sign, of func(Reading) *float64, step func(base float64) float64) Evidence {
	e := Evidence{Sign: sign, State: SignUnknown}
	var all []float64
	for _, r := range same {
		if v := of(r); v != nil {
			all = append(all, *v)
		}
	}
	if len(all) > 0 {
		e.Value = new(median(all[max(0, len(all)-lookedAt):]))
	}
	if len(all) < baselineSize+lookedAt {
		e.Of = max(0, len(all)-lookedAt)
		return e
	}
	first := all[:baselineSize]
	base := median(first)
	off := make([]float64, len(first))
	for i, v := range first {
		off[i] = math.Abs(v - base)
	}
	spread := madToSigma * median(off)
	e.Baseline, e.Spread, e.Of = &base, &spread, baselineSize
	most := max(step(base), beyondSpread*spread)
	switch d := *e.Value - base; {
	case d > most:
		e.State = SignUp
	case d < -most:
		e.State = SignDown
	default:
		e.State = SignSame
	}
	return e
}

func median(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	n := len(v)
	return (v[(n-1)/2] + v[n/2]) / 2
}

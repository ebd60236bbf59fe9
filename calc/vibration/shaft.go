package vibration

import (
	"math"
	"slices"
)

// Fault of a shaft or of a gear on it.
type Fault string

const (
	Unbalance    Fault = "unbalance"
	Misalignment Fault = "misalignment"
	Looseness    Fault = "looseness"
	Gear         Fault = "gear"
)

// OrderLine is what a spectrum has at a multiple of the shaft's speed.
type OrderLine struct {
	Order     float64 `json:"order"`
	Hz        float64 `json:"hz"`
	Amplitude float64 `json:"amplitude"` // velocity where the unit is known, mm/s peak; otherwise of the spectrum
	LevelDB   float64 `json:"level_db"`  // over the median of the lines around it
}

// Candidate is a fault that a spectrum may be of. It is never more than that: the
// same lines may come of something else, and who looks decides.
type Candidate struct {
	Fault      Fault       `json:"fault"`
	Confidence float64     `json:"confidence"` // 0..1: how far what is asked of it is fulfilled; below Named it is uncertain
	Ratio      float64     `json:"ratio"`      // the figure that decides, see Rule
	Rule       string      `json:"rule"`       // one_dominates, two_by_one, many_harmonics, half_orders, sideband_ratio
	Evidence   []OrderLine `json:"evidence"`
}

// Named is the confidence from which a candidate may be called by its name.
const Named = sure

// ShaftAsk is a window with what is known of the shaft.
type ShaftAsk struct {
	Window  Window
	ShaftHz float64
	Teeth   int     // of the gear on this shaft; 0 for none
	PerMS2  float64 // what a value is in m/s²; 0 where it is no acceleration
	// Matters is the velocity RMS in mm/s from which orders of the shaft are a
	// fault's at all: every shaft has a little of them. 0 is not known, and leaves
	// such candidates uncertain.
	Matters float64
}

// ShaftFindings is what a window says of a shaft.
type ShaftFindings struct {
	Orders     []OrderLine `json:"orders"`   // half and whole orders up to ten
	Velocity   float64     `json:"velocity"` // RMS of these orders together, mm/s; 0 where the unit is not known
	Mesh       []OrderLine `json:"mesh"`     // of the gear: its mesh and six sidebands
	Candidates []Candidate `json:"candidates"`
	Warnings   []Warning   `json:"warnings"`
}

const (
	// shaftOrders is how many orders of a shaft are looked at.
	shaftOrders = 10
	// orderLevel is how far a line stands over its neighbours to count, dB: noise
	// comes to 15 dB of amplitude over its median once in 10⁵ lines.
	orderLevel = 15
	// dominates is the share of the orders' power that the first one has where a
	// shaft is out of balance, and twoByOne how large the second is beside it where
	// shafts are out of line (ISO 13373-3:2015, tables of symptoms, as quoted; not
	// verified; in practice 0.5 is where one looks and 1.5 where one stops).
	dominates = 0.8
	twoByOne  = 0.5
	// looseHarmonics of the third to tenth order, or looseHalves of ½, 1½, 2½ and 3½,
	// stand where parts are loose.
	looseHarmonics = 5
	looseHalves    = 2
	// sidebands are how many on either side of the mesh are added up, and meshed the
	// sum by the mesh's own line from which teeth are worn or broken (sideband energy
	// ratio: Hanna, Hatch, Kalb, Weiss, Luo, Detection of wind turbine gear tooth
	// defects using sideband energy ratio, China Wind Power 2011: below 1 is well).
	sidebands = 3
	meshed    = 1.0
	// fewSidebands of the six must stand for the sum to be theirs and not noise's.
	fewSidebands = 4
)

// Shaft looks for what a shaft and a gear on it have at multiples of its speed.
// Candidates are ordered by confidence. Without a speed, or with a window too short
// to tell its orders apart, there are none, and a warning says why.
func Shaft(ask ShaftAsk) (*ShaftFindings, error) {
	if err := ask.Window.check(leastEnvelope); err != nil {
		return nil, err
	}
	out := &ShaftFindings{Orders: []OrderLine{}, Mesh: []OrderLine{}, Candidates: []Candidate{}, Warnings: sensorWarnings(ask.Window)}
	if ask.ShaftHz <= 0 {
		out.Warnings = append(out.Warnings, Warning{SpeedUnknown, 0})
	} else if need := revolutions / ask.ShaftHz; ask.Window.seconds() < need {
		out.Warnings = append(out.Warnings, Warning{WindowShort, need})
	}
	if slices.ContainsFunc(out.Warnings, Warning.forbids) {
		return out, nil
	}
	lines, err := Amplitudes(ask.Window)
	if err != nil {
		return nil, err
	}
	x := orderReader{lines: lines, ask: ask}
	for order := 0.5; order <= shaftOrders; order += 0.5 {
		if l, ok := x.line(order); ok {
			out.Orders = append(out.Orders, l)
		}
	}
	if ask.PerMS2 > 0 {
		sum := 0.0
		for _, l := range out.Orders {
			sum += l.Amplitude * l.Amplitude / 2
		}
		out.Velocity = math.Sqrt(sum)
	}
	certain := x.severity(out.Velocity)
	for _, c := range []*Candidate{unbalance(out.Orders), misalignment(out.Orders), looseness(out.Orders)} {
		if c != nil && certain > 0 {
			c.Confidence *= certain
			out.Candidates = append(out.Candidates, *c)
		}
	}
	if c := x.gear(out); c != nil {
		out.Candidates = append(out.Candidates, *c)
	}
	slices.SortStableFunc(out.Candidates, func(a, b Candidate) int { return cmpLevel(b.Confidence, a.Confidence) })
	return out, nil
}

// orderReader reads lines of a spectrum at multiples of the shaft's speed.
type orderReader struct {
	lines Density
	ask   ShaftAsk
}

// severity is 1 where the orders together are as large as a fault's, less below, and
// leaves what is not known uncertain.
func (x orderReader) severity(velocity float64) float64 {
	if x.ask.Matters <= 0 || x.ask.PerMS2 <= 0 {
		return uncertainShare
	}
	return ramp(velocity, x.ask.Matters/2, x.ask.Matters)
}

// uncertainShare is what is left of a confidence where nobody knows whether the
// vibration is large: never enough to name it.
const uncertainShare = 0.6

// line is the highest near an order, held against the lines around it. ok is false
// of what the spectrum does not reach.
func (x orderReader) line(order float64) (OrderLine, bool) {
	hz := order * x.ask.ShaftHz
	reach := max(1, int(math.Ceil(hz*shaftApart/x.lines.HzPerLine)))
	bin := int(math.Round(hz / x.lines.HzPerLine))
	around := max(leastAround, int(x.ask.ShaftHz/4/x.lines.HzPerLine))
	if bin-reach < 1 || bin+reach >= len(x.lines.Lines) {
		return OrderLine{}, false
	}
	best := bin
	for i := bin - reach; i <= bin+reach; i++ {
		if x.lines.Lines[i] > x.lines.Lines[best] {
			best = i
		}
	}
	out := OrderLine{Order: order, Hz: float64(best) * x.lines.HzPerLine, Amplitude: x.lines.Lines[best]}
	if median := medianAround(x.lines.Lines, bin, around); median > 0 {
		out.LevelDB = 20 * math.Log10(out.Amplitude/median)
	}
	if x.ask.PerMS2 > 0 {
		out.Amplitude *= x.ask.PerMS2 * 1000 / (2 * math.Pi * hz)
	}
	return out, true
}

// at finds an order among lines.
func at(lines []OrderLine, order float64) OrderLine {
	if i := slices.IndexFunc(lines, func(l OrderLine) bool { return l.Order == order }); i >= 0 {
		return lines[i]
	}
	return OrderLine{Order: order, LevelDB: math.Inf(-1)}
}

func (l OrderLine) stands() bool { return l.LevelDB >= orderLevel }

// unbalance is mostly the first order.
func unbalance(lines []OrderLine) *Candidate {
	first := at(lines, 1)
	if !first.stands() {
		return nil
	}
	sum := 0.0
	for _, l := range lines {
		if l.stands() {
			sum += l.Amplitude * l.Amplitude
		}
	}
	share := first.Amplitude * first.Amplitude / sum
	if c := ramp(share, dominates-0.3, dominates); c > 0 {
		return &Candidate{Fault: Unbalance, Confidence: 0.95 * c, Ratio: share, Rule: "one_dominates", Evidence: []OrderLine{first, at(lines, 2), at(lines, 3)}}
	}
	return nil
}

// misalignment has a second order beside the first.
func misalignment(lines []OrderLine) *Candidate {
	first, second := at(lines, 1), at(lines, 2)
	if !second.stands() || first.Amplitude <= 0 {
		return nil
	}
	ratio := second.Amplitude / first.Amplitude
	if c := ramp(ratio, twoByOne/2, 2*twoByOne); c > 0 {
		return &Candidate{Fault: Misalignment, Confidence: 0.95 * c, Ratio: ratio, Rule: "two_by_one", Evidence: []OrderLine{first, second, at(lines, 3)}}
	}
	return nil
}

// looseness has many orders, or halves of them.
func looseness(lines []OrderLine) *Candidate {
	var high, halves []OrderLine
	for _, l := range lines {
		switch {
		case !l.stands():
		case l.Order != math.Trunc(l.Order) && l.Order < 4:
			halves = append(halves, l)
		case l.Order >= 3 && l.Order == math.Trunc(l.Order):
			high = append(high, l)
		}
	}
	many, half := ramp(float64(len(high)), 2, looseHarmonics), ramp(float64(len(halves)), 0, looseHalves)
	switch {
	case half >= many && half > 0:
		return &Candidate{Fault: Looseness, Confidence: 0.95 * half, Ratio: float64(len(halves)), Rule: "half_orders", Evidence: halves}
	case many > 0:
		return &Candidate{Fault: Looseness, Confidence: 0.95 * many, Ratio: float64(len(high)), Rule: "many_harmonics", Evidence: high}
	}
	return nil
}

// gear holds the sidebands of the mesh against its own line.
func (x orderReader) gear(out *ShaftFindings) *Candidate {
	if x.ask.Teeth < 2 {
		return nil
	}
	z := float64(x.ask.Teeth)
	mesh, ok := x.line(z)
	if !ok {
		out.Warnings = append(out.Warnings, Warning{RateLow, 2 * (z + sidebands + 1) * x.ask.ShaftHz})
		return nil
	}
	out.Mesh = append(out.Mesh, mesh)
	sum, standing := 0.0, 0
	for k := -sidebands; k <= sidebands; k++ {
		l, ok := x.line(z + float64(k))
		if k == 0 || !ok {
			continue
		}
		out.Mesh = append(out.Mesh, l)
		if l.stands() {
			standing++
			sum += l.Amplitude
		}
	}
	slices.SortFunc(out.Mesh, func(a, b OrderLine) int { return cmpLevel(a.Order, b.Order) })
	if !mesh.stands() || standing < 2 {
		return nil
	}
	ratio := sum / mesh.Amplitude
	c := ramp(ratio, meshed/2, meshed) * ramp(float64(standing), 1, fewSidebands)
	if c == 0 {
		return nil
	}
	return &Candidate{Fault: Gear, Confidence: 0.95 * c, Ratio: ratio, Rule: "sideband_ratio", Evidence: slices.Clone(out.Mesh)}
}

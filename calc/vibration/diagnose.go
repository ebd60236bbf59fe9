package vibration

import (
	"math"
	"slices"
)

// Element is a part of a bearing, or none.
type Element string

const (
	Inner Element = "inner"
	Outer Element = "outer"
	Ball  Element = "ball"
	Cage  Element = "cage"
	None  Element = "none"
)

// Verdicts that name no element.
const (
	Healthy   = "healthy"
	Uncertain = "uncertain"
)

// What a series must have to count, and to be named. The levels follow from the
// chance that noise reaches them (see harmonics and wanted); the gap, the share
// and the agreement are what noise is not the danger for: lines of another
// element, of the shaft, of a healthy bearing that is merely heard.
const (
	// significant is the level in dB from which lines are there at all: over all
	// frequencies tried in 15 bands, noise has a chance of about 10⁻⁴.
	significant = 10
	// suspected is the level from which a bearing is not called healthy any more,
	// when the lines carry a fault's share of the envelope.
	suspected = 8
	// heard is the level from which lines in two bands that do not overlap keep a
	// bearing from being called healthy, however little of the envelope they carry.
	heard = 12
	// suspectParts is the share of a window's parts that such lines are in.
	suspectParts = 0.3
	// strong is the level from which nothing is taken off the confidence.
	strong = 15
	// clearGap is how far a series lies above that of any other element, in dB,
	// for nothing to be taken off; two dB are chance.
	clearGap = 9
	// explained is the share of the envelope's variance that the lines of a fault
	// carry at least. Any bearing that is heard has some lines; a fault is what
	// makes the envelope go up and down.
	explained = 0.03
	// impulsive is the kurtosis of the envelope from which a signal is no longer
	// noise and tones: healthy machines lie within ±0.3 of 0.
	impulsive = 1.0
	// shocks is the kurtosis of a band's envelope above which there is more in it
	// than noise, and explainedBands the share of such bands in which the lines of
	// a fault are found.
	shocks         = 0.3
	explainedBands = 0.6
	// manyBands that do not overlap have a fault's lines, half of the finest cut,
	// for a shock is heard broadly; or else the lines are overwhelming in level.
	manyBands    = 4
	overwhelming = 25
	// gaussian is the kurtosis of noise, and plain what a fault adds to it at the
	// least where it is heard in few bands.
	gaussian = 3
	plain    = 0.5
	// A window is cut into parts of that many revolutions, and so many at most;
	// steadyParts is the share of them that have a fault's lines.
	partRevolutions = 25
	maxParts        = 6
	steadyParts     = 0.8
	// sure is the confidence from which an element is named.
	sure = 0.8
	// revolutions of the shaft a window holds at the least: a line can then be
	// told from one a tenth of the shaft's speed beside it.
	revolutions = 20
)

// bandCounts are into how many bands the spectrum is cut; all bands of all cuts
// are tried, as in a kurtogram (Antoni, MSSP 21, 2007), for no one band is where
// every machine rings. The whole of it is tried where a half is too narrow.
var bandCounts = [...]int{2, 4, 8}

// Ask is a window with what is known of the machine.
type Ask struct {
	Window  Window
	ShaftHz float64 // revolutions per second; 0 when nobody knows
	Bearing Bearing
}

// Evidence is one line of a series that was looked for.
type Evidence struct {
	Harmonic   int     `json:"harmonic"`
	ExpectedHz float64 `json:"expected_hz"`
	FoundHz    float64 `json:"found_hz"`
	LevelDB    float64 `json:"level_db"` // over the median of the lines around it
	Counted    bool    `json:"counted"`  // false where something else has a line, or the band ends
}

// Finding is an element whose lines stand out of the envelope of a band.
type Finding struct {
	Element    Element    `json:"element"`
	Confidence float64    `json:"confidence"` // 0..1: how far what is asked of a fault is fulfilled
	Band       Band       `json:"band"`
	ExpectedHz float64    `json:"expected_hz"` // by geometry and speed
	FoundHz    float64    `json:"found_hz"`
	LevelDB    float64    `json:"level_db"`  // of the third strongest of four lines
	GapDB      float64    `json:"gap_db"`    // over the strongest series of another element
	Explained  float64    `json:"explained"` // share of the envelope's variance that the lines carry, 0..1
	Bands      int        `json:"bands"`     // that do not overlap and say the same
	Steady     float64    `json:"steady"`    // share of the parts of the window that say the same, 0..1
	Evidence   []Evidence `json:"evidence"`
}

// Diagnosis is what a window says of a bearing.
type Diagnosis struct {
	Verdict  string         `json:"verdict"` // an element, healthy or uncertain
	Findings []Finding      `json:"findings"`
	Warnings []Warning      `json:"warnings"`
	Orders   Orders         `json:"orders"`
	ShaftHz  float64        `json:"shaft_hz"`
	Bands    []BandKurtosis `json:"bands"`
}

// BandKurtosis is how impulsive a band is.
type BandKurtosis struct {
	Band
	Kurtosis float64 `json:"kurtosis"` // 0 of Gaussian noise
}

// Diagnoser diagnoses window after window and keeps what is the same for windows
// of one length. It is not for several goroutines at once.
type Diagnoser struct{ analyser *analyser }

// NewDiagnoser makes a diagnoser.
func NewDiagnoser() *Diagnoser { return &Diagnoser{newAnalyser()} }

// Diagnose examines one window; see [Diagnoser.Diagnose].
func Diagnose(ask Ask) (*Diagnosis, error) { return NewDiagnoser().Diagnose(ask) }

// family is an element with its frequency in a band, or the best over bands.
type family struct {
	element  Element
	expected float64
	best     series
	envelope int // which one it was found in
	hits     []int
}

// Diagnose looks in the envelopes of many bands for the lines of each element. An
// element is named when its series stands out in two bands that do not overlap
// and in both halves of the window, above every other element's, and carries a
// share of what the envelope does. All is explained in the findings. What makes
// a diagnosis impossible is a warning and gives the verdict uncertain.
func (d *Diagnoser) Diagnose(ask Ask) (*Diagnosis, error) {
	if err := ask.Window.check(2); err != nil {
		return nil, err
	}
	if err := ask.Bearing.Check(); err != nil {
		return nil, err
	}
	if !(ask.ShaftHz >= 0) || math.IsInf(ask.ShaftHz, 0) {
		return nil, invalid("a shaft that turns %v times a second", ask.ShaftHz)
	}
	out := &Diagnosis{Verdict: Uncertain, Findings: []Finding{}, Orders: ask.Bearing.Orders(), ShaftHz: ask.ShaftHz, Bands: []BandKurtosis{}}
	out.Warnings = sensorWarnings(ask.Window)
	// At most 2 % of the window is given up for a length that is quick.
	ask.Window.Values = ask.Window.Values[:smoothBelow(len(ask.Window.Values))]
	spec := d.analyser.spectrum(ask.Window)
	hum := humOf(spec, ask.ShaftHz)
	out.Warnings = append(out.Warnings, hum.warnings()...)
	out.Warnings = append(out.Warnings, windowWarnings(ask, out.Orders)...)
	if slices.ContainsFunc(out.Warnings, Warning.forbids) {
		return out, nil
	}
	most := int(math.Ceil((harmonics*max(out.Orders.Inner, out.Orders.Ball)*(1+wrongSpeed)+1)*ask.ShaftHz/spec.hz)) + 2
	envelopes := d.envelopes(spec, ask.ShaftHz, out.Orders, most)
	for _, e := range envelopes {
		out.Bands = append(out.Bands, BandKurtosis{e.band, e.kurtosis})
	}
	veto := ruledOut(ask.ShaftHz, hum)
	families := out.Orders.families(ask.ShaftHz)
	for i := range families {
		families[i].search(envelopes, slip, ask.ShaftHz, veto)
	}
	features, err := Describe(ask.Window)
	if err != nil {
		return nil, err
	}
	d.judge(out, families, envelopes, ask.ShaftHz, features.Kurtosis, veto)
	return out, nil
}

// envelopes of all bands that are wide enough to hold what is looked for.
func (d *Diagnoser) envelopes(s spectrum, shaft float64, o Orders, most int) []envelope {
	top := len(s.lines) - 1
	// Below ten times the shaft's speed its own multiples are all there is.
	first := max(1, int(10*shaft/s.hz))
	var all []envelope
	for _, count := range bandCounts {
		for i := range count {
			lo, hi := max(first, top*i/count), top*(i+1)/count
			if float64(hi-lo)*s.hz >= wanted*o.Inner*shaft*(1+slip)+shaft {
				all = append(all, d.analyser.envelope(s, lo, hi, most))
			}
		}
	}
	if len(all) == 0 {
		all = append(all, d.analyser.envelope(s, first, top, most))
	}
	return all
}

func (o Orders) families(shaft float64) []family {
	return []family{
		{element: Outer, expected: o.Outer * shaft},
		{element: Inner, expected: o.Inner * shaft},
		{element: Ball, expected: o.Ball * shaft},
		{element: Cage, expected: o.Cage * shaft},
	}
}

// search finds a family's best series over all bands, and in which bands it
// stands out.
func (f *family) search(envelopes []envelope, tolerance, shaft float64, veto func(hz, width float64) bool) {
	f.best.level = math.Inf(-1)
	f.hits = nil
	for i := range envelopes {
		if envelopes[i].kurtosis <= 0 {
			continue // tones and their beats; impacts make it positive
		}
		s := envelopes[i].search(f.expected, tolerance, shaft, veto)
		if s.level >= significant {
			f.hits = append(f.hits, i)
		}
		if s.level > f.best.level {
			f.best, f.envelope = s, i
		}
	}
}

// apart counts the bands of hits that do not overlap, narrow ones first.
func (f *family) apart(envelopes []envelope) int {
	var taken []Band
	for _, i := range slices.Backward(f.hits) {
		if b := envelopes[i].band; !slices.ContainsFunc(taken, b.overlaps) {
			taken = append(taken, b)
		}
	}
	return len(taken)
}

// apartOr counts the bands that do not overlap and are hits, or whose envelope
// has a kurtosis above a limit.
func (f *family) apartOr(envelopes []envelope, above float64) int {
	all := family{}
	for i, e := range envelopes {
		if e.kurtosis > above || slices.Contains(f.hits, i) {
			all.hits = append(all.hits, i)
		}
	}
	return all.apart(envelopes)
}

// ruledOut says which lines say nothing of a bearing: multiples of the shaft's
// speed, and of the mains where they are heard.
func ruledOut(shaft float64, hum hum) func(hz, width float64) bool {
	return func(hz, width float64) bool {
		m := math.Round(hz / shaft)
		return m > 0 && math.Abs(hz-m*shaft) < max(1.5*width, shaftApart*m*shaft) || hum.has(hz, width)
	}
}

// owned says which lines belong to a series: its multiples, and those beside
// them by the shaft's and the cage's speed, by which a defect comes into the load
// and goes out of it.
func (f *family) owned(shaft, cage float64) func(hz, width float64) bool {
	return func(hz, width float64) bool {
		base := f.best.hz
		for _, k := range [...]float64{math.Floor(hz / base), math.Ceil(hz / base)} {
			for _, by := range [...]float64{shaft, cage} {
				m := math.Round((hz - k*base) / by)
				if math.Abs(m) <= 2 && math.Abs(hz-k*base-m*by) < 2*width {
					return true
				}
			}
		}
		return false
	}
}

// judge compares the families and writes findings and verdict.
func (d *Diagnoser) judge(out *Diagnosis, families []family, envelopes []envelope, shaft, kurtosis float64, veto func(hz, width float64) bool) {
	slices.SortStableFunc(families, func(a, b family) int { return cmpLevel(b.best.level, a.best.level) })
	// Many things turn as slowly as a cage: it is asked when nothing else is found.
	if i := slices.IndexFunc(families, func(f family) bool { return f.element == Cage }); i > 0 || families[1].best.level >= suspected {
		families = slices.Delete(families, i, i+1)
	}
	lead := &families[0]
	if lead.best.level >= significant {
		// What the leader has lines at is no evidence of another element.
		own := lead.owned(shaft, out.Orders.Cage*shaft)
		second, secondStrength := math.Inf(-1), math.Inf(-1)
		for i := 1; i < len(families); i++ {
			f := &families[i]
			f.search(envelopes, slip, shaft, func(hz, width float64) bool { return veto(hz, width) || own(hz, width) })
			second = max(second, f.best.level)
			secondStrength = max(secondStrength, f.strength(envelopes))
		}
		for i := range families {
			f := &families[i]
			if f.best.level < significant {
				continue
			}
			gap := max(f.best.level-second, f.strength(envelopes)-secondStrength)
			if i > 0 {
				gap = f.best.level - lead.best.level
			}
			found := d.finding(f, envelopes, min(gap, f.best.level), shaft, veto)
			if i == 0 {
				if hz, ok := f.beside(families[1:], envelopes, shaft); ok {
					out.Warnings = append(out.Warnings, Warning{Sidebands, hz})
					found.Confidence *= halved
				}
				found.Confidence *= d.shocked(envelopes, kurtosis)
			}
			out.Findings = append(out.Findings, found)
		}
		slices.SortStableFunc(out.Findings, func(a, b Finding) int { return cmpLevel(b.Confidence, a.Confidence) })
	}
	if len(out.Findings) > 0 && out.Findings[0].Confidence >= sure {
		out.Verdict = string(out.Findings[0].Element)
		return
	}
	if w, ok := speedWarning(out.Orders, envelopes, shaft, lead.best.level, veto); ok {
		out.Warnings = append(out.Warnings, w)
		return
	}
	if slices.ContainsFunc(families, func(f family) bool { return d.suspect(&f, envelopes, shaft, veto) }) {
		return
	}
	for i := range envelopes {
		if e := &envelopes[i]; e.kurtosis > impulsive && e.recurring() > impulsive/2 {
			out.Warnings = append(out.Warnings, Warning{Code: Impulses, Value: e.kurtosis})
			return
		}
	}
	out.Findings = append(out.Findings, Finding{Element: None, Confidence: 1, Evidence: []Evidence{}})
	out.Verdict = Healthy
}

// halved is what is left of the confidence in an element when its lines may be
// another's: too little to name it.
const halved = 0.5

// beside reports whether the series may be made of the inner ring's sidebands: a
// defect that turns with the shaft has lines one turn beside each of its own, and
// where geometry puts these within the slip of this series, lines at the ring's own
// place leave open which of the two is bad.
func (f *family) beside(others []family, envelopes []envelope, shaft float64) (hz float64, ok bool) {
	for i := range others {
		o := &others[i]
		if o.element != Inner {
			continue
		}
		for _, turn := range [...]float64{-shaft, shaft} {
			if math.Abs(o.expected+turn-f.expected) > slip*(o.expected+f.expected) {
				continue
			}
			own := family{expected: f.best.hz - turn}
			if own.search(envelopes, slip, shaft, nil); own.best.level >= significant {
				return own.best.hz, true
			}
		}
	}
	return 0, false
}

// shocked is 1 for a window with the shocks of a fault in it, less the nearer it
// comes to noise and tones: by the median over its bands, or by its values.
func (d *Diagnoser) shocked(envelopes []envelope, kurtosis float64) float64 {
	all := make([]float64, len(envelopes))
	for i := range envelopes {
		all[i] = envelopes[i].kurtosis
	}
	slices.Sort(all)
	return max(ramp(all[len(all)/2], 0, shocks), ramp(kurtosis, gaussian, gaussian+plain))
}

// suspect reports whether a series, though too weak or too alone to be named, is
// so plainly there that nobody may call the bearing healthy.
func (d *Diagnoser) suspect(f *family, envelopes []envelope, shaft float64, veto func(hz, width float64) bool) bool {
	switch {
	case f.best.level >= heard && f.apart(envelopes) >= 2:
		return true
	case f.best.level >= suspected && f.share(envelopes) >= explained:
		return d.steady(f, &envelopes[f.envelope], shaft, veto) >= suspectParts
	}
	return false
}

// strength compares series: in dB, half of it the level over the lines around,
// half of it the share of the envelope that the lines carry. Lines of little
// account may stand out far where it is quiet.
func (f *family) strength(envelopes []envelope) float64 {
	share := f.share(envelopes)
	if math.IsInf(f.best.level, -1) || share <= 0 {
		return math.Inf(-1)
	}
	return (f.best.level + 10*math.Log10(share)) / 2
}

// share of the envelope's variance that the lines of the best series carry.
func (f *family) share(envelopes []envelope) float64 {
	v := envelopes[f.envelope].kurtosis + 1
	if v <= 0 {
		return 0
	}
	return min(1, f.best.depth*f.best.depth/2/v)
}

func cmpLevel(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// finding puts together what is known of a family, and how sure that makes.
func (d *Diagnoser) finding(f *family, envelopes []envelope, gap, shaft float64, veto func(hz, width float64) bool) Finding {
	e := &envelopes[f.envelope]
	out := Finding{
		Element: f.element, Band: e.band, ExpectedHz: f.expected, FoundHz: f.best.hz, LevelDB: f.best.level,
		GapDB: gap, Bands: f.apart(envelopes), Steady: d.steady(f, e, shaft, veto), Explained: f.share(envelopes),
	}
	for k, l := range f.best.lines {
		one := Evidence{Harmonic: k + 1, ExpectedHz: f.expected * float64(k+1), FoundHz: float64(l.bin) * e.hz, Counted: !l.out}
		if !l.out {
			one.LevelDB = l.level
		}
		out.Evidence = append(out.Evidence, one)
	}
	// Where there are shocks, a fault's lines are there: shocks that a series does
	// not explain are of something else.
	broad := ramp(float64(out.Bands)/float64(max(1, f.apartOr(envelopes, shocks))), 0, explainedBands)
	broad *= max(ramp(float64(out.Bands), 0, manyBands), ramp(out.LevelDB, strong, overwhelming))
	c := ramp(out.LevelDB, significant-5, strong) * ramp(out.GapDB, 2, clearGap) * ramp(out.Explained, 0, explained) * broad
	out.Confidence = 0.99 * c * ramp(out.Steady, 0, steadyParts)
	return out
}

// ramp is 0 up to lo, 1 from hi, straight between.
func ramp(v, lo, hi float64) float64 { return min(1, max(0, (v-lo)/(hi-lo))) }

// steady is the share of the parts of a window in which the series is, at the
// same frequency: what comes and goes, or wanders, is no defect at a steady
// speed. A part has fewer lines, so less is asked of it.
func (d *Diagnoser) steady(f *family, e *envelope, shaft float64, veto func(hz, width float64) bool) float64 {
	count := min(maxParts, max(2, int(shaft/e.hz/partRevolutions)))
	size, found := len(e.square)/count, 0
	for i := range count {
		part := envelope{hz: e.hz * float64(len(e.square)) / float64(size), band: e.band, unit: e.unit / float64(count)}
		part.lines = d.analyser.linesOf(e.square[i*size:(i+1)*size], len(e.lines)/count)
		s := part.search(f.expected, slip, shaft, veto)
		if s.level >= significant-3 && math.Abs(s.hz-f.best.hz) <= max(part.hz, 0.005*f.best.hz) {
			found++
		}
	}
	return float64(found) / float64(count)
}

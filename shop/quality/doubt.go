package quality

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"zhigai/access"
	"zhigai/calc/stat"
	"zhigai/fact/document"
	"zhigai/plant"
)

// Evidence is a series that moved with a gauge, or did not.
type Evidence struct {
	Kind           string     `json:"kind" enum:"master,own,sister" doc:"The master of the gauge; what the gauge measures; the same measured by another gauge"`
	Characteristic string     `json:"characteristic,omitempty"`
	Code           string     `json:"code,omitempty"`
	Name           plant.Name `json:"name,omitzero"`
	PlaceName      plant.Name `json:"place_name,omitzero"`
	Gauge          string     `json:"gauge,omitempty" doc:"Number of the gauge"`
	Before         *float64   `json:"before" doc:"Mean of the last subgroups before the last good check"`
	Now            *float64   `json:"now" doc:"Mean of the newest subgroups since"`
	Shift          *float64   `json:"shift"`
	Error          *float64   `json:"std_error" doc:"Of the shift, with what follows one another counted once (lag 1)"`
	Moved          bool       `json:"moved" doc:"By more than three standard errors"`
	Why            string     `json:"why,omitempty" enum:"few_subgroups," doc:"Why nothing is said"`
}

// GaugeView is how a gauge holds, with what speaks for the gauge or the process.
type GaugeView struct {
	Stability
	Evidence []Evidence `json:"evidence" nullable:"false" doc:"Where something was found"`
	Process  bool       `json:"process" doc:"The same measured by other gauges moved, too: not the gauge alone"`
	// Characteristics are those that the gauge measures or measured.
	Characteristics []Characteristic `json:"characteristics" nullable:"false"`
	Cases           []Case           `json:"cases" nullable:"false" doc:"About the gauge, the newest first"`
}

const (
	// compared is how many subgroups a mean is taken of, and minCompared how few say
	// anything.
	compared, minCompared = 500, 20
	// movedBy is how many standard errors a mean has moved by when it moved.
	movedBy = 3
)

// usedBy are the characteristics that a gauge measures, or measured.
func (d *Desk) usedBy(ctx context.Context, tenant plant.TenantNo, gauge string) (own, others []Characteristic, err error) {
	ids, err := d.o.Store.GaugeUsed(ctx, tenant, gauge)
	if err != nil {
		return nil, nil, err
	}
	all, err := document.ReadAll[Characteristic](d.o.Store.Documents(ctx, Filter{Scope: access.Scope{Tenant: tenant}, Kind: KindCharacteristic, Limit: maxList}))
	for _, c := range all {
		switch {
		case c.Attribute:
		case c.Gauge == gauge || slices.Contains(ids, c.ID):
			own = append(own, c)
		default:
			others = append(others, c)
		}
	}
	return own, others, err
}

// tolerance of the narrowest specification among characteristics.
func tolerance(own []Characteristic) *float64 {
	var out *float64
	for _, c := range own {
		if !c.Ended && c.LSL != nil && c.USL != nil {
			if w := *c.USL - *c.LSL; out == nil || w < *out {
				out = &w
			}
		}
	}
	return out
}

func (d *Desk) stability(ctx context.Context, tenant plant.TenantNo, g Gauge, own []Characteristic) (Stability, error) {
	checks, adjusted, err := d.history(ctx, tenant, g.ID)
	return StabilityOf(g, checks, adjusted, tolerance(own), d.now()), err
}

// Gauge tells how a gauge holds, by checks of its master, and what its measurements
// and those of other gauges say of it.
func (d *Desk) Gauge(ctx context.Context, who access.Principal, id string) (GaugeView, error) {
	g, err := d.seenGauge(ctx, who, id, access.Read)
	if err != nil {
		return GaugeView{}, err
	}
	tenant := who.Scope.Tenant
	own, others, err := d.usedBy(ctx, tenant, id)
	if err != nil {
		return GaugeView{}, err
	}
	v := GaugeView{Evidence: []Evidence{}, Characteristics: []Characteristic{}}
	for _, c := range own {
		if who.Scope.Allows(c.Path) {
			v.Characteristics = append(v.Characteristics, c)
		}
	}
	if v.Stability, err = d.stability(ctx, tenant, g, own); err != nil {
		return GaugeView{}, err
	}
	if v.Cases, err = document.ReadAll[Case](d.o.Store.Documents(ctx, Filter{Scope: who.Scope, Kind: KindCase, Of: id, Limit: maxList})); err != nil || v.Found == 0 {
		return v, err
	}
	v.Evidence, err = d.evidence(ctx, who, &v.Stability, own, others)
	moved, still := 0, 0
	for _, e := range v.Evidence {
		switch {
		case e.Kind != "sister" || e.Why != "":
		case e.Moved:
			moved++
		default:
			still++
		}
	}
	v.Process = moved > still
	return v, err
}

// evidence compares what was measured before a gauge drifted with what is measured
// now: by it, and of the same characteristic by other gauges.
func (d *Desk) evidence(ctx context.Context, who access.Principal, s *Stability, own, others []Characteristic) ([]Evidence, error) {
	zero := 0.0
	out := []Evidence{{Kind: "master", Name: plant.Name{ZH: s.Gauge.Master, EN: s.Gauge.Master}, Gauge: s.Gauge.Number, Before: &zero, Now: s.Bias, Shift: s.Bias, Error: s.BiasSE, Moved: true}}
	numbers := map[string]string{}
	add := func(kind string, c Characteristic) error {
		if !who.Scope.Allows(c.Path) {
			return nil
		}
		if _, ok := numbers[c.Gauge]; !ok && c.Gauge != "" {
			g, err := d.gauge(ctx, who.Scope.Tenant, c.Gauge)
			if err != nil {
				return err
			}
			numbers[c.Gauge] = g.Number
		}
		e := Evidence{Kind: kind, Characteristic: c.ID, Code: c.Code, Name: c.Name, PlaceName: c.PlaceName, Gauge: numbers[c.Gauge]}
		if err := d.compare(ctx, who.Scope.Tenant, c, s, &e); err != nil {
			return err
		}
		out = append(out, e)
		return nil
	}
	for _, c := range own {
		if err := add("own", c); err != nil {
			return nil, err
		}
	}
	for _, c := range others {
		same := func(o Characteristic) bool { return o.Item == c.Item && o.Code == c.Code && o.Unit == c.Unit }
		if c.Ended || c.Gauge == "" || !slices.ContainsFunc(own, same) {
			continue
		}
		if err := add("sister", c); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// compare the means of a characteristic before and now.
func (d *Desk) compare(ctx context.Context, tenant plant.TenantNo, c Characteristic, s *Stability, e *Evidence) error {
	before, err := d.o.Store.Before(ctx, tenant, c.ID, s.LastGood, compared)
	if err != nil {
		return err
	}
	now, err := d.o.Store.Before(ctx, tenant, c.ID, d.now()+1, compared)
	if err != nil {
		return err
	}
	now = slices.DeleteFunc(now, func(g Subgroup) bool { return g.At <= s.Since })
	if len(before) < minCompared || len(now) < minCompared {
		e.Why = "few_subgroups"
		return nil
	}
	// What it varies by is that of before: afterwards a drift would count as variation.
	a, spread, err := meanOf(before)
	if err != nil {
		return err
	}
	b, _, err := meanOf(now)
	if err != nil {
		return err
	}
	shift, se := b-a, spread*math.Sqrt(1/float64(len(before))+1/float64(len(now)))
	e.Before, e.Now, e.Shift, e.Error = &a, &b, &shift, &se
	e.Moved = math.Abs(shift) > movedBy*se
	return nil
}

// meanOf subgroups with what one of them varies by. Values that follow one another
// count for fewer: n (1-r)/(1+r) of them, r being the autocorrelation at lag 1 (Bayley,
// Hammersley: Journal of the Royal Statistical Society, Supplement 8 (1946), 184–197).
func meanOf(all []Subgroup) (mean, spread float64, err error) {
	values := make([]float64, len(all))
	for i := range all {
		values[i] = all[i].mean()
	}
	s, err := stat.Of(values)
	if err != nil {
		return 0, 0, fmt.Errorf("quality: mean of subgroups: %w", err)
	}
	if s.Lag1 > 0 && s.Lag1 < 1 {
		s.SD *= math.Sqrt((1 + s.Lag1) / (1 - s.Lag1))
	}
	return s.Mean, s.SD, nil
}

// Doubtful is a measurement that a gauge made since it was last known to be good.
type Doubtful struct {
	Characteristic string        `json:"characteristic"`
	Code           string        `json:"code"`
	PlaceName      plant.Name    `json:"place_name,omitzero"`
	Subgroup       string        `json:"subgroup"`
	At             plant.Instant `json:"at"`
	Values         []float64     `json:"values" nullable:"false" doc:"As they were measured"`
	Corrected      []float64     `json:"corrected" nullable:"false" doc:"Less what the gauge was off by then"`
	Uncertain      float64       `json:"uncertain" doc:"Half of what that may be more or less"`
	Again          bool          `json:"again" doc:"The judgement by the specification may be another: measure again"`
	Order          string        `json:"order,omitempty"`
	Lot            string        `json:"lot,omitempty"`
}

// Doubts are measurements in doubt.
type Doubts struct {
	Gauge    string        `json:"gauge"`
	From     plant.Instant `json:"from" doc:"Last good check"`
	To       plant.Instant `json:"to" doc:"Until it was adjusted, or now"`
	Measured int64         `json:"measured" doc:"Subgroups that the gauge measured in between"`
	Again    int64         `json:"again" doc:"Of these have to be measured again"`
	More     bool          `json:"more,omitempty" doc:"There are more than were looked at: the first 50000 of each characteristic"`
	Items    []Doubtful    `json:"items" nullable:"false" doc:"Those to be measured again, or all, the oldest first; 2000 at most"`
}

// maxDoubtful bounds a list of measurements in doubt: more than anybody measures again.
const maxDoubtful = 2000

// Doubts lists what a gauge measured since it was last known to be good. Where it was
// adjusted already, of is the instant of the adjustment before which it was bad; 0 asks
// for the present.
func (d *Desk) Doubts(ctx context.Context, who access.Principal, id string, of plant.Instant, all bool) (Doubts, error) {
	g, err := d.seenGauge(ctx, who, id, access.Read)
	if err != nil {
		return Doubts{}, err
	}
	tenant := who.Scope.Tenant
	own, _, err := d.usedBy(ctx, tenant, id)
	if err != nil {
		return Doubts{}, err
	}
	checks, adjusted, err := d.history(ctx, tenant, id)
	if err != nil {
		return Doubts{}, err
	}
	out := Doubts{Gauge: id, To: d.now(), Items: []Doubtful{}}
	if of != 0 { // as it was then
		out.To = of
		checks = slices.DeleteFunc(checks, func(c Check) bool { return c.At >= of })
		adjusted = slices.DeleteFunc(adjusted, func(a Adjustment) bool { return a.At >= of })
	}
	s := StabilityOf(g, checks, adjusted, tolerance(own), out.To)
	if out.From = s.LastGood; s.Found == 0 {
		out.From = out.To
		return out, nil
	}
	for _, c := range own {
		if !who.Scope.Allows(c.Path) {
			continue
		}
		if err := d.doubt(ctx, tenant, c, &s, all, &out); err != nil {
			return Doubts{}, err
		}
	}
	slices.SortStableFunc(out.Items, func(a, b Doubtful) int { return int(min(1, max(-1, a.At-b.At))) })
	out.Items = out.Items[:min(len(out.Items), maxDoubtful)]
	return out, nil
}

func (d *Desk) doubt(ctx context.Context, tenant plant.TenantNo, c Characteristic, s *Stability, all bool, out *Doubts) error {
	groups, err := d.o.Store.Subgroups(ctx, tenant, c.ID, out.From, out.To, maxCapability+1)
	if err != nil {
		return err
	}
	if len(groups) > maxCapability {
		out.More, groups = true, groups[:maxCapability]
	}
	for _, g := range groups {
		if g.Gauge != s.Gauge.ID {
			continue
		}
		one := doubtful(&c, &g, s)
		out.Measured++
		if one.Again {
			out.Again++
		}
		if (all || one.Again) && len(out.Items) < 2*maxDoubtful {
			out.Items = append(out.Items, one)
		}
	}
	return nil
}

// doubtful corrects a measurement and says whether its judgement may be another.
func doubtful(c *Characteristic, g *Subgroup, s *Stability) Doubtful {
	bias, _ := s.change.at(g.At)
	low, high := s.within(g.At)
	out := Doubtful{Characteristic: c.ID, Code: c.Code, PlaceName: c.PlaceName, Subgroup: g.ID, At: g.At, Values: g.Values, Uncertain: (high - low) / 2, Order: g.Order, Lot: g.Lot}
	for _, v := range g.Values {
		out.Corrected = append(out.Corrected, v-bias)
		for _, limit := range []*float64{c.LSL, c.USL} {
			// The limit lies between what was said and what may be true.
			if limit != nil && min(v, v-high) <= *limit && *limit <= max(v, v-low) {
				out.Again = true
			}
		}
	}
	return out
}

// watchGauge raises an alarm of a gauge that is bad, and settles it when it is good.
func (d *Desk) watchGauge(ctx context.Context, tenant plant.TenantNo, g Gauge) error {
	if d.o.Alarms == nil {
		return nil
	}
	own, _, err := d.usedBy(ctx, tenant, g.ID)
	if err != nil {
		return err
	}
	s, err := d.stability(ctx, tenant, g, own)
	if err != nil {
		return err
	}
	key := "gauge." + g.ID
	if !s.bad() {
		return d.o.Alarms.Clear(ctx, tenant, key, s.last(d.now()))
	}
	return d.o.Alarms.Raise(ctx, tenant, gaugeSignal(key, &s))
}

// last is when something was last known of the gauge: checked, or done to it.
func (s *Stability) last(otherwise plant.Instant) plant.Instant {
	var at plant.Instant
	if n := len(s.Points); n > 0 {
		at = s.Points[n-1].At
	}
	if n := len(s.Adjusted); n > 0 {
		at = max(at, s.Adjusted[n-1].At)
	}
	return cmp.Or(at, otherwise)
}

func gaugeSignal(key string, s *Stability) Signal {
	g := s.Gauge
	zh, en := "漂移", "drifts"
	switch s.Verdict {
	case GaugeJumped:
		zh, en = "突变", "jumped"
	case GaugeOff:
		zh, en = "偏差超过公差的十分之一", "is off by more than a tenth of the tolerance"
	}
	name := g.Name.EN
	if name == "" {
		name = g.Name.ZH
	}
	return Signal{
		Key: key, Place: g.Place, At: s.Found, Fatal: s.Share != nil && *s.Share > biasShare, Page: "/quality?tab=gauges&gauge=" + g.ID,
		Text: plant.Name{ZH: fmt.Sprintf("量具 %s %s %s", g.Number, g.Name.ZH, zh), EN: fmt.Sprintf("gauge %s %s %s", g.Number, name, en)},
	}
}

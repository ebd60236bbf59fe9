package quality

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"zhigai/access"
	"zhigai/calc/msa"
	"zhigai/calc/spc"
	"zhigai/fact/document"
	"zhigai/plant"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func conflict(format string, args ...any) error {
	return fmt.Errorf("%w: %s", access.ErrConflict, fmt.Sprintf(format, args...))
}

// CaseState says how far a case came.
type CaseState string

// States of a case, in the order of the eight disciplines (8D).
const (
	CaseOpen      CaseState = "open"      // described (D2)
	CaseContained CaseState = "contained" // what is bad is kept apart (D3)
	CaseAnalysed  CaseState = "analysed"  // the cause is found (D4)
	CaseActed     CaseState = "acted"     // the corrective action is in effect (D5, D6)
	CaseVerified  CaseState = "verified"  // what was measured after it shows that it worked
	CaseClosed    CaseState = "closed"    // it cannot come back (D7), and it is done (D8)
	CaseCancelled CaseState = "cancelled" // it was none
)

// caseWays are the steps that may follow.
var caseWays = map[CaseState][]CaseState{
	CaseOpen:      {CaseContained, CaseCancelled},
	CaseContained: {CaseAnalysed, CaseCancelled},
	CaseAnalysed:  {CaseActed, CaseContained},
	CaseActed:     {CaseVerified, CaseContained},
	CaseVerified:  {CaseClosed, CaseContained},
}

// Case is something that does not conform, from how it was found to the proof that
// its cause is gone.
type Case struct {
	ID             string        `json:"id,omitempty" readOnly:"true"`
	Rev            int64         `json:"rev,omitempty" readOnly:"true"`
	Place          plant.NodeID  `json:"place,omitempty" maxLength:"60" doc:"Where; that of the characteristic when left out"`
	Path           string        `json:"path,omitempty" readOnly:"true"`
	PlaceName      plant.Name    `json:"place_name,omitzero" readOnly:"true"`
	Characteristic string        `json:"characteristic,omitempty" maxLength:"60"`
	Code           string        `json:"code,omitempty" readOnly:"true" doc:"Of the characteristic, or number of the gauge"`
	Gauge          string        `json:"gauge,omitempty" maxLength:"60" doc:"Gauge that is off, instead of a characteristic"`
	Subgroup       string        `json:"subgroup,omitempty" maxLength:"60" doc:"Where it was found"`
	Item           string        `json:"item,omitempty" maxLength:"40"`
	Order          string        `json:"order,omitempty" maxLength:"40"`
	Lot            string        `json:"lot,omitempty" maxLength:"60"`
	Quantity       float64       `json:"quantity,omitempty" minimum:"0" doc:"Units that do not conform, as far as is known"`
	Defects        []Defect      `json:"defects,omitempty" maxItems:"50" doc:"By kind, with where on a picture of the part"`
	Severity       string        `json:"severity" enum:"minor,major,critical"`
	Text           string        `json:"text" minLength:"1" maxLength:"4000" doc:"What does not conform, where and how much (D2)"`
	State          CaseState     `json:"state,omitempty" readOnly:"true" enum:"open,contained,analysed,acted,verified,closed,cancelled"`
	Acted          plant.Instant `json:"acted,omitempty" readOnly:"true" doc:"When the corrective action took effect"`
	Steps          []CaseStep    `json:"steps,omitempty" readOnly:"true"`
}

// CaseStep is one fact about a case.
type CaseStep struct {
	State       CaseState     `json:"state" enum:"open,contained,analysed,acted,verified,closed,cancelled"`
	At          plant.Instant `json:"at"`
	By          string        `json:"by"`
	Text        string        `json:"text"`
	Disposition string        `json:"disposition,omitempty"`
	Quantity    float64       `json:"quantity,omitempty"`
	Cause       string        `json:"cause,omitempty"`
	Due         plant.Instant `json:"due,omitempty"`
	Proof       *Proof        `json:"proof,omitempty"`
}

// Proof is what was measured after a corrective action.
type Proof struct {
	From      plant.Instant `json:"from"`
	To        plant.Instant `json:"to"`
	Subgroups int           `json:"subgroups" doc:"Or checks of a gauge"`
	Flagged   int           `json:"flagged" doc:"Of them broke a rule or were outside of the specification"`
	Signals   int           `json:"signals" doc:"Flagged ones one behind the other are one signal"`
	Chance    float64       `json:"by_chance" doc:"Signals that the rules give by chance of so many subgroups of a process in control, by limits of a phase I of that size"`
	// Probability is nil in proofs from before limits were held to be uncertain.
	Probability *float64 `json:"probability,omitempty" doc:"Of so many signals or more by chance; below 0.01 the action did not work"`
	Outside     int      `json:"outside" doc:"Of them were outside of the specification"`
	Effective   bool     `json:"effective"`
	Bias        *float64 `json:"bias,omitempty" doc:"Of a gauge: mean deviation of its checks since"`
	Error       *float64 `json:"std_error,omitempty"`
}

const (
	// minProof is how many subgroups show that an action worked: those of a chart's
	// phase I (AIAG SPC, 2nd edition, chapter II, asks 20 to 25).
	minProof = 20
	// byChance is how improbable signals must be to show that it did not: of a
	// thousand subgroups in control some break a rule.
	byChance = 0.01
)

// minGaugeProof is how many checks of a master show that a gauge was set right: with
// five the mean is known to within its spread (t(4) / √5 = 1.24).
const minGaugeProof = 5

// Open opens a case.
func (d *Desk) Open(ctx context.Context, who access.Principal, c Case) (Case, error) {
	if c.Characteristic != "" {
		of, err := d.characteristic(ctx, who, c.Characteristic, access.Report)
		if err != nil {
			return Case{}, err
		}
		c.Code = of.Code
		if c.Place == "" {
			c.Place = of.Place
		}
		if c.Item == "" {
			c.Item = of.Item
		}
	}
	if c.Gauge != "" {
		g, err := d.seenGauge(ctx, who, c.Gauge, access.Report)
		switch {
		case err != nil:
			return Case{}, err
		case c.Characteristic != "":
			return Case{}, invalid("a case of a gauge and of a characteristic; open one of each")
		}
		c.Code, c.Place = g.Number, g.Place
	}
	var err error
	if c.Path, c.PlaceName, err = d.place(ctx, who, c.Place, access.Report); err != nil {
		return Case{}, err
	}
	switch c.Text = strings.TrimSpace(c.Text); {
	case c.Text == "" || len(c.Text) > maxNote:
		return Case{}, invalid("a case described by %d bytes; 1 to %d say what does not conform", len(c.Text), maxNote)
	case !slices.Contains([]string{"minor", "major", "critical"}, c.Severity):
		return Case{}, invalid("severity %q; write minor, major or critical", c.Severity)
	}
	if err := d.checkSpots(ctx, who.Scope.Tenant, c.Item, c.Defects); err != nil {
		return Case{}, err
	}
	c.ID, c.Rev, c.State, c.Acted = d.o.NewID(), 1, CaseOpen, 0
	c.Steps = []CaseStep{{State: CaseOpen, At: d.now(), By: who.Name, Text: c.Text, Quantity: c.Quantity}}
	return c, d.saveCase(ctx, who, c, 0)
}

func (d *Desk) saveCase(ctx context.Context, who access.Principal, c Case, seen int64) error {
	open := c.State != CaseClosed && c.State != CaseCancelled
	return d.save(ctx, who.Scope.Tenant, Document{Kind: KindCase, ID: c.ID, Place: c.Place, Path: c.Path, Of: cmp.Or(c.Characteristic, c.Gauge), Open: open, By: who.Name}, c, seen)
}

// Cases lists cases, the newest first.
func (d *Desk) Cases(ctx context.Context, f Filter) ([]Case, error) {
	f.Kind = KindCase
	return document.ReadAll[Case](d.o.Store.Documents(ctx, f))
}

// CaseMove is a step that somebody makes.
type CaseMove struct {
	State       CaseState     `json:"state" enum:"contained,analysed,acted,verified,closed,cancelled"`
	Text        string        `json:"text" minLength:"1" maxLength:"4000"`
	Disposition string        `json:"disposition,omitempty" enum:"rework,scrap,sort,return,concession," doc:"What becomes of what is kept apart"`
	Quantity    float64       `json:"quantity,omitempty" minimum:"0"`
	Cause       string        `json:"cause,omitempty" maxLength:"60"`
	At          plant.Instant `json:"at,omitempty" doc:"When a corrective action took effect; now when left out"`
	Due         plant.Instant `json:"due,omitempty" doc:"Until when the next step is to be made"`
	Rev         int64         `json:"rev" doc:"Revision that was seen"`
}

// Step makes a step of a case. Whether a corrective action worked is shown by what
// was measured after it: a case of a characteristic is verified by 20 subgroups
// without a signal, and goes back to be analysed when there was one.
func (d *Desk) Step(ctx context.Context, who access.Principal, id string, m CaseMove) (Case, error) {
	c, err := document.Read[Case](d.o.Store.Document(ctx, who.Scope.Tenant, KindCase, id))
	switch {
	case err != nil:
		return Case{}, err
	case !who.Scope.Allows(c.Path):
		return Case{}, fmt.Errorf("%w: case %s", access.ErrNotFound, id)
	case !who.May(access.Report, c.Path):
		return Case{}, fmt.Errorf("%w: cases at %s", access.ErrForbidden, c.Path)
	case m.Rev != c.Rev:
		return Case{}, conflict("the case has revision %d, not %d", c.Rev, m.Rev)
	case !slices.Contains(caseWays[c.State], m.State):
		return Case{}, invalid("the case is %s and cannot become %s; it can become %v", c.State, m.State, caseWays[c.State])
	}
	if m.Text = strings.TrimSpace(m.Text); m.Text == "" || len(m.Text) > maxNote {
		return Case{}, invalid("a step of %d bytes; 1 to %d say what was done", len(m.Text), maxNote)
	}
	now := d.now()
	s := CaseStep{State: m.State, At: now, By: who.Name, Text: m.Text, Disposition: m.Disposition, Quantity: m.Quantity, Cause: m.Cause, Due: m.Due}
	switch m.State {
	case CaseActed:
		if c.Acted = m.At; c.Acted == 0 {
			c.Acted = now
		}
		if c.Acted > now {
			return Case{}, invalid("an action that has not taken effect yet; enter it when it has")
		}
	case CaseVerified:
		prove := d.prove
		if c.Gauge != "" {
			prove = d.proveGauge
		}
		if c.Characteristic != "" || c.Gauge != "" {
			if s.Proof, err = prove(ctx, who, c, now); err != nil {
				return Case{}, err
			}
			if !s.Proof.Effective { // the cause is still there
				s.State = CaseContained
			}
		}
	}
	c.State, c.Steps = s.State, append(c.Steps, s)
	seen := c.Rev
	c.Rev++
	return c, d.saveCase(ctx, who, c, seen)
}

// prove looks at what was measured after the action of a case, the first [MaxPoints]
// subgroups: it worked when none is outside of the specification, and no more signals
// came than chance gives.
func (d *Desk) prove(ctx context.Context, who access.Principal, c Case, now plant.Instant) (*Proof, error) {
	tenant := who.Scope.Tenant
	of, err := d.characteristic(ctx, who, c.Characteristic, access.Read)
	if err != nil {
		return nil, err
	}
	versions, err := d.limits(ctx, tenant, of.ID)
	if err != nil {
		return nil, err
	}
	all, err := d.o.Store.Subgroups(ctx, tenant, of.ID, c.Acted, now+1, MaxPoints)
	if err != nil {
		return nil, err
	}
	points, err := Fold(&of, versions, all, 0) // what was before the action says nothing about it
	if err != nil {
		return nil, err
	}
	p := &Proof{From: c.Acted, To: now, Subgroups: len(points)}
	if len(points) == MaxPoints {
		p.To = points[len(points)-1].At
	}
	flagged := false
	for _, point := range points {
		was := flagged
		if flagged = len(point.Rules) > 0 || point.Outside; flagged {
			p.Flagged++
			if !was {
				p.Signals++
			}
		}
		if point.Outside {
			p.Outside++
		}
	}
	if p.Flagged == 0 && p.Subgroups < minProof {
		return nil, invalid("%d subgroups since the action, %s; %d without a signal show that it worked", p.Subgroups, c.Acted.Time().Format("2006-01-02 15:04"), minProof)
	}
	chance, err := spc.Chance(phaseOf(&of, versions, points), of.rules(), p.Subgroups)
	if err != nil {
		return nil, err
	}
	probability := chance.AtLeast(p.Signals)
	p.Chance, p.Probability = chance.Mean(), &probability
	p.Effective = p.Outside == 0 && (p.Signals == 0 || p.Subgroups >= minProof && probability >= byChance)
	return p, nil
}

// phaseOf is of what the limits of points were made; where they changed, of the
// least that any was made of.
func phaseOf(c *Characteristic, versions []Limits, points []Point) spc.Phase {
	of := spc.Phase{Subgroups: len(points), Size: c.Size, By: spc.MeanRange} // trial limits are of the points themselves
	switch {
	case c.Attribute:
		of.Size = 0
	case c.Chart == "xbar-s":
		of.By = spc.MeanSD
	}
	made := 0
	for _, v := range versions {
		used := slices.ContainsFunc(points, func(p Point) bool { return p.Limits == v.Version })
		if used && (made == 0 || v.Subgroups < made) {
			made = v.Subgroups
		}
	}
	if made > 0 {
		of.Subgroups = made
	}
	return of
}

// proveGauge looks at how a gauge measured its master after the action of a case: no
// check is a signal, and the mean of them keeps within a tenth of the tolerance with
// what is not known of it.
func (d *Desk) proveGauge(ctx context.Context, who access.Principal, c Case, now plant.Instant) (*Proof, error) {
	g, err := d.gauge(ctx, who.Scope.Tenant, c.Gauge)
	if err != nil {
		return nil, err
	}
	own, _, err := d.usedBy(ctx, who.Scope.Tenant, g.ID)
	if err != nil {
		return nil, err
	}
	s, err := d.stability(ctx, who.Scope.Tenant, g, own)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(s.Adjusted, func(a Adjustment) bool { return a.At >= c.Steps[0].At }) {
		return nil, invalid("nothing was done to gauge %s since the case was opened; enter what was adjusted", g.Number)
	}
	p := &Proof{From: c.Acted, To: now}
	var readings []float64
	for _, check := range s.Points {
		if check.At < c.Acted {
			continue
		}
		p.Subgroups++
		if readings = append(readings, check.Deviation); check.Signal || s.beyond(check.Deviation) {
			p.Flagged++
		}
	}
	if p.Flagged > 0 {
		return p, nil
	}
	if p.Subgroups < minGaugeProof {
		return nil, invalid("%d checks since the action, %s; %d that are good show that gauge %s is right again", p.Subgroups, c.Acted.Time().Format("2006-01-02 15:04"), minGaugeProof, g.Number)
	}
	b, err := msa.BiasOf(readings, 0)
	if err != nil {
		return nil, invalid("%v", err)
	}
	p.Bias, p.Error = &b.Bias, &b.StdErr
	p.Effective = s.Tolerance == nil || max(b.High, -b.Low) <= biasShare**s.Tolerance
	return p, nil
}

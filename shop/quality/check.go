package quality

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"zhigai/access"
	"zhigai/fact/document"
	"zhigai/plant"
)

// Kinds of documents about how a gauge holds.
const (
	KindCheck      Kind = "gauge_check"      // a gauge measured its master
	KindAdjustment Kind = "gauge_adjustment" // a gauge was set, calibrated or mended
)

// Check is a gauge that measured its master, a part of known size, between two
// calibrations (ISO 10012 7.1: metrological confirmation; AIAG MSA, 4th edition,
// chapter III B: stability).
type Check struct {
	ID        string        `json:"id,omitempty" readOnly:"true"`
	Rev       int64         `json:"rev,omitempty" readOnly:"true"`
	Gauge     string        `json:"gauge" readOnly:"true"`
	Reference float64       `json:"reference,omitempty" doc:"Size of the master, in the unit of the gauge; that of the gauge's own master when left out"`
	Master    string        `json:"master,omitempty" maxLength:"60" doc:"Number of the master; that of the gauge when left out"`
	Readings  []float64     `json:"readings" nullable:"false" minItems:"1" maxItems:"50" doc:"What the gauge said of the master, in its unit"`
	At        plant.Instant `json:"at,omitempty" doc:"When; now when left out"`
	Note      string        `json:"note,omitempty" maxLength:"1000"`
	Key       string        `json:"key,omitempty" maxLength:"80" doc:"The sender's own: the same again is the same check"`
	Entered   plant.Instant `json:"entered,omitempty" readOnly:"true"`
	By        string        `json:"by,omitempty" readOnly:"true"`
	Withdrawn *Withdrawal   `json:"withdrawn,omitempty" readOnly:"true" doc:"It was mistyped and counts no more"`
}

// Withdrawal says that an entry does not count, and why. What was entered stays to
// be seen.
type Withdrawal struct {
	At     plant.Instant `json:"at"`
	By     string        `json:"by"`
	Reason string        `json:"reason"`
}

// Deviation is how far the mean of the readings is from the master.
func (c *Check) Deviation() float64 {
	sum := 0.0
	for _, r := range c.Readings {
		sum += r - c.Reference
	}
	return sum / float64(len(c.Readings))
}

// Adjustment is what was done to a gauge so that it is right again.
type Adjustment struct {
	ID          string        `json:"id,omitempty" readOnly:"true"`
	Gauge       string        `json:"gauge" readOnly:"true"`
	What        string        `json:"what" enum:"adjusted,calibrated,repaired" doc:"Set by its master, calibrated by a laboratory, or mended"`
	At          plant.Instant `json:"at,omitempty" doc:"When; now when left out"`
	Text        string        `json:"text" minLength:"1" maxLength:"1000" doc:"What was done"`
	Certificate string        `json:"certificate,omitempty" maxLength:"120"`
	Key         string        `json:"key,omitempty" maxLength:"80"`
	Entered     plant.Instant `json:"entered,omitempty" readOnly:"true"`
	By          string        `json:"by,omitempty" readOnly:"true"`
}

const (
	// maxChecks bounds what is folded of a gauge: half a year of six checks a day.
	maxChecks = 1000
	// checksLate is how late a check may be entered.
	checksLate = maxLate
)

// seenGauge is a gauge that the asker sees and has a right at.
func (d *Desk) seenGauge(ctx context.Context, who access.Principal, id string, right access.Permission) (Gauge, error) {
	g, err := d.gauge(ctx, who.Scope.Tenant, id)
	if err != nil {
		return Gauge{}, err
	}
	if err := who.Reach(right, g.Path, fmt.Errorf("%w: gauge %s", access.ErrNotFound, id)); err != nil {
		return Gauge{}, err
	}
	return g, nil
}

// when is an instant that somebody said something of, 0 for now.
func (d *Desk) when(at plant.Instant) (plant.Instant, error) {
	now := d.o.Now()
	switch {
	case at == 0:
		return plant.InstantOf(now), nil
	case at > plant.InstantOf(now.Add(clockSlack)):
		return 0, invalid("%s has not come yet; set the clock", at.Time().Format("2006-01-02 15:04:05"))
	case at < plant.InstantOf(now.Add(-checksLate)):
		return 0, invalid("%s is more than %d days ago; write it down in a note", at.Time().Format("2006-01-02"), int(checksLate.Hours()/24))
	}
	return at, nil
}

// Check keeps what a gauge said of its master, and says how the gauge holds.
func (d *Desk) Check(ctx context.Context, who access.Principal, gauge string, c Check) (Check, error) {
	g, err := d.seenGauge(ctx, who, gauge, access.Report)
	if err != nil {
		return Check{}, err
	}
	if c.Key != "" {
		old, err := document.Read[Check](d.o.Store.Keyed(ctx, who.Scope.Tenant, KindCheck, who.Name, c.Key))
		if err == nil || !errors.Is(err, access.ErrNotFound) {
			return old, err
		}
	}
	if g.Ended {
		return Check{}, invalid("gauge %s is used no more", g.Number)
	}
	if c.At, err = d.when(c.At); err != nil {
		return Check{}, err
	}
	c.By = who.Name
	if err := d.addCheck(ctx, who.Scope.Tenant, g, &c); err != nil {
		return Check{}, err
	}
	return c, d.watchGauge(ctx, who.Scope.Tenant, g)
}

// ReadChecks keeps what a gauge said by itself of its master, in the order of time, and
// tells people after each as if it had come alone: a drift that was mended before
// anybody looked is told with its end. What is known already is not kept again.
func (d *Desk) ReadChecks(ctx context.Context, tenant plant.TenantNo, g Gauge, all []Check) error {
	for i := range all {
		all[i].By, all[i].Key = "tag:"+g.Tag, fmt.Sprintf("%s.%d", g.ID, all[i].At)
		if _, err := d.o.Store.Keyed(ctx, tenant, KindCheck, all[i].By, all[i].Key); !errors.Is(err, access.ErrNotFound) {
			if err != nil {
				return err
			}
			continue
		}
		if err := d.addCheck(ctx, tenant, g, &all[i]); err != nil {
			return err
		}
		if err := d.watchGauge(ctx, tenant, g); err != nil {
			return err
		}
	}
	return nil
}

func (d *Desk) addCheck(ctx context.Context, tenant plant.TenantNo, g Gauge, c *Check) error {
	if c.Reference == 0 {
		c.Reference = g.Reference
	}
	if c.Master = strings.TrimSpace(c.Master); c.Master == "" {
		c.Master = g.Master
	}
	switch {
	case len(c.Readings) == 0:
		return invalid("a check without a reading; measure the master once at least")
	case c.Reference == 0 || math.IsNaN(c.Reference) || math.IsInf(c.Reference, 0):
		return invalid("a master of %v; enter its size with the check, or with gauge %s", c.Reference, g.Number)
	}
	for i, r := range c.Readings {
		if math.IsNaN(r) || math.IsInf(r, 0) {
			return invalid("reading %d is %v; measure again", i+1, r)
		}
	}
	c.ID, c.Rev, c.Gauge, c.Entered, c.Note, c.Withdrawn = d.o.NewID(), 1, g.ID, d.now(), strings.TrimSpace(c.Note), nil
	return d.save(ctx, tenant, Document{Kind: KindCheck, ID: c.ID, Place: g.Place, Path: g.Path, Of: g.ID, By: c.By, Key: c.Key}, c, 0)
}

// WithdrawCheck says that a check was mistyped: it stays to be seen, and counts no
// more.
func (d *Desk) WithdrawCheck(ctx context.Context, who access.Principal, gauge, id, reason string) (Check, error) {
	g, err := d.seenGauge(ctx, who, gauge, access.Report)
	if err != nil {
		return Check{}, err
	}
	c, err := document.Read[Check](d.o.Store.Document(ctx, who.Scope.Tenant, KindCheck, id))
	if err != nil {
		return Check{}, err
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		return Check{}, invalid("a check is withdrawn without a reason; say what was wrong with it")
	}
	switch {
	case c.Gauge != gauge:
		return Check{}, fmt.Errorf("%w: check %s", access.ErrNotFound, id)
	case c.Withdrawn != nil:
		return Check{}, conflict("the check was withdrawn by %s already", c.Withdrawn.By)
	}
	c.Withdrawn = &Withdrawal{At: d.now(), By: who.Name, Reason: reason}
	c.Rev++
	if err := d.save(ctx, who.Scope.Tenant, Document{Kind: KindCheck, ID: c.ID, Place: g.Place, Path: g.Path, Of: g.ID, By: who.Name}, c, c.Rev-1); err != nil {
		return Check{}, err
	}
	return c, d.watchGauge(ctx, who.Scope.Tenant, g)
}

// Adjust keeps what was done to a gauge. What it is checked by begins anew.
func (d *Desk) Adjust(ctx context.Context, who access.Principal, gauge string, a Adjustment) (Adjustment, error) {
	g, err := d.seenGauge(ctx, who, gauge, access.Engineer)
	if err != nil {
		return Adjustment{}, err
	}
	if a.Key != "" {
		old, err := document.Read[Adjustment](d.o.Store.Keyed(ctx, who.Scope.Tenant, KindAdjustment, who.Name, a.Key))
		if err == nil || !errors.Is(err, access.ErrNotFound) {
			return old, err
		}
	}
	if a.At, err = d.when(a.At); err != nil {
		return Adjustment{}, err
	}
	if a.Text = strings.TrimSpace(a.Text); a.Text == "" {
		return Adjustment{}, invalid("nothing is said of what was done; say what was set or changed")
	}
	if !slices.Contains([]string{"adjusted", "calibrated", "repaired"}, a.What) {
		return Adjustment{}, invalid("%q was done; write adjusted, calibrated or repaired", a.What)
	}
	if a.What == "calibrated" && a.At > g.Calibrated { // the gauge first: the same entry again ends what was begun
		g.Calibrated = a.At
		if g, err = d.SaveGauge(ctx, who, g); err != nil {
			return Adjustment{}, err
		}
	}
	a.ID, a.Gauge, a.By, a.Entered = d.o.NewID(), gauge, who.Name, d.now()
	if err := d.save(ctx, who.Scope.Tenant, Document{Kind: KindAdjustment, ID: a.ID, Place: g.Place, Path: g.Path, Of: gauge, By: who.Name, Key: a.Key}, a, 0); err != nil {
		return Adjustment{}, err
	}
	return a, d.watchGauge(ctx, who.Scope.Tenant, g)
}

// Checks lists checks of a gauge, the newest first; withdrawn ones, too.
func (d *Desk) Checks(ctx context.Context, f Filter) ([]Check, error) {
	f.Kind = KindCheck
	return document.ReadAll[Check](d.o.Store.Documents(ctx, f))
}

// Adjustments lists what was done to a gauge, the newest first.
func (d *Desk) Adjustments(ctx context.Context, f Filter) ([]Adjustment, error) {
	f.Kind = KindAdjustment
	return document.ReadAll[Adjustment](d.o.Store.Documents(ctx, f))
}

// history of a gauge, in the order of time.
func (d *Desk) history(ctx context.Context, tenant plant.TenantNo, gauge string) ([]Check, []Adjustment, error) {
	f := Filter{Scope: access.Scope{Tenant: tenant}, Of: gauge, Limit: maxChecks}
	checks, err := d.Checks(ctx, f)
	if err != nil {
		return nil, nil, err
	}
	adjusted, err := d.Adjustments(ctx, f)
	slices.SortStableFunc(checks, func(a, b Check) int { return cmp.Or(cmp.Compare(a.At, b.At), strings.Compare(a.ID, b.ID)) })
	slices.SortStableFunc(adjusted, func(a, b Adjustment) int { return cmp.Or(cmp.Compare(a.At, b.At), strings.Compare(a.ID, b.ID)) })
	return checks, adjusted, err
}

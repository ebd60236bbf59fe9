package alarm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"zhigai/access"
	"zhigai/calc/alarm"
	"zhigai/plant"
)

// Bounds of a trial on history.
const (
	maxTrial  = 400 * 24 * time.Hour // as long as samples of the standard class are kept
	maxFired  = 1000                 // occurrences that are listed; all are counted
	maxWithin = 7 * 24 * time.Hour
)

// Question is a limit to be tried on a stretch of history.
type Question struct {
	Terms
	From    plant.Instant `json:"from"`
	To      plant.Instant `json:"to"`
	WithinS int64         `json:"within_s" minimum:"0" maximum:"604800" doc:"How long before a stop an alarm must come to count as its warning"`
}

// Fired is one alarm that the limit would have made.
type Fired struct {
	From plant.Instant `json:"from"`
	To   plant.Instant `json:"to"`
	Open bool          `json:"open,omitempty" doc:"It would stand still at the end"`
	Lost bool          `json:"lost,omitempty" doc:"Contact or signal was lost at to"`
	Peak float64       `json:"peak" doc:"The worst that was measured"`
	// BeforeS is how long before the next stop it came; -1 where none came in time.
	BeforeS float64 `json:"before_s" doc:"How long before the next stop it came; -1 where none came within within_s"`
}

// Burst is time in which alarms came faster than a person can answer.
type Burst struct {
	From  plant.Instant `json:"from"`
	To    plant.Instant `json:"to"`
	Count int           `json:"count"`
	Peak  int           `json:"peak" doc:"The most within ten minutes"`
}

// Backtest is what a limit would have done.
type Backtest struct {
	From     plant.Instant `json:"from"`
	To       plant.Instant `json:"to" doc:"No later than now"`
	Signal   string        `json:"signal"`
	Unit     string        `json:"unit,omitempty"`
	Fired    []Fired       `json:"fired" nullable:"false" doc:"The first of them; count says how many there are"`
	Count    int           `json:"count"`
	PerDay   float64       `json:"per_day"`
	StoodS   float64       `json:"stood_s" doc:"All of them together"`
	LongestS float64       `json:"longest_s"`
	// Stops are the machine's in the stretch.
	Stops       int     `json:"stops" doc:"Standstills of the machine in its planned time"`
	Foreseen    int     `json:"foreseen" doc:"Stops that an alarm came before"`
	BeforeStops int     `json:"before_stops" doc:"Alarms that came before a stop"`
	InStops     int     `json:"in_stops" doc:"Alarms that came while the machine stood already"`
	Floods      []Burst `json:"floods" nullable:"false"`
	// Coverage is how much of the stretch the signal had a value.
	Coverage *float64 `json:"coverage" doc:"Share of the stretch in which the signal had a good value, 0..1"`
	Reason   string   `json:"reason,omitempty" doc:"Why the trial says little: there are no values, or few"`
	Rule     string   `json:"rule" doc:"Version of the code that says when an alarm stands"`
}

// ruleVersion changes with what calc/alarm says of the same samples.
const ruleVersion = "alarm-fold/1"

// fewValues is how much of a stretch must be known for a trial to be sure of itself.
const fewValues = 0.8

// Try says what a limit would have done over a stretch of history, by the code by
// which it fires when it is live. The machine's stops tell whether it warned.
func (d *Desk) Try(ctx context.Context, scope access.Scope, q Question) (Backtest, error) {
	now := plant.InstantOf(d.o.Now())
	q.To = min(q.To, now)
	rule := q.rule()
	switch {
	case q.To <= q.From:
		return Backtest{}, invalid("the stretch ends before it begins, or has not begun")
	case q.To.Time().Sub(q.From.Time()) > maxTrial:
		return Backtest{}, invalid("a limit is tried on %d days of history at most", int(maxTrial.Hours()/24))
	case q.WithinS < 0 || time.Duration(q.WithinS)*time.Second > maxWithin:
		return Backtest{}, invalid("an alarm warns of a stop up to %d days later", int(maxWithin.Hours()/24))
	}
	if err := rule.Check(); err != nil {
		return Backtest{}, invalid("%v", err)
	}
	tag, err := d.signal(ctx, scope, q.Terms)
	if err != nil {
		return Backtest{}, err
	}
	w := watched{history: d.o.History, tenant: scope.Tenant, tag: tag, against: q.Against}
	firings, err := w.all(ctx, rule, q.From.Micros(), q.To.Micros())
	if err != nil {
		return Backtest{}, err
	}
	stops, err := d.o.Machines.Stops(ctx, scope, tag.Node, q.From.Micros(), q.To.Micros())
	if err != nil && !errors.Is(err, access.ErrNotFound) {
		return Backtest{}, fmt.Errorf("stops of %s: %w", tag.Path, err)
	}
	out := Backtest{From: q.From, To: q.To, Signal: tag.Tag.Name, Unit: tag.Unit, Rule: ruleVersion}
	out.judge(firings, stops, (time.Duration(q.WithinS) * time.Second).Microseconds())
	return out, out.cover(ctx, w)
}

// all are the firings of [from, to).
func (w watched) all(ctx context.Context, rule alarm.Rule, from, to plant.Micros) ([]alarm.Firing, error) {
	var out []alarm.Firing
	f := alarm.NewFold(rule, func(one alarm.Firing) { out = append(out, one) })
	if err := w.walk(ctx, rule, from, to, f); err != nil {
		return nil, err
	}
	if one, ok := f.Standing(); ok {
		out = append(out, one)
	}
	return out, nil
}

func (b *Backtest) judge(firings []alarm.Firing, stops []alarm.Span, within int64) {
	spans := make([]alarm.Span, len(firings))
	for i, f := range firings {
		spans[i] = alarm.Span{From: f.From, To: f.To}
	}
	t := alarm.Try(spans, stops, int64(b.From), int64(b.To), within)
	b.Count, b.PerDay, b.StoodS, b.LongestS = t.Count, t.PerDay, seconds(t.StoodUs), seconds(t.Longest)
	b.Stops, b.Foreseen, b.BeforeStops, b.InStops = t.Stops, t.Foreseen, t.BeforeStops, t.InStops
	b.Floods = bursts(t.Floods)
	b.Fired = make([]Fired, min(len(firings), maxFired))
	for i := range b.Fired {
		f := firings[i]
		b.Fired[i] = Fired{From: floorMs(f.From), To: floorMs(f.To), Open: f.Open, Lost: f.Lost, Peak: f.Peak, BeforeS: -1}
		if t.Before[i] >= 0 {
			b.Fired[i].BeforeS = seconds(t.Before[i])
		}
	}
}

// cover says how much of the stretch had a value.
func (b *Backtest) cover(ctx context.Context, w watched) error {
	all, err := w.history.Buckets(ctx, w.tenant, w.tag.No, b.From.Micros(), b.To.Micros(), 1)
	if err != nil {
		return fmt.Errorf("%s: %w", w.tag.Path, err)
	}
	share := float64(all[0].GoodTime) / float64(b.To-b.From)
	b.Coverage = &share
	switch {
	case share == 0:
		b.Coverage, b.Reason = nil, "no values in the stretch"
	case share < fewValues:
		b.Reason = "the signal had a value for only a part of the stretch"
	}
	return nil
}

func bursts(all []alarm.Flood) []Burst {
	out := make([]Burst, len(all))
	for i, f := range all {
		out[i] = Burst{From: floorMs(f.From), To: floorMs(f.To), Count: f.Count, Peak: f.Peak}
	}
	return out
}

func seconds(us int64) float64 { return float64(us) / 1e6 }

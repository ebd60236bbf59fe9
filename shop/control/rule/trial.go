package rule

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"zhigai/access"
	calc "zhigai/calc/alarm"
	"zhigai/calc/rule"
	"zhigai/plant"
)

// Bounds of a trial on history.
const (
	maxTrial  = 400 * 24 * time.Hour // as long as samples of the standard class are kept
	maxFired  = 1000                 // firings that are listed; all are counted
	maxWithin = 7 * 24 * time.Hour
	maxPoints = 2000 // of the course of an input
)

// Against says what firings are held against.
type Against string

// What firings are held against.
const (
	Stops    Against = "stops"    // of the machine, in its planned time
	Alarms   Against = "alarms"   // of other sources at the place
	Cases    Against = "cases"    // nonconformances at the place
	Commands Against = "commands" // that people gave at the place
)

// Question is a rule to be tried on a stretch of history.
type Question struct {
	Definition Definition    `json:"definition"`
	From       plant.Instant `json:"from"`
	To         plant.Instant `json:"to"`
	Against    Against       `json:"against,omitempty" enum:"stops,alarms,cases,commands" doc:"Known events that firings are held against; stops when left out"`
	Machine    plant.NodeID  `json:"equipment,omitempty" maxLength:"60" doc:"Where these happened; at the first input's machine when left out"`
	WithinS    int64         `json:"within_s" minimum:"0" maximum:"604800" doc:"How long before an event a firing must come to count as its warning"`
	Points     int           `json:"points,omitempty" minimum:"0" maximum:"2000" doc:"Length of the courses of the inputs; none when left out"`
}

// Fire is one firing of a trial.
type Fire struct {
	From     plant.Instant `json:"from"`
	To       plant.Instant `json:"to"`
	Open     bool          `json:"open,omitempty" doc:"It would stand still at the end"`
	Lost     bool          `json:"lost,omitempty" doc:"An input was not known any more at to"`
	Withheld bool          `json:"withheld,omitempty" doc:"It would have acted more often than it may: the rule would have suspended itself"`
	Readings []Reading     `json:"readings" nullable:"false"`
	// BeforeS is how long before the next event it came; -1 where none came in time.
	BeforeS float64 `json:"before_s" doc:"How long before the next event it came; -1 where none came within within_s"`
}

// Reading is what an input or a window was.
type Reading struct {
	Name   string  `json:"name"`
	Number float64 `json:"number"`
	Text   string  `json:"text,omitempty"`
	Note   string  `json:"note,omitempty" doc:"Of a figure: its version, hour and coverage"`
}

// Course is an input over the stretch.
type Course struct {
	Name   string  `json:"name"`
	Unit   string  `json:"unit,omitempty"`
	Points []Point `json:"points" nullable:"false"`
}

// Point is a part of a course in which the input was known.
type Point struct {
	At   plant.Instant `json:"at"`
	Low  float64       `json:"low"`
	Mean float64       `json:"mean" doc:"Weighed by the time that each value held"`
	High float64       `json:"high"`
}

// Trial is what a rule would have done.
type Trial struct {
	From     plant.Instant `json:"from"`
	To       plant.Instant `json:"to" doc:"No later than now"`
	Fired    []Fire        `json:"fired" nullable:"false" doc:"The first of them; count says how many there are"`
	Count    int           `json:"count"`
	Withheld int           `json:"withheld" doc:"Firings beyond what it may do within an hour"`
	PerDay   *float64      `json:"per_day" doc:"None where too little of the stretch is known"`
	StoodS   float64       `json:"stood_s" doc:"All firings together"`
	Against  Against       `json:"against" enum:"stops,alarms,cases,commands"`
	Events   int           `json:"events" doc:"Known events of the stretch"`
	Hits     int           `json:"hits" doc:"Events that a firing came before"`
	Misses   int           `json:"misses" doc:"Events that none came before"`
	False    int           `json:"false_calls" doc:"Firings that no event came after in time, and that came during none"`
	During   int           `json:"during" doc:"Firings while an event went on already"`
	Coverage *float64      `json:"coverage" doc:"Share of the stretch in which the input known least had a good value, 0..1"`
	Reason   string        `json:"reason,omitempty" doc:"Why the trial says little"`
	TookMS   float64       `json:"took_ms"`
	Speed    float64       `json:"speed" doc:"Times faster than it happened"`
	Rule     string        `json:"rule" doc:"Version of the code that says when a rule fires"`
	Courses  []Course      `json:"courses,omitempty"`
}

// ruleVersion changes with what calc/rule says of the same samples.
const ruleVersion = "rule-fold/1"

// fewValues is how much of a stretch must be known for a trial to be sure of itself.
const fewValues = 0.8

func (q *Question) check(now plant.Instant) error {
	q.To = min(q.To, now)
	if q.Against == "" {
		q.Against = Stops
	}
	switch {
	case q.To <= q.From:
		return invalid("the stretch ends before it begins, or has not begun")
	case q.To.Time().Sub(q.From.Time()) > maxTrial:
		return invalid("a rule is tried on %d days of history at most", int(maxTrial.Hours()/24))
	case q.WithinS < 0 || time.Duration(q.WithinS)*time.Second > maxWithin:
		return invalid("within_s: a firing warns of an event up to %d days later", int(maxWithin.Hours()/24))
	case q.Points < 0 || q.Points > maxPoints:
		return invalid("points: %d at most", maxPoints)
	case !slices.Contains([]Against{Stops, Alarms, Cases, Commands}, q.Against):
		return invalid("against: write stops, alarms, cases or commands")
	}
	return nil
}

// Try says what a rule would have done over a stretch of history, by the code by which
// it fires when it is live.
func (d *Desk) Try(ctx context.Context, who access.Principal, q Question) (Trial, error) {
	if err := q.check(d.now()); err != nil {
		return Trial{}, err
	}
	if _, _, err := d.complete(ctx, who, &q.Definition); err != nil {
		return Trial{}, err
	}
	if q.Machine == "" {
		q.Machine = q.Definition.Inputs[0].Machine
	}
	if _, err := d.machine(ctx, who, q.Machine); err != nil {
		return Trial{}, err
	}
	began := d.o.Now()
	fired, err := d.replay(ctx, who.Scope.Tenant, q.Definition, q.From.Micros(), q.To.Micros())
	if err != nil {
		return Trial{}, err
	}
	out := Trial{From: q.From, To: q.To, Against: q.Against, Rule: ruleVersion}
	took := d.o.Now().Sub(began)
	out.TookMS = float64(took.Microseconds()) / 1000
	if took > 0 {
		out.Speed = float64(q.To.Time().Sub(q.From.Time())) / float64(took)
	}
	events, err := d.o.Events.Happened(ctx, who.Scope, q.Against, q.Machine, q.From.Micros(), q.To.Micros())
	if err != nil && !errors.Is(err, access.ErrNotFound) {
		return Trial{}, fmt.Errorf("%s: %w", q.Against, err)
	}
	out.judge(fired, events, (time.Duration(q.WithinS) * time.Second).Microseconds())
	return out, d.courses(ctx, who.Scope.Tenant, q, &out)
}

// replay are the firings of [from, to), with what stands at the end.
func (d *Desk) replay(ctx context.Context, tenant plant.TenantNo, def Definition, from, to plant.Micros) ([]rule.Firing, error) {
	program, err := rule.CompileUncounted(def.spec())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	src, err := d.sources(ctx, tenant, def)
	if err != nil {
		return nil, err
	}
	var out []rule.Firing
	counts := false
	f := rule.NewFold(ctx, program, func(rule.Firing) {}, func(one rule.Firing) {
		if counts {
			out = append(out, one)
		}
	})
	p := d.past(tenant, src, to)
	begin := from - plant.Micros(program.Longest())
	if err := p.seed(ctx, begin, f); err != nil {
		return nil, err
	}
	if begin < from {
		if err := p.read(ctx, begin, from, f); err != nil {
			return nil, err
		}
	}
	f.Advance(int64(from))
	counts = true
	if err := p.read(ctx, from, to, f); err != nil {
		return nil, err
	}
	f.Advance(int64(to))
	if one, ok := f.Standing(); ok {
		out = append(out, one)
	}
	return out, nil
}

// judge holds firings against events.
func (t *Trial) judge(fired []rule.Firing, events []calc.Span, within int64) {
	end := int64(t.To.Micros())
	spans := make([]calc.Span, len(fired))
	for i, f := range fired {
		spans[i] = calc.Span{From: f.From, To: f.To}
		if f.To == 0 {
			spans[i].To = end
		}
		if f.Withheld {
			t.Withheld++
		}
	}
	tried := calc.Try(spans, events, int64(t.From.Micros()), end, within)
	t.Count, t.PerDay, t.StoodS = tried.Count, &tried.PerDay, seconds(tried.StoodUs)
	t.Events, t.Hits, t.Misses, t.During = tried.Stops, tried.Foreseen, tried.Stops-tried.Foreseen, tried.InStops
	t.False = tried.Count - tried.BeforeStops - tried.InStops
	t.Fired = make([]Fire, min(len(fired), maxFired))
	for i := range t.Fired {
		f := fired[i]
		t.Fired[i] = Fire{From: floorMs(f.From), To: floorMs(spans[i].To), Open: f.To == 0, Lost: f.Lost, Withheld: f.Withheld, Readings: readingsOf(f), BeforeS: -1}
		if tried.Before[i] >= 0 {
			t.Fired[i].BeforeS = seconds(tried.Before[i])
		}
	}
}

func readingsOf(f rule.Firing) []Reading {
	out := make([]Reading, len(f.Readings))
	for i, r := range f.Readings {
		out[i] = Reading(r)
	}
	return out
}

// courses says how much of the stretch was known, and draws the inputs.
func (d *Desk) courses(ctx context.Context, tenant plant.TenantNo, q Question, out *Trial) error {
	least := 1.0
	for _, in := range q.Definition.Inputs {
		if in.Tag == 0 {
			continue
		}
		buckets, err := d.o.History.Buckets(ctx, tenant, in.Tag, q.From.Micros(), q.To.Micros(), max(1, q.Points))
		if err != nil {
			return fmt.Errorf("%s: %w", in.Name, err)
		}
		good := plant.Micros(0)
		c := Course{Name: in.Name, Unit: in.Unit, Points: []Point{}}
		for _, b := range buckets {
			good += b.GoodTime
			if b.GoodTime == 0 {
				continue
			}
			low, high := b.Min, b.Max
			if b.Count == b.BadCount { // the value from before held all the time
				low, high = b.TimeAvg, b.TimeAvg
			}
			c.Points = append(c.Points, Point{plant.Instant(b.From), low, b.TimeAvg, high})
		}
		least = min(least, float64(good)/float64(q.To.Micros()-q.From.Micros()))
		if q.Points > 0 {
			out.Courses = append(out.Courses, c)
		}
	}
	out.Coverage = &least
	switch {
	case least == 0:
		out.Coverage, out.PerDay, out.Reason = nil, nil, "an input has no values in the stretch"
	case least < fewValues:
		out.PerDay, out.Reason = nil, "an input had a value for only a part of the stretch"
	}
	return nil
}

// Backtest tries a revision on history and keeps what came of it.
func (d *Desk) Backtest(ctx context.Context, who access.Principal, id string, rev int64, q Question) (Rule, Trial, error) {
	r, err := d.rule(ctx, who, id, access.Engineer)
	if err != nil {
		return Rule{}, Trial{}, err
	}
	switch {
	case r.Rev != rev:
		return Rule{}, Trial{}, conflict("the rule has revision %d, not %d; look at it again", r.Rev, rev)
	case !slices.Contains(ways[r.State], Backtested):
		return Rule{}, Trial{}, invalid("%s is %s; what was tried belongs to a draft. A trial of any definition can be asked for without keeping it", r.called(), r.State)
	}
	q.Definition = r.Definition
	t, err := d.Try(ctx, who, q)
	if err != nil {
		return Rule{}, Trial{}, err
	}
	r.Trial = &Tried{At: d.now(), By: who.Name, From: t.From, To: t.To, Count: t.Count, Hits: t.Hits, Misses: t.Misses, False: t.False}
	return r, t, d.step(ctx, who.Scope.Tenant, &r, rev, Step{State: Backtested, What: "backtest", By: who.Name})
}

func seconds(us int64) float64 { return float64(us) / 1e6 }

// floorMs drops what is finer than a millisecond: other parts keep no finer times.
func floorMs(us int64) plant.Instant { return plant.Instant(us - us%1000) }

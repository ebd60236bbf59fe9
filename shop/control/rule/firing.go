package rule

import (
	"context"
	"errors"
	"fmt"
	"time"

	"zhigai/access"
	"zhigai/calc/rule"
	"zhigai/fact/document"
	"zhigai/plant"
)

// Fired is one time that a rule fired: in shadow, or acting.
type Fired struct {
	ID       string        `json:"id"`
	Rev      int64         `json:"rev"`
	Rule     string        `json:"rule" doc:"The revision"`
	Series   string        `json:"series"`
	Revision int           `json:"revision"`
	Name     plant.Name    `json:"name" doc:"Of the rule"`
	Place    plant.NodeID  `json:"place"`
	Path     string        `json:"path"`
	Mode     State         `json:"mode" enum:"shadow,active"`
	From     plant.Instant `json:"from"`
	To       plant.Instant `json:"to,omitempty" doc:"Left out while it stands"`
	Lost     bool          `json:"lost,omitempty" doc:"An input was not known any more at to"`
	Withheld bool          `json:"withheld,omitempty" doc:"It acted as often as it may before: this firing did nothing"`
	Readings []Reading     `json:"readings" nullable:"false" doc:"What it rests on"`
	Outcomes []Outcome     `json:"outcomes" nullable:"false" doc:"What came of its actions; none in shadow"`
}

// Firings lists firings within a scope, the newest first.
func (d *Desk) Firings(ctx context.Context, f Filter) ([]Fired, error) {
	f.Kind = KindFiring
	return document.ReadAll[Fired](d.o.Store.Documents(ctx, f))
}

// changeFired changes a firing as it is kept now: who waits for an approval does beside
// who ends it.
func (d *Desk) changeFired(ctx context.Context, tenant plant.TenantNo, id string, change func(*Fired)) (Fired, error) {
	for {
		f, err := document.Read[Fired](d.o.Store.Document(ctx, tenant, KindFiring, id))
		if err != nil {
			return f, err
		}
		change(&f)
		if err = d.saveFired(ctx, tenant, &f); !errors.Is(err, access.ErrConflict) {
			return f, err
		}
	}
}

func (d *Desk) saveFired(ctx context.Context, tenant plant.TenantNo, f *Fired) error {
	seen := f.Rev
	f.Rev++
	doc := Document{Kind: KindFiring, ID: f.ID, Place: f.Place, Path: f.Path, Of: f.Series, Open: f.To == 0, By: "rule"}
	if err := document.Save(ctx, d.o.Store, tenant, doc, f, seen, d.now()); err != nil {
		f.Rev = seen
		return err
	}
	return nil
}

// Limits of how a rule that acts may misbehave.
const (
	// maxFailed is how many firings after one another may end without having done all
	// that they were to do.
	maxFailed = 3
	// actWithin bounds what one firing does: longer than a command may live.
	actWithin = 2 * time.Minute
)

// actor does what a runner's news ask for, one after the other, until there are no more.
func (d *Desk) actor(tenant plant.TenantNo, r *runner, open *Fired) func(context.Context) {
	return func(ctx context.Context) {
		failed := 0
		for n := range r.news {
			doing, cancel := context.WithTimeout(ctx, actWithin)
			why := n.why
			var err error
			switch {
			case why != "":
			case n.over:
				err = d.over(doing, tenant, r.rule, open, n)
				open = nil
			default:
				open, err = d.fired(doing, tenant, r.rule, n)
				why = misbehaves(open, &failed, r.rule)
			}
			if why != "" {
				d.stop(r)
				if r.rule.State == Active {
					err = errors.Join(err, d.trip(doing, tenant, r.rule, why))
				}
				d.o.Logger.Warn("a rule was stopped", "rule", r.rule.ID, "reason", why)
				// Nobody knows whether what stood goes on.
				end := rule.Firing{To: int64(plant.MicrosOf(d.o.Now())), Lost: true}
				err = errors.Join(err, d.over(doing, tenant, r.rule, open, news{firing: end, over: true}))
				open = nil
			}
			if err != nil {
				d.o.Logger.Error("a firing of a rule is not kept", "rule", r.rule.ID, "err", err)
			}
			cancel()
			r.acting.Store(len(r.news) > 0)
		}
	}
}

// fail stops a runner and lets it be suspended.
func (d *Desk) fail(r *runner, why string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !r.stopped {
		r.say(news{why: why})
	}
}

func (d *Desk) stop(r *runner) {
	d.mu.Lock()
	defer d.mu.Unlock()
	r.stopped = true
}

// misbehaves says why a rule is to be suspended after a firing.
func misbehaves(f *Fired, failed *int, r Rule) string {
	if f == nil || f.Mode != Active {
		return ""
	}
	if f.Withheld {
		return fmt.Sprintf("it would have acted more than %d times within an hour. Look at what it answers to, give it a longer delay or another limit", r.MaxPerHour)
	}
	bad := ""
	for _, o := range f.Outcomes {
		if o.Doubtful {
			return fmt.Sprintf("a %s of it ended as %s: %s. Look at the machine before the rule is allowed again", o.Kind, o.State, o.Why)
		}
		if o.State == outcomeFailed {
			bad = fmt.Sprintf("%s: %s", o.Kind, o.Why)
		}
	}
	if bad == "" {
		*failed = 0
		return ""
	}
	if *failed++; *failed < maxFailed {
		return ""
	}
	return fmt.Sprintf("%d firings after one another did not do what they were to do, the last: %s", maxFailed, bad)
}

// States of an outcome that is no command.
const (
	outcomeDone   = "done"
	outcomeFailed = "failed"
)

// Done and Failed make outcomes.
func Done(kind ActionKind, id string) Outcome { return Outcome{Kind: kind, ID: id, State: outcomeDone} }

// Failed is the outcome of what was refused.
func Failed(kind ActionKind, err error) Outcome {
	return Outcome{Kind: kind, State: outcomeFailed, Why: err.Error()}
}

// fired keeps that a rule fired, and then does what it says: the fact stands first.
func (d *Desk) fired(ctx context.Context, tenant plant.TenantNo, r Rule, n news) (*Fired, error) {
	f := &Fired{
		ID: d.o.NewID(), Rule: r.ID, Series: r.Series, Revision: r.Revision, Name: r.Name, Place: r.Place, Path: r.Path, Mode: r.State,
		From: floorMs(n.firing.From), Withheld: n.firing.Withheld, Readings: readingsOf(n.firing), Outcomes: []Outcome{},
	}
	if err := d.saveFired(ctx, tenant, f); err != nil {
		return nil, err // what is not kept is not done
	}
	if f.Mode != Active || f.Withheld {
		return f, nil
	}
	for i, a := range r.Actions {
		f.Outcomes = append(f.Outcomes, d.o.Actors.Do(ctx, tenant, Doing{r, *f, a, i}))
	}
	done, err := d.changeFired(ctx, tenant, f.ID, func(kept *Fired) { kept.Outcomes = f.Outcomes })
	if err != nil {
		return f, err
	}
	d.follow(tenant, r, done)
	return &done, nil
}

// over keeps that a firing is over, and ends what stood because of it.
func (d *Desk) over(ctx context.Context, tenant plant.TenantNo, r Rule, f *Fired, n news) error {
	if f == nil {
		return nil
	}
	ended, err := d.changeFired(ctx, tenant, f.ID, func(kept *Fired) {
		kept.To, kept.Lost = max(floorMs(n.firing.To), kept.From), n.firing.Lost
	})
	if err != nil {
		return err
	}
	if f = &ended; f.Mode != Active || f.Withheld {
		return nil
	}
	for i, a := range r.Actions {
		if err := d.o.Actors.Over(ctx, tenant, Doing{r, *f, a, i}); err != nil {
			return err
		}
	}
	return nil
}

// Compared is what a rule decided, beside what people did at the same time.
type Compared struct {
	From    plant.Instant `json:"from"`
	To      plant.Instant `json:"to"`
	Against Against       `json:"against" enum:"stops,alarms,cases,commands"`
	WithinS int64         `json:"within_s"`
	Decided []Decided     `json:"decided" nullable:"false" doc:"Firings, the newest first, each with what happened next"`
	Alone   []Happened    `json:"alone" nullable:"false" doc:"What happened without a firing before it"`
	Hits    int           `json:"hits"`
	Misses  int           `json:"misses"`
	False   int           `json:"false_calls"`
}

// Decided is a firing, and how long after it something happened.
type Decided struct {
	Fired
	AfterS float64 `json:"after_s" doc:"How long after it the next event came; -1 where none came in time"`
}

// Happened is one event.
type Happened struct {
	From plant.Instant `json:"from"`
	To   plant.Instant `json:"to"`
}

// Compare holds what a revision decided against what people did, or what happened.
func (d *Desk) Compare(ctx context.Context, who access.Principal, id string, against Against, from, to plant.Instant, withinS int64) (Compared, error) {
	r, err := d.rule(ctx, who, id, access.Read)
	if err != nil {
		return Compared{}, err
	}
	q := Question{From: from, To: to, Against: against, WithinS: withinS}
	if len(r.points()) > 0 && against == "" {
		q.Against = Commands
	}
	if err := q.check(d.now()); err != nil {
		return Compared{}, err
	}
	machine := r.Inputs[0].Machine
	for _, a := range r.Actions {
		if q.Against == Commands && a.Kind == Command {
			machine = a.Machine
		}
	}
	events, err := d.o.Events.Happened(ctx, who.Scope, q.Against, machine, q.From.Micros(), q.To.Micros())
	if err != nil {
		return Compared{}, err
	}
	all, err := d.Firings(ctx, Filter{Scope: who.Scope, Of: r.Series, Limit: maxFired})
	if err != nil {
		return Compared{}, err
	}
	out := Compared{From: q.From, To: q.To, Against: q.Against, WithinS: q.WithinS, Decided: []Decided{}, Alone: []Happened{}}
	within := plant.Instant((time.Duration(q.WithinS) * time.Second).Microseconds())
	foreseen := make([]bool, len(events))
	for _, f := range all {
		if f.Rule != id || f.From < q.From || f.From >= q.To {
			continue
		}
		one := Decided{Fired: f, AfterS: -1}
		during := false
		for i, e := range events {
			begin, end := plant.Instant(e.From), plant.Instant(e.To)
			during = during || begin <= f.From && f.From < end
			if begin >= f.From && begin-f.From <= within {
				foreseen[i] = true
				if one.AfterS < 0 {
					one.AfterS = seconds(int64(begin - f.From))
				}
			}
		}
		if one.AfterS < 0 && !during {
			out.False++
		}
		out.Decided = append(out.Decided, one)
	}
	for i, e := range events {
		if foreseen[i] {
			out.Hits++
			continue
		}
		out.Misses++
		out.Alone = append(out.Alone, Happened{plant.Instant(e.From), plant.Instant(e.To)})
	}
	return out, nil
}

package production

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
)

// Entry is what somebody at a machine says of a job.
type Entry struct {
	Job     int          `json:"job" minimum:"1"`
	What    StepKind     `json:"what" enum:"job,operator,first_piece,count"`
	Command Command      `json:"command,omitempty" enum:"start,revoke,prepare,load,run,pause,hold,resume,complete,close,abort" doc:"Of what: job"`
	Machine plant.NodeID `json:"equipment,omitempty" doc:"Where; the planned one when left out"`
	Person  string       `json:"person,omitempty" maxLength:"100" doc:"Of what: operator; whoever asks when left out"`
	On      bool         `json:"on,omitempty" doc:"Of what: operator"`
	OK      bool         `json:"ok,omitempty" doc:"Of what: first_piece"`
	Good    int64        `json:"good,omitempty"`
	Scrap   int64        `json:"scrap,omitempty"`
	Rework  int64        `json:"rework,omitempty"`
	// Counted: the machine has counted scrap and rework as good.
	Counted bool          `json:"counted,omitempty" doc:"The machine counted the scrap and rework as good: they are taken from the good"`
	Reason  string        `json:"reason,omitempty" maxLength:"100" doc:"Why it is held, paused, aborted or scrap"`
	Note    string        `json:"note,omitempty" maxLength:"1000"`
	At      plant.Instant `json:"at,omitempty" doc:"When it was done, of an entry that was made without the network; now when left out"`
	Key     string        `json:"key,omitempty" maxLength:"80" doc:"The sender's own: the same again is the same entry"`
}

// Limits of what is entered later than it was done.
const (
	maxLate    = 7 * 24 * time.Hour
	clockSlack = 2 * time.Minute // a panel's clock may run ahead of ours
)

// Enter takes an entry at a job. One that was made without the network (At) is
// never refused for what others did meanwhile: when it does not fit it is kept
// as a doubt, which somebody mends.
func (d *Desk) Enter(ctx context.Context, who access.Principal, id string, e Entry) (View, error) {
	for try := 1; ; try++ {
		v, err := d.enter(ctx, who, id, e)
		if !errors.Is(err, access.ErrConflict) || try == tries {
			return v, err
		}
	}
}

func (d *Desk) enter(ctx context.Context, who access.Principal, id string, e Entry) (View, error) {
	tenant := who.Scope.Tenant
	o, steps, err := d.load(ctx, who, id)
	if err != nil {
		return View{}, err
	}
	if e.Key != "" && slices.ContainsFunc(steps, func(s Step) bool { return s.Key == e.Key && s.By == who.Name }) {
		return d.view(ctx, tenant, o) // the sender did not hear that it was taken
	}
	j, ok := o.Job(e.Job)
	if !ok {
		return View{}, invalid("order %s has no job %d", o.Number, e.Job)
	}
	if e.Machine == "" {
		e.Machine = j.Equipment
	}
	if err := d.mayEnter(ctx, who, o, *j, e); err != nil {
		return View{}, err
	}
	s, err := d.stepOf(e, who, *j)
	if err != nil {
		return View{}, err
	}
	late := e.At != 0
	c := Change{Order: o, Seen: o.Rev}
	var others []Change
	if s.What == StepJob && (s.Command == Run || s.Command == Resume) && !j.Outside {
		if others, err = d.displace(ctx, who, &c, steps, *j, s, late); err != nil {
			return View{}, err
		}
	}
	if !late {
		if err := d.checkNow(ctx, tenant, &o, *j, s); err != nil {
			return View{}, err
		}
	}
	if c.Order, s, err = d.follow(who, c.Order, slices.Concat(steps, c.Steps), s); err != nil && !late {
		return View{}, err
	}
	c.Steps = append(c.Steps, s)
	if s.What == StepCount && e.Machine != "" {
		f := fact.New(fact.KindCount, e.Machine, s.At.Time(), "person:"+who.Name, fact.Count{Product: o.Product, Good: s.Good, Scrap: s.Scrap, Rework: s.Rework, Job: JobKey(o.Number, j.No), Reason: s.Reason, Note: s.Note})
		f.ID = d.o.NewID()
		c.Steps[len(c.Steps)-1].Fact, c.Facts = f.ID, []fact.Event{f}
	}
	return d.append(ctx, tenant, c.Order, append(others, c)...)
}

// JobKey names a job as counts at machines do.
func JobKey(number string, job int) string { return fmt.Sprintf("%s-%d", number, job) }

// OfJobKey reads what JobKey wrote: the number of the order and of the job.
func OfJobKey(key string) (number string, job int, ok bool) {
	i := strings.LastIndexByte(key, '-')
	if i <= 0 {
		return "", 0, false
	}
	job, err := strconv.Atoi(key[i+1:])
	return key[:i], job, err == nil
}

func (d *Desk) append(ctx context.Context, tenant plant.TenantNo, o Order, changes ...Change) (View, error) {
	stored, err := d.o.Store.Append(ctx, tenant, changes...)
	if err != nil {
		return View{}, err
	}
	if d.o.Recorded != nil && len(stored) > 0 {
		d.o.Recorded(ctx, tenant, stored)
	}
	return d.view(ctx, tenant, o)
}

// mayEnter asks whether the asker may report at the machine, and whether the
// machine can do the job.
func (d *Desk) mayEnter(ctx context.Context, who access.Principal, o Order, j Job, e Entry) error {
	path := o.Place
	if e.Machine != "" {
		p, err := d.o.Places.Place(ctx, who.Scope.Tenant, e.Machine)
		if err != nil {
			return err
		}
		path = p.Path
	}
	if !who.May(access.Report, path) {
		return fmt.Errorf("%w: reporting at %s", access.ErrForbidden, path)
	}
	if e.What == StepFirst && !who.May(access.Engineer, path) {
		return fmt.Errorf("%w: approving a first piece at %s", access.ErrForbidden, path)
	}
	if e.What != StepJob || e.Command != Run && e.Command != Load || j.Outside {
		return nil
	}
	def, err := d.o.Store.Definition(ctx, who.Scope.Tenant, o.Product, o.Revision)
	if err != nil {
		return err
	}
	s, _ := def.Segment(j.No)
	for _, a := range s.Alternatives {
		machines, err := d.o.Places.Machines(ctx, who.Scope.Tenant, a.Equipment)
		if err != nil && !errors.Is(err, access.ErrNotFound) {
			return err
		}
		if slices.ContainsFunc(machines, func(m Place) bool { return m.ID == e.Machine }) {
			return nil
		}
	}
	return invalid("order %s: job %d cannot be done at %s; its routing names other machines", o.Number, j.No, path)
}

// stepOf makes a step of an entry.
func (d *Desk) stepOf(e Entry, who access.Principal, j Job) (Step, error) {
	s := Step{
		What: e.What, Job: e.Job, Command: e.Command, Machine: e.Machine, Person: strings.TrimSpace(e.Person), On: e.On, OK: e.OK,
		Good: e.Good, Scrap: e.Scrap, Rework: e.Rework, Reason: strings.TrimSpace(e.Reason), Note: strings.TrimSpace(e.Note), At: e.At, Key: e.Key,
	}
	now := d.o.Now()
	switch {
	case len(s.Note) > maxNote || len(s.Reason) > maxName || len(s.Key) > maxName || len(s.Person) > maxName:
		return Step{}, invalid("a text is too long: %d bytes for a note, %d for others", maxNote, maxName)
	case e.At > plant.InstantOf(now.Add(clockSlack)):
		return Step{}, invalid("%s has not come yet; set the clock of the panel", e.At.Time().Format(time.RFC3339))
	case e.At != 0 && e.At < plant.InstantOf(now.Add(-maxLate)):
		return Step{}, invalid("%s is more than %d days ago; a planner corrects what is older", e.At.Time().Format(time.RFC3339), int(maxLate.Hours()/24))
	case e.At != 0 && e.Key == "":
		return Step{}, invalid("an entry that was made without the network needs a key, so that it is not taken twice")
	}
	switch e.What {
	case StepJob:
		if (e.Command == Hold || e.Command == Abort) && s.Reason == "" && s.Note == "" {
			return Step{}, invalid("say why job %d is told to %s", e.Job, e.Command)
		}
	case StepOperator:
		if s.Person == "" {
			s.Person = who.Name
		}
	case StepFirst:
		if !s.OK && s.Note == "" {
			return Step{}, invalid("say what is wrong with the first piece")
		}
	case StepCount:
		if e.Counted {
			if e.Good != 0 || e.Scrap < 0 || e.Rework < 0 {
				return Step{}, invalid("scrap and rework that the machine counted as good are entered by themselves")
			}
			s.Good = -(e.Scrap + e.Rework)
		}
		if s.Scrap > 0 && s.Reason == "" {
			return Step{}, invalid("say why the parts are scrap")
		}
	default:
		return Step{}, invalid("%q; write job, operator, first_piece or count", e.What)
	}
	return s, nil
}

// checkNow holds an entry against what is known at this moment.
func (d *Desk) checkNow(ctx context.Context, tenant plant.TenantNo, o *Order, j Job, s Step) error {
	switch s.What {
	case StepCount:
		if _, err := d.count(ctx, tenant, o); err != nil {
			return err
		}
		counted, _ := o.Job(j.No)
		return counted.checkTyped(s.Good, s.Scrap, s.Rework)
	case StepOperator:
		if !s.On {
			return nil
		}
		return d.checkSkills(ctx, tenant, *o, j, s.Person)
	case StepJob:
		if s.Command != Run || s.Note != "" {
			return nil
		}
		return d.checkBefore(ctx, tenant, o, j)
	}
	return nil
}

// checkSkills refuses somebody who lacks a skill.
func (d *Desk) checkSkills(ctx context.Context, tenant plant.TenantNo, o Order, j Job, person string) error {
	def, err := d.o.Store.Definition(ctx, tenant, o.Product, o.Revision)
	if err != nil {
		return err
	}
	seg, _ := def.Segment(j.No)
	if len(seg.Skills) == 0 {
		return nil
	}
	p, err := d.o.Store.Person(ctx, tenant, person)
	if errors.Is(err, access.ErrNotFound) {
		return invalid("%s is not among the people with skills; job %d of order %s needs %s", person, j.No, o.Number, strings.Join(seg.Skills, ", "))
	}
	if err != nil {
		return err
	}
	has := p.Has(d.now())
	if lacks := slices.DeleteFunc(slices.Clone(seg.Skills), func(s string) bool { return slices.Contains(has, s) }); len(lacks) > 0 {
		return invalid("%s has no valid skill %s, which job %d of order %s needs", person, strings.Join(lacks, ", "), j.No, o.Number)
	}
	return nil
}

// checkBefore refuses to begin before those before it have begun.
func (d *Desk) checkBefore(ctx context.Context, tenant plant.TenantNo, o *Order, j Job) error {
	def, err := d.o.Store.Definition(ctx, tenant, o.Product, o.Revision)
	if err != nil {
		return err
	}
	for _, no := range def.Before(j.No) {
		if b, ok := o.Job(no); ok && !b.State.Begun() && b.State != Aborted {
			return invalid("order %s: job %d has not begun, which comes before %d; begin it first, or say in a note why not", o.Number, no, j.No)
		}
	}
	return nil
}

// displace finds what else runs at the machine. A machine runs one job at a
// time, but for those that run batches: parts are booked to one. An entry from
// without the network pauses the other, because it happened: of the same order in
// c, of others in changes of their own.
func (d *Desk) displace(ctx context.Context, who access.Principal, c *Change, steps []Step, j Job, s Step, late bool) ([]Change, error) {
	tenant := who.Scope.Tenant
	there, err := d.o.Store.Jobs(ctx, access.Scope{Tenant: tenant}, []plant.NodeID{s.Machine}, maxJobs)
	if err != nil {
		return nil, err
	}
	var out []Change
	for _, other := range there {
		own := other.Order == c.Order.ID
		if other.State != Running || other.Equipment != s.Machine || own && other.No == j.No || d.batched(ctx, tenant, other, s.Machine) {
			continue
		}
		if !late {
			return nil, invalid("order %s, job %d runs at this machine; pause or complete it first", other.Number, other.No)
		}
		pause := Step{
			What: StepJob, Job: other.No, Command: Pause, Machine: s.Machine, At: max(s.At, other.Since),
			Note: fmt.Sprintf("order %s, job %d began here, entered later", c.Order.Number, j.No),
		}
		if own {
			if c.Order, pause, err = d.follow(who, c.Order, steps, pause); err != nil {
				return nil, err
			}
			c.Steps = append(c.Steps, pause)
			continue
		}
		theirs, err := d.o.Store.Steps(ctx, tenant, other.Order)
		if err != nil {
			return nil, err
		}
		was := Fold(other.Order, theirs)
		next, pause, err := d.follow(who, was, theirs, pause)
		if err != nil {
			return nil, err
		}
		out = append(out, Change{Order: next, Seen: was.Rev, Steps: []Step{pause}})
	}
	return out, nil
}

// batched says whether a job runs together with others at a machine.
func (d *Desk) batched(ctx context.Context, tenant plant.TenantNo, j JobHead, machine plant.NodeID) bool {
	def, err := d.o.Store.Definition(ctx, tenant, j.Product, j.Revision)
	if err != nil {
		return false
	}
	s, _ := def.Segment(j.No)
	return slices.ContainsFunc(s.Alternatives, func(a Alternative) bool { return a.Equipment == machine && a.Batch > 1 })
}

// Withdraw takes back a step that was wrong. A planner may, and whoever made it
// within the hour.
func (d *Desk) Withdraw(ctx context.Context, who access.Principal, id string, step int64, note string) (View, error) {
	o, steps, err := d.load(ctx, who, id)
	if err != nil {
		return View{}, err
	}
	i := slices.IndexFunc(steps, func(s Step) bool { return s.Seq == step })
	if i < 0 {
		return View{}, invalid("order %s has no step %d", o.Number, step)
	}
	s := steps[i]
	own := s.By == who.Name && d.now()-s.Entered <= plant.Instant(time.Hour.Microseconds())
	note = strings.TrimSpace(note)
	switch {
	case s.What != StepJob && s.What != StepOperator && s.What != StepFirst && s.What != StepCount:
		return View{}, invalid("step %d is %s; what was entered at machines is taken back", step, s.What)
	case !who.May(access.Plan, o.Place) && !own:
		return View{}, fmt.Errorf("%w: taking back what others entered", access.ErrForbidden)
	case slices.ContainsFunc(steps, func(w Step) bool { return w.What == StepWithdrawn && w.Step == step }):
		return View{}, invalid("step %d is taken back already", step)
	case note == "" || len(note) > maxNote:
		return View{}, invalid("say in 1 to %d bytes why it is taken back", maxNote)
	}
	next, w, err := d.follow(who, o, steps, Step{What: StepWithdrawn, Step: step, Note: note})
	if err != nil {
		return View{}, err
	}
	c := Change{Order: next, Seen: o.Rev, Steps: []Step{w}}
	if s.Fact != "" {
		f := fact.New(fact.KindCount, s.Machine, s.At.Time(), "person:"+who.Name, fact.Count{Note: note})
		f.Supersedes, f.Withdrawn = s.Fact, true
		c.Facts = []fact.Event{f}
	}
	return d.append(ctx, who.Scope.Tenant, next, c)
}

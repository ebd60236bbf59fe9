package production

import (
	"cmp"
	"fmt"
	"slices"

	"zhigai/plant"
)

// Fold makes an order of its steps, whatever order they came in. A step that
// does not fit counts for nothing and is a doubt, with the reason.
func Fold(id string, steps []Step) Order {
	o := Order{ID: id, Jobs: []Job{}, Parts: []Part{}, Doubts: []Doubt{}}
	gone := map[int64]bool{}
	for _, s := range steps {
		o.Rev = max(o.Rev, s.Seq)
		o.Changed = max(o.Changed, s.Entered)
		if s.What == StepWithdrawn {
			gone[s.Step] = true
		}
	}
	for _, s := range inOrder(steps) {
		if gone[s.Seq] {
			continue
		}
		if why := o.apply(s); why != "" {
			o.Doubts = append(o.Doubts, Doubt{Step: s.Seq, At: s.At, By: s.By, What: s.words(), Why: why})
		}
	}
	o.derive()
	return o
}

func inOrder(steps []Step) []Step {
	return slices.SortedStableFunc(slices.Values(steps), func(a, b Step) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Seq, b.Seq))
	})
}

// words says briefly what a step did.
func (s Step) words() string {
	switch s.What {
	case StepJob:
		return fmt.Sprintf("%s %d", s.Command, s.Job)
	case StepOperator:
		if s.On {
			return fmt.Sprintf("%s on %d", s.Person, s.Job)
		}
		return fmt.Sprintf("%s off %d", s.Person, s.Job)
	case StepFirst, StepCount:
		return fmt.Sprintf("%s %d", s.What, s.Job)
	default:
		return string(s.What)
	}
}

// apply follows a step, or says why it cannot be followed.
func (o *Order) apply(s Step) string {
	if s.What != StepCreated && o.Created == 0 {
		return "the order was not there yet"
	}
	switch s.What {
	case StepCreated:
		o.Terms, o.Parent, o.Created = *s.Terms, s.Parent, s.At
	case StepChanged:
		o.Terms = *s.Terms
		for i := range o.Jobs {
			o.Jobs[i].Quantity = o.Quantity
		}
	case StepReleased:
		return o.release(s)
	case StepHeld:
		o.held, o.Reason = true, s.Reason
	case StepResumed:
		o.held, o.Reason = false, ""
	case StepCancelled:
		if o.Began != 0 || slices.ContainsFunc(o.Jobs, func(j Job) bool { return j.State.Begun() }) {
			return "work on it has begun; abort its jobs"
		}
		o.cancelled, o.Reason = true, s.Reason
	case StepClosed:
		if i := slices.IndexFunc(o.Jobs, func(j Job) bool { return !j.State.Ended() }); i >= 0 {
			return fmt.Sprintf("job %d is %s", o.Jobs[i].No, o.Jobs[i].State)
		}
		o.closed = true
	case StepSplit:
		return o.take(s, -s.Quantity)
	case StepMerged:
		return o.take(s, s.Quantity)
	case StepPlanned:
		for _, p := range s.Jobs {
			if j, ok := o.Job(p.No); ok && !j.State.Ended() {
				j.Equipment, j.From, j.To, j.Locked = cmp.Or(p.Equipment, j.Equipment), p.From, p.To, p.Locked
			}
		}
	case StepWithdrawn:
	case StepJob, StepOperator, StepFirst, StepCount:
		return o.atJob(s)
	}
	return ""
}

func (o *Order) release(s Step) string {
	if len(o.Jobs) > 0 || o.cancelled {
		return "it is released already, or cancelled"
	}
	o.Revision = s.Terms.Revision
	for _, p := range s.Jobs {
		j := Job{No: p.No, State: Waiting, Since: s.At, Quantity: o.Quantity, Outside: p.Outside, Equipment: p.Equipment, Crew: max(1, p.Crew), First: p.First, Operators: []string{}}
		if p.Name != nil {
			j.Name = *p.Name
		}
		o.Jobs = append(o.Jobs, j)
	}
	return ""
}

// take changes the quantity by what went to another order or came from it.
func (o *Order) take(s Step, by int64) string {
	if o.Quantity+by < 1 {
		return fmt.Sprintf("only %d are ordered", o.Quantity)
	}
	o.Quantity += by
	for i := range o.Jobs {
		o.Jobs[i].Quantity = o.Quantity
	}
	o.Parts = append(o.Parts, Part{ID: s.Other, Quantity: by})
	return ""
}

// atJob follows a step of one job.
func (o *Order) atJob(s Step) string {
	j, ok := o.Job(s.Job)
	switch {
	case !ok:
		return fmt.Sprintf("there was no job %d yet", s.Job)
	case o.cancelled || o.closed:
		return "the order was cancelled or closed"
	case s.What == StepOperator:
		return j.staff(s)
	case s.What == StepCount:
		return j.enter(s)
	case s.What == StepFirst:
		if !j.State.Begun() || j.State.Ended() {
			return fmt.Sprintf("the job was %s; a first piece is judged while it is made", j.State)
		}
		j.FirstPiece = &FirstPiece{OK: s.OK, By: s.By, At: s.At, Note: s.Note}
		return ""
	}
	if o.held && (s.Command == Run || s.Command == Load || s.Command == Resume) {
		return "the order was held: " + o.Reason
	}
	return j.move(s)
}

// move follows a command.
func (j *Job) move(s Step) string {
	way, ok := moves[s.Command]
	switch {
	case !ok:
		return fmt.Sprintf("there is no command %q", s.Command)
	case !slices.Contains(way.from, j.State):
		return fmt.Sprintf("the job was %s", j.State)
	case (s.Command == Run || s.Command == Load) && s.Machine == "" && j.Equipment == "" && !j.Outside:
		return "no machine is named"
	case s.Command == Complete && j.First && (j.FirstPiece == nil || !j.FirstPiece.OK):
		return "its first piece is not approved"
	}
	was := j.State
	j.State, j.Since, j.Reason = way.to, s.At, s.Reason
	if s.Machine != "" {
		j.Equipment = s.Machine
	}
	if was == Running {
		end(&j.Runs[len(j.Runs)-1].Interval, s.At)
	}
	if was == Loaded && len(j.Setups) > 0 {
		end(&j.Setups[len(j.Setups)-1], s.At)
	}
	switch j.State {
	case Loaded:
		j.Setups = append(j.Setups, Interval{From: s.At})
	case Running:
		j.Runs = append(j.Runs, MachineRun{Interval{From: s.At}, j.Equipment})
	}
	if j.State.Begun() && j.Began == 0 {
		j.Began = s.At
	}
	if j.State.Ended() && j.Ended == 0 {
		j.Ended = s.At
		for i := range j.Work {
			end(&j.Work[i].Interval, s.At)
		}
		j.Operators = []string{}
	}
	return ""
}

func end(i *Interval, at plant.Instant) {
	if i.To == 0 {
		i.To = at
	}
}

// enter follows a count that a person typed.
func (j *Job) enter(s Step) string {
	if !j.State.Begun() && j.State != Aborted {
		return fmt.Sprintf("the job was %s; nothing is made of it yet", j.State)
	}
	if j.State == Closed {
		return "the job was closed"
	}
	j.entered.Good += s.Good
	j.entered.Scrap += s.Scrap
	j.entered.Rework += s.Rework
	j.entered.Typed += s.Good + s.Scrap + s.Rework
	return ""
}

// staff follows a person to a job or away from it.
func (j *Job) staff(s Step) string {
	i := slices.Index(j.Operators, s.Person)
	switch {
	case s.On && j.State.Ended():
		return fmt.Sprintf("the job was %s", j.State)
	case s.On && i >= 0:
		return s.Person + " was at work on it already"
	case s.On && len(j.Operators) >= j.Crew:
		return fmt.Sprintf("%v was at work on it, and it takes %d", j.Operators, j.Crew)
	case s.On:
		j.Operators = append(slices.Clip(j.Operators), s.Person)
		j.Work = append(j.Work, Work{Interval{From: s.At}, s.Person})
	case i < 0:
		return s.Person + " was not at work on it"
	default:
		j.Operators = slices.Delete(slices.Clone(j.Operators), i, i+1)
		for k := range j.Work {
			if j.Work[k].Person == s.Person {
				end(&j.Work[k].Interval, s.At)
			}
		}
	}
	return ""
}

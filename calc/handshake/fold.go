package handshake

// Phase says what a fold is in the middle of.
type Phase string

// Phases.
const (
	Idle     Phase = "idle"     // nothing is handed over
	Waiting  Phase = "waiting"  // for a party to show the step
	Telling  Phase = "telling"  // the step was seen, and the other side is being told
	Clearing Phase = "clearing" // it is over; all goes back to idle
	Held     Phase = "held"     // it was given up, and a person has to look
)

// What is to be done, or be kept.
type What string

// Effects.
const (
	Began   What = "began"   // a hand-over began
	Seen    What = "seen"    // a step was seen
	Tell    What = "tell"    // tell the other side of the step
	Ended   What = "ended"   // the hand-over ended
	Reset   What = "reset"   // take back all that was told
	Late    What = "late"    // the step that was waited for came after its time was over
	Stuck   What = "stuck"   // the parties do not go back to idle
	Cleared What = "cleared" // both are idle again
)

// Effect is what follows from an event. End, By, Loss and Why belong to Ended.
type Effect struct {
	What What
	Step int
	End  End
	By   Party // who ended it, or was waited for
	Loss Loss  // "" where nothing was lost
	Why  Why
}

// Why a hand-over ended, in a word that others translate.
type Why string

// Reasons.
const (
	NotShown  Why = "not_shown" // the step did not come in its time
	GaveUp    Why = "gave_up"   // a party shows that it gives up
	NotTold   Why = "not_told"  // the other side could not be told
	OnLoss    Why = "loss"
	ByAPerson Why = "person"
	Changed   Why = "changed" // after a restart a machine does not have what it was told
)

// held is an input as it is known.
type held struct {
	value float64
	known bool
	since int64 // when it became unknown
	loss  Loss
}

// Fold follows a handshake. Times are of one clock that never steps, in µs. Make one with
// [NewFold]; its methods give what follows, in order.
type Fold struct {
	spec     Spec
	inputs   []held
	phase    Phase
	step     int   // waited for, or being told
	since    int64 // the phase began
	undoing  bool  // set points are being taken back
	awaited  int   // the step that came too late if it comes now; -1 for none
	reported bool  // that it does not clear
	paused   bool  // no hand-over begins
}

// NewFold follows a spec that was checked, from an instant at which nothing is known.
func NewFold(s Spec, at int64) *Fold {
	f := &Fold{spec: s, inputs: make([]held, len(s.Inputs)), phase: Idle, since: at, awaited: -1}
	for i := range f.inputs {
		f.inputs[i] = held{since: at, loss: Stale}
	}
	return f
}

// Phase is what it is in the middle of, since when, and the step.
func (f *Fold) Phase() (p Phase, step int, since int64) { return f.phase, f.step, f.since }

// Value is an input as it is known.
func (f *Fold) Value(input int) (v float64, known bool) {
	return f.inputs[input].value, f.inputs[input].known
}

// Resume goes on with a hand-over that was under way: with the step that is waited for,
// or, telling, with the one that the other side is being told of. Its time begins anew.
func (f *Fold) Resume(step int, telling bool, at int64) {
	f.phase, f.step, f.since = Waiting, step, at
	if telling {
		f.phase = Telling
	}
}

// ResumeEnded goes on with a hand-over that ended and was not cleared; held, a person has
// to look at it.
func (f *Fold) ResumeEnded(held bool, at int64) []Effect {
	if f.phase, f.since = Held, at; held {
		return nil
	}
	f.phase, f.undoing = Clearing, true
	return []Effect{{What: Reset}}
}

// Pause lets no hand-over begin until it is called again with false.
func (f *Fold) Pause(on bool, at int64) []Effect {
	if f.paused = on; on {
		return nil
	}
	return f.look(at)
}

// Take is a value that a machine said.
func (f *Fold) Take(input int, v float64, at int64) []Effect {
	f.inputs[input] = held{value: v, known: true}
	return f.look(at)
}

// Miss says that an input is not known any more.
func (f *Fold) Miss(input int, loss Loss, at int64) {
	if in := &f.inputs[input]; in.known || in.loss != loss {
		if in.known {
			in.since = at
		}
		in.known, in.loss = false, loss
	}
}

// Told says how telling the other side of the step ended. Doubtful: the machine may have
// another value than it was to have, and nothing more is written.
func (f *Fold) Told(ok, doubtful bool, at int64) []Effect {
	switch {
	case f.phase != Telling:
		return nil // it was given up meanwhile
	case !ok:
		return f.end(Effect{End: Aborted, By: Node, Why: NotTold}, !doubtful, at)
	}
	return append(f.next(at), f.look(at)...)
}

// Undone says that all that was told is taken back, or cannot be.
func (f *Fold) Undone(ok bool, at int64) []Effect {
	if !f.undoing {
		return nil
	}
	f.undoing = false
	if !ok {
		f.phase, f.since = Held, at
		return nil
	}
	return f.look(at)
}

// Lose is a loss of the node's own: a restart, a stepped clock, too much work.
func (f *Fold) Lose(loss Loss, at int64) []Effect { return f.lose(loss, Node, at) }

// GiveUp ends a hand-over for a reason that is no signal's; it is false where nothing is
// under way.
func (f *Fold) GiveUp(why Why, at int64) ([]Effect, bool) {
	if f.phase != Waiting && f.phase != Telling {
		return nil, false
	}
	return f.end(Effect{End: Aborted, By: Node, Why: why}, true, at), true
}

// LetGo takes back all that was told in a hand-over that is held; false where none is.
func (f *Fold) LetGo(at int64) ([]Effect, bool) {
	if f.phase != Held {
		return nil, false
	}
	f.phase, f.since, f.undoing, f.reported = Clearing, at, true, false
	return []Effect{{What: Reset}}, true
}

// Advance lets time go on.
func (f *Fold) Advance(at int64) []Effect {
	switch f.phase {
	case Waiting, Telling:
		for i := range f.inputs {
			if in := f.inputs[i]; !in.known && at-in.since > f.spec.MaxAge {
				if out := f.lose(in.loss, f.spec.Inputs[i].Party, at); out != nil {
					return out
				}
			}
		}
		if s := f.spec.Steps[f.step]; f.phase == Waiting && at-f.since > s.Within {
			f.awaited = f.step
			return f.end(Effect{End: TimedOut, By: s.Party, Why: NotShown}, true, at)
		}
	case Clearing:
		if !f.reported && at-f.since > f.spec.Clear {
			f.reported = true
			return []Effect{{What: Stuck, By: f.holding()}}
		}
	}
	return nil
}

// lose does what the step at hand declares for a loss.
func (f *Fold) lose(loss Loss, by Party, at int64) []Effect {
	if f.phase != Waiting && f.phase != Telling {
		return nil
	}
	a := f.spec.Steps[f.step].On[loss]
	if a == Wait {
		return nil
	}
	return f.end(Effect{End: Aborted, By: by, Loss: loss, Why: OnLoss}, a != Hold, at)
}

func (f *Fold) end(e Effect, release bool, at int64) []Effect {
	e.What, e.Step = Ended, f.step
	out := []Effect{e}
	f.phase, f.since, f.reported = Held, at, false
	if release {
		f.phase, f.undoing = Clearing, true
		out = append(out, Effect{What: Reset})
	}
	return out
}

// look says what follows from what is shown now.
func (f *Fold) look(at int64) []Effect {
	switch f.phase {
	case Idle:
		if f.paused || f.Blocked() != -1 || !f.shows(0) {
			return nil
		}
		f.step, f.awaited = 0, -1
		return append([]Effect{{What: Began}}, f.see(at)...)
	case Waiting, Telling:
		for _, a := range f.spec.Aborts {
			if in := f.inputs[a.Signal]; in.known && same(in.value, a.Value) {
				return f.end(Effect{End: Aborted, By: a.Party, Why: GaveUp}, true, at)
			}
		}
		if f.phase == Waiting && f.shows(f.step) {
			return f.see(at)
		}
	case Clearing:
		var out []Effect
		if f.awaited >= 0 && f.shows(f.awaited) {
			out = append(out, Effect{What: Late, Step: f.awaited, By: f.spec.Steps[f.awaited].Party})
			f.awaited = -1
		}
		if !f.undoing && f.holding() == "" {
			f.phase, f.since = Idle, at
			out = append(out, Effect{What: Cleared})
			return append(out, f.look(at)...)
		}
		return out
	}
	return nil
}

// see takes the step at hand as seen.
func (f *Fold) see(at int64) []Effect {
	out := []Effect{{What: Seen, Step: f.step, By: f.spec.Steps[f.step].Party}}
	if f.spec.Steps[f.step].Tells {
		f.phase, f.since = Telling, at
		return append(out, Effect{What: Tell, Step: f.step})
	}
	return append(append(out, f.next(at)...), f.look(at)...)
}

// next goes to the step that follows.
func (f *Fold) next(at int64) []Effect {
	if f.step+1 == len(f.spec.Steps) {
		return f.end(Effect{End: Done}, true, at)
	}
	f.phase, f.step, f.since = Waiting, f.step+1, at
	return nil
}

func (f *Fold) shows(step int) bool {
	s := f.spec.Steps[step]
	in := f.inputs[s.Signal]
	return in.known && same(in.value, s.Value)
}

// Blocked is the input because of which no hand-over can begin: one that is not known, a
// party that gives up, or a step that is shown before its turn; -1 for none.
func (f *Fold) Blocked() int {
	for i := range f.inputs {
		if !f.inputs[i].known {
			return i
		}
	}
	for _, a := range f.spec.Aborts {
		if same(f.inputs[a.Signal].value, a.Value) {
			return a.Signal
		}
	}
	for i, s := range f.spec.Steps[1:] {
		if !s.Stands && f.shows(i+1) {
			return s.Signal
		}
	}
	return -1
}

// holding is who does not go back to idle; "" for nobody. What is not known did not go back.
func (f *Fold) holding() Party {
	for i, s := range f.spec.Steps {
		if !s.Stands && (!f.inputs[s.Signal].known || f.shows(i)) {
			return s.Party
		}
	}
	for _, a := range f.spec.Aborts {
		if in := f.inputs[a.Signal]; !in.known || same(in.value, a.Value) {
			return a.Party
		}
	}
	return ""
}

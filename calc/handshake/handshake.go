// Package handshake is how two machines hand something over by signals: a fold that says
// step by step what was seen, what is to be told to the other side, and when it is over
// – done, given up by one of them, too late, or blind. The steps are those of any
// four-phase handshake between controllers, each acknowledged before the next and all
// taken back at the end (compare IPC-HERMES-9852, where a machine offers, the next one is
// ready, the transport starts and is finished).
//
// It knows no machine, no clock and no value but numbers, and it never guesses: what is
// not known was not seen. Start with [Spec] and [Fold].
package handshake

import (
	"errors"
	"fmt"
	"math"
)

// ErrInvalid is a spec that cannot be followed.
var ErrInvalid = errors.New("handshake: not valid")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// Party is who does something.
type Party string

// Parties of a hand-over.
const (
	Giver Party = "giver"
	Taker Party = "taker"
	Node  Party = "node" // who stands between them: a command that did not come through
)

// Other is the other one of two machines.
func (p Party) Other() Party {
	if p == Giver {
		return Taker
	}
	return Giver
}

// Loss is a way in which the node loses what it needs to go on.
type Loss string

// Losses.
const (
	Stale    Loss = "stale"    // a signal is not known for too long
	Lost     Loss = "lost"     // a device does not answer
	Restart  Loss = "restart"  // the node began anew
	Clock    Loss = "clock"    // its clock stepped
	Overload Loss = "overload" // it does not keep up
)

// Losses are all of them.
var Losses = []Loss{Stale, Lost, Restart, Clock, Overload}

// Action is what is done at a loss.
type Action string

// Actions.
const (
	Wait    Action = "wait"    // go on; the time of the step runs on
	Release Action = "release" // give the hand-over up and take back all that was told
	Hold    Action = "hold"    // give it up and leave everything as it is, for a person
)

// End is how a hand-over ended.
type End string

// Ends.
const (
	Done     End = "done"
	Aborted  End = "aborted"
	TimedOut End = "timed_out"
)

// Step is one step: who shows it by what, and whether the other side is told.
type Step struct {
	Party  Party
	Signal int     // input that shows it
	Value  float64 // that the input has then
	Within int64   // µs that it may take since the step before; of the first one not looked at
	Tells  bool    // the other side is told by a set point
	// Stands: the signal may be as it is to be before it is asked for, and stay so between
	// two hand-overs, as that of a machine that is free.
	Stands bool
	On     map[Loss]Action // [Release] where none is given
}

// Abort is a signal by which a party gives up.
type Abort struct {
	Party  Party
	Signal int
	Value  float64
}

// Input is a signal that is listened to.
type Input struct{ Party Party }

// Spec is what two parties agreed on.
type Spec struct {
	Inputs []Input
	Steps  []Step
	Aborts []Abort
	MaxAge int64 // µs that an input may be unknown before it is a loss
	Clear  int64 // µs that both may take to go back to idle before somebody is told
}

// Check says what is wrong with a spec.
func (s Spec) Check() error {
	if len(s.Steps) < 2 {
		return invalid("a hand-over has two steps at least, not %d", len(s.Steps))
	}
	parties := map[Party]bool{}
	input := func(what string, p Party, signal int) error {
		switch {
		case p != Giver && p != Taker:
			return invalid("%s: %q is no party; giver and taker are", what, p)
		case signal < 0 || signal >= len(s.Inputs):
			return invalid("%s: there is no input %d", what, signal)
		case s.Inputs[signal].Party != p:
			return invalid("%s: the %s does not show a signal of the %s", what, p, s.Inputs[signal].Party)
		}
		return nil
	}
	for i, one := range s.Steps {
		what := fmt.Sprintf("step %d", i+1)
		if err := input(what, one.Party, one.Signal); err != nil {
			return err
		}
		parties[one.Party] = true
		switch {
		case i > 0 && one.Within <= 0:
			return invalid("%s: say within what time it is to come", what)
		case math.IsNaN(one.Value) || math.IsInf(one.Value, 0):
			return invalid("%s: a number is wanted", what)
		}
		for loss, a := range one.On {
			if a != Wait && a != Release && a != Hold {
				return invalid("%s, on %s: %q is no action; wait, release and hold are", what, loss, a)
			}
		}
		for j, other := range s.Steps[:i] {
			if other.Signal == one.Signal && same(other.Value, one.Value) {
				return invalid("steps %d and %d are shown by the same value of the same signal", j+1, i+1)
			}
		}
	}
	for i, a := range s.Aborts {
		if err := input(fmt.Sprintf("abort %d", i+1), a.Party, a.Signal); err != nil {
			return err
		}
	}
	switch {
	case len(parties) < 2:
		return invalid("both parties show a step; with one alone nobody answers")
	case s.Steps[0].Stands:
		return invalid("the first step begins a hand-over: its signal goes back between two of them")
	case s.MaxAge <= 0 || s.Clear <= 0:
		return invalid("say for how long a signal may be unknown, and how long going back to idle may take")
	}
	return nil
}

// same says whether a signal has a value; what machines count in floats is not compared to
// the last bit.
func same(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a), math.Abs(b)) }

package control

import (
	"fmt"
	"math"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/connect"
	"zhigai/connect/profile"
	"zhigai/fact"
	"zhigai/plant"
)

// What is looked at before a command is sent, in this order.
const (
	CheckRight     = "right"     // the person may set values on this machine
	CheckEnabled   = "enabled"   // writing is switched on for the device
	CheckContact   = "contact"   // the device answers
	CheckAlone     = "alone"     // no other command for the set point is under way
	CheckExpiry    = "expiry"    // there is time left
	CheckValue     = "value"     // the device can hold the value
	CheckLimits    = "limits"    // within what the profile allows
	CheckFresh     = "fresh"     // present value and inputs of the interlock are good and of now
	CheckSeen      = "seen"      // the present value is the one the person decided on
	CheckStep      = "step"      // the change is not larger than one command may make
	CheckRate      = "rate"      // nor all of the last minute together
	CheckInterlock = "interlock" // the condition of the profile holds
)

var checkOrder = []string{
	CheckRight, CheckEnabled, CheckContact, CheckAlone, CheckExpiry, CheckValue, CheckLimits,
	CheckFresh, CheckSeen, CheckStep, CheckRate, CheckInterlock,
}

// findings gathers the results of checks.
type findings map[string]fact.CommandCheck

// say notes a check: passed when why is empty.
func (f findings) say(check, why string) {
	one := fact.CommandCheck{Check: check, Result: fact.CheckPassed}
	if why != "" {
		one.Result, one.Detail = fact.CheckFailed, why
	}
	f[check] = one
}

func (f findings) failed() bool {
	for _, one := range f {
		if one.Result == fact.CheckFailed {
			return true
		}
	}
	return false
}

// list is every check in order; what was not looked at is skipped.
func (f findings) list() []fact.CommandCheck {
	var out []fact.CommandCheck
	for _, check := range checkOrder {
		one, ok := f[check]
		if !ok {
			one = fact.CommandCheck{Check: check, Result: fact.CheckSkipped}
		}
		out = append(out, one)
	}
	return out
}

// situation is all that the checks look at.
type situation struct {
	command *Command
	signal  *profile.Signal
	value   any
	now     plant.Micros
	by      access.Principal
	path    string
	contact bool
	enabled bool
	other   string // id of the command under way; "" for none
	rawErr  error
	moved   float64 // by commands of the last minute
}

// look makes the checks for which the device is not asked.
func (s *situation) look(f findings) {
	right, enabled, contact := "", "", ""
	if !s.by.May(access.Control, s.path) {
		right = fmt.Sprintf("%q may not set values on %s", s.by.Name, s.path)
	}
	if !s.enabled {
		enabled = "writing is off for this device; an engineer switches it on in the plant model"
	}
	if !s.contact {
		contact = "the device does not answer"
	}
	f.say(CheckRight, right)
	f.say(CheckEnabled, enabled)
	f.say(CheckContact, contact)
	f.say(CheckAlone, s.alone())
	f.say(CheckExpiry, s.expiry())
	f.say(CheckValue, wordsOf(s.rawErr))
	f.say(CheckLimits, s.limits())
}

func wordsOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func (s *situation) alone() string {
	if s.other == "" {
		return ""
	}
	return fmt.Sprintf("command %s for %s is under way; wait for its end", s.other, s.signal.Name)
}

func (s *situation) expiry() string {
	if s.now < s.command.Expires {
		return ""
	}
	return "the command was to be sent until " + s.command.Expires.Time().Format(time.RFC3339)
}

func (s *situation) limits() string {
	w := s.signal.Write
	v, ok := s.value.(float64)
	switch {
	case !ok:
		return ""
	case s.signal.Kind == plant.KindEnumeration && !hasCode(s.signal, v):
		return fmt.Sprintf("%v is no code of %s", v, s.signal.Name)
	case w.Min != nil && v < *w.Min:
		return fmt.Sprintf("%v is below the smallest value, %v", v, *w.Min)
	case w.Max != nil && v > *w.Max:
		return fmt.Sprintf("%v is above the largest value, %v", v, *w.Max)
	}
	return ""
}

func hasCode(s *profile.Signal, v float64) bool {
	_, ok := s.Values[int64(v)]
	return ok && v == math.Trunc(v)
}

// weigh makes the checks for which the device was asked: answers are of the
// signal, at 0, and the inputs of the interlock, in their order.
func (s *situation) weigh(f findings, answers []connect.Fresh, silences []time.Duration, lock *profile.Interlock) {
	f.say(CheckFresh, s.fresh(answers, silences))
	present := answers[0]
	if present.Quality != plant.Good {
		return
	}
	f.say(CheckSeen, s.seen(present))
	f.say(CheckStep, s.step(present))
	f.say(CheckRate, s.rate(present))
	f.say(CheckInterlock, s.interlock(answers[1:], silences[1:], lock))
}

func (s *situation) fresh(answers []connect.Fresh, silences []time.Duration) string {
	for i, a := range answers {
		if why := s.stale(a, silences[i]); why != "" {
			return why
		}
	}
	return ""
}

// stale says why an answer is nothing to rest a decision on. Doubtful values
// are none either.
func (s *situation) stale(a connect.Fresh, silence time.Duration) string {
	switch age := time.Duration(s.now-a.At) * time.Microsecond; {
	case a.Quality != plant.Good && a.Err != nil:
		return fmt.Sprintf("%s is %s: %v", a.Name, a.Quality, a.Err)
	case a.Quality != plant.Good:
		return fmt.Sprintf("%s is %s", a.Name, a.Quality)
	case a.At == 0:
		return a.Name + " was never heard"
	case age > silence:
		return fmt.Sprintf("%s was last heard %s ago; %s are allowed", a.Name, age.Round(time.Second), silence)
	}
	return ""
}

func (s *situation) seen(present connect.Fresh) string {
	seen := s.command.Seen
	if seen == nil || same(s.signal, present, *seen) {
		return ""
	}
	return fmt.Sprintf("it was decided on %s, and is %s now; look again", words(*seen), words(*answerOf(present)))
}

func (s *situation) step(present connect.Fresh) string {
	v, ok := s.value.(float64)
	if most := s.signal.Write.MaxStep; ok && most > 0 && beyond(math.Abs(v-present.Number), most) {
		return fmt.Sprintf("from %v to %v is more than %v in one step", present.Number, v, most)
	}
	return ""
}

func (s *situation) rate(present connect.Fresh) string {
	v, ok := s.value.(float64)
	if most := s.signal.Write.MaxRate; ok && most > 0 && beyond(s.moved+math.Abs(v-present.Number), most) {
		return fmt.Sprintf("with this change commands would have moved it by %v within a minute; %v are allowed", s.moved+math.Abs(v-present.Number), most)
	}
	return ""
}

// beyond leaves a step from 25.3 to 25.4 one of 0.1, though it is not as
// float64.
func beyond(change, most float64) bool { return change > most*(1+1e-9) }

func (s *situation) interlock(answers []connect.Fresh, silences []time.Duration, lock *profile.Interlock) string {
	if lock == nil {
		return ""
	}
	values := make([]profile.Value, len(answers))
	for i, a := range answers {
		values[i] = profile.Value{Known: s.stale(a, silences[i]) == "", Number: a.Number, Text: a.Text}
	}
	holds, known := lock.Holds(values)
	switch {
	case !known:
		return fmt.Sprintf("nobody knows whether %s", lock.When)
	case !holds:
		return fmt.Sprintf("%s does not hold: %s", lock.When, textOf(lock.Text))
	}
	return ""
}

func textOf(n plant.Name) string {
	if n.EN == "" {
		return n.ZH
	}
	return n.ZH + " / " + n.EN
}

// sameShare is how far, as a share, a number read back may differ where the
// profile gives no tolerance: what float32 keeps of it, and one digit.
const sameShare = 1e-6

// same reports whether what a device has is what was to be.
func same(s *profile.Signal, got connect.Fresh, want fact.Setting) bool {
	switch {
	case got.Quality.IsBad():
		return false
	case s.Kind == plant.KindText:
		return want.Text != nil && got.Text == *want.Text
	case want.Number == nil:
		return false
	case s.Kind != plant.KindNumber:
		return got.Number == *want.Number
	}
	most := max(s.Write.Tolerance, sameShare*max(math.Abs(got.Number), math.Abs(*want.Number)))
	return !beyond(math.Abs(got.Number-*want.Number), most)
}

func answerOf(a connect.Fresh) *fact.Setting {
	if a.Kind == plant.KindText {
		return settingOf(a.Text)
	}
	return settingOf(a.Number)
}

// signals names what is asked for: the set point and what its interlock reads.
func signals(s *profile.Signal, lock *profile.Interlock) []string {
	out := []string{s.Name}
	if lock != nil {
		out = append(out, lock.Inputs()...)
	}
	return out
}

// silences is for each signal how old an answer may be.
func silences(p *profile.Profile, names []string) []time.Duration {
	out := make([]time.Duration, len(names))
	for i, name := range names {
		n := slices.IndexFunc(p.Signals, func(s profile.Signal) bool { return s.Name == name })
		out[i] = p.Signals[n].Silence()
	}
	return out
}

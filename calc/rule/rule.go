// Package rule is rules over signals as numbers: a condition in CEL over named inputs
// and windows of them, and when it fires.
//
// The same [Fold] runs over the past and the present, so that a rule that is tried on
// history does later what it did there. It knows no tag, no machine and no clock; what
// a firing does is for others. Times are microseconds since 1970, as samples have them.
//
// Start with [Spec], then [Compile] and [Fold]. Windows are in window.go, units in
// unit.go.
package rule

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
)

// Kind says what values an input takes.
type Kind string

// Kinds of inputs. A code is a whole number that has names, a text also the state of a
// machine.
const (
	Number  Kind = "number"
	Boolean Kind = "boolean"
	Code    Kind = "enumeration"
	Text    Kind = "text"
)

// Trigger says at which instants the condition is looked at.
type Trigger string

// Triggers. Sliding windows change while nothing is said; they are looked at with each
// sample and each second, or by the schedule alone.
const (
	OnSample   Trigger = "sample"   // with every value of an input
	OnChange   Trigger = "change"   // when an input has another value than before
	OnSchedule Trigger = "schedule" // each Every alone
)

const (
	second = int64(1_000_000)
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

// Bounds of a rule. What needs more is a report, not a reaction.
const (
	MaxWindow     = day
	MaxDelay      = day
	MaxInputs     = 16
	MaxWindows    = 16
	MaxPerHour    = 3600
	maxExpression = 2000 // characters
	// MaxCost bounds one evaluation in CEL's units: a rule compares and counts, it does
	// not search.
	MaxCost = 2000
)

// Input is something that a condition may speak of.
type Input struct {
	Name string
	Kind Kind
	Unit string // UCUM; "" for pure numbers
}

// Spec is when a rule fires. Times are µs.
type Spec struct {
	Inputs []Input
	// When holds while the rule stands; with a Reset it begins it alone, and Reset ends
	// it.
	When, Reset string
	Trigger     Trigger
	Every       int64 // of a schedule
	// OnDelay is how long the condition must hold before the rule fires, OffDelay how
	// long it must be away before it is over.
	OnDelay, OffDelay int64
	// MinInterval is how soon it may fire again; what still holds then fires then.
	MinInterval int64
	// MaxPerHour is how often it may act within an hour; 0 for no limit.
	MaxPerHour int
}

// Wrong is what is wrong with a spec, and where.
type Wrong struct {
	Field string // when, reset, inputs[2], on_delay_s …
	At    int    // characters of an expression before the place; -1 where there is none
	What  string // and how to mend it
}

func (w *Wrong) Error() string {
	if w.At < 0 {
		return w.Field + ": " + w.What
	}
	return fmt.Sprintf("%s: character %d: %s", w.Field, w.At+1, w.What)
}

func wrong(field, format string, args ...any) error {
	return &Wrong{Field: field, At: -1, What: fmt.Sprintf(format, args...)}
}

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// reserved are words that CEL or this package gives a meaning.
var reserved = []string{
	"abs", "all", "as", "avg", "bool", "break", "bytes", "const", "continue", "count", "double", "duration", "dyn", "else", "exists", "exists_one",
	"false", "filter", "for", "function", "has", "if", "import", "in", "int", "let", "list", "loop", "map", "matches", "max", "min", "namespace",
	"null", "null_type", "package", "rate", "return", "since", "size", "string", "timestamp", "true", "type", "uint", "var", "void", "while",
}

// check refuses a spec for all but its expressions.
func (s Spec) check() error {
	if len(s.Inputs) == 0 || len(s.Inputs) > MaxInputs {
		return wrong("inputs", "%d inputs; name 1 to %d signals that the condition speaks of", len(s.Inputs), MaxInputs)
	}
	seen := map[string]bool{}
	for i, in := range s.Inputs {
		field := fmt.Sprintf("inputs[%d]", i)
		switch {
		case !nameForm.MatchString(in.Name):
			return wrong(field, "%q is no name; write a small letter, then letters, digits and _, 40 at most", in.Name)
		case slices.Contains(reserved, in.Name):
			return wrong(field, "%s has a meaning of its own in expressions; choose another name", in.Name)
		case seen[in.Name]:
			return wrong(field, "two inputs are called %s; give one of them another name", in.Name)
		case in.Kind != Number && in.Kind != Boolean && in.Kind != Code && in.Kind != Text:
			return wrong(field, "%s is a %s; a condition speaks of numbers, booleans, enumerations and texts", in.Name, in.Kind)
		}
		seen[in.Name] = true
	}
	delay := func(field string, v int64) error {
		if v < 0 || v > MaxDelay {
			return wrong(field, "must be between 0 and 24 hours")
		}
		return nil
	}
	switch {
	case s.Trigger != OnSample && s.Trigger != OnChange && s.Trigger != OnSchedule:
		return wrong("trigger", "%q is no trigger; write sample, change or schedule", s.Trigger)
	case s.Trigger == OnSchedule && (s.Every < second || s.Every > day):
		return wrong("every_s", "a schedule looks each 1 second to 24 hours")
	case s.Trigger != OnSchedule && s.Every != 0:
		return wrong("every_s", "is of schedules alone; leave it out or choose the trigger schedule")
	case s.MaxPerHour < 0 || s.MaxPerHour > MaxPerHour:
		return wrong("max_per_hour", "must be between 0 and %d", MaxPerHour)
	}
	return errors.Join(delay("on_delay_s", s.OnDelay), delay("off_delay_s", s.OffDelay), delay("min_interval_s", s.MinInterval))
}

func isStopped(err error) bool { return errors.Is(err, ErrStopped) }

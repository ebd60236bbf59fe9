package mtconnect

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"zhigai/connect"
	"zhigai/connect/mtconnect/document"
	"zhigai/plant"
)

// checkPart looks whether a part can be had as a kind of tag.
func checkPart(address string, p document.Part, kind plant.TagKind) error {
	wrong := func(what string) error { return fmt.Errorf("mtconnect address %q: %s", address, what) }
	switch p.Kind {
	case document.Truth:
		if kind != plant.KindBoolean {
			return wrong(fmt.Sprintf("#= gives true or false; write kind boolean, not %s", kind))
		}
	case document.Choice:
		if kind != plant.KindEnumeration && kind != plant.KindNumber {
			return wrong(fmt.Sprintf("a list of words gives a code; write kind enumeration, not %s", kind))
		}
	case document.Text:
		if kind != plant.KindText {
			return wrong(fmt.Sprintf("#text gives a text; write kind text, not %s", kind))
		}
	case document.Axis:
		if kind != plant.KindNumber {
			return wrong(fmt.Sprintf("an axis gives a number; write kind number, not %s", kind))
		}
	}
	return nil
}

// state is what a data item says now. Conditions and sets are made of several
// observations: each adds, replaces or takes away.
type state struct {
	known  bool
	last   document.Observation
	active []document.Observation // conditions that stand, the oldest first
	set    map[string]string
}

// Limits of what one item can pile up: a control that never clears its alarms
// must not fill the memory.
const (
	maxActive  = 100
	maxEntries = 10_000
)

// take adds an observation.
func (s *state) take(o document.Observation) {
	s.known, s.last = true, o
	switch {
	case o.Category == document.Condition:
		s.condition(o)
	case len(o.Entries) > 0 || s.set != nil:
		if s.set == nil || o.Reset != "" || !o.Available() {
			s.set = map[string]string{}
		}
		for _, e := range o.Entries {
			switch {
			case e.Removed:
				delete(s.set, e.Key)
			case len(s.set) < maxEntries:
				s.set[e.Key] = entryText(e)
			}
		}
	}
}

// condition follows ANSI/MTC1.4 Part 3, "condition": normal without a code takes
// all away, with a code that one alone; a warning or fault stands beside those
// with other codes.
func (s *state) condition(o document.Observation) {
	name := func(o document.Observation) string {
		if o.ConditionID != "" {
			return o.ConditionID
		}
		return o.Code
	}
	others := func(x document.Observation) bool { return name(x) == name(o) }
	switch o.Level {
	case "Warning", "Fault":
		if s.active = slices.DeleteFunc(s.active, others); len(s.active) < maxActive {
			s.active = append(s.active, o)
		}
	case "Normal":
		if name(o) != "" {
			s.active = slices.DeleteFunc(s.active, others)
			return
		}
		s.active = nil
	default:
		s.active = nil
	}
}

func entryText(e document.Entry) string {
	if len(e.Cells) == 0 {
		return e.Value
	}
	words := make([]string, len(e.Cells))
	for i, c := range e.Cells {
		words[i] = c.Key + "=" + c.Value
	}
	return strings.Join(words, " ")
}

// reading is what a state is for a point, without its number and time.
func (s *state) reading(p document.Part, kind plant.TagKind) connect.Reading {
	var r connect.Reading
	var err error
	r.Raw = []byte(s.last.Value)
	switch {
	case !s.known:
		err = fmt.Errorf("%w: the agent gives no observation", connect.ErrStale)
	case !s.last.Available():
		err = connect.ErrUnavailable
	case s.last.Category == document.Condition:
		r.Raw = []byte(s.last.Level)
		err = s.alarm(p, kind, &r)
	case p.Kind == document.EntryOf:
		text, ok := s.set[p.Key]
		if !ok {
			err = fmt.Errorf("%w: the set has no entry %q now", connect.ErrUnavailable, p.Key)
			break
		}
		err = plain(text, document.Part{}, kind, &r)
	case s.set != nil:
		err = plain(setText(s.set), document.Part{}, kind, &r)
	case p.Kind == document.Code:
		err = plain(s.last.Code, document.Part{}, kind, &r)
	default:
		err = plain(s.last.Value, p, kind, &r)
	}
	if r.Err = err; err != nil {
		r.Number, r.Text = 0, ""
	}
	return r
}

func setText(set map[string]string) string {
	words := make([]string, 0, len(set))
	for k, v := range set {
		words = append(words, k+"="+v)
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

var severity = map[string]float64{"Warning": 1, "Fault": 2}

// alarm is a condition's part: its level as a number, or in words all that
// stands, the worst first.
func (s *state) alarm(p document.Part, kind plant.TagKind, r *connect.Reading) error {
	worst := slices.Clone(s.active)
	slices.SortStableFunc(worst, func(a, b document.Observation) int { return int(severity[b.Level] - severity[a.Level]) })
	level, name := 0.0, "NORMAL"
	if len(worst) > 0 {
		level, name = severity[worst[0].Level], strings.ToUpper(worst[0].Level)
	}
	words := func(f func(document.Observation) string) string {
		var out []string
		for _, o := range worst {
			if w := f(o); w != "" {
				out = append(out, w)
			}
		}
		return strings.Join(out, "; ")
	}
	code := func(o document.Observation) string { return o.Code }
	switch {
	case p.Kind == document.Truth || p.Kind == document.Choice || p.Kind == document.Level && kind == plant.KindText:
		return plain(name, p, kind, r)
	case p.Kind == document.Code && kind == plant.KindText:
		r.Text = words(code)
	case p.Kind == document.Code:
		if len(worst) == 0 {
			return nil // no code is 0
		}
		return plain(worst[0].Code, document.Part{}, kind, r)
	case p.Kind == document.Text:
		r.Text = words(func(o document.Observation) string { return o.Value })
	case kind == plant.KindText:
		if r.Text = words(func(o document.Observation) string { return said(o) }); r.Text == "" {
			r.Text = name
		}
	case kind == plant.KindBoolean:
		r.Number = min(level, 1)
	default:
		r.Number = level
	}
	return nil
}

// said is one condition in words: FAULT 401: hydraulic pressure low.
func said(o document.Observation) string {
	text := strings.TrimSpace(strings.ToUpper(o.Level) + " " + o.Code)
	if o.Value != "" {
		text += ": " + o.Value
	}
	return text
}

// truths are the words for yes and no of the standard's controlled vocabularies
// and of adapters that have their own.
var truths = map[string]float64{
	"TRUE": 1, "ON": 1, "YES": 1, "1": 1, "ACTIVE": 1, "AVAILABLE": 1, "CLOSED": 1, "ENABLED": 1, "LATCHED": 1,
	"FALSE": 0, "OFF": 0, "NO": 0, "0": 0, "INACTIVE": 0, "OPEN": 0, "DISABLED": 0, "UNLATCHED": 0,
}

// plain is a single value as the kind of tag wants it.
func plain(text string, p document.Part, kind plant.TagKind, r *connect.Reading) error {
	switch {
	case p.Kind == document.Truth:
		if slices.Contains(p.Words, text) {
			r.Number = 1
		}
		return nil
	case p.Kind == document.Choice:
		at := slices.Index(p.Words, text)
		if at < 0 {
			return fmt.Errorf("%w: %.60q is none of %s", connect.ErrMalformed, text, strings.Join(p.Words, ", "))
		}
		r.Number = float64(at)
		return nil
	case kind == plant.KindText:
		r.Text = text
		return nil
	case kind == plant.KindBoolean:
		v, ok := truths[strings.ToUpper(text)]
		if !ok {
			return fmt.Errorf("%w: %.60q is neither yes nor no; write the words for yes behind the address, #=%.60s", connect.ErrMalformed, text, text)
		}
		r.Number = v
		return nil
	}
	return numeric(text, p, kind, r)
}

// numeric takes one number, of a position in space the axis, of a time series
// the last.
func numeric(text string, p document.Part, kind plant.TagKind, r *connect.Reading) error {
	all, err := (&document.Observation{Value: text}).Numbers()
	if err != nil {
		return fmt.Errorf("%w: %.60q is no number", connect.ErrMalformed, text)
	}
	at := len(all) - 1
	if p.Kind == document.Axis {
		at = p.Axis
	}
	if at >= len(all) || p.Kind != document.Axis && len(all) == 3 {
		return fmt.Errorf("%w: %.60q are %d numbers; write the axis behind the address, #x", connect.ErrMalformed, text, len(all))
	}
	r.Number = all[at]
	if imprecise(text) {
		return connect.ErrImprecise
	}
	if kind == plant.KindEnumeration && math.Trunc(r.Number) != r.Number {
		return fmt.Errorf("%w: %.60q is no code", connect.ErrMalformed, text)
	}
	return nil
}

// maxWhole is where float64 stops telling integers apart.
const maxWhole = 1 << 53

// imprecise: an integer that a float64 rounds. A number written with a fraction
// or an exponent never was one.
func imprecise(text string) bool {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	return err == nil && (n > maxWhole || n < -maxWhole) || errors.Is(err, strconv.ErrRange)
}

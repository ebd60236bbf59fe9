package shdr

import (
	"fmt"
	"slices"
	"strings"
)

// Shape says which fields follow a key.
type Shape int

const (
	Plain      Shape = iota // value
	Condition               // level, native code, native severity, qualifier, text
	Message                 // native code, text
	Alarm                   // code, native code, severity, state, text
	TimeSeries              // count, rate in Hz, values divided by blanks
	AssetEvent              // type, id of the asset
)

var fields = [...]int{Plain: 1, Condition: 5, Message: 2, Alarm: 5, TimeSeries: 3, AssetEvent: 2}

// Observation is one value of a line. Value is what stands alone: the value, a
// condition's level, a message's text.
type Observation struct {
	Device string // of "device:key", else ""
	Key    string
	Shape  Shape
	Value  string
	// Of a condition, a message, an alarm or a series; empty where not given.
	Code, Severity, Qualifier, Text string
}

// levels of a condition, as adapters write them.
var levels = []string{"NORMAL", "WARNING", "FAULT", Unavailable}

// qualifiers of a condition (ANSI/MTC1.4 Part 3, "qualifier").
var qualifiers = []string{"", "LOW", "HIGH"}

// looksLikeCondition: a line with a single condition, the form that all agents
// take, is told by its fields even if nobody named the key. In three pairs a key
// would stand in place of the qualifier.
func looksLikeCondition(tokens []string) bool {
	return len(tokens) == 1+fields[Condition] && slices.Contains(levels, strings.ToUpper(tokens[1])) &&
		slices.Contains(qualifiers, strings.ToUpper(tokens[4]))
}

// IsAsset says that the line is about an asset and holds no observations.
func (l Line) IsAsset() bool { return len(l.Tokens) > 0 && strings.HasPrefix(l.Tokens[0], "@") }

// Observations divides the tokens. Shape tells of a key what follows it, false
// when it is not known; then a line by itself tells a condition, and all else
// is a value. Fields at the end of a line may be left out; a last key without
// any value is an error beside the observations before it.
func (l Line) Observations(shape func(key string) (Shape, bool)) ([]Observation, error) {
	if l.Command != "" || l.IsAsset() {
		return nil, nil
	}
	var out []Observation
	for tokens := l.Tokens; len(tokens) > 0; {
		o := Observation{Key: tokens[0]}
		s, known := shape(o.Key)
		if device, key, has := strings.Cut(o.Key, ":"); !known && has {
			// Keys of adapters with several devices: device:key.
			if s, known = shape(key); known {
				o.Device, o.Key = device, key
			}
		}
		if !known && looksLikeCondition(tokens) {
			s = Condition
		}
		if len(tokens) == 1 {
			return out, fmt.Errorf("%w: key %q without a value", ErrLine, head(o.Key))
		}
		n := min(fields[s], len(tokens)-1)
		o.Shape = s
		o.fill(tokens[1 : 1+n])
		out = append(out, o)
		tokens = tokens[1+n:]
	}
	return out, nil
}

func (o *Observation) fill(f []string) {
	at := func(i int) string {
		if i < len(f) {
			return f[i]
		}
		return ""
	}
	switch o.Shape {
	case Condition:
		o.Value, o.Code, o.Severity, o.Qualifier, o.Text = at(0), at(1), at(2), at(3), at(4)
	case Message:
		o.Code, o.Value = at(0), at(1)
	case Alarm:
		o.Value, o.Code, o.Severity, o.Qualifier, o.Text = at(0), at(1), at(2), at(3), at(4)
	case TimeSeries:
		o.Code, o.Severity, o.Value = at(0), at(1), at(2) // count and rate
	case AssetEvent:
		o.Code, o.Value = at(0), at(1)
	default:
		o.Value = at(0)
	}
}

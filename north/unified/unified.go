// Package unified is the form in which values go to an MQTT broker in names of
// the plant model: one topic per signal, one JSON object per value.
//
// It does no I/O and keeps no state. Start with [Topic] and [Append]; the form
// is described in docs/howto/send-north.md.
package unified

import (
	"encoding/json"
	"math"
	"strings"
	"time"

	"zhigai/plant"
)

// Topic is where a signal's values go: prefix/path/signal. The prefix may be
// empty.
func Topic(prefix string, tag plant.Tag) string {
	prefix = strings.Trim(prefix, "/")
	if prefix == "" {
		return tag.Path
	}
	return prefix + "/" + tag.Path
}

// message is the JSON object. Value is a number, a truth value, a text, or null
// when the quality is bad.
type message struct {
	Value   any    `json:"value"`
	Unit    string `json:"unit,omitempty"`
	Time    string `json:"time"`    // of the sample, RFC 3339 in UTC with up to six decimals
	Quality string `json:"quality"` // good, uncertain:reason, bad:reason
	Tag     string `json:"tag"`
}

// Append writes a value after dst. Text holds the value of text tags.
func Append(dst []byte, tag plant.Tag, s plant.Sample, text string) ([]byte, error) {
	m := message{Unit: tag.Unit, Time: s.Time.Time().Format(time.RFC3339Nano), Quality: s.Quality.String(), Tag: tag.Path}
	switch {
	case s.Quality.IsBad():
	case tag.Kind == plant.KindText:
		m.Value = text
	case tag.Kind == plant.KindBoolean:
		m.Value = s.Value != 0
	case math.IsNaN(s.Value) || math.IsInf(s.Value, 0): // JSON has neither
	default:
		m.Value = s.Value
	}
	raw, err := json.Marshal(m)
	return append(dst, raw...), err
}

package recording

import (
	"encoding/json"
	"time"
)

// MarshalJSON gives one flat object: what holds for all recordings under fixed
// keys, what is followed over time under the adapter's own names, so that
// "pexecution" is its changes and "seconds_in_pexecution" how long each value
// stood. Lines that were not understood are not in it.
func (s *Summary) MarshalJSON() ([]byte, error) {
	out := map[string]any{
		"first":             s.First.Round(time.Microsecond).Format("2006-01-02T15:04:05.000000Z"),
		"span_s":            s.Span,
		"timestamped_lines": s.Lines,
		"observations":      s.Observations,
		"backward_steps":    s.Backward,
		"distinct_items":    len(s.Counts),
		"counts":            s.Counts,
		"asset_lines":       s.Assets,
		"numeric":           s.Numbers,
		"conditions":        s.Conditions,
	}
	for key, changes := range s.Changes {
		out[key] = changes
	}
	for key, programs := range s.Programs {
		out[key] = programs
	}
	for key, seconds := range s.Seconds {
		out["seconds_in_"+key] = seconds
	}
	return json.Marshal(out)
}

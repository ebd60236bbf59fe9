package sparkplug

import (
	"encoding/json"
	"fmt"
	"strings"

	"zhigai/connect/sparkplug/payload"
)

// IsRebirth reports whether a command to the edge node asks for new births.
func IsRebirth(raw []byte) (bool, error) {
	p, err := payload.Open(raw)
	if err != nil {
		return false, fmt.Errorf("command of the host: %w", err)
	}
	for _, m := range p.Metrics {
		if m.Name == metricRebirth && m.Value.Field == payload.Boolean && m.Value.Bits != 0 {
			return true, nil
		}
	}
	return false, nil
}

// StateTopics are where a primary host says whether it is online: as version
// 3.0 wants it, and as hosts of version 2.2 do.
func StateTopics(host string) []string {
	return []string{namespace + "/STATE/" + host, "STATE/" + host}
}

// HostState is what a primary host said of itself.
type HostState struct {
	Online bool
	At     int64 // ms since 1970; 0 in the old form, which has none
}

// Supersedes reports whether the state is to be believed after an earlier one: a
// will that a broker publishes late is older than the host's return.
func (s HostState) Supersedes(earlier HostState) bool { return s.At == 0 || s.At >= earlier.At }

// ParseState reads a message of one of StateTopics.
func ParseState(raw []byte) (HostState, error) {
	switch text := strings.TrimSpace(string(raw)); text {
	case "ONLINE", "OFFLINE":
		return HostState{Online: text == "ONLINE"}, nil
	}
	var s struct {
		Online    *bool  `json:"online"`
		Timestamp *int64 `json:"timestamp"`
	}
	if err := json.Unmarshal(raw, &s); err != nil || s.Online == nil || s.Timestamp == nil {
		return HostState{}, fmt.Errorf("state of the host %.80q is neither {\"online\",\"timestamp\"} nor ONLINE or OFFLINE", raw)
	}
	return HostState{Online: *s.Online, At: *s.Timestamp}, nil
}

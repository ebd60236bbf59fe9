package sim

import (
	"maps"
	"slices"
	"strings"
)

// codebook is the code that a profile has for what the simulation calls by a
// number of its own; a number that is not in it is shown as it is.
type codebook map[int]float64

func (c codebook) of(own int) float64 {
	if code, ok := c[own]; ok {
		return code
	}
	return float64(own)
}

// words are what profiles call the modes and alarms of a controller, the best
// word first.
var words = map[string]map[int][]string{
	"machine.mode": {
		modeOff: {"off at the switch", "off", "manual"}, modeManual: {"manual setup", "manual"},
		modeAutomatic: {"automatic"}, modeMaintenance: {"maintenance", "manual"},
	},
	"machine.alarm": {
		0: {"none", "normal"}, 101: {"mechanical", "fault"}, 102: {"electrical", "fault"}, 103: {"tool", "fault"},
		104: {"mechanical", "fault"}, 105: {"electrical", "warning"},
	},
}

// codesOf finds the codes of a kind's modes and alarms by their names.
func codesOf(k Kind) map[string]codebook {
	out := map[string]codebook{}
	for _, s := range k.Signals {
		for own, names := range words[s.Name] {
			for _, name := range names {
				code, ok := s.code(name)
				if !ok {
					continue
				}
				if out[s.Name] == nil {
					out[s.Name] = codebook{}
				}
				out[s.Name][own] = code
				break
			}
		}
	}
	return out
}

// code is the smallest code of that name.
func (s *Signal) code(name string) (float64, bool) {
	for _, code := range slices.Sorted(maps.Keys(s.Names)) {
		if strings.EqualFold(s.Names[code], name) {
			return float64(code), true
		}
	}
	return 0, false
}

// bounded is a value as far as the signal takes it.
func (s *Signal) bounded(v float64) float64 {
	if s.Min != nil {
		v = max(v, *s.Min)
	}
	if s.Max != nil {
		v = min(v, *s.Max)
	}
	return v
}

// execution is what the machine does in the words of MTConnect, for controllers
// that say their state as a text (ANSI/MTC1.4 Part 3, EXECUTION).
func (m *machine) execution() string {
	switch {
	case m.stop.cause == Running:
		return "ACTIVE"
	case m.alarm != 0 || m.estop || m.dead():
		return "STOPPED"
	case m.stop.mode == modeAutomatic:
		return "INTERRUPTED"
	}
	return "READY"
}

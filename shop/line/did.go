package line

import (
	"strings"

	calc "zhigai/calc/line"
	"zhigai/plant"
)

// Did is time in which nothing about a machine changed, as equipment tells it.
type Did struct {
	From, To plant.Micros
	Class    string // time class of ISO 22400-2, or UNKNOWN, NONE
	Busy     bool   // planned busy time
	Fault    bool   // the machine itself says that it cannot work
	Micro    bool   // part of a minor stop
	Reason   string // why it stands, "" while it does not
	Loss     string // of the reason
	SaidBy   string // who gave the reason: machine:, person: or rule:
	Product  string
}

// Reasons of data/standards/stop-reasons.yaml that say what neighbours did, and
// those that say nothing.
const (
	reasonMissing    = "material.missing"
	reasonBlocked    = "material.blocked"
	reasonMinor      = "minor"
	reasonUnassigned = "unassigned"
)

// Source is who says what a station does.
type Source string

const (
	ByMachine    Source = "machine"
	ByPerson     Source = "person"
	ByNeighbours Source = "neighbours" // derived from the stations before and behind
	ByRule       Source = "rule"       // nobody said why it stands
	ByNobody     Source = "nobody"     // unknown
)

// span is time in milliseconds, half open.
type span struct{ from, to int64 }

// part is time of a machine in one state.
type part struct {
	span
	state  calc.State
	source Source
	reason string
	open   bool // it stands and nobody said why: neighbours may explain it
	busy   bool
}

// own is what a machine says of itself. What says nothing of why it stands is
// left open.
func own(d Did) part {
	p := part{span: span{int64(d.From) / 1000, int64(d.To) / 1000}, source: ByMachine, busy: d.Busy, reason: d.Reason}
	switch d.Class {
	case "APT":
		p.state = calc.Working
		return p
	case "PDOT":
		p.state = calc.Planned
		return p
	case "NONE":
		p.state = calc.Off
		return p
	case "UNKNOWN":
		p.source = ByNobody
		return p
	}
	switch who, _, _ := strings.Cut(d.SaidBy, ":"); who {
	case "person":
		p.source = ByPerson
	case "rule":
		p.source = ByRule
	}
	silent := d.Reason == "" || d.Reason == reasonUnassigned || d.Reason == reasonMinor
	switch {
	case d.Reason == reasonMissing:
		p.state = calc.Starved
	case d.Reason == reasonBlocked:
		p.state = calc.Blocked
	case d.Class == "AUST" || d.Loss == "setup":
		p.state = calc.Setup
	case d.Fault || d.Loss == "breakdown":
		p.state = calc.Down
	case d.Loss == "planned":
		p.state = calc.Service
	case silent && d.Micro:
		p.state, p.source, p.open = calc.Minor, ByRule, true
	case silent:
		p.state, p.source, p.open = calc.Delay, ByRule, true
	case d.Loss == "minor":
		p.state = calc.Minor
	default:
		p.state = calc.Delay
	}
	return p
}

// ownParts covers [from, to): what nobody tells is unknown.
func ownParts(did []Did, from, to int64) []part {
	out := make([]part, 0, len(did)+2)
	at := from
	unknown := func(until int64) {
		if at < until {
			out, at = append(out, part{span: span{at, until}, source: ByNobody}), until
		}
	}
	for _, d := range did {
		p := own(d)
		p.from, p.to = max(p.from, at), min(p.to, to)
		if p.from >= p.to {
			continue
		}
		unknown(p.from)
		out, at = append(out, p), p.to
	}
	unknown(to)
	return out
}

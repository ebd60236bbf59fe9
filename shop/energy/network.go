package energy

import (
	"regexp"
	"slices"
	"strings"

	"zhigai/plant"
)

// Network is the tree of meters of a place, as it is from an instant on until a
// later revision says otherwise.
type Network struct {
	Place   plant.NodeID  `json:"place" maxLength:"60" doc:"The node of the plant whose energy it is"`
	Path    string        `json:"path" readOnly:"true" doc:"Of the place, when it was saved"`
	Rev     int64         `json:"rev" doc:"The revision that was seen, 0 for a place without one"`
	From    plant.Instant `json:"from" doc:"In force from this instant on"`
	Meters  []Meter       `json:"meters" nullable:"false" minItems:"1" maxItems:"500"`
	Tariffs []TariffUse   `json:"tariffs" nullable:"false" maxItems:"40"`
	Charges []ChargeUse   `json:"charges,omitempty" maxItems:"40"`
	Note    string        `json:"note" minLength:"1" maxLength:"1000" doc:"Why it is so, or why it was changed"`
	By      string        `json:"by" readOnly:"true"`
	At      plant.Instant `json:"at" readOnly:"true" doc:"When it was saved"`
}

// Meter is a node of the tree: a meter that is read, or one that is computed of
// others.
type Meter struct {
	Code   string     `json:"code" maxLength:"40"`
	Name   plant.Name `json:"name"`
	Medium Medium     `json:"medium" enum:"electricity,gas,steam,water,air,heat"`
	Above  string     `json:"above,omitempty" maxLength:"40" doc:"Code of the meter through which this one is fed"`
	// Machine is whose signal it is; where the machine is no meter, its states tell
	// what it burns while it stands.
	Machine plant.NodeID `json:"equipment,omitempty" maxLength:"60" doc:"Machine whose signal is read"`
	Signal  string       `json:"signal,omitempty" maxLength:"80"`
	Reads   Reads        `json:"reads,omitempty" enum:"counter,rate" doc:"A counter that rises, or power and flow per hour"`
	Factor  float64      `json:"factor,omitempty" doc:"The medium's unit per unit of the signal: transformers, pulses; 1 when left out"`
	Modulo  float64      `json:"modulo,omitempty" minimum:"0" doc:"Reading after the highest, at which the counter begins at 0"`
	// MaxPerHour bounds what is believed, in the medium's unit.
	MaxPerHour float64    `json:"max_per_hour,omitempty" minimum:"0"`
	Exchanges  []Exchange `json:"exchanges,omitempty" maxItems:"100" doc:"Meters taken out and put in"`
	Formula    string     `json:"formula,omitempty" maxLength:"500" doc:"Of a computed meter: sums and differences of others, such as main - 0.5 * hall"`
	// Aside is of a machine whose feeding meter nobody named: it is counted by another.
	Aside bool `json:"aside,omitempty" doc:"Looked at by itself: another meter counts it already, and it stands in no total"`
	// Limit is of demand, kW over 15 minutes; nil is none.
	Limit *float64 `json:"limit_kw,omitempty" minimum:"0"`
	// Shared divides it among machines without a meter; nil leaves it undivided.
	Shared *Sharing `json:"shared,omitempty"`
}

// Reads says what a signal shows.
type Reads string

// Signals that are read.
const (
	Counter Reads = "counter"
	Rate    Reads = "rate"
)

// Exchange is a meter that was replaced, with its last reading and the first of the
// new one, in the signal's unit.
type Exchange struct {
	At      plant.Instant `json:"at"`
	Final   float64       `json:"final"`
	Initial float64       `json:"initial"`
}

// TariffUse is a tariff in force at a place from a day on.
type TariffUse struct {
	Tariff string `json:"tariff" maxLength:"60" doc:"Id of a tariff"`
	Day    string `json:"day" pattern:"^\\d{4}-\\d{2}-\\d{2}$" doc:"First day, in the tariff's zone"`
	// Base is what a kWh costs in flat hours, in millionths of a yuan: 0.65 yuan are
	// 650000.
	Base int64 `json:"base_micro_cny" minimum:"0" maximum:"100000000" doc:"Price of a kWh in flat hours, millionths of a yuan"`
}

// Virtual says whether a meter is computed of others.
func (m Meter) Virtual() bool { return m.Formula != "" }

// machines are those that a meter names.
func (m Meter) machines() (out []plant.NodeID) {
	if !m.Virtual() {
		out = append(out, m.Machine)
	}
	if m.Shared != nil {
		for _, w := range m.Shared.Among {
			out = append(out, w.Machine)
		}
	}
	return out
}

func (m Meter) factor() float64 {
	if m.Factor == 0 {
		return 1
	}
	return m.Factor
}

const (
	maxMeters = 500
	maxNote   = 1000
	maxName   = 200
)

var meterCode = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// Meter finds one by its code.
func (n *Network) Meter(code string) (Meter, bool) {
	i := slices.IndexFunc(n.Meters, func(m Meter) bool { return m.Code == code })
	if i < 0 {
		return Meter{}, false
	}
	return n.Meters[i], true
}

// Below are the meters that a meter feeds.
func (n *Network) Below(code string) (out []Meter) {
	for _, m := range n.Meters {
		if m.Above == code {
			out = append(out, m)
		}
	}
	return out
}

// Check says what is wrong with a network in itself: the plant is not asked.
func (n *Network) Check() error {
	switch {
	case len(n.Meters) == 0 || len(n.Meters) > maxMeters:
		return invalid("%d meters; a network has 1 to %d", len(n.Meters), maxMeters)
	case strings.TrimSpace(n.Note) == "" || len(n.Note) > maxNote:
		return invalid("say why it is so, in at most %d bytes", maxNote)
	}
	for i, m := range n.Meters {
		if slices.IndexFunc(n.Meters, func(o Meter) bool { return o.Code == m.Code }) != i {
			return invalid("meter %s is there twice; give one of them another code", m.Code)
		}
		if err := n.checkMeter(i, m); err != nil {
			return err
		}
	}
	for _, m := range n.Meters {
		if err := n.checkWays(m); err != nil {
			return err
		}
	}
	return n.checkCharges()
}

func (n *Network) checkMeter(i int, m Meter) error {
	_, known := units[m.Medium]
	switch {
	case !meterCode.MatchString(m.Code):
		return invalid("meter %d: code %.60q; write a small letter, then small letters, digits and _", i+1, m.Code)
	case m.Name.ZH == "" || len(m.Name.ZH) > maxName || len(m.Name.EN) > maxName:
		return invalid("meter %s: a Chinese name of at most %d bytes is needed", m.Code, maxName)
	case !known:
		return invalid("meter %s: medium %.40q; write electricity, gas, steam, water, air or heat", m.Code, m.Medium)
	case m.Virtual() == (m.Machine != ""):
		return invalid("meter %s: give the machine and signal that it reads, or the formula of a computed one, and not both", m.Code)
	case !m.Virtual() && (m.Signal == "" || m.Reads != Counter && m.Reads != Rate):
		return invalid("meter %s: name the signal, and whether it is a counter or a rate", m.Code)
	case m.Factor < 0 || m.Modulo < 0 || m.MaxPerHour < 0:
		return invalid("meter %s: factor, modulo and limit of belief are not below 0", m.Code)
	case m.Limit != nil && (m.Medium != Electricity || *m.Limit <= 0):
		return invalid("meter %s: a limit of demand is above 0 kW and of electricity", m.Code)
	}
	for k, e := range m.Exchanges {
		if m.Reads != Counter || k > 0 && e.At <= m.Exchanges[k-1].At || e.At == 0 {
			return invalid("meter %s: exchanges are of counters and in the order of time", m.Code)
		}
	}
	return nil
}

// checkWays looks at what a meter hangs on: above it and in its formula, without
// circles and of one medium.
func (n *Network) checkWays(m Meter) error {
	for seen, at := 0, m; at.Above != ""; seen++ {
		above, ok := n.Meter(at.Above)
		switch {
		case !ok:
			return invalid("meter %s is fed by %.40q, which is not there", at.Code, at.Above)
		case above.Medium != at.Medium:
			return invalid("meter %s is of %s and fed by %s of %s; they are of one medium", at.Code, at.Medium, above.Code, above.Medium)
		case seen > len(n.Meters):
			return invalid("meter %s feeds itself in a circle; take one of its ways out", m.Code)
		}
		at = above
	}
	if err := n.checkShared(m); err != nil {
		return err
	}
	return n.checkFormula(m, nil)
}

func (n *Network) checkFormula(m Meter, through []string) error {
	if !m.Virtual() {
		return nil
	}
	if slices.Contains(through, m.Code) {
		return invalid("meter %s is computed of itself: %v", m.Code, through)
	}
	parts, err := parseFormula(m.Formula)
	if err != nil {
		return invalid("meter %s: %v", m.Code, err)
	}
	for _, p := range parts {
		other, ok := n.Meter(p.code)
		switch {
		case !ok:
			return invalid("meter %s: the formula names %.40q, which is not there", m.Code, p.code)
		case units[other.Medium] != units[m.Medium]:
			return invalid("meter %s: the formula names %s, which counts %s and not %s", m.Code, p.code, units[other.Medium], units[m.Medium])
		}
		if err := n.checkFormula(other, append(slices.Clip(through), m.Code)); err != nil {
			return err
		}
	}
	return nil
}

package shop

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"zhigai/connect"
	"zhigai/connect/profile"
	"zhigai/plant"
)

// ProfileDetail is a profile in its own words, all that it takes from its bases
// included, with its file as written.
type ProfileDetail struct {
	Profile
	Bases        []string         `json:"bases" nullable:"false"` // those it extends, the nearest first
	Requirements *plant.Name      `json:"requirements,omitempty"`
	Caveats      []plant.Name     `json:"caveats" nullable:"false"`
	Params       []ProfileParam   `json:"params" nullable:"false"`
	Points       []ProfilePoint   `json:"points" nullable:"false"`
	Derived      []ProfileDerived `json:"derived" nullable:"false"`
	States       []ProfileState   `json:"states" nullable:"false"`
	Counters     []ProfileCounter `json:"counters" nullable:"false"`
	Alarms       []ProfileAlarm   `json:"alarms" nullable:"false"`
	Identify     []ProfileRule    `json:"identify" nullable:"false"`
	YAML         string           `json:"yaml"`
}

// ProfileParam is what a person says of one device.
type ProfileParam struct {
	Name     string        `json:"name"`
	Title    plant.Name    `json:"title"`
	Kind     string        `json:"kind"`
	Default  string        `json:"default,omitempty"`
	Choices  []ProfileCode `json:"choices,omitempty"`
	Min      *float64      `json:"min,omitempty"`
	Max      *float64      `json:"max,omitempty"`
	Required bool          `json:"required,omitempty"`
	Secret   bool          `json:"secret,omitempty"`
}

// ProfileCode is one code of an enumeration, or one choice.
type ProfileCode struct {
	Code string     `json:"code"`
	Name plant.Name `json:"name"`
}

// ProfilePoint is one signal: where it is read and what becomes of it.
type ProfilePoint struct {
	Name      string        `json:"name"`
	Title     plant.Name    `json:"title"`
	Kind      plant.TagKind `json:"kind"`
	Address   string        `json:"address"`
	Scale     float64       `json:"scale"` // raw × scale + offset is in unit
	Offset    float64       `json:"offset"`
	Unit      string        `json:"unit,omitempty"`
	From      string        `json:"device_unit,omitempty"`
	PeriodMS  int64         `json:"period_ms"`
	Min       *float64      `json:"min,omitempty"`
	Max       *float64      `json:"max,omitempty"`
	Codes     []ProfileCode `json:"codes,omitempty"`
	Retention string        `json:"retention"`
	Write     *ProfileWrite `json:"write,omitempty"`
}

// ProfileWrite is within what a set point may be set.
type ProfileWrite struct {
	Min     *float64 `json:"min,omitempty"`
	Max     *float64 `json:"max,omitempty"`
	MaxStep float64  `json:"max_step,omitempty"`
	// Watchdog takes a watchdog's beats and nothing else.
	Watchdog bool `json:"watchdog,omitempty"`
}

// ProfileDerived is a signal calculated from others.
type ProfileDerived struct {
	Name  string        `json:"name"`
	Title plant.Name    `json:"title"`
	Kind  plant.TagKind `json:"kind"`
	Unit  string        `json:"unit,omitempty"`
	Expr  string        `json:"expr"`
}

// ProfileState is one rule of what the machine does; the first that holds
// decides.
type ProfileState struct {
	When string `json:"when"`
	Item string `json:"item"`
	Mode string `json:"mode"`
}

// ProfileCounter says which signal counts what.
type ProfileCounter struct {
	Counts string `json:"counts"` // good, scrap, rework, total or energy
	Signal string `json:"signal"`
}

// ProfileAlarm is a condition with a text.
type ProfileAlarm struct {
	ID       string     `json:"id"`
	When     string     `json:"when"`
	Priority int        `json:"priority"`
	Text     plant.Name `json:"text"`
	Reason   string     `json:"reason,omitempty"`
}

// ProfileRule recognises a device.
type ProfileRule struct {
	Address string `json:"address"`
	Match   string `json:"match"`
}

func detailOf(p *profile.Profile, source []byte, drivers []connect.Driver) ProfileDetail {
	out := ProfileDetail{Profile: profileOf(p, drivers), Bases: append([]string{}, p.Bases...), Caveats: append([]plant.Name{}, p.Caveats...), YAML: string(source)}
	if p.Requirements != (plant.Name{}) {
		out.Requirements = &p.Requirements
	}
	for _, one := range p.Params {
		row := ProfileParam{Name: one.Name, Title: one.Title, Kind: one.Kind, Default: one.Default, Min: one.Min, Max: one.Max, Required: one.Required, Secret: one.Secret}
		for _, value := range slices.Sorted(maps.Keys(one.Choices)) {
			row.Choices = append(row.Choices, ProfileCode{value, one.Choices[value]})
		}
		out.Params = append(out.Params, row)
	}
	for i := range p.Signals {
		out.Points = append(out.Points, pointOf(&p.Signals[i]))
	}
	for _, d := range p.Derived {
		out.Derived = append(out.Derived, ProfileDerived{d.Name, d.Title, d.Kind, d.Unit, d.Expr})
	}
	for _, s := range p.States {
		out.States = append(out.States, ProfileState(s))
	}
	for _, c := range []struct {
		counts string
		*profile.Counter
	}{{"good", p.Counters.Good}, {"scrap", p.Counters.Scrap}, {"rework", p.Counters.Rework}, {"total", p.Counters.Total}, {"energy", p.Counters.Energy}} {
		if c.Counter != nil {
			out.Counters = append(out.Counters, ProfileCounter{c.counts, c.Signal})
		}
	}
	for _, a := range p.Alarms {
		out.Alarms = append(out.Alarms, ProfileAlarm{a.ID, a.When, a.Priority, a.Text, a.Reason})
	}
	for _, rule := range p.Identify {
		out.Identify = append(out.Identify, ProfileRule{rule.At, rule.Match})
	}
	return out.listed()
}

// listed has empty lists where there is nothing, not null.
func (d ProfileDetail) listed() ProfileDetail {
	d.Params, d.Points, d.Derived = append([]ProfileParam{}, d.Params...), append([]ProfilePoint{}, d.Points...), append([]ProfileDerived{}, d.Derived...)
	d.States, d.Counters = append([]ProfileState{}, d.States...), append([]ProfileCounter{}, d.Counters...)
	d.Alarms, d.Identify = append([]ProfileAlarm{}, d.Alarms...), append([]ProfileRule{}, d.Identify...)
	return d
}

func pointOf(s *profile.Signal) ProfilePoint {
	scale, offset := s.Scaling()
	out := ProfilePoint{
		Name: s.Name, Title: s.Title, Kind: s.Kind, Address: s.At, Scale: scale, Offset: offset, Unit: s.Unit, From: s.DeviceUnit,
		PeriodMS: s.Every().Milliseconds(), Min: s.Min, Max: s.Max, Retention: string(cmp.Or(s.Retention, plant.RetainStandard)),
	}
	for _, code := range slices.Sorted(maps.Keys(s.Values)) {
		out.Codes = append(out.Codes, ProfileCode{strconv.FormatInt(code, 10), s.Values[code]})
	}
	if w := s.Write; w != nil {
		out.Write = &ProfileWrite{w.Min, w.Max, w.MaxStep, w.Watchdog}
	}
	return out
}

package alarm

import (
	"slices"
	"strings"
	"time"

	"zhigai/calc/alarm"
	"zhigai/plant"
)

// Kind says what of a signal is held against a limit.
type Kind = alarm.Kind

// Stage says how far a limit is in its life: it is tried before it goes live.
type Stage string

// Stages of a limit.
const (
	Draft   Stage = "draft"
	Live    Stage = "live"
	Retired Stage = "retired"
)

var stageWays = map[Stage][]Stage{
	"":      {Draft},
	Draft:   {Draft, Live, Retired},
	Live:    {Live, Draft, Retired},
	Retired: {Draft},
}

// Terms are what an engineer says of a limit: when it stands, how urgent it is, what
// it means and what is to be done.
type Terms struct {
	Stage    Stage       `json:"stage" enum:"draft,live,retired"`
	Tag      plant.TagNo `json:"tag"`
	Text     plant.Name  `json:"text" doc:"What the list shows"`
	Kind     Kind        `json:"kind" enum:"hi,lo,rate,deviation"`
	Value    float64     `json:"value" doc:"In the tag's unit; of a rate per minute"`
	Target   float64     `json:"target,omitempty" doc:"Of a deviation without a signal to compare with"`
	Against  plant.TagNo `json:"against,omitempty" doc:"Of a deviation: the tag of the same machine that gives the target"`
	Deadband float64     `json:"deadband,omitempty" minimum:"0" doc:"How far back the value must come, in the tag's unit"`
	WindowS  int64       `json:"window_s,omitempty" minimum:"0" maximum:"86400" doc:"Of a rate: over how long it is taken"`
	OnS      int64       `json:"on_delay_s,omitempty" minimum:"0" maximum:"86400" doc:"How long the condition must hold before the alarm stands"`
	OffS     int64       `json:"off_delay_s,omitempty" minimum:"0" maximum:"86400" doc:"How long it must be away before the alarm returns to normal"`
	Priority int         `json:"priority" minimum:"1" maximum:"4"`

	Consequence plant.Name `json:"consequence,omitzero" doc:"What happens if nobody answers"`
	Response    plant.Name `json:"response,omitzero" doc:"What is to be done"`
	RespondS    int64      `json:"respond_s,omitempty" minimum:"0" maximum:"604800" doc:"How soon it must be done"`

	Reason string `json:"reason" maxLength:"500" doc:"Why this version is as it is"`
}

// Limit is an alarm that somebody set on a signal. Each version is kept.
type Limit struct {
	ID     string        `json:"id"`
	Rev    int64         `json:"rev" doc:"Version"`
	Node   plant.NodeID  `json:"equipment" doc:"Of the tag"`
	Path   string        `json:"path" doc:"Of the machine when the version was saved"`
	Signal string        `json:"signal" doc:"Name of the tag"`
	Unit   string        `json:"unit,omitempty"`
	By     string        `json:"by"`
	At     plant.Instant `json:"at" doc:"When the version was saved, and holds from"`
	Terms
}

// maxWords bounds a text of a limit, in bytes.
const maxWords = 1000

// rule is what calc knows of them.
func (l Terms) rule() alarm.Rule {
	s := time.Second.Microseconds()
	return alarm.Rule{
		Kind: l.Kind, Limit: l.Value, Deadband: l.Deadband, Target: l.Target, Window: l.WindowS * s, OnDelay: l.OnS * s, OffDelay: l.OffS * s,
	}
}

// check refuses a version that says too little or what cannot be.
func (l Terms) check() error {
	if err := l.rule().Check(); err != nil {
		return invalid("%v", err)
	}
	if err := checkPriority(l.Priority); err != nil {
		return err
	}
	switch {
	case strings.TrimSpace(l.Text.ZH) == "":
		return invalid("say in a few Chinese words what the list is to show")
	case strings.TrimSpace(l.Reason) == "":
		return invalid("say why the limit is as it is: whoever changes it next must know")
	case l.Stage == Live && strings.TrimSpace(l.Response.ZH) == "":
		return invalid("a limit goes live when it says what is to be done: an alarm that needs no answer is none (ISA-18.2)")
	case l.Against != 0 && l.Kind != alarm.Deviation:
		return invalid("a signal to compare with is of deviations alone; leave against out")
	case l.Against == l.Tag:
		return invalid("a signal has no deviation from itself; choose another one for against")
	case slices.ContainsFunc([]plant.Name{l.Text, l.Consequence, l.Response}, func(n plant.Name) bool { return len(n.ZH) > maxWords || len(n.EN) > maxWords }):
		return invalid("texts of at most %d bytes are kept", maxWords)
	}
	return nil
}

// alarmID is that of the alarms which the limit makes.
func (l Limit) alarmID() string { return string(FromLimit) + "/" + l.ID }

// alarm makes an alarm of a firing.
func (l Limit) alarm(name plant.Name, f alarm.Firing) Alarm {
	a := Alarm{
		Place: l.Node, Path: l.Path, Name: name, ID: l.alarmID(), Source: FromLimit, Text: l.Text, Priority: l.Priority,
		From: floorMs(f.From), To: floorMs(f.To), Open: f.Open, Lost: f.Lost,
		Evidence: "/machines/" + string(l.Node),
		Limit: &Broken{
			ID: l.ID, Rev: l.Rev, Tag: l.Tag, Signal: l.Signal, Unit: l.Unit, Kind: l.Kind, Value: l.Value, Peak: f.Peak,
			Consequence: l.Consequence, Response: l.Response, RespondS: l.RespondS,
		},
	}
	return a
}

// held is a version of a limit with the time in which it was live.
type held struct {
	Limit
	from, to plant.Micros
}

// forever is later than any sample.
const forever = plant.Micros(1 << 62)

// heldIn finds when versions were live within [from, to). versions are of one or of
// many limits, in any order.
func heldIn(versions []Limit, from, to plant.Micros) []held {
	versions = slices.Clone(versions)
	slices.SortFunc(versions, func(a, b Limit) int {
		if a.ID != b.ID {
			return strings.Compare(a.ID, b.ID)
		}
		return int(a.Rev - b.Rev)
	})
	var out []held
	for i, v := range versions {
		if v.Stage != Live {
			continue
		}
		h := held{v, v.At.Micros(), forever}
		if i+1 < len(versions) && versions[i+1].ID == v.ID {
			h.to = versions[i+1].At.Micros()
		}
		if h.from < to && h.to > from {
			out = append(out, h)
		}
	}
	return out
}

// floorMs drops what is finer than a millisecond: other parts keep no finer times.
func floorMs(us int64) plant.Instant { return plant.Instant(us - us%1000) }

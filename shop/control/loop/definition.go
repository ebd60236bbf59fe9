package loop

import (
	"math"
	"slices"
	"strings"
	"time"

	calc "zhigai/calc/control"
	"zhigai/plant"
)

// State says how far a revision of a loop came.
type State string

// States of a revision. One that is approved never changes: another takes its place.
const (
	Draft    State = "draft"
	Approved State = "approved"
	Retired  State = "retired"
)

// Input is a signal that a loop reads.
type Input struct {
	Machine plant.NodeID `json:"equipment" minLength:"1" maxLength:"60"`
	Signal  string       `json:"signal" minLength:"1" maxLength:"100"`
	Title   plant.Name   `json:"title,omitzero" readOnly:"true"`
	Unit    string       `json:"unit,omitempty" readOnly:"true"`
}

// Kind of a block.
type Kind string

// Kinds of blocks.
const (
	PID      Kind = "pid"
	Cascade  Kind = "cascade"
	OnOff    Kind = "on-off"
	Ratio    Kind = "ratio"
	RunToRun Kind = "run-to-run"
)

// Block is a kind of controller with the parameters of that kind.
type Block struct {
	Kind    Kind              `json:"kind" enum:"pid,cascade,on-off,ratio,run-to-run"`
	PID     *calc.PID         `json:"pid,omitempty"`
	Cascade *calc.Cascade     `json:"cascade,omitempty"`
	OnOff   *calc.OnOff       `json:"on_off,omitempty"`
	On      float64           `json:"on,omitempty" doc:"Of on-off: the output when on"`
	Off     float64           `json:"off,omitempty" doc:"Of on-off: the output when off"`
	Other   float64           `json:"other,omitempty" doc:"Of on-off: the output on the other side"`
	Ratio   *calc.Ratio       `json:"ratio,omitempty"`
	EWMA    *calc.EWMA        `json:"ewma,omitempty"`
	Every   int               `json:"every,omitempty" minimum:"0" maximum:"1000" doc:"Of run-to-run: parts of which a correction is made of the mean; 1 when left out"`
	Ramp    *calc.Ramp        `json:"ramp,omitempty" doc:"How the set point moves; at once when left out"`
	Feed    *calc.FeedForward `json:"feed_forward,omitempty"`
}

// Watchdog is a value by which the machine sees that the loop is alive.
type Watchdog struct {
	Signal   string `json:"signal" minLength:"1" maxLength:"100" doc:"Set point of the machine that its profile declares as a watchdog"`
	PeriodMs int64  `json:"period_ms" minimum:"500" maximum:"60000"`
}

// Loop is one revision of a control loop.
type Loop struct {
	ID          string       `json:"id,omitempty" readOnly:"true" doc:"Of this revision"`
	Series      string       `json:"series,omitempty" maxLength:"60" doc:"Of all revisions of the loop: the loop's id; left out for a new one"`
	Revision    int          `json:"revision,omitempty" readOnly:"true" doc:"Counts from 1 within the series"`
	Rev         int64        `json:"rev,omitempty" doc:"Counts the changes of this revision; the one that was seen"`
	Name        plant.Name   `json:"name"`
	Owner       string       `json:"owner" minLength:"1" maxLength:"100" doc:"Who answers for it"`
	Machine     plant.NodeID `json:"equipment" minLength:"1" maxLength:"60" doc:"Whose set point it moves"`
	Path        string       `json:"path,omitempty" readOnly:"true"`
	MachineName plant.Name   `json:"equipment_name,omitzero" readOnly:"true"`
	Output      string       `json:"output" minLength:"1" maxLength:"100" doc:"The set point that it moves"`
	OutputTitle plant.Name   `json:"output_title,omitzero" readOnly:"true"`
	OutputUnit  string       `json:"output_unit,omitempty" readOnly:"true"`
	PV          Input        `json:"pv" doc:"What is held: the process value; of a ratio the wild signal"`
	Inner       *Input       `json:"inner,omitempty" doc:"Of a cascade: what the inner loop holds"`
	Disturbance *Input       `json:"disturbance,omitempty" doc:"Of a feed-forward"`
	Trigger     *Input       `json:"trigger,omitempty" doc:"Of run-to-run: a change of it says that a part was measured; a change of the process value when left out"`
	Block       Block        `json:"block"`
	SP          float64      `json:"sp" doc:"Set point to begin with"`
	SPLow       float64      `json:"sp_low" doc:"Smallest set point that may be asked for"`
	SPHigh      float64      `json:"sp_high" doc:"Largest"`
	Tariff      *Tariff      `json:"tariff,omitempty" doc:"How the set point moves by the tariff period that runs"`
	PeriodMs    int64        `json:"period_ms" minimum:"200" maximum:"3600000" doc:"Time between scans"`
	MaxAgeMs    int64        `json:"max_age_ms" minimum:"500" maximum:"3600000" doc:"An input that was heard longer ago suspends the loop"`
	Deadband    float64      `json:"deadband,omitempty" minimum:"0" doc:"The output is written when it moved by more"`
	Resolution  float64      `json:"resolution,omitempty" minimum:"0" doc:"Smallest step that the machine takes; 0: none"`
	IntervalMs  int64        `json:"interval_ms" minimum:"1000" maximum:"3600000" doc:"Least time between writes"`
	Safe        Safe         `json:"safe" doc:"What happens when inputs are stale, the device is lost, the node starts anew, its clock steps or it is overloaded"`
	Watchdog    *Watchdog    `json:"watchdog,omitempty"`
	Note        string       `json:"note,omitempty" maxLength:"1000" doc:"What is new in this revision"`
	State       State        `json:"state,omitempty" readOnly:"true" enum:"draft,approved,retired"`
	Authors     []string     `json:"authors,omitempty" readOnly:"true" doc:"Who wrote it; none of them approves it"`
	Steps       []Step       `json:"steps,omitempty" readOnly:"true"`
}

// Step is what somebody did to a revision.
type Step struct {
	State State         `json:"state" enum:"draft,approved,retired"`
	At    plant.Instant `json:"at"`
	By    string        `json:"by"`
	Note  string        `json:"note,omitempty"`
}

func (l *Loop) period() time.Duration   { return time.Duration(l.PeriodMs) * time.Millisecond }
func (l *Loop) maxAge() time.Duration   { return time.Duration(l.MaxAgeMs) * time.Millisecond }
func (l *Loop) interval() time.Duration { return time.Duration(l.IntervalMs) * time.Millisecond }

// inputs are all that a loop reads beside its output.
func (l *Loop) inputs() []*Input {
	out := []*Input{&l.PV}
	for _, in := range []*Input{l.Inner, l.Disturbance, l.Trigger} {
		if in != nil {
			out = append(out, in)
		}
	}
	return out
}

// check says what is wrong with a revision, and fills in what signals are called; of
// are the signals of a machine.
func (l *Loop) check(m Machine, of func(plant.NodeID) ([]Signal, error)) error {
	l.Owner, l.Note = strings.TrimSpace(l.Owner), strings.TrimSpace(l.Note)
	switch {
	case strings.TrimSpace(l.Name.ZH) == "":
		return invalid("a loop has a Chinese name: write name.zh")
	case l.Owner == "":
		return invalid("somebody answers for a loop: write the owner")
	case len(l.Note) > maxNote:
		return invalid("a note of %d bytes; %d are allowed", len(l.Note), maxNote)
	case l.period() < minPeriod || l.period() > maxPeriod:
		return invalid("a period of %s; %s to %s are allowed", l.period(), minPeriod, maxPeriod)
	case l.interval() < minInterval || l.interval() > maxPeriod:
		return invalid("writes %s apart; %s to %s are allowed", l.interval(), minInterval, maxPeriod)
	case l.maxAge() < l.period() || l.maxAge() > maxAge:
		return invalid("inputs of up to %s; it is the period of %s at least and %s at most", l.maxAge(), l.period(), maxAge)
	case !number(l.SP, l.SPLow, l.SPHigh, l.Deadband, l.Resolution) || l.Deadband < 0 || l.Resolution < 0:
		return invalid("set point, its range, dead band and resolution are numbers, the last two not negative")
	case l.SPLow >= l.SPHigh || l.SP < l.SPLow || l.SP > l.SPHigh:
		return invalid("the set point %v is not within its range, %v to %v", l.SP, l.SPLow, l.SPHigh)
	}
	out, err := writable(m.Signals, l.Output, m.Path)
	if err != nil {
		return err
	}
	l.OutputTitle, l.OutputUnit = out.Title, out.Unit
	if err := l.signals(of); err != nil {
		return err
	}
	if err := l.Block.check(l, out); err != nil {
		return err
	}
	if err := l.Tariff.check(l); err != nil {
		return err
	}
	if err := l.safe(m, out); err != nil {
		return err
	}
	return l.watchdog(m)
}

func number(all ...float64) bool {
	return !slices.ContainsFunc(all, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
}

// find is a signal that has numbers.
func find(signals []Signal, name, at string) (Signal, error) {
	i := slices.IndexFunc(signals, func(s Signal) bool { return s.Name == name })
	switch {
	case i < 0:
		return Signal{}, invalid("%q is no signal of %s; choose one of the machine's", name, at)
	case !signals[i].Number:
		return Signal{}, invalid("%s of %s is a text; a loop reads and writes numbers", name, at)
	}
	return signals[i], nil
}

func writable(signals []Signal, name, at string) (Signal, error) {
	s, err := find(signals, name, at)
	if err == nil && (!s.Writable || s.Watchdog) {
		err = invalid("%s of %s is no set point; choose one that the machine's profile writes", name, at)
	}
	if err == nil && s.Approve {
		err = invalid("people approve each command to %s of %s; a loop does not wait for them: choose a set point without approval", name, at)
	}
	return s, err
}

func (l *Loop) signals(of func(plant.NodeID) ([]Signal, error)) error {
	needs := map[string]struct {
		want bool
		is   *Input
	}{
		"inner": {l.Block.Kind == Cascade, l.Inner}, "disturbance": {l.Block.Feed != nil, l.Disturbance},
	}
	for _, name := range []string{"inner", "disturbance"} {
		switch n := needs[name]; {
		case n.want && n.is == nil:
			return invalid("write %s: the block reads it", name)
		case !n.want && n.is != nil:
			return invalid("nothing of the block reads %s; leave it out", name)
		}
	}
	if l.Trigger != nil && l.Block.Kind != RunToRun {
		return invalid("nothing of the block reads trigger; leave it out")
	}
	for _, in := range l.inputs() {
		signals, err := of(in.Machine)
		if err != nil {
			return err
		}
		s, err := find(signals, in.Signal, string(in.Machine))
		if err != nil {
			return err
		}
		if in.Machine == l.Machine && in.Signal == l.Output {
			return invalid("%s is the loop's own output; a loop does not hold what it writes", in.Signal)
		}
		in.Title, in.Unit = s.Title, s.Unit
	}
	return nil
}

func (b *Block) check(l *Loop, out Signal) error {
	given := map[Kind]bool{PID: b.PID != nil, Cascade: b.Cascade != nil, OnOff: b.OnOff != nil, Ratio: b.Ratio != nil, RunToRun: b.EWMA != nil}
	has, known := given[b.Kind]
	switch {
	case !known:
		return invalid("%q is no kind of block; pid, cascade, on-off, ratio and run-to-run are", b.Kind)
	case !has:
		return invalid("a block of kind %s has parameters of that kind; write them", b.Kind)
	}
	for _, kind := range []Kind{PID, Cascade, OnOff, Ratio, RunToRun} {
		if kind != b.Kind && given[kind] {
			return invalid("a block of kind %s has no parameters of %s; leave them out", b.Kind, kind)
		}
	}
	if b.Feed != nil && b.Kind != PID && b.Kind != Cascade {
		return invalid("a feed-forward belongs to pid or cascade, not to %s", b.Kind)
	}
	var err error
	reach := []float64{b.On, b.Off}
	switch b.Kind {
	case PID:
		err, reach = b.PID.Check(), []float64{b.PID.Low, b.PID.High}
	case Cascade:
		err, reach = b.Cascade.Check(), []float64{b.Cascade.Inner.Low, b.Cascade.Inner.High}
	case OnOff:
		if err = b.OnOff.Check(); b.OnOff.Cools {
			reach = append(reach, b.Other)
		}
	case Ratio:
		err, reach = b.Ratio.Check(), []float64{b.Ratio.Low, b.Ratio.High}
	case RunToRun:
		err, reach = b.EWMA.Check(), []float64{b.EWMA.Low, b.EWMA.High}
	}
	if err == nil && b.Ramp != nil {
		err = b.Ramp.Check()
	}
	if err == nil && b.Feed != nil {
		err = b.Feed.Check()
	}
	if err != nil {
		return invalid("%s", strings.TrimPrefix(err.Error(), calc.ErrInvalid.Error()+": "))
	}
	for _, v := range reach {
		if out.outside(v) {
			return invalid("the block gives up to %v; the machine takes %s of %s", v, out.limits(), out.Name)
		}
	}
	return nil
}

func (l *Loop) safe(m Machine, out Signal) error {
	s := l.Safe
	if err := s.Check(); err != nil {
		return invalid("%s", strings.TrimPrefix(err.Error(), calc.ErrInvalid.Error()+": "))
	}
	switch {
	case s.Action == Hold:
		return nil
	case s.Action == Ramp && out.outside(s.Value):
		return invalid("safe action: the machine takes %s of %s, not %v", out.limits(), out.Name, s.Value)
	case s.Action == Ramp:
		return nil
	}
	to, err := writable(m.Signals, s.Signal, m.Path)
	if err == nil && to.outside(s.Value) {
		err = invalid("safe action: the machine takes %s of %s, not %v", to.limits(), to.Name, s.Value)
	}
	if err == nil && s.Signal == l.Output {
		err = invalid("safe action: the output itself hands nothing back; ramp it to a safe value")
	}
	return err
}

func (l *Loop) watchdog(m Machine) error {
	if l.Watchdog == nil {
		return nil
	}
	s, err := find(m.Signals, l.Watchdog.Signal, m.Path)
	switch period := time.Duration(l.Watchdog.PeriodMs) * time.Millisecond; {
	case err != nil:
		return err
	case !s.Watchdog:
		return invalid("the profile does not declare %s as a watchdog: write: {watchdog: true} does", s.Name)
	case period < l.period():
		return invalid("a watchdog every %s of a loop that looks every %s; the period is the shorter one", period, l.period())
	}
	return nil
}

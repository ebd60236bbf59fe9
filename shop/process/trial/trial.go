// Package trial is experiments on machines: which settings to try within safe
// limits, in which order, what came of each run, what that says, and what was
// concluded.
//
// Each change of an experiment is a fact. The room sets no machine: a run is done by
// people, and what they really set stands beside what was planned. Formulas are
// calc/experiment's.
//
// Start with [Experiment] and [Desk].
package trial

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"zhigai/plant"
)

// ErrInvalid is what cannot be done, in words for the asker.
var ErrInvalid = errors.New("trial: not valid")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// State is how far an experiment came.
type State string

// States of an experiment.
const (
	Planned   State = "planned"
	Running   State = "running"
	Analysed  State = "analysed"
	Concluded State = "concluded"
	Abandoned State = "abandoned"
)

var next = map[State][]State{
	Planned:  {Running, Abandoned},
	Running:  {Analysed, Abandoned},
	Analysed: {Running, Concluded, Abandoned}, // running again: more runs are done
}

// open says whether runs may still be entered.
func (s State) open() bool { return s == Planned || s == Running || s == Analysed }

// Factor is what is set, with the settings to try and those that are safe.
type Factor struct {
	Name     plant.Name `json:"name"`
	Unit     string     `json:"unit,omitempty" maxLength:"20"`
	Low      float64    `json:"low"`
	High     float64    `json:"high"`
	SafeLow  float64    `json:"safe_low" doc:"No run is planned or proposed below it"`
	SafeHigh float64    `json:"safe_high" doc:"Nor above it"`
}

func (f Factor) setting(coded float64) float64 {
	v := (f.High+f.Low)/2 + coded*(f.High-f.Low)/2
	const digits = 10 // no more than a setting has: 0.1 + 0.2 is 0.3
	if short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', digits, 64), 64); err == nil {
		return short
	}
	return v
}

func (f Factor) coded(setting float64) float64 {
	return (setting - (f.High+f.Low)/2) / ((f.High - f.Low) / 2)
}

// Want is what a response should be.
type Want string

// Wishes for a response.
const (
	Maximum Want = "maximum"
	Minimum Want = "minimum"
	Target  Want = "target"
	Watched Want = "watched" // it is measured and nothing is wished for it
)

// Response is what is measured of each run.
type Response struct {
	Name plant.Name `json:"name"`
	Unit string     `json:"unit,omitempty" maxLength:"20"`
	Want Want       `json:"want" enum:"maximum,minimum,target,watched"`
	// Low and High are where it stops to be of any use and is as good as can be
	// (Derringer & Suich 1980).
	Low    float64 `json:"low,omitempty" doc:"Of a maximum and a target: of no use at this or below; of a minimum as good as can be"`
	High   float64 `json:"high,omitempty" doc:"Of a minimum and a target: of no use at this or above; of a maximum as good as can be"`
	Target float64 `json:"target,omitempty" doc:"Of a target: between low and high"`
	// Keep limits are those that a proposed run must be expected to keep.
	KeepMin        *float64 `json:"keep_min,omitempty" doc:"A proposed run must be expected to stay above"`
	KeepMax        *float64 `json:"keep_max,omitempty" doc:"And below"`
	Characteristic string   `json:"characteristic,omitempty" maxLength:"60" doc:"Id of a characteristic whose measurements during a run are its response"`
}

// Kind of a design.
type Kind string

// Designs.
const (
	Full       Kind = "full"
	Fraction   Kind = "fraction"
	Screening  Kind = "screening"
	Composite  Kind = "composite"
	BoxBehnken Kind = "box-behnken"
)

// Design is how settings are chosen.
type Design struct {
	Kind     Kind   `json:"kind" enum:"full,fraction,screening,composite,box-behnken" doc:"full: all combinations of low and high; fraction: 1/2^p of them; screening: Plackett-Burman; composite: central composite; box-behnken"`
	Fraction int    `json:"fraction,omitempty" minimum:"0" maximum:"11" doc:"Of a fraction: p"`
	Alpha    string `json:"alpha,omitempty" enum:"rotatable,face-centred,orthogonal" doc:"Of a composite design: where the axial points lie; face-centred stays within low and high"`
	Centres  int    `json:"centres" minimum:"0" maximum:"20" doc:"Runs in the middle of all factors"`
	Repeat   int    `json:"repeat,omitempty" minimum:"0" maximum:"10" doc:"How often each other run is done; once when left out"`
	Blocks   int    `json:"blocks,omitempty" minimum:"0" maximum:"16" doc:"Of a full design 2, 4 or 8, or as many as repeats"`
	Seed     uint64 `json:"seed,omitempty" maximum:"1000000000" doc:"Of the random order"`
}

// New is an experiment as somebody plans it.
type New struct {
	Name      plant.Name   `json:"name"`
	Place     plant.NodeID `json:"place" minLength:"1" maxLength:"60" doc:"Machine or other node where it is done"`
	Item      string       `json:"item,omitempty" maxLength:"60"`
	Goal      string       `json:"goal" minLength:"1" maxLength:"2000" doc:"What is to be found out"`
	Factors   []Factor     `json:"factors" nullable:"false" minItems:"1" maxItems:"15"`
	Responses []Response   `json:"responses" nullable:"false" minItems:"1" maxItems:"5"`
	Design    Design       `json:"design"`
	Key       string       `json:"key,omitempty" maxLength:"80" doc:"The sender's own: the same again is the same experiment"`
}

// RunKind is why a run is done.
type RunKind string

// Kinds of runs.
const (
	Designed   RunKind = "design"
	Proposed   RunKind = "proposed"   // by what the runs before it taught
	Confirming RunKind = "confirming" // whether the settings that were found are as good as foretold
)

// Run is one run, in the order in which they are done.
type Run struct {
	No      int           `json:"no" doc:"From 1, in the order of doing"`
	Kind    RunKind       `json:"kind" enum:"design,proposed,confirming"`
	Design  int           `json:"design,omitempty" doc:"Number in the design, from 1"`
	Block   int           `json:"block" doc:"From 0"`
	Coded   []float64     `json:"coded" nullable:"false"`
	Planned []float64     `json:"planned" nullable:"false" doc:"Setting of each factor"`
	Actual  []*float64    `json:"actual" nullable:"false" doc:"What was really set"`
	Results []*float64    `json:"results" nullable:"false" doc:"Of each response"`
	Order   string        `json:"order,omitempty" doc:"Trial order it was done as"`
	From    plant.Instant `json:"from,omitempty"`
	To      plant.Instant `json:"to,omitempty"`
	By      string        `json:"by,omitempty"`
	At      plant.Instant `json:"at,omitempty" doc:"When it was entered"`
	Note    string        `json:"note,omitempty"`
	// Expected is what was foretold of each response before the run, with the half width
	// of the interval that one run lies in at 95 %.
	Expected []*Expected `json:"expected,omitempty"`
}

// Expected is a value foretold.
type Expected struct {
	Value float64 `json:"value"`
	Half  float64 `json:"half"`
}

// done says whether something came of it.
func (r Run) done() bool {
	return slices.ContainsFunc(r.Results, func(v *float64) bool { return v != nil })
}

// Entry is one change of an experiment, in words.
type Entry struct {
	At   plant.Instant `json:"at"`
	By   string        `json:"by"`
	What string        `json:"what" doc:"planned, started, entered, added, analysed, reopened, concluded or abandoned"`
	Run  int           `json:"run,omitempty"`
	Note string        `json:"note,omitempty"`
}

// Experiment is an experiment as it stands.
type Experiment struct {
	New
	ID         string        `json:"id"`
	Rev        int64         `json:"rev"`
	Path       string        `json:"path"`
	PlaceName  plant.Name    `json:"place_name"`
	State      State         `json:"state" enum:"planned,running,analysed,concluded,abandoned"`
	Resolution int           `json:"resolution,omitempty" doc:"Of a fraction"`
	Words      []string      `json:"words,omitempty" doc:"Products of factors that are the same in all runs"`
	Runs       []Run         `json:"runs" nullable:"false"`
	Log        []Entry       `json:"log" nullable:"false"`
	Conclusion string        `json:"conclusion,omitempty"`
	Recipe     string        `json:"recipe_change,omitempty" doc:"What is to be changed in the recipe"`
	By         string        `json:"by" doc:"Who planned it"`
	At         plant.Instant `json:"at" doc:"Of this revision"`
}

// check refuses what cannot be planned.
func (n *New) check() error {
	if n.Name.ZH == "" && n.Name.EN == "" {
		return invalid("an experiment needs a name")
	}
	for i, f := range n.Factors {
		switch {
		case f.Name.ZH == "" && f.Name.EN == "":
			return invalid("factor %d needs a name", i+1)
		case !(f.Low < f.High):
			return invalid("factor %s: low %v is not below high %v", label(f.Name), f.Low, f.High)
		case !(f.SafeLow <= f.Low && f.High <= f.SafeHigh):
			return invalid("factor %s: %v to %v reaches beyond the safe limits %v to %v", label(f.Name), f.Low, f.High, f.SafeLow, f.SafeHigh)
		case slices.ContainsFunc(n.Factors[:i], func(o Factor) bool { return o.Name == f.Name }):
			return invalid("factor %s is there twice", label(f.Name))
		}
	}
	for i, r := range n.Responses {
		switch {
		case r.Name.ZH == "" && r.Name.EN == "":
			return invalid("response %d needs a name", i+1)
		case r.Want != Watched && !(r.Low < r.High):
			return invalid("response %s: from where it is of no use to where it is as good as can be: low %v lies not below high %v", label(r.Name), r.Low, r.High)
		case r.Want == Target && !(r.Low < r.Target && r.Target < r.High):
			return invalid("response %s: target %v does not lie between %v and %v", label(r.Name), r.Target, r.Low, r.High)
		case r.KeepMin != nil && r.KeepMax != nil && *r.KeepMin >= *r.KeepMax:
			return invalid("response %s: nothing lies above %v and below %v", label(r.Name), *r.KeepMin, *r.KeepMax)
		}
	}
	return nil
}

func label(n plant.Name) string {
	if n.ZH != "" {
		return n.ZH
	}
	return n.EN
}

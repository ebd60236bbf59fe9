// Package batch asks two questions of the runs of a machine – its batches, loads,
// cycles, or the jobs that it did: did this run go like the good ones, and what was
// different about the bad ones.
//
// Runs are found in what machines did and showed, and stored by nobody. What is kept
// are golden batches, by revision, each with the runs that it was made of, and
// screenings of causes with their result; both are facts. The room stores nothing
// itself, reads no sample and stops no machine.
//
// Start with [Cut], [Golden] and [Desk].
package batch

import (
	"errors"
	"fmt"
	"slices"

	calc "zhigai/calc/batch"
	"zhigai/plant"
)

// ErrInvalid is what cannot be done, in words for the asker.
var ErrInvalid = errors.New("batch: not valid")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// By is how the runs of a machine are found.
type By string

// Ways to find runs.
const (
	ByJob    By = "job"    // a job order that ran there
	ByState  By = "state"  // it produced, without a longer pause
	BySignal By = "signal" // a signal passed a mark, until it passed another
	ByTime   By = "time"   // stretches of equal length in which it produced throughout
)

var ways = []By{ByJob, ByState, BySignal, ByTime}

// Cut says where runs of a machine begin and end.
type Cut struct {
	By     By      `json:"by" enum:"job,state,signal,time"`
	Signal string  `json:"signal,omitempty" maxLength:"80" doc:"By signal: a number"`
	Start  float64 `json:"start,omitempty" doc:"By signal: a run begins when it reaches this, in its unit"`
	End    float64 `json:"end,omitempty" doc:"By signal: and ends when it falls below this; for a run that begins low, when it rises above it"`
	Below  bool    `json:"below,omitempty" doc:"By signal: the run begins when it falls to start or below"`
	// Every is the length of stretches, GapS the longest pause within a run, MinS the
	// shortest run that counts.
	Every float64 `json:"every_s,omitempty" minimum:"0" maximum:"86400" doc:"By time: s"`
	GapS  float64 `json:"gap_s,omitempty" minimum:"0" maximum:"86400" doc:"By state and signal: s"`
	MinS  float64 `json:"min_s,omitempty" minimum:"0" maximum:"604800" doc:"s"`
}

// leastEvery is the shortest stretch: a signal is read each second.
const leastEvery = 60

func (c Cut) check() error {
	switch {
	case !slices.Contains(ways, c.By):
		return invalid("runs by %q; say job, state, signal or time", c.By)
	case c.By == BySignal && c.Signal == "":
		return invalid("runs by a signal need its name")
	case c.By == BySignal && !c.Below && c.End > c.Start || c.By == BySignal && c.Below && c.End < c.Start:
		return invalid("a run that begins at %v cannot end at %v: the end lies on the other side of the beginning", c.Start, c.End)
	case c.By == ByTime && !(c.Every >= leastEvery):
		return invalid("stretches of %v s; take %d or more", c.Every, leastEvery)
	}
	return nil
}

// Run is a batch, a load, a cycle or a job of a machine.
type Run struct {
	From    plant.Instant `json:"from"`
	To      plant.Instant `json:"to" doc:"Until now of one that runs"`
	Running bool          `json:"running,omitempty"`
	Order   string        `json:"order,omitempty" doc:"Number"`
	Job     int           `json:"job,omitempty"`
	Item    string        `json:"item,omitempty"`
	// People and Lots are who was at work on a job and what went into it; Good and Scrap
	// are what it made.
	People []string `json:"people,omitempty"`
	Lots   []string `json:"lots,omitempty"`
	Good   int64    `json:"good,omitempty"`
	Scrap  int64    `json:"scrap,omitempty"`
}

func (r Run) seconds() float64 { return float64(r.To-r.From) / 1e6 }

// Signal is a number that a machine shows.
type Signal struct {
	Name  string     `json:"name"`
	Title plant.Name `json:"title"`
	Unit  string     `json:"unit,omitempty"`
	// Counter is one that only rises, as energy and parts do: what it rose by counts.
	Counter bool `json:"counter,omitempty"`
}

// Asked is a golden batch as somebody wants it.
type Asked struct {
	ID      string       `json:"id,omitempty" maxLength:"60" doc:"Left out of a new one"`
	Rev     int64        `json:"rev" doc:"The revision that was seen, 0 of a new one"`
	Name    plant.Name   `json:"name"`
	Machine plant.NodeID `json:"equipment" minLength:"1" maxLength:"60"`
	Item    string       `json:"item,omitempty" maxLength:"60" doc:"What the runs made; it is compared with runs of this item alone"`
	Cut     Cut          `json:"cut"`
	Signals []string     `json:"signals" nullable:"false" minItems:"1" maxItems:"20"`
	Align   calc.Align   `json:"align" enum:"phase,warp" doc:"phase: each run is stretched evenly; warp: each part as it fits the good ones"`
	K       float64      `json:"k,omitempty" minimum:"0" maximum:"6" doc:"The next good run leaves the band as rarely as so many standard deviations; 3 when left out"`
	Runs    []Chosen     `json:"runs" nullable:"false" minItems:"1" maxItems:"100" doc:"Runs that went well, at least five"`
	Reason  string       `json:"reason" minLength:"1" maxLength:"1000" doc:"Why these runs"`
	Ended   bool         `json:"ended,omitempty" doc:"It is held against runs no more"`
}

// Chosen is a run that a golden batch is made of.
type Chosen struct {
	From  plant.Instant `json:"from"`
	To    plant.Instant `json:"to"`
	Order string        `json:"order,omitempty" maxLength:"40"`
	Score *float64      `json:"score,omitempty" readOnly:"true" doc:"Against the band of the others, in standard deviations"`
}

// Golden is a golden batch as it was made and kept.
type Golden struct {
	Asked
	Path        string        `json:"path" readOnly:"true"`
	MachineName plant.Name    `json:"equipment_name" readOnly:"true"`
	Titles      []Signal      `json:"signal_titles" nullable:"false"`
	By          string        `json:"by" readOnly:"true"`
	At          plant.Instant `json:"at" readOnly:"true"`
	Band        *calc.Band    `json:"band,omitempty" doc:"Left out of lists"`
}

// check refuses what cannot be asked for, before signals are read.
func (a *Asked) check() error {
	switch {
	case a.Name.ZH == "" && a.Name.EN == "":
		return invalid("a golden batch needs a name")
	case a.Reason == "":
		return invalid("say why these runs are the good ones")
	case len(a.Runs) < calc.Least:
		return invalid("%d runs; a band is made of %d or more", len(a.Runs), calc.Least)
	}
	for i, s := range a.Signals {
		if slices.Contains(a.Signals[:i], s) {
			return invalid("signal %s is named twice", s)
		}
	}
	for i, r := range a.Runs {
		if r.To <= r.From {
			return invalid("run %d ends before it begins", i+1)
		}
		if slices.ContainsFunc(a.Runs[:i], func(o Chosen) bool { return o.From < r.To && r.From < o.To }) {
			return invalid("run %d overlaps another: one run counted twice makes a narrow band", i+1)
		}
	}
	return a.Cut.check()
}

// Beside is a run held against a golden batch.
type Beside struct {
	Run         Run            `json:"run"`
	Score       *float64       `json:"score" doc:"Root mean square of its distances, in standard deviations of the good runs; about 1 of a good one"`
	HighestGood float64        `json:"highest_good" doc:"The highest score of the good runs, each against the others"`
	Departed    bool           `json:"departed" doc:"A signal left its band for a while, or the run its length"`
	First       string         `json:"first,omitempty" doc:"The signal that departed first"`
	FirstAt     plant.Instant  `json:"first_at,omitempty"`
	Long        bool           `json:"long,omitempty"`
	Short       bool           `json:"short,omitempty"`
	Reached     float64        `json:"reached" doc:"Share of the golden batch that it has come to, 0..1"`
	Why         string         `json:"why,omitempty" doc:"Why there is no score"`
	Signals     []SignalCourse `json:"signals,omitempty" doc:"Left out of lists"`
}

// SignalCourse is one signal of a run beside its band.
type SignalCourse struct {
	Signal
	Share    float64 `json:"share_outside" doc:"Of the places judged, 0..1"`
	Score    float64 `json:"score" doc:"In standard deviations"`
	Worst    *Place  `json:"worst"`
	Departed *Place  `json:"departed"`
	Places   []Place `json:"places" nullable:"false"`
}

// Place is one place of the common time.
type Place struct {
	Second float64       `json:"second" doc:"Of the golden batch, s since it began"`
	At     plant.Instant `json:"at,omitempty" doc:"When the run was there; left out where it has not come to"`
	Value  *float64      `json:"value"`
	Mean   *float64      `json:"mean"`
	Low    *float64      `json:"low"`
	High   *float64      `json:"high"`
}

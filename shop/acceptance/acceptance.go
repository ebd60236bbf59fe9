// Package acceptance says what each machine of a plant delivered in a set time
// and whether that is enough to be accepted: the report that is signed when a
// connected plant is handed over.
//
// A report is a pure function of the plant model, samples and events of a closed
// stretch of time ([Fold]); its data are kept in the journal as they were signed,
// and facts that came later make a new revision, never another content. The
// package draws no page and decides nothing from a value in memory.
//
// Start with [Question], [Content] and [Desk].
package acceptance

import (
	"errors"
	"fmt"
	"time"

	"zhigai/plant"
)

// ErrInvalid is a question that cannot be answered, in words for the asker.
var ErrInvalid = errors.New("acceptance: not valid")

// ErrBusy is temporary.
var ErrBusy = errors.New("acceptance: too many reports are being made")

// Schema names the form of [Content]; a change of meaning gets a new one.
const Schema = "zhigai.acceptance/1"

// maxTime bounds one report: a week and a day of probation, as much as one
// question about a machine's timeline may ask for.
const maxTime = 8 * 24 * time.Hour

// maxPlaces and maxMachines bound what one report is about.
const (
	maxPlaces   = 50
	maxMachines = 500
)

// Question is what a report is about.
type Question struct {
	From     time.Time `json:"from"`
	To       time.Time `json:"to" doc:"First instant no longer in the report; not in the future"`
	Places   []string  `json:"places" nullable:"false" doc:"Paths of the plant; everything below them is in the report"`
	Criteria Criteria  `json:"criteria"`
}

// Criteria are what a machine must reach.
type Criteria struct {
	Coverage  float64 `json:"coverage" minimum:"0" maximum:"1" doc:"Least share of time × wanted tags in which the value was known"`
	GapS      float64 `json:"gap_s" minimum:"0" maximum:"691200" doc:"Longest time in which a value may not have been known, seconds"`
	Silent    int     `json:"silent" minimum:"0" maximum:"100000" doc:"How many wanted tags may never have delivered"`
	Conflicts int     `json:"conflicts" minimum:"0" maximum:"1000" doc:"How many other machines may be reached in the same way or have the same serial number"`
}

// DefaultCriteria are what the house asks when nobody says otherwise: a minute
// covers the restart of a switch, half a percent a planned one of a gateway in a
// shift.
func DefaultCriteria() Criteria { return Criteria{Coverage: 0.995, GapS: 60} }

// check refuses a question that has no answer yet.
func (q Question) check(now time.Time) error {
	switch {
	case !q.From.Before(q.To):
		return fmt.Errorf("%w: the time ends before it begins", ErrInvalid)
	case q.To.After(now):
		return fmt.Errorf("%w: %s has not come yet: a report is about a time that is over", ErrInvalid, q.To.UTC().Format(time.RFC3339))
	case q.To.Sub(q.From) > maxTime:
		return fmt.Errorf("%w: %s at once; %s are allowed", ErrInvalid, q.To.Sub(q.From), maxTime)
	case len(q.Places) == 0 || len(q.Places) > maxPlaces:
		return fmt.Errorf("%w: %d places; write 1 to %d paths of the plant", ErrInvalid, len(q.Places), maxPlaces)
	case q.Criteria.Coverage < 0 || q.Criteria.Coverage > 1 || q.Criteria.GapS < 0 || q.Criteria.Silent < 0 || q.Criteria.Conflicts < 0:
		return fmt.Errorf("%w: criteria %+v; write a coverage of 0 to 1 and no negative limit", ErrInvalid, q.Criteria)
	}
	return nil
}

func (q Question) span() plant.Span {
	return plant.Span{From: plant.MicrosOf(q.From), To: plant.MicrosOf(q.To)}
}

// Result of a machine, and of the whole.
const (
	Passed = "passed"
	Failed = "failed"
	NoData = "no_data" // nothing was ever known of it: never good
)

// Content is the data of a report. Its JSON is what is hashed, kept and signed:
// it holds no time of making and no name, so that the same facts give the same
// bytes.
type Content struct {
	Schema string `json:"schema"`
	Question
	Names       []Place      `json:"names" nullable:"false" doc:"Of the places"`
	Result      string       `json:"result" enum:"passed,failed,no_data"`
	Totals      Totals       `json:"totals"`
	Machines    []Machine    `json:"machines" nullable:"false" doc:"By path"`
	Definitions []Definition `json:"definitions" nullable:"false" doc:"What every figure and criterion of this report is"`
}

// Place is a node of the plant by name.
type Place struct {
	Path string     `json:"path"`
	Name plant.Name `json:"name"`
}

// Totals are sums over the machines.
type Totals struct {
	Machines   int     `json:"machines"`
	Passed     int     `json:"passed"`
	Failed     int     `json:"failed"`
	NoData     int     `json:"no_data"`
	Wanted     int     `json:"tags_wanted"`
	Delivering int     `json:"tags_delivering"`
	Silent     int     `json:"tags_silent"`
	Samples    int64   `json:"samples"`
	Bad        int64   `json:"bad_samples"`
	Replaced   int64   `json:"replaced_samples"`
	KnownUs    int64   `json:"known_us"`
	WantedUs   int64   `json:"wanted_us"`
	Coverage   float64 `json:"coverage" doc:"known_us ÷ wanted_us"`
	Alarms     int     `json:"alarms"`
}

// Machine is what one machine delivered.
type Machine struct {
	Node      plant.NodeID `json:"node"`
	Path      string       `json:"path"`
	Name      plant.Name   `json:"name"`
	Class     string       `json:"class"`
	Driver    string       `json:"driver"`
	Address   string       `json:"address"`
	Unit      string       `json:"unit,omitempty"`
	Serial    string       `json:"serial,omitempty"`
	Off       bool         `json:"off,omitempty" doc:"Not collected at the end of the time"`
	Profile   string       `json:"profile"`
	Version   int          `json:"profile_version"`
	Verified  string       `json:"profile_verified" doc:"read, derived or unverified"`
	Result    string       `json:"result" enum:"passed,failed,no_data"`
	Verdicts  []Verdict    `json:"verdicts" nullable:"false"`
	Conflicts []string     `json:"conflicts" nullable:"false" doc:"Paths of machines that are reached in the same way or have the same serial number"`

	First      time.Time        `json:"first,omitzero" doc:"Of the samples of the wanted tags"`
	Last       time.Time        `json:"last,omitzero"`
	Wanted     int              `json:"tags_wanted"`
	Delivering int              `json:"tags_delivering"`
	Quiet      int              `json:"tags_quiet" doc:"Delivering, without a new sample in the time: the value did not change"`
	Silent     int              `json:"tags_silent"`
	Samples    int64            `json:"samples"`
	Bad        map[string]int64 `json:"bad" doc:"Bad samples by reason"`
	Uncertain  map[string]int64 `json:"uncertain" doc:"Uncertain samples by reason"`
	Replaced   int64            `json:"replaced_samples"`
	KnownUs    int64            `json:"known_us"`
	WantedUs   int64            `json:"wanted_us"`
	Coverage   float64          `json:"coverage" doc:"known_us ÷ wanted_us"`

	Contact   Contact          `json:"contact"`
	LongestUs int64            `json:"longest_gap_us" doc:"Longest time without contact, or without a known value of a tag that delivers"`
	States    map[string]int64 `json:"states_ms" doc:"Milliseconds by state; UNKNOWN is one of them"`
	Counters  []Counter        `json:"counters" nullable:"false"`
	Alarms    int              `json:"alarms"`
	Losses    []Loss           `json:"losses" nullable:"false" doc:"What is known to be missing, and what was refused, dropped or asked for less often"`
	Tags      []Tag            `json:"tags" nullable:"false"`
	Digest    string           `json:"digest" doc:"SHA-256 of all samples that were read, hex"`
	Evidence  Evidence         `json:"evidence"`
}

// Contact is the time in which the machine answered.
type Contact struct {
	Renewals  int64 `json:"renewals" doc:"Samples of link.state that say up"`
	Expected  int64 `json:"renewals_expected" doc:"Time ÷ 5 s, rounded down"`
	KnownUs   int64 `json:"known_us"`
	Gaps      int   `json:"gaps" doc:"Stretches without contact"`
	LongestUs int64 `json:"longest_gap_us"`
	List      []Gap `json:"list" nullable:"false" doc:"The longest, by time"`
}

// Gap is a stretch in which something was not known.
type Gap struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Tag is what one wanted tag delivered.
type Tag struct {
	No        plant.TagNo `json:"no"`
	Name      string      `json:"name"`
	Title     plant.Name  `json:"title"`
	Unit      string      `json:"unit,omitempty"`
	SilenceUs int64       `json:"silence_us" doc:"Three periods, at least 5 s: the threshold of gaps"`
	Samples   int64       `json:"samples"`
	Bad       int64       `json:"bad_samples"`
	Replaced  int64       `json:"replaced_samples"`
	First     time.Time   `json:"first,omitzero"`
	Last      time.Time   `json:"last,omitzero"`
	KnownUs   int64       `json:"known_us"`
	Gaps      int         `json:"gaps" doc:"Longer than three periods"`
	LongestUs int64       `json:"longest_gap_us"`
	Longest   *Gap        `json:"longest_gap,omitempty"`
	Silent    bool        `json:"silent" doc:"Never known in the time"`
	Link      string      `json:"samples_link" doc:"The samples that this row was made of"`
}

// Counter is a counter's reading at both ends.
type Counter struct {
	Counts  string    `json:"counts" enum:"good,scrap,rework,total,energy"`
	Signal  string    `json:"signal"`
	First   *float64  `json:"first,omitempty"`
	FirstAt time.Time `json:"first_at,omitzero"`
	Last    *float64  `json:"last,omitempty"`
	LastAt  time.Time `json:"last_at,omitzero"`
}

// Loss is an event that says that something is missing.
type Loss struct {
	Event   string    `json:"event"`
	Kind    string    `json:"kind" doc:"gap, overload or clock"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to,omitzero"`
	What    string    `json:"what"`
	Dropped int64     `json:"dropped,omitempty" doc:"Messages"`
}

// Verdict is one criterion held against one machine.
type Verdict struct {
	Criterion string  `json:"criterion" enum:"coverage,gap,silent,conflicts"`
	Value     float64 `json:"value"`
	Limit     float64 `json:"limit"`
	Passed    bool    `json:"passed"`
}

// Evidence are questions of the API whose answers the machine's figures are
// made of.
type Evidence struct {
	Intervals string `json:"intervals"`
	Events    string `json:"events"`
	Alarms    string `json:"alarms"`
	Contact   string `json:"contact,omitempty"`
}

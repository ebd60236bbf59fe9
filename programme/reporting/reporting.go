// Package reporting is how figures are reported from county to city to province:
// periods, frozen values, the steps of a report, what differs since, the score
// card of the incentive counties, the comparison of cities and reminders.
//
// What was frozen is never changed and a step is never taken back: a late fact
// makes the recomputed value differ, and only a person makes a revision of it. The
// package folds nothing by itself, enters no value by hand and never averages
// ratios. Start with [Desk] and [ways].
package reporting

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"zhigai/figure"
	"zhigai/plant"
)

// Errors of this package; test with errors.Is.
var (
	ErrInvalid = errors.New("reporting: not valid")
	// ErrState is a step that the report's state, or its period, does not allow.
	ErrState = errors.New("reporting: not possible now")
)

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrInvalid}, args...)...)
}

// State of a report.
type State string

// States in their order. A report that nobody has frozen is open.
const (
	Open      State = "open"
	Draft     State = "draft"     // frozen, not handed in
	Submitted State = "submitted" // with the level above
	Returned  State = "returned"  // sent back with a question
	Explained State = "explained" // answered, with the level above
	Approved  State = "approved"
	Revised   State = "revised" // other values than before, with the level above
)

// States are all of them.
var States = []State{Open, Draft, Submitted, Returned, Explained, Approved, Revised}

// Step is something done to a report.
type Step struct {
	Seq  int64     `json:"seq"`
	At   time.Time `json:"at"`
	Who  string    `json:"who"` // id of the user
	Name string    `json:"name" doc:"Of the person"`
	// Organisation is whom the person works for, as printed reports say.
	Organisation string `json:"organisation,omitempty"`
	Node         string `json:"node,omitempty" doc:"Where it was done"`
	What         What   `json:"what" enum:"freeze,submit,return,explain,approve,revise,decline,remind,answer,refuse"`
	Words        string `json:"words,omitempty"`
	State        State  `json:"state" enum:"open,draft,submitted,returned,explained,approved,revised" doc:"After the step"`
	Revision     int    `json:"revision" doc:"Of the values that the step was about; 0 when none were frozen"`
	// Held are the reports below whose approved values it was handed in with.
	Held []Held `json:"held,omitempty"`
	// Root is of the recomputed values that a revision was declined for.
	Root string `json:"root,omitempty"`
}

// Held is an approved report of the level below.
type Held struct {
	Region   string `json:"region"`
	Revision int    `json:"revision"`
}

// Head is what a list shows of a report.
type Head struct {
	ID        string            `json:"id"`
	Rev       int64             `json:"rev"` // steps so far
	Last      int64             `json:"last,omitempty" doc:"Number of the newest step"`
	Period    string            `json:"period"`
	Region    string            `json:"region"`
	Level     plant.RegionLevel `json:"level" enum:"province,city,county"`
	State     State             `json:"state" enum:"open,draft,submitted,returned,explained,approved,revised"`
	Revision  int               `json:"revision"` // of the newest values
	Accepted  int               `json:"accepted"` // revision that was approved last; 0: none yet
	Frozen    time.Time         `json:"frozen,omitzero"`
	Submitted time.Time         `json:"submitted,omitzero" doc:"First time"`
	Approved  time.Time         `json:"approved,omitzero" doc:"Last time"`
	Refused   string            `json:"refused,omitempty" doc:"Why the node above did not take what was done last"`
	Question  string            `json:"question,omitempty" doc:"That it was returned with and that is not explained"`
	Reminders []Reminder        `json:"reminders" nullable:"false" doc:"Not answered yet"`
}

// Reminder asks for a report that is due.
type Reminder struct {
	Seq   int64     `json:"seq"`
	At    time.Time `json:"at"`
	Name  string    `json:"name"` // who reminded
	Words string    `json:"words"`
}

// Value is an indicator of a region for a period with all that it stands on.
type Value struct {
	Definition figure.Ref       `json:"definition"`
	Unit       string           `json:"unit"`
	Value      *float64         `json:"value"`
	Reason     string           `json:"reason,omitempty"`
	Terms      map[string]int64 `json:"terms"`
	Due        int64            `json:"due" doc:"Firms or entries that the terms are about"`
	Known      int64            `json:"known"`
	Machine    int64            `json:"machine" doc:"Of the known, those founded on machine evidence"`
	Coverage   *float64         `json:"coverage"`
	Confidence string           `json:"confidence"`
	Root       string           `json:"root"`
	Verified   string           `json:"verified"`
	Base       int              `json:"base,omitempty" doc:"Year that growth is counted from"`
}

// Frozen are values as they were at an instant; they never change.
type Frozen struct {
	Report   string    `json:"report"`
	Revision int       `json:"revision"`
	At       time.Time `json:"at"`
	Name     string    `json:"name"`
	Reason   string    `json:"reason,omitempty"` // of a revision
	Root     string    `json:"root"`
	Values   []Value   `json:"values" nullable:"false"`
}

// RootOf is a digest of the values' definitions and roots.
func RootOf(values []Value) string {
	sorted := slices.SortedFunc(slices.Values(values), func(a, b Value) int { return cmp.Compare(a.Definition.ID, b.Definition.ID) })
	h := sha256.New()
	for _, v := range sorted {
		fmt.Fprintf(h, "%s %d %s\n", v.Definition.ID, v.Definition.Version, v.Root)
		for _, term := range slices.Sorted(maps.Keys(v.Terms)) {
			fmt.Fprintf(h, "  %s %d\n", term, v.Terms[term])
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Package suspicion is what those above the firms do about machines' days that
// may not be the machine's own: they compare the days of firms of different
// nodes, see what is suspected in their area with what the firm says of it, and
// decide. What they find and decide are facts, which go up and down the tree of
// nodes.
//
// It sees no sample, accuses nobody and changes no machine's day by itself.
// Start with [Desk.Compare] and [Desk.List].
package suspicion

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"zhigai/access"
	"zhigai/calc/authenticity"
	"zhigai/fact"
	"zhigai/plant"
)

// ErrInvalid is what cannot be asked for or said; test with errors.Is.
var ErrInvalid = errors.New("suspicion: not valid")

// State of a suspicion.
type State string

const (
	Open      State = "open"      // nobody has said anything
	Contested State = "contested" // the firm says why it is as it is
	Upheld    State = "upheld"    // decided: the day does not count
	Dismissed State = "dismissed" // decided: the day counts
)

// Suspicion is a sign with what was said of it, as it stands.
type Suspicion struct {
	ID      string       `json:"id"`
	Machine plant.NodeID `json:"machine"`
	fact.Suspicion
	State State  `json:"state" enum:"open,contested,upheld,dismissed"`
	Said  []Said `json:"said" nullable:"false" doc:"Oldest first"`
}

// Said is an answer or a decision.
type Said struct {
	At   plant.Micros `json:"at"`
	By   string       `json:"by"`
	What State        `json:"what" enum:"contested,upheld,dismissed"`
	Text string       `json:"text"`
}

// Party is a machine with whose it is.
type Party struct {
	Machine plant.NodeID `json:"machine"`
	Name    plant.Name   `json:"name"`
	Path    string       `json:"path"`
	Plant   plant.NodeID `json:"plant"`
	Firm    string       `json:"firm,omitempty" doc:"Id in the registry; left out: nobody has said whose the plant is"`
	Company string       `json:"company" doc:"Name of the firm, or of the plant"`
	Region  string       `json:"region,omitempty" doc:"Division code of the firm"`
}

// Row is a suspicion as it is listed.
type Row struct {
	Suspicion
	Party Party `json:"party"`
	// Like is the machine that the day is like, where the asker may see its firm.
	Like *Party `json:"like,omitempty"`
}

// Filter chooses suspicions; what is not given does not bind.
type Filter struct {
	Region   string // beginning of a division code
	Firm     string
	Machine  plant.NodeID
	States   []State
	Kinds    []string
	From, To string // dates, half open
}

// Place is where a page begins: behind this row.
type Place struct{ Date, ID string }

// Store keeps suspicions as they stand, for lists. Methods may be called
// concurrently.
type Store interface {
	// PutSuspicions keeps them in place of what was kept of each.
	PutSuspicions(ctx context.Context, tenant plant.TenantNo, all []Suspicion) error
	// Suspicions lists those of firms in the areas, newest day first.
	Suspicions(ctx context.Context, tenant plant.TenantNo, areas []access.Area, f Filter, after Place, limit int) ([]Row, error)
	// Suspicion is one of them; access.ErrNotFound outside the areas.
	Suspicion(ctx context.Context, tenant plant.TenantNo, areas []access.Area, id string) (Row, error)
	// SuspicionCounts are how many there are in each state.
	SuspicionCounts(ctx context.Context, tenant plant.TenantNo, areas []access.Area, f Filter) (map[State]int64, error)
}

// Sketches are what machines' days are compared by. Methods may be called
// concurrently.
type Sketches interface {
	// DatesAfter are the days on or behind a date of which rows came behind a
	// number, and the newest number.
	DatesAfter(ctx context.Context, tenant plant.TenantNo, seq uint64, from string) (dates []string, head uint64, err error)
	// SketchCount counts the sketches of [from, to], and EachSketch yields them,
	// brief, always in one order.
	SketchCount(ctx context.Context, tenant plant.TenantNo, from, to string) (int, error)
	EachSketch(ctx context.Context, tenant plant.TenantNo, from, to string, yield func(authenticity.Labelled) error) error
	// DropForeign forgets those of other nodes' machines before the date.
	DropForeign(ctx context.Context, tenant plant.TenantNo, date string) error
}

// Desk compares, lists and decides. Its methods may be called concurrently.
type Desk struct {
	Store    Store
	Sketches Sketches
	Journal  fact.Journal
	// Ways are the nodes by which each plant reports, and its firm.
	Ways func(ctx context.Context, tenant plant.TenantNo) (map[plant.NodeID]Way, error)
	Now  func() time.Time
	// Decided is told of what was said, so that lists and days follow at once.
	Decided func(ctx context.Context, tenant plant.TenantNo) error
}

// maxText bounds a reason, letters.
const maxText = 2000

// List gives suspicions of firms in the areas, newest day first, and how many
// there are in each state whatever states the filter names.
func (d *Desk) List(ctx context.Context, tenant plant.TenantNo, areas []access.Area, f Filter, after Place, limit int) ([]Row, map[State]int64, error) {
	rows, err := d.Store.Suspicions(ctx, tenant, areas, f, after, limit)
	if err != nil {
		return nil, nil, err
	}
	f.States = nil
	counts, err := d.Store.SuspicionCounts(ctx, tenant, areas, f)
	return rows, counts, err
}

// Decide records what the officer of a firm's region decides: upheld or
// dismissed, with the reason. It can be decided again; the record keeps both.
func (d *Desk) Decide(ctx context.Context, tenant plant.TenantNo, areas []access.Area, id, by string, upheld bool, text string) (was, is Row, err error) {
	text = strings.TrimSpace(text)
	if n := utf8.RuneCountInString(text); n == 0 || n > maxText {
		return was, is, fmt.Errorf("%w: text: say why, in 1 to %d letters", ErrInvalid, maxText)
	}
	if was, err = d.Store.Suspicion(ctx, tenant, areas, id); err != nil {
		return was, is, err
	}
	what := Dismissed
	if upheld {
		what = Upheld
	}
	e := fact.New(fact.KindSuspicionSaid, was.Machine, d.Now(), "authenticity", fact.SuspicionSaid{Suspicion: id, What: string(what), By: by, Text: text})
	if _, err := d.Journal.Append(ctx, tenant, e); err != nil {
		return was, is, fmt.Errorf("suspicion: record the decision: %w", err)
	}
	if err := d.Decided(ctx, tenant); err != nil {
		return was, is, err
	}
	is, err = d.Store.Suspicion(ctx, tenant, areas, id)
	return was, is, err
}

// Effective are the kinds of signs that stand against a machine's day: of those
// that are known here what nobody dismissed, of others what the day's row says.
func Effective(row []string, known []Suspicion) []string {
	var out []string
	add := func(kind string) {
		if !slices.Contains(out, kind) {
			out = append(out, kind)
		}
	}
	for _, kind := range row {
		if !slices.ContainsFunc(known, func(s Suspicion) bool { return s.Kind == kind }) {
			add(kind)
		}
	}
	for _, s := range known {
		if s.State != Dismissed {
			add(s.Kind)
		}
	}
	slices.Sort(out)
	return out
}

package evaluation

import (
	"context"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Filter chooses rounds; zero fields do not filter.
type Filter struct {
	State    State
	Standard string
	Year     int
	Before   string // id of the last row of the page before
	Limit    int
}

// ScoreFilter chooses rows of a revision's list; Areas always do.
type ScoreFilter struct {
	Areas    []access.Area
	Round    string
	Revision int
	Class    string
	Unscored bool   // those without a score
	Sector   string // beginning
	Firm     string // one
	Text     string // part of the name
	After    int    // place of the last row of the page before; 0: from the beginning
	Limit    int
}

// Row is a firm in a list.
type Row struct {
	Place int `json:"place" doc:"In the list, from 1: by score, those without one last"`
	Scored
}

// Past is what one revision says of a firm.
type Past struct {
	Revision int      `json:"revision"`
	Score    *float64 `json:"score,omitempty"`
	Class    string   `json:"class,omitempty"`
	Rank     int      `json:"rank,omitempty"`
	Of       int      `json:"of,omitempty"`
}

// Standing is a firm's class by a standard, or why there is none.
type Standing struct {
	Firm     string `json:"firm"`
	Standard string `json:"standard"`
	Class    string `json:"class,omitempty"`
	// Why is no_round: no round of the standard was settled by then; not_in_round:
	// none that was has the firm; unscored: the newest that has gives it no score.
	Why      string    `json:"why,omitempty" enum:"no_round,not_in_round,unscored"`
	Detail   string    `json:"detail,omitempty" doc:"Which value is missing, of a firm without a score"`
	Score    *float64  `json:"score,omitempty"`
	Rank     int       `json:"rank,omitempty"`
	Of       int       `json:"of,omitempty"`
	Round    string    `json:"round,omitempty"`
	Title    string    `json:"title,omitempty"`
	Version  int       `json:"version,omitempty" doc:"Of the standard"`
	Revision int       `json:"revision,omitempty"`
	Year     int       `json:"year,omitempty"`
	Settled  time.Time `json:"settled,omitzero"`
}

// Store keeps rounds. Its methods may be called concurrently; every list keeps to
// the areas it is given.
type Store interface {
	// Append stores the steps as facts, the head and, when rows is not nil, the
	// list of the head's revision in one commit. seen is the revision that the steps
	// follow on; another one is access.ErrConflict. For a new round it is 0.
	Append(ctx context.Context, tenant plant.TenantNo, h Head, seen int64, steps []Step, rows []Row) error
	// Steps are all of a round in their order; access.ErrNotFound without any.
	Steps(ctx context.Context, tenant plant.TenantNo, id string) ([]Step, error)
	// Rounds are the newest first, at most Limit.
	Rounds(ctx context.Context, tenant plant.TenantNo, f Filter) ([]Head, error)
	// Rows are those of the filter in order of place, at most Limit.
	Rows(ctx context.Context, tenant plant.TenantNo, f ScoreFilter) ([]Row, error)
	// Pasts are what every revision of a round says of a firm, oldest first.
	Pasts(ctx context.Context, tenant plant.TenantNo, round, firm string) ([]Past, error)
	// Settled is the row of the firm in the newest settled round of the standard
	// that has it, by year and then by when it was settled, settled at or before the
	// instant; ok is false when there is none. any says whether there was any round.
	Settled(ctx context.Context, tenant plant.TenantNo, firm, standard string, at time.Time) (h Head, row Row, ok, any bool, err error)
}

// Facts tell what rounds are made of.
type Facts interface {
	// Firms yields the firms of the areas as they were at the end of a year, with
	// the values that are known of it, in order of id.
	Firms(ctx context.Context, tenant plant.TenantNo, areas []access.Area, year int, yield func(Input) error) error
}

// Seats tell whether a firm lies in areas; access.ErrNotFound when not.
type Seats interface {
	Seat(ctx context.Context, tenant plant.TenantNo, areas []access.Area, firm string) (region, sector string, err error)
}

package target

import (
	"context"
	"fmt"

	"zhigai/access"
	"zhigai/plant"
)

// Filter chooses register entries; what is not given does not bind.
type Filter struct {
	Kind   string
	Firm   string
	Region string     // beginning of a code
	Year   int        // in force at some instant of it
	Ends   plant.Span // not zero: its end lies within
	Text   string     // part of the title, the document's or the serial number
	Void   bool       // entered in error, too
}

// KeyOf is the place of an entry in the order of pages.
func KeyOf(e Entry) string { return fmt.Sprintf("%d %s", e.From, e.ID) }

// Change is one revision of an entry.
type Change struct {
	Entry
	At  plant.Micros `json:"at"`
	Who string       `json:"who"`
}

// Registers keeps entries and returns. Lists keep to the areas; methods may be
// called concurrently.
type Registers interface {
	// Entries are all in force or past of the kinds, without those entered in
	// error.
	Entries(ctx context.Context, tenant plant.TenantNo, areas []access.Area, kinds []string) ([]Entry, error)
	// Page lists entries by the instant they began, newest first, behind the one
	// with the key after ("" at the start).
	Page(ctx context.Context, tenant plant.TenantNo, areas []access.Area, f Filter, after string, limit int) ([]Entry, error)
	// Entry is the newest revision; access.ErrNotFound outside the areas, too.
	Entry(ctx context.Context, tenant plant.TenantNo, areas []access.Area, id string) (Entry, error)
	// History lists every revision, oldest first.
	History(ctx context.Context, tenant plant.TenantNo, id string) ([]Change, error)
	// SaveEntry stores a new entry (no id) or a new revision of the one that was
	// read at e.Rev: access.ErrConflict when there is a newer one, or when the
	// robot's serial number is taken.
	SaveEntry(ctx context.Context, tenant plant.TenantNo, e Entry) (Entry, error)
	// Returns are the values of a firm, every year.
	Returns(ctx context.Context, tenant plant.TenantNo, firm string) ([]Return, error)
	// ReturnsOf gives the values of a year of firms that stand or stood in the
	// areas, in order of firm.
	ReturnsOf(ctx context.Context, tenant plant.TenantNo, areas []access.Area, year int, yield func(Return) error) error
	// SaveReturn stores a value or, void, takes it back; access.ErrConflict when
	// there is a newer revision than r.Rev.
	SaveReturn(ctx context.Context, tenant plant.TenantNo, r Return) (Return, error)
}

// Return is one value of a firm's year as it was returned.
type Return struct {
	Firm  string       `json:"firm"`
	Year  int          `json:"year"`
	Name  string       `json:"name"`
	Value int64        `json:"value"`
	Basis Basis        `json:"basis" enum:"machine,audited,declared"`
	Void  bool         `json:"void,omitempty"`
	Rev   int64        `json:"rev"`
	At    plant.Micros `json:"at"`
	Who   string       `json:"who"`
}

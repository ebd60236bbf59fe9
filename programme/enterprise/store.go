package enterprise

import (
	"context"

	"zhigai/access"
	"zhigai/plant"
)

// Sort is the order of a list.
type Sort string

// Orders of a list; name is as it is spoken.
const (
	ByName    Sort = "name"
	BySales   Sort = "-sales"
	ByChanged Sort = "-changed"
)

// Filter is what a list is narrowed to; zero values are not asked.
type Filter struct {
	Text       string // part of a name, its spelling or initials, or of the code; several are all wanted
	Region     string // beginning of a division code
	Industry   string // beginning of a class with its section
	Size       Size
	Cluster    string
	AboveScale bool
	Backbone   Day  // held on the day
	Doubt      bool // those whose division must be decided
	Sort       Sort
}

// Place is where a list goes on: behind the row of that key and id.
type Place struct {
	Key string
	ID  string
}

// Row is a firm as a list finds it.
type Row struct {
	Firm  Firm
	Place Place
}

// Entry is what the finder keeps of a firm.
type Entry struct {
	ID                       string
	Seq                      int64
	Gone                     bool
	Region, Sector, Cluster  string
	Size                     Size
	BackboneFrom, BackboneTo Day
	AboveScale, Doubt        bool
	Sales                    int64
	Sort, Search, Spelling   string
}

// Change is one line of a firm's history.
type Change struct {
	Firm     Firm         `json:"firm"`
	Recorded plant.Micros `json:"recorded"`
	Who      string       `json:"who"`
	Action   string       `json:"action" enum:"add,change,import,merge"`
	Batch    string       `json:"batch,omitempty" doc:"Id of the import"`
	Void     bool         `json:"void,omitempty" doc:"Taken back with its import"`
}

// Edit is a firm to be stored with the revision that the editor saw, 0 for a
// new one.
type Edit struct {
	Firm Firm
	Seen int64
}

// Imported is a sheet that was taken over.
type Imported struct {
	ID       string       `json:"id"`
	File     string       `json:"file"`
	Made     int64        `json:"made"`
	Changed  int64        `json:"changed"`
	Recorded plant.Micros `json:"recorded"`
	Who      string       `json:"who"`
	Undone   plant.Micros `json:"undone,omitempty"`
	UndoneBy string       `json:"undone_by,omitempty"`
}

// Store keeps the registry. Methods may be called concurrently; what lies
// outside the areas is access.ErrNotFound.
type Store interface {
	// Page lists firms in the filter's order behind a place; Text is not looked at.
	Page(ctx context.Context, tenant plant.TenantNo, areas []access.Area, f Filter, after Place, limit int) ([]Row, error)
	// Some gives the firms of the ids that lie in the areas, by id.
	Some(ctx context.Context, tenant plant.TenantNo, areas []access.Area, ids []string) (map[string]Firm, error)
	// Entries gives what changed behind seq, in order of it.
	Entries(ctx context.Context, tenant plant.TenantNo, after int64, limit int) ([]Entry, error)
	// Changes is the history of a firm, oldest first.
	Changes(ctx context.Context, tenant plant.TenantNo, id string) ([]Change, error)
	// Coded gives the firms that have one of the codes, wherever they stand.
	Coded(ctx context.Context, tenant plant.TenantNo, codes []plant.CreditCode) (map[plant.CreditCode]Firm, error)
	// Alike gives firms of a division with a name that is the same without place
	// and form, by that name.
	Alike(ctx context.Context, tenant plant.TenantNo, region string, like []string) (map[string][]Firm, error)
	// Save stores all edits in one transaction or none. A revision that is not
	// the newest, or a code that another firm has, is access.ErrConflict.
	Save(ctx context.Context, tenant plant.TenantNo, action string, edits []Edit, of *Imported) ([]Firm, error)
	Imports(ctx context.Context, tenant plant.TenantNo, limit int) ([]Imported, error)
	// Undo takes an import back as a whole; access.ErrConflict when one of its
	// firms was changed since.
	Undo(ctx context.Context, tenant plant.TenantNo, id string) (Imported, error)
}

// Version is a firm as it was for a while.
type Version struct {
	From, To plant.Micros // To is Forever for what still holds
	Firm     Firm
}

// Forever is behind every instant.
const Forever = plant.Micros(1<<63 - 1)

// Fold makes versions of a firm's changes: at every instant holds what was
// entered from the latest instant not behind it, of several the last. Where a
// division ends, the firm goes on under its first successor, and when there
// are more the others stand in Doubt.
func (c Codes) Fold(changes []Change) []Version {
	last := map[plant.Micros]Firm{}
	var starts []plant.Micros
	for _, one := range changes {
		if one.Void {
			continue
		}
		if _, again := last[one.Firm.Since]; !again {
			starts = append(starts, one.Firm.Since)
		}
		last[one.Firm.Since] = one.Firm
	}
	sortMicros(starts)
	var out []Version
	for i, from := range starts {
		to := Forever
		if i+1 < len(starts) {
			to = starts[i+1]
		}
		out = c.appendSeats(out, Version{from, to, last[from]})
	}
	return out
}

// appendSeats divides a version where its division ended.
func (c Codes) appendSeats(out []Version, v Version) []Version {
	for {
		region, ok := c.Regions.Get(v.Firm.Region)
		if !ok || region.Valid.To.IsZero() {
			return append(out, v)
		}
		end := plant.MicrosOf(region.Valid.To)
		next := c.Regions.Roll(region.Code, region.Valid.To)
		if end >= v.To || len(next) == 0 {
			return append(out, v)
		}
		if end > v.From {
			out = append(out, Version{v.From, end, v.Firm})
			v.From = end
		}
		v.Firm.Region, v.Firm.Doubt = next[0], ""
		if len(next) > 1 {
			v.Firm.Doubt = joined(next)
		}
	}
}

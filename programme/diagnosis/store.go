package diagnosis

import (
	"context"
	"time"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/plant"
)

// Head is what a list shows of a project.
type Head struct {
	ID          string    `json:"id"`
	Rev         int64     `json:"rev"`
	Title       string    `json:"title"`
	Firm        Firm      `json:"firm"`
	Edition     string    `json:"edition"`
	Version     int       `json:"version"`
	State       State     `json:"state" enum:"planned,visiting,drafted,replied,closed,followed,cancelled"`
	Begin       string    `json:"begin"`
	Lead        string    `json:"lead,omitempty"`
	Target      int       `json:"target"`
	Total       float64   `json:"total"`
	Grade       int       `json:"grade"`
	Asked       int       `json:"asked"`
	Answered    int       `json:"answered"`
	FromMachine int       `json:"from_machine"`
	Changed     time.Time `json:"changed"`
	Due         time.Time `json:"due,omitzero" doc:"Of the next follow-up"`
}

// Filter chooses heads. Zero fields do not filter, but Areas, of which one at
// least must hold the firm, always does.
type Filter struct {
	Areas  []access.Area
	States []State
	Region string // prefix
	Sector string // prefix
	Text   string // part of the title or the firm's name
	Firm   string
	Before string // id of the last row of the page before
	Limit  int
}

// Store keeps projects. Its methods may be called concurrently.
type Store interface {
	// Append stores the steps as facts and the head in one commit. seen is the
	// revision that they follow on; another one is access.ErrConflict. For a new
	// project it is 0. A step with an Entry stores the line of the register, too:
	// one line a project, each step a revision of it.
	Append(ctx context.Context, tenant plant.TenantNo, h Head, seen int64, steps []Step) error
	// Steps are all of a project in their order; access.ErrNotFound without any.
	Steps(ctx context.Context, tenant plant.TenantNo, id string) ([]Step, error)
	// Heads are the newest first, at most Limit.
	Heads(ctx context.Context, tenant plant.TenantNo, f Filter) ([]Head, error)
	// Totals are those of closed projects of other firms with the edition whose
	// sector begins so, the newest of each firm, at most MaxPeers.
	Totals(ctx context.Context, tenant plant.TenantNo, edition, sector, otherThan string) ([]float64, error)
	// Covered counts firms within the areas by region and division of the sector.
	Covered(ctx context.Context, tenant plant.TenantNo, areas []access.Area) ([]Covered, error)
	// SaveFile stores bytes by their SHA-256; the same again changes nothing.
	SaveFile(ctx context.Context, tenant plant.TenantNo, sha256 string, data []byte) error
	// File gives them back; access.ErrNotFound when there are none.
	File(ctx context.Context, tenant plant.TenantNo, sha256 string) ([]byte, error)
}

// MaxPeers bounds the firms that one is compared with: more say nothing new.
const MaxPeers = 10_000

// Firms is the registry, as a diagnosis asks it. A firm that is not there is
// access.ErrNotFound.
type Firms interface {
	Firm(ctx context.Context, tenant plant.TenantNo, id string) (Firm, error)
	// Firms are those whose name or id contains the text, by name, at most limit.
	Firms(ctx context.Context, tenant plant.TenantNo, areas []access.Area, text string, limit int) ([]Firm, error)
}

// Covered says how many firms of a region and a division have been diagnosed, or
// are being.
type Covered struct {
	Region    string
	Division  string // section and two digits of GB/T 4754
	Diagnosed int64  // firms with a closed diagnosis
	Running   int64  // firms with one under way and none closed
}

// Due counts the firms of a region and a division that are to be diagnosed.
type Due struct {
	Region   string
	Division string
	Firms    int64
	// Incentive: the policy begins with its county.
	Incentive bool
}

// Dues tells which firms full coverage is about: those above the statistical
// threshold and those of block economies, as the registry knows them.
type Dues interface {
	Due(ctx context.Context, tenant plant.TenantNo, areas []access.Area) ([]Due, error)
}

// Stationed counts the experts who are at a county, and what they visited.
type Stationed struct {
	Region  string
	Experts int64
	Visits  int64
}

// Stations tells who is stationed where.
type Stations interface {
	Stationed(ctx context.Context, tenant plant.TenantNo, areas []access.Area) ([]Stationed, error)
}

// Figures tells figures of a whole firm.
type Figures interface {
	// Figures gives each figure over [from, to) as one window, and the path of the
	// plant that they are about. ErrNoFigures when this node has none of the firm.
	Figures(ctx context.Context, tenant plant.TenantNo, firm string, ids []string, from, to time.Time) (map[string]figure.Figure, error)
}

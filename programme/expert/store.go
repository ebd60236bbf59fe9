package expert

import (
	"context"

	"zhigai/access"
	"zhigai/plant"
)

// Limits of what is kept and listed.
const (
	// MaxExperts is some ten times what a province has appointed to such lists.
	MaxExperts = 5000
	// MaxOpen bounds dispatches that run at one time.
	MaxOpen = 10_000
	// MaxStations bounds those of all counties over the years of a policy.
	MaxStations = 5000
	// maxTeam is as many as a diagnosis has room for.
	maxTeam = 20
	maxText = 500 // letters of a note or a reason
	// maxVisits is one a day for some three years.
	maxVisits = 1000
)

// DispatchFilter chooses dispatches; zero fields do not filter, but Areas and
// Experts, of which one must hold, always do.
type DispatchFilter struct {
	Areas     []access.Area
	Experts   []string // that are assigned
	States    []DispatchState
	Region    string // prefix
	Diagnosis string
	Text      string
	Before    string // id of the last row of the page before
	Limit     int
}

// Store keeps the register and who was sent. Changes are revisions: Save is
// access.ErrConflict when there is a newer one than was read. Its methods may be
// called concurrently.
type Store interface {
	// Experts are all, those entered in error too, by id.
	Experts(ctx context.Context, tenant plant.TenantNo) ([]Expert, error)
	SaveExpert(ctx context.Context, tenant plant.TenantNo, e Expert) (Expert, error)
	ExpertHistory(ctx context.Context, tenant plant.TenantNo, id string) ([]Change[Expert], error)
	// Dispatches are the newest first.
	Dispatches(ctx context.Context, tenant plant.TenantNo, f DispatchFilter) ([]Dispatch, error)
	Dispatch(ctx context.Context, tenant plant.TenantNo, id string) (Dispatch, error)
	SaveDispatch(ctx context.Context, tenant plant.TenantNo, d Dispatch) (Dispatch, error)
	DispatchHistory(ctx context.Context, tenant plant.TenantNo, id string) ([]Change[Dispatch], error)
	// Stations are the newest first.
	Stations(ctx context.Context, tenant plant.TenantNo) ([]Station, error)
	SaveStation(ctx context.Context, tenant plant.TenantNo, s Station) (Station, error)
	StationHistory(ctx context.Context, tenant plant.TenantNo, id string) ([]Change[Station], error)
	// Visits are those of a station, the newest first.
	Visits(ctx context.Context, tenant plant.TenantNo, station string, limit int) ([]Visit, error)
	SaveVisit(ctx context.Context, tenant plant.TenantNo, v Visit) (Visit, error)
	// VisitCounts counts the visits of every station that were not entered in error.
	VisitCounts(ctx context.Context, tenant plant.TenantNo) (map[string]int64, error)
}

// Firms is the registry; a firm that is not there is access.ErrNotFound.
type Firms interface {
	Firm(ctx context.Context, tenant plant.TenantNo, id string) (Firm, error)
}

// Project is a diagnosis, as far as people are sent to it.
type Project struct {
	ID    string
	Title string
	Firm  Firm
	From  string // first day of the visits
	To    string // last day
	Ended bool   // nobody joins any more
}

// Member is somebody who joins the team of a diagnosis.
type Member struct {
	Expert       string
	Name         string
	Organisation string
	Role         string
}

// Teams are the diagnoses and who carries them out.
type Teams interface {
	// Project is access.ErrNotFound when there is none.
	Project(ctx context.Context, tenant plant.TenantNo, id string) (Project, error)
	// Join puts the person into the team, once however often it is asked.
	Join(ctx context.Context, who access.Principal, project string, m Member) error
	// Leave takes the person out again; who is not there has left.
	Leave(ctx context.Context, who access.Principal, project, expert string) error
}

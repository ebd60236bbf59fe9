package advice

import (
	"context"

	"zhigai/access"
	"zhigai/plant"
)

// Filter chooses questions; zero fields do not filter, but one of Areas, User and
// Experts must hold.
type Filter struct {
	Areas   []access.Area
	User    string   // who asked
	Experts []string // who is to answer
	States  []State
	Topic   string
	Region  string // prefix
	Firm    string
	Overdue string // due before the day and not answered
	Text    string
	Before  string // id of the last row of the page before
	Limit   int
}

// Store keeps questions. Save is access.ErrConflict when there is a newer revision
// than was read. Its methods may be called concurrently.
type Store interface {
	// Questions are the newest first.
	Questions(ctx context.Context, tenant plant.TenantNo, f Filter) ([]Advice, error)
	Question(ctx context.Context, tenant plant.TenantNo, id string) (Advice, error)
	SaveQuestion(ctx context.Context, tenant plant.TenantNo, a Advice) (Advice, error)
	QuestionHistory(ctx context.Context, tenant plant.TenantNo, id string) ([]Change, error)
}

// Files keeps what answers attach, by what they contain.
type Files interface {
	SaveFile(ctx context.Context, tenant plant.TenantNo, sha256 string, data []byte) error
	File(ctx context.Context, tenant plant.TenantNo, sha256 string) ([]byte, error)
}

// Firm is who asks.
type Firm struct {
	ID, Name, Region, Sector string
}

// Firms is the registry; a firm that is not there is access.ErrNotFound.
type Firms interface {
	Firm(ctx context.Context, tenant plant.TenantNo, id string) (Firm, error)
}

// Person is an expert who may be asked.
type Person struct {
	ID, Name, Organisation string
}

// Experts are those who may be asked.
type Experts interface {
	// Adviser is the person; an error says why that one may not be asked about the
	// firm, which has no id when a region asks.
	Adviser(ctx context.Context, tenant plant.TenantNo, id string, about Firm) (Person, error)
	// Own are the ids of the experts that the asker is.
	Own(ctx context.Context, who access.Principal) ([]string, error)
}

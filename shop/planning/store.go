package planning

import (
	"context"
	"fmt"

	"zhigai/access"
	"zhigai/plant"
)

// Store keeps plans as facts, and a row each of what lists show. Its methods may
// be called concurrently.
type Store interface {
	// SavePlan stores a plan, its body in pieces, in one commit. It numbers the
	// plans of a place, whatever the head says, and gives the head as stored.
	SavePlan(ctx context.Context, tenant plant.TenantNo, h Head, body []byte) (Head, error)
	// StepPlan stores what became of a plan, seen in a state; another is
	// access.ErrConflict. Of an issued one the plan that was in use before becomes
	// past, in the same commit.
	StepPlan(ctx context.Context, tenant plant.TenantNo, s Step) (Head, error)
	// Plans are the newest first.
	Plans(ctx context.Context, scope access.Scope, f Filter) ([]Head, error)
	// Plan is one plan; access.ErrNotFound without.
	Plan(ctx context.Context, tenant plant.TenantNo, id string) (Head, error)
	// PlanBody is the body as it was saved.
	PlanBody(ctx context.Context, tenant plant.TenantNo, id string) ([]byte, error)
	// SaveLimit stores a limit as a fact and a row in one commit; seen is the Rev that
	// it follows on, another is access.ErrConflict. Limits are by kind and name.
	SaveLimit(ctx context.Context, tenant plant.TenantNo, l Limit, seen int64) error
	Limits(ctx context.Context, tenant plant.TenantNo) ([]Limit, error)
	// PlanInUse is the one by which a place works; access.ErrNotFound without.
	PlanInUse(ctx context.Context, tenant plant.TenantNo, place string) (Head, error)
}

// Filter chooses plans. Zero fields do not filter.
type Filter struct {
	States []PlanState
	After  string // place of the last row of the page before
	Limit  int
}

// After is the place of the row in a list, for the page behind it.
func (h Head) After() string { return fmt.Sprintf("%d.%s", h.Made, h.ID) }

// Step is a fact about a plan that there is.
type Step struct {
	Plan string        `json:"plan"`
	What PlanState     `json:"what"` // what it becomes: in_use or dropped
	Seen PlanState     `json:"seen"`
	At   plant.Instant `json:"at"`
	By   string        `json:"by"`
	Note string        `json:"note,omitempty"`
	// Again: it was issued although facts had changed since it was made.
	Again bool `json:"again,omitempty"`
}

// Follow makes the head after a step.
func (h Head) Follow(s Step) Head {
	h.State, h.Note = s.What, s.Note
	if s.What == StateInUse {
		h.Issued, h.IssuedBy = s.At, s.By
	}
	return h
}

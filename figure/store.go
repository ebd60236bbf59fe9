package figure

import (
	"context"

	"zhigai/access"
	"zhigai/plant"
)

// Row is what is kept of a figure: the terms of one machine, one product and
// one base window. It is a cache of a pure function over facts; deleting every
// row and folding again gives the same bits.
type Row struct {
	Node    plant.NodeID     `json:"node"`
	Path    string           `json:"path"` // of the equipment, as valid at the window's start
	From    plant.Micros     `json:"from"`
	To      plant.Micros     `json:"to"`
	Shift   string           `json:"shift,omitempty"` // code of the shift the window lies in
	Product string           `json:"product,omitempty"`
	Terms   map[string]int64 `json:"terms"`
}

// Window says how settled one machine's base window is.
type Window struct {
	Node     plant.NodeID `json:"node"`
	From     plant.Micros `json:"from"`
	To       plant.Micros `json:"to"`
	Revision int          `json:"revision"` // 0 while provisional
	AsOf     plant.Micros `json:"as_of"`    // when its terms were last folded to something new
	Digest   string       `json:"digest"`   // SHA-256 of the canonical terms
	Dirty    bool         `json:"dirty"`    // facts arrived since; a fold is due
	Fold     string       `json:"fold"`     // version of the rules that made it
}

// Store keeps rows and windows. Put replaces all rows of the window at once; it
// and DeleteAll return ErrNotKeeper in a process that is not to keep figures.
// Methods may be called concurrently.
type Store interface {
	PutWindow(ctx context.Context, tenant plant.TenantNo, w Window, rows []Row) error
	Rows(ctx context.Context, scope access.Scope, from, to plant.Micros) ([]Row, error)
	Windows(ctx context.Context, scope access.Scope, from, to plant.Micros) ([]Window, error)
	// MarkDirty flags existing windows of the machine that overlap [from, to).
	MarkDirty(ctx context.Context, tenant plant.TenantNo, node plant.NodeID, from, to plant.Micros) error
	DirtyWindows(ctx context.Context, tenant plant.TenantNo, limit int) ([]Window, error)
	// DeleteAll drops every row and window: the start of a from-scratch run.
	DeleteAll(ctx context.Context, tenant plant.TenantNo) error
}

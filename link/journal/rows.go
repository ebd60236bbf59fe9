package journal

import (
	"context"
	"sync"

	"zhigai/link"
	"zhigai/plant"
)

// RowLog is a table whose rows are numbered as they come; a row that changes
// gets a new number, and the one it had is empty from then on. Methods may be
// called concurrently.
type RowLog interface {
	// RowsAfter gives rows behind the number in their order.
	RowsAfter(ctx context.Context, tenant plant.TenantNo, seq uint64, limit int) ([]link.Item, error)
	// RowsHead is the greatest number given; 0 before the first.
	RowsHead(ctx context.Context, tenant plant.TenantNo) (uint64, error)
}

// Rows is the stream of a child's rows that are figures, its own and those from
// below it. The table keeps them for good, so that there is no cursor to hold.
type Rows struct {
	log    RowLog
	tenant plant.TenantNo

	mu   sync.Mutex
	bell chan struct{}
}

var _ link.Source = (*Rows)(nil)

// NewRows reads the log of the tenant.
func NewRows(log RowLog, tenant plant.TenantNo) *Rows {
	return &Rows{log: log, tenant: tenant, bell: make(chan struct{})}
}

// Changed says that there are new rows.
func (r *Rows) Changed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.bell)
	r.bell = make(chan struct{})
}

func (r *Rows) rings() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bell
}

// Bounds lets a parent begin anywhere: a row that came again stands behind.
func (r *Rows) Bounds(ctx context.Context) (first, head uint64, err error) {
	head, err = r.log.RowsHead(ctx, r.tenant)
	return 1, head, err
}

// Read gives rows behind the number; those that came again meanwhile are
// passed over.
func (r *Rows) Read(ctx context.Context, after uint64, limit int) (items []link.Item, through uint64, err error) {
	if items, err = r.log.RowsAfter(ctx, r.tenant, after, limit); err != nil || len(items) == 0 {
		return nil, after, err
	}
	return items, items[len(items)-1].Seq, nil
}

// Wait returns when there is a row behind the number.
func (r *Rows) Wait(ctx context.Context, after uint64) error {
	for {
		bell := r.rings()
		head, err := r.log.RowsHead(ctx, r.tenant)
		if err != nil || head > after {
			return err
		}
		select {
		case <-bell:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// SaveCursor has nothing to keep.
func (r *Rows) SaveCursor(context.Context, uint64) error { return nil }

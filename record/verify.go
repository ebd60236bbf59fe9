package record

import (
	"context"
	"fmt"

	"zhigai/plant"
)

// LastSeq is the place of the tenant's newest event in the journal, 0 before
// the first.
func (db *DB) LastSeq(tenant plant.TenantNo) uint64 {
	db.heads.mu.Lock()
	defer db.heads.mu.Unlock()
	return db.heads.last[tenant]
}

// Verify reads every page and index of a folder's record, on the disk and as
// the database sees it. The pages of a
// server are its own to check: of it only an answer is asked.
func (db *DB) Verify(ctx context.Context) error {
	if db.engine.remote() {
		return db.Reachable(ctx)
	}
	damage, err := CheckFiles(ctx, db.Name())
	if err != nil {
		return fmt.Errorf("record: verify: %w", err)
	}
	if len(damage) > 0 {
		return fmt.Errorf("%w: %v", ErrDamaged, damage)
	}
	var verdict string
	if err := db.read.QueryRowContext(ctx, `pragma integrity_check(1)`).Scan(&verdict); err != nil {
		return fmt.Errorf("record: verify: %w", err)
	}
	if verdict != "ok" {
		return fmt.Errorf("record: damaged: %s", verdict)
	}
	return nil
}

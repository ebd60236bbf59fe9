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

// Verify reads every page and index. The error names the first damage.
func (db *DB) Verify(ctx context.Context) error {
	var verdict string
	if err := db.reader.QueryRowContext(ctx, `pragma integrity_check(1)`).Scan(&verdict); err != nil {
		return fmt.Errorf("record: verify: %w", err)
	}
	if verdict != "ok" {
		return fmt.Errorf("record: damaged: %s", verdict)
	}
	return nil
}

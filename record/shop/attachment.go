package shop

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"

	"zhigai/attachment"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/record"
)

// Attachments keeps what is known of files: as facts, and a row each. It
// implements attachment.Store.
type Attachments struct{ db *record.DB }

var _ attachment.Store = Attachments{}

// NewAttachments keeps what is known of files in the record.
func NewAttachments(db *record.DB) Attachments { return Attachments{db} }

// SaveFile implements attachment.Store.
func (r Attachments) SaveFile(ctx context.Context, tenant plant.TenantNo, f attachment.File) error {
	body, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("record: write file %s: %w", f.SHA256, err)
	}
	e := fact.New(fact.KindFile, "", f.At.Time(), f.Source(), f)
	e.SourceSeq = uint64(f.At)
	return r.db.Journal().Import(ctx, tenant, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw(`insert into stored_file (tenant, sha256, bytes, path, body) values (?, ?, ?, ?, ?)
			on conflict (tenant, sha256) do update set path = excluded.path, body = excluded.body`, tenant, f.SHA256, f.Bytes, f.Place, string(body)).Exec(ctx); err != nil {
			return fmt.Errorf("record: save file %s: %w", f.SHA256, err)
		}
		return nil
	}, e)
}

// File implements attachment.Store.
func (r Attachments) File(ctx context.Context, tenant plant.TenantNo, sha256 string) (attachment.File, error) {
	return one[attachment.File](ctx, r.db.Reader(), "file "+sha256, `select body from stored_file where tenant = ? and sha256 = ?`, tenant, sha256)
}

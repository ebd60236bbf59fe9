package sector

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/record"
	"zhigai/sector/tenant"
)

// Files keeps what templates bring to the node; its methods may be called
// concurrently.
type Files struct{ db *record.DB }

var _ tenant.Files = Files{}

// NewFiles keeps files in the record.
func NewFiles(db *record.DB) Files { return Files{db} }

// library is whose the files are: the node's.
const library = int64(access.HomeTenant)

// Files implements tenant.Files.
func (s Files) Files(ctx context.Context, after int64) (out []tenant.File, err error) {
	rows, err := s.db.Reader().QueryContext(ctx, `select number, kind, id, version, body, template, recorded, who from library_file where tenant = ? and number > ? order by number`, library, after)
	if err != nil {
		return nil, fmt.Errorf("record: read files of the library: %w", err)
	}
	for rows.Next() {
		var f tenant.File
		var kind string
		var recorded int64
		if err := rows.Scan(&f.Number, &kind, &f.ID, &f.Version, &f.Text, &f.Template, &recorded, &f.By); err != nil {
			return nil, errors.Join(fmt.Errorf("record: read files of the library: %w", err), rows.Close())
		}
		f.Kind, f.Recorded = tenant.FileKind(kind), time.UnixMicro(recorded).UTC()
		out = append(out, f)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

// AddFiles implements tenant.Files.
func (s Files) AddFiles(ctx context.Context, files []tenant.File) error {
	return s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		var last int64
		if err := tx.NewRaw(`select coalesce(max(number), 0) from library_file where tenant = ?`, library).Scan(ctx, &last); err != nil {
			return fmt.Errorf("record: number of a file of the library: %w", err)
		}
		for _, f := range files {
			var known []string
			if err := tx.NewRaw(`select body from library_file where tenant = ? and kind = ? and id = ? and version = ?`, library, string(f.Kind), f.ID, f.Version).Scan(ctx, &known); err != nil {
				return fmt.Errorf("record: file of the library: %w", err)
			}
			if len(known) > 0 {
				if strings.TrimSpace(known[0]) != strings.TrimSpace(f.Text) {
					return fmt.Errorf("%s %s version %d is kept with another content: %w", f.Kind, f.ID, f.Version, access.ErrConflict)
				}
				continue
			}
			last++
			if _, err := tx.NewRaw(`insert into library_file (tenant, kind, id, version, number, body, template, recorded, who) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				library, string(f.Kind), f.ID, f.Version, last, f.Text, f.Template, f.Recorded.UnixMicro(), f.By).Exec(ctx); err != nil {
				return fmt.Errorf("record: keep %s %s: %w", f.Kind, f.ID, err)
			}
		}
		return nil
	})
}

package record

import (
	"bytes"
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date; name is the database in messages.
func migrate(ctx context.Context, db *sql.DB, dialect goose.Dialect, name string, files fs.FS) error {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		return fmt.Errorf("record: migrations: %w", err)
	}
	p, err := goose.NewProvider(dialect, db, sub)
	if err != nil {
		return fmt.Errorf("record %s: %w", name, err)
	}
	has, knows, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("record %s: %w", name, explain(err))
	}
	if has > knows {
		return fmt.Errorf("%w: %s has schema %d, this program knows up to schema %d; start the newer program, or restore a backup made before the upgrade",
			ErrNewerSchema, name, has, knows)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("record %s: migrate from schema %d to %d: %w", name, has, knows, err)
	}
	return nil
}

// byteOrder gives the migrations as PostgreSQL is to read them: every text
// column compares by bytes, as SQLite does. Lists then come in the same order
// from both, whatever language the database was made for, and LIKE on the
// start of a path uses the index.
type byteOrder struct{ fs.FS }

var textColumn = regexp.MustCompile(`(?m)^(\s+\w+\s+text)\b`)

// Open opens one migration.
func (b byteOrder) Open(name string) (fs.File, error) {
	f, err := b.FS.Open(name)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || info.IsDir() {
		return f, err
	}
	text, err := fs.ReadFile(b.FS, name)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return rendered{f, bytes.NewReader(textColumn.ReplaceAll(text, []byte(`$1 collate "C"`)))}, nil
}

// rendered is a file with another content.
type rendered struct {
	fs.File
	text *bytes.Reader
}

func (r rendered) Read(p []byte) (int, error) { return r.text.Read(p) }

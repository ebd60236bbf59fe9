package database

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// position is how far the rows were taken.
type position struct {
	Cursor string    `json:"cursor"` // value of the last row, as PostgreSQL writes it
	Saved  time.Time `json:"saved"`
}

// loadPosition reads a position; ok is false when none was saved.
func loadPosition(name string) (p position, ok bool, err error) {
	raw, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return p, false, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &p)
	}
	if err != nil {
		return p, false, fmt.Errorf("database: cursor %s: %w; put the file back from a backup, or take it away: then all rows are read again", name, err)
	}
	return p, true, nil
}

// save returns when the position is durable: the old one or the new one is
// there, whatever happens.
func (p position) save(name string) error {
	raw, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return fmt.Errorf("database: cursor: %w", err)
	}
	next := name + ".new"
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("database: cursor: %w", err)
	}
	_, err = f.Write(raw)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(next, name)
	}
	if err != nil {
		return fmt.Errorf("database: cursor: %w", err)
	}
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return fmt.Errorf("database: cursor: %w", err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return fmt.Errorf("database: cursor: %w", err)
	}
	return nil
}

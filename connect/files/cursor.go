package files

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// entry is one file that was taken.
type entry struct {
	Name     string    `json:"name"`
	Size     int64     `json:"size"`
	Modified time.Time `json:"modified"`
	Hash     string    `json:"sha256"`
	Taken    time.Time `json:"taken"`
}

// cursor says which files of a folder were taken. It is a log of one JSON line a
// file, synced before a file counts as taken: a line that a crash tore is none,
// and its file is taken again. One process has it open at a time.
type cursor struct {
	name  string
	file  *os.File
	taken map[string]entry // by name
	lines int
}

// maxEntries bounds what is remembered: the folder's limit and as many again.
// Beyond it files that are no longer there are forgotten.
const maxEntries = 2 * maxFiles

func openCursor(name string) (*cursor, error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return nil, fmt.Errorf("files: cursor: %w", err)
	}
	c := &cursor{name: name, taken: map[string]entry{}}
	raw, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("files: cursor: %w", err)
	}
	whole := bytes.LastIndexByte(raw, '\n') + 1
	lines := bufio.NewScanner(bytes.NewReader(raw[:whole]))
	for lines.Scan() {
		var e entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("files: cursor %s line %d: %w; put the file back from a backup, or take it away: then all files of the folder are taken again", name, c.lines+1, err)
		}
		c.taken[e.Name] = e
		c.lines++
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("files: cursor %s: %w", name, err)
	}
	if c.file, err = os.OpenFile(name, os.O_WRONLY|os.O_CREATE, 0o600); err != nil {
		return nil, fmt.Errorf("files: cursor: %w", err)
	}
	// What a crash tore must not stand before the next line.
	if err := errors.Join(c.file.Truncate(int64(whole)), seekEnd(c.file), syncFolder(name)); err != nil {
		return nil, errors.Join(fmt.Errorf("files: cursor: %w", err), c.file.Close())
	}
	return c, nil
}

func seekEnd(f *os.File) error {
	_, err := f.Seek(0, 2)
	return err
}

func syncFolder(name string) error {
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// knows reports whether a file was taken as it is, by what can be seen without
// reading it.
func (c *cursor) knows(f found) bool {
	e, ok := c.taken[f.name]
	return ok && e.Size == f.size && e.Modified.Equal(f.modified)
}

// add notes a file and returns when that is durable.
func (c *cursor) add(e entry) error {
	line, err := json.Marshal(e)
	if err == nil {
		_, err = c.file.Write(append(line, '\n'))
	}
	if err == nil {
		err = c.file.Sync()
	}
	if err != nil {
		return fmt.Errorf("files: cursor: %w", err)
	}
	c.taken[e.Name] = e
	c.lines++
	return nil
}

// shorten writes the log anew when most of it says nothing any more: files that
// were changed, and many that are gone from the folder.
func (c *cursor) shorten(present []found) error {
	if c.lines <= maxEntries {
		return nil
	}
	kept := map[string]entry{}
	for _, f := range present {
		if e, ok := c.taken[f.name]; ok {
			kept[f.name] = e
		}
	}
	var out bytes.Buffer
	for _, e := range kept {
		line, err := json.Marshal(e)
		if err != nil {
			return err
		}
		out.Write(append(line, '\n'))
	}
	next := c.name + ".new"
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("files: cursor: %w", err)
	}
	_, err = f.Write(out.Bytes())
	if err = errors.Join(err, f.Sync()); err == nil {
		err = os.Rename(next, c.name)
	}
	if err = errors.Join(err, syncFolder(c.name)); err != nil {
		return errors.Join(fmt.Errorf("files: cursor: %w", err), f.Close())
	}
	err = c.file.Close()
	c.file, c.taken, c.lines = f, kept, len(kept)
	return err
}

func (c *cursor) close() error { return c.file.Close() }

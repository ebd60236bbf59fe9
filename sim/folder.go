package sim

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	// fileEvery is how often a machine leaves a file.
	fileEvery = 5 * time.Second
	// keptFiles of a machine stay; older ones it takes away, as machines do whose
	// disk is small.
	keptFiles = 100
	// timeColumn is where a row's time stands.
	timeColumn = "time"
)

// folder is a machine that leaves tables of comma-separated text.
type folder struct {
	m       *machine
	dir     string
	columns []string
	left    []string // files, the oldest first
	n       int
}

func newFolder(m *machine, to, _ string) (speaker, error) {
	f := &folder{m: m, dir: filepath.Join(to, filepath.FromSlash(m.device.Address)), columns: []string{timeColumn}}
	for _, s := range m.kind.Signals {
		how, name, _ := strings.Cut(s.At, " ")
		if name = strings.TrimSpace(name); how != "column" || name == "" || strings.HasPrefix(name, "#") || name == timeColumn {
			return nil, fmt.Errorf("%s: address %q is not simulated; write a column by its name, such as column diameter", s.Name, s.At)
		}
		f.columns = append(f.columns, name)
	}
	if err := os.MkdirAll(f.dir, 0o755); err != nil {
		return nil, err
	}
	return f, nil
}

func (f *folder) run(ctx context.Context) {
	for ctx.Err() == nil {
		if !f.m.is(Unplug) && !f.m.is(Silent) {
			_ = f.leave() // a full disk is the folder's owner's to mend: try again
		}
		wait(ctx, fileEvery)
	}
}

// leave writes a file under another name first, as careful programs do.
func (f *folder) leave() error {
	f.n++
	name := filepath.Join(f.dir, fmt.Sprintf("%s-%04d.csv", time.Now().UTC().Format("20060102T150405"), f.n))
	if err := os.WriteFile(name+".part", f.table(), 0o644); err != nil {
		return err
	}
	if err := os.Rename(name+".part", name); err != nil {
		return err
	}
	f.left = append(f.left, name)
	if len(f.left) <= keptFiles {
		return nil
	}
	old := f.left[0]
	f.left = f.left[1:]
	if err := os.Remove(old); err != nil && !errors.Is(err, os.ErrNotExist) { // who reads may have moved it
		return err
	}
	return nil
}

// table is a header and what the machine shows now.
func (f *folder) table() []byte {
	if f.m.is(Garbage) {
		return []byte("\x00\x01\"garbage")
	}
	f.m.mu.Lock()
	row := []string{f.m.stamp(f.m.seen()).Time().UTC().Format(time.RFC3339Nano)}
	for slot := range f.m.kind.Signals {
		row = append(row, f.m.plain(slot))
	}
	f.m.mu.Unlock()
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	_ = w.WriteAll([][]string{f.columns, row}) // into memory
	return out.Bytes()
}

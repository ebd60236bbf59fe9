package door

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"zhigai/factory/exchange"
)

// Folders of a partner: it puts files into in/ and finds what was made in out/.
const (
	folderIn     = "in"
	folderDone   = "done"
	folderFailed = "failed"
	folderOut    = "out"
)

// settle is how long a file must be unchanged before it is taken: who writes
// without renaming may pause between two blocks.
const settle = 3 * time.Second

// sighting is what a file looked like.
type sighting struct {
	size  int64
	mod   time.Time
	since time.Time
}

// folderMemory remembers files between two looks.
type folderMemory struct {
	mu    sync.Mutex
	files map[string]sighting
}

// settled says whether a file was the same for long enough.
func (m *folderMemory) settled(name string, size int64, mod, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	was, ok := m.files[name]
	if !ok || was.size != size || !was.mod.Equal(mod) {
		m.files[name] = sighting{size, mod, now}
		return false
	}
	return now.Sub(was.since) >= settle
}

func (m *folderMemory) forget(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.files, name)
}

// folder is a partner that leaves files.
type folder struct {
	dir  string
	seen *folderMemory
	now  func() time.Time
}

func newFolder(root string, p exchange.Partner, seen *folderMemory, now func() time.Time) (*folder, error) {
	f := &folder{filepath.Join(root, p.ID), seen, now}
	for _, sub := range []string{folderIn, folderDone, folderFailed, folderOut} {
		if err := os.MkdirAll(filepath.Join(f.dir, sub), 0o770); err != nil {
			return nil, fmt.Errorf("folder of partner %s: %w", p.ID, err)
		}
	}
	return f, nil
}

// maxFiles of one look; the others are taken with the next.
const maxFiles = 500

// unfinished are names that programs give to files which they still write.
func unfinished(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~") || slices.Contains([]string{".tmp", ".part", ".partial", ".crdownload", ".new", ".lock"}, strings.ToLower(filepath.Ext(name)))
}

// kinds are what a file is about, by the beginning of its name.
var kinds = []struct {
	begin string
	kind  exchange.Kind
}{{"statement", exchange.KindStatement}, {"lot", exchange.KindLot}, {"definition", exchange.KindDefinition}, {"order", exchange.KindOrder}}

func incoming(name string, body []byte) (exchange.Incoming, error) {
	in := exchange.Incoming{ID: name, Kind: exchange.KindOrder, Body: body}
	for _, k := range kinds {
		if strings.HasPrefix(strings.ToLower(name), k.begin) {
			in.Kind = k.kind
		}
	}
	switch strings.ToLower(filepath.Ext(name)) {
	case ".xml":
		in.Format = exchange.B2MML
	case ".json":
		in.Format = exchange.JSON
	case ".csv", ".txt":
		in.Format = exchange.CSV
	case ".xlsx":
		in.Format = exchange.XLSX
	default:
		return in, errors.New("the name says no format; end it in .xml, .json, .csv or .xlsx")
	}
	return in, nil
}

// Fetch takes the files of in/ in the order of their names. A file goes to done/
// when all of it is settled, and to failed/ with its reasons when some of it was
// refused; one whose parts still wait stays and is asked about again.
func (f *folder) Fetch(ctx context.Context, take func(context.Context, exchange.Incoming) (exchange.Answer, error)) error {
	entries, err := os.ReadDir(filepath.Join(f.dir, folderIn))
	if err != nil {
		return fmt.Errorf("folder: %w", err)
	}
	taken := 0
	for _, e := range entries {
		if ctx.Err() != nil || taken >= maxFiles {
			return ctx.Err()
		}
		if !e.Type().IsRegular() || unfinished(e.Name()) {
			continue
		}
		name := filepath.Join(f.dir, folderIn, e.Name())
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) || err == nil && !f.seen.settled(name, info.Size(), info.ModTime(), f.now()) {
			continue
		}
		if err != nil {
			return fmt.Errorf("folder: %w", err)
		}
		if err := f.one(ctx, name, info.Size(), take); err != nil {
			return fmt.Errorf("file %s: %w", e.Name(), err)
		}
		taken++
	}
	return nil
}

func (f *folder) one(ctx context.Context, name string, size int64, take func(context.Context, exchange.Incoming) (exchange.Answer, error)) error {
	if size > exchange.MaxBytes {
		return f.finish(name, folderFailed, fmt.Sprintf("%d bytes; %d are read, divide the file", size, exchange.MaxBytes))
	}
	body, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	in, err := incoming(filepath.Base(name), body)
	if err != nil {
		return f.finish(name, folderFailed, err.Error())
	}
	a, err := take(ctx, in)
	switch {
	case errors.Is(err, exchange.ErrOther) || errors.Is(err, exchange.ErrInvalid):
		return f.finish(name, folderFailed, err.Error())
	case err != nil:
		return err
	case a.State == exchange.Received:
		return nil
	case a.State == exchange.Done:
		return f.finish(name, folderDone, "")
	}
	reasons := []string{a.Reason}
	if len(a.Parts) > 0 {
		reasons = nil
	}
	for _, p := range a.Parts {
		if p.Reason != "" {
			reasons = append(reasons, fmt.Sprintf("%d %s %s: %s: %s", p.No, p.Kind, p.Object, p.State, p.Reason))
		}
	}
	return f.finish(name, folderFailed, strings.Join(reasons, "\n"))
}

// finish moves a file that is settled. One of the same name that lies there is
// not overwritten.
func (f *folder) finish(name, to, reason string) error {
	target := filepath.Join(f.dir, to, filepath.Base(name))
	for i := 2; exists(target); i++ {
		target = filepath.Join(f.dir, to, fmt.Sprintf("%s.%d", filepath.Base(name), i))
	}
	if reason != "" {
		if err := writeFile(target+".reason.txt", []byte(reason+"\n")); err != nil {
			return err
		}
	}
	if err := os.Rename(name, target); err != nil {
		return err
	}
	f.seen.forget(name)
	return nil
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

// writeFile is there wholly or not at all, and durable.
func writeFile(name string, body []byte) error {
	next := filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+".tmp")
	w, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o660)
	if err != nil {
		return err
	}
	_, err = w.Write(body)
	if err = errors.Join(err, w.Sync(), w.Close()); err != nil {
		return err
	}
	if err := os.Rename(next, name); err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Send puts a file into out/. The same message again is the same file.
func (f *folder) Send(_ context.Context, w exchange.Written) error {
	return writeFile(filepath.Join(f.dir, folderOut, url.PathEscape(w.ID)+"."+w.Extension), w.Body)
}

// Statements are left as files.
func (*folder) Statements(context.Context) ([]exchange.Statement, error) { return nil, nil }

// Close implements exchange.Door.
func (*folder) Close() {}

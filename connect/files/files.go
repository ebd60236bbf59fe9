// Package files reads what machines and people leave in a folder: separated
// text, Excel workbooks, printed measuring reports, WAVE files.
//
// A file is taken whole and once, in the order in which files were written, and
// only when it has stopped growing. The cursor that says so moves when all the
// values are durable, not before; a file that is taken twice after a crash says
// the same twice. The driver never reads outside of the node's folder for files
// and never changes a file; it moves those that are done where it is told to.
//
// Start with [Driver]; the way of a file goes through watch.go, take.go and
// source.go, the cursor is in cursor.go.
package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"zhigai/connect"
	"zhigai/plant"
)

// Kind is the name of the driver.
const Kind = "files"

// Options of the driver.
type Options struct {
	Root   string // the folder below which devices' folders stand; "" reads none
	Dir    string // for cursors
	Now    func() time.Time
	Logger *slog.Logger
}

// Driver watches folders.
type Driver struct {
	root, dir string
	now       func() time.Time
	log       *slog.Logger

	mu      sync.Mutex
	reports map[string]*report // by address
	open    map[string]bool    // addresses that are being watched
}

var (
	_ connect.Driver = (*Driver)(nil)
	_ connect.Tester = (*Driver)(nil)
)

// New makes the driver.
func New(o Options) (*Driver, error) {
	if o.Dir == "" || o.Now == nil || o.Logger == nil {
		return nil, errors.New("files driver: Dir, Now and Logger are required")
	}
	return &Driver{root: o.Root, dir: o.Dir, now: o.Now, log: o.Logger, reports: map[string]*report{}, open: map[string]bool{}}, nil
}

// Kind implements [connect.Driver].
func (d *Driver) Kind() string { return Kind }

// Examples implements [connect.Exampler].
func (*Driver) Examples() connect.Examples {
	return connect.Examples{
		Device: plant.Device{Driver: Kind, Address: "cmm/room1", Params: map[string]string{"match": "*.csv"}},
		Point:  "column 外径", PointKind: plant.KindNumber,
	}
}

// CheckDevice implements [connect.Driver].
func (d *Driver) CheckDevice(dev plant.Device) error {
	_, err := parseSettings(dev)
	return err
}

// CheckPoint implements [connect.Driver].
func (d *Driver) CheckPoint(address string, kind plant.TagKind) error {
	_, err := parsePoint(address, kind)
	return err
}

// Open implements [connect.Driver]: the folder can be listed.
func (d *Driver) Open(ctx context.Context, dev plant.Device) (connect.Conn, error) {
	s, err := parseSettings(dev)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c := &conn{driver: d, settings: s}
	_, err = c.list()
	return c, err
}

// Test implements [connect.Tester]: how many files there are, and what was
// wrong with the last one.
func (d *Driver) Test(ctx context.Context, dev plant.Device) (string, error) {
	c, err := d.Open(ctx, dev)
	if err != nil {
		return "", err
	}
	found, err := c.(*conn).list()
	text := fmt.Sprintf("%d files", len(found))
	d.mu.Lock()
	defer d.mu.Unlock()
	if r := d.reports[path.Clean(dev.Address)]; r != nil {
		text += "; last " + r.String()
	}
	return text, err
}

// note remembers what was found in the last file of a folder.
func (d *Driver) note(folder string, r *report) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reports[folder] = r
}

// folder opens a device's folder. What a symbolic link leads out of it to is
// refused by the root.
func (d *Driver) folder(name string) (*os.Root, error) {
	if d.root == "" {
		return nil, errors.New("files: this node has no folder for files; start it with --files DIR")
	}
	root, err := os.OpenRoot(d.root)
	if err != nil {
		return nil, fmt.Errorf("files: the folder for files: %w; make it", err)
	}
	defer root.Close()
	sub, err := root.OpenRoot(filepath.FromSlash(name))
	if err != nil {
		return nil, fmt.Errorf("files: folder %s below %s: %w; make it, or mount it there", name, d.root, err)
	}
	return sub, nil
}

// cursorName is the file of a folder's cursor.
func (d *Driver) cursorName(folder string) string {
	sum := sha256.Sum256([]byte(folder))
	return filepath.Join(d.dir, "files-"+hex.EncodeToString(sum[:8])+".log")
}

// Forget implements [connect.Forgetter]: which files of the folder were taken is
// no longer known.
func (d *Driver) Forget(dev plant.Device) error {
	s, err := parseSettings(dev)
	if err != nil {
		return nil // such a device never was read
	}
	if err := os.Remove(d.cursorName(s.folder)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("files: forget %s: %w", s.folder, err)
	}
	return nil
}

// conn is a folder that can be listed.
type conn struct {
	driver   *Driver
	settings settings
}

var _ connect.Subscriber = (*conn)(nil)

// Close implements [connect.Conn]; nothing is held open between two looks.
func (c *conn) Close() error { return nil }

// found is a file in the folder.
type found struct {
	name     string
	size     int64
	modified time.Time
}

// maxFiles bounds the files of one folder: listing more takes longer than the
// time between two looks. Move what is done, then there are few.
const maxFiles = 50_000

// list gives the files that match, the oldest first.
func (c *conn) list() ([]found, error) {
	folder, err := c.driver.folder(c.settings.folder)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	entries, err := fs.ReadDir(folder.FS(), ".")
	if err != nil {
		return nil, fmt.Errorf("files: folder %s: %w", c.settings.folder, err)
	}
	var out []found
	for _, e := range entries {
		if !c.settings.matches(e.Name()) {
			continue
		}
		info, err := folder.Stat(e.Name()) // of what a link leads to, if that is inside
		if err != nil || !info.Mode().IsRegular() {
			continue // gone meanwhile, or not ours to read
		}
		out = append(out, found{e.Name(), info.Size(), info.ModTime()})
	}
	if len(out) > maxFiles {
		return nil, fmt.Errorf("files: folder %s has %d files; %d are looked at: write the param after: move, or take old ones away", c.settings.folder, len(out), maxFiles)
	}
	slices.SortFunc(out, func(a, b found) int {
		if n := a.modified.Compare(b.modified); n != 0 {
			return n
		}
		return strings.Compare(a.name, b.name)
	})
	return out, nil
}

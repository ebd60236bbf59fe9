package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"zhigai/connect"
)

const (
	// maxFile bounds one file: a month of seconds in text, and what fits into the
	// memory of a small node beside what it unpacks to.
	maxFile = 64 << 20
	// sinkAtOnce and sinkBytes bound what becomes durable together; other devices
	// share the store.
	sinkAtOnce = 5000
	sinkBytes  = 2 << 20
)

var errTooLarge = fmt.Errorf("it has more than %d bytes; divide it", maxFile)

// load reads a file whole.
func (c *conn) load(name string) (raw []byte, err error) {
	folder, err := c.driver.folder(c.settings.folder)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	f, err := folder.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err = io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(raw) > maxFile {
		err = errTooLarge
	}
	return raw, err
}

// take makes one file's values durable, then moves the cursor, then the file.
func (w *watching) take(ctx context.Context, f found) error {
	raw, err := w.load(f.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil // gone: it was not ours yet
	case err != nil && !errors.Is(err, errTooLarge):
		return fmt.Errorf("files: %s/%s: %w", w.settings.folder, f.name, err)
	case err == nil && int64(len(raw)) != f.size:
		return nil // it grows on: the next look sees that
	}
	sum := sha256.Sum256(raw)
	hash := hex.EncodeToString(sum[:])
	r := &report{File: f.name, Failed: err}
	if before, ok := w.cursor.taken[f.name]; ok && before.Hash == hash && err == nil {
		return w.finish(f, hash, r) // touched, and the same
	}
	if r.Failed == nil {
		r.Failed, err = w.values(ctx, f, raw, r)
		if err != nil {
			return err
		}
	}
	if r.Failed != nil {
		if err := w.failed(ctx, f, r.Failed); err != nil {
			return err
		}
	}
	w.driver.note(w.settings.folder, r)
	if r.bad() {
		w.driver.log.Warn("file has problems", "folder", w.settings.folder, "file", f.name, "problems", len(r.Problems)+r.More, "err", r.String())
	}
	return w.finish(f, hash, r)
}

// values hands the readings of a file on until all are durable. failed is what
// is wrong with the file, err with those who take them.
func (w *watching) values(ctx context.Context, f found, raw []byte, r *report) (failed, err error) {
	var batch []connect.Reading
	size := 0
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		err := w.sink(ctx, batch)
		batch, size = batch[:0], 0
		return err
	}
	s := &source{settings: &w.settings, points: w.points, file: f, report: r, partial: true, yield: func(readings []connect.Reading) error {
		for _, one := range readings {
			batch = append(batch, one)
			if size += len(one.Text); len(batch) >= sinkAtOnce || size >= sinkBytes {
				if err := flush(); err != nil {
					return err
				}
			}
		}
		return nil
	}}
	failed = s.read(raw)
	if failed != nil && !whole(failed) {
		return nil, failed
	}
	return failed, flush()
}

// failed marks every point: of this file there is no value.
func (w *watching) failed(ctx context.Context, f found, why error) error {
	readings := make([]connect.Reading, len(w.points))
	for i := range readings {
		readings[i] = connect.Reading{Point: i, Source: f.modified, Recorded: true, Err: fmt.Errorf("%w: %s: %w", connect.ErrMalformed, f.name, why)}
	}
	return w.sink(ctx, readings)
}

// finish moves the cursor, and then the file where that is wanted.
func (w *watching) finish(f found, hash string, r *report) error {
	if err := w.cursor.add(entry{Name: f.name, Size: f.size, Modified: f.modified, Hash: hash, Taken: w.driver.now().UTC()}); err != nil {
		return err
	}
	if !w.settings.move {
		return nil
	}
	folder, err := w.driver.folder(w.settings.folder)
	if err != nil {
		return err
	}
	defer folder.Close()
	to := "done"
	if r.Failed != nil {
		to = "failed"
	}
	if err := moveTo(folder, f.name, to, hash, r); err != nil {
		// It is taken, whatever becomes of it.
		w.driver.log.Warn("file is taken but cannot be moved", "folder", w.settings.folder, "file", f.name, "err", err)
	}
	return nil
}

// moveTo moves a file into a folder beside it, never over another one, and puts
// the list of its problems there.
func moveTo(folder *os.Root, name, to, hash string, r *report) error {
	if err := folder.Mkdir(to, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	target := path.Join(to, name)
	if _, err := folder.Lstat(target); err == nil {
		ext := path.Ext(name)
		target = path.Join(to, strings.TrimSuffix(name, ext)+"-"+hash[:8]+ext)
	}
	if r.bad() {
		if err := folder.WriteFile(target+problemSuffix, []byte(r.list()), 0o644); err != nil {
			return err
		}
	}
	return folder.Rename(name, target)
}

// last is the newest reading of each point in a file.
func (c *conn) last(f found, points []point) ([]connect.Reading, error) {
	raw, err := c.load(f.name)
	if err != nil {
		return nil, err
	}
	newest := make([]*connect.Reading, len(points))
	s := &source{settings: &c.settings, points: points, file: f, report: &report{File: f.name}, yield: func(readings []connect.Reading) error {
		for _, r := range readings {
			if was := newest[r.Point]; was == nil || !r.Source.Before(was.Source) {
				newest[r.Point] = &r
			}
		}
		return nil
	}}
	if err := s.read(raw); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", connect.ErrMalformed, f.name, err)
	}
	var out []connect.Reading
	for _, r := range newest {
		if r != nil {
			out = append(out, *r)
		}
	}
	return out, nil
}

// Prepare implements [connect.Conn]: the group reads the newest file and takes
// nothing.
func (c *conn) Prepare(points []connect.Point) (connect.Group, error) {
	return &group{conn: c, points: parsePoints(points)}, nil
}

type group struct {
	conn   *conn
	points []point
}

// Read implements [connect.Group].
func (g *group) Read(ctx context.Context, dst []connect.Reading) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	all, err := g.conn.list()
	if err != nil {
		return err
	}
	for i := range dst {
		dst[i] = connect.Reading{Point: i, Err: fmt.Errorf("%w: no file in %s says anything of it", connect.ErrStale, g.conn.settings.folder)}
	}
	if len(all) == 0 {
		return nil
	}
	readings, err := g.conn.last(all[len(all)-1], g.points)
	if err != nil {
		for i := range dst {
			dst[i].Err = err
		}
		return nil
	}
	for _, r := range readings {
		dst[r.Point] = r
	}
	return nil
}

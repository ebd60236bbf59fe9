package files

import (
	"context"
	"errors"
	"fmt"
	"time"

	"zhigai/connect"
)

const (
	// lookEvery is the longest time between two looks into the folder.
	lookEvery = 2 * time.Second
	// lookLeast is the shortest, whatever the period of the points.
	lookLeast = 200 * time.Millisecond
)

// watching is one running Subscribe.
type watching struct {
	*conn
	points  []point
	sink    connect.Sink
	alive   func()
	cursor  *cursor
	growing map[string]growth
}

// growth is what was seen of a file that is not taken yet.
type growth struct {
	found
	since time.Time // by our clock: that of a file server may be another
}

// Subscribe implements [connect.Subscriber]. It begins with what the newest file
// says, if that was taken before.
func (c *conn) Subscribe(ctx context.Context, points []connect.Point, sink connect.Sink, alive func()) (err error) {
	if err := c.driver.claim(c.settings.folder); err != nil {
		return err
	}
	defer c.driver.release(c.settings.folder)
	w := &watching{conn: c, points: parsePoints(points), sink: sink, alive: alive, growing: map[string]growth{}}
	if w.cursor, err = openCursor(c.driver.cursorName(c.settings.folder)); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.cursor.close()) }()
	if err := w.present(ctx); err != nil {
		return err
	}
	every := lookEvery
	for _, p := range points {
		every = min(every, max(p.Period, lookLeast))
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := w.look(ctx); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// claim makes sure that one subscription alone takes the files of a folder.
func (d *Driver) claim(folder string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open[folder] {
		return fmt.Errorf("files: folder %s is read by another device; give each device a folder of its own", folder)
	}
	d.open[folder] = true
	return nil
}

func (d *Driver) release(folder string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.open, folder)
}

// present hands on what the newest file said when it was taken: pages have no
// values after a restart until the next file comes.
func (w *watching) present(ctx context.Context) error {
	all, err := w.list()
	if err != nil || len(all) == 0 || !w.cursor.knows(all[len(all)-1]) {
		return err
	}
	readings, err := w.last(all[len(all)-1], w.points)
	if err != nil || len(readings) == 0 {
		return nil // it was said when it was taken
	}
	return w.sink(ctx, readings)
}

// look takes every file that is whole and was not taken.
func (w *watching) look(ctx context.Context) error {
	all, err := w.list()
	if err != nil {
		return err
	}
	w.alive()
	if err := w.cursor.shorten(all); err != nil {
		return err
	}
	now := w.driver.now()
	seen := map[string]growth{}
	for _, f := range all {
		if w.cursor.knows(f) {
			continue
		}
		g, known := w.growing[f.name]
		if !known || g.size != f.size || !g.modified.Equal(f.modified) || now.Before(g.since) {
			g = growth{f, now}
		}
		seen[f.name] = g
	}
	w.growing = seen
	for _, f := range all {
		g, waiting := w.growing[f.name]
		if !waiting {
			continue
		}
		if now.Sub(g.since) < w.settings.settle {
			return nil // those behind it wait: files are taken in their order
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := w.take(ctx, f); err != nil {
			return err
		}
		delete(w.growing, f.name)
	}
	return nil
}

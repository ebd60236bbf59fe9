package database

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"zhigai/connect"
	"zhigai/connect/document"
	"zhigai/plant"
)

// conn is a session with the database.
type conn struct {
	driver   *Driver
	settings settings
	db       *pgx.Conn
	name     string // of the cursor's file
	columns  []string
	typed    string // the cursor's type, as SQL writes it
	timed    string // the column of the instant
}

var (
	_ connect.Subscriber = (*conn)(nil)
	_ connect.Browser    = (*conn)(nil)
)

// closeWithin bounds saying goodbye to a server that may be gone.
const closeWithin = 2 * time.Second

// Close implements [connect.Conn].
func (c *conn) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	_ = c.db.Close(ctx) // what has not been read is read again
	return nil
}

// Subscribe implements [connect.Subscriber]: it looks for new rows in the
// shortest period of the points. It begins with what the newest row says, if
// that was taken before.
func (c *conn) Subscribe(ctx context.Context, points []connect.Point, sink connect.Sink, alive func()) error {
	p, known, err := loadPosition(c.name)
	if err != nil {
		return err
	}
	from := &p.Cursor
	if !known {
		if from = nil; c.settings.since != "" {
			from = &c.settings.since
		}
	}
	parsed := parsePoints(points)
	if err := c.present(ctx, parsed, known, sink); err != nil {
		return err
	}
	every := time.Minute
	for _, p := range points {
		every = min(every, max(p.Period, minEvery))
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		next, more, err := c.turn(ctx, parsed, from, sink)
		if err != nil {
			return err
		}
		from = next
		if alive(); more {
			continue
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// minEvery is the shortest time between two questions.
const minEvery = 200 * time.Millisecond

// present hands on what the newest rows said when they were taken, if any were:
// pages have no values after a restart until the next row comes.
func (c *conn) present(ctx context.Context, points []point, taken bool, sink connect.Sink) error {
	readings := c.refused(points)
	if taken {
		var err error
		if readings, err = c.newest(ctx, points); err != nil {
			return err
		}
		readings = slices.DeleteFunc(readings, func(r connect.Reading) bool { return errors.Is(r.Err, connect.ErrStale) })
	}
	if len(readings) == 0 {
		return nil
	}
	return sink(ctx, readings)
}

// turn takes the next rows and moves the cursor when they are durable.
func (c *conn) turn(ctx context.Context, points []point, from *string, sink connect.Sink) (next *string, more bool, err error) {
	rows, err := c.rows(ctx, from, c.settings.rows, false)
	if err != nil {
		return from, false, err
	}
	rows, more, err = complete(rows, c.settings.rows, c.settings.cursor)
	if err != nil || len(rows) == 0 {
		return from, false, err
	}
	var batch []connect.Reading
	for i, one := range rows {
		batch = append(batch, c.readings(one, points)...)
		if len(batch) < sinkAtOnce && i < len(rows)-1 || len(batch) == 0 {
			continue
		}
		if err := sink(ctx, batch); err != nil {
			return from, false, err
		}
		batch = nil
	}
	last := rows[len(rows)-1].cursor
	if err := (position{Cursor: last, Saved: c.driver.now().UTC()}).save(c.name); err != nil {
		return from, false, err
	}
	return &last, more, nil
}

// sinkAtOnce bounds the readings that become durable together.
const sinkAtOnce = 5000

// readings are what one row says.
func (c *conn) readings(r row, points []point) []connect.Reading {
	at, ok := c.at(r)
	var out []connect.Reading
	name := c.cell(r, c.settings.names)
	for i := range points {
		p := &points[i]
		if c.refusal(p) != nil {
			continue
		}
		column := p.arg
		if p.byName {
			if column = c.settings.values; column == "" || name == nil || *name != p.arg {
				continue
			}
		}
		one := connect.Reading{Point: i, Source: at, Recorded: ok}
		switch cell := c.cell(r, column); {
		case cell == nil:
			continue // NULL says nothing
		case !ok:
			one.Err = fmt.Errorf("%w: the row %s = %s has no time in %s", connect.ErrMalformed, c.settings.cursor, r.cursor, c.timed)
		default:
			value(&one, p.kind, *cell)
		}
		out = append(out, one)
	}
	return out
}

// refusal says why no row can have a point.
func (c *conn) refusal(p *point) error {
	switch {
	case p.wrong != nil:
		return p.wrong
	case p.byName && c.settings.names == "":
		return fmt.Errorf("%w: where names stand is not known; write the params names and values", connect.ErrUnconfigured)
	case !p.byName && !slices.Contains(c.columns, p.arg):
		return fmt.Errorf("%w: the query has no column %q; it has %s", connect.ErrUnconfigured, p.arg, strings.Join(c.columns, ", "))
	}
	return nil
}

// refused are readings of the points that no row can have: said once, not with
// every row.
func (c *conn) refused(points []point) (out []connect.Reading) {
	for i := range points {
		if err := c.refusal(&points[i]); err != nil {
			out = append(out, connect.Reading{Point: i, Err: err})
		}
	}
	return out
}

func value(r *connect.Reading, kind plant.TagKind, cell string) {
	r.Raw = []byte(cell[:min(len(cell), 8)])
	switch {
	case kind == plant.KindText:
		r.Text = cell
	case kind == plant.KindBoolean && (cell == "t" || cell == "f"):
		if cell == "t" {
			r.Number = 1
		}
	default:
		r.Number, r.Err = connect.ParseNumber(cell)
	}
}

// cell is what stands in a column, nil for NULL and for no such column.
func (c *conn) cell(r row, column string) *string {
	i := slices.Index(c.columns, column)
	if i < 0 {
		return nil
	}
	return r.cells[i]
}

// at is when a row was measured.
func (c *conn) at(r row) (time.Time, bool) {
	cell := c.cell(r, c.timed)
	if cell == nil {
		return time.Time{}, false
	}
	// With a zone PostgreSQL writes 2026-03-02 08:00:00.123+00, in UTC here.
	if text, ok := strings.CutSuffix(*cell, "+00"); ok {
		return document.ParseTime(text, time.UTC)
	}
	return document.ParseTime(*cell, c.settings.zone)
}

// newest is what the newest row says, and of a list the newest row of each name
// among the last ones.
func (c *conn) newest(ctx context.Context, points []point) ([]connect.Reading, error) {
	limit := 1
	if c.settings.names != "" {
		limit = c.settings.rows
	}
	rows, err := c.rows(ctx, nil, limit, true)
	if err != nil {
		return nil, err
	}
	found := make([]*connect.Reading, len(points))
	for _, one := range rows[:min(len(rows), limit)] {
		for _, r := range c.readings(one, points) {
			if found[r.Point] == nil {
				found[r.Point] = &r
			}
		}
	}
	out := make([]connect.Reading, 0, len(points))
	for i, r := range found {
		switch p := &points[i]; {
		case r != nil:
			out = append(out, *r)
		case c.refusal(p) != nil:
			out = append(out, connect.Reading{Point: i, Err: c.refusal(p)})
		case p.byName:
			out = append(out, connect.Reading{Point: i, Err: fmt.Errorf("%w: no row is named %q among the last %d", connect.ErrUnconfigured, p.arg, limit)})
		default:
			out = append(out, connect.Reading{Point: i, Err: fmt.Errorf("%w: no row yet, or NULL", connect.ErrStale)})
		}
	}
	return out, nil
}

// Prepare implements [connect.Conn]: the group reads the newest rows and takes
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
	readings, err := g.conn.newest(ctx, g.points)
	if err != nil {
		return err
	}
	copy(dst, readings)
	return nil
}

// Browse implements [connect.Browser]: the columns of the query.
func (c *conn) Browse(_ context.Context, parent string) ([]connect.Browsed, error) {
	if parent != "" {
		return nil, errors.New("database: columns hold nothing below them")
	}
	out := make([]connect.Browsed, len(c.columns))
	for i, name := range c.columns {
		out[i] = connect.Browsed{Address: "column " + name, Name: name}
	}
	return out, nil
}

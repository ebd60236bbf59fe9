package dlt645

import (
	"context"
	"errors"
	"fmt"

	"zhigai/connect"
	"zhigai/connect/dlt645/frame"
)

// group is the points of one round. Those of one identifier share a question.
type group struct {
	conn   *conn
	points []frame.Data
	wrong  []error
	ids    []frame.ID
}

// Prepare implements [connect.Conn].
func (c *conn) Prepare(points []connect.Point) (connect.Group, error) {
	g := &group{conn: c, points: make([]frame.Data, len(points)), wrong: make([]error, len(points))}
	asked := map[frame.ID]bool{}
	for i, p := range points {
		err := (*Driver)(nil).CheckPoint(p.Address, p.Kind)
		if err == nil {
			g.points[i], err = frame.ParseData(p.Address)
		}
		if err != nil {
			g.wrong[i] = fmt.Errorf("%w: %w", connect.ErrUnconfigured, err)
			continue
		}
		if id := g.points[i].ID; !asked[id] {
			asked[id] = true
			g.ids = append(g.ids, id)
		}
	}
	return g, nil
}

// Read implements [connect.Group].
func (g *group) Read(ctx context.Context, dst []connect.Reading) error {
	if len(g.ids) == 0 {
		// Nothing to ask would look like an answer, and a dead meter alive.
		return g.conn.wrap(fmt.Errorf("none of the points can be read: %w", errors.Join(g.wrong...)))
	}
	for i := range dst {
		dst[i] = connect.Reading{Point: i, Err: g.wrong[i]}
	}
	for _, id := range g.ids {
		data, err := g.conn.read(ctx, id)
		var refused frame.Refusal
		if err != nil && !errors.As(err, &refused) {
			if errors.Is(err, frame.ErrFrame) {
				err = fmt.Errorf("%w: %w", connect.ErrMalformed, err)
			}
			return err
		}
		for i := range dst {
			if d := &g.points[i]; g.wrong[i] == nil && d.ID == id {
				dst[i] = reading(i, d, data, err)
			}
		}
	}
	return nil
}

// reading is what the answer says of one point.
func reading(i int, d *frame.Data, data []byte, err error) connect.Reading {
	r := connect.Reading{Point: i}
	var refused frame.Refusal
	if errors.As(err, &refused) {
		reason := connect.ErrRefused
		if refused&frame.NoSuchData != 0 {
			reason = connect.ErrUnconfigured
		}
		r.Err = fmt.Errorf("%w: %w", reason, refused)
		return r
	}
	raw, ok := d.Cut(data)
	if !ok {
		r.Raw, r.Err = data, fmt.Errorf("%w: %s has %d bytes; the point ends at %d", connect.ErrMalformed, d.ID, len(data), d.At+d.Size)
		return r
	}
	r.Raw = raw
	if d.Text {
		r.Text = d.Digits(raw)
		return r
	}
	if r.Number, ok = d.Number(raw); !ok {
		r.Err = fmt.Errorf("%w: %x is no BCD number", connect.ErrMalformed, raw)
	}
	return r
}

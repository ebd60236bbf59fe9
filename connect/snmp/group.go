package snmp

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gosnmp/gosnmp"

	"zhigai/connect"
	"zhigai/connect/snmp/oid"
)

// group reads points together. Neighbours in one column of a table are read as a
// run (GetBulk), all others by name.
type group struct {
	conn   *conn
	points []connect.Point
	oids   []oid.ID
	wrong  []error
	use    []int // points that can be read, in the order of their identifiers
	most   int   // objects in one question that this device takes
}

// Prepare implements [connect.Conn].
func (c *conn) Prepare(points []connect.Point) (connect.Group, error) {
	g := &group{conn: c, points: slices.Clone(points), oids: make([]oid.ID, len(points)), wrong: make([]error, len(points)), most: c.settings.most}
	for i, p := range points {
		var err error
		if g.oids[i], err = oid.Parse(p.Address); err != nil {
			g.wrong[i] = fmt.Errorf("%w: %w", connect.ErrUnconfigured, err)
			continue
		}
		g.use = append(g.use, i)
	}
	slices.SortStableFunc(g.use, func(a, b int) int { return slices.Compare(g.oids[a], g.oids[b]) })
	return g, nil
}

// Read implements [connect.Group].
func (g *group) Read(ctx context.Context, dst []connect.Reading) error {
	if len(g.use) == 0 {
		// Nothing to ask would look like an answer, and a dead device alive.
		return fmt.Errorf("snmp %s: none of the points can be read: %w", g.conn.address(), errors.Join(g.wrong...))
	}
	for i := range dst {
		dst[i] = connect.Reading{Point: i, Err: g.wrong[i]}
	}
	var single []int
	for _, run := range g.runs() {
		if len(run) < leastRun || g.conn.settings.version == gosnmp.Version1 {
			single = append(single, run...)
			continue
		}
		missed, err := g.readRun(ctx, run, dst)
		if err != nil {
			return err
		}
		single = append(single, missed...)
	}
	return g.readSingle(ctx, single, dst)
}

// leastRun is from how many neighbours on one question for all is the shorter,
// and maxHole how many objects that nobody wants it may bring between two.
const (
	leastRun = 4
	maxHole  = 2
)

// runs divides the points where the column ends, the hole is too wide or the
// question too long.
func (g *group) runs() [][]int {
	var out [][]int
	for _, i := range g.use {
		if n := len(out); n > 0 {
			run := out[n-1]
			first, last, o := g.oids[run[0]], g.oids[run[len(run)-1]], g.oids[i]
			end := len(o) - 1
			if len(last) == len(o) && slices.Equal(last[:end], o[:end]) && o[end] >= last[end] && o[end]-last[end] <= maxHole+1 && int(o[end]-first[end]) < g.most {
				out[n-1] = append(run, i)
				continue
			}
		}
		out = append(out, []int{i})
	}
	return out
}

// readRun asks for what follows the object before the first. It gives the points
// that were not among it: those are asked for by name, which says why.
func (g *group) readRun(ctx context.Context, run []int, dst []connect.Reading) (missed []int, err error) {
	first, last := g.oids[run[0]], g.oids[run[len(run)-1]]
	end := len(first) - 1
	before := slices.Clone(first)
	if before[end] > 0 {
		before[end]--
	} else {
		before = before[:end]
	}
	count := min(last[end]-first[end]+1, maxMost)
	p, err := g.conn.ask(ctx, func(c *gosnmp.GoSNMP) (*gosnmp.SnmpPacket, error) {
		return c.GetBulk([]string{before.String()}, 0, count)
	})
	if err != nil {
		return nil, err
	}
	if p.Error != gosnmp.NoError {
		return run, nil
	}
	came := map[string]gosnmp.SnmpPDU{}
	for _, v := range p.Variables {
		came[v.Name] = v
	}
	for _, i := range run {
		v, ok := came[g.oids[i].String()]
		if !ok {
			missed = append(missed, i)
			continue
		}
		dst[i] = reading(i, g.points[i].Kind, v)
	}
	return missed, nil
}

// readSingle asks for points by name. A question that is too long is halved, and
// the shorter length remembered; of one that names what the device has not, in
// version 1, the others are asked for without it.
func (g *group) readSingle(ctx context.Context, points []int, dst []connect.Reading) error {
	for len(points) > 0 {
		part := points[:min(len(points), g.most)]
		asked := make([]string, len(part))
		for n, i := range part {
			asked[n] = g.oids[i].String()
		}
		p, err := g.conn.ask(ctx, func(c *gosnmp.GoSNMP) (*gosnmp.SnmpPacket, error) { return c.Get(asked) })
		if err != nil {
			return err
		}
		at := int(p.ErrorIndex) - 1 // counts from 1 (RFC 3416, 3)
		switch {
		case p.Error == gosnmp.TooBig && len(part) > 1:
			g.most = len(part) / 2
			continue
		case p.Error != gosnmp.NoError && at >= 0 && at < len(part):
			dst[part[at]].Err = refusal(p.Error)
			points = slices.Concat(part[:at], points[at+1:])
			continue
		case p.Error != gosnmp.NoError:
			for _, i := range part {
				dst[i].Err = refusal(p.Error)
			}
		default:
			g.spread(part, p.Variables, dst)
		}
		points = points[len(part):]
	}
	return nil
}

// spread gives every point the object of its name, wherever it stands.
func (g *group) spread(part []int, variables []gosnmp.SnmpPDU, dst []connect.Reading) {
	came := map[string]gosnmp.SnmpPDU{}
	for _, v := range variables {
		came[v.Name] = v
	}
	for _, i := range part {
		v, ok := came[g.oids[i].String()]
		if !ok {
			dst[i].Err = fmt.Errorf("%w: the answer does not name %s", connect.ErrMalformed, g.oids[i].Plain())
			continue
		}
		dst[i] = reading(i, g.points[i].Kind, v)
	}
}

func refusal(e gosnmp.SNMPError) error {
	if e == gosnmp.NoSuchName {
		return fmt.Errorf("%w: %v", connect.ErrUnconfigured, e)
	}
	return fmt.Errorf("%w: %v", connect.ErrRefused, e)
}

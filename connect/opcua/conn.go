package opcua

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/gopcua/opcua/ua"

	"zhigai/connect"
)

// oldValue is the age from which the time of the last change is not passed on
// as the time of the present value.
const oldValue = time.Hour

// conn is an open session with one server.
type conn struct {
	driver  *Driver
	session *session
	address string
}

var (
	_ connect.Conn        = (*conn)(nil)
	_ connect.Subscriber  = (*conn)(nil)
	_ connect.Writer      = (*conn)(nil)
	_ connect.Interleaver = (*conn)(nil)
	_ connect.Browser     = (*conn)(nil)
)

// Close implements [connect.Conn].
func (c *conn) Close() error {
	c.session.close()
	return nil
}

// Interleaves implements [connect.Interleaver]: every call of a session has an
// answer of its own.
func (*conn) Interleaves() {}

// resolve finds the nodes of points; errs has an entry for each that has none.
func (c *conn) resolve(points []connect.Point) (nodes []*ua.NodeID, index []int, errs []connect.Reading) {
	numbered := 0
	for i, p := range points {
		n, err := parseNode(p.Address)
		var id *ua.NodeID
		if err == nil {
			id, err = n.resolve(c.session.namespaces)
		} else {
			err = fmt.Errorf("%w: %w", connect.ErrUnconfigured, err)
		}
		if err != nil {
			errs = append(errs, connect.Reading{Point: i, Err: err})
			continue
		}
		if n.number {
			numbered++
		}
		nodes, index = append(nodes, id), append(index, i)
	}
	if numbered > 0 {
		c.driver.log.Warn("opcua addresses with a namespace number break when the server counts anew; write nsu=<uri>",
			slog.String("device", c.address), slog.Int("n", numbered))
	}
	return nodes, index, errs
}

// present marks a value that holds now although it changed long ago: a
// program name that stands for weeks is no sign of a wrong clock.
func (d *Driver) present(r *connect.Reading) {
	if d.now().Sub(r.Source) > oldValue {
		r.Source = time.Time{}
	}
}

// Prepare implements [connect.Conn].
func (c *conn) Prepare(points []connect.Point) (connect.Group, error) {
	nodes, index, errs := c.resolve(points)
	return &group{conn: c, points: append([]connect.Point(nil), points...), nodes: nodes, index: index, errs: errs}, nil
}

type group struct {
	conn   *conn
	points []connect.Point
	nodes  []*ua.NodeID
	index  []int // point of each node
	errs   []connect.Reading
}

// Read implements [connect.Group].
func (g *group) Read(ctx context.Context, dst []connect.Reading) error {
	for _, e := range g.errs {
		dst[e.Point] = e
	}
	values, err := g.conn.session.read(ctx, g.nodes, ua.AttributeIDValue)
	if err != nil {
		return fmt.Errorf("opcua %s: read: %w", g.conn.address, err)
	}
	for i, v := range values {
		point := g.index[i]
		dst[point] = reading(point, g.points[point].Kind, v)
		g.conn.driver.present(&dst[point])
	}
	return nil
}

// Write implements [connect.Writer]. The value is written in the type the
// node has now, or the one it declares while it has no value.
func (c *conn) Write(ctx context.Context, p connect.Point, value any) error {
	if err := c.write(ctx, p, value); err != nil {
		return fmt.Errorf("opcua %s: write %q: %w", c.address, p.Address, err)
	}
	return nil
}

func (c *conn) write(ctx context.Context, p connect.Point, value any) error {
	node, v, err := c.variant(ctx, p, value)
	if err != nil {
		return fmt.Errorf("%w: %w", connect.ErrNotWritten, err)
	}
	dv := &ua.DataValue{EncodingMask: ua.DataValueValue, Value: v}
	res, err := call[*ua.WriteResponse](ctx, c.session, &ua.WriteRequest{
		NodesToWrite: []*ua.WriteValue{{NodeID: node, AttributeID: ua.AttributeIDValue, Value: dv}},
	})
	if err != nil {
		return err
	}
	if len(res.Results) != 1 {
		return fmt.Errorf("%w: %d answers for one write", connect.ErrMalformed, len(res.Results))
	}
	return writeError(res.Results[0])
}

// writeError is what a server said of a write. Good is no refusal whatever it
// adds, such as that the value was clamped: the read-back shows it. Uncertain,
// and that the machine behind the server does not answer, leave open what it
// did.
func writeError(code ua.StatusCode) error {
	if uint32(code)&severityMask == severityGood {
		return nil
	}
	err := statusError(code)
	if uint32(code)&severityMask == severityDoubt || errors.Is(err, connect.ErrStale) || ua.StatusCode(uint32(code)&codeMask) == ua.StatusBadTimeout {
		return fmt.Errorf("the server is not sure: %w", error(code))
	}
	return err
}

// variant is the node of a point and the value in the node's type.
func (c *conn) variant(ctx context.Context, p connect.Point, value any) (*ua.NodeID, *ua.Variant, error) {
	n, err := parseNode(p.Address)
	if err != nil {
		return nil, nil, err
	}
	node, err := n.resolve(c.session.namespaces)
	if err != nil {
		return nil, nil, err
	}
	t, err := c.typeOf(ctx, node)
	if err != nil {
		return nil, nil, err
	}
	v, err := variantFor(t, value)
	return node, v, err
}

func (c *conn) typeOf(ctx context.Context, node *ua.NodeID) (ua.TypeID, error) {
	values, err := c.session.read(ctx, []*ua.NodeID{node}, ua.AttributeIDValue)
	if err != nil {
		return 0, err
	}
	if v := values[0].Value; v != nil && v.Type() != ua.TypeIDNull {
		if isArray(v) {
			return 0, fmt.Errorf("%w: %s cannot be written", connect.ErrMalformed, typeName(v))
		}
		return v.Type(), nil
	}
	types, err := c.session.read(ctx, []*ua.NodeID{node}, ua.AttributeIDDataType)
	if err != nil {
		return 0, err
	}
	id, ok := valueOf(types[0]).(*ua.NodeID)
	if !ok {
		return 0, statusError(types[0].Status)
	}
	if id.Namespace() != 0 || id.IntID() == 0 || id.IntID() > uint32(ua.TypeIDLocalizedText) {
		return 0, fmt.Errorf("%w: the node has no value yet and declares type %s, which is not a simple one", connect.ErrMalformed, id)
	}
	return ua.TypeID(id.IntID()), nil
}

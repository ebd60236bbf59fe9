package opcua

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/gopcua/opcua/ua"

	"zhigai/connect"
	"zhigai/plant"
)

// oldValue is the age from which the time of the last change is not passed on
// as the time of the present value.
const oldValue = time.Hour

// conn is an open session with one server.
type conn struct {
	driver  *Driver
	session *session
	address string
	key     string // of the device, for what one connection leaves to the next

	// Of the running subscription: points without a node, and items that the
	// server refused.
	unresolved int
	refused    []connect.Reading
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
// The error is a loss of contact.
func (c *conn) resolve(ctx context.Context, points []connect.Point) (nodes []*ua.NodeID, index []int, errs []connect.Reading, err error) {
	numbered := 0
	var addresses []address
	var place []int
	for i, p := range points {
		a, err := parseAddress(p.Address)
		if err == nil && a.method {
			err = errors.New("a method has no value; it can be called by writing to it")
		}
		if err != nil {
			errs = append(errs, connect.Reading{Point: i, Err: fmt.Errorf("%w: %w", connect.ErrUnconfigured, err)})
			continue
		}
		if a.node.number {
			numbered++
		}
		addresses, place = append(addresses, a), append(place, i)
	}
	all, _, wrong, err := c.session.find(ctx, addresses)
	if err != nil {
		return nil, nil, nil, err
	}
	for i, at := range place {
		if wrong[i] != nil {
			errs = append(errs, connect.Reading{Point: at, Err: wrong[i]})
			continue
		}
		nodes, index = append(nodes, all[i]), append(index, at)
	}
	if numbered > 0 {
		c.driver.log.Warn("opcua addresses with a namespace number break when the server counts anew; write nsu=<uri>",
			slog.String("device", c.address), slog.Int("n", numbered))
	}
	return nodes, index, errs, nil
}

// present marks a value that holds now although it changed long ago: a
// program name that stands for weeks is no sign of a wrong clock.
func (d *Driver) present(r *connect.Reading) {
	if d.now().Sub(r.Source) > oldValue {
		r.Source = time.Time{}
	}
}

// resolveWithin bounds finding the nodes of all points: some depths of browse
// names, a round of questions each.
const resolveWithin = 30 * time.Second

// Prepare implements [connect.Conn]. Browse names are followed now and not
// again while the session lasts; a subscription ends when the server's
// namespaces change.
func (c *conn) Prepare(points []connect.Point) (connect.Group, error) {
	ctx, cancel := context.WithTimeout(context.Background(), resolveWithin)
	defer cancel()
	nodes, index, errs, err := c.resolve(ctx, points)
	if err != nil {
		return nil, fmt.Errorf("opcua %s: find nodes: %w", c.address, err)
	}
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
	var words []*ua.DataValue
	for i, v := range values {
		if g.points[g.index[i]].Kind == plant.KindText {
			words = append(words, v)
		}
	}
	if err := g.conn.session.name(ctx, words); err != nil {
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
// node has now, or the one it declares while it has no value; a method is
// called with the value.
func (c *conn) Write(ctx context.Context, p connect.Point, value any) error {
	if err := c.write(ctx, p, value); err != nil {
		return fmt.Errorf("opcua %s: write %q: %w", c.address, p.Address, err)
	}
	return nil
}

func (c *conn) write(ctx context.Context, p connect.Point, value any) error {
	a, err := parseAddress(p.Address)
	if err != nil {
		return fmt.Errorf("%w: %w", connect.ErrNotWritten, err)
	}
	if a.method {
		_, err := c.call(ctx, p.Address, []any{value})
		return err
	}
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
	a, err := parseAddress(p.Address)
	if err != nil {
		return nil, nil, err
	}
	nodes, _, errs, err := c.session.find(ctx, []address{a})
	if err == nil {
		err = errs[0]
	}
	if err != nil {
		return nil, nil, err
	}
	node := nodes[0]
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
	t, err := c.session.builtin(ctx, id)
	if err == nil && t > ua.TypeIDLocalizedText {
		err = fmt.Errorf("%w: the node has no value yet and declares type %s, which is not a simple one", connect.ErrMalformed, id)
	}
	return t, err
}

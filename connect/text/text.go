// Package text reads devices that speak in lines of text: scales, gauges, barcode
// scanners. What a value is says a regular expression with a named group. There are
// two kinds: text is asked, text-stream speaks by itself.
//
// It knows no maker's protocol. A line carries no number of its question: after one
// that was not answered in time the device is listened to until it has been silent
// for twice its timeout, so that a late line is not taken for the next question's.
// One that is later still can be, where two questions of a device have answers that
// look alike: their patterns should name the channel. Start with [New] and [NewStream].
package text

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"zhigai/connect"
	"zhigai/connect/line"
	"zhigai/plant"
)

// Names of the drivers in profiles and devices.
const (
	Kind       = "text"
	KindStream = "text-stream"
)

// mode is what scales and gauges are delivered with.
var mode = line.Mode{Baud: 9600, Data: 8, Parity: line.NoParity, Stop: 1}

const (
	defaultTimeout = time.Second
	// maxLine is far above the longest barcode and the longest record of a scale.
	maxLine = 4096
)

// Driver makes connections to devices of one kind.
type Driver struct {
	pool   *line.Pool
	stream bool

	mu   sync.Mutex
	late map[*line.Station]bool // a question was given up
}

var _ connect.Driver = (*Driver)(nil)

// New makes the driver of devices that are asked.
func New(pool *line.Pool) *Driver { return &Driver{pool: pool, late: map[*line.Station]bool{}} }

// NewStream makes the driver of devices that speak by themselves.
func NewStream(pool *line.Pool) *Driver { return &Driver{pool: pool, stream: true} }

// Kind implements [connect.Driver].
func (d *Driver) Kind() string {
	if d.stream {
		return KindStream
	}
	return Kind
}

// Examples implements [connect.Exampler].
func (d *Driver) Examples() connect.Examples {
	ask := ` ask "S\r\n"`
	if d.stream {
		ask = ""
	}
	return connect.Examples{
		Device: plant.Device{Driver: d.Kind(), Address: "192.168.1.20:4001"},
		Point:  `weight /^S +S +(?P<weight>-?[0-9.]+) *kg$/` + ask, PointKind: plant.KindNumber,
	}
}

// CheckDevice implements [connect.Driver].
func (*Driver) CheckDevice(d plant.Device) error {
	_, err := settingsOf(d)
	return err
}

// CheckPoint implements [connect.Driver].
func (d *Driver) CheckPoint(address string, kind plant.TagKind) error {
	_, err := d.parse(address, kind)
	return err
}

type settings struct {
	line    line.Address
	timeout time.Duration
	silence time.Duration // a stream says something at least so often; 0: it need not
}

func settingsOf(d plant.Device) (settings, error) {
	s := settings{timeout: defaultTimeout}
	for name, to := range map[string]*time.Duration{"timeout": &s.timeout, "silence": &s.silence} {
		text, ok := d.Params[name]
		if !ok {
			continue
		}
		v, err := time.ParseDuration(text)
		if err != nil || v < 10*time.Millisecond || v > time.Hour {
			return s, fmt.Errorf("text device %s: %s is %q; write for example 500ms or 30s", d.Address, name, text)
		}
		*to = v
	}
	var err error
	s.line, err = line.Parse(d.Address, d.Params, mode)
	return s, err
}

// Open implements [connect.Driver].
func (d *Driver) Open(ctx context.Context, device plant.Device) (connect.Conn, error) {
	s, err := settingsOf(device)
	if err != nil {
		return nil, err
	}
	l, err := d.pool.Open(ctx, s.line)
	if err != nil {
		return nil, err
	}
	name := "device"
	if unit := device.Params["unit"]; unit != "" {
		name += " " + unit
	}
	c := &conn{driver: d, line: l, station: l.Station(name), settings: s}
	if d.stream {
		return &stream{c}, nil
	}
	return c, nil
}

// conn is one device that is asked.
type conn struct {
	driver   *Driver
	line     *line.Line
	station  *line.Station
	settings settings
	closed   sync.Once
}

// Close implements [connect.Conn].
func (c *conn) Close() error {
	c.closed.Do(c.line.Release)
	return nil
}

func (c *conn) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("text device %s: %w", c.settings.line, err)
}

// group is the points of one round. Those of one question share it.
type group struct {
	conn    *conn
	points  []point
	wrong   []error
	matched []bool // the point's pattern has fitted before
	asks    []string
}

// Prepare implements [connect.Conn].
func (c *conn) Prepare(points []connect.Point) (connect.Group, error) { return c.prepare(points), nil }

func (c *conn) prepare(points []connect.Point) *group {
	g := &group{conn: c, points: make([]point, len(points)), wrong: make([]error, len(points)), matched: make([]bool, len(points))}
	seen := map[string]bool{}
	for i, p := range points {
		var err error
		if g.points[i], err = c.driver.parse(p.Address, p.Kind); err != nil {
			g.wrong[i] = fmt.Errorf("%w: %w", connect.ErrUnconfigured, err)
			continue
		}
		if ask := g.points[i].ask; !seen[ask] {
			seen[ask] = true
			g.asks = append(g.asks, ask)
		}
	}
	return g
}

// Read implements [connect.Group].
func (g *group) Read(ctx context.Context, dst []connect.Reading) error {
	if len(g.asks) == 0 {
		// Nothing to ask would look like an answer, and a dead device alive.
		return g.conn.wrap(fmt.Errorf("none of the points can be read: %w", errors.Join(g.wrong...)))
	}
	for i := range dst {
		dst[i] = connect.Reading{Point: i, Err: g.wrong[i]}
	}
	for _, ask := range g.asks {
		said, err := g.conn.ask(ctx, ask)
		if err != nil {
			return err
		}
		for i := range g.points {
			if g.wrong[i] == nil && g.points[i].ask == ask {
				dst[i] = g.reading(i, said)
			}
		}
	}
	return nil
}

// reading is what a line says of a point. A pattern that never fitted is that of
// another device; one that did fit meets a line that is no value.
func (g *group) reading(i int, said []byte) connect.Reading {
	r, ok := g.points[i].read(said)
	r.Point = i
	switch {
	case ok:
		g.matched[i] = true
	case g.matched[i]:
		r.Raw, r.Err = said, fmt.Errorf("%w: %.60q does not fit the pattern", connect.ErrMalformed, said)
	default:
		r.Raw, r.Err = said, fmt.Errorf("%w: %.60q does not fit the pattern", connect.ErrUnconfigured, said)
	}
	return r
}

// ask sends one question and gives the line that answers it.
func (c *conn) ask(ctx context.Context, question string) (said []byte, err error) {
	err = c.station.Ask(ctx, c.settings.timeout, func(t *line.Talk) error {
		if c.driver.isLate(c.station) {
			if err := c.quiet(t); err != nil {
				return err
			}
		}
		if err := t.Send([]byte(question)); err != nil {
			return err
		}
		c.driver.setLate(c.station, true)
		said, err = c.answer(t)
		if err == nil {
			c.driver.setLate(c.station, false)
			t.Answered()
		}
		return err
	})
	return said, c.wrap(err)
}

// quiet listens until the device has been silent for twice its timeout.
func (c *conn) quiet(t *line.Talk) error {
	for range maxQuiet {
		_, err := t.Receive(time.Now().Add(2 * c.settings.timeout))
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: the device does not fall silent; is it one that speaks by itself? then its driver is %s", connect.ErrMalformed, KindStream)
}

// maxQuiet bounds how many pieces of late lines are thrown away.
const maxQuiet = 64

// answer is the first line that is not empty.
func (c *conn) answer(t *line.Talk) ([]byte, error) {
	var heard []byte
	for deadline := t.Deadline(usualLine); ; {
		b, err := t.Receive(deadline)
		if err != nil {
			return nil, err
		}
		heard = append(heard, b...)
		for {
			said, rest, ok := cutLine(heard)
			if !ok {
				break
			}
			if heard = rest; len(said) > 0 {
				return said, nil
			}
		}
		if len(heard) > maxLine {
			return nil, fmt.Errorf("%w: %d characters without an end of line", connect.ErrMalformed, len(heard))
		}
	}
}

// usualLine is an answer's length, for its time on the wire.
const usualLine = 80

// cutLine takes a line off; carriage return and line feed end one alike.
func cutLine(b []byte) (said, rest []byte, ok bool) {
	i := bytes.IndexAny(b, "\r\n")
	if i < 0 {
		return nil, b, false
	}
	return bytes.Trim(b[:i], "\x02\x03 \t"), b[i+1:], true
}

func (d *Driver) isLate(s *line.Station) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.late[s]
}

func (d *Driver) setLate(s *line.Station, late bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if late {
		d.late[s] = true
	} else {
		delete(d.late, s)
	}
}

// Package fins reads and writes Omron controllers over FINS, by UDP or TCP: CS,
// CJ, CP and, where their memory is set up for it, NJ and NX. An answer counts
// only when it is of the question's service ID, command, nodes and length.
//
// Devices at one address share one connection. The wire form is in fins/frame,
// addresses and values in fins/memory. Start with [New].
package fins

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"

	"zhigai/connect"
	"zhigai/connect/fins/frame"
	"zhigai/plant"
)

// Kind is the driver's name in profiles and devices.
const Kind = "fins"

// Driver makes connections. Its zero value is not usable; see [New].
type Driver struct {
	mu    sync.Mutex
	links map[endpoint]*link
	// numbers are the last service IDs, by address. They outlive links: an ID is
	// one byte, and one that was used a moment ago must not be used again.
	numbers map[string]*atomic.Uint32
}

var (
	_ connect.Driver     = (*Driver)(nil)
	_ connect.Tester     = (*Driver)(nil)
	_ connect.Discoverer = (*Driver)(nil)
	_ connect.Writer     = (*conn)(nil)
)

// New makes a driver.
func New() *Driver {
	return &Driver{links: map[endpoint]*link{}, numbers: map[string]*atomic.Uint32{}}
}

// Kind implements [connect.Driver].
func (*Driver) Kind() string { return Kind }

// Examples implements [connect.Exampler].
func (*Driver) Examples() connect.Examples {
	return connect.Examples{
		Device: plant.Device{Driver: Kind, Address: "192.168.250.1:9600"},
		Search: "192.168.250.0/24",
		Point:  "D100 int16", PointKind: plant.KindNumber,
	}
}

// CheckDevice implements [connect.Driver].
func (*Driver) CheckDevice(d plant.Device) error {
	_, err := settingsOf(d)
	return err
}

// CheckPoint implements [connect.Driver].
func (*Driver) CheckPoint(address string, kind plant.TagKind) error {
	_, err := parse(address, kind)
	return err
}

// endpoint is what devices share a connection by.
type endpoint struct {
	address string
	tcp     bool
	target  frame.Address // node 0: the one at the address
	source  byte          // node; 0: by the own address, or as the server gives
}

// settings is what a device's address and parameters say.
type settings struct {
	endpoint
	timeout  time.Duration // of one question; 0 is [defaultTimeout]
	maxWords int
	gapFill  int
	charset  encoding.Encoding // of texts; nil is UTF-8
}

// defaultGapFill: reading some unwanted words is cheaper than another question.
const defaultGapFill = 8

var charsets = map[string]encoding.Encoding{"utf-8": nil, "gb18030": simplifiedchinese.GB18030, "shift-jis": japanese.ShiftJIS}

func settingsOf(d plant.Device) (settings, error) {
	s := settings{maxWords: frame.MaxReadWords, gapFill: defaultGapFill}
	s.address = d.Address
	host, port, err := net.SplitHostPort(d.Address)
	if n, convErr := strconv.Atoi(port); err != nil || host == "" || convErr != nil || n < 1 || n > 65535 {
		return s, fmt.Errorf("fins device address %q; write host:port, for example 192.168.250.1:9600", d.Address)
	}
	number := func(name string, to *int, least, most int) {
		text, ok := d.Params[name]
		if !ok || err != nil {
			return
		}
		n, convErr := strconv.Atoi(text)
		if convErr != nil || n < least || n > most {
			err = fmt.Errorf("fins device %s: %s is %q; write %d to %d", d.Address, name, text, least, most)
			return
		}
		*to = n
	}
	var network, node, unit, source int
	number("network", &network, 0, 127)
	number("node", &node, 1, 254)
	number("unit", &unit, 0, 255)
	number("source_node", &source, 1, 254)
	number("max_words", &s.maxWords, 1, frame.MaxReadWords)
	number("max_gap_fill", &s.gapFill, 0, frame.MaxReadWords)
	s.target, s.source = frame.Address{Network: byte(network), Node: byte(node), Unit: byte(unit)}, byte(source)
	if err != nil {
		return s, err
	}
	return s, s.words(d)
}

// words reads the parameters that are no numbers.
func (s *settings) words(d plant.Device) error {
	wrong := func(name, write string) error {
		return fmt.Errorf("fins device %s: %s is %q; write %s", d.Address, name, d.Params[name], write)
	}
	switch d.Params["transport"] {
	case "", "udp":
	case "tcp":
		s.tcp = true
	default:
		return wrong("transport", "udp or tcp")
	}
	if text, ok := d.Params["charset"]; ok {
		if s.charset, ok = charsets[text]; !ok {
			return wrong("charset", "utf-8, gb18030 or shift-jis")
		}
	}
	if text, ok := d.Params["timeout"]; ok {
		v, err := time.ParseDuration(text)
		if err != nil || v < 10*time.Millisecond || v > 30*time.Second {
			return wrong("timeout", "10ms to 30s")
		}
		s.timeout = v
	}
	return nil
}

// Open implements [connect.Driver]. Devices of one endpoint share a link; the
// first opens it, the last closes it. Over UDP nothing is open until somebody
// answers, so that the controller is asked what it is.
func (d *Driver) Open(ctx context.Context, device plant.Device) (connect.Conn, error) {
	s, err := settingsOf(device)
	if err != nil {
		return nil, err
	}
	c := &conn{driver: d, link: d.link(s.endpoint), settings: s}
	if err := c.greet(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (d *Driver) link(e endpoint) *link {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.links[e]
	if l == nil {
		number := d.numbers[e.address]
		if number == nil {
			number = &atomic.Uint32{}
			number.Store(rand.Uint32()) // not those of the program before this one
			d.numbers[e.address] = number
		}
		l = &link{endpoint: e, numbers: number, turn: connect.NewTurn()}
		d.links[e] = l
	}
	l.users++
	return l
}

func (d *Driver) release(l *link) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if l.users--; l.users == 0 {
		l.drop()
		delete(d.links, l.endpoint)
	}
}

// conn is one device on a link.
type conn struct {
	driver   *Driver
	link     *link
	settings settings
	closed   sync.Once

	model, version string // as the controller says, "" when it does not
	noMany         bool   // it does not have the command that reads scattered words
}

// Close implements [connect.Conn].
func (c *conn) Close() error {
	c.closed.Do(func() { c.driver.release(c.link) })
	return nil
}

// ask is [link.ask] with errors that say where.
func (c *conn) ask(ctx context.Context, command uint16, parameter []byte, again bool, check func(frame.Frame) error) error {
	err := c.link.ask(ctx, &c.settings, frame.Frame{Command: command, Data: parameter}, again, check)
	switch {
	case errors.Is(err, frame.ErrFrame):
		return fmt.Errorf("fins %s: %w: %w", c.settings.address, connect.ErrMalformed, err)
	case err != nil:
		return fmt.Errorf("fins %s: %w", c.settings.address, err)
	}
	return nil
}

// greet asks the controller what it is. That it refuses to say is an answer too.
func (c *conn) greet(ctx context.Context) error {
	err := c.ask(ctx, frame.ReadController, []byte{0}, true, func(f frame.Frame) (err error) {
		if f.End.OnTheWay() {
			return f.End
		}
		if _, err = f.Check(len(f.Data)); err == nil {
			c.model, c.version, err = frame.Controller(f.Data)
		}
		return err
	})
	var end frame.EndCode
	if errors.As(err, &end) && !end.OnTheWay() {
		return nil
	}
	return err
}

// Test implements [connect.Tester].
func (d *Driver) Test(ctx context.Context, device plant.Device) (string, error) {
	opened, err := d.Open(ctx, device)
	if err != nil {
		return "", err
	}
	defer opened.Close()
	return "Omron FINS answers: " + opened.(*conn).title(), nil
}

// title is what a controller is called in one line.
func (c *conn) title() string {
	switch {
	case c.model == "":
		return "Omron controller"
	case c.version == "":
		return c.model
	}
	return c.model + ", V" + c.version
}

// Package slmp reads and writes Mitsubishi controllers over SLMP (MC protocol
// 3E and 4E frames, binary and ASCII code, TCP and UDP).
//
// It never takes an answer for another question's as far as the frames allow:
// 4E frames carry a number, which is compared; 3E frames carry none, so after
// anything but a whole answer the connection is given up, and over UDP every
// question has a socket of its own. Start with [New].
package slmp

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"zhigai/connect"
	"zhigai/connect/slmp/frame"
	"zhigai/plant"
)

// Kind is the driver's name in profiles and devices.
const Kind = "slmp"

// Driver makes connections. Its zero value is not usable; see [New].
type Driver struct {
	numbers atomic.Uint32 // of 4E questions
	mu      sync.Mutex
	links   map[string]*link
}

var (
	_ connect.Driver       = (*Driver)(nil)
	_ connect.Tester       = (*Driver)(nil)
	_ connect.WriteChecker = (*Driver)(nil)
	_ connect.Writer       = (*conn)(nil)
)

// New makes a driver.
func New() *Driver {
	d := &Driver{links: map[string]*link{}}
	d.numbers.Store(rand.Uint32()) // not those of the program before this one
	return d
}

// Kind implements [connect.Driver].
func (*Driver) Kind() string { return Kind }

// Examples implements [connect.Exampler].
func (*Driver) Examples() connect.Examples {
	return connect.Examples{
		Device: plant.Device{Driver: Kind, Address: "192.168.1.20:5007"},
		Point:  "D100 int16", PointKind: plant.KindNumber,
	}
}

// CheckDevice implements [connect.Driver].
func (*Driver) CheckDevice(d plant.Device) error {
	_, err := settingsOf(d)
	return err
}

// CheckPoint implements [connect.Driver]. Whether X and Y are octal is known of
// a device only: here every hexadecimal number will do.
func (*Driver) CheckPoint(address string, kind plant.TagKind) error {
	_, err := parse(address, kind, false)
	return err
}

// parse reads an address and checks it against the kind of tag.
func parse(address string, kind plant.TagKind, octal bool) (frame.Address, error) {
	a, err := frame.ParseAddress(address, octal)
	if err != nil {
		return a, err
	}
	switch {
	case kind == plant.KindWaveform:
		return a, fmt.Errorf("slmp address %q: waveforms do not come over SLMP; write a number's address", address)
	case (kind == plant.KindText) != (a.Form == frame.Text):
		return a, fmt.Errorf("slmp address %q: a %s tag cannot be read from this type; write stringN for texts only", address, kind)
	case kind == plant.KindBoolean && a.Form != frame.Bool && a.Form != frame.Int16 && a.Form != frame.Uint16:
		return a, fmt.Errorf("slmp address %q: a boolean tag needs a relay, a bit or a 16-bit word; write for example D200.3 or M10", address)
	}
	return a, nil
}

// settings is what a device's address and parameters say.
type settings struct {
	address  string
	network  string // tcp or udp
	format   frame.Format
	route    frame.Route
	octal    bool
	timeout  time.Duration // of one question; 0 leaves it to the caller's deadline
	gap      time.Duration
	maxWords int
	random   int // points of a random read, 0 for none
}

func settingsOf(d plant.Device) (settings, error) {
	s := settings{address: d.Address, network: "tcp", route: frame.Own, maxWords: frame.MaxWords, random: frame.MaxRandom}
	host, port, err := net.SplitHostPort(d.Address)
	if n, convErr := strconv.Atoi(port); err != nil || host == "" || convErr != nil || n < 1 || n > 65535 {
		return s, fmt.Errorf("slmp device address %q; write host:port, for example 192.168.1.20:5007", d.Address)
	}
	p := params{d: d}
	s.format.Serial = p.choice("frame", "3E", "4E") == "4E"
	s.format.ASCII = p.choice("code", "binary", "ascii") == "ascii"
	s.network = p.choice("transport", "tcp", "udp")
	s.octal = p.choice("xy", "hexadecimal", "octal") == "octal"
	if p.choice("random", "yes", "no") == "no" {
		s.random = 0
	}
	s.route.Network = byte(p.number("network", 0, 239, int(s.route.Network)))
	s.route.PC = byte(p.number("station", 0, 255, int(s.route.PC)))
	s.route.Station = byte(p.number("multidrop", 0, 31, 0))
	s.maxWords = p.number("max_words", 8, frame.MaxWords, s.maxWords)
	s.timeout = p.span("timeout", 10*time.Millisecond, 30*time.Second)
	s.gap = p.span("gap", 0, time.Second)
	if p.err == nil && s.format.ASCII && s.octal {
		p.err = fmt.Errorf("slmp device %s: how octal numbers stand in ASCII code is not known; write code binary", d.Address)
	}
	return s, p.err
}

// params reads parameters and remembers the first that is wrong.
type params struct {
	d   plant.Device
	err error
}

func (p *params) wrong(name, want string) {
	if p.err == nil {
		p.err = fmt.Errorf("slmp device %s: %s is %q; write %s", p.d.Address, name, p.d.Params[name], want)
	}
}

func (p *params) choice(name, usual, other string) string {
	switch text, ok := p.d.Params[name]; {
	case !ok || text == usual:
		return usual
	case text == other:
		return other
	}
	p.wrong(name, usual+" or "+other)
	return usual
}

func (p *params) number(name string, least, most, usual int) int {
	text, ok := p.d.Params[name]
	if !ok {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		p.wrong(name, fmt.Sprintf("%d to %d", least, most))
		return usual
	}
	return n
}

func (p *params) span(name string, least, most time.Duration) time.Duration {
	text, ok := p.d.Params[name]
	if !ok {
		return 0
	}
	v, err := time.ParseDuration(text)
	if err != nil || v < least || v > most {
		p.wrong(name, fmt.Sprintf("%s to %s", least, most))
		return 0
	}
	return v
}

// Open implements [connect.Driver]. Stations behind one address share a link;
// the first opens it, the last closes it.
func (d *Driver) Open(ctx context.Context, device plant.Device) (connect.Conn, error) {
	s, err := settingsOf(device)
	if err != nil {
		return nil, err
	}
	key := fmt.Sprintf("%s %s %+v", s.network, s.address, s.format)
	d.mu.Lock()
	l := d.links[key]
	if l == nil {
		l = &link{key: key, network: s.network, address: s.address, format: s.format, numbers: &d.numbers, turn: connect.NewTurn()}
		d.links[key] = l
	}
	l.users++
	d.mu.Unlock()
	c := &conn{driver: d, link: l, settings: s}
	if err := c.reach(ctx); err != nil {
		_ = c.Close() // releases the link, and cannot go wrong
		return nil, err
	}
	return c, nil
}

// reach opens the link. A datagram socket opens towards nobody: there the
// station must answer something.
func (c *conn) reach(ctx context.Context) error {
	if c.settings.network == "tcp" {
		return c.link.connect(ctx)
	}
	_, err := c.sign(ctx)
	return err
}

func (d *Driver) release(l *link) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if l.users--; l.users == 0 {
		l.drop()
		delete(d.links, l.key)
	}
}

// Test implements [connect.Tester]: whether the station answers, and what CPU
// it says it has.
func (d *Driver) Test(ctx context.Context, device plant.Device) (string, error) {
	opened, err := d.Open(ctx, device)
	if err != nil {
		return "", err
	}
	c := opened.(*conn)
	defer c.driver.release(c.link)
	name, err := c.sign(ctx)
	if err != nil {
		return "", err
	}
	return "SLMP station answers: " + name, nil
}

// sign asks what the CPU is called. A refusal is a sign of life too: not every
// station has the command.
func (c *conn) sign(ctx context.Context) (string, error) {
	data, err := c.ask(ctx, frame.Request{Command: frame.ReadModel})
	switch {
	case err == nil:
		return fmt.Sprintf("%s (model code %04X)", data.Name, data.Number), nil
	case refused(err) != 0:
		return "it does not say what it is", nil
	}
	return "", err
}

// conn is one station on a link.
type conn struct {
	driver   *Driver
	link     *link
	settings settings
	closed   sync.Once
}

// Close implements [connect.Conn].
func (c *conn) Close() error {
	c.closed.Do(func() { c.driver.release(c.link) })
	return nil
}

// cpuTimer is how long a station may wait for its CPU, in 250 ms (manual, 5.3
// monitoring timer): 4 s; the own timeout is shorter as a rule.
const cpuTimer = 16

func (c *conn) ask(ctx context.Context, q frame.Request) (frame.Data, error) {
	q.Route, q.Timer = c.settings.route, cpuTimer
	data, err := c.link.ask(ctx, &c.settings, &q)
	if err != nil {
		return frame.Data{}, fmt.Errorf("slmp %s: %w", c.settings.address, err)
	}
	return data, nil
}

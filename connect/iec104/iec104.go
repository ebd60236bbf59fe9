// Package iec104 is a controlling station of IEC 60870-5-104: it lets stations
// speak and acknowledges what they say once it is stored, asks for everything
// when a subscription begins, and gives commands.
//
// Devices of one address share one connection, as a station starts data
// transfer on one only; the common address tells them apart. Nothing is sent
// twice: when a confirmation stays away the connection is given up. Start with
// [New].
package iec104

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"zhigai/connect"
	"zhigai/connect/iec104/asdu"
	"zhigai/connect/tap"
	"zhigai/plant"
)

// Kind is the driver's name in profiles and devices.
const Kind = "iec104"

// Driver makes connections. Its zero value is not usable; see [New].
type Driver struct {
	mu    sync.Mutex
	links map[string]*link
}

var (
	_ connect.Driver       = (*Driver)(nil)
	_ connect.Tester       = (*Driver)(nil)
	_ connect.WriteChecker = (*Driver)(nil)
	_ connect.Subscriber   = (*conn)(nil)
	_ connect.Writer       = (*conn)(nil)
)

// New makes a driver.
func New() *Driver { return &Driver{links: map[string]*link{}} }

// Kind implements [connect.Driver].
func (*Driver) Kind() string { return Kind }

// Examples implements [connect.Exampler].
func (*Driver) Examples() connect.Examples {
	return connect.Examples{
		Device: plant.Device{Driver: Kind, Address: "192.168.1.20:2404", Params: map[string]string{"common_address": "1"}},
		Point:  "IOA 4001 (TI 13)", PointKind: plant.KindNumber,
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

func parse(address string, kind plant.TagKind) (asdu.Address, error) {
	a, err := asdu.ParseAddress(address)
	if err == nil && (kind == plant.KindText || kind == plant.KindWaveform) {
		err = fmt.Errorf("iec 104 address %q: objects are numbers, a %s tag cannot be read; write a tag of kind number, boolean or enumeration", address, kind)
	}
	return a, err
}

// settings is what a device's address and parameters say.
type settings struct {
	address    string
	common     uint16
	originator byte
	selects    bool // before executing
	setClock   bool
	zone       *time.Location // of the station's clock
	window     window
}

// window is how the two sides wait for one another (104, clauses 5.3 and 9.6).
type window struct {
	k, w       int           // unacknowledged frames: sent at most, received at most
	t1, t2, t3 time.Duration // answer, acknowledgement, silence before a test
}

// usual are the standard's defaults, but for t3: it says 20 s, and knowledge of
// a machine ends after [plant.LinkSilence] without a word.
var usual = window{k: 12, w: 8, t1: 15 * time.Second, t2: 10 * time.Second, t3: plant.LinkRenewal}

func settingsOf(d plant.Device) (settings, error) {
	s := settings{address: d.Address, zone: time.UTC, window: usual}
	host, port, err := net.SplitHostPort(d.Address)
	if n, convErr := strconv.Atoi(port); err != nil || host == "" || convErr != nil || n < 1 || n > 65535 {
		return s, fmt.Errorf("iec 104 device address %q; write host:port, for example 192.168.1.20:2404", d.Address)
	}
	p := params{d: d}
	s.common = uint16(p.number("common_address", 1, 65534, 1))
	s.originator = byte(p.number("originator", 0, 255, 0))
	s.selects = p.yes("select")
	s.setClock = p.yes("set_clock")
	s.window.k = p.number("k", 1, 32767, usual.k)
	s.window.w = p.number("w", 1, 32767, usual.w)
	s.window.t1 = p.span("t1", time.Second, 255*time.Second, usual.t1)
	s.window.t2 = p.span("t2", 100*time.Millisecond, 255*time.Second, usual.t2)
	s.window.t3 = p.span("t3", time.Second, plant.LinkSilence-plant.LinkRenewal, usual.t3)
	if p.err == nil && s.window.t2 >= s.window.t1 {
		p.err = fmt.Errorf("iec 104 device %s: t2 is %s and t1 %s; write a t2 below t1, or the station gives up first", d.Address, s.window.t2, s.window.t1)
	}
	if name, ok := d.Params["time_zone"]; ok && p.err == nil {
		if s.zone, err = time.LoadLocation(name); err != nil || name == "" {
			p.wrong("time_zone", "UTC or a name such as Asia/Shanghai")
		}
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
		p.err = fmt.Errorf("iec 104 device %s: %s is %q; write %s", p.d.Address, name, p.d.Params[name], want)
	}
}

func (p *params) yes(name string) bool {
	switch text, ok := p.d.Params[name]; {
	case text == "yes":
		return true
	case ok && text != "no":
		p.wrong(name, "yes or no")
	}
	return false
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

func (p *params) span(name string, least, most, usual time.Duration) time.Duration {
	text, ok := p.d.Params[name]
	if !ok {
		return usual
	}
	v, err := time.ParseDuration(text)
	if err != nil || v < least || v > most {
		p.wrong(name, fmt.Sprintf("%s to %s", least, most))
		return usual
	}
	return v
}

// Open implements [connect.Driver]. Devices of one address share a connection;
// the first opens it, the last closes it.
func (d *Driver) Open(ctx context.Context, device plant.Device) (connect.Conn, error) {
	s, err := settingsOf(device)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	l := d.links[s.address]
	if l == nil {
		l = &link{address: s.address, turn: make(chan struct{}, 1)}
		d.links[s.address] = l
	}
	l.users++
	d.mu.Unlock()
	c := &conn{driver: d, link: l, settings: s, ring: tap.Of(ctx)}
	if c.session, err = l.open(ctx, s.window); err == nil && s.setClock {
		err = c.session.setClock(ctx, &s)
	}
	if err != nil {
		d.release(l)
		return nil, fmt.Errorf("iec 104 %s: %w", s.address, err)
	}
	return c, nil
}

func (d *Driver) release(l *link) {
	d.mu.Lock()
	l.users--
	last := l.users == 0
	if last {
		delete(d.links, l.address)
	}
	d.mu.Unlock()
	if last {
		l.close()
	}
}

// Test implements [connect.Tester]: how many objects the station answers a
// general interrogation with.
func (d *Driver) Test(ctx context.Context, device plant.Device) (string, error) {
	opened, err := d.Open(ctx, device)
	if err != nil {
		return "", err
	}
	c := opened.(*conn)
	defer d.release(c.link)
	if err := c.session.interrogate(ctx, &c.settings); err != nil {
		return "", fmt.Errorf("iec 104 %s: %w", c.settings.address, err)
	}
	return fmt.Sprintf("station %d answers the general interrogation with %d objects", c.settings.common, c.session.known(c.settings.common)), nil
}

// conn is one station on a connection.
type conn struct {
	driver   *Driver
	link     *link
	settings settings
	session  *session
	ring     *tap.Ring
	closed   sync.Once
	asked    bool // by Read: everything
}

// Close implements [connect.Conn].
func (c *conn) Close() error {
	c.closed.Do(func() {
		c.link.leave(c.ring)
		c.driver.release(c.link)
	})
	return nil
}

// link is the one connection to an address. It is opened again when needed.
type link struct {
	address string
	users   int           // guarded by the driver
	turn    chan struct{} // holds one element while somebody opens or closes
	session *session      // guarded by turn
	wire    *tap.Conn     // of the session; guarded by turn
}

// open gives the running session, or begins one.
func (l *link) open(ctx context.Context, w window) (*session, error) {
	if err := ctx.Err(); err != nil {
		return nil, err // select would toss a coin
	}
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-l.turn }()
	if l.session != nil && l.session.running() {
		l.wire.Join(tap.Of(ctx))
		return l.session, nil
	}
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", l.address)
	if err != nil {
		return nil, err
	}
	l.wire = tap.NewConn(ctx, c)
	s := newSession(l.wire, w)
	if err := s.start(ctx); err != nil {
		s.stop(err)
		<-s.over
		return nil, err
	}
	l.session = s
	return s, nil
}

// leave shows a device no more of what passes.
func (l *link) leave(r *tap.Ring) {
	l.turn <- struct{}{} // whoever holds it opens or closes within its time
	defer func() { <-l.turn }()
	if l.wire != nil {
		l.wire.Leave(r)
	}
}

func (l *link) close() {
	l.turn <- struct{}{}
	defer func() { <-l.turn }()
	if l.session != nil {
		l.session.stop(errClosed)
		<-l.session.over
		l.session = nil
	}
}

// Package modbus reads and writes Modbus devices with a client of our own, over TCP
// and over serial lines (RTU and ASCII on a port, a serial server or a DTU). On TCP
// an answer counts only when transaction, unit, function and length are those of
// the question. On a line, where answers carry no number, doubt.go says how a late
// answer is kept from being taken for another's.
//
// Devices behind one gateway or on one line share it. Start with [New] for TCP and
// [NewSerial] for lines.
package modbus

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"zhigai/connect"
	"zhigai/connect/modbus/pdu"
	"zhigai/plant"
)

// Kind is the driver's name in profiles and devices.
const Kind = "modbus-tcp"

// Driver makes connections. Its zero value is not usable; see [New].
type Driver struct {
	numbers atomic.Uint32
	mu      sync.Mutex
	links   map[string]*link
}

var (
	_ connect.Driver       = (*Driver)(nil)
	_ connect.Tester       = (*Driver)(nil)
	_ connect.Discoverer   = (*Driver)(nil)
	_ connect.WriteChecker = (*Driver)(nil)
	_ connect.Writer       = (*conn)(nil)
	_ connect.Interleaver  = (*conn)(nil)
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
		Device: plant.Device{Driver: Kind, Address: "192.168.1.20:502", Params: map[string]string{"unit": "1"}},
		Search: "192.168.1.0/24:502",
		Point:  "holding 52 float32 CDAB", PointKind: plant.KindNumber,
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

// settings is what a device's address and parameters say.
type settings struct {
	address      string
	unit         byte
	timeout      time.Duration // of one question; 0 leaves it to the caller's deadline
	maxRegisters int
	gapFill      int
	gap          time.Duration
}

const defaultGapFill = 8 // reading some unwanted registers is cheaper than another request

func settingsOf(d plant.Device) (settings, error) {
	s := settings{address: d.Address, unit: 1, maxRegisters: pdu.MaxReadRegisters, gapFill: defaultGapFill}
	host, port, err := net.SplitHostPort(d.Address)
	if n, convErr := strconv.Atoi(port); err != nil || host == "" || convErr != nil || n < 1 || n > 65535 {
		return s, fmt.Errorf("modbus device address %q; write host:port, for example 192.168.1.20:502", d.Address)
	}
	return s, s.params(d.Params)
}

// params reads what devices on every kind of wire may say.
func (s *settings) params(params map[string]string) (err error) {
	number := func(name string, least, most int, set func(int)) {
		text, ok := params[name]
		if !ok || err != nil {
			return
		}
		n, convErr := strconv.Atoi(text)
		if convErr != nil || n < least || n > most {
			err = fmt.Errorf("modbus device %s: %s is %q; write %d to %d", s.address, name, text, least, most)
			return
		}
		set(n)
	}
	number("unit", 0, 255, func(n int) { s.unit = byte(n) })
	number("max_registers", 1, pdu.MaxReadRegisters, func(n int) { s.maxRegisters = n })
	number("max_gap_fill", 0, pdu.MaxReadRegisters, func(n int) { s.gapFill = n })
	span := func(name string, least, most time.Duration, to *time.Duration) {
		text, ok := params[name]
		if !ok || err != nil {
			return
		}
		v, convErr := time.ParseDuration(text)
		if convErr != nil || v < least || v > most {
			err = fmt.Errorf("modbus device %s: %s is %q; write %s to %s", s.address, name, text, least, most)
			return
		}
		*to = v
	}
	span("gap", 0, time.Second, &s.gap)
	span("timeout", 10*time.Millisecond, 30*time.Second, &s.timeout)
	return err
}

// Open implements [connect.Driver]. Devices of one address share a link; the
// first opens it, the last closes it.
func (d *Driver) Open(ctx context.Context, device plant.Device) (connect.Conn, error) {
	s, err := settingsOf(device)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	l := d.links[s.address]
	if l == nil {
		l = &link{address: s.address, numbers: &d.numbers, turn: connect.NewTurn()}
		d.links[s.address] = l
	}
	l.users++
	d.mu.Unlock()
	c := &conn{link: l, release: func() { d.release(l) }, settings: s, family: "Modbus TCP"}
	if err := l.connect(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (d *Driver) release(l *link) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if l.users--; l.users == 0 {
		l.drop()
		delete(d.links, l.address)
	}
}

// Test implements [connect.Tester]: whether the unit answers, and what it says
// it is.
func (d *Driver) Test(ctx context.Context, device plant.Device) (string, error) {
	opened, err := d.Open(ctx, device)
	if err != nil {
		return "", err
	}
	defer opened.Close()
	return opened.(*conn).test(ctx)
}

func (c *conn) test(ctx context.Context) (string, error) {
	c.link.urge()
	if err := c.answers(ctx); err != nil {
		return "", err
	}
	text := fmt.Sprintf("%s unit %d answers", c.family, c.settings.unit)
	if id := c.identity(ctx); id != "" {
		text += ": " + id
	}
	return text, nil
}

// answers reports whether the unit is there: some devices stay silent when
// they do not have the function.
func (c *conn) answers(ctx context.Context) (err error) {
	for _, f := range []byte{pdu.ReadHolding, pdu.ReadInput, pdu.ReadCoils} {
		if err = c.sign(ctx, f); err == nil {
			return nil
		}
	}
	return err
}

// sign asks for anything at all. A refusal is a sign of life, unless it is the
// gateway's.
func (c *conn) sign(ctx context.Context, function byte) error {
	_, err := c.ask(ctx, pdu.Request{Function: function, Address: 0, Count: 1})
	var refused pdu.Exception
	if errors.As(err, &refused) && !absent(refused) {
		return nil
	}
	return err
}

// maxIdentity bounds the questions for a device's identity: three objects are
// mandatory, and some devices send one an answer.
const maxIdentity = 4

// identity is vendor, product and revision as the device says them, "" when it
// does not.
func (c *conn) identity(ctx context.Context) string {
	id := pdu.Identity{}
	next := uint16(0)
	for range maxIdentity {
		data, err := c.ask(ctx, pdu.Request{Function: pdu.ReadIdentity, Address: next})
		if err != nil {
			break // most devices do not have this function
		}
		more, err := id.Append(data)
		if err != nil || more == 0 {
			break
		}
		next = uint16(more)
	}
	var words []string
	for object := range byte(3) {
		if word := strings.TrimSpace(strings.ToValidUTF8(id[object], "\uFFFD")); word != "" {
			words = append(words, word)
		}
	}
	return strings.Join(words, " ")
}

// asker is what a device is behind: a link of TCP, or a station on a line.
type asker interface {
	// ask sends one question and gives the data of its answer.
	ask(ctx context.Context, s *settings, q pdu.Request) ([]byte, error)
	// urge says that a person waits for the next answer.
	urge()
}

// conn is one device, whatever the wire.
type conn struct {
	link     asker
	release  func()
	settings settings
	family   string // for people: Modbus TCP
	closed   sync.Once
}

// Close implements [connect.Conn].
func (c *conn) Close() error {
	c.closed.Do(c.release)
	return nil
}

// Interleaves implements [connect.Interleaver]: the link gives every question
// its turn.
func (*conn) Interleaves() {}

func (c *conn) ask(ctx context.Context, q pdu.Request) ([]byte, error) {
	data, err := c.link.ask(ctx, &c.settings, q)
	if err != nil {
		return nil, fmt.Errorf("modbus %s unit %d: %w", c.settings.address, c.settings.unit, err)
	}
	return data, nil
}

// Package s7 reads and writes Siemens S7 controllers over ISO on TCP with PUT/GET
// ("S7comm"): S7-300, 400, 1200, 1500, 200, 200 SMART and LOGO!. An answer counts
// only when it is of the question's reference, function and length.
//
// Blocks with optimised access and symbolic names are beyond this protocol.
// Devices at one address share one connection, because a controller has few. The
// wire form is in s7/pdu, addresses and data types in s7/variable. Start with
// [New].
package s7

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
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"

	"zhigai/connect"
	"zhigai/connect/s7/pdu"
	"zhigai/plant"
)

// Kind is the driver's name in profiles and devices.
const Kind = "s7"

// Driver makes connections. Its zero value is not usable; see [New].
type Driver struct {
	numbers atomic.Uint32
	mu      sync.Mutex
	links   map[endpoint]*link
}

var (
	_ connect.Driver     = (*Driver)(nil)
	_ connect.Tester     = (*Driver)(nil)
	_ connect.Discoverer = (*Driver)(nil)
	_ connect.Writer     = (*conn)(nil)
)

// New makes a driver.
func New() *Driver {
	d := &Driver{links: map[endpoint]*link{}}
	d.numbers.Store(rand.Uint32()) // not those of the program before this one
	return d
}

// Kind implements [connect.Driver].
func (*Driver) Kind() string { return Kind }

// Examples implements [connect.Exampler].
func (*Driver) Examples() connect.Examples {
	return connect.Examples{
		Device: plant.Device{Driver: Kind, Address: "192.168.0.1:102", Params: map[string]string{"plc": "s7-1500"}},
		Search: "192.168.0.0/24",
		Point:  "DB1.DBD4 real", PointKind: plant.KindNumber,
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
	address       string
	local, remote pdu.TSAP
}

// settings is what a device's address and parameters say.
type settings struct {
	endpoint
	timeout time.Duration // of one question; 0 is [defaultTimeout]
	maxPDU  int
	gapFill int
	charset encoding.Encoding // of CHAR and STRING; nil is UTF-8
}

// defaultGapFill: an item of its own costs 12 bytes of question and 4 of answer,
// so that reading 16 unwanted bytes is as cheap.
const defaultGapFill = 16

// family is a kind of controller, by how it is reached.
type family struct {
	slot          int // -1: TSAPs are fixed
	local, remote pdu.TSAP
}

// families: the slots are where the CPU stands in a rack by the maker's
// catalogue. The fixed TSAPs of the S7-200 (CP 243-1), S7-200 SMART and LOGO! are
// those their common clients use; none was tried on a device.
var families = map[string]family{
	"s7-300": {slot: 2}, "s7-400": {slot: 3}, "s7-1200": {slot: 1}, "s7-1500": {slot: 1},
	"s7-200": {-1, 0x4D57, 0x4D57}, "s7-200smart": {-1, 0x1000, 0x0301}, "logo": {-1, 0x0300, 0x0200},
}

// defaultFamily is reached as most of what is sold today.
const defaultFamily = "s7-1200"

// connections are the kinds of connection. Basic is the default: it leaves the
// ones that a controller keeps for its engineer and its panel to them.
var connections = map[string]int{"pg": pdu.Programmer, "op": pdu.Operator, "basic": pdu.Basic}

var charsets = map[string]encoding.Encoding{"utf-8": nil, "gb18030": simplifiedchinese.GB18030, "latin-1": charmap.ISO8859_1}

func settingsOf(d plant.Device) (settings, error) {
	s := settings{maxPDU: pdu.MaxPDU, gapFill: defaultGapFill}
	s.address = d.Address
	host, port, err := net.SplitHostPort(d.Address)
	if n, convErr := strconv.Atoi(port); err != nil || host == "" || convErr != nil || n < 1 || n > 65535 {
		return s, fmt.Errorf("s7 device address %q; write host:port, for example 192.168.0.1:102", d.Address)
	}
	p := params{device: d}
	fam := families[choice(&p, "plc", defaultFamily, families)]
	kind := connections[choice(&p, "connection", "basic", connections)]
	s.charset = charsets[choice(&p, "charset", "utf-8", charsets)]
	rack, slot := p.number("rack", 0, 0, 7), p.number("slot", fam.slot, 0, 31)
	s.local, s.remote = fam.local, fam.remote
	if fam.slot >= 0 {
		s.local, s.remote = pdu.SlotTSAP(kind, 0, 0), pdu.SlotTSAP(kind, rack, slot)
	}
	s.local, s.remote = p.tsap("tsap_local", s.local), p.tsap("tsap_remote", s.remote)
	s.maxPDU = p.number("max_pdu", s.maxPDU, 240, pdu.MaxPDU)
	s.gapFill = p.number("max_gap_fill", s.gapFill, 0, pdu.MaxPDU)
	s.timeout = p.span("timeout", 10*time.Millisecond, 30*time.Second)
	return s, p.err
}

// Open implements [connect.Driver]. Devices of one address and TSAP share a
// link; the first opens it, the last closes it.
func (d *Driver) Open(ctx context.Context, device plant.Device) (connect.Conn, error) {
	s, err := settingsOf(device)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	l := d.links[s.endpoint]
	if l == nil {
		l = &link{endpoint: s.endpoint, maxPDU: s.maxPDU, numbers: &d.numbers, turn: connect.NewTurn()}
		d.links[s.endpoint] = l
	}
	l.users++
	d.mu.Unlock()
	c := &conn{driver: d, link: l, settings: s}
	if _, err := l.connect(ctx, &s); err != nil {
		c.Close()
		return nil, fmt.Errorf("s7 %s: %w", s.address, err)
	}
	return c, nil
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
	who      *pdu.Identity // asked for once
}

// Close implements [connect.Conn].
func (c *conn) Close() error {
	c.closed.Do(func() { c.driver.release(c.link) })
	return nil
}

// ask is [link.ask] with errors that say where.
func (c *conn) ask(ctx context.Context, q pdu.Message, again bool, check func(pdu.Message) error) error {
	err := c.link.ask(ctx, &c.settings, q, again, check)
	switch {
	case errors.Is(err, pdu.ErrFrame):
		return fmt.Errorf("s7 %s: %w: %w", c.settings.address, connect.ErrMalformed, err)
	case err != nil:
		return fmt.Errorf("s7 %s: %w", c.settings.address, err)
	}
	return nil
}

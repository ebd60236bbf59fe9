// Package cip reads and writes the tags of Logix controllers (ControlLogix,
// CompactLogix, Micro800) over EtherNet/IP explicit messages, by name.
//
// An answer counts when session, connection and number are those of the
// question; when one stays away the TCP connection is given up. It carries no
// cyclic I/O. Start with [New].
package cip

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
	"zhigai/connect/cip/enip"
	"zhigai/connect/tap"
	"zhigai/plant"
)

// Kind is the driver's name in profiles and devices.
const Kind = "ethernet-ip"

// Driver makes connections. Its zero value is not usable; see [New].
type Driver struct {
	numbers atomic.Uint64 // of questions and connections
	asker   uint32        // our serial number
}

var (
	_ connect.Driver     = (*Driver)(nil)
	_ connect.Tester     = (*Driver)(nil)
	_ connect.Discoverer = (*Driver)(nil)
	_ connect.Writer     = (*conn)(nil)
	_ connect.Browser    = (*conn)(nil)
)

// New makes a driver.
func New() *Driver {
	d := &Driver{asker: rand.Uint32()}
	d.numbers.Store(rand.Uint64()) // not those of the program before this one
	return d
}

// Kind implements [connect.Driver].
func (*Driver) Kind() string { return Kind }

// Examples implements [connect.Exampler].
func (*Driver) Examples() connect.Examples {
	return connect.Examples{
		Device: plant.Device{Driver: Kind, Address: "192.168.1.20:44818"},
		Search: "192.168.1.255",
		Point:  "Program:Main.Station[3].Count", PointKind: plant.KindNumber,
	}
}

// CheckDevice implements [connect.Driver].
func (*Driver) CheckDevice(d plant.Device) error {
	_, err := settingsOf(d)
	return err
}

// CheckPoint implements [connect.Driver]. What type a tag has is known of the
// controller only.
func (*Driver) CheckPoint(address string, kind plant.TagKind) error {
	_, err := parse(address, kind)
	return err
}

func parse(address string, kind plant.TagKind) (enip.Tag, error) {
	t, err := enip.ParseTag(address)
	switch {
	case err != nil:
	case kind == plant.KindWaveform:
		err = fmt.Errorf("logix tag %q: waveforms do not come this way; write a tag of another kind", address)
	case kind == plant.KindText && t.Bit >= 0:
		err = fmt.Errorf("logix tag %q: a bit is no text; write the name of a STRING", address)
	}
	return t, err
}

// settings is what a device's address and parameters say.
type settings struct {
	address   string
	route     []byte // from the module that is connected to the controller
	connected bool
	multiple  bool
	timeout   time.Duration // of one question; 0 leaves it to the caller's deadline
}

func settingsOf(d plant.Device) (settings, error) {
	s := settings{address: d.Address, connected: true, multiple: true, route: []byte{1, 0}}
	host, port, err := net.SplitHostPort(d.Address)
	if n, convErr := strconv.Atoi(port); err != nil || host == "" || convErr != nil || n < 1 || n > 65535 {
		return s, fmt.Errorf("ethernet/ip device address %q; write host:port, for example 192.168.1.20:44818", d.Address)
	}
	if text, ok := d.Params["route"]; ok {
		if s.route, err = enip.ParseRoute(text); err != nil {
			return s, fmt.Errorf("ethernet/ip device %s: %w", d.Address, err)
		}
	}
	for name, to := range map[string]*bool{"connected": &s.connected, "multiple": &s.multiple} {
		switch text, ok := d.Params[name]; {
		case ok && text != "yes" && text != "no":
			return s, fmt.Errorf("ethernet/ip device %s: %s is %q; write yes or no", d.Address, name, text)
		case ok:
			*to = text == "yes"
		}
	}
	if text, ok := d.Params["timeout"]; ok {
		if s.timeout, err = time.ParseDuration(text); err != nil || s.timeout < 10*time.Millisecond || s.timeout > 30*time.Second {
			return s, fmt.Errorf("ethernet/ip device %s: timeout is %q; write 10ms to 30s", d.Address, text)
		}
	}
	return s, nil
}

// Open implements [connect.Driver].
func (d *Driver) Open(ctx context.Context, device plant.Device) (connect.Conn, error) {
	s, err := settingsOf(device)
	if err != nil {
		return nil, err
	}
	c := &conn{driver: d, settings: s, turn: make(chan struct{}, 1), types: map[string]enip.Value{}, multiple: s.multiple}
	if err := c.reach(ctx); err != nil {
		return nil, fmt.Errorf("ethernet/ip %s: %w", s.address, err)
	}
	return c, nil
}

// Test implements [connect.Tester]: what the module says it is, and whether the
// controller behind it is reached by a connection.
func (d *Driver) Test(ctx context.Context, device plant.Device) (string, error) {
	opened, err := d.Open(ctx, device)
	if err != nil {
		return "", err
	}
	c := opened.(*conn)
	defer c.hangUp()
	id, err := c.identity(ctx)
	if err != nil {
		return "", fmt.Errorf("ethernet/ip %s: %w", c.settings.address, err)
	}
	how := "without a connection"
	if c.opening != nil {
		how = fmt.Sprintf("over a connection of %d bytes", c.opening.Size)
	}
	return fmt.Sprintf("%s answers %s", id, how), nil
}

// conn is one TCP connection to a device. It is opened again when needed.
type conn struct {
	driver   *Driver
	settings settings
	turn     chan struct{} // holds one element while somebody asks
	closed   sync.Once

	// Guarded by turn.
	tcp      *tap.Conn
	session  uint32
	opening  *enip.Opening // nil without a connection to the controller
	number   uint16        // of connected questions
	multiple bool          // the device takes several requests in one

	mu    sync.Mutex
	types map[string]enip.Value // what was read of a tag last
}

// Close implements [connect.Conn].
func (c *conn) Close() error {
	c.closed.Do(c.hangUp)
	return nil
}

// farewell is what saying goodbye may take: the device finds out by itself.
const farewell = 500 * time.Millisecond

// hangUp tells the device that the connection is over, so that it need not wait
// for that.
func (c *conn) hangUp() {
	c.turn <- struct{}{}
	defer func() { <-c.turn }()
	if c.tcp == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	if c.opening != nil {
		_, _ = c.unconnected(ctx, c.opening.Close()) // no answer is needed
	}
	if c.tcp != nil {
		_ = c.write(ctx, enip.Frame{Command: enip.UnregisterSession, Session: c.session}) // nor here
	}
	c.drop()
}

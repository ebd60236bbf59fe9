// Package modbus reads and writes Modbus TCP devices with a client of our own:
// an answer counts only when transaction, unit, function and length are those
// of the question, so that a late answer is never taken for another's.
//
// Devices behind one gateway share one connection. Start with [New].
package modbus

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
	_ connect.Driver = (*Driver)(nil)
	_ connect.Tester = (*Driver)(nil)
	_ connect.Writer = (*conn)(nil)
)

// New makes a driver.
func New() *Driver {
	d := &Driver{links: map[string]*link{}}
	d.numbers.Store(rand.Uint32()) // not those of the program before this one
	return d
}

// Kind implements [connect.Driver].
func (*Driver) Kind() string { return Kind }

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
	number := func(name string, least, most int, set func(int)) {
		text, ok := d.Params[name]
		if !ok || err != nil {
			return
		}
		n, convErr := strconv.Atoi(text)
		if convErr != nil || n < least || n > most {
			err = fmt.Errorf("modbus device %s: %s is %q; write %d to %d", d.Address, name, text, least, most)
			return
		}
		set(n)
	}
	number("unit", 0, 255, func(n int) { s.unit = byte(n) })
	number("max_registers", 1, pdu.MaxReadRegisters, func(n int) { s.maxRegisters = n })
	number("max_gap_fill", 0, pdu.MaxReadRegisters, func(n int) { s.gapFill = n })
	if text, ok := d.Params["gap"]; ok && err == nil {
		if s.gap, err = time.ParseDuration(text); err != nil || s.gap < 0 || s.gap > time.Second {
			err = fmt.Errorf("modbus device %s: gap is %q; write 0s to 1s", d.Address, text)
		}
	}
	return s, err
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
		l = &link{address: s.address, numbers: &d.numbers, turn: make(chan struct{}, 1)}
		d.links[s.address] = l
	}
	l.users++
	d.mu.Unlock()
	c := &conn{driver: d, link: l, settings: s}
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

// Test implements [connect.Tester]: which function the unit answers.
func (d *Driver) Test(ctx context.Context, device plant.Device) (string, error) {
	opened, err := d.Open(ctx, device)
	if err != nil {
		return "", err
	}
	defer opened.Close()
	c := opened.(*conn)
	for _, f := range []byte{pdu.ReadHolding, pdu.ReadInput, pdu.ReadCoils} {
		_, err = c.ask(ctx, pdu.Request{Function: f, Address: 0, Count: 1})
		var refused pdu.Exception
		if err == nil || errors.As(err, &refused) && refused != pdu.GatewayTarget && refused != pdu.GatewayPath {
			return fmt.Sprintf("Modbus TCP unit %d answers", c.settings.unit), nil
		}
	}
	return "", err
}

// conn is one device on a link.
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

func (c *conn) ask(ctx context.Context, q pdu.Request) ([]byte, error) {
	data, err := c.link.ask(ctx, c.settings.unit, q, c.settings.gap)
	if err != nil {
		return nil, fmt.Errorf("modbus %s unit %d: %w", c.settings.address, c.settings.unit, err)
	}
	return data, nil
}

// Write implements [connect.Writer]. A bit of a register is read, changed and
// written back; the device must not change the register's other bits by itself
// meanwhile.
func (c *conn) Write(ctx context.Context, p connect.Point, value any) error {
	at, err := parse(p.Address, p.Kind)
	if err != nil {
		return err
	}
	switch {
	case at.table == pdu.Coils:
		return c.writeCoil(ctx, at, value)
	case at.table != pdu.Holding:
		return fmt.Errorf("modbus address %q: only coils and holding registers are written", p.Address)
	case at.form == formBool:
		return c.writeBit(ctx, at, value)
	}
	data, err := at.encode(value)
	if err != nil {
		return fmt.Errorf("modbus address %q: %w", p.Address, err)
	}
	q := pdu.Request{Function: pdu.WriteRegister, Address: at.address, Data: data}
	if at.registers > 1 {
		q.Function, q.Count = pdu.WriteRegisters, uint16(at.registers)
	}
	_, err = c.ask(ctx, q)
	return err
}

func (c *conn) writeCoil(ctx context.Context, at point, value any) error {
	on, ok := truth(value)
	if !ok {
		return fmt.Errorf("a coil takes true or false, not %v", value)
	}
	data := []byte{0, 0}
	if on {
		data[0] = 0xFF
	}
	_, err := c.ask(ctx, pdu.Request{Function: pdu.WriteCoil, Address: at.address, Data: data})
	return err
}

func (c *conn) writeBit(ctx context.Context, at point, value any) error {
	on, ok := truth(value)
	if !ok {
		return fmt.Errorf("a bit takes true or false, not %v", value)
	}
	data, err := c.ask(ctx, pdu.Request{Function: pdu.ReadHolding, Address: at.address, Count: 1})
	if err != nil {
		return err
	}
	word := uint16(data[0])<<8 | uint16(data[1])
	word &^= 1 << at.bit
	if on {
		word |= 1 << at.bit
	}
	_, err = c.ask(ctx, pdu.Request{Function: pdu.WriteRegister, Address: at.address, Data: []byte{byte(word >> 8), byte(word)}})
	return err
}

func truth(value any) (on, ok bool) {
	switch v := value.(type) {
	case bool:
		return v, true
	case float64:
		return v != 0, v == 0 || v == 1
	}
	return false, false
}

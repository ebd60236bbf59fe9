package modbus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"zhigai/connect"
	"zhigai/connect/line"
	"zhigai/connect/modbus/pdu"
	"zhigai/plant"
)

// KindSerial is the name of the driver for serial lines in profiles and devices.
const KindSerial = "modbus-rtu"

// serialMode is what most devices are delivered with. The specification's own
// default, 19200 8E1, is rarely met.
var serialMode = line.Mode{Baud: 9600, Data: 8, Parity: line.NoParity, Stop: 1}

// serialTimeout is how long a station may take when nobody says otherwise.
const serialTimeout = time.Second

// SerialDriver speaks RTU and ASCII on shared lines: serial ports, serial servers
// and DTUs. Its zero value is not usable; see [NewSerial].
type SerialDriver struct {
	pool  *line.Pool
	mu    sync.Mutex
	buses map[busKey]*bus // kept for good: what a station owes outlives a connection
}

type busKey struct {
	line    *line.Line
	framing string
}

var (
	_ connect.Driver       = (*SerialDriver)(nil)
	_ connect.Tester       = (*SerialDriver)(nil)
	_ connect.WriteChecker = (*SerialDriver)(nil)
	_ connect.Discoverer   = (*SerialDriver)(nil)
)

// NewSerial makes a driver on the lines of a pool.
func NewSerial(pool *line.Pool) *SerialDriver {
	return &SerialDriver{pool: pool, buses: map[busKey]*bus{}}
}

// Kind implements [connect.Driver].
func (*SerialDriver) Kind() string { return KindSerial }

// Examples implements [connect.Exampler].
func (*SerialDriver) Examples() connect.Examples {
	return connect.Examples{
		Device: plant.Device{Driver: KindSerial, Address: "/dev/ttyUSB0", Params: map[string]string{"unit": "1", "baud": "9600"}},
		Search: "/dev/ttyUSB0 9600,19200 1-32",
		Point:  "holding 52 float32 CDAB", PointKind: plant.KindNumber,
	}
}

// CheckDevice implements [connect.Driver].
func (*SerialDriver) CheckDevice(d plant.Device) error {
	_, err := serialSettings(d)
	return err
}

// CheckPoint implements [connect.Driver].
func (*SerialDriver) CheckPoint(address string, kind plant.TagKind) error {
	_, err := parse(address, kind)
	return err
}

// serialDevice is what a device on a line says of itself.
type serialDevice struct {
	settings
	line    line.Address
	framing framing
}

func serialSettings(d plant.Device) (serialDevice, error) {
	s := serialDevice{settings: settings{address: d.Address, unit: 1, timeout: serialTimeout, maxRegisters: pdu.MaxReadRegisters, gapFill: defaultGapFill}}
	if err := s.params(d.Params); err != nil {
		return s, err
	}
	if s.unit < pdu.MinUnit || s.unit > pdu.MaxUnit {
		return s, fmt.Errorf("modbus device %s: unit is %d; write %d to %d: 0 is heard by all and answered by none", d.Address, s.unit, pdu.MinUnit, pdu.MaxUnit)
	}
	name := strings.ToLower(d.Params["framing"])
	if name == "" {
		name = "rtu"
	}
	var ok bool
	if s.framing, ok = framings[name]; !ok {
		return s, fmt.Errorf("modbus device %s: framing is %q; write one of %s", d.Address, name, strings.Join(slices.Sorted(maps.Keys(framings)), ", "))
	}
	otherwise := serialMode
	if name == "ascii" {
		otherwise.Data, otherwise.Parity = 7, line.EvenParity
	}
	var err error
	s.line, err = line.Parse(d.Address, d.Params, otherwise)
	return s, err
}

// Open implements [connect.Driver]. It opens the line; whether the station is
// there shows with the first question.
func (d *SerialDriver) Open(ctx context.Context, device plant.Device) (connect.Conn, error) {
	s, err := serialSettings(device)
	if err != nil {
		return nil, err
	}
	l, err := d.pool.Open(ctx, s.line)
	if err != nil {
		return nil, err
	}
	return &conn{link: d.station(l, s), release: l.Release, settings: s.settings, family: "Modbus " + strings.ToUpper(s.framing.name)}, nil
}

func (d *SerialDriver) station(l *line.Line, s serialDevice) *station {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := busKey{l, s.framing.name}
	b := d.buses[key]
	if b == nil {
		b = &bus{framing: s.framing, stations: map[byte]*station{}}
		d.buses[key] = b
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	one := b.stations[s.unit]
	if one == nil {
		one = &station{bus: b, unit: s.unit, turn: l.Station(fmt.Sprintf("unit %d", s.unit))}
		b.stations[s.unit] = one
	}
	return one
}

// Test implements [connect.Tester].
func (d *SerialDriver) Test(ctx context.Context, device plant.Device) (string, error) {
	opened, err := d.Open(ctx, device)
	if err != nil {
		return "", err
	}
	defer opened.Close()
	return opened.(*conn).test(ctx)
}

// ask implements [asker].
func (s *station) ask(ctx context.Context, set *settings, q pdu.Request) ([]byte, error) {
	return s.try(ctx, set, q, false)
}

func (s *station) try(ctx context.Context, set *settings, q pdu.Request, again bool) (data []byte, err error) {
	if _, ok := ctx.Deadline(); !ok {
		return nil, errors.New("BUG: a modbus question without deadline")
	}
	asked := s.turn.Ask(ctx, set.timeout, func(t *line.Talk) error {
		data, err = s.bus.question(t, s, q, set)
		if answered(err) {
			return nil
		}
		return err
	})
	switch {
	case asked == nil:
		return data, err
	case line.HungUp(asked) && q.Reads() && !again:
		// Some gateways hang up after an answer, and what was asked meanwhile goes
		// nowhere. A write is not sent twice.
		return s.try(ctx, set, q, true)
	}
	return nil, asked
}

// urge implements [asker].
func (s *station) urge() { s.turn.Urge() }

// Package dlt645 reads energy meters by DL/T 645-2007 on shared lines: a serial
// port, a serial server or a DTU. An answer counts only when the meter and the data
// identifier are those of the question, so that a late one is never taken for
// another's; a late answer to an earlier question for the same data is that data,
// as it was.
//
// It writes nothing to a meter. Start with [New].
package dlt645

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"zhigai/connect"
	"zhigai/connect/dlt645/frame"
	"zhigai/connect/line"
	"zhigai/plant"
)

// Kind is the driver's name in profiles and devices.
const Kind = "dlt645"

// mode is what meters are delivered with (clause 6.1 and common practice: 2400, even).
var mode = line.Mode{Baud: 2400, Data: 8, Parity: line.EvenParity, Stop: 1}

// defaultTimeout is the meter's longest delay of 500 ms (clause 6.3), and some for
// the way.
const defaultTimeout = time.Second

// Driver makes connections. Its zero value is not usable; see [New].
type Driver struct{ pool *line.Pool }

var (
	_ connect.Driver     = (*Driver)(nil)
	_ connect.Tester     = (*Driver)(nil)
	_ connect.Discoverer = (*Driver)(nil)
)

// New makes a driver on the lines of a pool.
func New(pool *line.Pool) *Driver { return &Driver{pool} }

// Kind implements [connect.Driver].
func (*Driver) Kind() string { return Kind }

// Examples implements [connect.Exampler].
func (*Driver) Examples() connect.Examples {
	return connect.Examples{
		Device: plant.Device{Driver: Kind, Address: "/dev/ttyUSB0", Params: map[string]string{"unit": "202403150017", "baud": "2400"}},
		Search: "/dev/ttyUSB0 1200,2400,9600",
		Point:  "02010100", PointKind: plant.KindNumber,
	}
}

// CheckDevice implements [connect.Driver].
func (*Driver) CheckDevice(d plant.Device) error {
	_, err := settingsOf(d)
	return err
}

// CheckPoint implements [connect.Driver].
func (*Driver) CheckPoint(address string, kind plant.TagKind) error {
	d, err := frame.ParseData(address)
	switch {
	case err != nil:
		return err
	case d.Text != (kind == plant.KindText):
		return fmt.Errorf("DL/T 645 address %q gives %s; write a %s tag for it", address, map[bool]string{true: "digits", false: "a number"}[d.Text], map[bool]string{true: "text", false: "number"}[d.Text])
	case kind == plant.KindWaveform:
		return fmt.Errorf("DL/T 645 address %q: waveforms do not come from meters; write a number tag", address)
	}
	return nil
}

type settings struct {
	line    line.Address
	meter   frame.Address
	timeout time.Duration
}

func settingsOf(d plant.Device) (settings, error) {
	s := settings{meter: frame.Any, timeout: defaultTimeout}
	if text := strings.TrimSpace(d.Params["unit"]); text != "" {
		a, err := frame.ParseAddress(text)
		if err != nil {
			return s, fmt.Errorf("DL/T 645 device %s: unit: %w, or leave unit out where the meter is alone on its line", d.Address, err)
		}
		s.meter = a
	}
	if text, ok := d.Params["timeout"]; ok {
		v, err := time.ParseDuration(text)
		if err != nil || v < 10*time.Millisecond || v > 30*time.Second {
			return s, fmt.Errorf("DL/T 645 device %s: timeout is %q; write 10ms to 30s", d.Address, text)
		}
		s.timeout = v
	}
	var err error
	s.line, err = line.Parse(d.Address, d.Params, mode)
	return s, err
}

// Open implements [connect.Driver]. Whether the meter is there shows with the first
// question.
func (d *Driver) Open(ctx context.Context, device plant.Device) (connect.Conn, error) {
	s, err := settingsOf(device)
	if err != nil {
		return nil, err
	}
	l, err := d.pool.Open(ctx, s.line)
	if err != nil {
		return nil, err
	}
	name := "meter"
	if s.meter != frame.Any {
		name += " " + s.meter.String()
	}
	return &conn{line: l, station: l.Station(name), settings: s, name: name}, nil
}

// Test implements [connect.Tester].
func (d *Driver) Test(ctx context.Context, device plant.Device) (string, error) {
	opened, err := d.Open(ctx, device)
	if err != nil {
		return "", err
	}
	defer opened.Close()
	c := opened.(*conn)
	c.station.Urge()
	address, err := c.address(ctx)
	if err != nil {
		return "", err
	}
	return "DL/T 645 meter " + address.String() + " answers", nil
}

// Discover implements [connect.Discoverer]: it asks for the address of the one
// meter that is alone on a line. Where is the line, with its speeds.
func (d *Driver) Discover(ctx context.Context, where string) ([]connect.Found, error) {
	fields := strings.Fields(where)
	if len(fields) < 1 || len(fields) > 2 {
		return nil, fmt.Errorf(`DL/T 645 search %q; write the line and, if it is not 2400, its speeds, for example "/dev/ttyUSB0 1200,2400,9600"`, where)
	}
	speeds := []string{"2400"}
	if len(fields) == 2 {
		speeds = strings.Split(fields[1], ",")
	}
	for i, speed := range speeds {
		device := plant.Device{Driver: Kind, Address: fields[0], Params: map[string]string{"baud": speed}}
		found, err := d.look(ctx, device)
		if err != nil {
			return nil, err
		}
		connect.Looked(ctx, i+1, len(speeds), found)
		if len(found) > 0 {
			return found, nil
		}
	}
	return nil, ctx.Err()
}

func (d *Driver) look(ctx context.Context, device plant.Device) ([]connect.Found, error) {
	opened, err := d.Open(ctx, device)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	c := opened.(*conn)
	c.station.Urge()
	asking, cancel := context.WithTimeout(ctx, 3*c.settings.timeout)
	defer cancel()
	address, err := c.address(asking)
	if err != nil {
		return nil, nil // nobody is there
	}
	device.Params["unit"] = address.String()
	return []connect.Found{{Device: device, Title: "DL/T 645 " + address.String(), Identity: connect.Identity{Serial: address.String()}}}, nil
}

// conn is one meter on a line.
type conn struct {
	line     *line.Line
	station  *line.Station
	settings settings
	name     string
	doubt    bool // a question was given up: a refusal may be its answer
	closed   sync.Once
}

// Close implements [connect.Conn].
func (c *conn) Close() error {
	c.closed.Do(c.line.Release)
	return nil
}

// address asks the meter who it is; only one that is alone on its line can be
// asked that without knowing.
func (c *conn) address(ctx context.Context) (frame.Address, error) {
	var a frame.Address
	err := c.station.Ask(ctx, c.settings.timeout, func(t *line.Talk) error {
		f, err := c.exchange(t, frame.Frame{Address: c.settings.meter, Control: frame.ReadAddress}, 6, func(f frame.Frame) bool {
			return f.Function() == frame.ReadAddress && (f.Control&frame.Abnormal != 0 || len(f.Data) == 6)
		})
		if err != nil {
			return err
		}
		if f.Control&frame.Abnormal != 0 {
			a = f.Address
			return nil
		}
		a = frame.Address(f.Data)
		return nil
	})
	return a, c.wrap(err)
}

func (c *conn) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("DL/T 645 %s %s: %w", c.settings.line, c.name, err)
}

const (
	// maxFollowing is how many frames a block of data may take.
	maxFollowing = 16
	// fallsSilent is the pause after which what was heard is all there is: above
	// the 500 ms that may lie between two bytes (clause 6.4).
	fallsSilent = 600 * time.Millisecond
	// usualAnswer is a block of values, for its time on the wire.
	usualAnswer = 64
)

// read asks for the data of an identifier.
func (c *conn) read(ctx context.Context, id frame.ID) (data []byte, err error) {
	var refused frame.Refusal
	asked := c.station.Ask(ctx, c.settings.timeout, func(t *line.Talk) error {
		data, err = c.block(t, id)
		if errors.As(err, &refused) {
			return nil // it answered
		}
		return err
	})
	if asked != nil {
		return nil, c.wrap(asked)
	}
	return data, c.wrap(err)
}

// block reads the frames of an identifier's data.
func (c *conn) block(t *line.Talk, id frame.ID) ([]byte, error) {
	question := frame.Frame{Address: c.settings.meter, Control: frame.Read, Data: id.Append(nil)}
	mine := func(f frame.Frame) bool {
		if f.Control&frame.Abnormal != 0 {
			return f.Function() == frame.Read && len(f.Data) == 1
		}
		got, _, ok := frame.CutID(f.Data)
		return f.Function() == frame.Read && ok && got == id
	}
	f, err := c.exchange(t, question, usualAnswer, mine)
	if err == nil && f.Control&frame.Abnormal != 0 && c.doubt {
		// A refusal does not say of what. The second one is of this question.
		c.doubt = false
		f, err = c.exchange(t, question, usualAnswer, mine)
	}
	if err != nil {
		return nil, err
	}
	c.doubt = false
	if f.Control&frame.Abnormal != 0 {
		return nil, frame.Refusal(f.Data[0])
	}
	_, data, _ := frame.CutID(f.Data)
	for n := byte(1); f.Control&frame.More != 0; n++ {
		if n > maxFollowing {
			return nil, fmt.Errorf("%w: %s has no end after %d frames", frame.ErrFrame, id, maxFollowing)
		}
		next := frame.Frame{Address: c.settings.meter, Control: frame.ReadNext, Data: append(id.Append(nil), n)}
		if f, err = c.exchange(t, next, usualAnswer, func(f frame.Frame) bool {
			got, rest, ok := frame.CutID(f.Data)
			return f.Function() == frame.ReadNext && f.Control&frame.Abnormal == 0 && ok && got == id && len(rest) > 0 && rest[len(rest)-1] == n
		}); err != nil {
			return nil, err
		}
		_, rest, _ := frame.CutID(f.Data)
		data = append(data, rest[:len(rest)-1]...)
	}
	return data, nil
}

// exchange sends a question and waits for the frame that is its answer; others are
// other meters', echoes, or late.
func (c *conn) exchange(t *line.Talk, q frame.Frame, size int, mine func(frame.Frame) bool) (frame.Frame, error) {
	if _, err := t.Again(); err != nil {
		return frame.Frame{}, err
	}
	out := frame.Append(frame.AppendWake(nil), q)
	if err := t.Send(out); err != nil {
		return frame.Frame{}, err
	}
	deadline := t.Deadline(size)
	var heard []byte
	for last := (time.Time{}); ; {
		until, pause := deadline, false
		if end := last.Add(fallsSilent); !last.IsZero() && end.Before(deadline) {
			until, pause = end, true
		}
		b, err := t.Receive(until)
		silent := errors.Is(err, os.ErrDeadlineExceeded)
		if err != nil && !silent {
			c.doubt = true
			return frame.Frame{}, err
		}
		if !silent {
			last = time.Now()
		}
		heard = append(heard, b...)
		for {
			f, rest, ok := next(heard, silent)
			heard = rest
			if !ok {
				break
			}
			if f.Control&frame.Answer != 0 && (c.settings.meter == frame.Any || f.Address == c.settings.meter) && mine(f) {
				t.Answered()
				return f, nil
			}
		}
		switch {
		case silent && !pause:
			c.doubt = true
			return frame.Frame{}, os.ErrDeadlineExceeded
		case silent:
			last = time.Time{}
		}
	}
}

// next cuts the first frame out of what was heard; what stands before it is noise.
func next(b []byte, silent bool) (f frame.Frame, rest []byte, ok bool) {
	for i := range b {
		f, n, err := frame.Cut(b[i:])
		switch {
		case err == nil:
			return f, b[i+n:], true
		case errors.Is(err, frame.ErrShort) && !silent:
			return f, b[i:], false
		}
	}
	return f, nil, false
}

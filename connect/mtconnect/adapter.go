package mtconnect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"zhigai/connect"
	"zhigai/connect/mtconnect/document"
	"zhigai/connect/mtconnect/shdr"
	"zhigai/connect/tap"
	"zhigai/plant"
)

// AdapterKind is the name of the driver for adapters.
const AdapterKind = "mtconnect-shdr"

// AdapterDriver makes connections to adapters, which speak SHDR: what a machine
// with an adapter and no agent has.
type AdapterDriver struct {
	now func() time.Time
	log *slog.Logger
}

var (
	_ connect.Driver     = (*AdapterDriver)(nil)
	_ connect.Subscriber = (*adapter)(nil)
)

// NewAdapter makes a driver.
func NewAdapter(o Options) *AdapterDriver { return &AdapterDriver{now: o.Now, log: o.Logger} }

// Kind implements [connect.Driver].
func (*AdapterDriver) Kind() string { return AdapterKind }

// Examples implements [connect.Exampler].
func (*AdapterDriver) Examples() connect.Examples {
	return connect.Examples{
		Device: plant.Device{Driver: AdapterKind, Address: "192.168.1.40:7878"},
		Point:  "pexecution", PointKind: plant.KindText,
	}
}

// CheckDevice implements [connect.Driver].
func (*AdapterDriver) CheckDevice(d plant.Device) error {
	_, err := adapterSettings(d)
	return err
}

// CheckPoint implements [connect.Driver]: an adapter's key, and a part behind it.
func (*AdapterDriver) CheckPoint(address string, kind plant.TagKind) error {
	_, err := keyOf(address, kind)
	return err
}

func keyOf(text string, kind plant.TagKind) (document.Address, error) {
	a, err := document.ParseAddress(text)
	switch {
	case err != nil:
		return a, err
	case kind == plant.KindWaveform:
		return a, fmt.Errorf("shdr address %q: waveforms are not read from an adapter; write a number for a series' last value", text)
	case a.Word == "" || strings.ContainsAny(a.Word, "|*@"):
		return a, fmt.Errorf("shdr address %q; write the key as the adapter sends it, for example pexecution", text)
	case a.Part.Kind == document.EntryOf:
		return a, fmt.Errorf("shdr address %q: entries of sets are read from an agent only; write the key alone for the whole set as a text", text)
	}
	return a, checkPart(text, a.Part, kind)
}

func adapterSettings(d plant.Device) (timeout time.Duration, err error) {
	host, port, err := net.SplitHostPort(d.Address)
	if n, convErr := strconv.Atoi(port); err != nil || host == "" || convErr != nil || n < 1 || n > 65535 {
		return 0, fmt.Errorf("shdr device address %q; write host:port, for example 192.168.1.20:7878", d.Address)
	}
	timeout = defaultTimeout
	for key, v := range d.Params {
		if key != "timeout" {
			return 0, fmt.Errorf("shdr param %q is not known; known is timeout", key)
		}
		if timeout, err = time.ParseDuration(v); err != nil || timeout < minTimeout || timeout > maxTimeout {
			return 0, fmt.Errorf("shdr param timeout %q; write a duration from %v to %v", v, minTimeout, maxTimeout)
		}
	}
	return timeout, nil
}

const (
	// quiet: an adapter says all it knows when somebody connects; one that does
	// not know heartbeats has said it when nothing came for so long.
	quiet = 300 * time.Millisecond
	// Heartbeats an adapter may ask for, and what an older one without any gets.
	minBeat, defBeat, maxBeat = 100 * time.Millisecond, 4 * time.Second, 30 * time.Minute
	// probes of the connection itself, which find a pulled plug where there is no
	// heartbeat: within 3 × probeEvery.
	probeEvery = 5 * time.Second
)

// Open implements [connect.Driver].
func (d *AdapterDriver) Open(ctx context.Context, device plant.Device) (connect.Conn, error) {
	timeout, err := adapterSettings(device)
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{
		Timeout:         dialWithin,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: probeEvery, Interval: probeEvery, Count: 3},
	}
	conn, err := dialer.DialContext(ctx, "tcp", device.Address)
	if err != nil {
		return nil, fmt.Errorf("shdr %s: %w", device.Address, err)
	}
	conn = tap.NewConn(ctx, conn)
	return &adapter{driver: d, conn: conn, in: shdr.NewReader(conn), timeout: timeout, states: map[string]*state{}, shapes: map[string]shdr.Shape{}}, nil
}

// adapter is a connection to one adapter. It remembers what the adapter said.
type adapter struct {
	driver  *AdapterDriver
	conn    net.Conn
	in      *shdr.Reader
	timeout time.Duration
	states  map[string]*state
	shapes  map[string]shdr.Shape
	beat    time.Duration // that the adapter asked for; 0 while it asked for none
	synced  bool
	first   time.Time // when the first relative time came
	since   float64   // what it was
	wrong   int
	closed  sync.Once
}

// Close implements [connect.Conn].
func (a *adapter) Close() error {
	a.closed.Do(func() { _ = a.conn.Close() }) // it is of no use any more, whatever Close says
	return nil
}

func (a *adapter) fail(err error) error {
	if errors.Is(err, io.EOF) {
		err = errors.New("the adapter closed the connection")
	}
	return fmt.Errorf("shdr %s: %w", a.conn.RemoteAddr(), err)
}

// next reads a line until the deadline. A line that is none is logged: an
// adapter that sends one goes on sending the others.
func (a *adapter) next(ctx context.Context, until time.Time) (shdr.Line, error) {
	if err := a.conn.SetReadDeadline(until); err != nil {
		return shdr.Line{}, err
	}
	if err := ctx.Err(); err != nil {
		return shdr.Line{}, err // its end would be put off by the deadline above
	}
	for {
		l, err := a.in.Next()
		if !errors.Is(err, shdr.ErrLine) {
			return l, err
		}
		a.complain(err)
	}
}

// maxComplaints is after how many wrong lines an adapter is heard without words.
const maxComplaints = 10

func (a *adapter) complain(err error) {
	if a.wrong++; a.wrong <= maxComplaints {
		a.driver.log.Warn("a line of an adapter was not understood", "device", a.conn.RemoteAddr(), "n", a.wrong, "err", err)
	}
}

func (a *adapter) ping() error {
	if err := a.conn.SetWriteDeadline(time.Now().Add(a.timeout)); err != nil {
		return err
	}
	_, err := io.WriteString(a.conn, "* PING\n")
	return err
}

// pong reports a heartbeat and takes the period it asks for.
func (a *adapter) pong(l shdr.Line) bool {
	if l.Command != "PONG" {
		return false
	}
	if ms, err := strconv.Atoi(l.Value); err == nil {
		if beat := time.Duration(ms) * time.Millisecond; ms > 0 && beat <= maxBeat {
			a.beat = max(beat, minBeat)
		}
	}
	return true
}

// sync reads all that the adapter said so far: up to the answer to a heartbeat,
// or, of one without heartbeats, until it is quiet.
func (a *adapter) sync(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = a.conn.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := a.ping(); err != nil {
		return a.fail(err)
	}
	end := time.Now().Add(a.timeout)
	for {
		until := end
		if a.beat == 0 {
			until = time.Now().Add(quiet)
		}
		l, err := a.next(ctx, until)
		switch {
		case ctx.Err() != nil:
			return a.fail(ctx.Err())
		case errors.Is(err, os.ErrDeadlineExceeded) && a.beat == 0 && (len(a.states) > 0 || a.synced):
			a.synced = true
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded) && time.Now().Before(end):
			continue
		case err != nil:
			return a.fail(err)
		case a.pong(l):
			a.synced = true
			return nil
		}
		a.take(l, nil)
		if time.Now().After(end) {
			return nil // it speaks without a pause; what holds so far holds
		}
	}
}

// take remembers what a line says and gives each observation to f.
func (a *adapter) take(l shdr.Line, f func(key string, s *state)) {
	all, err := l.Observations(func(key string) (shdr.Shape, bool) { s, ok := a.shapes[key]; return s, ok })
	if err != nil {
		a.complain(err)
	}
	at := a.time(l.Stamp)
	for _, o := range all {
		if a.states[o.Key] == nil {
			if len(a.states) >= maxKeys {
				continue
			}
			a.states[o.Key] = &state{}
		}
		a.states[o.Key].take(observationOf(o, at))
		if f != nil {
			f(o.Key, a.states[o.Key])
		}
	}
}

// maxKeys bounds what an adapter makes us remember.
const maxKeys = 10_000

// time is when it was, zero for now. Of relative times the first is now.
func (a *adapter) time(s shdr.Stamp) time.Time {
	if !s.Relative {
		return s.Time
	}
	if a.first.IsZero() {
		a.first, a.since = a.driver.now(), s.Since
	}
	return a.first.Add(time.Duration((s.Since - a.since) * float64(time.Millisecond)))
}

var conditionLevels = map[string]string{"NORMAL": "Normal", "WARNING": "Warning", "FAULT": "Fault"}

// observationOf is what an agent would make of it.
func observationOf(o shdr.Observation, at time.Time) document.Observation {
	out := document.Observation{Item: o.Key, Category: document.Event, Time: at, Value: o.Value}
	switch o.Shape {
	case shdr.Condition:
		out.Category, out.Value, out.Code, out.Severity, out.Qualifier = document.Condition, o.Text, o.Code, o.Severity, o.Qualifier
		if out.Level = conditionLevels[strings.ToUpper(o.Value)]; out.Level == "" {
			out.Level = "Unavailable"
		}
	case shdr.Message:
		out.Code = o.Code
	}
	return out
}

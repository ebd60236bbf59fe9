package sim

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"

	"zhigai/connect/iec104/asdu"
	"zhigai/plant"
)

// outstation is one machine as a controlled station of IEC 60870-5-104.
type outstation struct {
	m      *machine
	common uint16
	places []asdu.Address
}

// lookEvery is how often a station looks for changes to report.
const lookEvery = 100 * time.Millisecond

// ownWindow is how many frames a station sends before it waits for an
// acknowledgement (104, clause 5.5, parameter k).
const ownWindow = 12

func newOutstation(m *machine) (*outstation, error) {
	s := &outstation{m: m, common: 1}
	if text, ok := m.device.Params["common_address"]; ok {
		n, err := strconv.ParseUint(text, 10, 16)
		if err != nil || n == 0 || n == 65535 {
			return nil, fmt.Errorf("common_address %q; write 1 to 65534", text)
		}
		s.common = uint16(n)
	}
	for _, sig := range m.kind.Signals {
		a, err := asdu.ParseAddress(sig.At)
		if err != nil {
			return nil, fmt.Errorf("sim: %s: %w", sig.Name, err)
		}
		if a.Type == 0 {
			a.Type = asdu.Float
			if sig.Kind == plant.KindBoolean {
				a.Type = asdu.SinglePoint
			}
		}
		if a.CommandType == 0 {
			whole, err := asdu.ParseAddress(fmt.Sprintf("IOA %d (TI %d)", a.Object, a.Type))
			if err != nil {
				return nil, fmt.Errorf("sim: %s: %w", sig.Name, err)
			}
			a.CommandType = whole.CommandType
		}
		s.places = append(s.places, a)
	}
	return s, nil
}

// serveIEC104 serves machines as the stations behind one address.
func (p *Plant) serveIEC104(host, port string, machines []*machine) (string, error) {
	stations := map[uint16]*outstation{}
	for _, m := range machines {
		s, err := newOutstation(m)
		if err != nil {
			return "", fmt.Errorf("%s: %w", m.path, err)
		}
		if other := stations[s.common]; other != nil {
			return "", fmt.Errorf("%s and %s are both common address %d", other.m.path, m.path, s.common)
		}
		stations[s.common] = s
	}
	l, err := answerCallers(net.JoinHostPort(host, port), func(c net.Conn) { newTransfer(c, stations).run() })
	if err != nil {
		return "", err
	}
	p.closing(l.close)
	return l.l.Addr().String(), nil
}

// transfer is one connection of a controlling station.
type transfer struct {
	conn     net.Conn
	stations map[uint16]*outstation
	frames   chan asdu.Frame
	ended    chan struct{}

	started        bool
	sent, expected uint16
	confirmed      uint16
	told           uint16 // what was acknowledged last
	queue          []*asdu.ASDU
	versions       map[*outstation][]uint32
}

func newTransfer(c net.Conn, stations map[uint16]*outstation) *transfer {
	return &transfer{conn: c, stations: stations, frames: make(chan asdu.Frame), ended: make(chan struct{}), versions: map[*outstation][]uint32{}}
}

// run serves the connection until it ends.
func (t *transfer) run() {
	var reader sync.WaitGroup
	defer reader.Wait()
	defer func() { _ = t.conn.Close() }()
	done := make(chan struct{})
	defer close(done)
	reader.Go(func() {
		defer close(t.ended)
		t.read(done)
	})
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case f := <-t.frames:
			if !t.take(f) {
				return
			}
		case <-look.C:
			t.lookAround()
		case <-t.ended:
			return
		}
		if !t.flush() {
			return
		}
	}
}

func (t *transfer) read(done chan struct{}) {
	in := bufio.NewReader(t.conn)
	for {
		var start [asdu.StartSize]byte
		if _, err := io.ReadFull(in, start[:]); err != nil {
			return
		}
		n, err := asdu.ParseStart(start[:])
		if err != nil {
			return
		}
		b := make([]byte, n)
		if _, err := io.ReadFull(in, b); err != nil {
			return
		}
		f, err := asdu.ParseFrame(b)
		if err != nil {
			return
		}
		select {
		case t.frames <- f:
		case <-done:
			return
		}
	}
}

func (t *transfer) write(f asdu.Frame) bool {
	_, err := t.conn.Write(f.Append(nil))
	return err == nil
}

// take handles a frame; false ends the connection.
func (t *transfer) take(f asdu.Frame) bool {
	switch f.Format {
	case asdu.Unnumbered:
		answers := map[asdu.Function]asdu.Function{asdu.StartAct: asdu.StartCon, asdu.StopAct: asdu.StopCon, asdu.TestAct: asdu.TestCon}
		if f.Function != asdu.TestAct && f.Function != asdu.TestCon {
			t.started = f.Function == asdu.StartAct
			for _, s := range t.stations {
				t.versions[s] = s.now() // what holds before is asked for
			}
		}
		con, ok := answers[f.Function]
		return !ok || t.write(asdu.Frame{Format: asdu.Unnumbered, Function: con})
	case asdu.Supervisory:
		t.confirmed = f.Receive
		return true
	}
	if f.Send != t.expected || !t.started {
		return false
	}
	t.expected = (t.expected + 1) % asdu.Modulus
	t.confirmed = f.Receive
	a, err := asdu.Parse(f.ASDU)
	if err == nil {
		t.obey(&a)
	}
	return err == nil || errors.Is(err, asdu.ErrUnknownType)
}

// obey answers a question or a command of the controlling station.
func (t *transfer) obey(a *asdu.ASDU) {
	s := t.stations[a.Common]
	switch {
	case s == nil || s.m.is(Unplug):
		t.mirror(a, asdu.UnknownCommon, true)
		return
	case s.m.is(Silent):
		return
	case a.Cause != asdu.Activation && a.Cause != asdu.Deactivation && a.Cause != asdu.Requested:
		t.mirror(a, asdu.UnknownCause, true)
		return
	}
	switch {
	case a.Type == asdu.Interrogation || a.Type == asdu.Counters:
		t.mirror(a, asdu.ActivationCon, false)
		cause := asdu.Interrogated
		if a.Type == asdu.Counters {
			cause = asdu.CounterRequested
		}
		for i := range s.places {
			if (s.places[i].Type == asdu.Total) == (a.Type == asdu.Counters) {
				t.report(s, i, cause)
			}
		}
		t.mirror(a, asdu.Termination, false)
	case a.Type == asdu.ClockSync:
		t.mirror(a, asdu.ActivationCon, false)
	case a.Type == asdu.Read:
		for i := range s.places {
			if s.places[i].Object == a.Objects[0].Address {
				t.report(s, i, asdu.Requested)
				return
			}
		}
		t.mirror(a, asdu.UnknownObject, true)
	case a.Type.Commands():
		t.command(s, a)
	default:
		t.mirror(a, asdu.UnknownType, true)
	}
}

// mirror queues what was asked with another cause.
func (t *transfer) mirror(a *asdu.ASDU, cause asdu.Cause, negative bool) {
	out := *a
	out.Cause, out.Negative = cause, negative
	t.queue = append(t.queue, &out)
}

// command carries a command out. A selection is confirmed and not insisted on.
func (t *transfer) command(s *outstation, a *asdu.ASDU) {
	o := a.Objects[0]
	for i := range s.places {
		p := &s.places[i]
		if p.Command != o.Address || p.CommandType != a.Type.Base() {
			continue
		}
		c, err := o.Command(a.Type)
		if err != nil {
			t.mirror(a, asdu.ActivationCon, true)
			return
		}
		if c.Select {
			t.mirror(a, asdu.ActivationCon, !s.m.kind.Signals[i].Writable)
			return
		}
		number := c.Number
		switch a.Type.Base() {
		case asdu.DoubleCommand, asdu.StepCommand:
			number--
		case asdu.SingleCommand:
		default:
			number = s.m.kind.Signals[i].fromWire(number)
		}
		s.m.mu.Lock()
		taken := s.m.write(i, number)
		s.m.mu.Unlock()
		t.mirror(a, asdu.ActivationCon, !taken)
		if taken {
			t.mirror(a, asdu.Termination, false)
		}
		return
	}
	t.mirror(a, asdu.UnknownObject, true)
}

// lookAround queues what changed since it was reported last.
func (t *transfer) lookAround() {
	if !t.started {
		return
	}
	for _, s := range t.stations {
		if s.m.is(Unplug) || s.m.is(Silent) {
			continue
		}
		seen := t.versions[s]
		for i, v := range s.now() {
			if v != seen[i] && len(t.queue) < maxQueued {
				seen[i] = v
				t.report(s, i, asdu.Spontaneous)
			}
		}
	}
}

// maxQueued bounds what waits for a controlling station that does not
// acknowledge; what changed meanwhile is reported when there is room.
const maxQueued = 4096

// now is the version of every signal.
func (s *outstation) now() []uint32 {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	out := make([]uint32, len(s.m.values))
	for i := range out {
		out[i] = s.m.values[i].version
	}
	return out
}

// report queues one object: what is reported by itself carries its time.
func (t *transfer) report(s *outstation, i int, cause asdu.Cause) {
	kind := s.places[i].Type
	if cause == asdu.Spontaneous {
		kind = kind.Timed()
	}
	e := asdu.Element(kind, s.value(i))
	if s.m.is(Garbage) {
		for j := range e {
			e[j] = byte(mix(uint64(i)<<8 + uint64(j)))
		}
	}
	t.queue = append(t.queue, &asdu.ASDU{
		Type: kind, Cause: cause, Common: s.common, Objects: []asdu.Object{{Address: s.places[i].Object, Element: e}},
	})
}

func (s *outstation) value(i int) asdu.Value {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	sig, v := &s.m.kind.Signals[i], s.m.values[i]
	out := asdu.Value{Number: sig.onWire(v.num), Time: s.m.stamp(v.at).Time()}
	switch s.places[i].Type {
	case asdu.SinglePoint:
		out.Number = v.num
	case asdu.DoublePoint:
		out.Number = v.num + 1
	case asdu.Float:
		out.Number = spoiled(out.Number, s.m.faults)
	case asdu.Normalized, asdu.Scaled:
		if s.m.faults[Sentinel] || s.m.faults[NaN] {
			out.Quality = asdu.Invalid
		}
	}
	return out
}

// flush sends what is queued, as far as the controlling station keeps up, and
// acknowledges what no frame of ours has.
func (t *transfer) flush() bool {
	for len(t.queue) > 0 && t.started && int(t.sent-t.confirmed)%asdu.Modulus < ownWindow {
		if !t.write(asdu.Frame{Format: asdu.Information, Send: t.sent, Receive: t.expected, ASDU: t.queue[0].Append(nil)}) {
			return false
		}
		t.queue = t.queue[1:]
		t.sent = (t.sent + 1) % asdu.Modulus
		t.told = t.expected
	}
	if t.told == t.expected {
		return true
	}
	t.told = t.expected
	return t.write(asdu.Frame{Format: asdu.Supervisory, Receive: t.expected})
}

package sim

import (
	"context"
	"math"
	"net"
	"strconv"
	"time"

	"github.com/gopcua/opcua/id"
	"github.com/gopcua/opcua/server"
	"github.com/gopcua/opcua/ua"

	"zhigai/plant"
)

// namespace is the URI of the simulated machines' nodes.
const namespace = "urn:zhigai:demo"

// serveOPCUA serves machines as one OPC UA server without encryption: the
// library's server does not do more. It stands behind a [porch].
// Subscriptions, reading and writing are ours, see subscription.go.
func (p *Plant) serveOPCUA(host, port string, machines []*machine) (string, error) {
	front, err := newPorch(net.JoinHostPort(host, port))
	if err != nil {
		return "", err
	}
	address := front.l.Addr().(*net.TCPAddr)
	inner, err := freePort()
	if err != nil {
		front.close()
		return "", err
	}
	s := server.New(server.EndPoint(loopback, inner), server.EndPoint(host, address.Port), server.EnableSecurity("None", ua.MessageSecurityModeNone),
		server.EnableAuthMode(ua.UserTokenTypeAnonymous), server.ServerName("zhigai simulated machines"), server.ManufacturerName("zhigai"),
		server.ProductName("simulated plant"))
	sp, err := newSpace(machines)
	if err != nil {
		front.close()
		return "", err
	}
	s.AddNamespace(sp)
	for _, one := range sp.others {
		s.AddNamespace(one)
	}
	sp.number()
	root, err := s.Namespace(0)
	if err != nil {
		front.close()
		return "", err
	}
	for _, m := range sp.tops {
		root.Objects().AddRef(sp.show(m), id.Organizes, true)
	}
	ctx, cancel := context.WithCancel(context.Background())
	publishing, stop := context.WithCancel(ctx)
	subs := newSubscriptions(publishing, s, sp)
	subs.register()
	if err := s.Start(ctx); err != nil {
		stop()
		cancel()
		front.close()
		return "", err
	}
	front.begin(net.JoinHostPort(loopback, strconv.Itoa(inner)))
	p.closing(func() {
		stop()
		subs.done.Wait()
		front.close()
		_ = s.Close() // it has no connections left to wait for
		cancel()
	})
	return "opc.tcp://" + address.String(), nil
}

// value is a signal as the server gives it.
func (n *node) value() *ua.DataValue {
	m := n.m
	m.mu.Lock()
	v, kind := m.values[n.slot], m.kind.Signals[n.slot].Kind
	at := m.stamp(v.at)
	faults := [...]bool{m.faults[Unplug], m.faults[Silent], m.faults[NaN], m.faults[Sentinel], m.faults[Garbage]}
	m.mu.Unlock()
	out := &ua.DataValue{
		EncodingMask:    ua.DataValueValue | ua.DataValueSourceTimestamp | ua.DataValueServerTimestamp,
		SourceTimestamp: at.Time(), ServerTimestamp: time.Now(),
	}
	switch {
	case faults[0], faults[1]:
		out.EncodingMask, out.Status = ua.DataValueStatusCode|ua.DataValueServerTimestamp, ua.StatusBadNoCommunication
		if faults[1] {
			out.Status = ua.StatusBadTimeout
		}
		return out
	case faults[4] && kind != plant.KindText:
		out.Value = ua.MustVariant("\x00#garbage")
		return out
	}
	var content any = n.raw(v.num)
	switch kind {
	case plant.KindText:
		content = v.text
	case plant.KindBoolean:
		content = v.num != 0
	case plant.KindEnumeration:
		content = int32(v.num)
		if faults[3] {
			content = int32(math.MinInt32)
		}
	default:
		if faults[2] {
			content = math.NaN()
		} else if faults[3] {
			content = 1e38
		}
	}
	out.Value = ua.MustVariant(content)
	return out
}

// raw is a number as the device counts it, shown the other way round.
func (n *node) raw(number float64) float64 {
	sig := &n.m.kind.Signals[n.slot]
	if sig.Kind != plant.KindNumber || sig.Scale == 0 {
		return number
	}
	return (number - sig.Offset) / sig.Scale
}

func (n *node) shown(raw float64) float64 {
	sig := &n.m.kind.Signals[n.slot]
	if sig.Kind != plant.KindNumber || sig.Scale == 0 {
		return raw
	}
	return raw*sig.Scale + sig.Offset
}

// version tells whether the value is another one; a silent machine has none.
func (n *node) version() (version uint32, silent bool) {
	n.m.mu.Lock()
	defer n.m.mu.Unlock()
	return n.m.values[n.slot].version, n.m.faults[Silent]
}

// SetAttribute implements [server.NameSpace]: set points can be written.
func (s *space) SetAttribute(nodeID *ua.NodeID, attribute ua.AttributeID, v *ua.DataValue) ua.StatusCode {
	n := s.nodes[nodeID.StringID()]
	switch {
	case n == nil || n.m == nil:
		return ua.StatusBadNodeIDUnknown
	case attribute != ua.AttributeIDValue || !n.m.kind.Signals[n.slot].Writable:
		return ua.StatusBadNotWritable
	case v == nil || v.Value == nil:
		return ua.StatusBadTypeMismatch
	}
	number, ok := v.Value.Value().(float64)
	if on, isBool := v.Value.Value().(bool); isBool && n.m.kind.Signals[n.slot].Kind == plant.KindBoolean {
		number, ok = flag(on), true
	}
	if !ok {
		return ua.StatusBadTypeMismatch
	}
	n.m.mu.Lock()
	defer n.m.mu.Unlock()
	if n.m.faults[Unplug] || n.m.faults[Silent] {
		return ua.StatusBadNoCommunication
	}
	if !n.m.write(n.slot, n.shown(number)) {
		return ua.StatusBadOutOfRange
	}
	return ua.StatusOK
}

const loopback = "127.0.0.1"

// freePort finds a free port for the library, which does not tell which one it
// took.
func freePort() (int, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(loopback, "0"))
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

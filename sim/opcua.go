package sim

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/gopcua/opcua/server"
	"github.com/gopcua/opcua/ua"

	"zhigai/plant"
)

// namespace is the URI of the simulated machines' nodes.
const namespace = "urn:zhigai:demo"

// node is one signal in the address space.
type node struct {
	id   *ua.NodeID
	m    *machine
	slot int
}

// serveOPCUA serves machines as one OPC UA server without encryption: the
// library's server does not do more, and it is reached on this machine only.
func (p *Plant) serveOPCUA(host string, machines []*machine) (string, error) {
	port, err := freePort(host)
	if err != nil {
		return "", err
	}
	s := server.New(server.EndPoint(host, port), server.EnableSecurity("None", ua.MessageSecurityModeNone), server.EnableAuthMode(ua.UserTokenTypeAnonymous),
		server.ServerName("zhigai simulated grinders"), server.ManufacturerName("zhigai"), server.ProductName("simulated plant"))
	ns := server.NewNodeNameSpace(s, namespace)
	var nodes []node
	for _, m := range machines {
		for i, sig := range m.kind.Signals {
			name := strings.ReplaceAll(sig.At[strings.LastIndex(sig.At, "s=")+2:], "{prefix}", m.device.Params["prefix"])
			n := ns.AddNewVariableStringNode(name, func() *ua.DataValue { return m.dataValue(i) })
			nodes = append(nodes, node{n.ID(), m, i})
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	if err := s.Start(ctx); err != nil {
		cancel()
		return "", err
	}
	changes := make(chan struct{}, 1)
	done := make(chan struct{})
	go func() { // a client that reads slowly must hold up its own server only
		defer close(done)
		for {
			select {
			case <-ctx.Done():
				return
			case <-changes:
				notify(ns, nodes)
			}
		}
	}()
	p.updating(func([]*machine) {
		select {
		case changes <- struct{}{}:
		default: // the next round tells what changed meanwhile
		}
	})
	p.closing(func() {
		cancel()
		_ = s.Close() // it only closes sockets
	})
	return fmt.Sprintf("opc.tcp://%s", net.JoinHostPort(host, fmt.Sprint(port))), nil
}

func notify(ns *server.NodeNameSpace, nodes []node) {
	for _, n := range nodes {
		n.m.mu.Lock()
		changed := n.m.changed[n.slot]
		n.m.changed[n.slot] = false
		n.m.mu.Unlock()
		if changed {
			ns.ChangeNotification(n.id)
		}
	}
}

func (m *machine) dataValue(i int) *ua.DataValue {
	m.mu.Lock()
	v, kind, now := m.values[i], m.kind.Signals[i].Kind, m.now
	m.mu.Unlock()
	var content any
	switch kind {
	case plant.KindText:
		content = v.text
	case plant.KindBoolean:
		content = v.num != 0
	case plant.KindEnumeration:
		content = int32(v.num)
	default:
		content = v.num
	}
	return &ua.DataValue{
		EncodingMask: ua.DataValueValue | ua.DataValueSourceTimestamp | ua.DataValueServerTimestamp,
		Value:        ua.MustVariant(content), SourceTimestamp: now, ServerTimestamp: time.Now(),
	}
}

func freePort(host string) (int, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

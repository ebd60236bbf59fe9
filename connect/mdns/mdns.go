// Package mdns hears devices that announce themselves on the network by multicast
// DNS (RFC 6762) with service discovery (RFC 6763): OPC UA servers, MTConnect
// agents, Modbus gateways, and hints of brokers and known modules.
//
// It asks who is there and listens; it never connects to what it hears of, and
// answers nobody. Start with [Open] and [Listener.Found].
package mdns

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/net/ipv4"

	"zhigai/connect"
	"zhigai/connect/mdns/message"
)

// group is where multicast DNS is spoken (RFC 6762, 3).
var group = &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353}

// Asking: at once, then after a second, then twice as long each time (RFC 6762,
// 5.2) up to lastWait: devices announce themselves when they come up anyway.
const (
	firstWait = time.Second
	lastWait  = 10 * time.Minute
)

// maxInterfaces are listened on at most; a node with more is a router.
const maxInterfaces = 32

// Options of a listener. Now and Log are required.
type Options struct {
	// Interfaces are listened on; nil stands for every one that is up and can
	// multicast, but for the loopback.
	Interfaces []net.Interface
	Now        func() time.Time
	Log        *slog.Logger
}

// Listener hears announcements. Its methods may be called concurrently.
type Listener struct {
	o     Options
	conns []*socket
	book  *book
}

type socket struct {
	*net.UDPConn
	packets  *ipv4.PacketConn
	on       net.Interface
	loopback bool
}

// Open begins to listen. The error says that nothing can be heard on any
// interface.
func Open(o Options) (*Listener, error) {
	if o.Interfaces == nil {
		all, err := net.Interfaces()
		if err != nil {
			return nil, fmt.Errorf("mdns: %w", err)
		}
		for _, i := range all {
			if i.Flags&net.FlagUp != 0 && i.Flags&net.FlagMulticast != 0 && i.Flags&net.FlagLoopback == 0 {
				o.Interfaces = append(o.Interfaces, i)
			}
		}
	}
	l := &Listener{o: o, book: newBook()}
	problems := []error{errors.New("mdns: no interface can multicast")}
	for _, i := range o.Interfaces[:min(len(o.Interfaces), maxInterfaces)] {
		s, err := open(i)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", i.Name, err))
			continue
		}
		l.conns = append(l.conns, s)
	}
	if len(l.conns) == 0 {
		return nil, errors.Join(problems...)
	}
	return l, nil
}

func open(i net.Interface) (*socket, error) {
	conn, err := net.ListenMulticastUDP("udp4", &i, group)
	if err != nil {
		return nil, err
	}
	s := &socket{UDPConn: conn, packets: ipv4.NewPacketConn(conn), on: i, loopback: i.Flags&net.FlagLoopback != 0}
	// Programs on this machine are to hear the question, too; a packet says over
	// which interface it came, and answers of another are another socket's.
	err = errors.Join(s.packets.SetMulticastLoopback(true), s.packets.SetMulticastTTL(255), s.packets.SetControlMessage(ipv4.FlagInterface, true))
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return s, nil
}

// Run asks and listens until ctx ends; then the listener is closed.
func (l *Listener) Run(ctx context.Context) error {
	ask, err := question()
	if err != nil {
		return err
	}
	var all sync.WaitGroup
	for _, s := range l.conns {
		all.Go(func() { l.listen(s) })
	}
	all.Go(func() {
		<-ctx.Done()
		for _, s := range l.conns {
			_ = s.Close() // ends its listening
		}
	})
	for wait := firstWait; ; wait = min(2*wait, lastWait) {
		for _, s := range l.conns {
			if _, err := s.WriteTo(ask, group); err != nil && ctx.Err() == nil {
				l.o.Log.Debug("devices cannot be asked to announce themselves", "interface", s.on.Name, "err", err)
			}
		}
		select {
		case <-ctx.Done():
			all.Wait()
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// listen takes in what comes over one interface until its socket is closed.
func (l *Listener) listen(s *socket) {
	buf := make([]byte, message.MaxSize+1)
	for {
		n, control, from, err := s.packets.ReadFrom(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			l.o.Log.Debug("an announcement cannot be read", "interface", s.on.Name, "err", err)
			continue
		}
		if control != nil && control.IfIndex != s.on.Index || !fromPort(from) {
			continue
		}
		m, err := message.Parse(buf[:n])
		if err != nil {
			l.o.Log.Debug("an announcement cannot be read", "from", from, "err", err)
			continue
		}
		l.book.hear(m, l.o.Now(), s.loopback)
	}
}

// fromPort: what does not come from the port of multicast DNS is no announcement
// (RFC 6762, 11).
func fromPort(from net.Addr) bool {
	a, err := netip.ParseAddrPort(from.String())
	return err == nil && int(a.Port()) == group.Port
}

// Found is every device that announces itself now.
func (l *Listener) Found() []connect.Found { return l.book.found(l.o.Now()) }

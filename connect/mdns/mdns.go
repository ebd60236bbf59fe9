// Package mdns hears devices that announce themselves on the network by multicast
// DNS (RFC 6762) with service discovery (RFC 6763): OPC UA servers, MTConnect
// agents, Modbus gateways, and hints of brokers and known modules.
//
// It asks who is there and listens; it never connects to what it hears of, and
// answers nobody. Start with [New] and [Listener.Found].
package mdns

import (
	"context"
	"errors"
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

const (
	// lookEvery is how often interfaces are looked through and it is seen whether
	// something has to be asked: a cable that was plugged in is listened on soon.
	lookEvery = 5 * time.Second
	// lastWait is the longest time between two questions over an interface. The
	// first is asked at once and each later one twice as long after it (RFC 6762,
	// 5.2): devices announce themselves when they come up anyway.
	lastWait = 10 * time.Minute
	// leastWait is between questions because something runs out or is missing:
	// nobody makes a node ask all the time by announcing what holds a second.
	leastWait = 20 * time.Second
	// maxInterfaces are listened on at most; a node with more is a router.
	maxInterfaces = 32
)

// Options of a listener. Now and Log are required.
type Options struct {
	// Interfaces are those to listen on, asked for again and again as they come
	// and go; nil stands for [Interfaces].
	Interfaces func() ([]net.Interface, error)
	Now        func() time.Time
	Log        *slog.Logger
}

// Listener hears announcements. Found may be called at any time.
type Listener struct {
	o       Options
	every   time.Duration
	book    *book
	sockets map[int]*socket // by index of the interface; of Run alone
	deaf    map[string]bool // interfaces that cannot be listened on, said once; of Run alone
	asked   time.Time       // because of what runs out or is missing; of Run alone
	all     sync.WaitGroup  // those that listen
}

type socket struct {
	*net.UDPConn
	packets *ipv4.PacketConn
	on      net.Interface
	next    time.Time // question
	wait    time.Duration
}

// New makes a listener that listens while it runs.
func New(o Options) *Listener {
	if o.Interfaces == nil {
		o.Interfaces = Interfaces
	}
	return &Listener{o: o, every: lookEvery, book: newBook(), sockets: map[int]*socket{}, deaf: map[string]bool{}}
}

// Interfaces are those of this machine that are up and can multicast, but for
// the loopback.
func Interfaces() ([]net.Interface, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var out []net.Interface
	for _, i := range all {
		if i.Flags&net.FlagUp != 0 && i.Flags&net.FlagMulticast != 0 && i.Flags&net.FlagLoopback == 0 {
			out = append(out, i)
		}
	}
	return out, nil
}

// Found is every device that announces itself now.
func (l *Listener) Found() []connect.Found { return l.book.found(l.o.Now()) }

// Run asks and listens until ctx ends. It may be called once.
func (l *Listener) Run(ctx context.Context) error {
	clock := time.NewTicker(l.every)
	defer clock.Stop()
	defer l.all.Wait()
	defer func() {
		for _, s := range l.sockets {
			_ = s.Close() // ends its listening
		}
	}()
	for {
		l.follow()
		l.ask(l.o.Now())
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-clock.C:
		}
	}
}

// follow listens on interfaces that came and no longer on those that went.
func (l *Listener) follow() {
	there, err := l.o.Interfaces()
	if err != nil {
		l.o.Log.Debug("mdns: interfaces cannot be listed", "err", err)
		return
	}
	here := map[int]bool{}
	for _, i := range there[:min(len(there), maxInterfaces)] {
		here[i.Index] = true
		if l.sockets[i.Index] != nil {
			continue
		}
		s, err := open(i)
		if err != nil {
			if !l.deaf[i.Name] {
				l.deaf[i.Name] = true
				l.o.Log.Warn("devices that announce themselves are not heard on an interface", "interface", i.Name, "err", err)
			}
			continue
		}
		delete(l.deaf, i.Name)
		l.sockets[i.Index] = s
		l.all.Go(func() { l.listen(s) })
	}
	for index := range l.sockets {
		if !here[index] {
			l.drop(index)
		}
	}
}

func (l *Listener) drop(index int) {
	_ = l.sockets[index].Close() // ends its listening
	delete(l.sockets, index)
}

func open(i net.Interface) (*socket, error) {
	conn, err := net.ListenMulticastUDP("udp4", &i, group) // beside other programs on the port
	if err != nil {
		return nil, err
	}
	s := &socket{UDPConn: conn, packets: ipv4.NewPacketConn(conn), on: i, wait: lookEvery}
	// Programs on this machine are to hear the question, too. A packet says over
	// which interface it came and to whom: on Linux the socket gets those of other
	// interfaces, and what was sent to this machine alone.
	err = errors.Join(s.packets.SetMulticastLoopback(true), s.packets.SetMulticastTTL(255), s.packets.SetControlMessage(ipv4.FlagInterface|ipv4.FlagDst, true))
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return s, nil
}

// ask asks over each interface when it is time to, and over all when something
// runs out or is missing.
func (l *Listener) ask(now time.Time) {
	var missing []message.Question
	again := false
	if now.Sub(l.asked) >= min(leastWait, 4*l.every) {
		if missing, again = l.book.open(now); again {
			l.asked = now
		}
	}
	question, err := message.Message{Questions: append(everybody(), missing...)}.Pack()
	if err != nil { // names that were read can be written
		l.o.Log.Error("mdns: the question cannot be written", "err", err)
		return
	}
	for index, s := range l.sockets {
		if !again && now.Before(s.next) {
			continue
		}
		if !now.Before(s.next) {
			s.next, s.wait = now.Add(s.wait), min(2*s.wait, lastWait)
		}
		if err := s.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
			l.drop(index)
			continue
		}
		if _, err := s.WriteTo(question, group); err != nil {
			l.o.Log.Debug("devices cannot be asked to announce themselves", "interface", s.on.Name, "err", err)
			l.drop(index) // opened anew when it is there
		}
	}
}

// everybody asks for all kinds of devices.
func everybody() []message.Question {
	out := make([]message.Question, len(services))
	for i, s := range services {
		out[i] = message.Question{Kind: message.Pointer, Name: s.name}
	}
	return out
}

// listen takes in what comes over one interface until its socket is closed.
func (l *Listener) listen(s *socket) {
	buf := make([]byte, message.MaxSize+1)
	for {
		n, control, from, err := s.packets.ReadFrom(buf)
		if err != nil {
			if !errors.Is(err, net.ErrClosed) {
				l.o.Log.Debug("mdns: an interface is no longer listened on until it is asked again", "interface", s.on.Name, "err", err)
				_ = s.Close() // the next question fails and opens it anew
			}
			return
		}
		sender, ok := announcer(s, control, from)
		if !ok {
			continue
		}
		m, err := message.Parse(buf[:n])
		if err != nil {
			l.o.Log.Debug("an announcement cannot be read", "from", from, "err", err)
			continue
		}
		if l.book.hear(m, l.o.Now(), sender) {
			l.o.Log.Warn("more devices announce themselves than are remembered; the further ones are not listed", "remembered", maxInstances, "from", from)
		}
	}
}

// announcer is who sent what came over the socket's interface to the group; ok is
// false for anything else. What comes from another port is no announcement, and
// what was sent to this machine alone may come from beyond the link (RFC 6762, 11).
func announcer(s *socket, control *ipv4.ControlMessage, from net.Addr) (sender netip.Addr, ok bool) {
	a, err := netip.ParseAddrPort(from.String())
	if err != nil || int(a.Port()) != group.Port || control == nil {
		return netip.Addr{}, false
	}
	return a.Addr().Unmap(), control.IfIndex == s.on.Index && control.Dst.Equal(group.IP)
}

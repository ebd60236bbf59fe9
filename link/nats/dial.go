package nats

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"zhigai/link"
)

const (
	dialTime = 10 * time.Second
	// writeTime is how long one write may be stuck: a way of a few KB/s is slow
	// and not dead, which pings tell.
	writeTime = time.Minute
	// maxAsked bounds the questions a child works on at once.
	maxAsked = 8
	// handlerTime is the longest a child works on one question.
	handlerTime = 2 * time.Minute
	// sendBuffer is what one connection may hold unsent; a delivery that does
	// not fit is sent by itself.
	sendBuffer = 8 << 20
)

// DialOptions say where the parent is and who we are.
type DialOptions struct {
	Addresses []string // nats://host:port of each replica
	Key       *Key
	Pin       [link.FingerprintBytes]byte // from the enrolment code
	Host      string                      // name shown at the parent
	PingEvery time.Duration               // two unanswered pings end a half-open connection; 5 s
}

type transport struct{ o DialOptions }

var _ link.Transport = transport{}

// NewTransport checks the options; it connects in Dial.
func NewTransport(o DialOptions) (link.Transport, error) {
	if o.Key == nil || len(o.Addresses) == 0 {
		return nil, errors.New("link: key and address of the parent are needed")
	}
	for _, a := range o.Addresses {
		rest, ok := strings.CutPrefix(a, "nats://")
		if _, _, err := net.SplitHostPort(rest); !ok || err != nil {
			return nil, fmt.Errorf("link: parent %q is not nats://host:port", a)
		}
	}
	if o.PingEvery <= 0 {
		o.PingEvery = 5 * time.Second
	}
	return transport{o}, nil
}

// dialer makes the library's dial and handshake obey a context.
type dialer struct {
	ctx   context.Context
	stops []func() bool
}

func (d *dialer) Dial(network, address string) (net.Conn, error) {
	one := net.Dialer{Timeout: dialTime}
	c, err := one.DialContext(d.ctx, network, address)
	if err == nil {
		d.stops = append(d.stops, context.AfterFunc(d.ctx, func() { _ = c.Close() }))
	}
	return c, err
}

// release lets connections live on when the context ends.
func (d *dialer) release() {
	for _, stop := range d.stops {
		stop()
	}
}

func (t transport) Dial(ctx context.Context) (link.Conn, error) {
	c := &conn{id: t.o.Key.ID(), done: make(chan struct{})}
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	d := &dialer{ctx: ctx}
	nc, err := nats.Connect(strings.Join(t.o.Addresses, ","),
		nats.Name(t.o.Host),
		nats.Secure(pinned(t.o.Pin)), nats.TLSHandshakeFirst(),
		nats.Nkey(string(t.o.Key.ID()), t.o.Key.pair.Sign),
		nats.CustomInboxPrefix(inbox(t.o.Key.ID())),
		nats.SetCustomDialer(d), nats.Timeout(dialTime),
		nats.NoReconnect(), nats.IgnoreDiscoveredServers(),
		nats.PingInterval(t.o.PingEvery), nats.MaxPingsOutstanding(2),
		nats.FlusherTimeout(writeTime), nats.ReconnectBufSize(sendBuffer),
		nats.ClosedHandler(func(*nats.Conn) { close(c.done) }),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}), // what matters comes back from the call
	)
	if err != nil {
		return nil, fmt.Errorf("link: dial %s: %w", strings.Join(t.o.Addresses, ", "), err)
	}
	d.release()
	c.nc = nc
	number, err := nc.GetClientID()
	if err != nil {
		nc.Close()
		return nil, fmt.Errorf("link: the server at %s gives no connection number: %w", nc.ConnectedUrl(), err)
	}
	c.number, c.replica = strconv.FormatUint(number, 10), nc.ConnectedServerId()
	return c, nil
}

// conn is one connection to a replica.
type conn struct {
	nc              *nats.Conn
	id              link.NodeID
	replica, number string
	done            chan struct{}

	mu    sync.Mutex
	over  bool
	asked sync.WaitGroup
}

func (c *conn) Request(ctx context.Context, verb string, payload []byte) ([]byte, error) {
	if int64(len(payload)) > c.nc.MaxPayload() {
		return nil, fmt.Errorf("link: message of %d bytes; the parent takes %d", len(payload), c.nc.MaxPayload())
	}
	m, err := c.nc.RequestWithContext(ctx, upSubject(c.replica, c.id, c.number, verb), payload)
	if err != nil {
		return nil, fmt.Errorf("link: %s to %s: %w", verb, c.nc.ConnectedAddr(), err)
	}
	return m.Data, nil
}

func (c *conn) Serve(instance string, answer func(ctx context.Context, verb string, payload []byte) []byte) error {
	if !token(instance) {
		return fmt.Errorf("link: instance %q has other than letters and digits", instance)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-c.done
		cancel()
	}()
	slots := make(chan struct{}, maxAsked)
	_, err := c.nc.Subscribe(downSubject(c.id, instance, "*"), func(m *nats.Msg) {
		verb := m.Subject[strings.LastIndexByte(m.Subject, '.')+1:]
		select {
		case slots <- struct{}{}:
		default:
			_ = m.Respond(link.RefuseBusy(time.Second)) // the asker's time runs out otherwise
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.over {
			return
		}
		c.asked.Go(func() {
			defer func() { <-slots }()
			ctx, cancel := context.WithTimeout(ctx, handlerTime)
			defer cancel()
			_ = m.Respond(answer(ctx, verb, m.Data))
		})
	})
	if err != nil {
		return fmt.Errorf("link: listen to the parent: %w", err)
	}
	return c.nc.FlushTimeout(dialTime)
}

func (c *conn) Done() <-chan struct{} { return c.done }

// Close ends the connection and waits for the work on questions.
func (c *conn) Close() error {
	c.mu.Lock()
	c.over = true
	c.mu.Unlock()
	c.nc.Close()
	<-c.done
	c.asked.Wait()
	return nil
}

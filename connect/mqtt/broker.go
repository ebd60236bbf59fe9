package mqtt

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// Broker is an MQTT 3.1.1 and 5 broker in the process.
type Broker struct {
	address   string
	tls       *tls.Config
	keeper    Gatekeeper
	anonymous *Rights
	limits    Limits
	now       func() time.Time
	log       *slog.Logger
	flooded   func(Flood)
	quiet     time.Duration // that ends a flood
	post      *post

	server *mochi.Server
	ctx    context.Context // ends when the broker closes; every handler gets it
	cancel context.CancelFunc

	mu       sync.RWMutex
	handlers []route
	watchers []Watcher
	gate     *gate
	closed   bool

	conns sync.WaitGroup // the accept loop and one per connection
}

type route struct {
	filter string
	handle Handler
	take   Taker // may be nil
}

// NewBroker makes a broker that does not listen yet, so that every handler
// can be in place before the first client is.
func NewBroker(o Options) (*Broker, error) {
	if err := checkRights(o.Anonymous); err != nil {
		return nil, fmt.Errorf("mqtt broker: anonymous rights: %w", err)
	}
	host, _, err := net.SplitHostPort(o.Address)
	if err != nil {
		return nil, fmt.Errorf("mqtt broker: address %q: %w; write for example 127.0.0.1:1883", o.Address, err)
	}
	if o.Anonymous != nil && !isLoopback(host) {
		return nil, fmt.Errorf("mqtt broker: clients without a user name are admitted on a loopback address only, not on %q", o.Address)
	}
	if o.Gatekeeper == nil && o.Anonymous == nil {
		return nil, errors.New("mqtt broker: nobody could connect: give a gatekeeper or anonymous rights")
	}
	if o.Now == nil || o.Logger == nil {
		return nil, errors.New("mqtt broker: Now and Logger are required")
	}
	b := &Broker{
		address: o.Address, tls: o.TLS, keeper: o.Gatekeeper, anonymous: o.Anonymous,
		limits: o.Limits.withDefaults(), now: o.Now, log: o.Logger, flooded: o.Flooded, quiet: quietFor,
	}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	b.post = newPost(b)
	b.server = mochi.New(&mochi.Options{
		Capabilities: b.capabilities(),
		InlineClient: true,
		// The library logs whole packets; what an operator needs is logged by the hook.
		Logger: slog.New(slog.DiscardHandler),
		// Broker topics are off: the interval cannot be zero, so it is long.
		SysTopicResendInterval: 10 * 365 * 24 * 3600,
		// Every packet is written at once: one that the library gathered would be
		// waited for by the subscriber, and its acknowledgement by the next.
		ClientNetWriteBufferSize: 1,
	})
	if err := b.server.AddHook(&hook{b: b, members: make(map[*mochi.Client]*inbox)}, nil); err != nil {
		return nil, fmt.Errorf("mqtt broker: hook: %w", err)
	}
	return b, nil
}

func (b *Broker) capabilities() *mochi.Capabilities {
	c := mochi.NewDefaultServerCapabilities()
	c.MaximumClients = int64(b.limits.Clients)
	c.MaximumPacketSize = uint32(b.limits.PacketBytes)
	c.ReceiveMaximum = b.limits.Inflight
	c.MaximumInflight = b.limits.Inflight
	c.MaximumClientWritesPending = b.limits.Queue
	c.MaximumSessionExpiryInterval = sessionSeconds
	// Else retained messages vanish after a day, STATE among them.
	c.MaximumMessageExpiryInterval = 0
	// Rights are asked for the topic name before an alias is resolved.
	c.TopicAliasMaximum = 0
	c.SharedSubAvailable = 0
	c.MinimumProtocolVersion = 4
	return c
}

// Start listens. It returns once clients can connect.
func (b *Broker) Start() error {
	l, err := net.Listen("tcp", b.address)
	if err != nil {
		return fmt.Errorf("mqtt broker: listen: %w", err)
	}
	g := newGate(l, b.limits.Clients)
	b.mu.Lock()
	if b.closed || b.gate != nil {
		b.mu.Unlock()
		_ = l.Close()
		return errors.New("mqtt broker: started twice or after Close")
	}
	b.gate = g
	b.mu.Unlock()
	if err := b.server.Serve(); err != nil { // without a listener of its own
		_ = l.Close()
		return fmt.Errorf("mqtt broker: serve: %w", err)
	}
	for topic := range b.server.Topics.Retained.GetAll() {
		if strings.HasPrefix(topic, "$") { // written once by Serve, whatever the interval
			b.server.Topics.Retained.Delete(topic)
		}
	}
	var face net.Listener = g
	if b.tls != nil {
		face = tls.NewListener(g, b.tls)
	}
	b.conns.Go(func() { b.accept(face) })
	b.conns.Go(b.post.tellAll)
	return nil
}

// accept is ours and not the library's, whose counting of connections races
// with its own Close.
func (b *Broker) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			// Out of file descriptors, most likely: others end, then it goes on.
			b.log.Error("mqtt broker: accept", slog.Any("err", err))
			select {
			case <-time.After(acceptAgain):
				continue
			case <-b.ctx.Done():
				return
			}
		}
		b.conns.Go(func() {
			if err := b.server.EstablishConnection("tcp", c); err != nil {
				b.log.Debug("mqtt connection ended", slog.String("remote", c.RemoteAddr().String()), slog.Any("err", err))
			}
			_ = c.Close()
		})
	}
}

// Addr is where the broker listens, nil before Start.
func (b *Broker) Addr() net.Addr {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.gate == nil {
		return nil
	}
	return b.gate.Addr()
}

// Close ends handlers that wait, tells clients, and returns when every
// connection is closed. A broker is not started again.
func (b *Broker) Close() error {
	b.mu.Lock()
	g, again := b.gate, b.closed
	b.closed = true
	b.mu.Unlock()
	if again {
		return nil
	}
	b.cancel()
	if g == nil {
		return nil
	}
	_ = g.Close()
	for _, cl := range b.server.Clients.GetAll() {
		if !cl.Net.Inline && !cl.Closed() {
			_ = b.server.DisconnectClient(cl, packets.ErrServerShuttingDown)
		}
	}
	g.closeAll()
	b.conns.Wait()
	return b.server.Close()
}

// Handle calls h for every message of a client whose topic falls under the
// filter. Several handlers may take one message; all have to agree before it
// is acknowledged. Messages published by Publish are not handled.
func (b *Broker) Handle(filter string, h Handler) error { return b.HandleOrTake(filter, h, nil) }

// HandleOrTake is Handle with a way that does not wait, tried where no other
// handler wants the message.
func (b *Broker) HandleOrTake(filter string, h Handler, take Taker) error {
	if err := CheckFilter(filter); err != nil {
		return fmt.Errorf("mqtt broker: handle: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.handlers = append(b.handlers[:len(b.handlers):len(b.handlers)], route{filter, h, take})
	return nil
}

// Watch adds a watcher.
func (b *Broker) Watch(w Watcher) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.watchers = append(b.watchers[:len(b.watchers):len(b.watchers)], w)
}

func (b *Broker) watching() []Watcher {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.watchers
}

// Publish sends a message to the clients that subscribed to its topic.
func (b *Broker) Publish(topic string, payload []byte, qos byte, retain bool) error {
	if err := b.server.Publish(topic, payload, retain, qos); err != nil {
		return fmt.Errorf("mqtt broker: publish %s: %w", topic, err)
	}
	return nil
}

// Retained lists the retained messages under a filter, at most limit.
func (b *Broker) Retained(filter string, limit int) []Message {
	var out []Message
	for _, pk := range b.server.Topics.Messages(filter) {
		if len(out) == limit {
			break
		}
		out = append(out, Message{
			Topic: pk.TopicName, Payload: pk.Payload, QoS: pk.FixedHeader.Qos, Retain: true,
			Client: pk.Origin, At: time.Unix(pk.Created, 0),
		})
	}
	return out
}

// taker is the way without waiting for a topic; nil when there is none.
func (b *Broker) taker(topic string) (take Taker) {
	b.mu.RLock()
	handlers := b.handlers
	b.mu.RUnlock()
	n := 0
	for _, r := range handlers {
		if Match(r.filter, topic) {
			take = r.take
			n++
		}
	}
	if n != 1 {
		return nil
	}
	return take
}

// dispatch calls the handlers one after another; only the last may let the
// next message pass.
func (b *Broker) dispatch(ctx context.Context, m Message) error {
	b.mu.RLock()
	handlers := b.handlers
	b.mu.RUnlock()
	handlers = slices.Collect(func(yield func(route) bool) {
		for _, r := range handlers {
			if Match(r.filter, m.Topic) && !yield(r) {
				return
			}
		}
	})
	for i, r := range handlers {
		now := ctx
		if i < len(handlers)-1 {
			now = unpassed(ctx)
		}
		if err := r.handle(now, m); err != nil {
			return err
		}
	}
	return nil
}

// allowed looks a topic up in a list of filters.
func (b *Broker) allowed(filters []string, topic string, fits func(filter, topic string) bool) bool {
	if topic == "" || len(topic) > b.limits.TopicBytes || strings.HasPrefix(topic, "$") {
		return false
	}
	for _, f := range filters {
		if fits(f, topic) {
			return true
		}
	}
	return false
}

func checkRights(r *Rights) error {
	if r == nil {
		return nil
	}
	for _, list := range [][]string{r.Publish, r.Subscribe} {
		for _, f := range list {
			if err := CheckFilter(f); err != nil {
				return err
			}
		}
	}
	return nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	return Limits{
		Clients:      cmp.Or(l.Clients, d.Clients),
		PacketBytes:  cmp.Or(l.PacketBytes, d.PacketBytes),
		TopicBytes:   cmp.Or(l.TopicBytes, d.TopicBytes),
		Inflight:     cmp.Or(l.Inflight, d.Inflight),
		Queue:        cmp.Or(l.Queue, d.Queue),
		Retained:     cmp.Or(l.Retained, d.Retained),
		PendingBytes: cmp.Or(l.PendingBytes, d.PendingBytes),
	}
}

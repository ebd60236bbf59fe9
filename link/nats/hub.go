package nats

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"zhigai/link"
)

const (
	startTime = 15 * time.Second
	// maxHands and maxHandBytes bound the messages of all children that are
	// being worked on; half of it is for backlogs, so that new values always
	// find room.
	maxHands     = 512
	maxHandBytes = 256 << 20
	busyRetry    = 500 * time.Millisecond
	// maxPorch bounds connections whose key is not enrolled, porchTime how long
	// one without a session stays.
	maxPorch  = 100
	porchTime = 15 * time.Second
	// fromHeader names the replica that says something to the others.
	fromHeader = "From-Replica"
	// maxConns bounds one replica; a platform of 1,000 plants reconnects twice
	// over before half-open connections are noticed.
	maxConns = 10_000
	// doorTime is for TLS and the key, each: a thousand children that come back
	// at once on a small machine take their turn.
	doorTime   = 20.0
	lookTime   = 5 * time.Second
	sweepEvery = 5 * time.Second
)

// HubOptions say where a replica listens.
type HubOptions struct {
	Listen    string // host:port for children; port 0 takes a free one
	Hosts     []string
	Authority *Authority
	Parent    *link.Parent
	Cluster   Cluster
	Told      func()        // called when another replica has called Tell
	PingEvery time.Duration // 10 s
	Log       *slog.Logger
	Now       func() time.Time
}

// Cluster joins replicas of one hub; zero for a hub alone.
type Cluster struct {
	Listen string   // host:port for other replicas
	Routes []string // host:port of other replicas; of itself is harmless
}

// Hub is one replica's server.
type Hub struct {
	o      HubOptions
	srv    *server.Server
	nc     *nats.Conn
	secret string
	stop   context.CancelFunc
	ctx    context.Context
	work   sync.WaitGroup

	mu    sync.Mutex
	conns map[uint64]guest
	hands int
	held  int64
	over  bool // nothing is taken in hand any more
}

// guest is one connection that has proved its key.
type guest struct {
	node     link.NodeID
	address  string
	since    time.Time
	stranger bool
}

var _ link.Downlink = (*Hub)(nil)

// StartHub listens and answers until Close.
func StartHub(o HubOptions) (*Hub, error) {
	if o.Authority == nil || o.Parent == nil || o.Now == nil {
		return nil, errors.New("link hub: authority, parent and clock are needed")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.PingEvery <= 0 {
		o.PingEvery = 10 * time.Second
	}
	h := &Hub{o: o, secret: rand.Text(), conns: map[uint64]guest{}}
	so, err := h.serverOptions()
	if err != nil {
		return nil, err
	}
	if h.srv, err = server.NewServer(so); err != nil {
		return nil, fmt.Errorf("link hub: %w", err)
	}
	h.srv.SetLoggerV2(logger{o.Log}, false, false, false)
	h.ctx, h.stop = context.WithCancel(context.Background())
	h.srv.Start()
	if !h.srv.ReadyForConnections(startTime) {
		h.srv.Shutdown()
		return nil, fmt.Errorf("link hub: cannot listen on %s", o.Listen)
	}
	if err := h.serve(); err != nil {
		return nil, errors.Join(fmt.Errorf("link hub: %w", err), h.Close())
	}
	return h, nil
}

func hostPort(address string) (string, int, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, fmt.Errorf("link hub: %w", err)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return "", 0, fmt.Errorf("link hub: port %q of %s", port, address)
	}
	if n == 0 {
		return host, server.RANDOM_PORT, nil
	}
	return host, int(n), nil
}

func (h *Hub) serverOptions() (*server.Options, error) {
	host, port, err := hostPort(h.o.Listen)
	if err != nil {
		return nil, err
	}
	conf, err := h.o.Authority.Server(h.o.Hosts, h.o.Now())
	if err != nil {
		return nil, fmt.Errorf("link hub: certificate: %w", err)
	}
	so := &server.Options{
		Host: host, Port: port, NoSigs: true, NoLog: true,
		TLS: true, TLSConfig: conf, TLSHandshakeFirst: true, TLSTimeout: doorTime, AuthTimeout: doorTime,
		AlwaysEnableNonce: true, CustomClientAuthentication: gate{h},
		MaxPayload: link.MaxMessage, MaxPending: 4 * link.MaxMessage, MaxConn: maxConns,
		PingInterval: h.o.PingEvery, MaxPingsOut: 2, NoSystemAccount: true,
	}
	if h.o.Cluster.Listen == "" {
		return so, nil
	}
	if so.Cluster.Host, so.Cluster.Port, err = hostPort(h.o.Cluster.Listen); err != nil {
		return nil, err
	}
	so.Cluster.Name, so.Cluster.TLSConfig, so.Cluster.TLSTimeout = "zhigai", h.o.Authority.routes(conf), doorTime
	for _, r := range h.o.Cluster.Routes {
		so.Routes = append(so.Routes, &url.URL{Scheme: "nats-route", Host: r})
	}
	return so, nil
}

// serve connects the hub to its own server and listens to the children.
func (h *Hub) serve() error {
	nc, err := nats.Connect("", nats.InProcessServer(h.srv), nats.UserInfo(hubUser, h.secret), nats.Timeout(startTime), nats.NoReconnect())
	if err != nil {
		return err
	}
	h.nc = nc
	ups, err := nc.Subscribe("up."+h.srv.ID()+".*.*.*", h.receive)
	if err != nil {
		return err
	}
	if err := ups.SetPendingLimits(-1, maxHandBytes); err != nil {
		return err
	}
	if _, err := nc.Subscribe(cutSubject, func(m *nats.Msg) { h.cutHere(link.NodeID(m.Data)) }); err != nil {
		return err
	}
	if err := h.hearReplicas(); err != nil {
		return err
	}
	if err := nc.FlushTimeout(startTime); err != nil {
		return err
	}
	h.o.Parent.Attach(h)
	h.work.Go(h.sweep)
	return nil
}

// Address is where children connect.
func (h *Hub) Address() string { return h.srv.Addr().String() }

// ClusterAddress is where other replicas connect, "" for a hub alone.
func (h *Hub) ClusterAddress() string {
	if a := h.srv.ClusterAddr(); a != nil {
		return a.String()
	}
	return ""
}

// Replicas is how many other replicas are connected.
func (h *Hub) Replicas() int { return h.srv.NumRoutes() }

// hearReplicas listens to the others. What a replica says comes back to itself
// too; the header names it.
func (h *Hub) hearReplicas() error {
	if h.o.Cluster.Listen == "" {
		return nil
	}
	for subject, hear := range map[string]func(raw []byte) error{
		sharedSubject: h.o.Parent.Shared,
		toldSubject: func([]byte) error {
			if h.o.Told != nil {
				h.o.Told()
			}
			return nil
		},
	} {
		if _, err := h.nc.Subscribe(subject, func(m *nats.Msg) {
			if m.Header.Get(fromHeader) == h.srv.ID() {
				return
			}
			if err := hear(m.Data); err != nil {
				h.o.Log.Warn("link: word of another replica", "subject", subject, "err", err)
			}
		}); err != nil {
			return err
		}
	}
	return nil
}

// toReplicas publishes to the other replicas, if there can be any.
func (h *Hub) toReplicas(subject string, body func() ([]byte, error)) {
	if h.o.Cluster.Listen == "" {
		return
	}
	raw, err := body()
	if err == nil {
		err = h.nc.PublishMsg(&nats.Msg{Subject: subject, Data: raw, Header: nats.Header{fromHeader: {h.srv.ID()}}})
	}
	if err != nil && h.ctx.Err() == nil {
		h.o.Log.Warn("link: other replicas are not told", "subject", subject, "err", err)
	}
}

// Share implements link.Downlink.
func (h *Hub) Share(status func() ([]byte, error)) { h.toReplicas(sharedSubject, status) }

// Tell lets the other replicas know that something they remember has changed.
// One that cannot be reached now is not told later.
func (h *Hub) Tell() { h.toReplicas(toldSubject, func() ([]byte, error) { return nil, nil }) }

// Close ends all connections and waits for the work in hand.
func (h *Hub) Close() error {
	h.stop()
	h.mu.Lock()
	h.over = true
	h.mu.Unlock()
	if h.nc != nil {
		h.nc.Close()
	}
	h.srv.Shutdown()
	h.srv.WaitForShutdown()
	h.work.Wait()
	return nil
}

// receive takes a message of a child in hand, or says at once that hands are full.
func (h *Hub) receive(m *nats.Msg) {
	part := strings.Split(m.Subject, ".")
	number, err := strconv.ParseUint(part[3], 10, 64)
	if err != nil {
		return // the server lets nobody send this
	}
	verb := part[4]
	h.mu.Lock()
	g, ok := h.conns[number]
	share := 1
	if verb == link.VerbBacklog {
		share = 2
	}
	size := int64(len(m.Data))
	full := h.hands >= maxHands/share || h.held+size > maxHandBytes/int64(share)
	ok = ok && !h.over
	if ok && !full {
		h.hands++
		h.held += size
		h.work.Add(1)
	}
	h.mu.Unlock()
	if !ok {
		return // gone
	}
	if full {
		_ = m.Respond(link.RefuseBusy(busyRetry))
		return
	}
	go func() {
		defer h.work.Done()
		// A lost answer is asked for again by the child.
		_ = m.Respond(h.o.Parent.Answer(h.ctx, link.Peer{Node: g.node, Address: g.address, Conn: part[3]}, verb, m.Data))
		h.mu.Lock()
		h.hands--
		h.held -= size
		h.mu.Unlock()
	}()
}

// Ask implements link.Downlink.
func (h *Hub) Ask(ctx context.Context, node link.NodeID, instance, verb string, payload []byte) ([]byte, error) {
	if !token(instance) || !token(verb) {
		return nil, fmt.Errorf("%w: verb %q", link.ErrRefused, verb)
	}
	m, err := h.nc.RequestWithContext(ctx, downSubject(node, instance, verb), payload)
	if errors.Is(err, nats.ErrNoResponders) {
		return nil, link.ErrNotConnected
	}
	if err != nil {
		return nil, err
	}
	return m.Data, nil
}

// Cut implements link.Downlink.
func (h *Hub) Cut(node link.NodeID, conn string) {
	if number, err := strconv.ParseUint(conn, 10, 64); err == nil {
		_ = h.srv.DisconnectClientByID(number) // gone already is as good
		return
	}
	h.cutHere(node)
	if err := errors.Join(h.nc.Publish(cutSubject, []byte(node)), h.nc.Flush()); err != nil {
		h.o.Log.Error("link: other replicas notice a revocation only when the lease is due", "node", node, "err", err)
	}
}

func (h *Hub) cutHere(node link.NodeID) {
	h.mu.Lock()
	var numbers []uint64
	for n, g := range h.conns {
		if g.node == node {
			numbers = append(numbers, n)
		}
	}
	h.mu.Unlock()
	if len(numbers) == 0 {
		return
	}
	h.o.Parent.Drop(node, link.ErrRevoked)
	for _, n := range numbers {
		_ = h.srv.DisconnectClientByID(n)
	}
}

// sweep forgets connections that are gone and ends those that never became a
// session.
func (h *Hub) sweep() {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-ticker.C:
		}
		now := h.o.Now()
		h.mu.Lock()
		gone := map[uint64]guest{}
		var idle []uint64
		for n, g := range h.conns {
			switch {
			case h.srv.GetClient(n) == nil:
				gone[n] = g
				delete(h.conns, n)
			case now.Sub(g.since) > porchTime && !h.o.Parent.Seated(g.node, strconv.FormatUint(n, 10)):
				idle = append(idle, n)
			}
		}
		h.mu.Unlock()
		for n, g := range gone {
			h.o.Parent.Lost(g.node, strconv.FormatUint(n, 10))
		}
		for _, n := range idle {
			_ = h.srv.DisconnectClientByID(n)
		}
	}
}

// logger passes on what the server says about trouble.
type logger struct{ log *slog.Logger }

func (l logger) Noticef(string, ...any) {}
func (l logger) Debugf(string, ...any)  {}
func (l logger) Tracef(string, ...any)  {}

func (l logger) Warnf(f string, v ...any) {
	l.log.Warn("link: nats", "text", fmt.Sprintf(f, v...))
}

func (l logger) Errorf(f string, v ...any) {
	l.log.Warn("link: nats", "text", fmt.Sprintf(f, v...))
}

func (l logger) Fatalf(f string, v ...any) {
	l.log.Error("link: nats", "text", fmt.Sprintf(f, v...))
}

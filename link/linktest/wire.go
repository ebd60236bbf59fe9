package linktest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"zhigai/link"
)

// Wire is a way between children and one parent inside the process. It carries
// messages as they are, so that a test can look at them and spoil them.
type Wire struct {
	mu     sync.Mutex
	parent *link.Parent
	conns  map[string]*wireConn
	number int
	spoil  func(verb string, message []byte) []byte
	lose   func(verb string) bool
}

var (
	errCut  = errors.New("linktest: connection lost")
	errLost = errors.New("linktest: the answer is lost")
)

// NewWire leads to the parent.
func NewWire(p *link.Parent) *Wire {
	w := &Wire{parent: p, conns: map[string]*wireConn{}}
	p.Attach(w)
	return w
}

// Spoil changes what children send; lose loses answers.
func (w *Wire) Spoil(spoil func(verb string, message []byte) []byte, lose func(verb string) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.spoil, w.lose = spoil, lose
}

// SetParent leads new connections elsewhere and ends the present ones.
func (w *Wire) SetParent(p *link.Parent) {
	p.Attach(w)
	w.mu.Lock()
	w.parent = p
	w.mu.Unlock()
	w.CutAll()
}

// CutAll ends every connection.
func (w *Wire) CutAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		c.lost()
	}
}

// Transport is the way of one node.
func (w *Wire) Transport(id link.NodeID, address string) link.Transport {
	return wireTransport{w, id, address}
}

type wireTransport struct {
	w       *Wire
	id      link.NodeID
	address string
}

// Dial implements link.Transport.
func (t wireTransport) Dial(context.Context) (link.Conn, error) {
	t.w.mu.Lock()
	defer t.w.mu.Unlock()
	t.w.number++
	c := &wireConn{
		w: t.w, parent: t.w.parent, done: make(chan struct{}),
		peer: link.Peer{Node: t.id, Address: t.address, Conn: fmt.Sprint(t.w.number)},
	}
	t.w.conns[c.peer.Conn] = c
	return c, nil
}

type wireConn struct {
	w      *Wire
	parent *link.Parent
	peer   link.Peer
	once   sync.Once
	done   chan struct{}

	mu       sync.Mutex
	instance string
	answer   func(ctx context.Context, verb string, payload []byte) []byte
}

func (c *wireConn) lost() { c.once.Do(func() { close(c.done) }) }

// Request implements link.Conn.
func (c *wireConn) Request(ctx context.Context, verb string, message []byte) ([]byte, error) {
	select {
	case <-c.done:
		return nil, errCut
	default:
	}
	c.w.mu.Lock()
	spoil, lose := c.w.spoil, c.w.lose
	c.w.mu.Unlock()
	if spoil != nil {
		message = spoil(verb, message)
	}
	reply := c.parent.Answer(ctx, c.peer, verb, message)
	if lose != nil && lose(verb) {
		c.lost()
		return nil, errLost
	}
	return reply, ctx.Err()
}

// Serve implements link.Conn.
func (c *wireConn) Serve(instance string, answer func(ctx context.Context, verb string, payload []byte) []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.instance, c.answer = instance, answer
	return nil
}

// Done implements link.Conn.
func (c *wireConn) Done() <-chan struct{} { return c.done }

// Close implements link.Conn.
func (c *wireConn) Close() error {
	c.lost()
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	delete(c.w.conns, c.peer.Conn)
	return nil
}

// Ask implements link.Downlink.
func (w *Wire) Ask(ctx context.Context, node link.NodeID, instance, verb string, payload []byte) ([]byte, error) {
	w.mu.Lock()
	var answer func(context.Context, string, []byte) []byte
	for _, c := range w.conns {
		c.mu.Lock()
		if c.peer.Node == node && c.instance == instance {
			answer = c.answer
		}
		c.mu.Unlock()
	}
	w.mu.Unlock()
	if answer == nil {
		return nil, link.ErrNotConnected
	}
	return answer(ctx, verb, payload), nil
}

// Share implements link.Downlink: there is one replica.
func (w *Wire) Share(func() ([]byte, error)) {}

// Cut implements link.Downlink.
func (w *Wire) Cut(node link.NodeID, conn string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for n, c := range w.conns {
		if c.peer.Node == node && (conn == "" || n == conn) {
			c.lost()
		}
	}
}

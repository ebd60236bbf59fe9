package opcua

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/gopcua/opcua/ua"
	"github.com/gopcua/opcua/uapolicy"

	"zhigai/connect/tap"
)

const (
	// bufferSize is the largest chunk we send and take; minBuffer is the
	// smallest the specification allows (Part 6, 7.1.2).
	bufferSize = 64 << 10
	minBuffer  = 8192
	// maxMessage bounds an answer of many chunks: a browse of a thousand
	// references has some hundred kilobytes.
	maxMessage = 16 << 20
	// renewAt is the part of a token's life after which it is renewed (Part 4,
	// 5.5.2.1).
	renewAt = 0.75
	// leastLife keeps a server from making us renew all the time.
	leastLife = time.Second
)

// errClosed is a server that went away.
var errClosed = errors.New("the server closed the connection")

// channel is a secure channel (OPC UA Part 6, chapter 6.7). gopcua has one of
// its own; this one differs in that nothing a server sends can end the
// process, that only the approved certificate is accepted in every answer,
// and that messages must come in their order.
type channel struct {
	tcp    net.Conn
	in     *bufio.Reader
	policy string // URI
	mode   ua.MessageSecurityMode
	own    identity
	remote *x509.Certificate             // nil for policy None
	keys   *uapolicy.EncryptionAlgorithm // of the certificates
	renew  time.Duration                 // after which a token is renewed; 0 for the usual part of its life
	now    func() time.Time
	limit  int // bytes of a chunk the server takes
	ended  chan struct{}
	done   sync.WaitGroup

	write    sync.Mutex // whoever holds it may send
	sequence uint32
	id       uint32
	sending  token

	mu       sync.Mutex
	cause    error // why ended
	requests uint32
	waiting  map[uint32]chan answer
	opening  *opening
	tokens   [2]token // accepted: the present one and the one before
	heard    uint32   // last sequence number
	hasHeard bool
}

// answer is the body of a whole answer, or why there is none.
type answer struct {
	request uint32
	body    []byte
	err     error
}

// token is one set of symmetric keys.
type token struct {
	id   uint32
	keys *uapolicy.EncryptionAlgorithm
}

// opening is a request for a token under way.
type opening struct {
	request uint32
	nonce   []byte
	answer  chan openAnswer
}

type openAnswer struct {
	life time.Duration
	err  error
}

// dialChannel connects and opens the channel within the context.
func dialChannel(ctx context.Context, set settings, own identity, remote *x509.Certificate, renew time.Duration, now func() time.Time) (*channel, error) {
	u, err := url.Parse(set.url)
	if err != nil {
		return nil, err
	}
	host := u.Host
	if u.Port() == "" {
		host = net.JoinHostPort(u.Hostname(), "4840")
	}
	var d net.Dialer
	tcp, err := d.DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	tcp = tap.NewConn(ctx, tcp)
	c := &channel{
		tcp: tcp, in: bufio.NewReaderSize(tcp, bufferSize), policy: ua.SecurityPolicyURINone, mode: ua.MessageSecurityModeNone,
		own: own, remote: remote, renew: renew, now: now, ended: make(chan struct{}), waiting: make(map[uint32]chan answer),
	}
	if remote != nil {
		c.policy, c.mode = set.policyURI(), set.mode
	}
	if err := c.open(ctx, set.url); err != nil {
		c.fail(err)
		c.done.Wait()
		return nil, err
	}
	return c, nil
}

func (c *channel) open(ctx context.Context, address string) error {
	stop := context.AfterFunc(ctx, func() { _ = c.tcp.SetDeadline(time.Unix(1, 0)) })
	err := c.hello(address)
	if !stop() {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("hello: %w", plainer(err))
	}
	if c.remote != nil {
		key, ok := c.remote.PublicKey.(*rsa.PublicKey)
		if !ok {
			return errors.New("the server's key is no RSA key")
		}
		if c.keys, err = uapolicy.Asymmetric(c.policy, c.own.key, key); err != nil {
			return err
		}
	}
	c.done.Go(c.read)
	life, err := c.obtain(ctx, ua.SecurityTokenRequestTypeIssue)
	if err != nil {
		return fmt.Errorf("secure channel: %w", err)
	}
	c.done.Go(func() { c.keepFresh(life) })
	return nil
}

// hello agrees on buffer sizes.
func (c *channel) hello(address string) error {
	buf := ua.NewBuffer(nil)
	for _, n := range []uint32{0, bufferSize, bufferSize, maxMessage, 0} {
		buf.WriteUint32(n)
	}
	buf.WriteString(address)
	if _, err := c.tcp.Write(finish("HELF", nil, buf.Bytes())); err != nil {
		return err
	}
	kind, body, err := readChunk(c.in)
	if err != nil {
		return err
	}
	if kind != "ACKF" {
		return fmt.Errorf("the server answered with %q; is it an OPC UA server?", kind)
	}
	ack := ua.NewBuffer(body)
	_, receive, send := ack.ReadUint32(), ack.ReadUint32(), ack.ReadUint32()
	if ack.Error() != nil || receive < minBuffer || send < minBuffer {
		return fmt.Errorf("the server offers buffers of %d and %d bytes, %d are the least", receive, send, minBuffer)
	}
	c.limit = int(min(receive, bufferSize))
	return nil
}

// obtain asks for a token; the reader puts it in force.
func (c *channel) obtain(ctx context.Context, kind ua.SecurityTokenRequestType) (time.Duration, error) {
	o := &opening{answer: make(chan openAnswer, 1)}
	if c.keys != nil {
		o.nonce = make([]byte, c.keys.NonceLength())
		if _, err := rand.Read(o.nonce); err != nil {
			return 0, err
		}
	}
	c.mu.Lock()
	c.requests++
	o.request = c.requests
	c.opening = o
	c.mu.Unlock()
	req := &ua.OpenSecureChannelRequest{
		RequestType: kind, SecurityMode: c.mode, ClientNonce: o.nonce,
		RequestedLifetime: uint32(tokenLifetime / time.Millisecond),
	}
	deadline, _ := ctx.Deadline()
	if err := c.sendOpen(req, o.request, deadline); err != nil {
		return 0, err
	}
	select {
	case a := <-o.answer:
		return a.life, a.err
	case <-c.ended:
		return 0, c.cause
	case <-ctx.Done():
		return 0, fmt.Errorf("no answer in time: %w", ctx.Err())
	}
}

// keepFresh renews the token until the channel ends; a server that does not
// renew ends it.
func (c *channel) keepFresh(life time.Duration) {
	for {
		after := c.renew
		if after == 0 {
			after = time.Duration(float64(max(life, leastLife)) * renewAt)
		}
		timer := time.NewTimer(after)
		select {
		case <-c.ended:
			timer.Stop()
			return
		case <-timer.C:
		}
		ctx, cancel := context.WithTimeout(context.Background(), max(life/8, leastLife))
		next, err := c.obtain(ctx, ua.SecurityTokenRequestTypeRenew)
		cancel()
		if err != nil {
			c.fail(fmt.Errorf("renew the channel's keys: %w", err))
			return
		}
		life = next
	}
}

// begin sends a request whose answer comes to got, which must have room for it:
// what finds none is lost.
func (c *channel) begin(req ua.Request, auth *ua.NodeID, timeout time.Duration, got chan answer) (request uint32, err error) {
	c.mu.Lock()
	c.requests++
	request = c.requests
	c.waiting[request] = got
	c.mu.Unlock()
	req.SetHeader(&ua.RequestHeader{
		AuthenticationToken: orNull(auth), Timestamp: c.now(), RequestHandle: request,
		TimeoutHint: uint32(timeout / time.Millisecond),
	})
	if err := c.send(req, request, min(timeout, maxTimeout)); err != nil {
		c.forget(request)
		if errors.Is(err, net.ErrClosed) { // by us, because the channel had ended
			<-c.ended
			err = c.cause
		}
		return request, plainer(err)
	}
	return request, nil
}

// forget gives up the answer of a request.
func (c *channel) forget(request uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiting, request)
}

// call sends a request and waits for the answer's bytes.
func (c *channel) call(ctx context.Context, req ua.Request, auth *ua.NodeID, timeout time.Duration) ([]byte, error) {
	got := make(chan answer, 1)
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	request, err := c.begin(req, auth, timeout, got)
	if err != nil {
		return nil, err
	}
	defer c.forget(request)
	select {
	case a := <-got:
		return a.body, a.err
	case <-c.ended:
		return nil, c.cause
	case <-timer.C:
		return nil, fmt.Errorf("no answer in time (%v): %w", timeout, os.ErrDeadlineExceeded)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func orNull(id *ua.NodeID) *ua.NodeID {
	if id == nil {
		return ua.NewTwoByteNodeID(0)
	}
	return id
}

// fail ends the channel; the first reason holds.
func (c *channel) fail(cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.ended:
		return
	default:
	}
	c.cause = cause
	close(c.ended)
	_ = c.tcp.Close()
}

// close says goodbye and waits for the channel's goroutines.
func (c *channel) close() {
	c.mu.Lock()
	c.requests++
	request := c.requests
	c.mu.Unlock()
	req := &ua.CloseSecureChannelRequest{}
	req.SetHeader(&ua.RequestHeader{AuthenticationToken: orNull(nil), Timestamp: c.now(), RequestHandle: request})
	_ = c.sendAs("CLO", req, request, closeWithin) // the connection closes anyway
	c.fail(errors.New("closed by us"))
	c.done.Wait()
}

// read takes chunks until the connection ends, whatever they hold.
func (c *channel) read() {
	defer func() {
		if r := recover(); r != nil {
			c.fail(fmt.Errorf("message could not be understood: %v", r))
		}
	}()
	parts := make(map[uint32][]byte)
	for {
		kind, body, err := readChunk(c.in)
		if err == nil {
			err = c.take(kind, body, parts)
		}
		if err != nil {
			c.fail(plainer(err))
			return
		}
	}
}

// readChunk reads one message of the connection protocol: its kind with the
// chunk type as fourth letter, and all that follows the size.
func readChunk(in *bufio.Reader) (string, []byte, error) {
	var head [8]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return "", nil, err
	}
	size := int64(head[4]) | int64(head[5])<<8 | int64(head[6])<<16 | int64(head[7])<<24
	if size < 8 || size > bufferSize {
		return "", nil, fmt.Errorf("message %q of %d bytes; is it an OPC UA server?", head[:4], size)
	}
	body := make([]byte, size-8)
	if _, err := io.ReadFull(in, body); err != nil {
		return "", nil, err
	}
	kind := string(head[:4])
	if kind == "ERRF" {
		buf := ua.NewBuffer(body)
		code, reason := buf.ReadUint32(), buf.ReadString()
		return "", nil, fmt.Errorf("the server says: %w %.200q", ua.StatusCode(code), reason)
	}
	return kind, body, nil
}

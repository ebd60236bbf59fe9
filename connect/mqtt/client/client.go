// Package client is a small MQTT 3.1.1 and 5 client: what a machine or gateway
// does to a broker. What goes north uses it, simulated machines and tests do.
//
// It never reconnects by itself and keeps no session: whoever uses it decides
// when to dial again. Start with [Dial].
package client

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"
)

// Options of a connection.
type Options struct {
	Address   string      // host:port
	TLS       *tls.Config // nil: without encryption
	Version   byte        // 4 for MQTT 3.1.1 (the default), 5 for MQTT 5
	Client    string
	User      string
	Password  string
	KeepAlive time.Duration // 0 for none; whole seconds
	Will      *Will
	// ReceiveMaximum is how many messages it takes without having acknowledged
	// them (MQTT 5); 0 says nothing about it.
	ReceiveMaximum uint16
	// Received is called for every message of a subscription, one at a time;
	// nil drops them.
	Received func(topic string, payload []byte, retained bool)
}

// Will is published by the broker when the connection is lost.
type Will struct {
	Topic   string
	Payload []byte
	QoS     byte
	Retain  bool
}

// ErrRefused is a negative answer of the broker.
var ErrRefused = errors.New("refused by the broker")

const (
	// maxPacket bounds what a broker may send.
	maxPacket = 4 << 20
	// writeWithin bounds how long a packet waits for a broker that does not read.
	writeWithin = 30 * time.Second
)

// Client is one connection.
type Client struct {
	version  byte
	received func(string, []byte, bool)
	conn     net.Conn
	in       *bufio.Reader
	done     chan struct{} // closed when the connection ended
	cause    error         // why, readable after done

	write sync.Mutex

	mu      sync.Mutex
	next    uint16
	waiting map[uint16]chan packets.Packet
	pings   []chan struct{} // one for each PINGREQ without an answer, in their order
}

// Dial connects and logs in.
func Dial(ctx context.Context, o Options) (*Client, error) {
	if o.Version == 0 {
		o.Version = 4
	}
	conn, err := dial(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("mqtt client %s: %w", o.Client, err)
	}
	c := &Client{
		version: o.Version, received: o.Received, conn: conn, in: bufio.NewReader(conn),
		done: make(chan struct{}), waiting: make(map[uint16]chan packets.Packet),
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	err = c.login(o)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("mqtt client %s: connect: %w", o.Client, err)
	}
	go c.read()
	if o.KeepAlive > 0 {
		go c.ping(o.KeepAlive)
	}
	return c, nil
}

func dial(ctx context.Context, o Options) (net.Conn, error) {
	if o.TLS == nil {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", o.Address)
	}
	return (&tls.Dialer{Config: o.TLS}).DialContext(ctx, "tcp", o.Address)
}

func (c *Client) login(o Options) error {
	pk := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Connect}, ProtocolVersion: o.Version}
	pk.Connect = packets.ConnectParams{
		ProtocolName: []byte("MQTT"), ClientIdentifier: o.Client, Clean: true,
		Keepalive: uint16(o.KeepAlive / time.Second),
	}
	pk.Properties.ReceiveMaximum = o.ReceiveMaximum
	if o.User != "" {
		pk.Connect.UsernameFlag, pk.Connect.Username = true, []byte(o.User)
		pk.Connect.PasswordFlag, pk.Connect.Password = true, []byte(o.Password)
	}
	if w := o.Will; w != nil {
		pk.Connect.WillFlag, pk.Connect.WillTopic, pk.Connect.WillPayload = true, w.Topic, w.Payload
		pk.Connect.WillQos, pk.Connect.WillRetain = w.QoS, w.Retain
	}
	if err := c.send(pk.ConnectEncode); err != nil {
		return err
	}
	ack, err := c.receive()
	if err != nil {
		return err
	}
	if ack.FixedHeader.Type != packets.Connack || ack.ReasonCode != 0 {
		return fmt.Errorf("%w: code %#x", ErrRefused, ack.ReasonCode)
	}
	return nil
}

// Publish sends a message; with qos 1 it waits for the acknowledgement.
func (c *Client) Publish(ctx context.Context, topic string, payload []byte, qos byte, retain bool) error {
	pk := packets.Packet{
		FixedHeader:     packets.FixedHeader{Type: packets.Publish, Qos: qos, Retain: retain},
		ProtocolVersion: c.version, TopicName: topic, Payload: payload,
	}
	if qos == 0 {
		return c.send(pk.PublishEncode)
	}
	ack, err := c.ask(ctx, &pk, pk.PublishEncode)
	if err != nil {
		return fmt.Errorf("mqtt publish %s: %w", topic, err)
	}
	if ack.ReasonCode >= 0x80 {
		return fmt.Errorf("mqtt publish %s: %w: code %#x", topic, ErrRefused, ack.ReasonCode)
	}
	return nil
}

// Subscribe asks for the messages under a filter.
func (c *Client) Subscribe(ctx context.Context, filter string, qos byte) error {
	pk := packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Subscribe, Qos: 1}, ProtocolVersion: c.version,
		Filters: packets.Subscriptions{{Filter: filter, Qos: qos}},
	}
	ack, err := c.ask(ctx, &pk, pk.SubscribeEncode)
	if err != nil {
		return fmt.Errorf("mqtt subscribe %s: %w", filter, err)
	}
	if len(ack.ReasonCodes) != 1 || ack.ReasonCodes[0] >= 0x80 {
		return fmt.Errorf("mqtt subscribe %s: %w: codes %#x", filter, ErrRefused, ack.ReasonCodes)
	}
	return nil
}

// Done is closed when the connection ended.
func (c *Client) Done() <-chan struct{} { return c.done }

// Close says goodbye: the broker publishes no will.
func (c *Client) Close() error {
	pk := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Disconnect}, ProtocolVersion: c.version}
	err := c.send(pk.DisconnectEncode)
	c.Kill()
	return err
}

// Kill cuts the connection as a pulled plug does: the broker publishes the will.
func (c *Client) Kill() {
	_ = c.conn.Close()
	<-c.done
}

// pending is an answer that is waited for.
type pending struct {
	id     uint16
	answer chan packets.Packet
}

// expect gives the packet an identifier that no unanswered one has.
func (c *Client) expect(pk *packets.Packet) pending {
	a := pending{answer: make(chan packets.Packet, 1)}
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		c.next++
		if _, used := c.waiting[c.next]; !used && c.next != 0 {
			break
		}
	}
	a.id = c.next
	pk.PacketID = a.id
	c.waiting[a.id] = a.answer
	return a
}

func (c *Client) forget(a pending) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiting, a.id)
}

func (c *Client) await(ctx context.Context, a pending) (packets.Packet, error) {
	select {
	case got := <-a.answer:
		return got, nil
	case <-c.done:
		return packets.Packet{}, c.cause
	case <-ctx.Done():
		return packets.Packet{}, ctx.Err()
	}
}

// ask sends a packet with an identifier and waits for its answer.
func (c *Client) ask(ctx context.Context, pk *packets.Packet, encode func(*bytes.Buffer) error) (packets.Packet, error) {
	a := c.expect(pk)
	defer c.forget(a)
	if err := c.send(encode); err != nil {
		return packets.Packet{}, err
	}
	return c.await(ctx, a)
}

func (c *Client) send(encode func(*bytes.Buffer) error) error {
	var buf bytes.Buffer
	if err := encode(&buf); err != nil {
		return err
	}
	c.write.Lock()
	defer c.write.Unlock()
	return c.out(buf.Bytes())
}

// out writes under the lock.
func (c *Client) out(b []byte) error {
	if err := c.conn.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
		return err
	}
	_, err := c.conn.Write(b)
	return err
}

func (c *Client) read() {
	defer close(c.done)
	defer func() { _ = c.conn.Close() }()
	for {
		pk, err := c.receive()
		if err != nil {
			c.cause = fmt.Errorf("connection ended: %w", err)
			return
		}
		switch pk.FixedHeader.Type {
		case packets.Publish:
			c.deliver(pk)
		case packets.Pingresp:
			c.pingresp()
		case packets.Puback, packets.Suback:
			c.mu.Lock()
			answer := c.waiting[pk.PacketID]
			c.mu.Unlock()
			if answer != nil {
				select {
				case answer <- pk:
				default: // a second answer to one question
				}
			}
		case packets.Disconnect:
			c.cause = fmt.Errorf("%w: disconnected with code %#x", ErrRefused, pk.ReasonCode)
			return
		}
	}
}

func (c *Client) deliver(pk packets.Packet) {
	if c.received != nil {
		c.received(pk.TopicName, pk.Payload, pk.FixedHeader.Retain)
	}
	if pk.FixedHeader.Qos == 1 {
		ack := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Puback}, ProtocolVersion: c.version, PacketID: pk.PacketID}
		_ = c.send(ack.PubackEncode) // a broken connection shows in read
	}
}

func (c *Client) receive() (packets.Packet, error) {
	var pk packets.Packet
	first, err := c.in.ReadByte()
	if err != nil {
		return pk, err
	}
	if err := pk.FixedHeader.Decode(first); err != nil {
		return pk, err
	}
	n, _, err := packets.DecodeLength(c.in)
	if err != nil {
		return pk, err
	}
	if n > maxPacket {
		return pk, fmt.Errorf("packet of %d bytes", n)
	}
	pk.FixedHeader.Remaining = n
	pk.ProtocolVersion = c.version
	body := make([]byte, n)
	if _, err := io.ReadFull(c.in, body); err != nil {
		return pk, err
	}
	switch pk.FixedHeader.Type {
	case packets.Connack:
		err = pk.ConnackDecode(body)
	case packets.Publish:
		err = pk.PublishDecode(body)
	case packets.Puback:
		err = pk.PubackDecode(body)
	case packets.Suback:
		err = pk.SubackDecode(body)
	case packets.Disconnect:
		err = pk.DisconnectDecode(body)
	}
	return pk, err
}

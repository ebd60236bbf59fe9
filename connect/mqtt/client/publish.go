package client

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"
)

// Message is what PublishAll sends.
type Message struct {
	Topic   string
	Payload []byte
	Retain  bool
}

// PublishAll sends the messages with QoS 1 in their order and returns when the
// broker has acknowledged all of them. After an error any of them may have
// arrived.
func (c *Client) PublishAll(ctx context.Context, messages []Message) error {
	answers := make([]pending, 0, len(messages))
	defer func() {
		for _, a := range answers {
			c.forget(a)
		}
	}()
	for _, m := range messages {
		pk := packets.Packet{
			FixedHeader:     packets.FixedHeader{Type: packets.Publish, Qos: 1, Retain: m.Retain},
			ProtocolVersion: c.version, TopicName: m.Topic, Payload: m.Payload,
		}
		a := c.expect(&pk)
		answers = append(answers, a)
		if err := c.send(pk.PublishEncode); err != nil {
			return fmt.Errorf("mqtt publish %s: %w", m.Topic, err)
		}
	}
	for i, a := range answers {
		ack, err := c.await(ctx, a)
		if err == nil && ack.ReasonCode >= 0x80 {
			err = fmt.Errorf("%w: code %#x", ErrRefused, ack.ReasonCode)
		}
		if err != nil {
			return fmt.Errorf("mqtt publish %s: %w", messages[i].Topic, err)
		}
	}
	return nil
}

// Ping asks for an answer and waits for it. The broker reads a connection in
// order: it has taken everything that was sent before, also what is published
// with QoS 0 and has no acknowledgement of its own.
func (c *Client) Ping(ctx context.Context) error {
	answer, err := c.pingreq()
	if err != nil {
		return fmt.Errorf("mqtt ping: %w", err)
	}
	select {
	case <-answer:
		return nil
	case <-c.done:
		return fmt.Errorf("mqtt ping: %w", c.cause)
	case <-ctx.Done():
		return fmt.Errorf("mqtt ping: %w", ctx.Err())
	}
}

func (c *Client) pingreq() (<-chan struct{}, error) {
	pk := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Pingreq}}
	var buf bytes.Buffer
	if err := pk.PingreqEncode(&buf); err != nil {
		return nil, err
	}
	answer := make(chan struct{})
	c.write.Lock() // the order of the questions is the order of the answers
	defer c.write.Unlock()
	c.mu.Lock()
	c.pings = append(c.pings, answer)
	c.mu.Unlock()
	return answer, c.out(buf.Bytes())
}

func (c *Client) pingresp() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.pings) > 0 {
		close(c.pings[0])
		c.pings = c.pings[1:]
	}
}

// ping asks the broker every now and then; who has not answered by the next
// time is gone, whatever the network says.
func (c *Client) ping(every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	var answer <-chan struct{}
	for {
		select {
		case <-c.done:
			return
		case <-tick.C:
		}
		if answer != nil {
			select {
			case <-answer:
			default:
				_ = c.conn.Close() // the reader ends with it
				return
			}
		}
		answer, _ = c.pingreq() // a broken connection shows in read
	}
}

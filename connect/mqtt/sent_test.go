package mqtt_test

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"zhigai/connect/mqtt"
)

// bareClient is a connection that was admitted, on which a test writes packets
// byte by byte.
func bareClient(t *testing.T, b *mqtt.Broker) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", b.Addr().String())
	must(t, err)
	t.Cleanup(func() { _ = c.Close() })
	must(t, c.SetDeadline(time.Now().Add(patience)))
	_, err = c.Write([]byte("\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01c"))
	must(t, err)
	ack := make([]byte, 4)
	_, err = io.ReadFull(c, ack)
	must(t, err)
	if !slices.Equal(ack, []byte{0x20, 2, 0, 0}) {
		t.Fatalf("answer to connect: %x", ack)
	}
	return c
}

// published is a packet with QoS 1 to the topic "a".
func published(id byte) []byte { return []byte{0x32, 6, 0, 1, 'a', 0, id, id} }

// held takes messages and keeps their answers back.
type held struct {
	mu   sync.Mutex
	done []func(error)
	most int // that it takes without waiting
	slow []byte
}

func (h *held) take(_ mqtt.Message, done func(error)) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.done) == h.most {
		return false
	}
	h.done = append(h.done, done)
	return true
}

func (h *held) handle(_ context.Context, m mqtt.Message) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.slow = append(h.slow, m.Payload...)
	return nil
}

func (h *held) taken() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.done)
}

func holding(t *testing.T, most int) (*mqtt.Broker, *held) {
	t.Helper()
	h := &held{most: most}
	b := open(t, mqtt.Options{}, func(b *mqtt.Broker) { must(t, b.HandleOrTake("#", h.handle, h.take)) })
	return b, h
}

// TestTaker_AnswersInOrder: nothing is acknowledged before it is handled, and
// acknowledgements come in the order of the messages, whatever is done first;
// what is not taken without waiting comes behind.
func TestTaker_AnswersInOrder(t *testing.T) {
	b, h := holding(t, 3)
	c := bareClient(t, b)
	for id := byte(1); id <= 4; id++ {
		_, err := c.Write(published(id))
		must(t, err)
	}
	until(t, "three are taken", func() bool { return h.taken() == 3 })
	h.done[2](nil)
	h.done[1](nil)
	must(t, c.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
	if n, err := c.Read(make([]byte, 4)); n != 0 || err == nil {
		t.Fatalf("%d bytes before the first is handled, %v", n, err)
	}
	must(t, c.SetReadDeadline(time.Now().Add(patience)))
	h.done[0](nil)
	got := make([]byte, 16)
	_, err := io.ReadFull(c, got)
	must(t, err)
	if want := []byte{0x40, 2, 0, 1, 0x40, 2, 0, 2, 0x40, 2, 0, 3, 0x40, 2, 0, 4}; !slices.Equal(got, want) {
		t.Errorf("acknowledgements %x; want %x", got, want)
	}
	if !slices.Equal(h.slow, []byte{4}) {
		t.Errorf("the handler got %x; want what was not taken", h.slow)
	}
	until(t, "nothing is pending", func() bool { return b.Pressure().Pending == 0 && b.Pressure().Bytes == 0 })
}

// TestTaker_FailureWithholds: a message that is not durable is not
// acknowledged, and a 3.1.1 client is let go so that it sends again.
func TestTaker_FailureWithholds(t *testing.T) {
	b, h := holding(t, 2)
	c := bareClient(t, b)
	_, err := c.Write(append(published(1), published(2)...))
	must(t, err)
	until(t, "both are taken", func() bool { return h.taken() == 2 })
	h.done[1](nil)
	h.done[0](errors.New("no disk"))
	if got, err := io.ReadAll(c); err == nil && slices.Contains(got, 1) {
		t.Errorf("answered %x", got)
	}
	until(t, "nothing is pending", func() bool { return b.Pressure().Pending == 0 && b.Pressure().Withheld == 1 })
}

// TestTaker_NobodyAnswers: a broker closes, and a client ends, though what was
// taken is never done.
func TestTaker_NobodyAnswers(t *testing.T) {
	b, h := holding(t, 2)
	c := bareClient(t, b)
	_, err := c.Write(append(published(1), published(2)...))
	must(t, err)
	until(t, "both are taken", func() bool { return h.taken() == 2 })
	must(t, b.Close())
	for _, done := range h.done {
		done(nil) // too late: nobody waits
	}
	if p := b.Pressure(); p.Pending != 0 || p.Withheld != 2 {
		t.Errorf("%+v", p)
	}
}

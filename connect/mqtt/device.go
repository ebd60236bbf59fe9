package mqtt

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"zhigai/connect"
	"zhigai/connect/tap"
)

// device is what is known of the topics below one prefix.
type device struct {
	prefix string

	mu       sync.Mutex
	last     map[string]Message // by topic
	conn     uint64             // that published last
	lost     bool               // it was cut off
	at       time.Time          // of the last message
	subs     map[*listener]struct{}
	wanted   int           // collectors that will subscribe, or have
	changed  chan struct{} // closed with the next message; nil while nobody waits
	attached chan struct{} // closed and renewed with every subscription
}

// listener is one running Subscribe.
type listener struct {
	relay   *Relay
	points  []point
	wanted  []connect.Point
	byTopic map[string]*plan // by what stands below the prefix
	conn    *conn
	ring    *tap.Ring // of the device's frames
}

// heard reports whether the device published lately and was not cut off since.
func (u *device) heard(now time.Time, silence time.Duration) bool {
	return u.conn != 0 && !u.lost && now.Sub(u.at) <= silence
}

// keep remembers a message for those who come later.
func (u *device) keep(m Message) {
	if len(m.Payload) > maxKept {
		delete(u.last, m.Topic) // an older value would be taken for the present one
		return
	}
	if _, known := u.last[m.Topic]; known || len(u.last) < maxTopics {
		u.last[m.Topic] = m
	}
}

// hear notes a message. u.mu is held.
func (u *device) hear(m Message) {
	u.keep(m)
	if !m.Will {
		u.conn, u.lost, u.at = m.Conn, false, m.At
	}
	if u.changed != nil {
		close(u.changed)
		u.changed = nil
	}
}

// change is closed with the next message. u.mu is held.
func (u *device) change() <-chan struct{} {
	if u.changed == nil {
		u.changed = make(chan struct{})
	}
	return u.changed
}

// take is handle without waiting, where one subscription takes the values at
// once.
func (u *device) take(m Message, done func(error)) bool {
	var l *listener
	u.mu.Lock()
	if len(u.subs) == 1 {
		for l = range u.subs {
		}
	}
	if l == nil || l.relay.Ended() {
		u.mu.Unlock()
		return false
	}
	u.hear(m)
	u.mu.Unlock()
	readings := l.readings(m)
	if len(readings) == 0 {
		l.relay.Alive()
		l.show(m)
		done(nil)
		return true
	}
	taken := l.relay.TryDeliver(readings, func(err error) {
		if err != nil {
			err = notKept(m, err)
		}
		done(err)
	})
	if taken {
		l.show(m)
	}
	return taken
}

// show lets who watches the device see a message, of interest to it or not.
func (l *listener) show(m Message) { l.ring.Record(tap.Received, m.Topic, m.Payload) }

// notKept is the error of values that are not durable. A message without
// acknowledgement promises nothing to a subscription that ended.
func notKept(m Message, err error) error {
	if m.QoS == 0 && errors.Is(err, ErrDetached) {
		return nil
	}
	return fmt.Errorf("values of %s are not kept: %w", m.Topic, err)
}

// handle delivers a message and waits until what it says is durable.
func (u *device) handle(ctx context.Context, m Message) error {
	u.mu.Lock()
	u.hear(m)
	wait := m.QoS > 0 && u.expects()
	attached := u.attached
	u.mu.Unlock()
	if wait {
		if err := awaitSubscription(ctx, attached); err != nil {
			return err
		}
	}
	u.mu.Lock()
	subs := make([]*listener, 0, len(u.subs))
	for l := range u.subs {
		subs = append(subs, l)
	}
	u.mu.Unlock()
	for i, l := range subs {
		l.relay.Alive()
		l.show(m)
		readings := l.readings(m)
		if len(readings) == 0 {
			continue
		}
		now := ctx
		if i < len(subs)-1 {
			now = unpassed(ctx)
		}
		if err := l.relay.Deliver(now, readings); err != nil {
			if err = notKept(m, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// expects reports whether no subscription is open but one is to come.
func (u *device) expects() bool {
	for l := range u.subs {
		if !l.relay.Ended() {
			return false
		}
	}
	return len(u.subs) > 0 || u.wanted > 0
}

func awaitSubscription(ctx context.Context, attached <-chan struct{}) error {
	timer := time.NewTimer(attachWithin)
	defer timer.Stop()
	select {
	case <-attached:
		return nil
	case <-timer.C:
		return errors.New("nobody takes the values: no subscription came")
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (u *device) life(conn uint64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.conn != conn {
		return
	}
	for l := range u.subs {
		l.relay.Alive()
	}
}

func (u *device) gone(conn uint64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.conn != conn {
		return
	}
	u.lost = true
	for l := range u.subs {
		l.relay.End(fmt.Errorf("mqtt %s: the client that published for it was cut off", u.prefix))
	}
}

// attach registers a subscription and gives the last message of each topic.
func (u *device) attach(l *listener) []Message {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.subs == nil {
		u.subs = make(map[*listener]struct{})
	}
	u.subs[l] = struct{}{}
	close(u.attached)
	u.attached = make(chan struct{})
	out := make([]Message, 0, len(u.last))
	for _, m := range u.last {
		out = append(out, m)
	}
	return out
}

func (u *device) detach(l *listener) {
	l.relay.End(ErrDetached)
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.subs, l)
}

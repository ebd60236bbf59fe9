package mqtt

import (
	"cmp"
	"context"
	"sync/atomic"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// outbox bounds what a subscriber was sent and has not acknowledged, as it
// asked for when it connected.
//
// The library would do that too, but the goroutine that reads a subscriber
// then takes the lock of its list twice: when somebody else adds a message
// between, both wait for ever, and with them every machine whose messages the
// subscriber wants. So the library is told that there is no bound, and the
// goroutine that writes to the subscriber waits here. While it does, messages
// gather in the subscriber's queue, which has a limit.
type outbox struct {
	under atomic.Int64 // messages under way
	most  int64
	acked chan struct{}
	open  context.Context
}

// newOutbox takes the bound over from the library, before the session begins.
func newOutbox(ctx context.Context, cl *mochi.Client, limit uint16) *outbox {
	most := cmp.Or(min(cl.Properties.Props.ReceiveMaximum, limit), limit)
	cl.Properties.Props.ReceiveMaximum = 0 // a session that is taken over gets its bound from here
	cl.State.Inflight.ResetSendQuota(0)
	return &outbox{most: int64(most), acked: make(chan struct{}, 1), open: ctx}
}

// counts reports whether a packet has to be acknowledged by the subscriber.
func counts(pk packets.Packet) bool {
	return pk.FixedHeader.Type == packets.Publish && pk.FixedHeader.Qos > 0
}

// before waits until the packet may be sent. What a session left does not
// wait: its acknowledgements are not read until all of it is sent.
func (o *outbox) before(pk packets.Packet) {
	if !counts(pk) || pk.FixedHeader.Dup {
		return
	}
	for o.under.Load() >= o.most {
		select {
		case <-o.acked:
		case <-o.open.Done():
			return
		}
	}
}

func (o *outbox) sent(pk packets.Packet) {
	if counts(pk) {
		o.under.Add(1)
	}
}

// heard makes room when the packet ends the way of a message.
func (o *outbox) heard(pk packets.Packet) {
	switch t := pk.FixedHeader.Type; {
	case t == packets.Puback, t == packets.Pubcomp, t == packets.Pubrec && pk.ReasonCode >= packets.ErrUnspecifiedError.Code:
		o.under.Add(-1)
		select {
		case o.acked <- struct{}{}:
		default:
		}
	}
}

package mqtt

import (
	"time"

	"github.com/mochi-mqtt/server/v2/packets"
)

// SetQuiet makes floods end sooner.
func (b *Broker) SetQuiet(d time.Duration) { b.quiet = d }

// SetAside puts a message into the library's list for a client as one that
// waits for its turn. It reports whether the message is still there.
func (b *Broker) SetAside(client string) (there func() bool) {
	const id = 60000
	cl, _ := b.server.Clients.Get(client)
	cl.State.Inflight.Set(packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: 1}, TopicName: "aside", PacketID: id, Expiry: -1,
	})
	return func() bool {
		_, ok := cl.State.Inflight.Get(id)
		return ok
	}
}

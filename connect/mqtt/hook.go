package mqtt

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// member is a client that was admitted, on one connection.
type member struct {
	conn   uint64
	user   string
	remote string
	rights Rights
}

// hook is where the broker's library asks and tells.
type hook struct {
	mochi.HookBase
	b *Broker

	mu      sync.RWMutex
	members map[*mochi.Client]*inbox
	next    uint64
}

func (h *hook) ID() string { return "zhigai" }

func (h *hook) Provides(b byte) bool {
	return bytes.IndexByte([]byte{
		mochi.OnConnectAuthenticate, mochi.OnACLCheck, mochi.OnDisconnect,
		mochi.OnPacketRead, mochi.OnPacketEncode, mochi.OnPacketSent, mochi.OnPublish, mochi.OnWill, mochi.OnWillSent, mochi.OnClientExpired,
	}, b) >= 0
}

// OnConnectAuthenticate admits a client, or not.
func (h *hook) OnConnectAuthenticate(cl *mochi.Client, pk packets.Packet) bool {
	m, err := h.admit(cl, pk)
	if err != nil {
		h.b.log.Warn("mqtt client refused", slog.String("client", cl.ID), slog.String("remote", cl.Net.Remote), slog.Any("err", err))
		return false
	}
	// A death is told at once: a delayed will may be lost with the session.
	cl.Properties.Will.WillDelayInterval = 0
	h.mu.Lock()
	h.next++
	m.conn = h.next
	h.members[cl] = newInbox(h.b.post, cl, m)
	h.mu.Unlock()
	h.b.log.Info("mqtt client connected", slog.String("client", cl.ID), slog.String("user", m.user), slog.String("remote", m.remote))
	return true
}

func (h *hook) admit(cl *mochi.Client, pk packets.Packet) (member, error) {
	m := member{user: string(pk.Connect.Username), remote: cl.Net.Remote}
	if h.b.server.Clients.Len() >= 2*h.b.limits.Clients {
		return m, errors.New("too many sessions; clients that come and go should ask for a clean session")
	}
	switch {
	case m.user == "" && h.b.anonymous != nil:
		m.rights = *h.b.anonymous
	case m.user == "" || h.b.keeper == nil:
		return m, errors.New("user name and password are required")
	default:
		ctx, cancel := context.WithTimeout(h.b.ctx, admitWithin)
		defer cancel()
		rights, err := h.b.keeper.Admit(ctx, Login{Client: cl.ID, User: m.user, Password: pk.Connect.Password, Remote: m.remote})
		if err != nil {
			return m, err
		}
		m.rights = rights
	}
	// The library publishes a will without asking for rights again.
	if w := cl.Properties.Will; w.Flag != 0 && (m.rights.excepts(w.TopicName) || !h.b.allowed(m.rights.Publish, w.TopicName, Match)) {
		return m, errors.New("the will's topic " + w.TopicName + " is not allowed")
	}
	return m, nil
}

func (h *hook) member(cl *mochi.Client) (member, bool) {
	in := h.inbox(cl)
	if in == nil {
		return member{}, false
	}
	return in.who, true
}

// inbox is nil for a client that was not admitted.
func (h *hook) inbox(cl *mochi.Client) *inbox {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.members[cl]
}

// OnACLCheck decides on publishing, on subscribing (topic is a filter then)
// and, a second time, on each delivery.
func (h *hook) OnACLCheck(cl *mochi.Client, topic string, write bool) bool {
	m, ok := h.member(cl)
	if !ok {
		return false
	}
	// Of a filter it is asked when it is subscribed to, and of every topic again
	// before a message goes out.
	if m.rights.excepts(topic) {
		return false
	}
	if write {
		return h.b.allowed(m.rights.Publish, topic, Match)
	}
	return h.b.allowed(m.rights.Subscribe, topic, covers)
}

func (r Rights) excepts(topic string) bool { return r.Except != nil && r.Except(topic) }

// OnDisconnect comes after the will.
func (h *hook) OnDisconnect(cl *mochi.Client, err error, _ bool) {
	in := h.inbox(cl)
	if in == nil {
		return
	}
	in.drain(err != nil)
	in.stop()
	m := in.who
	h.mu.Lock()
	delete(h.members, cl)
	h.mu.Unlock()
	h.b.log.Info("mqtt client disconnected", slog.String("client", cl.ID), slog.String("remote", m.remote), slog.Any("err", err))
	for _, w := range h.b.watching() {
		if w.Gone != nil {
			w.Gone(m.conn, err == nil)
		}
	}
}

// OnPacketRead hears life. A topic nobody may publish to ends the connection:
// the library would drop the message and leave the client waiting.
func (h *hook) OnPacketRead(cl *mochi.Client, pk packets.Packet) (packets.Packet, error) {
	if pk.FixedHeader.Type == packets.Publish && (pk.TopicName == "" || len(pk.TopicName) > h.b.limits.TopicBytes ||
		strings.HasPrefix(pk.TopicName, "$") || strings.ContainsAny(pk.TopicName, "+#\x00")) {
		h.b.log.Warn("mqtt client ended: topic not allowed", slog.String("client", cl.ID), slog.String("remote", cl.Net.Remote))
		return pk, packets.ErrRejectPacket
	}
	in := h.inbox(cl)
	if in != nil {
		in.out.heard(pk)
	}
	if in != nil && in.lives(h.b.now(), pk.FixedHeader.Type) {
		for _, w := range h.b.watching() {
			if w.Alive != nil {
				w.Alive(in.who.conn)
			}
		}
	}
	return pk, nil
}

// OnPacketEncode is called by the goroutine that is about to write.
func (h *hook) OnPacketEncode(cl *mochi.Client, pk packets.Packet) packets.Packet {
	if in := h.inbox(cl); in != nil {
		in.out.before(pk)
	}
	return pk
}

// OnPacketSent comes after it.
func (h *hook) OnPacketSent(cl *mochi.Client, pk packets.Packet, _ []byte) {
	if in := h.inbox(cl); in != nil {
		in.out.sent(pk)
	}
}

// OnPublish puts a message into its client's inbox, from where it goes on when
// it is handled.
func (h *hook) OnPublish(cl *mochi.Client, pk packets.Packet) (packets.Packet, error) {
	if cl.Net.Inline {
		return pk, nil // our own, or handled
	}
	in := h.inbox(cl)
	if in == nil {
		return pk, packets.ErrRejectPacket
	}
	err := in.take(pk, h.message(cl, in.who, pk))
	switch {
	case err == nil:
		return h.b.retainable(in, pk), nil
	case errors.Is(err, packets.ErrReceiveMaximum):
		h.b.log.Warn("mqtt client ended: more messages than it may send without acknowledgement", slog.String("client", cl.ID),
			slog.String("remote", in.who.remote), slog.Int("limit", int(h.b.limits.Inflight)))
		_ = cl.WritePacket(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Disconnect}, ReasonCode: packets.ErrReceiveMaximum.Code})
		_ = cl.Net.Conn.Close() // at the socket, see withhold
	case !errors.Is(err, packets.ErrRejectPacket):
		h.b.withhold(in, &letter{pk: pk, msg: Message{Topic: pk.TopicName, QoS: pk.FixedHeader.Qos}, err: err})
	}
	return pk, packets.ErrRejectPacket
}

// retainable is a message that is retained only within the limit.
func (b *Broker) retainable(in *inbox, pk packets.Packet) packets.Packet {
	if pk.FixedHeader.Retain && len(pk.Payload) > 0 && b.server.Topics.Retained.Len() >= b.limits.Retained {
		b.log.Warn("mqtt message not retained: limit reached", slog.String("client", in.cl.ID), slog.Int("limit", b.limits.Retained))
		pk.FixedHeader.Retain = false
	}
	return pk
}

// withhold chooses how a message that is not durable stays without
// acknowledgement. MQTT 5 has a code for it. Under 3.1.1 a client sends again
// only after a reconnect, so its connection is closed; closed at the socket,
// because a client stopped by the library loses its will.
func (b *Broker) withhold(in *inbox, l *letter) {
	b.log.Warn("mqtt message not acknowledged", slog.String("client", in.cl.ID), slog.String("remote", in.who.remote),
		slog.String("topic", l.msg.Topic), slog.Any("err", l.err))
	expel := errors.Is(l.err, ErrExpel)
	switch {
	case in.cl.Properties.ProtocolVersion == 5 && l.msg.QoS == 1 && !expel:
		_ = in.cl.WritePacket(puback(l.pk.PacketID, packets.ErrImplementationSpecificError)) // an error ends the connection by itself
	case l.msg.QoS > 0 || expel:
		_ = in.cl.Net.Conn.Close()
	}
}

// OnWill: what the client published comes before its will.
func (h *hook) OnWill(cl *mochi.Client, will mochi.Will) (mochi.Will, error) {
	if in := h.inbox(cl); in != nil {
		in.drain(true)
	}
	return will, nil
}

// OnWillSent: a will does not pass OnPublish. Nobody waits for an
// acknowledgement of it, so an error is only told.
func (h *hook) OnWillSent(cl *mochi.Client, pk packets.Packet) {
	m, ok := h.member(cl)
	if !ok {
		return
	}
	msg := h.message(cl, m, pk)
	msg.Will = true
	if err := h.b.dispatch(h.b.ctx, msg); err != nil {
		h.b.log.Warn("mqtt will not handled", slog.String("client", cl.ID), slog.String("topic", pk.TopicName), slog.Any("err", err))
	}
}

// OnClientExpired: the library forgets the client but not its subscriptions.
func (h *hook) OnClientExpired(cl *mochi.Client) { h.b.server.UnsubscribeClient(cl) }

func (h *hook) message(cl *mochi.Client, m member, pk packets.Packet) Message {
	return Message{
		Topic: strings.Clone(pk.TopicName), Payload: pk.Payload, QoS: pk.FixedHeader.Qos, Retain: pk.FixedHeader.Retain,
		Conn: m.conn, Client: cl.ID, User: m.user, Remote: m.remote, Tenant: m.rights.Tenant, At: h.b.now(),
	}
}

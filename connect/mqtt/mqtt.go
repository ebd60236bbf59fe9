// Package mqtt is the broker inside the process that machines and gateways
// publish to, and the driver for devices that publish plain values.
//
// The broker acknowledges a message only after the handlers that want it have
// returned, so that what a device was told is kept has reached the disk. It
// keeps no session across a restart and never speaks to another broker. Start
// with [NewBroker], then [Driver].
package mqtt

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"time"

	"zhigai/plant"
)

// Message is what a client published.
type Message struct {
	Topic   string
	Payload []byte // the receiver's own
	QoS     byte
	Retain  bool
	Will    bool   // published by the broker because the client was lost
	Conn    uint64 // one network connection; never used twice by a broker
	Client  string // client identifier, as the client gave it
	User    string
	Remote  string // network address
	Tenant  plant.TenantNo
	At      time.Time // when it arrived
}

// Handler takes a message. It returns nil when the message needs no more care,
// in particular when what it says is durable; an error withholds the
// acknowledgement. Messages of one connection are handled in order: while a
// handler waits, that client waits, and no other.
type Handler func(ctx context.Context, m Message) error

// Taker is a handler's way without waiting: it gives the message its place in
// the order of those that become durable, and calls done, once, on any
// goroutine, when it is handled. It returns false, and has done nothing, when it
// would have to wait: then the handler gets the message.
type Taker func(m Message, done func(error)) bool

// ErrExpel, wrapped in a handler's error, ends the client's connection.
var ErrExpel = errors.New("connection ended by the host")

// Watcher hears what happens to connections. Both are called from the
// connection's goroutine and must not block for long.
type Watcher struct {
	Alive func(conn uint64) // any packet, a ping too
	// Gone comes when the connection ended, after the will was handled, if
	// there was one; orderly says that the client said goodbye.
	Gone func(conn uint64, orderly bool)
}

// Login is what a client presented.
type Login struct {
	Client   string
	User     string
	Password []byte
	Remote   string
}

// Rights are what an admitted client may do. Publish and Subscribe are topic
// filters; nothing listed, nothing allowed. Topics beginning with "$" are
// never allowed.
type Rights struct {
	Tenant    plant.TenantNo
	Publish   []string
	Subscribe []string
	// Except reports of a topic that it is another's, whatever the filters say;
	// nil: none is.
	Except func(topic string) bool
}

// Gatekeeper admits clients. An error refuses, its text goes to the log only.
// Admit may be called concurrently.
type Gatekeeper interface {
	Admit(ctx context.Context, l Login) (Rights, error)
}

// Limits keep one client from hurting the others.
type Limits struct {
	Clients     int    // connections at once, also those that did not log in yet
	PacketBytes int    // one packet
	TopicBytes  int    // one topic name or filter
	Inflight    uint16 // messages without acknowledgement per client
	Queue       int32  // messages waiting to be written to one client
	Retained    int    // retained messages of all clients
	// PendingBytes bounds messages of all clients that are not handled yet; one
	// client may have a sixteenth of it.
	PendingBytes int
}

// DefaultLimits fit a plant: 2,000 gateways, and a birth certificate of some
// thousand metrics in one packet.
func DefaultLimits() Limits {
	return Limits{
		Clients:     2000,
		PacketBytes: 1 << 20,
		TopicBytes:  512,
		Inflight:    256,
		Queue:       1024,
		Retained:    10000,
		// Half an hour of a plant's 5,000 values a second would be 1 GB; what a
		// store does not take within seconds is for the clients to keep.
		PendingBytes: 64 << 20,
	}
}

// Options of a broker.
type Options struct {
	Address    string      // host:port; port 0 takes a free one
	TLS        *tls.Config // nil for plain TCP
	Gatekeeper Gatekeeper  // nil refuses every client with a user name
	// Anonymous are the rights of a client without a user name; nil refuses
	// it. They are given on a loopback address only.
	Anonymous *Rights
	Limits    Limits // zero fields take the default
	// Flooded is told when messages of a client begin to be dropped, and when
	// that has ended, one at a time; nil tells nobody.
	Flooded func(Flood)
	Now     func() time.Time
	Logger  *slog.Logger
}

const (
	// admitWithin bounds a gatekeeper's answer: a client waits no longer.
	admitWithin = 5 * time.Second
	// acceptAgain is the pause after the system refused a connection.
	acceptAgain = 200 * time.Millisecond
	// sessionSeconds is how long a session without connection is kept; a
	// gateway that was off longer than an hour begins anew.
	sessionSeconds = 3600
	// wills and deaths are told by TCP probes after probeIdle + probeCount ×
	// probeEvery, whatever keep-alive the client asked for.
	probeIdle  = 4 * time.Second
	probeEvery = 2 * time.Second
	probeCount = 3
)

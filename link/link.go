// Package link carries facts between nodes: from a child (an edge, a plant) to
// its parent (a hub), and questions the other way.
//
// What a child has not delivered yet lies in its own journals: a [Source] reads
// them from a cursor, so that nothing is kept twice. New items go first, on the
// live lane; what an outage left behind drains on the backlog lane. The parent
// hands each delivery to a [Sink], which makes it durable together with the
// [Progress], and only then acknowledges; sending again is harmless. What can
// not be kept until it is delivered becomes a recorded [Gap].
//
// The package never drops anything without a gap, never acknowledges before
// the sink returned, knows no database and no network: package link/nats is
// the transport. Start with [Child] on one side and [Parent] on the other.
package link

import (
	"context"
	"errors"
	"time"

	"zhigai/plant"
)

// NodeID names a node for ever: the public NKey (user type, "U…") that it
// proves to own on every connection.
type NodeID string

// Stream is one sequence of items of a child.
type Stream string

const (
	StreamHistory Stream = "history" // batches of samples, texts and waveforms
	StreamRecord  Stream = "record"  // events of the record journal
	StreamModel   Stream = "model"   // master data: plant model and tags, as versions of one document
	StreamFigures Stream = "figures" // terms and frozen figures
)

// Streams lists all in the order in which they are asked for.
func Streams() []Stream {
	return []Stream{StreamModel, StreamRecord, StreamFigures, StreamHistory}
}

// Item is one entry of a stream. Link does not look into the payload.
type Item struct {
	Seq      uint64       // place in the child's journal, rises; 1 is the first
	Recorded plant.Micros // when the child committed it
	Payload  []byte
}

// Gap says that a child could not keep items until they were delivered. It is
// itself delivered and committed like an item.
type Gap struct {
	Stream   Stream       `json:"stream"`
	From     uint64       `json:"from"` // first and last missing sequence
	To       uint64       `json:"to"`
	FromTime plant.Micros `json:"from_time,omitempty"` // recorded times of the first and last; 0 when they are not known
	ToTime   plant.Micros `json:"to_time,omitempty"`
	Reason   GapReason    `json:"reason"`
}

// GapReason says why items were given up.
type GapReason string

const (
	GapSize    GapReason = "outbox_full"  // the outbox reached its size
	GapAge     GapReason = "outbox_age"   // items grew older than the outbox keeps
	GapGone    GapReason = "journal_gone" // the child's journal no longer has them
	GapTooLong GapReason = "too_large"    // one item exceeds what a message carries
	GapDamaged GapReason = "damaged"      // the child's journal has them but cannot read them
)

// Progress is how far a parent has come with one stream of a child. Sinks
// keep it beside what they commit, without looking into it: it is JSON.
type Progress struct {
	Version uint64 `json:"version"` // rises by one with every commit; 0 before the first
	Epoch   uint64 `json:"epoch"`   // rises when the child's journal was replaced by an older copy
	Ranges  Ranges `json:"ranges"`  // committed sequences of the epoch, gaps included
	LastSum uint32 `json:"last_sum,omitempty"`
	LastSeq uint64 `json:"last_seq,omitempty"` // the newest item and its checksum: tells a child whose journal was replaced
	// LastRecorded is the recorded time of LastSeq.
	LastRecorded plant.Micros `json:"last_recorded,omitempty"`
}

// Delivery is what a sink commits at once.
type Delivery struct {
	Stream Stream
	Epoch  uint64   // (node, stream, epoch, sequence) names an item for ever
	Items  []Item   // rising, each not committed before
	Gaps   []Gap    // not committed before
	Before uint64   // Version that the stored progress must still have
	After  Progress // to be stored with the items
}

// Sink keeps what children deliver. Methods may be called concurrently, also
// for one node and stream (by replicas of a hub).
type Sink interface {
	// Progress gives what Commit stored last; the zero Progress when there is none.
	Progress(ctx context.Context, node NodeID, stream Stream) (Progress, error)
	// Commit makes items, gaps and d.After durable in one atomic step and
	// returns when they are. It stores nothing and returns [ErrConflict] when
	// the stored version is not d.Before: another replica was faster. An error
	// made by [Busy] is passed on to the child, which waits.
	Commit(ctx context.Context, node Node, d Delivery) error
}

// Source is one stream of the child: a journal read from a cursor. It applies
// the sharing policy: sequences whose items are not shared are passed over.
// Methods may be called concurrently.
type Source interface {
	// Bounds gives the first sequence that can still be read and the last one;
	// first = head+1 when there is none.
	Bounds(ctx context.Context) (first, head uint64, err error)
	// Read gives shared items behind the sequence, in order, from at most limit
	// entries of the journal. through is the last sequence looked at: those up
	// to it without an item are not shared. It returns [ErrGone] when entries
	// behind the sequence were dropped.
	Read(ctx context.Context, after uint64, limit int) (items []Item, through uint64, err error)
	// Wait returns when there is an entry behind the sequence.
	Wait(ctx context.Context, after uint64) error
	// SaveCursor says that nothing up to the sequence is needed any more; what
	// comes after must be kept, over restarts too.
	SaveCursor(ctx context.Context, seq uint64) error
}

// Node is a child as its parent knows it.
type Node struct {
	ID       NodeID         `json:"id"`
	Name     string         `json:"name"`
	Tenant   plant.TenantNo `json:"tenant"` // whose data it delivers
	Enrolled plant.Micros   `json:"enrolled"`
	Revoked  plant.Micros   `json:"revoked,omitempty"` // 0 while it may connect
}

// Code is a permit to enrol one node, once. The parent keeps only the hash.
type Code struct {
	Hash    [32]byte // SHA-256 of the secret: 16 random bytes need no salt and no slow hash
	Name    string   // of the node to be
	Tenant  plant.TenantNo
	Made    plant.Micros
	Expires plant.Micros
	Used    plant.Micros // 0 while it can be used
	By      string       // who made it
}

// Lease says which running copy of a node the parent listens to.
type Lease struct {
	Node     NodeID       `json:"node"`
	Instance string       `json:"instance"` // of the data folder on its machine
	Session  string       `json:"session"`  // of one handshake
	Host     string       `json:"host"`     // name the machine gives itself
	Address  string       `json:"address"`  // it connected from
	Since    plant.Micros `json:"since"`
	Expires  plant.Micros `json:"expires"`
}

// Registry keeps nodes, codes and leases of a hub; replicas share one. Every
// change is durable on return. Methods may be called concurrently.
type Registry interface {
	// Node returns [ErrNotEnrolled] for a key that is not there.
	Node(ctx context.Context, id NodeID) (Node, error)
	Nodes(ctx context.Context) ([]Node, error)
	AddCode(ctx context.Context, c Code) error
	// Enrol uses the code up and stores the node under its name, in one atomic
	// step: [ErrCodeUnknown], [ErrCodeUsed], [ErrCodeExpired] (by now).
	Enrol(ctx context.Context, codeHash [32]byte, id NodeID, now plant.Micros) (Node, error)
	Revoke(ctx context.Context, id NodeID, now plant.Micros) error
	// Lease gives the lease of a node, also an expired one; the zero Lease when
	// there was none.
	Lease(ctx context.Context, id NodeID) (Lease, error)
	// Acquire stores the lease if there is none, if the one there belongs to
	// the same instance or if it expired by now; else it changes nothing. It
	// returns the lease that holds after the call.
	Acquire(ctx context.Context, l Lease, now plant.Micros) (Lease, error)
	// Renew sets the expiry of the leases whose session still holds and whose
	// node is not revoked, and returns the nodes of the others.
	Renew(ctx context.Context, leases []Lease, expires plant.Micros) (lost []NodeID, err error)
	// Release ends the lease if the session still holds it.
	Release(ctx context.Context, id NodeID, session string) error
}

// Transport is a child's way to its parent.
type Transport interface {
	// Dial connects and proves the node's key. The connection does not mend
	// itself: when Done is closed the child dials again.
	Dial(ctx context.Context) (Conn, error)
}

// Conn is one connection of a child to its parent.
type Conn interface {
	// Request asks the parent and waits for the answer or the end of ctx.
	Request(ctx context.Context, verb string, payload []byte) ([]byte, error)
	// Serve lets the parent ask this child; before that it is not heard.
	Serve(instance string, answer func(ctx context.Context, verb string, payload []byte) []byte) error
	// Done is closed when the connection is lost.
	Done() <-chan struct{}
	Close() error
}

// Handler answers one verb that the parent asks ("evidence", "settings").
type Handler func(ctx context.Context, payload []byte) ([]byte, error)

// Errors of this package; test with errors.Is. Those that a parent answers
// with come out at the child as the same errors.
var (
	ErrGone     = errors.New("link: entries are no longer in the journal")
	ErrConflict = errors.New("link: progress was changed by another replica")
	ErrDamaged  = errors.New("link: damaged message")

	ErrNotEnrolled = errors.New("link: the parent does not know this node's key")
	ErrRevoked     = errors.New("link: the parent has revoked this node")
	ErrClone       = errors.New("link: the node's key is in use on another machine")
	ErrVersion     = errors.New("link: the two programs have no protocol version in common")
	ErrSession     = errors.New("link: not the session the parent listens to")
	ErrRefused     = errors.New("link: request refused")
	ErrBusy        = errors.New("link: the parent is busy")
	ErrUnavailable = errors.New("link: the parent cannot commit")

	ErrCodeUnknown = errors.New("link: enrolment code is not known")
	ErrCodeUsed    = errors.New("link: enrolment code was used before")
	ErrCodeExpired = errors.New("link: enrolment code has expired")

	ErrNotConnected = errors.New("link: the node is not connected")
	ErrNoHandler    = errors.New("link: nobody answers this verb")
)

// Busy is an error of a sink that cannot take more before the time is over.
func Busy(retryAfter time.Duration, cause error) error {
	return &busyError{after: retryAfter, cause: cause}
}

type busyError struct {
	after time.Duration
	cause error
}

func (e *busyError) Error() string {
	if e.cause == nil {
		return ErrBusy.Error()
	}
	return ErrBusy.Error() + ": " + e.cause.Error()
}

func (e *busyError) Is(target error) bool { return target == ErrBusy }
func (e *busyError) Unwrap() error        { return e.cause }

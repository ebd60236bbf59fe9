package exchange

import (
	"context"

	"zhigai/plant"
)

// Ref names a message.
type Ref struct {
	Partner   string
	Direction Direction
	ID        string
}

// Settled is what becomes of a part.
type Settled struct {
	Ref  Ref
	Part Part // State and Reason as they are to be
	By   string
	// Upon is the digest of the newest version by which the part was judged, "" for
	// none.
	Upon string
}

// Object is the newest version of something that a partner's messages brought.
type Object struct {
	Kind    Kind
	Object  string
	Version int64
	Digest  string
	Message string
	At      plant.Instant
	Body    []byte
	// Open: what is made of the order is still to be reported.
	Open bool
}

// Told is what a partner was told of an order (Job 0) or a job last.
type Told struct {
	Number string
	Job    int
	Seq    int64
	State  string
	Total  Quantities
}

// Filter chooses messages. Zero fields do not filter.
type Filter struct {
	Partner   string
	Direction Direction
	States    []State
	Object    string // exactly: of any part
	Text      string // part of the id or object
	After     string // key of the last row of the page before
	Limit     int
}

// Counts of a partner's messages.
type Counts struct {
	Received     int64         `json:"received" doc:"Came, and wait to be applied"`
	Refused      int64         `json:"refused" doc:"Came, and were refused in whole or in part"`
	Queued       int64         `json:"queued" doc:"Wait to be sent"`
	Dead         int64         `json:"dead" doc:"Dead letters"`
	Done         int64         `json:"done"`
	Acknowledged int64         `json:"acknowledged"`
	Oldest       plant.Instant `json:"oldest,omitempty" doc:"When the first that waits to be sent was made"`
	Heard        plant.Instant `json:"heard,omitempty" doc:"When a message last came"`
	Took         plant.Instant `json:"took,omitempty" doc:"When a message was last taken"`
}

// Attempt is what came of sending a message.
type Attempt struct {
	State  State // acknowledged, queued (tried again at Next) or dead
	Reason string
	Next   plant.Instant
}

// Store keeps partners, messages and what was told. What it stores is durable
// when it returns; every change of a message's state is a fact, in the commit of
// the change. Its methods may be called concurrently.
type Store interface {
	Partners(ctx context.Context, tenant plant.TenantNo) ([]Partner, error)
	// SavePartner stores a revision; seen is the Rev that it follows on, 0 for a new
	// one, another is access.ErrConflict.
	SavePartner(ctx context.Context, tenant plant.TenantNo, p Partner, seen int64) (Partner, error)
	// DropPartner ends one; its messages stay.
	DropPartner(ctx context.Context, tenant plant.TenantNo, id string, seen int64) error

	// Take keeps a message that came, with its parts. One that is there already is
	// counted and given back with fresh false.
	Take(ctx context.Context, tenant plant.TenantNo, m Message, parts []Part) (kept Message, fresh bool, err error)
	// Along gives a context under which the next commit of a room also settles the
	// part. done says whether it did. What the commit fails with: ErrTaken of a part
	// that is not pending any more, ErrOlder when a newer version is there, or
	// another than the part was judged by.
	Along(ctx context.Context, tenant plant.TenantNo, s Settled) (_ context.Context, done func() bool)
	// Settle is Along without anything else.
	Settle(ctx context.Context, tenant plant.TenantNo, s Settled) error
	// Delay notes why a part could not be applied yet, and when the message is tried
	// again.
	Delay(ctx context.Context, tenant plant.TenantNo, of Ref, a Attempt) error
	// Waiting are messages of the direction that are received or queued and due,
	// the oldest first; with bodies when they go out.
	Waiting(ctx context.Context, tenant plant.TenantNo, partner string, d Direction, now plant.Instant, limit int) ([]Message, error)
	// Again makes refused parts pending, or a dead letter queued. parts are those of
	// a message that could not be read before and now can.
	Again(ctx context.Context, tenant plant.TenantNo, of Ref, by string, parts []Part) error

	// Message is access.ErrNotFound for one that nobody sent.
	Message(ctx context.Context, tenant plant.TenantNo, of Ref) (Message, []Part, error)
	// Messages are newest first, without bodies.
	Messages(ctx context.Context, tenant plant.TenantNo, f Filter) ([]Message, error)
	Counts(ctx context.Context, tenant plant.TenantNo, partner string) (Counts, error)

	// Object is the newest version; a zero Version when there is none.
	Object(ctx context.Context, tenant plant.TenantNo, partner string, k Kind, object string) (Object, error)
	// Objects are by name behind after; open ones alone when asked.
	Objects(ctx context.Context, tenant plant.TenantNo, partner string, k Kind, open bool, after string, limit int) ([]Object, error)

	// Queue stores messages of one order that go out, with what the partner is told
	// by them. A Seq that does not follow on what was told is access.ErrConflict.
	// closed ends the reporting of the order.
	Queue(ctx context.Context, tenant plant.TenantNo, partner, number string, out []Message, told []Told, closed bool) error
	// Told is what the partner was told of an order, by job.
	Told(ctx context.Context, tenant plant.TenantNo, partner, number string) ([]Told, error)
	// Attempted notes what came of sending a message.
	Attempted(ctx context.Context, tenant plant.TenantNo, of Ref, a Attempt) error
}

// Rooms are what messages act on. An error that wraps ErrRefused is final;
// others are tried again. Each call makes at most one commit.
type Rooms interface {
	// Order makes an order what the partner asks.
	Order(ctx context.Context, tenant plant.TenantNo, partner string, o Order) error
	// Define makes the next revision of how a product is made, as a draft.
	Define(ctx context.Context, tenant plant.TenantNo, partner string, d Definition) error
	// Lot books what a partner says of a lot, as far as it differs from what the same
	// partner said before; nil of the first word.
	Lot(ctx context.Context, tenant plant.TenantNo, partner string, l Lot, before *Lot) error
}

// Made is what was made of an order.
type Made struct {
	Number   string
	Product  string
	Unit     string
	Quantity int64 // ordered
	State    string
	Began    plant.Instant
	Ended    plant.Instant
	// Good is what the last segment made; scrap and rework are of all.
	Total Quantities
	Jobs  []JobMade
	Final bool // closed or cancelled
}

// JobMade is what was made in one job.
type JobMade struct {
	No    int
	Name  string
	State string
	Began plant.Instant
	Ended plant.Instant
	Total Quantities
}

// Makes tells what was made.
type Makes interface {
	// Made is access.ErrNotFound for an order that there is not.
	Made(ctx context.Context, tenant plant.TenantNo, number string) (Made, error)
}

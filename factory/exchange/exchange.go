// Package exchange is how a plant and its business system (ERP) tell one another
// what is to be made and what was made, exactly once.
//
// A message that comes is kept before it is answered, and each of its parts is
// applied in one commit with the fact that it was: the same message again is
// answered the same, another content under its id is refused, an older version
// never overwrites a newer. What goes out says running totals beside what is
// new, so that a message that is lost or comes twice doubles nothing.
//
// It never changes what came, never decides what an order means (the rooms it
// tells do), and knows no transport and no SQL: ways to partners are doors
// (factory/exchange/door). Start with [Desk.Receive], then [Desk.Report] and
// [Desk.Send].
package exchange

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"zhigai/plant"
)

// Errors of this package.
var (
	// ErrInvalid is what cannot be done, in words for the asker.
	ErrInvalid = errors.New("exchange: not valid")
	// ErrRefused wraps why a part can never be applied as it is, or why the
	// partner will never take a message as it is: trying again does not help.
	ErrRefused = errors.New("refused")
	// ErrOther is a message whose id came before with another content.
	ErrOther = errors.New("exchange: the id came before with another content")
	// ErrTaken is a part that somebody else settled meanwhile.
	ErrTaken = errors.New("exchange: settled meanwhile")
	// ErrOlder is a part of which a newer version, or another of the same version,
	// was applied already, or another than the part was judged by.
	ErrOlder = errors.New("exchange: a newer version was applied")
)

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

func refused(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrRefused, fmt.Sprintf(format, args...))
}

// within says where in a message something was refused.
func within(where string, err error) error {
	switch {
	case !errors.Is(err, ErrRefused):
		return fmt.Errorf("%s: %w", where, err)
	case strings.HasPrefix(reasonOf(err), "line "): // it is said already, more exactly
		return err
	}
	return refused("%s: %s", where, reasonOf(err))
}

// reasonOf is why something was refused, without the word itself.
func reasonOf(err error) string {
	return strings.TrimPrefix(err.Error(), ErrRefused.Error()+": ")
}

// Bounds of what is exchanged: a day of a large plant, and what a reader can
// take in.
const (
	MaxBytes  = 8 << 20
	MaxParts  = 2000
	maxID     = 120
	maxReason = 1000
	maxMade   = 1_000_000_000
)

// Kind says what a part or a message is about.
type Kind string

// Kinds of parts. The last goes out, the others come in.
const (
	KindOrder       Kind = "order"
	KindDefinition  Kind = "definition"
	KindLot         Kind = "lot"
	KindStatement   Kind = "statement" // what the partner's books say of an order
	KindPerformance Kind = "performance"
)

// Direction of a message.
type Direction string

// Directions, as the plant sees them.
const (
	In  Direction = "in"
	Out Direction = "out"
)

// State of a message.
type State string

// States: the first four of what came, the last three of what goes.
const (
	Received     State = "received" // kept, and not all of it settled
	Done         State = "done"     // nothing of it was refused
	Partly       State = "partly"   // some of it was refused
	Refused      State = "refused"  // all of it was
	Queued       State = "queued"
	Acknowledged State = "acknowledged" // the partner has it
	Dead         State = "dead"         // given up, until somebody sends it again
)

// Message is one that came or goes. Its body never changes.
type Message struct {
	Key       string        `json:"key" doc:"Place in lists"`
	Partner   string        `json:"partner"`
	Direction Direction     `json:"direction" enum:"in,out"`
	ID        string        `json:"id" doc:"The sender's own"`
	Kind      Kind          `json:"kind" enum:"order,definition,lot,statement,performance"`
	Format    Format        `json:"format" enum:"b2mml,json,csv,xlsx"`
	Digest    string        `json:"digest" doc:"SHA-256 of the body"`
	Object    string        `json:"object" doc:"What it is about: of several the first"`
	Parts     int           `json:"parts"`
	State     State         `json:"state" enum:"received,done,partly,refused,queued,acknowledged,dead"`
	Reason    string        `json:"reason,omitempty" doc:"Why it is refused, dead or waits"`
	Tries     int           `json:"tries"`
	Next      plant.Instant `json:"next,omitempty" doc:"When it is tried again"`
	Doubles   int           `json:"doubles" doc:"How often it came again"`
	At        plant.Instant `json:"at" doc:"When it came, or was made"`
	Changed   plant.Instant `json:"changed"`
	Body      []byte        `json:"-"`
}

// PartState of a part of what came.
type PartState string

// States of a part.
const (
	Pending    PartState = "pending"
	Applied    PartState = "applied"
	Same       PartState = "same"       // another message brought the very same
	Superseded PartState = "superseded" // a newer version was there already
	PartOff    PartState = "refused"
)

// Part is one thing that a message says.
type Part struct {
	No      int             `json:"no"`
	Kind    Kind            `json:"kind" enum:"order,definition,lot,statement"`
	Object  string          `json:"object" doc:"Number of the order, code of the product, id of the lot"`
	Version int64           `json:"version" doc:"Greater is newer: the partner's own, or when it came"`
	State   PartState       `json:"state" enum:"pending,applied,same,superseded,refused"`
	Reason  string          `json:"reason,omitempty"`
	Digest  string          `json:"-"`
	Body    json.RawMessage `json:"body" doc:"As this plant understands it"`
}

// StateOf is the state of a message by its parts.
func StateOf(parts []PartState) State {
	var pending, off int
	for _, s := range parts {
		switch s {
		case Pending:
			pending++
		case PartOff:
			off++
		}
	}
	switch {
	case pending > 0:
		return Received
	case off == 0:
		return Done
	case off == len(parts):
		return Refused
	default:
		return Partly
	}
}

// Order is what a partner asks of one.
type Order struct {
	Number    string         `json:"number"`
	Product   string         `json:"product"`
	Revision  int            `json:"revision,omitempty"`
	Quantity  int64          `json:"quantity"`
	Unit      string         `json:"unit,omitempty" doc:"UCUM; of the product when left out"`
	Place     string         `json:"place"`
	Earliest  plant.Instant  `json:"earliest,omitempty"`
	Due       plant.Instant  `json:"due"`
	Priority  int            `json:"priority"`
	Customer  string         `json:"customer,omitempty"`
	Reference string         `json:"reference,omitempty"`
	Note      string         `json:"note,omitempty"`
	State     RequestedState `json:"state" enum:"forecast,released,held,cancelled"`
}

// RequestedState is how an order is to stand.
type RequestedState string

// States that can be asked for, in the words of B2MML.
const (
	Forecast  RequestedState = "forecast"
	Released  RequestedState = "released"
	Held      RequestedState = "held"
	Cancelled RequestedState = "cancelled"
)

// Definition is how a product is made, as a partner says it.
type Definition struct {
	Product   string     `json:"product"`
	Unit      string     `json:"unit"`
	Note      string     `json:"note,omitempty"`
	Materials []Material `json:"materials"`
	Segments  []Segment  `json:"segments"`
}

// Material goes into one unit of the product.
type Material struct {
	Item     string         `json:"item"`
	Quantity plant.Quantity `json:"quantity"`
	Unit     string         `json:"unit"`
	Segment  int            `json:"segment,omitempty"`
}

// Segment is an operation of the routing.
type Segment struct {
	No        int      `json:"no"`
	Name      string   `json:"name"`
	After     []int    `json:"after,omitempty"`
	Equipment []string `json:"equipment" doc:"Paths or names of machines, lines or cells, the usual first"`
	SetupMs   int64    `json:"setup_ms"`
	RunMs     int64    `json:"run_ms"`
}

// Lot is a lot of material, as a partner says it.
type Lot struct {
	ID       string         `json:"id" doc:"Number of the lot"`
	Item     string         `json:"item"`
	Quantity plant.Quantity `json:"quantity" doc:"All that was delivered of it, whatever was used since"`
	Unit     string         `json:"unit" doc:"UCUM"`
	Status   LotStatus      `json:"status,omitempty" enum:"released,blocked" doc:"Nothing is said of it when left out"`
	Place    string         `json:"place,omitempty" doc:"Code of the location"`
}

// object names a lot: its number alone may be that of another item's.
func (l Lot) object() string { return l.Item + ":" + l.ID }

// LotStatus says whether a lot may be used.
type LotStatus string

// Statuses of a lot.
const (
	LotReleased LotStatus = "released"
	LotBlocked  LotStatus = "blocked"
)

// Statement is what the partner's books say of an order.
type Statement struct {
	Number  string `json:"number"`
	Ordered int64  `json:"ordered"`
	Good    int64  `json:"good"`
	Scrap   int64  `json:"scrap"`
}

// Quantities are what was made.
type Quantities struct {
	Good   int64 `json:"good"`
	Scrap  int64 `json:"scrap"`
	Rework int64 `json:"rework"`
}

// Less is what is new since before.
func (q Quantities) Less(before Quantities) Quantities {
	return Quantities{q.Good - before.Good, q.Scrap - before.Scrap, q.Rework - before.Rework}
}

// Performance says what was made of an order, or of one job of it: the totals,
// and what is new since the message before, which is Seq − 1. Who has Seq or a
// later one does not book it again.
type Performance struct {
	ID      string        `json:"id"`
	Number  string        `json:"number" doc:"Of the order"`
	Product string        `json:"product"`
	Unit    string        `json:"unit" doc:"UCUM"`
	Job     int           `json:"job" doc:"0: the order as a whole"`
	Name    string        `json:"name,omitempty" doc:"Of the job"`
	Seq     int64         `json:"seq" doc:"Counts the messages of the order or job"`
	State   string        `json:"state" doc:"Of the order or job"`
	Total   Quantities    `json:"total"`
	New     Quantities    `json:"new"`
	Began   plant.Instant `json:"began,omitempty"`
	Ended   plant.Instant `json:"ended,omitempty"`
	At      plant.Instant `json:"at"`
	Final   bool          `json:"final" doc:"Nothing more will come"`
}

// Fact is what the journal keeps of each step of a message.
type Fact struct {
	Partner   string      `json:"partner"`
	Direction Direction   `json:"direction"`
	Message   string      `json:"message"`
	What      What        `json:"what"`
	Part      int         `json:"part,omitempty"`
	Kind      Kind        `json:"kind,omitempty"`
	Object    string      `json:"object,omitempty"`
	Version   int64       `json:"version,omitempty"`
	Digest    string      `json:"digest,omitempty"`
	Reason    string      `json:"reason,omitempty"`
	By        string      `json:"by,omitempty"`
	Seq       int64       `json:"seq,omitempty"`
	Total     *Quantities `json:"total,omitempty"`
}

// What a fact says of a message. A part is settled by its own state.
type What string

// What happens to messages beside the states of their parts.
const (
	WhatReceived     What = "received"
	WhatAgain        What = "again" // refused parts are tried again
	WhatQueued       What = "queued"
	WhatAcknowledged What = "acknowledged"
	WhatDead         What = "dead"
	WhatResent       What = "resent"
)

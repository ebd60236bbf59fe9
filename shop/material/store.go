package material

import (
	"context"

	"zhigai/access"
	"zhigai/plant"
)

// Stock is a bin as lists show it, with its lot and item.
type Stock struct {
	Bin
	Item    Item          `json:"item"`
	Number  string        `json:"number" doc:"Of the lot; empty of items that are not tracked"`
	Expires string        `json:"expires,omitempty"`
	Since   plant.Instant `json:"since,omitempty" doc:"When the lot came to be"`
	Blocked bool          `json:"blocked,omitempty"`
	Reason  string        `json:"reason,omitempty" doc:"Why it is blocked"`
	// Kind and Path are those of the location.
	Kind LocationKind `json:"kind" enum:"warehouse,supermarket,line_side,quarantine"`
	Path string       `json:"path" doc:"Of the place in the plant"`
}

// After is the place of the row in a list, for the page behind it.
func (s Stock) After() string { return s.Lot + "\n" + s.Location }

// StockFilter chooses bins. Zero fields do not filter, but the scope does.
type StockFilter struct {
	Scope    access.Scope // of which the location must be
	Item     string       // code
	Lot      string       // id
	Location string       // with all below it
	Text     string       // part of an item's code or name, or of a lot's number
	Doubt    bool         // only those with doubts
	Empty    bool         // also those in which nothing lies
	After    string       // place of the last row of the page before
	Limit    int
}

// EntryFilter chooses entries. Zero fields do not filter.
type EntryFilter struct {
	Scope    access.Scope // of which one of the places must be
	Item     string
	Lot      string // id
	Location string
	Order    string
	Job      int
	What     []Kind
	Before   string // id: those entered before it
	Limit    int
}

// Field is what counts in a window found of an item, beside what was booked.
type Field struct {
	Item     Item           `json:"item"`
	Counts   int64          `json:"counts"`
	Expected plant.Quantity `json:"expected" doc:"By the bookings, added up over the counts"`
	Counted  plant.Quantity `json:"counted"`
	// Lost is Expected − Counted; Off adds the differences without their signs.
	Lost plant.Quantity `json:"lost" doc:"Expected − counted"`
	Off  plant.Quantity `json:"off" doc:"The differences added up without their signs"`
}

// Found is one place where something of an affected lot is, or where it went.
type Found struct {
	Lot      Lot            `json:"lot"`
	Where    string         `json:"where" enum:"stock,shipped,scrapped,nowhere" doc:"nowhere: all of it was used up or moved on into other lots"`
	Location string         `json:"location,omitempty" doc:"Of stock"`
	Party    string         `json:"party,omitempty" doc:"Of shipped: to whom"`
	Quantity plant.Quantity `json:"quantity"`
}

// Store keeps items, locations and what happened to material. Its methods may be
// called concurrently. What is not there is access.ErrNotFound, what was changed
// in between access.ErrConflict.
type Store interface {
	// SaveItem, SaveLocation and SaveLoop store a fact and a row in one commit; seen
	// is the Rev that it follows on, 0 for a new one. The unit and the tracking of
	// an item never change once something of it was booked: ErrInvalid.
	SaveItem(ctx context.Context, tenant plant.TenantNo, by string, i Item, seen int64) error
	Item(ctx context.Context, tenant plant.TenantNo, code string) (Item, error)
	// Items are by code; text is a part of code or name.
	Items(ctx context.Context, tenant plant.TenantNo, text, after string, limit int) ([]Item, error)
	SaveLocation(ctx context.Context, tenant plant.TenantNo, by string, l Location, seen int64) error
	Location(ctx context.Context, tenant plant.TenantNo, code string) (Location, error)
	// Locations are by code, of the scope, at most limit.
	Locations(ctx context.Context, scope access.Scope, limit int) ([]Location, error)
	SaveLoop(ctx context.Context, tenant plant.TenantNo, by string, l Loop, seen int64) error
	Loop(ctx context.Context, tenant plant.TenantNo, id string) (Loop, error)
	Loops(ctx context.Context, scope access.Scope, limit int) ([]Loop, error)

	// Book stores entries as facts with what follows from them – bins, lots, counts,
	// links – and the calls that they answer, all in one commit. Entries with keys
	// that their author has used are not stored again; of several, some known and
	// some not is access.ErrConflict. Derived ones have one author for all: a
	// back-flush that two people ask for at one time is booked once. It gives the
	// entries as they stand.
	Book(ctx context.Context, tenant plant.TenantNo, entries []Entry, calls ...CallChange) ([]Entry, error)
	Entry(ctx context.Context, tenant plant.TenantNo, id string) (Entry, error)
	// Keyed is the entry that its author sent with a key.
	Keyed(ctx context.Context, tenant plant.TenantNo, author, key string) (Entry, error)
	// Entries are the newest first, without those that were withdrawn.
	Entries(ctx context.Context, tenant plant.TenantNo, f EntryFilter) ([]Entry, error)

	// Stocks are by lot and location.
	Stocks(ctx context.Context, tenant plant.TenantNo, f StockFilter) ([]Stock, error)
	// Bin is an empty one where nothing was ever booked.
	Bin(ctx context.Context, tenant plant.TenantNo, lot, location string) (Bin, error)
	Lot(ctx context.Context, tenant plant.TenantNo, id string) (Lot, error)
	// Field sums the counts of [from, to) by item, the most lost first.
	Field(ctx context.Context, scope access.Scope, from, to plant.Instant, limit int) ([]Field, error)
	// Used is what was consumed for an order, by item.
	Used(ctx context.Context, tenant plant.TenantNo, order string) ([]Need, error)
	// Reservations are those of an item or an order that are not 0.
	Reservations(ctx context.Context, tenant plant.TenantNo, order, item string, limit int) ([]Reservation, error)

	// Trace walks the links from a lot, down to what was made of it or up to what it
	// was made of, and gives each lot once with what is left of it, at most limit.
	// It ends in a circle, too. The lot itself stands first.
	Trace(ctx context.Context, tenant plant.TenantNo, lot string, down bool, limit int) ([]Found, error)
	// Links are the steps of the same walk, at most limit.
	Links(ctx context.Context, tenant plant.TenantNo, lot string, down bool, limit int) ([]Link, error)

	// SaveArrival stores the steps behind the first seen ones as facts, and the
	// arrival as a row, in one commit; one that has another number of steps is
	// access.ErrConflict. author and key are those of a new one.
	SaveArrival(ctx context.Context, tenant plant.TenantNo, a Arrival, seen int, author, key string) error
	Arrival(ctx context.Context, tenant plant.TenantNo, id string) (Arrival, error)
	// KeyedArrival is the one that its author entered with a key.
	KeyedArrival(ctx context.Context, tenant plant.TenantNo, author, key string) (Arrival, error)
	// Arrivals are by the time at which they are expected.
	Arrivals(ctx context.Context, f ArrivalFilter) ([]Arrival, error)
	// Supply tells of items what there is of them, and of orders what they used.
	// today is the day on which lots must not have expired.
	Supply(ctx context.Context, tenant plant.TenantNo, items, orders []string, today string) (Supply, error)

	Call(ctx context.Context, tenant plant.TenantNo, id string) (Call, error)
	// KeyedCall is the one that its author asked for with a key.
	KeyedCall(ctx context.Context, tenant plant.TenantNo, author, key string) (Call, error)
	// Calls are the newest first; open leaves out those that ended.
	Calls(ctx context.Context, scope access.Scope, open bool, before string, limit int) ([]Call, error)
	// SaveCalls stores steps of calls; seen is the number of steps that each follows
	// on.
	SaveCalls(ctx context.Context, tenant plant.TenantNo, changes ...CallChange) error
}

// CallChange is what one commit does to a call.
type CallChange struct {
	Call Call
	Seen int // steps that it had
	Path string
	// Author and Key are those of a new call that was asked for with a key.
	Author, Key string
}

// Reservation is what is kept of an item for an order.
type Reservation struct {
	Order    string         `json:"order" doc:"Number"`
	Item     string         `json:"item"`
	Quantity plant.Quantity `json:"quantity"`
	Used     plant.Quantity `json:"used" doc:"Of the item, by the order"`
	By       string         `json:"by"`
	At       plant.Instant  `json:"at"`
}

// Left is what of a reservation is still to be taken.
func (r Reservation) Left() plant.Quantity { return max(0, r.Quantity-r.Used) }

// Orders tells of job orders and what goes into them.
type Orders interface {
	// Run is a job order of an order by its number; access.ErrNotFound without.
	Run(ctx context.Context, tenant plant.TenantNo, order string, job int) (Run, error)
	// Needs are the materials of an order for all that it is to make;
	// access.ErrNotFound without.
	Needs(ctx context.Context, tenant plant.TenantNo, order string) ([]Need, error)
}

// Need is what an order needs, or used, of an item.
type Need struct {
	Item     string         `json:"item"`
	Quantity plant.Quantity `json:"quantity"`
	Unit     string         `json:"unit"`
}

// Run is what a job order did.
type Run struct {
	Order     string       `json:"order" doc:"Number"`
	OrderID   string       `json:"order_id"`
	Job       int          `json:"job"`
	Name      plant.Name   `json:"name"`
	Product   string       `json:"product"`
	Revision  int          `json:"revision"`
	Made      int64        `json:"made" doc:"Good, scrap and rework, by the machines' counts and what people entered"`
	Good      int64        `json:"good"`
	Stretches []Stretch    `json:"stretches" nullable:"false" doc:"When it ran where"`
	Work      []Attendance `json:"work" nullable:"false" doc:"Who was at work on it"`
	Tools     []string     `json:"tools" nullable:"false"`
	First     *FirstPiece  `json:"first_piece,omitempty"`
	// Last: nothing follows it, so that it makes the product itself; those before may
	// make what becomes the product.
	Last bool  `json:"-"`
	Uses []Use `json:"-"` // of its segment
}

// Stretch is time in which a job ran at a machine; To is 0 while it lasts.
type Stretch struct {
	Machine plant.NodeID  `json:"equipment"`
	Path    string        `json:"path"`
	Name    plant.Name    `json:"name"`
	From    plant.Instant `json:"from"`
	To      plant.Instant `json:"to,omitempty"`
}

// Attendance is time in which somebody was at work on a job.
type Attendance struct {
	Person string        `json:"person"`
	From   plant.Instant `json:"from"`
	To     plant.Instant `json:"to,omitempty"`
}

// FirstPiece is what was said of the first piece.
type FirstPiece struct {
	OK   bool          `json:"ok"`
	By   string        `json:"by"`
	At   plant.Instant `json:"at"`
	Note string        `json:"note,omitempty"`
}

// Use is what one unit of a product takes of an item in a segment.
type Use struct {
	Item string
	Per  plant.Quantity
	Unit string
}

// Places are the nodes of the plant.
type Places interface {
	// Place tells a node's path and name; access.ErrNotFound without.
	Place(ctx context.Context, tenant plant.TenantNo, node plant.NodeID) (path string, name plant.Name, err error)
}

// Machines tells what machines measured.
type Machines interface {
	// Parameters folds each signal of a machine over [from, to), in order of name.
	Parameters(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Micros) ([]Parameter, error)
}

// Parameter is a signal of a machine over a stretch of time, weighed by the time
// that each value held.
type Parameter struct {
	Tag     plant.TagNo `json:"tag"`
	Name    string      `json:"name"`
	Title   plant.Name  `json:"title"`
	Unit    string      `json:"unit,omitempty"`
	Min     float64     `json:"min"`
	Mean    float64     `json:"mean" doc:"Weighed by time"`
	Max     float64     `json:"max"`
	Samples int         `json:"samples"`
	// Known is the share of the stretch in which a good value held, 0..1.
	Known float64 `json:"known"`
}

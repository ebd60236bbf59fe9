package certificate

import (
	"context"

	"zhigai/access"
	"zhigai/plant"
)

// Filter chooses certificates. Zero fields do not filter, but the scope does.
type Filter struct {
	Scope   access.Scope
	State   State
	Order   string
	Product string
	Text    string        // part of number, order, lot, product or customer
	From    plant.Instant // issued in [From, To); no filter when To is 0
	To      plant.Instant
	Before  string // place of the last row of the page before
	Limit   int
}

// Store keeps certificates. Its methods may be called concurrently. What is not there
// is access.ErrNotFound.
type Store interface {
	// SaveCertificate stores what the last step made of a certificate as a fact and as a
	// row in one commit; seen is the Rev that it follows on, 0 for a new one; another is
	// access.ErrConflict. author and key are those of a new one.
	SaveCertificate(ctx context.Context, tenant plant.TenantNo, c Certificate, seen int64, author, key string) error
	Certificate(ctx context.Context, tenant plant.TenantNo, number string) (Certificate, error)
	// KeyedCertificate is the one that its author made with a key.
	KeyedCertificate(ctx context.Context, tenant plant.TenantNo, author, key string) (Certificate, error)
	// Certificates are the newest first.
	Certificates(ctx context.Context, f Filter) ([]Certificate, error)
	// LastNumber is the greatest number with a beginning; "" without any.
	LastNumber(ctx context.Context, tenant plant.TenantNo, beginning string) (string, error)
}

// Order is an order as a certificate tells of it.
type Order struct {
	Number      string
	Maker       plant.Name // of the firm
	Product     string
	ProductName plant.Name
	Definition  int // revision
	Unit        string
	Good        int64 // made
	Place       string
	Customer    string
	Reference   string
	Created     plant.Instant
	Began       plant.Instant
	Ended       plant.Instant
	Segments    []int
	Runs        []Run
}

// Run is time in which a job of the order ran at a machine; To is 0 while it lasts.
type Run struct {
	Job      int
	Machine  plant.NodeID
	From, To plant.Instant
}

// Orders tell of orders.
type Orders interface {
	// Order is one by its number; access.ErrNotFound without.
	Order(ctx context.Context, tenant plant.TenantNo, number string) (Order, error)
}

// Materials tell of lots and of what they were made.
type Materials interface {
	// Lot is one by its id, with the number of the order that made it; access.ErrNotFound
	// without.
	Lot(ctx context.Context, tenant plant.TenantNo, id string) (l Lot, order string, err error)
	// Made are the lots of the product that an order made.
	Made(ctx context.Context, tenant plant.TenantNo, order, product string) ([]Lot, error)
	// Heats are what was received and went into lots of an order, or, where no lot is
	// known, into what was consumed for it; more says that there are more than are given.
	Heats(ctx context.Context, tenant plant.TenantNo, order string, lots []Lot) (all []Heat, more bool, err error)
}

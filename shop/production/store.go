package production

import (
	"context"
	"fmt"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/figure"
	"zhigai/plant"
)

// DefinitionFilter chooses definitions. Zero fields do not filter.
type DefinitionFilter struct {
	Product string // exactly
	State   DefinitionState
	Text    string // part of the product's code, or of a material's
	Current bool   // of each product the newest revision alone
	After   string // place of the last row of the page before
	Limit   int
}

// Head is what a list shows of an order.
type Head struct {
	ID string `json:"id"`
	Terms
	Rev     int64         `json:"rev"`
	State   OrderState    `json:"state" enum:"forecast,released,held,cancelled,running,paused,completed,aborted,closed"`
	Jobs    int           `json:"jobs"`
	Ended   int           `json:"ended" doc:"Jobs of it"`
	At      int           `json:"at,omitempty" doc:"Number of the job that comes next or runs"`
	From    plant.Instant `json:"from,omitempty" doc:"Planned, or begun"`
	To      plant.Instant `json:"to,omitempty" doc:"Planned, or ended"`
	Late    bool          `json:"late" doc:"It ended after its due date, or is planned to"`
	Doubts  int           `json:"doubts"`
	Changed plant.Instant `json:"changed"`
}

// After is the place of the row in a list, for the page behind it.
func (h Head) After() string { return fmt.Sprintf("%d.%s", h.Due, h.ID) }

// OrderFilter chooses orders. Zero fields do not filter, but the scope does.
type OrderFilter struct {
	Scope   access.Scope // of which the place must be
	States  []OrderState
	Product string
	Text    string        // part of the number, reference, customer or product
	Due     plant.Instant // before
	Doubt   bool
	During  Interval // worked on in it, or due; no filter when To is 0
	After   string   // place of the last row of the page before
	Limit   int
}

// JobHead is a job as a list of what is to be done shows it.
type JobHead struct {
	Order    string        `json:"order" doc:"Id"`
	Number   string        `json:"number" doc:"Of the order"`
	Product  string        `json:"product"`
	Revision int           `json:"revision"`
	Priority int           `json:"priority"`
	Due      plant.Instant `json:"due"`
	Job
	Place string `json:"place"`
}

// Files are the documents that definitions name.
type Files interface {
	// Kept gives the bytes of a file that is kept as it was handed in;
	// access.ErrNotFound without.
	Kept(ctx context.Context, tenant plant.TenantNo, sha256 string) (bytes int64, err error)
}

// Store keeps definitions and orders. Its methods may be called concurrently.
type Store interface {
	// SaveDefinition stores a revision as a fact and as a row in one commit. seen
	// is the Rev that it follows on, 0 for a new one; another is
	// access.ErrConflict.
	SaveDefinition(ctx context.Context, tenant plant.TenantNo, d Definition, seen int64) error
	// Definition is one revision; access.ErrNotFound without.
	Definition(ctx context.Context, tenant plant.TenantNo, product string, revision int) (Definition, error)
	// Definitions are by product, the newest revision first.
	Definitions(ctx context.Context, tenant plant.TenantNo, f DefinitionFilter) ([]Definition, error)
	// Users lists products whose newest released definition has the item among its
	// materials, at most limit.
	Users(ctx context.Context, tenant plant.TenantNo, item string, limit int) ([]string, error)

	// SavePerson stores a person as a fact and as a row in one commit; seen as for
	// SaveDefinition.
	SavePerson(ctx context.Context, tenant plant.TenantNo, p Person, seen int64) error
	// Person is access.ErrNotFound for somebody whom nobody has entered.
	Person(ctx context.Context, tenant plant.TenantNo, name string) (Person, error)
	// People are by name, at most limit.
	People(ctx context.Context, tenant plant.TenantNo, limit int) ([]Person, error)

	// Append stores steps and what goes with them as facts, and head and jobs as
	// rows, all in one commit, and gives the facts as they were stored. An order
	// that is at another revision than was seen, or a number that another order
	// has, is access.ErrConflict.
	Append(ctx context.Context, tenant plant.TenantNo, changes ...Change) ([]fact.Event, error)
	// Steps are all of an order by their number; access.ErrNotFound without any.
	Steps(ctx context.Context, tenant plant.TenantNo, id string) ([]Step, error)
	// Touched lists the orders of which a step was done in [from, to).
	Touched(ctx context.Context, tenant plant.TenantNo, from, to plant.Instant) ([]string, error)
	// Orders are by due date.
	Orders(ctx context.Context, tenant plant.TenantNo, f OrderFilter) ([]Head, error)
	// Number finds an order by what people call it; access.ErrNotFound without.
	Number(ctx context.Context, tenant plant.TenantNo, number string) (string, error)
	// Jobs are those planned at, or running at, the machines that are not ended,
	// by planned begin; without machines those of all within the scope.
	Jobs(ctx context.Context, scope access.Scope, machines []plant.NodeID, limit int) ([]JobHead, error)
}

// Change is what one commit does to an order.
type Change struct {
	Order Order
	Seen  int64 // the revision that the steps follow on, 0 for a new order
	Steps []Step
	Facts []fact.Event // counts at machines
}

// Places are the machines and products of the plant.
type Places interface {
	// Machines are those at or below a node, in order of path; access.ErrNotFound
	// for a node that there is not now.
	Machines(ctx context.Context, tenant plant.TenantNo, node plant.NodeID) ([]Place, error)
	// Place finds a node by its id; access.ErrNotFound without.
	Place(ctx context.Context, tenant plant.TenantNo, node plant.NodeID) (Place, error)
	// HasPath says whether there is such a place now.
	HasPath(ctx context.Context, tenant plant.TenantNo, path string) (bool, error)
	// HasProduct says whether a product has that code.
	HasProduct(ctx context.Context, tenant plant.TenantNo, code string) (bool, error)
}

// Place is a node of the plant.
type Place struct {
	ID       plant.NodeID
	Path     string
	Name     plant.Name
	Above    []plant.NodeID // the nodes around it, nearest first
	Calendar bool           // one says when it works
}

// Counts tells what was made in [from, to), in order of time.
type Counts interface {
	// Counted is what a machine itself counted.
	Counted(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Micros) ([]figure.CountedParts, error)
	// Typed is what people entered at machines, without a job.
	Typed(ctx context.Context, tenant plant.TenantNo, machines []plant.NodeID, from, to plant.Micros) ([]Typed, error)
}

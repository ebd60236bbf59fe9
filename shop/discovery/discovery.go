// Package discovery finds devices nobody has connected yet and makes machines of
// them: it searches where a person or a rule says, listens to those that speak
// by themselves, lets the profiles say what each is, and tells by the serial
// number whether it is new, has moved, or stands where another one stood.
//
// It only reads from devices. Machines come into being through the door of
// [Options.Add], the same as those of a form. Start with [Desk].
package discovery

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"zhigai/access"
	"zhigai/connect"
	"zhigai/connect/profile"
	"zhigai/plant"
)

// Plants is what discovery asks of the plant model.
type Plants interface {
	Model(ctx context.Context, scope access.Scope, at plant.Micros) (plant.Model, error)
	// Retired lists the nodes that are no more at the instant, as they were last.
	Retired(ctx context.Context, scope access.Scope, at plant.Micros) ([]plant.Node, error)
}

// Rules keeps the discovery rules of a tenant, by id.
type Rules interface {
	Rules(ctx context.Context, tenant plant.TenantNo) ([]Rule, error)
	// SaveRule stores a rule; rev is the version the editor saw, 0 for a new one.
	SaveRule(ctx context.Context, tenant plant.TenantNo, r Rule, rev int64) (Rule, error)
	DropRule(ctx context.Context, tenant plant.TenantNo, id string, rev int64) error
}

// Options of a desk. All but Announced, Sees and MaySearch are
// required.
type Options struct {
	Drivers  []connect.Driver
	Profiles *profile.Library
	Plants   Plants
	Rules    Rules
	// Announced are the devices that announce themselves to the network now; nil
	// when nobody listens. They are listed for as long as they do, not asked what
	// they are, and adopted by people alone: nothing is connected because somebody
	// called.
	Announced func() []connect.Found
	// Sees reports whether the tenant may be told of a device; nil: of every one.
	Sees func(ctx context.Context, tenant plant.TenantNo, d plant.Device) bool
	// MaySearch says why a tenant may not look for devices with a driver; nil: each
	// may.
	MaySearch func(ctx context.Context, tenant plant.TenantNo, driver string) error
	// Add makes a machine and connects it.
	Add func(ctx context.Context, tenant plant.TenantNo, n plant.Node) error
	Now func() time.Time
	Log *slog.Logger
}

// Desk is where searches run and candidates wait. Its methods may be called
// concurrently.
type Desk struct {
	o       Options
	drivers map[string]finder
	looks   sync.WaitGroup
	end     context.Context // of all searches
	cancel  context.CancelFunc

	mu       sync.Mutex
	searches []*search
	known    map[plant.TenantNo]map[plant.Reach]*sighting
	hushed   map[plant.TenantNo]map[plant.Reach]bool // announced ones that are not listed
}

// finder is a driver that can look for devices.
type finder interface {
	connect.Driver
	connect.Discoverer
}

// New makes a desk without searches.
func New(o Options) *Desk {
	d := &Desk{o: o, drivers: map[string]finder{}, known: map[plant.TenantNo]map[plant.Reach]*sighting{}, hushed: map[plant.TenantNo]map[plant.Reach]bool{}}
	d.end, d.cancel = context.WithCancel(context.Background())
	for _, x := range o.Drivers {
		if f, ok := x.(finder); ok {
			d.drivers[x.Kind()] = f
		}
	}
	return d
}

// Close ends every search and waits for them.
func (d *Desk) Close() {
	d.cancel()
	d.looks.Wait()
}

// Standing says how a found device stands to the plant.
type Standing string

const (
	Fresh    Standing = "new"      // nobody has connected it
	Known    Standing = "known"    // a machine of the plant is read from it
	Moved    Standing = "moved"    // a machine has this serial number and another address
	Replaced Standing = "replaced" // a machine has this address and another serial number
	// Retired is a device whose machine a person took out of the plant: only a
	// person brings it back.
	Retired Standing = "retired"
)

// Candidate is a device that was found, and what it could become.
type Candidate struct {
	connect.Found
	Seen     time.Time `json:"seen"` // last
	Standing Standing  `json:"standing" enum:"new,known,moved,replaced,retired"`
	// Node and Path are the machine that it is, was, or stands in the place of.
	Node plant.NodeID `json:"node,omitempty"`
	Path string       `json:"path,omitempty"`
	// Proposed is the machine as a rule or a profile would make it; its path is
	// empty when no rule says where.
	Proposed plant.Node `json:"proposed"`
	Rule     string     `json:"rule,omitempty"`  // that proposed it
	Error    string     `json:"error,omitempty"` // why it could not be asked what it is
}

// sighting is a device as it was last seen.
type sighting struct {
	found connect.Found
	seen  time.Time
	asked bool // what it is
	err   string
}

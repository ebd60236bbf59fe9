package andon

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Limits of what people enter: as those of other entries at a machine.
const (
	maxNote    = 1000
	maxLate    = 7 * 24 * time.Hour
	clockSlack = 2 * time.Minute // a panel's clock may run ahead of ours
)

// Filter chooses calls. Zero fields do not filter, but the scope does.
type Filter struct {
	Scope   access.Scope // of which the machine must be
	Open    bool         // only those that wait
	What    What
	Machine plant.NodeID
	Before  string // id: those made before it
	Limit   int
}

// Store keeps calls. Its methods may be called concurrently. What is not there is
// access.ErrNotFound.
type Store interface {
	// SaveCall stores the steps behind the first seen ones as facts, and the call as
	// a row, in one commit; a call that has another number of steps is
	// access.ErrConflict. author and key are those of a new call.
	SaveCall(ctx context.Context, tenant plant.TenantNo, c Call, seen int, author, key string) error
	Call(ctx context.Context, tenant plant.TenantNo, id string) (Call, error)
	// KeyedCall is the one that its author made with a key.
	KeyedCall(ctx context.Context, tenant plant.TenantNo, author, key string) (Call, error)
	// Calls are the newest first.
	Calls(ctx context.Context, f Filter) ([]Call, error)
}

// Places are the nodes of the plant.
type Places interface {
	// Place tells a node's path and name; access.ErrNotFound without.
	Place(ctx context.Context, tenant plant.TenantNo, node plant.NodeID) (path string, name plant.Name, err error)
}

// Options of a desk. All are required.
type Options struct {
	Store  Store
	Places Places
	NewID  func() string
	Now    func() time.Time
}

// Desk is where machines call and people answer. Its methods may be called
// concurrently.
type Desk struct{ o Options }

// NewDesk makes a desk.
func NewDesk(o Options) *Desk { return &Desk{o} }

// New is what somebody at a machine says.
type New struct {
	What    What          `json:"what" enum:"material,quality,maintenance"`
	Machine plant.NodeID  `json:"equipment" minLength:"1" maxLength:"60"`
	Order   string        `json:"order,omitempty" maxLength:"40" doc:"Number of the order at hand"`
	Job     int           `json:"job,omitempty" minimum:"0" maximum:"9999"`
	Note    string        `json:"note,omitempty" maxLength:"1000"`
	At      plant.Instant `json:"at,omitempty" doc:"When it was made, of a call that was made without the network; now when left out"`
	Key     string        `json:"key,omitempty" maxLength:"80" doc:"The sender's own: the same again is the same call"`
}

// Call calls for help at a machine. Where a call for the same waits already, it is
// that one: nobody comes twice.
func (d *Desk) Call(ctx context.Context, who access.Principal, n New) (Call, error) {
	tenant, now := who.Scope.Tenant, d.o.Now()
	path, name, err := d.o.Places.Place(ctx, tenant, n.Machine)
	if err != nil {
		return Call{}, err
	}
	switch {
	case !who.May(access.Report, path):
		return Call{}, fmt.Errorf("%w: calling at %s", access.ErrForbidden, path)
	case n.What != Material && n.What != Quality && n.What != Maintenance:
		return Call{}, invalid("%q is nothing to call for; say material, quality or maintenance", n.What)
	case len(n.Note) > maxNote:
		return Call{}, invalid("a note of %d bytes; %d are allowed", len(n.Note), maxNote)
	case n.At > plant.InstantOf(now.Add(clockSlack)):
		return Call{}, invalid("%s has not come yet; set the clock of the panel", n.At.Time().Format(time.RFC3339))
	case n.At != 0 && n.At < plant.InstantOf(now.Add(-maxLate)):
		return Call{}, invalid("%s is more than %d days ago; call anew if help is still wanted", n.At.Time().Format(time.RFC3339), int(maxLate.Hours()/24))
	case n.At != 0 && n.Key == "":
		return Call{}, invalid("a call that was made without the network needs a key, so that it is not taken twice")
	}
	if n.Key != "" { // the sender did not hear that it was taken
		if old, err := d.o.Store.KeyedCall(ctx, tenant, who.Name, n.Key); !errors.Is(err, access.ErrNotFound) {
			return old, err
		}
	}
	open, err := d.o.Store.Calls(ctx, Filter{Scope: access.Scope{Tenant: tenant}, Open: true, What: n.What, Machine: n.Machine, Limit: 1})
	if err != nil {
		return Call{}, err
	}
	if len(open) > 0 {
		return open[0], nil
	}
	s := Step{State: Called, At: n.At, Entered: plant.InstantOf(now), By: who.Name, Note: strings.TrimSpace(n.Note)}
	if s.At == 0 {
		s.At = s.Entered
	}
	c := Call{ID: d.o.NewID(), What: n.What, Machine: n.Machine, Path: path, Name: name, Order: n.Order, Job: n.Job, Steps: []Step{}}
	if err := c.Step(s); err != nil {
		return Call{}, err
	}
	return c, d.o.Store.SaveCall(ctx, tenant, c, 0, who.Name, n.Key)
}

// Calls lists calls within the asker's places, the newest first.
func (d *Desk) Calls(ctx context.Context, who access.Principal, f Filter) ([]Call, error) {
	if f.Scope.Tenant == 0 {
		f.Scope = who.Scope
	}
	return d.o.Store.Calls(ctx, f)
}

// Move is a step of a call.
type Move struct {
	State State  `json:"state" enum:"called,accepted,done,cancelled" doc:"Called again: whoever accepted it cannot come"`
	Note  string `json:"note,omitempty" maxLength:"1000"`
}

// Move makes a step of a call: whoever reports at the machine or keeps material
// there accepts, ends or cancels it.
func (d *Desk) Move(ctx context.Context, who access.Principal, id string, m Move) (Call, error) {
	c, err := d.o.Store.Call(ctx, who.Scope.Tenant, id)
	switch {
	case err != nil:
		return Call{}, err
	case !who.Scope.Allows(c.Path):
		return Call{}, fmt.Errorf("%w: call %s", access.ErrNotFound, id)
	case !who.May(access.Report, c.Path) && !who.May(access.Material, c.Path):
		return Call{}, fmt.Errorf("%w: answering calls at %s", access.ErrForbidden, c.Path)
	case len(m.Note) > maxNote:
		return Call{}, invalid("a note of %d bytes; %d are allowed", len(m.Note), maxNote)
	}
	now := plant.InstantOf(d.o.Now())
	seen := len(c.Steps)
	if err := c.Step(Step{State: m.State, At: now, Entered: now, By: who.Name, Note: strings.TrimSpace(m.Note)}); err != nil {
		return Call{}, err
	}
	return c, d.o.Store.SaveCall(ctx, who.Scope.Tenant, c, seen, "", "")
}

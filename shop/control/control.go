// Package control is the way by which a machine is told to do something: a
// person asks for one signal of one machine to be set, checks are made, the
// value is sent once, read back, and the outcome said. Each step is a fact in
// the journal and a line of the audit, and both are durable before the first
// byte goes out.
//
// It never sends a value twice, by itself or after a crash: a command that was
// found sent ends as unknown, and a person looks at the machine. It knows no
// protocol: the collector writes. Start with [Desk.Order], then execute.go.
package control

import (
	"context"
	"errors"
	"time"

	"zhigai/access"
	"zhigai/connect"
	"zhigai/connect/profile"
	"zhigai/fact"
	"zhigai/plant"
)

// Errors of an order that is not taken, and of which nothing is recorded.
var (
	ErrInvalid   = errors.New("control: not valid")
	ErrElsewhere = errors.New("control: another node reads the machine") // commands do not travel between nodes
	ErrBusy      = errors.New("control: too many commands at once")
)

// Limits of commands.
const (
	// DefaultLife is how long a command may wait to be sent: who asked stands
	// before the machine.
	DefaultLife = 30 * time.Second
	// MaxLife bounds it: what a person decided ten minutes ago was decided about
	// another machine.
	MaxLife = 10 * time.Minute
	// approvalLife is how long a command that others approve waits for them where its
	// order does not say; MaxApproval bounds it.
	approvalLife = MaxLife
	MaxApproval  = time.Hour
	// checksHold is how long what the checks saw is relied on; a disk or a line
	// that takes longer makes them void.
	checksHold = 5 * time.Second
	// defaultWithin is the time for the read-back where the profile says none.
	defaultWithin = 2 * time.Second
	// maxRunning bounds commands under way: people give them, and each holds a
	// goroutine for some seconds.
	maxRunning = 64
	// maxWaiting bounds commands that wait for approval.
	maxWaiting = 200
	// rateWindow is the time over which max_rate of a set point counts.
	rateWindow = time.Minute
	// keepKeys is how long the same request is known again.
	keepKeys = 24 * time.Hour
	maxNote  = 500
	maxKey   = 100
)

// Journal keeps commands; record.Journal is one.
type Journal interface {
	fact.Journal
	Cursor(ctx context.Context, tenant plant.TenantNo, reader string) (uint64, error)
	SaveCursor(ctx context.Context, tenant plant.TenantNo, reader string, seq uint64) error
}

// Devices is what commands need of the running connections; *connect.Collector
// is it.
type Devices interface {
	// Writing reports whether this node reads the device, has contact with it
	// now, and may write to it.
	Writing(device plant.DeviceID) (here, contact, enabled bool)
	// Raw is a value as the device takes it, or why it does not fit.
	Raw(device plant.DeviceID, signal string, value any) (any, error)
	// Ask reads signals anew, one answer each.
	Ask(ctx context.Context, device plant.DeviceID, signals []string) ([]connect.Fresh, error)
	// Write sends a value once; connect.InDoubt says what an error means.
	Write(ctx context.Context, device plant.DeviceID, signal string, value any) (raw any, err error)
}

// Audit writes who did what; *access.Service is one. It returns when the line
// is durable.
type Audit interface {
	Record(ctx context.Context, by access.Principal, action, object string, before, after any) error
}

// Plants knows the machines of a tenant.
type Plants interface {
	Model(ctx context.Context, scope access.Scope, at plant.Micros) (plant.Model, error)
}

// Profiles finds kinds of machines; *profile.Library is it.
type Profiles interface {
	Get(id string) (*profile.Profile, bool)
}

// Command is a command as its facts tell.
type Command struct {
	ID        string
	Node      plant.NodeID
	User      string // who asked
	Requested plant.Micros
	fact.Command
	State string // see fact.CommandRequested and the following
	Steps []Step

	seq uint64
}

// Step is one step of a command.
type Step struct {
	At plant.Micros
	fact.CommandStep
}

// Final reports whether nothing more becomes of the command.
func (c *Command) Final() bool { return final(c.State) }

func final(state string) bool {
	switch state {
	case fact.CommandRequested, fact.CommandAwaiting, fact.CommandApproved, fact.CommandChecked, fact.CommandSent:
		return false
	}
	return true
}

// SetPoint is a signal of a machine that can be set.
type SetPoint struct {
	*profile.Signal
	Path    string // of the machine
	Here    bool   // this node reads the machine
	Contact bool
	Enabled bool   // writing is on for the device
	Open    string // id of the command under way, if any
}

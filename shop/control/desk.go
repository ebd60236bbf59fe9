package control

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"zhigai/access"
	"zhigai/connect/profile"
	"zhigai/fact"
	"zhigai/plant"
)

// Options of a desk; all but Logger are required.
type Options struct {
	Tenant   plant.TenantNo
	Node     string // that gives the commands to machines; those of others are listed only
	Journal  Journal
	Plants   Plants
	Profiles Profiles
	Devices  Devices
	Audit    Audit
	Rights   Rights
	NewID    func() string // a ULID that rises
	Now      func() time.Time
	Logger   *slog.Logger
}

// Desk takes orders and carries them out. Its methods may be called
// concurrently.
type Desk struct {
	o      Options
	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu      sync.Mutex
	open    map[place]string         // the command under way
	running map[string]chan struct{} // by command; closed at its end
	keys    map[requestKey]*known
	moves   map[place][]move
	waiting map[string]*waiting // by command
	closed  bool
}

// place is a set point of a machine.
type place struct {
	node   plant.NodeID
	signal string
}

type requestKey struct{ user, key string }

// known is a request that was made.
type known struct {
	command *Command
	kept    chan struct{} // closed when it is durable, or failed with err
	err     error
}

// move is a change that a command made, or may have made.
type move struct {
	at plant.Micros
	by float64
}

// NewDesk makes a desk. Orders are taken once Resume has returned.
func NewDesk(o Options) *Desk {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	d := &Desk{o: o, open: map[place]string{}, running: map[string]chan struct{}{}, keys: map[requestKey]*known{}, moves: map[place][]move{}, waiting: map[string]*waiting{}}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	return d
}

// Close gives up what is under way, notes how far it came, and waits for it.
// The journal must still be open.
func (d *Desk) Close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.cancel()
	d.work.Wait()
}

// Order is what a person asks for, or what works in a person's name.
type Order struct {
	Node    plant.NodeID
	Signal  string
	Value   fact.Setting
	Seen    *fact.Setting // the present value as the person saw it; nil: not looked at
	Note    string
	Key     string        // the same of the same person is the same order
	Expires time.Duration // 0: DefaultLife, or approvalLife where others approve it
	Source  string        // what decided on it, see fact.Command; "" for a person
}

// target is a set point of a machine, found.
type target struct {
	node    plant.Node
	profile *profile.Profile
	signal  *profile.Signal
	device  plant.DeviceID
}

func (t *target) object() string { return t.node.Path + "/" + t.signal.Name }

// Order records an order and begins to carry it out; the command it returns is
// on its way. Errors are access.ErrNotFound for a machine outside the scope,
// access.ErrForbidden without the right, access.ErrConflict for a key of
// another order, ErrInvalid, ErrElsewhere and ErrBusy; nothing is recorded of
// any. What a check refuses is no error: it is recorded, and the command ends
// as rejected.
func (d *Desk) Order(ctx context.Context, by access.Principal, o Order) (Command, error) {
	t, err := d.find(ctx, by.Scope, o.Node, o.Signal)
	if err != nil {
		return Command{}, err
	}
	if !by.May(access.Control, t.node.Path) {
		return Command{}, fmt.Errorf("%w: %q may not set values on %s", access.ErrForbidden, by.Name, t.node.Path)
	}
	value, err := o.checked(t.signal)
	if err != nil {
		return Command{}, err
	}
	if here, _, _ := d.o.Devices.Writing(t.device); !here {
		return Command{}, fmt.Errorf("%w: give the command at the node that reads %s", ErrElsewhere, t.node.Path)
	}
	c := d.command(by, t, o)
	other, first, err := d.reserve(c)
	switch {
	case err != nil:
		return Command{}, err
	case first != nil:
		return d.again(ctx, first, c)
	}
	if err := d.begin(ctx, by, t, c); err != nil {
		return Command{}, err
	}
	said := *c
	w := d.wait(by, t, c, value)
	go func() {
		defer d.work.Done()
		held := other == "" && w == nil
		defer func() { d.release(c, held) }()
		if w != nil {
			as, end := d.await(w)
			if end != nil {
				d.finish(as, t, Step{CommandStep: *end}, c)
				return
			}
			by, other = as, d.hold(c)
			held = other == ""
		}
		d.carryOut(by, t, c, value, other)
	}()
	return said, nil
}

// find looks for a set point within a scope.
func (d *Desk) find(ctx context.Context, scope access.Scope, node plant.NodeID, signal string) (*target, error) {
	t, err := d.machine(ctx, scope, node)
	if err != nil {
		return nil, err
	}
	var known []string
	for i := range t.profile.Signals {
		s := &t.profile.Signals[i]
		if s.Write == nil || s.Write.Watchdog {
			continue
		}
		if s.Name == signal {
			t.signal = s
			return t, nil
		}
		known = append(known, s.Name)
	}
	if len(known) == 0 {
		return nil, fmt.Errorf("%w: the profile %s has no set points", ErrInvalid, t.profile.ID)
	}
	return nil, fmt.Errorf("%w: %q is no set point of %s; write one of %s", ErrInvalid, signal, t.node.Path, strings.Join(known, ", "))
}

func (d *Desk) machine(ctx context.Context, scope access.Scope, node plant.NodeID) (*target, error) {
	m, err := d.o.Plants.Model(ctx, scope, plant.MicrosOf(d.o.Now()))
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(m.Nodes, func(n plant.Node) bool { return n.ID == node })
	if i < 0 || m.Nodes[i].Machine == nil || !scope.Allows(m.Nodes[i].Path) {
		return nil, fmt.Errorf("%w: machine %s", access.ErrNotFound, node)
	}
	n := m.Nodes[i]
	p, ok := d.o.Profiles.Get(n.Machine.Profile)
	if !ok {
		return nil, fmt.Errorf("%w: the profile %q of %s is not known to this node", ErrInvalid, n.Machine.Profile, n.Path)
	}
	return &target{node: n, profile: p, device: n.Machine.Device.ID}, nil
}

// checked is the value as the collector takes it.
func (o *Order) checked(s *profile.Signal) (any, error) {
	v, err := valueOf(o.Value, s.Kind)
	if err == nil && o.Seen != nil {
		_, err = valueOf(*o.Seen, s.Kind)
	}
	if n, ok := v.(float64); ok && (math.IsNaN(n) || math.IsInf(n, 0)) {
		err = fmt.Errorf("%v is no number to set", n)
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %s: %w", ErrInvalid, s.Name, err)
	case o.Expires < 0 || o.Expires > maxLife(s):
		return nil, fmt.Errorf("%w: a command lives %s at most, not %s", ErrInvalid, maxLife(s), o.Expires)
	case len(o.Note) > maxNote || !utf8.ValidString(o.Note):
		return nil, fmt.Errorf("%w: a note of at most %d bytes is wanted", ErrInvalid, maxNote)
	case len(o.Key) > maxKey || !utf8.ValidString(o.Key):
		return nil, fmt.Errorf("%w: a key of at most %d bytes is wanted", ErrInvalid, maxKey)
	case len(o.Source) > maxKey || !utf8.ValidString(o.Source):
		return nil, fmt.Errorf("%w: a source of at most %d bytes is wanted", ErrInvalid, maxKey)
	}
	return v, nil
}

func (d *Desk) command(by access.Principal, t *target, o Order) *Command {
	state, needed := fact.CommandRequested, t.signal.Write.Approve
	switch {
	case needed > 0:
		state, o.Expires = fact.CommandAwaiting, cmp.Or(o.Expires, approvalLife)
	default:
		o.Expires = cmp.Or(o.Expires, DefaultLife)
	}
	now := d.o.Now()
	return &Command{
		ID: d.o.NewID(), Node: t.node.ID, User: by.User, Requested: plant.MicrosOf(now), State: state,
		Command: fact.Command{
			Signal: t.signal.Name, Value: o.Value, Seen: o.Seen, Unit: t.signal.Unit, By: by.Name, Note: o.Note, Key: o.Key,
			Expires: plant.MicrosOf(now.Add(o.Expires)), Node: d.o.Node, Approvals: needed, Source: o.Source,
		},
	}
}

// reserve takes the set point for a command, or names the one that has it.
// first is the command that was made of the same request.
func (d *Desk) reserve(c *Command) (other string, first *known, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.forget(c.Requested)
	key := requestKey{c.User, c.Key}
	if c.Key != "" && d.keys[key] != nil {
		return "", d.keys[key], nil
	}
	switch {
	case d.closed:
		return "", nil, fmt.Errorf("%w: the node is ending", ErrBusy)
	case len(d.running)-len(d.waiting) >= maxRunning:
		return "", nil, fmt.Errorf("%w: %d are under way", ErrBusy, maxRunning)
	case c.Approvals > 0 && len(d.waiting) >= maxWaiting:
		return "", nil, fmt.Errorf("%w: %d wait for approval", ErrBusy, maxWaiting)
	}
	if c.Approvals == 0 { // one that waits leaves the set point to others
		other = d.take(c)
	}
	d.running[c.ID] = make(chan struct{})
	if c.Key != "" {
		d.keys[key] = &known{command: c, kept: make(chan struct{})}
	}
	d.work.Add(1)
	return other, nil, nil
}

// take takes the set point for a command, or names the one that has it.
func (d *Desk) take(c *Command) (other string) {
	at := place{c.Node, c.Signal}
	if other = d.open[at]; other == "" {
		d.open[at] = c.ID
	}
	return other
}

// hold takes the set point for a command that was approved.
func (d *Desk) hold(c *Command) (other string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.take(c)
}

// forget drops keys that nobody will use again.
func (d *Desk) forget(now plant.Micros) {
	before := now - plant.Micros(keepKeys.Microseconds())
	for key, k := range d.keys {
		if k.command.Requested < before {
			delete(d.keys, key)
		}
	}
}

// again answers a request that was made before.
func (d *Desk) again(ctx context.Context, first *known, c *Command) (Command, error) {
	select {
	case <-first.kept:
	case <-ctx.Done():
		return Command{}, ctx.Err()
	}
	was := first.command
	switch {
	case first.err != nil:
		return Command{}, first.err
	case was.Node != c.Node || was.Signal != c.Signal || words(was.Value) != words(c.Value):
		return Command{}, fmt.Errorf("%w: the key %q is of another command, %s; take a new one", access.ErrConflict, c.Key, was.ID)
	}
	return d.Command(ctx, access.Scope{Tenant: d.o.Tenant}, was.ID)
}

// begin makes the request durable.
func (d *Desk) begin(ctx context.Context, by access.Principal, t *target, c *Command) error {
	// Who gives up waiting has asked all the same.
	err := errors.Join(d.keep(context.WithoutCancel(ctx), by, t.object(), "command.request", nil, c.Command, c.request()))
	d.mu.Lock()
	if k := d.keys[requestKey{c.User, c.Key}]; k != nil {
		k.err = err
		close(k.kept)
		if err != nil {
			delete(d.keys, requestKey{c.User, c.Key})
		}
	}
	d.mu.Unlock()
	if err == nil {
		return nil
	}
	defer d.work.Done()
	defer d.release(c, true)
	// Of the request and the line of the audit one may be there: it gets its end,
	// here or when the node begins again.
	s := Step{At: d.now(), CommandStep: fact.CommandStep{State: fact.CommandFailed, Detail: "nothing was sent: the request could not be kept"}}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastKeep)
	defer cancel()
	if _, end := d.o.Journal.Append(last, d.o.Tenant, c.event(s)); end != nil {
		d.o.Logger.Error("the end of a command is not kept", "machine", t.node.Path, "command", c.ID, "state", s.State, "err", end)
	}
	return fmt.Errorf("nothing was sent: %w", err)
}

// errNoted means that the journal has another step of this number.
var errNoted = errors.New("the step was noted before, as something else")

// keep makes events and a line of the audit durable, beside one another so that
// they share a commit.
func (d *Desk) keep(ctx context.Context, by access.Principal, object, action string, before, after any, events ...fact.Event) (journal, audit error) {
	audited := make(chan error, 1)
	go func() { audited <- d.o.Audit.Record(ctx, by, action, object, before, after) }()
	journal = d.append(ctx, events)
	return journal, <-audited
}

func (d *Desk) append(ctx context.Context, events []fact.Event) error {
	stored, err := d.o.Journal.Append(ctx, d.o.Tenant, events...)
	if err != nil {
		return err
	}
	for i := range stored {
		if string(stored[i].Payload) != string(events[i].Payload) {
			return errNoted
		}
	}
	return nil
}

func (d *Desk) release(c *Command, held bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if at := (place{c.Node, c.Signal}); held && d.open[at] == c.ID {
		delete(d.open, at)
	}
	close(d.running[c.ID])
	delete(d.running, c.ID)
}

// Wait returns the command when nothing more becomes of it without somebody, or as
// it is when ctx ends.
func (d *Desk) Wait(ctx context.Context, scope access.Scope, id string) (Command, error) {
	d.mu.Lock()
	end, w := d.running[id], d.waiting[id]
	d.mu.Unlock()
	if end != nil && (w == nil || !w.open()) {
		select {
		case <-end:
		case <-ctx.Done():
		}
	}
	return d.Command(context.WithoutCancel(ctx), scope, id)
}

package north

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"zhigai/access"
	"zhigai/history"
	"zhigai/plant"
)

// History is what is read of samples; a store opened to be read by a link has
// it. Several goroutines call it.
type History interface {
	Read(ctx context.Context, afterSeq uint64, limit int) ([]history.Sequenced, error)
	Wait(ctx context.Context, afterSeq uint64) error
	Bounds() (first, last uint64)
	Cursors() map[string]uint64
	SaveCursor(name string, seq uint64) error
	DropCursor(name string) error
	Before(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, t plant.Micros) (plant.Sample, bool, error)
	TextBefore(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, t plant.Micros) (plant.Text, bool, error)
}

// Targets keeps targets, with their passwords; whoever writes has looked for
// mistakes. rev is what the editor saw, 0 for a new one.
type Targets interface {
	Targets(ctx context.Context, tenant plant.TenantNo) ([]Target, error)
	SaveTarget(ctx context.Context, tenant plant.TenantNo, t Target, rev int64) (Target, error)
	DropTarget(ctx context.Context, tenant plant.TenantNo, id string, rev int64) error
}

// Options of a desk. All are required but Low and Gapped.
type Options struct {
	Tenant  plant.TenantNo
	History History
	Targets Targets
	// Places gives the paths of the plant as it is now, Tags those of its
	// machines.
	Places func(ctx context.Context) ([]string, error)
	Tags   func(ctx context.Context) ([]plant.Tag, error)
	// Low reports that the disk has no room to keep what is not sent.
	Low func() bool
	// Gapped records a gap as a fact of this node.
	Gapped func(ctx context.Context, t Target, g Gap) error
	Now    func() time.Time
	Logger *slog.Logger
}

// Desk keeps the targets and what runs for each. All methods may be called
// concurrently; Run once.
type Desk struct {
	o      Options
	change chan struct{}

	mu      sync.Mutex
	runners map[string]*runner
}

// New makes a desk; nothing is sent before Run.
func New(o Options) *Desk {
	if o.Low == nil {
		o.Low = func() bool { return false }
	}
	if o.Gapped == nil {
		o.Gapped = func(context.Context, Target, Gap) error { return nil }
	}
	return &Desk{o: o, change: make(chan struct{}, 1), runners: map[string]*runner{}}
}

// Row is a target and how it fares.
type Row struct {
	Target
	Status Status `json:"status"`
}

// List gives the targets of the tenant by name.
func (d *Desk) List(ctx context.Context, tenant plant.TenantNo) ([]Row, error) {
	targets, err := d.o.Targets.Targets(ctx, tenant)
	if err != nil {
		return nil, err
	}
	out := make([]Row, len(targets))
	for i, t := range targets {
		out[i] = Row{t.hidden(), Status{State: StateOff}}
		if t.Off {
			continue
		}
		d.mu.Lock()
		r := d.runners[t.ID]
		d.mu.Unlock()
		out[i].Status.State = StateConnecting
		if r != nil {
			out[i].Status = r.report(ctx)
		}
	}
	return out, nil
}

// Save stores a target from now on; without an id it is a new one. The answer
// has no password.
func (d *Desk) Save(ctx context.Context, tenant plant.TenantNo, t Target, rev int64) (Target, error) {
	if err := d.check(ctx, tenant, &t); err != nil {
		return Target{}, err
	}
	saved, err := d.o.Targets.SaveTarget(ctx, tenant, t, rev)
	if err != nil {
		return Target{}, err
	}
	d.Changed()
	return saved.hidden(), nil
}

// check looks for mistakes and puts in the password that is stored already, of
// the same broker and user only: it must not be sent to another that an editor
// names.
func (d *Desk) check(ctx context.Context, tenant plant.TenantNo, t *Target) error {
	paths, err := d.o.Places(ctx)
	if err != nil {
		return err
	}
	places := map[string]bool{}
	for _, p := range paths {
		places[p] = true
	}
	if err := t.check(places); err != nil {
		return err
	}
	t.HasPassword = false
	slices.Sort(t.Paths)
	t.Paths = slices.Compact(t.Paths)
	if t.ID == "" || t.Password != "" {
		return nil
	}
	targets, err := d.o.Targets.Targets(ctx, tenant)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(targets, func(old Target) bool { return old.ID == t.ID })
	if i < 0 || t.User == "" {
		return nil
	}
	if err := targets[i].Sealed; err != nil {
		return fmt.Errorf("%w: the stored password cannot be read; write it again: %w", access.ErrInvalid, err)
	}
	if targets[i].Password == "" {
		return nil
	}
	if targets[i].URL != t.URL || targets[i].User != t.User || targets[i].CA != t.CA {
		return fmt.Errorf("%w: broker, user or CA changed; write the password again", access.ErrInvalid)
	}
	t.Password = targets[i].Password
	return nil
}

// Drop ends a target; what it has not got it never gets.
func (d *Desk) Drop(ctx context.Context, tenant plant.TenantNo, id string, rev int64) error {
	if err := d.o.Targets.DropTarget(ctx, tenant, id, rev); err != nil {
		return err
	}
	d.Changed()
	return nil
}

// Changed makes the desk look at targets and plant again.
func (d *Desk) Changed() {
	select {
	case d.change <- struct{}{}:
	default:
	}
}

// lookAgain is how long the desk waits when it could not read the targets.
const lookAgain = 10 * time.Second

// Run sends to the targets until ctx ends.
func (d *Desk) Run(ctx context.Context) error {
	defer d.stopAll()
	for {
		var again <-chan time.Time
		if err := d.follow(ctx); err != nil && ctx.Err() == nil {
			d.o.Logger.Error("north: targets are not read", "err", err)
			again = time.After(lookAgain)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-d.change:
		case <-again:
		}
	}
}

// follow makes what runs that which the targets say.
func (d *Desk) follow(ctx context.Context) error {
	targets, err := d.o.Targets.Targets(ctx, d.o.Tenant)
	if err != nil {
		return err
	}
	targets = slices.DeleteFunc(targets, func(t Target) bool { return t.Off })
	var tags []plant.Tag
	if len(targets) > 0 { // there may be a hundred thousand
		if tags, err = d.o.Tags(ctx); err != nil {
			return err
		}
	}
	wanted := map[string]*runner{}
	for _, t := range targets {
		wanted[t.ID] = newRunner(d.o, t, tags)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, r := range d.runners {
		if w := wanted[id]; w != nil && w.same(r) {
			delete(wanted, id)
			continue
		}
		r.stop()
		if w := wanted[id]; w != nil {
			w.inherit(r)
		}
		delete(d.runners, id)
	}
	for id, r := range wanted {
		d.runners[id] = r
		r.start(ctx)
	}
	return d.forget()
}

// forget drops the cursors of targets that are off or gone: history keeps its
// log for nobody.
func (d *Desk) forget() error {
	var all []error
	for name := range d.o.History.Cursors() {
		id, mine := strings.CutPrefix(name, d.o.cursors())
		if mine && !strings.Contains(id, " ") && d.runners[id] == nil {
			all = append(all, d.o.History.DropCursor(name))
		}
	}
	return errors.Join(all...)
}

func (d *Desk) stopAll() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.runners {
		r.stop()
	}
	clear(d.runners)
}

// Test connects to the broker of a target as it is written, saved or not, and
// signs off again.
func (d *Desk) Test(ctx context.Context, tenant plant.TenantNo, t Target) error {
	if err := d.check(ctx, tenant, &t); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	t.ClientID = t.client() + "-test" // the one that sends keeps its connection
	return probe(ctx, t)
}

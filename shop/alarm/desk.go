package alarm

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
)

// Options of a desk. All are required.
type Options struct {
	Store    Store
	Machines Machines
	Plant    Plant
	History  History
	Journal  fact.Journal
	NewID    func() string
	Now      func() time.Time
}

// Desk is where alarms come together and people answer them. Its methods may be
// called concurrently.
type Desk struct {
	o    Options
	news news

	mu    sync.Mutex
	views map[plant.TenantNo]*view
}

// NewDesk makes a desk; [Desk.Follow] lets it follow what happens.
func NewDesk(o Options) *Desk {
	return &Desk{o: o, news: news{changed: make(chan struct{})}, views: map[plant.TenantNo]*view{}}
}

// Limits are the newest versions within the asker's places.
func (d *Desk) Limits(ctx context.Context, f LimitFilter) ([]Limit, error) {
	return d.o.Store.Limits(ctx, f)
}

// Versions are all versions of a limit, the newest first.
func (d *Desk) Versions(ctx context.Context, scope access.Scope, id string) ([]Limit, error) {
	all, err := d.o.Store.Versions(ctx, scope.Tenant, id)
	if err == nil && (len(all) == 0 || !scope.Allows(all[0].Path)) {
		err = fmt.Errorf("%w: limit %s", access.ErrNotFound, id)
	}
	return all, err
}

// Add drafts a limit on a signal.
func (d *Desk) Add(ctx context.Context, who access.Principal, t Terms) (Limit, error) {
	return d.save(ctx, who, Limit{ID: d.o.NewID(), Terms: t}, Limit{})
}

// Change stores the next version of a limit; rev is the one that the editor saw.
// What is live is changed at once.
func (d *Desk) Change(ctx context.Context, who access.Principal, id string, rev int64, t Terms) (Limit, error) {
	was, err := d.o.Store.Limit(ctx, who.Scope.Tenant, id)
	switch {
	case err != nil:
		return Limit{}, err
	case !who.Scope.Allows(was.Path):
		return Limit{}, fmt.Errorf("%w: limit %s", access.ErrNotFound, id)
	case was.Rev != rev:
		return Limit{}, fmt.Errorf("%w: limit %s has version %d, not %d", access.ErrConflict, id, was.Rev, rev)
	case was.Tag != t.Tag:
		return Limit{}, invalid("a limit stays with its signal, %s; make another one", was.Signal)
	}
	return d.save(ctx, who, Limit{ID: id, Terms: t}, was)
}

func (d *Desk) save(ctx context.Context, who access.Principal, l, was Limit) (Limit, error) {
	l, err := d.complete(ctx, who, l)
	if err != nil {
		return Limit{}, err
	}
	if !slices.Contains(stageWays[was.Stage], l.Stage) {
		return Limit{}, invalid("a limit that is %s cannot become %s; it is drafted first, then it goes live", orNew(was.Stage), l.Stage)
	}
	l.Rev, l.By, l.At, l.Reason = was.Rev+1, who.Name, plant.InstantOf(d.o.Now()), strings.TrimSpace(l.Reason)
	if err := d.o.Store.SaveLimit(ctx, who.Scope.Tenant, l, was.Rev); err != nil {
		return Limit{}, err
	}
	d.news.tell()
	return l, nil
}

func orNew(s Stage) string {
	if s == "" {
		return "new"
	}
	return string(s)
}

// complete fills in what the signal says and checks the rest.
func (d *Desk) complete(ctx context.Context, who access.Principal, l Limit) (Limit, error) {
	tag, err := d.signal(ctx, who.Scope, l.Terms)
	if err != nil {
		return Limit{}, err
	}
	if !who.May(access.Engineer, tag.Path) {
		return Limit{}, fmt.Errorf("%w: limits at %s", access.ErrForbidden, tag.Path)
	}
	l.Node, l.Path, l.Signal, l.Unit = tag.Node, tag.Path, tag.Tag.Name, tag.Unit
	return l, l.check()
}

// signal is what a limit is on, if one can be.
func (d *Desk) signal(ctx context.Context, scope access.Scope, t Terms) (Tag, error) {
	tag, err := d.tag(ctx, scope, t.Tag)
	switch {
	case err != nil:
		return Tag{}, err
	case tag.Kind != plant.KindNumber:
		return Tag{}, invalid("%s is no number; limits are set on numbers, alarms of states are of the machine's profile", tag.Tag.Path)
	case t.Against == 0:
		return tag, nil
	}
	other, err := d.tag(ctx, scope, t.Against)
	if err == nil && (other.Node != tag.Node || other.Kind != plant.KindNumber) {
		err = invalid("%s cannot give the target of %s; choose a number of the same machine", other.Tag.Path, tag.Tag.Path)
	}
	return tag, err
}

// tag finds a signal within the scope.
func (d *Desk) tag(ctx context.Context, scope access.Scope, no plant.TagNo) (Tag, error) {
	tag, err := d.o.Plant.Tag(ctx, scope.Tenant, no)
	if err == nil && !scope.Allows(tag.Path) {
		err = fmt.Errorf("%w: tag %d", access.ErrNotFound, no)
	}
	return tag, err
}

// news wakes whoever waits for something new.
type news struct {
	mu      sync.Mutex
	seq     uint64
	changed chan struct{}
}

func (n *news) tell() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.seq++
	close(n.changed)
	n.changed = make(chan struct{})
}

// now is the number of the last news and what tells of the next.
func (n *news) now() (uint64, <-chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.seq, n.changed
}

// Wait returns the number of the last news as soon as it is beyond seq.
func (d *Desk) Wait(ctx context.Context, seq uint64) (uint64, error) {
	for {
		now, changed := d.news.now()
		if now > seq {
			return now, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return now, ctx.Err()
		}
	}
}

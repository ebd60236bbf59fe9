package journal

import (
	"context"
	"fmt"
	"sync"

	"zhigai/link"
	"zhigai/plant"
)

// Announced is one announcement of a node's own master data.
type Announced struct {
	Seq      uint64
	Recorded plant.Micros
	Body     []byte
}

// Announcer numbers the changes of a node's own master data.
type Announcer interface {
	// Announce compares the master data with what was announced last, gives a
	// change the next number, durably, and returns the newest announcement.
	Announce(ctx context.Context, tenant plant.TenantNo) (Announced, error)
}

// Announcements is the stream of a child's plant model. Only the newest
// announcement is ever sent: it holds all the others.
type Announcements struct {
	store  Announcer
	tenant plant.TenantNo

	mu      sync.Mutex
	last    Announced
	changed chan struct{}
}

var _ link.Source = (*Announcements)(nil)

// NewAnnouncements announces what the store holds now.
func NewAnnouncements(ctx context.Context, store Announcer, tenant plant.TenantNo) (*Announcements, error) {
	a := &Announcements{store: store, tenant: tenant, changed: make(chan struct{})}
	return a, a.Changed(ctx)
}

// Changed looks whether the master data are others now.
func (a *Announcements) Changed(ctx context.Context) error {
	now, err := a.store.Announce(ctx, a.tenant)
	if err != nil {
		return fmt.Errorf("link: announce the plant model: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if now.Seq > a.last.Seq {
		a.last = now
		close(a.changed)
		a.changed = make(chan struct{})
	}
	return nil
}

func (a *Announcements) newest() (Announced, <-chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.last, a.changed
}

// Bounds lets a parent begin anywhere: what it skips is in what it gets.
func (a *Announcements) Bounds(context.Context) (first, head uint64, err error) {
	last, _ := a.newest()
	return 1, last.Seq, nil
}

// Read gives the newest announcement.
func (a *Announcements) Read(_ context.Context, after uint64, _ int) (items []link.Item, through uint64, err error) {
	last, _ := a.newest()
	if after >= last.Seq {
		return nil, after, nil
	}
	return []link.Item{{Seq: last.Seq, Recorded: last.Recorded, Payload: last.Body}}, last.Seq, nil
}

// Wait returns when there is a newer announcement.
func (a *Announcements) Wait(ctx context.Context, after uint64) error {
	for {
		last, changed := a.newest()
		if last.Seq > after {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// SaveCursor has nothing to keep.
func (a *Announcements) SaveCursor(context.Context, uint64) error { return nil }

// ModelStore is what a parent's record must offer.
type ModelStore interface {
	Progress(ctx context.Context, node link.NodeID, stream link.Stream) (link.Progress, error)
	// CommitModel stores the child's master data as its own versions say, with
	// the delivery's progress, in one step; a nil model stores the progress
	// alone. link.ErrRefused wraps what does not fit to the others' data.
	CommitModel(ctx context.Context, node link.Node, d link.Delivery, seq uint64, m *Model) error
	// Model gives the newest stored announcement of the child; seq is 0 when
	// there is none.
	Model(ctx context.Context, node link.NodeID) (m Model, seq uint64, err error)
}

// Tags numbers the parent's tags.
type Tags interface {
	EnsureTags(ctx context.Context, tenant plant.TenantNo, tags []plant.Tag) ([]plant.Tag, error)
}

// Plants stores the plant models of children; it is also the parent's [Maps].
type Plants struct {
	store   ModelStore
	tags    Tags
	changed func(ctx context.Context) error

	mu   sync.Mutex
	maps map[link.NodeID]*TagMap
}

var _ Maps = (*Plants)(nil)

// NewPlants stores models; changed is called after each.
func NewPlants(store ModelStore, tags Tags, changed func(ctx context.Context) error) *Plants {
	return &Plants{store: store, tags: tags, changed: changed, maps: map[link.NodeID]*TagMap{}}
}

// Progress gives what Commit stored last.
func (p *Plants) Progress(ctx context.Context, node link.NodeID, stream link.Stream) (link.Progress, error) {
	return p.store.Progress(ctx, node, stream)
}

// Commit stores the newest of the announcements, unless a newer is there.
func (p *Plants) Commit(ctx context.Context, node link.Node, d link.Delivery) error {
	was, err := p.store.Progress(ctx, node.ID, d.Stream)
	if err != nil {
		return err
	}
	var model *Model
	var seq uint64
	if n := len(d.Items); n > 0 {
		newest := d.Items[n-1]
		if was.Epoch < d.Epoch || was.Ranges.Max() < newest.Seq {
			m, err := DecodeModel(newest.Payload)
			if err != nil {
				return fmt.Errorf("announcement %d: %w", newest.Seq, err)
			}
			model, seq = &m, newest.Seq
		}
	}
	if err := p.store.CommitModel(ctx, node, d, seq, model); err != nil {
		return err
	}
	if model == nil {
		return nil
	}
	p.Forget(node.ID)
	if _, err := p.TagMap(ctx, node); err != nil {
		return err
	}
	return p.changed(ctx)
}

// Forget makes the next TagMap read anew.
func (p *Plants) Forget(node link.NodeID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.maps, node)
}

// TagMap says which of the parent's tags a child's tags are.
func (p *Plants) TagMap(ctx context.Context, node link.Node) (*TagMap, error) {
	p.mu.Lock()
	m := p.maps[node.ID]
	p.mu.Unlock()
	if m != nil {
		return m, nil
	}
	model, _, err := p.store.Model(ctx, node.ID)
	if err != nil {
		return nil, err
	}
	ours, err := p.tags.EnsureTags(ctx, node.Tenant, model.Tags)
	if err != nil {
		return nil, fmt.Errorf("link: number the tags of %s: %w", node.ID, err)
	}
	m = &TagMap{Tags: make(map[plant.TagNo]plant.TagNo, len(ours))}
	seen := map[plant.NodeID]bool{}
	for i, t := range ours {
		m.Tags[model.Tags[i].No] = t.No
		if !seen[t.Node] {
			seen[t.Node] = true
			m.Machines = append(m.Machines, t.Node)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.maps[node.ID] = m
	return m, nil
}

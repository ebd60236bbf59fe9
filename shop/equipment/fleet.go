package equipment

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/plant"
)

// Kinds finds what a profile says of its machines. Methods may be called
// concurrently.
type Kinds interface {
	Kind(profile string) (Kind, bool)
}

// Fleet knows the machines of every instant: the plant model joined with
// calendars, tags and profiles.
type Fleet struct {
	plants Plants
	tags   Tags
	kinds  Kinds
	now    func() time.Time

	mu      sync.Mutex
	at      map[instant]*Snapshot
	same    map[[sha256.Size]byte]*Snapshot
	tagsOf  map[plant.TenantNo]*tagList
	present map[plant.TenantNo]present
	recent  time.Time // when what is known of the last hours is asked again
	expires time.Time // and all the rest
}

type instant struct {
	tenant plant.TenantNo
	at     plant.Micros
}

// present is the plant as it was shortly ago.
type present struct {
	at       time.Time
	snapshot *Snapshot
}

// tagList are a tenant's tags. There may be hundreds of thousands: they are read
// anew only when they changed, and not kept twice.
type tagList struct {
	revision int64
	sure     bool // nobody has told of a change since the revision was asked for
	byNode   map[plant.NodeID]map[string]*plant.Tag
	byNo     map[plant.TagNo]*plant.Tag
}

// Limits of what a Fleet remembers. Entries are instants, most of which share
// one model.
const (
	maxInstants = 20_000
	// A change of the plant that nobody announced with Changed is seen after
	// rememberRecent, one of what was before recentTime after rememberPast.
	rememberRecent = 30 * time.Second
	rememberPast   = 10 * time.Minute
	recentTime     = 2 * time.Hour
	// rememberPresent spares those who ask many times a second for the plant of
	// this instant a question to the store each.
	rememberPresent = time.Second
)

// NewFleet makes a Fleet.
func NewFleet(plants Plants, tags Tags, kinds Kinds, now func() time.Time) *Fleet {
	f := &Fleet{plants: plants, tags: tags, kinds: kinds, now: now}
	f.tagsOf = map[plant.TenantNo]*tagList{}
	f.forget()
	return f
}

// Snapshot is the plant as valid at an instant.
type Snapshot struct {
	Model    plant.Model
	Machines map[plant.NodeID]*Machine
	reads    map[plant.TagNo]bool // tags that folds read; true for counters
	unread   []uint64             // a bit for each tag of these machines that no fold reads
	scopes   sync.Map             // access.Scope to plant.Model
}

// Changed forgets what was remembered: call it when the plant, tags or
// profiles change.
func (f *Fleet) Changed() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forget()
}

func (f *Fleet) forget() {
	f.at, f.same = map[instant]*Snapshot{}, map[[sha256.Size]byte]*Snapshot{}
	f.present = map[plant.TenantNo]present{}
	f.doubtTags()
	f.recent, f.expires = f.now().Add(rememberRecent), f.now().Add(rememberPast)
}

// doubtTags has the revision of tags asked for before they are used again.
func (f *Fleet) doubtTags() {
	for _, t := range f.tagsOf {
		t.sure = false
	}
}

// expire forgets what is too old to be relied on; the caller holds the lock.
func (f *Fleet) expire() {
	now := f.now()
	if len(f.at) >= maxInstants || now.After(f.expires) {
		f.forget()
		return
	}
	if !now.After(f.recent) {
		return
	}
	f.recent = now.Add(rememberRecent)
	f.same = map[[sha256.Size]byte]*Snapshot{}
	f.doubtTags()
	since := plant.MicrosOf(now.Add(-recentTime))
	for k := range f.at {
		if k.at >= since {
			delete(f.at, k)
		}
	}
}

// At is the plant of a tenant as valid at the instant. One of the last second
// is answered with what is remembered of that second: a change that was made
// for this very instant beforehand is seen a second late, one that was announced
// at once.
func (f *Fleet) At(ctx context.Context, tenant plant.TenantNo, at plant.Micros) (*Snapshot, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.expire()
	now := f.now()
	if age := plant.MicrosOf(now) - at; age < 0 || age >= plant.Micros(rememberPresent.Microseconds()) {
		return f.find(ctx, tenant, at)
	}
	if p, ok := f.present[tenant]; ok && !now.Before(p.at) && now.Sub(p.at) < rememberPresent {
		return p.snapshot, nil
	}
	s, err := f.find(ctx, tenant, at)
	if err == nil {
		f.present[tenant] = present{now, s}
	}
	return s, err
}

// find is At for a caller that holds the lock.
func (f *Fleet) find(ctx context.Context, tenant plant.TenantNo, at plant.Micros) (*Snapshot, error) {
	key := instant{tenant, at}
	if s, ok := f.at[key]; ok {
		return s, nil
	}
	model, err := f.plants.Model(ctx, access.Scope{Tenant: tenant}, at)
	if err != nil {
		return nil, fmt.Errorf("plant model: %w", err)
	}
	raw, err := json.Marshal(model)
	if err != nil {
		return nil, fmt.Errorf("plant model: %w", err)
	}
	print := sha256.Sum256(fmt.Appendf(raw, "%d", tenant))
	s, ok := f.same[print]
	if !ok {
		tags, err := f.tagList(ctx, tenant)
		if err != nil {
			return nil, err
		}
		s = f.snapshot(tenant, model, tags)
		f.same[print] = s
	}
	f.at[key] = s
	return s, nil
}

// tagList knows the tenant's tags; the caller holds the lock.
func (f *Fleet) tagList(ctx context.Context, tenant plant.TenantNo) (*tagList, error) {
	known := f.tagsOf[tenant]
	if known != nil && known.sure {
		return known, nil
	}
	// Asked before the tags are read, it is never newer than they are.
	revision, err := f.tags.TagsRevision(ctx, tenant)
	if err != nil {
		return nil, err
	}
	if known != nil && known.revision == revision {
		known.sure = true
		return known, nil
	}
	all, err := f.tags.Tags(ctx, access.Scope{Tenant: tenant})
	if err != nil {
		return nil, fmt.Errorf("tags: %w", err)
	}
	t := &tagList{revision: revision, sure: true, byNode: map[plant.NodeID]map[string]*plant.Tag{}, byNo: make(map[plant.TagNo]*plant.Tag, len(all))}
	for i := range all {
		tag := &all[i]
		if t.byNode[tag.Node] == nil {
			t.byNode[tag.Node] = map[string]*plant.Tag{}
		}
		t.byNode[tag.Node][tag.Name], t.byNo[tag.No] = tag, tag
	}
	f.tagsOf[tenant] = t
	return t, nil
}

// TagsOf lists the tenant's tags by number.
func (f *Fleet) TagsOf(ctx context.Context, tenant plant.TenantNo) (map[plant.TagNo]*plant.Tag, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.expire()
	t, err := f.tagList(ctx, tenant)
	if err != nil {
		return nil, err
	}
	return t.byNo, nil
}

// snapshot joins a model with tags and profiles. A machine whose profile is
// not known stays without state: its time is unknown.
func (f *Fleet) snapshot(tenant plant.TenantNo, model plant.Model, tags *tagList) *Snapshot {
	s := &Snapshot{Model: model, Machines: map[plant.NodeID]*Machine{}, reads: map[plant.TagNo]bool{}}
	calendars := figure.Calendars(model)
	for _, n := range model.Nodes {
		if n.Machine == nil {
			continue
		}
		kind, _ := f.kinds.Kind(n.Machine.Profile)
		kind = kind.With(n.Machine.Device.Params)
		m := &Machine{
			Tenant: tenant, Node: n.ID, Path: n.Path, Name: n.Name, NC: n.Machine.NC, Excluded: n.Machine.Excluded,
			Cycles: n.Machine.Cycles, Calendar: calendars[n.ID], Kind: kind, Tags: tags.byNode[n.ID],
		}
		s.Machines[n.ID] = m
		for _, name := range m.signals() {
			s.reads[m.tagNo(name)] = false
		}
		for _, c := range m.counterOf() {
			s.reads[m.tagNo(c.Signal)] = true
		}
		for _, tag := range m.Tags {
			if _, read := s.reads[tag.No]; !read {
				s.ignore(tag.No)
			}
		}
	}
	return s
}

// ignore notes a tag that no fold reads. Tags are numbered from 1 without gaps,
// so that a bit for each is small and found without a search: it is asked for
// every sample.
func (s *Snapshot) ignore(no plant.TagNo) {
	word := int(no / 64)
	if word >= len(s.unread) {
		s.unread = append(s.unread, make([]uint64, word+1-len(s.unread))...)
	}
	s.unread[word] |= 1 << (no % 64)
}

func (s *Snapshot) ignores(no plant.TagNo) bool {
	word := int(no / 64)
	return word < len(s.unread) && s.unread[word]&(1<<(no%64)) != 0
}

// within is the model as seen from a scope: what lies in it and what encloses
// it.
func (s *Snapshot) within(scope access.Scope) plant.Model {
	if scope.Path == "" {
		return s.Model
	}
	scope.Tenant = 0 // the model is of one
	if m, ok := s.scopes.Load(scope); ok {
		return m.(plant.Model)
	}
	out := s.Model
	out.Nodes = nil
	for _, n := range s.Model.Nodes {
		if scope.Allows(n.Path) || slices.ContainsFunc(scope.Places(), func(p string) bool { return plant.Within(p, n.Path) }) {
			out.Nodes = append(out.Nodes, n)
		}
	}
	s.scopes.Store(scope, out)
	return out
}

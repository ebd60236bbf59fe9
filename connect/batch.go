package connect

import (
	"context"
	"sync"
	"time"

	"zhigai/plant"
)

// Appender makes samples durable; history is one.
type Appender interface {
	Append(ctx context.Context, tenant plant.TenantNo, b plant.Batch) (uint64, error)
}

const (
	// joinFor is the least between two commits: samples that come meanwhile share the
	// next one, and what comes after a pause waits for nobody. What decides on a sample
	// waits for its commit, so it is far below what a control loop looks at.
	joinFor = 5 * time.Millisecond
	// joinMost ends the wait early.
	joinMost = 20_000
	// joinMostText bounds the bytes of text that are joined: two devices may say
	// half of what a store takes at once.
	joinMostText = 8 << 20
)

// gatherer joins the samples of devices into one Append and tells everybody
// when theirs are durable.
type gatherer struct {
	store  Appender
	mu     sync.Mutex
	open   map[plant.TenantNo]*gathering // take more
	before map[plant.TenantNo]*gathering // begun last
	ended  map[plant.TenantNo]time.Time  // when the last commit was
	last   int                           // samples of the one before: the next will have about as many
}

type gathering struct {
	batch plant.Batch
	text  int           // bytes
	told  []func(error) // of those who do not wait
	full  chan struct{} // closed when there is enough
	once  sync.Once
	prior *gathering    // of the tenant, stored before
	done  chan struct{} // closed when durable
	err   error
}

func newGatherer(store Appender) *gatherer {
	return &gatherer{store: store, open: map[plant.TenantNo]*gathering{}, before: map[plant.TenantNo]*gathering{}, ended: map[plant.TenantNo]time.Time{}}
}

// append returns when the batch is durable. The first caller of a gathering
// does the work for those who join.
func (g *gatherer) append(ctx context.Context, tenant plant.TenantNo, b plant.Batch) error {
	if b.Len() == 0 {
		return nil
	}
	one, first := g.join(tenant, b, nil)
	if first {
		g.commit(ctx, tenant, one)
	}
	<-one.done // it may become durable whatever ctx says
	return one.err
}

// add is append without waiting: done is told. What a device adds becomes
// durable in the order of its calls.
func (g *gatherer) add(tenant plant.TenantNo, b plant.Batch, done func(error)) {
	if one, first := g.join(tenant, b, done); first {
		go g.commit(context.Background(), tenant, one)
	}
}

func (g *gatherer) join(tenant plant.TenantNo, b plant.Batch, done func(error)) (one *gathering, first bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	text := 0
	for i := range b.Texts {
		text += len(b.Texts[i].Value)
	}
	one = g.open[tenant]
	if one != nil && one.text+text > joinMostText { // goes without this
		g.fill(tenant, one)
		one = nil
	}
	if one == nil {
		one, first = &gathering{full: make(chan struct{}), prior: g.before[tenant], done: make(chan struct{})}, true
		one.batch.Samples = make([]plant.Sample, 0, max(len(b.Samples), min(g.last+g.last/8, joinMost+len(b.Samples))))
		g.open[tenant], g.before[tenant] = one, one
	}
	one.batch.Samples = append(one.batch.Samples, b.Samples...)
	one.batch.Texts = append(one.batch.Texts, b.Texts...)
	if done != nil {
		one.told = append(one.told, done)
	}
	one.text += text
	if one.batch.Len() >= joinMost {
		g.fill(tenant, one)
	}
	return one, first
}

// fill lets a gathering take no more. g.mu is held.
func (g *gatherer) fill(tenant plant.TenantNo, one *gathering) {
	delete(g.open, tenant)
	one.once.Do(func() { close(one.full) })
}

func (g *gatherer) commit(ctx context.Context, tenant plant.TenantNo, one *gathering) {
	if one.prior != nil { // behind a slow commit more join
		<-one.prior.done
		one.prior = nil
	}
	g.mu.Lock()
	pause := joinFor - time.Since(g.ended[tenant])
	g.mu.Unlock()
	if pause > 0 {
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-one.full:
			timer.Stop()
		}
	}
	g.mu.Lock()
	if g.open[tenant] == one {
		delete(g.open, tenant)
	}
	g.last = len(one.batch.Samples)
	g.mu.Unlock()
	// The others' samples must not be lost because the first caller gives up.
	_, one.err = g.store.Append(context.WithoutCancel(ctx), tenant, one.batch)
	g.mu.Lock()
	g.ended[tenant] = time.Now()
	g.mu.Unlock()
	close(one.done)
	for _, done := range one.told {
		done(one.err)
	}
}

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
	// joinFor is how long the samples of a device wait for those of others, so
	// that many devices share one commit. It is far below any poll period.
	joinFor = 15 * time.Millisecond
	// joinMost ends the wait early.
	joinMost = 20_000
)

// gatherer joins the samples of devices into one Append and tells everybody
// when theirs are durable.
type gatherer struct {
	store Appender
	mu    sync.Mutex
	open  map[plant.TenantNo]*gathering
	last  int // samples of the one before: the next will have about as many
}

type gathering struct {
	batch plant.Batch
	full  chan struct{} // closed when there is enough
	once  sync.Once
	done  chan struct{} // closed when durable
	err   error
}

func newGatherer(store Appender) *gatherer {
	return &gatherer{store: store, open: map[plant.TenantNo]*gathering{}}
}

// append returns when the batch is durable. The first caller of a gathering
// does the work for those who join.
func (g *gatherer) append(ctx context.Context, tenant plant.TenantNo, b plant.Batch) error {
	if b.Len() == 0 {
		return nil
	}
	g.mu.Lock()
	one, first := g.open[tenant], false
	if one == nil {
		one, first = &gathering{full: make(chan struct{}), done: make(chan struct{})}, true
		one.batch.Samples = make([]plant.Sample, 0, max(len(b.Samples), min(g.last+g.last/8, joinMost+len(b.Samples))))
		g.open[tenant] = one
	}
	one.batch.Samples = append(one.batch.Samples, b.Samples...)
	one.batch.Texts = append(one.batch.Texts, b.Texts...)
	if one.batch.Len() >= joinMost {
		delete(g.open, tenant)
		one.once.Do(func() { close(one.full) })
	}
	g.mu.Unlock()
	if first {
		g.commit(ctx, tenant, one)
	}
	<-one.done // it may become durable whatever ctx says
	return one.err
}

func (g *gatherer) commit(ctx context.Context, tenant plant.TenantNo, one *gathering) {
	timer := time.NewTimer(joinFor)
	select {
	case <-timer.C:
	case <-one.full:
		timer.Stop()
	}
	g.mu.Lock()
	if g.open[tenant] == one {
		delete(g.open, tenant)
	}
	g.last = len(one.batch.Samples)
	g.mu.Unlock()
	// The others' samples must not be lost because the first caller gives up.
	_, one.err = g.store.Append(context.WithoutCancel(ctx), tenant, one.batch)
	close(one.done)
}

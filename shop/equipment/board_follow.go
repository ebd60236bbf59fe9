package equipment

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/plant"
)

// load brings the list of machines up to date; machines that are new or whose
// plant data changed are read from facts.
func (b *Board) load(ctx context.Context) error {
	tenants, err := b.tenants(ctx)
	if err != nil {
		return fmt.Errorf("tenants: %w", err)
	}
	b.leave(tenants)
	for _, t := range tenants {
		s, err := b.fleet.At(ctx, t, plant.MicrosOf(b.now()))
		if err != nil && len(tenants) > 1 && ctx.Err() == nil {
			b.log.Error("board: machines of one tenant are shown as they were", "tenant", t, "err", err)
			continue
		}
		if err != nil {
			return err
		}
		b.replace(t, s)
	}
	return b.publish(ctx, true)
}

// leave takes the machines of tenants away that are served no longer.
func (b *Board) leave(tenants []plant.TenantNo) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for k := range b.cells {
		if !slices.Contains(tenants, k.tenant) {
			delete(b.cells, k)
		}
	}
	for k := range b.byTag {
		if !slices.Contains(tenants, k.tenant) {
			delete(b.byTag, k)
		}
	}
}

func (b *Board) replace(t plant.TenantNo, s *Snapshot) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for k := range b.cells {
		if k.tenant == t && s.Machines[k.node] == nil {
			delete(b.cells, k)
		}
	}
	for id, m := range s.Machines {
		k := boardKey{t, id}
		if c := b.cells[k]; c == nil || !m.same(c.m) {
			b.cells[k] = newCell(m)
		}
	}
	b.byTag = map[seenKey]*follow{}
	for k, c := range b.cells {
		for _, f := range c.tags {
			b.byTag[seenKey{k.tenant, f.tag.No}] = f
		}
	}
}

// take hands the values of a batch to their machines.
func (b *Board) take(tenant plant.TenantNo, batch plant.Batch) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var f *follow
	for i := range batch.Samples {
		s := &batch.Samples[i]
		if f = b.followOf(f, tenant, s.Tag); f != nil {
			f.c.take(f, *s)
		}
	}
	for _, t := range batch.Texts {
		if f := b.byTag[seenKey{tenant, t.Tag}]; f != nil {
			f.c.takeText(f, t)
		}
	}
}

// followOf finds a tag; before is the one before it in the batch. The tags of an
// answer come in the same order each time.
func (b *Board) followOf(before *follow, tenant plant.TenantNo, tag plant.TagNo) *follow {
	if before != nil && before.next != nil && before.next.tag.No == tag {
		return before.next
	}
	f := b.byTag[seenKey{tenant, tag}]
	if before != nil {
		before.next = f
	}
	return f
}

// publish makes the present of the machines that heard something, or of all.
func (b *Board) publish(ctx context.Context, all bool) error {
	now := plant.MicrosOf(b.now())
	b.mu.Lock()
	cells := make([]*cell, 0, len(b.cells))
	for _, c := range b.cells {
		if all || c.stale || c.heard {
			cells = append(cells, c)
		}
	}
	b.mu.Unlock()
	failed := map[plant.TenantNo]error{}
	for _, c := range cells {
		if failed[c.m.Tenant] != nil {
			continue // shown as it was, and read anew with the next round
		}
		if err := b.reread(ctx, c, now); err != nil {
			failed[c.m.Tenant] = err
		}
	}
	if err := b.whose(ctx, failed); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	news := false
	for _, c := range cells {
		if c.refresh(b.reader.Settings, now) {
			b.seq++
			c.live.Seq, news = b.seq, true
		}
	}
	if news {
		close(b.changed)
		b.changed = make(chan struct{})
	}
	return nil
}

// whose tells what failed of one tenant alone; what failed of all, or of the only
// one there is, is the store's and comes back.
func (b *Board) whose(ctx context.Context, failed map[plant.TenantNo]error) error {
	if len(failed) == 0 {
		return nil
	}
	tenants, err := b.tenants(ctx)
	if err != nil {
		return fmt.Errorf("tenants: %w", err)
	}
	for t, err := range failed {
		if len(failed) >= len(tenants) || ctx.Err() != nil {
			return err
		}
		b.log.Error("board: facts of one tenant are not read", "tenant", t, "err", err)
	}
	return nil
}

// reread reads a stale machine's last day from facts. Only the board's own
// goroutine changes cells; the lock keeps readers out meanwhile.
func (b *Board) reread(ctx context.Context, c *cell, now plant.Micros) error {
	b.mu.Lock()
	due := c.stale && b.now().Sub(c.reread) >= boardAgain
	b.mu.Unlock()
	if !due {
		return nil
	}
	facts, err := b.reader.Gather(ctx, c.m, now-plant.Micros(boardBack.Microseconds()), now)
	if err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("facts of %s: %w", c.m.Path, err)
	}
	var values map[string]newest
	if c.missed { // written by this goroutine alone
		if values, err = b.lastValues(ctx, c.m); err != nil {
			return err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	c.load(b.reader.Settings, facts, values, now-plant.Micros(boardBack.Microseconds()), now)
	c.reread = b.now()
	return nil
}

// lastValues reads the newest value of every tag of a machine.
func (b *Board) lastValues(ctx context.Context, m *Machine) (map[string]newest, error) {
	out := map[string]newest{}
	for name, tag := range m.Tags {
		if tag.Kind == plant.KindWaveform {
			continue
		}
		if tag.Kind == plant.KindText {
			t, ok, err := b.reader.History.TextBefore(ctx, m.Tenant, tag.No, forever)
			if err != nil {
				return nil, fmt.Errorf("last of %s: %w", tag.Path, err)
			}
			if ok {
				out[name] = newest{text: &t}
			}
			continue
		}
		s, ok, err := b.reader.History.Before(ctx, m.Tenant, tag.No, forever)
		if err != nil {
			return nil, fmt.Errorf("last of %s: %w", tag.Path, err)
		}
		if ok {
			out[name] = newest{sample: s}
		}
	}
	return out, nil
}

// headline asks for the figures of the running shift and day.
func (b *Board) headline(ctx context.Context) {
	if b.headlines == nil {
		return
	}
	tenants, err := b.tenants(ctx)
	if err != nil {
		b.log.Error("board: tenants", "err", err)
		return
	}
	now := plant.MicrosOf(b.now())
	for _, t := range tenants {
		for _, kind := range []figure.Kind{figure.Shift, figure.Day} {
			many, err := b.headlines.QueryMany(ctx, access.Scope{Tenant: t}, HeadlineFigures, kind, now-1, now, figure.ByEquipment)
			if err != nil {
				if ctx.Err() == nil {
					b.log.Error("board: headlines", "tenant", t, "err", err)
				}
				continue
			}
			b.setHeadlines(t, kind, many)
		}
	}
}

func (b *Board) setHeadlines(t plant.TenantNo, kind figure.Kind, many map[string][]figure.Figure) {
	byNode := map[plant.NodeID]map[string]Headline{}
	for id, list := range many {
		for _, f := range list {
			if byNode[f.Scope.Node] == nil {
				byNode[f.Scope.Node] = map[string]Headline{}
			}
			byNode[f.Scope.Node][id] = Headline{Value: f.Value, Reason: f.Reason, Unit: f.Unit}
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for k, c := range b.cells {
		if k.tenant != t {
			continue
		}
		c.heard = true
		if kind == figure.Shift {
			c.shifted = byNode[k.node]
		} else {
			c.daily = byNode[k.node]
		}
	}
}

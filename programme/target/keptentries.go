package target

import (
	"context"
	"slices"
	"sync"

	"zhigai/access"
	"zhigai/plant"
)

// keptEntries are the register entries that indicators read.
type keptEntries struct {
	lock sync.Mutex
	seq  uint64 // of the change that they are behind
	read bool
	all  []Entry
}

// Firms implements [Facts].
func (k *Keeper) Firms(ctx context.Context, tenant plant.TenantNo, areas []access.Area, year int, yield func(Firm) error) error {
	return k.Facts.Firms(ctx, tenant, areas, year, yield)
}

// Entries implements [Facts] from memory, as long as no entry changes.
func (k *Keeper) Entries(ctx context.Context, tenant plant.TenantNo, areas []access.Area, kinds []string) ([]Entry, error) {
	k.lock.Lock()
	e := k.entries[tenant]
	if e == nil {
		if k.entries == nil {
			k.entries = map[plant.TenantNo]*keptEntries{}
		}
		e = &keptEntries{}
		k.entries[tenant] = e
	}
	k.lock.Unlock()
	e.lock.Lock()
	defer e.lock.Unlock()
	head, err := k.Store.Head(ctx, tenant)
	if err != nil {
		return nil, err
	}
	if e.read && head > e.seq {
		changed, err := k.Store.Changed(ctx, tenant, e.seq, []int{0})
		if err != nil {
			return nil, err
		}
		_, other := changed[EntriesRegion]
		e.read = !other
	}
	if !e.read {
		all, err := k.Facts.Entries(ctx, tenant, whole, Kinds)
		if err != nil {
			return nil, err
		}
		e.all, e.read = inOrder(all), true
	}
	e.seq = head
	out := make([]Entry, 0, min(len(e.all), 1024))
	for _, one := range e.all {
		if slices.Contains(kinds, one.Kind) && slices.ContainsFunc(areas, func(a access.Area) bool { return a.Allows(one.Region, one.Sector, one.Firm) }) {
			out = append(out, one)
		}
	}
	return out, nil
}

package history

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"zhigai/plant"
)

// tenantSpaces are the key spaces whose keys begin with the tenant.
var tenantSpaces = []byte{spaceChunk, spaceIndex, spaceTextIndex, spaceProgress, spaceTextProgress, spaceSuperseded, spaceTextChunk}

// tenantKey is the first key of a tenant in a space; that of the next tenant is
// the first behind it.
func tenantKey(space byte, tenant plant.TenantNo) []byte {
	return binary.BigEndian.AppendUint32([]byte{space}, uint32(tenant))
}

// BytesOf estimates what a tenant's samples take on the disk, without what is
// still in the log.
func (s *Store) BytesOf(tenant plant.TenantNo) (n uint64, err error) {
	if err := s.enter(); err != nil {
		return 0, err
	}
	defer s.leave()
	for _, space := range tenantSpaces {
		bytes, err := s.db.EstimateDiskUsage(tenantKey(space, tenant), tenantKey(space, tenant+1))
		if err != nil {
			return 0, fmt.Errorf("history: size of tenant %d: %w", tenant, err)
		}
		n += bytes
	}
	return n, nil
}

// DeleteTenant deletes everything of a tenant, in every key space and in the raw
// log, where an empty batch keeps the place of each of its own. Nothing of the
// tenant may be appended meanwhile. It may be called again.
func (s *Store) DeleteTenant(ctx context.Context, tenant plant.TenantNo) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	if s.still {
		return ErrReadOnly
	}
	// What waits in memory goes the way of all others first: the writer is behind
	// it then.
	if err := s.flush(choice{page: func(k pageKey) bool { return k.tenant == tenant }}); err != nil {
		return err
	}
	if err := s.take(s.writing); err != nil {
		return err
	}
	defer func() { <-s.writing }()
	b := s.db.NewBatch()
	for _, space := range tenantSpaces {
		set(b.DeleteRange(tenantKey(space, tenant), tenantKey(space, tenant+1), nil))
	}
	if err := s.write(b, pebble.Sync); err != nil {
		return err
	}
	if err := s.emptyLog(ctx, tenant); err != nil {
		return fmt.Errorf("history: delete of tenant %d: %w", tenant, err)
	}
	for key := range s.tails {
		if key.series.tenant == tenant {
			delete(s.tails, key)
		}
	}
	s.mu.Lock()
	dropPages(s.numbers, tenant)
	dropPages(s.texts, tenant)
	s.mu.Unlock()
	if err := s.take(s.committing); err != nil {
		return err
	}
	for key := range s.newest {
		if key.tenant == tenant {
			delete(s.newest, key)
		}
	}
	<-s.committing
	for _, space := range tenantSpaces { // the bytes go, too, and not only the keys
		if err := s.db.Compact(ctx, tenantKey(space, tenant), tenantKey(space, tenant+1), false); err != nil {
			return fmt.Errorf("history: delete of tenant %d: %w", tenant, err)
		}
	}
	return nil
}

func dropPages[V uint64 | string](h heads[V], tenant plant.TenantNo) {
	for key := range h {
		if key.tenant == tenant {
			delete(h, key)
		}
	}
}

// emptyLog writes an empty batch of nobody in the place of each of the tenant's;
// the caller holds s.writing, so that nothing is dropped from the log meanwhile.
func (s *Store) emptyLog(ctx context.Context, tenant plant.TenantNo) error {
	s.mu.Lock()
	first, last := s.firstRaw, s.lastSeq
	s.mu.Unlock()
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: batchKey(first), UpperBound: batchKey(last + 1)})
	if err != nil {
		return err
	}
	defer it.Close()
	b := s.db.NewBatch()
	for ok := it.First(); ok; ok = it.Next() {
		raw, err := it.ValueAndErr()
		if err != nil {
			return err
		}
		head, _, err := batchHead(raw)
		if err != nil {
			return err
		}
		if head.Tenant != tenant {
			continue
		}
		set(b.Set(it.Key(), appendBatch(nil, 0, head.Recorded, plant.Batch{}), nil))
		if b.Len() < writerBatch {
			continue
		}
		if err := s.write(b, pebble.Sync); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		b = s.db.NewBatch()
	}
	if err := it.Error(); err != nil {
		return damaged(err)
	}
	return s.write(b, pebble.Sync)
}

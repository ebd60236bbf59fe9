package history

import (
	"encoding/binary"
	"testing"

	"github.com/cockroachdb/pebble/v2"

	"zhigai/plant"
)

// keysOf counts the keys of a tenant in every space, and its batches in the log.
func keysOf(t *testing.T, s *Store, tenant plant.TenantNo) map[byte]int {
	t.Helper()
	it, err := s.db.NewIter(&pebble.IterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer it.Close()
	out := map[byte]int{}
	for ok := it.First(); ok; ok = it.Next() {
		switch space := it.Key()[0]; space {
		case spaceBatch:
			head, _, err := batchHead(it.Value())
			if err != nil {
				t.Fatal(err)
			}
			if head.Tenant == tenant {
				out[space]++
			}
		case spaceMark, spaceMeta, spaceCursor: // of names
		default:
			if binary.BigEndian.Uint32(it.Key()[1:]) == uint32(tenant) {
				out[space]++
			}
		}
	}
	if err := it.Error(); err != nil {
		t.Fatal(err)
	}
	return out
}

// Nothing of a tenant that is deleted is left in any key space, and nothing of
// another goes with it; the log keeps its places, also for who reads on and
// after a restart.
func TestDeleteTenant(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.SaveCursor("reader", 0))
	at := plant.Micros(1_700_000_000_000_000)
	write := func(tenant plant.TenantNo, i int, v float64) {
		t.Helper()
		_, err := s.Append(t.Context(), tenant, plant.Batch{
			Samples: []plant.Sample{{Tag: 1, Time: at + plant.Micros(i)*1e6, Value: v, Quality: plant.Good}},
			Texts:   []plant.Text{{Tag: 2, Time: at + plant.Micros(i)*1e6, Value: "x", Quality: plant.Good}},
		})
		must(err)
	}
	const n = 50
	for i := range n {
		write(1, i, 1)
		write(2, i, 2)
		write(3, i, 3)
	}
	must(s.Flush())
	write(2, 3, 22) // replaces what is in a chunk
	must(s.Flush())
	write(2, n, 2) // and one that waits
	before := keysOf(t, s, 2)
	for _, space := range []byte{spaceBatch, spaceChunk, spaceIndex, spaceTextChunk, spaceTextIndex, spaceSuperseded} {
		if before[space] == 0 {
			t.Errorf("space %c holds nothing of the tenant before: the test proves nothing", space)
		}
	}
	must(s.DeleteTenant(t.Context(), 2))
	must(s.DeleteTenant(t.Context(), 2)) // again is the same
	look := func() {
		t.Helper()
		if left := keysOf(t, s, 2); len(left) != 0 {
			t.Errorf("left of the tenant: %v", left)
		}
		for tenant, want := range map[plant.TenantNo]int{1: n, 2: 0, 3: n} {
			got := 0
			must(s.Samples(t.Context(), tenant, 1, 0, maxTime, func(x plant.Sample) bool { got++; return x.Value == float64(tenant) }))
			if got != want {
				t.Errorf("tenant %d has %d samples; want %d", tenant, got, want)
			}
		}
		seen := map[plant.TenantNo]int{}
		for after := uint64(0); after < s.LastSeq(); {
			page, err := s.Read(t.Context(), after, 1000)
			must(err)
			for _, one := range page {
				seen[one.Tenant] += one.Batch.Len()
				after = one.Seq
			}
		}
		if seen[1] != 2*n || seen[2] != 0 || seen[3] != 2*n {
			t.Errorf("the log holds %v", seen)
		}
	}
	look()
	must(s.Verify(t.Context()))
	must(s.Close())
	s, err = Open(dir, Options{})
	must(err)
	look()
	write(1, n, 1) // goes on
	must(s.Close())
}

package connect

import (
	"context"
	"strings"
	"sync"
	"testing"

	"zhigai/plant"
)

// largest remembers how much text came in one batch.
type largest struct {
	mu    sync.Mutex
	most  int
	total int
}

func (l *largest) Append(_ context.Context, _ plant.TenantNo, b plant.Batch) (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, t := range b.Texts {
		n += len(t.Value)
	}
	l.most, l.total = max(l.most, n), l.total+n
	return 0, nil
}

// Many devices that bring windows of vibration at once must not make a batch
// that the store refuses for all of them.
func TestGatherer_TextIsBounded(t *testing.T) {
	store := &largest{}
	g := newGatherer(store)
	window := strings.Repeat("x", 1<<20)
	var devices sync.WaitGroup
	for tag := range plant.TagNo(100) {
		devices.Go(func() {
			if err := g.append(t.Context(), 1, plant.Batch{Texts: []plant.Text{{Tag: tag, Value: window}}}); err != nil {
				t.Error(err)
			}
		})
	}
	devices.Wait()
	if store.total != 100<<20 || store.most > joinMostText {
		t.Errorf("%d bytes stored, at most %d at once; want %d and %d", store.total, store.most, 100<<20, joinMostText)
	}
}

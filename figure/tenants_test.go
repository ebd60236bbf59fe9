package figure

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"zhigai/plant"
)

// answering is a store of which only that is asked.
type answering struct {
	Store
	err error
}

func (a answering) DirtyWindows(context.Context, plant.TenantNo, int) ([]Window, error) {
	return nil, a.err
}

// What is wrong with one tenant holds no other up; a store that does not answer
// stops the round, so that all is tried again.
func TestEach_OneBroken(t *testing.T) {
	e := &Engine{log: slog.New(slog.DiscardHandler), now: time.Now, tenants: func(context.Context) ([]plant.TenantNo, error) { return []plant.TenantNo{1, 2, 3}, nil }}
	own := errors.New("its own")
	round := func(store error) (seen []plant.TenantNo, err error) {
		e.store = answering{err: store}
		err = e.each(t.Context(), "test", func(_ context.Context, tenant plant.TenantNo) error {
			seen = append(seen, tenant)
			if tenant == 2 {
				return own
			}
			return nil
		})
		return seen, err
	}
	if seen, err := round(nil); err != nil || !slices.Equal(seen, []plant.TenantNo{1, 2, 3}) {
		t.Errorf("with one broken: %v, %v", seen, err)
	}
	if seen, err := round(errors.New("away")); !errors.Is(err, own) || !slices.Equal(seen, []plant.TenantNo{1, 2}) {
		t.Errorf("with the store away: %v, %v", seen, err)
	}
}

package figure

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"zhigai/plant"
)

// each does something for every tenant. What is wrong with one – a model that
// cannot be read, a fact that no fold takes – is logged and holds no other up;
// when the store itself does not answer, the error comes back and all is tried
// again.
func (e *Engine) each(ctx context.Context, what string, do func(ctx context.Context, t plant.TenantNo) error) error {
	tenants, err := e.tenants(ctx)
	if err != nil {
		return fmt.Errorf("tenants: %w", err)
	}
	for _, t := range tenants {
		if err := do(ctx, t); err != nil {
			if len(tenants) == 1 || ctx.Err() != nil || !e.answers(ctx, t) {
				return err
			}
			e.log.Error("figures of one tenant: will try again", "work", what, "tenant", t, "err", err)
		}
	}
	return ctx.Err()
}

// debts are tenants whose windows must all be marked, and when that is tried next.
type debts struct {
	mu   sync.Mutex
	next map[plant.TenantNo]plant.Micros
}

// shared reports whether there are others to be held up.
func (e *Engine) shared(ctx context.Context) bool {
	all, err := e.tenants(ctx)
	return err == nil && len(all) > 1
}

// answers reports whether the store gives what it was asked for: then what
// failed is the tenant's own.
func (e *Engine) answers(ctx context.Context, t plant.TenantNo) bool {
	_, err := e.store.DirtyWindows(ctx, t, 1)
	return err == nil
}

// owe notes that samples of a tenant could not be told to its figures.
func (e *Engine) owe(t plant.TenantNo, err error) {
	e.debts.mu.Lock()
	defer e.debts.mu.Unlock()
	if _, known := e.debts.next[t]; !known {
		e.log.Error("figures of one tenant do not follow its samples; they are folded anew when they can be", "tenant", t, "err", err)
	}
	if e.debts.next == nil {
		e.debts.next = map[plant.TenantNo]plant.Micros{}
	}
	e.debts.next[t] = plant.MicrosOf(e.now().Add(retryAfter))
}

// owed marks every window of tenants whose samples could not be told, as soon as
// that works. The error is that of a store that does not answer.
func (e *Engine) owed(ctx context.Context) error {
	e.debts.mu.Lock()
	next := maps.Clone(e.debts.next)
	e.debts.mu.Unlock()
	now := plant.MicrosOf(e.now())
	for _, t := range slices.Sorted(maps.Keys(next)) {
		if now < next[t] {
			continue
		}
		err := e.touchTenant(ctx, t)
		if err != nil {
			if !e.answers(ctx, t) {
				return err
			}
			e.owe(t, err)
			continue
		}
		e.debts.mu.Lock()
		delete(e.debts.next, t)
		e.debts.mu.Unlock()
	}
	return nil
}

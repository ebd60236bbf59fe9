package rule

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
)

const (
	// askAgain is how often it is asked what became of a command that waits for people.
	askAgain = time.Second
	// maxLeft is how many of the last firings are looked at when a node begins: commands
	// wait an hour at most, and who acts more often is suspended.
	maxLeft = 500
)

// waits says whether people are to approve a command of the firing.
func (f *Fired) waits() bool {
	return slices.ContainsFunc(f.Outcomes, func(o Outcome) bool { return o.State == fact.CommandAwaiting })
}

// follow keeps with a firing how its commands ended that wait for people: approved and
// carried out, refused, or expired.
func (d *Desk) follow(tenant plant.TenantNo, r Rule, f Fired) {
	if !f.waits() {
		return
	}
	d.mu.Lock()
	ctx := d.ctx
	d.mu.Unlock()
	d.safety.Go(func() {
		tick := time.NewTicker(askAgain)
		defer tick.Stop()
		for f.waits() {
			select {
			case <-ctx.Done():
				return // the next start asks again
			case <-tick.C:
			}
			var err error
			if f, err = d.came(ctx, tenant, r, f); err != nil {
				d.o.Logger.Error("what became of a firing is not kept", "rule", r.ID, "err", err)
				return
			}
		}
	})
}

// came asks what became of the outcomes of a firing that are not final, and keeps it. A
// command that nobody knows the end of suspends the rule.
func (d *Desk) came(ctx context.Context, tenant plant.TenantNo, r Rule, f Fired) (Fired, error) {
	news := map[int]Outcome{}
	for i, a := range r.Actions {
		was := Outcome{Kind: a.Kind}
		if i < len(f.Outcomes) {
			was = f.Outcomes[i]
			if was.State != fact.CommandAwaiting {
				continue
			}
		}
		if now, final := d.o.Actors.Came(ctx, tenant, Doing{r, f, a, i}, was); final {
			news[i] = now
		}
	}
	if len(news) == 0 {
		return f, nil
	}
	f, err := d.changeFired(ctx, tenant, f.ID, func(kept *Fired) {
		for i := range r.Actions {
			if i == len(kept.Outcomes) {
				kept.Outcomes = append(kept.Outcomes, news[i])
			} else if now, ok := news[i]; ok {
				kept.Outcomes[i] = now
			}
		}
	})
	for _, o := range news {
		if o.Doubtful && err == nil {
			err = d.trip(ctx, tenant, r, fmt.Sprintf("a %s of it ended as %s: %s. Look at the machine before the rule is allowed again", o.Kind, o.State, o.Why))
		}
	}
	return f, err
}

// leftFirings finds, once, what became of firings that a node left behind: of those that
// it did not come to keep, and of those that wait for people.
func (d *Desk) leftFirings(ctx context.Context, tenant plant.TenantNo) error {
	d.mu.Lock()
	done, born := d.resumed, d.born
	d.mu.Unlock()
	if done {
		return nil
	}
	all, err := d.Firings(ctx, Filter{Scope: access.Scope{Tenant: tenant}, Limit: maxLeft})
	if err != nil {
		return err
	}
	for _, f := range all {
		if f.Mode != Active || f.Withheld || f.From >= born {
			continue
		}
		r, err := d.rule(ctx, access.Node(tenant), f.Rule, access.Read)
		switch {
		case errors.Is(err, access.ErrNotFound):
			continue
		case err != nil:
			return err
		case len(f.Outcomes) < len(r.Actions):
			if f, err = d.came(ctx, tenant, r, f); err != nil {
				return err
			}
		}
		d.follow(tenant, r, f)
	}
	return nil
}

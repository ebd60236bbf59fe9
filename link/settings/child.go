package settings

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"zhigai/link"
	"zhigai/plant"
)

// notes are what a child must remember over a restart.
type notes struct {
	Number   uint64       `json:"number"`
	State    State        `json:"state"`
	Detail   string       `json:"detail,omitempty"`
	Deadline plant.Micros `json:"deadline,omitempty"` // of Applied
	Previous string       `json:"previous,omitempty"` // to go back to
	Down     []string     `json:"down,omitempty"`     // before it was applied
}

// Child is the node's side. Run once; Handle may be called concurrently.
type Child struct {
	target Target
	store  link.StateStore
	now    func() time.Time
	log    *slog.Logger

	mu   sync.Mutex
	last notes
	wake chan struct{}
}

// NewChild reads what the node remembers of its settings.
func NewChild(target Target, store link.StateStore, now func() time.Time, log *slog.Logger) (*Child, error) {
	c := &Child{target: target, store: store, now: now, log: log, wake: make(chan struct{}, 1)}
	raw, err := store.Load()
	if err == nil && raw != nil {
		c.last, err = decode[notes](raw)
	}
	if err != nil {
		return nil, fmt.Errorf("settings: what the node remembers: %w", err)
	}
	return c, nil
}

// Handle answers the hub.
func (c *Child) Handle(ctx context.Context, payload []byte) ([]byte, error) {
	q, err := decode[question](payload)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var out report
	switch q.Do {
	case "apply":
		out, err = c.apply(ctx, q)
	case "confirm":
		out, err = c.confirm(ctx, q)
	case "current":
		var now []byte
		now, err = c.target.Current(ctx)
		out = report{Number: c.last.Number, State: c.last.State, Detail: c.last.Detail, Plant: string(now)}
	default:
		err = fmt.Errorf("%w: %q is not apply, confirm or current", errForm, q.Do)
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(out)
}

func (c *Child) said() report {
	return report{Number: c.last.Number, State: c.last.State, Detail: c.last.Detail}
}

// save remembers n durably, then goes by it.
func (c *Child) save(n notes) error {
	raw, err := json.Marshal(n)
	if err != nil {
		return err
	}
	if err := c.store.Save(raw); err != nil {
		return fmt.Errorf("settings: remember version %d: %w", n.Number, err)
	}
	c.last = n
	select {
	case c.wake <- struct{}{}:
	default:
	}
	return nil
}

func (c *Child) apply(ctx context.Context, q question) (report, error) {
	switch {
	case q.Number == c.last.Number: // sent again
		return c.said(), nil
	case q.Number < c.last.Number:
		return report{}, fmt.Errorf("%w: settings %d after %d; was the hub restored from an older copy?", link.ErrRefused, q.Number, c.last.Number)
	case c.last.State == Applied:
		return report{}, fmt.Errorf("%w: settings %d wait to be confirmed", link.ErrRefused, c.last.Number)
	case len(q.Plant) > MaxPlant:
		return report{}, fmt.Errorf("%w: plant file of %d bytes; %d are taken", link.ErrRefused, len(q.Plant), MaxPlant)
	}
	mistakes, err := c.target.Check(ctx, []byte(q.Plant))
	if err != nil {
		return report{}, err
	}
	if mistakes != "" {
		err := c.save(notes{Number: q.Number, State: Refused, Detail: mistakes})
		return c.said(), err
	}
	previous, err := c.target.Current(ctx)
	if err != nil {
		return report{}, err
	}
	within := min(max(time.Duration(q.Seconds)*time.Second, minConfirm), maxConfirm)
	// Remembered first: whatever happens from here on, the way back is known.
	if err := c.save(notes{
		Number: q.Number, State: Applied, Deadline: plant.MicrosOf(c.now().Add(within)), Previous: string(previous), Down: c.target.Down(ctx),
	}); err != nil {
		return report{}, err
	}
	if err := c.target.Apply(ctx, []byte(q.Plant)); err != nil {
		err = c.back(ctx, fmt.Sprintf("it could not be applied: %v", err))
		return c.said(), err
	}
	c.log.Info("settings applied, to be confirmed", "version", q.Number, "within", within)
	return c.said(), nil
}

// confirm lets the version stay when the devices fare no worse than before.
func (c *Child) confirm(ctx context.Context, q question) (report, error) {
	if q.Number != c.last.Number || c.last.State != Applied {
		return c.said(), nil
	}
	var worse []string
	for _, d := range c.target.Down(ctx) {
		if !slices.Contains(c.last.Down, d) {
			worse = append(worse, d)
		}
	}
	if len(worse) > 0 {
		out := c.said()
		out.Detail = "does not answer: " + strings.Join(worse, ", ")
		return out, nil
	}
	err := c.save(notes{Number: q.Number, State: Confirmed})
	if err == nil {
		c.log.Info("settings confirmed", "version", q.Number)
	}
	return c.said(), err
}

// back returns to what the node had.
func (c *Child) back(ctx context.Context, why string) error {
	if err := c.target.Apply(ctx, []byte(c.last.Previous)); err != nil {
		return fmt.Errorf("settings: go back from version %d: %w", c.last.Number, err)
	}
	c.log.Warn("settings rolled back", "version", c.last.Number, "why", why)
	return c.save(notes{Number: c.last.Number, State: RolledBack, Detail: why})
}

// Run goes back from versions that nobody confirms in time, until ctx ends.
func (c *Child) Run(ctx context.Context) error {
	for {
		c.mu.Lock()
		wait, err := c.check(ctx)
		c.mu.Unlock()
		if err != nil {
			c.log.Error("settings", "err", err)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		case <-c.wake:
			timer.Stop()
		}
	}
}

// check goes back if it is time and tells when to look again.
func (c *Child) check(ctx context.Context) (time.Duration, error) {
	const never, again = time.Hour, 5 * time.Second
	if c.last.State != Applied {
		return never, nil
	}
	if left := c.last.Deadline.Time().Sub(c.now()); left > 0 {
		return left, nil
	}
	why := "not confirmed in time"
	var worse []string
	for _, d := range c.target.Down(ctx) {
		if !slices.Contains(c.last.Down, d) {
			worse = append(worse, d)
		}
	}
	if len(worse) > 0 {
		why += "; did not answer: " + strings.Join(worse, ", ")
	}
	return again, c.back(ctx, why)
}

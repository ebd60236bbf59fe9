package record

import (
	"context"
	"time"
)

// Tables lists what a copy copies, with the key of each table.
func Tables() []string {
	var out []string
	for _, t := range tables {
		out = append(out, t.name+": "+t.key)
	}
	return out
}

// Take acquires the duty as Run does, once, and says whether it is held then.
func (d *Duty) Take(ctx context.Context) (bool, error) {
	term, err := d.acquire(ctx)
	if term != 0 {
		d.set(term)
	}
	return term != 0, err
}

// Renew keeps the duty as Run does, once.
func (d *Duty) Renew(ctx context.Context) (bool, error) { return d.renew(ctx, d.term) }

// Quick makes Run look for a duty that is free all the time.
func (d *Duty) Quick() *Duty {
	d.every = time.Millisecond
	return d
}

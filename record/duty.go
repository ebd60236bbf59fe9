package record

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"zhigai/plant"
)

// A duty is held this long after the last word of its holder, and renewed often
// enough that one lost word costs nothing.
const (
	dutyTime  = 10 * time.Second
	dutyEvery = dutyTime / 4
)

// Duty is work that one of several processes on one database does at a time.
// The term rises whenever it goes to another holder. Writes that only the holder
// may make check it in their own transaction, so that a holder that was held up
// and does not know yet that it lost the duty changes nothing. Clocks that differ
// only delay the change of holders.
//
// A nil *Duty is held always: by the only process of an embedded record.
type Duty struct {
	db     *DB
	name   string
	holder string
	host   string
	life   time.Duration // after the last word
	every  time.Duration // between words

	mu   sync.Mutex
	term int64 // 0: not held
}

// Holder says who has a duty.
type Holder struct {
	Host string `json:"host"`
	Here bool   `json:"here"` // this process
	Term int64  `json:"term"` // rises with every change
}

// Duty makes a duty that is not held before Run.
func (db *DB) Duty(name string) *Duty {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return &Duty{db: db, name: name, holder: rand.Text(), host: fmt.Sprintf("%s (process %d)", host, os.Getpid()), life: dutyTime, every: dutyEvery}
}

// Held says whether this process has the duty, as far as it knows.
func (d *Duty) Held() bool {
	if d == nil {
		return true
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.term != 0
}

// holds reports inside a transaction whether the duty is still held.
func (d *Duty) holds(ctx context.Context, tx bun.Tx) (bool, error) {
	if d == nil {
		return true, nil
	}
	d.mu.Lock()
	term := d.term
	d.mu.Unlock()
	var n int
	err := tx.QueryRowContext(ctx, `select count(*) from duty where name = ? and holder = ? and term = ?`, d.name, d.holder, term).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("record: duty %s: %w", d.name, err)
	}
	return n == 1 && term != 0, nil
}

// Write is DB.Write for what only the holder may change; without the duty it
// returns otherwise and changes nothing.
func (d *Duty) Write(ctx context.Context, db *DB, otherwise error, f func(ctx context.Context, tx bun.Tx) error) error {
	return db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		held, err := d.holds(ctx, tx)
		if err != nil {
			return err
		}
		if !held {
			return otherwise
		}
		return f(ctx, tx)
	})
}

// Holder tells who has the duty now; the zero Holder when nobody has.
func (d *Duty) Holder(ctx context.Context) (Holder, error) {
	var h Holder
	var holder string
	err := d.db.read.QueryRowContext(ctx, `select holder, host, term from duty where name = ? and expires > ?`, d.name, int64(d.db.Now())).Scan(&holder, &h.Host, &h.Term)
	if errors.Is(err, sql.ErrNoRows) {
		return Holder{}, nil
	}
	h.Here = holder == d.holder
	return h, err
}

// Run does the work whenever this process has the duty, until ctx ends; the
// context of the work ends with the duty. changed is told of every change.
func (d *Duty) Run(ctx context.Context, work func(ctx context.Context) error, changed func(held bool)) error {
	for ctx.Err() == nil {
		term, err := d.acquire(ctx)
		if err == nil && term != 0 {
			d.set(term)
			changed(true)
			err = d.serve(ctx, term, work)
			d.set(0)
			changed(false)
			if err != nil {
				return err
			}
			continue
		}
		d.pause(ctx)
	}
	return nil
}

func (d *Duty) pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(d.every):
	}
}

func (d *Duty) set(term int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.term = term
}

// acquire takes the duty if nobody has it; 0 when another has.
func (d *Duty) acquire(ctx context.Context) (term int64, err error) {
	now := d.db.Now()
	err = d.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		term = 0
		var last, expires int64
		err := tx.QueryRowContext(ctx, `select term, expires from duty where name = ?`, d.name).Scan(&last, &expires)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("record: duty %s: %w", d.name, err)
		}
		if expires > int64(now) {
			return nil
		}
		term = last + 1
		if _, err := tx.NewRaw(`insert into duty (name, holder, host, term, expires) values (?, ?, ?, ?, ?)
			on conflict (name) do update set holder = excluded.holder, host = excluded.host, term = excluded.term, expires = excluded.expires`,
			d.name, d.holder, d.host, term, int64(now+plant.Micros(d.life.Microseconds()))).Exec(ctx); err != nil {
			return fmt.Errorf("record: take duty %s: %w", d.name, err)
		}
		return nil
	})
	return term, err
}

// serve works and renews the duty until ctx ends or the duty is lost.
func (d *Duty) serve(ctx context.Context, term int64, work func(ctx context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- work(ctx) }()
	last := time.Now()
	ticker := time.NewTicker(d.every)
	defer ticker.Stop()
	for {
		select {
		case err := <-done:
			d.release(term)
			if ctx.Err() != nil {
				return nil
			}
			return err
		case <-ticker.C:
		}
		held, err := d.renew(ctx, term)
		switch {
		case err == nil && held:
			last = time.Now()
			continue
		case err != nil && time.Since(last) < d.life:
			continue
		}
		cancel() // the database says so, or was away for longer than others wait
		<-done
		return nil
	}
}

func (d *Duty) renew(ctx context.Context, term int64) (held bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, d.every)
	defer cancel()
	until := d.db.Now() + plant.Micros(d.life.Microseconds())
	err = d.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		r, err := tx.NewRaw(`update duty set expires = ? where name = ? and holder = ? and term = ?`, int64(until), d.name, d.holder, term).Exec(ctx)
		if err != nil {
			return fmt.Errorf("record: keep duty %s: %w", d.name, err)
		}
		n, err := r.RowsAffected()
		held = n == 1
		return err
	})
	return held, err
}

// release lets another take the duty at once.
func (d *Duty) release(term int64) {
	ctx, cancel := context.WithTimeout(context.Background(), d.every)
	defer cancel()
	_ = d.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error { // else it runs out by itself
		_, err := tx.NewRaw(`update duty set expires = 0 where name = ? and holder = ? and term = ?`, d.name, d.holder, term).Exec(ctx)
		return err
	})
}

package programme

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"zhigai/link/sharing"
	"zhigai/plant"
)

// Passed are machine days that were not sent to a parent because they were not
// shared; it implements sharing.Passed.
type Passed struct {
	Machines
	Tenant plant.TenantNo
}

var _ sharing.Passed = Passed{}

// passedRows names the note of the first day that was passed over.
const passedRows = "machine-days-passed"

// PassOver implements sharing.Passed.
func (p Passed) PassOver(ctx context.Context, from uint64) error {
	noted, err := p.noted(ctx, p.db.Reader())
	if err != nil || noted > 0 && noted <= from {
		return err
	}
	return p.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(`insert into reader_cursor (tenant, reader, seq) values (?, ?, ?)
			on conflict (tenant, reader) do update set seq = case when reader_cursor.seq = 0 or reader_cursor.seq > excluded.seq then excluded.seq else reader_cursor.seq end`,
			p.Tenant, passedRows, from).Exec(ctx)
		if err != nil {
			err = fmt.Errorf("record: note machine days that were passed over: %w", err)
		}
		return err
	})
}

func (p Passed) noted(ctx context.Context, db bun.IDB) (seq uint64, err error) {
	err = db.NewRaw(`select seq from reader_cursor where tenant = ? and reader = ?`, p.Tenant, passedRows).Scan(ctx, &seq)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("record: machine days that were passed over: %w", err)
	}
	return seq, nil
}

// SendAgain implements sharing.Passed: the rows keep their order.
func (p Passed) SendAgain(ctx context.Context) error {
	if noted, err := p.noted(ctx, p.db.Reader()); err != nil || noted == 0 {
		return err
	}
	return p.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		from, err := p.noted(ctx, tx)
		if err != nil || from == 0 {
			return err
		}
		var head uint64
		if err := tx.NewRaw(`select seq from machine_head where tenant = ?`, p.Tenant).Scan(ctx, &head); err != nil {
			return fmt.Errorf("record: head of machine days: %w", err)
		}
		// As far behind the newest as they were behind the first: numbers may have
		// holes, and none is given twice.
		by := head + 1 - min(from, head)
		if _, err := tx.NewRaw(`update machine_day set seq = seq + ? where tenant = ? and seq >= ?`, by, p.Tenant, from).Exec(ctx); err != nil {
			return fmt.Errorf("record: send machine days again: %w", err)
		}
		if _, err := tx.NewRaw(`update machine_head set seq = seq + ? where tenant = ?`, by, p.Tenant).Exec(ctx); err != nil {
			return fmt.Errorf("record: head of machine days: %w", err)
		}
		if _, err := tx.NewRaw(`delete from reader_cursor where tenant = ? and reader = ?`, p.Tenant, passedRows).Exec(ctx); err != nil {
			return fmt.Errorf("record: forget what was passed over: %w", err)
		}
		return nil
	})
}

package programme

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"github.com/uptrace/bun"

	"zhigai/calc/authenticity"
	"zhigai/plant"
)

// maxSketches bounds one comparison: 300 machines for a month, and as much
// again.
const maxSketches = 20_000

// SaveSketch keeps the sketch of a machine's day in place of an earlier one.
func (m Machines) SaveSketch(ctx context.Context, tenant plant.TenantNo, s authenticity.Labelled) error {
	return m.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw(`insert into machine_sketch (tenant, day, owner, machine, link, shapes, clocks) values (?, ?, ?, ?, ?, ?, ?)
			on conflict (tenant, day, owner, machine) do update set link = excluded.link, shapes = excluded.shapes, clocks = excluded.clocks`,
			tenant, s.Day, s.Owner, s.Machine, s.Link, packHashes(s.Shapes), packHashes(s.Clocks)).Exec(ctx); err != nil {
			return fmt.Errorf("record: save sketch: %w", err)
		}
		return nil
	})
}

// own holds for plants that this node serves, and for those of which no day is
// kept yet.
const own = `not exists (select 1 from machine_owner o where o.tenant = s.tenant and o.owner = s.owner and o.ways <> '' and ' ' || o.ways || ' ' not like '% . %')`

// SketchesSince lists the sketches of this node's own machines, of days from the
// date on, in order of day, owner and machine.
func (m Machines) SketchesSince(ctx context.Context, tenant plant.TenantNo, date string) ([]authenticity.Labelled, error) {
	rows, err := m.db.Reader().QueryContext(ctx, `select s.day, s.owner, s.machine, s.link, s.shapes, s.clocks from machine_sketch s where s.tenant = ? and s.day >= ? and `+own+` order by s.day, s.owner, s.machine limit ?`,
		tenant, date, maxSketches)
	return collect(rows, err, scanSketch)
}

func scanSketch(rows *sql.Rows) (l authenticity.Labelled, err error) {
	var shapes, clocks string
	if err = rows.Scan(&l.Day, &l.Owner, &l.Machine, &l.Link, &shapes, &clocks); err != nil {
		return l, err
	}
	l.Sketch, err = unpacked(shapes, clocks)
	return l, err
}

func unpacked(shapes, clocks string) (s authenticity.Sketch, err error) {
	if s.Shapes, err = unpackHashes(shapes); err == nil {
		s.Clocks, err = unpackHashes(clocks)
	}
	return s, err
}

// DropSketches forgets those of days before the date.
func (m Machines) DropSketches(ctx context.Context, tenant plant.TenantNo, date string) error {
	return m.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw(`delete from machine_sketch where tenant = ? and day < ?`, tenant, date).Exec(ctx); err != nil {
			return fmt.Errorf("record: drop sketches: %w", err)
		}
		return nil
	})
}

// packHashes writes hashes as text, which both databases keep alike.
func packHashes(hashes []uint64) string {
	raw := make([]byte, 0, 8*len(hashes))
	for _, h := range hashes {
		raw = binary.BigEndian.AppendUint64(raw, h)
	}
	return base64.RawStdEncoding.EncodeToString(raw)
}

func unpackHashes(text string) ([]uint64, error) {
	raw, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || len(raw)%8 != 0 {
		return nil, fmt.Errorf("record: sketch of %d letters cannot be read", len(text))
	}
	out := make([]uint64, 0, len(raw)/8)
	for ; len(raw) > 0; raw = raw[8:] {
		out = append(out, binary.BigEndian.Uint64(raw))
	}
	return out, nil
}

package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/history"
)

// columns of the table. Values are kept as bits, so that every one comes back
// exact, and times as numbers, because the oldest server we know has no type
// for microseconds.
var columns = [][]string{
	{"tenant", "UInt32"},
	{"tag", "UInt32"},
	{"kind", "UInt8"}, // 0 number, 1 text
	{"time", "Int64"}, // µs since 1970
	{"seq", "UInt64"}, // of the batch in the ledger
	{"entry", "UInt32"},
	{"recorded", "Int64"}, // µs since 1970
	{"quality", "UInt8"},
	{"bits", "UInt64"},
	{"text", "String"},
}

// sortKey makes every row a version of its own: rows that come twice are one,
// and nothing is ever replaced by something else.
const sortKey = "tenant, tag, kind, time, seq, entry"

func columnNames() string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c[0]
	}
	return strings.Join(names, ", ")
}

// fit makes the table when there is none, and makes sure that what is in it
// came from this ledger, which had filled it up to a place.
func (s *server) fit(ctx context.Context, ledger string, filled uint64) error {
	got, err := s.askIn(ctx, "", fmt.Sprintf(`SELECT name, type FROM system.columns WHERE database = '%s' AND table = '%s'`, s.database, s.table))
	if err != nil {
		return err
	}
	if len(got) == 0 {
		var defs []string
		for _, c := range columns {
			defs = append(defs, c[0]+" "+c[1])
		}
		if err := s.run(ctx, fmt.Sprintf(`CREATE TABLE IF NOT EXISTS %s (%s) ENGINE = %s ORDER BY (%s)`, s.table, strings.Join(defs, ", "), s.engine, sortKey), nil); err != nil {
			return err
		}
		got = columns
	}
	if !slices.EqualFunc(got, columns, slices.Equal[[]string]) {
		return fmt.Errorf("history: table %s of ClickHouse at %s has the columns %v, not %v; name another table with ?table=NAME", s.table, s, got, columns)
	}
	return s.owned(ctx, ledger, filled)
}

// owned compares the ledger that the table was filled from with ours.
func (s *server) owned(ctx context.Context, ledger string, filled uint64) error {
	got, err := s.ask(ctx, fmt.Sprintf(`SELECT DISTINCT text FROM %s WHERE tenant = 0 AND tag = 0 AND kind = %d`, s.table, kindMarker))
	if err != nil {
		return err
	}
	switch {
	case len(got) == 1 && got[0][0] == ledger:
		s.fits.Store(true)
		return nil
	case len(got) > 0:
		return fmt.Errorf("history: table %s of ClickHouse at %s was filled from the ledger %v, not from ours, %s; name another database, or the PostgreSQL it belongs to", s.table, s, got, ledger)
	case filled > 0:
		return fmt.Errorf("%w: table %s of ClickHouse at %s is empty, but %d batches were stored there; restore it from a backup, or fill it again from the ledger: zhigai history refill",
			history.ErrUnavailable, s.table, s, filled)
	}
	if err := s.mark(ctx, ledger); err != nil {
		return err
	}
	s.fits.Store(true)
	return nil
}

// mark writes into an empty table whose it is.
func (s *server) mark(ctx context.Context, ledger string) error {
	return s.insert(ctx, appendRow(nil, row{series{0, 0, kindMarker}, version{text: ledger}}))
}

func (s *server) insert(ctx context.Context, rows []byte) error {
	return s.run(ctx, fmt.Sprintf(`INSERT INTO %s (%s) FORMAT RowBinary`, s.table, columnNames()), rows)
}

// Server is what Look found.
type Server struct {
	Version string
	Answer  time.Duration // to one question, over an open connection
}

// Look asks ClickHouse whether samples can be kept there, and changes nothing.
func Look(ctx context.Context, address, password string) (out Server, err error) {
	s, err := newServer(address, password)
	if err != nil {
		return out, err
	}
	defer s.close()
	got, err := s.ask(ctx, `SELECT version()`) // in the database, which must be there
	if err != nil {
		return out, err
	}
	if len(got) != 1 {
		return out, fmt.Errorf("history: ClickHouse at %s gives no version; is it ClickHouse?", s)
	}
	start := time.Now()
	_, err = s.ask(ctx, `SELECT 1`)
	return Server{Version: got[0][0], Answer: time.Since(start)}, err
}

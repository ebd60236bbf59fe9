package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"strconv"
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

// granularity is how many rows are read at least: eight times fewer than usual,
// because most questions are for few rows of many tags.
const granularity = 1024

func columnNames() string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c[0]
	}
	return strings.Join(names, ", ")
}

// fit makes the table when there is none, makes sure that it is this ledger's,
// and gives the last batch that was stored there.
func (s *server) fit(ctx context.Context, ledger string, empty bool) (last uint64, err error) {
	got, err := s.askIn(ctx, "", fmt.Sprintf(`SELECT name, type FROM system.columns WHERE database = '%s' AND table = '%s'`, s.database, s.table))
	if err != nil {
		return 0, err
	}
	if len(got) == 0 {
		var defs []string
		for _, c := range columns {
			defs = append(defs, c[0]+" "+c[1])
		}
		if err := s.run(ctx, fmt.Sprintf(`CREATE TABLE IF NOT EXISTS %s (%s) ENGINE = %s ORDER BY (%s) SETTINGS index_granularity = %d`, s.table, strings.Join(defs, ", "), s.engine, sortKey, granularity), nil); err != nil {
			return 0, err
		}
		got = columns
	}
	if !slices.EqualFunc(got, columns, slices.Equal[[]string]) {
		return 0, fmt.Errorf("history: table %s of ClickHouse at %s has the columns %v, not %v; name another table with ?table=NAME", s.table, s, got, columns)
	}
	return s.owned(ctx, ledger, empty)
}

// owned looks whose the table is. One without a sign gets ours when it may be
// empty.
func (s *server) owned(ctx context.Context, ledger string, empty bool) (last uint64, err error) {
	got, err := s.ask(ctx, fmt.Sprintf(`SELECT text, max(bits) FROM %s WHERE tenant = 0 AND tag = 0 AND kind = %d GROUP BY text`, s.table, kindMarker))
	switch {
	case err != nil:
		return 0, err
	case len(got) == 1 && got[0][0] == ledger:
		if last, err = strconv.ParseUint(got[0][1], 10, 64); err != nil {
			return 0, fmt.Errorf("%w: ClickHouse answered %v to a question for the last batch", history.ErrDamaged, got)
		}
		return last, nil
	case len(got) > 0:
		return 0, fmt.Errorf("history: table %s of ClickHouse at %s was filled from the ledger %v, not from ours, %s; name another database, or the PostgreSQL it belongs to", s.table, s, got, ledger)
	case !empty:
		return 0, fmt.Errorf("%w: table %s of ClickHouse at %s is empty, but samples were stored there; restore it from a backup, or fill it again from the ledger: zhigai history refill",
			history.ErrUnavailable, s.table, s)
	}
	return 0, s.insert(ctx, appendMarker(nil, ledger, 0))
}

// appendMarker writes the row that says whose the table is and which batch was
// stored last. It is stored with the rows it speaks of, and replaces itself.
func appendMarker(dst []byte, ledger string, last uint64) []byte {
	return appendRow(dst, row{series{0, 0, kindMarker}, version{text: ledger, bits: last}})
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

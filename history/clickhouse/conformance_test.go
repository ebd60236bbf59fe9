package clickhouse

import (
	"errors"
	"log/slog"
	"os"
	"testing"
	"time"

	"zhigai/history"
	"zhigai/history/clickhouse/chtest"
	"zhigai/history/historytest"
	"zhigai/record/pgtest"
)

// servers runs the tests and ends both shared servers.
type servers struct{ m *testing.M }

func (s servers) Run() int { return pgtest.Main(s.m) }

func TestMain(m *testing.M) { os.Exit(chtest.Main(servers{m})) }

var _ historytest.Store = (*Store)(nil)

// quick options: tests do not wait for batches to gather.
func quick() Options {
	o := Options{FillEvery: time.Millisecond}
	if os.Getenv("ZHIGAI_TEST_LOG") != "" {
		o.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	return o
}

// openAt opens a store that is closed with the test.
func openAt(t *testing.T, address, ledger string, o Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), address, ledger, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, history.ErrClosed) {
			t.Error(err)
		}
	})
	return s
}

func TestStore_Conformance(t *testing.T) {
	historytest.Run(t, func(t *testing.T) historytest.Place {
		address, ledger := chtest.Address(t), pgtest.Address(t)
		o := quick()
		o.Keep = time.Nanosecond
		return historytest.Place{
			Open: func(t *testing.T, late bool) historytest.Store {
				o := o
				o.MarkLate = late
				return openAt(t, address, ledger, o)
			},
			Shed: func(t *testing.T, s historytest.Store) {
				if err := errors.Join(s.Flush(), s.(*Store).shed(t.Context())); err != nil {
					t.Fatal(err)
				}
			},
		}
	})
}

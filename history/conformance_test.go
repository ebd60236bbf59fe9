package history_test

import (
	"testing"

	"zhigai/history"
	"zhigai/history/historytest"
)

func TestStore_Conformance(t *testing.T) {
	historytest.Run(t, func(t *testing.T) historytest.Place {
		dir := t.TempDir()
		return historytest.Place{
			Open: func(t *testing.T, late bool) historytest.Store {
				s, err := history.Open(dir, history.Options{MarkLate: late, MinFree: 1})
				if err != nil {
					t.Fatal(err)
				}
				return s
			},
			Shed: func(t *testing.T, s historytest.Store) {
				if err := s.Flush(); err != nil {
					t.Fatal(err)
				}
			},
		}
	})
}

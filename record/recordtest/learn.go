package recordtest

import (
	"reflect"
	"testing"

	"zhigai/fact"
	"zhigai/plant"
	"zhigai/shop/learn"
)

// Models is what a store of models must do.
func Models(t *testing.T, store learn.Store, journal fact.Journal) {
	documents(t, store, journal, fact.KindModel, learn.KindVersion, learn.KindStudy)
	ctx := t.Context()
	say := func(machine plant.NodeID, at plant.Instant, v float64) learn.Reading {
		return learn.Reading{At: at, Machine: machine, Row: []float64{1, v}, Value: &v}
	}
	a, b, c := say("M1", 100, 1), say("M2", 100, 2), say("M1", 200, 3)
	none := learn.Reading{At: 300, Machine: "M1", Why: learn.MissingInput, Input: "power"}
	must(t, store.KeepReadings(ctx, 1, "V", []learn.Reading{a, b, c, none}))
	must(t, store.KeepReadings(ctx, 1, "W", []learn.Reading{say("M1", 100, 9)}))
	must(t, store.KeepReadings(ctx, 2, "V", []learn.Reading{say("M1", 100, 8)}))
	again := say("M1", 200, 4)
	must(t, store.KeepReadings(ctx, 1, "V", []learn.Reading{again}))
	for _, w := range []struct {
		machine  plant.NodeID
		from, to plant.Instant
		limit    int
		want     []learn.Reading
	}{
		{"", 0, 301, 9, []learn.Reading{b, a, again, none}},
		{"M1", 0, 301, 9, []learn.Reading{a, again, none}},
		{"M1", 0, 301, 2, []learn.Reading{again, none}},
		{"M1", 101, 300, 9, []learn.Reading{again}},
		{"M3", 0, 301, 9, []learn.Reading{}},
	} {
		got, err := store.Readings(ctx, 1, "V", w.machine, w.from, w.to, w.limit)
		if err != nil || !reflect.DeepEqual(got, w.want) {
			t.Errorf("%+v: %+v, %v", w, got, err)
		}
	}
}

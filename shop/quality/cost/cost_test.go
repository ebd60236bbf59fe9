package cost

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"zhigai/plant"
)

func on(month, d int) plant.Instant {
	return plant.InstantOf(time.Date(2026, time.Month(month), d, 4, 0, 0, 0, time.UTC))
}

// What happened costs by the most exact rate that held then; what has none is told and
// in no sum.
func TestFold(t *testing.T) {
	rates := []Rate{
		{ID: "r1", What: Scrap, Fen: 500, From: on(1, 1), Path: "xc"},
		{ID: "r2", What: Scrap, Product: "ring", Operation: 20, Fen: 1200, From: on(1, 1), Path: "xc"},
		{ID: "r3", What: Scrap, Product: "ring", Operation: 20, Fen: 1300, From: on(11, 10), Path: "xc"},
		{ID: "r4", What: Scrap, Product: "ring", Operation: 20, Fen: 9, From: on(1, 1), Path: "xc", Ended: true},
		{ID: "r5", What: Rework, Fen: 6001, From: on(1, 1), Path: "xc/w1"},
		{ID: "r6", What: Inspection, Fen: 6000, Minutes: 1.5, From: on(1, 1), Path: "xc"},
	}
	did := []Did{
		{What: Scrap, At: on(11, 2), Product: "ring", Operation: 20, Path: "xc/w1", Count: 3, Cause: "dimension"},
		{What: Scrap, At: on(11, 3), Product: "ring", Operation: 20, Path: "xc/w1", Count: 2, Cause: "dimension"},
		{What: Scrap, At: on(11, 12), Product: "ring", Operation: 20, Path: "xc/w1", Count: 1, Cause: "dimension"},
		{What: Scrap, At: on(10, 12), Product: "bush", Path: "xc/w1", Count: 1, Cause: "surface"},
		{What: Scrap, At: on(10, 12), Product: "bush", Path: "xc/w1", Count: -1, Cause: "surface"}, // taken back
		{What: Rework, At: on(11, 5), Product: "ring", Path: "xc/w1/m", Ms: 5_400_000},
		{What: Rework, At: on(11, 5), Product: "ring", Path: "xc/w2", Ms: 3_600_000},
		{What: Inspection, At: on(11, 5), Product: "ring", Path: "xc/w1", Count: 1},
		{What: Inspection, At: on(11, 6), Product: "ring", Path: "xc/w1", Count: 1},
		{What: Calibration, At: on(11, 6), Path: "xc/w1", Count: 1, Of: Of{"gauge", "G1", "Q-1"}},
	}
	entries := []Entry{
		{ID: "e1", Category: External, What: "claim", Fen: 100_000, At: on(11, 20), Product: "ring", Cause: "tool"},
		{ID: "e2", Category: External, What: "claim", Fen: 1, At: on(11, 20), Withdrawn: &Withdrawal{}},
		{ID: "e3", Category: Prevention, What: "training", Fen: 1, At: on(12, 20)}, // later
	}
	r := Fold(on(10, 1), on(12, 1), did, rates, entries)
	// 5 × 1200 + 1300 + 0, 1.5 h × 6001, 3 min × 6000, the claim.
	const scrap, rework, inspection, claim = 5*1200 + 1300, 9002, 300, 100_000
	if r.Fen != scrap+rework+inspection+claim {
		t.Errorf("%d fen; want %d", r.Fen, scrap+rework+inspection+claim)
	}
	var fen []int64
	for _, c := range r.Categories {
		fen = append(fen, c.Fen)
	}
	if want := []int64{0, inspection, scrap + rework, claim}; !reflect.DeepEqual(fen, want) {
		t.Errorf("by category %v; want %v", fen, want)
	}
	if want := []Month{{"2026-10", 0, []int64{0, 0, 0, 0}, 0}, {"2026-11", r.Fen, fen, 2}}; !reflect.DeepEqual(r.Months, want) {
		t.Errorf("by month %+v; want %+v", r.Months, want)
	}
	if want := []Uncounted{{What: Calibration, Quantity: 1, Unit: "calibration", Lines: 1}, {What: Rework, Product: "ring", Quantity: 1, Unit: "h", Lines: 1}}; !reflect.DeepEqual(r.Uncounted, want) {
		t.Errorf("not counted %+v; want %+v", r.Uncounted, want)
	}
	if *r.Coverage != 6.0/8 || len(r.Lines) != 8 || r.Lines[0].Fen == nil || r.Lines[7].Fen != nil {
		t.Errorf("coverage %v of %d lines: %+v", *r.Coverage, len(r.Lines), r.Lines)
	}
	if r.Operations[1].Key != "ring 20" || r.Operations[1].Fen != scrap || r.Causes[0].Key != "tool" {
		t.Errorf("by operation %+v, by cause %+v", r.Operations, r.Causes)
	}
	// The order in which facts come changes nothing.
	for range 20 {
		rand.Shuffle(len(did), func(a, b int) { did[a], did[b] = did[b], did[a] })
		if got := Fold(on(10, 1), on(12, 1), did, rates, entries); !reflect.DeepEqual(got.Months, r.Months) || !reflect.DeepEqual(got.Products, r.Products) || !reflect.DeepEqual(got.Uncounted, r.Uncounted) {
			t.Fatalf("in another order %+v; want %+v", got, r)
		}
	}
	if empty := Fold(on(1, 1), on(2, 1), nil, rates, nil); empty.Coverage != nil || empty.Fen != 0 || len(empty.Categories) != 4 {
		t.Errorf("of nothing: %+v", empty)
	}
}

func TestRateAndEntry_Refused(t *testing.T) {
	for why, err := range map[string]error{
		"no such rate":            (&Rate{What: "claim", Fen: 1, From: 1, Source: "x"}).check(),
		"no day":                  (&Rate{What: Scrap, Fen: 1, Source: "x"}).check(),
		"no source":               (&Rate{What: Scrap, Fen: 1, From: 1, Source: " "}).check(),
		"inspection without time": (&Rate{What: Inspection, Fen: 1, From: 1, Source: "x"}).check(),
		"minutes of scrap":        (&Rate{What: Scrap, Minutes: 1, Fen: 1, From: 1, Source: "x"}).check(),
		"scrap is computed":       (&Entry{Category: Internal, What: Scrap, Fen: 1, Text: "x", Source: "x"}).check(),
		"a claim is external":     (&Entry{Category: Internal, What: "claim", Fen: 1, Text: "x", Source: "x"}).check(),
		"no voucher":              (&Entry{Category: External, What: "claim", Fen: 1, Text: "x"}).check(),
		"nothing":                 (&Entry{Category: External, What: "claim", Text: "x", Source: "x"}).check(),
	} {
		if !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", why, err)
		}
	}
}

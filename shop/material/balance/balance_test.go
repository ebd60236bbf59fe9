package balance_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/data"
	"zhigai/figure"
	"zhigai/figure/figuretest"
	"zhigai/plant"
	"zhigai/shop/material"
	"zhigai/shop/material/balance"
)

func definitions(t *testing.T) *figure.Definitions {
	t.Helper()
	d, err := figure.Load(data.FS, "material-figures", balance.TermNames())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDefinitions_Cases(t *testing.T) {
	t.Parallel()
	figuretest.Every(t, definitions(t), "testdata/*.case")
}

// at is an instant of the day on which the stock below was moved.
func at(hour int) plant.Instant {
	return plant.InstantOf(time.Date(2026, 11, 23, hour, 0, 0, 0, time.UTC))
}

func kg(n int64) plant.Quantity { return plant.Quantity(n) * plant.One }

// legsOf books entries, in their order, and gives the legs at the locations.
func legsOf(locations []string, entries ...material.Entry) []balance.Leg {
	var out []balance.Leg
	for i, e := range entries {
		e.ID = fmt.Sprintf("%04d", i)
		for _, l := range e.Legs() {
			if slices.Contains(locations, l.Location) {
				out = append(out, balance.Leg{Leg: l, Item: e.Item, Order: e.Order})
			}
		}
	}
	return out
}

// day is what happened to steel: 100 kg lay there, of which 20 went to the line,
// where 12 were used; one more was received, split, scrapped, shipped and counted.
func day() []material.Entry {
	return []material.Entry{
		{At: at(2), What: material.Received, Item: "steel", Lot: "H1", To: "main", Quantity: kg(100)},
		{At: at(8), What: material.Moved, Item: "steel", Lot: "H1", From: "main", To: "side", Quantity: kg(20)},
		{At: at(10), What: material.Consumed, Item: "steel", Lot: "H1", From: "side", Quantity: kg(12), Order: "A1", Job: 10},
		{At: at(12), What: material.Received, Item: "steel", Lot: "H2", To: "main", Quantity: kg(60)},
		{At: at(12), What: material.Split, Item: "steel", Lot: "H2", Into: "H2b", From: "main", Quantity: kg(10)},
		{At: at(13), What: material.Scrapped, Item: "steel", Lot: "H1", From: "side", Quantity: kg(1), Reason: "rust"},
		{At: at(13), What: material.Scrapped, Item: "steel", Lot: "H1", From: "side", Quantity: kg(2), Reason: "crack", Order: "A1"},
		{At: at(14), What: material.Shipped, Item: "steel", Lot: "H2", From: "main", Quantity: kg(5), Party: "x"},
		{At: at(15), What: material.Counted, Item: "steel", Lot: "H1", From: "side", Quantity: kg(4)}, // 5 were expected
		{At: at(16), What: material.Adjusted, Item: "steel", Lot: "H2b", From: "main", Quantity: kg(3), Reason: "found"},
		{At: at(20), What: material.Consumed, Item: "steel", Lot: "H1", From: "side", Quantity: kg(4), Order: "A1", Job: 10}, // behind the window
	}
}

func total(lots []balance.Lot) map[string]int64 {
	out := map[string]int64{}
	for _, l := range lots {
		for name, n := range l.Terms {
			out[name] += n
		}
	}
	return out
}

// The window is 6 to 18 h. On average there lay, in kg: H1 in the main store
// (2 h of 100 + 10 h of 80)/12 = 1000/12; beside the line (2×20 + 3×8 + 2×5 + 3×4)/12
// = 86/12; H2 (2×50 + 4×45)/12 = 280/12; H2b (4×10 + 2×13)/12 = 66/12.
func TestFold(t *testing.T) {
	t.Parallel()
	lots := balance.Fold(legsOf([]string{"main", "side"}, day()...), at(6), at(18))
	want := map[string]int64{
		balance.Opening: int64(kg(100)), balance.Closing: int64(kg(80 + 4 + 45 + 13)), balance.Average: 90_500_000 + 23_333_333 + 5_500_000,
		balance.Received: int64(kg(60)), balance.Consumed: int64(kg(12)), balance.Shipped: int64(kg(5)), balance.Scrapped: int64(kg(1)), balance.Discarded: int64(kg(2)),
		balance.Missing: int64(kg(1)), balance.Adjusted: int64(kg(3)), balance.Bins: 4, balance.Sure: 4,
	}
	if got := total(lots); !maps.Equal(got, want) {
		t.Errorf("the plant: %v; want %v", got, want)
	}
	if len(lots) != 3 || lots[0].Lot != "steel:H1" || lots[0].Entries != 5 || lots[2].Terms[balance.Average] != 5_500_000 {
		t.Errorf("lots: %+v", lots)
	}
	// Of the line alone, what comes from the store is moved in.
	side := total(balance.Fold(legsOf([]string{"side"}, day()...), at(6), at(18)))
	if side[balance.MovedIn] != int64(kg(20)) || side[balance.MovedOut] != 0 || side[balance.Bins] != 1 {
		t.Errorf("the line: %v", side)
	}
	main := total(balance.Fold(legsOf([]string{"main"}, day()...), at(6), at(18)))
	if main[balance.MovedOut] != int64(kg(20)) || main[balance.MovedIn] != 0 {
		t.Errorf("the store: %v", main)
	}
	// More was taken than there was: the bin is in doubt all the time.
	short := total(balance.Fold(legsOf([]string{"main"}, material.Entry{At: at(7), What: material.Shipped, Item: "steel", Lot: "H9", From: "main", Quantity: kg(1)}), at(6), at(18)))
	if short[balance.Bins] != 1 || short[balance.Sure] != 0 || short[balance.Average] != -916_667 {
		t.Errorf("below nothing: %v", short)
	}
}

// What came and went is the difference of the stocks, whatever order the bookings
// are read in, and the fold is the same.
func TestFold_BalancesInAnyOrder(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 7))
	places, lots := []string{"main", "side", "out"}, []string{"H1", "H2", "H3"}
	for range 300 {
		var entries []material.Entry
		for range 40 {
			e := material.Entry{
				At: at(0) + plant.Instant(r.IntN(24*3600))*1_000_000, Item: "steel", Lot: lots[r.IntN(3)], From: places[r.IntN(2)], To: places[r.IntN(3)], Quantity: plant.Quantity(r.IntN(9_000_000) + 1),
				What: []material.Kind{material.Received, material.Moved, material.Split, material.Merged, material.Consumed, material.Shipped, material.Scrapped, material.Adjusted, material.Counted}[r.IntN(9)],
			}
			e.Into = lots[(slices.Index(lots, e.Lot)+1)%3]
			if e.What == material.Moved && e.From == e.To {
				e.To = "out"
			}
			entries = append(entries, e)
		}
		legs := legsOf(places[:2], entries...)
		want := balance.Fold(legs, at(6), at(18))
		b := total(want)
		came := b[balance.Received] + b[balance.Produced] + b[balance.MovedIn] + b[balance.Adjusted]
		went := b[balance.Consumed] + b[balance.Shipped] + b[balance.MovedOut] + b[balance.Scrapped] + b[balance.Discarded] + b[balance.Missing]
		if b[balance.Opening]+came-went != b[balance.Closing] {
			t.Fatalf("%v does not balance", b)
		}
		r.Shuffle(len(legs), func(i, j int) { legs[i], legs[j] = legs[j], legs[i] })
		if got := balance.Fold(legs, at(6), at(18)); !slices.EqualFunc(got, want, func(a, b balance.Lot) bool {
			return a.Lot == b.Lot && a.Entries == b.Entries && maps.Equal(a.Terms, b.Terms)
		}) {
			t.Fatalf("in another order: %v; want %v", got, want)
		}
	}
}

type store []balance.Leg

func (s store) Legs(_ context.Context, _ access.Scope, item string, before plant.Instant, limit int) ([]balance.Leg, error) {
	out := slices.DeleteFunc(slices.Clone(s), func(l balance.Leg) bool { return item != "" && l.Item != item || l.At >= before })
	return out[:min(len(out), limit)], nil
}

func (store) Item(_ context.Context, _ plant.TenantNo, code string) (material.Item, error) {
	return material.Item{Code: code, Unit: "kg"}, nil
}

func TestFigures(t *testing.T) {
	t.Parallel()
	legs := legsOf([]string{"main", "side"}, day()...)
	desk := func(s store) *balance.Desk {
		return balance.NewDesk(balance.Options{Store: s, Definitions: definitions(t), Now: at(23).Time})
	}
	all, err := desk(legs).Figures(t.Context(), balance.Query{From: at(6), To: at(18)})
	if err != nil || len(all) != 1 || len(all[0].Lots) != 3 || len(all[0].Root) != 64 {
		t.Fatalf("%+v %v", all, err)
	}
	for _, f := range all[0].Figures {
		if f.Provisional || f.Value == nil || *f.Coverage != 1 {
			t.Errorf("%+v", f)
		}
	}
	if f := all[0].Figures[1]; figuretest.Shown(f) != "-0.08333333333333333" { // (1 + 1 − 3) of 12
		t.Errorf("loss %+v", f)
	}
	open, err := desk(legs).Figures(t.Context(), balance.Query{From: at(6), To: at(24 + 6)})
	if err != nil || !open[0].Figures[0].Provisional || open[0].Root == all[0].Root || open[0].Terms[balance.WindowMs] != 17*3600*1000 {
		t.Errorf("a window that is not over: %+v %v", open, err)
	}
	for name, q := range map[string]balance.Query{
		"ends before it begins": {From: at(9), To: at(8)},
		"too long":              {From: at(9), To: plant.InstantOf(at(9).Time().AddDate(2, 0, 0))},
	} {
		if _, err := desk(legs).Figures(t.Context(), q); !errors.Is(err, balance.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := desk(make(store, balance.MaxLegs+1)).Figures(t.Context(), balance.Query{From: at(1), To: at(8)}); !errors.Is(err, balance.ErrInvalid) {
		t.Errorf("too many bookings: %v", err)
	}
}

package material

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"zhigai/plant"
)

func kg(n int64) plant.Quantity { return plant.Quantity(n) * plant.One }

func leg(at int, q int64) Leg {
	return Leg{Lot: "a:1", Location: "x", At: plant.Instant(at), Entry: fmt.Sprint("e", at), What: Moved, By: "li", Quantity: kg(q)}
}

func counted(at int, q int64) Leg {
	l := leg(at, q)
	l.What, l.Count = Counted, true
	return l
}

func TestFoldBin_NeverSilentlyNegative(t *testing.T) {
	b, _ := FoldBin("a:1", "x", []Leg{leg(1, 10), leg(2, -12), leg(3, 5), leg(4, -1)})
	if b.Quantity != kg(2) || len(b.Doubts) != 1 || b.Doubts[0].Entry != "e2" || b.Doubts[0].Why != "12 were taken and 10 were there" {
		t.Errorf("more taken than there was: %+v", b)
	}
	// What came late and happened before heals it.
	b, _ = FoldBin("a:1", "x", []Leg{leg(1, 10), leg(3, -12), leg(4, 5), leg(2, 2)})
	if b.Quantity != kg(5) || len(b.Doubts) != 0 {
		t.Errorf("after the late receipt: %+v", b)
	}
	// A count mends it, and says what was lost.
	b, counts := FoldBin("a:1", "x", []Leg{leg(1, 10), leg(2, -12), counted(3, 4), leg(4, -1)})
	if b.Quantity != kg(3) || len(b.Doubts) != 0 || len(counts) != 1 || counts[0].Expected != kg(-2) || counts[0].Difference() != kg(-6) {
		t.Errorf("after the count: %+v %+v", b, counts)
	}
}

// TestFoldBin_OrderOfArrivalDoesNotMatter: taken one by one when they come in
// order, folded anew when not, the bin is the same.
func TestFoldBin_OrderOfArrivalDoesNotMatter(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		var all []Leg
		for at := range 1 + rnd.IntN(30) {
			if rnd.IntN(6) == 0 {
				all = append(all, counted(at+1, rnd.Int64N(20)))
			} else {
				all = append(all, leg(at+1, rnd.Int64N(20)-10))
			}
		}
		want, counts := FoldBin("a:1", "x", all)
		mixed := slices.Clone(all)
		rnd.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		got := NewBin("a:1", "x")
		for i, l := range mixed {
			if !got.Take(l) {
				got, _ = FoldBin("a:1", "x", mixed[:i+1])
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("in another order %+v; want %+v", got, want)
		}
		// Totals: what was moved, and what counts found to be more.
		sum := plant.Quantity(0)
		for _, l := range all {
			if !l.Count {
				sum += l.Quantity
			}
		}
		for _, c := range counts {
			sum -= c.Difference()
		}
		if sum != want.Quantity {
			t.Fatalf("moves and counts add up to %s, the bin holds %s", sum, want.Quantity)
		}
	}
}

func TestFoldLot_LastWordCountsWhateverComesFirst(t *testing.T) {
	all := []Entry{
		{ID: "1", At: 1, What: Received, Item: "steel", Lot: "H1", To: "x", Quantity: kg(9), Party: "mill", Expires: "2027-01-01"},
		{ID: "2", At: 2, What: Blocked, Item: "steel", Lot: "H1", Reason: "cracks"},
		{ID: "3", At: 3, What: Consumed, Item: "steel", Lot: "H1", From: "x", Quantity: kg(1), Order: "A1", Job: 10},
		{ID: "4", At: 4, What: Unblocked, Item: "steel", Lot: "H1", Note: "examined"},
		{ID: "5", At: 5, What: Received, Item: "steel", Lot: "H1", To: "y", Quantity: kg(1), Party: "other"},
	}
	want := FoldLot("steel:H1", all)
	if want.Origin != Received || want.Party != "mill" || want.Since != 1 || want.Blocked || want.Note != "examined" || len(want.Doubts) != 1 || want.Doubts[0].Why != "the lot was blocked: cracks" {
		t.Errorf("lot %+v", want)
	}
	rnd := rand.New(rand.NewPCG(5, 6))
	for range 50 {
		rnd.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		if got := FoldLot("steel:H1", all); !reflect.DeepEqual(got, want) {
			t.Fatalf("in another order %+v; want %+v", got, want)
		}
	}
}

// TestLinksOf_SameWhicheverCameFirst: a lot that was made before somebody said
// what went into it is linked all the same.
func TestLinksOf_SameWhicheverCameFirst(t *testing.T) {
	in := []Entry{{ID: "1", What: Consumed, Item: "steel", Lot: "H1", Order: "A", Job: 10}, {ID: "2", What: Consumed, Item: "steel", Lot: "H2", Order: "A", Job: 10}}
	out := []Entry{{ID: "3", What: Produced, Item: "ring", Lot: "R1", Order: "A", Job: 10}, {ID: "4", What: Produced, Item: "ring", Lot: "R2", Order: "A", Job: 10}, {ID: "5", What: Produced, Item: "ring", Lot: "R3", Order: "B", Job: 10}}
	links := func(order []Entry) (all []Link) {
		for i, e := range order {
			all = append(all, LinksOf(e, order[:i])...)
		}
		slices.SortFunc(all, func(a, b Link) int { return slices.Compare([]string{a.Parent, a.Child}, []string{b.Parent, b.Child}) })
		return all
	}
	first, last := links(slices.Concat(in, out)), links(slices.Concat(out, in))
	if len(first) != 4 || !reflect.DeepEqual(first, last) {
		t.Errorf("consumed first %+v\nproduced first %+v", first, last)
	}
	if got := LinksOf(Entry{ID: "9", What: Consumed, Item: "steel", Lot: "H1", Into: "S7", Product: "bearing", Order: "A", Job: 10}, out); len(got) != 1 || got[0].Child != "bearing:S7" || got[0].ByJob {
		t.Errorf("said to which serial: %+v", got)
	}
}

func TestCards(t *testing.T) {
	day := 24 * time.Hour
	f := func(demand int64, lead time.Duration, ppm, container, want int64) {
		t.Helper()
		if n, ok := Cards(kg(demand), lead, ppm, kg(container)); !ok || n != want {
			t.Errorf("Cards(%d, %v, %d, %d) = %d, %v; want %d", demand, lead, ppm, container, n, ok, want)
		}
	}
	// 1000 a day, half a day of lead time, 20 % safety, 100 in a container: 6.
	f(1000, day/2, 200_000, 100, 6)
	f(1000, day/2, 200_001, 100, 7) // a trifle more is a card more
	f(1, time.Hour, 0, 1000, 1)
	f(1_000_000, day, 0, 500, 2000) // beyond what a product of two int64 holds
	for _, bad := range [][4]int64{{0, 1, 0, 1}, {1, 0, 0, 1}, {1, 1, -1, 1}, {1, 1, 0, 0}, {1_000_000, int64(day), 0, 1}} {
		if n, ok := Cards(kg(bad[0]), time.Duration(bad[1]), bad[2], kg(bad[3])); ok {
			t.Errorf("Cards(%v) = %d; want none", bad, n)
		}
	}
}

func TestChoose_ExpiresFirstThenOldest(t *testing.T) {
	now := time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)
	stock := func(lot string, q int64, expires string, since plant.Instant, kind LocationKind, blocked bool) Stock {
		return Stock{Bin: Bin{Lot: lot, Location: "x", Quantity: kg(q)}, Number: lot, Expires: expires, Since: since, Kind: kind, Blocked: blocked}
	}
	all := []Stock{
		stock("young", 5, "", 9, Warehouse, false), stock("old", 5, "", 1, Warehouse, false), stock("blocked", 5, "", 0, Warehouse, true),
		stock("expired", 5, "2026-11-29", 0, Warehouse, false), stock("soon", 2, "2026-11-30", 8, Warehouse, false), stock("away", 5, "", 0, Quarantine, false), stock("none", -3, "", 0, Warehouse, false),
	}
	picks, short := choose(all, kg(9), now)
	var got []string
	for _, p := range picks {
		got = append(got, p.Lot+" "+p.Quantity.String())
	}
	if !slices.Equal(got, []string{"soon 2", "old 5", "young 2"}) || short != 0 {
		t.Errorf("picks %v, short %s", got, short)
	}
	if _, short = choose(all, kg(20), now); short != kg(8) {
		t.Errorf("short %s; want 8", short)
	}
}

func TestEntry_CheckSaysWhatIsMissing(t *testing.T) {
	for _, e := range []Entry{
		{What: "flown", Item: "a"},
		{What: Received, Item: "a", To: "x"},
		{What: Received, Item: "a:b", To: "x", Quantity: 1},
		{What: Moved, Item: "a", From: "x", To: "x", Quantity: 1},
		{What: Produced, Item: "a", To: "x", Quantity: 1},
		{What: Split, Item: "a", Lot: "1", Into: "1", From: "x", Quantity: 1},
		{What: Consumed, Item: "a", From: "x", Quantity: -1, Order: "A", Job: 1},
		{What: Shipped, Item: "a", From: "x", Quantity: 1},
		{What: Scrapped, Item: "a", From: "x", Quantity: 1},
		{What: Adjusted, Item: "a", From: "x", Quantity: 1},
		{What: Counted, Item: "a", From: "x", Quantity: -1},
		{What: Blocked, Item: "a", Lot: "1"},
		{What: Unblocked, Item: "a", Lot: "1"},
		{What: Reserved, Item: "a", Quantity: 1},
		{What: Withdrawn},
		{What: Received, Item: "a", Lot: "a/b", To: "x", Quantity: 1},
	} {
		if err := e.Check(); err == nil {
			t.Errorf("%+v was taken", e)
		}
	}
}

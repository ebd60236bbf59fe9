package recordtest

import (
	"math"
	"reflect"
	"testing"

	"zhigai/evidence"
	"zhigai/evidence/seals"
	"zhigai/plant"
)

// Seals is what every store of seals must do.
func Seals(t *testing.T, open func(t *testing.T) seals.Store) {
	s, ctx := open(t), t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	touched := func(recorded evidence.Day, seq uint64, want ...seals.Touch) {
		t.Helper()
		var got []seals.Touch
		for after := (seals.Touch{}); ; { // two at a time, to see the pages
			page, err := s.Touched(ctx, 1, recorded, seq, after, 2)
			must(err)
			if got = append(got, page...); len(page) < 2 {
				break
			}
			after = page[1]
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("Touched(%d, %d) = %v; want %v", recorded, seq, got, want)
		}
	}
	if _, ok, err := s.OldestTouched(ctx, 1); err != nil || ok {
		t.Errorf("OldestTouched of nothing: %v, %v", ok, err)
	}
	a, b, c := seals.Touch{Recorded: 20, Tag: 1, Day: 20, Seq: 5}, seals.Touch{Recorded: 21, Tag: 1, Day: 20, Seq: 9}, seals.Touch{Recorded: 20, Tag: 2, Day: -3, Seq: 6}
	must(s.Note(ctx, 1, []seals.Touch{c, b, a, a}))
	must(s.Note(ctx, 2, []seals.Touch{{Recorded: 3, Tag: 1, Day: 3, Seq: 1}}))
	older := c
	older.Seq = 4
	must(s.Note(ctx, 1, []seals.Touch{older})) // the later one counts
	touched(30, math.MaxInt64, a, b, c)
	touched(20, math.MaxInt64, a, c)
	touched(20, 5, a)
	if day, ok, err := s.OldestTouched(ctx, 1); err != nil || !ok || day != 20 {
		t.Errorf("OldestTouched = %d, %v, %v", day, ok, err)
	}
	many := make([]seals.Touch, 1500)
	for i := range many {
		many[i] = seals.Touch{Recorded: 40, Tag: plant.TagNo(i + 10), Day: 40, Seq: 50}
	}
	must(s.Note(ctx, 3, many))

	row := func(tag plant.TagNo, day evidence.Day, n int64, h byte) seals.Row {
		return seals.Row{Tag: tag, Day: day, Samples: n, Hash: evidence.Hash{h, 0xFF}}
	}
	must(s.AddLeaves(ctx, 1, 1, []seals.Row{row(2, -3, 4, 2), row(1, 20, 1<<40, 1)}))
	if n, err := s.DropLeaves(ctx, 1, 0, 1); err != nil || n != 1 {
		t.Errorf("DropLeaves = %d, %v", n, err)
	}
	if n, err := s.DropLeaves(ctx, 1, 0, 10); err != nil || n != 1 {
		t.Errorf("DropLeaves again = %d, %v", n, err)
	}
	must(s.AddLeaves(ctx, 1, 1, []seals.Row{row(1, 20, 1<<40, 1), row(2, -3, 4, 2)}))
	if k, err := s.Last(ctx, 1); err != nil || k != (seals.Kept{}) {
		t.Errorf("Last before the first: %+v, %v", k, err)
	}
	first := seals.Kept{Seal: evidence.Seal{Node: "轴", Number: 1, Day: 20, Leaves: 2, Samples: 1<<40 + 4, Root: evidence.Hash{7}}, Through: 8, Made: 99}
	must(s.AddSeal(ctx, 1, first))
	if err := s.AddSeal(ctx, 1, first); err == nil {
		t.Error("a second seal of one number is taken")
	}
	if n, err := s.Settle(ctx, 1, first, 1); err != nil || n != 1 {
		t.Errorf("Settle one = %d, %v", n, err)
	}
	if n, err := s.Settle(ctx, 1, first, 10); err != nil || n != 1 {
		t.Errorf("Settle the rest = %d, %v", n, err)
	}
	touched(30, math.MaxInt64, b) // recorded later
	second := seals.Kept{Seal: evidence.Seal{Node: "轴", Number: 2, Day: 21, Leaves: 1, Samples: 5, Root: evidence.Hash{8}, Prev: first.Hash()}, Through: 10, Made: 100}
	must(s.AddLeaves(ctx, 1, 2, []seals.Row{row(1, 20, 5, 3)}))
	unfinished, err := s.Leaves(ctx, 1, 1, seals.Row{}, 10)
	if err != nil || len(unfinished) != 2 || unfinished[0].Newest != 1 {
		t.Errorf("a leaf without its seal counts: %+v, %v", unfinished, err)
	}
	must(s.AddSeal(ctx, 1, second))
	if got, err := s.Seals(ctx, 1, 0, 10); err != nil || !reflect.DeepEqual(got, []seals.Kept{first, second}) {
		t.Errorf("Seals = %+v, %v", got, err)
	}
	if got, err := s.Seals(ctx, 1, 1, 10); err != nil || !reflect.DeepEqual(got, []seals.Kept{second}) {
		t.Errorf("Seals behind the first = %+v, %v", got, err)
	}
	if k, err := s.Last(ctx, 1); err != nil || k != second {
		t.Errorf("Last = %+v, %v", k, err)
	}
	one, two := row(1, 20, 1<<40, 1), row(2, -3, 4, 2)
	one.Newest, two.Newest = 2, 1
	if got, err := s.Leaves(ctx, 1, 1, seals.Row{}, 10); err != nil || !reflect.DeepEqual(got, []seals.Row{one, two}) {
		t.Errorf("Leaves = %+v, %v", got, err)
	}
	if got, err := s.Leaves(ctx, 1, 1, one, 10); err != nil || !reflect.DeepEqual(got, []seals.Row{two}) {
		t.Errorf("Leaves behind the first = %+v, %v", got, err)
	}
	newer := row(1, 20, 5, 3)
	newer.Newest, one.Newest = 2, 1
	if got, err := s.LeavesOf(ctx, 1, 1, 20, 10); err != nil || !reflect.DeepEqual(got, []seals.Row{newer, one}) {
		t.Errorf("LeavesOf = %+v, %v", got, err)
	}
	must(s.Expire(ctx, 1, map[plant.TagNo]seals.Expiry{1: {Before: 9, At: 1}, 4: {Before: -2, At: 2}}))
	must(s.Expire(ctx, 1, map[plant.TagNo]seals.Expiry{1: {Before: 8, At: 3}, 4: {Before: -1, At: 4}}))
	must(s.Expire(ctx, 1, nil))
	if got, err := s.Expired(ctx, 1); err != nil || !reflect.DeepEqual(got, map[plant.TagNo]seals.Expiry{1: {Before: 9, At: 1}, 4: {Before: -1, At: 4}}) {
		t.Errorf("Expired = %v, %v", got, err)
	}
	if k, err := s.Last(ctx, 2); err != nil || k.Number != 0 {
		t.Errorf("a foreign tenant's seal: %+v, %v", k, err)
	}
}

package programme_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"zhigai/programme/machine"
	"zhigai/record"
	"zhigai/record/pgtest"
	"zhigai/record/programme"
)

// TestPassed_GoAgainInOrder: rows that were passed over get new numbers once, in
// their order, and those before them keep theirs.
func TestPassed_GoAgainInOrder(t *testing.T) {
	for name, where := range map[string]string{"sqlite": t.TempDir(), "postgres": pgtest.Address(t)} {
		t.Run(name, func(t *testing.T) {
			db, err := record.Open(t.Context(), where, record.Options{})
			must(t, err)
			t.Cleanup(func() { must(t, db.Close()) })
			rows := programme.NewMachines(db)
			p := programme.Passed{Machines: rows, Tenant: tenant}
			must(t, p.SendAgain(t.Context())) // there is nothing
			for date := range 5 {
				_, err := rows.SaveDays(t.Context(), tenant, []machine.Day{day("first", "a", date+1, 100, 1)})
				must(t, err)
			}
			numbers := func() (out []string) {
				items, err := rows.RowsAfter(t.Context(), tenant, 0, 100)
				must(t, err)
				for _, i := range items {
					var d machine.Day
					must(t, json.Unmarshal(i.Payload, &d))
					out = append(out, fmt.Sprint(i.Seq, " ", d.Date))
				}
				return out
			}
			before := numbers()
			must(t, p.PassOver(t.Context(), 4))
			must(t, p.PassOver(t.Context(), 3))
			must(t, p.PassOver(t.Context(), 5))
			must(t, p.SendAgain(t.Context()))
			after := numbers()
			if want := []string{before[0], before[1], "6 2022-05-03", "7 2022-05-04", "8 2022-05-05"}; !reflect.DeepEqual(after, want) {
				t.Errorf("numbers %v; want %v", after, want)
			}
			must(t, p.SendAgain(t.Context()))
			if got := numbers(); !reflect.DeepEqual(got, after) {
				t.Errorf("sent again twice: %v; want %v", got, after)
			}
			if head, err := rows.RowsHead(t.Context(), tenant); err != nil || head != 8 {
				t.Errorf("head %d, %v; want 8", head, err)
			}
			_, err = rows.SaveDays(t.Context(), tenant, []machine.Day{day("first", "a", 9, 100, 1)})
			must(t, err)
			if got := numbers(); len(got) != 6 || got[5] != "9 2022-05-09" {
				t.Errorf("the next row: %v", got)
			}
		})
	}
}

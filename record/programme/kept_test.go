package programme

import (
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"zhigai/record"
)

// TestStood_ReadsTheFirmsAlone: with the index of regions in sight, SQLite read
// all firms for every two hundred that were saved.
func TestStood_ReadsTheFirmsAlone(t *testing.T) {
	db, err := record.Open(t.Context(), t.TempDir(), record.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	var plan []struct {
		ID, Parent, Notused int
		Detail              string
	}
	if err := db.Reader().NewRaw(`explain query plan `+stood, 1, bun.List([]string{"a", "b"}), 10).Scan(t.Context(), &plan); err != nil {
		t.Fatal(err)
	}
	if len(plan) != 1 || !strings.Contains(plan[0].Detail, "(tenant=? AND firm=?)") {
		t.Errorf("regions of firms are read by %+v; want a search by firm", plan)
	}
}

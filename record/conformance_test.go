package record_test

import (
	"testing"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/record"
	"zhigai/record/recordtest"
	"zhigai/record/shop"
	"zhigai/shop/equipment"
)

func open(t *testing.T) *record.DB {
	t.Helper()
	return openIn(t, t.TempDir())
}

func openIn(t *testing.T, dir string) *record.DB {
	t.Helper()
	db, err := record.Open(t.Context(), dir, record.Options{})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return db
}

func TestConformance_Journal(t *testing.T) {
	recordtest.Journal(t, func(t *testing.T) recordtest.JournalStore { return open(t).Journal() })
}

// tagStore gives the embedded store a name that hides no method.
type tagStore = equipment.Tags

type plantAndTags struct {
	equipment.Plants
	tagStore
}

func TestConformance_Plants(t *testing.T) {
	recordtest.Plants(t, func(t *testing.T) recordtest.PlantStore {
		db := open(t)
		return plantAndTags{shop.NewPlants(db), shop.NewTags(db)}
	})
}

func TestConformance_Tags(t *testing.T) {
	recordtest.Tags(t, func(t *testing.T) equipment.Tags { return shop.NewTags(open(t)) })
}

func TestConformance_Figures(t *testing.T) {
	recordtest.Figures(t, func(t *testing.T) figure.Store { return shop.NewFigures(open(t)) })
}

func TestConformance_Access(t *testing.T) {
	recordtest.Access(t, func(t *testing.T) access.Store { return open(t).Access() })
}

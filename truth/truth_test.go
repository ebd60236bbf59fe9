package truth_test

import (
	"os"
	"testing"

	"zhigai/data"
	"zhigai/truth"
)

// What others computed from the same data is what is computed here.
func TestSets_AsOthers(t *testing.T) {
	root := os.Getenv("ZHIGAI_REFDATA")
	if root == "" {
		t.Skip("ZHIGAI_REFDATA does not say where reference data are")
	}
	for _, s := range truth.Sets {
		t.Run(s.Folder, func(t *testing.T) {
			t.Parallel()
			rows, err := s.Rows(root, data.FS)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows {
				if !r.Pass {
					t.Errorf("%s: %s; the reference has %s: error %s, wanted %s", r.What, r.Ours, r.Theirs, r.Error, r.Limit)
				}
			}
			t.Logf("%d quantities", len(rows))
		})
	}
}

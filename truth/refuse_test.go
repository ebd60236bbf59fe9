package truth_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zhigai/data"
	"zhigai/truth"
)

// A reference that says something else is seen, as is a folder that is not there
// and one that holds something else.
func TestRows_SayWhatDiffers(t *testing.T) {
	var oee truth.Set
	for _, s := range truth.Sets {
		if s.Folder == "oee" {
			oee = s
		}
	}
	root := t.TempDir()
	if _, err := oee.Rows(root, data.FS); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	dir := filepath.Join(root, "oee")
	write := func(text string) {
		t.Helper()
		err := errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(filepath.Join(dir, "examples.json"), []byte(text), 0o600))
		if err != nil {
			t.Fatal(err)
		}
	}
	shift := `[{"name": "a shift", "planned_min": 480, "run_min": 420, "ideal_cycle_s": 60, "total": 400, "good": 380, "exact": {"availability": 0.875, "performance": PERFORMANCE, "quality": 0.95, "oee": 0.7916666666666666}}]`
	for performance, pass := range map[string]bool{"0.9523809523809523": true, "0.9523809623809523": false} {
		write(strings.Replace(shift, "PERFORMANCE", performance, 1))
		rows, err := oee.Rows(root, data.FS)
		if err != nil || len(rows) != 1 || rows[0].Pass != pass {
			t.Errorf("performance %s: %+v, %v; want pass %v", performance, rows, err, pass)
		}
	}
	write("[]")
	if _, err := oee.Rows(root, data.FS); err == nil {
		t.Error("nothing to compare: no error")
	}
	write("{")
	if _, err := oee.Rows(root, data.FS); err == nil {
		t.Error("no JSON: no error")
	}
}

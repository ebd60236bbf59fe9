// Package figuretest holds definitions of figures against cases that were computed
// by hand or by another program.
//
// A case file has cases divided by lines ===. A case is lines of comment (#), the
// terms as a JSON object, a line ---, and then a figure with its value, or with
// the reason why there is none, a line.
package figuretest

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"zhigai/figure"
)

// Every is [Cases], and holds that each definition stands in one.
func Every(t *testing.T, defs *figure.Definitions, pattern string) {
	t.Helper()
	used := Cases(t, defs, pattern)
	for _, def := range defs.Newest() {
		if !used[def.ID] {
			t.Errorf("%s stands in no case", def.ID)
		}
	}
}

// Cases runs the case files that match a pattern, and gives the ids of the
// figures that stand in one.
func Cases(t *testing.T, defs *figure.Definitions, pattern string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: no case files, %v", pattern, err)
	}
	used := map[string]bool{}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for n, one := range strings.Split(string(raw), "===\n") {
			if err := try(t, defs, one, used); err != nil {
				t.Fatalf("%s, case %d: %v", name, n+1, err)
			}
		}
	}
	return used
}

func try(t *testing.T, defs *figure.Definitions, one string, used map[string]bool) error {
	head, want, ok := strings.Cut(one, "---\n")
	begin := strings.Index(head, "{")
	if !ok || begin < 0 {
		return fmt.Errorf("it has no terms, or no line ---")
	}
	var terms map[string]int64
	if err := json.Unmarshal([]byte(head[begin:]), &terms); err != nil {
		return err
	}
	for line := range strings.Lines(want) {
		id, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		def, err := defs.Definition(id)
		if err != nil {
			return err
		}
		used[id] = true
		f, err := def.Calculate(terms)
		if err != nil {
			return err
		}
		if got := Shown(f); got != value && !near(f, value) {
			t.Errorf("%s is %s; want %s of %v", id, got, value, terms)
		}
	}
	return nil
}

// Shown is a figure's value, exactly, or the reason why there is none.
func Shown(f figure.Figure) string {
	if f.Value == nil {
		return f.Reason
	}
	return strconv.FormatFloat(*f.Value, 'g', -1, 64)
}

func near(f figure.Figure, want string) bool {
	w, err := strconv.ParseFloat(want, 64)
	return err == nil && f.Value != nil && math.Abs(*f.Value-w) <= 1e-12*math.Abs(w)
}

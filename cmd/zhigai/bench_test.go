package main

import (
	"io"
	"strings"
	"testing"
	"time"

	"zhigai/bench"
)

// TestBench_EveryPart runs each part for an instant on the product's own node:
// the parts check what they count, not how fast it was.
func TestBench_EveryPart(t *testing.T) {
	var names []string
	for _, p := range bench.Parts() {
		names = append(names, p.Name)
	}
	r, err := bench.Run(t.Context(), bench.Options{
		Parts: bench.Parts(), Only: names, Dir: t.TempDir(), Length: bench.Trial, Open: openBench, Version: "test", Now: time.Now(), Log: io.Discard,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"disk": 2, "ingest": 6, "visible": 5, "sustained": 5, "query": 6, "memory": 1, "soak": 2}
	for _, g := range r.Groups {
		if g.Error != "" || len(g.Rows) != want[g.Name] {
			t.Errorf("%s: %d rows, %s; want %d", g.Name, len(g.Rows), g.Error, want[g.Name])
		}
		for _, row := range g.Rows {
			if strings.Contains(row.What, "durable") && row.Value <= 0 || strings.HasSuffix(row.Shown, "n 0") && !strings.Contains(row.What, "board") {
				t.Errorf("%s: nothing was measured: %+v", g.Name, row)
			}
		}
	}
}

// TestBench_Firms runs the registry's part with a few firms.
func TestBench_Firms(t *testing.T) {
	r, err := bench.Run(t.Context(), bench.Options{
		Parts: []bench.Part{registryBench{Firms: 1500}.part()}, Only: []string{"firms"}, Dir: t.TempDir(), Length: bench.Trial, Version: "test", Now: time.Now(), Log: io.Discard,
	})
	if err != nil {
		t.Fatal(err)
	}
	g := r.Groups[0]
	if g.Error != "" || len(g.Rows) != 4+len(firmQuestions) {
		t.Fatalf("%d rows, %s; want four and one of each question", len(g.Rows), g.Error)
	}
	for _, row := range g.Rows {
		if row.Value <= 0 || strings.HasSuffix(row.Shown, "n 0") {
			t.Errorf("nothing was measured: %+v", row)
		}
	}
}

package shop

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/plant"
	"zhigai/record"
)

// The questions a page asks are answered by keys, not by reading a year.
func TestFigures_QueriesUseKeys(t *testing.T) {
	db, err := record.Open(t.Context(), t.TempDir(), record.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	scope := record.InScope("n", access.Scope{Tenant: 1, Path: "a/b"})
	for name, c := range map[string]struct {
		query string
		args  []any
		want  string
	}{
		"rows of a scope": {
			`select w.terms from figure_node n cross join figure_row w
			where ? and w.tenant = n.tenant and w.node = n.node and w.path = n.path` + overlap, append([]any{scope}, span(5, 9)...),
			"SEARCH w USING INDEX sqlite_autoindex_figure_row_1 (tenant=? AND node=? AND win_from>? AND win_from<?)",
		},
		"mark dirty": {
			`update figure_window set dirty = true where tenant = 1 and node = 'm' and win_from < 9 and win_to > 5 and win_from > 1 and dirty = false`, nil,
			"(tenant=? AND node=? AND win_from>? AND win_from<?)",
		},
		"dirty windows": {
			`select ` + windowColumns + ` from figure_window w where w.tenant = 1 and w.dirty order by w.win_from, w.node limit 5`, nil,
			"INDEX figure_dirty (tenant=?)",
		},
	} {
		rows, err := db.Reader().QueryContext(t.Context(), `explain query plan `+c.query, c.args...)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var plan []string
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			plan = append(plan, detail)
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
		if all := strings.Join(plan, "\n"); !strings.Contains(all, c.want) {
			t.Errorf("%s is answered by:\n%s\nwant %s", name, all, c.want)
		}
	}
}

func TestTerms_RoundTrip(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	names := termNames{}
	for _, terms := range []map[string]int64{{}, {"a": 0}, {"a": math.MaxInt64, "b": math.MinInt64}, {"x.y_z,1": -1, "{": 2, "}:": 3}} {
		sameTerms(t, names, terms)
	}
	for range 500 {
		terms := map[string]int64{}
		for range rnd.IntN(20) {
			terms[fmt.Sprint("t", rnd.IntN(30))] = rnd.Int64() - math.MaxInt64/2
		}
		sameTerms(t, names, terms)
	}
	for _, other := range []string{`{ "a" : 1 }`, `{"\u0061":1}`, `{"a":1 }`} {
		if got, err := names.decode([]byte(other)); err != nil || got["a"] != 1 {
			t.Errorf("decode(%s) = %v, %v; want a: 1", other, got, err)
		}
	}
}

func sameTerms(t *testing.T, names termNames, terms map[string]int64) {
	t.Helper()
	raw, err := encodeTerms(terms)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := names.decode([]byte(raw)); err != nil || !maps.Equal(got, terms) {
		t.Errorf("decode(%s) = %v, %v; want %v", raw, got, err, terms)
	}
}

func FuzzTerms(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":1}`, `{"a":1,"b":-2}`, `{"a":1,}`, `{"a"}`, `{"a":}`, `{"`, `{"a":1"b":2}`, `null`, `{"a\"":1}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		terms, err := termNames{}.decode(b)
		if err != nil {
			return
		}
		if raw, err := encodeTerms(terms); err == nil {
			if again, err := (termNames{}).decode([]byte(raw)); err != nil || !maps.Equal(again, terms) {
				t.Fatalf("%q -> %v -> %s -> %v, %v", b, terms, raw, again, err)
			}
		}
	})
}

// A plant's month: 300 machines, 720 hours, one product each.
func BenchmarkFigures(b *testing.B) {
	db, err := record.Open(b.Context(), b.TempDir(), record.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	}()
	f := NewFigures(db)
	terms := map[string]int64{}
	for i := range 16 {
		terms[fmt.Sprint("term_", i, "_ms")] = int64(i) * 123_456
	}
	const machines, hours, hour = 300, 720, plant.Micros(3_600_000_000)
	const workers = 32
	done := make(chan error, workers)
	for k := range workers {
		go func() {
			for m := k; m < machines; m += workers {
				node := plant.NodeID(fmt.Sprint("machine-", m))
				path := fmt.Sprintf("e/s/line%d/m%d", m%10, m)
				for h := range plant.Micros(hours) {
					w := figure.Window{Node: node, From: h * hour, To: (h + 1) * hour, Digest: strings.Repeat("d", 64), Fold: "1"}
					r := figure.Row{Node: node, Path: path, From: w.From, To: w.To, Shift: "a", Product: "p", Terms: terms}
					if err := f.PutWindow(b.Context(), 1, w, []figure.Row{r}); err != nil {
						done <- err
						return
					}
				}
			}
			done <- nil
		}()
	}
	for range workers {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds()), "ms-to-fill")
	ask := func(name string, scope access.Scope, from, to plant.Micros, want int) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				rows, err := f.Rows(b.Context(), scope, from*hour, to*hour)
				if err != nil || len(rows) != want {
					b.Fatalf("%d rows, %v; want %d", len(rows), err, want)
				}
			}
		})
	}
	ask("machine-month", access.Scope{Tenant: 1, Path: "e/s/line3/m13"}, 0, hours, hours)
	ask("plant-day", access.Scope{Tenant: 1}, 48, 72, machines*24)
	ask("line-month", access.Scope{Tenant: 1, Path: "e/s/line3"}, 0, hours, machines/10*hours)
	b.Run("mark-dirty", func(b *testing.B) {
		for b.Loop() {
			if err := f.MarkDirty(b.Context(), 1, "machine-7", 100*hour, 101*hour); err != nil {
				b.Fatal(err)
			}
		}
	})
}

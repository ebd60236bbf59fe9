package door

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/factory/exchange"
	"zhigai/plant"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// names are the files of a folder.
func names(t *testing.T, dir string) (out []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

// TestFolder: a file is taken when it is whole, once, and goes where its answer
// says.
func TestFolder(t *testing.T) {
	t.Parallel()
	root, now := t.TempDir(), time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	doors := New(Options{Folders: func(plant.TenantNo) string { return root }, Now: func() time.Time { return now }})
	open := func() exchange.Door {
		d, err := doors.Open(1, exchange.Partner{ID: "erp", Way: exchange.WayFolder})
		must(t, err)
		return d
	}
	open()
	in := filepath.Join(root, "erp", "in")
	put := func(name, text string) { must(t, os.WriteFile(filepath.Join(in, name), []byte(text), 0o600)) }
	var taken []string
	answers := map[string]exchange.Answer{
		"orders-1.csv": {State: exchange.Done},
		"orders-2.csv": {State: exchange.Partly, Parts: []exchange.Part{{No: 2, Kind: exchange.KindOrder, Object: "A2", State: exchange.PartOff, Reason: "there is no product x"}}},
		"orders-3.xml": {State: exchange.Received},
	}
	look := func() {
		t.Helper()
		d := open()
		defer d.Close()
		must(t, d.Fetch(t.Context(), func(_ context.Context, m exchange.Incoming) (exchange.Answer, error) {
			taken = append(taken, m.ID+" "+string(m.Format)+" "+string(m.Kind))
			if m.ID == "statement.json" {
				return exchange.Answer{}, exchange.ErrOther
			}
			return answers[m.ID], nil
		}))
	}
	put("orders-1.csv", "half")
	look()
	now = now.Add(settle)
	put("orders-1.csv", "half and the other half")
	look() // it grew: its time begins again
	now = now.Add(settle / 2)
	look()
	if len(taken) != 0 {
		t.Errorf("a file that is being written was taken: %v", taken)
	}
	put("orders-2.csv", "x")
	put("orders-3.xml", "x")
	put("statement.json", "x")
	put("readme", "x")
	put("late.csv.tmp", "x")
	look()
	now = now.Add(settle)
	look()
	if want := []string{"orders-1.csv csv order", "orders-2.csv csv order", "orders-3.xml b2mml order", "statement.json json statement"}; !slices.Equal(taken, want) {
		t.Errorf("taken %v; want %v", taken, want)
	}
	if got := names(t, in); !slices.Equal(got, []string{"late.csv.tmp", "orders-3.xml"}) {
		t.Errorf("in/ holds %v; want what is unfinished and what waits", got)
	}
	if got := names(t, filepath.Join(root, "erp", "done")); !slices.Equal(got, []string{"orders-1.csv"}) {
		t.Errorf("done/ holds %v", got)
	}
	failed := filepath.Join(root, "erp", "failed")
	if got := names(t, failed); !slices.Equal(got, []string{"orders-2.csv", "orders-2.csv.reason.txt", "readme", "readme.reason.txt", "statement.json", "statement.json.reason.txt"}) {
		t.Errorf("failed/ holds %v", got)
	}
	if reason, err := os.ReadFile(filepath.Join(failed, "orders-2.csv.reason.txt")); err != nil || !strings.Contains(string(reason), "2 order A2: refused: there is no product x") {
		t.Errorf("the reason: %s %v", reason, err)
	}
	put("orders-1.csv", "the same name again")
	look()
	now = now.Add(settle)
	look()
	if got := names(t, filepath.Join(root, "erp", "done")); !slices.Equal(got, []string{"orders-1.csv", "orders-1.csv.2"}) {
		t.Errorf("a file of the same name overwrote what lay there: %v", got)
	}
	for range 2 {
		must(t, open().Send(t.Context(), exchange.Written{ID: "WH/MO/1-0-1", Extension: "xml", Body: []byte("<x/>")}))
	}
	if got := names(t, filepath.Join(root, "erp", "out")); !slices.Equal(got, []string{"WH%2FMO%2F1-0-1.xml"}) {
		t.Errorf("out/ holds %v", got)
	}
}

// TestPost: what an answer means for a message.
func TestPost(t *testing.T) {
	t.Parallel()
	var status int
	var seen *http.Request
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r
		body, _ = io.ReadAll(r.Body)
		w.Header().Set("Location", "http://127.0.0.1:1/elsewhere")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "the month is closed")
	}))
	t.Cleanup(server.Close)
	d, err := New(Options{}).Open(1, exchange.Partner{Way: exchange.WayHTTP, URL: server.URL, Secret: "s3cret"})
	must(t, err)
	for _, c := range []struct {
		status      int
		ok, refused bool
	}{{200, true, false}, {201, true, false}, {204, true, false}, {302, false, false}, {400, false, true}, {401, false, false}, {404, false, false}, {409, false, true}, {422, false, true}, {429, false, false}, {500, false, false}, {503, false, false}} {
		status = c.status
		err := d.Send(t.Context(), exchange.Written{ID: "A1-0-1", ContentType: "application/json", Body: []byte("{}")})
		if (err == nil) != c.ok || errors.Is(err, exchange.ErrRefused) != c.refused {
			t.Errorf("%d: %v; want ok %v, refused %v", c.status, err, c.ok, c.refused)
		}
		if c.refused && !strings.Contains(err.Error(), "the month is closed") {
			t.Errorf("%d: the reason is lost: %v", c.status, err)
		}
	}
	if seen.Header.Get("Idempotency-Key") != "A1-0-1" || seen.Header.Get("Authorization") != "Bearer s3cret" || seen.Method != http.MethodPost || string(body) != "{}" {
		t.Errorf("request %v %q", seen.Header, body)
	}
	if d, err := New(Options{}).Open(1, exchange.Partner{Way: exchange.WayHTTP}); d != nil || err != nil {
		t.Errorf("a partner that fetches has a door: %v %v", d, err)
	}
}

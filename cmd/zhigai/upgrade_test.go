package main

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/backup"
	"zhigai/fact"
	"zhigai/figure"
	"zhigai/plant"
)

// told is what an older program said of its folder before it stopped.
type told struct {
	Figures map[string]any    `json:"figures"`
	Samples map[string]string `json:"samples"` // by path of the tag: number and SHA-256 of all
	Events  []string          `json:"events"`
}

// TestUpgrade_EverySchema opens folders that programs of older schemas made
// (testdata/upgrade, see README there): every sample, event and figure is what
// that program said of it.
func TestUpgrade_EverySchema(t *testing.T) {
	t.Parallel()
	all, err := filepath.Glob("testdata/upgrade/*.tar.gz")
	must(t, err)
	if len(all) == 0 {
		t.Fatal("no folders")
	}
	for _, name := range all {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".tar.gz"), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			unpack(t, name, dir)
			raw, err := os.ReadFile(filepath.Join(dir, "expected.json"))
			must(t, err)
			var want told
			must(t, json.Unmarshal(raw, &want))
			n, err := openNode(t.Context(), place{Data: filepath.Join(dir, "data")}, "127.0.0.1:0", slog.New(slog.DiscardHandler))
			must(t, err)
			t.Cleanup(func() { must(t, n.close()) })
			n.mustSay(t, want)
			n.mustLetIn(t)
			report, err := n.stores.verify(t.Context())
			if err != nil || len(report.Damage) > 0 {
				t.Errorf("verify: %+v, %v", report, err)
			}
		})
	}
}

// mustSay compares the node with what was told of it.
func (n *node) mustSay(t *testing.T, want told) {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	must(t, err)
	morning := time.Date(2026, 11, 2, 6, 0, 0, 0, zone)
	end := plant.MicrosOf(morning.AddDate(0, 0, 1))
	tags, err := n.shop.Tags(t.Context(), access.Scope{Tenant: demoTenant})
	must(t, err)
	got := map[string]string{}
	for _, tag := range tags {
		h, count := sha256.New(), 0
		must(t, n.history.Samples(t.Context(), demoTenant, tag.No, 0, end, func(s plant.Sample) bool {
			count++
			fmt.Fprintln(h, int64(s.Time), s.Value, int(s.Quality))
			return true
		}))
		got[tag.Path] = fmt.Sprintf("%d %x", count, h.Sum(nil))
	}
	for path, w := range want.Samples {
		if got[path] != w {
			t.Errorf("samples of %s are %s; were %s", path, got[path], w)
		}
	}
	events, err := n.record.Journal().Events(t.Context(), demoTenant, fact.Filter{To: end})
	must(t, err)
	var said []string
	for _, e := range events {
		if e.Kind != fact.KindClosing {
			said = append(said, fmt.Sprint(e.ID, e.Kind, e.Subject, e.Occurred, e.Recorded, string(e.Payload)))
		}
	}
	if slices.Sort(said); !slices.Equal(said, want.Events) {
		t.Errorf("%d events; were %d", len(said), len(want.Events))
	}
	api := serveAgain(t, n)
	for n.history.Cursor(figure.Reader) != n.history.LastSeq() {
		time.Sleep(time.Millisecond)
	}
	figures := throughJSON(t, api.figuresOf(morning))
	for id, w := range want.Figures {
		if g := figures[id]; !reflect.DeepEqual(withoutRevision(g), withoutRevision(w)) {
			t.Errorf("%s: %s", id, firstOther(g, w))
		}
	}
	t.Logf("%d tags, %d events, %d lists of figures", len(want.Samples), len(want.Events), len(want.Figures))
}

// mustLetIn compares what people and programs may with the one role and path
// that they had.
func (n *node) mustLetIn(t *testing.T) {
	t.Helper()
	users, err := n.record.Access().Users(t.Context(), demoTenant)
	must(t, err)
	tokens, err := n.record.Access().Tokens(t.Context(), demoTenant)
	must(t, err)
	if len(users)+len(tokens) == 0 {
		t.Error("nobody could come in before: this shows nothing")
	}
	same := func(who string, role access.Role, path string, grants []access.Grant) {
		if role == "" || len(grants) != 1 || grants[0] != (access.Grant{Role: role, Path: path}) {
			t.Errorf("%s had %q at %q, now has %+v", who, role, path, grants)
		}
	}
	for _, u := range users {
		same(u.Name, u.Role, u.Path, u.Grants)
	}
	for _, one := range tokens {
		same(one.Name, one.Role, one.Path, one.Grants)
	}
	t.Logf("%d users, %d tokens carried over", len(users), len(tokens))
}

func throughJSON(t *testing.T, v any) (out map[string]any) {
	t.Helper()
	raw, err := json.Marshal(v)
	must(t, err)
	must(t, json.Unmarshal(raw, &out))
	return out
}

// withoutRevision leaves out how often a window was closed.
func withoutRevision(list any) any {
	items, _ := list.([]any)
	for _, one := range items {
		if m, ok := one.(map[string]any); ok {
			delete(m, "Revision")
		}
	}
	return list
}

func unpack(t *testing.T, name, dir string) {
	t.Helper()
	f, err := os.Open(name)
	must(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	must(t, err)
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		must(t, err)
		to := filepath.Join(dir, filepath.FromSlash(h.Name))
		if h.Typeflag == tar.TypeDir {
			must(t, os.MkdirAll(to, 0o700))
			continue
		}
		raw, err := io.ReadAll(r)
		must(t, err)
		must(t, os.WriteFile(to, raw, 0o600))
	}
}

// TestRestore_NewerProgram: what a newer program made is refused with words and
// leaves nothing behind: a manifest of a newer schema, and stores of one.
func TestRestore_NewerProgram(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	all, err := backup.List(s.root)
	must(t, err)
	name := filepath.Join(all[0].Dir, "manifest.json")
	was, err := os.ReadFile(name)
	must(t, err)
	raw := []byte(strings.Replace(string(was), backup.Schema, "zhigai.backup/99", 1))
	sum := sha256.Sum256(raw)
	must(t, os.WriteFile(name, raw, 0o600))
	must(t, os.WriteFile(filepath.Join(all[0].Dir, "manifest.sha256"), []byte(hex.EncodeToString(sum[:])+"\n"), 0o600))
	to := filepath.Join(t.TempDir(), "data")
	if err := (restoreCmd{Dir: s.root, Data: to}).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "zhigai.backup/99") || !strings.Contains(err.Error(), "use the program that made it") {
		t.Errorf("a newer manifest: %v", err)
	}
	if left, err := os.ReadDir(filepath.Dir(to)); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

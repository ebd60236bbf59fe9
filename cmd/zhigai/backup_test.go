package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/backup"
	"zhigai/fact"
	"zhigai/plant"
)

// loaded is a node with a day of facts of two machines, and its API.
func loaded(t *testing.T, morning time.Time) (*node, apiClient) {
	t.Helper()
	var kept *node
	api := nodeOf(t, twoLathes, morning.AddDate(0, 0, -1), func(n *node) {
		kept = n
		storeShift(t, n, morning)
	})
	must(t, kept.serveControl(t.Context(), kept.dir))
	return kept, api
}

// figuresOf asks for every definition over the shift, of line and machines.
func (c apiClient) figuresOf(morning time.Time) map[string]any {
	c.t.Helper()
	var defs struct{ Items []struct{ ID string } }
	c.get("/api/v1/definitions", &defs)
	out := map[string]any{}
	for _, d := range defs.Items {
		for _, by := range []string{"none", "equipment", "product"} {
			var list struct {
				Items []struct {
					Value    *float64
					Reason   string
					Terms    map[string]int64
					Coverage *float64
					Revision int
				}
			}
			q := url.Values{"scope": {"firm/site/turning/line"}, "window": {"hour"}, "by": {by}, "from": {morning.Format(time.RFC3339)}, "to": {morning.Add(8 * time.Hour).Format(time.RFC3339)}}
			c.get("/api/v1/figures/"+d.ID+"?"+q.Encode(), &list)
			out[d.ID+" by "+by] = list.Items
		}
	}
	return out
}

// writer appends samples and events for as long as the test lets it, and knows
// what was acknowledged.
type writer struct {
	samples, events atomic.Int64
}

func (w *writer) run(ctx context.Context, t *testing.T, n *node, tag plant.TagNo, machine plant.NodeID) {
	base := plant.MicrosOf(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC))
	for i := int64(0); ctx.Err() == nil; i++ {
		_, err := n.history.Append(ctx, demoTenant, plant.Batch{Samples: []plant.Sample{{Tag: tag, Time: base + plant.Micros(i), Value: float64(i)}}})
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			t.Error(err)
			return
		}
		w.samples.Store(i + 1)
		if i%5 == 0 {
			e := fact.New(fact.KindGap, machine, time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), "test", fact.Gap{Reason: "x"})
			e.SourceSeq = uint64(i/5 + 1)
			if _, err := n.record.Journal().Append(ctx, demoTenant, e); err == nil {
				w.events.Store(i/5 + 1)
			}
		}
	}
}

// TestBackup_UnderLoad: a snapshot taken while facts come in holds everything
// acknowledged before, opens, and says the same of every figure.
func TestBackup_UnderLoad(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Asia/Shanghai")
	must(t, err)
	now := time.Now().In(zone)
	morning := time.Date(now.Year(), now.Month(), now.Day()-2, 6, 0, 0, 0, zone)
	n, api := loaded(t, morning)
	before := api.figuresOf(morning)
	tags, err := n.shop.Tags(t.Context(), access.Scope{Tenant: demoTenant})
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	var w writer
	done := make(chan struct{})
	go func() { w.run(ctx, t, n, tags[0].No, tags[0].Node); close(done) }()
	root := filepath.Join(t.TempDir(), "backups")
	take := func() (report backupReport, samples, events int64) {
		for start := w.events.Load(); w.events.Load() < start+3; {
			time.Sleep(time.Millisecond) // until the writer has gone on
		}
		samples, events = w.samples.Load(), w.events.Load()
		report, err := askNode[backupReport](t.Context(), n.dir, "/backup", backupRequest{Dir: root})
		must(t, err)
		return report, samples, events
	}
	first, samples, events := take()
	second, _, _ := take()
	cancel()
	<-done
	if second.Shared == 0 || second.Positions.History <= first.Positions.History || second.Positions.Record <= first.Positions.Record {
		t.Errorf("second snapshot %+v after %+v", second, first)
	}
	data := filepath.Join(t.TempDir(), "data")
	snap, err := backup.Open(first.Dir)
	must(t, err)
	must(t, backup.Restore(t.Context(), snap, data))
	restored, err := openNode(t.Context(), place{Data: data}, "127.0.0.1:0", slog.New(slog.DiscardHandler))
	must(t, err)
	t.Cleanup(func() { must(t, restored.close()) })
	report, err := restored.verify(t.Context())
	if err != nil || len(report.Damage) > 0 {
		t.Errorf("restored: %+v, %v", report, err)
	}
	restored.compare(t, n, tags[0].No, samples, events)
	if got := serveAgain(t, restored).figuresOf(morning); !reflect.DeepEqual(got, before) {
		for k := range before {
			if !reflect.DeepEqual(got[k], before[k]) {
				t.Errorf("%s:\n got %v\nwant %v", k, show(got[k]), show(before[k]))
			}
		}
	}
}

func show(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(raw[:min(len(raw), 400)])
}

// firstOther shows the first place at which two lists differ.
func firstOther(a, b any) string {
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	if x.Kind() != reflect.Slice || y.Kind() != reflect.Slice || x.Len() != y.Len() {
		return show(a) + " and " + show(b)
	}
	for i := range x.Len() {
		if one, other := x.Index(i).Interface(), y.Index(i).Interface(); !reflect.DeepEqual(one, other) {
			return fmt.Sprintf("[%d] %s and %s", i, show(one), show(other))
		}
	}
	return "nowhere"
}

// serveAgain starts the folds of a node that is open and serves its API.
func serveAgain(t *testing.T, n *node) apiClient {
	t.Helper()
	must(t, n.start(t.Context()))
	_, secret, err := n.access.CreateToken(t.Context(), access.Node(demoTenant), access.NewToken{Name: "after", Role: access.RoleViewer})
	must(t, err)
	h, err := n.handler(nil, false)
	must(t, err)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return apiClient{t, server.URL, secret}
}

// compare holds the restored node against the original: all that was
// acknowledged before, nothing that the original does not have, in order.
func (n *node) compare(t *testing.T, original *node, tag plant.TagNo, samples, events int64) {
	t.Helper()
	read := func(from *node) (out []plant.Sample) {
		must(t, from.history.Samples(t.Context(), demoTenant, tag, 0, plant.MicrosOf(time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)), func(s plant.Sample) bool {
			out = append(out, s)
			return true
		}))
		return out
	}
	got, all := read(n), read(original)
	if int64(len(got)) < samples || len(got) > len(all) {
		t.Fatalf("%d samples restored; %d were acknowledged before, %d after", len(got), samples, len(all))
	}
	for i := range got {
		if got[i] != all[i] {
			t.Fatalf("sample %d is %+v; was %+v", i, got[i], all[i])
		}
	}
	list, err := n.record.Journal().Events(t.Context(), demoTenant, fact.Filter{Kinds: []fact.Kind{fact.KindGap}})
	must(t, err)
	if int64(len(list)) < events {
		t.Errorf("%d events restored; %d were acknowledged before", len(list), events)
	}
}

// TestRestore_Refusals: what would destroy something is refused with words.
func TestRestore_Refusals(t *testing.T) {
	t.Parallel()
	n, _ := loaded(t, time.Now().AddDate(0, 0, -2).Truncate(24*time.Hour))
	if _, err := n.stores.backup(t.Context(), backupRequest{Dir: filepath.Join(n.dir, "backups")}, time.Now); err == nil {
		t.Error("a backup inside the data folder was taken")
	}
	root := t.TempDir()
	report, err := n.stores.backup(t.Context(), backupRequest{Dir: root, Keep: 3}, time.Now)
	must(t, err)
	if err := (restoreCmd{Dir: root, Data: n.dir}).Run(t.Context()); !errors.Is(err, backup.ErrNotEmpty) {
		t.Errorf("restored over a running node: %v", err)
	}
	if err := (restoreCmd{Dir: t.TempDir(), Data: filepath.Join(t.TempDir(), "x")}).Run(t.Context()); !errors.Is(err, backup.ErrNoSnapshot) {
		t.Errorf("restored from nothing: %v", err)
	}
	if err := (backupCmd{Dir: root, place: place{Data: t.TempDir()}}).Run(t.Context()); err == nil {
		t.Error("an empty folder was backed up")
	}
	raw := filepath.Join(report.Dir, "record", "record.db")
	must(t, flip(raw, 5000))
	if err := (verifyCmd{Backup: root}).Run(t.Context()); err == nil {
		t.Error("a flipped bit passed")
	}
	if err := (restoreCmd{Dir: report.Dir, Data: filepath.Join(t.TempDir(), "x")}).Run(t.Context()); !errors.Is(err, backup.ErrDamaged) {
		t.Errorf("a damaged snapshot was restored: %v", err)
	}
}

func flip(name string, at int64) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	var b [1]byte
	_, err = f.ReadAt(b[:], at)
	b[0] ^= 1 << (at % 8)
	_, err2 := f.WriteAt(b[:], at)
	return errors.Join(err, err2, f.Close())
}

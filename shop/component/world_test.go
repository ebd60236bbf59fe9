package component

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/history"
	"zhigai/plant"
	"zhigai/shop/component/sandbox"
)

// world is everything around the desk, in memory but for samples and modules, with a clock
// that tests set. It has a furnace that shows its temperature.
type world struct {
	mu      sync.Mutex
	now     time.Time
	ids     int
	docs    map[string]Document
	runs    map[string]map[plant.Instant]Run
	files   map[string][]byte
	tags    []plant.Tag
	raised  map[string]Alarm
	history *history.Store
	service func(ctx context.Context, request []byte) ([]byte, error)
	keys    []Admitted
}

var dawn = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

const tagTemp plant.TagNo = 1

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newWorld(t testing.TB) (*world, *Desk) {
	t.Helper()
	h, err := history.Open(t.TempDir(), history.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, h.Close()) })
	engine := sandbox.New()
	t.Cleanup(func() { must(t, engine.Close()) })
	w := &world{now: dawn, docs: map[string]Document{}, runs: map[string]map[plant.Instant]Run{}, files: map[string][]byte{}, raised: map[string]Alarm{}, history: h}
	return w, NewDesk(Options{
		Store: w, Files: w, Plant: w, History: h, Recorder: w, Alarms: w, Engine: engine, Services: w,
		Tenants: func(context.Context) ([]plant.TenantNo, error) { return []plant.TenantNo{1}, nil },
		NewID:   w.newID, Now: func() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.now }, Logger: slog.New(slog.DiscardHandler),
	})
}

func (w *world) newID() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ids++
	return fmt.Sprintf("%06d", w.ids)
}

// person is somebody who may everything under a name.
func person(name string) access.Principal {
	p := access.Node(1)
	p.Name = name
	return p
}

// Save implements Store, as the following methods do.
func (w *world) Save(_ context.Context, tenant plant.TenantNo, d Document, seen int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := fmt.Sprint(tenant, d.Kind, d.ID)
	if w.docs[key].Rev != seen || d.Rev != seen+1 {
		return access.ErrConflict
	}
	w.docs[key] = d
	return nil
}

func (w *world) Document(_ context.Context, tenant plant.TenantNo, kind Kind, id string) (Document, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	d, ok := w.docs[fmt.Sprint(tenant, kind, id)]
	if !ok {
		return d, access.ErrNotFound
	}
	return d, nil
}

func (w *world) Keyed(context.Context, plant.TenantNo, Kind, string, string) (Document, error) {
	return Document{}, access.ErrNotFound
}

func (w *world) Documents(_ context.Context, f Filter) ([]Document, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []Document
	for _, d := range w.docs {
		if d.Kind == f.Kind && (f.Of == "" || d.Of == f.Of) && (!f.Open || d.Open) && f.Scope.Allows(d.Path) {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b Document) int { return cmp.Compare(b.ID, a.ID) })
	return out[:min(len(out), f.Limit)], nil
}

func (w *world) KeepRun(_ context.Context, _ plant.TenantNo, revision string, r Run) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.runs[revision] == nil {
		w.runs[revision] = map[plant.Instant]Run{}
	}
	w.runs[revision][r.At] = r
	return nil
}

func (w *world) Runs(_ context.Context, _ plant.TenantNo, revision string, from, to plant.Instant, limit int) ([]Run, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []Run
	for _, at := range slices.Sorted(maps.Keys(w.runs[revision])) {
		if at >= from && at < to {
			out = append(out, w.runs[revision][at])
		}
	}
	return out[max(0, len(out)-limit):], nil
}

func (w *world) ForgetRuns(_ context.Context, _ plant.TenantNo, before plant.Instant) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, all := range w.runs {
		maps.DeleteFunc(all, func(at plant.Instant, _ Run) bool { return at < before })
	}
	return nil
}

// Put implements Files.
func (w *world) Put(_ plant.TenantNo, raw []byte) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	sum := fmt.Sprintf("%064d", len(w.files))
	w.files[sum] = raw
	return sum, nil
}

func (w *world) Get(_ plant.TenantNo, sum string) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	raw, ok := w.files[sum]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return raw, nil
}

// Machine implements Plant.
func (w *world) Machine(_ context.Context, _ plant.TenantNo, node plant.NodeID) (Machine, error) {
	if node != "furnace" {
		return Machine{}, access.ErrNotFound
	}
	return Machine{ID: node, Path: "firm/heat/furnace", Name: plant.Name{ZH: "炉"}, Signals: []Signal{
		{Name: "temp", Unit: "Cel", Tag: tagTemp}, {Name: "never", Unit: "Cel"}, {Name: "component.core.mean", Unit: "Cel", Tag: 99},
	}}, nil
}

// EnsureTags implements Recorder, as Record does.
func (w *world) EnsureTags(_ context.Context, _ plant.TenantNo, tags []plant.Tag) ([]plant.Tag, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	const first = 100
	for i := range tags {
		k := slices.IndexFunc(w.tags, func(t plant.Tag) bool { return t.Node == tags[i].Node && t.Name == tags[i].Name })
		if k < 0 {
			k = len(w.tags)
			w.tags = append(w.tags, tags[i])
		}
		tags[i].No = first + plant.TagNo(k)
	}
	return tags, nil
}

func (w *world) Record(ctx context.Context, tenant plant.TenantNo, samples []plant.Sample) error {
	_, err := w.history.Append(ctx, tenant, plant.Batch{Samples: samples})
	return err
}

// Raise implements Alarms, as Clear does.
func (w *world) Raise(_ context.Context, _ plant.TenantNo, a Alarm) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.raised[a.Key] = a
	return nil
}

func (w *world) Clear(_ context.Context, _ plant.TenantNo, key string, _ plant.Instant) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.raised, key)
	return nil
}

// Ask implements Services, as Admit does.
func (w *world) Ask(ctx context.Context, _ plant.TenantNo, _ string, request []byte) ([]byte, error) {
	w.mu.Lock()
	answer := w.service
	w.mu.Unlock()
	if answer == nil {
		return nil, ErrNoService
	}
	return answer(ctx, request)
}

func (w *world) Admit(keys []Admitted) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.keys = keys
}

// said are the values and qualities of an output's tag in history.
func (w *world) said(t testing.TB, tag plant.TagNo) (out []plant.Sample) {
	t.Helper()
	must(t, w.history.Samples(t.Context(), 1, tag, 0, 1<<62, func(s plant.Sample) bool { out = append(out, s); return true }))
	return out
}

// heat lets the furnace show its temperature once a second for some time from now on, 20,
// 21, 22 …, and the clock go on as far.
func (w *world) heat(t testing.TB, seconds int) {
	t.Helper()
	var b plant.Batch
	for k := range seconds {
		b.Samples = append(b.Samples, plant.Sample{Tag: tagTemp, Time: plant.MicrosOf(w.now.Add(time.Duration(k) * time.Second)), Value: 20 + float64(k)})
	}
	_, err := w.history.Append(t.Context(), 1, b)
	must(t, err)
	w.wait(time.Duration(seconds) * time.Second)
}

func (w *world) wait(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// pass lets everything be called that is due, and waits until it is over.
func (w *world) pass(t testing.TB, d *Desk) {
	t.Helper()
	must(t, d.load(t.Context()))
	d.pass(t.Context())
	d.work.Wait()
}

// publisher is somebody who signs modules.
type publisher struct {
	Publisher
	key ed25519.PrivateKey
}

func (w *world) publisher(t testing.TB, d *Desk, name string) publisher {
	t.Helper()
	public, key, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	p, err := d.Allow(t.Context(), person("zhao"), Publisher{Name: name, Key: base64.StdEncoding.EncodeToString(public)})
	must(t, err)
	return publisher{p, key}
}

// module is a component of a module of the sandbox's tests, handed in and signed.
func (p publisher) module(t testing.TB, d *Desk, name string) Component {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("sandbox", "testdata", name+".wasm"))
	must(t, err)
	in, err := d.Hand(t.Context(), person("wang"), raw)
	must(t, err)
	c := Component{Definition: Definition{
		Name: plant.Name{ZH: "工件芯部温度", EN: "Core temperature " + name}, Code: name, Place: "furnace", Form: Module, SHA256: in.SHA256,
		Publisher: p.ID, Signature: base64.StdEncoding.EncodeToString(ed25519.Sign(p.key, raw)),
		Inputs: []Input{{Name: "temp", Unit: "Cel", Machine: "furnace", Signal: "temp"}}, WindowS: 60, EveryS: 10,
		Outputs: []Output{{Name: "mean", Unit: "Cel"}}, Budget: Budget{MemoryBytes: 1 << 20},
	}}
	if name == "mean" {
		c.Outputs = append(c.Outputs, Output{Name: "most", Unit: "Cel"})
	}
	return c
}

// active brings a component to work, by the people it takes.
func active(t testing.TB, d *Desk, c Component) Component {
	t.Helper()
	c, err := d.Save(t.Context(), person("wang"), c)
	must(t, err)
	return allowed(t, d, c)
}

// allowed brings a draft to work.
func allowed(t testing.TB, d *Desk, c Component) Component {
	t.Helper()
	c, err := d.Move(t.Context(), person("wang"), c.ID, Move{What: "request", Note: "tried on a week of history", Rev: c.Rev})
	must(t, err)
	c, err = d.Decide(t.Context(), person("li"), c.ID, Move{What: "approve", Rev: c.Rev})
	must(t, err)
	c, err = d.Move(t.Context(), person("wang"), c.ID, Move{What: "activate", Rev: c.Rev})
	must(t, err)
	return c
}

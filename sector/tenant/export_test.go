package tenant

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// bench is a folder of exports whose writing the test holds.
type bench struct {
	t      *testing.T
	dir    string
	mu     sync.Mutex
	now    time.Time
	failed []error
	full   error
	began  chan plant.TenantNo
	goOn   chan error
}

func newBench(t *testing.T) *bench {
	return &bench{t: t, dir: filepath.Join(t.TempDir(), "exports"), now: time.Now().UTC(), began: make(chan plant.TenantNo, 10), goOn: make(chan error)}
}

func (b *bench) open() *Exports {
	b.t.Helper()
	e, err := NewExports(ExportsOptions{
		Dir: b.dir,
		Write: func(ctx context.Context, no plant.TenantNo, id string, to io.Writer, tell func(Progress)) error {
			tell(Progress{Step: "record", Done: 1})
			if _, err := io.WriteString(to, "half "); err != nil {
				return err
			}
			b.began <- no
			select {
			case err := <-b.goOn:
				if err != nil {
					return err
				}
			case <-ctx.Done():
				return ctx.Err()
			}
			_, err := io.WriteString(to, id)
			return err
		},
		Room: func() error { return b.full },
		Now:  func() time.Time { b.mu.Lock(); defer b.mu.Unlock(); return b.now },
		Failed: func(err error) {
			b.failed = append(b.failed, err)
		},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(e.Close)
	return e
}

func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

// files are the names in the folder.
func (b *bench) files() string {
	all, _ := filepath.Glob(filepath.Join(b.dir, "*"))
	for i := range all {
		all[i] = filepath.Base(all[i])
	}
	return strings.Join(all, " ")
}

// ended waits until an export of the tenant has ended.
func ended(e *Exports, no plant.TenantNo) Export {
	e.mu.Lock()
	x := e.each[no]
	e.mu.Unlock()
	<-x.done
	return e.Get(no)
}

func TestExports(t *testing.T) {
	b := newBench(t)
	e := b.open()
	if got := e.Get(2); got.State != ExportNone {
		t.Errorf("before the first: %+v", got)
	}
	if _, _, err := e.Open(2); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("Open of none: %v", err)
	}
	first, began, err := e.Start(2, "xinda")
	if err != nil || !began || first.State != ExportWaiting {
		t.Fatalf("Start = %+v, %v, %v", first, began, err)
	}
	<-b.began
	again, began, err := e.Start(2, "xinda")
	if err != nil || began || !again.Started.Equal(first.Started) || again.State != ExportRunning || again.Bytes != 5 || again.Progress.Step != "record" {
		t.Errorf("a second start = %+v, %v, %v", again, began, err)
	}
	if _, _, err := e.Open(2); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("Open of half a file: %v", err)
	}
	b.goOn <- nil
	now := ended(e, 2)
	if now.State != ExportReady || now.Bytes != 10 || !now.Expires.Equal(now.Ended.Add(KeepExport)) || b.files() != "2.zip" {
		t.Errorf("ended %+v, files %s", now, b.files())
	}
	f, _, err := e.Open(2)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if raw, err := io.ReadAll(f); err != nil || string(raw) != "half xinda" {
		t.Errorf("file %q, %v", raw, err)
	}
	// One that fails leaves its reason, and none of the file.
	if _, began, err := e.Start(2, "xinda"); err != nil || !began {
		t.Fatalf("another one: %v, %v", began, err)
	}
	<-b.began
	b.goOn <- errors.New("record is away")
	if now := ended(e, 2); now.State != ExportFailed || now.Error != "record is away" || now.Bytes != 0 || b.files() != "" || len(b.failed) != 1 {
		t.Errorf("failed: %+v, files %q, told %v", now, b.files(), b.failed)
	}
	b.full = errors.New("the disk is full")
	if _, _, err := e.Start(2, "xinda"); !errors.Is(err, b.full) {
		t.Errorf("on a full disk: %v", err)
	}
}

// No more than two run at once; the others wait, and are seen to.
func TestExports_Turns(t *testing.T) {
	b := newBench(t)
	e := b.open()
	for no := range plant.TenantNo(3) {
		if _, began, err := e.Start(no+2, "f"); err != nil || !began {
			t.Fatalf("%d: %v, %v", no, began, err)
		}
	}
	<-b.began
	<-b.began
	states := map[ExportState]int{}
	for no := range plant.TenantNo(3) {
		states[e.Get(no+2).State]++
	}
	if states[ExportRunning] != 2 || states[ExportWaiting] != 1 {
		t.Errorf("states %v", states)
	}
	for range 3 {
		b.goOn <- nil
	}
	for no := range plant.TenantNo(3) {
		if now := ended(e, no+2); now.State != ExportReady {
			t.Errorf("%d: %+v", no+2, now)
		}
	}
}

// A node that ends cancels what runs and keeps what is ready; what a killed one
// left half is taken away; after a day the file goes.
func TestExports_OverRestarts(t *testing.T) {
	b := newBench(t)
	e := b.open()
	for _, no := range []plant.TenantNo{2, 3} {
		if _, _, err := e.Start(no, "f"); err != nil {
			t.Fatal(err)
		}
		<-b.began
		if no == 2 {
			b.goOn <- nil
			ended(e, no)
		}
	}
	e.Close()
	if b.files() != "2.zip" || e.Get(3).State != ExportNone || len(b.failed) != 0 {
		t.Errorf("after the end: files %q, %+v, %v", b.files(), e.Get(3), b.failed)
	}
	if _, _, err := e.Start(3, "f"); err == nil {
		t.Error("started after the end")
	}
	for name, text := range map[string]string{"3.zip.part": "half", "readme.txt": "of somebody else"} {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	e = b.open()
	if now := e.Get(2); now.State != ExportReady || now.Bytes != 6 || b.files() != "2.zip readme.txt" {
		t.Errorf("after the next start: %+v, files %q", now, b.files())
	}
	b.pass(KeepExport + time.Minute)
	if now := e.Get(2); now.State != ExportNone || b.files() != "readme.txt" {
		t.Errorf("after a day: %+v, files %q", now, b.files())
	}
}

// Of a firm that is deleted nothing stays, whether ready or under way.
func TestExports_Drop(t *testing.T) {
	b := newBench(t)
	e := b.open()
	for _, no := range []plant.TenantNo{2, 3} {
		if _, _, err := e.Start(no, "f"); err != nil {
			t.Fatal(err)
		}
		<-b.began
		if no == 2 {
			b.goOn <- nil
			ended(e, no)
		}
		if err := e.Drop(no); err != nil || e.Get(no).State != ExportNone || b.files() != "" {
			t.Errorf("Drop(%d): %v, %+v, files %q", no, err, e.Get(no), b.files())
		}
	}
	if err := e.Drop(9); err != nil {
		t.Errorf("Drop of nothing: %v", err)
	}
}

package record_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"zhigai/fact"
	"zhigai/record"
)

func refused(t *testing.T, dir string, want ...string) error {
	t.Helper()
	db, err := record.Open(t.Context(), dir, record.Options{})
	if err == nil {
		t.Fatalf("Open(%s) succeeded; want an error", dir)
	}
	if db != nil {
		t.Error("Open gave a record and an error")
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("Open(%s): %v; want it to say %q", dir, err, w)
		}
	}
	return err
}

func TestOpen_FolderNotWritable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, filepath.Join(file, "data"), file, "choose another data folder")
	if os.Getuid() == 0 {
		t.Skip("the superuser may write everywhere: the read-only folder is not tried")
	}
	locked := t.TempDir()
	if err := os.Chmod(locked, 0o500); err != nil {
		t.Fatal(err)
	}
	refused(t, locked, locked, "is not writable for user", "change its owner")
}

func TestOpen_InUse(t *testing.T) {
	dir := t.TempDir()
	first, err := record.Open(t.Context(), dir, record.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := refused(t, dir, dir, "stop it or choose another data folder"); !errors.Is(err, record.ErrInUse) {
		t.Errorf("Open of an open folder: %v; want ErrInUse", err)
	}
	// Another process, too, and it names the one that holds.
	out, err := child(t, "open", dir).CombinedOutput()
	if err == nil || !strings.Contains(string(out), fmt.Sprintf("process %d has %s open", os.Getpid(), dir)) {
		t.Errorf("a second process: %v, %s; want it refused, naming process %d", err, out, os.Getpid())
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	openIn(t, dir)
}

func TestOpen_NewerSchema(t *testing.T) {
	dir := t.TempDir()
	db, err := record.Open(t.Context(), dir, record.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	raw(t, dir, `insert into goose_db_version (version_id, is_applied, tstamp) values (9999, true, '2030-01-01')`)
	if err := refused(t, dir, "schema 9999", "knows up to schema", "newer program"); !errors.Is(err, record.ErrNewerSchema) {
		t.Errorf("Open of a newer schema: %v; want ErrNewerSchema", err)
	}
}

func raw(t *testing.T, dir, query string) {
	t.Helper()
	d, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, record.FileName))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Exec(query); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestOpen_Damaged(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, record.FileName), []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, dir, filepath.Join(dir, record.FileName), "restore a backup")
}

func TestOpen_AgainKeepsEverything(t *testing.T) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) { openedAgain(t, b.where(t)) })
	}
}

func openedAgain(t *testing.T, dir string) {
	for n := range 3 {
		db, err := record.Open(t.Context(), dir, record.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := db.Journal().Head(1); got != uint64(n) {
			t.Errorf("Head after %d openings = %d", n, got)
		}
		if _, err := db.Journal().Append(t.Context(), 1, event(n)); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func event(n int) fact.Event {
	return fact.Event{Kind: fact.KindGap, Subject: "m", Occurred: 1, Source: "device:d", SourceSeq: uint64(n + 1)}
}

func TestClose_RefusesLaterWrites(t *testing.T) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) { closed(t, b.where(t)) })
	}
}

func closed(t *testing.T, where string) {
	db, err := record.Open(t.Context(), where, record.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Journal().Append(t.Context(), 1, event(0)); !errors.Is(err, record.ErrClosed) {
		t.Errorf("Append after Close: %v; want ErrClosed", err)
	}
	if err := db.Journal().Wait(t.Context(), 1, 0); !errors.Is(err, record.ErrClosed) {
		t.Errorf("Wait after Close: %v; want ErrClosed", err)
	}
	if err := db.Close(); err != nil {
		t.Errorf("Close twice: %v", err)
	}
}

// One write of a group that fails, or panics, takes nothing of the others.
func TestWrite_FailsAlone(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) { failsAlone(t, open(t)) })
}

func failsAlone(t *testing.T, db *record.DB) {
	gate, started := make(chan struct{}), make(chan struct{})
	results := make(chan error, 8)
	go func() {
		results <- db.Write(t.Context(), func(context.Context, bun.Tx) error {
			close(started)
			<-gate
			return nil
		})
	}()
	<-started
	boom := errors.New("boom")
	go func() {
		results <- db.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			if _, err := tx.NewRaw(`insert into reader_cursor (tenant, reader, seq) values (1, 'lost', 1)`).Exec(ctx); err != nil {
				return err
			}
			return boom
		})
	}()
	go func() {
		results <- db.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			if _, err := tx.NewRaw(`insert into reader_cursor (tenant, reader, seq) values (1, 'lost too', 1)`).Exec(ctx); err != nil {
				return err
			}
			panic("oops")
		})
	}()
	go func() { results <- db.Journal().SaveCursor(t.Context(), 1, "kept", 5) }()
	close(gate)
	var failed []string
	for range 4 {
		if err := <-results; err != nil {
			failed = append(failed, err.Error())
		}
	}
	if all := strings.Join(failed, "; "); len(failed) != 2 || !strings.Contains(all, "boom") || !strings.Contains(all, "BUG: write panicked: oops") {
		t.Errorf("failures = %q; want the two that failed by themselves", failed)
	}
	for reader, want := range map[string]uint64{"lost": 0, "lost too": 0, "kept": 5} {
		if got, err := db.Journal().Cursor(t.Context(), 1, reader); err != nil || got != want {
			t.Errorf("Cursor(%s) = %d, %v; want %d", reader, got, err, want)
		}
	}
}

func TestBackup(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) { backup(t, open(t)) })
}

// TestBackup_MoreThanACache: a copy of more pages than a cache holds, which stand in the
// WAL still, has a checksum on each of them.
func TestBackup_MoreThanACache(t *testing.T) {
	db, err := record.Open(t.Context(), t.TempDir(), record.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for n := range 200 {
		e := event(n)
		e.Payload = json.RawMessage(fmt.Sprintf(`{"text": %q}`, strings.Repeat("x", 40_000)))
		if _, err := db.Journal().Append(t.Context(), 1, e); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	if err := db.Backup(t.Context(), filepath.Join(dir, record.FileName), nil); err != nil {
		t.Fatal(err)
	}
	if damage, err := record.CheckFiles(t.Context(), dir); err != nil || len(damage) > 0 {
		t.Errorf("the copy: %v, %v", damage, err)
	}
	again, err := record.Open(t.Context(), dir, record.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if got := again.Journal().Head(1); got != 200 {
		t.Errorf("the copy has %d facts; want 200", got)
	}
}

func backup(t *testing.T, db *record.DB) {
	for n := range 50 {
		if _, err := db.Journal().Append(t.Context(), 1, event(n)); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	target := filepath.Join(dir, record.FileName)
	stop, writing := make(chan struct{}), make(chan error, 1)
	go func() {
		for n := 50; ; n++ {
			select {
			case <-stop:
				writing <- nil
				return
			default:
			}
			if _, err := db.Journal().Append(t.Context(), 1, event(n)); err != nil {
				writing <- err
				return
			}
		}
	}()
	var atBarrier uint64
	err := db.Backup(t.Context(), target, func(context.Context) error {
		atBarrier = db.Journal().Head(1)
		return nil
	})
	close(stop)
	if err := errors.Join(err, <-writing); err != nil {
		t.Fatal(err)
	}
	if err := db.Backup(t.Context(), target, nil); err == nil || !strings.Contains(err.Error(), "exists") {
		t.Errorf("Backup onto a file: %v; want it refused", err)
	}
	if err := db.Backup(t.Context(), filepath.Join(dir, "no", "such"), nil); err == nil {
		t.Error("Backup into a folder that is not there: no error")
	}
	boom := errors.New("boom")
	if err := db.Backup(t.Context(), filepath.Join(dir, "b2"), func(context.Context) error { return boom }); !errors.Is(err, boom) {
		t.Errorf("Backup with a barrier that fails: %v; want its error", err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("after the backups the folder holds %v, %v; want the good one only", left, err)
	}
	restored := openIn(t, dir)
	got, err := restored.Journal().Events(t.Context(), 1, fact.Filter{})
	if err != nil || uint64(len(got)) != atBarrier || restored.Journal().Head(1) != atBarrier {
		t.Errorf("the backup holds %d events, %v; want the %d there were at the barrier", len(got), err, atBarrier)
	}
	if _, err := restored.Journal().Append(t.Context(), 1, event(1_000_000)); err != nil {
		t.Errorf("Append to the restored record: %v", err)
	}
}

// child runs this test binary as another process; see TestMain.
func child(t *testing.T, role, dir string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "RECORD_CHILD="+role, "RECORD_DIR="+dir)
	return cmd
}

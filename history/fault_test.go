package history

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"zhigai/plant"
)

// faultAt fails every write to the disk behind number n.
type faultAt struct {
	n    int64
	seen atomic.Int64
	err  error
}

func (f *faultAt) String() string { return fmt.Sprint("fault at ", f.n) }

func (f *faultAt) MaybeError(op errorfs.Op) error {
	if op.Kind.ReadOrWrite() == errorfs.OpIsWrite && f.seen.Add(1) > f.n {
		return f.err
	}
	return nil
}

// TestWriteErrors_EndInAState fails the disk at write 1, 2, 3 … until all goes
// well: at none of them anything acknowledged is lost, a call hangs, the process
// ends or a later append is taken as if nothing had been.
func TestWriteErrors_EndInAState(t *testing.T) {
	for n := int64(0); ; n += 1 + n/60 {
		fault := &faultAt{n: n, err: syscall.EIO}
		fs := vfs.NewCrashableMem()
		var acked int
		within(t, fmt.Sprint("write ", n), func() { acked = driveIntoFault(t, errorfs.Wrap(fs, fault)) })
		s := opened(t, fs.CrashClone(vfs.CrashCloneCfg{}))
		got := read(t, s, 1, minTime, maxTime)
		if kept := int(s.LastSeq()); kept < acked || !equalSamples(got, expected(1, kept)) {
			t.Fatalf("fault at write %d: %d batches acknowledged, %d kept, %d samples", n, acked, kept, len(got))
		}
		if err := s.Verify(t.Context()); err != nil {
			t.Fatalf("fault at write %d: %v", n, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if fault.seen.Load() <= n {
			return
		}
		if n > 5000 {
			t.Fatal("the disk never stops failing")
		}
	}
}

func driveIntoFault(t *testing.T, fs vfs.FS) (acked int) {
	s, err := Open("history", Options{FS: fs, memTable: 8 << 10}) // the engine's own files are to break, too
	if err != nil {
		return 0
	}
	defer s.Close()
	for n := range 150 {
		seq, err := s.Append(t.Context(), 1, sourceBatch(1, n))
		if err != nil {
			if !errors.Is(err, ErrFailed) || s.Failed() == nil || !errors.Is(err, syscall.EIO) {
				t.Errorf("append to a broken disk: %v; want ErrFailed and the disk's error", err)
			}
			if _, again := s.Append(t.Context(), 1, sourceBatch(1, n)); !errors.Is(again, ErrFailed) {
				t.Errorf("append after a failure: %v; want ErrFailed", again)
			}
			// What is known can still be asked, of the batch with the error also when
			// it was written before the failure struck elsewhere.
			if got := read(t, s, 1, minTime, maxTime); !equalSamples(got, expected(1, acked)) && !equalSamples(got, expected(1, acked+1)) {
				t.Errorf("%d samples are read after a failure; want %d", len(got), len(expected(1, acked)))
			}
			if err := errors.Join(s.Flush(), s.SaveCursor("x", 0)); !errors.Is(err, ErrFailed) {
				t.Errorf("writes after a failure: %v; want ErrFailed", err)
			}
			return acked
		}
		if seq != uint64(n+1) {
			t.Errorf("sequence %d; want %d", seq, n+1)
		}
		acked = n + 1
		if n%10 == 9 {
			if err := s.Flush(); err != nil && !errors.Is(err, ErrFailed) {
				t.Errorf("flush to a broken disk: %v; want ErrFailed", err)
			}
		}
	}
	return acked
}

// TestTableErrors_AreTriedAgain: what the engine can do later it may; when it
// never succeeds the store says so before commits pile up and hang.
func TestTableErrors_AreTriedAgain(t *testing.T) {
	for _, mends := range []bool{true, false} {
		var errs atomic.Int64
		mem := vfs.NewCrashableMem()
		fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
			if strings.HasSuffix(op.Path, ".sst") && op.Kind == errorfs.OpFileWrite && (errs.Add(1) <= 3 || !mends) {
				return syscall.EIO
			}
			return nil
		}))
		acked := 0
		within(t, "append", func() {
			s, err := Open("history", Options{FS: fs, memTable: 8 << 10, pause: time.Microsecond})
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			for ; acked < 20_000; acked++ {
				if _, err = s.Append(t.Context(), 1, sourceBatch(1, acked)); err != nil || mends && acked == 500 {
					break
				}
			}
			if mends && (err != nil || errs.Load() <= 3) || !mends && !errors.Is(err, ErrFailed) {
				t.Errorf("mends %v: %v after %d appends and %d tries", mends, err, acked, errs.Load())
			}
		})
		s := opened(t, mem.CrashClone(vfs.CrashCloneCfg{}))
		if got := read(t, s, 1, minTime, maxTime); !equalSamples(got, expected(1, int(s.LastSeq()))) || int(s.LastSeq()) < acked {
			t.Errorf("mends %v: %d batches kept with %d samples; %d were acknowledged", mends, s.LastSeq(), len(got), acked)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestFullDisk_IsRefusedAndRecovers(t *testing.T) {
	fs := vfs.NewMem()
	s := opened(t, fs)
	defer s.Close()
	put := func(n int) error {
		_, err := s.Append(t.Context(), 1, sourceBatch(1, n))
		return err
	}
	if err := put(0); err != nil {
		t.Fatal(err)
	}
	fs.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 100 << 20, TotalBytes: 1 << 40, UsedBytes: 1 << 40})
	if err := put(1); !errors.Is(err, ErrNoSpace) || !strings.Contains(err.Error(), "100 MB free") {
		t.Errorf("append to a nearly full disk: %v; want ErrNoSpace and how much is free", err)
	}
	if err := s.Flush(); err != nil {
		t.Errorf("the writer makes the log smaller and may use what is kept free: %v", err)
	}
	fs.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 10 << 20, TotalBytes: 1 << 40, UsedBytes: 1 << 40})
	if err := s.Flush(); !errors.Is(err, ErrNoSpace) {
		t.Errorf("flush to a full disk: %v; want ErrNoSpace", err)
	}
	fs.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1 << 39, TotalBytes: 1 << 40, UsedBytes: 1 << 39})
	if err := errors.Join(s.Failed(), put(1)); err != nil {
		t.Errorf("after space was made: %v", err)
	}
	if got := read(t, s, 1, minTime, maxTime); !equalSamples(got, expected(1, 2)) {
		t.Errorf("%d samples; want those of two batches", len(got))
	}
}

// TestFullDisk_CursorsAndRetentionWait: nothing that can wait writes to a disk
// without room, for an error of the log's file would be the end of the store.
func TestFullDisk_CursorsAndRetentionWait(t *testing.T) {
	mem := vfs.NewCrashableMem()
	var full atomic.Bool
	fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if full.Load() && op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
			return syscall.ENOSPC
		}
		return nil
	}))
	s := opened(t, fs)
	for n := range 4 {
		if _, err := s.Append(t.Context(), 1, sourceBatch(1, n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(s.SaveCursor("fold", 1), s.SaveCursor("gone", 0)); err != nil {
		t.Fatal(err)
	}
	room := func(free uint64) {
		full.Store(free == 0)
		mem.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: free, TotalBytes: 1 << 40, UsedBytes: 1<<40 - free})
	}
	room(0)
	if err := s.SaveCursor("fold", 3); err != nil || s.Cursor("fold") != 3 {
		t.Errorf("cursor on a full disk: %v, at %d; want it kept in memory", err, s.Cursor("fold"))
	}
	if _, err := s.DeleteBefore(t.Context(), 1, 1, maxTime); !errors.Is(err, ErrNoSpace) {
		t.Errorf("retention on a full disk: %v; want ErrNoSpace", err)
	}
	if err := s.DropCursor("gone"); !errors.Is(err, ErrNoSpace) {
		t.Errorf("dropping a cursor on a full disk: %v; want ErrNoSpace", err)
	}
	if err := s.Failed(); err != nil {
		t.Fatalf("the store failed: %v", err)
	}
	crashed := func() *Store { return opened(t, mem.CrashClone(vfs.CrashCloneCfg{})) }
	early := crashed()
	if first, _ := early.Bounds(); early.Cursor("fold") > 3 || first > early.Cursor("fold")+1 {
		t.Errorf("after a crash while full: cursor %d, the log begins at %d", early.Cursor("fold"), first)
	}
	room(1 << 39)
	if err := errors.Join(s.DropCursor("gone"), s.Flush(), early.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	late := opened(t, fs)
	defer late.Close()
	if first, last := late.Bounds(); late.Cursor("fold") != 3 || first != 4 || last != 4 {
		t.Errorf("there is room again: cursor %d, log %d to %d; want 3, 4 to 4", late.Cursor("fold"), first, last)
	}
}

// TestFlippedBits_AreNeverRead flips one bit of a file: a question then says so
// or, where the bit means nothing, answers right. It never answers wrong.
func TestFlippedBits_AreNeverRead(t *testing.T) {
	fs := vfs.NewMem()
	s := opened(t, fs)
	for n := range 400 {
		if _, err := s.Append(t.Context(), 1, sourceBatch(1, n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(s.Flush(), s.db.DB.Flush(), s.Close()); err != nil {
		t.Fatal(err)
	}
	names, err := fs.List("history")
	if err != nil {
		t.Fatal(err)
	}
	want, found := expected(1, 400), 0
	for _, name := range names {
		data, err := fs.UnsafeGetFileDataBuffer(fs.PathJoin("history", name))
		if !strings.HasSuffix(name, ".sst") || err != nil {
			continue
		}
		for i := 0; i < len(data); i += 1 + len(data)/60 {
			data[i] ^= 0x10
			s, err := Open("history", Options{FS: fs})
			if err == nil {
				var got []plant.Sample
				err = s.Samples(t.Context(), 1, 1, minTime, maxTime, func(p plant.Sample) bool { got = append(got, p); return true })
				if err == nil && !equalSamples(got, want) {
					t.Fatalf("byte %d of %s flipped: %d wrong samples and no error", i, name, len(got))
				}
				if err != nil {
					found++
					if s.Verify(t.Context()) == nil {
						t.Errorf("byte %d of %s: a question fails with %v, Verify finds nothing", i, name, err)
					}
				}
				s.Close()
			} else {
				found++
			}
			data[i] ^= 0x10
		}
	}
	if found == 0 {
		t.Error("no flipped bit was found; are there files with samples?")
	}
}

// TestDamagedChunk_DoesNotStopTheWriter: what is lost is lost, what comes is
// kept.
func TestDamagedChunk_DoesNotStopTheWriter(t *testing.T) {
	s := opened(t, vfs.NewMem())
	defer s.Close()
	key := series{1, 1}
	for n := range 2 {
		if _, err := s.Append(t.Context(), 1, sourceBatch(1, n)); err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			if err := errors.Join(s.Flush(), s.db.Set(timeKey(spaceChunk, key, start), []byte("not a chunk"), pebble.Sync)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	if got := read(t, s, 1, start+10*second, maxTime); len(got) != 10 {
		t.Errorf("%d samples behind the damage; want 10", len(got))
	}
	if err := s.Samples(t.Context(), 1, 1, start, maxTime, func(plant.Sample) bool { return true }); !errors.Is(err, ErrDamaged) {
		t.Errorf("question over the damage: %v; want ErrDamaged", err)
	}
	if s.Stats().Damaged != 1 || s.Verify(t.Context()) == nil {
		t.Errorf("damage is counted as %d; want 1, and found by Verify", s.Stats().Damaged)
	}
}

func TestOpen_SaysWhatIsWrong(t *testing.T) {
	inUse := vfs.NewMem()
	s := opened(t, inUse)
	defer s.Close()
	newer := vfs.NewMem()
	s2 := opened(t, newer)
	if err := errors.Join(s2.db.Set(keySchema, []byte{0, 0, 0, 0, 0, 0, 0, 99}, pebble.Sync), s2.Close()); err != nil {
		t.Fatal(err)
	}
	locked := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpLock {
			return os.ErrPermission
		}
		return nil
	}))
	for _, c := range []struct {
		name string
		fs   vfs.FS
		want error
		says string
	}{
		{"in use", inUse, ErrInUse, "another process"},
		{"newer", newer, ErrNewerSchema, "schema 99"},
		{"not writable", locked, os.ErrPermission, "not writable"},
	} {
		if _, err := Open("history", Options{FS: c.fs}); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; want %v saying %q", c.name, err, c.want, c.says)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := opened(t, inUse).Close(); err != nil { // the folder is free again
		t.Error(err)
	}
	if _, err := s.Append(t.Context(), 1, sourceBatch(1, 0)); !errors.Is(err, ErrClosed) {
		t.Errorf("append to a closed store: %v; want ErrClosed", err)
	}
	if _, err := s.Tags(t.Context(), 1); !errors.Is(err, ErrClosed) || slices.Contains([]error{s.SaveCursor("x", 0), s.DropCursor("x"), s.Flush(), s.Verify(t.Context())}, nil) {
		t.Errorf("calls to a closed store: %v; want ErrClosed", err)
	}
}

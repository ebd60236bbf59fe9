package record_test

import (
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhigai/fact"
	"zhigai/plant"
	"zhigai/record"
)

// filled writes events, so that some stand in the database and some only in
// its log.
func filled(t *testing.T, dir string) *record.DB {
	t.Helper()
	db, err := record.Open(t.Context(), dir, record.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 150 {
		e := fact.New(fact.KindGap, plant.NodeID(fmt.Sprintf("node%d", i%7)), time.Unix(int64(1_700_000_000+i), 0), "test", fact.Gap{Reason: "x"})
		e.SourceSeq = uint64(i + 1)
		if _, err := db.Journal().Append(t.Context(), 1, e); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// copied is the folder as a process that dies now leaves it.
func copied(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

func damageOf(t *testing.T, dir string) []record.Damage {
	t.Helper()
	damage, err := record.CheckFiles(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return damage
}

// flipBit turns one bit over and gives a function that turns it back.
func flipBit(t *testing.T, name string, bit int64) func() {
	t.Helper()
	turn := func() {
		f, err := os.OpenFile(name, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		var b [1]byte
		_, err = f.ReadAt(b[:], bit/8)
		b[0] ^= 1 << (bit % 8)
		_, err2 := f.WriteAt(b[:], bit/8)
		if err := errors.Join(err, err2, f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	turn()
	return turn
}

// TestCheckFiles_EveryFlippedBit: of a folder that was closed and of one whose
// process died, every flipped bit is found and its file named; without one
// nothing is.
func TestCheckFiles_EveryFlippedBit(t *testing.T) {
	dir := t.TempDir()
	db := filled(t, dir)
	if d := damageOf(t, dir); len(d) > 0 {
		t.Errorf("false alarm while it runs: %v", d)
	}
	died := copied(t, dir)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for name, where := range map[string]string{"closed": dir, "died": died} {
		if d := damageOf(t, where); len(d) > 0 {
			t.Fatalf("%s: false alarm: %v", name, d)
		}
		files := map[string]int64{}
		for _, file := range []string{"record.db", "record.db-wal"} {
			if info, err := os.Stat(filepath.Join(where, file)); err == nil && info.Size() > 0 {
				files[file] = info.Size()
				if file == "record.db-wal" {
					files[file] = logReached(t, where)
				}
			}
		}
		if name == "died" && files["record.db-wal"] == 0 {
			t.Fatal("the log of the process that died is empty")
		}
		for file, size := range files {
			for range 60 {
				bit := r.Int64N(size * 8)
				back := flipBit(t, filepath.Join(where, file), bit)
				d := damageOf(t, where)
				back()
				if len(d) == 0 && !supersededByLog(where, file) {
					t.Errorf("%s: bit %d of %s: not found", name, bit, file)
				} else if len(d) > 0 && d[0].File != file {
					t.Errorf("%s: bit %d of %s: named %v", name, bit, file, d)
				}
			}
		}
	}
}

// A process may die when the log has begun anew and nothing is committed to it yet:
// the index then holds no frame, and the checksum of the last one of the log before.
func TestOpen_DiedAsTheLogBeganAnew(t *testing.T) {
	dir := t.TempDir()
	db := filled(t, dir)
	died := copied(t, dir)
	if err := db.Close(); err != nil { // all of the log is in the database
		t.Fatal(err)
	}
	log, err := os.ReadFile(filepath.Join(died, "record.db-wal"))
	if err != nil {
		t.Fatal(err)
	}
	index, err := os.ReadFile(filepath.Join(died, "record.db-shm"))
	if err != nil {
		t.Fatal(err)
	}
	sum := func(order binary.ByteOrder, data []byte) (a, b uint32) {
		for ; len(data) > 0; data = data[8:] {
			a += order.Uint32(data) + b
			b += order.Uint32(data[4:]) + a
		}
		return a, b
	}
	big, native := binary.BigEndian, binary.NativeEndian
	big.PutUint32(log[16:], big.Uint32(log[16:])+1) // the salt of the new log
	order := binary.ByteOrder(binary.LittleEndian)
	if log[3]&1 == 1 {
		order = big
	}
	a, b := sum(order, log[:24])
	big.PutUint32(log[24:], a)
	big.PutUint32(log[28:], b)
	native.PutUint32(index[16:], 0)
	copy(index[32:40], log[16:24])
	a, b = sum(native, index[:40])
	native.PutUint32(index[40:], a)
	native.PutUint32(index[44:], b)
	copy(index[48:], index[:48])
	for name, raw := range map[string][]byte{"record.db-wal": log, "record.db-shm": index} {
		if err := os.WriteFile(filepath.Join(dir, name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if d := damageOf(t, dir); len(d) > 0 {
		t.Errorf("false alarm: %v", d)
	}
	db, err = record.Open(t.Context(), dir, record.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if events, err := db.Journal().Events(t.Context(), 1, fact.Filter{}); err != nil || len(events) != 150 {
		t.Errorf("%d events, %v; want 150", len(events), err)
	}
}

// logReached is where the last commit ends, by the index of the log; behind it
// are remains of older commits.
func logReached(t *testing.T, dir string) int64 {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "record.db-shm"))
	if err != nil {
		t.Fatal(err)
	}
	return 32 + (24+4096)*int64(binary.NativeEndian.Uint32(raw[16:]))
}

// supersededByLog: pages whose newer form is in the log are no data.
func supersededByLog(dir, file string) bool {
	_, err := os.Stat(filepath.Join(dir, "record.db-wal"))
	return err == nil && file == "record.db"
}

// TestOpen_DamagedIsNeverServed: a page with a flipped bit is an error of its
// own, and a log with one is refused before anything is forgotten.
func TestOpen_DamagedIsNeverServed(t *testing.T) {
	dir := t.TempDir()
	db := filled(t, dir)
	died := copied(t, dir)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	flipBit(t, filepath.Join(died, "record.db-wal"), 8*(32+24+100))
	if _, err := record.Open(t.Context(), died, record.Options{}); !errors.Is(err, record.ErrDamaged) || !strings.Contains(err.Error(), "record.db-wal") {
		t.Errorf("opened with a damaged log: %v; want ErrDamaged", err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "record.db"))
	if err != nil {
		t.Fatal(err)
	}
	at := strings.LastIndex(string(raw), fmt.Sprintf("%q", "x"))
	flipBit(t, filepath.Join(dir, "record.db"), int64(at)*8+8)
	if db, err = record.Open(t.Context(), dir, record.Options{}); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if list, err := db.Journal().Events(t.Context(), 1, fact.Filter{}); !record.IsDamaged(err) {
		t.Errorf("%d events read from a damaged page, %v; want ErrDamaged", len(list), err)
	}
	if d := damageOf(t, dir); len(d) != 1 || !strings.Contains(d[0].Detail, "event") {
		t.Errorf("damage %v; want the table named", d)
	}
}

// TestOpen_WithoutChecksums: a database of the time before gets them.
func TestOpen_WithoutChecksums(t *testing.T) {
	dir := t.TempDir()
	old, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, "record.db")+"?_pragma=journal_mode(wal)")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := old.Exec(`create table before (x text); insert into before values ('kept')`); err != nil {
		t.Fatal(err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	if d := damageOf(t, dir); len(d) == 0 {
		t.Error("a database without checksums passes for whole")
	}
	db, err := record.Open(t.Context(), dir, record.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var kept string
	if err := db.Reader().QueryRowContext(t.Context(), `select x from before`).Scan(&kept); err != nil || kept != "kept" {
		t.Errorf("%q, %v", kept, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if d := damageOf(t, dir); len(d) > 0 {
		t.Errorf("damage %v", d)
	}
}

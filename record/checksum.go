package record

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
)

// Damage is a place of a file that is not as it was written.
type Damage struct {
	File   string // relative to the folder of the record
	Offset int64
	Detail string
}

func (d Damage) String() string {
	return fmt.Sprintf("%s, byte %d: %s", d.File, d.Offset, d.Detail)
}

// ErrDamaged is a record some of whose bytes are not as they were written.
var ErrDamaged = errors.New("record: damaged")

// IsDamaged says whether err comes from bytes that are not as they were
// written, found by this package or by the database when it read a page.
func IsDamaged(err error) bool {
	return errors.Is(err, ErrDamaged) || errors.Is(err, sqlite3.IOERR_DATA) || errors.Is(err, sqlite3.CORRUPT)
}

// checksumBytes stand at the end of every page.
const checksumBytes = 8

// enableChecksums gives every page a checksum, which is compared whenever the
// page is read. A database without them is rewritten once, in one transaction:
// after a crash in it the next start does it again.
func enableChecksums(ctx context.Context, d *sql.DB) error {
	c, err := d.Conn(ctx)
	if err != nil {
		return err
	}
	err = c.Raw(func(raw any) error { return raw.(driver.Conn).Raw().EnableChecksums("main") })
	return errors.Join(err, c.Close())
}

// ScrubFiles is CheckFiles at leisure: pace is called before so many bytes are
// read and may wait.
func ScrubFiles(ctx context.Context, dir string, pace func(ctx context.Context, bytes int) error) ([]Damage, error) {
	out, _, err := checkFiles(ctx, dir, pace)
	if err != nil || len(out) == 0 {
		return nil, err
	}
	return CheckFiles(ctx, dir) // at once: a writer may have been at work there
}

// CheckFiles reads the files of a record in a folder as they are on the disk,
// past every cache, and lists what is not as it was written. It needs no
// database to be open and changes nothing; a node may run on the folder.
//
// Not looked at are record.lock, which holds no data, record.db-shm, which is
// made anew from the WAL at every start, and in the WAL what stands behind the
// last commit: remains of older ones.
func CheckFiles(ctx context.Context, dir string) ([]Damage, error) {
	var out []Damage
	for try := 0; ; try++ {
		var moved bool
		var err error
		if out, moved, err = checkFiles(ctx, dir, nil); err != nil {
			return nil, err
		}
		// A checkpoint that runs meanwhile shows pages half written: what is
		// damaged is so every time. Without the index nobody has it open.
		_, running := os.Stat(filepath.Join(dir, FileName+"-shm"))
		if len(out) == 0 && !moved || running != nil || try == checkTries {
			return out, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(checkPause << try):
		}
	}
}

const (
	checkTries = 4
	checkPause = 5 * time.Millisecond
)

// checkFiles looks once; moved says that a writer went on meanwhile.
func checkFiles(ctx context.Context, dir string, pace func(context.Context, int) error) (out []Damage, moved bool, err error) {
	wal, damage, err := readWAL(dir)
	if err != nil {
		return nil, false, err
	}
	pages, err := checkPages(ctx, dir, wal.pages, pace)
	if err != nil {
		return nil, false, err
	}
	after, _, err := readIndexHeader(dir)
	return append(damage, pages...), after != wal.index, err
}

// checkPages compares the checksum of every page but those that the WAL holds
// in a newer form: after a power failure such a page may be half written, and
// the WAL mends it.
func checkPages(ctx context.Context, dir string, newer map[uint32]bool, pace func(context.Context, int) error) ([]Damage, error) {
	f, err := os.Open(filepath.Join(dir, FileName))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	size, enabled, err := pageSize(f, info.Size())
	if err != nil || info.Size() == 0 {
		return nil, err
	}
	if size == 0 || !enabled {
		if newer[1] {
			return nil, nil // made or rewritten just now, all in the WAL
		}
		return []Damage{{FileName, 0, "the header is not that of a database with checksums"}}, nil
	}
	var out []Damage
	owners := pageOwners(f, size)
	page := make([]byte, size)
	for n := uint32(1); int64(n)*int64(size) <= info.Size(); n++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if newer[n] {
			continue
		}
		if pace != nil {
			if err := pace(ctx, size); err != nil {
				return nil, err
			}
		}
		at := int64(n-1) * int64(size)
		if _, err := f.ReadAt(page, at); err != nil {
			out = append(out, Damage{FileName, at, fmt.Sprintf("page %d of %s cannot be read: %v", n, owners.of(n), err)})
			continue
		}
		if !pageFits(page) {
			out = append(out, Damage{FileName, at, fmt.Sprintf("page %d of %s does not fit its checksum", n, owners.of(n))})
		}
	}
	if rest := info.Size() % int64(size); rest != 0 && len(newer) == 0 {
		out = append(out, Damage{FileName, info.Size() - rest, "the file ends inside a page"})
	}
	return out, nil
}

// pageSize reads the header of the database.
func pageSize(f io.ReaderAt, length int64) (size int, enabled bool, err error) {
	if length < 100 {
		return 0, false, nil
	}
	head := make([]byte, 100)
	if _, err := f.ReadAt(head, 0); err != nil {
		return 0, false, err
	}
	size = int(binary.BigEndian.Uint16(head[16:]))
	if size == 1 {
		size = 65536
	}
	if string(head[:16]) != "SQLite format 3\x00" || size < 512 || size&(size-1) != 0 {
		return 0, false, nil
	}
	return size, head[20] == checksumBytes, nil
}

// pageFits compares a page with its checksum, which is that of SQLite's
// checksum file layer.
func pageFits(page []byte) bool {
	var a, b uint32
	data, sum := page[:len(page)-checksumBytes], page[len(page)-checksumBytes:]
	for ; len(data) >= 8; data = data[8:] {
		a += binary.LittleEndian.Uint32(data) + b
		b += binary.LittleEndian.Uint32(data[4:]) + a
	}
	return binary.LittleEndian.Uint32(sum) == a && binary.LittleEndian.Uint32(sum[4:]) == b
}

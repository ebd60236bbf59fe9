package record

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Mended is a place of a file that is again as it was written.
type Mended struct {
	File   string // relative to the folder of the record
	Offset int64
	How    string
}

func (m Mended) String() string { return fmt.Sprintf("%s, byte %d: %s", m.File, m.Offset, m.How) }

// MendFiles puts damaged pages and frames of a record that nobody has open back
// as they were written, and lists what cannot be.
//
// One flipped bit is found by the checksum that the page or frame carries, if
// only one bit turned back makes it fit: the checksum is a sum, in which high
// bits of several words look alike. Otherwise a page is taken
// from spare, the record's folder in a snapshot, or "", if the page there
// carries the very checksum that the damaged one should have.
func MendFiles(ctx context.Context, dir, spare string) (mended []Mended, left []Damage, err error) {
	for range maxMends {
		damage, err := CheckFiles(ctx, dir)
		if err != nil {
			return mended, nil, err
		}
		left = left[:0]
		progress := false
		for _, d := range damage {
			var how string
			if d.File == FileName {
				how, err = mendPage(dir, spare, d.Offset)
			} else {
				how, err = mendFrame(dir, d.Offset)
			}
			if err != nil {
				return mended, damage, fmt.Errorf("record %s: mend %s: %w", dir, d, err)
			}
			if how == "" {
				left = append(left, d)
				continue
			}
			progress = true
			mended = append(mended, Mended{d.File, d.Offset, how})
		}
		if !progress {
			return mended, left, nil
		}
	}
	return mended, left, nil
}

// maxMends bounds how often the files are looked at: of a log only the first
// frame that is damaged is seen.
const maxMends = 1000

// mendPage says how the page at the offset was mended; nothing when it was not.
func mendPage(dir, spare string, at int64) (string, error) {
	name := filepath.Join(dir, FileName)
	raw, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	size := sizeOfPages(raw)
	if at%int64(size) != 0 || int64(len(raw)) < at+int64(size) {
		return "", nil
	}
	page := raw[at : at+int64(size)]
	if bit, ok := onlyBit(page, func() bool { return pageFits(page) && (at > 0 || headerFits(page)) }); ok {
		return turned(bit), writeAt(name, page[bit/8:bit/8+1], at+int64(bit/8))
	}
	if spare == "" {
		return "", nil
	}
	other := make([]byte, size)
	f, err := os.Open(filepath.Join(spare, FileName))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	_, err = f.ReadAt(other, at)
	if err := errors.Join(ignoreEOF(err), f.Close()); err != nil {
		return "", err
	}
	end := size - checksumBytes
	if !pageFits(other) || !bytes.Equal(other[end:], page[end:]) {
		return "", nil
	}
	return "taken from the snapshot", writeAt(name, other, at)
}

func turned(bit int) string {
	return fmt.Sprintf("bit %d of byte %d was flipped and is turned back", bit%8, bit/8)
}

// pageBytes is the size of pages that the database is made with; SQLite's own.
const pageBytes = 4096

// sizeOfPages believes the header unless it cannot be.
func sizeOfPages(raw []byte) int {
	if size, _, err := pageSize(bytes.NewReader(raw), int64(len(raw))); err == nil && size > 0 {
		return size
	}
	return pageBytes
}

// headerFits says whether the first page begins as that of a database with
// checksums.
func headerFits(page []byte) bool {
	size, enabled, err := pageSize(bytes.NewReader(page), int64(len(page)))
	return err == nil && enabled && size == len(page)
}

// onlyBit turns each bit of raw over in its turn and leaves the one turned over
// that alone makes it fit; without one, or with several, raw stays as it is.
func onlyBit(raw []byte, fits func() bool) (bit int, ok bool) {
	for i := range 8 * len(raw) {
		raw[i/8] ^= 1 << (i % 8)
		if fits() {
			if ok {
				raw[i/8] ^= 1 << (i % 8)
				return 0, false
			}
			bit, ok = i, true
		}
		raw[i/8] ^= 1 << (i % 8)
	}
	if ok {
		raw[bit/8] ^= 1 << (bit % 8)
	}
	return bit, ok
}

// mendFrame is mendPage for the log: its header, or the first damaged frame.
func mendFrame(dir string, at int64) (string, error) {
	name := filepath.Join(dir, FileName+"-wal")
	raw, err := os.ReadFile(name)
	if err != nil || len(raw) < walHeaderBytes {
		return "", err
	}
	head := raw[:walHeaderBytes]
	if at == 0 {
		if bit, ok := onlyBit(head, func() bool { return walHeadFits(head) }); ok {
			return turned(bit), writeAt(name, head[bit/8:bit/8+1], int64(bit/8))
		}
		return "", nil
	}
	size := int(binary.BigEndian.Uint32(head[8:]))
	if !walHeadFits(head) || int64(len(raw)) < at+int64(frameBytes+size) {
		return "", nil
	}
	var order binary.ByteOrder = binary.LittleEndian
	if binary.BigEndian.Uint32(head)&1 == 1 {
		order = binary.BigEndian
	}
	before := [2]uint32{binary.BigEndian.Uint32(head[24:]), binary.BigEndian.Uint32(head[28:])}
	if at > walHeaderBytes {
		last := raw[at-int64(frameBytes+size):]
		before = [2]uint32{binary.BigEndian.Uint32(last[16:]), binary.BigEndian.Uint32(last[20:])}
	}
	frame := raw[at : at+int64(frameBytes+size)]
	if bit, ok := onlyBit(frame, func() bool {
		a, b := sumWords(order, before[0], before[1], frame[:8])
		a, b = sumWords(order, a, b, frame[frameBytes:])
		return bytes.Equal(frame[8:16], head[16:24]) && a == binary.BigEndian.Uint32(frame[16:]) && b == binary.BigEndian.Uint32(frame[20:])
	}); ok {
		return turned(bit), writeAt(name, frame[bit/8:bit/8+1], at+int64(bit/8))
	}
	return "", nil
}

func walHeadFits(head []byte) bool {
	magic, size := binary.BigEndian.Uint32(head), binary.BigEndian.Uint32(head[8:])
	var order binary.ByteOrder = binary.LittleEndian
	if magic&1 == 1 {
		order = binary.BigEndian
	}
	a, b := sumWords(order, 0, 0, head[:24])
	return magic&^1 == walMagic && size >= 512 && size <= 65536 && a == binary.BigEndian.Uint32(head[24:]) && b == binary.BigEndian.Uint32(head[28:])
}

// writeAt writes over a place of a file, durably.
func writeAt(name string, raw []byte, at int64) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(raw, at)
	return errors.Join(err, f.Sync(), f.Close())
}

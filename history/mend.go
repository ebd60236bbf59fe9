package history

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Mended is a file that is again as it was written.
type Mended struct {
	File string // relative to the folder of the store
	How  string
}

func (m Mended) String() string { return m.File + ": " + m.How }

// MendFiles puts damaged files of a store that nobody has open back as they
// were written, and lists those of which it cannot be had.
//
// One flipped bit is found by the seal: only one place in the file gives the
// checksum that the seal has, and what the engine checks inside the file must
// agree. Otherwise the file is taken from spare, the history folder of a
// snapshot, or "", if what stands there fits the seal: the engine never changes
// a table once it is written. Nothing else is changed.
func MendFiles(ctx context.Context, dir, spare string) (mended []Mended, left []Damage, err error) {
	slots, err := mendSlots(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("history %s: seals: %w", dir, err)
	}
	mended = append(mended, slots...)
	_, damage, err := CheckFiles(ctx, dir, nil)
	if err != nil {
		return mended, nil, err
	}
	of, _, _, err := readSeals(vfs.Default, dir)
	if err != nil {
		return mended, nil, fmt.Errorf("history %s: seals: %w", dir, err)
	}
	for _, d := range damage {
		how, err := mendFile(ctx, dir, spare, d.File, of[d.File])
		switch {
		case err != nil:
			return mended, damage, fmt.Errorf("history %s: mend %s: %w", dir, d.File, err)
		case how == "":
			left = append(left, d)
		default:
			mended = append(mended, Mended{d.File, how})
		}
	}
	lost, err := takeMissing(dir, spare, of)
	return append(mended, lost...), left, err
}

// mendSlots mends the file of seals itself. A seal that cannot be mended is
// taken away: what it sealed is checked by the engine alone then.
func mendSlots(dir string) (out []Mended, err error) {
	name := filepath.Join(dir, sealsName)
	raw, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for at := 0; at+slotBytes <= len(raw); at += slotBytes {
		slot := raw[at : at+slotBytes]
		if _, _, err := decodeSlot(slot); err == nil {
			continue
		}
		whole, how := make([]byte, slotBytes), "a seal was beyond repair and is gone"
		for bit := range 8 * slotBytes {
			slot[bit/8] ^= 1 << (bit % 8)
			if _, _, err := decodeSlot(slot); err == nil {
				how = "a flipped bit of a seal was turned back"
				copy(whole, slot)
			}
			slot[bit/8] ^= 1 << (bit % 8)
		}
		if err := patch(name, whole, int64(at)); err != nil {
			return out, err
		}
		out = append(out, Mended{sealsName, how})
	}
	return out, nil
}

// maxMendable bounds the file of which a flipped bit is looked for: it is held
// in memory, and in a longer one two places could give the same checksum.
const maxMendable = 256<<20 - 1

// mendFile says how the file was mended; nothing when it was not.
func mendFile(ctx context.Context, dir, spare, name string, one seal) (how string, err error) {
	path := filepath.Join(dir, name)
	if one.length <= maxMendable {
		if raw, err := os.ReadFile(path); err == nil && int64(len(raw)) >= one.length {
			raw = raw[:one.length]
			for _, bit := range flippedBits(one.length, crc32.Checksum(raw, castagnoli)^one.sum) {
				raw[bit/8] ^= 1 << (bit % 8)
				if sound(name, raw) {
					return fmt.Sprintf("bit %d of byte %d was flipped and is turned back", bit%8, bit/8), patch(path, raw[bit/8:bit/8+1], bit/8)
				}
				raw[bit/8] ^= 1 << (bit % 8)
			}
		}
	}
	if spare == "" {
		return "", nil
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	ok, err := takeSpare(dir, spare, name, one)
	if !ok {
		return "", err
	}
	return "taken from the snapshot", err
}

// takeMissing takes from spare what is sealed and gone. A file that the engine
// itself removed just before the process died does no harm: it removes it
// again.
func takeMissing(dir, spare string, of map[string]seal) (out []Mended, err error) {
	if spare == "" {
		return nil, nil
	}
	for name, one := range of {
		if _, err := os.Stat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		ok, err := takeSpare(dir, spare, name, one)
		if err != nil {
			return out, err
		}
		if ok {
			out = append(out, Mended{name, "was missing and is taken from the snapshot"})
		}
	}
	return out, nil
}

// takeSpare copies a file from the snapshot if it is the sealed one.
func takeSpare(dir, spare, name string, one seal) (bool, error) {
	raw, err := os.ReadFile(filepath.Join(spare, name))
	if errors.Is(err, fs.ErrNotExist) || err == nil && (int64(len(raw)) < one.length || crc32.Checksum(raw[:one.length], castagnoli) != one.sum) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	part := filepath.Join(dir, ".mending-"+name)
	if err := os.WriteFile(part, nil, 0o600); err != nil {
		return false, err
	}
	if err := patch(part, raw[:one.length], 0); err != nil {
		return false, err
	}
	if err := os.Rename(part, filepath.Join(dir, name)); err != nil {
		return false, err
	}
	return true, syncPath(dir)
}

// patch writes over a place of a file, durably.
func patch(name string, raw []byte, at int64) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(raw, at)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncPath(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// flippedBits lists the bits of which each alone, turned over in a file of that
// length, changes its checksum by diff. The checksum is linear: a bit changes
// it by what the bit alone would give, whatever else the file holds.
func flippedBits(length int64, diff uint32) (out []int64) {
	var alone [8]uint32 // of a file that has the bit in its last byte and is 0 before
	for b := range alone {
		alone[b] = castagnoli[1<<b]
	}
	for at := length - 1; at >= 0; at-- {
		for b := range alone {
			if alone[b] == diff {
				out = append(out, 8*at+int64(b))
			}
			alone[b] = castagnoli[byte(alone[b])] ^ alone[b]>>8 // one byte further from the end
		}
	}
	return out
}

// sound checks a file by the checksums that the engine keeps inside of it, as
// far as its kind has some.
func sound(name string, raw []byte) bool {
	switch {
	case strings.HasSuffix(name, ".sst"):
		r, err := sstable.NewMemReader(raw, sstable.ReaderOptions{})
		if err != nil {
			return false
		}
		return errors.Join(r.ValidateBlockChecksums(), r.Close()) == nil
	case strings.HasSuffix(name, ".log"), strings.HasPrefix(name, "MANIFEST-"):
		_, damage := logChunks(raw)
		return damage == 0
	}
	return true
}

// The engine's logs stand in blocks, and in them chunks: checksum, length,
// type, and by type more, then what they carry.
const logBlock = 32 << 10

// logHeads is how long the head of a chunk is, by its type.
var logHeads = [...]int{0, 7, 7, 7, 7, 11, 11, 11, 11, 19, 19, 19, 19}

// logChunk is one chunk of a log.
type logChunk struct {
	place int // 0 damaged, 1 the whole record, 2 its first chunk, 3 in the middle, 4 the last
	data  []byte
}

// logChunks takes a log apart and counts the places that do not fit their
// checksum; behind such a place it goes on with the next block.
func logChunks(raw []byte) (out []logChunk, damage int) {
	for len(raw) > 0 {
		block := raw[:min(logBlock, len(raw))]
		raw = raw[len(block):]
		for len(block) >= logHeads[1] {
			length, kind := int(binary.LittleEndian.Uint16(block[4:])), int(block[6])
			if binary.LittleEndian.Uint32(block) == 0 && length == 0 && kind == 0 {
				if len(bytes.Trim(block, "\x00")) > 0 {
					damage, out = damage+1, append(out, logChunk{})
				}
				break
			}
			if binary.LittleEndian.Uint32(block) == 0 && length == 0 && kind > 4 && kind < len(logHeads) {
				return out, damage // the mark at the end of a log that was closed
			}
			if kind == 0 || kind >= len(logHeads) || len(block) < logHeads[kind]+length {
				damage, out = damage+1, append(out, logChunk{})
				break
			}
			head := logHeads[kind]
			sum := crc32.Checksum(block[6:head+length], castagnoli)
			if (sum>>15|sum<<17)+0xa282ead8 != binary.LittleEndian.Uint32(block) {
				damage++
				out = append(out, logChunk{})
				if damage > maxLogDamage {
					return out, damage
				}
			} else {
				out = append(out, logChunk{place: (kind-1)%4 + 1, data: block[head : head+length]})
			}
			block = block[head+length:]
		}
	}
	return out, damage
}

// maxLogDamage is where a log is given up.
const maxLogDamage = 1 << 16

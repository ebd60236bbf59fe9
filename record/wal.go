package record

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// The write-ahead log: a header of 32 bytes, then frames of 24 bytes and a
// page. Every frame's checksum goes on from the frame before, and SQLite takes
// the first that does not fit for the end: a flipped bit would make it forget
// the commits behind. How far the log really reached stands in the index file
// beside it, which outlives the process, though not the machine.
const (
	walHeaderBytes = 32
	frameBytes     = 24
	walMagic       = 0x377f0682
	indexBytes     = 48 // of one of the two copies of the header of the index
)

// indexHeader is what the index says of the log: nothing when there is none.
type indexHeader struct {
	valid  bool
	frames uint32
	sum    [2]uint32 // checksum of the last frame
	salt   [8]byte
}

// walState is the log as it was read.
type walState struct {
	index indexHeader
	pages map[uint32]bool // in frames that are committed
}

// readIndexHeader reads the index of the log. Two copies that differ are being
// written: then nothing is known, which later is.
func readIndexHeader(dir string) (h indexHeader, _ []byte, err error) {
	f, err := os.Open(filepath.Join(dir, FileName+"-shm"))
	if errors.Is(err, os.ErrNotExist) {
		return h, nil, nil
	}
	if err != nil {
		return h, nil, err
	}
	defer f.Close()
	raw := make([]byte, 2*indexBytes)
	if _, err := f.ReadAt(raw, 0); err != nil {
		return h, nil, ignoreEOF(err)
	}
	one, two := raw[:indexBytes], raw[indexBytes:]
	order := binary.NativeEndian
	a, b := sumWords(order, 0, 0, one[:40])
	if string(one) != string(two) || order.Uint32(one[40:]) != a || order.Uint32(one[44:]) != b || one[12] != 1 {
		return h, nil, nil
	}
	h = indexHeader{valid: true, frames: order.Uint32(one[16:]), sum: [2]uint32{order.Uint32(one[24:]), order.Uint32(one[28:])}}
	copy(h.salt[:], one[32:40])
	return h, one, nil
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// sumWords goes on with the checksum of the log.
func sumWords(order binary.ByteOrder, a, b uint32, data []byte) (uint32, uint32) {
	for ; len(data) >= 8; data = data[8:] {
		a += order.Uint32(data) + b
		b += order.Uint32(data[4:]) + a
	}
	return a, b
}

// readWAL follows the log frame by frame up to where the index says that it
// reached, or without an index as far as it goes.
func readWAL(dir string) (w walState, damage []Damage, err error) {
	if w.index, _, err = readIndexHeader(dir); err != nil {
		return w, nil, err
	}
	w.pages = map[uint32]bool{}
	name := FileName + "-wal"
	f, err := os.Open(filepath.Join(dir, name))
	if errors.Is(err, os.ErrNotExist) {
		return w, nil, nil
	}
	if err != nil {
		return w, nil, err
	}
	defer f.Close()
	head := make([]byte, walHeaderBytes)
	if _, err := f.ReadAt(head, 0); err != nil {
		if w.index.valid && w.index.frames > 0 {
			damage = []Damage{{name, 0, fmt.Sprintf("%d frames were written; the file is cut off", w.index.frames)}}
		}
		return w, damage, ignoreEOF(err)
	}
	magic, size := binary.BigEndian.Uint32(head), int(binary.BigEndian.Uint32(head[8:]))
	var order binary.ByteOrder = binary.LittleEndian
	if magic&1 == 1 {
		order = binary.BigEndian
	}
	a, b := sumWords(order, 0, 0, head[:24])
	if magic&^1 != walMagic || size < 512 || size > 65536 || a != binary.BigEndian.Uint32(head[24:]) || b != binary.BigEndian.Uint32(head[28:]) {
		return w, []Damage{{name, 0, "the header does not fit its checksum"}}, nil
	}
	if w.index.valid && string(w.index.salt[:]) != string(head[16:24]) {
		w.index.valid = false // the index is of an older log: the machine went down
	}
	reached, sum, err := w.follow(f, order, size, head[16:24], [2]uint32{a, b})
	if err != nil {
		return w, nil, err
	}
	// An index without a frame is of a log that has begun anew: the sum in it is
	// still that of the last frame of the log before.
	if w.index.valid && w.index.frames > 0 && (reached < w.index.frames || reached == w.index.frames && sum != w.index.sum) {
		at := int64(walHeaderBytes) + int64(reached)*int64(frameBytes+size)
		damage = []Damage{{name, at, fmt.Sprintf("frame %d does not fit its checksum; commits up to frame %d were acknowledged", reached+1, w.index.frames)}}
	}
	return w, damage, nil
}

// follow reads frames while they fit and notes which pages commits hold.
func (w *walState) follow(f io.ReaderAt, order binary.ByteOrder, size int, salt []byte, sum [2]uint32) (frames uint32, _ [2]uint32, err error) {
	frame := make([]byte, frameBytes+size)
	var open []uint32 // pages of the transaction that is not committed yet
	for !w.index.valid || frames < w.index.frames {
		_, err := f.ReadAt(frame, int64(walHeaderBytes)+int64(frames)*int64(len(frame)))
		if err != nil {
			return frames, sum, ignoreEOF(err)
		}
		a, b := sumWords(order, sum[0], sum[1], frame[:8])
		a, b = sumWords(order, a, b, frame[frameBytes:])
		if string(frame[8:16]) != string(salt) || a != binary.BigEndian.Uint32(frame[16:]) || b != binary.BigEndian.Uint32(frame[20:]) {
			return frames, sum, nil
		}
		frames, sum = frames+1, [2]uint32{a, b}
		open = append(open, binary.BigEndian.Uint32(frame))
		if binary.BigEndian.Uint32(frame[4:]) != 0 {
			for _, p := range open {
				w.pages[p] = true
			}
			open = open[:0]
		}
	}
	return frames, sum, nil
}

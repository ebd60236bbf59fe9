package record

import (
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// flatten writes a copy of a record that nobody has open into to, with every
// commit of its log brought into the file as it stands there: a page that is
// damaged in the log is damaged in the copy, and the commits behind it are not
// lost. (SQLite would end at the damage, and give the page a checksum that
// fits.)
func flatten(ctx context.Context, dir, to string) error {
	raw, err := os.ReadFile(filepath.Join(dir, FileName))
	if err != nil {
		return err
	}
	log, err := os.ReadFile(filepath.Join(dir, FileName+"-wal"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	index, _, err := readIndexHeader(dir)
	if err != nil {
		return err
	}
	if len(log) >= walHeaderBytes && walHeadFits(log) {
		raw = applied(raw, log, index)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	name := filepath.Join(to, FileName)
	if err := os.WriteFile(name, raw, 0o600); err != nil {
		return err
	}
	return syncFile(name)
}

// applied brings the committed frames of a log into the file. Where the index
// says how far the log reached, a frame that does not fit its checksum does not
// end it.
func applied(raw, log []byte, index indexHeader) []byte {
	size := int(binary.BigEndian.Uint32(log[8:]))
	var order binary.ByteOrder = binary.LittleEndian
	if binary.BigEndian.Uint32(log)&1 == 1 {
		order = binary.BigEndian
	}
	salt := log[16:24]
	known := index.valid && string(index.salt[:]) == string(salt)
	sum := [2]uint32{binary.BigEndian.Uint32(log[24:]), binary.BigEndian.Uint32(log[28:])}
	pages := map[uint32][]byte{} // of the transaction that is not committed yet
	for n, rest := uint32(0), log[walHeaderBytes:]; len(rest) >= frameBytes+size && (!known || n < index.frames); n, rest = n+1, rest[frameBytes+size:] {
		frame := rest[:frameBytes+size]
		a, b := sumWords(order, sum[0], sum[1], frame[:8])
		a, b = sumWords(order, a, b, frame[frameBytes:])
		sum = [2]uint32{binary.BigEndian.Uint32(frame[16:]), binary.BigEndian.Uint32(frame[20:])}
		if fits := string(frame[8:16]) == string(salt) && sum == [2]uint32{a, b}; !fits && !known {
			break
		}
		no, total := binary.BigEndian.Uint32(frame), binary.BigEndian.Uint32(frame[4:])
		if no == 0 || int64(no) > int64(maxOwned) {
			continue // its head is what is damaged: the page stays as it was, and is found by that
		}
		pages[no] = frame[frameBytes:]
		if total == 0 {
			continue
		}
		for no, page := range pages {
			if need := int(no) * size; len(raw) < need {
				raw = append(raw, make([]byte, need-len(raw))...)
			}
			copy(raw[int(no-1)*size:], page)
		}
		clear(pages)
		if keep := int(total) * size; total < maxOwned && keep <= len(raw) {
			raw = raw[:keep]
		}
	}
	return raw
}

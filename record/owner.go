package record

import (
	"encoding/binary"
	"io"
)

// owners says which table or index a page belongs to, as far as the way there
// can still be followed.
type owners map[uint32]string

func (o owners) of(page uint32) string {
	if name, ok := o[page]; ok {
		return name
	}
	return "an unknown table"
}

// Kinds of pages of a tree.
const (
	indexInner = 2
	tableInner = 5
	indexLeaf  = 10
	tableLeaf  = 13
)

// maxOwned bounds the walk: a damaged page can point anywhere.
const maxOwned = 1 << 22

// pageOwners walks the trees of all tables from the catalogue. It never fails:
// it is for the words of a message.
func pageOwners(f io.ReaderAt, size int) owners {
	out := owners{}
	walk(f, size, 1, "the catalogue", out, func(page []byte) {
		for _, cell := range cells(page, 100) {
			if name, root, ok := catalogueEntry(page, cell); ok {
				walk(f, size, root, name, out, nil)
			}
		}
	})
	return out
}

// walk notes the owner of every page below root.
func walk(f io.ReaderAt, size int, root uint32, name string, out owners, leaf func(page []byte)) {
	if _, seen := out[root]; seen || root == 0 || len(out) > maxOwned {
		return
	}
	out[root] = name
	page := make([]byte, size)
	if _, err := f.ReadAt(page, int64(root-1)*int64(size)); err != nil {
		return
	}
	head := 0
	if root == 1 {
		head = 100
	}
	switch page[head] {
	case indexInner, tableInner:
		walk(f, size, binary.BigEndian.Uint32(page[head+8:]), name, out, leaf)
		for _, cell := range cells(page, head) {
			if cell+4 <= len(page) {
				walk(f, size, binary.BigEndian.Uint32(page[cell:]), name, out, leaf)
			}
		}
	case tableLeaf:
		if leaf != nil {
			leaf(page)
		}
	}
}

// cells are the places of the cells of a page.
func cells(page []byte, head int) []int {
	if page[head] != indexInner && page[head] != tableInner && page[head] != tableLeaf && page[head] != indexLeaf {
		head = 0
	}
	from := head + 8
	if page[head] == indexInner || page[head] == tableInner {
		from = head + 12
	}
	n := int(binary.BigEndian.Uint16(page[head+3:]))
	var out []int
	for i := 0; i < n && from+2*i+2 <= len(page); i++ {
		if at := int(binary.BigEndian.Uint16(page[from+2*i:])); at < len(page) {
			out = append(out, at)
		}
	}
	return out
}

// catalogueEntry reads type, name, table, root of a row of sqlite_schema.
func catalogueEntry(page []byte, at int) (name string, root uint32, ok bool) {
	r := page[at:]
	_, n := varint(r) // length of the row
	_, m := varint(r[n:])
	row := r[n+m:]
	headLen, n := varint(row)
	if n == 0 || headLen < uint64(n) || headLen > uint64(len(row)) {
		return "", 0, false
	}
	head, body := row[n:headLen], row[headLen:]
	var fields [4][]byte
	for i := range fields {
		kind, n := varint(head)
		length := fieldBytes(kind)
		if n == 0 || length > len(body) {
			return "", 0, false
		}
		fields[i], head, body = body[:length], head[n:], body[length:]
	}
	for _, b := range fields[3] {
		root = root<<8 | uint32(b)
	}
	return string(fields[0]) + " " + string(fields[1]), root, root > 1
}

func fieldBytes(kind uint64) int {
	switch {
	case kind >= 12:
		return int(min((kind-12)/2, 1<<20))
	case kind <= 4:
		return int(kind)
	case kind == 5:
		return 6
	case kind <= 7:
		return 8
	}
	return 0
}

// varint is SQLite's number of one to nine bytes; n is 0 when raw is too short.
func varint(raw []byte) (v uint64, n int) {
	for i := 0; i < 9 && i < len(raw); i++ {
		if i == 8 {
			return v<<8 | uint64(raw[i]), 9
		}
		v = v<<7 | uint64(raw[i]&0x7f)
		if raw[i] < 0x80 {
			return v, i + 1
		}
	}
	return 0, 0
}

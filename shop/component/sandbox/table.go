package sandbox

import "encoding/binary"

// sectionTable is the id of the section of tables (WebAssembly Core Specification 2.0, 5.5.2).
const sectionTable = 4

// checkTables refuses tables without an end, or with one that is too far: they lie in the
// node's memory, not in the module's, so that no limit of memory holds them. What else is
// wrong with a module the compiler says.
func checkTables(raw []byte) error {
	const head = 8 // magic and version
	if len(raw) < head || string(raw[:4]) != "\x00asm" {
		return refused("it is no WebAssembly module: it does not begin with \\0asm. Hand in the .wasm file that the compiler made, not its text")
	}
	r := reader{raw[head:]}
	for len(r.raw) > 0 {
		id := r.byte()
		body, ok := r.take(r.number())
		if !ok {
			return refused("it ends within a section: it was cut off")
		}
		if id != sectionTable {
			continue
		}
		t := reader{body}
		n := t.number()
		if n > maxTables {
			return refused("it has %d tables; %d are allowed", n, maxTables)
		}
		for range n {
			t.byte() // type of reference
			bounded := t.byte()&1 == 1
			least := t.number()
			most := least
			if bounded {
				most = t.number()
			}
			if !bounded || least > maxTable || most > maxTable {
				return refused("a table of it has no end, or more than %d entries: link it without a growing table", maxTable)
			}
		}
	}
	return nil
}

// reader takes numbers off the front; what is not there is 0.
type reader struct{ raw []byte }

func (r *reader) byte() byte {
	if len(r.raw) == 0 {
		return 0
	}
	b := r.raw[0]
	r.raw = r.raw[1:]
	return b
}

// number is unsigned LEB128, which is how encoding/binary writes variable lengths too.
func (r *reader) number() uint64 {
	v, n := binary.Uvarint(r.raw)
	if n <= 0 {
		r.raw = nil
		return 1 << 40 // more than anything is
	}
	r.raw = r.raw[n:]
	return v
}

func (r *reader) take(n uint64) ([]byte, bool) {
	if n > uint64(len(r.raw)) {
		return nil, false
	}
	out := r.raw[:n]
	r.raw = r.raw[n:]
	return out, true
}

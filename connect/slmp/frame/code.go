package frame

import "encoding/binary"

// writer appends fields in binary code, the lower byte first, or in ASCII code,
// the upper digit first (manual, 8.1 read data, write data).
type writer struct {
	b     []byte
	ascii bool
}

const digits = "0123456789ABCDEF"

func (w *writer) hex(v uint64, n int) {
	for i := n - 1; i >= 0; i-- {
		w.b = append(w.b, digits[v>>(4*i)&15])
	}
}

func (w *writer) u8(v byte) {
	if w.ascii {
		w.hex(uint64(v), 2)
		return
	}
	w.b = append(w.b, v)
}

func (w *writer) u16(v uint16) {
	if w.ascii {
		w.hex(uint64(v), 4)
		return
	}
	w.b = binary.LittleEndian.AppendUint16(w.b, v)
}

func (w *writer) u32(v uint32) {
	if w.ascii {
		w.hex(uint64(v), 8)
		return
	}
	w.b = binary.LittleEndian.AppendUint32(w.b, v)
}

// big16 is the subheader, which stands upper byte first in both codes.
func (w *writer) big16(v uint16) {
	w.u8(byte(v >> 8))
	w.u8(byte(v))
}

// bits are four bits a point, the first in the upper half of a byte; a
// character each in ASCII.
func (w *writer) bits(on []bool) {
	for i, v := range on {
		var n byte
		if v {
			n = 1
		}
		switch {
		case w.ascii:
			w.b = append(w.b, '0'+n)
		case i%2 == 0:
			w.b = append(w.b, n<<4)
		default:
			w.b[len(w.b)-1] |= n
		}
	}
}

// reader takes fields apart. Anything missing or wrong is remembered.
type reader struct {
	b     []byte
	ascii bool
	wrong bool
}

func (r *reader) take(n int) []byte {
	if n < 0 || len(r.b) < n {
		r.wrong, r.b = true, nil
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) hex(n int) (v uint64) {
	for _, c := range r.take(n) {
		switch {
		case c >= '0' && c <= '9':
			v = v<<4 | uint64(c-'0')
		case c >= 'A' && c <= 'F':
			v = v<<4 | uint64(c-'A'+10)
		case c >= 'a' && c <= 'f': // not as the manual has it, and clear all the same
			v = v<<4 | uint64(c-'a'+10)
		default:
			r.wrong = true
		}
	}
	return v
}

func (r *reader) u8() byte {
	if r.ascii {
		return byte(r.hex(2))
	}
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) u16() uint16 {
	if r.ascii {
		return uint16(r.hex(4))
	}
	if b := r.take(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (r *reader) u32() uint32 {
	if r.ascii {
		return uint32(r.hex(8))
	}
	if b := r.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (r *reader) big16() uint16 { return uint16(r.u8())<<8 | uint16(r.u8()) }

func (r *reader) words(n int) []uint16 {
	if size := 2 * n; r.ascii && len(r.b) < 2*size || len(r.b) < size {
		r.wrong = true
		return nil
	}
	out := make([]uint16, n)
	for i := range out {
		out[i] = r.u16()
	}
	return out
}

// bits reads n points. A half byte that belongs to no point must be 0.
func (r *reader) bits(n int) []bool {
	size := (n + 1) / 2
	if r.ascii {
		size = n
	}
	b := r.take(size)
	if b == nil {
		return nil
	}
	on := make([]bool, n)
	for i := range on {
		var v byte
		switch {
		case r.ascii:
			v = b[i] - '0'
		case i%2 == 0:
			v = b[i/2] >> 4
		default:
			v = b[i/2] & 15
		}
		r.wrong = r.wrong || v > 1
		on[i] = v == 1
	}
	if !r.ascii && n%2 == 1 && b[size-1]&15 != 0 {
		r.wrong = true
	}
	return on
}

// done reports whether all was read and nothing was wrong.
func (r *reader) done() bool { return !r.wrong && len(r.b) == 0 }

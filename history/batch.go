package history

import (
	"encoding/binary"
	"fmt"
	"math"

	"zhigai/plant"
)

// Versions of a raw batch. The second lists at its end which entries are late;
// a batch without late entries is written as the first.
const (
	batchVersion     = 1
	batchVersionLate = 2
)

// appendBatch writes a raw batch: version, tenant, recorded time, then per
// sample the steps of tag and time, the quality and the eight value bytes.
func appendBatch(dst []byte, tenant plant.TenantNo, recorded plant.Micros, b plant.Batch) []byte {
	dst = append(dst, batchVersion)
	dst = binary.AppendUvarint(dst, uint64(tenant))
	dst = binary.AppendVarint(dst, int64(recorded))
	dst = binary.AppendUvarint(dst, uint64(len(b.Samples)))
	dst = binary.AppendUvarint(dst, uint64(len(b.Texts)))
	var tag, at int64
	for i := range b.Samples {
		s := &b.Samples[i]
		dst = binary.AppendVarint(dst, int64(s.Tag)-tag)
		dst = binary.AppendVarint(dst, int64(s.Time)-at)
		dst = append(dst, byte(s.Quality))
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(s.Value))
		tag, at = int64(s.Tag), int64(s.Time)
	}
	for i := range b.Texts {
		t := &b.Texts[i]
		dst = binary.AppendVarint(dst, int64(t.Tag)-tag)
		dst = binary.AppendVarint(dst, int64(t.Time)-at)
		dst = append(dst, byte(t.Quality))
		dst = binary.AppendUvarint(dst, uint64(len(t.Value)))
		dst = append(dst, t.Value...)
		tag, at = int64(t.Tag), int64(t.Time)
	}
	return dst
}

// appendLate adds to a raw batch which of its entries are late, by their place
// among samples and then texts, rising.
func appendLate(raw []byte, late []int) []byte {
	if len(late) == 0 {
		return raw
	}
	raw[0] = batchVersionLate
	raw = binary.AppendUvarint(raw, uint64(len(late)))
	last := 0
	for _, i := range late {
		raw = binary.AppendUvarint(raw, uint64(i-last))
		last = i
	}
	return raw
}

// Encode writes the batch as the raw log does: exact to the bit. Nodes send it
// to one another.
func (s Sequenced) Encode(dst []byte) []byte {
	return append(dst, appendLate(appendBatch(nil, s.Tenant, s.Recorded, s.Batch), s.Late)...)
}

// batchHead reads what stands before the entries of a batch.
func batchHead(raw []byte) (out Sequenced, r reader, err error) {
	if len(raw) == 0 || raw[0] != batchVersion && raw[0] != batchVersionLate {
		return out, r, fmt.Errorf("%w: batch of %d bytes is of no known version", ErrDamaged, len(raw))
	}
	r = reader{buf: raw[1:]}
	tenant := r.uvarint()
	if tenant > math.MaxUint32 {
		return out, r, fmt.Errorf("%w: batch of tenant %d", ErrDamaged, tenant)
	}
	out.Tenant = plant.TenantNo(tenant)
	out.Recorded = plant.Micros(r.varint())
	if r.short {
		return out, r, fmt.Errorf("%w: batch of %d bytes", ErrDamaged, len(raw))
	}
	return out, r, nil
}

// DecodeBatch reads what Encode wrote, without the sequence. Any input gives a
// batch or ErrDamaged, never a panic.
func DecodeBatch(raw []byte) (Sequenced, error) {
	out, r, err := batchHead(raw)
	if err != nil {
		return Sequenced{}, err
	}
	if out.Batch, err = r.batch(); err != nil {
		return Sequenced{}, err
	}
	if raw[0] == batchVersionLate {
		out.Late = r.late(out.Batch.Len())
	}
	if r.short || len(r.buf) != 0 {
		return Sequenced{}, fmt.Errorf("%w: batch of the wrong length", ErrDamaged)
	}
	return out, nil
}

// late reads the places of late entries among n.
func (r *reader) late(n int) []int {
	count := r.uvarint()
	if count == 0 || count > uint64(n) {
		r.short = true
		return nil
	}
	out := make([]int, count)
	at := uint64(0)
	for i := range out {
		step := r.uvarint()
		at += step
		if step >= uint64(n) || at >= uint64(n) || i > 0 && step == 0 {
			r.short = true
			return nil
		}
		out[i] = int(at)
	}
	return out
}

func (r *reader) batch() (b plant.Batch, err error) {
	samples, texts := r.uvarint(), r.uvarint()
	// A sample takes at least 11 bytes, a text 4: a count beyond that is a lie.
	if size := uint64(len(r.buf)); samples > size/11 || texts > size/4 {
		return b, fmt.Errorf("%w: batch counts more than it holds", ErrDamaged)
	}
	var tag, at int64
	if samples > 0 {
		b.Samples = make([]plant.Sample, samples)
	}
	for i := range b.Samples {
		tag += r.varint()
		at += r.varint()
		q := r.byte()
		b.Samples[i] = plant.Sample{Tag: plant.TagNo(tag), Time: plant.Micros(at), Quality: plant.Quality(q), Value: math.Float64frombits(r.fixed64())}
	}
	if texts > 0 {
		b.Texts = make([]plant.Text, texts)
	}
	for i := range b.Texts {
		tag += r.varint()
		at += r.varint()
		q := r.byte()
		b.Texts[i] = plant.Text{Tag: plant.TagNo(tag), Time: plant.Micros(at), Quality: plant.Quality(q), Value: string(r.bytes(r.uvarint()))}
	}
	return b, nil
}

// reader takes a buffer apart. Reading past the end sets short and gives
// zeros, so that a decoder checks once at its end.
type reader struct {
	buf   []byte
	short bool
}

func (r *reader) byte() byte {
	if len(r.buf) < 1 {
		r.short = true
		return 0
	}
	b := r.buf[0]
	r.buf = r.buf[1:]
	return b
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.buf)
	if n <= 0 {
		r.short, r.buf = true, nil
		return 0
	}
	r.buf = r.buf[n:]
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.buf)
	if n <= 0 {
		r.short, r.buf = true, nil
		return 0
	}
	r.buf = r.buf[n:]
	return v
}

func (r *reader) fixed64() uint64 {
	if len(r.buf) < 8 {
		r.short, r.buf = true, nil
		return 0
	}
	v := binary.LittleEndian.Uint64(r.buf)
	r.buf = r.buf[8:]
	return v
}

func (r *reader) bytes(n uint64) []byte {
	if uint64(len(r.buf)) < n {
		r.short, r.buf = true, nil
		return nil
	}
	b := r.buf[:n]
	r.buf = r.buf[n:]
	return b
}

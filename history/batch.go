package history

import (
	"encoding/binary"
	"fmt"
	"math"

	"zhigai/plant"
)

const batchVersion = 1

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

// decodeBatch reads what appendBatch wrote. Any input gives a batch or an
// error, never a panic.
func decodeBatch(raw []byte) (tenant plant.TenantNo, recorded plant.Micros, b plant.Batch, err error) {
	r := reader{buf: raw}
	if v := r.byte(); v != batchVersion {
		return 0, 0, b, fmt.Errorf("%w: batch version %d", ErrDamaged, v)
	}
	tenant = plant.TenantNo(r.uvarint())
	recorded = plant.Micros(r.varint())
	samples, texts := r.uvarint(), r.uvarint()
	// A sample takes at least 11 bytes, a text 4: a count beyond that is a lie.
	if samples > uint64(len(raw))/11 || texts > uint64(len(raw))/4 {
		return 0, 0, b, fmt.Errorf("%w: batch counts more than it holds", ErrDamaged)
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
	if r.short || len(r.buf) != 0 {
		return 0, 0, plant.Batch{}, fmt.Errorf("%w: batch of the wrong length", ErrDamaged)
	}
	return tenant, recorded, b, nil
}

// check refuses a batch that could not be stored exactly, naming the tag.
func check(b plant.Batch) error {
	if n := b.Len(); n == 0 || n > MaxBatch {
		return fmt.Errorf("%w: %d samples; 1 to %d are taken at once", ErrRefused, n, MaxBatch)
	}
	for i := range b.Samples {
		s := &b.Samples[i]
		if s.Time < minTime || s.Time >= maxTime {
			return fmt.Errorf("%w: tag %d: time %d µs is not between 1970 and 2200", ErrRefused, s.Tag, int64(s.Time))
		}
		if !s.Quality.IsBad() && (math.IsNaN(s.Value) || math.IsInf(s.Value, 0)) {
			return fmt.Errorf("%w: tag %d at %s: %v is no value; store a bad sample with the raw bytes", ErrRefused, s.Tag, s.Time.Time(), s.Value)
		}
	}
	size := 0
	for i := range b.Texts {
		t := &b.Texts[i]
		size += len(t.Value)
		if t.Time < minTime || t.Time >= maxTime {
			return fmt.Errorf("%w: tag %d: time %d µs is not between 1970 and 2200", ErrRefused, t.Tag, int64(t.Time))
		}
		if len(t.Value) > plant.MaxText {
			return fmt.Errorf("%w: tag %d: text of %d bytes; %d are kept", ErrRefused, t.Tag, len(t.Value), plant.MaxText)
		}
	}
	if size > MaxBatchText {
		return fmt.Errorf("%w: %d bytes of text; %d are taken at once", ErrRefused, size, MaxBatchText)
	}
	return nil
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

package link

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"sync"

	"github.com/klauspost/compress/zstd"

	"zhigai/plant"
)

// A message is: two magic bytes, version of the codec, kind, body, CRC32C
// (little endian) over all before it. Control bodies are JSON, of which unknown
// fields are passed over so that the next release may add some. The body of a
// delivery is its length as uvarint and then zstd.
const (
	magic0, magic1 = 'Z', 'L'
	codecVersion   = 1
	headBytes      = 4
	sumBytes       = 4
)

// Limits of one message.
const (
	// MaxItem is the largest payload of one item: a full history batch with all
	// the text it may hold is 18 MiB.
	MaxItem = 24 << 20
	// MaxMessage bounds a message on the wire and what it unpacks to: one
	// largest item with its envelope.
	MaxMessage = MaxItem + 1<<20
	// maxItems bounds the items of one delivery, so that a lying count costs
	// nothing.
	maxItems = 1 << 16
	// maxGaps bounds the gaps of one delivery.
	maxGaps = 256
	// maxWord bounds session, stream and reason.
	maxWord = 64
)

// kind says what a message is.
type kind byte

const (
	kindDelivery kind = iota + 1
	kindHello
	kindWelcome
	kindAck
	kindRefusal
	kindBeat
	kindBeatAnswer
	kindEnrol
	kindEnrolled
	kindAnswer // of a handler; the body is the answer itself
	kindEnd    // not a kind
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sumOf is the checksum that tells one item from another at its place.
func sumOf(payload []byte) uint32 { return crc32.Checksum(payload, castagnoli) }

func seal(k kind, body []byte) []byte {
	out := make([]byte, 0, headBytes+len(body)+sumBytes)
	out = append(out, magic0, magic1, codecVersion, byte(k))
	out = append(out, body...)
	return binary.LittleEndian.AppendUint32(out, crc32.Checksum(out, castagnoli))
}

func sealJSON(k kind, v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		panic("BUG: link message: " + err.Error())
	}
	return seal(k, body)
}

// unseal checks a message and gives its body.
func unseal(raw []byte) (kind, []byte, error) {
	switch {
	case len(raw) < headBytes+sumBytes:
		return 0, nil, fmt.Errorf("%w: %d bytes are no message", ErrDamaged, len(raw))
	case raw[0] != magic0 || raw[1] != magic1:
		return 0, nil, fmt.Errorf("%w: not a message of this protocol", ErrDamaged)
	}
	end := len(raw) - sumBytes
	if crc32.Checksum(raw[:end], castagnoli) != binary.LittleEndian.Uint32(raw[end:]) {
		return 0, nil, fmt.Errorf("%w: checksum of %d bytes is wrong; cut short or altered on the way", ErrDamaged, len(raw))
	}
	if raw[2] != codecVersion {
		return 0, nil, fmt.Errorf("%w: message of codec version %d, this program reads %d", ErrVersion, raw[2], codecVersion)
	}
	k := kind(raw[3])
	if k == 0 || k >= kindEnd {
		return 0, nil, fmt.Errorf("%w: message of unknown kind %d", ErrDamaged, raw[3])
	}
	return k, raw[headBytes:end], nil
}

// unsealJSON reads a message of the given kind into v. A refusal comes out as
// the error it stands for.
func unsealJSON(raw []byte, want kind, v any) error {
	k, body, err := unseal(raw)
	if err != nil {
		return err
	}
	if k == kindRefusal && want != kindRefusal {
		return refusalError(body)
	}
	if k != want {
		return fmt.Errorf("%w: message of kind %d in place of %d", ErrDamaged, k, want)
	}
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return nil
}

// parcel is a delivery on the wire. It speaks for every sequence from From to
// To: those without an item or gap are not shared.
type parcel struct {
	Session string
	Stream  Stream
	Epoch   uint64
	From    uint64
	To      uint64
	Items   []Item
	Gaps    []Gap
}

// packer compresses and unpacks; one serves all goroutines of an end.
type packer struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

// newPacker makes the compressor once per process: its tables are shared.
var newPacker = sync.OnceValue(func() *packer {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(2), zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(512<<10))
	if err != nil {
		panic("BUG: zstd options: " + err.Error())
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderMaxMemory(MaxMessage), zstd.WithDecoderLowmem(true))
	if err != nil {
		panic("BUG: zstd options: " + err.Error())
	}
	return &packer{enc, dec}
})

func (p *packer) seal(d parcel) []byte {
	plain := appendParcel(nil, d)
	body := binary.AppendUvarint(make([]byte, 0, len(plain)/2+16), uint64(len(plain)))
	return seal(kindDelivery, p.enc.EncodeAll(plain, body))
}

// unseal reads a delivery. Any input gives a parcel that keeps the rules of
// its type, or an error.
func (p *packer) unseal(raw []byte) (parcel, error) {
	k, body, err := unseal(raw)
	if err != nil {
		return parcel{}, err
	}
	if k != kindDelivery {
		return parcel{}, fmt.Errorf("%w: message of kind %d in place of a delivery", ErrDamaged, k)
	}
	size, n := binary.Uvarint(body)
	if n <= 0 || size > MaxMessage {
		return parcel{}, fmt.Errorf("%w: delivery claims %d bytes; %d are taken", ErrDamaged, size, MaxMessage)
	}
	plain, err := p.dec.DecodeAll(body[n:], make([]byte, 0, min(size, 1<<20)))
	if err != nil || uint64(len(plain)) != size {
		return parcel{}, fmt.Errorf("%w: delivery cannot be unpacked (%d of %d bytes): %v", ErrDamaged, len(plain), size, err)
	}
	return decodeParcel(plain)
}

func appendWord(dst []byte, s string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}

func appendParcel(dst []byte, d parcel) []byte {
	dst = appendWord(dst, d.Session)
	dst = appendWord(dst, string(d.Stream))
	dst = binary.AppendUvarint(dst, d.Epoch)
	dst = binary.AppendUvarint(dst, d.From)
	dst = binary.AppendUvarint(dst, d.To)
	dst = binary.AppendUvarint(dst, uint64(len(d.Items)))
	seq, at := d.From, int64(0)
	for _, it := range d.Items {
		dst = binary.AppendUvarint(dst, it.Seq-seq)
		dst = binary.AppendVarint(dst, int64(it.Recorded)-at)
		dst = binary.AppendUvarint(dst, uint64(len(it.Payload)))
		dst = append(dst, it.Payload...)
		seq, at = it.Seq, int64(it.Recorded)
	}
	dst = binary.AppendUvarint(dst, uint64(len(d.Gaps)))
	for _, g := range d.Gaps {
		dst = binary.AppendUvarint(dst, g.From)
		dst = binary.AppendUvarint(dst, g.To)
		dst = binary.AppendVarint(dst, int64(g.FromTime))
		dst = binary.AppendVarint(dst, int64(g.ToTime))
		dst = appendWord(dst, string(g.Reason))
	}
	return dst
}

func decodeParcel(plain []byte) (parcel, error) {
	r := reader{buf: plain}
	d := parcel{Session: r.word(), Stream: Stream(r.word()), Epoch: r.uvarint(), From: r.uvarint(), To: r.uvarint()}
	if d.From == 0 || d.From > d.To {
		return parcel{}, fmt.Errorf("%w: delivery for %d to %d", ErrDamaged, d.From, d.To)
	}
	n := r.uvarint()
	// An item takes at least 3 bytes.
	if n > maxItems || n > uint64(len(r.buf))/3 {
		return parcel{}, fmt.Errorf("%w: delivery claims %d items", ErrDamaged, n)
	}
	seq, at := d.From, int64(0)
	for i := range n {
		step := r.uvarint()
		if step > d.To-seq || i > 0 && step == 0 {
			return parcel{}, fmt.Errorf("%w: items of a delivery are out of order", ErrDamaged)
		}
		seq += step
		at += r.varint()
		d.Items = append(d.Items, Item{Seq: seq, Recorded: plant.Micros(at), Payload: r.bytes(r.uvarint())})
	}
	if n = r.uvarint(); n > maxGaps {
		return parcel{}, fmt.Errorf("%w: delivery claims %d gaps", ErrDamaged, n)
	}
	seq = d.From
	for i := range n {
		g := Gap{Stream: d.Stream, From: r.uvarint(), To: r.uvarint(), FromTime: plant.Micros(r.varint()), ToTime: plant.Micros(r.varint()), Reason: GapReason(r.word())}
		if g.From < seq || i > 0 && g.From == seq || g.To < g.From || g.To > d.To {
			return parcel{}, fmt.Errorf("%w: gap %d to %d in a delivery for %d to %d", ErrDamaged, g.From, g.To, d.From, d.To)
		}
		seq = g.To
		d.Gaps = append(d.Gaps, g)
	}
	if r.short || len(r.buf) != 0 {
		return parcel{}, fmt.Errorf("%w: delivery of the wrong length", ErrDamaged)
	}
	return d, nil
}

// reader takes a buffer apart. Reading past the end sets short and gives
// zeros, so that a decoder checks once at its end.
type reader struct {
	buf   []byte
	short bool
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

func (r *reader) bytes(n uint64) []byte {
	if uint64(len(r.buf)) < n {
		r.short, r.buf = true, nil
		return nil
	}
	b := r.buf[:n:n]
	r.buf = r.buf[n:]
	return b
}

func (r *reader) word() string {
	n := r.uvarint()
	if n > maxWord {
		r.short, r.buf = true, nil
		return ""
	}
	return string(r.bytes(n))
}

package clickhouse

import (
	"bufio"
	"crypto/md5"
	"encoding/binary"
	"fmt"
	"io"

	"zhigai/history"
	"zhigai/plant"
)

// row is a line of the table.
type row struct {
	series
	version
}

// appendRow writes a row in ClickHouse's RowBinary, with the columns in order.
func appendRow(dst []byte, r row) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(r.tenant))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(r.tag))
	dst = append(dst, r.kind)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(r.at))
	dst = binary.LittleEndian.AppendUint64(dst, r.seq)
	dst = binary.LittleEndian.AppendUint32(dst, r.entry)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(r.recorded))
	dst = append(dst, byte(r.quality))
	dst = binary.LittleEndian.AppendUint64(dst, r.bits)
	dst = binary.AppendUvarint(dst, uint64(len(r.text)))
	return append(dst, r.text...)
}

// versionColumns are those of a version, as readVersion takes them apart.
const versionColumns = "time, seq, entry, recorded, quality, bits, text"

// readVersion reads one row; io.EOF means that there are no more.
func readVersion(in *bufio.Reader) (v version, err error) {
	var fixed [8 + 8 + 4 + 8 + 1 + 8]byte
	if _, err := io.ReadFull(in, fixed[:]); err != nil {
		return v, torn(err)
	}
	v = version{
		at: plant.Micros(binary.LittleEndian.Uint64(fixed[0:])), seq: binary.LittleEndian.Uint64(fixed[8:]), entry: binary.LittleEndian.Uint32(fixed[16:]),
		recorded: plant.Micros(binary.LittleEndian.Uint64(fixed[20:])), quality: plant.Quality(fixed[28]), bits: binary.LittleEndian.Uint64(fixed[29:]),
	}
	n, err := binary.ReadUvarint(in)
	if err == nil && n > history.MaxValue {
		return v, fmt.Errorf("%w: ClickHouse answered with a text of %d bytes", history.ErrDamaged, n)
	}
	if err == nil && n > 0 {
		text := make([]byte, n)
		_, err = io.ReadFull(in, text)
		v.text = string(text)
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return v, torn(err)
}

// torn says that an answer ended inside a row.
func torn(err error) error {
	if err == io.ErrUnexpectedEOF {
		return fmt.Errorf("%w: the answer of ClickHouse ends in the middle", history.ErrUnavailable)
	}
	return err
}

// digest sums up rows so that those in ClickHouse can be compared without
// being read: any order gives the same, any other row another.
type digest struct {
	rows, sum uint64
}

// sumSQL is hash in SQL.
var sumSQL = func() string {
	h := `halfMD5(text)`
	for _, part := range []string{
		`bits`, `toUInt64(kind) * 256 + toUInt64(quality)`, `toUInt64(tenant) * 4294967296 + toUInt64(tag)`,
		`toUInt64(recorded)`, `toUInt64(entry)`, `seq`, `toUInt64(time)`,
	} {
		h = `intHash64(bitXor(` + part + `, ` + h + `))`
	}
	return h
}()

func (d *digest) add(key series, v version) {
	d.rows++
	d.sum += hash(key, v)
}

func hash(key series, v version) uint64 {
	text := md5.Sum([]byte(v.text)) // against damage, not against people
	h := intHash64(v.bits ^ binary.BigEndian.Uint64(text[:]))
	h = intHash64((uint64(key.kind)*256 + uint64(v.quality)) ^ h)
	h = intHash64((uint64(key.tenant)<<32 + uint64(key.tag)) ^ h)
	h = intHash64(uint64(v.recorded) ^ h)
	h = intHash64(uint64(v.entry) ^ h)
	h = intHash64(v.seq ^ h)
	return intHash64(uint64(v.at) ^ h)
}

// intHash64 is ClickHouse's function of that name.
func intHash64(x uint64) uint64 {
	x ^= 0x4CF2D2BAAE6DA887
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	x ^= x >> 33
	return x
}

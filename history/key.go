package history

import (
	"encoding/binary"

	"zhigai/plant"
)

// Key spaces. Numbers are big-endian so that keys sort by them; times have
// their sign bit turned so that they sort as signed.
const (
	spaceBatch        = 'b' // seq → raw batch
	spaceChunk        = 'c' // tenant, tag, first time → samples
	spaceIndex        = 'i' // tenant, tag, first time → stats of the chunk
	spaceTextIndex    = 'j' // the same of a chunk of texts
	spaceMark         = 'k' // name → version, value
	spaceMeta         = 'm' // name → value
	spaceProgress     = 'p' // tenant, tag → seq up to which the samples are in chunks, where that is beyond keyChunked
	spaceTextProgress = 'q' // the same of texts
	spaceSuperseded   = 's' // tenant, tag, time, seq, place → replaced value
	spaceTextChunk    = 't' // tenant, tag, first time → texts
	spaceCursor       = 'u' // name → seq
)

// spaces names the key spaces for statistics.
var spaces = map[byte]string{
	spaceBatch: "log", spaceChunk: "samples", spaceIndex: "index", spaceTextIndex: "text_index", spaceTextChunk: "texts",
	spaceSuperseded: "superseded", spaceMeta: "meta", spaceProgress: "progress", spaceTextProgress: "text_progress", spaceCursor: "cursors", spaceMark: "marks",
}

var (
	keySchema  = []byte("mschema")
	keyChunked = []byte("mchunked") // every batch up to here is in chunks
	keyLastSeq = []byte("mlastseq") // highest sequence ever given when the raw log is empty
)

// series is one tag of one tenant.
type series struct {
	tenant plant.TenantNo
	tag    plant.TagNo
}

func batchKey(seq uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{spaceBatch}, seq)
}

func prefix(space byte, s series) []byte {
	k := make([]byte, 1, 27)
	k[0] = space
	k = binary.BigEndian.AppendUint32(k, uint32(s.tenant))
	return binary.BigEndian.AppendUint32(k, uint32(s.tag))
}

func timeKey(space byte, s series, t plant.Micros) []byte {
	return binary.BigEndian.AppendUint64(prefix(space, s), uint64(t)^(1<<63))
}

// behind is the first key behind everything of the series in the space.
func behind(space byte, s series) []byte {
	k := prefix(space, s)
	for i := len(k) - 1; i >= 0; i-- {
		k[i]++
		if k[i] != 0 {
			break
		}
	}
	return k
}

// Offsets inside a key with a time: space, tenant, tag, time.
const (
	seriesEnd = 1 + 4 + 4
	timeEnd   = seriesEnd + 8
)

func timeOf(key []byte) plant.Micros {
	return plant.Micros(binary.BigEndian.Uint64(key[seriesEnd:timeEnd]) ^ (1 << 63))
}

func seriesOf(key []byte) series {
	return series{plant.TenantNo(binary.BigEndian.Uint32(key[1:])), plant.TagNo(binary.BigEndian.Uint32(key[5:]))}
}

// supersededKey has a place at its end because one batch can replace several
// values of one time.
func supersededKey(s series, t plant.Micros, seq uint64, place uint16) []byte {
	k := binary.BigEndian.AppendUint64(timeKey(spaceSuperseded, s, t), seq)
	return binary.BigEndian.AppendUint16(k, place)
}

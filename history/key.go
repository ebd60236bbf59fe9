package history

import (
	"encoding/binary"

	"zhigai/plant"
)

// Key spaces. Numbers are big-endian so that keys sort by them; times have
// their sign bit turned so that they sort as signed.
const (
	spaceBatch      = 'b' // seq → raw batch
	spaceChunk      = 'c' // tenant, tag, first time → samples
	spaceIndex      = 'i' // tenant, tag, first time → stats of the chunk
	spaceTextChunk  = 't' // tenant, tag, first time → texts
	spaceSuperseded = 's' // tenant, tag, time, seq → replaced value
	spaceCursor     = 'u' // name → seq
	spaceMeta       = 'm' // name → value
)

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
	k := make([]byte, 1, 25)
	k[0] = space
	k = binary.BigEndian.AppendUint32(k, uint32(s.tenant))
	return binary.BigEndian.AppendUint32(k, uint32(s.tag))
}

func timeKey(space byte, s series, t plant.Micros) []byte {
	return binary.BigEndian.AppendUint64(prefix(space, s), uint64(t)^(1<<63))
}

// after is the first key behind everything of the series in the space.
func after(space byte, s series) []byte {
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

func supersededKey(s series, t plant.Micros, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(timeKey(spaceSuperseded, s, t), seq)
}

// Package history keeps samples over time: durable before they are
// acknowledged, compressed exactly, correctable for ever.
//
// A batch is written to the raw log with an fsync; only then is it
// acknowledged and seen. Behind that a writer turns the log into compressed
// chunks per tag. A sample of a tag and a time that came before replaces the
// older one, which goes to the superseded records. Readers that must see every
// batch follow the sequence from a cursor of their own.
//
// A waveform is a text to the store: its value is what plant/waveform
// writes, its time that of the first value. It goes the same way, is corrected,
// sent on, mended and kept as any text is; only its value may be longer.
//
// The package never rounds a value, never drops a late one, never goes on after
// a failed write and knows nothing of machines. There are no summaries by
// minute or hour: the stats of chunks answer for a year of seconds.
//
// Start with [Open], [Store.Append] and [Store.Samples]. Keys are in key.go; the
// way of a batch goes through append.go, head.go, writer.go and rewrite.go; a
// chunk is made of times.go, values.go, ints.go and column.go; what happens
// when the disk fails is in disk.go and engine.go.
package history

import (
	"errors"
	"time"

	"zhigai/plant"
)

// Errors of this package; test with errors.Is.
var (
	ErrClosed      = errors.New("history: closed")
	ErrFailed      = errors.New("history: a write failed and the store takes no more; restart the node")
	ErrInUse       = errors.New("history: the folder is in use by another process")
	ErrNewerSchema = errors.New("history: written by a newer program")
	ErrRefused     = errors.New("history: batch refused")
	ErrDamaged     = errors.New("history: damaged record")
	ErrNoSpace     = errors.New("history: the disk is nearly full")
	ErrConflict    = errors.New("history: the mark was moved by another")
	// ErrUnavailable is temporary, and of stores on a server alone: it cannot be
	// reached or refuses. Whether a write that failed with it was done is not
	// known; it was not acknowledged.
	ErrUnavailable = errors.New("history: the database is not available now")
	ErrReadOnly    = errors.New("history: opened for questions only")
)

// Limits. Each bounds what one caller can make the store hold.
const (
	// MaxBatch is the most samples in one Append: what the widest device read
	// or a day's backlog of a small one needs, and far below a memtable.
	MaxBatch = 200_000
	// MaxBatchText is the most bytes of text in one Append.
	MaxBatchText = 16 << 20
	// chunkSize is where a chunk is full: a quarter of an hour at 1 s, decoded
	// in about 20 µs.
	chunkSize = 1024
	// chunkFull is where the newest chunk is left alone and the next begun: to
	// read and write it again for the rest costs more than a small chunk does.
	chunkFull = chunkSize * 3 / 4
)

// Times outside these bounds are no instants of a factory; a device that
// claims one has a broken clock, which connect replaces before it comes here.
var (
	minTime = plant.MicrosOf(time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC))
	maxTime = plant.MicrosOf(time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC))
)

// Sequenced is a batch with its place in the order of acknowledgement.
type Sequenced struct {
	Seq      uint64
	Tenant   plant.TenantNo
	Recorded plant.Micros
	Batch    plant.Batch
	// Late lists the entries, by their place among samples and then texts, that
	// may not be the newest of their tag: only they can replace what an earlier
	// batch said. It is empty without Options.MarkLate.
	Late []int
}

// Superseded is a value that a later record replaced.
type Superseded struct {
	Sample   plant.Sample
	Text     string       // of a text tag
	By       uint64       // sequence of the batch that replaced it
	Replaced plant.Micros // when that batch was recorded
}

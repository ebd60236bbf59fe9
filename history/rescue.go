package history

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"zhigai/plant"
)

// Rescued is what became of a store that could not be mended.
type Rescued struct {
	Batches int    // taken from the damaged store's log
	Samples int    // and from its chunks, texts among them, where the log did not have them
	Lost    []Loss // what nobody has
}

// Loss is something acknowledged that cannot be had.
type Loss struct {
	Tenant   plant.TenantNo
	Tag      plant.TagNo // 0: any
	From, To plant.Micros
	Samples  int    // 0: not known
	What     string // in words
}

// Rescue brings the store in the folder to, a copy of an earlier state of the
// damaged one in dir, or an empty folder, forward by all that can still be read
// of the damaged one. dir stays as it is; nobody may have it open.
//
// Where the log reaches back to the earlier state and can be read, nothing is
// lost. Otherwise samples come from the chunks that can be read; a batch that
// cannot keeps its place, empty. ErrDamaged says that the list of tables itself
// cannot be read.
func Rescue(ctx context.Context, dir, to string, o Options) (done Rescued, err error) {
	work := filepath.Clean(to) + ".damaged"
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	_, damage, err := CheckFiles(ctx, dir, nil)
	if err != nil {
		return done, err
	}
	torn, err := readableCopy(dir, work, damage)
	if err != nil {
		return done, fmt.Errorf("history %s: rescue: %w", dir, err)
	}
	log := &engineLog{log: slog.New(slog.DiscardHandler), dead: make(chan struct{})}
	old, err := pebble.Open(work, &pebble.Options{ReadOnly: true, Logger: log, EventListener: &pebble.EventListener{
		BackgroundError: log.background, DataCorruption: func(info pebble.DataCorruptionInfo) { log.background(info.Details) },
	}})
	if err != nil {
		return done, fmt.Errorf("history %s: %w: %w", dir, ErrDamaged, err)
	}
	defer func() { _ = old.Close() }() // of a copy that is thrown away
	fresh, err := Open(to, o)
	if err != nil {
		return done, err
	}
	r := &rescue{ctx: ctx, old: old, to: fresh, torn: torn, next: fresh.LastSeq() + 1, done: &done, open: map[series]map[plant.Micros]bool{}, extra: map[plant.TenantNo]plant.Batch{}}
	err = r.run()
	if err == nil {
		err = fresh.Flush()
	}
	return done, errors.Join(err, fresh.Close())
}

// rescue is one run of Rescue.
type rescue struct {
	ctx      context.Context
	old      *pebble.DB
	to       *Store
	torn     torn
	next     uint64                         // place of the next batch
	extra    map[plant.TenantNo]plant.Batch // of chunks, not appended yet
	pending  []Sequenced                    // batches that are not replayed yet
	done     *Rescued
	recorded plant.Micros                     // when the last batch was
	chunked  uint64                           // batches up to here are in chunks of old
	open     map[series]map[plant.Micros]bool // what batches behind them said
}

func (r *rescue) run() error {
	last, err := r.lastSeq()
	if err != nil {
		return err
	}
	whole, err := r.log(last)
	if err != nil {
		return err
	}
	if r.torn.end {
		whole = false
	}
	if len(r.torn.logs) > 0 && !whole {
		r.done.Lost = append(r.done.Lost, Loss{From: r.recorded, What: fmt.Sprintf("what stood in the damaged places of %s; the last batch that could be read was recorded at %s",
			strings.Join(r.torn.logs, ", "), stamp(r.recorded))})
	}
	if !whole {
		for _, one := range []func() error{
			func() error { return rescueChunks(r, numberKind) }, func() error { return rescueChunks(r, textKind) }, r.superseded,
		} {
			if err := one(); err != nil {
				return err
			}
		}
	}
	return r.notes()
}

// lastSeq is the highest place that old ever gave, as far as it can be read.
func (r *rescue) lastSeq() (last uint64, err error) {
	for _, key := range [][]byte{keyLastSeq, keyChunked} {
		raw, closer, err := r.old.Get(key)
		if errors.Is(err, pebble.ErrNotFound) || err != nil && unreadable(err) {
			continue
		}
		if err != nil {
			return 0, err
		}
		seq, err := sequenceOf(raw)
		if err := errors.Join(err, closer.Close()); err != nil {
			return 0, err
		}
		if last = max(last, seq); bytes.Equal(key, keyChunked) {
			r.chunked = seq
		}
	}
	_, err = eachReadable(r.ctx, r.old, batchKey(0), []byte{spaceBatch + 1}, func(key, _ []byte) error {
		last = max(last, binary.BigEndian.Uint64(key[1:]))
		return nil
	})
	return last, err
}

// log takes every batch behind what is there already; whole says that none of
// them is missing.
func (r *rescue) log(last uint64) (whole bool, err error) {
	whole = true
	from := r.next
	take := func(key, value []byte) error {
		b, err := DecodeBatch(value)
		if err != nil {
			return err
		}
		b.Seq = binary.BigEndian.Uint64(key[1:])
		if b.Seq < r.next {
			return nil
		} else if b.Seq > r.next {
			whole = false
			if err := r.hole(b.Seq-1, r.next == from, b.Recorded); err != nil {
				return err
			}
		}
		r.note(b)
		r.done.Batches++
		return r.replay(b)
	}
	// One by one in stretches that cannot be read at once.
	at := batchKey(from)
	for {
		lost, err := eachReadableOnce(r.ctx, r.old, at, []byte{spaceBatch + 1}, take)
		if err != nil {
			return whole, err
		}
		if lost == nil {
			break
		}
		for seq := r.next; seq <= last && bytes.Compare(batchKey(seq), lost.hi) < 0; seq++ {
			raw, closer, err := r.old.Get(batchKey(seq))
			if errors.Is(err, pebble.ErrNotFound) || err != nil && unreadable(err) {
				continue
			}
			if err != nil {
				return whole, err
			}
			if err := errors.Join(take(batchKey(seq), raw), closer.Close()); err != nil {
				return whole, err
			}
		}
		at = lost.hi
	}
	if r.next <= last {
		whole = false
		if err := r.hole(last, r.next == from, 0); err != nil {
			return whole, err
		}
	}
	return whole, r.flush()
}

// replay takes a batch; many share one commit.
func (r *rescue) replay(b Sequenced) error {
	r.next, r.recorded = b.Seq+1, b.Recorded
	if r.pending = append(r.pending, b); len(r.pending) < replayAtOnce {
		return nil
	}
	return r.flush()
}

const replayAtOnce = 200

func (r *rescue) flush() error {
	err := r.to.Replay(r.ctx, r.pending...)
	r.pending = r.pending[:0]
	return err
}

func stamp(t plant.Micros) string { return t.Time().Format(time.RFC3339) }

// eachReadableOnce is eachReadable up to the first stretch that cannot be read.
func eachReadableOnce(ctx context.Context, db *pebble.DB, lo, hi []byte, f func(key, value []byte) error) (*stretch, error) {
	if bytes.Compare(lo, hi) >= 0 {
		return nil, nil
	}
	last, err := readOn(ctx, db, lo, hi, f)
	if err == nil {
		return nil, nil
	}
	if !unreadable(err) {
		return nil, err
	}
	if last != nil {
		lo = append(last, 0)
	}
	next, err := readableFrom(db, lo, hi)
	if err != nil {
		return nil, err
	}
	return &stretch{lo, next}, nil
}

// hole keeps the places of batches that cannot be had. Those at the beginning
// may have been dropped long ago: their places are passed over.
func (r *rescue) hole(to uint64, first bool, before plant.Micros) error {
	if first {
		r.next = to + 1
		return r.to.beginBehind(to)
	}
	if after := r.recorded; to > r.chunked {
		r.done.Lost = append(r.done.Lost, Loss{
			From: after, To: max(after, before), What: fmt.Sprintf("%d batches of the log, recorded after %s", to-max(r.next-1, r.chunked), stamp(after)),
		})
	}
	for r.next <= to {
		if err := r.replay(Sequenced{Seq: r.next, Tenant: 1, Recorded: r.recorded}); err != nil {
			return err
		}
	}
	return nil
}

// note remembers what batches said that are in no chunk of old.
func (r *rescue) note(b Sequenced) {
	if b.Seq <= r.chunked {
		return
	}
	see := func(tag plant.TagNo, at plant.Micros) {
		key := series{b.Tenant, tag}
		if r.open[key] == nil {
			r.open[key] = map[plant.Micros]bool{}
		}
		r.open[key][at] = true
	}
	for i := range b.Batch.Samples {
		see(b.Batch.Samples[i].Tag, b.Batch.Samples[i].Time)
	}
	for i := range b.Batch.Texts {
		see(b.Batch.Texts[i].Tag, b.Batch.Texts[i].Time)
	}
}

// notes takes over how far readers and owners have come.
func (r *rescue) notes() error {
	for _, space := range []byte{spaceCursor, spaceMark} {
		if _, err := eachReadable(r.ctx, r.old, []byte{space}, []byte{space + 1}, func(key, value []byte) error {
			b := r.to.db.NewBatch()
			set(b.Set(bytes.Clone(key), bytes.Clone(value), nil))
			return r.to.write(b, pebble.Sync)
		}); err != nil {
			return err
		}
	}
	return nil
}

// superseded takes over the values that were replaced.
func (r *rescue) superseded() error {
	b := r.to.db.NewBatch()
	lost, err := eachReadable(r.ctx, r.old, []byte{spaceSuperseded}, []byte{spaceSuperseded + 1}, func(key, value []byte) error {
		set(b.Set(key, value, nil))
		if b.Len() < writerBatch {
			return nil
		}
		full := b
		b = r.to.db.NewBatch()
		return r.to.write(full, pebble.NoSync)
	})
	err = errors.Join(err, r.to.write(b, pebble.Sync))
	if len(lost) > 0 {
		r.done.Lost = append(r.done.Lost, Loss{What: "replaced values (not those that hold) in a damaged table"})
	}
	return err
}

// beginBehind lets the next batch have the place behind seq.
func (s *Store) beginBehind(seq uint64) error {
	if err := s.Flush(); err != nil {
		return err
	}
	b := s.db.NewBatch()
	for _, key := range [][]byte{keyLastSeq, keyChunked} {
		set(b.Set(key, binary.BigEndian.AppendUint64(nil, seq), nil))
	}
	set(b.DeleteRange(batchKey(0), batchKey(seq+1), nil))
	if err := s.write(b, pebble.Sync); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastSeq, s.chunked, s.firstRaw = seq, seq, seq+1
	return nil
}

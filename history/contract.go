package history

import (
	"fmt"
	"math"

	"zhigai/plant"
	"zhigai/plant/waveform"
)

// What is here holds for every store of samples, also one of another room.

// MaxValue is the longest value of a text: a waveform.
const MaxValue = waveform.MaxBytes

// maxCursorName bounds the name of a reader.
const maxCursorName = 200

// maxMark bounds the value of a mark: it is written with every commit of its
// owner.
const maxMark = 8 << 20

// maxMarked bounds the batches of one AppendMarked together: five million
// samples, and some hundred megabytes of memory while they are committed.
const maxMarked = 64 << 20

// Check refuses a batch that could not be stored exactly, naming the tag:
// ErrRefused.
func Check(b plant.Batch) error {
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
		if len(t.Value) > plant.MaxText && !waveform.Is(t.Value) {
			return fmt.Errorf("%w: tag %d: text of %d bytes; %d are kept", ErrRefused, t.Tag, len(t.Value), plant.MaxText)
		}
	}
	if size > MaxBatchText {
		return fmt.Errorf("%w: %d bytes of text; %d are taken at once", ErrRefused, size, MaxBatchText)
	}
	return nil
}

// Check refuses a mark without a name or with too large a value.
func (m Mark) Check() error {
	if m.Name == "" || len(m.Name) > maxCursorName || len(m.Value) > maxMark {
		return fmt.Errorf("%w: mark %.40q of %d bytes; a name and at most %d bytes are needed", ErrRefused, m.Name, len(m.Value), maxMark)
	}
	return nil
}

// CheckMarked refuses batches that have too many bytes together, as
// [Sequenced.Encode] writes them.
func CheckMarked(size int) error {
	if size > maxMarked {
		return fmt.Errorf("%w: batches of more than %d bytes at once", ErrRefused, maxMarked)
	}
	return nil
}

// CheckCursor refuses a cursor without a name, and one ahead of the last batch.
func CheckCursor(name string, seq, last uint64) error {
	if name == "" || len(name) > maxCursorName {
		return fmt.Errorf("%w: name of a cursor has %d bytes; 1 to %d", ErrRefused, len(name), maxCursorName)
	}
	if seq > last {
		return fmt.Errorf("%w: cursor %s at %d is ahead of the last batch %d; was this store restored from an older copy?", ErrRefused, name, seq, last)
	}
	return nil
}

// Bounded cuts a range to the times that samples can have.
func Bounded(from, to plant.Micros) (plant.Micros, plant.Micros) {
	return max(from, minTime), min(to, maxTime)
}

func checkBuckets(from, to plant.Micros, n int) error {
	if n < 1 || n > MaxBuckets || to <= from || from < minTime || to > maxTime {
		return fmt.Errorf("%w: %d buckets from %d to %d; 1 to %d of a time that is not empty, between 1970 and 2200", ErrRefused, n, from, to, MaxBuckets)
	}
	return nil
}

// BucketsOf is [Store.Buckets] for samples that come from elsewhere. before is
// the last sample before from, if there is one; samples calls its argument for
// every sample of [from, to) in order of time.
func BucketsOf(from, to plant.Micros, n int, before func() (plant.Sample, bool, error), samples func(yield func(plant.Sample) bool) error) ([]Bucket, error) {
	if err := checkBuckets(from, to, n); err != nil {
		return nil, err
	}
	f := newFiller(from, to, n)
	carry, ok, err := before()
	if err != nil {
		return nil, err
	}
	if ok && !carry.Quality.IsBad() {
		f.value, f.holds = carry.Value, true
	}
	var one [1]point[uint64]
	err = samples(func(s plant.Sample) bool {
		one[0] = point[uint64]{at: s.Time, value: math.Float64bits(s.Value), order: pack(0, s.Quality)}
		f.points(one[:])
		return true
	})
	if err != nil {
		return nil, err
	}
	return f.finish(), nil
}

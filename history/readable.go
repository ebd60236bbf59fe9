package history

import (
	"bytes"
	"context"
	"errors"
	"math/big"

	"github.com/cockroachdb/pebble/v2"
)

// stretch is keys of which it is not known what there is: from lo on, before hi.
type stretch struct{ lo, hi []byte }

// eachReadable goes over the keys of [lo, hi) that can be read and gives the
// stretches that cannot. A block that is damaged hides every key in it, and
// keys of other files between them: who knows such a key can still ask for it.
func eachReadable(ctx context.Context, db *pebble.DB, lo, hi []byte, f func(key, value []byte) error) (lost []stretch, err error) {
	at := bytes.Clone(lo)
	for {
		last, err := readOn(ctx, db, at, hi, f)
		if last != nil {
			at = append(last, 0)
		}
		if err == nil {
			return lost, nil
		}
		if !unreadable(err) {
			return lost, err
		}
		next, err := readableFrom(db, at, hi)
		if err != nil {
			return lost, err
		}
		lost = append(lost, stretch{at, next})
		if bytes.Equal(next, hi) {
			return lost, nil
		}
		at = next
	}
}

func unreadable(err error) bool {
	return pebble.IsCorruptionError(err) || errors.Is(err, ErrDamaged)
}

// readOn reads until the end or the first error, and gives the last key read.
func readOn(ctx context.Context, db *pebble.DB, lo, hi []byte, f func(key, value []byte) error) (last []byte, err error) {
	it, err := db.NewIter(&pebble.IterOptions{LowerBound: lo, UpperBound: hi})
	if err != nil {
		return nil, err
	}
	defer func() { _ = it.Close() }() // its errors are told by Error
	for ok := it.First(); ok; ok = it.Next() {
		if err := ctx.Err(); err != nil {
			return last, err
		}
		value, err := it.ValueAndErr()
		if err == nil {
			err = f(it.Key(), value)
		}
		if err != nil {
			return last, err
		}
		last = append(last[:0], it.Key()...)
	}
	return last, it.Error()
}

// keyWidth is longer than every key that is looked for among unreadable ones.
const keyWidth = 32

// readableFrom finds where keys can be read again behind a damaged block: by
// steps that double, and then by halves. Keys are taken for numbers.
func readableFrom(db *pebble.DB, lo, hi []byte) ([]byte, error) {
	number := func(key []byte) *big.Int {
		return new(big.Int).SetBytes(append(bytes.Clone(key), make([]byte, max(0, keyWidth-len(key)))...)[:keyWidth])
	}
	key := func(n *big.Int) []byte { return bytes.TrimRight(n.FillBytes(make([]byte, keyWidth)), "\x00") }
	bad, end, step := number(lo), number(hi), big.NewInt(1)
	good := new(big.Int)
	for {
		if good.Add(bad, step); good.Cmp(end) >= 0 {
			return hi, nil
		}
		ok, err := canRead(db, key(good), hi)
		if err != nil {
			return nil, err
		}
		if ok {
			break
		}
		bad.Set(good)
		step.Lsh(step, 1)
	}
	for half := new(big.Int); ; {
		half.Add(bad, good).Rsh(half, 1)
		if half.Cmp(bad) == 0 {
			return key(good), nil
		}
		ok, err := canRead(db, key(half), hi)
		if err != nil {
			return nil, err
		}
		if ok {
			good.Set(half)
		} else {
			bad.Set(half)
		}
	}
}

// canRead says whether the first key at or behind lo can be read.
func canRead(db *pebble.DB, lo, hi []byte) (bool, error) {
	it, err := db.NewIter(&pebble.IterOptions{LowerBound: lo, UpperBound: hi})
	if err == nil {
		if it.First() {
			_, err = it.ValueAndErr()
		}
		err = errors.Join(err, it.Error())
		_ = it.Close() // said already
	}
	if err != nil && !unreadable(err) {
		return false, err
	}
	return err == nil, nil
}

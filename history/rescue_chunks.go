package history

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"zhigai/plant"
)

// rescueChunks adds the points of the chunks that can be read, where they are
// not there or there is an older value, and names the chunks that cannot.
func rescueChunks[V uint64 | string](r *rescue, k kind[V]) error {
	c := newCodec()
	space := k.chunks
	var points []point[V]
	add := func(key, value []byte) (err error) {
		if points, err = k.decode(c, points[:0], value); err != nil {
			return err
		}
		return addMissing(r, k, seriesOf(key), points)
	}
	lost, err := eachReadable(r.ctx, r.old, []byte{space}, []byte{space + 1}, add)
	if err != nil {
		return err
	}
	for _, one := range lost {
		if err := rescueStretch(r, k, one, add); err != nil {
			return err
		}
	}
	return r.keepExtra()
}

// rescueStretch asks for the chunks of a stretch one by one, by their stats.
func rescueStretch[V uint64 | string](r *rescue, k kind[V], one stretch, add func(key, value []byte) error) error {
	in := func(key []byte) []byte { return append([]byte{k.index}, key[1:]...) }
	hi := []byte{k.index + 1}
	if one.hi[0] == k.chunks {
		hi = in(one.hi)
	}
	unknown, err := eachReadable(r.ctx, r.old, in(one.lo), hi, func(key, value []byte) error {
		chunk := append([]byte{k.chunks}, key[1:]...)
		raw, closer, err := r.old.Get(chunk)
		if err == nil {
			return errors.Join(add(chunk, raw), closer.Close())
		}
		if !unreadable(err) && !errors.Is(err, pebble.ErrNotFound) {
			return err
		}
		st, err := decodeStats(value)
		if err != nil {
			return err
		}
		return nameLoss(r, k, seriesOf(key), timeOf(key), st, value)
	})
	for _, u := range unknown {
		r.done.Lost = append(r.done.Lost, Loss{What: fmt.Sprintf("samples in a damaged table that neither chunks nor their stats tell of: %s", wordsOf(u))})
	}
	return err
}

// wordsOf names the series at both ends of a stretch.
func wordsOf(one stretch) string {
	end := func(key []byte) string {
		if len(key) < seriesEnd {
			return "the end"
		}
		return fmt.Sprintf("tag %d", seriesOf(key).tag)
	}
	return "from " + end(one.lo) + " to " + end(one.hi)
}

// nameLoss names a chunk that nobody has, unless what is there now is the same.
func nameLoss[V uint64 | string](r *rescue, k kind[V], key series, first plant.Micros, st stats, raw []byte) error {
	if err := r.keepExtra(); err != nil {
		return err
	}
	var have []point[V]
	if err := scan(r.ctx, r.to, k, key, first, st.last+1, func(p point[V]) bool {
		have = append(have, p)
		return true
	}); err != nil {
		return err
	}
	if len(have) > 0 && bytes.Equal(k.stats(have).append(nil), raw) {
		return nil
	}
	r.done.Lost = append(r.done.Lost, Loss{Tenant: key.tenant, Tag: key.tag, From: first, To: st.last + 1, Samples: max(0, st.count-len(have)), What: "samples in a damaged table"})
	return nil
}

// addMissing appends what the store does not have like that.
func addMissing[V uint64 | string](r *rescue, k kind[V], key series, points []point[V]) error {
	have := map[plant.Micros]point[V]{}
	if err := scan(r.ctx, r.to, k, key, points[0].at, points[len(points)-1].at+1, func(p point[V]) bool {
		have[p.at] = p
		return true
	}); err != nil {
		return err
	}
	b := r.extra[key.tenant]
	before := b.Len()
	for _, p := range points {
		if was, ok := have[p.at]; ok && equal(was, p) || r.open[key][p.at] {
			continue // a batch of the log says something newer
		}
		switch p := any(p).(type) {
		case point[uint64]:
			b.Samples = append(b.Samples, sampleOf(key.tag, p))
		case point[string]:
			b.Texts = append(b.Texts, textOf(key.tag, p))
		}
	}
	r.done.Samples += b.Len() - before
	if r.extra[key.tenant] = b; b.Len() < extraAtOnce && textSize(b) < MaxBatchText/2 {
		return nil
	}
	return r.keepExtra()
}

// extraAtOnce bounds what waits to be appended.
const extraAtOnce = 50_000

func textSize(b plant.Batch) (n int) {
	for i := range b.Texts {
		n += len(b.Texts[i].Value)
	}
	return n
}

// keepExtra appends what chunks had and the log had not.
func (r *rescue) keepExtra() error {
	for tenant, b := range r.extra {
		if b.Len() > 0 {
			if _, err := r.to.Append(r.ctx, tenant, b); err != nil {
				return err
			}
		}
	}
	clear(r.extra)
	return nil
}

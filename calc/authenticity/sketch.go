package authenticity

import (
	"bytes"
	"encoding/binary"
	"hash/fnv"
	"slices"
)

const (
	// sketchSize is how many hashes a sketch keeps: a stretch of 2 % of a day
	// shared with another still leaves ten in common.
	sketchSize = 512
	// window is how many steps one hash covers. An up-or-down step of a noisy
	// signal tells about one bit: two series that never met agree over 128 of them
	// once in 10^38.
	window = 128
	// leastPhrases are those of a window that tells enough, after Lempel and Ziv
	// (IEEE Trans. Inf. Theory 22, 1976, 75-81). Of a noisy series it has 16 and
	// more; an oscillation looked at slowly, as of a controller that switches, has
	// 14 at most and looks alike on every machine of its kind.
	leastPhrases = 15
	// SharedFrom hashes in common are a copy. Honest days have none.
	SharedFrom = 8
)

// Sketch is what a machine's day is compared by: the smallest hashes of the
// windows of its measured signals and of its device's instants. It gives no
// sample away, is small enough to travel, and does not change when a series is
// shifted in time, scaled or moved by a constant.
type Sketch struct {
	Shapes []uint64 // of values: the pattern of ups and downs
	Clocks []uint64 // of the device's own instants
}

// SketchOf makes the sketch of a day.
func SketchOf(d Day) Sketch {
	shapes, clocks := bottom{least: leastPhrases}, bottom{}
	for _, s := range d.Signals {
		if s.Measured {
			shapes.shape(s.Values)
		}
	}
	times := make([]int64, len(d.Clock))
	for i, r := range d.Clock {
		times[i] = r.Device
	}
	clocks.beats(times)
	return Sketch{Shapes: shapes.smallest(), Clocks: clocks.smallest()}
}

// bottom gathers hashes of a day. A window that comes twice in a day is a cycle
// of the machine's programme: another machine on the same programme has it, too.
type bottom struct {
	least int // phrases a window must have
	seen  map[uint64]sight
}

// sight is where a hash was found, and how often.
type sight struct {
	steps []byte
	n     int
}

func (b *bottom) add(hash uint64, steps []byte) {
	if b.seen == nil {
		b.seen = map[uint64]sight{}
	}
	b.seen[hash] = sight{steps, b.seen[hash].n + 1}
}

// smallest gives the smallest hashes that came once and tell enough. Only these
// are weighed: it takes longer than to hash.
func (b *bottom) smallest() []uint64 {
	all := make([]uint64, 0, len(b.seen))
	for h, p := range b.seen {
		if p.n == 1 {
			all = append(all, h)
		}
	}
	slices.Sort(all)
	out := make([]uint64, 0, sketchSize)
	for _, h := range all {
		if len(out) == sketchSize {
			break
		}
		if phrases(b.seen[h].steps, b.least) >= b.least {
			out = append(out, h)
		}
	}
	return out
}

// shape hashes every window of ups, downs and standstills.
func (b *bottom) shape(values []float64) {
	if len(values) <= window {
		return
	}
	steps := make([]byte, len(values)-1)
	for i := range steps {
		switch d := values[i+1] - values[i]; {
		case d > 0:
			steps[i] = 'u'
		case d < 0:
			steps[i] = 'd'
		default:
			steps[i] = '='
		}
	}
	for i := 0; i+window <= len(steps); i++ {
		h := fnv.New64a()
		_, _ = h.Write(steps[i : i+window])
		b.add(mix(h.Sum64()), steps[i:i+window])
	}
}

// phrases counts, up to enough, the phrases of the window's exhaustive history:
// each is the shortest stretch that did not occur before.
func phrases(steps []byte, enough int) (n int) {
	for at := 0; at < len(steps) && n < enough; n++ {
		length := 1
		for at+length <= len(steps) && bytes.Contains(steps[:at+length-1], steps[at:at+length]) {
			length++
		}
		at += length
	}
	return n
}

// beatSteps is how many intervals one hash of a clock covers: at a jitter of a
// few milliseconds each tells ten bits and more.
const beatSteps = 16

// beats hashes the intervals between a device's instants. Regular ones, as of a
// cycle without jitter or of whole seconds, tell nothing.
func (b *bottom) beats(times []int64) {
	var raw [8]byte
	for i := 0; i+beatSteps < len(times); i++ {
		kinds := map[int64]bool{}
		h := fnv.New64a()
		for j := range beatSteps {
			step := times[i+j+1] - times[i+j]
			kinds[step] = true
			binary.BigEndian.PutUint64(raw[:], uint64(step))
			_, _ = h.Write(raw[:])
		}
		if len(kinds) >= beatSteps/2 {
			b.add(mix(h.Sum64()), nil)
		}
	}
}

// mix spreads a hash evenly, so that the smallest are a fair sample (the
// finaliser of MurmurHash3).
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// Likeness is what two sketches have in common.
type Likeness struct {
	Shapes, Clocks int     // hashes in common
	Share          float64 // of the smaller sketch's shapes, 0..1
}

// Compare says what two days have in common.
func Compare(a, b Sketch) Likeness {
	l := Likeness{Shapes: common(a.Shapes, b.Shapes), Clocks: common(a.Clocks, b.Clocks)}
	if n := min(len(a.Shapes), len(b.Shapes)); n > 0 {
		l.Share = float64(l.Shapes) / float64(n)
	}
	return l
}

// Copied and Cloned report whether the likeness is beyond chance.
func (l Likeness) Copied() bool { return l.Shapes >= SharedFrom }

// Cloned is of the clocks.
func (l Likeness) Cloned() bool { return l.Clocks >= SharedFrom }

// common counts what both sorted lists hold.
func common(a, b []uint64) (n int) {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			n, i, j = n+1, i+1, j+1
		case a[i] < b[j]:
			i++
		default:
			j++
		}
	}
	return n
}

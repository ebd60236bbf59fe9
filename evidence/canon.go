package evidence

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"math"

	"zhigai/plant"
)

// What an entry of an hour begins with. They also keep a number from being
// taken for a text of the same bytes.
const (
	entryNumber byte = 1
	entryText   byte = 2
	entryEnd    byte = 0xFF // the number of entries follows
)

// hourWord begins the canonical bytes of an hour and dayWord those of a
// tag-day: what was hashed as one can not be shown as the other.
const (
	hourWord = "zhigai.hour.1\n"
	dayWord  = "zhigai.tagday.1\n"
)

// TagDay is the digest of one tag's samples of one day, as they were when it was
// made: superseded values are not in it.
type TagDay struct {
	Day     Day
	Hours   [24]Hash // leaf hashes
	Samples int64
}

// Hash is the root over the 24 hours.
func (d TagDay) Hash() Hash { return root(d.Hours[:]) }

// Digester makes a [TagDay] of samples or texts added in order of time.
type Digester struct {
	day  Day
	hour int // being written; -1 before the first
	last plant.Micros
	n    int64 // entries of the hour
	sum  hash.Hash
	out  TagDay
	buf  []byte // not hashed yet: many small writes cost more than the hash
}

// bufBytes is what is hashed at once.
const bufBytes = 4096

// NewDigester begins the day.
func NewDigester(d Day) *Digester {
	return &Digester{day: d, hour: -1, last: d.From() - 1, sum: sha256.New(), out: TagDay{Day: d}, buf: make([]byte, 0, bufBytes+64)}
}

// Sample adds a number, boolean or code. Of a bad one the device's raw bytes
// count, as they stand in the value.
func (d *Digester) Sample(s plant.Sample) error {
	if err := d.reach(s.Time); err != nil {
		return err
	}
	d.head(entryNumber, s.Time, s.Quality)
	d.buf = binary.BigEndian.AppendUint64(d.buf, math.Float64bits(s.Value))
	if len(d.buf) >= bufBytes {
		d.flush()
	}
	return nil
}

// Text adds a text, of a waveform its exact encoding.
func (d *Digester) Text(t plant.Text) error {
	if err := d.reach(t.Time); err != nil {
		return err
	}
	d.head(entryText, t.Time, t.Quality)
	d.buf = binary.BigEndian.AppendUint32(d.buf, uint32(len(t.Value)))
	d.flush()
	d.sum.Write([]byte(t.Value))
	return nil
}

// End closes the day. The digester must not be used after it.
func (d *Digester) End() TagDay {
	for d.hour < 24 {
		d.turn()
	}
	return d.out
}

// reach turns over hours until the instant is in the one that is written.
func (d *Digester) reach(at plant.Micros) error {
	if at <= d.last || at >= d.day.To() {
		return fmt.Errorf("%w: %s behind %s, of the day %s", ErrOrder, at.Time(), d.last.Time(), d.day)
	}
	d.last = at
	for want := int((at - d.day.From()) / hour); d.hour < want; {
		d.turn()
	}
	d.n++
	return nil
}

// turn ends the hour and begins the next.
func (d *Digester) turn() {
	if d.hour >= 0 {
		d.buf = binary.BigEndian.AppendUint64(append(d.buf, entryEnd), uint64(d.n))
		d.flush()
		d.sum.Sum(d.out.Hours[d.hour][:0])
		d.out.Samples += d.n
	}
	d.hour++
	d.n = 0
	d.sum.Reset()
	d.buf = append(append(d.buf, leafPrefix), hourWord...)
	d.buf = append(binary.BigEndian.AppendUint32(d.buf, uint32(d.day)), byte(d.hour))
}

func (d *Digester) head(kind byte, at plant.Micros, q plant.Quality) {
	d.buf = append(binary.BigEndian.AppendUint64(append(d.buf, kind), uint64(at)), byte(q))
}

func (d *Digester) flush() {
	d.sum.Write(d.buf)
	d.buf = d.buf[:0]
}

// DayOf digests samples and texts of one tag and one day, one of the two being
// empty, in order of time.
func DayOf(d Day, samples []plant.Sample, texts []plant.Text) (TagDay, error) {
	g := NewDigester(d)
	for _, s := range samples {
		if err := g.Sample(s); err != nil {
			return TagDay{}, err
		}
	}
	for _, t := range texts {
		if err := g.Text(t); err != nil {
			return TagDay{}, err
		}
	}
	return g.End(), nil
}

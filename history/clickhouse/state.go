package clickhouse

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"zhigai/history"
	"zhigai/plant"
)

// Kinds of rows. marker rows say whose ledger the table was filled from.
const (
	kindNumber uint8 = 0
	kindText   uint8 = 1
	kindMarker uint8 = 255
)

// series is one tag of one tenant, of one kind.
type series struct {
	tenant plant.TenantNo
	tag    plant.TagNo
	kind   uint8
}

// version is what one batch said of one time of a series. Of one time the one
// with the greatest seq and then entry counts.
type version struct {
	at       plant.Micros
	seq      uint64
	entry    uint32 // place among the samples and then the texts of the batch
	recorded plant.Micros
	quality  plant.Quality
	bits     uint64 // of a number
	text     string
}

// order is by time and then by record.
func (v version) order(w version) int {
	return cmp.Or(cmp.Compare(v.at, w.at), cmp.Compare(v.seq, w.seq), cmp.Compare(v.entry, w.entry))
}

// says reports whether both say the same of their time.
func (v version) says(w version) bool {
	return v.quality == w.quality && v.bits == w.bits && v.text == w.text
}

func (v version) sample(tag plant.TagNo) plant.Sample {
	return plant.Sample{Tag: tag, Time: v.at, Quality: v.quality, Value: math.Float64frombits(v.bits)}
}

func (v version) asText(tag plant.TagNo) plant.Text {
	return plant.Text{Tag: tag, Time: v.at, Quality: v.quality, Value: v.text}
}

// versions calls yield for every entry of a batch.
func versions(b history.Sequenced, yield func(series, version)) {
	entry := uint32(0)
	for i := range b.Batch.Samples {
		p := &b.Batch.Samples[i]
		yield(series{b.Tenant, p.Tag, kindNumber}, version{at: p.Time, seq: b.Seq, entry: entry, recorded: b.Recorded, quality: p.Quality, bits: p.Raw()})
		entry++
	}
	for i := range b.Batch.Texts {
		p := &b.Batch.Texts[i]
		yield(series{b.Tenant, p.Tag, kindText}, version{at: p.Time, seq: b.Seq, entry: entry, recorded: b.Recorded, quality: p.Quality, text: p.Value})
		entry++
	}
}

// tagKey is a tag with both kinds.
type tagKey struct {
	tenant plant.TenantNo
	tag    plant.TagNo
}

// expiry hides what batches up to seq say of times before.
type expiry struct {
	before plant.Micros
	seq    uint64
}

func (e expiry) hides(v version) bool { return v.at < e.before && v.seq <= e.seq }

// state is what this process knows of the ledger.
type state struct {
	head    head
	expired map[tagKey][]expiry
	// held are the versions of the batches behind from, up to to, by series in
	// order of record. What is in a slice never changes, so that a copy of it may
	// be read without the lock. Everything up to from is in ClickHouse.
	held     map[series][]version
	points   int
	from, to uint64
	extents  map[series]extent // of what ClickHouse has up to from
	unread   bool              // extents are to be read from the ledger
	tooFar   bool              // ClickHouse is so far behind that not all can be held
}

func newState() state {
	return state{held: map[series][]version{}, expired: map[tagKey][]expiry{}, extents: map[series]extent{}, unread: true}
}

// extent is when the first and the last version of a series are: there may be
// fewer, and none outside.
type extent struct{ first, last plant.Micros }

// extend makes the extent of the series in all reach from first to last.
func extend(all map[series]extent, key series, first, last plant.Micros) {
	e, ok := all[key]
	if !ok {
		e = extent{first, last}
	}
	all[key] = extent{min(e.first, first), max(e.last, last)}
}

// hold takes the next batch.
func (s *state) hold(b history.Sequenced) {
	versions(b, func(key series, v version) {
		s.held[key] = append(s.held[key], v)
		s.points++
	})
	s.to = b.Seq
}

// begin forgets what is held; from here on everything behind the place is.
func (s *state) begin(place uint64) {
	s.held, s.points, s.from, s.to, s.unread = map[series][]version{}, 0, place, place, true
}

// trim forgets what ClickHouse has now.
func (s *state) trim(filled uint64) {
	if filled <= s.from {
		return
	}
	for key, all := range s.held {
		n := 0
		for n < len(all) && all[n].seq <= filled {
			extend(s.extents, key, all[n].at, all[n].at)
			n++
		}
		s.points -= n
		switch {
		case n == len(all):
			delete(s.held, key)
		case n > 0:
			s.held[key] = slices.Clone(all[n:]) // a part would keep the whole in memory
		}
	}
	s.from = filled
	s.to = max(s.to, filled)
}

// view is one question's view of a series.
type view struct {
	series
	to        uint64       // the last batch that is seen
	held      []version    // not in ClickHouse for sure, in order of time and record
	from, end plant.Micros // ClickHouse has nothing outside [from, end) that is not held
	hidden    []expiry
}

// look gives the versions of [from, to) that are held, and what is hidden.
func (s *state) look(key series, from, to plant.Micros) view {
	v := view{series: key, to: s.to, hidden: s.expired[tagKey{key.tenant, key.tag}]}
	if e, ok := s.extents[key]; ok {
		v.from, v.end = e.first, e.last+1
	}
	for _, one := range s.held[key] {
		if one.at >= from && one.at < to && !v.hides(one) {
			v.held = append(v.held, one)
		}
	}
	slices.SortFunc(v.held, version.order)
	return v
}

func (v view) hides(one version) bool {
	return slices.ContainsFunc(v.hidden, func(e expiry) bool { return e.hides(one) })
}

// incomplete is why questions cannot be answered, or nil.
func (s *state) incomplete() error {
	if s.tooFar {
		return fmt.Errorf("%w: ClickHouse lacks the last %d batches (%d MB), too many to be held in memory; they are safe in PostgreSQL: see why ClickHouse takes none",
			history.ErrUnavailable, s.head.seq-s.head.filled, s.head.behind>>20)
	}
	return nil
}

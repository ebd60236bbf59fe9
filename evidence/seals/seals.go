// Package seals seals the recorded days of a node: it follows the log of
// history, notes for which tag-days something was recorded on which day, and
// after the day makes the seal of package evidence over them, keeps it and
// enters it as a fact. [Book.Check] compares seals with the samples that are
// there now.
//
// A tag-day is digested once for each day on which something was recorded for
// it. The package changes no sample, deletes none, and seals nothing that was
// recorded before it first ran. Start with [Book.Run].
package seals

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"zhigai/evidence"
	"zhigai/fact"
	"zhigai/history"
	"zhigai/plant"
)

// Cursor is the name under which history keeps the log for the book of a node's
// own tenant.
const Cursor = "seals"

const (
	// Grace is how long after a day its seal is made: what was under way at
	// midnight is committed, and the node is past the burst of a new shift.
	Grace = 10 * time.Minute
	// readBatches is how many batches are read at once: some 100,000 samples.
	readBatches = 64
	// saveEvery is how often the cursor is saved: what is read again after a
	// crash is noted a second time, which changes nothing.
	saveEvery = 10 * time.Second
	// lookEvery is how often a book without samples looks at the clock.
	lookEvery = time.Minute
	// failPause is the wait after an error, of a database that is away mostly.
	failPause = 30 * time.Second
	// part is how many rows go into one transaction of the record, which others
	// wait behind.
	part = 2000
)

// History is what the book asks of the store of samples.
type History interface {
	Read(ctx context.Context, after uint64, limit int) ([]history.Sequenced, error)
	Wait(ctx context.Context, after uint64) error
	Bounds() (first, last uint64)
	LastSeq() uint64
	Cursors() map[string]uint64
	SaveCursor(name string, seq uint64) error
	Samples(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, yield func(plant.Sample) bool) error
	Texts(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, yield func(plant.Text) bool) error
}

// Tags names tags; an unknown number is no error.
type Tags interface {
	// TagsOf gives the tags of a tenant by number.
	TagsOf(ctx context.Context, tenant plant.TenantNo) (map[plant.TagNo]plant.Tag, error)
}

// Touch says that something was recorded for a tag-day and is not sealed yet.
type Touch struct {
	Recorded evidence.Day
	Tag      plant.TagNo
	Day      evidence.Day
	Seq      uint64 // of the newest batch of history that was noted
}

// Row is a leaf as it is kept: with the number of the tag.
type Row struct {
	Tag     plant.TagNo
	Day     evidence.Day
	Samples int64
	Hash    evidence.Hash
	// Newest is the number of the newest seal that speaks of the tag-day.
	Newest int64
}

// Kept is a seal as it is kept.
type Kept struct {
	evidence.Seal
	Through uint64       // of history: what it is over was noted up to there
	Made    plant.Micros // when
}

// Store keeps seals and what is not sealed yet. Lists are in the order of what
// they are cut by. Methods may be called concurrently.
type Store interface {
	// Note keeps touches; of one that is there already the later Seq counts.
	Note(ctx context.Context, tenant plant.TenantNo, touches []Touch) error
	// Touched lists touches recorded up to the day and noted up to seq, behind
	// the given one, at most limit, by tag, day and recorded day.
	Touched(ctx context.Context, tenant plant.TenantNo, recorded evidence.Day, seq uint64, after Touch, limit int) ([]Touch, error)
	// OldestTouched is the oldest recorded day of a touch; false: there is none.
	OldestTouched(ctx context.Context, tenant plant.TenantNo) (evidence.Day, bool, error)
	// AddLeaves keeps leaves of the seal that will have the number.
	AddLeaves(ctx context.Context, tenant plant.TenantNo, number int64, rows []Row) error
	// DropLeaves forgets up to limit leaves of seals that were not finished,
	// those above the number, and tells how many.
	DropLeaves(ctx context.Context, tenant plant.TenantNo, above int64, limit int) (int64, error)
	// AddSeal finishes a seal.
	AddSeal(ctx context.Context, tenant plant.TenantNo, k Kept) error
	// Settle forgets up to limit touches that the seal is over: recorded up to
	// its day, noted up to its Through, and among its leaves; and tells how many.
	Settle(ctx context.Context, tenant plant.TenantNo, k Kept, limit int) (int64, error)
	// Seals lists seals behind the number.
	Seals(ctx context.Context, tenant plant.TenantNo, after int64, limit int) ([]Kept, error)
	// Last is the newest seal; the zero Kept before the first.
	Last(ctx context.Context, tenant plant.TenantNo) (Kept, error)
	// Leaves lists the leaves of a seal behind the tag-day.
	Leaves(ctx context.Context, tenant plant.TenantNo, number int64, after Row, limit int) ([]Row, error)
	// LeavesOf lists the leaves of a tag-day, the newest seal first.
	LeavesOf(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, day evidence.Day, limit int) ([]Row, error)
	// Expire notes that samples of tags are deleted; a day that was noted never
	// moves back.
	Expire(ctx context.Context, tenant plant.TenantNo, tags map[plant.TagNo]Expiry) error
	// Expired gives for each tag the day before which samples are deleted.
	Expired(ctx context.Context, tenant plant.TenantNo) (map[plant.TagNo]Expiry, error)
}

// Expiry says that the retention of a tag's samples was over.
type Expiry struct {
	Before evidence.Day
	At     plant.Micros // when they were deleted
}

// Options of a book. All but Cursor are required.
type Options struct {
	Tenant  plant.TenantNo
	Cursor  string // of this book at history; [Cursor] when left out
	Node    string // that keeps the samples
	History History
	Tags    Tags
	Store   Store
	Journal fact.Journal
	Now     func() time.Time
	Log     *slog.Logger
}

// Book seals days and knows the seals. Run may be called once; all else
// concurrently.
type Book struct {
	o    Options
	seen []stamp // by tag number: what was noted last, so that it is noted once
}

type stamp struct{ recorded, day evidence.Day }

// NewBook makes a book.
func NewBook(o Options) *Book {
	if o.Cursor == "" {
		o.Cursor = Cursor
	}
	return &Book{o: o}
}

// tagName is the name of the tag; a number that nobody knows any more keeps a
// name of its own.
func tagName(tags map[plant.TagNo]plant.Tag, no plant.TagNo) evidence.Tag {
	if t, ok := tags[no]; ok {
		return evidence.TagOf(t)
	}
	return evidence.Tag{Name: fmt.Sprintf("#%d", no)}
}

// leafOf is the leaf that the row stands for.
func (r Row) leafOf(tags map[plant.TagNo]plant.Tag) evidence.Leaf {
	return evidence.Leaf{Tag: tagName(tags, r.Tag), Day: r.Day, Samples: r.Samples, Hash: r.Hash}
}

// digest reads a tag's day.
func (b *Book) digest(ctx context.Context, tags map[plant.TagNo]plant.Tag, no plant.TagNo, day evidence.Day) (evidence.TagDay, error) {
	t, known := tags[no]
	g := evidence.NewDigester(day)
	n := 0
	var bad error
	if !known || t.Kind != plant.KindText && t.Kind != plant.KindWaveform {
		err := b.o.History.Samples(ctx, b.o.Tenant, no, day.From(), day.To(), func(s plant.Sample) bool {
			n++
			bad = g.Sample(s)
			return bad == nil
		})
		if err != nil || bad != nil {
			return evidence.TagDay{}, fmt.Errorf("seals: tag %d on %s: %w", no, day, cmpErr(err, bad))
		}
	}
	if n == 0 { // what is there in spite of the kind is sealed as well
		err := b.o.History.Texts(ctx, b.o.Tenant, no, day.From(), day.To(), func(t plant.Text) bool {
			bad = g.Text(t)
			return bad == nil
		})
		if err != nil || bad != nil {
			return evidence.TagDay{}, fmt.Errorf("seals: tag %d on %s: %w", no, day, cmpErr(err, bad))
		}
	}
	return g.End(), nil
}

func cmpErr(first, second error) error {
	if first != nil {
		return first
	}
	return second
}

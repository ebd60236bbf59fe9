package seals_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"zhigai/evidence"
	"zhigai/evidence/seals"
	"zhigai/fact"
	"zhigai/history"
	"zhigai/plant"
	"zhigai/record"
	recordseals "zhigai/record/evidence"
)

const tenant plant.TenantNo = 1

var monday = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

// world is a node's stores with a clock of its own.
type world struct {
	t       *testing.T
	now     time.Time
	dir     string
	history *history.Store
	record  *record.DB
	tags    map[plant.TagNo]plant.Tag
	book    *seals.Book
	store   seals.Store
}

func (w *world) TagsOf(context.Context, plant.TenantNo) (map[plant.TagNo]plant.Tag, error) {
	return w.tags, nil
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, now: monday, dir: t.TempDir(), tags: map[plant.TagNo]plant.Tag{}}
	for i := range 6 {
		no := plant.TagNo(i + 1)
		w.tags[no] = plant.Tag{No: no, Node: "EQ", Name: fmt.Sprintf("tag.%d", no), Path: fmt.Sprintf("firm/eq/tag.%d", no), Kind: plant.KindNumber}
	}
	text := w.tags[6]
	text.Kind = plant.KindText
	w.tags[6] = text
	var err error
	if w.record, err = record.Open(t.Context(), w.dir+"/record", record.Options{}); err != nil {
		t.Fatal(err)
	}
	w.store = recordseals.New(w.record)
	w.open()
	t.Cleanup(func() {
		if err := errors.Join(w.history.Close(), w.record.Close()); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) open() {
	w.t.Helper()
	var err error
	if w.history, err = history.Open(w.dir+"/history", history.Options{Now: func() time.Time { return w.now }}); err != nil {
		w.t.Fatal(err)
	}
	w.remake(w.store)
}

func (w *world) remake(store seals.Store) {
	w.book = seals.NewBook(seals.Options{
		Tenant: tenant, Node: "NODE", History: w.history, Tags: w, Store: store, Journal: w.record.Journal(),
		Now: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler),
	})
}

func (w *world) append(b plant.Batch) {
	w.t.Helper()
	if _, err := w.history.Append(w.t.Context(), tenant, b); err != nil {
		w.t.Fatal(err)
	}
}

// at is a sample of a tag so long after monday began.
func at(tag plant.TagNo, after time.Duration, value float64) plant.Sample {
	return plant.Sample{Tag: tag, Time: plant.MicrosOf(monday.Add(after)), Value: value}
}

func (w *world) samples(s ...plant.Sample) { w.append(plant.Batch{Samples: s}) }

func (w *world) step() {
	w.t.Helper()
	if err := w.book.Seal(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) check(q seals.Question) *seals.Report {
	w.t.Helper()
	if q.To == 0 {
		q.To = math.MaxInt32
	}
	r, err := w.book.Check(w.t.Context(), q)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	err := w.record.Write(w.t.Context(), func(ctx context.Context, tx bun.Tx) error {
		done, err := tx.NewRaw(query, args...).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return fmt.Errorf("%d rows changed, %w", n, err)
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// day is one day's work: a sample a minute for each tag, a bad one, a text.
func (w *world) day(n int) {
	w.t.Helper()
	from := time.Duration(n) * 24 * time.Hour
	w.now = monday.Add(from + 23*time.Hour)
	var b plant.Batch
	for tag := plant.TagNo(1); tag <= 5; tag++ {
		for m := range 200 {
			b.Samples = append(b.Samples, at(tag, from+time.Duration(m)*5*time.Minute, float64(m)*1.1))
		}
		b.Samples = append(b.Samples, plant.BadSample(tag, b.Samples[len(b.Samples)-1].Time+1, plant.Sentinel, []byte{0xFF, byte(n)}))
	}
	b.Texts = []plant.Text{{Tag: 6, Time: plant.MicrosOf(monday.Add(from)), Value: "O1234"}, {Tag: 6, Time: plant.MicrosOf(monday.Add(from + time.Hour)), Value: "O1235"}}
	w.append(b)
}

func TestBook_SealsDayAfterDay(t *testing.T) {
	w := newWorld(t)
	w.day(0)
	w.step()
	if last, err := w.store.Last(t.Context(), tenant); err != nil || last.Number != 0 {
		t.Fatalf("sealed before the day was over: %+v, %v", last, err)
	}
	w.now = monday.Add(24*time.Hour + seals.Grace - time.Second)
	w.step()
	if last, _ := w.store.Last(t.Context(), tenant); last.Number != 0 {
		t.Fatalf("sealed before the grace was over: %+v", last)
	}
	w.now = w.now.Add(time.Second)
	w.step()
	w.step() // again: nothing more to do
	w.day(1)
	w.now = monday.Add(36 * time.Hour)
	w.samples(at(2, time.Hour, 99), at(2, 90*time.Second, 7)) // a correction of Monday and a late sample
	w.now = monday.Add(49 * time.Hour)
	w.step()
	r := w.check(seals.Question{})
	// Monday 6 leaves; Tuesday 6 and Monday's of tag 2 again.
	if r.Seals != 2 || r.Leaves != 13 || r.Older != 1 || r.Digests != 12 || r.Samples != 2*(5*201+2)+1 || r.Mismatches != 0 {
		t.Errorf("%+v", r)
	}
	events, err := w.record.Journal().Events(t.Context(), tenant, fact.Filter{Kinds: []fact.Kind{fact.KindSeal}})
	if err != nil || len(events) != 2 {
		t.Fatalf("%d facts, %v", len(events), err)
	}
	var said evidence.Seal
	if err := json.Unmarshal(events[1].Payload, &said); err != nil || said != r.Last.Seal || events[1].Source != seals.Source("NODE") || events[1].SourceSeq != 2 {
		t.Errorf("the fact says %+v, %v; sealed is %+v", said, err, r.Last)
	}
	// What Monday's seal said of tag 2 stays provable, although a later one speaks of it.
	rows, err := w.store.LeavesOf(t.Context(), tenant, 2, evidence.DayAt(plant.MicrosOf(monday)), 10)
	if err != nil || len(rows) != 2 || rows[0].Newest != 2 || rows[1].Newest != 1 || rows[1].Samples != 201 || rows[0].Samples != 202 {
		t.Fatalf("%+v, %v", rows, err)
	}
}

// TestBook_FindsWhatWasRewritten rewrites the stores below what they log.
func TestBook_FindsWhatWasRewritten(t *testing.T) {
	mondayDay := evidence.DayAt(plant.MicrosOf(monday))
	for name, c := range map[string]struct {
		rewrite func(t *testing.T, w *world)
		says    string
	}{
		"nothing":        {func(*testing.T, *world) {}, ""},
		"a flipped bit":  {rewriteHistory(func(s *plant.Sample) bool { s.Value = math.Float64frombits(math.Float64bits(s.Value) ^ 1); return true }), "tag.3 on 2026-11-23: 201 samples"},
		"a quality":      {rewriteHistory(func(s *plant.Sample) bool { s.Quality = plant.Uncertain; return true }), "tag.3 on 2026-11-23: 201 samples"},
		"a sample less":  {rewriteHistory(func(*plant.Sample) bool { return false }), "tag.3 on 2026-11-23: 200 samples"},
		"a sample moved": {rewriteHistory(func(s *plant.Sample) bool { s.Time++; return true }), "tag.3 on 2026-11-23: 201 samples"},
		"a leaf": {func(_ *testing.T, w *world) {
			w.exec(`update evidence_leaf set hash = ? where number = 1 and tag = 3`, strings.Repeat("ab", 32))
		}, "seal 1 of 2026-11-23 is over"},
		"a leaf less": {func(_ *testing.T, w *world) { w.exec(`delete from evidence_leaf where number = 1 and tag = 3`) }, "seal 1 of 2026-11-23 is over 6 leaves"},
		"a root": {func(_ *testing.T, w *world) {
			w.exec(`update evidence_seal set root = ? where number = 1`, strings.Repeat("cd", 32))
		}, "seal 2 of 2026-11-24 names another seal before it"},
		"a seal less": {func(_ *testing.T, w *world) { w.exec(`delete from evidence_seal where number = 1`) }, "seal 2 stands behind seal 0"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.day(0)
			w.day(1)
			w.now = monday.Add(49 * time.Hour)
			w.step()
			c.rewrite(t, w)
			r := w.check(seals.Question{})
			if c.says == "" && r.Mismatches == 0 && r.Digests == 12 {
				return
			}
			if r.Mismatches == 0 || !strings.Contains(strings.Join(r.First, "\n"), c.says) {
				t.Errorf("%+v; want %q", r, c.says)
			}
		})
	}
	t.Run("all seals made anew", func(t *testing.T) {
		w := newWorld(t)
		w.day(0)
		w.now = monday.Add(25 * time.Hour)
		w.step()
		noted := w.check(seals.Question{}).Last.Seal
		rewriteHistory(func(s *plant.Sample) bool { s.Value = 1; return true })(t, w)
		w.exec(`delete from evidence_leaf`)
		w.exec(`delete from evidence_seal`)
		w.exec(`insert into evidence_touch select 1, ?, number, ?, 1 from (select 1 as number union select 2 union select 3 union select 4 union select 5 union select 6)`, int64(mondayDay), int64(mondayDay))
		w.step()
		if r := w.check(seals.Question{}); r.Mismatches != 0 || r.Leaves != 6 {
			t.Fatalf("the forged seals are not whole: %+v", r)
		}
		if r := w.check(seals.Question{Noted: &noted}); r.Mismatches != 1 || !strings.Contains(r.First[0], "was noted with the hash "+noted.Hash().String()) {
			t.Errorf("a seal noted elsewhere: %+v", r)
		}
	})
}

// rewriteHistory makes a new store of all samples but one of Monday that is
// changed, with the log read to its end: what somebody with the disk can do.
func rewriteHistory(change func(s *plant.Sample) (keep bool)) func(t *testing.T, w *world) {
	return func(t *testing.T, w *world) {
		t.Helper()
		var all plant.Batch
		for no := range w.tags {
			n := 0
			err := errors.Join(w.history.Samples(t.Context(), tenant, no, 0, math.MaxInt64, func(s plant.Sample) bool {
				if n++; no == 3 && n == 100 && !change(&s) {
					return true
				}
				all.Samples = append(all.Samples, s)
				return true
			}), w.history.Texts(t.Context(), tenant, no, 0, math.MaxInt64, func(s plant.Text) bool {
				all.Texts = append(all.Texts, s)
				return true
			}))
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := w.history.Close(); err != nil {
			t.Fatal(err)
		}
		w.dir = t.TempDir()
		w.open()
		w.append(all)
		if err := w.history.SaveCursor(seals.Cursor, w.history.LastSeq()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBook_OrderOfArrivalDoesNotMatter(t *testing.T) {
	var roots []evidence.Hash
	for seed := range uint64(5) {
		w := newWorld(t)
		w.now = monday.Add(20 * time.Hour)
		r := rand.New(rand.NewPCG(seed, 1))
		var all []plant.Sample
		for tag := plant.TagNo(1); tag <= 5; tag++ {
			for m := range 300 {
				all = append(all, at(tag, time.Duration(m)*7*time.Minute, float64(m)))
			}
		}
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for len(all) > 0 {
			n := min(len(all), 1+r.IntN(200))
			w.samples(all[:n]...)
			all = all[n:]
			if r.IntN(2) == 0 {
				w.step()
			}
		}
		w.now = monday.Add(48 * time.Hour)
		w.step()
		last := w.check(seals.Question{}).Last
		if last == nil || last.Samples != 1500 {
			t.Fatalf("%+v", last)
		}
		roots = append(roots, last.Root)
	}
	for _, r := range roots {
		if r != roots[0] {
			t.Errorf("roots %v", roots)
		}
	}
}

// killed fails at the nth write, as a process that is killed there would leave
// things: what was written before is there.
type killed struct {
	seals.Store
	left int
}

var errKilled = errors.New("killed")

func (k *killed) dies() bool { k.left--; return k.left < 0 }

func (k *killed) Note(ctx context.Context, tenant plant.TenantNo, touches []seals.Touch) error {
	if k.dies() {
		return errKilled
	}
	return k.Store.Note(ctx, tenant, touches)
}

func (k *killed) AddLeaves(ctx context.Context, tenant plant.TenantNo, number int64, rows []seals.Row) error {
	if k.dies() {
		return errKilled
	}
	return k.Store.AddLeaves(ctx, tenant, number, rows)
}

func (k *killed) AddSeal(ctx context.Context, tenant plant.TenantNo, s seals.Kept) error {
	if k.dies() {
		return errKilled
	}
	return k.Store.AddSeal(ctx, tenant, s)
}

func (k *killed) Settle(ctx context.Context, tenant plant.TenantNo, s seals.Kept, limit int) (int64, error) {
	if k.dies() {
		return 0, errKilled
	}
	return k.Store.Settle(ctx, tenant, s, limit)
}

func TestBook_KilledAnywhereSealsTheSame(t *testing.T) {
	var want []evidence.Hash
	for n := 0; ; n++ {
		w := newWorld(t)
		w.day(0)
		w.day(1)
		w.now = monday.Add(49 * time.Hour)
		store := &killed{w.store, n}
		w.remake(store)
		err := w.book.Seal(t.Context())
		if err != nil && !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		w.remake(w.store)
		w.step()
		w.step()
		r := w.check(seals.Question{})
		if r.Mismatches != 0 || r.Seals != 2 || r.Leaves != 12 || r.Pending != 0 {
			t.Fatalf("killed at write %d: %+v", n, r)
		}
		events, jerr := w.record.Journal().Events(t.Context(), tenant, fact.Filter{Kinds: []fact.Kind{fact.KindSeal}})
		if jerr != nil || len(events) != 2 {
			t.Fatalf("killed at write %d: %d facts, %v", n, len(events), jerr)
		}
		want = append(want, r.Last.Hash())
		if want[n] != want[0] {
			t.Fatalf("killed at write %d: another seal", n)
		}
		if err == nil {
			if n < 6 {
				t.Errorf("only %d writes were there to be killed at", n)
			}
			return
		}
	}
}

func TestBook_RetentionWaitsForTheSeal(t *testing.T) {
	w := newWorld(t)
	w.day(0)
	w.day(1)
	mondayDay := evidence.DayAt(plant.MicrosOf(monday))
	ask := map[plant.TagNo]evidence.Day{1: mondayDay + 5, 2: mondayDay}
	w.now = monday.Add(24 * time.Hour)
	for range 2 { // from the log before the book ever ran, and from the notes
		if may, err := w.book.MayDelete(t.Context(), ask); err != nil || may[1] != mondayDay || may[2] != mondayDay {
			t.Fatalf("%v, %v", may, err)
		}
		w.step()
	}
	w.now = monday.Add(25 * time.Hour) // Monday is sealed, Tuesday is not
	w.step()
	may, err := w.book.MayDelete(t.Context(), ask)
	if err != nil || may[1] != mondayDay+1 {
		t.Fatalf("%v, %v", may, err)
	}
	if err := w.book.Deleted(t.Context(), map[plant.TagNo]evidence.Day{1: may[1]}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.history.DeleteBefore(t.Context(), tenant, 1, may[1].From()); err != nil {
		t.Fatal(err)
	}
	if r := w.check(seals.Question{}); r.Expired != 1 || r.Mismatches != 0 || r.Digests != 5 {
		t.Errorf("%+v", r)
	}
	found, err := w.book.Find(t.Context(), w.tags[1], mondayDay)
	if err != nil || found.State != seals.Gone || found.Proof == nil || found.Proof.Check() != nil || found.Proof.Leaf.Samples != 201 {
		t.Errorf("%+v, %v", found, err)
	}
}

func TestBook_FindSaysHowFarATagDayIsSealed(t *testing.T) {
	w := newWorld(t)
	w.day(0)
	mondayDay := evidence.DayAt(plant.MicrosOf(monday))
	find := func(want seals.State) seals.Finding {
		t.Helper()
		f, err := w.book.Find(t.Context(), w.tags[4], mondayDay)
		if err != nil || f.State != want {
			t.Fatalf("%s, %v; want %s", f.State, err, want)
		}
		return f
	}
	w.step()
	find(seals.Unsealed)
	w.now = monday.Add(25 * time.Hour)
	w.step()
	if f := find(seals.Sealed); f.Proof.CheckDay(evidence.TagOf(w.tags[4]), f.Digest) != nil {
		t.Error("the proof does not fit")
	}
	w.samples(at(4, time.Minute, 5))
	find(seals.Unsealed) // from the log
	w.step()
	find(seals.Unsealed) // from the notes
	w.now = monday.Add(49 * time.Hour)
	w.step()
	find(seals.Sealed)
	w.exec(`update evidence_leaf set samples = samples + 1 where number = 2 and tag = 4`)
	if _, err := w.book.Find(t.Context(), w.tags[4], mondayDay); !errors.Is(err, evidence.ErrMismatch) {
		t.Errorf("a leaf that was rewritten: %v", err)
	}
}

package faulttest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/history"
	"zhigai/plant"
)

// Report is what a check found. The zero value is that of a plant that holds
// what it promised.
type Report struct {
	Points, Events, Forms, Figures    int // compared
	Lost, Doubled, Altered, Misplaced int
	Details                           []string
}

// Add sums up.
func (r *Report) Add(o Report) {
	r.Points += o.Points
	r.Events += o.Events
	r.Forms += o.Forms
	r.Figures += o.Figures
	r.Lost += o.Lost
	r.Doubled += o.Doubled
	r.Altered += o.Altered
	r.Misplaced += o.Misplaced
	r.Details = append(r.Details, o.Details...)
}

// Whole reports whether nothing is wrong.
func (r *Report) Whole() bool { return r.Lost+r.Doubled+r.Altered+r.Misplaced == 0 }

func (r *Report) String() string {
	s := fmt.Sprintf("points checked %d, events %d, forms %d, figures %d, lost %d, doubled %d, altered %d, out of order %d",
		r.Points, r.Events, r.Forms, r.Figures, r.Lost, r.Doubled, r.Altered, r.Misplaced)
	return strings.Join(append([]string{s}, r.Details[:min(len(r.Details), 20)]...), "\n  ")
}

func (r *Report) found(n *int, format string, args ...any) {
	*n++
	r.Details = append(r.Details, fmt.Sprintf(format, args...))
}

// Check compares a plant with what its sources, in the order of their lanes,
// were told. An error is a store that cannot be read, which nothing a fault
// leaves behind may cause.
func Check(ctx context.Context, p *Plant, seed uint64, ledgers []*Ledger) (r Report, err error) {
	for lane, l := range ledgers {
		if err := r.lane(ctx, p, Script{seed, lane}, l); err != nil {
			return r, fmt.Errorf("lane %d: %w", lane, err)
		}
	}
	if err := r.journal(ctx, p, seed, ledgers); err != nil {
		return r, err
	}
	if err := r.forms(ctx, p, seed, ledgers); err != nil {
		return r, err
	}
	if err := p.History.Verify(ctx); err != nil {
		return r, fmt.Errorf("history: %w", err)
	}
	return r, r.figures(ctx, p)
}

// steps are the first n steps of a script that do something.
func (s Script) steps(op Op, n int) (out []int) {
	for i := 0; len(out) < n; i++ {
		if s.Op(i) == op {
			out = append(out, i)
		}
	}
	return out
}

// lane compares the samples and texts of one source. The sample that names its
// batch tells which are there: all that were acknowledged, and at most one more
// that was under way.
func (r *Report) lane(ctx context.Context, p *Plant, s Script, l *Ledger) error {
	tags := p.tags[s.Lane]
	var there []int
	if err := p.History.Samples(ctx, tenant, tags[4], math.MinInt64/2, math.MaxInt64/2, func(x plant.Sample) bool {
		there = append(there, int(x.Value))
		return true
	}); err != nil {
		return err
	}
	want := s.steps(Batch, max(len(there), len(l.batch)))
	if len(there) < len(l.batch) {
		r.found(&r.Lost, "lane %d: %d batches are there, %d were acknowledged", s.Lane, len(there), len(l.batch))
	}
	if len(there) > len(l.batch)+1 {
		r.found(&r.Doubled, "lane %d: %d batches are there, %d were acknowledged and one may have been under way", s.Lane, len(there), len(l.batch))
	}
	if !slices.Equal(there, want[:len(there)]) {
		r.found(&r.Misplaced, "lane %d: batches of steps %v; want %v", s.Lane, there, want)
		return nil // nothing that follows can be right
	}
	m := map[plant.TagNo]*series{}
	for _, t := range tags {
		m[t] = &series{values: map[plant.Micros]value{}}
	}
	for _, n := range there {
		b := s.batch(n, tags)
		for _, x := range b.Samples {
			m[x.Tag].put(x.Time, value{math.Float64bits(x.Value), "", x.Quality})
		}
		for _, x := range b.Texts {
			m[x.Tag].put(x.Time, value{0, x.Value, x.Quality})
		}
	}
	for i, t := range tags {
		if err := r.series(ctx, p, fmt.Sprintf("lane %d %s", s.Lane, signals[i]), t, m[t]); err != nil {
			return err
		}
	}
	return nil
}

// value is one of a series; number holds its bits.
type value struct {
	number  uint64
	text    string
	quality plant.Quality
}

// series is what a tag must say: the simplest thing that could be right.
type series struct {
	values map[plant.Micros]value
	old    []dated // replaced, in order of replacement
}

type dated struct {
	at plant.Micros
	value
}

func (s *series) put(at plant.Micros, v value) {
	if old, ok := s.values[at]; ok && old != v {
		s.old = append(s.old, dated{at, old})
	}
	s.values[at] = v
}

func (r *Report) series(ctx context.Context, p *Plant, name string, tag plant.TagNo, want *series) error {
	var got []dated
	const from, to = math.MinInt64 / 2, math.MaxInt64 / 2
	if err := p.History.Samples(ctx, tenant, tag, from, to, func(x plant.Sample) bool {
		got = append(got, dated{x.Time, value{math.Float64bits(x.Value), "", x.Quality}})
		return true
	}); err != nil {
		return err
	}
	if err := p.History.Texts(ctx, tenant, tag, from, to, func(x plant.Text) bool {
		got = append(got, dated{x.Time, value{0, x.Value, x.Quality}})
		return true
	}); err != nil {
		return err
	}
	r.Points += len(got)
	seen := map[plant.Micros]bool{}
	for i, x := range got {
		v, ok := want.values[x.at]
		switch {
		case seen[x.at]:
			r.found(&r.Doubled, "%s at %s: twice", name, x.at.Time())
		case !ok:
			r.found(&r.Altered, "%s at %s: nobody sent it", name, x.at.Time())
		case v != x.value:
			r.found(&r.Altered, "%s at %s: %v; want %v", name, x.at.Time(), x.value, v)
		case i > 0 && got[i-1].at > x.at:
			r.found(&r.Misplaced, "%s at %s stands behind %s", name, x.at.Time(), got[i-1].at.Time())
		}
		seen[x.at] = true
	}
	for at := range want.values {
		if !seen[at] {
			r.found(&r.Lost, "%s at %s", name, at.Time())
		}
	}
	return r.replaced(ctx, p, name, tag, want)
}

// replaced compares what was corrected.
func (r *Report) replaced(ctx context.Context, p *Plant, name string, tag plant.TagNo, want *series) error {
	all, err := p.History.Superseded(ctx, tenant, tag, math.MinInt64/2, math.MaxInt64/2)
	if err != nil {
		return err
	}
	got := make([]dated, len(all))
	for i, x := range all {
		got[i] = dated{x.Sample.Time, value{supersededBits(x), x.Text, x.Sample.Quality}}
	}
	old := slices.Clone(want.old)
	slices.SortStableFunc(old, func(a, b dated) int { return cmp.Compare(a.at, b.at) })
	if !slices.Equal(got, old) {
		r.found(&r.Altered, "%s: %d replaced values, %d were; or others", name, len(got), len(old))
	}
	r.Points += len(got)
	return nil
}

func supersededBits(x history.Superseded) uint64 {
	if x.Text != "" {
		return 0
	}
	return math.Float64bits(x.Sample.Value)
}

// journal compares the events.
func (r *Report) journal(ctx context.Context, p *Plant, seed uint64, ledgers []*Ledger) error {
	all, err := p.Record.Journal().Events(ctx, tenant, fact.Filter{})
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	byID := map[string]fact.Event{}
	once := map[string]bool{}
	for i, e := range all {
		if e.Seq != uint64(i+1) {
			r.found(&r.Misplaced, "event %s stands at %d; want %d", e.ID, e.Seq, i+1)
		}
		if e.Kind != fact.KindCount {
			continue // closings of the folds
		}
		key := fmt.Sprint(e.Source, " ", e.SourceSeq)
		if once[key] {
			r.found(&r.Doubled, "event %s of %s", e.ID, key)
		}
		once[key] = true
		byID[e.ID] = e
	}
	for lane, l := range ledgers {
		s, older := Script{seed, lane}, ""
		for _, n := range slices.Sorted(maps.Keys(l.events)) {
			id := l.events[n]
			want := s.event(n, p.nodes[lane], older)
			got, ok := byID[id]
			if !ok {
				r.found(&r.Lost, "event %s of lane %d step %d", id, lane, n)
			} else if got.Occurred != want.Occurred || string(got.Payload) != string(want.Payload) || got.Supersedes != want.Supersedes || got.Withdrawn != want.Withdrawn || got.Subject != want.Subject {
				r.found(&r.Altered, "event %s of lane %d step %d: %+v; want %+v", id, lane, n, got, want)
			}
			older = id
			r.Events++
		}
	}
	return nil
}

// forms compares what people entered, and the chain of the audit.
func (r *Report) forms(ctx context.Context, p *Plant, seed uint64, ledgers []*Ledger) error {
	all, err := p.access.Tokens(ctx, access.Node(tenant))
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	name := map[string]string{}
	for _, t := range all {
		name[t.ID] = t.Name
	}
	entered := 0
	for lane, l := range ledgers {
		for n, id := range l.forms {
			if got, ok := name[id]; !ok {
				r.found(&r.Lost, "form %s of lane %d step %d", id, lane, n)
			} else if want := (Script{seed, lane}).form(n); got != want {
				r.found(&r.Altered, "form %s: %q; want %q", id, got, want)
			}
			entered++
		}
	}
	r.Forms += entered
	chained, err := access.Verify(ctx, p.Record.Access(), tenant)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	if chained < entered {
		r.found(&r.Lost, "%d entries of the audit; %d forms were entered", chained, entered)
	}
	return nil
}

// figures compares what the folds say with what they say from scratch. A fold
// that is behind catches up first, from its own cursor.
func (r *Report) figures(ctx context.Context, p *Plant) error {
	if err := p.caughtUp(ctx, p.Feed()); err != nil {
		return fmt.Errorf("folds: %w", err)
	}
	p.clock.Set(p.clock.Now().Add(time.Minute)) // what was folded before is not taken for fresh
	before, err := p.figures(ctx)
	if err != nil {
		return fmt.Errorf("figures: %w", err)
	}
	if _, err := p.engine.Rebuild(ctx, tenant); err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	after, err := p.figures(ctx)
	if err != nil {
		return fmt.Errorf("figures: %w", err)
	}
	for name, want := range after {
		if before[name] != want {
			r.found(&r.Altered, "%s: %s; from scratch %s", name, before[name], want)
		}
	}
	r.Figures += len(after)
	return nil
}

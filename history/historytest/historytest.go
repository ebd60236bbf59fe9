// Package historytest says what a store of samples must do, whatever is below
// it: [Run] takes places for stores and tests everything that the methods of
// [Store] promise, but for what happens when power or a server is lost. A new
// store passes all of it before it is used.
//
// Start with [Run]; the random script that is compared with a map is in
// model.go.
package historytest

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"zhigai/history"
	"zhigai/plant"
)

// Store is a store of samples as a node uses it; *history.Store is the one
// that explains the methods.
type Store interface {
	Append(ctx context.Context, tenant plant.TenantNo, b plant.Batch) (uint64, error)
	AppendMarked(ctx context.Context, tenant plant.TenantNo, m history.Mark, batches ...plant.Batch) (uint64, error)
	Mark(name string) (history.Mark, error)

	Samples(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, yield func(plant.Sample) bool) error
	Texts(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, yield func(plant.Text) bool) error
	Before(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, t plant.Micros) (plant.Sample, bool, error)
	TextBefore(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, t plant.Micros) (plant.Text, bool, error)
	After(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, t plant.Micros) (plant.Sample, bool, error)
	Last(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo) (plant.Sample, bool, error)
	LastText(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo) (plant.Text, bool, error)
	Buckets(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, n int) ([]history.Bucket, error)
	Superseded(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros) ([]history.Superseded, error)
	Tags(ctx context.Context, tenant plant.TenantNo) ([]plant.TagNo, error)
	DeleteBefore(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, t plant.Micros) (int, error)

	Read(ctx context.Context, afterSeq uint64, limit int) ([]history.Sequenced, error)
	ReadEncoded(ctx context.Context, afterSeq uint64, limit int) ([]history.Encoded, error)
	Wait(ctx context.Context, afterSeq uint64) error
	Cursor(name string) uint64
	Cursors() map[string]uint64
	SaveCursor(name string, seq uint64) error
	DropCursor(name string) error
	LastSeq() uint64
	Bounds() (first, last uint64)

	Flush() error
	Verify(ctx context.Context) error
	Failed() error
	Close() error
}

var _ Store = (*history.Store)(nil)

// Place is where one store lies.
type Place struct {
	// Open opens the store, for the first time or after Close; late is
	// history.Options.MarkLate. It ends the test when it cannot.
	Open func(t *testing.T, late bool) Store
	// Shed makes an open store drop from its log what no cursor keeps.
	Shed func(t *testing.T, s Store)
}

// Run tests stores at places that fresh makes.
func Run(t *testing.T, fresh func(t *testing.T) Place) {
	for name, test := range map[string]func(*testing.T, Place){
		"exact":      exact,
		"later wins": laterWins,
		"ranges":     ranges,
		"limits":     limits,
		"tenants":    tenants,
		"deletion":   deletion,
		"log":        log,
		"log gone":   logGone,
		"wait":       wait,
		"cursors":    cursors,
		"marks":      marks,
		"one winner": oneWinner,
		"late":       late,
		"crowd":      crowd,
		"closed":     closed,
		"waveforms":  waveforms,
	} {
		t.Run(name, func(t *testing.T) { test(t, fresh(t)) })
	}
	for seed := range uint64(seeds) {
		likeAMap(t, seed, fresh)
	}
}

// patience bounds a wait for something that must happen.
const patience = 60 * time.Second

const second plant.Micros = 1e6

// start is when the samples of most tests begin.
var start = plant.MicrosOf(time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC))

// The times that a store takes lie in [oldest, end).
var oldest, end = history.Bounded(math.MinInt64, math.MaxInt64)

// must ends the test at an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// opened is an open store that is closed with the test.
func (p Place) opened(t *testing.T) Store {
	t.Helper()
	s := p.Open(t, false)
	t.Cleanup(func() { _ = s.Close() }) // the test may have closed it
	return s
}

// again closes the store and opens it.
func (p Place) again(t *testing.T, s Store) Store {
	t.Helper()
	must(t, s.Close())
	return p.opened(t)
}

func put(t *testing.T, s Store, tenant plant.TenantNo, b plant.Batch) uint64 {
	t.Helper()
	seq, err := s.Append(t.Context(), tenant, b)
	must(t, err)
	return seq
}

func of(samples ...plant.Sample) plant.Batch { return plant.Batch{Samples: samples} }

func sample(tag plant.TagNo, at plant.Micros, v float64) plant.Sample {
	return plant.Sample{Tag: tag, Time: at, Value: v}
}

func samples(t *testing.T, s Store, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros) (out []plant.Sample) {
	t.Helper()
	must(t, s.Samples(t.Context(), tenant, tag, from, to, func(p plant.Sample) bool { out = append(out, p); return true }))
	return out
}

func texts(t *testing.T, s Store, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros) (out []plant.Text) {
	t.Helper()
	must(t, s.Texts(t.Context(), tenant, tag, from, to, func(p plant.Text) bool { out = append(out, p); return true }))
	return out
}

// same compares to the bit.
func same(a, b plant.Sample) bool {
	return a.Tag == b.Tag && a.Time == b.Time && a.Quality == b.Quality && a.Raw() == b.Raw()
}

func allSame(a, b []plant.Sample) bool { return slices.EqualFunc(a, b, same) }

package sharing

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/history"
	"zhigai/link"
	"zhigai/link/journal"
	"zhigai/plant"
)

// kept are revisions, newest first.
type kept struct {
	all  []Kept
	read int
	err  error
}

func (k *kept) Policies(_ context.Context, _ plant.TenantNo, limit int) ([]Kept, error) {
	k.read++
	return k.all[:min(len(k.all), limit)], k.err
}

func (k *kept) SavePolicy(_ context.Context, _ plant.TenantNo, n Kept) (Kept, error) {
	if n.Rev != int64(len(k.all)) {
		return n, access.ErrConflict
	}
	n.Rev++
	k.all = append([]Kept{n}, k.all...)
	return n, nil
}

// log has events one after the other.
type log struct {
	events []fact.Event
}

func (l log) Events(_ context.Context, _ plant.TenantNo, f fact.Filter) ([]fact.Event, error) {
	return l.events[f.AfterSeq:], nil
}

func (l log) Head(plant.TenantNo) uint64                                       { return uint64(len(l.events)) }
func (l log) Wait(context.Context, plant.TenantNo, uint64) error               { return nil }
func (l log) SaveCursor(context.Context, plant.TenantNo, string, uint64) error { return nil }

// samples have one batch.
type samples struct {
	journal.Batches
	batch history.Sequenced
}

func (s samples) Read(context.Context, uint64, int) ([]history.Sequenced, error) {
	return []history.Sequenced{s.batch}, nil
}

func (s samples) ReadEncoded(context.Context, uint64, int) ([]history.Encoded, error) {
	return []history.Encoded{{Seq: s.batch.Seq, Tenant: s.batch.Tenant, Raw: s.batch.Encode(nil)}}, nil
}

func TestFeeds_SendWhatThePolicySays(t *testing.T) {
	store := &kept{}
	now := time.Unix(1e9, 0)
	desk := New(store, 1, link.Policy{All: true}, link.Known{Figures: []string{MachineDays}, Records: []string{"seal", "count"}}, func() time.Time { return now })
	events := Events{Events: journal.Events{Log: log{events: []fact.Event{{Seq: 1, Kind: fact.KindSeal}, {Seq: 2, Kind: fact.KindCount}}}}, Desk: desk}
	past := History{
		History: journal.History{Tenant: 1, Store: samples{batch: history.Sequenced{Seq: 7, Tenant: 1, Batch: plant.Batch{Samples: []plant.Sample{{Tag: 1, Time: 5}, {Tag: 2, Time: 5}, {Tag: 9, Time: 5}}}}}}, Desk: desk,
		Tags: func(context.Context) (map[plant.TagNo]plant.Tag, error) {
			return map[plant.TagNo]plant.Tag{1: {No: 1, Path: "a/m/count.good"}, 2: {No: 2, Path: "a/m/speed"}}, nil
		},
	}
	days := Whole{Source: events.Events, Desk: desk, Shares: func(p link.Policy) bool { return p.SharesFigure(MachineDays) }}
	got := func() (kinds []string, tags int, figures int) {
		t.Helper()
		items, through, err := events.Read(t.Context(), 0, 10)
		if err != nil || through != 2 {
			t.Fatalf("events through %d, %v", through, err)
		}
		for _, i := range items {
			var e fact.Event
			if err := json.Unmarshal(i.Payload, &e); err != nil {
				t.Fatal(err)
			}
			kinds = append(kinds, string(e.Kind))
		}
		batches, through, err := past.Read(t.Context(), 0, 10)
		if err != nil || through != 7 {
			t.Fatalf("samples through %d, %v", through, err)
		}
		for _, b := range batches {
			one, err := history.DecodeBatch(b.Payload)
			if err != nil {
				t.Fatal(err)
			}
			tags += len(one.Batch.Samples)
		}
		rows, through, err := days.Read(t.Context(), 0, 10)
		if err != nil || through != 2 {
			t.Fatalf("rows through %d, %v", through, err)
		}
		return kinds, tags, len(rows)
	}
	check := func(what string, kinds []string, tags, figures int) {
		t.Helper()
		k, n, f := got()
		if !slices.Equal(k, kinds) || n != tags || f != figures {
			t.Errorf("%s: events %v, %d samples, %d rows; want %v, %d, %d", what, k, n, f, kinds, tags, figures)
		}
	}
	check("nobody said anything", []string{"seal", "count"}, 3, 2)
	save := func(p link.Policy) error {
		_, _, err := desk.Save(t.Context(), Kept{Policy: p, Rev: int64(len(store.all))})
		return err
	}
	if err := save(link.Policy{Model: true, Records: []string{"seal"}, Tags: []link.TagRule{{Path: "**/count.*"}}}); err != nil {
		t.Fatal(err)
	}
	check("some", []string{"seal"}, 1, 0)
	if err := save(link.Policy{Figures: []string{MachineDays}}); err != nil {
		t.Fatal(err)
	}
	check("figures alone", nil, 0, 2)
	if err := save(link.Policy{All: true, Withdrawn: "合同终止"}); err != nil {
		t.Fatal(err)
	}
	check("withdrawn", nil, 0, 0)
	if err := save(link.Policy{Records: []string{"no_such"}}); !errors.Is(err, link.ErrPolicy) {
		t.Errorf("a kind of event that there is not: %v", err)
	}
	if _, _, err := desk.Save(t.Context(), Kept{Policy: link.Policy{All: true}, Rev: 1}); !errors.Is(err, access.ErrConflict) {
		t.Errorf("of an old revision: %v", err)
	}
	// Another replica saved; it is seen within a second.
	store.all = append([]Kept{{Policy: link.Policy{Records: []string{"count"}}, Rev: 4}}, store.all...)
	before := store.read
	check("at once", nil, 0, 0)
	if store.read != before {
		t.Error("asked the store again within a second")
	}
	now = now.Add(fresh)
	check("a second later", []string{"count"}, 0, 0)
	// Who cannot be asked shares nothing.
	store.err = errors.New("away")
	now = now.Add(fresh)
	if items, _, err := events.Read(t.Context(), 0, 10); err == nil || len(items) != 0 {
		t.Errorf("with a store that is away: %d items, %v", len(items), err)
	}
}

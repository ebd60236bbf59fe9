package equipment

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
)

// arrival is facts that arrive together.
type arrival struct {
	at    plant.Micros
	batch plant.Batch
	event []fact.Event
}

const randomDay = 7 * time.Hour

// randomFacts makes a day of a machine: contact lost and won, states, counts
// with resets and jumps, products, reasons, and what people said.
func randomFacts(r *rand.Rand) (samples []plant.Sample, texts []plant.Text, events []fact.Event) {
	some := func(limit time.Duration) time.Duration {
		return time.Duration(r.Int64N(int64(limit))).Truncate(time.Microsecond)
	}
	for d := some(time.Minute); d < randomDay; {
		up := d + time.Minute + some(90*time.Minute)
		samples = append(samples, link(d, min(up, randomDay))...)
		if r.IntN(3) == 0 { // lost without a word: knowledge ends by itself
			samples = samples[:len(samples)-1]
		}
		d = up + some(4*time.Minute)
	}
	walk := func(tag plant.TagNo, pause time.Duration, next func() float64) {
		for d := some(pause); d < randomDay; d += some(pause) + time.Microsecond {
			s := sample(tag, d, next())
			if r.IntN(40) == 0 {
				s = plant.BadSample(tag, s.Time, plant.Refused, []byte{1, 2})
			}
			samples = append(samples, s)
		}
	}
	bit := func() float64 { return float64(r.IntN(2)) }
	walk(tagRunning, 12*time.Minute, bit)
	walk(tagAlarm, 50*time.Minute, func() float64 { return float64(r.IntN(5) / 4) })
	walk(tagMode, 90*time.Minute, func() float64 { return float64(r.IntN(3) + 1) })
	walk(tagReason, 20*time.Minute, func() float64 { return float64(r.IntN(4)) })
	good, scrap, kwh := float64(65500+r.IntN(30)), 0.0, 0.0
	walk(tagGood, 90*time.Second, func() float64 {
		good += float64(r.IntN(4))
		switch r.IntN(60) {
		case 0:
			good = 0
		case 1:
			good += 500
		}
		if good >= 65536 {
			good -= 65536
		}
		return good
	})
	walk(tagScrap, 20*time.Minute, func() float64 { scrap += bit(); return scrap })
	walk(tagEnergy, 5*time.Minute, func() float64 { kwh += r.Float64(); return kwh })
	for d := some(time.Hour); d < randomDay; d += some(2*time.Hour) + 1 {
		texts = append(texts, plant.Text{Tag: tagProduct, Time: at(d), Value: []string{"A", "B", "C", ""}[r.IntN(4)]})
	}
	for d := some(2 * time.Hour); d < randomDay; d += some(3*time.Hour) + 1 {
		texts = append(texts, plant.Text{Tag: tagOrder, Time: at(d), Value: []string{"O1", ""}[r.IntN(2)]})
	}
	return samples, texts, randomEvents(r, some)
}

func randomEvents(r *rand.Rand, some func(time.Duration) time.Duration) []fact.Event {
	var events []fact.Event
	add := func(kind fact.Kind, d time.Duration, payload any) *fact.Event {
		e := fact.New(kind, node, monday.Add(d), "person:li", payload)
		e.SourceSeq, e.ID = uint64(len(events)+1), fmt.Sprintf("P%04d", len(events)+1)
		events = append(events, e)
		return &events[len(events)-1]
	}
	reasons := []string{"breakdown.electrical", "setup.changeover", "material.missing", "other"}
	for range r.IntN(5) {
		d := some(randomDay)
		p := fact.StopReason{From: at(d), To: at(d + some(time.Hour)), Reason: reasons[r.IntN(4)]}
		if r.IntN(3) == 0 {
			p.To = 0
		}
		first := add(fact.KindStopReason, d, p).ID
		if r.IntN(3) == 0 {
			p.Reason = reasons[r.IntN(4)]
			e := add(fact.KindStopReason, d, p)
			e.Supersedes, e.Withdrawn = first, r.IntN(4) == 0
		}
	}
	for range r.IntN(3) {
		d := some(randomDay)
		add(fact.KindOverride, d, fact.Override{Item: "NOT_EXECUTING", Mode: []string{"NONE", "SETUP"}[r.IntN(2)], Until: at(d + some(time.Hour))})
	}
	for range r.IntN(3) {
		add(fact.KindCount, some(randomDay), fact.Count{Product: []string{"A", ""}[r.IntN(2)], Good: -1, Scrap: 1})
	}
	if r.IntN(3) == 0 {
		d := some(randomDay)
		add(fact.KindGap, d, fact.Gap{From: at(d), To: at(d + some(20*time.Minute)), Reason: "test"})
	}
	return events
}

// arrivals cuts the facts into deliveries at about the time they happened;
// wild ones are late, out of order and doubled.
func arrivals(r *rand.Rand, samples []plant.Sample, texts []plant.Text, events []fact.Event, wild bool) []arrival {
	byTime := map[plant.Micros]*arrival{}
	slot := func(t plant.Micros) *arrival {
		const every = plant.Micros(7 * 60 * 1_000_000)
		if wild && r.IntN(6) == 0 {
			t += plant.Micros(r.Int64N(int64(3 * 3600 * 1_000_000)))
		}
		t = (t/every + 1) * every
		if byTime[t] == nil {
			byTime[t] = &arrival{at: t}
		}
		return byTime[t]
	}
	times := func() int {
		if wild && r.IntN(20) == 0 {
			return 2
		}
		return 1
	}
	// A gateway sends stretches of samples, late ones together.
	for len(samples) > 0 {
		n := 1
		if wild {
			n = min(len(samples), r.IntN(40)+1)
		}
		for range times() {
			a := slot(samples[n-1].Time)
			a.batch.Samples = append(a.batch.Samples, samples[:n]...)
		}
		samples = samples[n:]
	}
	for _, x := range texts {
		a := slot(x.Time)
		a.batch.Texts = append(a.batch.Texts, x)
	}
	for _, e := range events {
		for range times() {
			a := slot(e.Occurred)
			a.event = append(a.event, e)
		}
	}
	var out []arrival
	for _, a := range byTime {
		if wild {
			r.Shuffle(len(a.batch.Samples), func(i, j int) { a.batch.Samples[i], a.batch.Samples[j] = a.batch.Samples[j], a.batch.Samples[i] })
			r.Shuffle(len(a.event), func(i, j int) { a.event[i], a.event[j] = a.event[j], a.event[i] })
		}
		out = append(out, *a)
	}
	slices.SortFunc(out, func(a, b arrival) int { return int(a.at - b.at) })
	return out
}

// live delivers, with questions in between that fold half-known windows.
func (w *world) live(t *testing.T, r *rand.Rand, all []arrival) {
	t.Helper()
	ctx := context.Background()
	for _, a := range all {
		w.clock.set(a.at.Time())
		w.add(a.batch)
		if err := w.engine.Touch(ctx, 1, a.batch, nil); err != nil {
			t.Fatal(err)
		}
		stored, err := w.Append(ctx, 1, a.event...)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.engine.Touch(ctx, 1, plant.Batch{}, stored); err != nil {
			t.Fatal(err)
		}
		if r.IntN(4) == 0 {
			if _, err := w.engine.Query(ctx, access.Scope{Tenant: 1}, "oee", "hour", at(0), a.at, ""); err != nil {
				t.Fatal(err)
			}
		}
		if r.IntN(10) == 0 {
			w.settle(t, a.at)
		}
	}
}

func (w *world) settle(t *testing.T, to plant.Micros) {
	t.Helper()
	if err := w.engine.Settle(context.Background(), 1, at(-time.Hour), to); err != nil {
		t.Fatal(err)
	}
}

// TestFiguresDoNotDependOnArrival is promise R5: the same facts in any order
// of arrival, late and doubled, give the same rows, byte for byte, as in order
// and as from scratch; and a from-scratch run brings back the revisions.
func TestFiguresDoNotDependOnArrival(t *testing.T) {
	days := 200
	if testing.Short() {
		days = 30
	}
	revised := 0
	for day := range days {
		seed := uint64(day)
		samples, texts, events := randomFacts(rand.New(rand.NewPCG(seed, 1)))
		end := monday.Add(randomDay + 6*time.Hour)
		run := func(wild bool) *world {
			w := newWorld(t)
			r := rand.New(rand.NewPCG(seed, 2))
			sorted := slices.Clone(samples)
			slices.SortStableFunc(sorted, func(a, b plant.Sample) int { return int(a.Time - b.Time) })
			w.live(t, r, arrivals(r, sorted, texts, events, wild))
			w.clock.set(end)
			w.settle(t, plant.MicrosOf(end))
			return w
		}
		ordered, wild := run(false), run(true)
		if a, b := ordered.dump(t, false), wild.dump(t, false); a != b {
			t.Fatalf("day %d: rows depend on arrival\n%s", day, firstDifference(a, b))
		}
		for _, w := range wild.windows {
			if w.Revision > 1 {
				revised++
			}
		}
		before := wild.dump(t, true)
		done, err := wild.engine.Rebuild(context.Background(), 1)
		if err != nil || done.Changed != 0 {
			t.Fatalf("day %d: Rebuild = %+v, %v", day, done, err)
		}
		if after := wild.dump(t, true); after != before {
			t.Fatalf("day %d: a from-scratch run gives something else\n%s", day, firstDifference(before, after))
		}
		fresh := &world{memory: wild.memory, clock: wild.clock}
		fresh.build(t)
		if err := wild.DeleteAll(context.Background(), 1); err != nil {
			t.Fatal(err)
		}
		fresh.settle(t, plant.MicrosOf(end))
		if after := wild.dump(t, true); after != before {
			t.Fatalf("day %d: a new engine gives something else\n%s", day, firstDifference(before, after))
		}
	}
	if revised == 0 {
		t.Error("no window was ever revised: the test does not reach late facts")
	}
}

func firstDifference(a, b string) string {
	la, lb := bytes.Split([]byte(a), []byte("\n")), bytes.Split([]byte(b), []byte("\n"))
	for i := range min(len(la), len(lb)) {
		if !bytes.Equal(la[i], lb[i]) {
			return fmt.Sprintf("line %d\n%s\n%s", i, la[i], lb[i])
		}
	}
	return fmt.Sprintf("%d and %d lines", len(la), len(lb))
}

package attendance_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/data"
	"zhigai/figure"
	"zhigai/figure/figuretest"
	"zhigai/plant"
	"zhigai/shop/production"
	"zhigai/shop/production/attendance"
)

func definitions(t *testing.T) *figure.Definitions {
	t.Helper()
	d, err := figure.Load(data.FS, "worker-figures", attendance.TermNames())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDefinitions_Cases(t *testing.T) {
	t.Parallel()
	figuretest.Every(t, definitions(t), "testdata/*.case")
}

func at(hour, minute int) plant.Instant {
	return plant.InstantOf(time.Date(2026, 11, 23, hour, minute, 0, 0, time.UTC))
}

func worked(person, order string, from, to plant.Instant) production.Worked {
	return production.Worked{Person: person, Order: order, Job: 10, From: from, To: to, Equipment: []plant.NodeID{"lathe"}}
}

// noon is a break of half an hour.
func noon(_ plant.NodeID, from, to plant.Instant) ([]plant.Span, error) {
	return plant.Clip([]plant.Span{{From: at(12, 0).Micros(), To: at(12, 30).Micros()}}, from.Micros(), to.Micros()), nil
}

// Chen works at two jobs at once and goes for lunch; then comes back at night.
// Wang works through the break. What nobody worked on is nobody's.
func day() []production.Worked {
	return []production.Worked{
		worked("chen", "A1", at(8, 0), at(11, 45)),
		worked("chen", "A2", at(9, 0), at(10, 0)),   // at the same time
		worked("chen", "A2", at(11, 0), at(12, 0)),  // and longer
		worked("chen", "A1", at(12, 45), at(16, 0)), // 45 min away, 30 of them break
		worked("chen", "A1", at(20, 0), at(22, 0)),  // four hours later: another stay
		worked("wang", "A1", at(8, 0), at(12, 10)),
		worked("wang", "A1", at(12, 20), at(14, 0)), // within the break
		worked("", "A1", at(0, 0), at(8, 0)),
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	const minute = int64(60_000)
	want := []attendance.Person{
		{Person: "chen", Orders: 2, Stays: []attendance.Stay{{at(8, 0), at(16, 0)}, {at(20, 0), at(22, 0)}}, Terms: map[string]int64{attendance.People: 1, attendance.APWTMs: (240 + 195 + 120) * minute, attendance.APATMs: (240 + 15 + 195 + 120) * minute}},
		{Person: "wang", Orders: 1, Stays: []attendance.Stay{{at(8, 0), at(14, 0)}}, Terms: map[string]int64{attendance.People: 1, attendance.APWTMs: 350 * minute, attendance.APATMs: 350 * minute}},
	}
	got, err := attendance.Fold(day(), noon)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v %v; want %+v", got, err, want)
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		other := day()
		r.Shuffle(len(other), func(i, j int) { other[i], other[j] = other[j], other[i] })
		if got, err := attendance.Fold(other, noon); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("in another order: %+v %v", got, err)
		}
	}
	gone := errors.New("no plant")
	if _, err := attendance.Fold(day(), func(plant.NodeID, plant.Instant, plant.Instant) ([]plant.Span, error) { return nil, gone }); !errors.Is(err, gone) {
		t.Errorf("a calendar that nobody can read: %v", err)
	}
}

type hours []production.Worked

func (h hours) Worked(context.Context, access.Principal, production.WorkedQuery) ([]production.Worked, error) {
	return h, nil
}

type calendars struct{}

func (calendars) Breaks(_ context.Context, _ plant.TenantNo, m plant.NodeID, from, to plant.Micros) ([]plant.Span, error) {
	return noon(m, plant.Instant(from), plant.Instant(to))
}

func TestFigures(t *testing.T) {
	t.Parallel()
	ask := func(h hours) attendance.Answer {
		d := attendance.NewDesk(attendance.Options{Hours: h, Calendars: calendars{}, Definitions: definitions(t), Now: at(23, 0).Time})
		a, err := d.Figures(t.Context(), access.Node(1), production.WorkedQuery{From: at(0, 0).Time(), To: at(23, 0).Time()})
		if err != nil || len(a.Figures) != 1 {
			t.Fatalf("%+v %v", a, err)
		}
		return a
	}
	a := ask(day())
	if f := a.Figures[0]; figuretest.Shown(f) != "0.9836956521739131" || f.Provisional { // (555 + 350) of (570 + 350)
		t.Errorf("%+v", f)
	}
	if other := ask(day()[:5]); other.Root == a.Root || len(a.Root) != 64 {
		t.Errorf("roots %s and, without wang, %s", a.Root, other.Root)
	}
}

package performance_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/data"
	"zhigai/figure"
	"zhigai/figure/figuretest"
	"zhigai/plant"
	"zhigai/shop/production"
	"zhigai/shop/production/performance"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func definitions(t *testing.T) *figure.Definitions {
	t.Helper()
	d, err := figure.Load(data.FS, "order-figures", performance.TermNames())
	must(t, err)
	return d
}

// Every definition against cases computed by hand.
func TestDefinitions_Cases(t *testing.T) {
	t.Parallel()
	figuretest.Every(t, definitions(t), "testdata/*.case")
}

// at is an instant of the morning on which the order below was made.
func at(hour, minute int) plant.Instant {
	return plant.InstantOf(time.Date(2026, 11, 23, hour, minute, 0, 0, time.UTC))
}

// twoSteps is an order of 100 through two machines: 110 turned of which 6 are
// scrap, 104 ground of which 3 scrap and 1 rework.
func twoSteps() production.Counted {
	job := func(no int, machine plant.NodeID, from, to plant.Instant, made production.Made) production.Job {
		return production.Job{
			No: no, State: production.Completed, Equipment: machine, From: from, To: to, Ended: to, Quantity: 100, Made: made,
			Runs: []production.MachineRun{{Interval: production.Interval{From: from, To: to}, Equipment: machine}},
		}
	}
	o := production.Order{
		ID: "o1", Terms: production.Terms{Number: "FO-1", Product: "6204", Quantity: 100, Due: at(12, 0)},
		State: production.OrderCompleted, Rev: 9, Created: at(6, 0), Began: at(8, 0), Ended: at(11, 0),
	}
	turned := job(10, "lathe", at(8, 30), at(9, 30), production.Made{Good: 104, Scrap: 6})
	turned.Setups = []production.Interval{{From: at(8, 0), To: at(8, 30)}}
	turned.Work = []production.Work{{Interval: production.Interval{From: at(8, 0), To: at(9, 0)}, Person: "chen"}}
	ground := job(20, "grinder", at(10, 0), at(11, 0), production.Made{Good: 100, Scrap: 3, Rework: 1})
	ground.To = at(10, 50) // it ended ten minutes late
	o.Jobs = []production.Job{turned, ground}
	return production.Counted{Order: o, Definition: &production.Definition{
		Segments:  []production.Segment{{No: 10, ScrapPPM: 50_000}, {No: 20, ScrapPPM: 10_000}},
		Materials: []production.Material{{Item: "steel", Quantity: 125_000, Unit: "kg"}, {Item: "cage", Quantity: 1_000_000, Unit: "{piece}", Segment: 20}},
	}}
}

// half produced of its time, and nobody knows a tenth.
func half(r production.MachineRun) performance.Did {
	ms := r.To.Time().Sub(r.From.Time()).Milliseconds()
	return performance.Did{ProducedMs: ms / 2, KnownMs: ms * 9 / 10}
}

// some of the steel, by its weight, and cages in a unit that the bill does not
// have.
func some(string) ([]performance.Used, error) {
	return []performance.Used{{"steel", 15_000_000, "kg"}, {"cage", 1_000_000, "kg"}, {"oil", 1_000_000, "l"}}, nil
}

func TestTerms(t *testing.T) {
	t.Parallel()
	const hour, minute = int64(3_600_000), int64(60_000)
	whole := map[string]int64{
		performance.Ended: 1, performance.AOETMs: 3 * hour, performance.LeadMs: 5 * hour, performance.AUBTMs: 150 * minute, performance.AUSTMs: 30 * minute,
		performance.APTMs: hour, performance.KnownMs: 30*minute + 108*minute, performance.APWTMs: hour, performance.POQ: 100, performance.PQ: 104, performance.GQ: 100,
		performance.FirstPQ: 110, performance.SQ: 9, performance.RQ: 1, performance.PSQMilli: 6000, performance.BOMItems: 2, performance.Booked: 1, performance.CMMilli: 120_000, performance.GoodMilli: 100_000, performance.LossMilli: 9000, performance.Jobs: 2, performance.InTime: 1, performance.AsTold: 2,
		performance.Due: 1, performance.OnTime: 1, performance.WIPMs: 3 * hour,
	}
	got, err := performance.Terms(twoSteps(), at(0, 0), at(23, 0), performance.Ask{Did: half, Used: some})
	must(t, err)
	if !maps.Equal(got, whole) {
		t.Errorf("the whole day: %v; want %v", got, whole)
	}
	for _, c := range []struct {
		name     string
		from, to plant.Instant
		want     map[string]int64
	}{
		{"it is in work", at(9, 0), at(10, 0), map[string]int64{performance.WIPMs: hour}},
		{"it is only due", at(11, 30), at(13, 0), map[string]int64{performance.Due: 1, performance.OnTime: 1}},
		{"it ends as the window does", at(10, 0), at(11, 0), map[string]int64{performance.WIPMs: hour}},
		{"before everything", at(0, 0), at(5, 0), map[string]int64{}},
	} {
		got, err := performance.Terms(twoSteps(), c.from, c.to, performance.Ask{Did: half, Used: some})
		must(t, err)
		if !maps.Equal(got, c.want) {
			t.Errorf("%s: %v; want %v", c.name, got, c.want)
		}
	}
	broken := errors.New("history is away")
	lost := func(string) ([]performance.Used, error) { return nil, broken }
	if _, err := performance.Terms(twoSteps(), at(0, 0), at(23, 0), performance.Ask{Did: half, Used: lost}); !errors.Is(err, broken) {
		t.Errorf("material that nobody can read: %v", err)
	}
}

type orders []production.Counted

func (o orders) During(_ context.Context, _ access.Principal, f production.OrderFilter) ([]production.Counted, error) {
	return o[:min(len(o), f.Limit)], nil
}

type materials struct{}

func (materials) Used(_ context.Context, _ plant.TenantNo, order string) ([]performance.Used, error) {
	return some(order)
}

// machines are broken when nobody can read what they did.
type machines struct{ broken error }

func (m machines) Did(_ context.Context, _ plant.TenantNo, runs []production.MachineRun) (map[production.MachineRun]performance.Did, error) {
	out := map[production.MachineRun]performance.Did{}
	for _, r := range runs {
		out[r] = half(r)
	}
	return out, m.broken
}

func TestFigures_OfMachinesThatNobodyCanRead(t *testing.T) {
	t.Parallel()
	broken := errors.New("history is away")
	desk := performance.NewDesk(performance.Options{Orders: orders{twoSteps()}, Machines: machines{broken}, Materials: materials{}, Definitions: definitions(t), Now: at(20, 0).Time})
	if a, err := desk.Figures(t.Context(), access.Node(1), performance.Query{From: at(8, 0), To: at(12, 30)}); !errors.Is(err, broken) {
		t.Errorf("%v, %v", a, err)
	}
}

// The terms of the figures are those of the orders added up, and the root says
// which orders.
func TestFigures_AreTheSumOfTheirOrders(t *testing.T) {
	t.Parallel()
	late := twoSteps()
	late.ID, late.Number, late.Due = "o2", "FO-2", at(10, 30)
	desk := performance.NewDesk(performance.Options{Orders: orders{twoSteps(), late}, Machines: machines{}, Materials: materials{}, Definitions: definitions(t), Now: at(20, 0).Time})
	q := performance.Query{From: at(8, 0), To: at(12, 30)}
	a, err := desk.Figures(t.Context(), access.Node(1), q)
	must(t, err)
	total := map[string]int64{performance.WindowMs: int64(4*time.Hour+30*time.Minute) / 1e6}
	for _, r := range a.Rows {
		for k, n := range r.Terms {
			total[k] += n
		}
	}
	values := map[string]string{}
	for _, f := range a.Figures {
		values[f.Definition.ID] = figuretest.Shown(f)
		for k, n := range f.Terms {
			if total[k] != n {
				t.Errorf("%s: term %s is %d; the orders have %d", f.Definition.ID, k, n, total[k])
			}
		}
		if low := slices.Contains(f.Flags, "low_coverage"); f.Provisional != low || low != (f.Coverage != nil && *f.Coverage < 0.95) {
			t.Errorf("%s of coverage %v in a window that is over: provisional %v, %v", f.Definition.ID, f.Coverage, f.Provisional, f.Flags)
		}
	}
	if values["on-time-delivery"] != "0.5" || values["schedule-adherence"] != "0.5" || values["order-lead-time"] != "5" {
		t.Errorf("%v", values)
	}
	again, err := desk.Figures(t.Context(), access.Node(1), q)
	must(t, err)
	late.Jobs[0].Made.Scrap++
	other, err := performance.NewDesk(performance.Options{Orders: orders{twoSteps(), late}, Machines: machines{}, Materials: materials{}, Definitions: definitions(t), Now: at(20, 0).Time}).Figures(t.Context(), access.Node(1), q)
	must(t, err)
	if again.Root != a.Root || other.Root == a.Root {
		t.Errorf("roots %s, %s, of other counts %s", a.Root, again.Root, other.Root)
	}
}

func TestFigures_Refuses(t *testing.T) {
	t.Parallel()
	many := make(orders, performance.MaxOrders+1)
	for i := range many {
		many[i] = twoSteps()
		many[i].ID = fmt.Sprint(i)
	}
	desk := performance.NewDesk(performance.Options{Orders: many, Machines: machines{}, Materials: materials{}, Definitions: definitions(t), Now: at(20, 0).Time})
	for name, q := range map[string]performance.Query{
		"ends before it begins": {From: at(9, 0), To: at(8, 0)},
		"too long":              {From: at(8, 0), To: plant.InstantOf(at(8, 0).Time().AddDate(1, 0, 0))},
		"too many orders":       {From: at(8, 0), To: at(9, 0)},
	} {
		if _, err := desk.Figures(t.Context(), access.Node(1), q); !errors.Is(err, performance.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

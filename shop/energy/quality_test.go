package energy_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/energy"
)

// signals shows voltages and others of one machine, by minute.
type signals struct {
	*world
	of map[string]func(minute int) float64
}

func (s signals) Steps(_ context.Context, _ plant.TenantNo, _ plant.NodeID, signal string, from, to plant.Micros, n int) ([]energy.Shown, error) {
	value := s.of[signal]
	if value == nil {
		return nil, access.ErrNotFound
	}
	out := make([]energy.Shown, n)
	width := (to - from) / plant.Micros(n)
	for i := range out {
		x := &out[i]
		x.From, x.To = from+width*plant.Micros(i), from+width*plant.Micros(i+1)
		first := int(x.From.Time().Sub(monday) / time.Minute)
		minutes := int(width / plant.Micros(time.Minute.Microseconds()))
		for m := first; m < first+minutes; m++ {
			if v := value(m); !math.IsNaN(v) {
				x.Mean += v
				x.Good += plant.Micros(time.Minute.Microseconds())
			}
		}
		x.Mean /= float64(x.Good) / float64(time.Minute.Microseconds())
	}
	return out, nil
}

// Of ten-minute means those beyond a limit are counted; 95 % within complies, and of
// what is not known nothing is said.
func TestQuality_Limits(t *testing.T) {
	t.Parallel()
	w := newWorld(24)
	s := signals{w, map[string]func(int) float64{
		"voltage.a":         func(int) float64 { return 225 },
		"voltage.b":         func(m int) float64 { return map[bool]float64{true: 240, false: 230}[m < 120] }, // two hours of 24 too high
		"thd.voltage.a":     func(m int) float64 { return map[bool]float64{true: 6, false: 2}[m >= 600 && m < 660] },
		"frequency":         func(int) float64 { return 50.01 },
		"unbalance.voltage": func(m int) float64 { return map[bool]float64{true: 1, false: math.NaN()}[m < 600] },
	}}
	d := laidOut(t, w, nil)
	tables := d.Tables()
	d = energy.NewDesk(energy.Options{Store: w, Plant: w, Readings: s, Machines: w, Production: w, Tables: tables, Now: func() time.Time { return w.now }})
	q, err := d.Quality(t.Context(), who.Scope, "HALL", "main", "", at(0), at(24*60))
	must(t, err)
	if q.EveryS != 600 || q.System.ID != "lv" || !slices.Equal(q.Missing, []string{"factor"}) {
		t.Errorf("%+v", q)
	}
	by := map[string]energy.Keeping{}
	for _, k := range q.Kept {
		by[k.Signal] = k
		if k.Source == "" || k.Verified != "unverified" || k.Intervals != 144 {
			t.Errorf("%+v", k)
		}
	}
	for signal, want := range map[string]struct {
		outside  int
		complies string
	}{"voltage.a": {0, "yes"}, "voltage.b": {12, "no"}, "thd.voltage.a": {6, "yes"}, "frequency": {0, "yes"}, "unbalance.voltage": {0, "unknown"}} {
		k := by[signal]
		said := "unknown"
		if k.Complies != nil {
			said = map[bool]string{true: "yes", false: "no"}[*k.Complies]
		}
		if k.Outside != want.outside || said != want.complies || k.OutsideS != int64(want.outside)*600 {
			t.Errorf("%s: %d outside, %d s, complies %s; want %+v", signal, k.Outside, k.OutsideS, said, want)
		}
	}
	near(t, "95 % of voltage b", by["voltage.b"].P95, 240, 1e-9)
	near(t, "most", by["thd.voltage.a"].Most, 6, 1e-9)
	if by["thd.voltage.a"].MostAt != at(600) || by["voltage.b"].LeastAt != at(120) {
		t.Errorf("%v %v", by["thd.voltage.a"].MostAt.Time(), by["voltage.b"].LeastAt.Time())
	}
	if q, err = d.Quality(t.Context(), who.Scope, "HALL", "main", "mv-10", at(0), at(60)); err != nil || q.EveryS != 60 || *q.Kept[0].High != 2 {
		t.Errorf("%+v, %v", q, err)
	}
	for _, bad := range [][2]string{{"none", ""}, {"main", "none"}} {
		if _, err := d.Quality(t.Context(), who.Scope, "HALL", bad[0], bad[1], at(0), at(60)); !errors.Is(err, energy.ErrInvalid) {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

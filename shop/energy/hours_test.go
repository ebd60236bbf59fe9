package energy_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/energy"
)

// Hours of a Monday in March at a machine below the place whose network has the tariff,
// whole and asked piece by piece; without a tariff nobody says which.
func TestHoursOf_ADay(t *testing.T) {
	t.Parallel()
	d := laidOut(t, newWorld(24), nil)
	said := func(from, to int) (out []string) {
		all, err := d.HoursOf(t.Context(), who.Scope, "M1", at(from).Micros(), at(to).Micros())
		must(t, err)
		for _, h := range all {
			out = append(out, fmt.Sprintf("%d-%d %s", (h.From-at(0).Micros())/60e6, (h.To-at(0).Micros())/60e6, h.Kind))
		}
		return out
	}
	want := []string{"0-480 valley", "480-660 peak", "660-780 valley", "780-1020 peak", "1020-1320 flat", "1320-1440 valley"}
	if got := said(0, 24*60); !slices.Equal(got, want) {
		t.Errorf("%q; want %q", got, want)
	}
	if got := said(470, 490); !slices.Equal(got, []string{"470-480 valley", "480-490 peak"}) {
		t.Errorf("around eight: %q", got)
	}
	within, err := d.HoursOf(t.Context(), who.Scope, "M1", at(1020).Micros()-1, at(1020).Micros()+1)
	if err != nil || len(within) != 2 || within[0].Kind != energy.Peak || within[1].Kind != energy.Flat || within[0].To != at(1020).Micros() {
		t.Errorf("two microseconds around 17:00: %v, %v", within, err)
	}
	none := laidOut(t, newWorld(24), func(n *energy.Network) { n.Tariffs = []energy.TariffUse{} })
	if got, err := none.HoursOf(t.Context(), who.Scope, "M1", at(0).Micros(), at(1).Micros()); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("without a tariff: %v, %v", got, err)
	}
	if got, err := d.HoursOf(t.Context(), who.Scope, plant.NodeID("NOBODY"), 0, 1); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("of no place: %v, %v", got, err)
	}
}

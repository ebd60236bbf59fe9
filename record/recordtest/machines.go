package recordtest

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"zhigai/access"
	"zhigai/plant"
	proved "zhigai/programme/machine"
)

// rule of the tests: a day counts from 80 %, a month from 2 days.
var rule = proved.Rule{KnownPerMille: 800, Days: 2}

func machineDay(owner, name, date string, planned, known int64, revision int, asOf plant.Micros) proved.Day {
	return proved.Day{
		Owner: plant.NodeID(owner), OwnerName: plant.Name{ZH: "厂" + owner, EN: owner}, Machine: plant.NodeID(name), Name: plant.Name{ZH: "机" + name, EN: name},
		Path: owner + "/site/" + name, Date: date, NC: strings.HasPrefix(name, "nc"), PlannedMs: planned, KnownMs: known,
		Revision: revision, AsOf: asOf, Digest: strings.Repeat("0", 64), Fold: "f1",
	}
}

// Machines is what every keeper of machine days must do.
func Machines(t *testing.T, s proved.Store) {
	ctx := t.Context()
	save := func(want int, days ...proved.Day) {
		t.Helper()
		n, err := s.SaveDays(ctx, 1, days)
		must(t, err)
		if n != want {
			t.Errorf("%d days kept; want %d", n, want)
		}
	}
	first := machineDay("a", "nc-1", "2022-05-30", 1000, 100, 1, 10)
	save(1, first)
	save(0, first) // by another way
	later := first
	later.KnownMs, later.Revision, later.AsOf = 900, 2, 20
	save(1, later)
	save(0, first) // late, and older
	again := later
	again.AsOf, again.Name.ZH = 30, "新名"
	save(1, again)
	if got, err := s.Days(ctx, 1, "nc-1", "2022-05-01", "2022-06-01"); err != nil || !reflect.DeepEqual(got, []proved.Day{again}) {
		t.Errorf("days: %+v %v; want %+v", got, err, again)
	}
	if owner, err := s.OwnerOf(ctx, 1, "nc-1"); err != nil || owner != "a" {
		t.Errorf("it is of %q, %v", owner, err)
	}
	if owner, err := s.OwnerOf(ctx, 2, "nc-1"); err != nil || owner != "" {
		t.Errorf("another tenant's: %q, %v", owner, err)
	}
	bad := later
	bad.KnownMs = 1001
	if _, err := s.SaveDays(ctx, 1, []proved.Day{machineDay("a", "nc-9", "2022-05-30", 1, 1, 1, 1), bad}); !errors.Is(err, proved.ErrInvalid) {
		t.Errorf("more known than planned: %v", err)
	}
	if got, err := s.Days(ctx, 1, "nc-9", "2022-05-01", "2022-06-01"); err != nil || len(got) != 0 {
		t.Errorf("half of what was refused is kept: %+v %v", got, err)
	}
	machineMonths(t, s, save)
	machineLinks(t, s)
}

func machineMonths(t *testing.T, s proved.Store, save func(int, ...proved.Day)) {
	t.Helper()
	ctx := t.Context()
	var days []proved.Day
	for i := range 3 {
		date := fmt.Sprintf("2022-06-%02d", i+1)
		days = append(days,
			machineDay("a", "nc-1", date, 1000, 799, 1, 1),                    // never enough
			machineDay("a", "lathe-2", date, int64(1000*min(i, 1)), 0, 1, 1),  // planned on two days, never known
			machineDay("b", "nc-3", date, 1000, int64(800*min(i, 1)), 1, 1),   // two of three
			machineDay("b", "press-4", date, 0, 0, 1, 1),                      // nothing planned
			machineDay("c", "nc-5", date, int64(1000*max(0, i-1)), 900, 1, 1), // the only planned day
		)
		days[len(days)-1].KnownMs = days[len(days)-1].PlannedMs
	}
	save(len(days), days...)
	months := func(owners []plant.NodeID, want ...string) {
		t.Helper()
		var got []string
		must(t, s.Months(ctx, 1, "2022-06-01", "2022-07-01", owners, rule, func(m proved.Month) error {
			got = append(got, fmt.Sprintf("%s %s %d/%d nc=%t networked=%t", m.Owner, m.Machine, m.Connected, m.Planned, m.NC, m.Networked))
			return nil
		}))
		if !reflect.DeepEqual(got, want) {
			t.Errorf("months of %v: %q; want %q", owners, got, want)
		}
	}
	b := []string{"b nc-3 2/3 nc=true networked=true", "b press-4 0/0 nc=false networked=false"}
	months(nil, "a lathe-2 0/2 nc=false networked=false", "a nc-1 0/3 nc=true networked=false", b[0], b[1], "c nc-5 1/1 nc=true networked=true")
	months([]plant.NodeID{"b"}, b...)
	if err := s.Months(ctx, 2, "2022-06-01", "2022-07-01", nil, rule, func(m proved.Month) error { return fmt.Errorf("%+v", m) }); err != nil {
		t.Errorf("another tenant's: %v", err)
	}
	if newest, err := s.Newest(ctx, 1, "2022-01-01", "2022-06-02"); err != nil || newest != "2022-06-01" {
		t.Errorf("newest: %q %v", newest, err)
	}
	if newest, err := s.Newest(ctx, 1, "2023-01-01", "2024-01-01"); err != nil || newest != "" {
		t.Errorf("newest of a year without days: %q %v", newest, err)
	}
}

func machineLinks(t *testing.T, s proved.Store) {
	t.Helper()
	ctx := t.Context()
	links, err := s.Links(ctx, 1, nil)
	must(t, err)
	if len(links) != 3 || links[0].Owner != "a" || links[0].Machines != 2 || links[0].Newest != "2022-06-03" || links[0].Name.ZH != "厂a" {
		t.Errorf("plants: %+v", links)
	}
	if c, err := proved.Counts(ctx, s, 1, rule, []access.Area{{}}, 2022); err != nil || len(c) != 0 {
		t.Errorf("counts before anybody said whose the plants are: %v %v", c, err)
	}
	b, err := s.SaveLink(ctx, 1, proved.Link{Owner: "b", Firm: "firm-b"})
	must(t, err)
	if _, err := s.SaveLink(ctx, 1, proved.Link{Owner: "b", Firm: "firm-x"}); !errors.Is(err, access.ErrConflict) {
		t.Errorf("said again without having been read: %v", err)
	}
	if _, err := s.SaveLink(ctx, 1, proved.Link{Owner: "nobody", Firm: "x"}); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("a plant that sent nothing: %v", err)
	}
	c, err := proved.Counts(ctx, s, 1, rule, []access.Area{{}}, 2022)
	must(t, err)
	if want := (map[string]proved.Count{"firm-b": {Firm: "firm-b", Month: "2022-06", Machines: 2, NC: 1, Networked: 1}}); !reflect.DeepEqual(c, want) {
		t.Errorf("counts %+v; want %+v", c, want)
	}
	b.Firm = ""
	_, err = s.SaveLink(ctx, 1, b)
	must(t, err)
	if c, err := proved.Counts(ctx, s, 1, rule, []access.Area{{}}, 2022); err != nil || len(c) != 0 {
		t.Errorf("counts when it is nobody's again: %v %v", c, err)
	}
}

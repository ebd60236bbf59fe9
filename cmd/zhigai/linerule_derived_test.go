package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/data"
	"zhigai/plant"
	"zhigai/shop/control/rule"
	"zhigai/shop/energy"
)

var twoShifts = plant.Calendar{
	Code: "two", Name: plant.Name{ZH: "两班"}, Zone: "Asia/Shanghai",
	Shifts: []plant.Shift{
		{Code: "early", Start: "06:00", End: "14:00", Weekdays: []int{1, 2, 3, 4, 5}, Breaks: []plant.Break{{Start: "11:00", End: "11:30"}}},
		{Code: "night", Start: "22:00", End: "06:00", Weekdays: []int{1, 2, 3, 4, 5}},
	},
}

// shanghai is a clock time on Monday 23 November 2026 or the days after, as tests of
// derived signals speak of it.
func shanghai(day, hour, minute int) plant.Micros {
	return plant.MicrosOf(time.Date(2026, 11, 23+day, hour, minute, 0, 0, time.FixedZone("", 8*3600)))
}

func saidOf(all []rule.Stretch) (out []string) {
	zone := time.FixedZone("", 8*3600)
	for _, s := range all {
		value := fmt.Sprint(s.Value.Number)
		if s.Value.Text != "" {
			value = s.Value.Text
		}
		if !s.Known {
			value = "?"
		}
		out = append(out, fmt.Sprintf("%s %s", s.From.Time().In(zone).Format("2 15:04"), value))
	}
	return out
}

// TestRule_CalendarCourse: shifts, breaks and the minutes that are left, over midnight and
// a free day.
func TestRule_CalendarCourse(t *testing.T) {
	t.Parallel()
	f := func(signal string, from, to plant.Micros, want ...string) {
		t.Helper()
		if got := saidOf(calendarCourse(twoShifts, signal, from, to)); !slices.Equal(got, want) {
			t.Errorf("%s: %q; want %q", signal, got, want)
		}
	}
	f(rule.CalendarInShift, shanghai(0, 5, 0), shanghai(1, 7, 0), "23 05:00 0", "23 06:00 1", "23 14:00 0", "23 22:00 1")
	f(rule.CalendarBusy, shanghai(0, 10, 0), shanghai(0, 15, 0), "23 10:00 1", "23 11:00 0", "23 11:30 1", "23 14:00 0")
	f(rule.CalendarShift, shanghai(1, 5, 59), shanghai(1, 22, 1), "24 05:59 night", "24 06:00 early", "24 14:00 0", "24 22:00 night")
	f(rule.CalendarMinutesLeft, shanghai(0, 13, 57)+1, shanghai(0, 14, 5), "23 13:57 3", "23 13:58 2", "23 13:59 1", "23 14:00 0")
	f(rule.CalendarInShift, shanghai(5, 5, 0), shanghai(5, 12, 0), "28 05:00 1", "28 06:00 0") // Saturday
}

// TestRule_TariffCourse: periods of the tariff in November and the minutes that are left.
func TestRule_TariffCourse(t *testing.T) {
	t.Parallel()
	tables, err := energy.ReadTables(data.FS)
	must(t, err)
	tariff, ok := tables.Tariff("zj-large-industry-2024")
	if !ok {
		t.Fatal("no tariff")
	}
	var hours []energy.HourSpan
	for at := shanghai(0, 0, 0); at < shanghai(2, 0, 0); at += minuteUs {
		hours = append(hours, energy.HourSpan{From: at, To: at + minuteUs, Kind: tariff.Kind(at.Time())})
	}
	got := saidOf(tariffCourse(hours, rule.TariffPeriod, shanghai(0, 7, 0), shanghai(0, 18, 0)))
	if want := []string{"23 07:00 valley", "23 08:00 peak", "23 11:00 valley", "23 13:00 peak", "23 17:00 flat"}; !slices.Equal(got, want) {
		t.Errorf("%q; want %q", got, want)
	}
	peak := []energy.HourSpan{{From: shanghai(0, 8, 0), To: shanghai(0, 11, 0), Kind: energy.Peak}, {From: shanghai(0, 11, 0), To: shanghai(3, 0, 0), Kind: energy.Valley}}
	got = saidOf(tariffCourse(peak, rule.TariffMinutesLeft, shanghai(0, 10, 58), shanghai(0, 11, 1)))
	if want := []string{"23 10:58 2", "23 10:59 1", "23 11:00 1440"}; !slices.Equal(got, want) {
		t.Errorf("%q; want %q", got, want)
	}
}

// TestRule_CoursesByPieces: what is asked moment by moment, as the present does, is what
// is asked at once, as a trial does, to the microsecond.
func TestRule_CoursesByPieces(t *testing.T) {
	t.Parallel()
	from, to := shanghai(0, 4, 0), shanghai(2, 0, 0)
	peak := []energy.HourSpan{{From: from, To: shanghai(0, 11, 0), Kind: energy.Peak}, {From: shanghai(0, 11, 0), To: to + 2*dayUs, Kind: energy.Valley}}
	courses := map[string]func(from, to plant.Micros) []rule.Stretch{
		rule.TariffPeriod: func(from, to plant.Micros) []rule.Stretch { return tariffCourse(peak, rule.TariffPeriod, from, to) },
		rule.TariffMinutesLeft: func(from, to plant.Micros) []rule.Stretch {
			return tariffCourse(peak, rule.TariffMinutesLeft, from, to)
		},
	}
	for _, s := range rule.CalendarSignals {
		courses[s.Name] = func(from, to plant.Micros) []rule.Stretch { return calendarCourse(twoShifts, s.Name, from, to) }
	}
	for name, course := range courses {
		whole := course(from, to)
		var pieces []rule.Stretch
		for at, n := from, plant.Micros(0); at < to; n++ {
			next := min(to, at+minuteUs*(1+n%7)-n%5)
			for _, s := range course(at, next) {
				if last := len(pieces) - 1; last >= 0 && pieces[last].Value == s.Value {
					pieces[last].To = s.To
					continue
				}
				pieces = append(pieces, s)
			}
			at = next
		}
		if !slices.Equal(whole, pieces) {
			t.Errorf("%s: %d stretches at once, %d piece by piece", name, len(whole), len(pieces))
		}
	}
}

const plannedFurnace = `schema: zhigai.plant/1
calendars:
  - code: all
    name: {zh: 连续}
    zone: Asia/Shanghai
    shifts:
      - {code: a, name: {zh: 甲}, start: "00:00", end: "12:00", weekdays: [1, 2, 3, 4, 5, 6, 7]}
      - {code: b, name: {zh: 乙}, start: "12:00", end: "24:00", weekdays: [1, 2, 3, 4, 5, 6, 7]}
nodes:
  - {path: firm, level: enterprise, name: {zh: 企业}}
  - {path: firm/heat, level: site, name: {zh: 热处理}, calendar: all}
  - path: firm/heat/furnace
    level: equipment
    name: {zh: 炉}
    equipment: {class: furnace, profile: demo-furnace, device: {driver: modbus-tcp, address: "127.0.0.1:1", params: {unit: "1"}}}
  - {path: firm/cold, level: site, name: {zh: 冷}}
  - path: firm/cold/furnace
    level: equipment
    name: {zh: 另一台}
    equipment: {class: furnace, profile: demo-furnace, device: {driver: modbus-tcp, address: "127.0.0.1:1", params: {unit: "2"}}}
`

// TestRule_DerivedOfANode: a machine with a calendar, at a place with a tariff, offers
// both to rules, live and in trials; one without does not, and says how to mend that.
func TestRule_DerivedOfANode(t *testing.T) {
	t.Parallel()
	now := time.Now()
	n, _ := nodeAndAPI(t, plannedFurnace, now.Add(-48*time.Hour), func(*node) {})
	who := access.Node(homeTenant)
	m, err := n.plants.Model(t.Context(), who.Scope, plant.MicrosOf(now))
	must(t, err)
	at := map[string]plant.NodeID{}
	for _, nd := range m.Nodes {
		at[nd.Path] = nd.ID
	}
	_, err = n.newEnergy().SaveNetwork(t.Context(), who, energy.Network{
		Place: at["firm/heat"], Note: "first", Tariffs: []energy.TariffUse{{Tariff: "zj-large-industry-2024", Day: "2024-03-01", Base: 650_000}},
		Meters: []energy.Meter{{Code: "main", Name: plant.Name{ZH: "总表"}, Medium: energy.Electricity, Machine: at["firm/heat/furnace"], Signal: "power.active", Reads: energy.Rate}},
	})
	must(t, err)
	def := rule.Definition{
		Name: plant.Name{ZH: "峰时"}, Place: at["firm/heat/furnace"], Trigger: "change", MaxPerHour: 100, Actions: []rule.Action{{Kind: rule.Alarm, Priority: 4}},
		When: `period in ["sharp", "peak"] && shift && left >= 1.0`,
	}
	for name, signal := range map[string]string{"period": rule.TariffPeriod, "shift": rule.CalendarInShift, "left": rule.TariffMinutesLeft} {
		def.Inputs = append(def.Inputs, rule.Input{Name: name, Machine: at["firm/heat/furnace"], Signal: signal})
	}
	trial, err := n.lineRules.Try(t.Context(), who, rule.Question{Definition: def, From: plant.InstantOf(now.Add(-24 * time.Hour)), To: plant.InstantOf(now)})
	must(t, err)
	tables, err := energy.ReadTables(data.FS)
	must(t, err)
	tariff, _ := tables.Tariff("zj-large-industry-2024")
	dear, was := 0, false
	for when := now.Add(-24 * time.Hour); when.Before(now); when = when.Add(time.Second) {
		kind := tariff.Kind(when)
		is := kind == energy.Sharp || kind == energy.Peak
		if is && !was {
			dear++
		}
		was = is
	}
	if trial.Count != dear || dear == 0 {
		t.Errorf("%d firings; the tariff has %d dear stretches", trial.Count, dear)
	}
	derived := newRuleDerived(n)
	for _, in := range def.Inputs {
		since, err := derived.Since(t.Context(), homeTenant, in.Machine, in.Signal, plant.MicrosOf(now)-1)
		if err != nil || len(since) == 0 || !since[len(since)-1].Known {
			t.Errorf("%s now: %v, %v", in.Signal, since, err)
		}
	}
	for i, signal := range []string{rule.CalendarBusy, rule.TariffPeriod} {
		def.Inputs[0] = rule.Input{Name: "x", Machine: at["firm/cold/furnace"], Signal: signal}
		got, err := n.lineRules.Check(t.Context(), who, def)
		if want := []string{"give the machine, or a place above it, a calendar", "with a tariff in force, under energy"}[i]; err != nil || got.OK || got.Field != "inputs[0]" || !strings.Contains(got.What, want) {
			t.Errorf("%+v, %v; want %q", got, err, want)
		}
	}
}

// TestRule_DerivedOfANewPlant: a rule on a plant that was entered a moment ago knows what
// its calendar says, though the plant was not there where the rule begins to look.
func TestRule_DerivedOfANewPlant(t *testing.T) {
	t.Parallel()
	n, _ := nodeAndAPI(t, plannedFurnace, time.Now(), func(*node) {})
	m, err := n.plants.Model(t.Context(), access.Scope{Tenant: homeTenant}, plant.MicrosOf(time.Now()))
	must(t, err)
	at := m.Nodes[slices.IndexFunc(m.Nodes, func(nd plant.Node) bool { return nd.Path == "firm/heat/furnace" })].ID
	r, err := n.lineRules.Save(t.Context(), personOf("li"), rule.Rule{Definition: rule.Definition{
		Name: plant.Name{ZH: "班"}, Place: at, Inputs: []rule.Input{{Name: "shift", Machine: at, Signal: rule.CalendarInShift}}, When: "shift", Trigger: "sample", MaxPerHour: 1, Actions: []rule.Action{{Kind: rule.Alarm, Priority: 4}},
	}})
	must(t, err)
	now := plant.InstantOf(time.Now())
	r, _, err = n.lineRules.Backtest(t.Context(), personOf("li"), r.ID, r.Rev, rule.Question{From: now - 1_000_000, To: now})
	must(t, err)
	r, err = n.lineRules.Move(t.Context(), personOf("li"), r.ID, rule.Move{What: "shadow", Rev: r.Rev})
	must(t, err)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(30 * time.Second); n.lineRules.Status(r.ID).Standing == 0; <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("it never stood: %+v", n.lineRules.Status(r.ID))
		}
	}
}

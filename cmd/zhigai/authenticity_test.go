package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/shop/authenticity"
)

// fleetFile is firms with so many lathes each, and an inspection machine on an
// edge node of its own, whose instants come from the device.
func fleetFile(firms map[string]int) string {
	var b strings.Builder
	b.WriteString(`schema: zhigai.plant/1
calendars:
  - code: day
    name: {zh: 白班}
    zone: Asia/Shanghai
    shifts: [{code: early, name: {zh: 早班}, start: "06:00", end: "09:00", weekdays: [1, 2, 3, 4, 5, 6, 7]}]
products: [{code: ring, name: {zh: 套圈}}]
nodes:
`)
	for firm, lathes := range firms {
		fmt.Fprintf(&b, "  - {path: %[1]s, level: enterprise, name: {zh: %[1]s}, calendar: day}\n  - {path: %[1]s/site, level: site, name: {zh: 工厂}}\n  - {path: %[1]s/site/area, level: area, name: {zh: 车间}}\n  - {path: %[1]s/site/area/line, level: line, name: {zh: 线}}\n", firm)
		for i := range lathes {
			fmt.Fprintf(&b, "  - {path: %s/site/area/line/lathe-%d, level: equipment, name: {zh: 车床}, equipment: {class: lathe, profile: demo-lathe, device: {driver: modbus-tcp, address: \"127.0.0.%d:1\", params: {unit: \"%d\"}}, nc: true, cycles: [{product: ring, pru_ms: 20000}]}}\n", firm, i, len(firm), i+1)
		}
		fmt.Fprintf(&b, "  - {path: %[1]s/site/area/line/inspection, level: equipment, name: {zh: 检测机}, equipment: {class: inspection, profile: demo-inspection, device: {driver: sparkplug, address: %[1]s/edge/inspection}, nc: true, cycles: [{product: ring, pru_ms: 20000}]}}\n", firm)
	}
	return b.String()
}

// shift is how long the machines work in a day.
const shift = 3 * time.Hour

// liar writes days of machines as their devices would have said them.
type liar struct {
	t    *testing.T
	n    *node
	tags map[string]map[string]plant.TagNo // by machine and name
	ids  map[string]plant.NodeID
}

// day is an honest shift: contact all the time, runs and standstills, a load
// and a power with a sensor's noise, a part about every twenty seconds. spoil
// changes what is stored.
func (l *liar) day(machine string, from time.Time, seed uint64, spoil func(name string, at time.Time, v float64) (float64, bool)) {
	l.t.Helper()
	rng := rand.New(rand.NewPCG(seed, 3))
	tags := l.tags[machine]
	b := plant.Batch{}
	put := func(name string, at time.Time, v float64) {
		if tags[name] == 0 {
			return
		}
		keep := true
		if spoil != nil {
			v, keep = spoil(name, at, v)
		}
		if keep {
			b.Samples = append(b.Samples, plant.Sample{Tag: tags[name], Time: plant.MicrosOf(at), Value: v})
		}
	}
	for name, v := range map[string]string{"machine.product": "ring", "machine.order": "MO-1"} {
		b.Texts = append(b.Texts, plant.Text{Tag: tags[name], Time: plant.MicrosOf(from), Value: v})
	}
	for name, v := range map[string]float64{"machine.mode": 2, "machine.estop": 0, "machine.alarm": 0, "stop.reason": 0, "count.good": 0, "count.scrap": 0, "count.rework": 0} {
		put(name, from, v)
	}
	running, turn, part, parts := false, from, from, 0.0
	for at := from; at.Before(from.Add(shift)); at = at.Add(time.Second) {
		said := at.Add(time.Duration(rng.IntN(5000)) * time.Microsecond) // when the round came to it
		if at.Sub(from)%(5*time.Second) == 0 {
			put(plant.LinkTag, at, 1)
		}
		if !at.Before(turn) {
			running = !running
			turn = at.Add(35*time.Minute + time.Duration(rng.IntN(1200))*time.Second)
			if !running {
				turn = at.Add(2*time.Minute + time.Duration(rng.IntN(300))*time.Second)
			}
			put("machine.running", at, map[bool]float64{true: 1}[running])
			part = at
		}
		power, load := 0.8+0.05*rng.NormFloat64(), 0.5+0.2*rng.NormFloat64()
		if running {
			power, load = 7+0.3*rng.NormFloat64(), 45+3*rng.NormFloat64()
			if at.Sub(part) >= 20*time.Second+time.Duration(rng.IntN(2000))*time.Millisecond {
				part, parts = at, parts+1
				put("count.good", said, parts)
			}
		}
		put("power.active", said, math.Round(power*1000)/1000)
		put("spindle.load", said, math.Round(math.Abs(load)*100)/100)
	}
	_, err := l.n.history.Append(l.t.Context(), demoTenant, b)
	must(l.t, err)
}

// TestAuthenticity_EightFakesAndNobodyElse puts eight fakes among honest
// machines of two firms. Each is found, nobody else is accused, and a decision
// makes a day count again.
func TestAuthenticity_EightFakesAndNobodyElse(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Asia/Shanghai")
	must(t, err)
	now := time.Now().In(zone)
	morning := time.Date(now.Year(), now.Month(), now.Day()-3, 6, 0, 0, 0, zone)
	const line, other = "firm/site/area/line/", "other/site/area/line/"
	want := map[string][]string{
		line + "lathe-0": {"flat_line"}, line + "lathe-1": {"copied_machine"}, line + "lathe-2": {"copied_machine"},
		line + "lathe-3": {"copied_firm"}, other + "lathe-3": {"copied_firm"}, line + "lathe-4": {"impossible_rate"},
		line + "inspection": {"cloned_clock"}, other + "inspection": {"cloned_clock"},
		line + "lathe-5": {"stepped_clock"}, line + "lathe-6": {"replayed_window"}, line + "lathe-7": {"profile_mismatch"},
	}
	n, api := nodeAndAPI(t, fleetFile(map[string]int{"firm": 9, "other": 4}), morning.AddDate(0, 0, -1), func(n *node) {
		l := newLiar(t, n)
		l.day(line+"lathe-6", morning.AddDate(0, 0, -1), 6, nil)
		seed := uint64(100)
		for machine := range l.tags {
			seed++
			switch machine {
			case line + "lathe-0": // the load of a running machine stands still for hours
				l.day(machine, morning, seed, func(name string, at time.Time, v float64) (float64, bool) {
					return v, name != "spindle.load" || at.Before(morning.Add(time.Second))
				})
			case line + "lathe-1", line + "lathe-2": // one series, an hour of it, under two names
				l.copied(machine, morning, seed, 1)
			case line + "lathe-3", other + "lathe-3":
				l.copied(machine, morning, seed, 2)
			case line + "lathe-4": // four parts for one
				l.day(machine, morning, seed, func(name string, _ time.Time, v float64) (float64, bool) {
					if name == "count.good" {
						v *= 4
					}
					return v, true
				})
			case line + "lathe-5": // the clock is set back two hours in the middle
				l.day(machine, morning, seed, nil)
				l.clock(machine, morning)
			case line + "lathe-6": // yesterday once more
				l.day(machine, morning, 6, nil)
			case line + "lathe-7": // it counts, and says that it stands
				l.day(machine, morning, seed, func(name string, at time.Time, v float64) (float64, bool) {
					if name == "machine.running" {
						v = 0
					}
					return v, true
				})
			case line + "inspection", other + "inspection": // values of their own at the instants of one
				l.cloned(machine, morning, seed)
			default:
				l.day(machine, morning, seed, nil)
			}
		}
	})
	midnight := morning.Add(-6 * time.Hour)
	for _, from := range []time.Time{midnight.AddDate(0, 0, -1), midnight} { // the windows close
		for _, firm := range []string{"firm", "other"} {
			q := url.Values{"scope": {firm}, "window": {"day"}, "from": {from.Format(time.RFC3339)}, "to": {from.Add(24 * time.Hour).Format(time.RFC3339)}}
			api.get("/api/v1/figures/oee?"+q.Encode(), &struct{}{})
		}
		must(t, n.proveClosed(t.Context()))
	}
	_, admin, err := n.access.CreateToken(t.Context(), access.Node(demoTenant), access.NewToken{Name: "admin", Role: access.RoleAdmin})
	must(t, err)
	api.token = admin
	var list struct{ Items []authenticity.Suspicion }
	api.get("/api/v1/suspicions", &list)
	got := map[string][]string{}
	for _, s := range list.Items {
		if s.Date != midnight.Format(time.DateOnly) {
			t.Errorf("an honest day is under suspicion: %+v", s)
		}
		if !slices.Contains(got[s.Path], s.Kind) {
			got[s.Path] = append(got[s.Path], s.Kind)
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("suspicions %v; want %v", got, want)
	}
	t.Logf("%d suspicions of %d machines among %d", len(list.Items), len(got), 9+4+2)
	n.decides(t, api, list.Items, midnight.Format(time.DateOnly))
}

// decides contests and dismisses one suspicion, and sees its day count again.
func (n *node) decides(t *testing.T, api apiClient, all []authenticity.Suspicion, date string) {
	t.Helper()
	i := slices.IndexFunc(all, func(s authenticity.Suspicion) bool { return s.Kind == "stepped_clock" })
	if i < 0 {
		t.Fatal("no stepped clock to decide about")
	}
	s := all[i]
	suspect := func() []string {
		t.Helper()
		days, err := n.machines.Days(t.Context(), demoTenant, s.Machine, date, date+"~")
		must(t, err)
		if len(days) != 1 {
			t.Fatalf("%d rows of %s", len(days), s.Path)
		}
		return days[0].Suspect
	}
	if got := suspect(); !slices.Equal(got, []string{"stepped_clock"}) {
		t.Errorf("the day's row is suspect of %v", got)
	}
	say := func(what string, body map[string]any, want authenticity.State) {
		t.Helper()
		body["equipment"] = s.Machine
		var out authenticity.Suspicion
		if code, text := api.send(http.MethodPost, "/api/v1/suspicions/"+s.ID+"/"+what, nil, body, &out); code != http.StatusOK || out.State != want {
			t.Errorf("%s: %d %s", what, code, text)
		}
	}
	say("contest", map[string]any{"text": "换了控制器电池"}, authenticity.Contested)
	if got := suspect(); len(got) != 1 {
		t.Errorf("contested, the day's row is suspect of %v", got)
	}
	say("decide", map[string]any{"text": "现场核实属实", "upheld": false}, authenticity.Dismissed)
	if got := suspect(); len(got) != 0 {
		t.Errorf("dismissed, the day's row is suspect of %v", got)
	}
	if code, _ := api.send(http.MethodPost, "/api/v1/suspicions/"+s.ID+"/contest", nil, map[string]any{"equipment": s.Machine, "text": "x"}, nil); code != http.StatusUnprocessableEntity {
		t.Errorf("contested after the decision: %d", code)
	}
	say("decide", map[string]any{"text": "复核不符", "upheld": true}, authenticity.Upheld)
	if got := suspect(); len(got) != 1 {
		t.Errorf("upheld, the day's row is suspect of %v", got)
	}
}

func newLiar(t *testing.T, n *node) *liar {
	t.Helper()
	l := &liar{t: t, n: n, tags: map[string]map[string]plant.TagNo{}, ids: map[string]plant.NodeID{}}
	tags, err := n.shop.Tags(t.Context(), access.Scope{Tenant: demoTenant})
	must(t, err)
	for _, tag := range tags {
		machine := plant.ParentPath(tag.Path)
		if l.tags[machine] == nil {
			l.tags[machine] = map[string]plant.TagNo{}
		}
		l.tags[machine][tag.Name], l.ids[machine] = tag.No, tag.Node
	}
	return l
}

// copied is a day whose load is for an hour that of everybody with the same
// number.
func (l *liar) copied(machine string, from time.Time, seed, number uint64) {
	l.t.Helper()
	rng := rand.New(rand.NewPCG(number, 77))
	l.day(machine, from, seed, func(name string, at time.Time, v float64) (float64, bool) {
		if d := at.Sub(from); name == "spindle.load" && d >= time.Hour && d < 2*time.Hour {
			return 40 + math.Round(300*rng.NormFloat64())/100, true
		}
		return v, true
	})
}

// cloned is a day whose power comes at the very instants of another device.
func (l *liar) cloned(machine string, from time.Time, seed uint64) {
	l.t.Helper()
	l.day(machine, from, seed, func(name string, _ time.Time, v float64) (float64, bool) { return v, name != "power.active" })
	clock, values := rand.New(rand.NewPCG(5, 5)), rand.New(rand.NewPCG(seed, 6))
	var b plant.Batch
	for at := from; at.Before(from.Add(shift)); at = at.Add(time.Second + time.Duration(clock.IntN(20_000))*time.Microsecond) {
		b.Samples = append(b.Samples, plant.Sample{Tag: l.tags[machine]["power.active"], Time: plant.MicrosOf(at), Value: 2 + 0.1*values.NormFloat64()})
	}
	_, err := l.n.history.Append(l.t.Context(), demoTenant, b)
	must(l.t, err)
}

// clock records what the collector does of a clock that was right and is not.
func (l *liar) clock(machine string, from time.Time) {
	l.t.Helper()
	kept := from.Add(2 * time.Hour)
	_, err := l.n.record.Journal().Append(l.t.Context(), demoTenant,
		fact.New(fact.KindConnection, l.ids[machine], from, "test", fact.Connection{Up: true}),
		fact.New(fact.KindClock, l.ids[machine], kept, "test", fact.Clock{Tag: "power.active", Claimed: plant.MicrosOf(kept.Add(-2 * time.Hour)), Kept: plant.MicrosOf(kept)}))
	must(l.t, err)
}

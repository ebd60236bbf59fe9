package delivery_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/connect/peer"
	"zhigai/plant"
	"zhigai/shop/alarm/delivery"
)

func rota() delivery.Rota {
	return delivery.Rota{
		Name: "维修值班", Zone: "Asia/Shanghai", Begin: "2026-11-02", HandOver: "08:00", Days: 7,
		People: []delivery.Person{{Name: "张", Email: "zhang@plant.example", Mobile: "13800000001", Feishu: "ou_zhang"}, {Name: "李", Email: "li@plant.example", Mobile: "13800000002"}, {Name: "王", Mobile: "13800000003"}},
	}
}

func (w *world) saveRota(r delivery.Rota) delivery.Rota {
	w.Helper()
	saved, err := w.desk.SaveRota(access.With(w.Context(), access.Node(1)), 1, r, r.Rev)
	must(w.T, err)
	return saved
}

// TestRota_On: turns follow each other at the hour of the place, also over a change of
// the clock; swaps hold over them, the last that was written over those before it.
func TestRota_On(t *testing.T) {
	r := rota()
	at := func(s string) plant.Instant {
		when, err := time.Parse(time.RFC3339, s)
		must(t, err)
		return plant.InstantOf(when)
	}
	r.Swaps = []delivery.Swap{{From: at("2026-11-04T08:00:00+08:00"), To: at("2026-11-06T08:00:00+08:00"), Person: "王"}, {From: at("2026-11-05T08:00:00+08:00"), To: at("2026-11-05T20:00:00+08:00"), Person: "李"}}
	berlin := rota()
	berlin.Zone, berlin.Begin, berlin.Days = "Europe/Berlin", "2026-10-24", 1 // the clock goes back on the 25th
	for when, want := range map[string][2]string{
		"2026-11-02T07:59:59+08:00": {"王", "2026-11-02T08:00:00+08:00"}, // before the first turn
		"2026-11-02T08:00:00+08:00": {"张", "2026-11-04T08:00:00+08:00"},
		"2026-11-04T08:00:00+08:00": {"王", "2026-11-05T08:00:00+08:00"},
		"2026-11-05T19:59:59+08:00": {"李", "2026-11-05T20:00:00+08:00"},
		"2026-11-05T20:00:00+08:00": {"王", "2026-11-06T08:00:00+08:00"},
		"2026-11-06T08:00:00+08:00": {"张", "2026-11-09T08:00:00+08:00"},
		"2026-11-09T08:00:00+08:00": {"李", "2026-11-16T08:00:00+08:00"},
		"2027-11-08T12:00:00+08:00": {"王", "2027-11-15T08:00:00+08:00"}, // the 53rd turn after the first
	} {
		who, until, err := r.On(at(when).Time())
		if err != nil || who.Name != want[0] || plant.InstantOf(until) != at(want[1]) {
			t.Errorf("%s: %s until %s, %v; want %s until %s", when, who.Name, until, err, want[0], want[1])
		}
	}
	for when, want := range map[string]string{"2026-10-25T06:59:59Z": "张", "2026-10-25T07:00:00Z": "李", "2026-10-24T05:59:59Z": "王"} {
		if who, _, err := berlin.On(at(when).Time()); err != nil || who.Name != want {
			t.Errorf("Berlin, %s: %s, %v; want %s", when, who.Name, err, want)
		}
	}
}

func TestRota_Check(t *testing.T) {
	w := newWorld(t)
	for what, change := range map[string]func(*delivery.Rota){
		"no name":           func(r *delivery.Rota) { r.Name = " " },
		"no zone":           func(r *delivery.Rota) { r.Zone = "" },
		"no such day":       func(r *delivery.Rota) { r.Begin = "2026-02-30" },
		"no such hour":      func(r *delivery.Rota) { r.HandOver = "8" },
		"turns of no time":  func(r *delivery.Rota) { r.Days = 0 },
		"nobody":            func(r *delivery.Rota) { r.People = nil },
		"twice":             func(r *delivery.Rota) { r.People[1].Name = "张" },
		"out of reach":      func(r *delivery.Rota) { r.People[2].Mobile = "" },
		"no mobile":         func(r *delivery.Rota) { r.People[2].Mobile = "x" },
		"no e-mail":         func(r *delivery.Rota) { r.People[0].Email = "zhang" },
		"a swap of nobody":  func(r *delivery.Rota) { r.Swaps = []delivery.Swap{{From: 1, To: 2, Person: "赵"}} },
		"a swap of no time": func(r *delivery.Rota) { r.Swaps = []delivery.Swap{{From: 2, To: 2, Person: "王"}} },
	} {
		r := rota()
		change(&r)
		if _, err := w.desk.SaveRota(t.Context(), 1, r, 0); !errors.Is(err, delivery.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	saved := w.saveRota(rota())
	var turns strings.Builder
	for _, turn := range saved.Turns {
		turns.WriteString(turn.Person)
	}
	if turns.String() != "张李王张李" {
		t.Errorf("the four weeks to come: %s", turns.String())
	}
	route := w.save(delivery.Route{Name: "chat", Way: delivery.WeCom, URL: "https://chat.example/send", Secret: "k", Priority: 2, Rota: saved.ID})
	if err := w.desk.DropRota(t.Context(), 1, saved.ID, saved.Rev); !errors.Is(err, delivery.ErrInvalid) {
		t.Errorf("a rota that a route asks was ended: %v", err)
	}
	must(t, w.desk.Drop(t.Context(), 1, route.ID, route.Rev))
	must(t, w.desk.DropRota(t.Context(), 1, saved.ID, saved.Rev))
}

// chats starts the robots of three group chats, which refuse what is not signed as
// their makers say.
func chats(t *testing.T) (*peer.Process, map[delivery.Way]string) {
	t.Helper()
	p := peer.Node(t, "../../..", "robots/server.mjs")
	p.Send(map[string]string{"secret": "SEC+/= 密"})
	base := fmt.Sprintf("http://127.0.0.1:%d", int(p.Wait("ready")["port"].(float64)))
	return p, map[delivery.Way]string{delivery.DingTalk: base + "/robot/send?access_token=token", delivery.WeCom: base + "/cgi-bin/webhook/send", delivery.Feishu: base + "/open-apis/bot/v2/hook/abc"}
}

// TestPass_Robots: an alarm reaches three group chats with who is on call, once; a
// wrong secret is told in the chat's words.
func TestPass_Robots(t *testing.T) {
	w := newWorld(t)
	server, at := chats(t)
	duty := w.saveRota(rota())
	want := map[string]string{"dingtalk": "[13800000001]", "wecom": "[13800000001]", "feishu": "[ou_zhang]"}
	for _, way := range slices.Sorted(maps.Keys(at)) {
		route := delivery.Route{Name: string(way), Way: way, URL: at[way], Secret: "SEC+/= 密", Priority: 2, Rota: duty.ID}
		w.save(route)
		route.Name, route.Secret, route.Off = "wrong", "other", true
		attempt, err := w.desk.Test(t.Context(), 1, w.save(route).ID)
		if err != nil || attempt.OK || !strings.Contains(attempt.Detail, "refused with code") {
			t.Errorf("%s by a wrong secret: %+v, %v", way, attempt, err)
		}
	}
	w.raise("limit/L1", 2)
	w.pass()
	w.pass()
	for range at {
		got := server.Wait("message")
		text := fmt.Sprint(got["text"])
		if fmt.Sprint(got["called"]) != want[fmt.Sprint(got["chat"])] || !strings.Contains(text, "【高】1号磨床：轴承温度高") || !strings.Contains(text, "值班 张") || !strings.Contains(text, "https://plant.example/machines/M1") {
			t.Errorf("taken as %v", got)
		}
	}
	all := w.log()
	if len(all) != 3 {
		t.Fatalf("%d deliveries; want 3", len(all))
	}
	for _, one := range all {
		if one.State != delivery.Sent || one.OnCall != "张" || len(one.Attempts) != 1 {
			t.Errorf("log %+v", one)
		}
	}
}

// TestPass_RobotsKeepTheirPace: a chat that takes 20 messages a minute is given no
// more; the rest follows, and nothing is lost or refused.
func TestPass_RobotsKeepTheirPace(t *testing.T) {
	w := newWorld(t)
	server, at := chats(t)
	w.save(delivery.Route{Name: "chat", Way: delivery.WeCom, URL: at[delivery.WeCom], Secret: "SEC+/= 密", Priority: 4})
	for i := range 23 {
		w.raise(fmt.Sprint("limit/", i), 3)
	}
	w.pass()
	for range 20 {
		server.Wait("message")
	}
	states := map[delivery.State]int{}
	for _, one := range w.log() {
		states[one.State]++
		if len(one.Attempts) > 1 || one.State == delivery.Waiting && len(one.Attempts) > 0 {
			t.Errorf("tried although it would be refused: %+v", one)
		}
	}
	if states[delivery.Sent] != 20 || states[delivery.Waiting] != 3 {
		t.Errorf("after one pass %v", states)
	}
}

// TestPass_Escalation: who comes second is told when nobody took the alarm up in time,
// and not otherwise.
func TestPass_Escalation(t *testing.T) {
	w := newWorld(t)
	r := newReceiver(t, "s", func() time.Time { return w.now })
	w.save(delivery.Route{Name: "chief", Way: delivery.Webhook, URL: r.URL, Secret: "s", Priority: 4, AfterMin: 15})
	w.raise("taken up", 2)
	w.raise("left alone", 2)
	w.pass()
	w.now = w.now.Add(14*time.Minute + 59*time.Second)
	w.pass()
	if len(r.ids) != 0 {
		t.Fatalf("told after less than 15 minutes")
	}
	w.alarms.alarms = w.alarms.alarms[1:]
	w.now = w.now.Add(time.Second)
	w.pass()
	states := map[string]delivery.State{}
	for _, one := range w.log() {
		states[one.Alarm.ID] = one.State
	}
	if len(r.ids) != 1 || states["left alone"] != delivery.Sent || states["taken up"] != delivery.Dropped {
		t.Errorf("%d told: %v", len(r.ids), states)
	}
}

// TestPass_Again: an alarm that comes and goes is told once in its time, and what was
// not told says why.
func TestPass_Again(t *testing.T) {
	w := newWorld(t)
	r := newReceiver(t, "s", func() time.Time { return w.now })
	w.save(delivery.Route{Name: "mes", Way: delivery.Webhook, URL: r.URL, Secret: "s", Priority: 4, AgainMin: 30})
	for _, told := range []int{1, 1, 1, 2} { // after 0, 12, 24 and 36 minutes
		w.alarms.alarms = nil
		w.raise("limit/chatters", 2)
		w.pass()
		w.pass()
		if len(r.ids) != told {
			t.Errorf("at %s %d told; want %d", w.now.Format("15:04"), len(r.ids), told)
		}
		w.now = w.now.Add(12 * time.Minute)
	}
	dropped := 0
	for _, one := range w.log() {
		if one.State == delivery.Dropped && strings.Contains(one.Why, "again after 30 min") {
			dropped++
		}
	}
	if len(w.log()) != 4 || dropped != 2 {
		t.Errorf("%d of %d were dropped with a reason; want 2 of 4", dropped, len(w.log()))
	}
}

package north_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/link/linktest"
	"zhigai/north"
	"zhigai/plant"
)

func (m *mosquitto) target() north.Target {
	scheme := "mqtt://"
	if m.ca != "" {
		scheme = "mqtts://"
	}
	return north.Target{
		Name: "MES", Kind: north.KindMQTT, URL: scheme + "127.0.0.1:" + m.port, User: user, Password: password, CA: m.ca,
		Prefix: "group", Paths: []string{lathe1},
	}
}

func sequence(from, to int) (out []float64) {
	for v := from; v <= to; v++ {
		out = append(out, float64(v))
	}
	return out
}

func (l *listener) wants(topic string, want []float64) {
	l.t.Helper()
	until(l.t, topic+" has as many values as were stored", func() bool { return len(firsts(l.values(topic))) >= len(want) })
	if got := firsts(l.values(topic)); !slices.Equal(got, want) {
		l.t.Fatalf("%s: %v; want %v", topic, got, want)
	}
}

func TestMQTT_SharedTagsOverTLSWithPassword(t *testing.T) {
	m, h := newMosquitto(t, true), newHouse(t)
	l := m.listen("#")
	h.count(1, 3) // before there is a target: stays here
	saved := h.save(m.target(), 0)
	if saved.Password != "" || !saved.HasPassword {
		t.Errorf("saved target shows its password: %+v", saved)
	}
	h.up()
	at := plant.MicrosOf(time.Now())
	_, err := h.store.Append(t.Context(), tenant, plant.Batch{
		Samples: []plant.Sample{{Tag: speed, Time: at, Value: 1500.5}, {Tag: running, Time: at, Value: 1}, plant.BadSample(speed, at+1, plant.OutOfRange, nil), {Tag: speed2, Time: at, Value: 9}, {Tag: contact, Time: at, Value: 1}},
		Texts:   []plant.Text{{Tag: program, Time: at, Value: "轴承-6205"}},
	})
	must(t, err)
	h.append(plant.Sample{Tag: contact, Value: 1}) // no news
	h.append(plant.Sample{Tag: speed, Value: 7})
	until(t, "the last value arrives", func() bool { return slices.Contains(l.values(speedTopic), 7) })
	got := l.heard()
	stamp := at.Time().Format(time.RFC3339Nano)
	want := []string{
		speedTopic + ` {"value":1500.5,"unit":"/min","time":"` + stamp + `","quality":"good","tag":"firm/site/lathe-1/spindle.speed"}`,
		`group/firm/site/lathe-1/running {"value":true,"time":"` + stamp + `","quality":"good","tag":"firm/site/lathe-1/running"}`,
		`bad:out_of_range`,
		`group/firm/site/lathe-1/link.state {"value":1,`,
		`{"value":"轴承-6205",`,
		`{"value":7,`,
	}
	if len(got) != len(want) {
		t.Fatalf("heard %d messages; want %d: %s", len(got), len(want), strings.Join(got, "\n"))
	}
	for i, w := range want {
		if !strings.Contains(got[i], w) {
			t.Errorf("message %d is %s; want %s", i, got[i], w)
		}
	}
	until(t, "all is counted", func() bool { return h.status().Sent >= 6 })
}

func TestMQTT_BrokerKilledForAWhileLosesNothing(t *testing.T) {
	m, h := newMosquitto(t, false), newHouse(t)
	l := m.listen("group/#")
	h.save(m.target(), 0)
	h.up()
	h.count(1, 50)
	l.wants(speedTopic, sequence(1, 50))
	h.up()
	m.kill()
	h.count(51, 400)
	until(t, "the loss shows", func() bool { s := h.status(); return s.Error != "" && s.State == north.StateConnecting })
	if s := h.status(); s.Behind != 350 || s.BehindSince.IsZero() {
		t.Errorf("status while the broker is away = %+v; want 350 batches behind", s)
	}
	m.start()
	l.wants(speedTopic, sequence(1, 400))
	h.up()
	if s := h.status(); s.Error != "" || s.Sent != 400 {
		t.Errorf("status after the return = %+v; want 400 sent and no error", s)
	}
}

// The connection is cut again and again in the middle of what is sent: all
// arrives, what was in flight perhaps twice, and never an older value after a
// newer one but where a repetition begins.
func TestMQTT_CutInFlightDoublesAtMostWhatWasInFlight(t *testing.T) {
	m, h := newMosquitto(t, false), newHouse(t)
	l := m.listen("group/#")
	proxy, err := linktest.NewProxy("127.0.0.1:" + m.port)
	must(t, err)
	t.Cleanup(proxy.Close)
	target := m.target()
	target.URL = "mqtt://" + proxy.Address()
	h.save(target, 0)
	h.up()
	const cuts, each = 4, 300
	for i := range cuts {
		proxy.CutAfter(9000) // some forty of the messages
		h.count(i*each+1, (i+1)*each)
		until(t, "the cut is noticed", func() bool { return h.status().Error != "" })
		proxy.Restore()
		h.up()
	}
	until(t, "the last value arrives", func() bool { return slices.Contains(l.values(speedTopic), float64(cuts*each)) })
	got, next, back := l.values(speedTopic), 1.0, 0
	for _, v := range got {
		switch {
		case v == next:
			next++
		case v > next:
			t.Fatalf("%v came where %v was due: values are lost", v, next)
		default:
			back++
		}
	}
	if next != cuts*each+1 {
		t.Errorf("the last new value is %v; want %d", next-1, cuts*each)
	}
	if back == 0 || back > cuts*64 {
		t.Errorf("%d values came twice; want some, at most one read of 64 for each of %d cuts", back, cuts)
	}
}

func TestMQTT_ProgramRestartedInTheMiddle(t *testing.T) {
	m, h := newMosquitto(t, false), newHouse(t)
	l := m.listen("group/#")
	h.save(m.target(), 0)
	h.up()
	h.count(1, 20)
	l.wants(speedTopic, sequence(1, 20))
	h.up()
	m.kill()
	h.count(21, 60)
	h.close()
	m.start()
	h.open()
	l.wants(speedTopic, sequence(1, 60))
}

func TestMQTT_SwitchedOffKeepsNothingFor(t *testing.T) {
	m, h := newMosquitto(t, false), newHouse(t)
	l := m.listen("group/#")
	target := h.save(m.target(), 0)
	h.up()
	h.count(1, 2)
	l.wants(speedTopic, sequence(1, 2))
	target.Off = true
	target = h.save(target, target.Rev) // without the password: the stored one stays
	until(t, "history keeps its log for nobody", func() bool { return len(h.store.Cursors()) == 0 })
	if s := h.status(); s.State != north.StateOff {
		t.Errorf("state %s; want off", s.State)
	}
	h.count(3, 4)
	target.Off = false
	h.save(target, target.Rev)
	h.up()
	h.count(5, 6)
	l.wants(speedTopic, []float64{1, 2, 5, 6})
}

func TestGap_LowDiskGivesUpWhatWaitsAndSaysSo(t *testing.T) {
	m, h := newMosquitto(t, false), newHouse(t)
	l := m.listen("group/#")
	h.save(m.target(), 0)
	h.up()
	h.count(1, 2)
	l.wants(speedTopic, sequence(1, 2))
	h.up()
	m.kill()
	h.count(3, 202)
	h.mu.Lock()
	h.low = true
	h.mu.Unlock()
	until(t, "the gap is recorded", func() bool { h.mu.Lock(); defer h.mu.Unlock(); return len(h.gaps) > 0 })
	h.mu.Lock()
	h.low = false
	if g := h.gaps[0]; g.Batches != 200 || g.Reason != "the disk is low" {
		t.Errorf("gap = %+v; want 200 batches", g)
	}
	h.mu.Unlock()
	if s := h.status(); len(s.Gaps) != 1 || s.Behind != 0 {
		t.Errorf("status = %+v; want the gap", s)
	}
	m.start()
	h.count(203, 204)
	l.wants(speedTopic, []float64{1, 2, 203, 204})
}

func TestTarget_ThatIsAwayHoldsNoOtherUp(t *testing.T) {
	m, h := newMosquitto(t, false), newHouse(t)
	l := m.listen("group/#")
	silent, err := linktest.NewProxy("127.0.0.1:" + m.port) // takes connections and says nothing
	must(t, err)
	t.Cleanup(silent.Close)
	silent.Stall()
	away := m.target()
	away.Name, away.URL = "away", "mqtt://"+silent.Address()
	h.save(away, 0)
	h.save(m.target(), 0)
	until(t, "the other is up", func() bool {
		rows, err := h.desk.List(t.Context(), tenant)
		must(t, err)
		return rows[1].Status.State == north.StateUp
	})
	h.count(1, 100)
	l.wants(speedTopic, sequence(1, 100))
}

func TestTest_SaysWhatIsWrong(t *testing.T) {
	m, h := newMosquitto(t, true), newHouse(t)
	f := func(change func(*north.Target), want ...string) {
		t.Helper()
		target := m.target()
		change(&target)
		err := h.desk.Test(t.Context(), tenant, target)
		if len(want) == 0 && err == nil {
			return
		}
		if err == nil || len(want) == 0 {
			t.Errorf("Test = %v; want %v", err, want)
			return
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("Test = %v; want %q in it", err, w)
			}
		}
		if strings.Contains(err.Error(), password) {
			t.Errorf("the password stands in %v", err)
		}
	}
	f(func(*north.Target) {})
	f(func(x *north.Target) { x.Password = "wrong" }, "refused", "look at user, password")
	f(func(x *north.Target) { x.CA = "" }, "unknown authority", "write the CA")
	f(func(x *north.Target) { x.URL = strings.Replace(x.URL, "127.0.0.1", "localhost", 1) }, "write the name that stands in its certificate")
	f(func(x *north.Target) { x.URL = "mqtts://127.0.0.1:1" }, "connection refused")
	f(func(x *north.Target) { x.URL = "http://x" }, "write mqtt://")
	f(func(x *north.Target) { x.URL = "mqtt://u:p@x" }, "user and password stand beside it")
	f(func(x *north.Target) { x.Paths = []string{"firm/nowhere"} }, "firm/nowhere", "/api/v1/nodes")
	f(func(x *north.Target) { x.Kind = north.KindSparkplug; x.Group = "a/b" }, "group", "write 1 to 100 bytes")
	f(func(x *north.Target) { x.CA = "nonsense" }, "write what begins with -----BEGIN CERTIFICATE-----")
}

// The stored password must not be sent to a broker that an editor names.
func TestSave_StoredPasswordStaysWithItsBroker(t *testing.T) {
	m, h := newMosquitto(t, false), newHouse(t)
	target := h.save(m.target(), 0)
	if raw, err := json.Marshal(target); err != nil || strings.Contains(string(raw), password) {
		t.Errorf("the password stands in %s, %v", raw, err)
	}
	target.Name = "MES 2"
	must(t, h.desk.Test(t.Context(), tenant, target)) // with the stored one
	target = h.save(target, target.Rev)
	target.URL = "mqtt://elsewhere"
	if _, err := h.desk.Save(t.Context(), tenant, target, target.Rev); err == nil || !strings.Contains(err.Error(), "write the password again") {
		t.Errorf("Save to another broker = %v", err)
	}
	if err := h.desk.Test(t.Context(), tenant, target); err == nil || !strings.Contains(err.Error(), "write the password again") {
		t.Errorf("Test of another broker = %v", err)
	}
}

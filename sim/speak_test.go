package sim_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/files"
	"zhigai/connect/httpjson"
	"zhigai/connect/line"
	"zhigai/connect/mqtt"
	"zhigai/connect/profile"
	"zhigai/connect/text"
	"zhigai/data"
	"zhigai/plant"
	"zhigai/sim"
)

// mqttParty is a broker with the driver on it.
func mqttParty(t *testing.T) (*mqtt.Broker, connect.Driver) {
	t.Helper()
	rights := mqtt.Rights{Tenant: 1, Publish: []string{"#"}, Subscribe: []string{"#"}}
	log := slog.New(slog.DiscardHandler)
	b, err := mqtt.NewBroker(mqtt.Options{Address: "127.0.0.1:0", Anonymous: &rights, Now: time.Now, Logger: log})
	must(t, err)
	d, err := mqtt.NewDriver(mqtt.DriverOptions{Broker: b, Now: time.Now, Logger: log})
	must(t, err)
	must(t, b.Start())
	t.Cleanup(func() { _ = b.Close() })
	return b, d
}

// speaking lets a machine speak until the test ends.
func speaking(t *testing.T, k sim.Kind, to string) (*sim.Plant, plant.Device) {
	t.Helper()
	p, devices, err := sim.StandPublishing(k, "sim", 1, 1, nil)
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(func() {
		cancel()
		p.Close()
	})
	must(t, p.Attach(ctx, to))
	return p, devices[0]
}

// Every delivered profile of plain MQTT is read from its own machine as shown.
func TestMQTT_DeliveredProfilesAreReadAsShown(t *testing.T) {
	t.Parallel()
	b, driver := mqttParty(t)
	library, err := profile.Load(data.FS, "profiles", nil)
	must(t, err)
	seen := 0
	for _, p := range library.List() {
		if p.Protocol != mqtt.Kind || slices.ContainsFunc(p.Signals, func(s profile.Signal) bool { return s.Kind == plant.KindWaveform }) {
			continue
		}
		seen++
		server, d := speaking(t, kindOf(p), b.Addr().String())
		comparesShown(t, p, driver, server, d)
	}
	if seen == 0 {
		t.Error("no profile of MQTT")
	}
}

// A recorder publishes windows of what its sensor hears: the bearing that it sits on,
// before and after it is replaced.
func TestMQTT_RecorderIsHeard(t *testing.T) {
	t.Parallel()
	b, driver := mqttParty(t)
	start := time.Now().Truncate(time.Second)
	k := sim.Kind{ID: "x", Class: "sensor", Protocol: mqtt.Kind, Signals: []sim.Signal{{Name: "vibration.waveform", Kind: plant.KindWaveform, At: "vibration#"}}}
	p, err := sim.New(sim.Config{Seed: 1, Start: start, Products: []string{"a"}, Kinds: map[string]sim.Kind{"x": k}, Model: plant.Model{Nodes: []plant.Node{
		{ID: "n", Path: "f/recorder", Level: plant.LevelEquipment, Machine: &plant.Equipment{Class: "sensor", Profile: "x", Device: plant.Device{Driver: mqtt.Kind, Address: "f/recorder"}}},
	}}, Records: []sim.Recording{{Machine: "f/recorder", Bearing: sim.Bearing{RPM: 1500, Order: 3.6, Rate: 20480, Seed: 3, Begins: start.AddDate(0, 0, -9), Grows: 40 * time.Hour, Mended: start.Add(time.Hour)}}}})
	must(t, err)
	device := plant.Device{Driver: mqtt.Kind, Address: "f/recorder"}
	t.Cleanup(driver.(*mqtt.Driver).Expect(device)) // what it says first is kept for us
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(func() {
		cancel()
		p.Close()
	})
	must(t, p.Attach(ctx, b.Addr().String()))
	conn, err := driver.Open(ctx, device)
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	got := make(chan connect.Reading, 10)
	go func() {
		_ = conn.(connect.Subscriber).Subscribe(ctx, []connect.Point{{Address: "vibration#", Kind: plant.KindWaveform}}, func(_ context.Context, rs []connect.Reading) error {
			for _, r := range rs {
				got <- r
			}
			return nil
		}, func() {})
	}()
	select {
	case r := <-got:
		want, ok := p.Heard("f/recorder", r.Source)
		if r.Err != nil || !ok || r.Text != want.Encode() || len(want.Values) != 32768 {
			t.Errorf("%d bytes of %s: %v", len(r.Text), r.Source, r.Err)
		}
	case <-time.After(patience):
		t.Fatal("nothing was heard")
	}
	loud, _ := p.Heard("f/recorder", start)
	quiet, _ := p.Heard("f/recorder", start.Add(time.Hour))
	if l, q := loud.Envelope(1).RMS, quiet.Envelope(1).RMS; l < 2*q {
		t.Errorf("RMS %.2f with the bad bearing, %.2f with the new one", l, q)
	}
	if _, ok := p.Heard("f/other", start); ok {
		t.Error("a machine that is not there is heard")
	}
	if _, err := sim.New(sim.Config{Start: start, Products: []string{"a"}, Records: []sim.Recording{{Machine: "f/recorder"}}}); err == nil {
		t.Error("a recorder that is not there")
	}
}

// heardOf asks for a device's values until they are as wanted.
func heardOf(t *testing.T, driver connect.Driver, d plant.Device, k sim.Kind, want map[string]any) {
	t.Helper()
	spec := connect.DeviceSpec{Device: d, Timeout: patience}
	for i, s := range k.Signals {
		spec.Points = append(spec.Points, connect.PointSpec{Tag: plant.TagNo(i + 1), Name: s.Name, Kind: s.Kind, Address: s.At})
	}
	var last connect.TrialResult
	for end := time.Now().Add(patience); time.Now().Before(end); {
		last = connect.Trial(t.Context(), driver, spec, time.Now)
		right := 0
		for _, v := range last.Values {
			switch w := want[v.Name].(type) {
			case string:
				right += count(v.Quality == "good" && v.Text == w)
			case float64:
				right += count(v.Quality == "good" && v.Value != nil && *v.Value == w)
			}
		}
		if last.OK && right == len(want) {
			return
		}
	}
	t.Errorf("%s: %+v; want %v", d.Driver, last, want)
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// Single values, whole documents and places in documents stand at topics.
func TestMQTT_EveryFormOfATopic(t *testing.T) {
	t.Parallel()
	b, driver := mqttParty(t)
	k := sim.Kind{ID: "x", Class: "press", Protocol: mqtt.Kind, Signals: []sim.Signal{
		{Name: "x.plain", Kind: plant.KindNumber, At: "force"},
		{Name: "x.text", Kind: plant.KindText, At: "name"},
		{Name: "x.whole", Kind: plant.KindNumber, At: "stroke#"},
		{Name: "x.place", Kind: plant.KindNumber, At: "state#/axes/1"},
		{Name: "x.on", Kind: plant.KindBoolean, At: "state#/running"},
	}}
	p, d := speaking(t, k, b.Addr().String())
	p.Show("x.plain", 12.5, "")
	p.Show("x.text", 0, "压力机")
	p.Show("x.whole", 80, "")
	p.Show("x.place", -4.25, "")
	p.Show("x.on", 1, "")
	heardOf(t, driver, d, k, map[string]any{"x.plain": 12.5, "x.text": "压力机", "x.whole": 80.0, "x.place": -4.25, "x.on": 1.0})
	k.Signals = append(k.Signals, sim.Signal{Name: "x.twice", Kind: plant.KindNumber, At: "force"})
	again, _, err := sim.StandPublishing(k, "sim", 1, 1, nil)
	must(t, err)
	if err := again.Attach(t.Context(), b.Addr().String()); err == nil || !strings.Contains(err.Error(), "write another topic") {
		t.Errorf("two values of one topic: %v", err)
	}
}

// A machine leaves tables in its folder, which the driver reads with their times.
func TestFiles_LeavesWhatItShows(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	driver, err := files.New(files.Options{Root: root, Dir: t.TempDir(), Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	must(t, err)
	k := sim.Kind{ID: "x", Class: "press", Protocol: files.Kind, Signals: []sim.Signal{
		{Name: "x.diameter", Kind: plant.KindNumber, At: "column 外径"},
		{Name: "x.part", Kind: plant.KindText, At: "column part, no"},
		{Name: "x.ok", Kind: plant.KindBoolean, At: "column ok"},
	}}
	p, devices, err := sim.StandPublishing(k, "", 1, 1, map[string]string{"settle": "0s"})
	must(t, err)
	p.Show("x.diameter", 51.998, "")
	p.Show("x.part", 0, `6204 "2RS", 7`)
	p.Show("x.ok", 1, "")
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(func() {
		cancel()
		p.Close()
	})
	must(t, p.Attach(ctx, root))
	heardOf(t, driver, devices[0], k, map[string]any{"x.diameter": 51.998, "x.part": `6204 "2RS", 7`, "x.ok": 1.0})
	k.Signals[0].At = "wave 振动"
	wave, _, err := sim.StandPublishing(k, "", 1, 1, nil)
	must(t, err)
	if err := wave.Attach(ctx, root); err == nil || !strings.Contains(err.Error(), "write a column") {
		t.Errorf("a waveform: %v", err)
	}
}

// Lines are made from the patterns by which they are understood: the patterns
// of the howto and of devices read, asked and speaking by themselves.
func TestText_LinesFitTheirPatterns(t *testing.T) {
	t.Parallel()
	pool := line.NewPool(line.Options{})
	f := func(want map[string]any, signals ...sim.Signal) {
		t.Helper()
		protocol, driver := text.KindStream, connect.Driver(text.NewStream(pool))
		if strings.Contains(signals[0].At, " ask ") {
			protocol, driver = text.Kind, text.New(pool)
		}
		k := sim.Kind{ID: "x", Class: "scale", Protocol: protocol, Signals: signals}
		p, d, err := sim.Stand(k, "127.0.0.1:0", 1)
		must(t, err)
		defer p.Close()
		for name, v := range want {
			number, _ := v.(float64)
			words, _ := v.(string)
			p.Show(name, number, words)
		}
		heardOf(t, driver, d, k, want)
	}
	number := func(name, at string) sim.Signal { return sim.Signal{Name: name, Kind: plant.KindNumber, At: at} }
	f(map[string]any{"w": 12.25}, number("w", `weight /^S +S +(?P<weight>-?[0-9.]+) *(?P<unit>g|kg)$/ ask "S\r\n" in kg`))
	f(map[string]any{"w": -3.5}, number("w", `weight /^[SD] (?P<weight>[ 0-9.-]{10}) kg$/ ask "\x05"`))
	f(map[string]any{"a": 1.5, "b": 7.0},
		number("a", `a /^T=(?P<a>\S+);N=(?P<b>\d{4})$/ ask "Q\r"`), number("b", `b /^T=(?P<a>\S+);N=(?P<b>\d{4})$/ ask "Q\r"`))
	f(map[string]any{"a": 1.5, "on": 1.0}, number("a", `v /^V(?P<v>[0-9,]+)$/ ask "V?\n" comma`),
		sim.Signal{Name: "on", Kind: plant.KindBoolean, At: `s /^(?i:lamp) (?P<s>ON|OFF)$/ ask "L?\n"`})
	f(map[string]any{"w": 0.5}, number("w", `weight /(?P<weight>[0-9.]+)\s*kg/`))
	f(map[string]any{"code": "6204-2RS"}, sim.Signal{Name: "code", Kind: plant.KindText, At: `code /^(?P<code>\S+)$/`})
	for at, says := range map[string]string{
		"weight": "write for example", `w /(?P<w>[0-9])(?P<w>/`: "write a pattern", `w /(?P<w>[A-F]{3})/`: "write a group that takes a number", `w /(?P<w/`: "write a pattern",
	} {
		_, _, err := sim.Stand(sim.Kind{ID: "x", Class: "scale", Protocol: text.KindStream, Signals: []sim.Signal{number("w", at)}}, "127.0.0.1:0", 1)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v; want %q", at, err, says)
		}
	}
}

// A machine posts its document with its token, to the path a node takes it at.
func TestWebhook_PostsWhatItShows(t *testing.T) {
	t.Parallel()
	hook := httpjson.NewHook(time.Now)
	server := httptest.NewServer(hook)
	t.Cleanup(server.Close)
	k := jsonKind
	k.Protocol = httpjson.HookKind
	k.Signals = append([]sim.Signal{}, k.Signals...)
	k.Signals[0].Scale = 0
	p, d := speaking(t, k, server.URL)
	t.Cleanup(hook.Expect(d))
	p.Show("x.power", 7.5, "")
	p.Show("x.on", 1, "")
	p.Show("x.title", 0, "磨床 3")
	p.Show("x.bed", 23.75, "")
	p.Show("x.first", -4, "")
	heardOf(t, hook, d, k, map[string]any{"x.power": 7.5, "x.on": 1.0, "x.title": "磨床 3", "x.bed": 23.75, "x.first": -4.0})
	if err := p.Attach(t.Context(), "nowhere"); err == nil || !strings.Contains(err.Error(), "write for example http://") {
		t.Errorf("no node: %v", err)
	}
}

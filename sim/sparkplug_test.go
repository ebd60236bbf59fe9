package sim_test

import (
	"bufio"
	"context"
	"encoding/hex"
	"log/slog"
	"math"
	"os/exec"
	"strings"
	"testing"
	"time"

	"zhigai/connect/mqtt"
	"zhigai/connect/mqtt/client"
	"zhigai/connect/peer"
	"zhigai/connect/sparkplug/payload"
	"zhigai/sim"
)

// message is what a subscriber heard.
type message struct {
	kind string // NBIRTH ...
	node string
	p    payload.Payload
	raw  []byte
}

func (m message) value(t *testing.T, name string, alias uint64) (payload.Value, bool) {
	t.Helper()
	for _, one := range m.p.Metrics {
		if one.Name == name || one.Name == "" && one.HasAlias && one.Alias == alias {
			return one.Value, true
		}
	}
	return payload.Value{}, false
}

func startBroker(t *testing.T) *mqtt.Broker {
	t.Helper()
	all := mqtt.Rights{Tenant: 1, Publish: []string{"#"}, Subscribe: []string{"#"}}
	b, err := mqtt.NewBroker(mqtt.Options{Address: "127.0.0.1:0", Anonymous: &all, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	must(t, err)
	must(t, b.Start())
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// hear subscribes with the product's client to what edge nodes say.
func hear(t *testing.T, b *mqtt.Broker) (*client.Client, chan message) {
	t.Helper()
	news := make(chan message, 1000)
	c, err := client.Dial(soon(t), client.Options{Address: b.Addr().String(), Client: "host", Received: func(topic string, raw []byte, _ bool) {
		part := strings.Split(topic, "/")
		if len(part) != 4 || part[2] == "NCMD" {
			return
		}
		p, _ := payload.Decode(raw) // garbage is part of the test
		news <- message{part[2], part[3], p, raw}
	}})
	must(t, err)
	t.Cleanup(c.Kill)
	must(t, c.Subscribe(soon(t), "spBv1.0/xinchang/#", 1))
	return c, news
}

// next waits for a message of the kind from cell-1.
func next(t *testing.T, news chan message, kind string) message {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case m := <-news:
			if m.kind == kind && m.node == "cell-1" {
				return m
			}
		case <-deadline:
			t.Fatalf("no %s of cell-1", kind)
		}
	}
}

// attach lets the plant run against the broker until the test ends.
func attach(t *testing.T, p *sim.Plant, b *mqtt.Broker, host string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	must(t, p.AttachHost(ctx, b.Addr().String(), host))
	t.Cleanup(func() { cancel(); p.Close() })
}

func command(t *testing.T, c *client.Client, metrics ...payload.Metric) {
	t.Helper()
	p := payload.Payload{Metrics: metrics}
	must(t, c.Publish(soon(t), "spBv1.0/xinchang/NCMD/cell-1", p.Append(nil), 1, false))
}

func bdSeq(t *testing.T, m message) uint64 {
	t.Helper()
	v, ok := m.value(t, "bdSeq", 0)
	if !ok {
		t.Fatalf("%s without bdSeq", m.kind)
	}
	return v.Unsigned(64)
}

func TestSparkplug_BirthDataRebirthDeath(t *testing.T) {
	t.Parallel()
	p, b := demo(t, 1), startBroker(t)
	host, news := hear(t, b)
	attach(t, p, b, "")
	birth := next(t, news, "NBIRTH")
	if !birth.p.HasSeq || birth.p.Seq != 0 || len(birth.p.Metrics) != len(p.Shown(cell1))+2 {
		t.Errorf("birth: seq %d, %d metrics", birth.p.Seq, len(birth.p.Metrics))
	}
	alias := map[string]uint64{}
	for _, m := range birth.p.Metrics {
		alias[m.Name] = m.Alias
	}
	if v, _ := birth.value(t, "Machine/Order", 0); string(v.Bytes) != p.Shown(cell1)["machine.order"] {
		t.Errorf("order %q", v.Bytes)
	}
	p.Advance(p.Now().Add(time.Minute))
	data := next(t, news, "NDATA")
	if data.p.Seq != 1 || len(data.p.Metrics) == 0 || len(data.p.Metrics) >= len(birth.p.Metrics)-2 {
		t.Errorf("data: seq %d, %d metrics; want those that changed", data.p.Seq, len(data.p.Metrics))
	}
	if v, ok := data.value(t, "Energy/Active", alias["Energy/Active"]); !ok || v.Float64() != p.Shown(cell1)["energy.active"] {
		t.Errorf("energy %v, %v; the machine shows %v", v.Float64(), ok, p.Shown(cell1)["energy.active"])
	}
	command(t, host, payload.Metric{Name: "Robot/Override", Type: payload.TypeDouble, Value: payload.OfFloat(payload.TypeDouble, 70)})
	data = next(t, news, "NDATA")
	if v, ok := data.value(t, "Robot/Override", alias["Robot/Override"]); !ok || v.Float64() != 70 {
		t.Errorf("override %v after a command", v)
	}
	command(t, host, payload.Metric{Name: "Node Control/Rebirth", Type: payload.TypeBoolean, Value: payload.OfBool(true)})
	if again := next(t, news, "NBIRTH"); again.p.Seq != 0 || bdSeq(t, again) != bdSeq(t, birth) {
		t.Errorf("rebirth: seq %d, bdSeq %d; want 0 and %d", again.p.Seq, bdSeq(t, again), bdSeq(t, birth))
	}
	must(t, p.Set(sim.Fault{Machine: cell1, Kind: sim.Unplug}, true))
	if death := next(t, news, "NDEATH"); bdSeq(t, death) != bdSeq(t, birth) {
		t.Errorf("death of bdSeq %d; want %d", bdSeq(t, death), bdSeq(t, birth))
	}
	must(t, p.Set(sim.Fault{Machine: cell1, Kind: sim.Unplug}, false))
	if born := next(t, news, "NBIRTH"); bdSeq(t, born) != bdSeq(t, birth)+1 {
		t.Errorf("next birth has bdSeq %d; want %d", bdSeq(t, born), bdSeq(t, birth)+1)
	}
}

func TestSparkplug_WaitsForItsHost(t *testing.T) {
	t.Parallel()
	p, b := demo(t, 1), startBroker(t)
	_, news := hear(t, b)
	say := func(online string, at string) {
		must(t, b.Publish("spBv1.0/STATE/home", []byte(`{"online":`+online+`,"timestamp":`+at+`}`), 1, true))
	}
	say("false", "1000")
	attach(t, p, b, "home")
	// Nothing may come before the host is there: the first message of all is
	// the birth after it.
	say("true", "2000")
	select {
	case m := <-news:
		if m.kind != "NBIRTH" {
			t.Errorf("first message is %s", m.kind)
		}
		if m.node != "cell-1" {
			next(t, news, "NBIRTH")
		}
	case <-soon(t).Done():
		t.Fatal("no birth")
	}
	say("false", "1500") // an old statement, late
	p.Advance(p.Now().Add(time.Second))
	next(t, news, "NDATA")
	say("false", "3000")
	next(t, news, "NDEATH")
	say("true", "4000")
	next(t, news, "NBIRTH")
}

func TestSparkplug_Faults(t *testing.T) {
	t.Parallel()
	p, b := demo(t, 1), startBroker(t)
	_, news := hear(t, b)
	attach(t, p, b, "")
	birth := next(t, news, "NBIRTH")
	alias := uint64(0)
	for _, m := range birth.p.Metrics {
		if m.Name == "Power/Active" {
			alias = m.Alias
		}
	}
	with := func(k sim.FaultKind, ok func(message, payload.Value) bool) {
		t.Helper()
		must(t, p.Set(sim.Fault{Machine: cell1, Kind: k}, true))
		deadline := time.Now().Add(patience)
		for {
			m := next(t, news, "NDATA")
			v, _ := m.value(t, "", alias)
			if ok(m, v) {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s is not seen", k)
			}
			p.Advance(p.Now().Add(time.Second))
		}
		must(t, p.Set(sim.Fault{Machine: cell1, Kind: k}, false))
	}
	with(sim.NaN, func(_ message, v payload.Value) bool { return math.IsNaN(v.Float64()) })
	with(sim.Sentinel, func(_ message, v payload.Value) bool { return v.Float64() == 1e38 })
	with(sim.Garbage, func(m message, _ payload.Value) bool { _, err := payload.Decode(m.raw); return err != nil })
	with(sim.ClockAhead, func(m message, _ payload.Value) bool {
		ahead := time.UnixMilli(int64(m.p.Timestamp)).Sub(p.Now())
		return ahead > 50*time.Minute && ahead < 70*time.Minute
	})
}

// mosquitto_sub hears every edge node under its topic. It does not tell when it
// is subscribed, so births are asked for until they came.
func TestSparkplug_MosquittoHears(t *testing.T) {
	t.Parallel()
	program := peer.Program(t, "mosquitto_sub", "apt-get install mosquitto-clients")
	p, b := demo(t, 1), startBroker(t)
	attach(t, p, b, "")
	want := map[string]int{}
	m, _ := model(t)
	for _, n := range m.Nodes {
		if n.Machine != nil && n.Machine.Device.Driver == "sparkplug" {
			want[strings.Replace("spBv1.0/"+n.Machine.Device.Address, "/xinchang/", "/xinchang/NBIRTH/", 1)] = len(p.Shown(n.Path)) + 2
		}
	}
	host, port, _ := strings.Cut(b.Addr().String(), ":")
	cmd := exec.CommandContext(soon(t), program, "-h", host, "-p", port, "-V", "5", "-t", "spBv1.0/+/NBIRTH/#", "-F", "%t %x")
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	asking, enough := context.WithCancel(t.Context())
	defer enough()
	go func() {
		rebirth := payload.Payload{Metrics: []payload.Metric{{Name: "Node Control/Rebirth", Type: payload.TypeBoolean, Value: payload.OfBool(true)}}}
		ticker := time.NewTicker(200 * time.Millisecond)
		defer ticker.Stop()
		for asking.Err() == nil {
			for topic := range want {
				_ = b.Publish(strings.Replace(topic, "NBIRTH", "NCMD", 1), rebirth.Append(nil), 1, false) // the next round tries again
			}
			select {
			case <-ticker.C:
			case <-asking.Done():
			}
		}
	}()
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	heard := map[string]bool{}
	for len(heard) < len(want) && lines.Scan() {
		topic, body, _ := strings.Cut(lines.Text(), " ")
		raw, err := hex.DecodeString(body)
		must(t, err)
		decoded, err := payload.Decode(raw)
		must(t, err)
		if heard[topic] = true; len(decoded.Metrics) != want[topic] {
			t.Errorf("%s: birth of %d metrics; want %d", topic, len(decoded.Metrics), want[topic])
		}
	}
	if len(heard) < len(want) {
		t.Errorf("heard of %v only", heard)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // killed
}

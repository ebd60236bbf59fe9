package north_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"zhigai/connect/peer"
	"zhigai/north"
	"zhigai/plant"
)

type obj = map[string]any

// host is the foreign host application: the npm packages mqtt and
// sparkplug-payload.
type host struct {
	*peer.Process
	t *testing.T
}

func (m *mosquitto) host() *host {
	m.t.Helper()
	must(m.t, os.Setenv("MQTT_USER", user))
	must(m.t, os.Setenv("MQTT_PASSWORD", password))
	must(m.t, os.Setenv("MQTT_CA", ""))
	url := "mqtt://127.0.0.1:" + m.port
	if m.ca != "" {
		url = "mqtts://127.0.0.1:" + m.port
		must(m.t, os.Setenv("MQTT_CA", filepath.Join(m.dir, "ca.crt")))
	}
	h := &host{peer.Node(m.t, "..", "sparkplug/host.js", url, "Shop"), m.t}
	h.Wait("listening")
	return h
}

// message waits for the next message of the kind, about the device if one is
// given, and looks at the sequence of all that pass.
func (h *host) message(kind, device string) []obj {
	h.t.Helper()
	for {
		e := h.Wait("message")
		if e["kind"] == kind && (device == "" || e["device"] == device) {
			var out []obj
			for _, m := range e["metrics"].([]any) {
				out = append(out, m.(map[string]any))
			}
			return out
		}
	}
}

func named(metrics []obj, name string) obj {
	i := slices.IndexFunc(metrics, func(m obj) bool { return m["name"] == name })
	if i < 0 {
		return nil
	}
	return metrics[i]
}

// data waits until the value of the alias is heard, and gives what came by then.
func (h *host) data(alias plant.TagNo, last float64) (heard []obj) {
	h.t.Helper()
	for {
		for _, m := range h.message("DDATA", "") {
			if m["alias"] != float64(alias) {
				continue
			}
			heard = append(heard, m)
			if m["value"] == last {
				return heard
			}
		}
	}
}

func (m *mosquitto) edge() north.Target {
	t := m.target()
	t.Kind, t.Prefix, t.Group, t.Edge, t.Paths = north.KindSparkplug, "", "Shop", "Plant", []string{"firm/site"}
	return t
}

func TestSparkplug_BirthsDataDeathAndRebirth(t *testing.T) {
	m, h := newMosquitto(t, true), newHouse(t)
	host := m.host()
	at := plant.MicrosOf(time.Now().Add(-time.Minute))
	_, err := h.store.Append(t.Context(), tenant, plant.Batch{
		Samples: []plant.Sample{{Tag: speed, Time: at, Value: 1500.5}, {Tag: running, Time: at, Value: 1}, {Tag: contact, Time: at, Value: 1}, {Tag: contact2, Time: at, Value: 0}},
		Texts:   []plant.Text{{Tag: program, Time: at, Value: "轴承"}},
	})
	must(t, err)
	h.save(m.edge(), 0)

	node := host.message("NBIRTH", "")
	if named(node, "bdSeq") == nil || named(node, "Node Control/Rebirth") == nil {
		t.Errorf("NBIRTH = %v", node)
	}
	birth := host.message("DBIRTH", device1)
	s := named(birth, "spindle.speed")
	if s["value"] != 1500.5 || s["type"] != "Double" || s["alias"] != float64(speed) || s["timestamp"] != float64(at.Time().UnixMilli()) {
		t.Errorf("spindle.speed of the birth = %v", s)
	}
	if p := fmt.Sprint(s["properties"]); p != "map[Quality:map[type:Int32 value:192] engUnit:map[type:String value:/min]]" {
		t.Errorf("properties = %s", p)
	}
	if named(birth, "program")["value"] != "轴承" || named(birth, "running")["value"] != true {
		t.Errorf("birth = %v", birth)
	}
	host.message("DDEATH", device2) // out of contact from the start
	h.up()

	h.append(plant.Sample{Tag: speed, Value: 7})
	if got := host.data(speed, 7); len(got) != 1 || got[0]["isHistorical"] == true || got[0]["name"] != nil && got[0]["name"] != "" {
		t.Errorf("data = %v; want one by alias, not historical", got)
	}
	h.append(plant.Sample{Tag: contact, Value: 0})
	host.message("DDEATH", device1)
	h.append(plant.Sample{Tag: contact, Value: 1}, plant.Sample{Tag: speed, Value: 8})
	host.message("DBIRTH", device1)
	host.data(speed, 8)

	host.Send(obj{"op": "rebirth", "edge": "Plant"})
	again := host.message("NBIRTH", "")
	if named(again, "bdSeq")["value"] != named(node, "bdSeq")["value"] {
		t.Errorf("bdSeq of the rebirth %v; want that of the connection %v", named(again, "bdSeq"), named(node, "bdSeq"))
	}
	if v := named(host.message("DBIRTH", device1), "spindle.speed")["value"]; v != 8.0 {
		t.Errorf("speed of the rebirth %v; want 8", v)
	}
	// Signing off says the death certificate itself.
	h.close()
	if d := host.message("NDEATH", ""); named(d, "bdSeq")["value"] != named(node, "bdSeq")["value"] {
		t.Errorf("NDEATH = %v", d)
	}
}

func TestSparkplug_SequenceHasNoGap(t *testing.T) {
	m, h := newMosquitto(t, false), newHouse(t)
	host := m.host()
	h.save(m.edge(), 0)
	h.up()
	h.count(1, 600)
	next, births := -1, 0
	for last := 0.0; last != 600; {
		e := host.Wait("message")
		seq := int(e["seq"].(float64))
		if e["kind"] == "NBIRTH" {
			next = 0
			births++
		}
		if seq != next {
			t.Fatalf("%s has sequence %d; want %d", e["kind"], seq, next)
		}
		next = (next + 1) % 256
		for _, m := range e["metrics"].([]any) {
			if m := m.(map[string]any); m["alias"] == float64(speed) && m["value"] != nil {
				last = m["value"].(float64)
			}
		}
	}
	if births != 1 {
		t.Errorf("%d births; want 1", births)
	}
}

// While the primary host is offline nothing is sent; what was missed comes in
// order and says that it is late.
func TestSparkplug_PrimaryHostOfflineThenHistorical(t *testing.T) {
	for _, old := range []bool{false, true} {
		t.Run(map[bool]string{false: "version 3.0", true: "version 2.2"}[old], func(t *testing.T) {
			m, h := newMosquitto(t, false), newHouse(t)
			host := m.host()
			state := func(online bool) { host.Send(obj{"op": "state", "host": "SCADA", "online": online, "old": old}) }
			target := m.edge()
			target.Host = "SCADA"
			h.save(target, 0)
			until(t, "the target waits for its host", func() bool { return h.status().State == north.StateWaiting })
			h.count(1, 100)
			if s := h.status(); s.Sent != 0 || s.Behind != 100 {
				t.Errorf("status without a host = %+v; want all 100 kept", s)
			}
			state(true)
			host.message("NBIRTH", "")
			historical := func(from, to int) {
				t.Helper()
				got := host.data(speed, float64(to))
				for i, m := range got {
					if m["value"] != float64(from+i) || m["isHistorical"] != true {
						t.Fatalf("value %d is %v; want %d, historical", i, m, from+i)
					}
				}
				if len(got) != to-from+1 {
					t.Errorf("%d values; want %d", len(got), to-from+1)
				}
			}
			historical(1, 100)
			h.up()
			h.append(plant.Sample{Tag: speed, Value: 101})
			if got := host.data(speed, 101); got[0]["isHistorical"] == true {
				t.Errorf("live value = %v", got[0])
			}
			state(false)
			host.message("NDEATH", "")
			until(t, "the target waits again", func() bool { return h.status().State == north.StateWaiting })
			h.count(102, 150)
			state(true)
			host.message("NBIRTH", "")
			historical(102, 150)
		})
	}
}

// The broker dies and comes back: the host hears the death certificate of the
// connection, a new birth and everything that was missed.
func TestSparkplug_ConnectionCutThenHistorical(t *testing.T) {
	m, h := newMosquitto(t, false), newHouse(t)
	host := m.host()
	h.save(m.edge(), 0)
	first := named(host.message("NBIRTH", ""), "bdSeq")["value"].(float64)
	h.up()
	h.count(1, 5)
	host.data(speed, 5)
	h.up()
	m.kill()
	h.count(6, 305)
	host.t.Log("host hears again")
	m.start()
	host.Wait("listening")
	h.count(306, 306)
	host.Send(obj{"op": "rebirth", "edge": "Plant"}) // the birth may have come before the host listened
	second := named(host.message("NBIRTH", ""), "bdSeq")["value"].(float64)
	if int(second) == int(first) {
		t.Errorf("bdSeq %v stays the same over two connections", second)
	}
	h.up()
	if s := h.status(); s.Sent != 306 {
		t.Errorf("sent %d values; want 306", s.Sent)
	}
}

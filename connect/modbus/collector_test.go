package modbus_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/modbus"
	"zhigai/connect/modbus/pdu"
	"zhigai/connect/peer"
	"zhigai/fact"
	"zhigai/plant"
)

// notebook keeps what a collector stores and says.
type notebook struct {
	mu      sync.Mutex
	changed *sync.Cond
	samples map[plant.TagNo][]plant.Sample
	links   []fact.Connection
}

func newNotebook() *notebook {
	n := &notebook{samples: map[plant.TagNo][]plant.Sample{}}
	n.changed = sync.NewCond(&n.mu)
	return n
}

func (n *notebook) Append(_ context.Context, _ plant.TenantNo, b plant.Batch) (uint64, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, s := range b.Samples {
		n.samples[s.Tag] = append(n.samples[s.Tag], s)
	}
	n.changed.Broadcast()
	return 0, nil
}

// journal is the notebook as a [fact.Journal].
type journal struct{ *notebook }

func (j journal) Append(_ context.Context, _ plant.TenantNo, events ...fact.Event) ([]fact.Event, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range events {
		var c fact.Connection
		if e.Kind != fact.KindConnection {
			continue
		}
		if err := json.Unmarshal(e.Payload, &c); err != nil {
			return nil, err
		}
		j.links = append(j.links, c)
	}
	j.changed.Broadcast()
	return events, nil
}

func (journal) Events(context.Context, plant.TenantNo, fact.Filter) ([]fact.Event, error) {
	return nil, nil
}

// wait until the notebook says what is wanted; it is locked meanwhile.
func (n *notebook) wait(t *testing.T, what string, wanted func() bool) {
	t.Helper()
	late := false
	alarm := time.AfterFunc(patience, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		late = true
		n.changed.Broadcast()
	})
	defer alarm.Stop()
	n.mu.Lock()
	defer n.mu.Unlock()
	for !wanted() {
		if late {
			t.Fatalf("%s did not come; events %+v, samples %v", what, n.links, n.samples)
		}
		n.changed.Wait()
	}
}

func (n *notebook) last(tag plant.TagNo) float64 {
	all := n.samples[tag]
	if len(all) == 0 {
		return -1
	}
	return all[len(all)-1].Value
}

func collect(t *testing.T, n *notebook, specs ...connect.DeviceSpec) *connect.Collector {
	t.Helper()
	c := connect.NewCollector(connect.Options{
		Drivers: []connect.Driver{modbus.New()}, Store: n, Journal: journal{n}, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
	})
	t.Cleanup(c.Close)
	c.Set(specs)
	return c
}

// one is a device whose link is tag no and whose points follow.
func one(name string, d plant.Device, no plant.TagNo, addresses ...string) connect.DeviceSpec {
	d.ID = plant.DeviceID(name)
	s := connect.DeviceSpec{Tenant: 1, Path: "line/" + name, Link: no, Device: d, Timeout: time.Second}
	for i, a := range addresses {
		s.Points = append(s.Points, connect.PointSpec{Tag: no + 1 + plant.TagNo(i), Name: a, Kind: plant.KindNumber, Address: a, Period: 50 * time.Millisecond})
	}
	return s
}

// The whole way with a foreign device: values are stored on change, a pulled
// plug is told with its reason, and the return is found by itself.
func TestCollector_Pymodbus(t *testing.T) {
	port := peer.Port(t)
	device := pymodbus(t, port)
	n := newNotebook()
	c := collect(t, n, one("a", unit7(port), 10, "holding 315 uint16", "holding 202 uint16"))
	put := func(p *peer.Process, v int) {
		p.Send(obj{"op": "set", "function": 3, "at": 315, "words": []int{v}})
		p.Wait("set")
	}
	for v := range 5 {
		put(device, v+100)
		n.wait(t, fmt.Sprint("value ", v+100), func() bool { return n.last(11) == float64(v+100) })
	}
	n.wait(t, "one marker for the address that is not there", func() bool {
		s := n.samples[12]
		return len(s) == 1 && s[0].Quality == plant.Bad|plant.Unconfigured
	})
	device.Kill()
	n.wait(t, "the loss", func() bool {
		return n.last(10) == 0 && len(n.links) == 2 && !n.links[1].Up && n.links[1].Reason != "" && n.links[1].Last > 0
	})
	if s := c.Status()[0]; s.State != connect.StateDown || s.Error == "" || s.Samples < 7 || s.Requests == 0 || s.Gated["bad:unconfigured"] == 0 {
		t.Errorf("status %+v", s)
	}
	back := pymodbusAgain(t, port)
	put(back, 7)
	n.wait(t, "the return", func() bool { return n.last(10) == 1 && n.last(11) == 7 && len(n.links) == 3 && n.links[2].Up })
	for _, v := range c.Latest("a") {
		if strings.HasPrefix(v.Name, "holding 315") && (v.Raw != "0007" || v.Value == nil || *v.Value != 7 || v.Quality != "good") {
			t.Errorf("latest %+v", v)
		}
	}
}

// Dead devices behind a gateway hold its line for their timeouts. Those that
// live wait, and are not taken for lost because of it.
func TestCollector_DeadUnitsOnASharedLine(t *testing.T) {
	t.Parallel()
	counter := uint16(0)
	gateway := serve(t, func(q question) bool {
		if q.Unit != 1 {
			return true // nobody answers
		}
		counter++
		q.reply(pdu.Answer(nil, q.body, &flat{registers: [1 << 16]uint16{counter}}))
		return true
	})
	n := newNotebook()
	var specs []connect.DeviceSpec
	for unit := range 16 {
		d := gateway
		d.Params = map[string]string{"unit": fmt.Sprint(unit + 1), "timeout": "100ms"}
		s := one(fmt.Sprint("unit", unit+1), d, plant.TagNo(10*unit+10), "holding 0 uint16")
		s.Timeout, s.Retries = 100*time.Millisecond, 1
		specs = append(specs, s)
	}
	c := collect(t, n, specs...)
	n.wait(t, "values", func() bool { return len(n.samples[11]) >= 15 })
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.links) != 1 || n.last(10) != 1 {
		t.Errorf("events %+v", n.links)
	}
	for _, s := range c.Status() {
		if want := map[bool]string{true: connect.StateUp, false: connect.StateDown}[s.ID == "unit1"]; s.State != want && s.State != connect.StateConnecting {
			t.Errorf("%s is %s: %s", s.ID, s.State, s.Error)
		}
	}
}

package sim

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"zhigai/connect/mqtt/client"
	"zhigai/connect/sparkplug/payload"
	"zhigai/plant"
)

// edge is a machine as a Sparkplug B edge node: it is born, reports what
// changed each second, and dies by its will.
type edge struct {
	m      *machine
	broker string
	group  string
	name   string
	bdSeq  uint64
	seq    uint64

	mu      sync.Mutex
	rebirth bool
}

func newEdge(m *machine, broker string) *edge {
	group, name, _ := strings.Cut(m.device.Address, "/")
	return &edge{m: m, broker: broker, group: group, name: name}
}

// retryAfter is how long an edge node waits for its broker to come back.
const retryAfter = 2 * time.Second

func (e *edge) run(ctx context.Context) {
	for ctx.Err() == nil {
		_ = e.live(ctx) // whatever it was: try again
		select {
		case <-ctx.Done():
		case <-time.After(retryAfter):
		}
		e.bdSeq = (e.bdSeq + 1) % 256
	}
}

func (e *edge) topic(kind string) string { return "spBv1.0/" + e.group + "/" + kind + "/" + e.name }

// live is one connection, from birth to death.
func (e *edge) live(ctx context.Context) error {
	death := payload.Payload{Timestamp: e.time(), HasTimestamp: true, Metrics: []payload.Metric{e.bdMetric()}}
	c, err := client.Dial(ctx, client.Options{
		Address: e.broker, Client: "sim-" + e.name, KeepAlive: 10 * time.Second,
		Will: &client.Will{Topic: e.topic("NDEATH"), Payload: death.Append(nil), QoS: 1}, Received: e.command,
	})
	if err != nil {
		return err
	}
	defer c.Kill() // the will is the only farewell
	if err := c.Subscribe(ctx, e.topic("NCMD"), 1); err != nil {
		return err
	}
	if err := e.birth(ctx, c); err != nil {
		return err
	}
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-c.Done():
			return fmt.Errorf("the broker is gone")
		case <-ticker.C:
		}
		if e.silent() {
			return fmt.Errorf("unplugged")
		}
		if err := e.report(ctx, c); err != nil {
			return err
		}
	}
}

func (e *edge) silent() bool {
	e.m.mu.Lock()
	defer e.m.mu.Unlock()
	return e.m.unplugged
}

func (e *edge) time() uint64 {
	e.m.mu.Lock()
	defer e.m.mu.Unlock()
	return uint64(e.m.now.UnixMilli())
}

func (e *edge) bdMetric() payload.Metric {
	return payload.Metric{Name: "bdSeq", Type: payload.TypeUInt64, Value: payload.OfInt(payload.TypeUInt64, int64(e.bdSeq))}
}

// birth tells all metrics with names and aliases.
func (e *edge) birth(ctx context.Context, c *client.Client) error {
	e.seq = 0
	metrics := []payload.Metric{e.bdMetric(), {Name: "Node Control/Rebirth", Type: payload.TypeBoolean, Value: payload.OfBool(false)}}
	return e.send(ctx, c, "NBIRTH", append(metrics, e.metrics(true)...))
}

func (e *edge) report(ctx context.Context, c *client.Client) error {
	e.mu.Lock()
	again := e.rebirth
	e.rebirth = false
	e.mu.Unlock()
	if again {
		return e.birth(ctx, c)
	}
	metrics := e.metrics(false)
	if len(metrics) == 0 {
		return nil
	}
	return e.send(ctx, c, "NDATA", metrics)
}

func (e *edge) send(ctx context.Context, c *client.Client, kind string, metrics []payload.Metric) error {
	p := payload.Payload{Timestamp: e.time(), HasTimestamp: true, Seq: e.seq, HasSeq: true, Metrics: metrics}
	e.seq = (e.seq + 1) % 256
	return c.Publish(ctx, e.topic(kind), p.Append(nil), 1, false)
}

// metrics are those that changed, by alias, or all of them with their names.
func (e *edge) metrics(all bool) []payload.Metric {
	m := e.m
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []payload.Metric
	for i, s := range m.kind.Signals {
		if !all && !m.changed[i] {
			continue
		}
		m.changed[i] = false
		one := payload.Metric{Alias: uint64(i + 1), HasAlias: true, Timestamp: uint64(m.now.UnixMilli()), HasTimestamp: true}
		one.Type, one.Value = metricValue(s.Kind, m.values[i])
		if all {
			one.Name = s.At
		}
		out = append(out, one)
	}
	return out
}

func metricValue(kind plant.TagKind, v value) (payload.Type, payload.Value) {
	switch kind {
	case plant.KindText:
		return payload.TypeString, payload.OfText(v.text)
	case plant.KindBoolean:
		return payload.TypeBoolean, payload.OfBool(v.num != 0)
	case plant.KindEnumeration:
		return payload.TypeInt32, payload.OfInt(payload.TypeInt32, int64(v.num))
	}
	return payload.TypeDouble, payload.OfFloat(payload.TypeDouble, v.num)
}

// command takes rebirth requests and set points.
func (e *edge) command(_ string, raw []byte, _ bool) {
	p, err := payload.Decode(raw)
	if err != nil {
		return // a real edge node does not answer to garbage either
	}
	for _, metric := range p.Metrics {
		if metric.Name == "Node Control/Rebirth" {
			e.mu.Lock()
			e.rebirth = true
			e.mu.Unlock()
			continue
		}
		e.set(metric)
	}
}

func (e *edge) set(metric payload.Metric) {
	m := e.m
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, s := range m.kind.Signals {
		if s.Writable && (s.At == metric.Name || metric.HasAlias && metric.Alias == uint64(i+1)) {
			m.values[i].num, m.changed[i] = metric.Value.Float64(), true
		}
	}
}

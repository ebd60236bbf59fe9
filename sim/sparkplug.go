package sim

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"sync"
	"time"

	"zhigai/connect/mqtt/client"
	"zhigai/connect/sparkplug/payload"
	"zhigai/plant"
)

// Times of an edge node.
const (
	retryAfter    = 2 * time.Second // to come back to its broker
	reportEvery   = time.Second
	edgeKeepAlive = 10 * time.Second
	answerWithin  = 10 * time.Second // of the broker
)

// rebirthMetric is the command every edge node understands.
const rebirthMetric = "Node Control/Rebirth"

var (
	errUnplugged = errors.New("unplugged")
	errHostGone  = errors.New("the primary host is offline")
	errBroker    = errors.New("the broker is gone")
)

// edge is a machine as a Sparkplug B edge node: it is born, reports what
// changed each second, and dies by its will.
type edge struct {
	m      *machine
	broker string
	host   string // the primary host's id, "" for none
	group  string
	name   string
	bdSeq  uint64
	seq    uint64
	told   []uint32 // versions of the values that were reported

	mu      sync.Mutex // guards what messages set
	rebirth bool
	online  bool   // of the primary host
	stated  uint64 // timestamp of its last statement
	news    chan struct{}
}

func newEdge(m *machine, broker, host string) *edge {
	group, name, _ := strings.Cut(m.device.Address, "/")
	return &edge{m: m, broker: broker, host: host, group: group, name: name, told: make([]uint32, len(m.values)), news: make(chan struct{}, 1)}
}

func (e *edge) run(ctx context.Context) {
	for ctx.Err() == nil {
		if !e.m.is(Unplug) {
			_ = e.live(ctx) // whatever it was: try again
			e.bdSeq = (e.bdSeq + 1) % 256
		}
		select {
		case <-ctx.Done():
		case <-time.After(retryAfter):
		}
	}
}

func (e *edge) topic(kind string) string { return "spBv1.0/" + e.group + "/" + kind + "/" + e.name }

// live is one connection, from birth to death.
func (e *edge) live(ctx context.Context) error {
	death := payload.Payload{Timestamp: e.time(), HasTimestamp: true, Metrics: []payload.Metric{e.bdMetric()}}
	will := death.Append(nil)
	e.mu.Lock()
	e.online, e.stated, e.rebirth = e.host == "", 0, false
	e.mu.Unlock()
	c, err := client.Dial(ctx, client.Options{
		Address: e.broker, Client: "sim-" + e.name, KeepAlive: edgeKeepAlive,
		Will: &client.Will{Topic: e.topic("NDEATH"), Payload: will, QoS: 1}, Received: e.received,
	})
	if err != nil {
		return err
	}
	defer c.Kill() // the will is the farewell
	if err := e.subscribe(ctx, c); err != nil {
		return err
	}
	born := false
	ticker := time.NewTicker(reportEvery)
	defer ticker.Stop()
	for {
		switch online := e.hostOnline(); {
		case e.m.is(Unplug):
			return errUnplugged
		case born && !online:
			// Sparkplug 3.0, 5.15: an edge node that lost its primary host dies
			// and comes back.
			_ = c.Publish(ctx, e.topic("NDEATH"), will, 1, false)
			return errHostGone
		case !born && online:
			err, born = e.birth(ctx, c), true
		case born:
			err = e.report(ctx, c)
		}
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-c.Done():
			return errBroker
		case <-e.news:
		case <-ticker.C:
		}
	}
}

func (e *edge) subscribe(ctx context.Context, c *client.Client) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	if err := c.Subscribe(ctx, e.topic("NCMD"), 1); err != nil {
		return err
	}
	if e.host == "" {
		return nil
	}
	return c.Subscribe(ctx, e.stateTopic(), 1)
}

func (e *edge) stateTopic() string { return "spBv1.0/STATE/" + e.host }

func (e *edge) hostOnline() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.online
}

// time is the machine's clock in ms.
func (e *edge) time() uint64 {
	e.m.mu.Lock()
	defer e.m.mu.Unlock()
	return ms(e.m.stamp(e.m.seen()))
}

func ms(t plant.Micros) uint64 { return uint64(t / 1000) }

func (e *edge) bdMetric() payload.Metric {
	return payload.Metric{Name: "bdSeq", Type: payload.TypeUInt64, Value: payload.OfInt(payload.TypeUInt64, int64(e.bdSeq))}
}

// birth tells all metrics with names and aliases.
func (e *edge) birth(ctx context.Context, c *client.Client) error {
	e.seq = 0
	metrics := []payload.Metric{e.bdMetric(), {Name: rebirthMetric, Type: payload.TypeBoolean, Value: payload.OfBool(false)}}
	return e.send(ctx, c, "NBIRTH", append(metrics, e.metrics(true)...))
}

func (e *edge) report(ctx context.Context, c *client.Client) error {
	e.mu.Lock()
	again := e.rebirth
	e.rebirth = false
	e.mu.Unlock()
	switch {
	case again:
		return e.birth(ctx, c)
	case e.m.is(Silent):
		return nil
	case e.m.is(Garbage):
		return c.Publish(ctx, e.topic("NDATA"), []byte("\xff\xff#garbage"), 0, false)
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
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	return c.Publish(ctx, e.topic(kind), p.Append(nil), 1, false)
}

// metrics are those that changed, by alias, or all of them with their names.
func (e *edge) metrics(all bool) []payload.Metric {
	m := e.m
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []payload.Metric
	for i, s := range m.kind.Signals {
		v := m.values[i]
		if !all && v.version == e.told[i] {
			continue
		}
		e.told[i] = v.version
		one := payload.Metric{Alias: uint64(i + 1), HasAlias: true, Timestamp: ms(m.stamp(v.at)), HasTimestamp: true}
		if one.Type, one.Value = m.metric(s.Kind, v); all {
			one.Name = s.At
		}
		out = append(out, one)
	}
	return out
}

// metric is a value in its Sparkplug type.
func (m *machine) metric(kind plant.TagKind, v value) (payload.Type, payload.Value) {
	switch kind {
	case plant.KindText:
		return payload.TypeString, payload.OfText(v.text)
	case plant.KindBoolean:
		return payload.TypeBoolean, payload.OfBool(v.num != 0)
	case plant.KindEnumeration:
		if m.faults[Sentinel] {
			v.num = math.MinInt32
		}
		return payload.TypeInt32, payload.OfInt(payload.TypeInt32, int64(v.num))
	}
	if m.faults[NaN] {
		v.num = math.NaN()
	} else if m.faults[Sentinel] {
		v.num = 1e38
	}
	return payload.TypeDouble, payload.OfFloat(payload.TypeDouble, v.num)
}

// received takes rebirth requests, set points and the host's state.
func (e *edge) received(topic string, raw []byte, _ bool) {
	defer func() {
		select {
		case e.news <- struct{}{}:
		default: // it will look anyway
		}
	}()
	if topic == e.stateTopic() {
		e.state(raw)
		return
	}
	p, err := payload.Decode(raw)
	if err != nil {
		return // a real edge node does not answer to garbage either
	}
	for _, metric := range p.Metrics {
		if metric.Name == rebirthMetric {
			e.mu.Lock()
			e.rebirth = metric.Value.Bits != 0
			e.mu.Unlock()
			continue
		}
		e.m.command(metric)
	}
}

// state believes a statement of the primary host that is not older than the
// last one (Sparkplug 3.0, 6.4.26).
func (e *edge) state(raw []byte) {
	var s struct {
		Online    bool   `json:"online"`
		Timestamp uint64 `json:"timestamp"`
	}
	if json.Unmarshal(raw, &s) != nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if s.Timestamp >= e.stated {
		e.online, e.stated = s.Online, s.Timestamp
	}
}

// command sets a set point by the name or the alias of its metric.
func (m *machine) command(metric payload.Metric) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, s := range m.kind.Signals {
		if s.At != metric.Name && (metric.Name != "" || !metric.HasAlias || metric.Alias != uint64(i+1)) {
			continue
		}
		if v, ok := commanded(metric.Value); ok {
			m.write(i, v)
		}
	}
}

// commanded reads a number in whichever field it came.
func commanded(v payload.Value) (float64, bool) {
	switch v.Field {
	case payload.Float, payload.Double:
		return v.Float64(), true
	case payload.Int:
		return float64(v.Signed(32)), true
	case payload.Long:
		return float64(v.Signed(64)), true
	case payload.Boolean:
		return float64(v.Bits), true
	}
	return 0, false
}

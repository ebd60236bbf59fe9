package sparkplug_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/mqtt"
	"zhigai/connect/mqtt/client"
	"zhigai/connect/sparkplug"
	"zhigai/connect/sparkplug/payload"
	"zhigai/plant"
)

// patience is how long a test waits for what must happen; a test that passes
// never waits it out.
// rebirth is longer than the host waits between two requests.
const rebirth = time.Minute

const patience = 20 * time.Second

// house is a broker with a host on it.
type house struct {
	t      *testing.T
	broker *mqtt.Broker
	host   *sparkplug.Driver

	mu      sync.Mutex
	forward time.Duration
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Now().Add(h.forward)
}

// later moves the clock of host and broker.
func (h *house) later(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.forward += d
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t}
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	all := &mqtt.Rights{Publish: []string{"#"}, Subscribe: []string{"#"}}
	b, err := mqtt.NewBroker(mqtt.Options{Address: "127.0.0.1:0", Anonymous: all, Gatekeeper: anyone{}, Now: h.now, Logger: log})
	must(t, err)
	d, err := sparkplug.New(sparkplug.Options{Broker: b, HostID: "zhigai", Now: h.now, Logger: log})
	must(t, err)
	must(t, b.Start())
	t.Cleanup(func() {
		must(t, d.Close())
		must(t, b.Close())
	})
	h.broker, h.host = b, d
	return h
}

type anyone struct{}

func (anyone) Admit(context.Context, mqtt.Login) (mqtt.Rights, error) {
	return mqtt.Rights{Publish: []string{"#"}, Subscribe: []string{"#"}}, nil
}

// edgeNode is an edge node written here, to send what a library would not.
type edgeNode struct {
	t     *testing.T
	c     *client.Client
	seq   uint64
	bdSeq uint64
	group string
	node  string
	cmds  chan payload.Payload
}

// edge connects as group G, node N.
func (h *house) edge(id string, version byte, bdSeq uint64) *edgeNode {
	h.t.Helper()
	n := &edgeNode{t: h.t, bdSeq: bdSeq, group: "G", node: "N", cmds: make(chan payload.Payload, 100)}
	death := payload.Payload{Metrics: []payload.Metric{bd(bdSeq)}}
	c, err := client.Dial(within(h.t), client.Options{
		Address: h.broker.Addr().String(), Client: id, Version: version,
		Will: &client.Will{Topic: "spBv1.0/G/NDEATH/N", Payload: death.Append(nil), QoS: 1},
		Received: func(_ string, b []byte, _ bool) {
			if p, err := payload.Open(b); err == nil {
				n.cmds <- p
			}
		},
	})
	must(h.t, err)
	h.t.Cleanup(c.Kill)
	n.c = c
	must(h.t, c.Subscribe(within(h.t), "spBv1.0/G/NCMD/N", 1))
	must(h.t, c.Subscribe(within(h.t), "spBv1.0/G/DCMD/N/#", 1))
	return n
}

func bd(n uint64) payload.Metric {
	return payload.Metric{Name: "bdSeq", Type: payload.TypeUInt64, Value: payload.Value{Field: payload.Long, Bits: n}}
}

// send publishes with quality of service 1, so that it returns after the host
// has taken the message.
func (n *edgeNode) send(kind, device string, metrics ...payload.Metric) error {
	n.t.Helper()
	p := payload.Payload{Timestamp: uint64(time.Now().UnixMilli()), HasTimestamp: true, Seq: n.seq, HasSeq: true, Metrics: metrics}
	n.seq = (n.seq + 1) % 256
	topic := "spBv1.0/" + n.group + "/" + kind + "/" + n.node
	if device != "" {
		topic += "/" + device
	}
	return n.c.Publish(within(n.t), topic, p.Append(nil), 1, false)
}

func (n *edgeNode) nodeBirth(more ...payload.Metric) {
	n.t.Helper()
	n.seq = 0
	must(n.t, n.send("NBIRTH", "", append([]payload.Metric{bd(n.bdSeq)}, more...)...))
}

func (n *edgeNode) birth() {
	n.t.Helper()
	n.nodeBirth()
	must(n.t, n.send("DBIRTH", "D", speed(1000), mode("AUTO"), count(41)))
}

func (n *edgeNode) rebirthAsked() bool {
	for {
		select {
		case p := <-n.cmds:
			for _, m := range p.Metrics {
				if m.Name == "Node Control/Rebirth" && m.Value.Bits == 1 {
					return true
				}
			}
		default:
			return false
		}
	}
}

func speed(v float64) payload.Metric {
	return payload.Metric{Name: "Spindle/Speed", Alias: 1, HasAlias: true, Type: payload.TypeDouble, Value: payload.OfFloat(payload.TypeDouble, v)}
}

func mode(s string) payload.Metric {
	return payload.Metric{Name: "Mode", Alias: 2, HasAlias: true, Type: payload.TypeString, Value: payload.OfText(s)}
}

func count(n int64) payload.Metric {
	return payload.Metric{Name: "Count/Good", Alias: 3, HasAlias: true, Type: payload.TypeInt64, Value: payload.OfInt(payload.TypeInt64, n)}
}

// byAlias drops name and type, as an edge node does after its birth.
func byAlias(m payload.Metric) payload.Metric { m.Name, m.Type = "", 0; return m }

func byName(m payload.Metric) payload.Metric { m.HasAlias, m.Alias = false, 0; return m }

var points = []connect.Point{
	{Address: "Spindle/Speed", Kind: plant.KindNumber},
	{Address: "Mode", Kind: plant.KindText},
	{Address: "Count/Good", Kind: plant.KindNumber},
}

// running is a Subscribe under way.
type running struct {
	t      *testing.T
	got    chan connect.Reading
	alive  chan struct{}
	ended  chan error
	cancel context.CancelFunc

	passed []connect.Reading // taken from got while waiting for another

	mu   sync.Mutex
	fail error // what the sink answers
}

func (r *running) failing(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fail = err
}

func (r *running) sink(_ context.Context, readings []connect.Reading) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		return r.fail
	}
	for _, g := range readings {
		r.got <- g
	}
	return nil
}

func subscribe(t *testing.T, d connect.Driver, address string, points []connect.Point) *running {
	t.Helper()
	c, err := d.Open(within(t), plant.Device{Driver: sparkplug.Kind, Address: address})
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	r := &running{t: t, got: make(chan connect.Reading, 10000), alive: make(chan struct{}, 10000), ended: make(chan error, 1), cancel: cancel}
	go func() {
		r.ended <- c.(connect.Subscriber).Subscribe(ctx, points, r.sink, func() { r.alive <- struct{}{} })
	}()
	t.Cleanup(cancel)
	return r
}

// number waits for a number of a point, passing over others.
func (r *running) number(point int, want float64) connect.Reading {
	r.t.Helper()
	return r.until(point, func(g connect.Reading) bool { return g.Err == nil && g.Number == want })
}

func (r *running) until(point int, ok func(connect.Reading) bool) connect.Reading {
	r.t.Helper()
	for i, g := range r.passed {
		if g.Point == point && ok(g) {
			r.passed = append(r.passed[:i], r.passed[i+1:]...)
			return g
		}
	}
	deadline := time.After(patience)
	for {
		select {
		case g := <-r.got:
			if g.Point == point && ok(g) {
				return g
			}
			r.passed = append(r.passed, g)
		case err := <-r.ended:
			r.t.Fatalf("subscription ended: %v; readings before %+v", err, r.passed)
		case <-deadline:
			r.t.Fatalf("no such reading of point %d; had %+v", point, r.passed)
		}
	}
}

func (r *running) end() error {
	r.t.Helper()
	select {
	case err := <-r.ended:
		return err
	case <-time.After(patience):
		r.t.Fatal("subscription did not end")
		return nil
	}
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t *testing.T, what string, err, is error, text string) {
	t.Helper()
	if err == nil || is != nil && !errors.Is(err, is) || !strings.Contains(err.Error(), text) {
		t.Errorf("%s: %v; want %v with %q", what, err, is, text)
	}
}

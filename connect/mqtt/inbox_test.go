package mqtt_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/mqtt"
	"zhigai/connect/mqtt/client"
	"zhigai/fact"
	"zhigai/plant"
)

// slowStore keeps samples and stands still while its lock is held.
type slowStore struct {
	still   sync.RWMutex
	mu      sync.Mutex
	commits int
	samples []plant.Sample
}

func (s *slowStore) Append(_ context.Context, _ plant.TenantNo, b plant.Batch) (uint64, error) {
	s.still.RLock()
	defer s.still.RUnlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commits++
	s.samples = append(s.samples, b.Samples...)
	return uint64(s.commits), nil
}

func (s *slowStore) of(tag plant.TagNo) (out []float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.samples {
		if one.Tag == tag && one.Value > 0 { // 0 is how the device showed itself
			out = append(out, one.Value)
		}
	}
	return out
}

type noJournal struct{}

func (noJournal) Append(_ context.Context, _ plant.TenantNo, events ...fact.Event) ([]fact.Event, error) {
	return events, nil
}

func (noJournal) Events(context.Context, plant.TenantNo, fact.Filter) ([]fact.Event, error) {
	return nil, nil
}

// line is a broker, and a collector that stores what is published to plant/a/n
// as tag 2.
func line(t *testing.T, o mqtt.Options) (*mqtt.Broker, *slowStore) {
	t.Helper()
	var driver *mqtt.Driver
	b := open(t, o, func(b *mqtt.Broker) {
		var err error
		driver, err = mqtt.NewDriver(mqtt.DriverOptions{Broker: b, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
		must(t, err)
	})
	store := &slowStore{}
	c := connect.NewCollector(connect.Options{
		Drivers: []connect.Driver{driver}, Store: store, Journal: noJournal{}, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
	})
	t.Cleanup(c.Close)
	c.Set([]connect.DeviceSpec{{
		Tenant: 1, Path: "a", Link: 1, Timeout: time.Second, Device: plant.Device{ID: "a", Driver: mqtt.Kind, Address: "plant/a"},
		Points: []connect.PointSpec{{Tag: 2, Name: "n", Kind: plant.KindNumber, Address: "n", Period: time.Second}},
	}})
	first := dial(t, b, client.Options{Client: "first"})
	until(t, "the device is up", func() bool {
		must(t, first.Publish(within(t), "plant/a/n", []byte("0"), 1, false))
		return c.Status()[0].State == connect.StateUp
	})
	must(t, first.Close())
	store.mu.Lock()
	store.commits = 0
	store.mu.Unlock()
	return b, store
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

func counting(from, to int) (out []float64) {
	for i := from; i <= to; i++ {
		out = append(out, float64(i))
	}
	return out
}

// output is what a program printed so far.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// A foreign client while the store stands still: nothing is acknowledged, what
// waits is bounded by what it may send, and in the end everything is there, in
// order, many messages in one commit.
func TestPressure_MosquittoUnderAStoreThatStalls(t *testing.T) {
	needs(t, "mosquitto_pub")
	const messages = 1000
	for _, version := range []string{"mqttv311", "mqttv5"} {
		t.Run(version, func(t *testing.T) {
			b, store := line(t, mqtt.Options{})
			host, port, err := net.SplitHostPort(b.Addr().String())
			must(t, err)
			store.still.Lock()
			running := true
			defer func() {
				if !running {
					return
				}
				store.still.Unlock()
			}()
			cmd := exec.CommandContext(within(t), "mosquitto_pub", "-h", host, "-p", port, "-V", version, "-q", "1", "-t", "plant/a/n", "-l", "-d")
			in, err := cmd.StdinPipe()
			must(t, err)
			var said output
			cmd.Stdout, cmd.Stderr = &said, &said
			must(t, cmd.Start())
			go func() {
				for i := 1; i <= messages; i++ {
					fmt.Fprintln(in, i)
				}
				_ = in.Close()
			}()
			until(t, "messages come in", func() bool { return b.Pressure().Pending >= 20 })
			if p := b.Pressure(); p.Pending > 256 || p.Dropped != 0 {
				t.Errorf("while the store stands still: %+v", p)
			}
			if strings.Contains(said.String(), "received PUBACK") {
				t.Error("acknowledged before it was stored")
			}
			running = false
			store.still.Unlock()
			if err := cmd.Wait(); err != nil {
				t.Fatalf("%v: %s", err, said.String())
			}
			if n := strings.Count(said.String(), "received PUBACK"); n != messages {
				t.Errorf("%d acknowledgements; want %d", n, messages)
			}
			if got := store.of(2); !slices.Equal(got, counting(1, messages)) {
				t.Errorf("%d values stored; want %d in order", len(got), messages)
			}
			if store.commits > messages/4 {
				t.Errorf("%d commits for %d messages", store.commits, messages)
			}
			// A message is acknowledged before it is handed on, and holds its room until then.
			until(t, "nothing waits", func() bool { p := b.Pressure(); return p.Pending == 0 && p.Bytes == 0 })
			if n := b.Pressure().Withheld; n != 0 {
				t.Errorf("%d messages withheld; want none", n)
			}
		})
	}
}

// While publishes wait, the connection does not: a client that asks something
// else is answered, else its keep-alive would end it.
func TestPressure_TheConnectionIsReadWhilePublishesWait(t *testing.T) {
	b, store := line(t, mqtt.Options{})
	c := dial(t, b, client.Options{Client: "c", Version: 5})
	store.still.Lock()
	acked := make(chan error, 1)
	go func() { acked <- c.Publish(context.Background(), "plant/a/n", []byte("7"), 1, false) }()
	until(t, "the message came in", func() bool { return b.Pressure().Pending == 1 })
	err := c.Subscribe(within(t), "out/#", 1)
	select {
	case err := <-acked:
		t.Errorf("acknowledged (%v) before it was stored", err)
	default:
	}
	store.still.Unlock()
	must(t, err)
	must(t, receive(t, acked, "acknowledgement"))
}

// MQTT 5 tells how many messages may wait for their acknowledgement. Who sends
// more is ended, as the standard has it; under 3.1.1 he waits at his socket.
func TestPressure_MoreInFlightThanAllowed(t *testing.T) {
	for _, version := range []byte{4, 5} {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			b, store := line(t, mqtt.Options{Limits: mqtt.Limits{Inflight: 16}})
			c := dial(t, b, client.Options{Client: "c", Version: version})
			store.still.Lock()
			var acks sync.WaitGroup
			errs := make([]error, 40)
			for i := range errs {
				acks.Go(func() { errs[i] = c.Publish(within(t), "plant/a/n", fmt.Append(nil, i+1), 1, false) })
			}
			if version == 5 {
				receive(t, c.Done(), "end of connection")
				if p := b.Pressure(); p.Exceeded != 1 {
					t.Errorf("%+v", p)
				}
				store.still.Unlock()
				acks.Wait()
				return
			}
			until(t, "the client waits", func() bool { return b.Pressure().Held == 1 })
			if p := b.Pressure(); p.Pending != 16 {
				t.Errorf("%+v; want 16 and no more", p)
			}
			store.still.Unlock()
			acks.Wait()
			for i, err := range errs {
				if err != nil {
					t.Errorf("message %d: %v", i, err)
				}
			}
			if n := len(store.of(2)); n != 40 {
				t.Errorf("%d values; want 40", n)
			}
		})
	}
}

// Without acknowledgements nobody can be slowed down for ever: while the store
// stands still a flood is bounded in memory, the newest are kept, and how many
// were dropped is known to the last one.
func TestPressure_FloodWithoutAcknowledgement(t *testing.T) {
	floods := make(chan mqtt.Flood, 4)
	const limit, size, messages = 1 << 20, 1000, 20_000
	var b *mqtt.Broker
	got := make(chan string, messages)
	release := make(chan struct{})
	// The clock stands until all has come: a slow machine's pauses end no flood.
	var passed atomic.Int64
	began := time.Now()
	now := func() time.Time { return began.Add(time.Duration(passed.Load())) }
	b = open(t, mqtt.Options{Now: now, Limits: mqtt.Limits{PendingBytes: limit}, Flooded: func(f mqtt.Flood) { floods <- f }}, func(b *mqtt.Broker) {
		b.SetQuiet(50 * time.Millisecond)
		must(t, b.Handle("plant/#", func(_ context.Context, m mqtt.Message) error {
			<-release
			got <- strings.TrimSpace(string(m.Payload))
			return nil
		}))
	})
	c := dial(t, b, client.Options{Client: "flood"})
	ctx, before := within(t), heap()
	payload := func(i int) []byte { return fmt.Appendf(nil, "%*d", size, i) }
	for i := range messages {
		must(t, c.Publish(ctx, "plant/a/n", payload(i), 0, false))
	}
	until(t, "all were read", func() bool { p := b.Pressure(); return int(p.Dropped)+p.Pending == messages })
	p := b.Pressure()
	if p.Bytes > limit/16 || p.Flooding != 1 {
		t.Errorf("%+v", p)
	}
	if grown := heap() - before; grown > 8*limit {
		t.Errorf("the heap grew by %d MB", grown>>20)
	}
	if f := receive(t, floods, "the begin"); f.Client != "flood" || !f.To.IsZero() || f.Dropped != 1 {
		t.Errorf("begin %+v", f)
	}
	kept := p.Pending
	passed.Store(int64(time.Hour))
	close(release)
	last := ""
	for range kept {
		last = receive(t, got, "message")
	}
	if last != fmt.Sprint(messages-1) {
		t.Errorf("the last message is %s; the newest say how things are", last)
	}
	if f := receive(t, floods, "the end"); f.To.IsZero() || int(f.Dropped)+kept != messages {
		t.Errorf("end %+v with %d kept of %d", f, kept, messages)
	}
	until(t, "nothing waits", func() bool { p := b.Pressure(); return p.Pending == 0 && p.Bytes == 0 && p.Flooding == 0 })
}

// A flood that the store can take is only slowed down: nothing is dropped.
func TestPressure_AFloodThatCanBeStoredIsNotDropped(t *testing.T) {
	b, store := line(t, mqtt.Options{})
	c := dial(t, b, client.Options{Client: "flood"})
	ctx := within(t)
	const messages = 10_000
	for i := range messages {
		must(t, c.Publish(ctx, "plant/a/n", fmt.Append(nil, i+1), 0, false))
	}
	must(t, c.Close())
	until(t, "all are stored", func() bool { return len(store.of(2)) == messages })
	if p := b.Pressure(); p.Dropped != 0 {
		t.Errorf("%+v", p)
	}
	if got := store.of(2); !slices.Equal(got, counting(1, messages)) {
		t.Error("not in order")
	}
}

// The memory of all clients together is bounded, too.
func TestPressure_AllClientsShareALimit(t *testing.T) {
	const limit, clients = 256 << 10, 30
	release := make(chan struct{})
	b := open(t, mqtt.Options{Limits: mqtt.Limits{PendingBytes: limit}}, func(b *mqtt.Broker) {
		must(t, b.Handle("#", func(ctx context.Context, _ mqtt.Message) error {
			select {
			case <-release:
			case <-ctx.Done():
			}
			return nil
		}))
	})
	var acks sync.WaitGroup
	for i := range clients {
		c := dial(t, b, client.Options{Client: fmt.Sprint("c", i)})
		for range 4 {
			acks.Go(func() { must(t, c.Publish(within(t), "x", make([]byte, 8<<10), 1, false)) })
		}
	}
	until(t, "clients wait", func() bool { return b.Pressure().Held >= clients/2 })
	// One message of each client is taken whatever there is.
	if p := b.Pressure(); p.Bytes > limit+clients*(8<<10+1) {
		t.Errorf("%+v with a limit of %d", p, limit)
	}
	close(release)
	acks.Wait()
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

package mqtt_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/mqtt"
	"zhigai/connect/mqtt/client"
	"zhigai/plant"
)

// press is a device at plant/press1.
func press(params ...string) plant.Device {
	d := plant.Device{Driver: mqtt.Kind, Address: "plant/press1", Params: map[string]string{}}
	for i := 0; i < len(params); i += 2 {
		d.Params[params[i]] = params[i+1]
	}
	return d
}

var pressPoints = []connect.Point{
	{Address: "speed", Kind: plant.KindNumber},
	{Address: "state#/mode", Kind: plant.KindText},
	{Address: "state#/count/good", Kind: plant.KindNumber},
}

func openDriver(t *testing.T, now func() time.Time) (*mqtt.Broker, *mqtt.Driver) {
	t.Helper()
	var d *mqtt.Driver
	b := open(t, mqtt.Options{}, func(b *mqtt.Broker) {
		var err error
		d, err = mqtt.NewDriver(mqtt.DriverOptions{Broker: b, Now: now, Logger: slog.New(slog.DiscardHandler)})
		must(t, err)
	})
	return b, d
}

// opened opens the press while somebody publishes for it.
func opened(t *testing.T, d *mqtt.Driver, c *client.Client, params ...string) connect.Conn {
	t.Helper()
	got := make(chan connect.Conn, 1)
	go func() {
		conn, err := d.Open(within(t), press(params...))
		if err != nil {
			t.Error(err)
		}
		got <- conn
	}()
	for {
		must(t, c.Publish(within(t), "plant/press1/speed", []byte("1"), 1, false))
		select {
		case conn := <-got:
			return conn
		default:
		}
	}
}

type following struct {
	got   chan connect.Reading
	alive chan struct{}
	ended chan error
	fail  atomic.Pointer[error]
}

func follow(t *testing.T, c connect.Conn) *following {
	t.Helper()
	f := &following{got: make(chan connect.Reading, 1000), alive: make(chan struct{}, 1000), ended: make(chan error, 1)}
	go func() {
		f.ended <- c.(connect.Subscriber).Subscribe(t.Context(), pressPoints, func(_ context.Context, rs []connect.Reading) error {
			if err := f.fail.Load(); err != nil {
				return *err
			}
			for _, r := range rs {
				f.got <- r
			}
			return nil
		}, func() { f.alive <- struct{}{} })
	}()
	return f
}

func (f *following) wait(t *testing.T, what string, ok func(connect.Reading) bool) connect.Reading {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case r := <-f.got:
			if ok(r) {
				return r
			}
		case err := <-f.ended:
			t.Fatalf("ended (%v) before %s", err, what)
		case <-deadline:
			t.Fatalf("no %s", what)
		}
	}
}

func TestDriver_ValuesAndTimes(t *testing.T) {
	b, d := openDriver(t, time.Now)
	c := dial(t, b, client.Options{Client: "gateway"})
	conn := opened(t, d, c, "time", "/t")
	f := follow(t, conn)
	stamp := time.Now().Add(-time.Minute).UTC().Truncate(time.Second)
	must(t, c.Publish(within(t), "plant/press1/state", []byte(`{"t":"`+stamp.Format(time.RFC3339)+`","mode":"自动","count":{"good":12}}`), 1, false))
	r := f.wait(t, "mode", func(r connect.Reading) bool { return r.Point == 1 })
	if r.Text != "自动" || !r.Source.Equal(stamp) || r.Uncertain {
		t.Errorf("mode = %+v", r)
	}
	f.wait(t, "count", func(r connect.Reading) bool { return r.Point == 2 && r.Number == 12 })
	must(t, c.Publish(within(t), "plant/press1/speed", []byte("33"), 1, false))
	if r := f.wait(t, "speed", func(r connect.Reading) bool { return r.Point == 0 && r.Number == 33 }); !r.Uncertain {
		t.Errorf("speed = %+v; want it uncertain, its time is not the device's", r)
	}
	must(t, c.Publish(within(t), "plant/press1/state", []byte(`garbage`), 1, false))
	if r := f.wait(t, "bad count", func(r connect.Reading) bool { return r.Point == 2 }); !errors.Is(r.Err, connect.ErrMalformed) {
		t.Errorf("garbage = %+v", r)
	}
	must(t, c.Publish(within(t), "plant/press1/state", []byte(`{"mode":"`+strings.Repeat("长", 10000)+`"}`), 1, false))
	f.wait(t, "long text", func(r connect.Reading) bool { return len(r.Text) == 30000 })
	must(t, c.Publish(within(t), "plant/press10/speed", []byte("666"), 1, false)) // another device
	must(t, c.Publish(within(t), "plant/press1/speed", []byte("34"), 1, false))
	if r := f.wait(t, "speed", func(r connect.Reading) bool { return r.Point == 0 }); r.Number != 34 {
		t.Errorf("speed = %+v; want 34", r)
	}
	browsed, err := conn.(connect.Browser).Browse(within(t), "state")
	if err != nil || fmt.Sprint(browsed) != "[{state#/mode /mode text false  }]" {
		t.Errorf("Browse(state) = %v, %v", browsed, err)
	}
	select {
	case <-f.alive:
	case <-time.After(patience):
		t.Error("no sign of life")
	}
}

func TestDriver_ClientGoneAndBack(t *testing.T) {
	b, d := openDriver(t, time.Now)
	c := dial(t, b, client.Options{Client: "gateway"})
	f := follow(t, opened(t, d, c))
	f.wait(t, "speed", func(r connect.Reading) bool { return r.Point == 0 })
	c.Kill()
	if err := receive(t, f.ended, "end"); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("end = %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := d.Open(ctx, press()); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "plant/press1/#") {
		t.Errorf("open while nobody publishes: %v", err)
	}
	c = dial(t, b, client.Options{Client: "gateway"})
	must(t, c.Publish(within(t), "plant/press1/speed", []byte("5"), 0, false))
	conn, err := d.Open(within(t), press())
	must(t, err)
	f = follow(t, conn)
	f.wait(t, "speed", func(r connect.Reading) bool { return r.Point == 0 && r.Number == 5 })
}

func TestDriver_SilentDeviceBehindALiveGateway(t *testing.T) {
	var skew atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(skew.Load())) }
	b, d := openDriver(t, now)
	c := dial(t, b, client.Options{Client: "gateway"})
	f := follow(t, opened(t, d, c, "silence", "1s"))
	f.wait(t, "speed", func(r connect.Reading) bool { return r.Point == 0 })
	skew.Store(int64(time.Minute))
	must(t, c.Publish(within(t), "elsewhere", nil, 1, false))
	if err := receive(t, f.ended, "end"); !errors.Is(err, connect.ErrStale) {
		t.Errorf("end = %v; want ErrStale", err)
	}
}

func TestDriver_SinkFailureWithholdsAndWaits(t *testing.T) {
	b, d := openDriver(t, time.Now)
	t.Cleanup(d.Expect(press()))
	c := dial(t, b, client.Options{Client: "gateway", Version: 5})
	conn, first := openedOnce(t, d, c)
	f := follow(t, conn)
	if err := receive(t, first, "acknowledgement"); err != nil {
		t.Fatal(err)
	}
	full := errors.New("disk full")
	f.fail.Store(&full)
	if err := c.Publish(within(t), "plant/press1/speed", []byte("2"), 1, false); !errors.Is(err, client.ErrRefused) {
		t.Errorf("publish = %v; want ErrRefused", err)
	}
	if err := receive(t, f.ended, "end"); !errors.Is(err, full) {
		t.Errorf("end = %v", err)
	}
	acked := make(chan error, 1)
	go func() { acked <- c.Publish(context.Background(), "plant/press1/speed", []byte("3"), 1, false) }()
	again := follow(t, conn)
	again.wait(t, "speed", func(r connect.Reading) bool { return r.Point == 0 && r.Number == 3 })
	if err := receive(t, acked, "acknowledgement"); err != nil {
		t.Errorf("publish while the subscription comes back: %v", err)
	}
}

// openedOnce is opened for a press that is expected: its first message waits
// for the subscription.
func openedOnce(t *testing.T, d *mqtt.Driver, c *client.Client) (connect.Conn, <-chan error) {
	t.Helper()
	acked := make(chan error, 1)
	go func() { acked <- c.Publish(context.Background(), "plant/press1/speed", []byte("1"), 1, false) }()
	conn, err := d.Open(within(t), press())
	must(t, err)
	return conn, acked
}

// TestDriver_ExpectedDevice: what a collected device says before its first
// subscription is acknowledged when it is kept, every value of it. A device
// that nobody collects is not held up.
func TestDriver_ExpectedDevice(t *testing.T) {
	b, d := openDriver(t, time.Now)
	release := d.Expect(press())
	acked := make(chan error, 3)
	for i := range 3 {
		c := dial(t, b, client.Options{Client: fmt.Sprint("gateway", i)})
		go func() {
			acked <- c.Publish(context.Background(), "plant/press1/speed", fmt.Append(nil, 10+i), 1, false)
		}()
	}
	conn, err := d.Open(within(t), press())
	must(t, err)
	select {
	case err := <-acked:
		t.Fatalf("acknowledged (%v) before anybody took the value", err)
	default:
	}
	f := follow(t, conn)
	seen := map[float64]bool{}
	f.wait(t, "three values", func(r connect.Reading) bool {
		if r.Point == 0 {
			seen[r.Number] = true
		}
		return seen[10] && seen[11] && seen[12]
	})
	for range 3 {
		if err := receive(t, acked, "acknowledgement"); err != nil {
			t.Error(err)
		}
	}
	release()
	other := dial(t, b, client.Options{Client: "other"})
	must(t, other.Publish(within(t), "plant/press2/speed", []byte("1"), 1, false))
}

func TestDriver_WriteReachesTheDevice(t *testing.T) {
	needs(t, "mosquitto_sub", "mosquitto_pub")
	b, d := openDriver(t, time.Now)
	c := dial(t, b, client.Options{Client: "gateway"})
	conn := opened(t, d, c)
	host, port, _ := net.SplitHostPort(b.Addr().String())
	for _, version := range []string{"mqttv311", "mqttv5"} {
		type result struct {
			out []byte
			err error
		}
		heard := make(chan result, 1)
		go func() {
			out, err := exec.CommandContext(within(t), "mosquitto_sub", "-h", host, "-p", port, "-V", version, "-t", "plant/press1/set", "-q", "1", "-C", "1").Output()
			heard <- result{out, err}
		}()
		var r result
		for r.out == nil && r.err == nil { // until it has subscribed, nobody hears
			must(t, conn.(connect.Writer).Write(within(t), connect.Point{Address: "set#/feed/override"}, 80.0))
			select {
			case r = <-heard:
			case <-time.After(10 * time.Millisecond):
			}
		}
		if r.err != nil || strings.TrimSpace(string(r.out)) != `{"feed":{"override":80}}` {
			t.Errorf("%s heard %q, %v", version, r.out, r.err)
		}
	}
	f := follow(t, conn)
	must(t, exec.CommandContext(within(t), "mosquitto_pub", "-h", host, "-p", port, "-q", "1", "-t", "plant/press1/speed", "-m", "88").Run())
	f.wait(t, "mosquitto's value", func(r connect.Reading) bool { return r.Point == 0 && r.Number == 88 })
}

func TestDriver_Check(t *testing.T) {
	_, d := openDriver(t, time.Now)
	for _, bad := range []plant.Device{
		{Address: ""},
		{Address: "a/#"},
		{Address: "a/"},
		{Address: "$SYS"},
		press("time", "t"), press("silence", "1ms"), press("silence", "x"), press("colour", "red"),
	} {
		if err := d.CheckDevice(bad); err == nil {
			t.Errorf("CheckDevice(%+v) = nil", bad)
		}
	}
	if err := d.CheckDevice(press("time", "/t", "silence", "5m")); err != nil {
		t.Error(err)
	}
}

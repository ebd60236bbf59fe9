package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/connect"
	"zhigai/connect/mqtt"
	"zhigai/connect/mqtt/client"
	"zhigai/fact"
	"zhigai/history"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/space"
	"zhigai/web"
)

// smallDisk is a file system of its own; where nobody may mount one, the test
// is skipped.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("a small file system cannot be mounted (%v); run as root", err)
	}
	t.Cleanup(func() { must(t, syscall.Unmount(dir, 0)) })
	return dir
}

// fill leaves free bytes of the disk, by a file that somebody else might have
// put there.
func fill(t *testing.T, dir string, free uint64) {
	t.Helper()
	name := filepath.Join(dir, "filler")
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	must(t, err)
	defer f.Close()
	for block := make([]byte, 64<<10); ; {
		u, err := space.Of(dir)
		must(t, err)
		if u.Free <= free {
			return
		}
		if _, err := f.Write(block[:min(uint64(len(block)), u.Free-free)]); errors.Is(err, syscall.ENOSPC) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// press is a node on a small disk with a machine that publishes.
type press struct {
	t       *testing.T
	dir     string
	n       *node
	api     apiClient
	stop    func()
	machine *client.Client
	acked   []float64 // values of which the machine was told that they are kept
}

const (
	mib                             = uint64(1) << 20
	linkTag, shortTag, longTag      = plant.TagNo(901), plant.TagNo(902), plant.TagNo(903)
	pressWarn, pressLow, pressStop  = 100 * mib, 60 * mib, 20 * mib
	pressPatience                   = 2 * time.Minute
	pressShortTopic, pressLongTopic = "firm/press/vibration", "firm/press/count"
)

func newPress(t *testing.T, log *slog.Logger) *press {
	t.Helper()
	p := &press{t: t, dir: smallDisk(t, "160m")}
	var err error
	at := place{Data: filepath.Join(p.dir, "data"), disk: diskMarks{DiskWarn: space.Mark{Bytes: pressWarn}, DiskLow: space.Mark{Bytes: pressLow}, DiskStop: space.Mark{Bytes: pressStop}}}
	p.n, err = openNode(t.Context(), at, "127.0.0.1:0", log)
	must(t, err)
	t.Cleanup(func() {
		if err := p.n.close(); !errors.Is(err, history.ErrClosed) {
			must(t, err)
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	p.stop = cancel
	must(t, p.n.start(ctx))
	_, secret, err := p.n.access.CreateToken(t.Context(), access.Node(demoTenant), access.NewToken{Name: "test", Role: access.RoleAdmin})
	must(t, err)
	h, err := p.n.handler(nil, false)
	must(t, err)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	p.api = apiClient{t, server.URL, secret}
	p.n.collector.Set([]connect.DeviceSpec{{
		Tenant: demoTenant, Path: "firm/press", Link: linkTag, Timeout: time.Second,
		Device: plant.Device{ID: "press", Driver: mqtt.Kind, Address: "firm/press"},
		Points: []connect.PointSpec{
			{Tag: shortTag, Name: "vibration", Kind: plant.KindNumber, Address: "vibration", Period: time.Second, Class: plant.RetainShort},
			{Tag: longTag, Name: "count.good", Kind: plant.KindNumber, Address: "count", Period: time.Second, Class: plant.RetainLong},
		},
	}})
	p.machine, err = client.Dial(t.Context(), client.Options{Address: p.n.broker.Addr().String(), Client: "press", Version: 5})
	must(t, err)
	t.Cleanup(p.machine.Kill)
	must(t, p.publish(pressLongTopic, "0")) // the device is there
	p.until("the device is up", func() bool { return p.status().State == connect.StateUp })
	return p
}

func (p *press) publish(topic, value string) error {
	ctx, cancel := context.WithTimeout(p.t.Context(), pressPatience)
	defer cancel()
	return p.machine.Publish(ctx, topic, []byte(value), 1, false)
}

// count publishes the next value and notes that it was acknowledged.
func (p *press) count() {
	p.t.Helper()
	next := float64(len(p.acked) + 1)
	must(p.t, p.publish(pressLongTopic, jsonOf(p.t, next)))
	p.acked = append(p.acked, next)
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	must(t, err)
	return string(raw)
}

func (p *press) until(what string, ok func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(pressPatience); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("%s: not within %v; device %+v, disk %+v", what, pressPatience, p.status(), p.n.disk.Status())
		}
	}
}

func (p *press) status() connect.DeviceStatus { return p.n.collector.Status()[0] }

func (p *press) level(free uint64, want space.Level) {
	p.t.Helper()
	fill(p.t, p.dir, free)
	p.n.disk.Check()
	if got := p.n.disk.Level(); got != want {
		p.t.Fatalf("%d MiB free: level %v; want %v", free/mib, got, want)
	}
}

func (p *press) values(s samples, tag plant.TagNo) (good []float64, marks int) {
	p.t.Helper()
	must(p.t, s.Samples(p.t.Context(), demoTenant, tag, 0, plant.MicrosOf(time.Now().Add(time.Hour)), func(one plant.Sample) bool {
		switch one.Quality {
		case plant.Good:
			good = append(good, one.Value)
		case plant.Bad | plant.NotKept:
			marks++
		}
		return true
	}))
	return good, marks
}

// A disk that fills up for real: the node warns, gives up what matters least,
// stops accepting while it answers, and accepts again when there is room,
// without a restart. What it acknowledged it has.
// A warning is for people; below it, what waits for foreign targets gives way
// before any sample does.
func TestKeepsUnsent(t *testing.T) {
	t.Parallel()
	for level, want := range map[space.Level]bool{space.OK: true, space.Warn: true, space.Low: false, space.Scarce: false, space.Stop: false} {
		if got := keepsUnsent(level); got != want {
			t.Errorf("%s: kept is %v", level, got)
		}
	}
}

func TestDisk_FillsUpAndIsFreed(t *testing.T) {
	p := newPress(t, slog.New(slog.DiscardHandler))
	for range 20 {
		p.count()
		must(t, p.publish(pressShortTopic, jsonOf(t, len(p.acked))))
	}
	var health web.Health
	p.api.get("/api/v1/health", &health)
	if health.Disk == nil || health.Disk.Level != "ok" {
		t.Errorf("disk %+v", health.Disk)
	}

	p.level(pressWarn-10*mib, space.Warn)
	p.count()
	p.api.get("/api/v1/health", &health)
	if health.Disk.Level != "warn" || health.Status != "degraded" {
		t.Errorf("health %+v", health)
	}

	p.level(pressLow-5*mib, space.Low)
	for range 5 {
		p.count()
		must(t, p.publish(pressShortTopic, jsonOf(t, len(p.acked))))
	}
	if good, marks := p.values(p.n.history, shortTag); len(good) != 20 || marks != 1 {
		t.Errorf("short retention: %d values and %d marks; want 20 and the one where keeping ended", len(good), marks)
	}

	p.level(0, space.Stop) // to the last byte
	answered := make(chan error, 1)
	go func() { answered <- p.publish(pressLongTopic, jsonOf(t, len(p.acked)+1)) }()
	p.until("the device is shown as not accepted", func() bool { return p.status().State == connect.StateNotAccepted })
	if s := p.status(); !strings.Contains(s.Error, "disk is full") {
		t.Errorf("status %+v", s)
	}
	select {
	case err := <-answered:
		t.Fatalf("acknowledged (%v) while nothing is accepted", err)
	default:
	}
	// Reading goes on.
	p.api.get("/api/v1/health", &health)
	if health.Disk.Level != "stop" {
		t.Errorf("health %+v", health)
	}
	if good, _ := p.values(p.n.history, longTag); !slices.Equal(good[1:], p.acked) {
		t.Errorf("read while full: %v; acknowledged %v", good, p.acked)
	}
	p.refusesWrites()

	must(t, os.Remove(filepath.Join(p.dir, "filler")))
	if err := <-answered; err != nil {
		t.Fatalf("there is room again: %v", err)
	}
	p.acked = append(p.acked, float64(len(p.acked)+1))
	p.until("the device is up again", func() bool { return p.status().State == connect.StateUp })
	for range 5 {
		p.count()
		must(t, p.publish(pressShortTopic, jsonOf(t, 100+len(p.acked))))
	}
	if good, marks := p.values(p.n.history, shortTag); len(good) != 25 || marks != 1 {
		t.Errorf("short retention again: %d values, %d marks", len(good), marks)
	}
	p.tellsIt()
	p.stop()
	must(t, p.n.close())
	s, err := history.Open(filepath.Join(p.dir, "data", "history"), history.Options{})
	must(t, err)
	defer s.Close()
	if good, _ := p.values(s, longTag); !slices.Equal(good[1:], p.acked) {
		t.Errorf("after a restart: %v; acknowledged %v", good, p.acked)
	}
}

// refusesWrites: what a person enters is refused clearly, and told when to try
// again.
func (p *press) refusesWrites() {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.api.base+"/api/v1/tokens", strings.NewReader(`{"name":"x","role":"viewer"}`))
	must(p.t, err)
	req.Header.Set("Authorization", "Bearer "+p.api.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	must(p.t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	must(p.t, err)
	var problem web.Problem
	if json.Unmarshal(body, &problem) != nil || res.StatusCode != http.StatusServiceUnavailable || problem.Code != "unavailable" || res.Header.Get("Retry-After") == "" ||
		problem.Detail != record.ErrNoSpace.Error() || res.Header.Get("Content-Type") != "application/problem+json" {
		p.t.Errorf("a write to a full disk: %d %v %s", res.StatusCode, res.Header, body)
	}
}

// tellsIt: the journal says what happened, as far as there was room for it.
func (p *press) tellsIt() {
	p.t.Helper()
	var levels []string
	p.until("the event of the end", func() bool {
		events, err := p.n.record.Journal().Events(p.t.Context(), demoTenant, fact.Filter{Kinds: []fact.Kind{fact.KindDisk}})
		must(p.t, err)
		levels = levels[:0]
		for _, e := range events {
			var d fact.Disk
			must(p.t, json.Unmarshal(e.Payload, &d))
			levels = append(levels, d.Level)
		}
		return slices.Contains(levels, "ok")
	})
	if !slices.Contains(levels, "warn") || !slices.Contains(levels, "low") {
		p.t.Errorf("levels in the journal: %v", levels)
	}
}

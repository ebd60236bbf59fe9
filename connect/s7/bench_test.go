package s7_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/s7"
	"zhigai/connect/s7/pdu"
	"zhigai/fact"
	"zhigai/plant"
)

// clockwork is a controller whose double words all count milliseconds, so that
// every reading is a new value.
type clockwork struct{ start time.Time }

func (clockwork) Identity() pdu.Identity              { return pdu.Identity{} }
func (clockwork) WriteItem(pdu.Item, []byte) pdu.Code { return pdu.AccessDenied }
func (c clockwork) ReadItem(_ pdu.Item, b []byte) pdu.Code {
	for at := 0; at+4 <= len(b); at += 4 {
		binary.BigEndian.PutUint32(b[at:], uint32(time.Since(c.start).Milliseconds()))
	}
	return pdu.Good
}

// listen serves clockworks with the PDU of a mid-size controller, without a
// testing.T.
func listen(b *testing.B) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = l.Close() })
	s := controller{bank: clockwork{time.Now()}, limit: 480}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.attend(c)
		}
	}()
	return l.Addr().String()
}

// arrivals keeps when the samples of each device were stored.
type arrivals struct {
	mu   sync.Mutex
	at   map[plant.TagNo][]time.Time // by first tag of the device
	n    int
	more *sync.Cond
}

func (a *arrivals) Append(_ context.Context, _ plant.TenantNo, batch plant.Batch) (uint64, error) {
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range batch.Samples {
		if int(s.Tag)%1000 == 1 {
			a.at[s.Tag] = append(a.at[s.Tag], now)
		}
		a.n++
	}
	a.more.Broadcast()
	return uint64(a.n), nil
}

// quiet is a journal nobody reads.
type quiet struct{}

func (quiet) Append(_ context.Context, _ plant.TenantNo, events ...fact.Event) ([]fact.Event, error) {
	return events, nil
}

func (quiet) Events(context.Context, plant.TenantNo, fact.Filter) ([]fact.Event, error) {
	return nil, nil
}

// BenchmarkCollector_Controllers is a hundred controllers of 200 double words
// each, read once a second through the collector, both ends in this process. An
// iteration is a second's values of all of them; the lateness is that of storing
// behind the device's own grid, counted from its promptest round. Run it with
// -benchtime 20x.
func BenchmarkCollector_Controllers(b *testing.B) {
	const controllers, tags = 100, 200
	a := &arrivals{at: map[plant.TagNo][]time.Time{}}
	a.more = sync.NewCond(&a.mu)
	c := connect.NewCollector(connect.Options{Drivers: []connect.Driver{s7.New()}, Store: a, Journal: quiet{}, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	defer c.Close()
	var specs []connect.DeviceSpec
	for i := range controllers {
		no := plant.TagNo(1000 * (i + 1))
		s := connect.DeviceSpec{
			Tenant: 1, Path: fmt.Sprint("line/", i), Link: no, Timeout: time.Second,
			Device: plant.Device{ID: plant.DeviceID(fmt.Sprint(i)), Driver: s7.Kind, Address: listen(b)},
		}
		for n := range tags {
			s.Points = append(s.Points, connect.PointSpec{
				Tag: no + 1 + plant.TagNo(n), Name: fmt.Sprint("v", n), Kind: plant.KindNumber, Address: fmt.Sprintf("DB1.DBD%d udint", 4*n), Period: time.Second,
			})
		}
		specs = append(specs, s)
	}
	c.Set(specs)
	wait := func(n int) {
		a.mu.Lock()
		defer a.mu.Unlock()
		for goal := a.n + n; a.n < goal; {
			a.more.Wait()
		}
	}
	wait(2 * controllers * tags) // the first readings come at once, the others on the grid
	a.mu.Lock()
	clear(a.at)
	a.mu.Unlock()
	b.ReportAllocs()
	for b.Loop() {
		wait(controllers * tags)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	late := lateness(a.at)
	b.ReportMetric(float64(late[len(late)*99/100].Microseconds())/1000, "ms-p99-late")
	b.ReportMetric(100, "ms-p99-late-limit")
	b.ReportMetric(float64(late[len(late)-1].Microseconds())/1000, "ms-max-late")
	b.ReportMetric(float64(len(late)), "rounds")
}

// lateness is how far behind its device's promptest one each round was stored,
// sorted.
func lateness(at map[plant.TagNo][]time.Time) []time.Duration {
	var out []time.Duration
	for _, times := range at {
		least := time.Duration(1<<63 - 1)
		var offsets []time.Duration
		for _, t := range times {
			offset := t.Sub(times[0]) // on a grid of one second, but for lateness
			offset -= offset.Round(time.Second)
			offsets = append(offsets, offset)
			least = min(least, offset)
		}
		for _, o := range offsets {
			out = append(out, o-least)
		}
	}
	slices.Sort(out)
	return out
}

// BenchmarkGroup_Read is what one controller costs over loopback, its own side
// included.
func BenchmarkGroup_Read(b *testing.B) {
	for _, n := range []int{50, 500} {
		b.Run(fmt.Sprintf("%d tags", n), func(b *testing.B) {
			ctx, cancel := context.WithTimeout(b.Context(), 10*patience)
			defer cancel()
			c, err := s7.New().Open(ctx, plant.Device{Driver: s7.Kind, Address: listen(b)})
			if err != nil {
				b.Fatal(err)
			}
			defer c.Close()
			points := make([]connect.Point, n)
			for i := range points {
				points[i] = connect.Point{Address: fmt.Sprintf("DB1.DBD%d real", 4*i), Kind: plant.KindNumber}
			}
			g, err := c.Prepare(points)
			if err != nil {
				b.Fatal(err)
			}
			readings := make([]connect.Reading, n)
			b.ReportAllocs()
			for b.Loop() {
				if err := g.Read(ctx, readings); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "tags/s")
		})
	}
}

package modbus_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"zhigai/connect"
	"zhigai/connect/modbus/pdu"
	"zhigai/plant"
)

// wired is a two-wire bus at 19,200 baud: every byte takes its time, and a station
// thinks before it answers.
type wired struct {
	mu   sync.Mutex
	dead map[byte]bool
}

const character = 10 * time.Second / 19_200 // 8N1

func (w *wired) run(rw io.ReadWriter) {
	questions(rw, func(f pdu.Frame) {
		w.mu.Lock()
		dead := w.dead[f.Unit]
		w.mu.Unlock()
		if dead {
			return
		}
		answer := pdu.AppendRTU(nil, f.Unit, pdu.Answer(nil, f.Body, proving{}))
		time.Sleep(8*character + 10*time.Millisecond + time.Duration(len(answer))*character)
		_, _ = rw.Write(answer) // a master that left does not care
	})
}

// beats keeps when each device's values were stored.
type beats struct {
	mu sync.Mutex
	at map[plant.TagNo][]time.Time
}

func (b *beats) Append(_ context.Context, _ plant.TenantNo, batch plant.Batch) (uint64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	seen := map[plant.TagNo]bool{}
	for _, s := range batch.Samples {
		if device := s.Tag / 100; s.Tag%100 > 0 && !seen[device] {
			seen[device] = true
			b.at[device] = append(b.at[device], s.Time.Time())
		}
	}
	return 0, nil
}

// worst is the longest period of any device but one, in the mean and for once.
func (b *beats) worst(from, to time.Time, without plant.TagNo) (mean, longest time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for device, at := range b.at {
		if device == without {
			continue
		}
		var first, last time.Time
		n := 0
		for _, one := range at {
			if one.Before(from) || one.After(to) {
				continue
			}
			if n > 0 {
				longest = max(longest, one.Sub(last))
			} else {
				first = one
			}
			last = one
			n++
		}
		if n > 1 {
			mean = max(mean, last.Sub(first)/time.Duration(n-1))
		}
	}
	return mean, longest
}

// eight are stations of twenty values a second.
func eight() []connect.DeviceSpec {
	var specs []connect.DeviceSpec
	for n := range 8 {
		d := unit(fmt.Sprint(n+1), "1s")
		d.ID = plant.DeviceID(fmt.Sprint("unit", n+1))
		s := connect.DeviceSpec{Tenant: 1, Path: "line/" + string(d.ID), Link: plant.TagNo(100*n + 100), Device: d, Timeout: time.Second, Retries: 1}
		for i := range 20 {
			s.Points = append(s.Points, connect.PointSpec{
				Tag: s.Link + 1 + plant.TagNo(i), Name: fmt.Sprint("v", i), Kind: plant.KindNumber, Address: fmt.Sprintf("holding %d uint16", 50*n+i),
				Period: time.Second, Silence: time.Millisecond, // every reading is stored
			})
		}
		specs = append(specs, s)
	}
	return specs
}

// Eight stations of twenty values a second on one line of 19,200 baud. One dies.
// The others keep their period within a tenth, and when it is back it is read
// again. Time is virtual.
func TestDeadStation_OthersKeepTheirPeriod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := &wired{dead: map[byte]bool{}}
		b := &beats{at: map[plant.TagNo][]time.Time{}}
		c := connect.NewCollector(connect.Options{
			Drivers: []connect.Driver{linked(t, bus.run)}, Store: b, Journal: journal{newNotebook()}, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
		})
		c.Set(eight())
		worst := b.worst
		start := time.Now()
		time.Sleep(time.Minute)
		mean, longest := worst(start.Add(5*time.Second), time.Now(), 0)
		t.Logf("all alive: mean period %v, longest %v", mean, longest)

		bus.mu.Lock()
		bus.dead[3] = true
		bus.mu.Unlock()
		died := time.Now()
		time.Sleep(5 * time.Minute)
		mean, longest = worst(died, time.Now(), 3)
		t.Logf("unit 3 dead, from the first second: mean period %v, longest %v", mean, longest)
		if mean > 1100*time.Millisecond {
			t.Errorf("mean period %v; want at most a tenth above 1s", mean)
		}
		mean, longest = worst(died.Add(10*time.Second), time.Now(), 3)
		t.Logf("unit 3 dead, known to be: mean period %v, longest %v", mean, longest)
		if mean > 1100*time.Millisecond || longest > 1100*time.Millisecond {
			t.Errorf("mean period %v, longest %v; want at most a tenth above 1s", mean, longest)
		}
		for _, s := range c.Status() {
			if want := map[bool]string{true: connect.StateDown, false: connect.StateUp}[s.ID == "unit3"]; s.State != want {
				t.Errorf("%s is %s: %s", s.ID, s.State, s.Error)
			}
			if s.ID == "unit3" {
				t.Log(s.Error)
			}
		}

		bus.mu.Lock()
		bus.dead[3] = false
		bus.mu.Unlock()
		back := time.Now()
		time.Sleep(time.Minute)
		b.mu.Lock()
		at := b.at[3]
		b.mu.Unlock()
		if last := at[len(at)-1]; last.Before(back) {
			t.Error("unit 3 is not read again")
		}
		c.Close()
	})
}

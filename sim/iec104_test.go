package sim_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"zhigai/connect"
	"zhigai/connect/iec104"
	"zhigai/connect/peer"
	"zhigai/plant"
	"zhigai/sim"
)

// outstationKind is a machine with an object of every type.
func outstationKind() sim.Kind {
	low, high := 0.0, 500.0
	k := sim.Kind{ID: "bay", Class: "press", Protocol: "iec104", Signals: []sim.Signal{
		{Name: "x.breaker", Kind: plant.KindBoolean, At: "IOA 1001 (TI 3) command IOA 6001 (TI 46)", Writable: true},
		{Name: "x.on", Kind: plant.KindBoolean, At: "IOA 1002 (TI 1)", Writable: true},
		{Name: "x.set", Kind: plant.KindNumber, At: "IOA 4001 (TI 13)", Writable: true, Min: &low, Max: &high},
		{Name: "x.scaled", Kind: plant.KindNumber, At: "IOA 4002 (TI 11)", Writable: true},
		{Name: "x.share", Kind: plant.KindNumber, At: "IOA 4003 (TI 9)", Writable: true},
		{Name: "x.step", Kind: plant.KindNumber, At: "IOA 4004 (TI 5)"},
		{Name: "x.bits", Kind: plant.KindNumber, At: "IOA 4005 (TI 7)", Writable: true},
		{Name: "x.level", Kind: plant.KindNumber, At: "IOA 4006 (TI 13)", Min: &low, Max: &high},
		{Name: "count.strokes", Kind: plant.KindNumber, At: "IOA 5001 (TI 15)"},
	}}
	return k
}

// The product's driver and the simulated station speak, and tshark finds every
// frame of both well made.
func TestIEC104_Tshark(t *testing.T) {
	t.Parallel()
	d, err := sim.Serve(t.Context(), outstationKind(), "127.0.0.1:0", 1)
	must(t, err)
	tap := peer.NewTap(t, d.Address)
	d.Address = tap.Address()
	d.Params = map[string]string{"select": "yes", "set_clock": "yes", "w": "2"}
	o := openOurs(t, iec104.New(), d)

	points := []connect.Point{}
	for _, s := range outstationKind().Signals {
		points = append(points, connect.Point{Address: s.At, Kind: s.Kind})
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var mu sync.Mutex
	latest := map[int]connect.Reading{}
	news := make(chan struct{}, 1)
	ended := make(chan error, 1)
	go func() {
		ended <- o.Conn.(connect.Subscriber).Subscribe(ctx, points, func(_ context.Context, readings []connect.Reading) error {
			mu.Lock()
			defer mu.Unlock()
			for _, r := range readings {
				latest[r.Point] = r
			}
			select {
			case news <- struct{}{}:
			default:
			}
			return nil
		}, func() {})
	}()
	wait := func(what string, wanted func() bool) {
		t.Helper()
		for {
			mu.Lock()
			done := wanted()
			mu.Unlock()
			if done {
				return
			}
			select {
			case <-news:
			case err := <-ended:
				t.Fatalf("%s did not come: %v; %+v", what, err, latest)
			}
		}
	}
	wait("every object", func() bool {
		for i := range points {
			if r, ok := latest[i]; !ok || r.Err != nil && i != 0 {
				return false
			}
		}
		return true
	})
	for i, value := range map[int]float64{0: 1, 1: 1, 2: 123.5, 3: -300, 4: 0.5, 6: 7} {
		var v any = value
		if points[i].Kind == plant.KindBoolean {
			v = value != 0
		}
		must(t, o.write(points[i].Address, points[i].Kind, v))
		wait(fmt.Sprint("the effect of ", points[i].Address), func() bool {
			return latest[i].Err == nil && latest[i].Number == value && !latest[i].Source.IsZero()
		})
	}
	if err := o.write(points[2].Address, plant.KindNumber, 501.0); err == nil {
		t.Error("beyond the limit of the set point")
	}
	wait("the station by itself", func() bool { return !latest[7].Source.IsZero() })
	cancel()
	<-ended

	seen := map[string]bool{}
	for _, line := range tap.Dissect(2404, "iec60870_asdu", "iec60870_asdu.typeid", "iec60870_asdu.causetx") {
		types, causes, _ := strings.Cut(line, "\t")
		kinds, why := strings.Split(types, ","), strings.Split(causes, ",")
		for i := range kinds {
			seen[kinds[i]+" "+why[min(i, len(why)-1)]] = true
		}
	}
	for _, want := range []string{
		"100 6", "100 7", "100 10", "101 6", "101 7", "101 10", "103 6", "103 7", "46 6", "46 7", "45 6", "45 7", "50 6", "50 7", "49 6", "48 6", "51 6",
		"1 20", "3 20", "5 20", "7 20", "9 20", "11 20", "13 20", "15 37", "30 3", "31 3", "33 3", "34 3", "35 3", "36 3",
	} {
		if !seen[want] {
			var all []string
			for s := range seen {
				all = append(all, s)
			}
			slices.Sort(all)
			t.Errorf("tshark saw no type and cause %s; saw %s", want, strings.Join(all, ", "))
			break
		}
	}
	frames := tap.Dissect(2404, "iec60870_104", "iec60870_104.type")
	if len(frames) < 20 {
		t.Errorf("tshark saw %d frames", len(frames))
	}
}

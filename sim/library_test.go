package sim_test

import (
	"fmt"
	"log/slog"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/all"
	"zhigai/connect/mqtt"
	"zhigai/connect/profile"
	"zhigai/data"
	"zhigai/plant"
	"zhigai/sim"
)

// shown is what a controller is made to show of a signal.
type shown struct {
	number float64
	text   string
	within float64 // what the form on the wire cannot hold
}

// Every profile that is delivered, of every protocol whose machines wait to be
// asked, is read from a server of itself through the real driver: each signal
// comes out as the number or text the controller shows. Server and driver read
// the address with code of their own, and every value has other bytes in every
// place, so that a swapped word, a swapped byte or a neighbour's register shows.
func TestDelivered_EverySignalIsReadAsShown(t *testing.T) {
	t.Parallel()
	drivers := driversOf(t)
	library, err := profile.Load(data.FS, "profiles", nil)
	must(t, err)
	seen := map[string]int{}
	for _, p := range library.List() {
		driver := drivers[p.Protocol]
		if p.Protocol == "modbus" {
			driver = drivers["modbus-tcp"]
		}
		if driver == nil {
			t.Errorf("%s: no driver speaks %s", p.ID, p.Protocol)
			continue
		}
		if !sim.Serves(p.Protocol) {
			continue
		}
		seen[p.Protocol]++
		t.Run(p.ID, func(t *testing.T) { readAsShown(t, p, driver) })
	}
	if len(seen) == 0 {
		t.Error("no profile was read")
	}
	t.Logf("profiles read, by protocol: %v", seen)
}

// unsimulated are protocols of this program that the simulation does not speak,
// and why.
var unsimulated = map[string]string{
	"database": "a query asks a PostgreSQL with tables of its own; psql fills them",
}

// A protocol this program speaks is spoken by the simulation, as a server or by
// itself, or it is said why it is not.
func TestEveryDriverHasASimulationOrAReason(t *testing.T) {
	t.Parallel()
	drivers := driversOf(t)
	for kind := range drivers {
		served, speaks := sim.Serves(kind), sim.Publishes(kind)
		if (served || speaks) == (unsimulated[kind] != "") || served && speaks {
			t.Errorf("%s: served is %v, it speaks by itself is %v, and the reason not to is %q", kind, served, speaks, unsimulated[kind])
		}
		if speaks == (sim.Destination(kind) == "") {
			t.Errorf("%s speaks by itself is %v, to %q", kind, speaks, sim.Destination(kind))
		}
	}
	for kind := range unsimulated {
		if drivers[kind] == nil {
			t.Errorf("%s is no driver", kind)
		}
	}
}

func driversOf(t *testing.T) map[string]connect.Driver {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	rights := mqtt.Rights{Tenant: 1, Publish: []string{"#"}, Subscribe: []string{"#"}}
	broker, err := mqtt.NewBroker(mqtt.Options{Address: "127.0.0.1:0", Anonymous: &rights, Now: time.Now, Logger: log})
	must(t, err)
	set, err := all.Drivers(all.Options{Dir: t.TempDir(), Broker: broker, Now: time.Now, Logger: log})
	must(t, err)
	out := map[string]connect.Driver{}
	for _, d := range set.List {
		out[d.Kind()] = d
	}
	return out
}

func readAsShown(t *testing.T, p *profile.Profile, driver connect.Driver) {
	t.Helper()
	server, device, err := sim.Stand(kindOf(p), "127.0.0.1:0", 1)
	must(t, err)
	defer server.Close()
	comparesShown(t, p, driver, server, device)
}

// comparesShown makes the server show values of its own in every place, and
// compares what the driver reads.
func comparesShown(t *testing.T, p *profile.Profile, driver connect.Driver, server *sim.Plant, device plant.Device) {
	t.Helper()
	node := plant.Node{ID: "n", Path: "try", Machine: &plant.Equipment{Profile: p.ID, Device: device}}
	tags := p.Tags(node)
	for i := range tags {
		tags[i].No = plant.TagNo(i + 1)
	}
	spec, err := p.Spec(1, node, tags)
	must(t, err)
	want := make([]shown, len(p.Signals))
	for i := range p.Signals {
		want[i] = chosen(&p.Signals[i], i)
		if !server.Show(p.Signals[i].Name, want[i].number, want[i].text) {
			t.Fatalf("%s cannot be shown", p.Signals[i].Name)
		}
	}
	got := connect.Trial(t.Context(), driver, spec, time.Now)
	if !got.OK || len(got.Values) != len(p.Signals) {
		t.Fatalf("%d values of %d signals: %s; %s", len(got.Values), len(p.Signals), got.Error, got.Remedy)
	}
	for i, v := range got.Values {
		w, s := want[i], &p.Signals[i]
		switch {
		case v.Name != s.Name || v.Quality != "good":
			t.Errorf("%s at %s: %s %s", s.Name, s.At, v.Quality, v.Error)
		case s.Kind == plant.KindText && v.Text != w.text:
			t.Errorf("%s at %s = %q; want %q", s.Name, s.At, v.Text, w.text)
		case s.Kind != plant.KindText && (v.Value == nil || math.Abs(*v.Value-w.number) > w.within):
			t.Errorf("%s at %s = %s; want %v", s.Name, s.At, told(v.Value), w.number)
		}
	}
}

func told(v *float64) string {
	if v == nil {
		return "nothing"
	}
	return fmt.Sprint(*v)
}

var textLength = regexp.MustCompile(`string(\d+)`)

// chosen is a value for signal number i that its form can hold, that lies
// within its limits and is no code for "no value".
func chosen(s *profile.Signal, i int) shown {
	switch s.Kind {
	case plant.KindBoolean:
		return shown{number: float64(i % 2)}
	case plant.KindEnumeration:
		codes := make([]int64, 0, len(s.Values))
		for code := range s.Values {
			codes = append(codes, code)
		}
		return shown{number: float64(slices.Max(codes))}
	case plant.KindText:
		text := fmt.Sprintf("Az%03d", i)
		if m := textLength.FindStringSubmatch(s.At); m != nil {
			n := 0
			fmt.Sscan(m[1], &n)
			text = text[:min(n, len(text))]
		}
		return shown{text: text}
	}
	scale, offset := s.Scaling()
	// 1234 and what follows: two different bytes, and few enough digits for the
	// smallest form.
	raw := 1234.0 + float64(i)
	value := raw*scale + offset
	low, high := math.Inf(-1), math.Inf(1)
	if s.Min != nil {
		low = *s.Min
	}
	if s.Max != nil {
		high = *s.Max
	}
	if value < low || value > high {
		if math.IsInf(low, 0) {
			low = high - 1000*math.Abs(scale)
		}
		if math.IsInf(high, 0) {
			high = low + 1000*math.Abs(scale)
		}
		share := 0.31 + float64(i%40)/100
		value = math.Round((low+(high-low)*share-offset)/scale)*scale + offset
	}
	within := math.Abs(scale) * 1e-6 * math.Max(1, math.Abs(value/scale))
	if strings.Contains(s.At, "float32") {
		within = math.Max(within, math.Abs(value)*1e-6)
	}
	return shown{number: value, within: within}
}

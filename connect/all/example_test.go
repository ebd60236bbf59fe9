package all_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/all"
	"zhigai/connect/mqtt"
)

// What a driver shows a person as an example, it takes itself: device, point and
// the place of a search.
func TestDrivers_TakeTheirOwnExamples(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	rights := mqtt.Rights{Tenant: 1, Publish: []string{"#"}, Subscribe: []string{"#"}}
	broker, err := mqtt.NewBroker(mqtt.Options{Address: "127.0.0.1:0", Anonymous: &rights, Now: time.Now, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	set, err := all.Drivers(all.Options{Dir: t.TempDir(), Files: t.TempDir(), Broker: broker, Now: time.Now, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	// A search that has ended before it began still looks at where it should
	// look first, and says what to write when it cannot read that.
	ended, end := context.WithCancel(t.Context())
	end()
	for _, d := range set.List {
		e, ok := d.(connect.Exampler)
		if !ok {
			t.Errorf("%s gives no examples", d.Kind())
			continue
		}
		one := e.Examples()
		if one.Device.Driver != d.Kind() {
			t.Errorf("%s: its example is of driver %q", d.Kind(), one.Device.Driver)
		}
		if err := d.CheckDevice(one.Device); err != nil {
			t.Errorf("%s: device: %v", d.Kind(), err)
		}
		if err := d.CheckPoint(one.Point, one.PointKind); err != nil {
			t.Errorf("%s: point: %v", d.Kind(), err)
		}
		finder, finds := d.(connect.Discoverer)
		if finds != (one.Search != "") {
			t.Errorf("%s: it searches is %v, its example of a search %q", d.Kind(), finds, one.Search)
		}
		if !finds {
			continue
		}
		if _, err := finder.Discover(ended, one.Search); err != nil && strings.Contains(err.Error(), "write") {
			t.Errorf("%s: search: %v", d.Kind(), err)
		}
		if _, err := finder.Discover(ended, "/ /"); err == nil || !strings.Contains(err.Error(), "write") {
			t.Errorf("%s: a search of no place: %v; want what to write", d.Kind(), err)
		}
	}
}

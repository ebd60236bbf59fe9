package opcua_test

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/opcua"
	"zhigai/connect/peer"
	"zhigai/plant"
)

// big is a server with folders of signals.
func big(t testing.TB, d *opcua.Driver, folders, signals int) (connect.Conn, *peer.Process) {
	t.Helper()
	port := peer.Port(t)
	p := peer.Node(t, "../..", "opcua/big.js", port, t.TempDir(), strconv.Itoa(folders), strconv.Itoa(signals))
	p.Wait("listening")
	c, err := d.Open(t.Context(), plant.Device{
		Driver: opcua.Kind, Address: "opc.tcp://127.0.0.1:" + port, Params: map[string]string{"policy": "None", "timeout": "30s"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c, p
}

func walk(t testing.TB, c connect.Conn) (folders, variables int) {
	t.Helper()
	err := c.(connect.Walker).Walk(t.Context(), "", func(some []connect.Browsed) bool {
		for _, b := range some {
			switch {
			case !strings.HasPrefix(b.Address, "nsu=urn:zhigai.test:big;"):
			case b.Folder:
				folders++
			default:
				variables++
				if b.Kind != plant.KindNumber {
					t.Errorf("%s is of kind %q", b.Address, b.Kind)
				}
			}
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return folders, variables
}

// Folders with more references than one answer holds are browsed to their end,
// and as many items as several subscriptions hold are monitored.
func TestWalkAndMonitor_ManyNodes(t *testing.T) {
	t.Parallel()
	d := newDriver(t, t.TempDir())
	d.Bound(100, 250)
	c, p := big(t, d, 3, 300)
	folders, variables := walk(t, c)
	if variables != 3*300 || folders != 3 {
		t.Errorf("Walk found %d folders and %d variables", folders, variables)
	}
	monitorAll(t, c, p, 3, 300)
}

// monitorAll subscribes to all signals and waits until each told its present
// value and a change.
func monitorAll(t testing.TB, c connect.Conn, p *peer.Process, folders, signals int) (begun, told time.Duration) {
	t.Helper()
	var points []connect.Point
	for f := range folders {
		for i := range signals {
			points = append(points, connect.Point{Address: "nsu=urn:zhigai.test:big;s=F" + strconv.Itoa(f) + ".V" + strconv.Itoa(i), Kind: plant.KindNumber, Period: time.Second})
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	start := time.Now()
	values, changes := make([]bool, len(points)), make([]bool, len(points))
	n, changed := 0, 0
	err := c.(connect.Subscriber).Subscribe(ctx, points, func(_ context.Context, readings []connect.Reading) error {
		for _, r := range readings {
			if r.Err != nil {
				return r.Err
			}
			if number := float64(r.Point % signals); r.Number != number && r.Number != number+1e6 {
				t.Errorf("point %d got %v", r.Point, r.Number)
			}
			if !values[r.Point] {
				values[r.Point] = true
				n++
			} else if r.Number >= 1e6 && !changes[r.Point] {
				changes[r.Point] = true
				changed++
			}
		}
		switch {
		case n == len(points) && begun == 0:
			begun = time.Since(start)
			start = time.Now()
			p.Send(obj{"op": "tick"})
		case changed == len(points) && told == 0:
			told = time.Since(start)
			cancel()
		}
		return nil
	}, func() {})
	if !errors.Is(err, context.Canceled) || changed != len(points) {
		t.Fatalf("%d present values and %d changes of %d; %v", n, changed, len(points), err)
	}
	return begun, told
}

// BenchmarkWalk_110000Nodes and BenchmarkMonitor_20000Items are against
// node-opcua, whose process takes most of the time; they build large servers
// and run when ZHIGAI_BIG=yes.
func BenchmarkWalk_110000Nodes(b *testing.B) {
	if os.Getenv("ZHIGAI_BIG") != "yes" {
		b.Skip("ZHIGAI_BIG=yes runs it: the server needs minutes to be built")
	}
	c, _ := big(b, newDriver(b, b.TempDir()), 110, 1000)
	begun, walks := time.Now(), 0
	for ; b.Loop(); walks++ {
		if _, n := walk(b, c); n != 110_000 {
			b.Fatalf("%d variables", n)
		}
	}
	b.ReportMetric(time.Since(begun).Seconds()/float64(walks), "s")
	b.ReportMetric(3, "s-limit")
}

func BenchmarkMonitor_20000Items(b *testing.B) {
	if os.Getenv("ZHIGAI_BIG") != "yes" {
		b.Skip("ZHIGAI_BIG=yes runs it: the server needs a minute to be built")
	}
	c, p := big(b, newDriver(b, b.TempDir()), 20, 1000)
	begun, told := monitorAll(b, c, p, 20, 1000)
	b.ReportMetric(begun.Seconds(), "s-to-present-values")
	b.ReportMetric(told.Seconds(), "s-to-changes")
}

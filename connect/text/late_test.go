package text

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"zhigai/connect"
	"zhigai/connect/line"
	"zhigai/plant"
)

// A gauge with channels whose answers look alike answers later than anybody waits,
// up to twice the timeout, and no channel's value is another's. Time is virtual.
func TestLateDevice_NoValueOfAnotherChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		var parties sync.WaitGroup
		defer parties.Wait()
		driver := New(line.NewPool(line.Options{Open: func(context.Context, line.Address) (io.ReadWriteCloser, error) {
			ours, theirs := net.Pipe()
			asked := make(chan string, 100)
			parties.Go(func() {
				defer close(asked)
				b := make([]byte, 100)
				for {
					n, err := theirs.Read(b)
					if err != nil {
						return
					}
					asked <- strings.TrimSpace(string(b[:n]))
				}
			})
			parties.Go(func() {
				for q := range asked {
					if r.IntN(3) == 0 {
						time.Sleep(300*time.Millisecond + time.Duration(r.IntN(200))*time.Millisecond)
					}
					_, _ = fmt.Fprintf(theirs, "%s0\r\n", q) // a master that left does not care
				}
			})
			return ours, nil
		}}))
		c, err := driver.Open(t.Context(), plant.Device{Driver: Kind, Address: "/dev/line", Params: map[string]string{"timeout": "200ms"}})
		must(t, err)
		values, late := 0, 0
		for i := 0; values+late < 2000; i++ {
			channel := i % 9
			g, err := c.Prepare([]connect.Point{{Address: fmt.Sprintf(`v /^(?P<v>\d+)$/ ask "%d\r\n"`, channel), Kind: plant.KindNumber}})
			must(t, err)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			reading := make([]connect.Reading, 1)
			err = g.Read(ctx, reading)
			cancel()
			switch {
			case errors.Is(err, connect.ErrBusy):
				time.Sleep(50 * time.Millisecond)
			case err != nil:
				late++
			case reading[0].Err != nil || reading[0].Number != float64(10*channel):
				t.Fatalf("channel %d = %+v", channel, reading[0])
			default:
				values++
			}
		}
		must(t, c.Close())
		t.Logf("%d values, %d late", values, late)
		if values < 500 || late < 300 {
			t.Errorf("%d values, %d late", values, late)
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`weight /^S +(?P<weight>-?[0-9.]+) *(?P<unit>g|kg)$/ ask "S\r\n" in g comma`, "S S 1,5 kg")
	f.Fuzz(func(t *testing.T, address, said string) {
		p, err := (&Driver{}).parse(address, plant.KindNumber)
		if err != nil {
			return
		}
		if r, ok := p.read([]byte(said)); ok && r.Err == nil && len(r.Raw) == 0 {
			t.Errorf("%q of %q is the number %v", address, said, r.Number)
		}
	})
}

func FuzzCutLine(f *testing.F) {
	f.Add([]byte("S S 1 g\r\nx"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for {
			said, rest, ok := cutLine(b)
			if !ok {
				return
			}
			if len(rest) >= len(b) || strings.ContainsAny(string(said), "\r\n") {
				t.Fatalf("%q is cut into %q and %q", b, said, rest)
			}
			b = rest
		}
	})
}

package mtconnect_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/conntest"
	"zhigai/connect/mtconnect"
	"zhigai/plant"
)

// adapterOf is an adapter written down: serve speaks to one client at a time.
func adapterOf(t *testing.T, serve func(c net.Conn)) plant.Device {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serve(c)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return plant.Device{ID: "A1", Driver: mtconnect.AdapterKind, Address: l.Addr().String(), Params: map[string]string{"timeout": "20s"}}
}

func stampAt(second int) string { return at(second).Format("2006-01-02T15:04:05.0000000Z") }

// saying sends the lines, answers heartbeats and gives what more the test sends.
func saying(more <-chan string, lines ...string) func(c net.Conn) {
	return func(c net.Conn) {
		_, _ = io.WriteString(c, strings.Join(lines, "\n")+"\n")
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			for in := bufio.NewScanner(c); in.Scan(); {
				if in.Text() == "* PING" {
					_, _ = io.WriteString(c, "* PONG 10000\r\n")
				}
			}
		}()
		for {
			select {
			case text, ok := <-more:
				if !ok {
					return
				}
				_, _ = io.WriteString(c, text)
			case <-gone:
				return
			}
		}
	}
}

// What an adapter knows comes first, then what it says, with its own times.
func TestAdapter_Subscribe(t *testing.T) {
	more := make(chan string, 10)
	device := adapterOf(t, saying(more, "* adapterVersion: 1", stampAt(1)+"|load|12.5|exec|READY|msg|x", stampAt(2)+"|sys|NORMAL||||", "|now|1"))
	f := follow(t, conntest.Open(t, mtconnect.NewAdapter(options()), device), number("load"), text("sys"), number("missing"), connect.Point{Address: "exec#=ACTIVE", Kind: plant.KindBoolean}, number("now"))
	first := map[int]connect.Reading{}
	for range 5 {
		r := f.next()
		first[r.Point] = r
	}
	if r := first[0]; r.Err != nil || r.Number != 12.5 || !r.Source.Equal(at(1)) {
		t.Errorf("load %+v", r)
	}
	if r := first[1]; r.Err != nil || r.Text != "NORMAL" || !r.Source.Equal(at(2)) {
		t.Errorf("sys %+v", r)
	}
	if r := first[2]; !errors.Is(r.Err, connect.ErrUnconfigured) {
		t.Errorf("missing %+v", r)
	}
	if r := first[3]; r.Err != nil || r.Number != 0 {
		t.Errorf("exec %+v", r)
	}
	if r := first[4]; r.Err != nil || r.Number != 1 || !r.Source.IsZero() {
		t.Errorf("without a time %+v", r)
	}
	more <- stampAt(3) + "|exec|ACTIVE|load|UNAV"
	more <- "AILABLE\nnonsense\n|odd\n" + stampAt(4) + "|sys|FAULT|401|||oil low\n"
	f.want(1, "", at(3), nil)
	f.want(0, "", at(3), connect.ErrUnavailable)
	f.want(0, "FAULT 401: oil low", at(4), nil)
	more <- stampAt(5) + "|@ASSET@|t1|CuttingTool|--multiline--A\n<a|load|7/>\n--multiline--A\n" + stampAt(6) + "|load|3\n"
	f.want(3, "", at(6), nil)
	close(more)
	if err := receive(t, f.ended, "the end"); err == nil || !strings.Contains(err.Error(), "closed the connection") {
		t.Errorf("ended with %v", err)
	}
}

// Times that count from an instant of the adapter's own stand from when the
// first came.
func TestAdapter_RelativeTimes(t *testing.T) {
	more := make(chan string, 10)
	device := adapterOf(t, saying(more, "5000|load|1"))
	before := time.Now()
	f := follow(t, conntest.Open(t, mtconnect.NewAdapter(options()), device), number("load"))
	first := f.next()
	if first.Source.Before(before) || first.Source.After(time.Now()) {
		t.Errorf("the first at %v", first.Source)
	}
	more <- "5250.5|load|2\n"
	if r := f.next(); r.Source.Sub(first.Source) != 250500*time.Microsecond {
		t.Errorf("%v after the first; want 250.5 ms", r.Source.Sub(first.Source))
	}
}

// An adapter of before heartbeats is heard too.
func TestAdapter_WithoutHeartbeat(t *testing.T) {
	release := make(chan struct{})
	device := adapterOf(t, func(c net.Conn) {
		fmt.Fprintf(c, "%s|load|1\n", stampAt(1))
		<-release
		fmt.Fprintf(c, "%s|load|2\n", stampAt(2))
		_, _ = io.Copy(io.Discard, c)
	})
	f := follow(t, conntest.Open(t, mtconnect.NewAdapter(options()), device), number("load"))
	f.want(1, "", at(1), nil)
	close(release)
	f.want(2, "", at(2), nil)
	f.cancel()
	if err := receive(t, f.ended, "the end"); err == nil {
		t.Error("an ended subscription gives no reason")
	}
}

// Whatever an adapter sends that is no SHDR gives no value; a line without end
// ends the connection.
func TestAdapter_Hostile(t *testing.T) {
	f := func(name, text string) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			device := adapterOf(t, func(c net.Conn) { _, _ = io.WriteString(c, text) })
			c := conntest.Open(t, mtconnect.NewAdapter(options()), device)
			g, err := c.Prepare([]connect.Point{number("load")})
			must(t, err)
			dst := make([]connect.Reading, 1)
			if err := g.Read(within(t, patience), dst); err == nil {
				t.Errorf("%+v of %.20q", dst[0], text)
			}
		})
	}
	f("nothing", "")
	f("a page", "HTTP/1.1 400 Bad Request\r\n\r\n<html>|load|</html>\r\n")
	f("bytes", "\x00\x01\x02\xff|\xfe|\xfd\n")
	f("a time alone", stampAt(1)+"\n")
	f("half a line", stampAt(1)+"|load|1"[:7])
	f("a line without end", strings.Repeat("x", 1<<20+100))
	f("a text without end", "|@ASSET@|t|X|--multiline--A\n"+strings.Repeat(strings.Repeat("x", 1<<16)+"\n", 70))
}

// The recorded session of a real lathe, said again, brings every observation of
// every item, and all the states in order.
func TestAdapter_Okuma(t *testing.T) {
	root := os.Getenv("ZHIGAI_REFDATA")
	if root == "" {
		t.Skip("ZHIGAI_REFDATA is not set: the recorded sessions of a lathe are not replayed")
	}
	const session = "session1.shdr"
	b, err := os.ReadFile(filepath.Join(root, "mtconnect-okuma", "reference.json"))
	must(t, err)
	var reference map[string]struct {
		Observations int            `json:"observations"`
		Counts       map[string]int `json:"counts"`
	}
	must(t, json.Unmarshal(b, &reference))
	log, err := os.ReadFile(filepath.Join(root, "mtconnect-okuma", session))
	must(t, err)
	more := make(chan string, 1)
	device := adapterOf(t, saying(more))
	var points []connect.Point
	for key := range reference[session].Counts {
		points = append(points, text(key))
	}
	f := follow(t, conntest.Open(t, mtconnect.NewAdapter(options()), device), points...)
	for range points { // the adapter has said nothing yet
		if r := f.next(); !errors.Is(r.Err, connect.ErrUnconfigured) {
			t.Fatalf("%+v", r)
		}
	}
	more <- string(log)
	counts := map[string]int{}
	for range reference[session].Observations {
		counts[points[f.next().Point].Address]++
	}
	for key, want := range reference[session].Counts {
		if counts[key] != want {
			t.Errorf("%s: %d observations; want %d", key, counts[key], want)
		}
	}
	if len(f.readings) != 0 {
		t.Error("more came than was recorded")
	}
	t.Logf("%d observations of %d items", reference[session].Observations, len(points))
}

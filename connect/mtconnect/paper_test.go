package mtconnect_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/mtconnect"
	"zhigai/plant"
)

// patience is how long a party may take; a test that passes never waits it out.
const patience = 30 * time.Second

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func options() mtconnect.Options {
	return mtconnect.Options{Now: time.Now, Logger: slog.New(slog.DiscardHandler)}
}

// base is a second to which the observations of a paper agent are near, so that
// they are not old.
var base = time.Now().UTC().Truncate(time.Second).Add(-time.Minute)

// note is an observation of the paper agent, written by hand and not by the
// codec under test.
type note struct {
	sequence uint64
	second   int    // after base
	text     string // <Execution ... with %s where sequence and time stand
}

func (n note) xml() string {
	return fmt.Sprintf(n.text, fmt.Sprintf(`sequence="%d" timestamp="%s"`, n.sequence, base.Add(time.Duration(n.second)*time.Second).Format(time.RFC3339)))
}

func load(seq uint64, second int, v string) note {
	return note{seq, second, `<Samples><Load dataItemId="xl" %s>` + v + `</Load></Samples>`}
}

func exec(seq uint64, second int, v string) note {
	return note{seq, second, `<Events><Execution dataItemId="ex" name="exec" %s>` + v + `</Execution></Events>`}
}

func system(seq uint64, second int, level, code, text string) note {
	return note{seq, second, `<Condition><` + level + ` dataItemId="sys" type="SYSTEM" nativeCode="` + code + `" %s>` + text + `</` + level + `></Condition>`}
}

const paperProbe = `<MTConnectDevices xmlns="urn:mtconnect.org:MTConnectDevices:%[2]s"><Header instanceId="%[1]d" sender="paper" version="1.3"/><Devices>
<Device id="d" name="VMC" uuid="M8"><Description manufacturer="Sys" model="V1" serialNumber="7"/><DataItems><DataItem id="av" name="avail" category="EVENT" type="AVAILABILITY"/></DataItems>
<Components><Axes id="a"><Components><Linear id="x" name="X"><DataItems><DataItem id="xl" name="Xload" category="SAMPLE" type="LOAD" units="PERCENT"/>
<DataItem id="pos" category="SAMPLE" type="PATH_POSITION" units="MILLIMETER_3D"/></DataItems></Linear></Components></Axes>
<Controller id="c"><DataItems><DataItem id="sys" category="CONDITION" type="SYSTEM"/></DataItems><Components><Path id="p"><DataItems><DataItem id="ex" name="exec" category="EVENT" type="EXECUTION"/>
<DataItem id="prog" category="EVENT" type="PROGRAM"/></DataItems></Path></Components></Controller></Components></Device></Devices></MTConnectDevices>`

// paper is an agent written down by hand: what it says is set by the test.
type paper struct {
	mu       sync.Mutex
	version  string
	instance uint64
	first    uint64
	next     uint64
	now      []note // current
	kept     []note // sample
	// answer, when set, takes a question over; false leaves it to the paper.
	answer func(w http.ResponseWriter, r *http.Request) bool
	// stream gives the parts of a streamed answer; it is closed to end it.
	stream chan string
	asked  []string
	server *httptest.Server
}

func newPaper(t *testing.T) *paper {
	t.Helper()
	p := &paper{version: "1.3", instance: 7, first: 1, next: 10, stream: make(chan string, 100)}
	p.now = []note{
		{1, 0, `<Events><Availability dataItemId="av" %s>AVAILABLE</Availability></Events>`},
		load(5, 1, "12.5"), exec(6, 2, "READY"),
		{7, 3, `<Samples><PathPosition dataItemId="pos" %s>1 2 3.5</PathPosition></Samples>`},
		system(8, 3, "Normal", "", ""),
		{9, 4, `<Events><Program dataItemId="prog" %s>O&lt;轴承&gt;</Program></Events>`},
	}
	p.listen(t, "127.0.0.1:0")
	t.Cleanup(func() { p.server.CloseClientConnections(); p.server.Close() })
	return p
}

func (p *paper) listen(t *testing.T, address string) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	must(t, err)
	p.server = httptest.NewUnstartedServer(p)
	_ = p.server.Listener.Close()
	p.server.Listener = l
	p.server.Start()
}

func (p *paper) device() plant.Device {
	return plant.Device{ID: "D1", Driver: mtconnect.Kind, Address: p.server.URL + "/VMC", Params: map[string]string{"timeout": "20s"}}
}

// streams is a streams document of the notes. The lock is held.
func (p *paper) streams(first, next uint64, notes ...note) string {
	var b strings.Builder
	for _, n := range notes {
		b.WriteString(n.xml())
	}
	return fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?><MTConnectStreams xmlns="urn:mtconnect.org:MTConnectStreams:%s"><Header instanceId="%d" firstSequence="%d" lastSequence="%d" nextSequence="%d"/><Streams><DeviceStream name="VMC" uuid="M8"><ComponentStream component="Path" componentId="p">%s</ComponentStream></DeviceStream></Streams></MTConnectStreams>`,
		p.version, p.instance, first, next-1, next, b.String())
}

func (p *paper) refusal(code string) string {
	return fmt.Sprintf(`<MTConnectError xmlns="urn:mtconnect.org:MTConnectError:%s"><Header instanceId="%d"/><Errors><Error errorCode="%s">no</Error></Errors></MTConnectError>`, p.version, p.instance, code)
}

func (p *paper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked = append(p.asked, r.URL.String())
	answer := p.answer
	p.mu.Unlock()
	if answer != nil && answer(w, r) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	w.Header().Set("Content-Type", "text/xml")
	q := r.URL.Query()
	switch what := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]; {
	case what == "probe":
		fmt.Fprintf(w, paperProbe, p.instance, p.version)
	case what == "current":
		fmt.Fprint(w, p.streams(p.first, p.next, p.now...))
	case what == "sample" && q.Get("interval") != "":
		p.follow(w, r)
	case what == "sample":
		from, _ := strconv.ParseUint(q.Get("from"), 10, 64)
		count, _ := strconv.ParseUint(q.Get("count"), 10, 64)
		next := min(from+count, p.next)
		var notes []note
		for _, n := range p.kept {
			if n.sequence >= from && n.sequence < next {
				notes = append(notes, n)
			}
		}
		fmt.Fprint(w, p.streams(p.first, next, notes...))
	case what == "assets":
		fmt.Fprint(w, `<MTConnectAssets><Header instanceId="7"/><Assets><CuttingTool assetId="t1" deviceUuid="M8" timestamp="2026-01-01T00:00:00Z"/><CuttingTool assetId="t2" deviceUuid="M9" timestamp="2026-01-01T00:00:00Z"/></Assets></MTConnectAssets>`)
	default:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, p.refusal("INVALID_URI"))
	}
}

// follow sends the parts. The lock is held, and given up while it waits.
func (p *paper) follow(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary=0a1b")
	w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(w).Flush()
	stream := p.stream
	p.mu.Unlock()
	defer p.mu.Lock()
	for {
		select {
		case text, ok := <-stream:
			if !ok {
				return
			}
			fmt.Fprintf(w, "--0a1b\r\nContent-type: text/xml\r\nContent-length: %d\r\n\r\n%s\r\n", len(text), text)
			_ = http.NewResponseController(w).Flush()
		case <-r.Context().Done():
			return
		}
	}
}

// say streams a document.
func (p *paper) say(first, next uint64, notes ...note) {
	p.mu.Lock()
	text := p.streams(first, next, notes...)
	p.mu.Unlock()
	p.stream <- text
}

// follower is a subscription and what came of it.
type follower struct {
	t        *testing.T
	cancel   context.CancelFunc
	readings chan connect.Reading
	alive    chan struct{}
	ended    chan error
}

func follow(t *testing.T, c connect.Conn, points ...connect.Point) *follower {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	f := &follower{t: t, cancel: cancel, readings: make(chan connect.Reading, 1000), alive: make(chan struct{}, 1000), ended: make(chan error, 1)}
	go func() {
		f.ended <- c.(connect.Subscriber).Subscribe(ctx, points, func(_ context.Context, all []connect.Reading) error {
			for _, r := range all {
				r.Raw = nil
				f.readings <- r
			}
			return nil
		}, func() { f.alive <- struct{}{} })
	}()
	t.Cleanup(cancel)
	return f
}

func receive[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("%s did not come", what)
		panic("unreachable")
	}
}

func (f *follower) next() connect.Reading {
	f.t.Helper()
	return receive(f.t, f.readings, "a reading")
}

func number(address string) connect.Point {
	return connect.Point{Address: address, Kind: plant.KindNumber}
}

func text(address string) connect.Point {
	return connect.Point{Address: address, Kind: plant.KindText}
}

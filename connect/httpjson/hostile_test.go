package httpjson_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/httpjson"
	"zhigai/plant"
)

// reader asks a server for one value.
type reader struct {
	t *testing.T
	g connect.Group
}

func read(t *testing.T, address string, params map[string]string, points ...connect.Point) reader {
	t.Helper()
	c, err := httpjson.New(time.Now).Open(t.Context(), plant.Device{Driver: httpjson.Kind, Address: address, Params: params})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	g, err := c.Prepare(points)
	if err != nil {
		t.Fatal(err)
	}
	return reader{t, g}
}

func (r reader) ask() (connect.Reading, error) {
	dst := make([]connect.Reading, 1)
	err := r.g.Read(r.t.Context(), dst)
	return dst[0], err
}

// A late answer is never taken for that of the next question: the server answers
// each with its number, and some long after they were given up.
func TestDriver_LateAnswerIsNotTheNext(t *testing.T) {
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mine := n.Add(1)
		if mine%3 == 0 {
			<-r.Context().Done() // until it is given up, and on
		}
		fmt.Fprintf(w, `{"n": %d}`, mine)
	}))
	defer server.Close()
	r := read(t, server.URL, map[string]string{"timeout": "100ms"}, connect.Point{Address: "/n", Kind: plant.KindNumber})
	timeouts := 0
	for range 12 {
		got, err := r.ask()
		if err != nil {
			timeouts++
			continue
		}
		if got.Number != float64(n.Load()) {
			t.Errorf("read %v as the answer to question %d", got.Number, n.Load())
		}
	}
	if timeouts == 0 {
		t.Error("no question was given up")
	}
}

// What a server must not get away with.
func TestDriver_HostileAnswers(t *testing.T) {
	var answer atomic.Pointer[http.HandlerFunc]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*answer.Load())(w, r) }))
	defer server.Close()
	say := func(f http.HandlerFunc) { answer.Store(&f) }
	body := func(s string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, s) }
	}
	say(body(`{"v": 1}`))
	r := read(t, server.URL, map[string]string{"timeout": "1m", "token": "secret of this host"}, connect.Point{Address: "/v", Kind: plant.KindNumber})
	f := func(what string, h http.HandlerFunc, want error) {
		t.Helper()
		say(h)
		if _, err := r.ask(); err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: %v; want %v", what, err, want)
		}
		say(body(`{"v": 2}`))
		if got, err := r.ask(); err != nil || got.Number != 2 {
			t.Errorf("after %s: %+v, %v", what, got, err)
		}
	}
	f("no JSON", body("<html>"), connect.ErrMalformed)
	f("cut off", body(`{"v": `), connect.ErrMalformed)
	f("twice", body(`{"v": 1}{"v": 1}`), connect.ErrMalformed)
	f("nothing", body(""), connect.ErrMalformed)
	f("oversize", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"v": "`)
		_, _ = io.WriteString(w, strings.Repeat("x", 5<<20))
	}, connect.ErrMalformed)
	f("half the body", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"v": 1}`)
	}, nil)
	f("an error", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, `{"v": 1}`, http.StatusInternalServerError)
	}, connect.ErrRefused)
	f("a login", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, `{"v": 1}`, http.StatusUnauthorized) }, connect.ErrRefused)
	f("redirects without end", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) }, nil)
	stolen := make(chan string, 1)
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { stolen <- r.Header.Get("Authorization") }))
	defer other.Close()
	f("a redirect to another host", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) }, nil)
	select {
	case got := <-stolen:
		t.Errorf("another host was asked, with %q", got)
	default:
	}
	r = read(t, server.URL, map[string]string{"timeout": "1s"}, connect.Point{Address: "/v", Kind: plant.KindNumber})
	f("a trickle", func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			_, _ = io.WriteString(w, " ")
			_ = http.NewResponseController(w).Flush()
		}
	}, nil)
}

func TestCheckDevice(t *testing.T) {
	f := func(address, want string, params ...string) {
		t.Helper()
		dev := plant.Device{Driver: httpjson.Kind, Address: address, Params: map[string]string{}}
		for i := 0; i < len(params); i += 2 {
			dev.Params[params[i]] = params[i+1]
		}
		err := httpjson.New(time.Now).CheckDevice(dev)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s %v: %v; want %q", address, params, err, want)
		}
	}
	const good = "http://10.0.0.1/x"
	f(good, "", "user", "a", "password", "b", "header.X-Line", "3", "method", "POST", "body", `{"a":1}`, "timeout", "2s", "time", "/at", "zone", "Asia/Shanghai")
	f("https://user:secret@10.0.0.1/x", "write")
	f("ftp://10.0.0.1", "write")
	f(good, "write GET or POST", "method", "PUT")
	f(good, "write method: POST", "body", "{}")
	f(good, "write both", "password", "b")
	f(good, "write one of", "colour", "red")
	f(good, "write time as well", "records", "/items")
	f(good, "64 hex digits", "fingerprint", "abcd")
	f(good, "one line", "header.X", "a\r\nb")
	f(good, "write a name", "zone", "Mars/Olympus")
	f(good, "write a duration", "timeout", "1h")
}

// The certificate that a person has seen is the one that counts.
func TestDriver_Fingerprint(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"v": 1}`) }))
	defer server.Close()
	d := httpjson.New(time.Now)
	open := func(params map[string]string) error {
		c, err := d.Open(t.Context(), plant.Device{Driver: httpjson.Kind, Address: server.URL, Params: params})
		if err == nil {
			_ = c.Close()
		}
		return err
	}
	if err := open(nil); err == nil {
		t.Error("a certificate that nobody signed is believed")
	}
	err := open(map[string]string{"fingerprint": strings.Repeat("00", 32)})
	if err == nil || !strings.Contains(err.Error(), "fingerprint ") {
		t.Fatalf("another certificate: %v", err)
	}
	_, text, _ := strings.Cut(err.Error(), "fingerprint ")
	seen, _, _ := strings.Cut(text, ";")
	if err := open(map[string]string{"fingerprint": seen}); err != nil {
		t.Errorf("the certificate that was seen: %v", err)
	}
}

package httpjson_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/httpjson"
	"zhigai/plant"
	"zhigai/plant/waveform"
)

// post is a hook behind a server, with one device that is collected.
type post struct {
	t      *testing.T
	hook   *httpjson.Hook
	server *httptest.Server
	dev    plant.Device

	mu   sync.Mutex
	kept []connect.Reading
	full error
}

func newPost(t *testing.T, params map[string]string) *post {
	p := &post{t: t, hook: httpjson.NewHook(time.Now), dev: plant.Device{Driver: httpjson.HookKind, Address: "press-1", Params: params}}
	params["token"] = token
	p.server = httptest.NewServer(p.hook)
	t.Cleanup(p.server.Close)
	t.Cleanup(p.hook.Expect(p.dev))
	return p
}

// collect opens and subscribes as the collector does, again and again.
func (p *post) collect(points ...connect.Point) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			c, err := p.hook.Open(ctx, p.dev)
			if err != nil {
				continue
			}
			_ = c.(connect.Subscriber).Subscribe(ctx, points, p.sink, func() {})
			_ = c.Close()
		}
	}()
	p.t.Cleanup(func() { cancel(); <-done })
}

func (p *post) sink(_ context.Context, readings []connect.Reading) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.full != nil {
		return p.full
	}
	p.kept = append(p.kept, readings...)
	return nil
}

func (p *post) fill(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.full = err
}

// values kept, of one point, without repetitions in a row.
func (p *post) values(point int) (out []float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.kept {
		if r.Point == point && r.Err == nil && (len(out) == 0 || out[len(out)-1] != r.Number) {
			out = append(out, r.Number)
		}
	}
	return out
}

func (p *post) send(method, name, auth, body string) (int, string) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.server.URL+httpjson.HookPath+name, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	if auth != "" {
		r.Header.Set("Authorization", auth)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

const bearer = "Bearer " + token

var number = connect.Point{Address: "/v", Kind: plant.KindNumber}

// What is answered with 204 is kept, what is not kept is answered with an error,
// and comes again.
func TestHook_DurableBeforeTheAnswer(t *testing.T) {
	p := newPost(t, map[string]string{})
	p.collect(number)
	if code, text := p.send("POST", "press-1", bearer, `{"v": 1}`); code != http.StatusNoContent {
		t.Fatalf("%d %s", code, text)
	}
	if got := p.values(0); len(got) != 1 || got[0] != 1 {
		t.Errorf("kept %v when the answer was there", got)
	}
	p.fill(errors.New("disk full"))
	code, text := p.send("POST", "press-1", bearer, `{"v": 2}`)
	if code != http.StatusServiceUnavailable || !strings.Contains(text, "disk full") {
		t.Errorf("%d %s; want 503 and why", code, text)
	}
	if got := p.values(0); len(got) != 1 {
		t.Errorf("kept %v of what was refused", got)
	}
	p.fill(nil)
	if code, text := p.send("POST", "press-1", bearer, `{"v": 2}`); code != http.StatusNoContent {
		t.Errorf("again: %d %s", code, text)
	}
	if got := p.values(0); len(got) != 2 || got[1] != 2 {
		t.Errorf("kept %v", got)
	}
}

// Who may not, and what is none, is told so and changes nothing.
func TestHook_Refuses(t *testing.T) {
	p := newPost(t, map[string]string{})
	p.collect(number)
	f := func(method, name, auth, body string, want int) {
		t.Helper()
		if code, text := p.send(method, name, auth, body); code != want || code != http.StatusNoContent && text == "" {
			t.Errorf("%s %s %q %.20q: %d %q; want %d", method, name, auth, body, code, text, want)
		}
	}
	f("POST", "press-1", "", `{"v": 1}`, http.StatusUnauthorized)
	f("POST", "press-1", "Bearer 0123456789abcdeF", `{"v": 1}`, http.StatusUnauthorized)
	f("POST", "press-1", "Basic x", `{"v": 1}`, http.StatusUnauthorized)
	f("POST", "press-2", bearer, `{"v": 1}`, http.StatusUnauthorized)
	f("POST", "press-1/../press-1", bearer, `{"v": 1}`, http.StatusUnauthorized)
	f("POST", "press-2", "Bearer ", `{"v": 1}`, http.StatusUnauthorized)
	f("GET", "press-1", bearer, "", http.StatusMethodNotAllowed)
	f("POST", "press-1", bearer, `{"v": `, http.StatusBadRequest)
	f("POST", "press-1", bearer, `{"v": 1}{}`, http.StatusBadRequest)
	f("POST", "press-1", bearer, `"`+strings.Repeat("x", 4<<20)+`"`, http.StatusRequestEntityTooLarge)
	if got := p.values(0); len(got) != 0 {
		t.Errorf("kept %v", got)
	}
	f("POST", "press-1", bearer, `{"v": 5}`, http.StatusNoContent)
}

// Records are kept with their own times, however old, also when they say the
// same; a window of vibration is kept exactly.
func TestHook_RecordsAndWaveforms(t *testing.T) {
	p := newPost(t, map[string]string{"records": "/items", "time": "/at"})
	p.collect(number, connect.Point{Address: "/serial", Kind: plant.KindText}, connect.Point{Address: "/wave", Kind: plant.KindWaveform})
	w := waveform.Window{Rate: 25600, Values: make([]float64, 20_000)}
	for i := range w.Values {
		w.Values[i] = float64(i) / 3
	}
	wave, err := json.Marshal(map[string]any{"start": "2024-05-01T00:00:00.5Z", "rate": w.Rate, "values": w.Values})
	if err != nil {
		t.Fatal(err)
	}
	body := `{"items": [{"at": "2024-05-01 08:00:00", "v": 3, "serial": "A"}, {"at": 1714521601, "v": 3, "serial": "B", "wave": ` + string(wave) + `}]}`
	if code, text := p.send("POST", "press-1", bearer, body); code != http.StatusNoContent {
		t.Fatalf("%d %s", code, text)
	}
	first := time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)
	seen := map[string]time.Time{}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.kept {
		if r.Err == nil && !r.Recorded {
			t.Errorf("%+v is not of a record", r)
		}
		switch {
		case r.Point == 1:
			seen[r.Text] = r.Source
		case r.Point == 2 && r.Err == nil:
			if r.Text != w.Encode() || !r.Source.Equal(first.Add(500*time.Millisecond)) {
				t.Errorf("window at %v is another", r.Source)
			}
			seen["wave"] = r.Source
		}
	}
	if len(seen) != 3 || !seen["A"].Equal(first) || !seen["B"].Equal(first.Add(time.Second)) {
		t.Errorf("seen %v", seen)
	}
}

// One record without a time: who sent it is told, and nothing of it is kept.
func TestHook_RecordWithoutTime(t *testing.T) {
	p := newPost(t, map[string]string{"records": "/items", "time": "/at"})
	p.collect(number)
	code, text := p.send("POST", "press-1", bearer, `{"items": [{"at": 1714521600, "v": 3}, {"v": 4}]}`)
	if code != http.StatusUnprocessableEntity || !strings.Contains(text, "record 1") {
		t.Errorf("%d %s", code, text)
	}
}

// A poll of a list takes each record once.
func TestDriver_Records(t *testing.T) {
	var mu sync.Mutex
	items := `{"at": 1714521600, "v": 1}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		_, _ = io.WriteString(w, `[`+items+`]`)
	}))
	defer server.Close()
	c, err := httpjson.New(time.Now).Open(t.Context(), plant.Device{Driver: httpjson.Kind, Address: server.URL, Params: map[string]string{"records": "", "time": "/at"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	got := make(chan []connect.Reading)
	var refuse atomic.Bool
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	sink := func(_ context.Context, r []connect.Reading) error {
		full := refuse.Load()
		got <- r
		if full {
			return errors.New("disk full")
		}
		return nil
	}
	subscribe := func() {
		go func() {
			ended <- c.(connect.Subscriber).Subscribe(ctx, []connect.Point{{Address: "/v", Kind: plant.KindNumber, Period: time.Millisecond}}, sink, func() {})
		}()
	}
	want := func(values ...float64) {
		t.Helper()
		r := <-got
		if len(r) != len(values) {
			t.Fatalf("%+v; want %v", r, values)
		}
		for i := range r {
			if r[i].Number != values[i] || !r[i].Recorded {
				t.Errorf("%+v; want %v", r[i], values[i])
			}
		}
	}
	change := func(text string) {
		mu.Lock()
		defer mu.Unlock()
		items = text
	}
	subscribe()
	want(1)
	change(`{"at": 1714521602, "v": 3}, {"at": 1714521600, "v": 1}, {"at": 1714521601, "v": 2}`)
	want(2, 3)
	change(`{"at": 1714521602, "v": 3}, {"at": 1714521602, "v": 3.5}`)
	want(3.5)
	refuse.Store(true)
	change(`{"at": 1714521603, "v": 4}`)
	want(4)
	if err := <-ended; err == nil || err.Error() != "disk full" {
		t.Errorf("ended with %v", err)
	}
	refuse.Store(false)
	subscribe()
	want(4) // was not kept
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}

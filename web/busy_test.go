package web

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Requests of one address beyond its rate are put off with the time to come
// again; those of another are answered.
func TestBusy_TooManyRequestsOfOneAddress(t *testing.T) {
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	a := New(Options{Now: func() time.Time { return now }, Logger: slog.New(slog.DiscardHandler), Limits: Limits{PerAddress: 10}})
	ask := func(from string) *http.Response {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/health", nil)
		req.RemoteAddr = from
		w := httptest.NewRecorder()
		a.Mux().ServeHTTP(w, req)
		return w.Result()
	}
	for i := range burstSeconds * 10 {
		if res := ask(fmt.Sprintf("192.0.2.1:%d", 1000+i)); res.StatusCode != http.StatusOK {
			t.Fatalf("request %d: %d", i, res.StatusCode)
		}
	}
	res := ask("192.0.2.1:999")
	var p Problem
	if err := json.NewDecoder(res.Body).Decode(&p); err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") != "1" || res.Header.Get("Content-Type") != "application/problem+json" ||
		p.Code != "unavailable" || p.Status != http.StatusTooManyRequests || p.Detail == "" {
		t.Errorf("%d %v %+v", res.StatusCode, res.Header, p)
	}
	if res := ask("192.0.2.2:1000"); res.StatusCode != http.StatusOK {
		t.Errorf("another address: %d", res.StatusCode)
	}
	now = now.Add(time.Second)
	if res := ask("192.0.2.1:1000"); res.StatusCode != http.StatusOK {
		t.Errorf("a second later: %d", res.StatusCode)
	}
	if n := a.Busy().Address; n != 1 {
		t.Errorf("%d counted; want 1", n)
	}
}

// Heavy questions are answered a bounded number at once, in turn, and no user
// gets all the turns.
func TestBusy_HeavyQuestionsTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBusy(Limits{Heavy: 4, Patience: 5 * time.Second}, time.Now)
		var mu sync.Mutex
		at := map[string]int{}
		answered, putOff := map[string]int{}, map[string]int{}
		var all sync.WaitGroup
		question := func(who string) {
			all.Go(func() {
				done, ok := b.enter(t.Context(), who)
				mu.Lock()
				if !ok {
					putOff[who]++
					mu.Unlock()
					return
				}
				at[who]++
				if at["greedy"]+at["modest"] > 4 || at["greedy"] > 3 {
					t.Errorf("at once: %v", at)
				}
				answered[who]++
				mu.Unlock()
				time.Sleep(2 * time.Second)
				mu.Lock()
				at[who]--
				mu.Unlock()
				done()
			})
		}
		for range 20 {
			question("greedy")
		}
		synctest.Wait()
		start := time.Now()
		question("modest")
		synctest.Wait()
		mu.Lock()
		if answered["modest"] != 1 || time.Since(start) != 0 {
			t.Errorf("the modest one waits behind the greedy: %v", answered)
		}
		mu.Unlock()
		if c := b.count(); c.Running != 4 || c.Waiting != 17 {
			t.Errorf("%+v", c)
		}
		all.Wait()
		// Three at a time, two seconds each, five seconds of patience.
		if answered["greedy"] < 9 || answered["greedy"]+putOff["greedy"] != 20 || int(b.count().Heavy) != putOff["greedy"] {
			t.Errorf("answered %v, put off %v, %+v", answered, putOff, b.count())
		}
		if c := b.count(); c.Running != 0 || c.Waiting != 0 || len(b.running) != 0 {
			t.Errorf("after: %+v", c)
		}
	})
}

// Who gives up leaves the line, and the line has an end.
func TestBusy_TheLineIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBusy(Limits{Heavy: 1, Patience: time.Hour}, time.Now)
		done, _ := b.enter(t.Context(), "a")
		ctx, cancel := context.WithCancel(t.Context())
		var line sync.WaitGroup
		for range maxWaiting {
			line.Go(func() {
				if _, ok := b.enter(ctx, "b"); ok {
					t.Error("answered beside another")
				}
			})
		}
		synctest.Wait()
		if _, ok := b.enter(t.Context(), "c"); ok || b.count().Waiting != maxWaiting {
			t.Errorf("one more than the line holds: %t, %+v", ok, b.count())
		}
		cancel()
		line.Wait()
		if b.count().Waiting != 0 {
			t.Errorf("%+v", b.count())
		}
		done()
		if done, ok := b.enter(t.Context(), "d"); !ok {
			t.Error("nobody is answered any more")
		} else {
			done()
		}
	})
}

// A flood of addresses does not grow memory.
func TestBusy_AskersAreForgotten(t *testing.T) {
	now := time.Unix(0, 0)
	b := newBusy(Limits{}, func() time.Time { return now })
	var count int64
	for i := range 3 * maxAskers {
		now = now.Add(time.Microsecond)
		b.take(b.addresses, fmt.Sprint(i), 10, &count)
	}
	if len(b.addresses) > maxAskers || count != 0 {
		t.Errorf("%d remembered, %d put off", len(b.addresses), count)
	}
}

func TestAddressOf(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.1:80": "192.0.2.1", "[::ffff:192.0.2.1]:80": "192.0.2.1", "[2001:db8:1:2:3:4:5:6]:80": "2001:db8:1:2::/64",
		"[2001:db8:1:2:ffff::1]:81": "2001:db8:1:2::/64", "@": "@", "": "",
	} {
		if got := addressOf(in); got != want {
			t.Errorf("addressOf(%q) = %q; want %q", in, got, want)
		}
	}
}

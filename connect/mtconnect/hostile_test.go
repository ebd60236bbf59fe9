package mtconnect_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/conntest"
	"zhigai/connect/mtconnect"
	"zhigai/connect/mtconnect/document"
)

// soon is a deadline for parties that never answer.
const soon = 200 * time.Millisecond

// says answers with a text.
func says(text string) func(*paper, http.ResponseWriter, *http.Request) {
	return func(_ *paper, w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
}

// raw answers below HTTP, and hangs up.
func raw(text string) func(*paper, http.ResponseWriter, *http.Request) {
	return func(_ *paper, w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_, _ = fmt.Fprint(c, text)
			_ = c.Close()
		}
	}
}

// Whatever comes instead of an answer is an error, never a value, and the next
// question has its own answer.
func TestHostile_NoValueFromWhatIsNoAnswer(t *testing.T) {
	f := func(name string, is error, answer func(p *paper, w http.ResponseWriter, r *http.Request)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPaper(t)
			c := conntest.Open(t, mtconnect.New(options()), p.device())
			p.mu.Lock()
			p.answer = func(w http.ResponseWriter, r *http.Request) bool { answer(p, w, r); return true }
			p.mu.Unlock()
			g, err := c.Prepare([]connect.Point{number("xl")})
			must(t, err)
			dst := make([]connect.Reading, 1)
			limit := patience
			if errors.Is(is, context.DeadlineExceeded) {
				limit = soon
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			if err := g.Read(ctx, dst); err == nil || is != nil && !errors.Is(err, is) {
				t.Errorf("%v with %+v; want %v", err, dst[0], is)
			}
			p.mu.Lock()
			p.answer = nil
			p.mu.Unlock()
			if err := g.Read(within(t, patience), dst); err != nil || dst[0].Number != 12.5 {
				t.Errorf("after it %+v, %v", dst[0], err)
			}
		})
	}
	f("nothing", connect.ErrMalformed, says(""))
	f("a page", connect.ErrMalformed, says("<html><body>login</body></html>"))
	f("another document", connect.ErrMalformed, func(p *paper, w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, paperProbe, 7, "1.3") })
	f("a refusal", nil, func(p *paper, w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, p.refusal("UNAUTHORIZED")) })
	f("cut off", connect.ErrMalformed, func(p *paper, w http.ResponseWriter, _ *http.Request) {
		text := p.streams(1, 10, p.now...)
		fmt.Fprint(w, text[:len(text)/2])
	})
	f("cut off on the wire", nil, raw("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<MTConnectStreams>"))
	f("no HTTP", nil, raw("\x00\x01\x00\x00\x00\x05"))
	f("hang up", nil, raw(""))
	f("of the neighbour", connect.ErrMalformed, func(p *paper, w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, strings.Replace(p.streams(1, 10, p.now...), `uuid="M8"`, `uuid="M9"`, 1))
	})
	f("of another instance", nil, func(p *paper, w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, strings.Replace(p.streams(1, 10, p.now...), `instanceId="7"`, `instanceId="9"`, 1))
	})
	f("too long", connect.ErrMalformed, func(_ *paper, w http.ResponseWriter, _ *http.Request) {
		blank := strings.Repeat(" ", 1<<20)
		for range document.MaxSize>>20 + 1 {
			fmt.Fprint(w, blank)
		}
	})
	f("elsewhere", connect.ErrMalformed, func(p *paper, w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, p.server.URL+"/VMC/probe", http.StatusFound)
	})
	f("silence", context.DeadlineExceeded, func(_ *paper, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	f("drops without end", context.DeadlineExceeded, func(_ *paper, w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			fmt.Fprint(w, " ")
			_ = http.NewResponseController(w).Flush()
		}
	})
}

// Two answers to one question, the second beside the next question: each
// question has a connection of its own, so the second has nobody to reach.
func TestHostile_TwoAnswers(t *testing.T) {
	p := newPaper(t)
	c := conntest.Open(t, mtconnect.New(options()), p.device())
	g, err := c.Prepare([]connect.Point{number("xl")})
	must(t, err)
	p.mu.Lock()
	n := 0
	p.answer = func(w http.ResponseWriter, _ *http.Request) bool {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return true
		}
		defer func() { _ = conn.Close() }()
		p.mu.Lock()
		defer p.mu.Unlock()
		n++
		for _, v := range []int{n, 1000 + n} { // the second is wrong for every question
			text := p.streams(1, 10, load(5, 1, fmt.Sprint(v)))
			fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
		}
		return true
	}
	p.mu.Unlock()
	dst := make([]connect.Reading, 1)
	for i := range 50 {
		if err := g.Read(within(t, patience), dst); err != nil || dst[0].Number != float64(i+1) {
			t.Fatalf("question %d: %+v, %v", i+1, dst[0], err)
		}
	}
}

// A stream that is none, or goes backwards, ends the subscription.
func TestHostile_Streams(t *testing.T) {
	f := func(name string, is error, spoil func(p *paper)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPaper(t)
			f := follow(t, conntest.Open(t, mtconnect.New(options()), p.device()), number("xl"))
			f.want(12.5, "", at(1), nil)
			p.say(1, 11, load(10, 5, "1")) // the stream stands
			f.want(1, "", at(5), nil)
			spoil(p)
			if err := receive(t, f.ended, "the end"); err == nil || is != nil && !errors.Is(err, is) {
				t.Errorf("ended with %v; want %v", err, is)
			}
			if len(f.readings) != 0 {
				t.Errorf("a value came of it: %+v", f.next())
			}
		})
	}
	f("garbage", connect.ErrMalformed, func(p *paper) { p.stream <- "\x00\xff" })
	f("another document", connect.ErrMalformed, func(p *paper) { p.stream <- fmt.Sprintf(paperProbe, 7, "1.3") })
	f("a refusal", nil, func(p *paper) { p.stream <- p.refusal("INTERNAL_ERROR") })
	f("backwards", connect.ErrMalformed, func(p *paper) { p.say(1, 5, load(4, 9, "99")) })
	f("of the neighbour", connect.ErrMalformed, func(p *paper) {
		p.mu.Lock()
		text := strings.Replace(p.streams(1, 12, load(11, 9, "99")), `uuid="M8"`, `uuid="M9"`, 1)
		p.mu.Unlock()
		p.stream <- text
	})
	f("the end", nil, func(p *paper) { close(p.stream) })
	f("a pulled plug", nil, func(p *paper) { p.server.CloseClientConnections() })
}

// An agent that says nothing at all, not even that nothing happened, is lost.
func TestHostile_SilentStream(t *testing.T) {
	p := newPaper(t)
	d := mtconnect.New(options())
	d.SetHeartbeat(50 * time.Millisecond)
	device := p.device()
	device.Params["timeout"] = "100ms"
	f := follow(t, conntest.Open(t, d, device), number("xl"))
	f.want(12.5, "", at(1), nil)
	if err := receive(t, f.ended, "the end"); err == nil || !strings.Contains(err.Error(), "nothing from the agent for 200ms") {
		t.Errorf("ended with %v", err)
	}
}

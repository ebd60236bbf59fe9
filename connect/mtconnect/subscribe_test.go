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
	"zhigai/plant"
)

func at(second int) time.Time { return base.Add(time.Duration(second) * time.Second) }

// want compares what matters of a reading.
func (f *follower) want(number float64, text string, source time.Time, err error) {
	f.t.Helper()
	if r := f.next(); r.Number != number || r.Text != text || !r.Source.Equal(source) || !errors.Is(r.Err, err) {
		f.t.Errorf("%+v; want %v %q at %v, %v", r, number, text, source, err)
	}
}

// What holds comes first, then each change with the device's own time, in order
// and once, however the agent packs it; a document without news is a sign of life.
func TestSubscribe_OrderAndDuplicates(t *testing.T) {
	p := newPaper(t)
	f := follow(t, conntest.Open(t, mtconnect.New(options()), p.device()), number("xl"))
	f.want(12.5, "", at(1), nil)
	p.say(1, 12, load(11, 6, "2"), exec(10, 6, "ACTIVE"), load(10, 5, "1")) // grouped by item, not by number
	f.want(1, "", at(5), nil)
	f.want(2, "", at(6), nil)
	p.say(1, 12, load(11, 6, "2")) // once more
	receive(t, f.alive, "a sign of life")
	p.say(1, 13, load(12, 7, "UNAVAILABLE"))
	f.want(0, "", at(7), connect.ErrUnavailable)
	p.say(1, 13)
	receive(t, f.alive, "a sign of life")
	if len(f.readings) != 0 {
		t.Errorf("more came: %+v", f.next())
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if last := p.asked[len(p.asked)-1]; !strings.HasPrefix(last, "/VMC/sample?") || !strings.Contains(last, "from=10") || !strings.Contains(last, "interval=1000") {
		t.Errorf("asked %s; want the stream from 10", last)
	}
}

// An agent whose buffer ran over: every point is marked right after the last
// known instant, what is left of the buffer is history, and what holds follows.
func TestSubscribe_GapIsMarked(t *testing.T) {
	f := func(name string, lose func(p *paper)) {
		t.Run(name, func(t *testing.T) {
			p := newPaper(t)
			f := follow(t, conntest.Open(t, mtconnect.New(options()), p.device()), number("xl"))
			f.want(12.5, "", at(1), nil)
			p.say(1, 11, load(10, 20, "1"))
			f.want(1, "", at(20), nil)
			p.mu.Lock()
			p.first, p.next, p.kept = 50, 60, []note{load(55, 30, "7")}
			p.now[1] = load(55, 30, "7")
			p.mu.Unlock()
			lose(p)
			f.want(0, "", at(20).Add(time.Microsecond), connect.ErrStale)
			if r := f.next(); r.Number != 7 || !r.Source.Equal(at(30)) || !r.Historical {
				t.Errorf("%+v; want what the buffer still holds, as history", r)
			}
			f.want(7, "", at(30), nil)
			p.say(50, 61, load(60, 40, "8"))
			f.want(8, "", at(40), nil)
		})
	}
	f("out of range", func(p *paper) { p.stream <- p.refusal("OUT_OF_RANGE") })
	f("the buffer begins later", func(p *paper) { p.say(50, 60, load(55, 30, "7")) })
}

// A value that did not change while nothing was known stands as of now: its own
// time lies before the mark.
func TestSubscribe_UnchangedAfterAGap(t *testing.T) {
	p := newPaper(t)
	f := follow(t, conntest.Open(t, mtconnect.New(options()), p.device()), number("xl"))
	f.want(12.5, "", at(1), nil)
	p.mu.Lock()
	p.first, p.next = 50, 60
	p.mu.Unlock()
	p.stream <- p.refusal("OUT_OF_RANGE")
	f.want(0, "", at(4).Add(time.Microsecond), connect.ErrStale)
	f.want(12.5, "", time.Time{}, nil)
}

// An agent that started anew counts anew: the subscription ends and says why.
func TestSubscribe_AgentStartsAnew(t *testing.T) {
	p := newPaper(t)
	d := mtconnect.New(options())
	f := follow(t, conntest.Open(t, d, p.device()), number("xl"))
	f.want(12.5, "", at(1), nil)
	p.mu.Lock()
	p.instance, p.next = 8, 3
	p.now[1] = load(2, 9, "3")
	p.mu.Unlock()
	p.say(1, 3, load(2, 9, "3"))
	if err := receive(t, f.ended, "the end"); err == nil || !strings.Contains(err.Error(), "started anew") {
		t.Errorf("ended with %v", err)
	}
	if len(f.readings) != 0 {
		t.Errorf("a value of the new instance came: %+v", f.next())
	}
	again := follow(t, conntest.Open(t, d, p.device()), number("xl"))
	again.want(3, "", at(9), nil) // and no history: the old numbers mean nothing
}

// What an agent kept while nobody was connected comes as history, each once.
func TestSubscribe_CatchesUp(t *testing.T) {
	p := newPaper(t)
	d := mtconnect.New(options())
	f := follow(t, conntest.Open(t, d, p.device()), number("xl"))
	f.want(12.5, "", at(1), nil)
	p.say(1, 11, load(10, 5, "1"))
	f.want(1, "", at(5), nil)
	close(p.stream)
	if err := receive(t, f.ended, "the end"); err == nil || !strings.Contains(err.Error(), "ended the stream") {
		t.Errorf("ended with %v", err)
	}
	p.mu.Lock()
	p.stream = make(chan string, 10)
	p.next = 2500 // more than one answer
	for i := range uint64(3) {
		p.kept = append(p.kept, load(10+i*1100, 5+int(i), fmt.Sprint(i+1)))
	}
	p.now[1] = load(2210, 7, "3")
	p.mu.Unlock()
	again := follow(t, conntest.Open(t, d, p.device()), number("xl"))
	for i, want := range []float64{2, 3} {
		if r := again.next(); r.Number != want || !r.Historical || !r.Source.Equal(at(6+i)) {
			t.Errorf("%+v; want %v as history", r, want)
		}
	}
	if r := again.next(); r.Number != 3 || r.Historical {
		t.Errorf("%+v; want what holds", r)
	}
}

// A sink that could not store is told the same again.
func TestSubscribe_NotStoredIsNotPassed(t *testing.T) {
	p := newPaper(t)
	d := mtconnect.New(options())
	c := conntest.Open(t, d, p.device())
	full := errors.New("disk full")
	ended := make(chan error, 1)
	stored := make(chan struct{}, 1)
	n := 0
	go func() {
		ended <- c.(connect.Subscriber).Subscribe(t.Context(), []connect.Point{number("xl")}, func(_ context.Context, _ []connect.Reading) error {
			if n++; n == 1 {
				stored <- struct{}{}
				return nil
			}
			return full
		}, func() {})
	}()
	receive(t, stored, "the first reading")
	p.mu.Lock()
	p.kept, p.now[1], p.next = []note{load(10, 5, "1")}, load(10, 5, "1"), 11
	p.mu.Unlock()
	p.say(1, 11, load(10, 5, "1"))
	if err := receive(t, ended, "the end"); !errors.Is(err, full) {
		t.Errorf("ended with %v", err)
	}
	f := follow(t, conntest.Open(t, d, p.device()), number("xl"))
	if r := f.next(); r.Number != 1 || !r.Historical {
		t.Errorf("%+v; want the refused value again", r)
	}
}

// An agent that cannot stream is asked again and again.
func TestSubscribe_WithoutStreaming(t *testing.T) {
	p := newPaper(t)
	p.answer = func(w http.ResponseWriter, r *http.Request) bool {
		q := r.URL.Query()
		if q.Get("interval") == "" {
			return false
		}
		q.Del("interval")
		r.URL.RawQuery = q.Encode()
		p.mu.Lock()
		p.kept, p.next = []note{load(10, 5, "1"), load(11, 6, "2")}, 12
		p.mu.Unlock()
		return false
	}
	f := follow(t, conntest.Open(t, mtconnect.New(options()), p.device()), connect.Point{Address: "xl", Kind: plant.KindNumber, Period: time.Millisecond})
	f.want(12.5, "", at(1), nil)
	f.want(1, "", at(5), nil)
	f.want(2, "", at(6), nil)
	receive(t, f.alive, "a sign of life")
}

// Of several conditions that stand, all are told, the worst first; each is taken
// away by its own code, and all together by normal without one.
func TestSubscribe_Conditions(t *testing.T) {
	p := newPaper(t)
	f := follow(t, conntest.Open(t, mtconnect.New(options()), p.device()), text("sys"))
	f.want(0, "NORMAL", at(3), nil)
	p.say(1, 13, system(10, 5, "Warning", "12", "filter"), system(11, 6, "Fault", "401", "oil low"), system(12, 7, "Normal", "12", ""))
	f.want(0, "WARNING 12: filter", at(5), nil)
	f.want(0, "FAULT 401: oil low; WARNING 12: filter", at(6), nil)
	f.want(0, "FAULT 401: oil low", at(7), nil)
	p.say(1, 15, system(13, 8, "Normal", "", ""), system(14, 9, "Unavailable", "", ""))
	f.want(0, "NORMAL", at(8), nil)
	f.want(0, "", at(9), connect.ErrUnavailable)
}

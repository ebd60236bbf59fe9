package tap

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// lines are frames as a person would note them: > 0102 topic.
func lines(r *Ring) string {
	var out []string
	for _, f := range r.Frames() {
		arrow := map[string]string{Sent: ">", Received: "<"}[f.Direction]
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s", arrow, f.Hex, f.About)))
	}
	return strings.Join(out, "; ")
}

func watched(hidden ...string) *Ring {
	r := New(time.Now, hidden...)
	r.Watch(time.Hour)
	return r
}

// Only the last frames are kept, of each the beginning; a watch that ends keeps
// what it saw, and the next begins with nothing.
func TestRing_KeepsTheLastWhileWatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(time.Now)
		r.Record(Sent, "", []byte{1})
		if got := r.Frames(); len(got) != 0 || r.Watched() || !r.Until().IsZero() {
			t.Errorf("nobody watches: %v", got)
		}
		if until := r.Watch(time.Minute); !until.Equal(time.Now().Add(time.Minute)) || !r.Until().Equal(until) {
			t.Errorf("watched until %v, %v", until, r.Until())
		}
		for i := range Kept + 6 {
			time.Sleep(time.Millisecond)
			r.Record(Received, "t", []byte{byte(i)})
		}
		long := bytes.Repeat([]byte{7}, 3*KeptBytes)
		r.Record(Sent, "", long)
		got := r.Frames()
		if len(got) != Kept || got[0].No != 8 || got[0].Hex != "07" || !got[0].Time.Equal(time.Now().Add(-(Kept-2)*time.Millisecond)) {
			t.Errorf("%d frames, the first %+v", len(got), got[0])
		}
		if last := got[Kept-1]; last.No != Kept+7 || last.Length != len(long) || last.Hex != hex.EncodeToString(long[:KeptBytes]) {
			t.Errorf("a long frame: %d of %d bytes", len(last.Hex)/2, last.Length)
		}
		time.Sleep(time.Minute)
		r.Record(Sent, "", []byte{9})
		if got := r.Frames(); r.Watched() || len(got) != Kept || got[Kept-1].Length != len(long) {
			t.Error("after its end a watch took a frame or forgot what it saw")
		}
		r.Watch(time.Minute)
		r.Record(Sent, "", []byte{9})
		if got := lines(r); got != "> 09" {
			t.Errorf("a new watch has %q", got)
		}
		r.Watch(time.Minute) // longer
		if got := lines(r); got != "> 09" {
			t.Errorf("a longer watch has %q", got)
		}
		r.Forget()
		if got := lines(r); got != "> 09" {
			t.Errorf("forgotten while watched: %q", got)
		}
		time.Sleep(time.Minute)
		if r.Forget(); len(r.Frames()) != 0 {
			t.Error("not forgotten")
		}
	})
}

func TestRing_NilIsNobody(t *testing.T) {
	var r *Ring
	r.Record(Sent, "", []byte{1})
	if r.Watched() || !r.Until().IsZero() || Of(t.Context()) != nil {
		t.Error("nobody watches")
	}
}

// What is secret stands nowhere, however often and in whatever direction.
func TestRing_HidesSecrets(t *testing.T) {
	r := watched("plant", "", "plant-secret")
	r.Record(Sent, "user/plant-secret", []byte("0plant-secret1plant2plan"))
	data := []byte("plant")
	r.Record(Received, "", data)
	if got, want := lines(r), fmt.Sprintf("> %x user/************; < %x", "0************1*****2plan", "*****"); got != want {
		t.Errorf("%s; want %s", got, want)
	}
	if string(data) != "plant" {
		t.Error("what passes was changed")
	}
}

// pipe is a tapped connection and its other end.
func pipe(t *testing.T, tapped func(context.Context, net.Conn) *Conn, r *Ring) (*Conn, net.Conn) {
	t.Helper()
	near, far := net.Pipe()
	t.Cleanup(func() { _, _ = near.Close(), far.Close() })
	return tapped(With(t.Context(), r), near), far
}

func send(t *testing.T, c net.Conn, pieces ...string) (done chan struct{}) {
	t.Helper()
	done = make(chan struct{})
	go func() {
		defer close(done)
		for _, p := range pieces {
			_, _ = io.WriteString(c, p) // a reader that is missed shows in the test
		}
	}()
	return done
}

func read(t *testing.T, c io.Reader, n int) {
	t.Helper()
	if _, err := io.ReadFull(c, make([]byte, n)); err != nil {
		t.Fatal(err)
	}
}

// A frame that comes in pieces is one frame, up to where the driver says that it
// ends, or sends something.
func TestConn_FramesOfPieces(t *testing.T) {
	r := watched()
	c, far := pipe(t, NewFramed, r)
	done := send(t, far, "ab", "c", "dd")
	read(t, c, 2)
	read(t, c, 1)
	c.End()
	read(t, c, 2)
	<-done
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		read(t, far, 1)
	}()
	if _, err := c.Write([]byte("Q")); err != nil {
		t.Fatal(err)
	}
	<-asked
	done = send(t, far, "f", "g")
	read(t, c, 1)
	read(t, c, 1)
	<-done
	if got, want := lines(r), "< 616263; < 6464; > 51; < 6667"; got != want {
		t.Errorf("%s; want %s", got, want)
	}
}

// Without a word of the driver what the network gave at once is a frame.
func TestConn_ReadByRead(t *testing.T) {
	r := watched()
	c, far := pipe(t, NewConn, r)
	done := send(t, far, "ab", "cd")
	read(t, c, 2)
	read(t, c, 2)
	<-done
	if got := lines(r); got != "< 6162; < 6364" {
		t.Error(got)
	}
}

// On a shared connection each device sees what it asked and what it was answered.
func TestWire_WhoAsks(t *testing.T) {
	a, b, idle := watched(), watched(), New(time.Now)
	var w Wire
	w.Sent([]byte{0})
	w.Received([]byte{0})
	for _, one := range []*Ring{a, b, idle} {
		w.For(With(t.Context(), one))
		w.Sent([]byte{1})
		w.Received([]byte{2})
		w.Received([]byte{3})
	}
	w.For(t.Context())
	w.Sent([]byte{4})
	if lines(a) != "> 01; < 0203" || lines(b) != "> 01; < 0203" || lines(idle) != "" {
		t.Errorf("a %q, b %q, idle %q", lines(a), lines(b), lines(idle))
	}
}

// On a connection of many stations each sees all that passes while it is there.
func TestWire_Many(t *testing.T) {
	a, b := watched(), watched()
	var w Wire
	w.For(With(t.Context(), a))
	w.Received([]byte{1})
	w.End()
	w.Join(b)
	w.Join(b)
	w.Join(nil)
	w.Received([]byte{2})
	w.Received([]byte{3})
	w.End()
	w.Leave(a)
	w.Leave(a)
	w.Sent([]byte{4})
	if lines(a) != "< 01; < 0203" || lines(b) != "< 0203; > 04" {
		t.Errorf("a %q, b %q", lines(a), lines(b))
	}
}

// A question over HTTP is shown with its body and without what opens doors.
func TestHTTP_QuestionAndAnswer(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, q.Header.Get("Authorization"))
	}))
	defer s.Close()
	r := watched("pass-word")
	client := &http.Client{Transport: HTTP(&http.Transport{})}
	defer client.CloseIdleConnections()
	ask := func(ctx context.Context) {
		t.Helper()
		q, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/a?api_key=K1&unit=3", strings.NewReader(`{"p":"pass-word"}`))
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("Authorization", "Bearer T1")
		a, err := client.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		if b, err := io.ReadAll(a.Body); err != nil || string(b) != "Bearer T1" {
			t.Errorf("answer %q, %v", b, err)
		}
	}
	ask(t.Context()) // nobody watches
	ask(With(t.Context(), r))
	want := fmt.Sprintf(`> %x POST %s/a?api_key=%%2A%%2A%%2A&unit=3; < %x 418 I'm a teapot application/json`, `{"p":"*********"}`, s.URL, "Bearer T1")
	if got := lines(r); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"http://u:secret@h/x?b=2&a=1": "http://u:xxxxx@h/x?b=2&a=1",
		"http://h/x?Token=abc&a=1":    "http://h/x?Token=%2A%2A%2A&a=1",
	} {
		u, err := url.Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := Plain(u); got != want || u.String() != in {
			t.Errorf("Plain(%s) = %s; want %s", in, got, want)
		}
	}
}

// quiet is a connection that takes and gives at once.
type quiet struct{ net.Conn }

func (quiet) Write(b []byte) (int, error) { return len(b), nil }
func (quiet) Read(b []byte) (int, error)  { return len(b), nil }

// BenchmarkConn is what the tap adds to a question and its answer in two reads.
func BenchmarkConn(b *testing.B) {
	for _, one := range []struct {
		name string
		ring *Ring
	}{{"nobody", New(time.Now)}, {"watched", watched()}} {
		b.Run(one.name, func(b *testing.B) {
			ctx := With(b.Context(), one.ring)
			c := NewFramed(ctx, quiet{})
			question, answer := make([]byte, 12), make([]byte, 200)
			b.ReportAllocs()
			for b.Loop() {
				c.For(ctx)
				_, _ = c.Write(question)
				_, _ = c.Read(answer[:7])
				_, _ = c.Read(answer[7:])
				c.End()
			}
		})
	}
}

package record_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"

	"zhigai/fact"
	"zhigai/record"
	"zhigai/record/pgtest"
)

// hammer appends from many sources at once. An event that was not
// acknowledged is sent again, as devices do.
type hammer struct {
	db   *record.DB
	all  sync.WaitGroup
	stop context.CancelFunc

	mu           sync.Mutex
	changed      *sync.Cond
	down         bool // who fails waits
	acknowledged map[string]fact.Event
	failures     int
}

const hammers = 8

func startHammer(t *testing.T, db *record.DB) *hammer {
	t.Helper()
	h := &hammer{db: db, acknowledged: map[string]fact.Event{}}
	h.changed = sync.NewCond(&h.mu)
	ctx, cancel := context.WithCancel(t.Context())
	h.stop = cancel
	for w := range hammers {
		h.all.Go(func() {
			for n := 0; ctx.Err() == nil; {
				e := crashEvent(w, n)
				out, err := db.Journal().Append(ctx, 1, e)
				if ctx.Err() != nil {
					return
				}
				if h.note(t, out, err) {
					n++
				}
			}
		})
	}
	return h
}

// note keeps what was acknowledged; it waits while the server is known to be
// down.
func (h *hammer) note(t *testing.T, out []fact.Event, err error) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	defer h.changed.Broadcast()
	if err == nil {
		h.acknowledged[out[0].ID] = out[0]
		return true
	}
	h.failures++
	if !errors.Is(err, record.ErrUnavailable) {
		t.Errorf("Append: %v; want it acknowledged or ErrUnavailable", err)
	}
	for h.down {
		h.changed.Wait()
	}
	return false
}

func (h *hammer) setDown(down bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.down = down
	h.changed.Broadcast()
}

// more waits for n acknowledgements.
func (h *hammer) more(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for want := len(h.acknowledged) + n; len(h.acknowledged) < want; {
		h.changed.Wait()
	}
}

// check stops the writers and looks for everything that was acknowledged.
func (h *hammer) check(t *testing.T, where string) {
	t.Helper()
	h.stop()
	h.all.Wait()
	stored, last := map[string]fact.Event{}, uint64(0)
	sources := map[string]bool{}
	db := openIn(t, where)
	for {
		page, err := db.Journal().Events(t.Context(), 1, fact.Filter{AfterSeq: last})
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, e := range page {
			if e.Seq != last+1 {
				t.Fatalf("place %d follows place %d; want no holes", e.Seq, last)
			}
			if source := fmt.Sprint(e.Source, e.SourceSeq); sources[source] {
				t.Errorf("%s is stored twice", source)
			} else {
				sources[source] = true
			}
			last, stored[e.ID] = e.Seq, e
		}
	}
	for id, e := range h.acknowledged {
		if got := stored[id]; got.Seq != e.Seq || string(got.Payload) != string(e.Payload) || got.Source != e.Source {
			t.Errorf("acknowledged event %+v is stored as %+v", e, got)
		}
	}
	t.Logf("%d acknowledged, %d stored, %d answered with ErrUnavailable", len(h.acknowledged), len(stored), h.failures)
}

// A server that is killed has lost nothing that was acknowledged; the record
// goes on by itself when it is back.
func TestPostgreSQL_ServerKilled(t *testing.T) {
	server := pgtest.New(t)
	where := server.Record(t)
	h := startHammer(t, openIn(t, where))
	rounds := 6
	if testing.Short() {
		rounds = 2
	}
	for range rounds {
		h.more(150)
		h.setDown(true)
		if err := server.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
		h.setDown(false)
	}
	h.more(150)
	h.check(t, where)
	if h.failures == 0 {
		t.Error("no write failed: the server was not killed in the middle of any")
	}
}

// While the server is away every question says so; afterwards everything
// works again, and what another process appended is heard of.
func TestPostgreSQL_ServerAway(t *testing.T) {
	server := pgtest.New(t)
	where := server.Record(t)
	db, other := openIn(t, where), openIn(t, where)
	if _, err := db.Journal().Append(t.Context(), 1, event(0)); err != nil {
		t.Fatal(err)
	}
	followed := make(chan uint64, 10)
	following, stop := context.WithCancel(t.Context())
	defer stop()
	go func() {
		_ = other.Journal().Follow(following, 1, 0, func(_ context.Context, page []fact.Event) error { // until stop
			followed <- page[len(page)-1].Seq
			return nil
		})
	}()
	if got := <-followed; got != 1 {
		t.Fatalf("followed to %d; want 1", got)
	}
	for range 3 {
		server.Stop()
		_, opened := record.Open(t.Context(), where, record.Options{})
		_, appended := db.Journal().Append(t.Context(), 1, event(1))
		_, read := db.Journal().Events(t.Context(), 1, fact.Filter{})
		for name, err := range map[string]error{
			"Open": opened, "Append": appended, "Events": read, "Reachable": db.Reachable(t.Context()),
			"Backup": db.Backup(t.Context(), t.TempDir()+"/b", nil),
		} {
			if !errors.Is(err, record.ErrUnavailable) {
				t.Errorf("%s without a server: %v; want ErrUnavailable", name, err)
			}
		}
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
		if err := db.Reachable(t.Context()); err != nil {
			t.Errorf("Reachable with the server back: %v", err)
		}
		head := db.Journal().Head(1)
		if _, err := db.Journal().Append(t.Context(), 1, event(int(head))); err != nil {
			t.Errorf("Append with the server back: %v", err)
		}
		if got, err := db.Journal().Events(t.Context(), 1, fact.Filter{AfterSeq: head}); err != nil || len(got) != 1 {
			t.Errorf("Events with the server back: %d, %v; want the one appended", len(got), err)
		}
		if got := <-followed; got != head+1 {
			t.Errorf("the other process followed to %d; want %d", got, head+1)
		}
	}
}

// A server that stops keeping what it acknowledges is not written to.
func TestPostgreSQL_NotDurableAnyMore(t *testing.T) {
	server := pgtest.New(t)
	db := openIn(t, server.Record(t))
	write := func() error {
		_, err := db.Journal().Append(t.Context(), 1, event(1))
		return err
	}
	for _, setting := range []string{"fsync", "synchronous_commit"} {
		if err := server.SQL("record", `alter system set `+setting+` = off`, `select pg_reload_conf()`); err != nil {
			t.Fatal(err)
		}
		err := write()
		for err == nil { // until the setting has reached the connection
			err = write()
		}
		if !errors.Is(err, record.ErrUnsafe) {
			t.Errorf("Append with %s off: %v; want ErrUnsafe", setting, err)
		}
		if err := server.SQL("record", `alter system reset `+setting, `select pg_reload_conf()`); err != nil {
			t.Fatal(err)
		}
		for errors.Is(err, record.ErrUnsafe) {
			err = write()
		}
		if err != nil {
			t.Errorf("Append with %s on again: %v", setting, err)
		}
	}
}

// line carries bytes between records and the server over TCP, and can be cut.
type line struct {
	net.Listener
	socket string
	ends   sync.WaitGroup

	mu        sync.Mutex
	open      map[net.Conn]bool
	pieces    int  // cut everything after so many, if above 0
	unheard   bool // cut the next connection behind the server's answer to a commit
	swallowed chan struct{}
}

func newLine(t *testing.T, socket string) *line {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	out := &line{Listener: l, socket: socket, open: map[net.Conn]bool{}, swallowed: make(chan struct{}, 1)}
	out.ends.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("unix", socket)
			if err != nil {
				_ = client.Close()
				continue
			}
			out.carry(client, server)
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		out.cutAfter(0)
		out.ends.Wait()
	})
	return out
}

func (l *line) carry(client, server net.Conn) {
	l.mu.Lock()
	l.open[client], l.open[server] = true, true
	l.mu.Unlock()
	swallow := make(chan struct{})
	l.ends.Go(func() { // questions
		l.pass(server, client, func(b []byte) {
			if bytes.Contains(b, []byte("commit\x00")) && l.take() {
				close(swallow)
			}
		})
	})
	l.ends.Go(func() { // answers
		l.pass(client, server, func([]byte) {
			select {
			case <-swallow:
				_, _ = client.Close(), server.Close() // the answer was on its way
				l.swallowed <- struct{}{}
			default:
			}
		})
	})
}

func (l *line) take() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := l.unheard
	l.unheard = false
	return was
}

// pass copies until either end closes; look sees every piece before.
func (l *line) pass(to io.WriteCloser, from io.ReadCloser, look func([]byte)) {
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		look(b[:n])
		l.count()
		if _, failed := to.Write(b[:n]); err != nil || failed != nil {
			_, _ = to.Close(), from.Close() // one end is gone
			return
		}
	}
}

func (l *line) count() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pieces--; l.pieces == 0 {
		l.cutAll()
	}
}

// cutAfter ends every connection after so many more pieces.
func (l *line) cutAfter(pieces int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pieces = pieces; pieces == 0 {
		l.cutAll()
	}
}

func (l *line) cutAll() {
	for c := range l.open {
		_ = c.Close() // it may have ended
		delete(l.open, c)
	}
}

func (l *line) address(record string) string {
	return fmt.Sprintf("postgres://postgres@%s/record?search_path=%s&sslmode=disable", l.Addr(), record)
}

// A line that is cut again and again loses and doubles nothing.
func TestPostgreSQL_LineCut(t *testing.T) {
	server := pgtest.Shared(t)
	direct := server.Record(t)
	l := newLine(t, server.Socket())
	h := startHammer(t, openIn(t, l.address(pgtest.Schema(direct))))
	for range 40 {
		h.more(15)
		l.cutAfter(1 + rand.IntN(60)) // in the middle of whatever is on the way then
	}
	h.more(15)
	h.check(t, direct)
	if h.failures == 0 {
		t.Error("no write failed: the line was not cut in the middle of any")
	}
}

// A commit whose answer is lost was done: it is not acknowledged, the same
// event again is the stored one, and readers hear of it all the same.
func TestPostgreSQL_CommitUnheard(t *testing.T) {
	server := pgtest.Shared(t)
	direct := server.Record(t)
	l := newLine(t, server.Socket())
	db := openIn(t, l.address(pgtest.Schema(direct)))
	if _, err := db.Journal().Append(t.Context(), 1, event(0)); err != nil {
		t.Fatal(err)
	}
	l.mu.Lock()
	l.unheard = true
	l.mu.Unlock()
	_, err := db.Journal().Append(t.Context(), 1, event(1))
	<-l.swallowed
	if !errors.Is(err, record.ErrUnavailable) {
		t.Errorf("Append whose commit was not heard: %v; want ErrUnavailable", err)
	}
	if err := db.Journal().Wait(t.Context(), 1, 1); err != nil {
		t.Errorf("Wait: %v; want the event heard of", err)
	}
	again, err := db.Journal().Append(t.Context(), 1, event(1))
	if err != nil || again[0].Seq != 2 {
		t.Errorf("Append again = %+v, %v; want the stored event at 2", again, err)
	}
	if got, err := db.Journal().Events(t.Context(), 1, fact.Filter{}); err != nil || len(got) != 2 {
		t.Errorf("%d events, %v; want 2", len(got), err)
	}
}

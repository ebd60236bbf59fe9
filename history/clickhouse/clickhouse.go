// Package clickhouse keeps samples for hubs that outgrow one machine: a ledger
// in PostgreSQL makes a batch durable and orders it, and ClickHouse, filled
// from the ledger, keeps it for long and answers for ranges of time.
//
// A batch is acknowledged when PostgreSQL has committed it; ClickHouse is never
// waited for. Batches stay in the ledger until they were read back from
// ClickHouse and for a week more. A question asks the ledger what ClickHouse
// does not have yet, so that every replica sees everything acknowledged by any.
// The package never trusts ClickHouse to keep what it took only once, and never
// changes a row: a correction is a row more.
//
// It does what *history.Store does, which says what the methods mean. Start
// with [Open]; the way of a batch goes through append.go, ledger.go, state.go
// and fill.go, that of a question through view.go and query.go.
package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"zhigai/history"
)

// Options of a store. The zero value is that of a hub.
type Options struct {
	Now      func() time.Time
	Logger   *slog.Logger
	MarkLate bool   // every entry counts as late: what other replicas stored is not known
	Password string // of the ClickHouse user, when the address has none

	// Keep is how long a batch stays in the ledger after it was read back from
	// ClickHouse, which does not fsync; default 7 days.
	Keep time.Duration
	// MaxBehind is how many bytes of batches may wait for ClickHouse before no
	// more are taken; default 16 GiB, some days of 10,000 samples/s.
	MaxBehind int64
	// MaxHeld is how many bytes of them are held in memory to be answered from,
	// where they take about six times as much; beyond it questions are refused
	// until ClickHouse has caught up. Default 64 MiB: five million samples.
	MaxHeld int64
	// FillEvery is the shortest time between two inserts: ClickHouse wants few
	// and large ones. Default 1 s.
	FillEvery time.Duration
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Keep == 0 {
		o.Keep = 7 * 24 * time.Hour
	}
	if o.MaxBehind == 0 {
		o.MaxBehind = 16 << 30
	}
	if o.MaxHeld == 0 {
		o.MaxHeld = 64 << 20
	}
	if o.FillEvery == 0 {
		o.FillEvery = time.Second
	}
	return o
}

// Store keeps samples. Its methods may be called concurrently, and several
// processes may have one open on the same ledger.
type Store struct {
	o      Options
	log    *slog.Logger
	ledger *ledger
	server *server

	queue   chan *request
	stop    chan struct{}   // closed by Close
	running context.Context // of the loops, ends with Close
	cancel  context.CancelFunc
	done    sync.WaitGroup
	wake    chan struct{} // the filler is to go on at once
	broken  chan struct{} // never closed: a server that is away comes back

	life   sync.Mutex // guards closed and inside
	closed bool
	inside int
	idle   chan struct{} // closed when the last call left a closed store

	looking slot // one look at the ledger at a time
	asked   atomic.Uint64
	served  uint64 // the last question that a look answered; guarded by looking
	seen    uint64 // by that look, the last batch
	lookErr error  // of that look

	mu       sync.Mutex // guards what follows
	state    state
	arrived  chan struct{} // closed when a batch arrives
	moved    chan struct{} // closed when ClickHouse got more, or refused
	failures uint64        // of filling, since the start
	fillErr  error         // why ClickHouse does not get more, or nil
	counters history.Stats
}

// slot lets one at a time through.
type slot chan struct{}

// Open opens or makes the ledger in the database at the address ledger, where
// the record lies, too, and the table at the address of ClickHouse. When
// ClickHouse is away the store opens all the same; see [Store.Reachable].
func Open(ctx context.Context, address, ledger string, o Options) (*Store, error) {
	o = o.withDefaults()
	server, err := newServer(address, o.Password)
	if err != nil {
		return nil, err
	}
	l, err := openLedger(ctx, ledger)
	if err != nil {
		return nil, err
	}
	running, cancel := context.WithCancel(context.Background())
	s := &Store{
		o: o, log: o.Logger, ledger: l, server: server,
		queue: make(chan *request, maxQueue), stop: make(chan struct{}), running: running, cancel: cancel, idle: make(chan struct{}),
		wake: make(chan struct{}, 1), broken: make(chan struct{}), looking: make(slot, 1), arrived: make(chan struct{}), moved: make(chan struct{}),
		state: newState(),
	}
	if err := s.begin(ctx); err != nil {
		cancel()
		l.close()
		return nil, err
	}
	s.done.Go(s.commitLoop)
	s.done.Go(func() { s.watch(running) })
	s.done.Go(func() { s.fillLoop(running) })
	return s, nil
}

func (s *Store) begin(ctx context.Context) error {
	if err := s.look(ctx); err != nil {
		return err
	}
	err := s.fit(ctx)
	if errors.Is(err, history.ErrUnavailable) {
		s.log.Error("history: samples are kept in the ledger until ClickHouse answers", "err", err)
		return nil
	}
	return err
}

// errOlder says that ClickHouse has less than it had.
var errOlder = errors.New("ClickHouse was put back to an older state")

// fit makes sure that ClickHouse holds the samples of this ledger, all that it
// took and no others.
func (s *Store) fit(ctx context.Context) error {
	if s.server.fits.Load() {
		return nil
	}
	s.mu.Lock()
	h := s.state.head
	s.mu.Unlock()
	last, err := s.server.fit(ctx, h.ledger, h.filled == 0)
	if err != nil {
		return err
	}
	if last < h.filled {
		return fmt.Errorf("%w: %w: it has batches up to %d and had them up to %d; what the ledger still has is stored again", history.ErrUnavailable, errOlder, last, h.filled)
	}
	now, err := headOf(ctx, s.ledger.pool, "") // after the question: what is stored is in the ledger first
	if err != nil {
		return classed("look at the ledger", err)
	}
	if last > now.seq {
		return fmt.Errorf("%w: ClickHouse at %s has batches up to %d, the ledger in PostgreSQL ends at %d: it was restored from an older backup; restore ClickHouse from one that is older still, or delete there what is newer: ALTER TABLE %s DELETE WHERE seq > %d",
			history.ErrDamaged, s.server, last, now.seq, s.server.table, now.seq)
	}
	s.server.fits.Store(true)
	return nil
}

// enter begins a call; leave ends it.
func (s *Store) enter() error {
	s.life.Lock()
	defer s.life.Unlock()
	if s.closed {
		return history.ErrClosed
	}
	s.inside++
	return nil
}

func (s *Store) leave() {
	s.life.Lock()
	defer s.life.Unlock()
	s.inside--
	if s.closed && s.inside == 0 {
		close(s.idle)
	}
}

// Close waits for what is under way. What is acknowledged and not in
// ClickHouse yet is in the ledger; the next process fills it in.
func (s *Store) Close() error {
	s.life.Lock()
	if s.closed {
		s.life.Unlock()
		return history.ErrClosed
	}
	s.closed = true
	close(s.stop)
	if s.inside == 0 {
		close(s.idle)
	}
	s.life.Unlock()
	s.cancel()
	<-s.idle
	s.done.Wait()
	s.server.close()
	s.ledger.close()
	return nil
}

// Failed is nil: servers that are away come back. See [Store.Reachable].
func (*Store) Failed() error { return nil }

// Broken is never closed; see [Store.Failed].
func (s *Store) Broken() <-chan struct{} { return s.broken }

// ErrOnServers answers who wants a copy of a folder.
var ErrOnServers = errors.New("history: samples lie in ClickHouse and PostgreSQL; back up both servers with their own tools, ClickHouse first and PostgreSQL after it")

// Checkpoint refuses: what lies on servers is copied with their own tools.
func (*Store) Checkpoint(string) (uint64, error) { return 0, ErrOnServers }

package link

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"zhigai/plant"
)

// Feed is one stream that a child delivers.
type Feed struct {
	Source Source
	// Bounded says that what is not delivered costs disk which would otherwise
	// be free: the outbox bound applies. A journal that is kept for ever anyway
	// is not bounded.
	Bounded bool
}

// Bound limits what may wait for delivery.
type Bound struct {
	Bytes int64         // of payloads of bounded feeds; 0: no limit
	Age   time.Duration // of their oldest item; 0: no limit
	Alarm float64       // share of either limit that raises the alarm; 0.7
}

// ChildOptions is what a child needs. Transport, Feeds, State, Instance and
// Now are required.
type ChildOptions struct {
	Parent    string // address, to be shown
	Transport Transport
	Feeds     map[Stream]Feed
	State     StateStore
	Instance  string // of this data folder on this machine
	Host      string
	Program   string // release
	Handlers  map[string]Handler
	Now       func() time.Time
	Log       *slog.Logger
	Versions  Versions // CurrentVersions

	Rate  int64 // bytes per second of payload on the backlog lane; 64 MiB
	Bound Bound
	// Gapped records a gap as a fact of this node, before the items are given
	// up. After an error or a crash in between it may be called again with the
	// same gap or a longer one. The gap is delivered in any case.
	Gapped func(ctx context.Context, g Gap) error

	RetryMin     time.Duration // first wait after a lost connection; 500 ms
	RetryMax     time.Duration // it doubles up to this; 10 s
	RetryRefused time.Duration // after a refusal; 30 s
	AnswerTime   time.Duration // longest wait for an answer; 45 s: the parent's commit and then some
	MeasureEvery time.Duration // 10 s
	LiveLag      time.Duration // live items older than this go to the backlog; 3 s
}

func (o ChildOptions) withDefaults() ChildOptions {
	def := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	def(&o.RetryMin, 500*time.Millisecond)
	def(&o.RetryMax, 10*time.Second)
	def(&o.RetryRefused, 30*time.Second)
	def(&o.AnswerTime, 45*time.Second)
	def(&o.MeasureEvery, 10*time.Second)
	def(&o.LiveLag, 3*time.Second)
	if o.Versions == (Versions{}) {
		o.Versions = CurrentVersions
	}
	if o.Rate <= 0 {
		o.Rate = 64 << 20
	}
	if o.Bound.Alarm <= 0 {
		o.Bound.Alarm = 0.7
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Child is the lower end of a link: it delivers its feeds and answers the
// parent's questions. All methods may be called concurrently; Run once.
type Child struct {
	o       ChildOptions
	pack    *packer
	keeper  *keeper
	streams []*outflow    // in the order of Streams
	bell    chan struct{} // there may be something for the backlog lane
	pace    *pace         // outlives connections: a way that was narrow still is
	run     string        // names this run of the program

	mu     sync.Mutex
	status Status
}

// NewChild makes a child; it connects in Run.
func NewChild(o ChildOptions) (*Child, error) {
	if o.Transport == nil || o.State == nil || o.Instance == "" || o.Now == nil || len(o.Feeds) == 0 {
		return nil, errors.New("link child: transport, feeds, state, instance and clock are needed")
	}
	o = o.withDefaults()
	c := &Child{o: o, pack: newPacker(), bell: make(chan struct{}, 1), pace: newPace(o.Rate), run: crand.Text()}
	var err error
	if c.keeper, err = openKeeper(o.State); err != nil {
		return nil, err
	}
	for _, name := range Streams() {
		if f, ok := o.Feeds[name]; ok {
			c.streams = append(c.streams, newOutflow(name, f, c.keeper.stream(name), c.ring))
		}
	}
	if len(c.streams) != len(o.Feeds) {
		return nil, fmt.Errorf("link child: %d feeds of which %d are known streams", len(o.Feeds), len(c.streams))
	}
	c.status = Status{Parent: o.Parent, State: StateConnecting, Since: plant.MicrosOf(o.Now())}
	return c, nil
}

// Run connects, delivers and connects again until ctx ends.
func (c *Child) Run(ctx context.Context) error {
	for _, f := range c.streams {
		if err := f.keep(ctx); err != nil {
			return fmt.Errorf("link: keep %s: %w", f.name, err)
		}
	}
	if err := c.keeper.save(c.streams); err != nil {
		return err
	}
	var side sync.WaitGroup
	side.Go(func() { c.measure(ctx) })
	side.Go(func() { c.save(ctx) })
	wait := c.o.RetryMin
	for ctx.Err() == nil {
		began := c.o.Now()
		err := c.once(ctx)
		if ctx.Err() != nil {
			break
		}
		pause := c.ended(err)
		if pause == 0 {
			if c.o.Now().Sub(began) > c.o.RetryMax {
				wait = c.o.RetryMin
			}
			pause, wait = wait, min(2*wait, c.o.RetryMax)
		}
		// Between half and the whole of it, so that a thousand children do not
		// come back at one instant.
		sleep(ctx, pause/2+rand.N(pause/2+1))
	}
	side.Wait()
	c.setState(StateStopped, nil)
	return c.keeper.save(c.streams)
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// ended notes why a session ended and how long to wait if that is not for the
// usual pause.
func (c *Child) ended(err error) time.Duration {
	c.mu.Lock()
	known := c.status.State != StateUp && c.status.LastError == err.Error()
	c.mu.Unlock()
	state, pause, level := StateConnecting, time.Duration(0), slog.LevelWarn
	for _, no := range []error{ErrNotEnrolled, ErrRevoked, ErrClone, ErrVersion} {
		if errors.Is(err, no) {
			state, pause, level = StateRefused, c.o.RetryRefused, slog.LevelError
		}
	}
	if known { // the same for days is said once
		level = slog.LevelDebug
	}
	c.o.Log.Log(context.Background(), level, "link: not connected", "parent", c.o.Parent, "state", state, "err", err)
	c.setState(state, err)
	return pause
}

func (c *Child) setState(s State, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.status.State != s {
		c.status.State, c.status.Since = s, plant.MicrosOf(c.o.Now())
	}
	if err != nil {
		c.status.LastError, c.status.LastTried = err.Error(), plant.MicrosOf(c.o.Now())
	}
	c.status.Refused = ""
	if s == StateRefused {
		c.status.Refused = RefusalCode(err)
	}
}

// once is one session: from dialling to the loss of the connection.
func (c *Child) once(ctx context.Context) error {
	c.count(func(s *Status) { s.Attempts++ })
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	conn, err := c.o.Transport.Dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	h := hello{Versions: c.o.Versions, Program: c.o.Program, Instance: c.o.Instance, Run: c.run, Host: c.o.Host, Now: plant.MicrosOf(c.o.Now())}
	for _, f := range c.streams {
		h.Streams = append(h.Streams, f.name)
	}
	var w welcome
	if err := c.ask(ctx, conn, verbHello, sealJSON(kindHello, h), kindWelcome, &w); err != nil {
		return fmt.Errorf("link: hello: %w", err)
	}
	if err := conn.Serve(c.o.Instance, c.answer); err != nil {
		return err
	}
	stop() // from here on the session says goodbye first
	s := &session{Child: c, conn: conn, id: w.Session, cancel: cancel, beatEvery: time.Duration(w.BeatMs) * time.Millisecond}
	for _, f := range c.streams {
		if err := f.open(ctx, w.Progress[f.name], c); err != nil {
			return fmt.Errorf("link: %s: %w", f.name, err)
		}
	}
	c.setState(StateUp, nil)
	c.count(func(st *Status) { st.Name, st.Version = w.Name, w.Version })
	c.o.Log.Info("link: connected", "parent", w.Parent, "address", c.o.Parent, "as", w.Name, "version", w.Version)
	return s.run(ctx)
}

func (c *Child) count(f func(*Status)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.status)
}

func (c *Child) ask(ctx context.Context, conn Conn, verb string, message []byte, want kind, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, c.o.AnswerTime)
	defer cancel()
	raw, err := conn.Request(ctx, verb, message)
	if err != nil {
		return err
	}
	return unsealJSON(raw, want, answer)
}

// answer is what the parent's questions come to.
func (c *Child) answer(ctx context.Context, verb string, payload []byte) []byte {
	h, ok := c.o.Handlers[verb]
	if !ok {
		return refuse(fmt.Errorf("%w: %q", ErrNoHandler, verb))
	}
	out, err := h(ctx, payload)
	if err == nil && len(out) > MaxItem {
		err = fmt.Errorf("%w: the answer to %s has %d bytes; %d can be sent", ErrRefused, verb, len(out), MaxItem)
	}
	if err != nil {
		c.o.Log.Warn("link: question not answered", "verb", verb, "err", err)
		if RefusalCode(err) == "" {
			err = fmt.Errorf("%w: %w", ErrRefused, err)
		}
		return refuse(err)
	}
	return seal(kindAnswer, out)
}

// ring wakes the backlog lane.
func (c *Child) ring() {
	select {
	case c.bell <- struct{}{}:
	default: // it is awake
	}
}

// Status is how the link stands.
func (c *Child) Status(ctx context.Context) Status {
	c.mu.Lock()
	s := c.status
	c.mu.Unlock()
	for _, f := range c.streams {
		s.Streams = append(s.Streams, f.Status(ctx, c.o.Now()))
	}
	return s
}

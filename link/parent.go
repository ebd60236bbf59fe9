package link

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"zhigai/plant"
)

// Peer is who sent a message, as the transport has proved it.
type Peer struct {
	Node    NodeID // owner of the key
	Address string // it connected from
	Conn    string // names the connection at this replica
}

// Downlink is a parent's way to its children, given by the transport.
type Downlink interface {
	// Ask reaches the instance of a node from any replica.
	Ask(ctx context.Context, node NodeID, instance, verb string, payload []byte) ([]byte, error)
	// Cut ends one connection of this replica; with conn "" all connections of
	// the node at every replica.
	Cut(node NodeID, conn string)
	// Share hands what Shared takes to the parents of the other replicas, and
	// makes it only if there can be any; what is lost is made good by the next.
	Share(status func() ([]byte, error))
}

// ParentOptions is what a parent needs. Name, Registry, Sink and Now are required.
type ParentOptions struct {
	Name        string // of the hub, told to children
	Registry    Registry
	Sink        Sink
	Now         func() time.Time
	Log         *slog.Logger
	Fingerprint [FingerprintBytes]byte // of the certificate children will see, for codes
	Versions    Versions               // CurrentVersions
	BeatEvery   time.Duration          // how often children report; 5 s
	LeaseTTL    time.Duration          // how long a silent node keeps its place; 60 s
	CommitTime  time.Duration          // longest commit; 30 s
}

func (o ParentOptions) withDefaults() ParentOptions {
	if o.Versions == (Versions{}) {
		o.Versions = CurrentVersions
	}
	if o.BeatEvery <= 0 {
		o.BeatEvery = 5 * time.Second
	}
	if o.LeaseTTL <= 0 {
		o.LeaseTTL = time.Minute
	}
	if o.CommitTime <= 0 {
		o.CommitTime = 30 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// missedBeats is after how many beats without a word a child counts as gone.
const missedBeats = 3

// Parent is the upper end of all links of one replica. It answers what the
// transport brings and keeps no goroutine per child. All methods may be called
// concurrently.
type Parent struct {
	o    ParentOptions
	pack *packer

	mu    sync.Mutex
	down  Downlink
	seats map[NodeID]*seat
}

// seat is what this replica knows of one child.
type seat struct {
	mu       sync.Mutex
	status   NodeStatus
	lease    Lease // Session "" when it is not connected here
	conn     string
	intakes  map[Stream]*intake
	other    *sharedStatus // what another replica said last
	conflict *Conflict
	run      string   // of the process that holds the seat
	past     []string // runs that it took the seat from
}

// maxPast bounds the runs a seat remembers; two copies need one.
const maxPast = 8

// NewParent makes a parent. The transport calls Attach, then Answer; Run keeps
// the leases.
func NewParent(o ParentOptions) (*Parent, error) {
	if o.Name == "" || o.Registry == nil || o.Sink == nil || o.Now == nil {
		return nil, errors.New("link parent: name, registry, sink and clock are needed")
	}
	return &Parent{o: o.withDefaults(), pack: newPacker(), seats: map[NodeID]*seat{}}, nil
}

// Attach gives the way to the children.
func (p *Parent) Attach(d Downlink) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = d
}

func (p *Parent) downlink() Downlink {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.down
}

func (p *Parent) now() plant.Micros { return plant.MicrosOf(p.o.Now()) }

// seatOf gives the seat of a node that is known to the registry.
func (p *Parent) seatOf(id NodeID) *seat {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.seats[id]
	if s == nil {
		s = &seat{intakes: map[Stream]*intake{}}
		s.status.Node.ID = id
		p.seats[id] = s
	}
	return s
}

// seated gives the seat if there is one: strangers do not make any.
func (p *Parent) seated(id NodeID) *seat {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seats[id]
}

// Answer takes one message of a child and gives the reply.
func (p *Parent) Answer(ctx context.Context, from Peer, verb string, raw []byte) []byte {
	reply, err := p.answer(ctx, from, verb, raw)
	if err == nil {
		return reply
	}
	if ctx.Err() == nil {
		p.noteRefusal(from, verb, err)
	}
	return refuse(err)
}

func (p *Parent) answer(ctx context.Context, from Peer, verb string, raw []byte) ([]byte, error) {
	switch verb {
	case verbHello:
		return p.hello(ctx, from, raw)
	case verbEnrol:
		return p.enrol(ctx, from, raw)
	case verbBeat:
		return p.beat(from, raw)
	case verbBye:
		return p.bye(ctx, from, raw)
	case verbLive, VerbBacklog:
		return p.deliver(ctx, from, raw)
	}
	return nil, fmt.Errorf("%w: verb %q", ErrRefused, verb)
}

func (p *Parent) noteRefusal(from Peer, verb string, err error) {
	quiet := errors.Is(err, ErrBusy) || errors.Is(err, ErrSession) // part of everyday life
	level := slog.LevelWarn
	s := p.seated(from.Node)
	if s != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		if quiet || s.status.LastError == err.Error() { // a node that is refused comes back for days
			level = slog.LevelDebug
		}
	}
	p.o.Log.Log(context.Background(), level, "link: refused", "node", from.Node, "address", from.Address, "verb", verb, "err", err)
	if s == nil {
		return
	}
	if errors.Is(err, ErrDamaged) {
		s.status.Damaged++
	}
	if !quiet && !errors.Is(err, ErrClone) { // which is no fault of the holder: see Conflict
		s.status.LastError, s.status.Refused = err.Error(), RefusalCode(err)
	}
}

func (p *Parent) hello(ctx context.Context, from Peer, raw []byte) ([]byte, error) {
	var h hello
	if err := unsealJSON(raw, kindHello, &h); err != nil {
		return nil, err
	}
	if h.Instance == "" || len(h.Instance) > maxWord || len(h.Run) > maxWord || len(h.Host) > maxHost || len(h.Program) > maxWord || len(h.Streams) > len(Streams()) {
		return nil, fmt.Errorf("%w: hello with an instance of %d bytes, a host of %d", ErrDamaged, len(h.Instance), len(h.Host))
	}
	version, ok := h.Versions.common(p.o.Versions)
	if !ok {
		return nil, fmt.Errorf("%w: the child (%s) speaks %d to %d, the parent %d to %d; upgrade the older one", ErrVersion,
			h.Program, h.Versions.Min, h.Versions.Max, p.o.Versions.Min, p.o.Versions.Max)
	}
	node, err := p.admitted(ctx, from.Node)
	if err != nil {
		return nil, err
	}
	s := p.seatOf(node.ID)
	now := p.now()
	mine := Lease{
		Node: node.ID, Instance: h.Instance, Session: rand.Text(), Host: h.Host, Address: from.Address,
		Since: now, Expires: p.expiry(),
	}
	if held, err := p.replaced(ctx, s, node.ID, h.Run, now); err != nil {
		return nil, err
	} else if held.Session != "" {
		return nil, p.clone(s, node, held, mine)
	}
	held, err := p.o.Registry.Acquire(ctx, mine, now)
	if err != nil {
		return nil, fmt.Errorf("link: lease of %s: %w", node.Name, err)
	}
	if held.Session != mine.Session {
		return nil, p.clone(s, node, held, mine)
	}
	w := welcome{Version: version, Session: mine.Session, Parent: p.o.Name, Name: node.Name, BeatMs: p.o.BeatEvery.Milliseconds(), Progress: map[Stream]Progress{}}
	for _, name := range h.Streams {
		if !known(name) {
			continue // of a newer release
		}
		if w.Progress[name], err = p.o.Sink.Progress(ctx, node.ID, name); err != nil {
			return nil, fmt.Errorf("link: progress of %s: %w", name, err)
		}
	}
	p.seat(s, node, mine, from, h, version)
	return sealJSON(kindWelcome, w), nil
}

// seat makes the session the one this replica listens to.
func (p *Parent) seat(s *seat, node Node, l Lease, from Peer, h hello, version int) {
	s.mu.Lock()
	before := s.conn
	wasHere := s.lease.Session != ""
	if s.run != "" && s.run != h.Run {
		s.past = append(s.past, s.run)
		s.past = s.past[max(0, len(s.past)-maxPast):]
	}
	s.past = slices.DeleteFunc(s.past, func(r string) bool { return r == h.Run })
	s.lease, s.conn, s.run = l, from.Conn, h.Run
	for _, in := range s.intakes {
		in.forget() // another replica may have been at it meanwhile
	}
	s.status.Node, s.status.Party = node, partyOf(l)
	s.status.Program, s.status.Version = h.Program, version
	s.status.SkewMs = int64(h.Now-l.Since) / 1000
	s.status.Connected, s.status.Since, s.status.Heard = true, l.Since, l.Since
	s.status.Refused = ""
	s.mu.Unlock()
	p.o.Log.Info("link: node connected", "node", node.Name, "host", l.Host, "address", l.Address, "program", h.Program, "version", version)
	if wasHere && before != from.Conn {
		if d := p.downlink(); d != nil {
			d.Cut(node.ID, before) // half open, or the process before this one
		}
	}
}

// replaced gives the lease that holds if the run is one from which another run
// took the seat: then two copies of one folder are alive, as when machines are
// made from one image, and would take the seat from one another for ever.
func (p *Parent) replaced(ctx context.Context, s *seat, id NodeID, run string, now plant.Micros) (Lease, error) {
	s.mu.Lock()
	old := run != "" && slices.Contains(s.past, run)
	s.mu.Unlock()
	if !old {
		return Lease{}, nil
	}
	held, err := p.o.Registry.Lease(ctx, id)
	if err != nil {
		return Lease{}, fmt.Errorf("link: lease: %w", err)
	}
	if held.Expires <= now {
		return Lease{}, nil
	}
	return held, nil
}

// clone refuses a second live copy and names both.
func (p *Parent) clone(s *seat, node Node, held, mine Lease) error {
	c := &Conflict{Node: node.ID, At: mine.Since, Holder: partyOf(held), Refused: partyOf(mine)}
	s.mu.Lock()
	s.conflict, s.status.Node, s.status.Conflict = c, node, c
	s.mu.Unlock()
	p.o.Log.Error("link: one key on two machines; the second is refused", "node", node.Name,
		"holder_host", held.Host, "holder_address", held.Address, "refused_host", mine.Host, "refused_address", mine.Address)
	return fmt.Errorf("%w: node %s runs on host %q (%s) until it is silent for %s; host %q (%s) is refused. Give each machine a key of its own", ErrClone,
		node.Name, held.Host, held.Address, p.o.LeaseTTL, mine.Host, mine.Address)
}

// conflictFor is how long after its last try a second machine is still named:
// while it runs it tries far more often.
const conflictFor = 5 * time.Minute

// settle forgets a conflict of which nothing was heard for long. The caller
// holds the lock.
func (s *seat) settle(now plant.Micros) {
	if s.conflict != nil && now.Time().Sub(s.conflict.At.Time()) > conflictFor {
		s.conflict, s.status.Conflict = nil, nil
	}
}

func partyOf(l Lease) Party {
	return Party{Instance: l.Instance, Host: l.Host, Address: l.Address}
}

func (p *Parent) expiry() plant.Micros { return plant.MicrosOf(p.o.Now().Add(p.o.LeaseTTL)) }

// admitted gives the node of a key unless it may not connect.
func (p *Parent) admitted(ctx context.Context, id NodeID) (Node, error) {
	node, err := p.o.Registry.Node(ctx, id)
	if err != nil {
		return Node{}, err
	}
	if node.Revoked != 0 {
		return Node{}, fmt.Errorf("%w: %s, on %s", ErrRevoked, node.Name, node.Revoked.Time().Format(time.RFC3339))
	}
	return node, nil
}

func known(name Stream) bool {
	return slices.Contains(Streams(), name)
}

// session gives the seat if the message belongs to the session it holds.
func (p *Parent) session(from Peer, session string) (*seat, error) {
	s := p.seated(from.Node)
	if s == nil {
		return nil, ErrSession
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := p.now()
	if s.lease.Session == "" || s.lease.Session != session || s.conn != from.Conn {
		return nil, ErrSession
	}
	if now >= s.lease.Expires {
		return nil, fmt.Errorf("%w: its lease ran out", ErrSession)
	}
	s.status.Heard = now
	if !s.status.Connected {
		s.status.Connected, s.status.Since = true, now
	}
	return s, nil
}

func (p *Parent) beat(from Peer, raw []byte) ([]byte, error) {
	var b beat
	if err := unsealJSON(raw, kindBeat, &b); err != nil {
		return nil, err
	}
	s, err := p.session(from, b.Session)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(b.Streams) > len(Streams()) {
		b.Streams = b.Streams[:len(Streams())]
	}
	s.status.Streams, s.status.Outbox = b.Streams, b.Outbox
	s.settle(p.now())
	p.share(s)
	return sealJSON(kindBeatAnswer, beatAnswer{Conflict: s.conflict}), nil
}

// bye ends a session in good order, so that another machine may take over at once.
func (p *Parent) bye(ctx context.Context, from Peer, raw []byte) ([]byte, error) {
	var b beat
	if err := unsealJSON(raw, kindBeat, &b); err != nil {
		return nil, err
	}
	s, err := p.session(from, b.Session)
	if err != nil {
		return nil, err
	}
	if err := p.o.Registry.Release(ctx, from.Node, b.Session); err != nil {
		return nil, fmt.Errorf("link: release lease: %w", err)
	}
	p.vacate(s, "the node signed off")
	return sealJSON(kindBeatAnswer, beatAnswer{}), nil
}

// vacate forgets the session of a seat.
func (p *Parent) vacate(s *seat, why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lease.Session == "" {
		return
	}
	s.lease, s.conn = Lease{}, ""
	s.status.Connected, s.status.Since = false, p.now()
	p.o.Log.Info("link: node gone", "node", s.status.Node.Name, "why", why)
}

package mqtt

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

const (
	// window is how many messages of one client are handled at once: they share
	// a commit. Their order is kept.
	window = 256
	// dropAfter is how long messages without acknowledgement wait for room
	// before they are dropped: a store that is only slow holds the client up at
	// its socket, one that stands still must not silence its pings.
	dropAfter = time.Second
	// drainFor is how long what a lost client published is still handled.
	drainFor = 5 * time.Second
)

// Pressure counts what overload did to publishing clients since the start.
type Pressure struct {
	Pending  int   `json:"pending"`  // messages not handled yet
	Bytes    int   `json:"bytes"`    // of these
	Held     int64 `json:"held"`     // times that a client had to wait at its socket
	Withheld int64 `json:"withheld"` // messages that were not acknowledged
	Dropped  int64 `json:"dropped"`  // messages without acknowledgement that were thrown away
	Flooding int   `json:"flooding"` // clients of which messages are being dropped
	Exceeded int64 `json:"exceeded"` // clients ended because they sent more than they may without acknowledgement
}

// post is the messages of all clients that are not handled yet. One lock for
// all, so that they share one limit.
type post struct {
	b *Broker

	mu     sync.Mutex
	room   *sync.Cond // something was handled, or somebody has to look again
	counts Pressure
	floods chan Flood
}

func newPost(b *Broker) *post {
	p := &post{b: b, floods: make(chan Flood, maxFloods)}
	p.room = sync.NewCond(&p.mu)
	context.AfterFunc(b.ctx, p.look)
	return p
}

// look wakes all who wait for room.
func (p *post) look() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.room.Broadcast()
}

// Pressure is what overload does and did.
func (b *Broker) Pressure() Pressure {
	b.post.mu.Lock()
	defer b.post.mu.Unlock()
	return b.post.counts
}

// inbox is what one connection published that is not handled yet. Its fields
// are guarded by the post's lock.
type inbox struct {
	post *post
	cl   *mochi.Client
	who  member
	ctx  context.Context // of the handlers
	stop context.CancelFunc

	letters    []*letter // not begun, in order
	sent       []*letter // begun without waiting, in order, not answered
	answering  bool      // somebody answers what is first in sent
	unanswered int       // with QoS 1 and 2, begun or not
	bytes      int
	working    bool // work runs
	exceeded   bool // its client sent more than it may
	gone       bool // nobody waits for acknowledgements any more

	// proxy hands messages on to subscribers in the client's name. The client
	// itself belongs to the goroutine that reads it: the library deadlocks when
	// two use the list of its messages in flight.
	proxy *mochi.Client
	out   *outbox   // of the client, when it subscribes
	lived time.Time // when life was last told; of the goroutine that reads

	dropping bool // there was no room for dropAfter
	flood    *Flood
	dropped  time.Time // last
}

// letter is one message on its way.
type letter struct {
	pk   packets.Packet
	msg  Message
	size int
	done chan struct{} // closed when handled
	turn chan struct{} // of QoS 2: closed when all before it are answered
	err  error

	handled bool // of sent: err is known
}

func newInbox(p *post, cl *mochi.Client, m member) *inbox {
	in := &inbox{post: p, cl: cl, who: m, proxy: p.b.server.NewClient(nil, "proxy", cl.ID, true)}
	in.ctx, in.stop = context.WithCancel(p.b.ctx)
	in.out = newOutbox(in.ctx, cl, p.b.limits.Inflight)
	context.AfterFunc(in.ctx, in.abandon)
	return in
}

// livesEvery is how often a client that publishes all the time is said to live:
// its messages say the same of the devices they are for.
const livesEvery = time.Second

// lives reports whether a packet is to be told as a sign of life.
func (in *inbox) lives(now time.Time, packet byte) bool {
	if age := now.Sub(in.lived); packet == packets.Publish && age >= 0 && age < livesEvery {
		return false
	}
	in.lived = now
	return true
}

// take takes a message, on the goroutine that reads the connection: as long as
// it waits, the client waits, too. It returns nil when the library is to go on
// with the message; most go on from the inbox.
func (in *inbox) take(pk packets.Packet, msg Message) error {
	l := &letter{pk: pk, msg: msg, size: len(pk.Payload) + len(pk.TopicName)}
	if msg.QoS < 2 {
		if err := in.put(l, in.post.b.taker(msg.Topic)); err != nil {
			return err
		}
		return packets.ErrRejectPacket
	}
	l.turn = make(chan struct{})
	if err := in.put(l, nil); err != nil {
		return err
	}
	<-l.turn
	return l.err
}

func (in *inbox) put(l *letter, take Taker) error {
	msg, p := &l.msg, in.post
	p.mu.Lock()
	defer p.mu.Unlock()
	if msg.QoS > 0 {
		if in.cl.Properties.ProtocolVersion == 5 && in.unanswered >= int(p.b.limits.Inflight) {
			if !in.exceeded {
				in.exceeded = true
				p.counts.Exceeded++
			}
			return packets.ErrReceiveMaximum
		}
		in.await(func() bool { return in.unanswered < int(p.b.limits.Inflight) && in.fits(l) }, 0)
		in.unanswered++
	} else if !in.makeRoom(l) {
		in.drop(1)
		return packets.ErrRejectPacket
	}
	in.bytes += l.size
	p.counts.Pending++
	p.counts.Bytes += l.size
	if take != nil && !in.working && in.ctx.Err() == nil && in.send(l, take) {
		return nil
	}
	l.done = make(chan struct{})
	in.letters = append(in.letters, l)
	if !in.working {
		in.working = true
		go in.work()
	}
	return nil
}

// fits reports whether there is room for l; one message always fits into an
// empty inbox.
func (in *inbox) fits(l *letter) bool {
	limits := &in.post.b.limits
	return in.bytes == 0 || len(in.letters)+len(in.sent) < int(limits.Queue) && in.bytes+l.size <= limits.PendingBytes/16 &&
		in.post.counts.Bytes+l.size <= limits.PendingBytes
}

// await waits until ok, at most for most when that is not 0.
func (in *inbox) await(ok func() bool, most time.Duration) {
	if ok() {
		return
	}
	p := in.post
	p.counts.Held++
	over := false
	if most > 0 {
		timer := time.AfterFunc(most, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			over = true
			p.room.Broadcast()
		})
		defer timer.Stop()
	}
	for !ok() && !over && in.ctx.Err() == nil {
		p.room.Wait()
	}
}

// makeRoom is for a message without acknowledgement: the oldest of these gives
// way, because the newest says how things are.
func (in *inbox) makeRoom(l *letter) bool {
	if !in.dropping {
		in.await(func() bool { return in.fits(l) }, dropAfter)
		in.dropping = !in.fits(l)
	} else if in.bytes < in.post.b.limits.PendingBytes/32 && len(in.letters) < int(in.post.b.limits.Queue)/2 {
		in.dropping = !in.fits(l)
	}
	for !in.fits(l) {
		i := slices.IndexFunc(in.letters, func(l *letter) bool { return l.msg.QoS == 0 })
		if i < 0 {
			return false
		}
		old := in.letters[i]
		in.letters = slices.Delete(in.letters, i, i+1)
		in.release(old)
		in.drop(1)
	}
	return true
}

// release gives the room of a letter back.
func (in *inbox) release(l *letter) {
	p := in.post
	in.bytes -= l.size
	p.counts.Pending--
	p.counts.Bytes -= l.size
	p.room.Broadcast()
}

// work handles letters until there are none.
func (in *inbox) work() {
	p := in.post
	p.mu.Lock()
	for len(in.sent) > 0 || in.answering { // these came before
		p.room.Wait()
	}
	p.mu.Unlock()
	for {
		answers, answered := make(chan *letter, window), make(chan struct{})
		go func() {
			defer close(answered)
			for l := range answers {
				<-l.done
				in.answer(l)
			}
		}()
		for l := in.next(); l != nil; l = in.next() {
			answers <- l
			in.begin(l)
		}
		close(answers)
		<-answered
		p.mu.Lock()
		if len(in.letters) == 0 {
			in.working = false
			p.room.Broadcast()
			p.mu.Unlock()
			return
		}
		p.mu.Unlock()
	}
}

// next takes the next letter that is worth handling. Who is gone brings again
// what was not acknowledged.
func (in *inbox) next() *letter {
	p := in.post
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(in.letters) > 0 {
		l := in.letters[0]
		in.letters = in.letters[1:]
		switch {
		case l.msg.QoS > 0 && (in.gone || in.ctx.Err() != nil):
			p.counts.Withheld++
			l.err = context.Canceled
			in.unanswered--
			if l.turn != nil {
				close(l.turn)
			}
			in.release(l)
		case in.ctx.Err() != nil:
			in.release(l)
			in.drop(1)
		default:
			return l
		}
	}
	in.letters = nil
	return nil
}

// begin starts the handlers of a letter and returns when the next may follow.
func (in *inbox) begin(l *letter) {
	passed := make(chan struct{})
	go func() {
		l.err = in.post.b.dispatch(withPassed(in.ctx, sync.OnceFunc(func() { close(passed) })), l.msg)
		close(l.done)
	}()
	select {
	case <-passed:
	case <-l.done:
	}
}

// answer acknowledges a message and hands it on to its subscribers, in the
// order in which they came. With QoS 2 the one that reads does both.
func (in *inbox) answer(l *letter) {
	p := in.post
	if l.msg.QoS > 0 { // before the client can know and send the next
		p.mu.Lock()
		in.unanswered--
		p.mu.Unlock()
	}
	switch {
	case l.msg.QoS == 2:
	case l.err != nil:
		p.b.withhold(in, l)
	default:
		if l.msg.QoS == 1 {
			// An error ends the connection by itself, and the client sends again.
			_ = in.cl.WritePacket(puback(l.pk.PacketID, packets.CodeSuccess))
		}
		if err := p.b.server.InjectPacket(in.proxy, p.b.retainable(in, l.pk)); err != nil {
			p.b.log.Warn("mqtt message not handed on", slog.String("client", in.cl.ID), slog.Any("err", err))
		}
	}
	if l.turn != nil {
		close(l.turn)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if l.err != nil {
		p.counts.Withheld++
	}
	in.release(l)
}

func puback(id uint16, code packets.Code) packets.Packet {
	return packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Puback}, PacketID: id, ReasonCode: code.Code}
}

// drain returns when everything is handled. Of a client that was lost that
// takes no longer than drainFor.
func (in *inbox) drain(lost bool) {
	p := in.post
	p.mu.Lock()
	defer p.mu.Unlock()
	in.gone = in.gone || lost
	if lost {
		timer := time.AfterFunc(drainFor, in.stop)
		defer timer.Stop()
	}
	for in.working || len(in.sent) > 0 || in.answering {
		p.room.Wait()
	}
}

type passedKey struct{}

func withPassed(ctx context.Context, f func()) context.Context {
	return context.WithValue(ctx, passedKey{}, f)
}

// passed says that a message has its place in the order of those that become
// durable: the next may be handled while this one waits.
func passed(ctx context.Context) {
	if f, _ := ctx.Value(passedKey{}).(func()); f != nil {
		f()
	}
}

// unpassed is for a message that has to go on to somebody else after this.
func unpassed(ctx context.Context) context.Context { return withPassed(ctx, nil) }

package opcua

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/gopcua/opcua/ua"

	"zhigai/connect"
)

const (
	// spareRequests wait at the server beside one for each subscription, so that
	// it can speak while the last message is being stored.
	spareRequests = 2
	// maxRequests is what every server takes; more would be refused by some.
	maxRequests = 10
	// longStore is from when on storing may be why nothing was heard.
	longStore = time.Second
	// publishTimeout is how long the server may keep a request; it answers each
	// within some keep-alives.
	publishTimeout = 5 * time.Minute
)

// publisher lets the subscriptions of one session speak: some requests wait at
// the server, and their answers are taken in the order in which they came.
type publisher struct {
	conn  *conn
	subs  map[uint32]*subscription
	most  int    // requests that may wait at the server
	first uint32 // number of our first one; those before are of an earlier publisher
	acks  []*ua.SubscriptionAcknowledgement
	sink  connect.Sink
	alive func()
}

// publishing is the requests of a session that wait at the server. They outlive
// a publisher: the server may answer them with what the next one waits for.
type publishing struct {
	got     chan answer
	waiting int
}

func newPublisher(c *conn, sink connect.Sink, alive func()) *publisher {
	return &publisher{conn: c, subs: map[uint32]*subscription{}, sink: sink, alive: alive}
}

func (p *publisher) add(subs []*subscription) {
	for _, s := range subs {
		p.subs[s.id] = s
	}
	p.most = min(len(subs)+spareRequests, maxRequests)
}

// run takes messages until contact is lost, the sink fails or ctx ends.
func (p *publisher) run(ctx context.Context) error {
	out, now := &p.conn.session.publishing, time.Now()
	for _, s := range p.subs {
		s.heard = now
	}
	for {
		for out.waiting < p.most {
			if err := p.ask(); err != nil {
				return err
			}
		}
		a, err := p.next(ctx)
		if err != nil {
			return err
		}
		out.waiting--
		res, err := decode[*ua.PublishResponse](a.body)
		if errors.Is(err, ua.StatusBadTooManyPublishRequests) && out.waiting > 0 {
			p.most = out.waiting
			continue
		}
		if errors.Is(err, ua.StatusBadNoSubscription) && a.request < p.first {
			continue // the subscriptions it was for have been deleted
		}
		if err != nil {
			return err
		}
		if err := p.take(ctx, res); err != nil {
			return err
		}
	}
}

// ask puts a request at the server that acknowledges what is durable.
func (p *publisher) ask() error {
	req := &ua.PublishRequest{SubscriptionAcknowledgements: p.acks}
	s := p.conn.session
	request, err := s.channel.begin(req, s.token, publishTimeout, s.publishing.got)
	if err != nil {
		return err
	}
	if p.first == 0 {
		p.first = request
	}
	p.acks = nil
	s.publishing.waiting++
	return nil
}

// next is the next answer. What came before the end of the connection is taken
// before the end.
func (p *publisher) next(ctx context.Context) (answer, error) {
	s := p.conn.session
	timer := time.NewTimer(time.Until(p.due()))
	defer timer.Stop()
	ended, late := s.channel.ended, timer.C
	var why error
	for {
		select {
		case a := <-s.publishing.got:
			return a, a.err
		default:
			if why != nil {
				return answer{}, why
			}
		}
		select {
		case a := <-s.publishing.got:
			return a, a.err
		case <-ended:
			why = s.channel.cause
		case <-late:
			why = fmt.Errorf("no answer in time: %w", os.ErrDeadlineExceeded)
		case <-ctx.Done():
			return answer{}, ctx.Err()
		}
	}
}

// due is when the subscription that was silent longest must have spoken.
func (p *publisher) due() time.Time {
	var first time.Time
	for _, s := range p.subs {
		if end := s.heard.Add(s.silence); first.IsZero() || end.Before(first) {
			first = end
		}
	}
	return first
}

// take takes one message: a notification or a sign of life.
func (p *publisher) take(ctx context.Context, res *ua.PublishResponse) error {
	m, s := res.NotificationMessage, p.subs[res.SubscriptionID]
	if m == nil || s == nil {
		return fmt.Errorf("message of subscription %d, which nobody asked for", res.SubscriptionID)
	}
	began := time.Now()
	// A keep-alive says which number comes next: more than we wait for means
	// that messages were lost.
	if err := p.catchUp(ctx, s, m.SequenceNumber, false); err != nil {
		return err
	}
	if len(m.NotificationData) == 0 {
		p.alive()
	} else if err := p.keep(ctx, s, m, false); err != nil {
		return err
	}
	s.heard = time.Now()
	if s.heard.Sub(began) > longStore {
		for _, other := range p.subs {
			other.heard = s.heard
		}
	}
	return nil
}

// catchUp asks again for notifications between the one expected and the one
// that came.
func (p *publisher) catchUp(ctx context.Context, s *subscription, came uint32, late bool) error {
	for s.next != came {
		if came-s.next > maxQueue {
			return fmt.Errorf("notification %d came when %d was due", came, s.next)
		}
		if err := p.repeat(ctx, s, late); err != nil {
			return err
		}
	}
	return nil
}

// repeat asks for the notification that is due and takes it.
func (p *publisher) repeat(ctx context.Context, s *subscription, late bool) error {
	res, err := call[*ua.RepublishResponse](ctx, p.conn.session, &ua.RepublishRequest{SubscriptionID: s.id, RetransmitSequenceNumber: s.next})
	if err != nil {
		if status := ua.StatusCode(0); errors.As(err, &status) {
			err = fmt.Errorf("%w: %w", errNotRepeated, err)
		}
		return fmt.Errorf("notification %d: %w", s.next, err)
	}
	if res.NotificationMessage == nil || res.NotificationMessage.SequenceNumber != s.next {
		return fmt.Errorf("%w: notification %d, another one is", errNotRepeated, s.next)
	}
	return p.keep(ctx, s, res.NotificationMessage, late)
}

// keep makes a notification durable and marks it for acknowledgement. Late is
// one of before contact was lost.
func (p *publisher) keep(ctx context.Context, s *subscription, m *ua.NotificationMessage, late bool) error {
	if err := s.nameNews(ctx, m); err != nil {
		return err
	}
	readings, err := s.readings(m)
	if err != nil {
		return err
	}
	if late {
		for i := range readings {
			readings[i].Historical = true
		}
	}
	s.date(readings)
	if len(readings) > 0 {
		if err := p.sink(ctx, readings); err != nil {
			return err
		}
	}
	s.next = m.SequenceNumber + 1
	if s.next == 0 {
		s.next = 1 // zero is left out (OPC UA Part 4, 7.7)
	}
	p.acks = append(p.acks, &ua.SubscriptionAcknowledgement{SubscriptionID: s.id, SequenceNumber: m.SequenceNumber})
	return nil
}

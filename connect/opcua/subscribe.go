package opcua

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gopcua/opcua/ua"

	"zhigai/connect"
)

const (
	// The server publishes at the fastest period wanted, within these bounds.
	fastestPublish = 100 * time.Millisecond
	slowestPublish = time.Second
	// keepAlive is how often a server without news must speak: three times
	// within the silence after which a machine is not known any more.
	keepAlive = 4 * time.Second
	// lifetimes keep-alives without a request from us, and the server forgets
	// the subscription.
	lifetimes = 10
	// stall is how long storing may take before a queue on the server runs over.
	stall     = 30 * time.Second
	minQueue  = 10
	maxQueue  = 1000
	fastest   = 50 * time.Millisecond // sampling
	slowest   = time.Minute
	defPeriod = time.Second
)

// subscription is one subscription on the server.
type subscription struct {
	conn    *conn
	id      uint32
	points  []connect.Point
	silence time.Duration // without any message for so long contact is lost
	next    uint32        // sequence number of the next notification
	begun   []bool        // points whose present value came
	acks    []*ua.SubscriptionAcknowledgement
}

// Subscribe implements [connect.Subscriber]. A notification is acknowledged
// with the request that follows the sink's return, so the server keeps it for
// us until it is durable. Contact that was lost is not mended here: the
// collector has to know of the gap.
func (c *conn) Subscribe(ctx context.Context, points []connect.Point, sink connect.Sink, alive func()) error {
	nodes, index, readings := c.resolve(points)
	s := &subscription{conn: c, points: points, next: 1, begun: make([]bool, len(points))}
	if err := s.create(ctx); err != nil {
		return fmt.Errorf("opcua %s: subscribe: %w", c.address, err)
	}
	defer s.delete()
	refused, err := s.monitor(ctx, nodes, index)
	if err != nil {
		return fmt.Errorf("opcua %s: subscribe: %w", c.address, err)
	}
	if readings = append(readings, refused...); len(readings) > 0 {
		if err := sink(ctx, readings); err != nil {
			return err
		}
	}
	for {
		if err := s.publish(ctx, sink, alive); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("opcua %s: subscription: %w", c.address, err)
		}
	}
}

func (s *subscription) create(ctx context.Context) error {
	interval := slowestPublish
	for _, p := range s.points {
		interval = min(interval, max(sampling(p), fastestPublish))
	}
	count := uint32(max(keepAlive/interval, 1))
	res, err := call[*ua.CreateSubscriptionResponse](ctx, s.conn.session, &ua.CreateSubscriptionRequest{
		RequestedPublishingInterval: milliseconds(interval), RequestedLifetimeCount: count * lifetimes,
		RequestedMaxKeepAliveCount: count, PublishingEnabled: true,
	})
	if err != nil {
		return err
	}
	s.id = res.SubscriptionID
	// What the server made of it; a server that speaks more seldom than asked
	// is given the time it wants, the collector judges silence by itself.
	every := time.Duration(res.RevisedPublishingInterval * float64(time.Millisecond) * float64(max(res.RevisedMaxKeepAliveCount, 1)))
	if every <= 0 || every > time.Hour {
		return fmt.Errorf("the server would show life every %v only", every)
	}
	s.silence = 2*every + s.conn.session.timeout
	return nil
}

// monitor asks for the nodes; those the server refuses come back as readings.
func (s *subscription) monitor(ctx context.Context, nodes []*ua.NodeID, index []int) ([]connect.Reading, error) {
	var refused []connect.Reading
	at := 0
	for part := range slices.Chunk(nodes, s.conn.session.maxMonitor) {
		req := &ua.CreateMonitoredItemsRequest{SubscriptionID: s.id, TimestampsToReturn: ua.TimestampsToReturnBoth}
		for i, n := range part {
			point := index[at+i]
			period := sampling(s.points[point])
			req.ItemsToCreate = append(req.ItemsToCreate, &ua.MonitoredItemCreateRequest{
				ItemToMonitor:  &ua.ReadValueID{NodeID: n, AttributeID: ua.AttributeIDValue, DataEncoding: &ua.QualifiedName{}},
				MonitoringMode: ua.MonitoringModeReporting,
				RequestedParameters: &ua.MonitoringParameters{
					ClientHandle: uint32(point), SamplingInterval: milliseconds(period),
					QueueSize: queueFor(period), DiscardOldest: true,
				},
			})
		}
		res, err := call[*ua.CreateMonitoredItemsResponse](ctx, s.conn.session, req)
		if err != nil {
			return nil, err
		}
		if len(res.Results) != len(part) {
			return nil, fmt.Errorf("%d answers for %d items", len(res.Results), len(part))
		}
		for i, r := range res.Results {
			if r.StatusCode != ua.StatusOK {
				refused = append(refused, connect.Reading{Point: index[at+i], Err: statusError(r.StatusCode)})
			}
		}
		at += len(part)
	}
	return refused, nil
}

func sampling(p connect.Point) time.Duration {
	if p.Period <= 0 {
		return defPeriod
	}
	return min(max(p.Period, fastest), slowest)
}

func queueFor(period time.Duration) uint32 {
	return uint32(min(max(int(stall/period), minQueue), maxQueue))
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// publish takes one message: a notification or a sign of life.
func (s *subscription) publish(ctx context.Context, sink connect.Sink, alive func()) error {
	res, err := callWithin[*ua.PublishResponse](ctx, s.conn.session, &ua.PublishRequest{SubscriptionAcknowledgements: s.acks}, s.silence)
	if err != nil {
		return err
	}
	s.acks = nil
	m := res.NotificationMessage
	if m == nil || res.SubscriptionID != s.id {
		return fmt.Errorf("message of subscription %d instead of %d", res.SubscriptionID, s.id)
	}
	if len(m.NotificationData) == 0 {
		// A keep-alive says which number comes next: more than we wait for
		// means that messages were lost.
		if err := s.catchUp(ctx, m.SequenceNumber, sink); err != nil {
			return err
		}
		alive()
		return nil
	}
	if err := s.catchUp(ctx, m.SequenceNumber, sink); err != nil {
		return err
	}
	return s.take(ctx, m, sink)
}

// catchUp asks again for notifications between the one expected and the one
// that came.
func (s *subscription) catchUp(ctx context.Context, came uint32, sink connect.Sink) error {
	for s.next != came {
		if came-s.next > maxQueue {
			return fmt.Errorf("notification %d came when %d was due", came, s.next)
		}
		res, err := call[*ua.RepublishResponse](ctx, s.conn.session, &ua.RepublishRequest{SubscriptionID: s.id, RetransmitSequenceNumber: s.next})
		if err != nil {
			return fmt.Errorf("notification %d was lost and is not repeated: %w", s.next, err)
		}
		if res.NotificationMessage == nil || res.NotificationMessage.SequenceNumber != s.next {
			return fmt.Errorf("notification %d was lost and another one is repeated", s.next)
		}
		if err := s.take(ctx, res.NotificationMessage, sink); err != nil {
			return err
		}
	}
	return nil
}

// take makes a notification durable and marks it for acknowledgement.
func (s *subscription) take(ctx context.Context, m *ua.NotificationMessage, sink connect.Sink) error {
	var readings []connect.Reading
	for _, data := range m.NotificationData {
		if data == nil || data.Value == nil {
			return errors.New("notification without content")
		}
		switch n := data.Value.(type) {
		case *ua.DataChangeNotification:
			for _, item := range n.MonitoredItems {
				if item == nil || int64(item.ClientHandle) >= int64(len(s.points)) {
					return errors.New("notification of an item that nobody asked for")
				}
				point := int(item.ClientHandle)
				r := reading(point, s.points[point].Kind, item.Value)
				if !s.begun[point] {
					s.begun[point] = true
					s.conn.driver.present(&r)
				}
				readings = append(readings, r)
			}
		case *ua.StatusChangeNotification:
			return fmt.Errorf("the server ended the subscription: %w", n.Status)
		default:
			return fmt.Errorf("notification of type %T", n)
		}
	}
	if len(readings) > 0 {
		if err := sink(ctx, readings); err != nil {
			return err
		}
	}
	s.next = m.SequenceNumber + 1
	if s.next == 0 {
		s.next = 1 // zero is left out (OPC UA Part 4, 7.7)
	}
	s.acks = append(s.acks, &ua.SubscriptionAcknowledgement{SubscriptionID: s.id, SequenceNumber: m.SequenceNumber})
	return nil
}

// delete tells the server; after a loss of contact there is nobody to hear it.
func (s *subscription) delete() {
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	_, _ = call[*ua.DeleteSubscriptionsResponse](ctx, s.conn.session, &ua.DeleteSubscriptionsRequest{SubscriptionIDs: []uint32{s.id}})
}

package opcua

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gopcua/opcua/id"
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

// Why a subscription cannot be gone on with.
var (
	errEnded       = errors.New("the server ended the subscription")
	errNotRepeated = errors.New("a notification was lost and is not repeated")
	errNamespaces  = errors.New("the server's namespaces changed; its nodes are found anew")
)

// watched is what is known of the points of a device that speaks.
type watched struct {
	points []connect.Point
	begun  []bool      // whose present value came
	last   []time.Time // source time of the last value, as the server gave it
}

// subscription is one subscription on the server.
type subscription struct {
	*watched
	conn    *conn
	id      uint32
	silence time.Duration // without any message for so long contact is lost
	next    uint32        // sequence number of the next notification
	heard   time.Time     // when it last spoke
}

// Subscribe implements [connect.Subscriber]. A notification is acknowledged
// with a request that follows the sink's return, so the server keeps it for us
// until it is durable. Contact that was lost is not mended here: the collector
// has to know of the gap. The Subscribe that follows takes over what the server
// kept meanwhile, or fills the gap from the server's history, see gap.go.
func (c *conn) Subscribe(ctx context.Context, points []connect.Point, sink connect.Sink, alive func()) error {
	var refused error
	keep := func(ctx context.Context, readings []connect.Reading) error {
		refused = sink(ctx, readings)
		return refused
	}
	before := c.driver.takeLeft(c.key, points)
	subs, err := c.speak(ctx, points, before, keep, alive)
	switch {
	case ctx.Err() != nil:
		c.forget(subs)
		return ctx.Err()
	case refused != nil:
		c.forget(subs)
		return refused
	}
	if len(subs) == 0 && before != nil {
		c.driver.putLeft(c.key, *before) // for the next attempt
	} else {
		c.leave(points, subs, err)
	}
	return fmt.Errorf("opcua %s: subscription: %w", c.address, err)
}

// speak takes over or makes the subscriptions and runs them until the end.
func (c *conn) speak(ctx context.Context, points []connect.Point, before *left, sink connect.Sink, alive func()) ([]*subscription, error) {
	nodes, index, wrong, err := c.resolve(ctx, points)
	if err != nil {
		return nil, err
	}
	w := &watched{points: points, begun: make([]bool, len(points)), last: make([]time.Time, len(points))}
	p := newPublisher(c, sink, alive)
	subs, err := c.takeOver(ctx, p, before, w, len(wrong))
	if err != nil {
		return subs, err
	}
	if subs == nil {
		var refused []connect.Reading
		if subs, refused, err = c.subscribe(ctx, w, nodes, index); err != nil {
			return subs, err
		}
		wrong = append(wrong, refused...)
		if err := c.fillGap(ctx, before, w, nodes, index, sink); err != nil {
			return subs, err
		}
		c.unresolved, c.refused = len(wrong)-len(refused), refused
	} else {
		c.unresolved, c.refused = before.unresolved, before.refused
		wrong = append(wrong, before.refused...)
	}
	if len(wrong) > 0 {
		if err := sink(ctx, wrong); err != nil {
			return subs, err
		}
	}
	p.add(subs)
	return subs, p.run(ctx)
}

// subscribe makes as many subscriptions as the items need.
func (c *conn) subscribe(ctx context.Context, w *watched, nodes []*ua.NodeID, index []int) (subs []*subscription, refused []connect.Reading, err error) {
	for from := 0; from < len(nodes) || len(subs) == 0; from += c.session.maxItems {
		to := min(from+c.session.maxItems, len(nodes))
		s := &subscription{watched: w, conn: c, next: 1}
		err := s.create(ctx)
		switch {
		case errors.Is(err, ua.StatusBadTooManySubscriptions) && len(subs) > 0:
			s = subs[len(subs)-1] // the server decides how many items that one may have
		case err != nil:
			return subs, nil, err
		default:
			subs = append(subs, s)
		}
		more, err := s.monitor(ctx, nodes[from:to], index[from:to])
		if err != nil {
			return subs, nil, err
		}
		refused = append(refused, more...)
	}
	return subs, refused, subs[0].watchNamespaces(ctx)
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
		var items []*ua.MonitoredItemCreateRequest
		for i, n := range part {
			point := index[at+i]
			items = append(items, item(n, uint32(point), sampling(s.points[point])))
		}
		results, err := s.createItems(ctx, items)
		if err != nil {
			return nil, err
		}
		for i, r := range results {
			if r.StatusCode != ua.StatusOK {
				refused = append(refused, connect.Reading{Point: index[at+i], Err: statusError(r.StatusCode)})
			}
		}
		at += len(part)
	}
	return refused, nil
}

// watchNamespaces lets the subscription tell of new namespaces; a server that
// refuses has the same ones for ever.
func (s *subscription) watchNamespaces(ctx context.Context) error {
	_, err := s.createItems(ctx, []*ua.MonitoredItemCreateRequest{item(ua.NewNumericNodeID(0, id.Server_NamespaceArray), uint32(len(s.points)), slowestPublish)})
	return err
}

func (s *subscription) createItems(ctx context.Context, items []*ua.MonitoredItemCreateRequest) ([]*ua.MonitoredItemCreateResult, error) {
	res, err := call[*ua.CreateMonitoredItemsResponse](ctx, s.conn.session, &ua.CreateMonitoredItemsRequest{
		SubscriptionID: s.id, TimestampsToReturn: ua.TimestampsToReturnBoth, ItemsToCreate: items,
	})
	if err != nil {
		return nil, err
	}
	if len(res.Results) != len(items) || slices.Contains(res.Results, nil) {
		return nil, fmt.Errorf("%d answers for %d items", len(res.Results), len(items))
	}
	return res.Results, nil
}

func item(n *ua.NodeID, handle uint32, period time.Duration) *ua.MonitoredItemCreateRequest {
	return &ua.MonitoredItemCreateRequest{
		ItemToMonitor:  &ua.ReadValueID{NodeID: n, AttributeID: ua.AttributeIDValue, DataEncoding: &ua.QualifiedName{}},
		MonitoringMode: ua.MonitoringModeReporting,
		RequestedParameters: &ua.MonitoringParameters{
			ClientHandle: handle, SamplingInterval: milliseconds(period), QueueSize: queueFor(period), DiscardOldest: true,
		},
	}
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

// readings are what a notification says.
func (s *subscription) readings(m *ua.NotificationMessage) ([]connect.Reading, error) {
	var readings []connect.Reading
	for _, data := range m.NotificationData {
		if data == nil || data.Value == nil {
			return nil, errors.New("notification without content")
		}
		switch n := data.Value.(type) {
		case *ua.DataChangeNotification:
			for _, item := range n.MonitoredItems {
				if item != nil && int64(item.ClientHandle) == int64(len(s.points)) { // see watchNamespaces
					if names, ok := valueOf(item.Value).([]string); ok && !slices.Equal(names, s.conn.session.namespaces) {
						return nil, errNamespaces
					}
					continue
				}
				if item == nil || int64(item.ClientHandle) >= int64(len(s.points)) {
					return nil, errors.New("notification of an item that nobody asked for")
				}
				point := int(item.ClientHandle)
				readings = append(readings, reading(point, s.points[point].Kind, item.Value))
			}
		case *ua.StatusChangeNotification:
			return nil, fmt.Errorf("%w: %w", errEnded, n.Status)
		default:
			return nil, fmt.Errorf("notification of type %T", n)
		}
	}
	return readings, nil
}

// date notes the times of readings, and marks first values that hold now
// although they changed long ago.
func (s *subscription) date(readings []connect.Reading) {
	for i := range readings {
		r := &readings[i]
		if r.Source.After(s.last[r.Point]) {
			s.last[r.Point] = r.Source
		}
		if !s.begun[r.Point] && !r.Historical {
			s.begun[r.Point] = true
			s.conn.driver.present(r)
		}
	}
}

// forget tells the server that nobody comes back; after a loss of contact there
// is nobody to hear it.
func (c *conn) forget(subs []*subscription) {
	if len(subs) == 0 {
		return
	}
	var ids []uint32
	for _, s := range subs {
		ids = append(ids, s.id)
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	_, _ = call[*ua.DeleteSubscriptionsResponse](ctx, c.session, &ua.DeleteSubscriptionsRequest{SubscriptionIDs: ids})
}

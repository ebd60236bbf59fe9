package opcua

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/gopcua/opcua/ua"

	"zhigai/connect"
	"zhigai/plant"
)

const (
	// maxLeft bounds the devices whose subscriptions are remembered.
	maxLeft = 10_000
	// gapAge is how old a gap may be to be filled: as old as a source time that
	// the collector believes.
	gapAge = connect.DefaultLateness
	// historyPage is the values of one node in one answer, historyMost those of
	// one gap: a day at one a second.
	historyPage = 1000
	historyMost = 100_000
	// clockAhead is how far a server's clock may be ahead of ours.
	clockAhead = time.Minute
	// tick is the resolution of the server's times (OPC UA Part 6, 5.2.2.5).
	tick = 100 * time.Nanosecond
)

// left is what a subscription that lost contact leaves to the one that follows.
type left struct {
	points     []connect.Point
	subs       []*subscription // nil: they cannot be gone on with
	last       []time.Time
	refused    []connect.Reading
	unresolved int
	started    time.Time // of the server
	at         time.Time
}

// leave remembers the subscriptions of a connection that is lost.
func (c *conn) leave(points []connect.Point, subs []*subscription, why error) {
	if len(subs) == 0 {
		return
	}
	l := left{
		points: points, subs: subs, last: subs[0].last, refused: c.refused, unresolved: c.unresolved,
		started: c.session.started, at: c.driver.now(),
	}
	if errors.Is(why, errEnded) || errors.Is(why, errNotRepeated) || errors.Is(why, errNamespaces) {
		c.forget(subs)
		l.subs = nil
	} else {
		c.session.keep = true
	}
	c.driver.putLeft(c.key, l)
}

func (d *Driver) putLeft(key string, l left) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for other := range d.leftBehind {
		if len(d.leftBehind) < maxLeft {
			break
		}
		delete(d.leftBehind, other)
	}
	d.leftBehind[key] = l
}

// takeLeft is what the device's last connection left, nil when there is none or
// when other points are wanted now.
func (d *Driver) takeLeft(key string, points []connect.Point) *left {
	d.mu.Lock()
	defer d.mu.Unlock()
	l, ok := d.leftBehind[key]
	delete(d.leftBehind, key)
	if !ok || !slices.Equal(l.points, points) || d.now().Sub(l.at) > gapAge {
		return nil
	}
	return &l
}

// takeOver moves the subscriptions of the lost session to this one and takes
// what the server kept. Nil without an error means that they are to be made anew.
//
// The server must be the very one of before: numbers of subscriptions begin
// anew when it starts, and another's must not be taken for ours.
func (c *conn) takeOver(ctx context.Context, p *publisher, before *left, w *watched, unresolved int) ([]*subscription, error) {
	if before == nil || before.subs == nil || before.unresolved != unresolved ||
		c.session.started.IsZero() || !before.started.Equal(c.session.started) {
		return nil, nil
	}
	var ids []uint32
	for _, s := range before.subs {
		ids = append(ids, s.id)
	}
	res, err := call[*ua.TransferSubscriptionsResponse](ctx, c.session, &ua.TransferSubscriptionsRequest{SubscriptionIDs: ids, SendInitialValues: true})
	if status := ua.StatusCode(0); errors.As(err, &status) {
		return nil, nil // the server does not know this service
	}
	if err != nil {
		return nil, err
	}
	if len(res.Results) != len(ids) {
		return nil, fmt.Errorf("%d answers for %d subscriptions", len(res.Results), len(ids))
	}
	copy(w.last, before.last)
	var subs []*subscription
	whole := true
	for i, r := range res.Results {
		if r == nil || r.StatusCode != ua.StatusOK {
			whole = false
			continue
		}
		old := before.subs[i]
		subs = append(subs, &subscription{watched: w, conn: c, id: old.id, silence: old.silence, next: old.next})
	}
	kept := 0
	for i := 0; whole && i < len(subs); i++ {
		n, err := p.takeKept(ctx, subs[i], res.Results[i].AvailableSequenceNumbers)
		kept += n
		if errors.Is(err, errNotRepeated) {
			whole = false
		} else if err != nil {
			return subs, err
		}
	}
	if !whole {
		c.forget(subs)
		return nil, nil
	}
	c.driver.log.Info("opcua subscriptions taken over after loss of contact", slog.String("device", c.address), slog.Int("n", kept),
		slog.Duration("gap", c.driver.now().Sub(before.at)))
	return subs, nil
}

// takeKept takes the notifications that the server kept for a subscription and
// counts them.
func (p *publisher) takeKept(ctx context.Context, s *subscription, numbers []uint32) (int, error) {
	kept := map[uint32]bool{}
	for _, n := range numbers {
		if int32(n-s.next) >= 0 {
			kept[n] = true
		} else { // durable, and the word of it did not arrive
			p.acks = append(p.acks, &ua.SubscriptionAcknowledgement{SubscriptionID: s.id, SequenceNumber: n})
		}
	}
	count := 0
	for len(kept) > 0 {
		if !kept[s.next] {
			return count, errNotRepeated
		}
		delete(kept, s.next)
		if err := p.repeat(ctx, s, true); err != nil {
			return count, err
		}
		count++
	}
	return count, nil
}

// fillGap reads from the server's history what the points were while contact
// was lost. A server without history leaves the gap as the collector noted it.
func (c *conn) fillGap(ctx context.Context, before *left, w *watched, nodes []*ua.NodeID, index []int, sink connect.Sink) error {
	if before == nil {
		return nil
	}
	copy(w.last, before.last)
	levels, err := c.session.read(ctx, nodes, ua.AttributeIDAccessLevel)
	if err != nil {
		return err
	}
	var wanted []past
	for i, v := range levels {
		level, _ := valueOf(v).(byte)
		if from := before.last[index[i]]; level&byte(ua.AccessLevelTypeHistoryRead) != 0 && !from.IsZero() {
			wanted = append(wanted, past{node: nodes[i], point: index[i], from: from.Add(tick)})
		}
	}
	n := 0
	for part := range slices.Chunk(wanted, max(c.session.maxHistory, 1)) {
		more, err := c.readPast(ctx, part, w, sink)
		n += more
		if err != nil {
			return err
		}
	}
	if len(wanted) > 0 {
		c.driver.log.Info("opcua gap filled from the server's history", slog.String("device", c.address), slog.Int("points", len(wanted)), slog.Int("n", n))
	}
	return nil
}

// past is a node whose history is wanted.
type past struct {
	node  *ua.NodeID
	point int
	from  time.Time
	page  []byte // continuation point
	got   int
}

// readPast reads raw history of nodes, page by page, each stored before the
// next is asked for (OPC UA Part 11, 6.4.3). It counts the values.
func (c *conn) readPast(ctx context.Context, wanted []past, w *watched, sink connect.Sink) (n int, err error) {
	from, to := wanted[0].from, c.driver.now().Add(clockAhead)
	for _, p := range wanted {
		if p.from.Before(from) {
			from = p.from
		}
	}
	for len(wanted) > 0 {
		req := &ua.HistoryReadRequest{
			HistoryReadDetails: ua.NewExtensionObject(&ua.ReadRawModifiedDetails{StartTime: from, EndTime: to, NumValuesPerNode: historyPage}),
			TimestampsToReturn: ua.TimestampsToReturnBoth,
		}
		for _, p := range wanted {
			req.NodesToRead = append(req.NodesToRead, &ua.HistoryReadValueID{NodeID: p.node, DataEncoding: &ua.QualifiedName{}, ContinuationPoint: p.page})
		}
		res, err := call[*ua.HistoryReadResponse](ctx, c.session, req)
		if status := ua.StatusCode(0); errors.As(err, &status) {
			c.driver.log.Warn("opcua gap cannot be filled", slog.String("device", c.address), slog.Any("err", err))
			return n, nil
		}
		if err != nil {
			return n, err
		}
		if len(res.Results) != len(wanted) {
			return n, fmt.Errorf("%d histories for %d nodes", len(res.Results), len(wanted))
		}
		var readings []connect.Reading
		var more []past
		for i, r := range res.Results {
			p := wanted[i]
			values := historyOf(r)
			if w.points[p.point].Kind == plant.KindText {
				if err := c.session.name(ctx, values); err != nil {
					return n, err
				}
			}
			for _, v := range values {
				one := reading(p.point, w.points[p.point].Kind, v)
				if one.Source.Before(p.from) {
					continue // the nodes of one request share their start
				}
				one.Historical = true
				readings = append(readings, one)
			}
			p.got += len(values)
			if r != nil && len(r.ContinuationPoint) > 0 && len(values) > 0 && p.got < historyMost {
				p.page = r.ContinuationPoint
				more = append(more, p)
			}
		}
		if len(readings) > 0 {
			if err := sink(ctx, readings); err != nil {
				return n, err
			}
		}
		n += len(readings)
		wanted = more
	}
	return n, nil
}

// historyOf is the values of one node's answer; none when the server has none.
func historyOf(r *ua.HistoryReadResult) []*ua.DataValue {
	if r == nil || r.HistoryData == nil || uint32(r.StatusCode)&severityMask != severityGood {
		return nil
	}
	if data, ok := r.HistoryData.Value.(*ua.HistoryData); ok {
		return data.DataValues
	}
	return nil
}

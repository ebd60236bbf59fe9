package sim

import (
	"slices"
	"time"

	"github.com/gopcua/opcua/server"
	"github.com/gopcua/opcua/ua"
	"github.com/gopcua/opcua/uasc"
)

var _ server.Handler = (*subscriptions)(nil).publish

func (s *subscriptions) monitor(session string, q *ua.CreateMonitoredItemsRequest) (ua.Response, ua.StatusCode) {
	sub := s.subs[q.SubscriptionID]
	if sub == nil || sub.session != session {
		return nil, ua.StatusBadSubscriptionIDInvalid
	}
	results := make([]*ua.MonitoredItemCreateResult, len(q.ItemsToCreate))
	for i, c := range q.ItemsToCreate {
		one, status := s.item(sub, c)
		results[i] = &ua.MonitoredItemCreateResult{
			StatusCode: status, RevisedSamplingInterval: milliseconds(sub.every), RevisedQueueSize: 1, FilterResult: ua.NewExtensionObject(nil),
		}
		if status == ua.StatusOK {
			results[i].MonitoredItemID = one.id
			sub.items[one.id] = one
			sub.order = append(sub.order, one)
		}
	}
	return &ua.CreateMonitoredItemsResponse{ResponseHeader: header(q.RequestHeader.RequestHandle, ua.StatusOK), Results: results, DiagnosticInfos: []*ua.DiagnosticInfo{}}, ua.StatusOK
}

func (s *subscriptions) item(sub *subscription, c *ua.MonitoredItemCreateRequest) (*item, ua.StatusCode) {
	if c == nil || c.ItemToMonitor == nil || c.ItemToMonitor.NodeID == nil || c.RequestedParameters == nil {
		return nil, ua.StatusBadNodeIDInvalid
	}
	if len(sub.items) >= maxItems {
		return nil, ua.StatusBadTooManyMonitoredItems
	}
	if f := c.RequestedParameters.Filter; f != nil {
		if d, ok := f.Value.(*ua.DataChangeFilter); f.Value != nil && (!ok || d.DeadbandType != uint32(ua.DeadbandTypeNone)) {
			return nil, ua.StatusBadMonitoredItemFilterUnsupported
		}
	}
	at := c.ItemToMonitor
	one := &item{handle: c.RequestedParameters.ClientHandle, off: c.MonitoringMode == ua.MonitoringModeDisabled}
	if at.NodeID.Namespace() == s.space.index && at.AttributeID == ua.AttributeIDValue {
		if n := s.space.nodes[at.NodeID.StringID()]; n != nil && n.m != nil {
			one.node = n
		}
	}
	if one.node == nil {
		ns, err := s.srv.Namespace(int(at.NodeID.Namespace()))
		if err != nil {
			return nil, ua.StatusBadNodeIDUnknown
		}
		one.constant = ns.Attribute(at.NodeID, at.AttributeID)
		if one.constant.Status != ua.StatusOK {
			return nil, one.constant.Status
		}
	}
	s.lastItem++
	one.id = s.lastItem
	return one, ua.StatusOK
}

func (s *subscriptions) monitoring(session string, q *ua.SetMonitoringModeRequest) (ua.Response, ua.StatusCode) {
	results, status := s.eachItem(session, q.SubscriptionID, q.MonitoredItemIDs, func(_ *subscription, one *item) {
		one.off, one.told = q.MonitoringMode == ua.MonitoringModeDisabled, false
	})
	return &ua.SetMonitoringModeResponse{ResponseHeader: header(q.RequestHeader.RequestHandle, ua.StatusOK), Results: results, DiagnosticInfos: []*ua.DiagnosticInfo{}}, status
}

func (s *subscriptions) unmonitor(session string, q *ua.DeleteMonitoredItemsRequest) (ua.Response, ua.StatusCode) {
	results, status := s.eachItem(session, q.SubscriptionID, q.MonitoredItemIDs, func(sub *subscription, one *item) {
		delete(sub.items, one.id)
		sub.order = slices.DeleteFunc(sub.order, func(o *item) bool { return o == one })
	})
	return &ua.DeleteMonitoredItemsResponse{ResponseHeader: header(q.RequestHeader.RequestHandle, ua.StatusOK), Results: results, DiagnosticInfos: []*ua.DiagnosticInfo{}}, status
}

func (s *subscriptions) eachItem(session string, number uint32, ids []uint32, f func(*subscription, *item)) ([]ua.StatusCode, ua.StatusCode) {
	sub := s.subs[number]
	if sub == nil || sub.session != session {
		return nil, ua.StatusBadSubscriptionIDInvalid
	}
	results := make([]ua.StatusCode, len(ids))
	for i, one := range ids {
		if it := sub.items[one]; it != nil {
			f(sub, it)
		} else {
			results[i] = ua.StatusBadMonitoredItemIDInvalid
		}
	}
	return results, ua.StatusOK
}

// publish keeps the request until a subscription of its session has something
// to say.
func (s *subscriptions) publish(c *uasc.SecureChannel, r ua.Request, number uint32) (ua.Response, error) {
	q, ok := r.(*ua.PublishRequest)
	if !ok {
		return nil, ua.StatusBadRequestTypeInvalid
	}
	session, ok := s.session(r)
	if !ok {
		return nil, ua.StatusBadSessionIDInvalid
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var mine []*subscription
	for _, sub := range s.subs {
		if sub.session == session {
			mine = append(mine, sub)
		}
	}
	fault := func(status ua.StatusCode) (ua.Response, error) {
		return &ua.ServiceFault{ResponseHeader: header(q.RequestHeader.RequestHandle, status)}, nil
	}
	if len(mine) == 0 {
		return fault(ua.StatusBadNoSubscription)
	}
	if len(s.waiting[session]) >= maxRequests {
		return fault(ua.StatusBadTooManyPublishRequests)
	}
	s.waiting[session] = append(s.waiting[session], request{c, number, q.RequestHeader.RequestHandle, s.acknowledge(session, q.SubscriptionAcknowledgements)})
	for _, sub := range mine {
		sub.unused = 0
		select {
		case sub.wake <- struct{}{}:
		default:
		}
	}
	return nil, nil
}

func (s *subscriptions) acknowledge(session string, acks []*ua.SubscriptionAcknowledgement) []ua.StatusCode {
	results := make([]ua.StatusCode, len(acks))
	for i, a := range acks {
		sub := s.subs[a.SubscriptionID]
		if sub == nil || sub.session != session {
			results[i] = ua.StatusBadSubscriptionIDInvalid
			continue
		}
		at := slices.IndexFunc(sub.unacked, func(m *ua.NotificationMessage) bool { return m.SequenceNumber == a.SequenceNumber })
		if at < 0 {
			results[i] = ua.StatusBadSequenceNumberUnknown
			continue
		}
		sub.unacked = slices.Delete(sub.unacked, at, at+1)
	}
	return results
}

// run publishes at the subscription's interval; late requests are answered as
// they come.
func (s *subscriptions) run(sub *subscription) {
	defer s.orphans(sub.session)
	ticker := time.NewTicker(sub.every)
	defer ticker.Stop()
	every := sub.every
	due := true // the present values at once
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-sub.end:
			return
		case <-sub.wake:
			if !due {
				continue
			}
		case <-ticker.C:
			due = true
		}
		q, answer, now := s.next(sub)
		if now != every {
			every = now
			ticker.Reset(every)
		}
		if answer == nil {
			continue
		}
		due = answer.MoreNotifications
		if err := q.channel.SendResponseWithContext(s.ctx, q.id, answer); err != nil {
			s.mu.Lock()
			s.drop(sub)
			delete(s.waiting, sub.session) // the channel they came by is gone
			s.mu.Unlock()
			return
		}
		if due {
			select {
			case sub.wake <- struct{}{}:
			default:
			}
		}
	}
}

// orphans answers the requests that no subscription is left for.
func (s *subscriptions) orphans(session string) {
	s.mu.Lock()
	for _, sub := range s.subs {
		if sub.session == session && !sub.ended {
			s.mu.Unlock()
			return
		}
	}
	left := s.waiting[session]
	delete(s.waiting, session)
	s.mu.Unlock()
	for _, q := range left {
		fault := &ua.ServiceFault{ResponseHeader: header(q.handle, ua.StatusBadNoSubscription)}
		if q.channel.SendResponseWithContext(s.ctx, q.id, fault) != nil {
			return // nobody is there any more
		}
	}
}

// next is what is to be said now, and in answer to what; nil for nothing.
func (s *subscriptions) next(sub *subscription) (request, *ua.PublishResponse, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	waiting := s.waiting[sub.session]
	if s.srv.Session(sub.header) == nil { // closed without a word about its subscriptions
		s.drop(sub)
		return request{}, nil, sub.every
	}
	if len(waiting) == 0 {
		if sub.unused++; sub.unused > sub.lifetime {
			s.drop(sub)
		}
		return request{}, nil, sub.every
	}
	news, more := sub.collect()
	sub.quiet++
	if len(news) == 0 && sub.quiet < sub.keepAlive && sub.sequence > 0 {
		return request{}, nil, sub.every
	}
	sub.quiet = 0
	q := waiting[0]
	s.waiting[sub.session] = waiting[1:]
	m := &ua.NotificationMessage{SequenceNumber: sub.following(), PublishTime: time.Now(), NotificationData: []*ua.ExtensionObject{}}
	if len(news) > 0 {
		body := ua.NewExtensionObject(&ua.DataChangeNotification{MonitoredItems: news, DiagnosticInfos: []*ua.DiagnosticInfo{}})
		body.UpdateMask()
		m.NotificationData = append(m.NotificationData, body)
		sub.sequence = m.SequenceNumber
		if sub.unacked = append(sub.unacked, m); len(sub.unacked) > maxUnacked {
			sub.unacked = slices.Delete(sub.unacked, 0, 1)
		}
	}
	available := make([]uint32, len(sub.unacked))
	for i, one := range sub.unacked {
		available[i] = one.SequenceNumber
	}
	return q, &ua.PublishResponse{
		ResponseHeader: header(q.handle, ua.StatusOK), SubscriptionID: sub.id, AvailableSequenceNumbers: available,
		MoreNotifications: more, NotificationMessage: m, Results: q.acks, DiagnosticInfos: []*ua.DiagnosticInfo{},
	}, sub.every
}

// following is the next sequence number; zero is left out (Part 4, 7.7).
func (sub *subscription) following() uint32 {
	if sub.sequence+1 == 0 {
		return 1
	}
	return sub.sequence + 1
}

// collect takes what changed since the last time, oldest items first.
func (sub *subscription) collect() (news []*ua.MonitoredItemNotification, more bool) {
	if !sub.enabled {
		return nil, false
	}
	for _, one := range sub.order {
		if one.off || one.node == nil && one.told {
			continue
		}
		var version uint32
		if one.node != nil {
			var silent bool
			if version, silent = one.node.version(); silent || one.told && version == one.seen {
				continue
			}
		}
		if len(news) == maxPerMessage {
			return news, true
		}
		v := one.constant
		if one.node != nil {
			v = one.node.value()
		}
		one.seen, one.told = version, true
		news = append(news, &ua.MonitoredItemNotification{ClientHandle: one.handle, Value: v})
	}
	return news, false
}

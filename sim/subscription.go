package sim

import (
	"context"
	"sync"
	"time"

	"github.com/gopcua/opcua/id"
	"github.com/gopcua/opcua/server"
	"github.com/gopcua/opcua/ua"
	"github.com/gopcua/opcua/uasc"
)

// Limits of the subscriptions.
const (
	maxSubscriptions = 100  // over all clients
	maxItems         = 5000 // of a subscription
	maxRequests      = 50   // waiting Publish requests of a session
	maxUnacked       = 20   // notifications kept to be repeated
	maxPerMessage    = 400  // items, so that a message fits the client's buffer of 64 kB
	minInterval      = 50 * time.Millisecond
	maxInterval      = time.Minute
)

// subscriptions is the part of the server that tells clients of changes, with
// reading and writing. It stands in for the library's, which gives a number to
// two subscriptions when one was deleted, keeps nothing to repeat, and can hold
// up all clients for one that went away.
type subscriptions struct {
	ctx   context.Context
	srv   *server.Server
	space *space
	done  sync.WaitGroup

	mu       sync.Mutex
	last     uint32
	lastItem uint32
	subs     map[uint32]*subscription
	waiting  map[string][]request // Publish requests by session
}

type request struct {
	channel *uasc.SecureChannel
	id      uint32
	handle  uint32
	acks    []ua.StatusCode
}

// subscription is one of a client's. The lock of its service guards it.
type subscription struct {
	id                  uint32
	session             string
	header              *ua.RequestHeader // names the session, to ask whether it is still open
	every               time.Duration
	lifetime, keepAlive uint32
	unused, quiet       uint32 // ticks without a request, without a message
	enabled             bool
	items               map[uint32]*item
	order               []*item
	sequence            uint32
	unacked             []*ua.NotificationMessage
	wake, end           chan struct{}
	ended               bool
}

type item struct {
	id, handle uint32
	node       *node // nil for an attribute that does not change: told once
	constant   *ua.DataValue
	seen       uint32
	told       bool
	off        bool
}

func newSubscriptions(ctx context.Context, srv *server.Server, sp *space) *subscriptions {
	return &subscriptions{ctx: ctx, srv: srv, space: sp, subs: map[uint32]*subscription{}, waiting: map[string][]request{}}
}

// register puts the services in place before the library does.
func (s *subscriptions) register() {
	s.srv.RegisterHandler(id.CreateSubscriptionRequest_Encoding_DefaultBinary, service(s, s.create))
	s.srv.RegisterHandler(id.ModifySubscriptionRequest_Encoding_DefaultBinary, service(s, s.modify))
	s.srv.RegisterHandler(id.SetPublishingModeRequest_Encoding_DefaultBinary, service(s, s.mode))
	s.srv.RegisterHandler(id.DeleteSubscriptionsRequest_Encoding_DefaultBinary, service(s, s.remove))
	s.srv.RegisterHandler(id.RepublishRequest_Encoding_DefaultBinary, service(s, s.republish))
	s.srv.RegisterHandler(id.CreateMonitoredItemsRequest_Encoding_DefaultBinary, service(s, s.monitor))
	s.srv.RegisterHandler(id.SetMonitoringModeRequest_Encoding_DefaultBinary, service(s, s.monitoring))
	s.srv.RegisterHandler(id.DeleteMonitoredItemsRequest_Encoding_DefaultBinary, service(s, s.unmonitor))
	s.srv.RegisterHandler(id.PublishRequest_Encoding_DefaultBinary, s.publish)
}

// service makes a handler: session checked, header filled in.
func service[Q ua.Request](s *subscriptions, f func(session string, q Q) (ua.Response, ua.StatusCode)) server.Handler {
	return func(_ *uasc.SecureChannel, r ua.Request, _ uint32) (ua.Response, error) {
		q, ok := r.(Q)
		if !ok {
			return nil, ua.StatusBadRequestTypeInvalid
		}
		session, ok := s.session(r)
		if !ok {
			return nil, ua.StatusBadSessionIDInvalid
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		res, status := f(session, q)
		if status != ua.StatusOK {
			return &ua.ServiceFault{ResponseHeader: header(r.Header().RequestHandle, status)}, nil
		}
		return res, nil
	}
}

func (s *subscriptions) session(r ua.Request) (string, bool) {
	if r.Header() == nil || r.Header().AuthenticationToken == nil || s.srv.Session(r.Header()) == nil {
		return "", false
	}
	return r.Header().AuthenticationToken.String(), true
}

func header(handle uint32, status ua.StatusCode) *ua.ResponseHeader {
	return &ua.ResponseHeader{
		Timestamp: time.Now(), RequestHandle: handle, ServiceResult: status, ServiceDiagnostics: &ua.DiagnosticInfo{},
		StringTable: []string{}, AdditionalHeader: ua.NewExtensionObject(nil),
	}
}

func (s *subscriptions) create(session string, q *ua.CreateSubscriptionRequest) (ua.Response, ua.StatusCode) {
	if len(s.subs) >= maxSubscriptions {
		return nil, ua.StatusBadTooManySubscriptions
	}
	s.last++
	sub := &subscription{
		id: s.last, session: session, header: &ua.RequestHeader{AuthenticationToken: q.RequestHeader.AuthenticationToken}, enabled: q.PublishingEnabled, items: map[uint32]*item{},
		wake: make(chan struct{}, 1), end: make(chan struct{}),
	}
	sub.revise(q.RequestedPublishingInterval, q.RequestedLifetimeCount, q.RequestedMaxKeepAliveCount)
	s.subs[sub.id] = sub
	s.done.Go(func() { s.run(sub) })
	return &ua.CreateSubscriptionResponse{
		ResponseHeader: header(q.RequestHeader.RequestHandle, ua.StatusOK), SubscriptionID: sub.id,
		RevisedPublishingInterval: milliseconds(sub.every), RevisedLifetimeCount: sub.lifetime, RevisedMaxKeepAliveCount: sub.keepAlive,
	}, ua.StatusOK
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func (sub *subscription) revise(interval float64, lifetime, keepAlive uint32) {
	if !(interval > 0) { // also NaN
		interval = 0
	}
	sub.every = min(max(time.Duration(min(interval, 1e6)*float64(time.Millisecond)), minInterval), maxInterval)
	sub.keepAlive = min(max(keepAlive, 1), 1000)
	sub.lifetime = min(max(lifetime, 3*sub.keepAlive), 100_000) // three times at least: OPC UA Part 4, 5.14.2
}

func (s *subscriptions) modify(session string, q *ua.ModifySubscriptionRequest) (ua.Response, ua.StatusCode) {
	sub := s.subs[q.SubscriptionID]
	if sub == nil || sub.session != session {
		return nil, ua.StatusBadSubscriptionIDInvalid
	}
	sub.revise(q.RequestedPublishingInterval, q.RequestedLifetimeCount, q.RequestedMaxKeepAliveCount)
	return &ua.ModifySubscriptionResponse{
		ResponseHeader: header(q.RequestHeader.RequestHandle, ua.StatusOK), RevisedPublishingInterval: milliseconds(sub.every),
		RevisedLifetimeCount: sub.lifetime, RevisedMaxKeepAliveCount: sub.keepAlive,
	}, ua.StatusOK
}

func (s *subscriptions) mode(session string, q *ua.SetPublishingModeRequest) (ua.Response, ua.StatusCode) {
	results := s.each(session, q.SubscriptionIDs, func(sub *subscription) { sub.enabled = q.PublishingEnabled })
	return &ua.SetPublishingModeResponse{ResponseHeader: header(q.RequestHeader.RequestHandle, ua.StatusOK), Results: results, DiagnosticInfos: []*ua.DiagnosticInfo{}}, ua.StatusOK
}

func (s *subscriptions) remove(session string, q *ua.DeleteSubscriptionsRequest) (ua.Response, ua.StatusCode) {
	results := s.each(session, q.SubscriptionIDs, s.drop)
	return &ua.DeleteSubscriptionsResponse{ResponseHeader: header(q.RequestHeader.RequestHandle, ua.StatusOK), Results: results, DiagnosticInfos: []*ua.DiagnosticInfo{}}, ua.StatusOK
}

func (s *subscriptions) each(session string, ids []uint32, f func(*subscription)) []ua.StatusCode {
	results := make([]ua.StatusCode, len(ids))
	for i, number := range ids {
		if sub := s.subs[number]; sub != nil && sub.session == session {
			f(sub)
		} else {
			results[i] = ua.StatusBadSubscriptionIDInvalid
		}
	}
	return results
}

func (s *subscriptions) drop(sub *subscription) {
	if !sub.ended {
		sub.ended = true
		close(sub.end)
		delete(s.subs, sub.id)
	}
}

func (s *subscriptions) republish(session string, q *ua.RepublishRequest) (ua.Response, ua.StatusCode) {
	sub := s.subs[q.SubscriptionID]
	if sub == nil || sub.session != session {
		return nil, ua.StatusBadSubscriptionIDInvalid
	}
	for _, m := range sub.unacked {
		if m.SequenceNumber == q.RetransmitSequenceNumber {
			return &ua.RepublishResponse{ResponseHeader: header(q.RequestHeader.RequestHandle, ua.StatusOK), NotificationMessage: m}, ua.StatusOK
		}
	}
	return nil, ua.StatusBadMessageNotAvailable
}

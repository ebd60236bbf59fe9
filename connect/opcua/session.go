package opcua

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/gopcua/opcua/id"
	"github.com/gopcua/opcua/ua"
)

const (
	// tokenLifetime of the secure channel; renewed by the channel itself.
	tokenLifetime = time.Hour
	// sessionTimeout is how long the server keeps a session it hears nothing
	// of; we never come back to one.
	sessionTimeout = time.Minute
	// closeWithin bounds saying goodbye to a server that may be gone.
	closeWithin = 2 * time.Second
)

// session is an activated session on a secure channel of its own.
type session struct {
	channel    *channel
	token      *ua.NodeID
	timeout    time.Duration
	namespaces []string
	started    time.Time // of the server; zero when it does not say
	// Nodes in one request, as the server allows; see learn.
	maxRead, maxMonitor, maxBrowse, maxHistory int
	answerRefs                                 int // of one answer to a browse
	maxItems                                   int // of a subscription

	publishing publishing
	keep       bool // subscriptions, for the connection that follows

	within []step // the device's machine among several; none is all of the server

	mu         sync.Mutex
	surveyed   []object
	typeNames  map[string][]step            // of types outside of namespace 0, by node id
	nodeNames  map[string]*ua.QualifiedName // of nodes that were values, by node id
	supertypes map[string]*ua.NodeID        // of data types, by node id
}

// channel opens a secure channel; cert is the server's, nil for policy None.
func (d *Driver) channel(ctx context.Context, set settings, cert *x509.Certificate) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, set.timeout)
	defer cancel()
	c, err := dialChannel(ctx, set, d.identity, cert, d.renew, d.now)
	if err != nil {
		return nil, err
	}
	return &session{channel: c, answerRefs: d.answerRefs, maxItems: d.itemsEach, timeout: set.timeout, typeNames: map[string][]step{}, nodeNames: map[string]*ua.QualifiedName{}, supertypes: map[string]*ua.NodeID{}, publishing: publishing{got: make(chan answer, maxRequests)}}, nil
}

// dial goes the whole way: endpoints, approval, channel, session, namespaces.
func (d *Driver) dial(ctx context.Context, set settings) (*session, error) {
	endpoint, cert, err := d.endpoint(ctx, set)
	if err != nil {
		return nil, err
	}
	if set.mode == ua.MessageSecurityModeNone {
		cert = nil
	}
	s, err := d.channel(ctx, set, cert)
	if err != nil {
		return nil, err
	}
	if err := d.begin(ctx, s, set, endpoint); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// endpoint asks the server what it offers, takes exactly what the device is
// set to, and looks whether the certificate is approved. The answer comes over
// an open channel: what it says of the certificate is proved by the secure
// channel, which only the owner of the certificate's key can open.
func (d *Driver) endpoint(ctx context.Context, set settings) (*ua.EndpointDescription, *x509.Certificate, error) {
	endpoints, err := d.endpoints(ctx, set)
	if err != nil {
		return nil, nil, err
	}
	e := pick(endpoints, set)
	if e == nil {
		return nil, nil, fmt.Errorf("the server does not offer %s with %s; it offers %s", set.policy, modeName(set.mode), strings.Join(offers(endpoints), ", "))
	}
	if set.mode == ua.MessageSecurityModeNone && set.user == "" {
		return e, nil, nil
	}
	if set.mode == ua.MessageSecurityModeNone && len(e.ServerCertificate) == 0 {
		return e, nil, nil // checked again where a password would leave
	}
	cert, err := leaf(e.ServerCertificate)
	if err != nil {
		return nil, nil, fmt.Errorf("server certificate: %w", err)
	}
	return e, cert, d.trust.check(set.url, cert)
}

func (d *Driver) endpoints(ctx context.Context, set settings) ([]*ua.EndpointDescription, error) {
	s, err := d.channel(ctx, set, nil)
	if err != nil {
		return nil, err
	}
	defer s.close()
	res, err := call[*ua.GetEndpointsResponse](ctx, s, &ua.GetEndpointsRequest{EndpointURL: set.url})
	if err != nil {
		return nil, fmt.Errorf("endpoints: %w", err)
	}
	return res.Endpoints, nil
}

func pick(endpoints []*ua.EndpointDescription, set settings) *ua.EndpointDescription {
	for _, e := range endpoints {
		if e.SecurityPolicyURI == set.policyURI() && e.SecurityMode == set.mode && strings.HasPrefix(e.EndpointURL, "opc.tcp:") {
			return e
		}
	}
	return nil
}

func offers(endpoints []*ua.EndpointDescription) []string {
	var out []string
	for _, e := range endpoints {
		offer := strings.TrimPrefix(e.SecurityPolicyURI, ua.SecurityPolicyURIPrefix) + "/" + modeName(e.SecurityMode)
		if !slices.Contains(out, offer) {
			out = append(out, offer)
		}
	}
	return out
}

func modeName(m ua.MessageSecurityMode) string {
	return strings.TrimPrefix(m.String(), "MessageSecurityMode")
}

// leaf is the server's own certificate, first of a chain if it sends one.
func leaf(der []byte) (*x509.Certificate, error) {
	certs, err := x509.ParseCertificates(der)
	if err != nil {
		return nil, err
	}
	if len(certs) == 0 {
		return nil, errors.New("none given")
	}
	key, ok := certs[0].PublicKey.(*rsa.PublicKey)
	if !ok || key.N.BitLen() < keyBits {
		return nil, fmt.Errorf("the key is no RSA key of at least %d bits", keyBits)
	}
	return certs[0], nil
}

// begin creates and activates the session and reads what addresses need.
func (d *Driver) begin(ctx context.Context, s *session, set settings, endpoint *ua.EndpointDescription) error {
	nonce := make([]byte, 32)
	if _, err := rand.Read(nonce); err != nil {
		return err
	}
	created, err := call[*ua.CreateSessionResponse](ctx, s, &ua.CreateSessionRequest{
		ClientDescription: &ua.ApplicationDescription{
			ApplicationURI: d.identity.uri, ProductURI: "urn:zhigai",
			ApplicationName: ua.NewLocalizedText("zhigai"), ApplicationType: ua.ApplicationTypeClient,
		},
		EndpointURL: set.url, SessionName: fmt.Sprintf("zhigai-%x", nonce[:4]), ClientNonce: nonce,
		ClientCertificate: d.identity.der, RequestedSessionTimeout: float64(sessionTimeout / time.Millisecond),
	})
	if err != nil {
		return fmt.Errorf("create session: %w", err)
	}
	if err := s.verify(created, set, endpoint, nonce); err != nil {
		return fmt.Errorf("create session: %w", err)
	}
	if e := pick(created.ServerEndpoints, set); e != nil {
		endpoint = e // what came over the secure channel is believed first
	}
	if err := d.activate(ctx, s, set, endpoint, created); err != nil {
		return fmt.Errorf("activate session: %w", err)
	}
	return s.learn(ctx)
}

// Limits for servers that tell none. The ones for reading and monitoring are
// modest: some small controllers fail beyond them without a word.
const (
	defaultNodes   = 500
	defaultBrowse  = 1000
	defaultHistory = 10
	// itemsEach keeps the notifications of one subscription in their order
	// without one message after a start being too large to hold.
	itemsEach = 5000
)

// learn reads the namespaces and the server's limits.
func (s *session) learn(ctx context.Context) error {
	s.maxRead, s.maxMonitor, s.maxBrowse, s.maxHistory = defaultNodes, defaultNodes, defaultBrowse, defaultHistory
	limits := []struct {
		node uint32
		at   *int
	}{
		{id.Server_ServerCapabilities_OperationLimits_MaxNodesPerRead, &s.maxRead},
		{id.Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall, &s.maxMonitor},
		{id.Server_ServerCapabilities_OperationLimits_MaxNodesPerBrowse, &s.maxBrowse},
		{id.Server_ServerCapabilities_OperationLimits_MaxNodesPerHistoryReadData, &s.maxHistory},
		{id.Server_ServerCapabilities_MaxMonitoredItemsPerSubscription, &s.maxItems},
	}
	nodes := []*ua.NodeID{ua.NewNumericNodeID(0, id.Server_NamespaceArray), ua.NewNumericNodeID(0, id.Server_ServerStatus_StartTime)}
	for _, l := range limits {
		nodes = append(nodes, ua.NewNumericNodeID(0, l.node))
	}
	values, err := s.read(ctx, nodes, ua.AttributeIDValue)
	if err != nil {
		return fmt.Errorf("namespaces: %w", err)
	}
	names, ok := valueOf(values[0]).([]string)
	if !ok {
		return fmt.Errorf("namespaces: %w", values[0].Status)
	}
	s.namespaces = names
	s.started, _ = valueOf(values[1]).(time.Time)
	for i, l := range limits {
		if n, ok := valueOf(values[i+2]).(uint32); ok && n > 0 {
			*l.at = int(min(uint32(*l.at), n))
		}
	}
	return nil
}

func valueOf(v *ua.DataValue) any {
	if v == nil || v.Value == nil {
		return nil
	}
	return v.Value.Value()
}

// read reads one attribute of many nodes, one answer per node.
func (s *session) read(ctx context.Context, nodes []*ua.NodeID, attribute ua.AttributeID) ([]*ua.DataValue, error) {
	out := make([]*ua.DataValue, len(nodes))
	err := inParts(ctx, len(nodes), max(s.maxRead, 1), func(ctx context.Context, from, to int) error {
		req := &ua.ReadRequest{TimestampsToReturn: ua.TimestampsToReturnBoth}
		for _, n := range nodes[from:to] {
			req.NodesToRead = append(req.NodesToRead, &ua.ReadValueID{NodeID: n, AttributeID: attribute, DataEncoding: &ua.QualifiedName{}})
		}
		res, err := call[*ua.ReadResponse](ctx, s, req)
		if err != nil {
			return err
		}
		if len(res.Results) != to-from {
			return fmt.Errorf("%d answers for %d nodes", len(res.Results), to-from)
		}
		copy(out[from:to], res.Results)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// call sends a request and waits for its answer.
func call[T ua.Response](ctx context.Context, s *session, req ua.Request) (T, error) {
	return callWithin[T](ctx, s, req, s.timeout)
}

func callWithin[T ua.Response](ctx context.Context, s *session, req ua.Request, timeout time.Duration) (T, error) {
	b, err := s.channel.call(ctx, req, s.token, timeout)
	if err != nil {
		var none T
		return none, err
	}
	return decode[T](b)
}

// decode reads an answer, which it may change. The library that does it was not
// made for answers of bad will: what would end the process is found out before,
// see guard.go, and what else it makes of them ends here.
func decode[T ua.Response](b []byte) (out T, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("answer could not be understood: %v", r)
		}
	}()
	if err := check[T](b); err != nil {
		return out, fmt.Errorf("answer could not be understood: %w", err)
	}
	_, v, err := ua.DecodeService(b)
	if err != nil {
		return out, fmt.Errorf("answer could not be understood: %w", err)
	}
	res, ok := v.(ua.Response)
	if !ok || res.Header() == nil {
		return out, fmt.Errorf("answer of type %T", v)
	}
	if status := res.Header().ServiceResult; status != ua.StatusOK {
		return out, status
	}
	if out, ok = res.(T); !ok {
		return out, fmt.Errorf("answer of type %T", v)
	}
	return out, nil
}

// plainer says what the network's shortest errors mean.
func plainer(err error) error {
	for _, end := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, end) {
			return errClosed
		}
	}
	return err
}

// close says goodbye; nothing can be done about errors any more.
func (s *session) close() {
	if s.token != nil {
		ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
		_, _ = call[*ua.CloseSessionResponse](ctx, s, &ua.CloseSessionRequest{DeleteSubscriptions: !s.keep})
		cancel()
	}
	s.channel.close()
}

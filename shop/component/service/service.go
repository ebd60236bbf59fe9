// Package service is the way to components that run elsewhere: a NATS server to which each
// connects with an NKey that was admitted, in the account of its tenant. A service may
// answer on the one subject of its component, component.SERIES, and nothing else: it asks
// nobody, hears nobody, and publishes but answers. Core request and reply only; nothing is
// kept.
//
// Start with [Start].
package service

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"zhigai/plant"
	"zhigai/shop/component"
)

const (
	startTime = 15 * time.Second
	// maxPayload is the largest budget of a message, and room for what is around it.
	maxPayload = 9 << 20
	maxConns   = 1000
	// doorTime is for TLS and the key, in seconds.
	doorTime = 10
	// insideUser begins the names of the node's own connections.
	insideUser = "node-"
	subjectOf  = "component."
)

// Options say where services connect.
type Options struct {
	Listen string      // host:port; port 0 takes a free one
	TLS    *tls.Config // nil: on this machine alone
	Log    *slog.Logger
}

// Server is where services connect. It implements component.Services.
type Server struct {
	o      Options
	srv    *server.Server
	secret string // of the node's own connections, made at each start

	mu       sync.Mutex
	admitted map[string]component.Admitted // by key
	inside   map[plant.TenantNo]*nats.Conn
	conns    map[uint64]string // key of each connection
}

var _ component.Services = (*Server)(nil)

// Start listens until Close.
func Start(o Options) (*Server, error) {
	host, port, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return nil, fmt.Errorf("--components %q: %w; write HOST:PORT", o.Listen, err)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("--components %q: no port; write HOST:PORT", o.Listen)
	}
	if ip := net.ParseIP(host); o.TLS == nil && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("--components %s: services on other machines need --tls, so that nobody reads what they are asked", o.Listen)
	}
	s := &Server{o: o, secret: rand.Text(), admitted: map[string]component.Admitted{}, inside: map[plant.TenantNo]*nats.Conn{}, conns: map[uint64]string{}}
	so := &server.Options{
		Host: host, Port: int(n), NoSigs: true, NoLog: true, AlwaysEnableNonce: true, CustomClientAuthentication: gate{s},
		MaxPayload: maxPayload, MaxConn: maxConns, AuthTimeout: doorTime, NoSystemAccount: true, PingInterval: 10 * time.Second, MaxPingsOut: 2,
	}
	if n == 0 {
		so.Port = server.RANDOM_PORT
	}
	if o.TLS != nil {
		so.TLS, so.TLSConfig, so.TLSTimeout = true, o.TLS, doorTime
	}
	if s.srv, err = server.NewServer(so); err != nil {
		return nil, fmt.Errorf("components: %w", err)
	}
	s.srv.Start()
	if !s.srv.ReadyForConnections(startTime) {
		s.srv.Shutdown()
		return nil, fmt.Errorf("components: cannot listen on %s", o.Listen)
	}
	return s, nil
}

// Address is where services connect.
func (s *Server) Address() string { return s.srv.Addr().String() }

// Close ends all connections.
func (s *Server) Close() {
	s.mu.Lock()
	for _, nc := range s.inside {
		nc.Close()
	}
	clear(s.inside)
	s.mu.Unlock()
	s.srv.Shutdown()
	s.srv.WaitForShutdown()
}

func accountOf(tenant plant.TenantNo) string {
	return "tenant-" + strconv.FormatInt(int64(tenant), 10)
}

// Admit implements component.Services.
func (s *Server) Admit(keys []component.Admitted) {
	s.mu.Lock()
	next := make(map[string]component.Admitted, len(keys))
	for _, k := range keys {
		next[k.Key] = k
	}
	var gone []uint64
	for number, key := range s.conns {
		if next[key] != s.admitted[key] {
			gone = append(gone, number)
			delete(s.conns, number)
		}
	}
	s.admitted = next
	s.mu.Unlock()
	for _, number := range gone {
		_ = s.srv.DisconnectClientByID(number) // gone already is as good
	}
}

// Ask implements component.Services.
func (s *Server) Ask(ctx context.Context, tenant plant.TenantNo, series string, request []byte) ([]byte, error) {
	nc, err := s.within(tenant)
	if err != nil {
		return nil, err
	}
	m, err := nc.RequestWithContext(ctx, subjectOf+series, request)
	if errors.Is(err, nats.ErrNoResponders) {
		return nil, component.ErrNoService
	}
	if err != nil {
		return nil, err
	}
	return m.Data, nil
}

// within is the node's own connection in the account of a tenant.
func (s *Server) within(tenant plant.TenantNo) (*nats.Conn, error) {
	s.mu.Lock()
	nc := s.inside[tenant]
	s.mu.Unlock()
	if nc != nil && !nc.IsClosed() {
		return nc, nil
	}
	nc, err := nats.Connect("", nats.InProcessServer(s.srv), nats.UserInfo(insideUser+accountOf(tenant), s.secret), nats.Timeout(startTime), nats.NoReconnect())
	if err != nil {
		return nil, fmt.Errorf("components: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if other := s.inside[tenant]; other != nil && !other.IsClosed() { // somebody was first
		nc.Close()
		return other, nil
	}
	s.inside[tenant] = nc
	return nc, nil
}

// gate decides who connects, and what they may.
type gate struct{ s *Server }

// Check implements server.Authentication.
func (g gate) Check(c server.ClientAuthentication) bool {
	o := c.GetOpts()
	if account, ok := strings.CutPrefix(o.Username, insideUser); ok {
		if subtle.ConstantTimeCompare([]byte(o.Password), []byte(g.s.secret)) != 1 {
			return false
		}
		return g.register(c, o.Username, account, nil)
	}
	if c.Kind() != server.CLIENT || !proved(o.Nkey, o.Sig, c.GetNonce()) {
		return false
	}
	g.s.mu.Lock()
	is, ok := g.s.admitted[o.Nkey]
	if ok {
		g.s.conns[c.GetID()] = o.Nkey
	}
	g.s.mu.Unlock()
	if !ok {
		g.s.o.Log.Warn("components: a service with a key that nobody admitted", "key", o.Nkey)
		return false
	}
	return g.register(c, o.Nkey, accountOf(is.Tenant), &server.Permissions{
		Publish:   &server.SubjectPermission{Deny: []string{">"}},
		Subscribe: &server.SubjectPermission{Allow: []string{subjectOf + is.Series}},
		Response:  &server.ResponsePermission{MaxMsgs: 1, Expires: startTime},
	})
}

func (g gate) register(c server.ClientAuthentication, name, account string, may *server.Permissions) bool {
	of, _ := g.s.srv.LookupOrRegisterAccount(account)
	c.RegisterUser(&server.User{Username: name, Account: of, Permissions: may})
	return true
}

// proved reports whether the signature of the server's nonce is by the key.
func proved(key, signature string, nonce []byte) bool {
	if !nkeys.IsValidPublicUserKey(key) {
		return false
	}
	sig, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil {
		if sig, err = base64.StdEncoding.DecodeString(signature); err != nil {
			return false
		}
	}
	pub, err := nkeys.FromPublicKey(key)
	return err == nil && len(nonce) > 0 && pub.Verify(nonce, sig) == nil
}

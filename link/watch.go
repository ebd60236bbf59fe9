package link

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"zhigai/plant"
)

// Run keeps the leases of connected children until ctx ends.
func (p *Parent) Run(ctx context.Context) error {
	every := min(p.o.LeaseTTL/3, p.o.BeatEvery)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			p.sweep(ctx)
		}
	}
}

// sweep marks silent children as gone and renews the leases that are due. A
// child that is only silent keeps its seat until its lease runs out.
func (p *Parent) sweep(ctx context.Context) {
	now := p.now()
	silent := plant.Micros((missedBeats * p.o.BeatEvery).Microseconds())
	due := plant.Micros((p.o.LeaseTTL * 2 / 3).Microseconds())
	var renew []Lease
	for _, s := range p.all() {
		s.mu.Lock()
		if s.lease.Session != "" {
			switch {
			case now-s.status.Heard > silent:
				if s.status.Connected {
					s.status.Connected, s.status.Since = false, now
					s.status.LastError = "no word from the node"
					p.o.Log.Warn("link: no word from a node", "node", s.status.Node.Name, "since", s.status.Heard.Time())
				}
			case s.lease.Expires-now <= due:
				renew = append(renew, s.lease)
			}
		}
		s.mu.Unlock()
	}
	if len(renew) == 0 {
		return
	}
	expires := p.expiry()
	ctx, cancel := context.WithTimeout(ctx, p.o.LeaseTTL/3)
	defer cancel()
	lost, err := p.o.Registry.Renew(ctx, renew, expires)
	if err != nil {
		if ctx.Err() == nil || errors.Is(ctx.Err(), context.DeadlineExceeded) {
			p.o.Log.Error("link: leases are not renewed; nodes are refused when they run out", "err", err)
		}
		return
	}
	p.renewed(ctx, renew, lost, expires)
}

func (p *Parent) renewed(ctx context.Context, renew []Lease, lost []NodeID, expires plant.Micros) {
	for _, l := range renew {
		s := p.seatOf(l.Node)
		if !slices.Contains(lost, l.Node) {
			s.mu.Lock()
			if s.lease.Session == l.Session {
				s.lease.Expires = expires
			}
			s.mu.Unlock()
			continue
		}
		why := error(ErrSession)
		if _, err := p.admitted(ctx, l.Node); errors.Is(err, ErrRevoked) {
			why = err
		}
		s.mu.Lock()
		conn, same := s.conn, s.lease.Session == l.Session
		s.mu.Unlock()
		if !same {
			continue // a new session began meanwhile
		}
		p.Drop(l.Node, why)
		if d := p.downlink(); d != nil {
			d.Cut(l.Node, conn)
		}
	}
}

func (p *Parent) all() []*seat {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]*seat, 0, len(p.seats))
	for _, s := range p.seats {
		out = append(out, s)
	}
	return out
}

// Status lists every enrolled node by name. Of those at another replica it
// knows what the lease says and what that replica shared last.
func (p *Parent) Status(ctx context.Context) ([]NodeStatus, error) {
	nodes, err := p.o.Registry.Nodes(ctx)
	if err != nil {
		return nil, fmt.Errorf("link: list nodes: %w", err)
	}
	now := p.now()
	out := make([]NodeStatus, 0, len(nodes))
	for _, n := range nodes {
		one := NodeStatus{Node: n}
		if s := p.seated(n.ID); s != nil {
			s.mu.Lock()
			s.settle(now)
			one = s.status
			one.Node = n
			one.Streams = slices.Clone(s.status.Streams)
			s.mu.Unlock()
		}
		if !one.Connected {
			l, err := p.o.Registry.Lease(ctx, n.ID)
			if err != nil {
				return nil, fmt.Errorf("link: lease of %s: %w", n.Name, err)
			}
			if n.Revoked == 0 && l.Expires > now && p.elsewhere(l) {
				one = p.statusElsewhere(one, l)
			}
		}
		if one.Streams == nil {
			one.Streams = []StreamStatus{} // a list with nothing in it, for those who read JSON
		}
		out = append(out, one)
	}
	slices.SortFunc(out, func(a, b NodeStatus) int {
		return cmp.Or(cmp.Compare(a.Node.Name, b.Node.Name), cmp.Compare(a.Node.ID, b.Node.ID))
	})
	return out, nil
}

// sharedStatus is what replicas tell one another of a node with every beat.
type sharedStatus struct {
	Session string     `json:"session"`
	Status  NodeStatus `json:"status"`
}

// share tells other replicas how the node fares. The caller holds the seat's lock.
func (p *Parent) share(s *seat) {
	if d := p.downlink(); d != nil {
		d.Share(func() ([]byte, error) { return json.Marshal(sharedStatus{s.lease.Session, s.status}) })
	}
}

// Shared takes what another replica said of a node.
func (p *Parent) Shared(raw []byte) error {
	var o sharedStatus
	if err := json.Unmarshal(raw, &o); err != nil || o.Status.Node.ID == "" {
		return fmt.Errorf("%w: what a replica says of a node: %w", ErrDamaged, err)
	}
	s := p.seatOf(o.Status.Node.ID)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.other = &o
	return nil
}

// statusElsewhere is one as another replica knows it, which holds the lease.
func (p *Parent) statusElsewhere(one NodeStatus, l Lease) NodeStatus {
	n := one.Node
	if s := p.seated(n.ID); s != nil {
		s.mu.Lock()
		if s.other != nil && s.other.Session == l.Session {
			one = s.other.Status
		}
		s.mu.Unlock()
	}
	one.Node, one.Connected, one.Since, one.Party = n, true, l.Since, partyOf(l)
	return one
}

// elsewhere reports whether the lease is not of this replica.
func (p *Parent) elsewhere(l Lease) bool {
	s := p.seated(l.Node)
	if s == nil {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lease.Session != l.Session
}

// Request asks a node from any replica and waits for its answer or the end of ctx.
func (p *Parent) Request(ctx context.Context, id NodeID, verb string, payload []byte) ([]byte, error) {
	node, err := p.admitted(ctx, id)
	if err != nil {
		return nil, err
	}
	l, err := p.o.Registry.Lease(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("link: lease of %s: %w", node.Name, err)
	}
	d := p.downlink()
	if l.Expires <= p.now() || d == nil {
		return nil, fmt.Errorf("%w: %s", ErrNotConnected, node.Name)
	}
	raw, err := d.Ask(ctx, id, l.Instance, verb, payload)
	if err != nil {
		return nil, fmt.Errorf("link: ask %s of %s: %w", verb, node.Name, err)
	}
	k, body, err := unseal(raw)
	switch {
	case err != nil:
		return nil, fmt.Errorf("link: answer of %s: %w", node.Name, err)
	case k == kindRefusal:
		return nil, refusalError(body)
	case k != kindAnswer:
		return nil, fmt.Errorf("%w: answer of kind %d", ErrDamaged, k)
	}
	return body, nil
}

// Admits reports whether the key belongs to a node that may connect.
func (p *Parent) Admits(ctx context.Context, id NodeID) bool {
	_, err := p.admitted(ctx, id)
	return err == nil
}

// Seated reports whether the connection holds the node's session.
func (p *Parent) Seated(id NodeID, conn string) bool {
	s := p.seated(id)
	if s == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lease.Session != "" && s.conn == conn
}

// Lost tells that a connection ended. The node keeps its lease for a while, so
// that a second machine does not slip in while it reconnects.
func (p *Parent) Lost(id NodeID, conn string) {
	if p.Seated(id, conn) {
		p.vacate(p.seated(id), "connection lost")
	}
}

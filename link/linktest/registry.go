package linktest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"zhigai/link"
	"zhigai/plant"
)

// Registry keeps nodes, codes and leases in memory.
type Registry struct {
	mu     sync.Mutex
	nodes  map[link.NodeID]link.Node
	codes  map[[32]byte]link.Code
	leases map[link.NodeID]link.Lease
	down   bool
}

// NewRegistry is empty.
func NewRegistry() *Registry {
	return &Registry{nodes: map[link.NodeID]link.Node{}, codes: map[[32]byte]link.Code{}, leases: map[link.NodeID]link.Lease{}}
}

var errDown = errors.New("linktest: registry is down")

// SetDown makes every call fail.
func (r *Registry) SetDown(down bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.down = down
}

func (r *Registry) lock() error {
	r.mu.Lock()
	if r.down {
		r.mu.Unlock()
		return errDown
	}
	return nil
}

// Add enrols a node without a code.
func (r *Registry) Add(id link.NodeID, name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.nodes[id] = link.Node{ID: id, Name: name, Tenant: 1}
}

// Node implements link.Registry.
func (r *Registry) Node(_ context.Context, id link.NodeID) (link.Node, error) {
	if err := r.lock(); err != nil {
		return link.Node{}, err
	}
	defer r.mu.Unlock()
	n, ok := r.nodes[id]
	if !ok {
		return n, fmt.Errorf("%w: %s", link.ErrNotEnrolled, id)
	}
	return n, nil
}

// Nodes implements link.Registry.
func (r *Registry) Nodes(context.Context) ([]link.Node, error) {
	if err := r.lock(); err != nil {
		return nil, err
	}
	defer r.mu.Unlock()
	out := make([]link.Node, 0, len(r.nodes))
	for _, n := range r.nodes {
		out = append(out, n)
	}
	return out, nil
}

// AddCode implements link.Registry.
func (r *Registry) AddCode(_ context.Context, c link.Code) error {
	if err := r.lock(); err != nil {
		return err
	}
	defer r.mu.Unlock()
	r.codes[c.Hash] = c
	return nil
}

// Enrol implements link.Registry.
func (r *Registry) Enrol(_ context.Context, hash [32]byte, id link.NodeID, now plant.Micros) (link.Node, error) {
	if err := r.lock(); err != nil {
		return link.Node{}, err
	}
	defer r.mu.Unlock()
	c, ok := r.codes[hash]
	switch {
	case !ok:
		return link.Node{}, link.ErrCodeUnknown
	case c.Used != 0:
		return link.Node{}, link.ErrCodeUsed
	case now >= c.Expires:
		return link.Node{}, link.ErrCodeExpired
	}
	c.Used = now
	r.codes[hash] = c
	n := link.Node{ID: id, Name: c.Name, Tenant: c.Tenant, Enrolled: now}
	r.nodes[id] = n
	return n, nil
}

// Revoke implements link.Registry.
func (r *Registry) Revoke(_ context.Context, id link.NodeID, now plant.Micros) error {
	if err := r.lock(); err != nil {
		return err
	}
	defer r.mu.Unlock()
	n, ok := r.nodes[id]
	if !ok {
		return link.ErrNotEnrolled
	}
	n.Revoked = now
	r.nodes[id] = n
	return nil
}

// Lease implements link.Registry.
func (r *Registry) Lease(_ context.Context, id link.NodeID) (link.Lease, error) {
	if err := r.lock(); err != nil {
		return link.Lease{}, err
	}
	defer r.mu.Unlock()
	return r.leases[id], nil
}

// Acquire implements link.Registry.
func (r *Registry) Acquire(_ context.Context, l link.Lease, now plant.Micros) (link.Lease, error) {
	if err := r.lock(); err != nil {
		return link.Lease{}, err
	}
	defer r.mu.Unlock()
	if have := r.leases[l.Node]; have.Session != "" && have.Instance != l.Instance && have.Expires > now {
		return have, nil
	}
	r.leases[l.Node] = l
	return l, nil
}

// Renew implements link.Registry.
func (r *Registry) Renew(_ context.Context, leases []link.Lease, expires plant.Micros) (lost []link.NodeID, err error) {
	if err := r.lock(); err != nil {
		return nil, err
	}
	defer r.mu.Unlock()
	for _, l := range leases {
		have := r.leases[l.Node]
		if have.Session != l.Session || r.nodes[l.Node].Revoked != 0 {
			lost = append(lost, l.Node)
			continue
		}
		have.Expires = expires
		r.leases[l.Node] = have
	}
	return lost, nil
}

// Release implements link.Registry.
func (r *Registry) Release(_ context.Context, id link.NodeID, session string) error {
	if err := r.lock(); err != nil {
		return err
	}
	defer r.mu.Unlock()
	if have := r.leases[id]; have.Session == session {
		have.Expires = 0
		r.leases[id] = have
	}
	return nil
}

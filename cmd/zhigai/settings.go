package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/connect"
	"zhigai/plant"
	"zhigai/plant/file"
)

// settled is a plant of the node as settings from above are applied to it.
type settled struct {
	n      *node
	tenant plant.TenantNo
}

// Current is the node's plant file as it is now.
func (s settled) Current(ctx context.Context) ([]byte, error) {
	m, err := s.model(ctx)
	return file.Write(m), err
}

// model is the plant of this node alone, without what nodes below announced.
func (s settled) model(ctx context.Context) (plant.Model, error) {
	m, err := s.n.plants.Model(ctx, access.Scope{Tenant: s.tenant}, plant.MicrosOf(time.Now()))
	if err != nil {
		return m, err
	}
	elsewhere, err := s.n.nodes.Origins(ctx, s.tenant)
	m.Nodes = slices.DeleteFunc(m.Nodes, func(one plant.Node) bool { return elsewhere[one.ID] != "" })
	return m, err
}

func (s settled) read(ctx context.Context, plantFile []byte) (plant.Model, error) {
	now, err := s.model(ctx)
	if err != nil {
		return plant.Model{}, err
	}
	// Calendars and products stay; nodes must all be named.
	return file.Read("plant.yaml", plantFile, file.Options{Profiles: s.n.profiles.IDs(), Existing: plant.Model{Calendars: now.Calendars, Products: now.Products}})
}

// Check gives what is wrong with a plant file.
func (s settled) Check(ctx context.Context, plantFile []byte) (string, error) {
	m, err := s.read(ctx, plantFile)
	var problems file.Problems
	if errors.As(err, &problems) {
		return problems.Error(), nil
	}
	if t, ok, unknown := s.n.sector.Of(ctx, s.tenant); err == nil && (ok || unknown != nil) {
		if unknown != nil {
			return "", unknown
		}
		if why := fitsFirm(t, m); why != nil {
			return why.Error(), nil
		}
	}
	return "", err
}

// Apply makes the plant what the file says and nothing else, from now on.
func (s settled) Apply(ctx context.Context, plantFile []byte) error {
	m, err := s.read(ctx, plantFile)
	if err != nil {
		return err
	}
	if err := s.n.plants.Replace(ctx, m, s.tenant, plant.MicrosOf(time.Now())); err != nil {
		return err
	}
	return s.n.reconcile(ctx)
}

// Down names the devices that do not answer.
func (s settled) Down(context.Context) []string {
	var out []string
	for _, d := range s.n.collector.Status() {
		if d.Tenant == s.tenant && d.State != connect.StateUp && d.State != connect.StateOff {
			out = append(out, d.Path)
		}
	}
	return out
}

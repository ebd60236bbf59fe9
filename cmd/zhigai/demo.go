package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/connect/profile"
	"zhigai/data"
	"zhigai/plant"
	"zhigai/plant/file"
	"zhigai/sim"
	"zhigai/web"
)

// demoLogins are the people of the demo plant; their passwords are public.
var demoLogins = []web.Login{
	{Name: "admin", Password: "admin-demo", Role: string(access.RoleAdmin)},
	{Name: "engineer", Password: "engineer-demo", Role: string(access.RoleEngineer)},
	{Name: "operator", Password: "operator-demo", Role: string(access.RoleOperator)},
	{Name: "viewer", Password: "viewer-demo", Role: string(access.RoleViewer)},
}

// demo starts the simulated plant and connects the node to it through the same
// doors as a real one: its machines answer on sockets, its plant file is
// imported.
func (n *node) demo(ctx context.Context, seed uint64) ([]web.Login, error) {
	src, err := data.FS.ReadFile("demo/plant.yaml")
	if err != nil {
		return nil, err
	}
	m, err := file.Read("demo/plant.yaml", src, file.Options{Profiles: n.profiles.IDs()})
	if err != nil {
		return nil, err
	}
	// Not cut to the second: a plant started again within it would tell another
	// value for an instant already told, as no machine does.
	p, err := sim.New(sim.Config{Seed: seed, Start: time.Now(), Model: m, Kinds: simKinds(n.profiles)})
	if err != nil {
		return nil, err
	}
	endpoints, err := p.Listen("127.0.0.1")
	if err != nil {
		return nil, err
	}
	if err := p.Attach(ctx, n.broker.Addr().String()); err != nil {
		return nil, err
	}
	n.workers.Go(func() {
		p.Run(ctx, 1)
		p.Close()
	})
	for i := range m.Nodes {
		if e := m.Nodes[i].Machine; e != nil {
			e.Device.Address = sim.Fill(e.Device.Address, endpoints)
		}
	}
	admin := access.With(ctx, access.Node(demoTenant))
	if err := n.plants.Import(admin, access.Scope{Tenant: demoTenant}, m, plant.MicrosOf(time.Now())); err != nil {
		return nil, fmt.Errorf("demo plant: %w", err)
	}
	if err := n.demoUsers(ctx); err != nil {
		return nil, err
	}
	return demoLogins, n.reconcile(ctx)
}

func (n *node) demoUsers(ctx context.Context) error {
	users, err := n.access.Users(ctx, access.Node(demoTenant))
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, u := range users {
		known[u.Name] = true
	}
	for _, l := range demoLogins {
		if known[l.Name] {
			continue
		}
		if _, err := n.access.CreateUser(ctx, access.Node(demoTenant), access.NewUser{Name: l.Name, Display: l.Name, Role: access.Role(l.Role), Password: l.Password}); err != nil {
			return fmt.Errorf("demo user %s: %w", l.Name, err)
		}
	}
	return nil
}

// simKinds hands the simulator what it must know of the profiles.
func simKinds(l *profile.Library) map[string]sim.Kind {
	out := map[string]sim.Kind{}
	for _, p := range l.List() {
		out[p.ID] = simKind(p, "")
	}
	return out
}

// simKind is a machine as its profile knows it, that says of itself what the
// profile's rules look for.
func simKind(p *profile.Profile, serial string) sim.Kind {
	k := sim.Kind{ID: p.ID, Class: p.Class, Protocol: p.Protocol, Params: p.Defaults()}
	for _, s := range p.Signals {
		one := sim.Signal{Name: s.Name, Kind: s.Kind, At: s.At, Writable: s.Write != nil, Min: s.Min, Max: s.Max}
		one.Scale, one.Offset = s.Scaling()
		if s.Write != nil { // the machine refuses what the real one would
			one.Min, one.Max = s.Write.Min, s.Write.Max
		}
		if len(s.Values) > 0 {
			one.Names = make(map[int64]string, len(s.Values))
			for code, name := range s.Values {
				one.Names[code] = name.EN
			}
		}
		k.Signals = append(k.Signals, one)
	}
	for i, rule := range p.Identify {
		fixed := rule.Example(serial)
		if at := slices.IndexFunc(k.Signals, func(s sim.Signal) bool { return s.At == rule.At }); at >= 0 {
			k.Signals[at].Fixed = fixed
			continue
		}
		k.Signals = append(k.Signals, sim.Signal{Name: fmt.Sprintf("identity.%d", i+1), Kind: rule.Kind, At: rule.At, Fixed: fixed})
	}
	return k
}

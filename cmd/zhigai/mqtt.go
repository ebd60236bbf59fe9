package main

import (
	"context"
	"errors"
	"net"

	"zhigai/access"
	"zhigai/connect/mqtt"
	"zhigai/connect/profile"
	"zhigai/plant"
)

// everything is the right to publish and subscribe to any topic of the node's own
// tenant.
func everything(tenant plant.TenantNo) mqtt.Rights {
	return mqtt.Rights{Tenant: tenant, Publish: []string{"#"}, Subscribe: []string{"#"}, Except: ofSomeTenant}
}

// anonymous gives rights to programs on this machine when the broker listens
// on loopback only.
func anonymous(address string) *mqtt.Rights {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	if err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil
	}
	r := everything(homeTenant)
	return &r
}

// gatekeeper lets gateways in whose password is an API token that may write.
type gatekeeper struct{ n *node }

func (g gatekeeper) Admit(ctx context.Context, l mqtt.Login) (mqtt.Rights, error) {
	p, err := g.n.access.Authenticate(ctx, string(l.Password))
	if err != nil {
		return mqtt.Rights{}, err
	}
	if !p.May(access.Engineer, "") {
		return mqtt.Rights{}, access.ErrForbidden
	}
	if p.Scope.Tenant == homeTenant {
		return everything(homeTenant), nil
	}
	t, ok, err := g.n.sector.Of(ctx, p.Scope.Tenant)
	if err != nil || !ok {
		return mqtt.Rights{}, errors.Join(err, access.ErrForbidden)
	}
	return placeOf(t.ID).rights(t.No), nil
}

// profileOf is the profile of a machine that is to be collected.
func (n *node) profileOf(one plant.Node) (*profile.Profile, bool) {
	if one.Machine == nil {
		return nil, false
	}
	return n.profiles.Get(one.Machine.Profile)
}

package access

import (
	"context"

	"zhigai/plant"
)

type principalKey struct{}

// With puts who asks into the context, so that what is stored can say who
// stored it. Rights are checked with the principal itself, never through this.
func With(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// From is who asks, if anybody.
func From(ctx context.Context) (Principal, bool) {
	p, ok := ctx.Value(principalKey{}).(Principal)
	return p, ok
}

// Node is the principal of what the node does by itself for a tenant: the
// first start, imports from the command line, scheduled work.
func Node(tenant plant.TenantNo) Principal {
	return Principal{User: "node", Name: "node", Role: RoleAdmin, Scope: Scope{Tenant: tenant}}
}

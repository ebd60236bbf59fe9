package access

import "context"

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

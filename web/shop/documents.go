package shop

import (
	"context"

	"zhigai/fact/document"
	"zhigai/web"
)

// DocumentList asks for a list of what is kept by revision within a scope, the newest
// first.
type DocumentList struct {
	web.Paging
	Scope string `query:"scope" maxLength:"400" doc:"Path of the hierarchy; empty for all you may see"`
}

// listed reads documents within the asker's scope.
func listed[T any](ctx context.Context, in DocumentList, f document.Filter, read func(context.Context, document.Filter) ([]T, error), id func(T) string) (*web.ListOut[T], error) {
	var err error
	if f.Scope, err = web.ScopeOf(ctx, in.Scope); err != nil {
		return nil, err
	}
	if f.Before, err = in.After(); err != nil {
		return nil, err
	}
	f.Limit = in.Limit + 1
	all, err := read(ctx, f)
	return cut(all, in.Limit, id), err
}

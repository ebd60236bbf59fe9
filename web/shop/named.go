package shop

import (
	"context"
	"net/http"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/web"
)

// named is a kind of thing that belongs to the plant as a whole: people with the right
// to all of it add, change and end one.
type named[T any] struct {
	path, one, tag string // "/alarms/rotas", "alarm-rota" of operations, "alarms"
	noun, action   string // "rota" of refusals, "alarm.rota" of the audit
	add, change    string // summaries
	end            string
	save           func(ctx context.Context, tenant plant.TenantNo, one T, rev int64) (T, error)
	drop           func(ctx context.Context, tenant plant.TenantNo, id string, rev int64) error
	// on tells where a value keeps its id and revision, and its name.
	on func(*T) (id *string, rev int64, name string)
	// told is done after each change; none when it is nil.
	told func(ctx context.Context) error
}

type namedOut[T any] struct {
	ETag string `header:"ETag"`
	Body T
}

// registerNamed gives a kind its ways to be changed. What is saved is answered and
// audited as it comes back, without what is secret.
func registerNamed[T any](r *rooms, n named[T]) {
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: n.path, ID: "add-" + n.one, Summary: n.add, Tag: n.tag, Needs: access.Engineer, Status: http.StatusCreated, Whole: true},
		func(ctx context.Context, in *struct{ Body T }) (*namedOut[T], error) {
			if id, _, _ := n.on(&in.Body); *id != "" {
				return nil, web.Invalid("body.id", "a new %s gets its id here; leave id out", n.noun)
			}
			return n.saved(ctx, r, in.Body, 0, "add")
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: n.path + "/{id}", ID: "change-" + n.one, Summary: n.change, Tag: n.tag, Needs: access.Engineer, Whole: true},
		func(ctx context.Context, in *struct {
			ID      string `path:"id" maxLength:"60"`
			IfMatch string `header:"If-Match" required:"true" doc:"rev of what you changed"`
			Body    T
		},
		) (*namedOut[T], error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			id, _, _ := n.on(&in.Body)
			*id = in.ID
			return n.saved(ctx, r, in.Body, rev, "change")
		})
	web.Handle(r.api, web.Op{Method: http.MethodDelete, Path: n.path + "/{id}", ID: "end-" + n.one, Summary: n.end, Tag: n.tag, Needs: access.Engineer, Status: http.StatusNoContent, Whole: true},
		func(ctx context.Context, in *struct {
			ID      string `path:"id" maxLength:"60"`
			IfMatch string `header:"If-Match" required:"true"`
		},
		) (*struct{}, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			if err := n.drop(access.With(ctx, web.Who(ctx)), web.Who(ctx).Scope.Tenant, in.ID, rev); err != nil {
				return nil, err
			}
			if n.told != nil {
				if err := n.told(ctx); err != nil {
					return nil, err
				}
			}
			return nil, r.api.Audit(ctx, n.action+".end", in.ID, nil, nil)
		})
}

func (n named[T]) saved(ctx context.Context, r *rooms, one T, rev int64, what string) (*namedOut[T], error) {
	saved, err := n.save(access.With(ctx, web.Who(ctx)), web.Who(ctx).Scope.Tenant, one, rev)
	if err != nil {
		return nil, err
	}
	if n.told != nil {
		if err := n.told(ctx); err != nil {
			return nil, err
		}
	}
	_, now, name := n.on(&saved)
	return &namedOut[T]{ETag: web.ETag(now), Body: saved}, r.api.Audit(ctx, n.action+"."+what, name, nil, saved)
}

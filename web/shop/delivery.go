package shop

import (
	"context"
	"net/http"

	"zhigai/access"
	"zhigai/shop/alarm/delivery"
	"zhigai/web"
)

type routeOut struct {
	ETag string `header:"ETag"`
	Body delivery.Route
}

// registerDelivery: a route sends data of the plant out, wherever its places are, so
// that only who may touch the whole plant decides.
func (r *rooms) registerDelivery() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/alarms/routes", ID: "alarm-routes", Summary: "By which ways alarms go to people, without secrets", Tag: "alarms", Needs: access.Engineer, Whole: true},
		func(ctx context.Context, _ *struct{}) (*web.ListOut[delivery.Route], error) {
			all, err := r.Delivery.Routes(ctx, web.Who(ctx).Scope.Tenant)
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/alarms/routes", ID: "add-alarm-route", Summary: "Tell people of alarms by e-mail or webhook from now on", Tag: "alarms", Needs: access.Engineer, Status: http.StatusCreated, Whole: true},
		func(ctx context.Context, in *struct{ Body delivery.Route }) (*routeOut, error) {
			if in.Body.ID != "" {
				return nil, web.Invalid("body.id", "a new route gets its id here; leave id out")
			}
			return r.saveRoute(ctx, in.Body, 0, "alarm.route.add")
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: "/alarms/routes/{id}", ID: "change-alarm-route", Summary: "Change a route, or switch it off", Tag: "alarms", Needs: access.Engineer, Whole: true},
		func(ctx context.Context, in *struct {
			ID      string `path:"id" maxLength:"60"`
			IfMatch string `header:"If-Match" required:"true" doc:"rev of the route you changed"`
			Body    delivery.Route
		},
		) (*routeOut, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			in.Body.ID = in.ID
			return r.saveRoute(ctx, in.Body, rev, "alarm.route.change")
		})
	web.Handle(r.api, web.Op{Method: http.MethodDelete, Path: "/alarms/routes/{id}", ID: "end-alarm-route", Summary: "End a route; what waits for it is not sent", Tag: "alarms", Needs: access.Engineer, Status: http.StatusNoContent, Whole: true},
		func(ctx context.Context, in *struct {
			ID      string `path:"id" maxLength:"60"`
			IfMatch string `header:"If-Match" required:"true"`
		},
		) (*struct{}, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			if err := r.Delivery.Drop(access.With(ctx, web.Who(ctx)), web.Who(ctx).Scope.Tenant, in.ID, rev); err != nil {
				return nil, err
			}
			return nil, r.api.Audit(ctx, "alarm.route.end", in.ID, nil, nil)
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/alarms/routes/{id}/test", ID: "test-alarm-route", Summary: "Send a made-up alarm by a route and say what came of it", Tag: "alarms", Needs: access.Engineer, Whole: true},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"60"`
		},
		) (*struct{ Body delivery.Attempt }, error) {
			a, err := r.Delivery.Test(ctx, web.Who(ctx).Scope.Tenant, in.ID)
			if err == nil {
				err = r.api.Audit(ctx, "alarm.route.test", in.ID, nil, a)
			}
			return &struct{ Body delivery.Attempt }{a}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/alarms/deliveries", ID: "alarm-deliveries", Summary: "Which alarms went to whom, with every attempt, the newest first", Tag: "alarms", Needs: access.Engineer},
		func(ctx context.Context, in *struct {
			web.Paging
			Scope string         `query:"scope" maxLength:"400"`
			Route string         `query:"route" maxLength:"60" doc:"id"`
			State delivery.State `query:"state" enum:",waiting,sent,failed,dropped"`
		},
		) (*web.ListOut[delivery.Delivery], error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			before, err := in.After()
			if err != nil {
				return nil, err
			}
			all, err := r.Delivery.Log(ctx, delivery.Filter{Scope: scope, Route: in.Route, State: in.State, Before: before, Limit: in.Limit + 1})
			return cut(all, in.Limit, func(d delivery.Delivery) string { return d.ID }), err
		})
}

// saveRoute answers and audits without the secret.
func (r *rooms) saveRoute(ctx context.Context, one delivery.Route, rev int64, action string) (*routeOut, error) {
	saved, err := r.Delivery.Save(access.With(ctx, web.Who(ctx)), web.Who(ctx).Scope.Tenant, one, rev)
	if err != nil {
		return nil, err
	}
	return &routeOut{ETag: web.ETag(saved.Rev), Body: saved}, r.api.Audit(ctx, action, saved.Name, nil, saved)
}

package shop

import (
	"context"
	"net/http"

	"zhigai/access"
	"zhigai/shop/alarm/delivery"
	"zhigai/web"
)

// registerDelivery: a route sends data of the plant out, wherever its places are, so
// that only who may touch the whole plant decides.
func (r *rooms) registerDelivery() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/alarms/routes", ID: "alarm-routes", Summary: "By which ways alarms go to people, without secrets", Tag: "alarms", Needs: access.Engineer, Whole: true},
		func(ctx context.Context, _ *struct{}) (*web.ListOut[delivery.Route], error) {
			all, err := r.Delivery.Routes(ctx, web.Who(ctx).Scope.Tenant)
			return web.NewList(all, ""), err
		})
	registerNamed(r, named[delivery.Route]{
		path: "/alarms/routes", one: "alarm-route", tag: "alarms", noun: "route", action: "alarm.route",
		add: "Tell people of alarms by e-mail, in a group chat or by webhook from now on", change: "Change a route, or switch it off", end: "End a route; what waits for it is not sent",
		save: r.Delivery.Save, drop: r.Delivery.Drop, on: func(one *delivery.Route) (*string, int64, string) { return &one.ID, one.Rev, one.Name },
	})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/alarms/rotas", ID: "alarm-rotas", Summary: "Who is on call when, with the turns of the four weeks to come", Tag: "alarms", Needs: access.Engineer, Whole: true},
		func(ctx context.Context, _ *struct{}) (*web.ListOut[delivery.Rota], error) {
			all, err := r.Delivery.Rotas(ctx, web.Who(ctx).Scope.Tenant)
			return web.NewList(all, ""), err
		})
	registerNamed(r, named[delivery.Rota]{
		path: "/alarms/rotas", one: "alarm-rota", tag: "alarms", noun: "rota", action: "alarm.rota",
		add: "Say who is on call when from now on", change: "Change who is on call when, or who takes over from whom", end: "End a rota that no route asks",
		save: r.Delivery.SaveRota, drop: r.Delivery.DropRota, on: func(one *delivery.Rota) (*string, int64, string) { return &one.ID, one.Rev, one.Name },
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

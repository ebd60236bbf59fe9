package shop

import (
	"context"
	"net/http"

	"zhigai/access"
	"zhigai/shop/planning"
	"zhigai/web"
)

func (r *rooms) registerPlanLimits() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/plan-limits", ID: "plan-limits", Summary: "How many there are of tools and of people with a skill: no plan takes more at once", Tag: "planning", Needs: access.Read},
		func(ctx context.Context, _ *struct{}) (*web.ListOut[planning.Limit], error) {
			all, err := r.Planning.Limits(ctx, web.Who(ctx).Scope)
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: "/plan-limits", ID: "save-plan-limit", Summary: "Enter how many there are of a tool or a skill (rev 0), or change it", Tag: "planning", Needs: access.Plan, Whole: true},
		func(ctx context.Context, in *struct{ Body planning.Limit }) (*struct{ Body planning.Limit }, error) {
			l, err := r.Planning.SaveLimit(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "plan.limit", string(l.What)+" "+l.Name, nil, l)
			}
			return &struct{ Body planning.Limit }{l}, err
		})
}

package shop

import (
	"context"
	"net/http"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/material"
	"zhigai/web"
)

func (r *rooms) registerArrivals() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/material/arrivals", ID: "arrivals", Summary: "Material that is expected, what comes first first, with what of it was received", Tag: "material", Needs: access.Read},
		func(ctx context.Context, in *struct {
			web.Paging
			Scope   string `query:"scope" maxLength:"400" doc:"Path of the hierarchy; empty for all you may see"`
			Item    string `query:"item" maxLength:"63"`
			Q       string `query:"q" maxLength:"100" doc:"Part of item, supplier or reference"`
			Open    bool   `query:"open" doc:"Only those of which something is still to come"`
			Overdue bool   `query:"overdue" doc:"Only those of which something should have come by now"`
		},
		) (*web.ListOut[material.Arrival], error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			after, err := in.After()
			if err != nil {
				return nil, err
			}
			f := material.ArrivalFilter{Scope: scope, Item: in.Item, Text: in.Q, Open: in.Open, After: after, Limit: in.Limit + 1}
			if in.Overdue {
				f.Overdue = plant.InstantOf(time.Now())
			}
			all, err := r.Material.Arrivals(ctx, web.Who(ctx), f)
			return cut(all, in.Limit, material.Arrival.After), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/material/arrivals", ID: "expect-arrival", Summary: "Enter material that is expected: planning lets wait for it what it goes into", Tag: "material", Needs: access.Material, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body material.NewArrival }) (*struct{ Body material.Arrival }, error) {
			a, err := r.Material.Expect(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "material.expect", a.ID, nil, a)
			}
			return &struct{ Body material.Arrival }{a}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/material/arrivals/{id}/state", ID: "move-arrival", Summary: "Say that an arrival comes at another time or in another quantity, or that what has not come will not come", Tag: "material", Needs: access.Material},
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"60"`
			Body material.ArrivalMove
		},
		) (*struct{ Body material.Arrival }, error) {
			a, err := r.Material.MoveArrival(ctx, web.Who(ctx), in.ID, in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "material.arrival."+string(in.Body.What), a.ID, nil, in.Body)
			}
			return &struct{ Body material.Arrival }{a}, err
		})
}

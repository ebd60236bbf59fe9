package shop

import (
	"context"
	"net/http"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/andon"
	"zhigai/web"
)

func (r *rooms) registerAndon() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/calls", ID: "calls", Summary: "Calls of machines for material, quality or maintenance, the newest first", Tag: "production", Needs: access.Read},
		func(ctx context.Context, in *struct {
			web.Paging
			Scope   string       `query:"scope" maxLength:"400" doc:"Path of the hierarchy; empty for all you may see"`
			Open    bool         `query:"open" doc:"Only those that wait"`
			What    string       `query:"what" enum:"material,quality,maintenance"`
			Machine plant.NodeID `query:"equipment" maxLength:"60"`
		},
		) (*web.ListOut[andon.Call], error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			before, err := in.After()
			if err != nil {
				return nil, err
			}
			all, err := r.Andon.Calls(ctx, web.Who(ctx), andon.Filter{Scope: scope, Open: in.Open, What: andon.What(in.What), Machine: in.Machine, Before: before, Limit: in.Limit + 1})
			return cut(all, in.Limit, func(c andon.Call) string { return c.ID }), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/calls", ID: "call", Summary: "Call for help at a machine; where a call for the same waits already, that one is answered", Tag: "production", Needs: access.Report, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body andon.New }) (*struct{ Body andon.Call }, error) {
			c, err := r.Andon.Call(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "call", c.ID, nil, c)
			}
			return &struct{ Body andon.Call }{c}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/calls/{id}/state", ID: "answer-call", Summary: "Accept a call, give it back, end or cancel it", Tag: "production", Needs: access.Report},
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"60"`
			Body andon.Move
		},
		) (*struct{ Body andon.Call }, error) {
			c, err := r.Andon.Move(ctx, web.Who(ctx), in.ID, in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "call."+string(c.State), c.ID, nil, in.Body)
			}
			return &struct{ Body andon.Call }{c}, err
		})
}

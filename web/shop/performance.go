package shop

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/plant"
	"zhigai/shop/production/performance"
	"zhigai/web"
)

// OrderFigures are figures of orders with the orders behind them.
type OrderFigures struct {
	performance.Answer
	Figures []web.Figure `json:"figures" nullable:"false"`
}

func (r *rooms) registerPerformance() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/order-figure-definitions", ID: "order-figure-definitions", Summary: "Figures of orders: what each is, its formula and its source", Tag: "production", Needs: access.Read},
		func(context.Context, *struct{}) (*web.ListOut[*figure.Definition], error) {
			return web.NewList(r.Performance.Definitions(), ""), nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/order-figures", ID: "order-figures", Summary: "How orders went: every figure with its terms, and the orders behind them", Tag: "production", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			web.Range
			Scope   string `query:"scope" maxLength:"400" doc:"Path of the hierarchy; empty for all you may see"`
			Product string `query:"product" maxLength:"63"`
		},
		) (*struct{ Body OrderFigures }, error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			if _, _, err := in.Micros(); err != nil {
				return nil, err
			}
			a, err := r.Performance.Figures(ctx, web.Who(ctx), performance.Query{Scope: scope, From: plant.InstantOf(in.From), To: plant.InstantOf(in.To), Product: in.Product})
			q := url.Values{"scope": {in.Scope}, "product": {in.Product}, "from": {in.From.Format(time.RFC3339Nano)}, "to": {in.To.Format(time.RFC3339Nano)}}
			return &struct{ Body OrderFigures }{OrderFigures{a, web.FiguresOf(a.Figures, "/api/v1/order-figures?"+q.Encode())}}, err
		})
}

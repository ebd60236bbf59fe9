package shop

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/plant"
	"zhigai/shop/material/balance"
	"zhigai/web"
)

// MaterialFigures are figures of one item with the lots behind them.
type MaterialFigures struct {
	balance.Of
	Figures []web.Figure `json:"figures" nullable:"false"`
}

func (r *rooms) registerBalance() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/material-figure-definitions", ID: "material-figure-definitions", Summary: "Figures of items: what each is, its formula and its source", Tag: "material", Needs: access.Read},
		func(context.Context, *struct{}) (*web.ListOut[*figure.Definition], error) {
			return web.NewList(r.Balance.Definitions(), ""), nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/material-figures", ID: "material-figures", Summary: "What became of the stock of items: figures of each with its terms, and the lots behind them", Tag: "material", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			web.Range
			Scope string `query:"scope" maxLength:"400" doc:"Path of the hierarchy; empty for all you may see"`
			Item  string `query:"item" maxLength:"63" doc:"Code; empty for all"`
		},
		) (*web.ListOut[MaterialFigures], error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			if _, _, err := in.Micros(); err != nil {
				return nil, err
			}
			all, err := r.Balance.Figures(ctx, balance.Query{Scope: scope, From: plant.InstantOf(in.From), To: plant.InstantOf(in.To), Item: in.Item})
			out := make([]MaterialFigures, len(all))
			for i, one := range all {
				q := url.Values{"scope": {in.Scope}, "item": {one.Item.Code}, "from": {in.From.Format(time.RFC3339Nano)}, "to": {in.To.Format(time.RFC3339Nano)}}
				out[i] = MaterialFigures{one, web.FiguresOf(one.Figures, "/api/v1/material-figures?"+q.Encode())}
			}
			return web.NewList(out, ""), err
		})
}

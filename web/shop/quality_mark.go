package shop

import (
	"context"
	"net/http"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/quality"
	"zhigai/web"
)

// MarkQuery chooses flaws on a picture.
type MarkQuery struct {
	Picture   string       `query:"picture" required:"true" pattern:"^[0-9a-f]{64}$" doc:"SHA-256"`
	Scope     string       `query:"scope" maxLength:"400" doc:"Path of the hierarchy; empty for all you may see"`
	From      time.Time    `query:"from" doc:"Found at or after"`
	To        time.Time    `query:"to" doc:"Found before"`
	Code      string       `query:"code" maxLength:"60" doc:"Kind of the flaw"`
	Operation int          `query:"operation" minimum:"0" maximum:"9999"`
	Place     plant.NodeID `query:"place" maxLength:"60" doc:"Machine or other place of the part"`
}

func (q MarkQuery) filter(ctx context.Context) (quality.MarkFilter, error) {
	scope, err := web.ScopeOf(ctx, q.Scope)
	f := quality.MarkFilter{Scope: scope, Picture: q.Picture, From: plant.Instant(micros(q.From)), To: plant.Instant(micros(q.To)), Code: q.Code, Operation: q.Operation, Place: q.Place}
	if err == nil && f.From != 0 && f.To == 0 {
		f.To = plant.InstantOf(time.Unix(1<<33, 0)) // nothing is found later
	}
	return f, err
}

func (r *rooms) registerMarks() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/quality/pictures", ID: "quality-pictures", Summary: "Pictures and drawings of a product on which flaws are marked, those of the newest revision first", Tag: "quality", Needs: access.Read},
		func(ctx context.Context, in *struct {
			Product string `query:"product" required:"true" minLength:"1" maxLength:"63"`
			Scope   string `query:"scope" maxLength:"400" doc:"Path of the hierarchy; empty for all you may see"`
		},
		) (*web.ListOut[quality.Picture], error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			all, err := r.Quality.Pictures(ctx, scope, in.Product)
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/quality/marks", ID: "quality-marks", Summary: "Flaws that were marked on a picture, each with its inspection or nonconformance, the newest first", Tag: "quality", Needs: access.Read},
		func(ctx context.Context, in *struct {
			web.Paging
			MarkQuery
		},
		) (*web.ListOut[quality.Mark], error) {
			f, err := in.filter(ctx)
			if err != nil {
				return nil, err
			}
			after, err := in.After()
			if err == nil && after != "" {
				f.BeforeAt, f.BeforeID, err = quality.MarkAt(after)
			}
			if err != nil {
				return nil, err
			}
			f.Limit = in.Limit + 1
			all, err := r.Quality.Marks(ctx, f)
			return cut(all, in.Limit, quality.Mark.After), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/quality/mark-density", ID: "quality-mark-density", Summary: "Where on a picture flaws gather: by cells, by kind and by place", Tag: "quality", Needs: access.Read},
		func(ctx context.Context, in *MarkQuery) (*struct{ Body quality.Density }, error) {
			f, err := in.filter(ctx)
			if err != nil {
				return nil, err
			}
			d, err := r.Quality.Density(ctx, f)
			return &struct{ Body quality.Density }{d}, err
		})
}

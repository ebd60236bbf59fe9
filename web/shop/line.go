package shop

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/plant"
	"zhigai/shop/line"
	"zhigai/web"
)

// LineAt names the node that is a line.
type LineAt struct {
	ID plant.NodeID `path:"id" maxLength:"60" doc:"Node of the plant: a site, an area, a line or a cell"`
}

// LineAnalysis is a line in a window, with its figures.
type LineAnalysis struct {
	line.Analysis
	Figures []web.Figure `json:"figures" nullable:"false"`
}

type layoutOut struct{ Body line.Layout }

func (r *rooms) registerLines() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/lines", ID: "lines", Summary: "Lines that somebody laid out, each with its newest layout, by path", Tag: "line", Needs: access.Read},
		func(ctx context.Context, in *struct {
			Scope string `query:"scope" maxLength:"400" doc:"Path of the hierarchy; empty for all you may see"`
		},
		) (*web.ListOut[line.Layout], error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			all, err := r.Lines.Lines(ctx, scope)
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/line-figure-definitions", ID: "line-figure-definitions", Summary: "Figures of lines: what each is, its formula and its source", Tag: "line", Needs: access.Read},
		func(context.Context, *struct{}) (*web.ListOut[*figure.Definition], error) {
			return web.NewList(r.Lines.Definitions(), ""), nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/lines/{id}/layouts", ID: "line-layouts", Summary: "All layouts of a line, newest first", Tag: "line", Needs: access.Read},
		func(ctx context.Context, in *LineAt) (*web.ListOut[line.Layout], error) {
			all, err := r.Lines.Revisions(ctx, web.Who(ctx).Scope, in.ID)
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/lines/{id}/proposal", ID: "line-proposal", Summary: "A layout made from the plant model, to be corrected and saved", Tag: "line", Needs: access.Read},
		func(ctx context.Context, in *LineAt) (*layoutOut, error) {
			l, err := r.Lines.Propose(ctx, web.Who(ctx).Scope, in.ID)
			return &layoutOut{l}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: "/lines/{id}/layout", ID: "save-line-layout", Summary: "Lay a line out anew from an instant on; rev is the revision that was seen", Tag: "line", Needs: access.Engineer},
		func(ctx context.Context, in *struct {
			LineAt
			Body line.Layout
		},
		) (*layoutOut, error) {
			in.Body.Line = in.ID
			l, err := r.Lines.Save(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "line.layout", l.Path, nil, l)
			}
			return &layoutOut{l}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/lines/{id}/analysis", ID: "line-analysis", Summary: "What the stations of a line did, who held it up and since when, and where the parts went; seven days at most", Tag: "line", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			LineAt
			web.Range
			Demand int64 `query:"demand" minimum:"0" maximum:"1000000000" doc:"Parts wanted in the window; without it those of orders due in it"`
		},
		) (*struct{ Body LineAnalysis }, error) {
			if _, _, err := in.Micros(); err != nil {
				return nil, err
			}
			a, err := r.Lines.Analyse(ctx, web.Who(ctx).Scope, line.Query{Line: in.ID, From: plant.InstantOf(in.From), To: plant.InstantOf(in.To), Demand: in.Demand})
			q := url.Values{"from": {in.From.Format(time.RFC3339Nano)}, "to": {in.To.Format(time.RFC3339Nano)}}
			return &struct{ Body LineAnalysis }{LineAnalysis{a, web.FiguresOf(a.Figures, fmt.Sprintf("/api/v1/lines/%s/analysis?%s", in.ID, q.Encode()))}}, err
		})
}

package shop

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/shop/production"
	"zhigai/shop/production/attendance"
	"zhigai/web"
)

// WorkedIn chooses hours and parts.
type WorkedIn struct {
	From   time.Time `query:"from" required:"true"`
	To     time.Time `query:"to" required:"true" doc:"At most 62 days behind from"`
	Person string    `query:"person" maxLength:"100" doc:"As the person signs in; empty for all"`
	Place  string    `query:"place" maxLength:"400" doc:"Path of the orders' places, with all below it; empty for all"`
}

func (in WorkedIn) query() production.WorkedQuery {
	return production.WorkedQuery{From: in.From, To: in.To, Person: in.Person, Place: in.Place}
}

// WorkerFigures are figures of people with the people behind them.
type WorkerFigures struct {
	attendance.Answer
	Figures []web.Figure `json:"figures" nullable:"false"`
}

func (r *rooms) registerHours() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/work-hours", ID: "work-hours", Summary: "Hours and parts by person, from what machines counted while each was at work on a job", Tag: "production", Needs: access.Plan, Whole: true, Heavy: true},
		func(ctx context.Context, in *WorkedIn) (*web.ListOut[production.Worked], error) {
			all, err := r.Production.Worked(ctx, web.Who(ctx), in.query())
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/work-hours-export", ID: "export-work-hours", Summary: "The same as a sheet for the pay office", Tag: "production", Needs: access.Plan, Whole: true, Heavy: true},
		func(ctx context.Context, in *struct {
			WorkedIn
			Format string `query:"format" enum:"xlsx,csv" default:"xlsx"`
		},
		) (*huma.StreamResponse, error) {
			all, err := r.Production.Worked(ctx, web.Who(ctx), in.query())
			if err != nil {
				return nil, err
			}
			var b bytes.Buffer
			if err := production.WriteWorked(all, in.Format == "xlsx", &b); err != nil {
				return nil, err
			}
			return download("work-hours."+in.Format, kindOf[in.Format], b.Bytes()), r.api.Audit(ctx, "work-hours.export", in.From.Format(time.DateOnly), nil, in.WorkedIn)
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/worker-figure-definitions", ID: "worker-figure-definitions", Summary: "Figures of people: what each is, its formula and its source", Tag: "production", Needs: access.Read},
		func(context.Context, *struct{}) (*web.ListOut[*figure.Definition], error) {
			return web.NewList(r.Attendance.Definitions(), ""), nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/worker-figures", ID: "worker-figures", Summary: "How people's time went: every figure with its terms, and the people behind them", Tag: "production", Needs: access.Plan, Whole: true, Heavy: true},
		func(ctx context.Context, in *WorkedIn) (*struct{ Body WorkerFigures }, error) {
			a, err := r.Attendance.Figures(ctx, web.Who(ctx), in.query())
			q := url.Values{"from": {in.From.Format(time.RFC3339Nano)}, "to": {in.To.Format(time.RFC3339Nano)}, "person": {in.Person}, "place": {in.Place}}
			return &struct{ Body WorkerFigures }{WorkerFigures{a, web.FiguresOf(a.Figures, "/api/v1/worker-figures?"+q.Encode())}}, err
		})
}

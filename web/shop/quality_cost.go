package shop

import (
	"context"
	"net/http"

	"zhigai/access"
	"zhigai/fact/document"
	"zhigai/plant"
	"zhigai/shop/quality/cost"
	"zhigai/web"
)

func (r *rooms) registerQualityCost() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/quality/cost", ID: "quality-cost", Summary: "What quality cost: prevention, appraisal, internal and external failure, by month, product, operation and cause, with what has no rate", Tag: "quality", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			web.Range
			Scope string `query:"scope" maxLength:"400" doc:"Path of the hierarchy; empty for all you may see"`
		},
		) (*struct{ Body cost.Report }, error) {
			if _, _, err := in.Micros(); err != nil {
				return nil, err
			}
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			report, err := r.Costs.Report(ctx, scope, plant.InstantOf(in.From), plant.InstantOf(in.To))
			return &struct{ Body cost.Report }{report}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/quality/cost-rates", ID: "quality-cost-rates", Summary: "Rates by which scrap, rework, inspection and calibration cost, with their source, the newest first", Tag: "quality", Needs: access.Read},
		func(ctx context.Context, in *DocumentList) (*web.ListOut[cost.Rate], error) {
			return listed(ctx, *in, document.Filter{}, r.Costs.Rates, func(c cost.Rate) string { return c.ID })
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/quality/cost-rates", ID: "save-quality-cost-rate", Summary: "Keep a rate; without an id it is a new one, rev is the revision that was seen", Tag: "quality", Needs: access.Engineer, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body cost.Rate }) (*struct{ Body cost.Rate }, error) {
			rate, err := r.Costs.SaveRate(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "quality.cost_rate", rate.ID, nil, rate)
			}
			return &struct{ Body cost.Rate }{rate}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/quality/cost-entries", ID: "quality-cost-entries", Summary: "Costs that people entered, as claims, sorting, training; withdrawn ones, too; the newest first", Tag: "quality", Needs: access.Read},
		func(ctx context.Context, in *struct {
			DocumentList
			Case string `query:"case" maxLength:"60" doc:"Id of the nonconformance that they are of"`
		},
		) (*web.ListOut[cost.Entry], error) {
			return listed(ctx, in.DocumentList, document.Filter{Of: in.Case}, r.Costs.Entries, func(e cost.Entry) string { return e.ID })
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/quality/cost-entries", ID: "enter-quality-cost", Summary: "Enter a cost of quality with its voucher; the same key again is the same entry", Tag: "quality", Needs: access.Engineer, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body cost.Entry }) (*struct{ Body cost.Entry }, error) {
			e, err := r.Costs.Enter(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "quality.cost", e.ID, nil, e)
			}
			return &struct{ Body cost.Entry }{e}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/quality/cost-entries/{id}/withdrawal", ID: "withdraw-quality-cost", Summary: "Say that a cost was mistyped: it stays to be seen, and counts no more", Tag: "quality", Needs: access.Engineer},
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"60"`
			Body struct {
				Reason string `json:"reason" minLength:"1" maxLength:"400"`
			}
		},
		) (*struct{ Body cost.Entry }, error) {
			e, err := r.Costs.Withdraw(ctx, web.Who(ctx), in.ID, in.Body.Reason)
			if err == nil {
				err = r.api.Audit(ctx, "quality.cost.withdrawn", e.ID, nil, e)
			}
			return &struct{ Body cost.Entry }{e}, err
		})
}

package shop

import (
	"context"
	"net/http"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/energy"
	"zhigai/web"
)

type replacementOut struct{ Body energy.Replacement }

// registerEnergyShares serves what orders, parts and machines of a class use, and
// machines that may be replaced.
func (r *rooms) registerEnergyShares() {
	energyOver(r, web.Op{Method: http.MethodGet, Path: "/energy/{id}/allocation", ID: "energy-allocation", Summary: "Electricity of a place by order, item, good part and machine, with cost and CO₂; start-up and standby apart, and what is not allocated; 31 days at most", Tag: "energy", Needs: access.Read, Heavy: true}, r.Energy.Allocate)
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/orders/{id}/energy", ID: "order-energy", Summary: "Electricity that an order used, from its beginning to its end or now", Tag: "energy", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"60"`
		},
		) (*struct{ Body energy.OrderEnergy }, error) {
			o, err := r.Energy.OfOrder(ctx, web.Who(ctx), in.ID)
			return &struct{ Body energy.OrderEnergy }{o}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/energy/{id}/charge", ID: "energy-charge", Summary: "What capacity or demand of a month costs, by each basis", Tag: "energy", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			EnergyAt
			Month string `query:"month" required:"true" pattern:"^\\d{4}-\\d{2}$" doc:"In China"`
		},
		) (*struct{ Body energy.MonthCharge }, error) {
			c, err := r.Energy.Charge(ctx, web.Who(ctx).Scope, in.ID, in.Month)
			return &struct{ Body energy.MonthCharge }{c}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/energy/{id}/power-quality", ID: "power-quality", Summary: "How voltage, unbalance, harmonics, frequency and power factor kept within limits at a meter that is read; 31 days at most", Tag: "energy", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			EnergyMeterAt
			System string `query:"system" maxLength:"40" doc:"Id of a voltage; the first without"`
		},
		) (*struct{ Body energy.Quality }, error) {
			from, to, err := in.span()
			if err != nil {
				return nil, err
			}
			q, err := r.Energy.Quality(ctx, web.Who(ctx).Scope, in.ID, in.Meter, in.System, from, to)
			return &struct{ Body energy.Quality }{q}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/energy/{id}/shifting", ID: "energy-shifting", Summary: "Jobs of the plan in use that could run in cheaper hours within their slack, nothing late; nothing changes", Tag: "energy", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			EnergyAt
			Until time.Time `query:"until" required:"true" doc:"Up to which jobs are moved; 14 days ahead at most"`
		},
		) (*struct{ Body energy.LoadShift }, error) {
			s, err := r.Energy.Shift(ctx, web.Who(ctx).Scope, in.ID, plant.InstantOf(in.Until))
			return &struct{ Body energy.LoadShift }{s}, err
		})
	energyOver(r, web.Op{Method: http.MethodGet, Path: "/energy/{id}/benchmark", ID: "energy-benchmark", Summary: "Machines by what they use for a part or an hour of work, beside those of their class; 31 days at most", Tag: "energy", Needs: access.Read, Heavy: true}, r.Energy.Compare)
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/energy/{id}/replacements", ID: "energy-replacements", Summary: "Machines that may be replaced, with what they would save and what was saved, the shortest pay-back first", Tag: "energy", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *EnergyAt) (*web.ListOut[energy.ReplacementView], error) {
			all, err := r.Energy.Replacements(ctx, web.Who(ctx).Scope, in.ID)
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/energy/{id}/replacements/{code}", ID: "energy-replacement-revisions", Summary: "All revisions of a replacement, newest first", Tag: "energy", Needs: access.Read},
		func(ctx context.Context, in *struct {
			EnergyAt
			Code string `path:"code" maxLength:"40"`
		},
		) (*web.ListOut[energy.Replacement], error) {
			all, err := r.Energy.ReplacementRevisions(ctx, web.Who(ctx).Scope, in.ID, in.Code)
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/energy/{id}/replacements", ID: "save-energy-replacement", Summary: "Keep a machine that may be replaced as the next revision of its code; rev is the one that was seen", Tag: "energy", Needs: access.Engineer, Status: http.StatusCreated},
		func(ctx context.Context, in *struct {
			EnergyAt
			Body energy.Replacement
		},
		) (*replacementOut, error) {
			in.Body.Place = in.ID
			one, err := r.Energy.SaveReplacement(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "energy.replacement", one.Path, nil, one)
			}
			return &replacementOut{one}, err
		})
}

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

// EnergyAt names the place whose energy is asked for.
type EnergyAt struct {
	ID plant.NodeID `path:"id" maxLength:"60" doc:"Node of the plant with meters"`
}

// EnergyMeterAt names a meter of a place over a range of time.
type EnergyMeterAt struct {
	EnergyAt
	web.Range
	Meter string `query:"meter" maxLength:"40" doc:"Code; without it the meter of electricity that feeds the others"`
}

func (at EnergyMeterAt) span() (from, to plant.Instant, err error) { return spanOf(at.Range) }

func spanOf(r web.Range) (from, to plant.Instant, err error) {
	if _, _, err := r.Micros(); err != nil {
		return 0, 0, err
	}
	return plant.InstantOf(r.From), plant.InstantOf(r.To), nil
}

// EnergyTables are the factors, tariffs and grades that there are.
type EnergyTables struct {
	Factors []energy.Factor      `json:"factors" nullable:"false"`
	Tariffs []energy.Tariff      `json:"tariffs" nullable:"false"`
	Grades  []energy.Grades      `json:"grades" nullable:"false"`
	Systems []energy.PowerSystem `json:"systems" nullable:"false" doc:"Voltages with limits of power quality"`
}

type (
	networkOut  struct{ Body energy.Network }
	baselineOut struct{ Body energy.Baseline }
)

func (r *rooms) registerEnergy() {
	r.registerMeters()
	r.registerEnergyUse()
	r.registerBaselines()
	r.registerEnergyShares()
}

func (r *rooms) registerMeters() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/energy", ID: "energy-networks", Summary: "Places with meters, each with its newest tree of meters, by path", Tag: "energy", Needs: access.Read},
		func(ctx context.Context, in *struct {
			Scope string `query:"scope" maxLength:"400" doc:"Path of the hierarchy; empty for all you may see"`
		},
		) (*web.ListOut[energy.Network], error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			all, err := r.Energy.Networks(ctx, scope)
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/energy-tables", ID: "energy-tables", Summary: "Factors of standard coal and CO₂, tariffs and grades of machines, each with its source and whether it was verified", Tag: "energy", Needs: access.Read},
		func(context.Context, *struct{}) (*struct{ Body EnergyTables }, error) {
			t := r.Energy.Tables()
			return &struct{ Body EnergyTables }{EnergyTables{t.Factors, t.Tariffs, t.Grades, t.Systems}}, nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/energy/{id}/meters", ID: "energy-meters", Summary: "All revisions of a place's meters, newest first", Tag: "energy", Needs: access.Read},
		func(ctx context.Context, in *EnergyAt) (*web.ListOut[energy.Network], error) {
			all, err := r.Energy.Revisions(ctx, web.Who(ctx).Scope, in.ID)
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/energy/{id}/proposal", ID: "energy-proposal", Summary: "Meters made from the plant model, to be corrected and saved", Tag: "energy", Needs: access.Read},
		func(ctx context.Context, in *EnergyAt) (*networkOut, error) {
			n, err := r.Energy.Propose(ctx, web.Who(ctx).Scope, in.ID)
			return &networkOut{n}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: "/energy/{id}/meters", ID: "save-energy-meters", Summary: "Lay the meters of a place out anew from an instant on; rev is the revision that was seen", Tag: "energy", Needs: access.Engineer},
		func(ctx context.Context, in *struct {
			EnergyAt
			Body energy.Network
		},
		) (*networkOut, error) {
			in.Body.Place = in.ID
			n, err := r.Energy.SaveNetwork(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "energy.meters", n.Path, nil, n)
			}
			return &networkOut{n}, err
		})
}

// energyOver answers what the room says of a place over a stretch of time.
func energyOver[T any](r *rooms, op web.Op, ask func(context.Context, access.Scope, plant.NodeID, plant.Instant, plant.Instant) (T, error)) {
	web.Handle(r.api, op, func(ctx context.Context, in *struct {
		EnergyAt
		web.Range
	},
	) (*struct{ Body T }, error) {
		from, to, err := spanOf(in.Range)
		if err != nil {
			return nil, err
		}
		said, err := ask(ctx, web.Who(ctx).Scope, in.ID, from, to)
		return &struct{ Body T }{said}, err
	})
}

func (r *rooms) registerEnergyUse() {
	energyOver(r, web.Op{Method: http.MethodGet, Path: "/energy/{id}/balance", ID: "energy-balance", Summary: "Where the energy of a place went, what is not accounted for at each meter, standard coal and CO₂; a year at most", Tag: "energy", Needs: access.Read, Heavy: true}, r.Energy.Balance)
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/energy/{id}/demand", ID: "energy-demand", Summary: "Mean power of the quarters of an hour, the greatest of them, and what the one that runs comes to; a hundred days at most", Tag: "energy", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *EnergyMeterAt) (*struct{ Body energy.Demand }, error) {
			from, to, err := in.span()
			if err != nil {
				return nil, err
			}
			d, err := r.Energy.Demand(ctx, web.Who(ctx).Scope, in.ID, in.Meter, from, to)
			return &struct{ Body energy.Demand }{d}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/energy/{id}/cost", ID: "energy-cost", Summary: "What electricity cost by tariff, by kind of hours and by day; a hundred days at most", Tag: "energy", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *EnergyMeterAt) (*struct{ Body energy.Cost }, error) {
			from, to, err := in.span()
			if err != nil {
				return nil, err
			}
			c, err := r.Energy.Cost(ctx, web.Who(ctx).Scope, in.ID, in.Meter, from, to)
			return &struct{ Body energy.Cost }{c}, err
		})
	energyOver(r, web.Op{Method: http.MethodGet, Path: "/energy/{id}/standby", ID: "energy-standby", Summary: "Energy of machines by what they did, and what standing and starting burned; seven days at most", Tag: "energy", Needs: access.Read, Heavy: true}, r.Energy.Standby)
}

func (r *rooms) registerBaselines() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/energy/{id}/baselines", ID: "energy-baselines", Summary: "Baselines of a place, each with its newest revision, by code", Tag: "energy", Needs: access.Read},
		func(ctx context.Context, in *EnergyAt) (*web.ListOut[energy.Baseline], error) {
			all, err := r.Energy.Baselines(ctx, web.Who(ctx).Scope, in.ID)
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/energy/{id}/baselines/try", ID: "try-energy-baseline", Summary: "Make a baseline and keep nothing: how well it would fit", Tag: "energy", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			EnergyAt
			Body energy.Ask
		},
		) (*baselineOut, error) {
			in.Body.Place = in.ID
			b, err := r.Energy.Try(ctx, web.Who(ctx), in.Body)
			return &baselineOut{b}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/energy/{id}/baselines", ID: "save-energy-baseline", Summary: "Make a baseline and keep it as the next revision of its code; rev is the one that was seen", Tag: "energy", Needs: access.Engineer, Status: http.StatusCreated},
		func(ctx context.Context, in *struct {
			EnergyAt
			Body energy.Ask
		},
		) (*baselineOut, error) {
			in.Body.Place = in.ID
			b, err := r.Energy.SaveBaseline(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "energy.baseline", b.Path+" "+b.Code, nil, b.Ask)
			}
			return &baselineOut{b}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/energy/{id}/baselines/{code}", ID: "energy-baseline-revisions", Summary: "All revisions of a baseline, newest first", Tag: "energy", Needs: access.Read},
		func(ctx context.Context, in *struct {
			EnergyAt
			Code string `path:"code" maxLength:"40"`
		},
		) (*web.ListOut[energy.Baseline], error) {
			all, err := r.Energy.BaselineRevisions(ctx, web.Who(ctx).Scope, in.ID, in.Code)
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/energy/{id}/baselines/{code}/report", ID: "energy-saving", Summary: "What was saved since a baseline, with its uncertainty, CUSUM, performance indicator, and a lasting change if there is one", Tag: "energy", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			EnergyAt
			Code       string    `path:"code" maxLength:"40"`
			Rev        int64     `query:"rev" minimum:"0" doc:"Revision of the baseline; 0 is the newest"`
			From       time.Time `query:"from" doc:"First instant; the end of the baseline's own time without"`
			To         time.Time `query:"to" doc:"First instant no longer in it; now without"`
			Confidence float64   `query:"confidence" minimum:"0.5" maximum:"0.999" default:"0.9"`
		},
		) (*struct{ Body energy.Report }, error) {
			from, to := plant.Instant(0), plant.Instant(0)
			if !in.From.IsZero() {
				from = plant.InstantOf(in.From)
			}
			if !in.To.IsZero() {
				to = plant.InstantOf(in.To)
			}
			rep, err := r.Energy.Report(ctx, web.Who(ctx).Scope, in.ID, in.Code, in.Rev, from, to, in.Confidence)
			return &struct{ Body energy.Report }{rep}, err
		})
}

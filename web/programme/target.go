package programme

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"zhigai/access"
	"zhigai/programme/target"
	"zhigai/web"
)

// About is what a question about targets names.
type About struct {
	Region string `query:"region" pattern:"^[0-9]{0,6}$" doc:"Beginning of a division code: 33, 3306, 330624"`
	Sector string `query:"sector" pattern:"^([A-T][0-9]{0,4})?$" doc:"Beginning of a class of GB/T 4754 with its section: C, C34, C3451"`
	Year   int    `query:"year" minimum:"1949" maximum:"2100" required:"true"`
	Base   int    `query:"base" minimum:"0" maximum:"2100" doc:"Year that growth is counted from; left out: the one that is set"`
}

func (a About) question(ctx context.Context) target.Question {
	return target.Question{Region: a.Region, Sector: a.Sector, Year: a.Year, Base: a.Base, Areas: web.Who(ctx).Areas(access.ReadFirms)}
}

// FiguresState tells whether figures are still what they were.
type FiguresState struct {
	State string `json:"state" doc:"Empty on a node that only answers: it does not tell"`
}

// Policies are the texts and indicators that targets refer to.
type Policies struct {
	Policies   []target.Policy     `json:"policies" nullable:"false"`
	Indicators []*target.Indicator `json:"indicators" nullable:"false"`
}

type settingsOut struct {
	ETag string `header:"ETag"`
	Body target.Settings
}

func (r *rooms) registerTargets() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/targets", ID: "targets", Summary: "Targets of the policy with their values for a region and a year", Tag: "programme", Needs: access.ReadFirms, Heavy: true},
		func(ctx context.Context, in *About) (*web.ListOut[target.Row], error) {
			rows, err := r.Targets.Overview(ctx, web.Who(ctx).Scope.Tenant, in.question(ctx))
			return web.NewList(rows, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/indicators-state", ID: "indicators-state", Summary: "A word that is another one when figures of targets may be others: ask it often and them when it changed", Tag: "programme", Needs: access.ReadFirms},
		func(ctx context.Context, in *About) (*struct{ Body FiguresState }, error) {
			state, err := r.Targets.State(ctx, web.Who(ctx).Scope.Tenant, in.question(ctx))
			return &struct{ Body FiguresState }{FiguresState{state}}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/indicators/{id}", ID: "indicator", Summary: "One indicator with its terms by county", Tag: "programme", Needs: access.ReadFirms, Heavy: true},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"100"`
			About
		},
		) (*struct{ Body target.Result }, error) {
			out, err := r.Targets.Result(ctx, web.Who(ctx).Scope.Tenant, in.ID, in.question(ctx))
			return &struct{ Body target.Result }{out}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/indicators/{id}/breakdown", ID: "indicator-breakdown", Summary: "What an indicator is made of one level below the region: cities, counties, firms and entries; their terms add up to the whole's", Tag: "programme", Needs: access.ReadFirms, Heavy: true},
		func(ctx context.Context, in *struct {
			ID       string `path:"id" maxLength:"100"`
			Counties bool   `query:"counties" doc:"Counties whatever lies between"`
			About
		},
		) (*struct{ Body target.Breakdown }, error) {
			out, err := r.Targets.Breakdown(ctx, web.Who(ctx).Scope.Tenant, in.ID, in.question(ctx), in.Counties)
			return &struct{ Body target.Breakdown }{out}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/indicators/{id}/trend", ID: "indicator-trend", Summary: "An indicator year by year, by the facts that are known today", Tag: "programme", Needs: access.ReadFirms, Heavy: true},
		func(ctx context.Context, in *struct {
			ID    string `path:"id" maxLength:"100"`
			First int    `query:"first" minimum:"1949" maximum:"2100" required:"true" doc:"First year; at most 12"`
			About
		},
		) (*web.ListOut[target.Point], error) {
			out, err := r.Targets.Trend(ctx, web.Who(ctx).Scope.Tenant, in.ID, in.question(ctx), in.First)
			return web.NewList(out, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/firms/{id}/indicators", ID: "firm-indicators", Summary: "The indicators that a firm is counted in, with what it adds to each", Tag: "programme", Needs: access.ReadFirms, Heavy: true},
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"60"`
			Year int    `query:"year" minimum:"1949" maximum:"2100" required:"true"`
		},
		) (*web.ListOut[target.Contribution], error) {
			out, err := r.Targets.Contributions(ctx, web.Who(ctx).Scope.Tenant, in.ID, About{Year: in.Year}.question(ctx))
			return web.NewList(out, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/policies", ID: "policies", Summary: "The policies' texts and what each indicator is", Tag: "programme", Needs: access.ReadFirms},
		func(context.Context, *struct{}) (*struct{ Body Policies }, error) {
			return &struct{ Body Policies }{Policies{Policies: r.Targets.Book.Policies, Indicators: r.Targets.Book.Indicators()}}, nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/target-settings", ID: "target-settings", Summary: "What the policy leaves open: incentive counties, base year, paths", Tag: "programme", Needs: access.ReadFirms},
		func(ctx context.Context, _ *struct{}) (*settingsOut, error) {
			s, err := r.Targets.Store.Settings(ctx, web.Who(ctx).Scope.Tenant)
			return &settingsOut{ETag: web.ETag(s.Rev), Body: s}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/target-settings/history", ID: "target-settings-history", Summary: "Every revision of what the policy leaves open, newest first", Tag: "programme", Needs: access.ReadFirms},
		func(ctx context.Context, _ *struct{}) (*web.ListOut[target.SettingsChange], error) {
			out, err := r.Targets.Store.SettingsHistory(ctx, web.Who(ctx).Scope.Tenant)
			return web.NewList(out, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: "/target-settings", ID: "save-target-settings", Summary: "Set incentive counties, base year and paths", Tag: "programme", Needs: access.KeepFirms},
		func(ctx context.Context, in *struct {
			IfMatch string `header:"If-Match" required:"true" doc:"rev of the settings you changed; \"0\" when there are none"`
			Body    target.Settings
		},
		) (*settingsOut, error) {
			// They change the figures of every region.
			if !slices.Contains(web.Who(ctx).Areas(access.KeepFirms), access.Area{}) {
				return nil, fmt.Errorf("%w: this concerns every region; yours is a part", access.ErrForbidden)
			}
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			tenant := web.Who(ctx).Scope.Tenant
			was, err := r.Targets.Store.Settings(ctx, tenant)
			if err != nil {
				return nil, err
			}
			in.Body.Rev = rev
			saved, err := r.Targets.SaveSettings(access.With(ctx, web.Who(ctx)), tenant, in.Body)
			if err != nil {
				return nil, err
			}
			return &settingsOut{ETag: web.ETag(saved.Rev), Body: saved}, r.api.Audit(ctx, "target.settings", "targets", was, saved)
		})
}

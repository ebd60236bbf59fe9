package programme

import (
	"context"
	"net/http"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/evaluation/benchmark"
	"zhigai/web"
)

// NewIssue is what is published.
type NewIssue struct {
	Measure string `json:"measure" minLength:"1" maxLength:"60"`
	Year    int    `json:"year" minimum:"1990" maximum:"2100"`
	Least   int    `json:"least,omitempty" minimum:"0" maximum:"1000" doc:"k: a group of fewer firms is suppressed; the rule's when left out, never less"`
}

func (r *rooms) registerBenchmarks() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/benchmarks", ID: "benchmarks", Summary: "Quantiles of a measure in a group of firms and the groups that divide it, as published; a firm's own place beside", Tag: "evaluation", Needs: access.ReadFirms, Public: true},
		func(ctx context.Context, in *struct {
			Measure string `query:"measure" required:"true" minLength:"1" maxLength:"60"`
			Year    int    `query:"year" minimum:"1990" maximum:"2100" required:"true"`
			Region  string `query:"region" pattern:"^([0-9]{2}){0,3}$" doc:"Beginning of a division code: 33, 3306, 330624"`
			Sector  string `query:"sector" pattern:"^([A-T]([0-9]{2,4})?)?$" doc:"Beginning of a class with its section: C, C34, C345"`
			By      string `query:"by" enum:"region,sector" default:"region" doc:"What the group is divided by"`
			Firm    string `query:"firm" maxLength:"60" doc:"Id of the firm whose own place is wanted"`
		},
		) (*struct{ Body benchmark.Answer }, error) {
			out, err := r.Benchmarks.Look(ctx, web.Who(ctx), benchmark.Question{Measure: in.Measure, Year: in.Year, Region: plant.RegionPrefix(in.Region), Sector: in.Sector, By: in.By, Firm: in.Firm})
			return &struct{ Body benchmark.Answer }{out}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/benchmark-issues", ID: "benchmark-issues", Summary: "What was published, newest first", Tag: "evaluation", Needs: access.ReadFirms},
		func(ctx context.Context, in *struct {
			Measure string `query:"measure" maxLength:"60"`
			Year    int    `query:"year" minimum:"0" maximum:"2100"`
			Limit   int    `query:"limit" minimum:"1" maximum:"1000" default:"200"`
		},
		) (*web.ListOut[benchmark.Issue], error) {
			out, err := r.Benchmarks.Issues(ctx, web.Who(ctx), in.Measure, in.Year, in.Limit)
			return web.NewList(out, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/benchmark-issues", ID: "publish-benchmark", Summary: "Publish a measure's groups for a year; only for those who keep all firms", Tag: "evaluation", Needs: access.KeepFirms, Status: http.StatusCreated, Heavy: true},
		func(ctx context.Context, in *struct{ Body NewIssue }) (*struct{ Body benchmark.Issue }, error) {
			who := web.Who(ctx)
			out, err := r.Benchmarks.Publish(access.With(ctx, who), who, in.Body.Measure, in.Body.Year, in.Body.Least)
			if err != nil {
				return nil, err
			}
			return &struct{ Body benchmark.Issue }{out}, r.api.Audit(ctx, "benchmark.publish", out.Measure, nil, out)
		})
}

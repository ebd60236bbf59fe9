package shop

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"zhigai/access"
	"zhigai/shop/acceptance"
	"zhigai/shop/acceptance/paper"
	"zhigai/web"
)

// Acceptance is what the API asks of the desk of acceptance reports.
type Acceptance interface {
	Start(who access.Principal, q acceptance.Question) (acceptance.Job, error)
	Check(ctx context.Context, who access.Principal, id string) (acceptance.Job, error)
	Jobs(scope access.Scope) []acceptance.Job
	Cancel(scope access.Scope, id string) error
	Reports(ctx context.Context, scope access.Scope) ([]acceptance.Head, error)
	Report(ctx context.Context, scope access.Scope, id string) (acceptance.Report, error)
}

// AcceptanceReport is a report with its data.
type AcceptanceReport struct {
	acceptance.Head
	Content acceptance.Content `json:"content"`
}

type newReport struct {
	From     time.Time            `json:"from"`
	To       time.Time            `json:"to" doc:"First instant no longer in the report; not in the future"`
	Places   []string             `json:"places,omitempty" maxItems:"50" nullable:"false" doc:"Paths of the plant; all of your scope when left out"`
	Criteria *acceptance.Criteria `json:"criteria,omitempty" doc:"What a machine must reach; the usual ones when left out"`
}

func (r *rooms) registerAcceptance() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/acceptance-defaults", ID: "acceptance-defaults", Summary: "The usual criteria of an acceptance report", Tag: "acceptance", Needs: access.Read},
		func(context.Context, *struct{}) (*struct{ Body acceptance.Criteria }, error) {
			return &struct{ Body acceptance.Criteria }{acceptance.DefaultCriteria()}, nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/acceptance-reports", ID: "make-acceptance-report", Summary: "Begin to make an acceptance report", Tag: "acceptance", Needs: access.Engineer, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body newReport }) (*struct{ Body acceptance.Job }, error) {
			return r.makeReport(ctx, in.Body)
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/acceptance-reports/{id}/check", ID: "check-acceptance-report", Summary: "Make a report again from the facts; what came later makes a new revision", Tag: "acceptance", Needs: access.Engineer, Status: http.StatusCreated},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"60"`
		},
		) (*struct{ Body acceptance.Job }, error) {
			job, err := r.Acceptance.Check(ctx, web.Who(ctx), in.ID)
			if err != nil {
				return nil, err
			}
			return &struct{ Body acceptance.Job }{job}, r.api.Audit(ctx, "acceptance.check", in.ID, nil, nil)
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/acceptance-jobs", ID: "acceptance-jobs", Summary: "Reports that are being made, and how far they are; newest first", Tag: "acceptance", Needs: access.Read},
		func(ctx context.Context, _ *struct{}) (*web.ListOut[acceptance.Job], error) {
			return web.NewList(r.Acceptance.Jobs(web.Who(ctx).Scope), ""), nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodDelete, Path: "/acceptance-jobs/{id}", ID: "cancel-acceptance-job", Summary: "End the making of a report; nothing of it is kept", Tag: "acceptance", Needs: access.Engineer, Status: http.StatusNoContent},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"60"`
		},
		) (*struct{}, error) {
			return nil, r.Acceptance.Cancel(web.Who(ctx).Scope, in.ID)
		})
	r.registerReports()
}

func (r *rooms) makeReport(ctx context.Context, in newReport) (*struct{ Body acceptance.Job }, error) {
	q := acceptance.Question{From: in.From, To: in.To, Places: in.Places, Criteria: acceptance.DefaultCriteria()}
	if in.Criteria != nil {
		q.Criteria = *in.Criteria
	}
	for _, p := range in.Places {
		if _, err := web.ScopeOf(ctx, p); err != nil {
			return nil, err
		}
	}
	if len(q.Places) == 0 && web.Who(ctx).Scope.Path == "" {
		m, err := r.Plants.Model(ctx, web.Who(ctx).Scope, micros(in.To))
		if err != nil {
			return nil, err
		}
		for _, n := range m.Nodes {
			if n.Parent == "" {
				q.Places = append(q.Places, n.Path)
			}
		}
	}
	job, err := r.Acceptance.Start(web.Who(ctx), q)
	if err != nil {
		return nil, err
	}
	return &struct{ Body acceptance.Job }{job}, r.api.Audit(ctx, "acceptance.make", job.ID, nil, job.Question)
}

func (r *rooms) registerReports() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/acceptance-reports", ID: "acceptance-reports", Summary: "Acceptance reports, newest first", Tag: "acceptance", Needs: access.Read},
		func(ctx context.Context, _ *struct{}) (*web.ListOut[acceptance.Head], error) {
			out, err := r.Acceptance.Reports(ctx, web.Who(ctx).Scope)
			return web.NewList(out, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/acceptance-reports/{id}", ID: "acceptance-report", Summary: "One acceptance report with its data", Tag: "acceptance", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"60"`
		},
		) (*struct{ Body AcceptanceReport }, error) {
			out, err := r.Acceptance.Report(ctx, web.Who(ctx).Scope, in.ID)
			if err != nil {
				return nil, err
			}
			return &struct{ Body AcceptanceReport }{AcceptanceReport{out.Head, out.Content}}, nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/acceptance-reports/{id}/file", ID: "acceptance-report-file", Summary: "The report as a file: PDF to sign, CSV, or the very bytes that were hashed", Tag: "acceptance", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			ID     string `path:"id" maxLength:"60"`
			Format string `query:"format" enum:"pdf,csv,json" default:"pdf"`
		},
		) (*huma.StreamResponse, error) {
			out, err := r.Acceptance.Report(ctx, web.Who(ctx).Scope, in.ID)
			if err != nil {
				return nil, err
			}
			return reportFile(out, in.Format)
		})
}

func reportFile(report acceptance.Report, format string) (*huma.StreamResponse, error) {
	raw, kind := report.Raw, "application/json"
	switch format {
	case "csv":
		var b bytes.Buffer
		if err := report.Content.WriteCSV(&b); err != nil {
			return nil, err
		}
		raw, kind = b.Bytes(), "text/csv; charset=utf-8"
	case "pdf":
		var b bytes.Buffer
		if err := paper.Write(&b, report); err != nil {
			return nil, err
		}
		raw, kind = b.Bytes(), "application/pdf"
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		hctx.SetHeader("Content-Type", kind)
		hctx.SetHeader("Content-Length", strconv.Itoa(len(raw)))
		hctx.SetHeader("Content-Disposition", `attachment; filename="acceptance-`+report.ID+"."+format+`"`)
		_, _ = hctx.BodyWriter().Write(raw) // the client went away: nothing to do
	}}, nil
}

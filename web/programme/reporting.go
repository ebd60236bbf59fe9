package programme

import (
	"bytes"
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"zhigai/access"
	"zhigai/programme/reporting"
	"zhigai/programme/reporting/form"
	"zhigai/web"
)

// ReportID names a report: its period and the code of its region.
type ReportID struct {
	ID string `path:"id" maxLength:"40" doc:"Period and division: 2022-05.330624"`
}

// ReportPeriod names a period.
type ReportPeriod struct {
	Period string `query:"period" required:"true" pattern:"^[0-9]{4}(-(Q[1-4]|(0[1-9]|1[0-2])))?$" doc:"2022-05, 2022-Q2 or 2022"`
}

// FreezeReports names whose figures are frozen.
type FreezeReports struct {
	Period string `json:"period" pattern:"^[0-9]{4}(-(Q[1-4]|(0[1-9]|1[0-2])))?$" doc:"2022-05, 2022-Q2 or 2022; it must be over"`
	Region string `json:"region" pattern:"^[0-9]{6}$" doc:"Code of a province, city or county"`
	Below  bool   `json:"below,omitempty" doc:"And those of every city and county in it"`
}

// ReportStep is what somebody does to a report.
type ReportStep struct {
	What  reporting.What `json:"what" enum:"submit,return,explain,approve,revise,decline,remind,answer"`
	Words string         `json:"words,omitempty" maxLength:"8000" doc:"The question, the reason, the answer"`
}

type reportOut struct {
	ETag string `header:"ETag"`
	Body reporting.Head
}

func (r *rooms) registerReports() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/report-calendar", ID: "report-calendar", Summary: "When reports are due, and the newest periods that are over", Tag: "reporting", Needs: access.ReadFirms},
		func(context.Context, *struct{}) (*struct{ Body ReportCalendar }, error) {
			return &struct{ Body ReportCalendar }{ReportCalendar{Calendar: r.Reporting.Calendar, Periods: periods(r)}}, nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/reports", ID: "reports", Summary: "Reports of a period, of every region that is wholly yours to see", Tag: "reporting", Needs: access.ReadFirms},
		func(ctx context.Context, in *ReportPeriod) (*web.ListOut[reporting.Line], error) {
			out, err := r.Reporting.List(ctx, web.Who(ctx), in.Period)
			return web.NewList(out, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/report-dues", ID: "report-dues", Summary: "What is due, late or reminded of, the latest first", Tag: "reporting", Needs: access.ReadFirms},
		func(ctx context.Context, _ *struct{}) (*web.ListOut[reporting.Line], error) {
			out, err := r.Reporting.Dues(ctx, web.Who(ctx))
			return web.NewList(out, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/reports", ID: "freeze-reports", Summary: "Freeze the figures of a region for a period that is over", Tag: "reporting", Needs: access.ReportFirms, Status: http.StatusCreated, Heavy: true},
		func(ctx context.Context, in *struct{ Body FreezeReports }) (*struct{ Body reporting.Froze }, error) {
			out, err := r.Reporting.FreezeAll(ctx, web.Who(ctx), in.Body.Period, in.Body.Region, in.Body.Below)
			if err != nil {
				return nil, err
			}
			return &struct{ Body reporting.Froze }{out}, r.api.Audit(ctx, "report.freeze", reporting.IDOf(in.Body.Period, in.Body.Region), nil, map[string]any{"below": in.Body.Below, "frozen": len(out.Reports), "stood": out.Stood})
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/reports/{id}", ID: "report", Summary: "One report: as reported and as computed now, side by side, with its steps and what the level below says", Tag: "reporting", Needs: access.ReadFirms, Heavy: true},
		func(ctx context.Context, in *struct {
			ReportID
			Revision int `query:"revision" minimum:"0" doc:"Of the values; the newest when left out"`
		},
		) (*struct {
			ETag string `header:"ETag"`
			Body reporting.View
		}, error,
		) {
			v, err := r.Reporting.View(ctx, web.Who(ctx), in.ID, in.Revision)
			return &struct {
				ETag string `header:"ETag"`
				Body reporting.View
			}{web.ETag(v.Rev), v}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/reports/{id}/steps", ID: "step-report", Summary: "Hand in, return, explain, approve, revise, let stand, remind or answer; a step is never taken back", Tag: "reporting", Needs: access.ReportFirms, Heavy: true},
		func(ctx context.Context, in *struct {
			ReportID
			IfMatch string `header:"If-Match" required:"true" doc:"rev of the report you saw"`
			Body    ReportStep
		},
		) (*reportOut, error) {
			seen, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			h, err := r.Reporting.Do(ctx, web.Who(ctx), in.ID, seen, in.Body.What, in.Body.Words)
			if err != nil {
				return nil, err
			}
			return &reportOut{web.ETag(h.Rev), h}, r.api.Audit(ctx, "report."+string(in.Body.What), h.ID, nil, map[string]any{"state": h.State, "revision": h.Revision, "words": in.Body.Words})
		})
}

// ReportCalendar is the calendar with periods to choose from.
type ReportCalendar struct {
	reporting.Calendar
	Periods []reporting.Period `json:"periods" nullable:"false"`
}

// Periods that are offered: two years of months, quarters and the policy's years.
const offeredMonths, offeredQuarters, offeredYears = 24, 8, 8

func periods(r *rooms) []reporting.Period {
	return reporting.Ended(r.api.Now(), offeredMonths, offeredQuarters, offeredYears)
}

func (r *rooms) registerReportTables() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/report-scores", ID: "report-scores", Summary: "Score cards of the incentive counties for a period", Tag: "reporting", Needs: access.ReadFirms},
		func(ctx context.Context, in *ReportPeriod) (*struct{ Body reporting.Scores }, error) {
			out, err := r.Reporting.Scores(ctx, web.Who(ctx), in.Period)
			return &struct{ Body reporting.Scores }{out}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/report-comparison", ID: "report-comparison", Summary: "Cities side by side for an indicator: rank, change since the period before, against the path", Tag: "reporting", Needs: access.ReadFirms},
		func(ctx context.Context, in *struct {
			ReportPeriod
			Indicator string `query:"indicator" required:"true" maxLength:"100"`
		},
		) (*struct{ Body reporting.Comparison }, error) {
			if _, err := r.Targets.Book.Indicator(in.Indicator); err != nil {
				return nil, err
			}
			out, err := r.Reporting.Compare(ctx, web.Who(ctx), in.Period, in.Indicator)
			return &struct{ Body reporting.Comparison }{out}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/reports/{id}/file", ID: "report-file", Summary: "The report as an Excel workbook or a PDF", Tag: "reporting", Needs: access.ReadFirms, Heavy: true},
		func(ctx context.Context, in *struct {
			ReportID
			Format   string `query:"format" enum:"xlsx,pdf" default:"xlsx"`
			Revision int    `query:"revision" minimum:"0"`
		},
		) (*huma.StreamResponse, error) {
			v, err := r.Reporting.View(ctx, web.Who(ctx), in.ID, in.Revision)
			if err != nil {
				return nil, err
			}
			var b bytes.Buffer
			kind := "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
			if in.Format == "pdf" {
				kind = "application/pdf"
				err = form.PDF(&b, v, r.api.Now())
			} else {
				err = form.Excel(&b, v, r.api.Now())
			}
			return download("报表-"+v.ID+"."+in.Format, kind, b.Bytes()), err
		})
}

package programme

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"zhigai/access"
	"zhigai/programme/target"
	"zhigai/programme/target/ledger"
	"zhigai/web"
)

// YearFilter narrows the list of returns.
type YearFilter struct {
	Firm   string `query:"firm" maxLength:"60" doc:"Id of a firm"`
	Region string `query:"region" pattern:"^[0-9]{0,6}$" doc:"Beginning of a division code"`
	Year   int    `query:"year" minimum:"0" maximum:"2100"`
	Basis  string `query:"basis" enum:"audited,declared," doc:"Years with a value that is founded so"`
	Q      string `query:"q" maxLength:"100" doc:"Part of the firm's name or code"`
}

func (f YearFilter) filter() ledger.Filter {
	return ledger.Filter{Firm: f.Firm, Region: f.Region, Year: f.Year, Basis: target.Basis(f.Basis), Text: f.Q}
}

// FirmYearIn are values of a firm's year that are to be kept together.
type FirmYearIn struct {
	Firm   string        `json:"firm" minLength:"1" maxLength:"60"`
	Year   int           `json:"year"`
	Basis  target.Basis  `json:"basis" enum:"audited,declared"`
	Values []FirmValueIn `json:"values" nullable:"false" minItems:"1" maxItems:"40"`
}

// FirmValueIn is one of them.
type FirmValueIn struct {
	Name  string `json:"name" maxLength:"60"`
	Value int64  `json:"value" doc:"Money in fen"`
	Void  bool   `json:"void,omitempty" doc:"Takes it back"`
	Rev   int64  `json:"rev" doc:"Revision that was read; 0 for a value that was not there"`
}

func (r *rooms) registerFirmYears() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/firm-years", ID: "firm-years", Summary: "What firms returned, a row for each firm and year; newest year first", Tag: "programme", Needs: access.ReadFirms},
		func(ctx context.Context, in *struct {
			web.Paging
			YearFilter
		},
		) (*web.ListOut[ledger.FirmYear], error) {
			after, err := in.After()
			if err != nil {
				return nil, err
			}
			who := web.Who(ctx)
			rows, err := r.Ledgers.Store.FirmYears(ctx, who.Scope.Tenant, who.Areas(access.ReadFirms), in.filter(), after, in.Limit+1)
			if err != nil || len(rows) <= in.Limit {
				return web.NewList(rows, ""), err
			}
			rows = rows[:in.Limit]
			return web.NewList(rows, web.CursorOf(ledger.YearKey(rows[in.Limit-1]))), nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: "/firm-years", ID: "save-firm-year", Summary: "Enter, correct or take back values of a firm's year, all or none", Tag: "programme", Needs: access.KeepFirms},
		func(ctx context.Context, in *struct{ Body FirmYearIn }) (*web.ListOut[target.Return], error) {
			who, b := web.Who(ctx), in.Body
			fresh := make([]target.Return, len(b.Values))
			for i, v := range b.Values {
				fresh[i] = target.Return{Firm: b.Firm, Year: b.Year, Name: v.Name, Value: v.Value, Basis: b.Basis, Void: v.Void, Rev: v.Rev}
			}
			if err := r.Ledgers.SaveYear(access.With(ctx, who), who.Scope.Tenant, who.Areas(access.KeepFirms), fresh); err != nil {
				return nil, err
			}
			own, err := r.Targets.Registers.Returns(ctx, who.Scope.Tenant, b.Firm)
			if err != nil {
				return nil, err
			}
			return web.NewList(own, ""), r.api.Audit(ctx, "return.save", b.Firm, nil, b)
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/firm-years/history", ID: "firm-year-history", Summary: "Every revision of every value of a firm's year, oldest first", Tag: "programme", Needs: access.ReadFirms},
		func(ctx context.Context, in *struct {
			Firm string `query:"firm" required:"true" maxLength:"60" doc:"Id of the firm"`
			Year int    `query:"year" required:"true" minimum:"1949" maximum:"2100"`
		},
		) (*web.ListOut[target.Return], error) {
			who := web.Who(ctx)
			if _, _, err := r.Targets.Seats.Seat(ctx, who.Scope.Tenant, who.Areas(access.ReadFirms), in.Firm); err != nil {
				return nil, err
			}
			out, err := r.Ledgers.Store.ReturnHistory(ctx, who.Scope.Tenant, in.Firm, in.Year)
			return web.NewList(out, ""), err
		})
}

// LedgerName names one of the lists that sheets are of.
type LedgerName struct {
	Ledger string `path:"ledger" enum:"robots,returns"`
}

func (r *rooms) registerLedgers() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/ledgers/{ledger}/template", ID: "ledger-template", Summary: "An Excel sheet for many robots or returns, with an example", Tag: "programme", Needs: access.KeepFirms},
		func(_ context.Context, in *LedgerName) (*huma.StreamResponse, error) {
			var b bytes.Buffer
			err := ledger.Template(ledger.List(in.Ledger), r.api.Now(), &b)
			return sheetFile(in.Ledger+"-template.xlsx", b.Bytes()), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/ledgers/{ledger}/export", ID: "export-ledger", Summary: "Robots or returns as a sheet that an import takes", Tag: "programme", Needs: access.ReadFirms, Heavy: true},
		func(ctx context.Context, in *struct {
			LedgerName
			YearFilter
			Format string `query:"format" enum:"xlsx,csv" default:"xlsx"`
		},
		) (*huma.StreamResponse, error) {
			return r.exportLedger(ctx, ledger.List(in.Ledger), in.YearFilter, in.Format)
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/ledgers/{ledger}/check", ID: "check-ledger", Summary: "What becomes of each row of a sheet (.xlsx or .csv), and what is wrong with its cells; nothing is stored", Tag: "programme", Needs: access.KeepFirms, Heavy: true, MaxBody: ledger.MaxBytes},
		func(ctx context.Context, in *struct {
			LedgerName
			File    string `query:"file" maxLength:"255" doc:"Name of the file"`
			RawBody []byte `contentType:"application/octet-stream"`
		},
		) (*struct{ Body ledger.Plan }, error) {
			who := web.Who(ctx)
			p, err := r.Ledgers.Plan(ctx, who.Scope.Tenant, who.Areas(access.KeepFirms), ledger.List(in.Ledger), in.File, in.RawBody)
			return &struct{ Body ledger.Plan }{p}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/ledgers/{ledger}/apply", ID: "apply-ledger", Summary: "Store all rows of the sheet that was checked, or none", Tag: "programme", Needs: access.KeepFirms, Heavy: true, MaxBody: ledger.MaxBytes},
		func(ctx context.Context, in *struct {
			LedgerName
			File      string `query:"file" maxLength:"255" doc:"Name of the file"`
			Digest    string `query:"digest" required:"true" maxLength:"64" doc:"Of the check"`
			Confirmed bool   `query:"confirmed" doc:"The warnings were looked at"`
			RawBody   []byte `contentType:"application/octet-stream"`
		},
		) (*struct{ Body ledger.Plan }, error) {
			who := web.Who(ctx)
			p, err := r.Ledgers.Apply(access.With(ctx, who), who.Scope.Tenant, who.Areas(access.KeepFirms), ledger.List(in.Ledger), in.File, in.RawBody, in.Digest, in.Confirmed)
			if err != nil {
				return nil, err
			}
			return &struct{ Body ledger.Plan }{p}, r.api.Audit(ctx, "ledger.import", in.Ledger+"/"+strings.ToValidUTF8(in.File, "?"), nil, map[string]any{"digest": p.Digest, "counts": p.Counts})
		})
}

func (r *rooms) exportLedger(ctx context.Context, of ledger.List, f YearFilter, format string) (*huma.StreamResponse, error) {
	who := web.Who(ctx)
	areas := who.Areas(access.ReadFirms)
	if f.Firm != "" { // one that is not there is not found, and not in the audit
		if _, _, err := r.Targets.Seats.Seat(ctx, who.Scope.Tenant, areas, f.Firm); err != nil {
			return nil, err
		}
	}
	var b bytes.Buffer
	var err error
	switch of {
	case ledger.Robots:
		err = r.Ledgers.ExportRobots(ctx, who.Scope.Tenant, areas, target.Filter{Firm: f.Firm, Region: f.Region, Year: f.Year, Text: f.Q}, format == "xlsx", &b)
	case ledger.Returns:
		err = r.Ledgers.ExportReturns(ctx, who.Scope.Tenant, areas, f.filter(), format == "xlsx", &b)
	default:
		err = fmt.Errorf("%w: %q", ledger.ErrSheet, of)
	}
	if err != nil {
		return nil, err
	}
	return sheetFile(string(of)+"."+format, b.Bytes()), r.api.Audit(ctx, "ledger.export", string(of)+"."+format, nil, f)
}

package programme

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/enterprise"
	"zhigai/web"
)

// maxImports bounds the past imports that are listed.
const maxImports = 50

// SheetID names a list that was sent.
type SheetID struct {
	ID string `path:"id" maxLength:"60"`
}

func (r *rooms) registerSheets() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/firm-sheets/export", ID: "export-firms", Summary: "The firms of a list as a sheet that an import takes", Tag: "firms", Needs: access.ReadFirms, Heavy: true},
		func(ctx context.Context, in *struct {
			FirmFilter
			Format string `query:"format" enum:"xlsx,csv" default:"xlsx"`
		},
		) (*huma.StreamResponse, error) {
			return r.exportFirms(ctx, r.filterOf(in.FirmFilter), in.Format)
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/firm-sheets/template", ID: "firm-sheet-template", Summary: "An Excel sheet for many firms, with an example", Tag: "firms", Needs: access.KeepFirms},
		func(context.Context, *struct{}) (*huma.StreamResponse, error) {
			var b bytes.Buffer
			err := enterprise.Template(&b, r.api.Now().Year())
			return sheetFile("firms-template.xlsx", b.Bytes()), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/firm-sheets", ID: "send-firm-sheet", Summary: "Begin to read and check a list of firms (.xlsx or .csv); nothing is stored in the registry", Tag: "firms", Needs: access.KeepFirms, Status: http.StatusCreated, MaxBody: enterprise.MaxBytes},
		func(ctx context.Context, in *struct {
			File    string `query:"file" maxLength:"255" doc:"Name of the file"`
			Since   int64  `query:"since" doc:"From when on its firms are to hold, in µs; now when left out"`
			RawBody []byte `contentType:"application/octet-stream"`
		},
		) (*struct{ Body enterprise.Job }, error) {
			j, err := r.Sheets.Start(web.Who(ctx), in.File, in.RawBody, plant.Micros(in.Since))
			return &struct{ Body enterprise.Job }{j}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/firm-sheets/{id}", ID: "firm-sheet", Summary: "How far a list is, and how many rows are new, changed or wrong", Tag: "firms", Needs: access.KeepFirms},
		func(ctx context.Context, in *SheetID) (*struct{ Body enterprise.Job }, error) {
			j, err := r.Sheets.Job(web.Who(ctx), in.ID)
			return &struct{ Body enterprise.Job }{j}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/firm-sheets/{id}/rows", ID: "firm-sheet-rows", Summary: "What becomes of each row, and what is wrong with its cells", Tag: "firms", Needs: access.KeepFirms},
		func(ctx context.Context, in *struct {
			web.Paging
			SheetID
			Only string `query:"only" enum:"new,changed,unchanged,doubled,error,warned," doc:"Rows of one status, or with warnings"`
		},
		) (*web.ListOut[enterprise.Planned], error) {
			return r.sheetRows(ctx, in.Paging, in.ID, in.Only)
		})
	web.Handle(r.api, web.Op{Method: http.MethodDelete, Path: "/firm-sheets/{id}", ID: "drop-firm-sheet", Summary: "Forget a list that was sent", Tag: "firms", Needs: access.KeepFirms, Status: http.StatusNoContent},
		func(ctx context.Context, in *SheetID) (*struct{}, error) {
			return nil, r.Sheets.Drop(web.Who(ctx), in.ID)
		})
	r.registerImports()
}

func (r *rooms) registerImports() {
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/firm-sheets/{id}/apply", ID: "apply-firm-sheet", Summary: "Begin to store all rows of a checked list, or none", Tag: "firms", Needs: access.KeepFirms},
		func(ctx context.Context, in *struct {
			SheetID
			Body struct {
				Confirmed bool `json:"confirmed,omitempty" doc:"The warnings were looked at"`
			}
		},
		) (*struct{ Body enterprise.Job }, error) {
			aside := context.WithoutCancel(ctx) // of the request, which ends before
			j, err := r.Sheets.Apply(web.Who(ctx), in.ID, in.Body.Confirmed, func(_ context.Context, done enterprise.Imported) error {
				return r.api.Audit(aside, "firms.import", done.ID, nil, done)
			})
			return &struct{ Body enterprise.Job }{j}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/firm-imports", ID: "firm-imports", Summary: "The newest imports of firms; only for those who keep all firms", Tag: "firms", Needs: access.KeepFirms},
		func(ctx context.Context, _ *struct{}) (*web.ListOut[enterprise.Imported], error) {
			who := web.Who(ctx)
			all, err := r.Firms.Store.Imports(ctx, who.Scope.Tenant, maxImports)
			if err != nil {
				return nil, err
			}
			out := []enterprise.Imported{}
			for _, one := range all {
				if everything(who) || one.Who == who.User {
					out = append(out, one)
				}
			}
			return web.NewList(out, ""), nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/firm-imports/{id}/undo", ID: "undo-firm-import", Summary: "Take an import of firms back as a whole, as long as none of its firms was changed since", Tag: "firms", Needs: access.KeepFirms},
		func(ctx context.Context, in *SheetID) (*struct{ Body enterprise.Imported }, error) {
			done, err := r.undoImport(ctx, in.ID)
			return &struct{ Body enterprise.Imported }{done}, err
		})
}

// everything reports whether somebody keeps every firm.
func everything(who access.Principal) bool {
	return slices.Contains(who.Areas(access.KeepFirms), (access.Area{}))
}

func (r *rooms) undoImport(ctx context.Context, id string) (enterprise.Imported, error) {
	who := web.Who(ctx)
	all, err := r.Firms.Store.Imports(ctx, who.Scope.Tenant, maxImports)
	if err != nil {
		return enterprise.Imported{}, err
	}
	for _, one := range all {
		if one.ID != id || !everything(who) && one.Who != who.User {
			continue
		}
		done, err := r.Firms.Store.Undo(access.With(ctx, who), who.Scope.Tenant, id)
		if err != nil {
			return enterprise.Imported{}, err
		}
		return done, r.api.Audit(ctx, "firms.undo", id, nil, done)
	}
	return enterprise.Imported{}, web.NotFound("import %s is not among your newest %d", id, maxImports)
}

func (r *rooms) sheetRows(ctx context.Context, p web.Paging, id, only string) (*web.ListOut[enterprise.Planned], error) {
	key, err := p.After()
	if err != nil {
		return nil, err
	}
	after := 0
	if key != "" {
		if after, err = strconv.Atoi(key); err != nil {
			return nil, web.Invalid("query.cursor", "the cursor is not one that this list gave")
		}
	}
	rows, err := r.Sheets.Rows(web.Who(ctx), id, only, after, p.Limit+1)
	if err != nil || len(rows) <= p.Limit {
		return web.NewList(rows, ""), err
	}
	rows = rows[:p.Limit]
	return web.NewList(rows, web.CursorOf(strconv.Itoa(rows[p.Limit-1].Line))), nil
}

func (r *rooms) exportFirms(ctx context.Context, f enterprise.Filter, format string) (*huma.StreamResponse, error) {
	who := web.Who(ctx)
	var b bytes.Buffer
	if err := r.Firms.Export(ctx, who.Scope.Tenant, who.Areas(access.ReadFirms), f, format == "xlsx", &b); err != nil {
		return nil, err
	}
	if err := r.api.Audit(ctx, "firms.export", format, nil, f); err != nil && !errors.Is(err, context.Canceled) {
		return nil, err
	}
	return sheetFile("firms."+format, b.Bytes()), nil
}

func sheetFile(name string, raw []byte) *huma.StreamResponse {
	kind := "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	if name[len(name)-4:] == ".csv" {
		kind = "text/csv; charset=utf-8"
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		hctx.SetHeader("Content-Type", kind)
		hctx.SetHeader("Content-Length", strconv.Itoa(len(raw)))
		hctx.SetHeader("Content-Disposition", `attachment; filename="`+name+`"`)
		_, _ = hctx.BodyWriter().Write(raw) // the client went away: nothing to do
	}}
}

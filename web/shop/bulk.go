package shop

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/bulk"
	"zhigai/web"
)

// Bulk is what the API asks of machines by the sheet.
type Bulk interface {
	Plan(ctx context.Context, scope access.Scope, s bulk.Sheet, places bool, at plant.Micros) (bulk.Plan, error)
	Apply(ctx context.Context, scope access.Scope, s bulk.Sheet, places bool, revision string, at plant.Micros) (bulk.Applied, error)
	Undo(ctx context.Context, scope access.Scope, imported plant.Micros, nodes int, at plant.Micros) (int, error)
	Imports(ctx context.Context, scope access.Scope, at plant.Micros) ([]bulk.Import, error)
	Template(ctx context.Context, scope access.Scope, at plant.Micros) ([]byte, error)
	Export(ctx context.Context, scope access.Scope, at plant.Micros) ([]byte, error)
}

type sheetIn struct {
	Body struct {
		Sheet  bulk.Sheet `json:"sheet"`
		Places bool       `json:"places,omitempty" doc:"Create missing areas, lines and cells"`
	}
}

type applyIn struct {
	Body struct {
		Sheet    bulk.Sheet `json:"sheet"`
		Places   bool       `json:"places,omitempty" doc:"Create missing areas, lines and cells"`
		Revision string     `json:"revision" maxLength:"60" doc:"Of the preview"`
	}
}

type workbookOut struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

// Undone says how many machines and places an undo took back.
type Undone struct {
	Nodes int `json:"nodes"`
}

func (r *rooms) registerBulk() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/sheets/template", ID: "sheet-template", Summary: "An Excel sheet for many machines, with examples", Tag: "devices", Needs: access.Engineer},
		func(ctx context.Context, _ *struct{}) (*workbookOut, error) {
			raw, err := r.Bulk.Template(ctx, web.Who(ctx).Scope, r.nowMicros())
			return workbook("machines-template.xlsx", raw), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/sheets/machines", ID: "export-sheet", Summary: "The machines there are as such a sheet", Tag: "devices", Needs: access.Engineer},
		func(ctx context.Context, in *struct {
			Scope string `query:"scope" maxLength:"400" doc:"Path of the hierarchy; empty for all you may see"`
		},
		) (*workbookOut, error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			raw, err := r.Bulk.Export(ctx, scope, r.nowMicros())
			return workbook("machines.xlsx", raw), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/sheets/read", ID: "read-sheet", Summary: "Take an .xlsx or .csv file apart; nothing is stored", Tag: "devices", Needs: access.Engineer},
		func(_ context.Context, in *struct {
			File    string `query:"file" maxLength:"255" doc:"Name of the file"`
			RawBody []byte `contentType:"application/octet-stream"`
		},
		) (*struct{ Body bulk.Sheet }, error) {
			s, err := bulk.Read(in.File, in.RawBody)
			return &struct{ Body bulk.Sheet }{s}, sheetError(err)
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/sheets/preview", ID: "preview-sheet", Summary: "What each row of a sheet would do; nothing is stored", Tag: "devices", Needs: access.Engineer},
		func(ctx context.Context, in *sheetIn) (*struct{ Body bulk.Plan }, error) {
			p, err := r.Bulk.Plan(ctx, web.Who(ctx).Scope, in.Body.Sheet, in.Body.Places, r.nowMicros())
			return &struct{ Body bulk.Plan }{p}, sheetError(err)
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/sheets/apply", ID: "apply-sheet", Summary: "Make all machines of a sheet, or none", Tag: "devices", Needs: access.Engineer},
		func(ctx context.Context, in *applyIn) (*struct{ Body bulk.Applied }, error) {
			done, err := r.applySheet(ctx, in)
			return &struct{ Body bulk.Applied }{done}, sheetError(err)
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/sheets/imports", ID: "list-imports", Summary: "The newest imports, who made them and whether they can be taken back", Tag: "devices", Needs: access.Engineer},
		func(ctx context.Context, _ *struct{}) (*web.ListOut[bulk.Import], error) {
			all, err := r.Bulk.Imports(ctx, web.Who(ctx).Scope, r.nowMicros())
			return &web.ListOut[bulk.Import]{Body: web.List[bulk.Import]{Items: all}}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/sheets/undo", ID: "undo-sheet", Summary: "Take an import back that nobody edited since", Tag: "devices", Needs: access.Engineer},
		func(ctx context.Context, in *struct {
			Body struct {
				At    string `json:"at" pattern:"^[0-9]{1,18}$" doc:"As apply-sheet named the import"`
				Nodes int    `json:"nodes" minimum:"1" doc:"As apply-sheet counted"`
			}
		},
		) (*struct{ Body Undone }, error) {
			at, err := strconv.ParseInt(in.Body.At, 10, 64)
			if err != nil {
				return nil, web.Invalid("body.at", "%v", err)
			}
			n, err := r.Bulk.Undo(access.With(ctx, web.Who(ctx)), web.Who(ctx).Scope, plant.Micros(at), in.Body.Nodes, r.nowMicros())
			if err != nil {
				return nil, err
			}
			out := &struct{ Body Undone }{Undone{n}}
			if err := r.api.Audit(ctx, bulk.ActionUndo, bulk.Name(plant.Micros(at)), nil, out.Body); err != nil {
				return nil, err
			}
			return out, r.Changed(ctx)
		})
}

func (r *rooms) applySheet(ctx context.Context, in *applyIn) (bulk.Applied, error) {
	done, err := r.Bulk.Apply(access.With(ctx, web.Who(ctx)), web.Who(ctx).Scope, in.Body.Sheet, in.Body.Places, in.Body.Revision, r.nowMicros())
	if err != nil || done.Nodes == 0 {
		return done, err
	}
	if err := r.api.Audit(ctx, bulk.ActionImport, in.Body.Sheet.File, nil, done); err != nil {
		return done, err
	}
	return done, r.Changed(ctx)
}

func (r *rooms) nowMicros() plant.Micros { return plant.MicrosOf(r.api.Now()) }

func workbook(name string, raw []byte) *workbookOut {
	return &workbookOut{"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", `attachment; filename="` + name + `"`, raw}
}

// sheetError: a sheet that cannot be taken is the asker's to mend.
func sheetError(err error) error {
	if errors.Is(err, bulk.ErrSheet) {
		return web.Invalid("body", "%v", err)
	}
	return err
}

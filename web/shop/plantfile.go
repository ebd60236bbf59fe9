package shop

import (
	"context"
	"errors"
	"net/http"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/plant/file"
	"zhigai/web"
)

// Imported is what an import found, and did unless it was a dry run.
type Imported struct {
	Nodes     int            `json:"nodes"`
	Products  int            `json:"products"`
	Calendars int            `json:"calendars"`
	Done      bool           `json:"done"`
	Problems  []file.Problem `json:"problems" nullable:"false"`
}

func (r *rooms) registerPlantFile() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/plant", ID: "export-plant", Summary: "The plant as one YAML file", Tag: "plant", Needs: access.Read},
		func(ctx context.Context, in *scopeIn) (*struct {
			ContentType string `header:"Content-Type"`
			Disposition string `header:"Content-Disposition"`
			Body        []byte
		}, error,
		) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			m, err := r.Plants.Model(ctx, scope, plant.MicrosOf(r.api.Now()))
			return &struct {
				ContentType string `header:"Content-Type"`
				Disposition string `header:"Content-Disposition"`
				Body        []byte
			}{"application/yaml", `attachment; filename="plant.yaml"`, file.Write(m)}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/plant", ID: "import-plant", Summary: "Take a plant file over, or only look what is wrong with it", Tag: "plant", Needs: access.Engineer},
		func(ctx context.Context, in *struct {
			DryRun  bool   `query:"dry_run"`
			RawBody []byte `contentType:"application/yaml"`
		},
		) (*struct{ Body Imported }, error) {
			out, err := r.importPlant(ctx, in.RawBody, in.DryRun)
			return &struct{ Body Imported }{out}, err
		})
}

func (r *rooms) importPlant(ctx context.Context, src []byte, dry bool) (Imported, error) {
	scope := web.Who(ctx).Scope
	now := plant.MicrosOf(r.api.Now())
	existing, err := r.Plants.Model(ctx, scope, now)
	if err != nil {
		return Imported{}, err
	}
	out := Imported{Problems: []file.Problem{}}
	m, err := file.Read("plant.yaml", src, file.Options{Profiles: r.Profiles.IDs(), Existing: existing})
	var problems file.Problems
	if errors.As(err, &problems) {
		out.Problems = problems
		return out, nil
	}
	if err != nil {
		return out, err
	}
	out.Nodes, out.Products, out.Calendars = len(m.Nodes), len(m.Products), len(m.Calendars)
	if dry {
		return out, nil
	}
	if err := r.Plants.Import(access.With(ctx, web.Who(ctx)), scope, m, now); err != nil {
		return out, err
	}
	if err := r.api.Audit(ctx, "plant.import", scope.Path, nil, out); err != nil {
		return out, err
	}
	out.Done = true
	return out, r.Changed(ctx)
}

func (r *rooms) registerCalendars() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/calendars", ID: "calendars", Summary: "Calendars with shifts, breaks and holidays", Tag: "plant", Needs: access.Read},
		func(ctx context.Context, in *scopeIn) (*web.ListOut[plant.Calendar], error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			m, err := r.Plants.Model(ctx, scope, plant.MicrosOf(r.api.Now()))
			return web.NewList(m.Calendars, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: "/calendars/{code}", ID: "save-calendar", Summary: "Change or add a calendar, from now on", Tag: "plant", Needs: access.Engineer, Whole: true},
		func(ctx context.Context, in *struct {
			Code string `path:"code" pattern:"^[a-z0-9][a-z0-9_-]{0,62}$"`
			Body plant.Calendar
		},
		) (*struct{ Body plant.Calendar }, error) {
			c := in.Body
			c.Code = in.Code
			if err := c.Check(); err != nil {
				return nil, web.Invalid("body", "%v", err)
			}
			if err := r.Plants.SaveCalendar(access.With(ctx, web.Who(ctx)), web.Who(ctx).Scope, c, plant.MicrosOf(r.api.Now())); err != nil {
				return nil, err
			}
			if err := r.api.Audit(ctx, "calendar.save", c.Code, nil, c); err != nil {
				return nil, err
			}
			return &struct{ Body plant.Calendar }{c}, r.Changed(ctx)
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/products", ID: "products", Summary: "What is made", Tag: "plant", Needs: access.Read},
		func(ctx context.Context, in *scopeIn) (*web.ListOut[plant.Product], error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			m, err := r.Plants.Model(ctx, scope, plant.MicrosOf(r.api.Now()))
			return web.NewList(m.Products, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: "/products/{code}", ID: "save-product", Summary: "Change or add a product", Tag: "plant", Needs: access.Engineer, Whole: true},
		func(ctx context.Context, in *struct {
			Code string `path:"code" pattern:"^[A-Za-z0-9][A-Za-z0-9_./-]{0,62}$"`
			Body plant.Product
		},
		) (*struct{ Body plant.Product }, error) {
			p := in.Body
			p.Code = in.Code
			if err := r.Plants.SaveProduct(access.With(ctx, web.Who(ctx)), web.Who(ctx).Scope, p); err != nil {
				return nil, err
			}
			if err := r.api.Audit(ctx, "product.save", p.Code, nil, p); err != nil {
				return nil, err
			}
			return &struct{ Body plant.Product }{p}, r.Changed(ctx)
		})
}

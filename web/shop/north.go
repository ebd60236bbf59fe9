package shop

import (
	"context"
	"net/http"

	"zhigai/access"
	"zhigai/north"
	"zhigai/plant"
	"zhigai/web"
)

// North is what the API asks of what goes to foreign brokers.
type North interface {
	List(ctx context.Context, tenant plant.TenantNo) ([]north.Row, error)
	Save(ctx context.Context, tenant plant.TenantNo, t north.Target, rev int64) (north.Target, error)
	Drop(ctx context.Context, tenant plant.TenantNo, id string, rev int64) error
	Test(ctx context.Context, tenant plant.TenantNo, t north.Target) error
}

type targetOut struct {
	ETag string `header:"ETag"`
	Body north.Target
}

// TargetTest is what came of trying to reach a broker.
type TargetTest struct {
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty" doc:"What went wrong and what to look at"`
}

// registerNorth: a target gets data of the plant, wherever its paths are, so
// that only who may touch the whole plant decides.
func (r *rooms) registerNorth() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/north-targets", ID: "north-targets", Summary: "Foreign brokers that get values, and how far they are", Tag: "north", Needs: access.Engineer, Whole: true},
		func(ctx context.Context, _ *struct{}) (*web.ListOut[north.Row], error) {
			out, err := r.North.List(ctx, web.Who(ctx).Scope.Tenant)
			return web.NewList(out, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/north-targets", ID: "add-north-target", Summary: "Send values to a foreign broker from now on", Tag: "north", Needs: access.Engineer, Status: http.StatusCreated, Whole: true},
		func(ctx context.Context, in *struct{ Body north.Target }) (*targetOut, error) {
			if in.Body.ID != "" {
				return nil, web.Invalid("body.id", "a new target gets its id here; leave id out")
			}
			return r.saveTarget(ctx, in.Body, 0, "north.target.add")
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: "/north-targets/{id}", ID: "change-north-target", Summary: "Change what a foreign broker gets, or switch it off", Tag: "north", Needs: access.Engineer, Whole: true},
		func(ctx context.Context, in *struct {
			ID      string `path:"id"`
			IfMatch string `header:"If-Match" required:"true" doc:"rev of the target you changed"`
			Body    north.Target
		},
		) (*targetOut, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			in.Body.ID = in.ID
			return r.saveTarget(ctx, in.Body, rev, "north.target.change")
		})
	web.Handle(r.api, web.Op{Method: http.MethodDelete, Path: "/north-targets/{id}", ID: "end-north-target", Summary: "End a target; what it has not got it never gets", Tag: "north", Needs: access.Engineer, Status: http.StatusNoContent, Whole: true},
		func(ctx context.Context, in *struct {
			ID      string `path:"id"`
			IfMatch string `header:"If-Match" required:"true"`
		},
		) (*struct{}, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			if err := r.North.Drop(access.With(ctx, web.Who(ctx)), web.Who(ctx).Scope.Tenant, in.ID, rev); err != nil {
				return nil, err
			}
			if err := r.Changed(ctx); err != nil { // other replicas hear of it
				return nil, err
			}
			return nil, r.api.Audit(ctx, "north.target.end", in.ID, nil, nil)
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/north-targets/test", ID: "test-north-target", Summary: "Connect to a broker as a target says, saved or not, and sign off", Tag: "north", Needs: access.Engineer, Whole: true},
		func(ctx context.Context, in *struct{ Body north.Target }) (*struct{ Body TargetTest }, error) {
			out := TargetTest{OK: true}
			if err := r.North.Test(ctx, web.Who(ctx).Scope.Tenant, in.Body); err != nil {
				out = TargetTest{Detail: err.Error()}
			}
			return &struct{ Body TargetTest }{out}, nil
		})
}

// saveTarget answers and audits without the password.
func (r *rooms) saveTarget(ctx context.Context, t north.Target, rev int64, action string) (*targetOut, error) {
	saved, err := r.North.Save(access.With(ctx, web.Who(ctx)), web.Who(ctx).Scope.Tenant, t, rev)
	if err != nil {
		return nil, err
	}
	if err := r.Changed(ctx); err != nil { // other replicas hear of it
		return nil, err
	}
	return &targetOut{ETag: web.ETag(saved.Rev), Body: saved}, r.api.Audit(ctx, action, saved.Name, nil, saved)
}

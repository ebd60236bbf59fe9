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
	registerNamed(r, named[north.Target]{
		path: "/north-targets", one: "north-target", tag: "north", noun: "target", action: "north.target",
		add: "Send values to a foreign broker from now on", change: "Change what a foreign broker gets, or switch it off", end: "End a target; what it has not got it never gets",
		save: r.North.Save, drop: r.North.Drop, on: func(one *north.Target) (*string, int64, string) { return &one.ID, one.Rev, one.Name },
		told: r.Changed, // other replicas hear of it
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

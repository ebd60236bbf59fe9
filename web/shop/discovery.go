package shop

import (
	"context"
	"net/http"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/discovery"
	"zhigai/web"
)

// Discovery is what the API asks of the search for devices.
type Discovery interface {
	Start(who access.Principal, driver, where string) (discovery.Search, error)
	List(tenant plant.TenantNo) []discovery.Search
	Cancel(tenant plant.TenantNo, id string) error
	Candidates(ctx context.Context, tenant plant.TenantNo) ([]discovery.Candidate, error)
	Forget(tenant plant.TenantNo, device plant.Device) error
	Rules(ctx context.Context, tenant plant.TenantNo) ([]discovery.Rule, error)
	SaveRule(ctx context.Context, tenant plant.TenantNo, r discovery.Rule, rev int64) (discovery.Rule, error)
	DropRule(ctx context.Context, tenant plant.TenantNo, id string, rev int64) error
}

// registerSearches: what is on the wire belongs to no place of the plant, so
// that only who may touch the whole plant looks.
func (r *rooms) registerSearches() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/searches", ID: "searches", Summary: "Searches for devices, newest first", Tag: "devices", Needs: access.Engineer, Whole: true},
		func(ctx context.Context, _ *struct{}) (*web.ListOut[discovery.Search], error) {
			return web.NewList(r.Discovery.List(web.Who(ctx).Scope.Tenant), ""), nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/searches", ID: "start-search", Summary: "Begin to look for devices", Tag: "devices", Needs: access.Engineer, Status: http.StatusCreated, Whole: true},
		func(ctx context.Context, in *struct {
			Body struct {
				Driver string `json:"driver" maxLength:"40"`
				Where  string `json:"where" maxLength:"300" doc:"In the words of the driver: an address range, an endpoint, a group"`
			}
		},
		) (*struct{ Body discovery.Search }, error) {
			out, err := r.Discovery.Start(web.Who(ctx), in.Body.Driver, in.Body.Where)
			if err != nil {
				return nil, err
			}
			return &struct{ Body discovery.Search }{out}, r.api.Audit(ctx, "discovery.search", in.Body.Driver, nil, in.Body.Where)
		})
	web.Handle(r.api, web.Op{Method: http.MethodDelete, Path: "/searches/{id}", ID: "cancel-search", Summary: "End a search; what it found stays", Tag: "devices", Needs: access.Engineer, Status: http.StatusNoContent, Whole: true},
		func(ctx context.Context, in *struct {
			ID string `path:"id"`
		},
		) (*struct{}, error) {
			return nil, r.Discovery.Cancel(web.Who(ctx).Scope.Tenant, in.ID)
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/candidates", ID: "candidates", Summary: "Devices that were found, and what they could become", Tag: "devices", Needs: access.Engineer, Whole: true},
		func(ctx context.Context, _ *struct{}) (*web.ListOut[discovery.Candidate], error) {
			out, err := r.Discovery.Candidates(ctx, web.Who(ctx).Scope.Tenant)
			return web.NewList(out, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/candidates/forget", ID: "forget-candidate", Summary: "Take a device from the list until it is seen again", Tag: "devices", Needs: access.Engineer, Status: http.StatusNoContent, Whole: true},
		func(ctx context.Context, in *struct{ Body plant.Device }) (*struct{}, error) {
			return nil, r.Discovery.Forget(web.Who(ctx).Scope.Tenant, in.Body)
		})
	r.registerRules()
}

func (r *rooms) registerRules() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/discovery-rules", ID: "discovery-rules", Summary: "Which devices become which machines", Tag: "devices", Needs: access.Engineer, Whole: true},
		func(ctx context.Context, _ *struct{}) (*web.ListOut[discovery.Rule], error) {
			out, err := r.Discovery.Rules(ctx, web.Who(ctx).Scope.Tenant)
			return web.NewList(out, ""), err
		})
	registerNamed(r, named[discovery.Rule]{
		path: "/discovery-rules", one: "discovery-rule", tag: "devices", noun: "rule", action: "discovery.rule",
		add: "Add a discovery rule", change: "Change a discovery rule from now on", end: "End a discovery rule",
		save: r.Discovery.SaveRule, drop: r.Discovery.DropRule, on: func(one *discovery.Rule) (*string, int64, string) { return &one.ID, one.Rev, one.Name },
	})
}

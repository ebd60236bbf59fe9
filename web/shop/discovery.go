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

type ruleOut struct {
	ETag string `header:"ETag"`
	Body discovery.Rule
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
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/discovery-rules", ID: "add-discovery-rule", Summary: "Add a discovery rule", Tag: "devices", Needs: access.Engineer, Status: http.StatusCreated, Whole: true},
		func(ctx context.Context, in *struct{ Body discovery.Rule }) (*ruleOut, error) {
			if in.Body.ID != "" {
				return nil, web.Invalid("body.id", "a new rule gets its id here; leave id out")
			}
			return r.saveRule(ctx, in.Body, 0, "discovery.rule.add")
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: "/discovery-rules/{id}", ID: "change-discovery-rule", Summary: "Change a discovery rule from now on", Tag: "devices", Needs: access.Engineer, Whole: true},
		func(ctx context.Context, in *struct {
			ID      string `path:"id"`
			IfMatch string `header:"If-Match" required:"true" doc:"rev of the rule you changed"`
			Body    discovery.Rule
		},
		) (*ruleOut, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			in.Body.ID = in.ID
			return r.saveRule(ctx, in.Body, rev, "discovery.rule.change")
		})
	web.Handle(r.api, web.Op{Method: http.MethodDelete, Path: "/discovery-rules/{id}", ID: "end-discovery-rule", Summary: "End a discovery rule", Tag: "devices", Needs: access.Engineer, Status: http.StatusNoContent, Whole: true},
		func(ctx context.Context, in *struct {
			ID      string `path:"id"`
			IfMatch string `header:"If-Match" required:"true"`
		},
		) (*struct{}, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			if err := r.Discovery.DropRule(access.With(ctx, web.Who(ctx)), web.Who(ctx).Scope.Tenant, in.ID, rev); err != nil {
				return nil, err
			}
			return nil, r.api.Audit(ctx, "discovery.rule.end", in.ID, nil, nil)
		})
}

func (r *rooms) saveRule(ctx context.Context, rule discovery.Rule, rev int64, action string) (*ruleOut, error) {
	saved, err := r.Discovery.SaveRule(access.With(ctx, web.Who(ctx)), web.Who(ctx).Scope.Tenant, rule, rev)
	if err != nil {
		return nil, err
	}
	return &ruleOut{ETag: web.ETag(saved.Rev), Body: saved}, r.api.Audit(ctx, action, saved.Name, nil, saved)
}

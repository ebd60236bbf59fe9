package sector

import (
	"context"
	"errors"
	"net/http"

	"zhigai/access"
	"zhigai/sector/tenant"
	"zhigai/web"
)

// TenantsIn are firms to be taken in.
type TenantsIn struct {
	Template string       `json:"template,omitempty" maxLength:"8388608" doc:"Template as YAML; left out: with an empty plant"`
	Firms    []tenant.New `json:"firms" minItems:"1" maxItems:"200"`
	DryRun   bool         `json:"dry_run,omitempty" doc:"Only look what stands against it"`
}

// TenantsMade are firms that were taken in; their links are shown this once.
type TenantsMade struct {
	Made     []tenant.Made    `json:"made" nullable:"false"`
	Problems []tenant.Problem `json:"problems" nullable:"false" doc:"Nothing was made when there are some"`
}

type tenantOut struct {
	ETag string `header:"ETag"`
	Body tenant.Tenant
}

type tenantID struct {
	ID string `path:"id" maxLength:"40" doc:"Id of a tenant"`
}

func op(method, path, id, summary string) web.Op {
	return web.Op{Method: method, Path: path, ID: id, Summary: summary, Tag: "tenants", Needs: access.ManageTenants, Whole: true, Home: true}
}

func (r *rooms) registerTenants() {
	web.Handle(r.api, op(http.MethodGet, "/tenants", "tenants", "Firms on this node, by id"),
		func(ctx context.Context, in *struct {
			web.Paging
			Q     string `query:"q" maxLength:"100" doc:"Part of id, name or credit code"`
			State string `query:"state" enum:"active,suspended,leaving,deleted"`
		},
		) (*web.ListOut[tenant.Tenant], error) {
			after, err := in.After()
			if err != nil {
				return nil, err
			}
			rows, err := r.Tenants.List(ctx, tenant.Filter{Text: in.Q, State: tenant.State(in.State), After: after}, in.Limit+1)
			if err != nil || len(rows) <= in.Limit {
				return web.NewList(rows, ""), err
			}
			rows = rows[:in.Limit]
			return web.NewList(rows, web.CursorOf(rows[in.Limit-1].ID)), nil
		})
	add := op(http.MethodPost, "/tenants", "add-tenants", "Take firms in: all are checked before the first is made")
	add.Status = http.StatusCreated
	web.Handle(r.api, add, func(ctx context.Context, in *struct{ Body TenantsIn }) (*struct{ Body TenantsMade }, error) {
		out, err := r.add(ctx, in.Body)
		return &struct{ Body TenantsMade }{out}, err
	})
	web.Handle(r.api, op(http.MethodGet, "/tenants/{id}", "tenant", "One firm on this node"),
		func(ctx context.Context, in *tenantID) (*tenantOut, error) {
			t, err := r.Tenants.Get(ctx, in.ID)
			return &tenantOut{web.ETag(t.Rev), t}, err
		})
	web.Handle(r.api, op(http.MethodPut, "/tenants/{id}", "change-tenant", "Change a firm's name or limits, suspend it, let it leave or take that back"),
		func(ctx context.Context, in *struct {
			ID      string `path:"id" maxLength:"40" doc:"Id of a tenant"`
			IfMatch string `header:"If-Match" required:"true" doc:"rev of the tenant you changed"`
			Body    tenant.Change
		},
		) (*tenantOut, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			t, err := r.Tenants.Change(ctx, web.Who(ctx), in.ID, rev, in.Body)
			return &tenantOut{web.ETag(t.Rev), t}, err
		})
	remove := op(http.MethodDelete, "/tenants/{id}", "delete-tenant", "Delete everything of a firm that leaves, before its term is over")
	remove.Status = http.StatusNoContent
	web.Handle(r.api, remove, func(ctx context.Context, in *struct {
		ID      string `path:"id" maxLength:"40" doc:"Id of a tenant"`
		Confirm string `query:"confirm" required:"true" maxLength:"40" doc:"The id again, typed by a person"`
	},
	) (*struct{}, error) {
		return nil, r.Tenants.Delete(ctx, web.Who(ctx), in.ID, in.Confirm)
	})
	web.Handle(r.api, op(http.MethodGet, "/tenants/{id}/usage", "tenant-usage", "What a firm has now and used by day"),
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"40" doc:"Id of a tenant"`
			Days int    `query:"days" minimum:"1" maximum:"400" default:"30"`
		},
		) (*struct{ Body tenant.Use }, error) {
			out, err := r.Tenants.Usage(ctx, in.ID, in.Days)
			return &struct{ Body tenant.Use }{out}, err
		})
}

// add takes the firms in. What stands against it is an answer, not an error:
// the page shows it row by row.
func (r *rooms) add(ctx context.Context, in TenantsIn) (TenantsMade, error) {
	out := TenantsMade{Made: []tenant.Made{}, Problems: []tenant.Problem{}}
	var template *tenant.Template
	if in.Template != "" {
		t, err := tenant.ReadTemplate("template", []byte(in.Template))
		if err != nil {
			return out, err
		}
		template = &t
	}
	var err error
	if in.DryRun {
		err = r.Tenants.Check(ctx, template, in.Firms)
	} else {
		var made []tenant.Made
		made, err = r.Tenants.Add(ctx, web.Who(ctx), template, in.Firms)
		out.Made = append(out.Made, made...)
	}
	var problems tenant.Problems
	if errors.As(err, &problems) {
		out.Problems, err = problems, nil
	}
	return out, err
}

package web

import (
	"context"
	"net/http"

	"zhigai/access"
)

func (a *API) registerRoles() {
	Handle(a, Op{Method: http.MethodGet, Path: "/roles", ID: "roles", Summary: "Roles and what each may do", Tag: "admin", Needs: access.Administer},
		func(ctx context.Context, _ *struct{}) (*ListOut[access.RoleDef], error) {
			roles, err := a.access.Roles(ctx, Who(ctx))
			return NewList(roles, ""), err
		})
	Handle(a, Op{Method: http.MethodPut, Path: "/roles/{id}", ID: "save-role", Summary: "Make an own role, or change one; it gives no more than who makes it has", Tag: "admin", Needs: access.Administer, Whole: true},
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"40"`
			Body access.RoleDef
		},
		) (*struct{ Body access.RoleDef }, error) {
			if in.Body.ID != access.Role(in.ID) {
				return nil, Invalid("body.id", "the address names the role %q, the body %q", in.ID, in.Body.ID)
			}
			r, err := a.access.SaveRole(ctx, Who(ctx), in.Body)
			return &struct{ Body access.RoleDef }{r}, err
		})
	Handle(a, Op{Method: http.MethodDelete, Path: "/roles/{id}", ID: "remove-role", Summary: "Remove an own role that nobody holds", Tag: "admin", Needs: access.Administer, Whole: true, Status: http.StatusNoContent},
		func(ctx context.Context, in *struct {
			ID  string `path:"id" maxLength:"40"`
			Rev int64  `query:"rev" required:"true" doc:"Version you saw"`
		},
		) (*struct{}, error) {
			return nil, a.access.DropRole(ctx, Who(ctx), access.Role(in.ID), in.Rev)
		})
	Handle(a, Op{Method: http.MethodGet, Path: "/access", ID: "who-may", Summary: "Who may do what with a place, or with a firm, and by which grant", Tag: "admin", Needs: access.Administer},
		func(ctx context.Context, in *struct {
			Permission access.Permission `query:"permission" required:"true" enum:"read,report,control,plan,material,engineer,administer,audit,firms,firms.keep,firms.report,firms.dispatch,firms.reply,diagnose,tenants"`
			Path       string            `query:"scope" maxLength:"400" doc:"A place of the plant"`
			Firm       string            `query:"firm" maxLength:"60" doc:"Id of a firm"`
			Region     string            `query:"region" pattern:"^[0-9]{0,6}$" doc:"Division code of the firm"`
			Sector     string            `query:"sector" pattern:"^([A-T][0-9]{0,4})?$" doc:"Class of the firm with its section"`
		},
		) (*ListOut[access.Holder], error) {
			if _, err := ScopeOf(ctx, in.Path); err != nil {
				return nil, err
			}
			all, err := a.access.WhoMay(ctx, Who(ctx), in.Permission, access.Thing{Path: in.Path, Firm: access.Area{Region: in.Region, Sector: in.Sector, Enterprise: in.Firm}})
			return NewList(all, ""), err
		})
}

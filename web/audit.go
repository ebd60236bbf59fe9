package web

import (
	"context"
	"net/http"

	"zhigai/access"
)

// Verified is the result of checking the audit's chain.
type Verified struct {
	OK      bool   `json:"ok"`
	Entries int    `json:"entries"`
	Broken  string `json:"broken,omitempty" doc:"The first entry that does not fit, and how"`
}

func (a *API) registerAudit() {
	Handle(a, Op{Method: http.MethodGet, Path: "/audit", ID: "audit", Summary: "Who changed what", Tag: "admin", Needs: access.ReadAudit, Whole: true},
		func(ctx context.Context, in *struct {
			After uint64 `query:"after" doc:"Only entries behind this one"`
			Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"200"`
		},
		) (*ListOut[access.Entry], error) {
			entries, err := a.o.Entries(ctx, Who(ctx).Scope.Tenant, in.After, in.Limit)
			return NewList(entries, ""), err
		})
	Handle(a, Op{Method: http.MethodGet, Path: "/audit/verify", ID: "verify-audit", Summary: "Check the hash chain of the audit", Tag: "admin", Needs: access.ReadAudit, Whole: true},
		func(ctx context.Context, _ *struct{}) (*struct{ Body Verified }, error) {
			n, err := a.o.Verify(ctx, Who(ctx).Scope.Tenant)
			v := Verified{OK: err == nil, Entries: n}
			if err != nil {
				v.Broken = err.Error()
			}
			return &struct{ Body Verified }{v}, nil
		})
}

package web

import (
	"context"
	"errors"
	"net/http"

	"zhigai/access"
	"zhigai/link"
	"zhigai/link/sharing"
	"zhigai/plant"
)

// SharingPolicy is what a plant shares with the nodes above, and the names that
// a policy may use.
type SharingPolicy struct {
	sharing.Kept
	Figures []string `json:"known_figures" nullable:"false"`
	Records []string `json:"known_records" nullable:"false"`
}

type sharingOut struct {
	ETag string `header:"ETag"`
	Body SharingPolicy
}

// Sharings are what each tenant shares with the nodes above.
type Sharings interface {
	Of(tenant plant.TenantNo) *sharing.Desk
	// Changed is told of a new policy.
	Changed(ctx context.Context, tenant plant.TenantNo, was, is link.Policy) error
}

// RegisterSharing adds the policy to the API.
func RegisterSharing(a *API, s Sharings) {
	own := func(ctx context.Context) *sharing.Desk { return s.Of(Who(ctx).Scope.Tenant) }
	out := func(ctx context.Context, k sharing.Kept) *sharingOut {
		desk := own(ctx)
		return &sharingOut{ETag(k.Rev), SharingPolicy{k, desk.Known().Figures, desk.Known().Records}}
	}
	Handle(a, Op{Method: http.MethodGet, Path: "/sharing-policy", ID: "sharing-policy", Summary: "What the plant shares with the nodes above", Tag: "evidence", Needs: access.Administer, Whole: true},
		func(ctx context.Context, _ *struct{}) (*sharingOut, error) {
			k, err := own(ctx).Now(ctx)
			return out(ctx, k), err
		})
	Handle(a, Op{Method: http.MethodGet, Path: "/sharing-policy/history", ID: "sharing-history", Summary: "Every revision of what the plant shares, newest first", Tag: "evidence", Needs: access.Administer, Whole: true},
		func(ctx context.Context, _ *struct{}) (*ListOut[sharing.Kept], error) {
			all, err := own(ctx).History(ctx)
			return NewList(all, ""), err
		})
	Handle(a, Op{Method: http.MethodPut, Path: "/sharing-policy", ID: "save-sharing-policy", Summary: "Say what the plant shares from now on", Tag: "evidence", Needs: access.Administer, Whole: true},
		func(ctx context.Context, in *struct {
			IfMatch string `header:"If-Match" required:"true" doc:"rev of the policy you changed; \"0\" when there is none"`
			Body    link.Policy
		},
		) (*sharingOut, error) {
			rev, err := RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			was, is, err := own(ctx).Save(access.With(ctx, Who(ctx)), sharing.Kept{Policy: in.Body, Rev: rev})
			if errors.Is(err, link.ErrPolicy) {
				return nil, Invalid("body", "%v", err)
			}
			if err != nil {
				return nil, err
			}
			if err := a.Audit(ctx, "sharing.change", "sharing-policy", was, is); err != nil {
				return nil, err
			}
			return out(ctx, is), s.Changed(ctx, Who(ctx).Scope.Tenant, was.Policy, is.Policy)
		})
}

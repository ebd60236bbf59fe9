package web

import (
	"context"
	"errors"
	"net/http"

	"zhigai/access"
	"zhigai/link"
	"zhigai/link/sharing"
)

// SharingPolicy is what this node shares with those above it, and the names that
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

// RegisterSharing adds the policy to the API; changed is told of a new one.
func RegisterSharing(a *API, desk *sharing.Desk, changed func(ctx context.Context, was, is link.Policy) error) {
	out := func(k sharing.Kept) *sharingOut {
		return &sharingOut{ETag(k.Rev), SharingPolicy{k, desk.Known().Figures, desk.Known().Records}}
	}
	Handle(a, Op{Method: http.MethodGet, Path: "/sharing-policy", ID: "sharing-policy", Summary: "What this node shares with the nodes above it", Tag: "evidence", Needs: access.Administer, Whole: true, Home: true},
		func(ctx context.Context, _ *struct{}) (*sharingOut, error) {
			k, err := desk.Now(ctx)
			return out(k), err
		})
	Handle(a, Op{Method: http.MethodGet, Path: "/sharing-policy/history", ID: "sharing-history", Summary: "Every revision of what this node shares, newest first", Tag: "evidence", Needs: access.Administer, Whole: true, Home: true},
		func(ctx context.Context, _ *struct{}) (*ListOut[sharing.Kept], error) {
			all, err := desk.History(ctx)
			return NewList(all, ""), err
		})
	Handle(a, Op{Method: http.MethodPut, Path: "/sharing-policy", ID: "save-sharing-policy", Summary: "Say what this node shares from now on", Tag: "evidence", Needs: access.Administer, Whole: true, Home: true},
		func(ctx context.Context, in *struct {
			IfMatch string `header:"If-Match" required:"true" doc:"rev of the policy you changed; \"0\" when there is none"`
			Body    link.Policy
		},
		) (*sharingOut, error) {
			rev, err := RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			was, is, err := desk.Save(access.With(ctx, Who(ctx)), sharing.Kept{Policy: in.Body, Rev: rev})
			if errors.Is(err, link.ErrPolicy) {
				return nil, Invalid("body", "%v", err)
			}
			if err != nil {
				return nil, err
			}
			if err := a.Audit(ctx, "sharing.change", "sharing-policy", was, is); err != nil {
				return nil, err
			}
			return out(is), changed(ctx, was.Policy, is.Policy)
		})
}

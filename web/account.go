package web

import (
	"context"
	"net/http"

	"zhigai/access"
)

// NewPassword is what somebody writes who changes the own password.
type NewPassword struct {
	Old string `json:"old" minLength:"1" maxLength:"256"`
	New string `json:"new" minLength:"1" maxLength:"256" doc:"At least 10 characters, not the name, not one that is guessed first"`
}

// registerAccount adds what everybody does with the own account, and an
// administrator with those of others.
func (a *API) registerAccount() {
	Handle(a, Op{Method: http.MethodGet, Path: "/sessions", ID: "sessions", Summary: "Your open sessions, the last used first", Tag: "session", Needs: access.SignedIn},
		func(ctx context.Context, _ *struct{}) (*ListOut[access.OpenSession], error) {
			all, err := a.access.Sessions(ctx, Who(ctx))
			return NewList(all, ""), err
		})
	Handle(a, Op{Method: http.MethodDelete, Path: "/sessions", ID: "end-other-sessions", Summary: "End all of your sessions but the one that asks, and sign-in links", Tag: "session", Needs: access.SignedIn, Status: http.StatusNoContent},
		func(ctx context.Context, _ *struct{}) (*struct{}, error) {
			return nil, a.access.EndOthers(ctx, Who(ctx))
		})
	Handle(a, Op{Method: http.MethodDelete, Path: "/sessions/{id}", ID: "end-session", Summary: "End one of your sessions", Tag: "session", Needs: access.SignedIn, Status: http.StatusNoContent},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"60"`
		},
		) (*struct{}, error) {
			return nil, a.access.EndSession(ctx, Who(ctx), in.ID)
		})
	Handle(a, Op{Method: http.MethodPut, Path: "/session/password", ID: "change-password", Summary: "Change your password; your other sessions end", Tag: "session", Needs: access.SignedIn, Status: http.StatusNoContent},
		func(ctx context.Context, in *struct{ Body NewPassword }) (*struct{}, error) {
			return nil, a.access.ChangePassword(ctx, Who(ctx), in.Body.Old, in.Body.New)
		})
	Handle(a, Op{Method: http.MethodGet, Path: "/users/{id}/sessions", ID: "user-sessions", Summary: "Open sessions of a user", Tag: "admin", Needs: access.Administer},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"60"`
		},
		) (*ListOut[access.OpenSession], error) {
			all, err := a.access.SessionsOf(ctx, Who(ctx), in.ID)
			return NewList(all, ""), err
		})
	Handle(a, Op{Method: http.MethodDelete, Path: "/users/{id}/sessions", ID: "end-user-sessions", Summary: "End all sessions and sign-in links of a user", Tag: "admin", Needs: access.Administer, Status: http.StatusNoContent},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"60"`
		},
		) (*struct{}, error) {
			return nil, a.access.EndSessionsOf(ctx, Who(ctx), in.ID)
		})
}

package web

import (
	"context"
	"net/http"

	"zhigai/access"
)

// NewPassword is what somebody writes who changes the own password.
type NewPassword struct {
	Old string `json:"old,omitempty" maxLength:"256" doc:"Left out by an invited guest who has none yet"`
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
	Handle(a, Op{Method: http.MethodGet, Path: "/session/grants", ID: "my-grants", Summary: "What you were given, by whom, for what and until when", Tag: "session", Needs: access.SignedIn},
		func(ctx context.Context, _ *struct{}) (*ListOut[access.Held], error) {
			all, err := a.access.Holds(ctx, Who(ctx))
			return NewList(all, ""), err
		})
	a.registerFactor()
	a.registerRecovery()
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

type factorCodeIn struct {
	origin
	Body struct {
		Code string `json:"code" minLength:"1" maxLength:"40" doc:"Of the authenticator, or a recovery code"`
	}
}

// Recovery are codes that stand in for a lost authenticator, each once.
type Recovery struct {
	Codes []string `json:"codes" nullable:"false" doc:"Shown this once"`
}

// registerRecovery adds new recovery codes.
func (a *API) registerRecovery() {
	Handle(a, Op{Method: http.MethodPost, Path: "/second-factor/recovery", ID: "renew-recovery-codes", Summary: "New recovery codes, for a code of your second factor; those from before open nothing any more", Tag: "session", Needs: access.SignedIn},
		func(ctx context.Context, in *factorCodeIn) (*struct{ Body Recovery }, error) {
			codes, err := a.access.RenewRecovery(ctx, Who(ctx), in.Body.Code, in.Caller)
			return &struct{ Body Recovery }{Recovery{append([]string{}, codes...)}}, err
		})
}

// registerFactor adds the second factor: one's own, and its reset for others.
func (a *API) registerFactor() {
	Handle(a, Op{Method: http.MethodGet, Path: "/second-factor", ID: "second-factor", Summary: "Your second factor", Tag: "session", Needs: access.SignedIn},
		func(ctx context.Context, _ *struct{}) (*struct{ Body access.FactorState }, error) {
			f, err := a.access.FactorOf(ctx, Who(ctx))
			return &struct{ Body access.FactorState }{f}, err
		})
	Handle(a, Op{Method: http.MethodPost, Path: "/second-factor", ID: "enrol-second-factor", Summary: "Begin to set up a second factor (RFC 6238); it holds once a first code was right", Tag: "session", Needs: access.SignedIn},
		func(ctx context.Context, _ *struct{}) (*struct{ Body access.Enrolment }, error) {
			e, err := a.access.EnrolFactor(ctx, Who(ctx))
			return &struct{ Body access.Enrolment }{e}, err
		})
	Handle(a, Op{Method: http.MethodPut, Path: "/second-factor", ID: "confirm-second-factor", Summary: "Set your second factor in force by a first code; gives recovery codes", Tag: "session", Needs: access.SignedIn},
		func(ctx context.Context, in *factorCodeIn) (*struct{ Body Recovery }, error) {
			codes, err := a.access.ConfirmFactor(ctx, Who(ctx), in.Body.Code, in.Caller)
			return &struct{ Body Recovery }{Recovery{append([]string{}, codes...)}}, err
		})
	Handle(a, Op{Method: http.MethodPost, Path: "/second-factor/off", ID: "drop-second-factor", Summary: "Take your second factor off, by a code of it", Tag: "session", Needs: access.SignedIn, Status: http.StatusNoContent},
		func(ctx context.Context, in *factorCodeIn) (*struct{}, error) {
			return nil, a.access.DropFactor(ctx, Who(ctx), in.Body.Code, in.Caller)
		})
	Handle(a, Op{Method: http.MethodDelete, Path: "/users/{id}/second-factor", ID: "reset-second-factor", Summary: "Take off the second factor of a user who lost it; the user's sessions end", Tag: "admin", Needs: access.Administer, Status: http.StatusNoContent},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"60"`
		},
		) (*struct{}, error) {
			return nil, a.access.ResetFactor(ctx, Who(ctx), in.ID)
		})
}

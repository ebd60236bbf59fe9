package web

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"zhigai/access"
)

// Me is who is signed in and what that person may do.
type Me struct {
	User    string `json:"user"`
	Name    string `json:"name"`
	Display string `json:"display,omitempty" doc:"Name of the person"`
	// Organisation is whom the person works for.
	Organisation string `json:"organisation,omitempty"`
	// FirstPassword: there is none yet, and no old one is asked for.
	FirstPassword bool                `json:"first_password,omitempty" doc:"Set a password now: you came by a link and have none yet"`
	Role          access.Role         `json:"role" doc:"Of the first grant"`
	Path          string              `json:"path" doc:"The first place that may be read; empty for the whole plant"`
	Places        []string            `json:"places" nullable:"false" doc:"All places that may be read; one empty path is the whole plant"`
	Permissions   []access.Permission `json:"permissions" nullable:"false" doc:"Held somewhere"`
	MustEnrol     bool                `json:"must_enrol,omitempty" doc:"Nothing may be done until a second factor is set up: a role asks for it"`
	Whole         []access.Permission `json:"whole" nullable:"false" doc:"Held for the whole plant, or every firm"`
	Provider      string              `json:"provider,omitempty" doc:"Provider by which the session was opened"`
	Areas         []access.Area       `json:"areas" nullable:"false" doc:"Firms that may be seen; one empty area is every firm"`
}

func meOf(p access.Principal) Me {
	me := Me{User: p.User, Name: p.Name, Display: p.Display, Organisation: p.Organisation, FirstPassword: p.FirstPassword(), Role: p.Role, Places: []string{}, MustEnrol: p.MustEnrol(), Provider: p.Provider()}
	me.Permissions, me.Whole = p.Permissions()
	me.Areas = append([]access.Area{}, p.Areas(access.ReadFirms)...)
	if p.Has(access.Read) {
		scope := p.For(access.Read).Scope
		me.Path, me.Places = scope.Path, scope.Places()
	}
	return me
}

type meOut struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      Me
}

// origin is where a request comes from, for the counting of failures and for the
// list of sessions.
type origin struct{ access.Caller }

// Resolve implements [huma.Resolver].
func (o *origin) Resolve(ctx huma.Context) []error {
	o.Caller = callerOf(ctx.RemoteAddr(), ctx.Header("User-Agent"))
	return nil
}

func callerOf(remote, device string) access.Caller {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	return access.Caller{Address: host, Device: device}
}

type signInIn struct {
	origin
	Body struct {
		Name     string `json:"name" minLength:"1" maxLength:"100"`
		Password string `json:"password" minLength:"1" maxLength:"200"`
	}
}

type linkIn struct {
	origin
	Body struct {
		Secret string `json:"secret" minLength:"1" maxLength:"200"`
	}
}

type codeIn struct {
	origin
	Body struct {
		Ticket string `json:"ticket" minLength:"1" maxLength:"200" doc:"As the first step gave it"`
		Code   string `json:"code" minLength:"1" maxLength:"40"`
	}
}

func (a *API) registerSession() {
	Handle(a, Op{Method: http.MethodPost, Path: "/session", ID: "sign-in", Summary: "Sign in with name and password", Tag: "session"},
		func(ctx context.Context, in *signInIn) (*meOut, error) {
			session, err := a.access.SignIn(ctx, in.Body.Name, in.Body.Password, in.Caller)
			if err != nil {
				return nil, err
			}
			return a.signedIn(session), nil
		})
	Handle(a, Op{Method: http.MethodPost, Path: "/session/link", ID: "sign-in-by-link", Summary: "Sign in with a one-time link", Tag: "session"},
		func(ctx context.Context, in *linkIn) (*meOut, error) {
			session, err := a.access.SignInByLink(ctx, in.Body.Secret, in.Caller)
			if err != nil {
				return nil, err
			}
			return a.signedIn(session), nil
		})
	Handle(a, Op{Method: http.MethodPost, Path: "/session/code", ID: "sign-in-code", Summary: "The second step of a sign-in: a code of the authenticator, or a recovery code", Tag: "session"},
		func(ctx context.Context, in *codeIn) (*meOut, error) {
			session, err := a.access.SecondStep(ctx, in.Body.Ticket, in.Body.Code, in.Caller)
			if err != nil {
				return nil, err
			}
			return a.signedIn(session), nil
		})
	Handle(a, Op{Method: http.MethodGet, Path: "/session", ID: "session", Summary: "Who is signed in", Tag: "session", Needs: access.SignedIn},
		func(ctx context.Context, _ *struct{}) (*struct{ Body Me }, error) {
			return &struct{ Body Me }{meOf(Who(ctx))}, nil
		})
	Handle(a, Op{Method: http.MethodDelete, Path: "/session", ID: "sign-out", Summary: "Sign out", Tag: "session", Needs: access.SignedIn, Status: http.StatusNoContent},
		func(ctx context.Context, in *struct {
			Cookie string `cookie:"zhigai_session"`
		},
		) (*struct {
			SetCookie http.Cookie `header:"Set-Cookie"`
		}, error,
		) {
			if err := a.access.SignOut(ctx, in.Cookie); err != nil {
				return nil, err
			}
			return &struct {
				SetCookie http.Cookie `header:"Set-Cookie"`
			}{a.cookie("", time.Unix(1, 0))}, nil
		})
}

func (a *API) signedIn(s access.Signed) *meOut {
	return &meOut{SetCookie: a.cookie(s.Secret, s.Expires), Body: meOf(s.Principal)}
}

func (a *API) cookie(value string, expires time.Time) http.Cookie {
	return http.Cookie{
		Name: CookieName, Value: value, Path: "/", Expires: expires,
		HttpOnly: true, Secure: a.o.TLS, SameSite: http.SameSiteStrictMode,
	}
}

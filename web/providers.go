package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/access/oidc"
)

// SignOn signs people in at providers of OpenID Connect.
type SignOn interface {
	Begin(ctx context.Context, provider, to string) (oidc.Begun, error)
	Finish(ctx context.Context, back oidc.Back) (signed access.Signed, to string, err error)
	End(ctx context.Context, provider string) (address string, err error)
	Describe(ctx context.Context, issuer string) (oidc.Described, error)
}

// registerProviders adds providers: those of the page of signing in, the way
// there and back, and their upkeep.
func (a *API) registerProviders() {
	Handle(a, Op{Method: http.MethodGet, Path: "/session/providers", ID: "sign-in-providers", Summary: "Providers at which people sign in", Tag: "session"},
		func(ctx context.Context, _ *struct{}) (*ListOut[access.Door], error) {
			all, err := a.access.Doors(ctx)
			return NewList(all, ""), err
		})
	if a.o.SignOn != nil {
		a.route(http.MethodGet, "/oidc/{provider}", "", http.HandlerFunc(a.goToProvider))
		a.route(http.MethodGet, access.RedirectPath, "", http.HandlerFunc(a.comeFromProvider))
		a.route(http.MethodGet, "/oidc/{provider}/end", "", http.HandlerFunc(a.endAtProvider))
	}
	Handle(a, Op{Method: http.MethodGet, Path: "/providers", ID: "providers", Summary: "Providers of sign-ins, with what their claims give; secrets are never shown", Tag: "admin", Needs: access.Administer, Whole: true},
		func(ctx context.Context, _ *struct{}) (*ListOut[access.Provider], error) {
			all, err := a.access.Providers(ctx, Who(ctx))
			return NewList(all, ""), err
		})
	Handle(a, Op{Method: http.MethodPost, Path: "/providers", ID: "add-provider", Summary: "Add a provider; its rules give no more than who adds it has", Tag: "admin", Needs: access.Administer, Whole: true, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body access.Provider }) (*struct{ Body access.Provider }, error) {
			in.Body.ID = ""
			p, err := a.access.SaveProvider(ctx, Who(ctx), in.Body)
			return &struct{ Body access.Provider }{p}, err
		})
	Handle(a, Op{Method: http.MethodPut, Path: "/providers/{id}", ID: "change-provider", Summary: "Change a provider; switching it off ends the sessions that it opened", Tag: "admin", Needs: access.Administer, Whole: true},
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"60"`
			Body access.Provider
		},
		) (*struct{ Body access.Provider }, error) {
			in.Body.ID = in.ID
			p, err := a.access.SaveProvider(ctx, Who(ctx), in.Body)
			return &struct{ Body access.Provider }{p}, err
		})
	Handle(a, Op{Method: http.MethodDelete, Path: "/providers/{id}", ID: "remove-provider", Summary: "Remove a provider and end the sessions that it opened; its people stay, without what it gave them", Tag: "admin", Needs: access.Administer, Whole: true, Status: http.StatusNoContent},
		func(ctx context.Context, in *struct {
			ID  string `path:"id" maxLength:"60"`
			Rev int64  `query:"rev" required:"true" doc:"Version you saw"`
		},
		) (*struct{}, error) {
			return nil, a.access.DropProvider(ctx, Who(ctx), in.ID, in.Rev)
		})
	Handle(a, Op{Method: http.MethodPost, Path: "/providers/test", ID: "test-provider", Summary: "Ask an issuer for its configuration, as a sign-in would", Tag: "admin", Needs: access.Administer, Whole: true},
		func(ctx context.Context, in *struct {
			Body struct {
				Issuer string `json:"issuer" minLength:"1" maxLength:"400"`
			}
		},
		) (*struct{ Body oidc.Described }, error) {
			if err := access.CheckIssuer(in.Body.Issuer); err != nil {
				return nil, err
			}
			d, err := a.o.SignOn.Describe(ctx, in.Body.Issuer)
			if errors.Is(err, oidc.ErrAway) { // what it says is for who entered the address
				err = Invalid("body.issuer", "%v", err)
			}
			return &struct{ Body oidc.Described }{d}, err
		})
}

// goToProvider sends the browser away to sign in.
func (a *API) goToProvider(w http.ResponseWriter, r *http.Request) {
	begun, err := a.o.SignOn.Begin(r.Context(), r.PathValue("provider"), r.URL.Query().Get("to"))
	if err != nil {
		a.notSignedIn(w, r, err)
		return
	}
	http.SetCookie(w, a.flowCookie(begun.Name, begun.Cookie, a.now().Add(begun.Life)))
	away(w, r, begun.URL)
}

// comeFromProvider takes what the browser brings back.
func (a *API) comeFromProvider(w http.ResponseWriter, r *http.Request) {
	back := oidc.Back{Provider: r.PathValue("provider"), Query: r.URL.Query(), From: callerOf(r.RemoteAddr, r.UserAgent())}
	name := oidc.CookieName(back.Query.Get("state"))
	if cookie, err := r.Cookie(name); err == nil {
		back.Cookie = cookie.Value
	}
	http.SetCookie(w, a.flowCookie(name, "", time.Unix(1, 0)))
	signed, to, err := a.o.SignOn.Finish(r.Context(), back)
	if err != nil {
		a.notSignedIn(w, r, err)
		return
	}
	cookie := a.cookie(signed.Secret, signed.Expires)
	http.SetCookie(w, &cookie)
	if to == "" {
		to = "/"
	}
	away(w, r, to)
}

// endAtProvider ends the session at the provider as well, where it can.
func (a *API) endAtProvider(w http.ResponseWriter, r *http.Request) {
	address, err := a.o.SignOn.End(r.Context(), r.PathValue("provider"))
	if err != nil || address == "" {
		address = "/signin"
	}
	away(w, r, address)
}

// away sends the browser on; what stood in the address is told to nobody.
func away(w http.ResponseWriter, r *http.Request, to string) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, to, http.StatusFound)
}

// flowCookie goes along when the provider sends the browser back, so it is lax.
func (a *API) flowCookie(name, value string, expires time.Time) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/oidc/", Expires: expires, HttpOnly: true, Secure: a.o.TLS, SameSite: http.SameSiteLaxMode}
}

// refusals are the words of the page for why somebody is not signed in.
var refusals = []struct {
	err  error
	word string
}{
	{access.ErrNoGrant, "nothing"},
	{access.ErrUserOff, "off"},
	{access.ErrLocked, "locked"},
	{oidc.ErrAway, "away"},
	{oidc.ErrRefused, "refused"},
	{oidc.ErrOver, "over"},
	{oidc.ErrUntrue, "untrue"},
	{access.ErrNotFound, "unknown"},
}

// notSignedIn leads back to the page of signing in, with a word why; the second
// step goes on there. The ticket stands behind the # that goes to no server.
func (a *API) notSignedIn(w http.ResponseWriter, r *http.Request, err error) {
	var second *access.SecondFactorError
	if errors.As(err, &second) {
		away(w, r, "/signin#"+second.Ticket)
		return
	}
	word := "failed"
	for _, one := range refusals {
		if errors.Is(err, one.err) {
			word = one.word
			break
		}
	}
	a.log.Warn("sign-in at a provider", "provider", strings.ToValidUTF8(r.PathValue("provider"), ""), "why", word, "err", err)
	q := url.Values{"refused": {word}}
	away(w, r, "/signin?"+q.Encode())
}

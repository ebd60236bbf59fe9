package web

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"zhigai/access"
)

// Route is a path that is not in the contract: it speaks another format than
// ours. It meets the same doors as every operation.
type Route struct {
	Method string
	Path   string
	Needs  access.Permission // "" lets everybody in; who is signed in is known all the same
	Whole  bool              // refuses who is confined to a part of the plant
	Home   bool              // concerns the node itself: only for its own tenant
	Heavy  bool              // takes long: a bounded number is answered at once
}

// Route registers a handler. Without Whole it must keep to [ScopeOf] itself.
// Programs that know user names and passwords alone may give a token as the
// password of any user.
func (a *API) Route(route Route, h http.Handler) {
	a.routes = append(a.routes, route)
	op := &huma.Operation{OperationID: route.Path, Method: route.Method, Path: route.Path, Metadata: map[string]any{"needs": route.Needs, "heavy": route.Heavy}}
	a.mux.HandleFunc(route.Method+" "+route.Path, func(w http.ResponseWriter, r *http.Request) {
		if route.Needs != "" { // others look at the password by themselves
			tokenOfPassword(r)
		}
		a.welcome(humago.NewContext(op, r, w), func(ctx huma.Context) {
			a.authorise(ctx, func(ctx huma.Context) {
				a.queue(ctx, func(ctx huma.Context) {
					if err := home(ctx.Context()); route.Home && err != nil {
						a.writeProblem(ctx, a.problem(ctx.Context(), Op{ID: route.Path}, err))
						return
					}
					if err := Whole(ctx.Context()); route.Whole && err != nil {
						a.writeProblem(ctx, a.problem(ctx.Context(), Op{ID: route.Path}, err))
						return
					}
					h.ServeHTTP(w, r.WithContext(ctx.Context()))
				})
			})
		})
	})
}

// tokenOfPassword makes a bearer token of the password of a basic
// authorisation. Routes with a permission change nothing, so that a browser which
// sends a password along unasked does no harm.
func tokenOfPassword(r *http.Request) {
	if _, password, ok := r.BasicAuth(); ok && !strings.ContainsAny(password, "\r\n") {
		r.Header.Set("Authorization", "Bearer "+password)
	}
}

// route adds a handler for the whole plant, or for everybody.
func (a *API) route(method, path string, needs access.Permission, h http.Handler) {
	a.Route(Route{Method: method, Path: path, Needs: needs, Whole: needs != ""}, h)
}

// Routes lists what is not in the contract, for the permission test.
func (a *API) Routes() []Route { return a.routes }

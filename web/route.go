package web

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"zhigai/access"
)

// route adds a handler that is not in the contract: it speaks another format
// than ours. It meets the same doors as every operation. A permission that is
// asked for is asked for the whole plant; "" lets everybody in, and who is
// signed in is known all the same.
func (a *API) route(method, path string, needs access.Permission, h http.Handler) {
	op := &huma.Operation{OperationID: path, Method: method, Path: path, Metadata: map[string]any{"needs": needs}}
	a.mux.HandleFunc(method+" "+path, func(w http.ResponseWriter, r *http.Request) {
		a.welcome(humago.NewContext(op, r, w), func(ctx huma.Context) {
			a.authorise(ctx, func(ctx huma.Context) {
				a.queue(ctx, func(ctx huma.Context) {
					if err := Whole(ctx.Context()); needs != "" && err != nil {
						a.writeProblem(ctx, a.problem(ctx.Context(), Op{ID: path}, err))
						return
					}
					h.ServeHTTP(w, r.WithContext(ctx.Context()))
				})
			})
		})
	})
}

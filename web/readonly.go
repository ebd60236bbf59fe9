package web

import (
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

// sessions are the operations that a read-only node answers although they
// write: without signing in nobody could ask it anything.
var sessions = []string{"sign-in", "sign-in-by-link", "sign-in-code", "sign-out"}

// unchanged refuses what would change something on a read-only node.
func (a *API) unchanged(ctx huma.Context, next func(huma.Context)) {
	if !a.o.ReadOnly || ctx.Method() == http.MethodGet || ctx.Method() == http.MethodHead || slices.Contains(sessions, ctx.Operation().OperationID) {
		next(ctx)
		return
	}
	a.writeProblem(ctx, newProblem(http.StatusConflict, "this node is read-only: it was started with --read-only and answers questions alone; change it on the node that collects"))
}

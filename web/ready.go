package web

import (
	"encoding/json"
	"net/http"
	"sync/atomic"
)

// Readiness is the answer of /health/live and /health/ready.
type Readiness struct {
	Status string  `json:"status"` // ok or unready
	Checks []Check `json:"checks"`
}

// registerReady answers those that watch the process: a balancer, systemd, an
// orchestrator. Who is not signed in reads which checks fail, and no more.
func (a *API) registerReady() {
	a.route(http.MethodGet, "/health/live", "", http.HandlerFunc(live))
	a.route(http.MethodGet, "/health/ready", "", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var checks []Check
		if a.o.Ready != nil {
			checks = a.o.Ready(r.Context())
		}
		if Who(r.Context()).User == "" {
			for i := range checks {
				checks[i].Detail = ""
			}
		}
		writeReadiness(w, checks)
	}))
}

// live says that the process answers; a node whose disk fails is not helped by
// being started again and again, so that nothing else is asked.
func live(w http.ResponseWriter, _ *http.Request) { writeReadiness(w, nil) }

func writeReadiness(w http.ResponseWriter, checks []Check) {
	out, status := Readiness{Status: "ok", Checks: []Check{}}, http.StatusOK
	for _, c := range checks {
		out.Checks = append(out.Checks, c)
		if !c.OK {
			out.Status, status = "unready", http.StatusServiceUnavailable
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if status != http.StatusOK {
		w.Header().Set("Retry-After", seconds(againRate))
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(out) // who asked went away: nothing to do
}

// Front answers from the first moment on: until the node is open that it is
// starting, and from the call of Stopping that it stops. Its methods may be
// called concurrently.
type Front struct {
	node atomic.Pointer[http.Handler]
	stop atomic.Bool
}

// Serve lets the node answer.
func (f *Front) Serve(node http.Handler) { f.node.Store(&node) }

// Stopping makes the node unready; it still answers.
func (f *Front) Stopping() { f.stop.Store(true) }

func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	node := f.node.Load()
	switch {
	case r.URL.Path == "/health/ready" && f.stop.Load():
		writeReadiness(w, []Check{{Name: "stopping"}})
	case node != nil:
		(*node).ServeHTTP(w, r)
	case r.URL.Path == "/health/live":
		live(w, r)
	case r.URL.Path == "/health/ready":
		writeReadiness(w, []Check{{Name: "starting"}})
	default:
		w.Header().Set("Retry-After", seconds(againRate))
		http.Error(w, "the node is starting; ask again in a second", http.StatusServiceUnavailable)
	}
}

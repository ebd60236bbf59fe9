package web

import (
	"context"
	"net/http"
	"time"
)

// Check is one thing that must hold for the node to be well.
type Check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"`
}

// Login is a user of the demo, shown so that a newcomer gets in.
type Login struct {
	Name     string `json:"name"`
	Password string `json:"password"`
	Role     string `json:"role"`
}

// Health is the state of the node.
type Health struct {
	Status  string    `json:"status" enum:"ok,degraded"`
	Version string    `json:"version"`
	Started time.Time `json:"started"`
	Now     time.Time `json:"now"`
	Demo    bool      `json:"demo"`
	Logins  []Login   `json:"logins" nullable:"false"`
	Checks  []Check   `json:"checks" nullable:"false"`
}

type healthOut struct {
	Body Health
}

func (a *API) registerHealth() {
	Handle(a, Op{Method: http.MethodGet, Path: "/health", ID: "health", Summary: "Is the node well, and what is not", Tag: "node"},
		func(ctx context.Context, _ *struct{}) (*healthOut, error) {
			h := Health{
				Status: "ok", Version: a.o.Version, Started: a.o.Started.UTC(), Now: a.now().UTC(),
				Demo: a.o.Demo != nil, Logins: a.o.Demo, Checks: []Check{},
			}
			if h.Logins == nil {
				h.Logins = []Login{}
			}
			if a.o.Health != nil {
				h.Checks = append(h.Checks, a.o.Health(ctx)...)
			}
			for _, c := range h.Checks {
				if !c.OK {
					h.Status = "degraded"
				}
			}
			return &healthOut{Body: h}, nil
		})
}

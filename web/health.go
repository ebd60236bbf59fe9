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
	Status   string    `json:"status" enum:"ok,degraded"`
	Version  string    `json:"version"`
	Started  time.Time `json:"started"`
	Now      time.Time `json:"now"`
	Demo     bool      `json:"demo"`
	Logins   []Login   `json:"logins" nullable:"false"`
	Checks   []Check   `json:"checks" nullable:"false"`
	Disk     *Disk     `json:"disk,omitempty" doc:"Left out where the file system does not tell"`
	Pressure Pressure  `json:"pressure" doc:"What overload does and did since the start"`
}

// Disk is how much room is left where samples are kept.
type Disk struct {
	Level        string   `json:"level" enum:"ok,warn,low,scarce,stop" doc:"low: tags with short retention are not kept; scarce: standard neither; stop: nothing is accepted, reading goes on"`
	Free         uint64   `json:"free" doc:"Bytes"`
	Total        uint64   `json:"total" doc:"Bytes"`
	GrowthPerDay int64    `json:"growth_per_day" doc:"Bytes by which the free room shrinks a day; 0 when it does not or is not known yet"`
	DaysLeft     *float64 `json:"days_left,omitempty" doc:"Until nothing is accepted, at the present growth"`
}

// Pressure counts how overload was answered to the sources.
type Pressure struct {
	Stretched int64 `json:"stretched" doc:"Devices polled less often now"`
	Stretches int64 `json:"stretches" doc:"Times that a period was stretched"`
	Refusing  int64 `json:"refusing" doc:"Devices whose samples are not accepted now"`
	Refused   int64 `json:"refused" doc:"Samples that were not accepted"`
	NotKept   int64 `json:"not_kept" doc:"Readings left out because the disk was low"`
	Pending   int   `json:"pending" doc:"Messages of MQTT clients not handled yet"`
	Held      int64 `json:"held" doc:"Times that an MQTT client had to wait at its socket"`
	Withheld  int64 `json:"withheld" doc:"MQTT messages that were not acknowledged"`
	Dropped   int64 `json:"dropped" doc:"MQTT messages without acknowledgement (QoS 0) that were thrown away"`
	Flooding  int   `json:"flooding" doc:"MQTT clients of which messages are being thrown away"`
	Requests  Busy  `json:"requests"`
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
			if a.o.Disk != nil {
				h.Disk = a.o.Disk()
			}
			if a.o.Pressure != nil {
				h.Pressure = a.o.Pressure()
			}
			h.Pressure.Requests = a.busy.count()
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

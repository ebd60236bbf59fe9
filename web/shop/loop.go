package shop

import (
	"context"
	"net/http"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/control/loop"
	"zhigai/web"
)

// LoopAt names a control loop.
type LoopAt struct {
	ID string `path:"id" maxLength:"60" doc:"Id of the loop: the series of its revisions"`
}

func (r *rooms) registerLoops() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/control-loops", ID: "control-loops", Summary: "Control loops with the revision in effect, their mode and what they see, the newest first", Tag: "control", Needs: access.Read},
		func(ctx context.Context, in *struct {
			Scope string `query:"scope" maxLength:"400" doc:"Path of the hierarchy; empty for all you may see"`
		},
		) (*web.ListOut[loop.View], error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			all, err := r.Loops.Views(ctx, loop.Filter{Scope: scope})
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/control-loops/{id}", ID: "control-loop", Summary: "One control loop with all its revisions", Tag: "control", Needs: access.Read},
		func(ctx context.Context, in *LoopAt) (*struct{ Body loop.View }, error) {
			v, err := r.Loops.View(ctx, web.Who(ctx), in.ID)
			return &struct{ Body loop.View }{v}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/control-loops", ID: "save-control-loop", Summary: "Draft a control loop, its next revision (series without id), or change a draft whose rev was seen", Tag: "control", Needs: access.Engineer, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body loop.Loop }) (*struct{ Body loop.Loop }, error) {
			l, err := r.Loops.SaveLoop(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "loop.save", l.ID, nil, l)
			}
			return &struct{ Body loop.Loop }{l}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/control-loop-revisions/{id}/state", ID: "move-control-loop", Summary: "Approve a revision that somebody else wrote, or retire it", Tag: "control", Needs: access.Engineer},
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"60" doc:"Of the revision"`
			Body loop.Move
		},
		) (*struct{ Body loop.Loop }, error) {
			l, err := r.Loops.Move(ctx, web.Who(ctx), in.ID, in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "loop."+string(l.State), l.ID, nil, in.Body)
			}
			return &struct{ Body loop.Loop }{l}, err
		})
	r.registerLoopHands()
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/control-loops/{id}/events", ID: "control-loop-events", Summary: "What a control loop did in a stretch of time, and was told, the newest first: modes, set points, writes with what they rested on", Tag: "control", Needs: access.Read},
		func(ctx context.Context, in *struct {
			LoopAt
			From time.Time `query:"from" doc:"First instant, RFC 3339"`
			To   time.Time `query:"to" doc:"First instant no longer in it"`
			What string    `query:"what" enum:",mode,set-point,hand,write,refused,safe,tuned,revision"`
			web.Paging
		},
		) (*web.ListOut[loop.Event], error) {
			who := web.Who(ctx)
			if _, err := r.Loops.View(ctx, who, in.ID); err != nil {
				return nil, err
			}
			before, err := in.After()
			if err != nil {
				return nil, err
			}
			f := loop.EventFilter{What: in.What, Before: before, Limit: in.Limit + 1, From: plant.Instant(micros(in.From)), To: plant.Instant(micros(in.To))}
			all, err := r.Loops.Events(ctx, who.Scope.Tenant, in.ID, f)
			return cut(all, in.Limit, func(e loop.Event) string { return e.ID }), err
		})
}

// registerLoopHands are what people do with a running loop.
func (r *rooms) registerLoopHands() {
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/control-loops/{id}/mode", ID: "set-loop-mode", Summary: "Put a control loop off, in manual or in auto", Tag: "control", Needs: access.Control},
		func(ctx context.Context, in *struct {
			LoopAt
			Body loop.Asked
		},
		) (*struct{ Body loop.View }, error) {
			v, err := r.Loops.SetMode(ctx, web.Who(ctx), in.ID, in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "loop.mode", in.ID, nil, in.Body)
			}
			return &struct{ Body loop.View }{v}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/control-loops/{id}/hand-back", ID: "hand-back-loop", Summary: "End what a control loop does and leave the machine as it was before: commands to the machine", Tag: "control", Needs: access.Control},
		func(ctx context.Context, in *struct {
			LoopAt
			Body loop.Back
		},
		) (*struct{ Body loop.View }, error) {
			v, err := r.Loops.HandBack(ctx, web.Who(ctx), in.ID, in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "loop.hand-back", in.ID, nil, in.Body)
			}
			return &struct{ Body loop.View }{v}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/control-loops/{id}/set-point", ID: "set-loop-set-point", Summary: "Move the set point of a control loop", Tag: "control", Needs: access.Control},
		func(ctx context.Context, in *struct {
			LoopAt
			Body loop.NewValue
		},
		) (*struct{ Body loop.View }, error) {
			v, err := r.Loops.SetPoint(ctx, web.Who(ctx), in.ID, in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "loop.set-point", in.ID, nil, in.Body)
			}
			return &struct{ Body loop.View }{v}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/control-loops/{id}/output", ID: "set-loop-output", Summary: "Move the output of a control loop in manual: a command to the machine", Tag: "control", Needs: access.Control},
		func(ctx context.Context, in *struct {
			LoopAt
			Body loop.NewValue
		},
		) (*struct{ Body loop.View }, error) {
			v, err := r.Loops.SetOutput(ctx, web.Who(ctx), in.ID, in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "loop.output", in.ID, nil, in.Body)
			}
			return &struct{ Body loop.View }{v}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/control-loops/{id}/tuning", ID: "tune-control-loop", Summary: "Begin an autotuning of a control loop in manual: a relay makes the process swing around where it is", Tag: "control", Needs: access.Control},
		func(ctx context.Context, in *struct {
			LoopAt
			Body loop.Tune
		},
		) (*struct{ Body loop.View }, error) {
			v, err := r.Loops.StartTuning(ctx, web.Who(ctx), in.ID, in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "loop.tune", in.ID, nil, in.Body)
			}
			return &struct{ Body loop.View }{v}, err
		})
}

package shop

import (
	"context"
	"net/http"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/control/handshake"
	"zhigai/web"
)

// HandshakeAt names a handshake.
type HandshakeAt struct {
	ID string `path:"id" maxLength:"60" doc:"Id of the handshake: the series of its revisions"`
}

func (r *rooms) registerHandshakes() {
	r.registerHandshakeReading()
	r.registerHandovers()
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/handshakes", ID: "save-handshake", Summary: "Draft a handshake between two machines, its next revision (series without id), or change a draft whose rev was seen", Tag: "control", Needs: access.Engineer, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body handshake.Handshake }) (*struct{ Body handshake.Handshake }, error) {
			h, err := r.Handshakes.Save(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "handshake.save", h.ID, nil, h)
			}
			return &struct{ Body handshake.Handshake }{h}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/handshake-revisions/{id}/state", ID: "move-handshake", Summary: "Approve a revision that somebody else wrote, or retire it", Tag: "control", Needs: access.Engineer},
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"60" doc:"Of the revision"`
			Body handshake.Move
		},
		) (*struct{ Body handshake.Handshake }, error) {
			h, err := r.Handshakes.Move(ctx, web.Who(ctx), in.ID, in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "handshake."+string(h.State), h.ID, nil, in.Body)
			}
			return &struct{ Body handshake.Handshake }{h}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/handshakes/{id}/mode", ID: "set-handshake-mode", Summary: "Have a handshake followed, or not", Tag: "control", Needs: access.Control},
		func(ctx context.Context, in *struct {
			HandshakeAt
			Body handshake.Asked
		},
		) (*struct{ Body handshake.View }, error) {
			v, err := r.Handshakes.SetMode(ctx, web.Who(ctx), in.ID, in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "handshake.mode", in.ID, nil, in.Body)
			}
			return &struct{ Body handshake.View }{v}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/handshakes/{id}/give-up", ID: "give-up-handover", Summary: "Give up the hand-over that is under way: what was told is taken back", Tag: "control", Needs: access.Control},
		func(ctx context.Context, in *struct {
			HandshakeAt
			Body handshake.GiveUp
		},
		) (*struct{ Body handshake.View }, error) {
			v, err := r.Handshakes.GiveUp(ctx, web.Who(ctx), in.ID, in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "handshake.give-up", in.ID, nil, in.Body)
			}
			return &struct{ Body handshake.View }{v}, err
		})
}

func (r *rooms) registerHandshakeReading() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/handshakes", ID: "handshakes", Summary: "Handshakes between machines with the revision in effect and where each stands, the newest first", Tag: "control", Needs: access.Read},
		func(ctx context.Context, in *struct {
			Scope string `query:"scope" maxLength:"400" doc:"Path of the hierarchy; empty for all you may see"`
		},
		) (*web.ListOut[handshake.View], error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			all, err := r.Handshakes.Views(ctx, handshake.Filter{Scope: scope})
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/handshakes/{id}", ID: "handshake", Summary: "One handshake with all its revisions and where it stands", Tag: "control", Needs: access.Read},
		func(ctx context.Context, in *HandshakeAt) (*struct{ Body handshake.View }, error) {
			v, err := r.Handshakes.View(ctx, web.Who(ctx), in.ID)
			return &struct{ Body handshake.View }{v}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/equipment/{id}/handshake-words", ID: "handshake-words", Summary: "Signals of a machine that a handshake may listen to or set", Tag: "control", Needs: access.Read},
		func(ctx context.Context, in *struct {
			ID plant.NodeID `path:"id" maxLength:"60"`
		},
		) (*web.ListOut[handshake.Signal], error) {
			all, err := r.Handshakes.Words(ctx, web.Who(ctx), in.ID)
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/handshake-check", ID: "check-handshake", Summary: "What is wrong with a handshake while it is written; nothing is kept", Tag: "control", Needs: access.Read},
		func(ctx context.Context, in *struct{ Body handshake.Handshake }) (*struct{ Body handshake.Checked }, error) {
			c, err := r.Handshakes.Check(ctx, web.Who(ctx), in.Body)
			return &struct{ Body handshake.Checked }{c}, err
		})
}

// HandoverSpan is a stretch of time in which hand-overs began.
type HandoverSpan struct {
	From time.Time `query:"from" doc:"First instant, RFC 3339; begun"`
	To   time.Time `query:"to" doc:"First instant no longer in it"`
}

func (r *rooms) registerHandovers() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/handshakes/{id}/handovers", ID: "handovers", Summary: "What was handed over, step by step, the newest first", Tag: "control", Needs: access.Read},
		func(ctx context.Context, in *struct {
			HandshakeAt
			HandoverSpan
			End string `query:"end" enum:",open,done,aborted,timed_out" doc:"How it ended; open: under way"`
			web.Paging
		},
		) (*web.ListOut[handshake.Handover], error) {
			before, err := in.After()
			if err != nil {
				return nil, err
			}
			f := handshake.HandoverFilter{End: in.End, Before: before, Limit: in.Limit + 1, From: plant.Instant(micros(in.From)), To: plant.Instant(micros(in.To))}
			all, err := r.Handshakes.Handovers(ctx, web.Who(ctx), in.ID, f)
			return cut(all, in.Limit, func(h handshake.Handover) string { return h.ID }), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/handshakes/{id}/statistics", ID: "handshake-statistics", Summary: "How long each step took over the hand-overs of a stretch of time, and how they ended", Tag: "control", Needs: access.Read},
		func(ctx context.Context, in *struct {
			HandshakeAt
			HandoverSpan
		},
		) (*struct{ Body handshake.Statistics }, error) {
			s, err := r.Handshakes.Statistics(ctx, web.Who(ctx), in.ID, plant.Instant(micros(in.From)), plant.Instant(micros(in.To)))
			return &struct{ Body handshake.Statistics }{s}, err
		})
}

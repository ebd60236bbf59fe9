package shop

import (
	"context"
	"net/http"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/alarm"
	"zhigai/web"
)

type limitOut struct {
	ETag string `header:"ETag"`
	Body alarm.Limit
}

func (r *rooms) registerAlarmLimits() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/alarms/limits", ID: "alarm-limits", Summary: "Limits on signals, each with its newest version, by path", Tag: "alarms", Needs: access.Read},
		func(ctx context.Context, in *struct {
			web.Paging
			Scope     string       `query:"scope" maxLength:"400"`
			Equipment plant.NodeID `query:"equipment" maxLength:"60"`
			Tag       plant.TagNo  `query:"tag"`
			Stage     alarm.Stage  `query:"stage" enum:",draft,live,retired"`
			Q         string       `query:"q" maxLength:"100" doc:"Part of the words, the signal or the path"`
		},
		) (*web.ListOut[alarm.Limit], error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			after, err := in.After()
			if err != nil {
				return nil, err
			}
			all, err := r.Alarms.Limits(ctx, alarm.LimitFilter{Scope: scope, Node: in.Equipment, Tag: in.Tag, Stage: in.Stage, Text: in.Q, After: after, Limit: in.Limit + 1})
			return cut(all, in.Limit, alarm.Limit.Key), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/alarms/limits/{id}/versions", ID: "alarm-limit-versions", Summary: "All versions of a limit, newest first, each with its reason", Tag: "alarms", Needs: access.Read},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"60"`
		},
		) (*web.ListOut[alarm.Limit], error) {
			all, err := r.Alarms.Versions(ctx, web.Who(ctx).Scope, in.ID)
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/alarms/limits", ID: "add-alarm-limit", Summary: "Draft a limit on a signal", Tag: "alarms", Needs: access.Engineer, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body alarm.Terms }) (*limitOut, error) {
			l, err := r.Alarms.Add(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "alarm.limit.add", l.ID, nil, l)
			}
			return &limitOut{ETag: web.ETag(l.Rev), Body: l}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: "/alarms/limits/{id}", ID: "change-alarm-limit", Summary: "Save the next version of a limit: change it, let it go live, retire it, each with the reason", Tag: "alarms", Needs: access.Engineer},
		func(ctx context.Context, in *struct {
			ID      string `path:"id" maxLength:"60"`
			IfMatch string `header:"If-Match" required:"true" doc:"rev of the limit you changed"`
			Body    alarm.Terms
		},
		) (*limitOut, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			l, err := r.Alarms.Change(ctx, web.Who(ctx), in.ID, rev, in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "alarm.limit.change", l.ID, nil, l)
			}
			return &limitOut{ETag: web.ETag(l.Rev), Body: l}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/alarms/limits/backtest", ID: "try-alarm-limit", Summary: "What a limit would have done over a stretch of history: how often it would have fired, and before which stops", Tag: "alarms", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct{ Body alarm.Question }) (*struct{ Body alarm.Backtest }, error) {
			b, err := r.Alarms.Try(ctx, web.Who(ctx).Scope, in.Body)
			return &struct{ Body alarm.Backtest }{b}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/alarms/performance", ID: "alarm-performance", Summary: "What the alarms of a stretch of time asked of people, with the field's targets", Tag: "alarms", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			web.Range
			Scope     string `query:"scope" maxLength:"400"`
			Operators int    `query:"operators" minimum:"1" maximum:"1000" default:"1" doc:"How many people answer alarms at a time"`
		},
		) (*struct{ Body alarm.Performance }, error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			if _, _, err := in.Micros(); err != nil {
				return nil, err
			}
			p, err := r.Alarms.Performance(ctx, scope, plant.InstantOf(in.From), plant.InstantOf(in.To), in.Operators)
			return &struct{ Body alarm.Performance }{p}, err
		})
}

package shop

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/shop/alarm"
	"zhigai/web"
)

type alarmsIn struct {
	Scope     string       `query:"scope" maxLength:"400"`
	Equipment plant.NodeID `query:"equipment" maxLength:"60"`
	Open      bool         `query:"open" doc:"Only what stands"`
	Now       bool         `query:"now" doc:"What needs somebody now: what stands, and what returned to normal within a day without anybody having taken it up; from and to are not needed"`
	Unacked   bool         `query:"unacked" doc:"Only what nobody acknowledged"`
	Aside     bool         `query:"aside" doc:"With now: also what is shelved, suppressed or out of service"`
	Source    alarm.Source `query:"source" maxLength:"40" doc:"profile, limit, or the room that found it"`
	ID        string       `query:"alarm" maxLength:"300" doc:"Occurrences of one alarm alone: its id"`
	Priority  int          `query:"priority" minimum:"0" maximum:"4" doc:"This urgent or more; 0 for all"`
	Q         string       `query:"q" maxLength:"100" doc:"Part of the text, the machine's name or its path"`
	From      time.Time    `query:"from" doc:"First instant, RFC 3339"`
	To        time.Time    `query:"to" doc:"First instant no longer in it"`
	web.Paging
}

func (r *rooms) registerAlarms() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/alarms", ID: "alarms", Summary: "Alarms of machines, of limits and of what other rooms found: those of now, or of a stretch of time, newest first", Tag: "alarms", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *alarmsIn) (*web.ListOut[alarm.Alarm], error) { return r.alarms(ctx, in) })
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/alarms/live", ID: "alarms-live", Summary: "Server-sent events: something changed in the list of alarms", Tag: "alarms", Needs: access.Read},
		func(ctx context.Context, in *struct {
			Scope string `query:"scope" maxLength:"400"`
		},
		) (*huma.StreamResponse, error) {
			if _, err := web.ScopeOf(ctx, in.Scope); err != nil {
				return nil, err
			}
			return r.api.Stream(func(ctx context.Context, send func(web.Event) error) error {
				seq := uint64(0)
				for {
					var err error
					if seq, err = r.Alarms.Wait(ctx, seq); err != nil {
						return err
					}
					if err := send(web.Event{Name: "alarms", Data: alarmNews{seq}}); err != nil {
						return err
					}
				}
			}), nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/alarms/ack", ID: "acknowledge-alarm", Summary: "Say that an alarm was seen and is taken up", Tag: "alarms", Needs: access.Report, Status: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Body struct {
				Equipment plant.NodeID `json:"equipment"`
				Alarm     string       `json:"alarm" maxLength:"300"`
				At        time.Time    `json:"at,omitzero" doc:"An instant at which it stood; now when left out"`
				Note      string       `json:"note,omitempty" maxLength:"500"`
			}
		},
		) (*struct{ Body fact.Event }, error) {
			b := in.Body
			if b.At.IsZero() {
				b.At = r.api.Now()
			}
			e, err := r.Alarms.Acknowledge(ctx, web.Who(ctx), b.Equipment, b.Alarm, plant.InstantOf(b.At), b.Note)
			if err == nil {
				err = r.api.Audit(ctx, "alarm.acknowledge", string(b.Equipment), nil, e)
			}
			return &struct{ Body fact.Event }{e}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/alarms/mode", ID: "set-alarm-mode", Summary: "Shelve an alarm until an instant, suppress it by design, take it out of service, or take it back", Tag: "alarms", Needs: access.Report},
		func(ctx context.Context, in *struct{ Body alarm.Change }) (*struct{ Body alarm.Mode }, error) {
			m, err := r.Alarms.Set(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "alarm."+string(m.State), string(m.Place)+"/"+m.Alarm, nil, m)
			}
			return &struct{ Body alarm.Mode }{m}, err
		})
}

type alarmNews struct {
	Seq uint64 `json:"seq"`
}

func (r *rooms) alarms(ctx context.Context, in *alarmsIn) (*web.ListOut[alarm.Alarm], error) {
	scope, err := web.ScopeOf(ctx, in.Scope)
	if err != nil {
		return nil, err
	}
	cursor, err := in.After()
	if err != nil {
		return nil, err
	}
	f := alarm.Filter{
		Place: in.Equipment, Open: in.Open, Unacked: in.Unacked, Aside: in.Aside, Source: in.Source, ID: in.ID, Priority: in.Priority, Text: in.Q,
		Cursor: cursor, Limit: in.Limit,
	}
	var page alarm.Page
	if in.Now || in.Open && in.From.IsZero() {
		page, err = r.Alarms.Now(ctx, scope, f)
	} else {
		if _, _, err := (web.Range{From: in.From, To: in.To}).Micros(); err != nil {
			return nil, err
		}
		f.From, f.To = plant.InstantOf(in.From), plant.InstantOf(in.To)
		page, err = r.Alarms.Past(ctx, scope, f)
	}
	if err != nil {
		return nil, err
	}
	next := ""
	if page.Next != "" {
		next = web.CursorOf(page.Next)
	}
	return web.NewList(page.Alarms, next), nil
}

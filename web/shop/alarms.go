package shop

import (
	"context"
	"net/http"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/shop/equipment"
	"zhigai/web"
)

// Alarm is one occurrence of an alarm (IEC 62682).
type Alarm struct {
	Equipment plant.NodeID `json:"equipment"`
	Path      string       `json:"path"`
	Name      plant.Name   `json:"name"`
	ID        string       `json:"id" doc:"Of the alarm within the machine's profile"`
	Text      plant.Name   `json:"text"`
	Priority  int          `json:"priority" doc:"1 is the most urgent, 4 the least"`
	From      time.Time    `json:"from"`
	To        time.Time    `json:"to"`
	Open      bool         `json:"open" doc:"Still standing; to is now"`
	Lost      bool         `json:"lost" doc:"Contact or a signal was lost at to: nobody knows whether it stood on"`
	Earlier   bool         `json:"earlier" doc:"It stood already at from, where the look began"`
	Acked     *Ack         `json:"acked,omitempty"`
}

// Ack says who took an alarm up.
type Ack struct {
	By   string    `json:"by"`
	At   time.Time `json:"at"`
	Note string    `json:"note,omitempty"`
}

type alarmsIn struct {
	Scope     string       `query:"scope" maxLength:"400"`
	Equipment plant.NodeID `query:"equipment" maxLength:"60"`
	Open      bool         `query:"open" doc:"Only what stands now; from and to are not needed"`
	Unacked   bool         `query:"unacked" doc:"Only what nobody acknowledged"`
	Priority  int          `query:"priority" minimum:"0" maximum:"4" doc:"This urgent or more; 0 for all"`
	Q         string       `query:"q" maxLength:"100" doc:"Part of the text, the machine's name or its path"`
	From      time.Time    `query:"from" doc:"First instant, RFC 3339"`
	To        time.Time    `query:"to" doc:"First instant no longer in it"`
	web.Paging
}

func (r *rooms) registerAlarms() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/alarms", ID: "alarms", Summary: "Alarms that stand, or those of a stretch of time, newest first", Tag: "alarms", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *alarmsIn) (*web.ListOut[Alarm], error) { return r.alarms(ctx, in) })
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/alarms/ack", ID: "acknowledge-alarm", Summary: "Say that an alarm was seen and is taken up", Tag: "alarms", Needs: access.Report, Status: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Body struct {
				Equipment plant.NodeID `json:"equipment"`
				Alarm     string       `json:"alarm" maxLength:"100"`
				At        time.Time    `json:"at,omitzero" doc:"An instant at which it stood; now when left out"`
				Note      string       `json:"note,omitempty" maxLength:"500"`
			}
		},
		) (*struct{ Body fact.Event }, error) {
			b := in.Body
			if b.At.IsZero() {
				b.At = r.api.Now()
			}
			e, err := r.Desk.Acknowledge(ctx, web.Who(ctx).Scope, web.Who(ctx).User, b.Equipment, fact.AlarmAck{Alarm: b.Alarm, At: micros(b.At), Note: b.Note})
			if err == nil {
				err = r.api.Audit(ctx, "alarm.acknowledge", string(b.Equipment), nil, e)
			}
			return &struct{ Body fact.Event }{e}, err
		})
}

func (r *rooms) alarms(ctx context.Context, in *alarmsIn) (*web.ListOut[Alarm], error) {
	scope, err := web.ScopeOf(ctx, in.Scope)
	if err != nil {
		return nil, err
	}
	cursor, err := in.After()
	if err != nil {
		return nil, err
	}
	f := equipment.AlarmFilter{Node: in.Equipment, Open: in.Open, Unacked: in.Unacked, Priority: in.Priority, Text: in.Q, Cursor: cursor, Limit: in.Limit}
	var page equipment.AlarmPage
	if in.Open && in.From.IsZero() {
		page, err = r.Desk.Standing(ctx, scope, r.Board.Alarms(scope), f)
	} else {
		if f.From, f.To, err = (web.Range{From: in.From, To: in.To}).Micros(); err != nil {
			return nil, err
		}
		page, err = r.Desk.Alarms(ctx, scope, f)
	}
	if err != nil {
		return nil, err
	}
	items := make([]Alarm, len(page.Alarms))
	for i, a := range page.Alarms {
		items[i] = Alarm{
			Equipment: a.Node, Path: a.Path, Name: a.Name, ID: a.ID, Text: a.Text, Priority: a.Priority, From: stamp(a.From), To: stamp(a.To),
			Open: a.Open, Lost: a.Lost, Earlier: a.Earlier,
		}
		if a.AckedAt != 0 {
			items[i].Acked = &Ack{By: a.AckedBy, At: stamp(a.AckedAt), Note: a.AckedFor}
		}
	}
	next := ""
	if page.Next != "" {
		next = web.CursorOf(page.Next)
	}
	return web.NewList(items, next), nil
}

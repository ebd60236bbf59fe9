package shop

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/shop/equipment"
	"zhigai/web"
)

// Interval is time in which nothing about a machine changed.
type Interval struct {
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	State   State     `json:"state"`
	Class   string    `json:"class"`
	Source  string    `json:"source"`
	Reason  *Reason   `json:"reason,omitempty"`
	Micro   bool      `json:"micro"`
	Product string    `json:"product,omitempty"`
	Order   string    `json:"order,omitempty"`
	Shift   string    `json:"shift,omitempty"`
}

// Stop is one standstill in planned time.
type Stop struct {
	Equipment plant.NodeID `json:"equipment"`
	Path      string       `json:"path"`
	Name      plant.Name   `json:"name"`
	From      time.Time    `json:"from"`
	To        time.Time    `json:"to"`
	Open      bool         `json:"open" doc:"Still standing; to is now"`
	LostMS    int64        `json:"lost_ms" doc:"Of it in planned busy time"`
	State     State        `json:"state"`
	Reason    *Reason      `json:"reason,omitempty"`
	Micro     bool         `json:"micro"`
	Shift     string       `json:"shift,omitempty"`
	Product   string       `json:"product,omitempty"`
	Parts     []StopPart   `json:"parts" nullable:"false"`
}

// StopPart is a part of a stop with one reason.
type StopPart struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Reason *Reason   `json:"reason"`
}

// Loss is what one reason took.
type Loss struct {
	Reason equipment.Reason `json:"reason"`
	MS     int64            `json:"ms"`
	Stops  int64            `json:"stops"`
	Share  float64          `json:"share"`
	// Evidence leads to the pieces of time it was added up from.
	Evidence string `json:"evidence"`
}

// LossPart is a piece of time that a reason took.
type LossPart struct {
	Equipment plant.NodeID `json:"equipment"`
	Path      string       `json:"path"`
	Name      plant.Name   `json:"name"`
	From      time.Time    `json:"from"`
	To        time.Time    `json:"to"`
	MS        int64        `json:"ms"`
	State     State        `json:"state"`
	Class     string       `json:"class"`
	By        string       `json:"by,omitempty" doc:"Who gave the reason"`
	Product   string       `json:"product,omitempty"`
	Shift     string       `json:"shift,omitempty"`
}

type machineRange struct {
	ID plant.NodeID `path:"id"`
	web.Range
}

func (r *rooms) registerTimeline() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/equipment/{id}/intervals", ID: "intervals", Summary: "What a machine did, in order", Tag: "equipment", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *machineRange) (*web.ListOut[Interval], error) {
			from, to, err := in.Micros()
			if err != nil {
				return nil, err
			}
			all, err := r.Desk.Timeline(ctx, web.Who(ctx).Scope, in.ID, from, to)
			if err != nil {
				return nil, err
			}
			items := make([]Interval, len(all))
			for i, v := range all {
				items[i] = r.intervalOf(v)
			}
			return web.NewList(items, ""), nil
		})
}

func (r *rooms) intervalOf(v equipment.Interval) Interval {
	out := Interval{
		From: stamp(v.From), To: stamp(v.To), State: stateOf(v.State), Class: string(v.Class), Source: string(v.Source),
		Micro: v.MicroStop, Product: v.Product, Order: v.Order, Shift: v.Shift,
	}
	if v.Reason != "" {
		out.Reason = r.reason(v.Reason, v.SaidBy)
	}
	return out
}

type stopsIn struct {
	Scope      string       `query:"scope" maxLength:"400"`
	Equipment  plant.NodeID `query:"equipment" maxLength:"60"`
	Unassigned bool         `query:"unassigned" doc:"Only those with a part that nobody explained"`
	Micro      bool         `query:"micro" doc:"Minor stops too"`
	web.Range
	web.Paging
}

func (r *rooms) registerStops() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/stops", ID: "stops", Summary: "Standstills in planned time, newest first", Tag: "stops", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *stopsIn) (*web.ListOut[Stop], error) { return r.stops(ctx, in) })
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/stop-reasons", ID: "stop-reasons", Summary: "The tree of stop reasons", Tag: "stops", Needs: access.Read},
		func(context.Context, *struct{}) (*web.ListOut[equipment.Reason], error) {
			return web.NewList(r.Reasons.All(), ""), nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/stops", ID: "assign-reason", Summary: "Say why a machine stood, or say it anew", Tag: "stops", Needs: access.Report, Status: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Body struct {
				Equipment plant.NodeID `json:"equipment"`
				From      time.Time    `json:"from"`
				To        time.Time    `json:"to,omitzero" doc:"Left out: until the machine runs again"`
				Reason    string       `json:"reason" maxLength:"100"`
				Note      string       `json:"note,omitempty" maxLength:"500"`
			}
		},
		) (*struct{ Body fact.Event }, error) {
			b := in.Body
			e, err := r.Desk.AssignReason(ctx, web.Who(ctx).Scope, web.Who(ctx).User, equipment.Assign{Node: b.Equipment, From: micros(b.From), To: micros(b.To), Reason: b.Reason, Note: b.Note})
			if err == nil {
				err = r.api.Audit(ctx, "stop.reason", string(b.Equipment), nil, e)
			}
			return &struct{ Body fact.Event }{e}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/losses", ID: "losses", Summary: "Stop reasons by the time they took", Tag: "stops", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			Scope string `query:"scope" maxLength:"400"`
			web.Range
		},
		) (*web.ListOut[Loss], error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			from, to, err := in.Micros()
			if err != nil {
				return nil, err
			}
			all, err := r.Desk.Pareto(ctx, scope, from, to)
			items := make([]Loss, len(all))
			for i, l := range all {
				q := url.Values{"scope": {in.Scope}, "from": {stamp(l.Window.From).Format(time.RFC3339)}, "to": {stamp(l.Window.To).Format(time.RFC3339)}}
				items[i] = Loss{Reason: l.Reason, MS: l.Ms, Stops: l.Stops, Share: l.Share, Evidence: "/api/v1/losses/" + url.PathEscape(l.Reason.ID) + "?" + q.Encode()}
			}
			return web.NewList(items, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/losses/{reason}", ID: "loss-parts", Summary: "The pieces of time one reason took, in order", Tag: "stops", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			Reason string `path:"reason" maxLength:"100"`
			Scope  string `query:"scope" maxLength:"400"`
			web.Range
			web.Paging
		},
		) (*web.ListOut[LossPart], error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			from, to, err := in.Micros()
			if err != nil {
				return nil, err
			}
			all, err := r.Desk.LossParts(ctx, scope, in.Reason, from, to)
			if err != nil {
				return nil, err
			}
			return web.Page(lossPartsOf(all), func(p LossPart) string {
				return p.From.Format("2006-01-02T15:04:05.000000") + " " + string(p.Equipment)
			}, in.Paging)
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/events", ID: "events", Summary: "Facts of the journal, newest first", Tag: "equipment", Needs: access.Read},
		func(ctx context.Context, in *struct {
			Equipment plant.NodeID `query:"equipment" required:"true" maxLength:"60"`
			web.Range
		},
		) (*web.ListOut[fact.Event], error) {
			from, to, err := in.Micros()
			if err != nil {
				return nil, err
			}
			if _, err := r.machine(ctx, in.Equipment); err != nil {
				return nil, err // outside the asker's scope it does not exist
			}
			events, err := r.Journal.Events(ctx, web.Who(ctx).Scope.Tenant, fact.Filter{Subjects: []plant.NodeID{in.Equipment}, From: from, To: to, Newest: true, Limit: 500})
			return web.NewList(events, ""), err
		})
}

func lossPartsOf(all []equipment.LossPart) []LossPart {
	items := make([]LossPart, len(all))
	for i, p := range all {
		items[i] = LossPart{
			Equipment: p.Node, Path: p.Path, Name: p.Name, From: stamp(p.From), To: stamp(p.To), MS: p.Ms(), State: stateOf(p.State), Class: string(p.Class),
			By: p.SaidBy, Product: p.Product, Shift: p.Shift,
		}
	}
	return items
}

func (r *rooms) stops(ctx context.Context, in *stopsIn) (*web.ListOut[Stop], error) {
	scope, err := web.ScopeOf(ctx, in.Scope)
	if err != nil {
		return nil, err
	}
	from, to, err := in.Micros()
	if err != nil {
		return nil, err
	}
	cursor, err := in.After()
	if err != nil {
		return nil, err
	}
	page, err := r.Desk.Stops(ctx, scope, equipment.StopFilter{Node: in.Equipment, From: from, To: to, Unassigned: in.Unassigned, Micro: in.Micro, Cursor: cursor, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	items := make([]Stop, len(page.Stops))
	for i, s := range page.Stops {
		items[i] = Stop{
			Equipment: s.Node, Path: s.Path, Name: s.Name, From: stamp(s.From), To: stamp(s.To), Open: s.Open, LostMS: s.LostMs, State: stateOf(s.State),
			Micro: s.Micro, Shift: s.Shift, Product: s.Product, Parts: []StopPart{},
		}
		if s.Reason != "" {
			items[i].Reason = r.reason(s.Reason, s.SaidBy)
		}
		for _, p := range s.Parts {
			items[i].Parts = append(items[i].Parts, StopPart{From: stamp(p.From), To: stamp(p.To), Reason: r.reason(p.Reason, p.SaidBy)})
		}
	}
	next := ""
	if page.Next != "" {
		next = web.CursorOf(page.Next)
	}
	return web.NewList(items, next), nil
}

func (r *rooms) registerEntries() {
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/equipment/{id}/counts", ID: "add-count", Summary: "Correct quantities by hand", Tag: "equipment", Needs: access.Report, Status: http.StatusCreated},
		func(ctx context.Context, in *struct {
			ID   plant.NodeID `path:"id"`
			Body struct {
				At      time.Time `json:"at,omitzero" doc:"Now when left out"`
				Product string    `json:"product,omitempty" maxLength:"100"`
				Good    int64     `json:"good,omitempty"`
				Scrap   int64     `json:"scrap,omitempty"`
				Rework  int64     `json:"rework,omitempty"`
				Note    string    `json:"note,omitempty" maxLength:"500"`
			}
		},
		) (*struct{ Body fact.Event }, error) {
			b := in.Body
			if b.At.IsZero() {
				b.At = r.api.Now()
			}
			e, err := r.Desk.AddCount(ctx, web.Who(ctx).Scope, web.Who(ctx).User, in.ID, micros(b.At), fact.Count{Product: b.Product, Good: b.Good, Scrap: b.Scrap, Rework: b.Rework, Note: b.Note})
			if err == nil {
				err = r.api.Audit(ctx, "count.correct", string(in.ID), nil, e)
			}
			return &struct{ Body fact.Event }{e}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/equipment/{id}/state", ID: "set-state", Summary: "Say what a machine does while nobody hears it", Tag: "equipment", Needs: access.Report, Status: http.StatusCreated},
		func(ctx context.Context, in *struct {
			ID   plant.NodeID `path:"id"`
			Body struct {
				Code  string    `json:"code" enum:"NOT_AVAILABLE,OUT_OF_SERVICE,NOT_EXECUTING,EXECUTING"`
				Mode  string    `json:"mode" enum:"NONE,MAINTENANCE,SETUP,PROCESSING"`
				Until time.Time `json:"until"`
				Note  string    `json:"note,omitempty" maxLength:"500"`
			}
		},
		) (*struct{ Body fact.Event }, error) {
			b := in.Body
			e, err := r.Desk.SetState(ctx, web.Who(ctx).Scope, web.Who(ctx).User, in.ID, plant.MicrosOf(r.api.Now()), fact.Override{Item: b.Code, Mode: b.Mode, Until: micros(b.Until), Note: b.Note})
			if err == nil {
				err = r.api.Audit(ctx, "state.override", string(in.ID), nil, e)
			}
			return &struct{ Body fact.Event }{e}, err
		})
}

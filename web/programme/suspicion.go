package programme

import (
	"context"
	"net/http"
	"strings"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/suspicion"
	"zhigai/web"
)

// Suspicions is a page of them with how many there are in each state.
type Suspicions struct {
	Items  []suspicion.Row           `json:"items" nullable:"false"`
	Next   string                    `json:"next,omitempty" doc:"Cursor of the next page"`
	Counts map[suspicion.State]int64 `json:"counts" doc:"By state, whatever states were asked for"`
}

type suspicionsIn struct {
	Region  string            `query:"region" pattern:"^[0-9]{2,6}$" doc:"Beginning of a division code"`
	Firm    string            `query:"firm" maxLength:"60"`
	Machine plant.NodeID      `query:"machine" maxLength:"60"`
	State   []suspicion.State `query:"state" enum:"open,contested,upheld,dismissed"`
	Kind    []string          `query:"kind" enum:"flat_line,impossible_rate,stepped_clock,profile_mismatch,copied_machine,copied_firm,cloned_clock,replayed_window"`
	From    string            `query:"from" format:"date" doc:"First day"`
	To      string            `query:"to" format:"date" doc:"First day no longer in it"`
	web.Paging
}

func (r *rooms) registerSuspicions() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/firm-suspicions", ID: "firm-suspicions", Summary: "Machine days of firms that may not be the machine's own, with what the firm says of it; newest first", Tag: "programme", Needs: access.ReadFirms},
		func(ctx context.Context, in *suspicionsIn) (*struct{ Body Suspicions }, error) {
			after, err := in.After()
			if err != nil {
				return nil, err
			}
			var place suspicion.Place
			if after != "" {
				var ok bool
				if place.Date, place.ID, ok = strings.Cut(after, " "); !ok {
					return nil, web.Invalid("query.cursor", "it is none that this list gave")
				}
			}
			who, limit := web.Who(ctx), in.Limit
			if limit <= 0 {
				limit = 200
			}
			f := suspicion.Filter{Region: plant.RegionPrefix(in.Region), Firm: in.Firm, Machine: in.Machine, States: in.State, Kinds: in.Kind, From: in.From, To: in.To}
			rows, counts, err := r.Suspicions.List(ctx, who.Scope.Tenant, who.Areas(access.ReadFirms), f, place, limit+1)
			if err != nil {
				return nil, err
			}
			out := Suspicions{Items: rows, Counts: counts}
			if len(rows) > limit {
				last := rows[limit-1]
				out.Items, out.Next = rows[:limit], web.CursorOf(last.Date+" "+last.ID)
			}
			if out.Items == nil {
				out.Items = []suspicion.Row{}
			}
			return &struct{ Body Suspicions }{out}, nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/firm-suspicions/{id}/decide", ID: "decide-firm-suspicion", Summary: "Decide whether a machine's day of a firm of your region counts; the firm reads it", Tag: "programme", Needs: access.KeepFirms},
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"60"`
			Body struct {
				Upheld bool   `json:"upheld" doc:"true: the day does not count; false: it does"`
				Text   string `json:"text" minLength:"1" maxLength:"8000" doc:"Why"`
			}
		},
		) (*struct{ Body suspicion.Row }, error) {
			who := web.Who(ctx)
			was, is, err := r.Suspicions.Decide(access.With(ctx, who), who.Scope.Tenant, who.Areas(access.KeepFirms), in.ID, who.Name, in.Body.Upheld, in.Body.Text)
			if err != nil {
				return nil, err
			}
			return &struct{ Body suspicion.Row }{is}, r.api.Audit(ctx, "suspicion."+string(is.State), string(is.Machine)+"/"+is.ID, was.State, is)
		})
}

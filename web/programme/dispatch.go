package programme

import (
	"context"
	"net/http"

	"zhigai/access"
	"zhigai/programme/expert"
	"zhigai/web"
)

// DispatchIn asks for a team.
type DispatchIn struct {
	Diagnosis string   `json:"diagnosis" minLength:"1" maxLength:"60" doc:"Id of the diagnosis"`
	Wanted    int      `json:"wanted" minimum:"1" maximum:"20" doc:"Experts"`
	Fields    []string `json:"fields" nullable:"false" maxItems:"20" doc:"Fields of technology that the team is to know"`
	Note      string   `json:"note,omitempty" maxLength:"2000"`
}

// AssignIn asks an expert to go.
type AssignIn struct {
	Expert string `json:"expert" minLength:"1" maxLength:"60"`
	Role   string `json:"role" enum:"lead,expert"`
}

// AssignmentIn is the expert's own word.
type AssignmentIn struct {
	Accept bool   `json:"accept"`
	Reason string `json:"reason,omitempty" maxLength:"2000" doc:"Needed of who declines"`
}

// WithdrawIn takes an assignment back.
type WithdrawIn struct {
	Expert string `json:"expert" minLength:"1" maxLength:"60"`
	Reason string `json:"reason" minLength:"1" maxLength:"2000"`
}

// EndIn ends a dispatch.
type EndIn struct {
	State  expert.DispatchState `json:"state" enum:"done,cancelled"`
	Reason string               `json:"reason,omitempty" maxLength:"2000"`
}

type dispatchOut struct {
	ETag string `header:"ETag"`
	Body expert.Dispatch
}

func (r *rooms) registerDispatches() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/expert-dispatches", ID: "expert-dispatches", Summary: "Teams that were asked for, newest first: of your region, of your firm, and those you are asked to join", Tag: "experts", Needs: access.ReadFirms},
		func(ctx context.Context, in *struct {
			web.Paging
			State     string `query:"state" enum:"open,staffed,done,cancelled"`
			Region    string `query:"region" pattern:"^[0-9]{0,6}$" doc:"Beginning of a division code"`
			Diagnosis string `query:"diagnosis" maxLength:"60"`
			Q         string `query:"q" maxLength:"100" doc:"Part of the title, the firm or an expert's name"`
		},
		) (*web.ListOut[expert.Dispatch], error) {
			before, err := in.After()
			if err != nil {
				return nil, err
			}
			f := expert.DispatchFilter{Region: in.Region, Diagnosis: in.Diagnosis, Text: in.Q, Before: before, Limit: in.Limit}
			if in.State != "" {
				f.States = []expert.DispatchState{expert.DispatchState(in.State)}
			}
			rows, last, err := r.Experts.Dispatches(ctx, web.Who(ctx), f)
			if last != "" {
				last = web.CursorOf(last)
			}
			return web.NewList(rows, last), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/expert-dispatches/{id}", ID: "expert-dispatch", Summary: "One dispatch with who was asked", Tag: "experts", Needs: access.ReadFirms},
		func(ctx context.Context, in *idOf) (*dispatchOut, error) {
			d, err := r.Experts.Dispatch(ctx, web.Who(ctx), in.ID)
			return &dispatchOut{ETag: web.ETag(d.Rev), Body: d}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/expert-dispatches/{id}/history", ID: "expert-dispatch-history", Summary: "Every revision of a dispatch, oldest first", Tag: "experts", Needs: access.ReadFirms},
		func(ctx context.Context, in *idOf) (*web.ListOut[expert.Change[expert.Dispatch]], error) {
			out, err := r.Experts.DispatchHistory(ctx, web.Who(ctx), in.ID)
			return web.NewList(out, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/expert-dispatches/{id}/candidates", ID: "expert-candidates", Summary: "Experts held against a dispatch: those proposed first, then those left out with the reasons", Tag: "experts", Needs: access.DispatchExperts},
		func(ctx context.Context, in *idOf) (*web.ListOut[expert.Candidate], error) {
			out, err := r.Experts.Candidates(ctx, web.Who(ctx), in.ID)
			return web.NewList(out, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/expert-dispatches", ID: "ask-expert-dispatch", Summary: "Ask for a team for a diagnosis", Tag: "experts", Needs: access.DispatchExperts, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body DispatchIn }) (*dispatchOut, error) {
			b := in.Body
			d, err := r.Experts.Ask(ctx, web.Who(ctx), expert.Request{Diagnosis: b.Diagnosis, Wanted: b.Wanted, Fields: b.Fields, Note: b.Note})
			return r.dispatched(ctx, d, err, "expert.dispatch.ask", b)
		})
	e := r.Experts
	changeDispatch(r, "/assignments", "assign-expert", "Ask an expert to go; one with a conflict of interest is refused", access.DispatchExperts,
		func(ctx context.Context, who access.Principal, id string, rev int64, b AssignIn) (expert.Dispatch, error) {
			return e.Assign(ctx, who, id, rev, b.Expert, b.Role)
		})
	changeDispatch(r, "/answer", "answer-expert-assignment", "Accept or decline what you are asked", access.ReadFirms,
		func(ctx context.Context, who access.Principal, id string, rev int64, b AssignmentIn) (expert.Dispatch, error) {
			return e.Answer(ctx, who, id, rev, b.Accept, b.Reason)
		})
	changeDispatch(r, "/withdrawals", "withdraw-expert", "Take an assignment back, and the person out of the team", access.DispatchExperts,
		func(ctx context.Context, who access.Principal, id string, rev int64, b WithdrawIn) (expert.Dispatch, error) {
			return e.Withdraw(ctx, who, id, rev, b.Expert, b.Reason)
		})
	changeDispatch(r, "/end", "end-expert-dispatch", "End a dispatch: done, or cancelled with a reason", access.DispatchExperts,
		func(ctx context.Context, who access.Principal, id string, rev int64, b EndIn) (expert.Dispatch, error) {
			return e.End(ctx, who, id, rev, b.State, b.Reason)
		})
}

// dispatched answers with what a change made and puts it into the audit.
func (r *rooms) dispatched(ctx context.Context, d expert.Dispatch, err error, action string, after any) (*dispatchOut, error) {
	if err != nil {
		return nil, err
	}
	return &dispatchOut{ETag: web.ETag(d.Rev), Body: d}, r.api.Audit(ctx, action, d.Firm.ID+"/"+d.ID, nil, after)
}

// changeDispatch registers a change of one dispatch; body is what is written.
func changeDispatch[B any](r *rooms, path, id, summary string, needs access.Permission, f func(ctx context.Context, who access.Principal, dispatch string, rev int64, body B) (expert.Dispatch, error)) {
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/expert-dispatches/{id}" + path, ID: id, Summary: summary, Tag: "experts", Needs: needs},
		func(ctx context.Context, in *struct {
			ID      string `path:"id" maxLength:"60"`
			IfMatch string `header:"If-Match" required:"true" doc:"rev of the dispatch you saw"`
			Body    B
		},
		) (*dispatchOut, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			d, err := f(ctx, web.Who(ctx), in.ID, rev, in.Body)
			return r.dispatched(ctx, d, err, "expert."+id, in.Body)
		})
}

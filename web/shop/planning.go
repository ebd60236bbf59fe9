package shop

import (
	"context"
	"net/http"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/planning"
	"zhigai/web"
)

// Planning is what the API asks of the planning desk.
type Planning interface {
	Start(ctx context.Context, who access.Principal, r planning.Request) (planning.Run, error)
	Runs(scope access.Scope) []planning.Run
	Run(scope access.Scope, id string) (planning.Run, error)
	Stop(who access.Principal, id string) (planning.Run, error)

	Plans(ctx context.Context, scope access.Scope, f planning.Filter) ([]planning.Head, error)
	Plan(ctx context.Context, scope access.Scope, id string) (planning.Plan, error)
	InUse(ctx context.Context, scope access.Scope, place string) (planning.Plan, error)
	Compare(ctx context.Context, scope access.Scope, ids []string) (planning.Comparison, error)
	Late(ctx context.Context, scope access.Scope, id string) ([]planning.Late, error)
	Changed(ctx context.Context, scope access.Scope, id string) ([]planning.Change, error)

	CheckMove(ctx context.Context, scope access.Scope, id string, m planning.Move) (planning.Feedback, error)
	Move(ctx context.Context, who access.Principal, id string, m planning.Move, settle bool) (planning.Head, error)
	Lock(ctx context.Context, who access.Principal, id string, refs []planning.Ref, locked bool) (planning.Head, error)
	Shift(ctx context.Context, who access.Principal, id string, moves []planning.Move) (planning.Head, error)
	Issue(ctx context.Context, who access.Principal, id string, again bool, note string) (planning.Head, error)
	Drop(ctx context.Context, who access.Principal, id, note string) (planning.Head, error)

	Limits(ctx context.Context, scope access.Scope) ([]planning.Limit, error)
	SaveLimit(ctx context.Context, who access.Principal, l planning.Limit) (planning.Limit, error)
	Suggestions(ctx context.Context, scope access.Scope, place string) ([]planning.Suggestion, error)
	Promise(ctx context.Context, who access.Principal, r planning.PromiseRequest) (planning.Promise, error)
	Dispatch(ctx context.Context, scope access.Scope, place string, machine plant.NodeID, limit int) ([]planning.MachineList, error)
}

// PlanAt names a plan.
type PlanAt struct {
	ID string `path:"id" maxLength:"60"`
}

type planOut struct{ Body planning.Plan }

type planHeadOut struct{ Body planning.Head }

type runOut struct{ Body planning.Run }

func (r *rooms) registerPlanning() {
	r.registerRuns()
	r.registerPlans()
	r.registerPlanEdits()
	r.registerPlanDay()
	r.registerPlanLimits()
}

func (r *rooms) registerRuns() {
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/plan-runs", ID: "start-plan", Summary: "Begin to search a plan: a draft, a what-if copy, or a plan with few changes (replan)", Tag: "planning", Needs: access.Plan, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body planning.Request }) (*runOut, error) {
			run, err := r.Planning.Start(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "plan.search", in.Body.Place, nil, in.Body)
			}
			return &runOut{run}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/plan-runs", ID: "plan-runs", Summary: "Searches, how far they are and the best so far; newest first", Tag: "planning", Needs: access.Read},
		func(ctx context.Context, _ *struct{}) (*web.ListOut[planning.Run], error) {
			return web.NewList(r.Planning.Runs(web.Who(ctx).Scope), ""), nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/plan-runs/{id}", ID: "plan-run", Summary: "One search; ask every second while it is searching", Tag: "planning", Needs: access.Read},
		func(ctx context.Context, in *PlanAt) (*runOut, error) {
			run, err := r.Planning.Run(web.Who(ctx).Scope, in.ID)
			return &runOut{run}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/plan-runs/{id}/stop", ID: "stop-plan", Summary: "End a search now; the best so far becomes the plan", Tag: "planning", Needs: access.Plan},
		func(ctx context.Context, in *PlanAt) (*runOut, error) {
			run, err := r.Planning.Stop(web.Who(ctx), in.ID)
			return &runOut{run}, err
		})
}

func (r *rooms) registerPlans() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/plans", ID: "plans", Summary: "Plans, newest first", Tag: "planning", Needs: access.Read},
		func(ctx context.Context, in *struct {
			web.Paging
			Scope string               `query:"scope" maxLength:"400" doc:"Path of the hierarchy; empty for all you may see"`
			State []planning.PlanState `query:"state" maxItems:"4" enum:"draft,in_use,past,dropped"`
		},
		) (*web.ListOut[planning.Head], error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			after, err := in.After()
			if err != nil {
				return nil, err
			}
			all, err := r.Planning.Plans(ctx, scope, planning.Filter{States: in.State, After: after, Limit: in.Limit + 1})
			return cut(all, in.Limit, planning.Head.After), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/plans/{id}", ID: "plan", Summary: "One plan with its machines, orders and assignments", Tag: "planning", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *PlanAt) (*planOut, error) {
			p, err := r.Planning.Plan(ctx, web.Who(ctx).Scope, in.ID)
			return &planOut{p}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/plan-in-use", ID: "plan-in-use", Summary: "The plan by which a place works; not found when none was issued", Tag: "planning", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *PlaceAt) (*planOut, error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			p, err := r.Planning.InUse(ctx, scope, in.Scope)
			return &planOut{p}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/plan-comparison", ID: "compare-plans", Summary: "Plans of one place side by side", Tag: "planning", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			Plan []string `query:"plan" required:"true" minItems:"1" maxItems:"8" doc:"Ids"`
		},
		) (*struct{ Body planning.Comparison }, error) {
			c, err := r.Planning.Compare(ctx, web.Who(ctx).Scope, in.Plan)
			return &struct{ Body planning.Comparison }{c}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/plans/{id}/late", ID: "late-orders", Summary: "Orders of a plan that are late, each with the chain that makes it late", Tag: "planning", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *PlanAt) (*web.ListOut[planning.Late], error) {
			all, err := r.Planning.Late(ctx, web.Who(ctx).Scope, in.ID)
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/plans/{id}/changes", ID: "plan-changes", Summary: "What is otherwise now than when the plan was made", Tag: "planning", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *PlanAt) (*web.ListOut[planning.Change], error) {
			all, err := r.Planning.Changed(ctx, web.Who(ctx).Scope, in.ID)
			return web.NewList(all, ""), err
		})
}

// PlaceAt is the place that a question about planning is about.
type PlaceAt struct {
	Scope string `query:"scope" required:"true" minLength:"1" maxLength:"400" doc:"Path of the site, area or line"`
}

func (r *rooms) planned(ctx context.Context, h planning.Head, err error, action string, after any) (*planHeadOut, error) {
	if err == nil {
		err = r.api.Audit(ctx, action, h.ID, nil, after)
	}
	return &planHeadOut{h}, err
}

func (r *rooms) registerPlanEdits() {
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/plans/{id}/check-move", ID: "check-plan-move", Summary: "What moving an operation to a machine and time would do; nothing changes", Tag: "planning", Needs: access.Plan},
		func(ctx context.Context, in *struct {
			PlanAt
			Body planning.Move
		},
		) (*struct{ Body planning.Feedback }, error) {
			f, err := r.Planning.CheckMove(ctx, web.Who(ctx).Scope, in.ID, in.Body)
			return &struct{ Body planning.Feedback }{f}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/plans/{id}/move", ID: "move-plan-operation", Summary: "Move an operation and lock it there; makes another draft, which is answered", Tag: "planning", Needs: access.Plan, Status: http.StatusCreated, Heavy: true},
		func(ctx context.Context, in *struct {
			PlanAt
			Body struct {
				planning.Move
				Settle bool `json:"settle,omitempty" doc:"The others give way, in the same sequence as far as it goes; without it they stay, and what does not fit is a violation"`
			}
		},
		) (*planHeadOut, error) {
			h, err := r.Planning.Move(ctx, web.Who(ctx), in.ID, in.Body.Move, in.Body.Settle)
			return r.planned(ctx, h, err, "plan.move", in.Body)
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/plans/{id}/lock", ID: "lock-plan-operations", Summary: "Lock operations where they are, or take locks back; makes another draft, which is answered", Tag: "planning", Needs: access.Plan, Status: http.StatusCreated, Heavy: true},
		func(ctx context.Context, in *struct {
			PlanAt
			Body struct {
				Operations []planning.Ref `json:"operations" nullable:"false" minItems:"1" maxItems:"1000"`
				Locked     bool           `json:"locked"`
			}
		},
		) (*planHeadOut, error) {
			h, err := r.Planning.Lock(ctx, web.Who(ctx), in.ID, in.Body.Operations, in.Body.Locked)
			return r.planned(ctx, h, err, "plan.lock", in.Body)
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/plans/{id}/shift", ID: "shift-plan-operations", Summary: "Move operations together and lock them there; makes another draft, which is answered. Refused when that breaks a rule that was kept", Tag: "planning", Needs: access.Plan, Status: http.StatusCreated, Heavy: true},
		func(ctx context.Context, in *struct {
			PlanAt
			Body struct {
				Moves []planning.Move `json:"moves" nullable:"false" minItems:"1" maxItems:"500"`
			}
		},
		) (*planHeadOut, error) {
			h, err := r.Planning.Shift(ctx, web.Who(ctx), in.ID, in.Body.Moves)
			return r.planned(ctx, h, err, "plan.shift", in.Body)
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/plans/{id}/issue", ID: "issue-plan", Summary: "Issue a plan to the workshop: the place works by it. Refused when it cannot be carried out, or is of older facts", Tag: "planning", Needs: access.Plan, Heavy: true},
		func(ctx context.Context, in *struct {
			PlanAt
			Body struct {
				Again bool   `json:"again,omitempty" doc:"Although the facts have changed since (see changes)"`
				Note  string `json:"note,omitempty" maxLength:"1000"`
			}
		},
		) (*planHeadOut, error) {
			h, err := r.Planning.Issue(ctx, web.Who(ctx), in.ID, in.Body.Again, in.Body.Note)
			return r.planned(ctx, h, err, "plan.issue", in.Body)
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/plans/{id}/drop", ID: "drop-plan", Summary: "Put a draft aside", Tag: "planning", Needs: access.Plan},
		func(ctx context.Context, in *struct {
			PlanAt
			Body struct {
				Note string `json:"note,omitempty" maxLength:"1000"`
			}
		},
		) (*planHeadOut, error) {
			h, err := r.Planning.Drop(ctx, web.Who(ctx), in.ID, in.Body.Note)
			return r.planned(ctx, h, err, "plan.drop", in.Body)
		})
}

func (r *rooms) registerPlanDay() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/plan-suggestions", ID: "plan-suggestions", Summary: "Reasons to plan a place anew, the most urgent first; none when all goes by the plan", Tag: "planning", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *PlaceAt) (*web.ListOut[planning.Suggestion], error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			all, err := r.Planning.Suggestions(ctx, scope, in.Scope)
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/promises", ID: "promise", Summary: "When a quantity could be there, with and without moving what is issued; nothing changes", Tag: "planning", Needs: access.Plan, Heavy: true},
		func(ctx context.Context, in *struct{ Body planning.PromiseRequest }) (*struct{ Body planning.Promise }, error) {
			p, err := r.Planning.Promise(ctx, web.Who(ctx), in.Body)
			return &struct{ Body planning.Promise }{p}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/dispatch", ID: "dispatch", Summary: "What each machine at or below a place is to do next, by the plan in use of the place or of one around it, and what is done already", Tag: "planning", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			PlaceAt
			Equipment plant.NodeID `query:"equipment" maxLength:"60" doc:"One machine alone"`
			Limit     int          `query:"limit" minimum:"1" maximum:"200" default:"10" doc:"Jobs of each machine"`
		},
		) (*web.ListOut[planning.MachineList], error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			all, err := r.Planning.Dispatch(ctx, scope, in.Scope, in.Equipment, in.Limit)
			return web.NewList(all, ""), err
		})
}

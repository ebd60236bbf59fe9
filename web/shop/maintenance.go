package shop

import (
	"context"
	"net/http"
	"strconv"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/maintenance"
	"zhigai/web"
)

// WorkOrderAt names a work order with the revision that was seen.
type WorkOrderAt struct {
	ID      string `path:"id" maxLength:"60"`
	IfMatch string `header:"If-Match" required:"true" doc:"rev of the order you saw"`
}

type workOrderOut struct {
	ETag string `header:"ETag"`
	Body maintenance.Order
}

type maintenancePlanOut struct {
	ETag string `header:"ETag"`
	Body maintenance.Plan
}

func (r *rooms) registerMaintenance() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/maintenance/orders", ID: "work-orders", Summary: "Work orders on machines, the newest first", Tag: "maintenance", Needs: access.Read},
		func(ctx context.Context, in *struct {
			web.Paging
			Scope   string            `query:"scope" maxLength:"400" doc:"Path of the hierarchy; empty for all you may see"`
			Open    bool              `query:"open" doc:"Only those about which somebody has still to do something"`
			State   maintenance.State `query:"state" enum:",proposed,planned,in_work,done,verified,ineffective,cancelled"`
			Machine plant.NodeID      `query:"equipment" maxLength:"60"`
			Alarm   string            `query:"alarm" maxLength:"300" doc:"id of the alarm that they came from"`
			Q       string            `query:"q" maxLength:"100" doc:"Part of title, machine, fault, cause or action"`
		},
		) (*web.ListOut[maintenance.Order], error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			after, err := in.After()
			if err != nil {
				return nil, err
			}
			f := maintenance.Filter{Scope: scope, Open: in.Open, State: in.State, Machine: in.Machine, Alarm: in.Alarm, Text: in.Q, Limit: in.Limit + 1}
			if after != "" {
				if f.Before, err = strconv.ParseInt(after, 10, 64); err != nil {
					return nil, web.Invalid("query.cursor", "the cursor is not one that this API gave; leave it out to begin at the first page")
				}
			}
			all, err := r.Maintenance.Orders(ctx, f)
			return cut(all, in.Limit, func(o maintenance.Order) string { return strconv.FormatInt(o.Number, 10) }), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/maintenance/orders/{id}", ID: "work-order", Summary: "A work order with what the standstill cost and what is known of its fault", Tag: "maintenance", Needs: access.Read},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"60"`
		},
		) (*struct{ Body maintenance.View }, error) {
			v, err := r.Maintenance.View(ctx, web.Who(ctx), in.ID)
			return &struct{ Body maintenance.View }{v}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/maintenance/orders", ID: "propose-work-order", Summary: "Ask for work at a machine, also from an alarm; where an order is open for the same alarm, that one is answered", Tag: "maintenance", Needs: access.Report, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body maintenance.New }) (*workOrderOut, error) {
			o, err := r.Maintenance.Propose(ctx, web.Who(ctx), in.Body)
			return r.workOrder(ctx, o, err, "work-order.propose")
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: "/maintenance/orders/{id}", ID: "change-work-order", Summary: "Enter what is to be done, was found and was done", Tag: "maintenance", Needs: access.Report},
		func(ctx context.Context, in *struct {
			WorkOrderAt
			Body maintenance.Work
		},
		) (*workOrderOut, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			o, err := r.Maintenance.Change(ctx, web.Who(ctx), in.ID, rev, in.Body)
			return r.workOrder(ctx, o, err, "work-order.change")
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/maintenance/orders/{id}/state", ID: "move-work-order", Summary: "Plan, begin, end or cancel a work order, or say whether it helped", Tag: "maintenance", Needs: access.Report},
		func(ctx context.Context, in *struct {
			WorkOrderAt
			Body maintenance.Move
		},
		) (*workOrderOut, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			o, err := r.Maintenance.Move(ctx, web.Who(ctx), in.ID, rev, in.Body)
			return r.workOrder(ctx, o, err, "work-order."+string(in.Body.State))
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/maintenance/summary", ID: "maintenance-summary", Summary: "What work was done in a stretch of time, and how much of it was corrective", Tag: "maintenance", Needs: access.Read},
		func(ctx context.Context, in *struct {
			web.Range
			Scope string `query:"scope" maxLength:"400"`
		},
		) (*struct{ Body maintenance.Summary }, error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			if _, _, err := in.Micros(); err != nil {
				return nil, err
			}
			s, err := r.Maintenance.Summary(ctx, scope, plant.InstantOf(in.From), plant.InstantOf(in.To))
			return &struct{ Body maintenance.Summary }{s}, err
		})
	r.registerMaintenancePlans()
	r.registerSpares()
}

func (r *rooms) workOrder(ctx context.Context, o maintenance.Order, err error, action string) (*workOrderOut, error) {
	if err != nil {
		return nil, err
	}
	return &workOrderOut{ETag: web.ETag(o.Rev), Body: o}, r.api.Audit(ctx, action, o.ID, nil, o)
}

func (r *rooms) registerMaintenancePlans() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/maintenance/plans", ID: "maintenance-plans", Summary: "What is to be done again and again, and when next", Tag: "maintenance", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			Scope string `query:"scope" maxLength:"400"`
		},
		) (*web.ListOut[maintenance.PlanState], error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			all, err := r.Maintenance.Plans(ctx, scope)
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/maintenance/plans", ID: "add-maintenance-plan", Summary: "Plan work at a machine by time, count or alarm", Tag: "maintenance", Needs: access.Engineer, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body maintenance.Plan }) (*maintenancePlanOut, error) {
			if in.Body.ID != "" {
				return nil, web.Invalid("body.id", "a new plan gets its id here; leave id out")
			}
			return r.savePlan(ctx, in.Body, 0, "maintenance.plan.add")
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: "/maintenance/plans/{id}", ID: "change-maintenance-plan", Summary: "Change a plan, or switch it off", Tag: "maintenance", Needs: access.Engineer},
		func(ctx context.Context, in *struct {
			WorkOrderAt
			Body maintenance.Plan
		},
		) (*maintenancePlanOut, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			in.Body.ID = in.ID
			return r.savePlan(ctx, in.Body, rev, "maintenance.plan.change")
		})
	web.Handle(r.api, web.Op{Method: http.MethodDelete, Path: "/maintenance/plans/{id}", ID: "end-maintenance-plan", Summary: "End a plan; its orders stay", Tag: "maintenance", Needs: access.Engineer, Status: http.StatusNoContent},
		func(ctx context.Context, in *WorkOrderAt) (*struct{}, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			if err := r.Maintenance.DropPlan(access.With(ctx, web.Who(ctx)), web.Who(ctx), in.ID, rev); err != nil {
				return nil, err
			}
			return nil, r.api.Audit(ctx, "maintenance.plan.end", in.ID, nil, nil)
		})
}

func (r *rooms) savePlan(ctx context.Context, p maintenance.Plan, rev int64, action string) (*maintenancePlanOut, error) {
	saved, err := r.Maintenance.SavePlan(access.With(ctx, web.Who(ctx)), web.Who(ctx), p, rev)
	if err != nil {
		return nil, err
	}
	return &maintenancePlanOut{ETag: web.ETag(saved.Rev), Body: saved}, r.api.Audit(ctx, action, saved.ID, nil, saved)
}

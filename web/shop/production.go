package shop

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/production"
	"zhigai/web"
)

type definitionOut struct {
	ETag string `header:"ETag"`
	Body production.Definition
}

// DefinitionAt names a revision.
type DefinitionAt struct {
	Product  string `path:"product" maxLength:"63"`
	Revision int    `path:"revision" minimum:"1"`
}

func (r *rooms) registerProduction() {
	r.registerDefinitions()
	r.registerPeople()
	r.registerOrders()
	r.registerOrderSteps()
	r.registerJobs()
}

func (r *rooms) registerDefinitions() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/operations-definitions", ID: "operations-definitions", Summary: "How products are made, by product and revision, the newest first", Tag: "production", Needs: access.Read},
		func(ctx context.Context, in *struct {
			web.Paging
			Product string `query:"product" maxLength:"63"`
			State   string `query:"state" enum:"draft,released,blocked"`
			Q       string `query:"q" maxLength:"100" doc:"Part of a product's code, a material's or a segment's name"`
			Current bool   `query:"current" doc:"The newest revision of each product alone"`
		},
		) (*web.ListOut[production.Definition], error) {
			after, err := in.After()
			if err != nil {
				return nil, err
			}
			all, err := r.Production.Definitions(ctx, web.Who(ctx), production.DefinitionFilter{
				Product: in.Product, State: production.DefinitionState(in.State), Text: in.Q, Current: in.Current, After: after, Limit: in.Limit + 1,
			})
			return cut(all, in.Limit, func(d production.Definition) string { return fmt.Sprintf("%s@%d", d.Product, d.Revision) }), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/operations-definitions/{product}/{revision}", ID: "operations-definition", Summary: "One revision", Tag: "production", Needs: access.Read},
		func(ctx context.Context, in *DefinitionAt) (*definitionOut, error) {
			d, err := r.Production.Definition(ctx, web.Who(ctx), in.Product, in.Revision)
			return &definitionOut{web.ETag(d.Rev), d}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/operations-definitions", ID: "add-operations-definition", Summary: "Draft the next revision of a product", Tag: "production", Needs: access.Engineer, Whole: true, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body production.Definition }) (*definitionOut, error) {
			in.Body.Revision = 0
			d, err := r.Production.SaveDefinition(ctx, web.Who(ctx), in.Body)
			return r.defined(ctx, d, err, "definition.add")
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: "/operations-definitions/{product}/{revision}", ID: "change-operations-definition", Summary: "Change a draft", Tag: "production", Needs: access.Engineer, Whole: true},
		func(ctx context.Context, in *struct {
			DefinitionAt
			IfMatch string `header:"If-Match" required:"true" doc:"rev of the draft you changed"`
			Body    production.Definition
		},
		) (*definitionOut, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			in.Body.Product, in.Body.Revision, in.Body.Rev = in.Product, in.Revision, rev
			d, err := r.Production.SaveDefinition(ctx, web.Who(ctx), in.Body)
			return r.defined(ctx, d, err, "definition.change")
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/operations-definitions/{product}/{revision}/state", ID: "move-operations-definition", Summary: "Release a draft, block what is released, or take the block back", Tag: "production", Needs: access.Engineer, Whole: true},
		func(ctx context.Context, in *struct {
			DefinitionAt
			IfMatch string `header:"If-Match" required:"true" doc:"rev of the revision that you saw"`
			Body    struct {
				State  production.DefinitionState `json:"state" enum:"released,blocked"`
				Valid  plant.Validity             `json:"valid,omitzero" doc:"Of a release: when orders that begin then are made by it; from now on when left out"`
				Reason string                     `json:"reason,omitempty" maxLength:"1000" doc:"Of a block"`
			}
		},
		) (*definitionOut, error) {
			d, err := r.moveDefinition(ctx, in.DefinitionAt, in.IfMatch, in.Body.State, in.Body.Valid, in.Body.Reason)
			return r.defined(ctx, d, err, "definition."+string(in.Body.State))
		})
}

func (r *rooms) moveDefinition(ctx context.Context, at DefinitionAt, ifMatch string, to production.DefinitionState, valid plant.Validity, reason string) (production.Definition, error) {
	who := web.Who(ctx)
	rev, err := web.RevOf(ifMatch)
	if err != nil {
		return production.Definition{}, err
	}
	if to == production.Blocked {
		return r.Production.Block(ctx, who, at.Product, at.Revision, reason, rev)
	}
	now, err := r.Production.Definition(ctx, who, at.Product, at.Revision)
	if err != nil {
		return production.Definition{}, err
	}
	if now.State == production.Blocked {
		return r.Production.Unblock(ctx, who, at.Product, at.Revision, rev)
	}
	if valid.From.IsZero() {
		valid.From = r.api.Now()
	}
	return r.Production.Release(ctx, who, at.Product, at.Revision, valid, rev)
}

func (r *rooms) defined(ctx context.Context, d production.Definition, err error, action string) (*definitionOut, error) {
	if err == nil {
		err = r.api.Audit(ctx, action, fmt.Sprintf("%s@%d", d.Product, d.Revision), nil, d)
	}
	return &definitionOut{web.ETag(d.Rev), d}, err
}

// cut makes a page of rows of which one more was asked for.
func cut[T any](rows []T, limit int, place func(T) string) *web.ListOut[T] {
	next := ""
	if len(rows) > limit {
		rows = rows[:limit]
		next = web.CursorOf(place(rows[limit-1]))
	}
	return web.NewList(rows, next)
}

func (r *rooms) registerPeople() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/people", ID: "people", Summary: "Who works at machines, with skills", Tag: "production", Needs: access.Plan, Whole: true},
		func(ctx context.Context, _ *struct{}) (*web.ListOut[production.Person], error) {
			all, err := r.Production.People(ctx, web.Who(ctx))
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/people/{name}", ID: "person", Summary: "One of them, as a machine asks where somebody begins work", Tag: "production", Needs: access.Report},
		func(ctx context.Context, in *struct {
			Name string `path:"name" maxLength:"100"`
		},
		) (*struct{ Body production.Person }, error) {
			p, err := r.Production.Person(ctx, web.Who(ctx), in.Name)
			return &struct{ Body production.Person }{p}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: "/people/{name}", ID: "save-person", Summary: "Enter a person or change one; rev 0 for a new one", Tag: "production", Needs: access.Plan, Whole: true},
		func(ctx context.Context, in *struct {
			Name string `path:"name" maxLength:"100"`
			Body production.Person
		},
		) (*struct{ Body production.Person }, error) {
			in.Body.Name = in.Name
			p, err := r.Production.SavePerson(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "person.save", p.Name, nil, p)
			}
			return &struct{ Body production.Person }{p}, err
		})
}

type orderOut struct {
	ETag string `header:"ETag"`
	Body production.View
}

type OrderAt struct {
	ID string `path:"id" maxLength:"60"`
}

// OrderSeen is an order at the revision that the asker saw.
type OrderSeen struct {
	OrderAt
	IfMatch string `header:"If-Match" required:"true" doc:"rev of the order that you saw"`
}

func (r *rooms) ordered(ctx context.Context, v production.View, err error, action string, after any) (*orderOut, error) {
	if err == nil {
		err = r.api.Audit(ctx, action, v.Number, nil, after)
	}
	return &orderOut{web.ETag(v.Rev), v}, err
}

func (r *rooms) registerOrders() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/orders", ID: "orders", Summary: "Orders by due date", Tag: "production", Needs: access.Read},
		func(ctx context.Context, in *struct {
			web.Paging
			Scope   string                  `query:"scope" maxLength:"400" doc:"Path of the hierarchy; empty for all you may see"`
			State   []production.OrderState `query:"state" maxItems:"9"`
			Product string                  `query:"product" maxLength:"63"`
			Due     time.Time               `query:"due" doc:"Only those due before"`
			Doubt   bool                    `query:"doubt" doc:"Only those with entries that do not fit"`
			Q       string                  `query:"q" maxLength:"100" doc:"Part of number, product, customer or reference"`
		},
		) (*web.ListOut[production.Head], error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			after, err := in.After()
			if err != nil {
				return nil, err
			}
			f := production.OrderFilter{Scope: scope, States: in.State, Product: in.Product, Text: in.Q, Doubt: in.Doubt, After: after, Limit: in.Limit + 1}
			if !in.Due.IsZero() {
				f.Due = plant.InstantOf(in.Due)
			}
			all, err := r.Production.List(ctx, web.Who(ctx), f)
			return cut(all, in.Limit, production.Head.After), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/orders", ID: "add-order", Summary: "Enter an order; it is released later", Tag: "production", Needs: access.Plan, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body production.Terms }) (*orderOut, error) {
			v, err := r.Production.Create(ctx, web.Who(ctx), in.Body)
			return r.ordered(ctx, v, err, "order.add", in.Body)
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/orders/{id}", ID: "order", Summary: "One order with its jobs and what they made", Tag: "production", Needs: access.Read},
		func(ctx context.Context, in *OrderAt) (*orderOut, error) {
			v, err := r.Production.View(ctx, web.Who(ctx), in.ID)
			return &orderOut{web.ETag(v.Rev), v}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/orders/{id}/history", ID: "order-history", Summary: "Everything that was done to an order, newest first", Tag: "production", Needs: access.Read},
		func(ctx context.Context, in *OrderAt) (*web.ListOut[production.Step], error) {
			all, err := r.Production.History(ctx, web.Who(ctx), in.ID)
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: "/orders/{id}", ID: "change-order", Summary: "Change what an order says", Tag: "production", Needs: access.Plan},
		func(ctx context.Context, in *struct {
			OrderSeen
			Body production.Terms
		},
		) (*orderOut, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			v, err := r.Production.Change(ctx, web.Who(ctx), in.ID, rev, in.Body)
			return r.ordered(ctx, v, err, "order.change", in.Body)
		})
}

func (r *rooms) registerOrderSteps() {
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/orders/{id}/state", ID: "move-order", Summary: "Release, hold, resume, cancel or close an order", Tag: "production", Needs: access.Plan},
		func(ctx context.Context, in *struct {
			OrderSeen
			Body struct {
				What   production.StepKind `json:"what" enum:"released,held,resumed,cancelled,closed"`
				Reason string              `json:"reason,omitempty" maxLength:"1000" doc:"Why it is held or cancelled"`
			}
		},
		) (*orderOut, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			var v production.View
			if in.Body.What == production.StepReleased {
				v, err = r.Production.ReleaseOrder(ctx, web.Who(ctx), in.ID, rev)
			} else {
				v, err = r.Production.Move(ctx, web.Who(ctx), in.ID, rev, in.Body.What, in.Body.Reason)
			}
			return r.ordered(ctx, v, err, "order."+string(in.Body.What), in.Body)
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/orders/{id}/split", ID: "split-order", Summary: "Take a part of the quantity into an order of its own, which is answered", Tag: "production", Needs: access.Plan, Status: http.StatusCreated},
		func(ctx context.Context, in *struct {
			OrderSeen
			Body struct {
				Number   string `json:"number" minLength:"1" maxLength:"40" doc:"Of the new order"`
				Quantity int64  `json:"quantity" minimum:"1"`
			}
		},
		) (*orderOut, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			v, err := r.Production.Split(ctx, web.Who(ctx), in.ID, rev, in.Body.Quantity, in.Body.Number)
			return r.ordered(ctx, v, err, "order.split", in.Body)
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/orders/{id}/merge", ID: "merge-order", Summary: "Take another order of the same product into this one; the other is cancelled", Tag: "production", Needs: access.Plan},
		func(ctx context.Context, in *struct {
			OrderSeen
			Body struct {
				Other string `json:"other" minLength:"1" maxLength:"60" doc:"Id of the order that is taken in"`
			}
		},
		) (*orderOut, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			v, err := r.Production.Merge(ctx, web.Who(ctx), in.ID, rev, in.Body.Other)
			return r.ordered(ctx, v, err, "order.merge", in.Body)
		})
}

func (r *rooms) registerJobs() {
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/orders/{id}/entries", ID: "enter-job", Summary: "Say what was done at a machine: begin, pause, count, finish …", Tag: "production", Needs: access.Report},
		func(ctx context.Context, in *struct {
			OrderAt
			Body production.Entry
		},
		) (*orderOut, error) {
			v, err := r.Production.Enter(ctx, web.Who(ctx), in.ID, in.Body)
			return r.ordered(ctx, v, err, "job."+string(in.Body.What), in.Body)
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/orders/{id}/withdrawals", ID: "withdraw-entry", Summary: "Take an entry back that was wrong", Tag: "production", Needs: access.Report},
		func(ctx context.Context, in *struct {
			OrderAt
			Body struct {
				Step int64  `json:"step" minimum:"1" doc:"seq of the step in the history"`
				Note string `json:"note" minLength:"1" maxLength:"1000" doc:"Why"`
			}
		},
		) (*orderOut, error) {
			v, err := r.Production.Withdraw(ctx, web.Who(ctx), in.ID, in.Body.Step, in.Body.Note)
			return r.ordered(ctx, v, err, "job.withdraw", in.Body)
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/equipment/{id}/jobs", ID: "machine-jobs", Summary: "What is to be done at a machine, in the order in which it is planned", Tag: "production", Needs: access.Read},
		func(ctx context.Context, in *struct {
			ID plant.NodeID `path:"id"`
		},
		) (*web.ListOut[production.JobHead], error) {
			all, err := r.Production.Dispatch(ctx, web.Who(ctx), in.ID)
			return web.NewList(all, ""), err
		})
}

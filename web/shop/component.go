package shop

import (
	"context"
	"net/http"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/component"
	"zhigai/shop/component/sandbox"
	"zhigai/web"
)

// ComponentAt names a revision of a component.
type ComponentAt struct {
	ID string `path:"id" maxLength:"60" doc:"Revision of a component"`
}

// ComponentShown is a revision with how it does, and the others of its component.
type ComponentShown struct {
	Component component.Component   `json:"component"`
	Status    component.Status      `json:"status"`
	Revisions []component.Component `json:"revisions" nullable:"false" doc:"All of the component, the newest first"`
}

// ComponentListed is a revision in a list, with how it does.
type ComponentListed struct {
	component.Component
	Status component.Status `json:"status"`
}

type (
	componentOut struct{ Body component.Component }
	publisherOut struct{ Body component.Publisher }
)

func (r *rooms) registerComponents() {
	r.registerComponentReading()
	r.registerComponentWriting()
	r.registerComponentTrials()
	r.registerPublishers()
}

func (r *rooms) registerComponentReading() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/components", ID: "components", Summary: "Components that somebody brought along, each revision by itself with how it does, the newest first", Tag: "components", Needs: access.Read},
		func(ctx context.Context, in *struct {
			DocumentList
			Series string `query:"series" maxLength:"60" doc:"Revisions of one component"`
			All    bool   `query:"all" doc:"Retired revisions as well"`
		},
		) (*web.ListOut[ComponentListed], error) {
			read := func(ctx context.Context, f component.Filter) ([]ComponentListed, error) {
				all, err := r.Components.Components(ctx, f)
				out := make([]ComponentListed, len(all))
				for i, c := range all {
					out[i] = ComponentListed{c, r.Components.Status(c.ID)}
				}
				return out, err
			}
			return listed(ctx, in.DocumentList, component.Filter{Of: in.Series, Open: !in.All}, read, func(c ComponentListed) string { return c.ID })
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/components/{id}", ID: "component", Summary: "One revision of a component with how it does now", Tag: "components", Needs: access.Read},
		func(ctx context.Context, in *ComponentAt) (*struct{ Body ComponentShown }, error) {
			who := web.Who(ctx)
			one, err := r.Components.Component(ctx, who, in.ID)
			if err != nil {
				return nil, err
			}
			all, err := r.Components.Revisions(ctx, who.Scope.Tenant, one.Series)
			return &struct{ Body ComponentShown }{ComponentShown{one, r.Components.Status(one.ID), all}}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/components/{id}/runs", ID: "component-runs", Summary: "What a revision said of windows, with what each rests on, oldest first; of the last 31 days", Tag: "components", Needs: access.Read},
		func(ctx context.Context, in *struct {
			ComponentAt
			web.Range
		},
		) (*web.ListOut[component.Run], error) {
			if _, _, err := in.Micros(); err != nil {
				return nil, err
			}
			all, err := r.Components.Runs(ctx, web.Who(ctx), in.ID, plant.InstantOf(in.From), plant.InstantOf(in.To))
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/component-events", ID: "component-events", Summary: "What components did wrong, when they were stopped for it, when services came back, the newest first", Tag: "components", Needs: access.Read},
		func(ctx context.Context, in *struct {
			DocumentList
			Series string `query:"series" maxLength:"60" doc:"Of one component"`
		},
		) (*web.ListOut[component.Event], error) {
			return listed(ctx, in.DocumentList, component.Filter{Of: in.Series}, r.Components.Events, func(e component.Event) string { return e.ID })
		})
}

func (r *rooms) registerComponentWriting() {
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/component-modules", ID: "hand-in-module", Summary: "Hand a WebAssembly module in; it is checked, and named by its SHA-256 from then on", Tag: "components", Needs: access.Engineer, Status: http.StatusCreated, Heavy: true, MaxBody: sandbox.MaxBytes + 1},
		func(ctx context.Context, in *struct {
			RawBody []byte `contentType:"application/octet-stream"`
		},
		) (*struct{ Body component.HandedIn }, error) {
			h, err := r.Components.Hand(ctx, web.Who(ctx), in.RawBody)
			if err == nil {
				err = r.api.Audit(ctx, "component.module", h.SHA256, nil, h)
			}
			return &struct{ Body component.HandedIn }{h}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/components", ID: "save-component", Summary: "Draft a component, its next revision (series without id), or change a draft whose rev was seen", Tag: "components", Needs: access.Engineer, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body component.Component }) (*componentOut, error) {
			c, err := r.Components.Save(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "component.save", c.ID, nil, c)
			}
			return &componentOut{c}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/components/{id}/state", ID: "move-component", Summary: "Ask that a revision may run, put one that is allowed to work, suspend or retire it", Tag: "components", Needs: access.Engineer},
		func(ctx context.Context, in *struct {
			ComponentAt
			Body component.Move
		},
		) (*componentOut, error) {
			c, err := r.Components.Move(ctx, web.Who(ctx), in.ID, in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "component."+in.Body.What, c.ID, nil, in.Body)
			}
			return &componentOut{c}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/components/{id}/decision", ID: "decide-component", Summary: "Allow a revision that somebody else brought, refuse it, suspend it, roll back to it; all but suspending takes an engineer", Tag: "components", Needs: access.Control},
		func(ctx context.Context, in *struct {
			ComponentAt
			Body component.Move
		},
		) (*componentOut, error) {
			c, err := r.Components.Decide(ctx, web.Who(ctx), in.ID, in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "component."+in.Body.What, c.ID, nil, in.Body)
			}
			return &componentOut{c}, err
		})
}

func (r *rooms) registerComponentTrials() {
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/component-checks", ID: "check-component", Summary: "What is wrong with a component while it is written, its module and signature included", Tag: "components", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct{ Body component.Definition }) (*struct{ Body component.Checked }, error) {
			c, err := r.Components.Check(ctx, web.Who(ctx), in.Body)
			return &struct{ Body component.Checked }{c}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/component-trials", ID: "try-component", Summary: "What a module would have said over a stretch of history, and how long it took; nothing is kept", Tag: "components", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct{ Body component.Question }) (*struct{ Body component.Trial }, error) {
			t, err := r.Components.Try(ctx, web.Who(ctx), in.Body)
			return &struct{ Body component.Trial }{t}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/components/{id}/repeat", ID: "repeat-component", Summary: "Ask a module about the windows of kept runs once more, and hold what it says against what is kept", Tag: "components", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			ComponentAt
			Body struct {
				From plant.Instant `json:"from"`
				To   plant.Instant `json:"to"`
			}
		},
		) (*struct{ Body component.Repeated }, error) {
			a, err := r.Components.Again(ctx, web.Who(ctx), in.ID, in.Body.From, in.Body.To)
			return &struct{ Body component.Repeated }{a}, err
		})
}

func (r *rooms) registerPublishers() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/component-publishers", ID: "component-publishers", Summary: "Publishers whose signatures under modules are believed, and those whose keys were revoked", Tag: "components", Needs: access.Read},
		func(ctx context.Context, _ *struct{}) (*web.ListOut[component.Publisher], error) {
			all, err := r.Components.Publishers(ctx, web.Who(ctx).Scope.Tenant)
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/component-publishers", ID: "allow-component-publisher", Summary: "Believe a publisher's signatures from now on", Tag: "components", Needs: access.Administer, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body component.Publisher }) (*publisherOut, error) {
			p, err := r.Components.Allow(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "component.publisher.allow", p.ID, nil, p)
			}
			return &publisherOut{p}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/component-publishers/{id}/revocation", ID: "revoke-component-publisher", Summary: "Believe a publisher's key no more, for good; what bears its signature is suspended", Tag: "components", Needs: access.Administer},
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"60" doc:"Publisher"`
			Body struct {
				Note string `json:"note" minLength:"1" maxLength:"1000" doc:"Why"`
			}
		},
		) (*publisherOut, error) {
			p, err := r.Components.Revoke(ctx, web.Who(ctx), in.ID, in.Body.Note)
			if err == nil {
				err = r.api.Audit(ctx, "component.publisher.revoke", p.ID, nil, p)
			}
			return &publisherOut{p}, err
		})
}

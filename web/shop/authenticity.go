package shop

import (
	"context"
	"net/http"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/authenticity"
	"zhigai/web"
)

// Authenticity is what the API asks of the desk that examines machines' days.
type Authenticity interface {
	List(ctx context.Context, tenant plant.TenantNo, machines map[plant.NodeID]string, f authenticity.Filter) ([]authenticity.Suspicion, error)
	Say(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, id, by string, what authenticity.State, text string) (authenticity.Suspicion, error)
}

// seen are the paths of the machines within the scope, by id.
func (r *rooms) seen(ctx context.Context, scope access.Scope) (map[plant.NodeID]string, error) {
	m, err := r.Plants.Model(ctx, scope, plant.MicrosOf(r.api.Now()))
	if err != nil {
		return nil, err
	}
	out := map[plant.NodeID]string{}
	for _, n := range m.Nodes {
		if n.Machine != nil && scope.Allows(n.Path) {
			out[n.ID] = n.Path
		}
	}
	return out, nil
}

func (r *rooms) registerAuthenticity() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/suspicions", ID: "suspicions", Summary: "Machine days that may not be the machine's own, and what was said of them; newest first", Tag: "authenticity", Needs: access.Read},
		func(ctx context.Context, in *struct {
			Scope     string               `query:"scope" maxLength:"400" doc:"Path of the plant"`
			Equipment plant.NodeID         `query:"equipment" maxLength:"60"`
			State     []authenticity.State `query:"state" enum:"open,contested,upheld,dismissed"`
			From      string               `query:"from" format:"date" doc:"First day"`
			To        string               `query:"to" format:"date" doc:"First day no longer in it"`
		},
		) (*web.ListOut[authenticity.Suspicion], error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			machines, err := r.seen(ctx, scope)
			if err != nil {
				return nil, err
			}
			out, err := r.Authenticity.List(ctx, scope.Tenant, machines, authenticity.Filter{Machine: in.Equipment, States: in.State, From: in.From, To: in.To})
			return web.NewList(out, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/suspicions/{id}/contest", ID: "contest-suspicion", Summary: "Say why a machine's day is as it is", Tag: "authenticity", Needs: access.Engineer},
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"60"`
			Body SuspicionText
		},
		) (*struct{ Body authenticity.Suspicion }, error) {
			return r.say(ctx, in.ID, in.Body, authenticity.Contested)
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/suspicions/{id}/decide", ID: "decide-suspicion", Summary: "Decide whether a machine's day counts", Tag: "authenticity", Needs: access.KeepFirms},
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"60"`
			Body struct {
				SuspicionText
				Upheld bool `json:"upheld" doc:"true: the day does not count; false: it does"`
			}
		},
		) (*struct{ Body authenticity.Suspicion }, error) {
			what := authenticity.Dismissed
			if in.Body.Upheld {
				what = authenticity.Upheld
			}
			return r.say(ctx, in.ID, in.Body.SuspicionText, what)
		})
}

// SuspicionText is what a person says of a suspicion.
type SuspicionText struct {
	Equipment plant.NodeID `json:"equipment" minLength:"1" maxLength:"60"`
	Text      string       `json:"text" minLength:"1" maxLength:"8000"`
}

func (r *rooms) say(ctx context.Context, id string, in SuspicionText, what authenticity.State) (*struct{ Body authenticity.Suspicion }, error) {
	scope, err := web.ScopeOf(ctx, "")
	if err != nil {
		return nil, err
	}
	machines, err := r.seen(ctx, scope)
	if err != nil {
		return nil, err
	}
	path, ok := machines[in.Equipment]
	if !ok {
		return nil, web.NotFound("no machine %q in your scope", in.Equipment)
	}
	s, err := r.Authenticity.Say(ctx, scope.Tenant, in.Equipment, id, web.Who(ctx).Name, what, in.Text)
	if err != nil {
		return nil, err
	}
	s.Path = path
	if err := r.Decided(ctx, s); err != nil {
		return nil, err
	}
	return &struct{ Body authenticity.Suspicion }{s}, r.api.Audit(ctx, "suspicion."+string(what), string(in.Equipment)+"/"+id, nil, s)
}

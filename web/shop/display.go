package shop

import (
	"context"
	"net/http"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/control/display"
	"zhigai/web"
)

func (r *rooms) registerDisplays() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/control-overview", ID: "control-overview", Summary: "What a control room sees at a glance: a tile for each area, or for each machine of a place, with indicators, loops, rules, commands and alarms", Tag: "control", Needs: access.Read},
		func(ctx context.Context, in *struct {
			Scope string       `query:"scope" maxLength:"400" doc:"Path of the hierarchy; empty for all you may see"`
			Place plant.NodeID `query:"place" maxLength:"60" doc:"Area, line or machine whose machines are looked at; left out for all areas"`
		},
		) (*struct{ Body display.Overview }, error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			o, err := r.Displays.Overview(ctx, scope, in.Place)
			return &struct{ Body display.Overview }{o}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/control-displays", ID: "save-control-display", Summary: "Choose which signals stand on the tile of a place, whose layout's rev was seen", Tag: "control", Needs: access.Engineer, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body display.Layout }) (*struct{ Body display.Layout }, error) {
			l, err := r.Displays.Save(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "display.save", string(l.Place), nil, l)
			}
			return &struct{ Body display.Layout }{l}, err
		})
}

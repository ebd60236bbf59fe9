package programme

import (
	"context"
	"fmt"
	"net/http"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/machine"
	"zhigai/web"
)

type plantOut struct {
	ETag string `header:"ETag"`
	Body machine.Link
}

// MachineMonths are machines of a month with the rule that they were judged by.
type MachineMonths struct {
	Rule  machine.Rule    `json:"rule"`
	Month string          `json:"month,omitempty" doc:"2022-05; none: nothing is known of the year"`
	Items []machine.Month `json:"items" nullable:"false"`
}

func (r *rooms) registerMachines() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/plants", ID: "plants", Summary: "Plants whose machines prove themselves here, and whose they are", Tag: "programme", Needs: access.ReadFirms},
		func(ctx context.Context, _ *struct{}) (*web.ListOut[machine.Link], error) {
			who := web.Who(ctx)
			out, err := r.Machines.Plants(ctx, who.Scope.Tenant, who.Areas(access.ReadFirms))
			return web.NewList(out, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: "/plants/{id}", ID: "save-plant", Summary: "Say which firm of the registry a plant belongs to, and by which nodes it reports", Tag: "programme", Needs: access.KeepFirms},
		func(ctx context.Context, in *struct {
			ID      plant.NodeID `path:"id" maxLength:"60"`
			IfMatch string       `header:"If-Match" required:"true" doc:"rev of the plant you changed"`
			Body    struct {
				Firm string   `json:"firm" maxLength:"60" doc:"Id of the firm; empty: nobody's"`
				Ways []string `json:"ways,omitempty" maxItems:"8" doc:"Nodes that may deliver its rows, of those that did; left out: as before"`
			}
		},
		) (*plantOut, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			who := web.Who(ctx)
			was, is, err := r.Machines.Belongs(access.With(ctx, who), who.Scope.Tenant, who.Areas(access.KeepFirms), machine.Link{Owner: in.ID, Firm: in.Body.Firm, Ways: in.Body.Ways, Rev: rev})
			if err != nil {
				return nil, err
			}
			return &plantOut{ETag: web.ETag(is.Rev), Body: is}, r.api.Audit(ctx, "plant.firm", string(in.ID), was, is)
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/machine-months", ID: "machine-months", Summary: "The machines of a firm or a plant in a month: planned and connected days, networked or not", Tag: "programme", Needs: access.ReadFirms},
		func(ctx context.Context, in *struct {
			Firm  string       `query:"firm" maxLength:"60"`
			Plant plant.NodeID `query:"plant" maxLength:"60"`
			Month string       `query:"month" pattern:"^[0-9]{4}-[0-9]{2}$" doc:"2022-05; left out: the one that the year's figures are of"`
			Year  int          `query:"year" minimum:"1949" maximum:"2100"`
		},
		) (*struct{ Body MachineMonths }, error) {
			if (in.Firm == "") == (in.Plant == "") {
				return nil, web.Invalid("query.firm", "write firm or plant, one of them")
			}
			if (in.Month == "") == (in.Year == 0) {
				return nil, web.Invalid("query.month", "write month or year, one of them")
			}
			who, body := web.Who(ctx), MachineMonths{Rule: r.Machines.Rule, Month: in.Month}
			var err error
			if in.Month == "" {
				body.Month, err = r.Machines.Newest(ctx, who.Scope.Tenant, in.Year)
			}
			month := body.Month
			if month == "" { // the firm must be within the areas all the same
				month = fmt.Sprintf("%04d-01", in.Year)
			}
			if err == nil {
				body.Items, err = r.Machines.Months(ctx, who.Scope.Tenant, who.Areas(access.ReadFirms), in.Firm, in.Plant, month+"-01")
			}
			if body.Items == nil {
				body.Items = []machine.Month{}
			}
			return &struct{ Body MachineMonths }{body}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/machine-plants/{machine}", ID: "machine-plant", Summary: "Whose a machine is: its plant and the firm of the registry", Tag: "programme", Needs: access.ReadFirms},
		func(ctx context.Context, in *struct {
			Machine plant.NodeID `path:"machine" maxLength:"60"`
		},
		) (*struct{ Body machine.Link }, error) {
			who := web.Who(ctx)
			out, err := r.Machines.Plant(ctx, who.Scope.Tenant, who.Areas(access.ReadFirms), in.Machine)
			return &struct{ Body machine.Link }{out}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/machine-days", ID: "machine-days", Summary: "A machine's days with the digests of their terms", Tag: "programme", Needs: access.ReadFirms},
		func(ctx context.Context, in *struct {
			Machine plant.NodeID `query:"machine" required:"true" maxLength:"60"`
			From    string       `query:"from" required:"true" format:"date"`
			To      string       `query:"to" required:"true" format:"date" doc:"First day no longer in it"`
		},
		) (*web.ListOut[machine.Judged], error) {
			who := web.Who(ctx)
			out, err := r.Machines.Days(ctx, who.Scope.Tenant, who.Areas(access.ReadFirms), in.Machine, in.From, in.To)
			return web.NewList(out, ""), err
		})
}

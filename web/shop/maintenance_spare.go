package shop

import (
	"context"
	"net/http"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/maintenance"
	"zhigai/web"
)

// SparesAt names the work order that spares are of.
type SparesAt struct {
	ID string `path:"id" maxLength:"60"`
}

// registerSpares serves spares of work orders; what they do to stock is material's.
func (r *rooms) registerSpares() {
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/maintenance/orders/{id}/spares", ID: "take-spare", Summary: "Take a spare out of stock for a work order; the same key again is the same booking", Tag: "maintenance", Needs: access.Report, Status: http.StatusCreated},
		func(ctx context.Context, in *struct {
			SparesAt
			Body maintenance.Spare
		},
		) (*struct{ Body maintenance.Taken }, error) {
			t, err := r.Maintenance.Take(ctx, web.Who(ctx), in.ID, in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "work-order.spare", in.ID, nil, t)
			}
			return &struct{ Body maintenance.Taken }{t}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/maintenance/orders/{id}/spares/return", ID: "return-spare", Summary: "Bring a spare back that was taken for a work order", Tag: "maintenance", Needs: access.Report, Status: http.StatusNoContent},
		func(ctx context.Context, in *struct {
			SparesAt
			Body struct {
				Booking string `json:"booking" minLength:"1" maxLength:"60"`
				Note    string `json:"note" minLength:"1" maxLength:"300" doc:"Why"`
			}
		},
		) (*struct{}, error) {
			if err := r.Maintenance.Return(ctx, web.Who(ctx), in.ID, in.Body.Booking, in.Body.Note); err != nil {
				return nil, err
			}
			return nil, r.api.Audit(ctx, "work-order.spare.return", in.ID, nil, in.Body)
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: "/maintenance/orders/{id}/spares/kept", ID: "keep-spare", Summary: "Reserve a spare for a work order; the last word counts, 0 takes it back. For planners and storekeepers", Tag: "maintenance", Needs: access.Report, Status: http.StatusNoContent},
		func(ctx context.Context, in *struct {
			SparesAt
			Body struct {
				Item     string         `json:"item" minLength:"1" maxLength:"63"`
				Quantity plant.Quantity `json:"quantity"`
			}
		},
		) (*struct{}, error) {
			if err := r.Maintenance.Keep(ctx, web.Who(ctx), in.ID, in.Body.Item, in.Body.Quantity); err != nil {
				return nil, err
			}
			return nil, r.api.Audit(ctx, "work-order.spare.keep", in.ID, nil, in.Body)
		})
}

package shop

import (
	"context"
	"net/http"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/health"
	"zhigai/web"
)

// PointAt names a measuring point.
type PointAt struct {
	ID string `path:"id" maxLength:"60"`
}

type pointOut struct{ Body health.Point }

func (r *rooms) registerCondition() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/condition/points", ID: "condition-points", Summary: "Measuring points of vibration with how the machine is there", Tag: "condition", Needs: access.Read},
		func(ctx context.Context, in *struct {
			web.Paging
			Scope   string       `query:"scope" maxLength:"400" doc:"Path of the hierarchy; empty for all you may see"`
			Machine plant.NodeID `query:"equipment" maxLength:"60"`
			Ended   bool         `query:"ended" doc:"Also those where nobody measures any more"`
		},
		) (*web.ListOut[health.State], error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			after, err := in.After()
			if err != nil {
				return nil, err
			}
			all, err := r.Condition.Points(ctx, web.Who(ctx), health.Filter{Scope: scope, Machine: in.Machine, Ended: in.Ended, After: after, Limit: in.Limit + 1})
			return cut(all, in.Limit, func(s health.State) string { return s.ID }), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/condition/points", ID: "add-condition-point", Summary: "Measure at another point: which windows, which bearing, where its speed is to be had", Tag: "condition", Needs: access.Engineer, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body health.Point }) (*pointOut, error) {
			in.Body.ID, in.Body.Rev = "", 0
			return r.savePoint(ctx, "condition.add", in.Body)
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: "/condition/points/{id}", ID: "change-condition-point", Summary: "Change a measuring point, or end it", Tag: "condition", Needs: access.Engineer},
		func(ctx context.Context, in *struct {
			PointAt
			IfMatch string `header:"If-Match" required:"true" doc:"rev of the point you changed"`
			Body    health.Point
		},
		) (*pointOut, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			in.Body.ID, in.Body.Rev = in.ID, rev
			return r.savePoint(ctx, "condition.change", in.Body)
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/condition/points/{id}/readings", ID: "condition-readings", Summary: "What each window of a point said, oldest first: features, verdict, warnings", Tag: "condition", Needs: access.Read},
		func(ctx context.Context, in *struct {
			PointAt
			web.Range
			Limit int `query:"limit" minimum:"1" maximum:"5000" default:"1000" doc:"The newest so many"`
		},
		) (*web.ListOut[health.Reading], error) {
			if _, _, err := in.Micros(); err != nil {
				return nil, err
			}
			all, err := r.Condition.Readings(ctx, web.Who(ctx), in.ID, plant.InstantOf(in.From), plant.InstantOf(in.To), in.Limit)
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/condition/points/{id}/picture", ID: "condition-picture", Summary: "Spectrum and envelope of a window with the bearing's lines, and what was found", Tag: "condition", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			PointAt
			At time.Time `query:"at" doc:"A window that begins then, or the last before; the newest when left out"`
		},
		) (*struct{ Body health.Picture }, error) {
			at := in.At
			if at.IsZero() {
				at = r.api.Now()
			}
			if err := r.pointShown(ctx, in.ID, in); err != nil {
				return nil, err
			}
			p, err := r.Condition.Picture(ctx, web.Who(ctx), in.ID, plant.InstantOf(at))
			return &struct{ Body health.Picture }{p}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/condition/points/{id}/waterfall", ID: "condition-waterfall", Summary: "Spectra of a point one behind the other; 60 at most, evenly chosen", Tag: "condition", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			PointAt
			web.Range
			To float64 `query:"to_hz" minimum:"0" maximum:"1000000" doc:"Up to this frequency; half the rate when left out"`
		},
		) (*struct{ Body health.Waterfall }, error) {
			if _, _, err := in.Range.Micros(); err != nil {
				return nil, err
			}
			if err := r.pointShown(ctx, in.ID, in); err != nil {
				return nil, err
			}
			w, err := r.Condition.Waterfall(ctx, web.Who(ctx), in.ID, plant.InstantOf(in.From), plant.InstantOf(in.Range.To), in.To)
			return &struct{ Body health.Waterfall }{w}, err
		})
	r.registerDiagnosis()
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/condition/bearings", ID: "condition-bearings", Summary: "Bearings that are known by name, with their geometry and where it comes from", Tag: "condition", Needs: access.Read},
		func(context.Context, *struct{}) (*web.ListOut[health.Catalogued], error) {
			return web.NewList(r.Condition.Catalogue(), ""), nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/condition/zones", ID: "condition-zones", Summary: "Zones of vibration by group of machines, with the standard they are taken from", Tag: "condition", Needs: access.Read},
		func(context.Context, *struct{}) (*struct{ Body *health.Zones }, error) {
			return &struct{ Body *health.Zones }{r.Condition.Zones()}, nil
		})
}

func (r *rooms) savePoint(ctx context.Context, did string, p health.Point) (*pointOut, error) {
	p, err := r.Condition.Save(ctx, web.Who(ctx), p)
	if err == nil {
		err = r.api.Audit(ctx, did, p.Path, nil, p)
	}
	return &pointOut{p}, err
}

// pointShown notes that the samples behind a point were shown.
func (r *rooms) pointShown(ctx context.Context, id string, of any) error {
	p, err := r.Condition.Point(ctx, web.Who(ctx), id)
	if err != nil {
		return err
	}
	tag, err := r.Tags.TagByNo(ctx, web.Who(ctx).Scope, p.Tag)
	if err != nil {
		return err
	}
	return r.shown(ctx, of, tag)
}

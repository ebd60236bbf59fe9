package shop

import (
	"context"
	"net/http"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/quality"
	"zhigai/web"
)

// registerGaugeChecks adds how gauges hold between calibrations.
func (r *rooms) registerGaugeChecks() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/gauges/{id}/stability", ID: "gauge-stability", Summary: "How a gauge holds by checks of its master, since when it is off and by how much, and whether the gauge or the process moved", Tag: "quality", Needs: access.Read},
		func(ctx context.Context, in *GaugeAt) (*struct{ Body quality.GaugeView }, error) {
			v, err := r.Quality.Gauge(ctx, web.Who(ctx), in.ID)
			return &struct{ Body quality.GaugeView }{v}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/gauges/{id}/checks", ID: "gauge-checks", Summary: "Checks of a gauge by its master, the newest first; those that were withdrawn, too", Tag: "quality", Needs: access.Read},
		func(ctx context.Context, in *struct {
			GaugeAt
			DocumentList
		},
		) (*web.ListOut[quality.Check], error) {
			return listed(ctx, in.DocumentList, quality.Filter{Of: in.ID}, r.Quality.Checks, func(c quality.Check) string { return c.ID })
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/gauges/{id}/checks", ID: "check-gauge", Summary: "Enter what a gauge said of its master", Tag: "quality", Needs: access.Report, Status: http.StatusCreated},
		func(ctx context.Context, in *struct {
			GaugeAt
			Body quality.Check
		},
		) (*struct{ Body quality.Check }, error) {
			c, err := r.Quality.Check(ctx, web.Who(ctx), in.ID, in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "quality.gauge_check", c.ID, nil, c)
			}
			return &struct{ Body quality.Check }{c}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/gauges/{id}/checks/{check}/withdrawal", ID: "withdraw-gauge-check", Summary: "Say that a check was mistyped: it stays to be seen, and counts no more", Tag: "quality", Needs: access.Report},
		func(ctx context.Context, in *struct {
			GaugeAt
			Check string `path:"check" maxLength:"60"`
			Body  struct {
				Reason string `json:"reason" minLength:"1" maxLength:"400"`
			}
		},
		) (*struct{ Body quality.Check }, error) {
			c, err := r.Quality.WithdrawCheck(ctx, web.Who(ctx), in.ID, in.Check, in.Body.Reason)
			if err == nil {
				err = r.api.Audit(ctx, "quality.gauge_check.withdrawn", c.ID, nil, c)
			}
			return &struct{ Body quality.Check }{c}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/gauges/{id}/adjustments", ID: "adjust-gauge", Summary: "Enter that a gauge was set, calibrated or mended; what it is checked by begins anew", Tag: "quality", Needs: access.Engineer, Status: http.StatusCreated},
		func(ctx context.Context, in *struct {
			GaugeAt
			Body quality.Adjustment
		},
		) (*struct{ Body quality.Adjustment }, error) {
			a, err := r.Quality.Adjust(ctx, web.Who(ctx), in.ID, in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "quality.gauge_adjustment", a.ID, nil, a)
			}
			return &struct{ Body quality.Adjustment }{a}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/gauges/{id}/doubtful", ID: "doubtful-measurements", Summary: "What a gauge measured since its last good check, corrected by what it was off by, and what has to be measured again", Tag: "quality", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			GaugeAt
			Before time.Time `query:"before" doc:"Instant of an adjustment before which the gauge was bad; now when left out"`
			All    bool      `query:"all" doc:"Also those whose judgement stays the same"`
		},
		) (*struct{ Body quality.Doubts }, error) {
			d, err := r.Quality.Doubts(ctx, web.Who(ctx), in.ID, plant.Instant(micros(in.Before)), in.All)
			return &struct{ Body quality.Doubts }{d}, err
		})
}

// registerDue adds what is to be measured at a machine.
func (r *rooms) registerDue() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/equipment/{id}/measurements-due", ID: "measurements-due", Summary: "What is measured by hand at a machine for the job at hand, with what is due now by the plan and the last 25 points of each", Tag: "quality", Needs: access.Read},
		func(ctx context.Context, in *struct {
			ID plant.NodeID `path:"id" maxLength:"60"`
		},
		) (*struct{ Body quality.DueList }, error) {
			all, err := r.Quality.Due(ctx, web.Who(ctx), in.ID)
			return &struct{ Body quality.DueList }{all}, err
		})
}

// registerWithdrawal adds the withdrawal of what was mistyped.
func (r *rooms) registerWithdrawal() {
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/characteristics/{id}/measurements/{measurement}/withdrawal", ID: "withdraw-measurement", Summary: "Say that a measurement was mistyped: it stays to be seen, and counts no more", Tag: "quality", Needs: access.Report},
		func(ctx context.Context, in *struct {
			CharacteristicAt
			Measurement string `path:"measurement" maxLength:"60"`
			Body        quality.Mistyped
		},
		) (*struct{ Body quality.Subgroup }, error) {
			s, err := r.Quality.Withdraw(ctx, web.Who(ctx), in.ID, in.Measurement, in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "quality.measurement.withdrawn", s.ID, nil, s)
			}
			return &struct{ Body quality.Subgroup }{s}, err
		})
}

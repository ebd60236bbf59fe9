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

// registerDiagnosis serves what vibration, temperature and current say together, and
// when a limit will be reached.
func (r *rooms) registerDiagnosis() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/condition/points/{id}/diagnosis", ID: "condition-diagnosis", Summary: "What vibration, temperature and current say together: signs, votes for and against each fault, a verdict or uncertain", Tag: "condition", Needs: access.Read},
		func(ctx context.Context, in *struct {
			PointAt
			At time.Time `query:"at" doc:"By what was known then; now when left out"`
		},
		) (*struct{ Body health.Combined }, error) {
			at := in.At
			if at.IsZero() {
				at = r.api.Now()
			}
			c, err := r.Condition.Combined(ctx, web.Who(ctx), in.ID, plant.InstantOf(at))
			return &struct{ Body health.Combined }{c}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/condition/points/{id}/backtest", ID: "condition-backtest", Summary: "What the rules of diagnosis would have said of the past, window by window, beside corrective work that was done", Tag: "condition", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			PointAt
			web.Range
		},
		) (*struct{ Body health.Backtest }, error) {
			if _, _, err := in.Micros(); err != nil {
				return nil, err
			}
			b, err := r.Condition.Backtest(ctx, web.Who(ctx), in.ID, plant.InstantOf(in.From), plant.InstantOf(in.To))
			return &struct{ Body health.Backtest }{b}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/condition/points/{id}/life", ID: "condition-life", Summary: "When the velocity of a point will reach zone D if it goes on as since it began to rise, with an interval; none before a trend is there", Tag: "condition", Needs: access.Read},
		func(ctx context.Context, in *PointAt) (*struct{ Body health.Left }, error) {
			l, err := r.Condition.Left(ctx, web.Who(ctx), in.ID)
			return &struct{ Body health.Left }{l}, err
		})
}

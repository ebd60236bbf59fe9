package shop

import (
	"context"
	"net/http"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/process/batch"
	"zhigai/web"
)

// GoldenAt names a golden batch.
type GoldenAt struct {
	ID  string `path:"id" maxLength:"60" doc:"Golden batch"`
	Rev int64  `query:"rev" minimum:"0" doc:"Revision; 0 is the newest"`
}

type goldenOut struct{ Body batch.Golden }

func (r *rooms) registerBatches() {
	r.registerMachineRuns()
	r.registerGoldens()
	r.registerScreenings()
}

func (r *rooms) registerMachineRuns() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/run-signals/{equipment}", ID: "run-signals", Summary: "Numbers that a machine shows, by which its runs can be cut and compared", Tag: "process", Needs: access.Read},
		func(ctx context.Context, in *struct {
			Machine plant.NodeID `path:"equipment" maxLength:"60"`
		},
		) (*web.ListOut[batch.Signal], error) {
			all, err := r.Batches.Signals(ctx, web.Who(ctx), in.Machine)
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/machine-runs", ID: "machine-runs", Summary: "Runs of a machine: its jobs, stretches of production, or cycles of a signal, in the order of time; 92 days at most", Tag: "process", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			Body struct {
				Machine plant.NodeID  `json:"equipment" minLength:"1" maxLength:"60"`
				Item    string        `json:"item,omitempty" maxLength:"60"`
				Cut     batch.Cut     `json:"cut"`
				From    plant.Instant `json:"from"`
				To      plant.Instant `json:"to"`
			}
		},
		) (*web.ListOut[batch.Run], error) {
			b := in.Body
			all, err := r.Batches.Runs(ctx, web.Who(ctx), b.Machine, b.Cut, b.Item, b.From, b.To)
			return web.NewList(all, ""), err
		})
}

func (r *rooms) registerGoldens() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/golden-batches", ID: "golden-batches", Summary: "Golden batches with the runs they were made of, the newest first", Tag: "process", Needs: access.Read},
		func(ctx context.Context, in *struct {
			web.Paging
			Scope string `query:"scope" maxLength:"400" doc:"Path of the hierarchy; empty for all you may see"`
		},
		) (*web.ListOut[batch.Golden], error) {
			f, err := pageOfStudies(ctx, in.Paging, in.Scope)
			if err != nil {
				return nil, err
			}
			all, err := r.Batches.Goldens(ctx, f)
			return cut(all, in.Limit, func(g batch.Golden) string { return g.ID }), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/golden-batches", ID: "save-golden-batch", Summary: "Make a golden batch of runs that went well, or its next revision; rev is the revision that was seen", Tag: "process", Needs: access.Engineer, Status: http.StatusCreated, Heavy: true},
		func(ctx context.Context, in *struct{ Body batch.Asked }) (*goldenOut, error) {
			g, err := r.Batches.Save(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "batch.golden", g.Path+" "+g.ID, nil, g.Asked)
			}
			return &goldenOut{g}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/golden-batches/try", ID: "try-golden-batch", Summary: "Make a golden batch and keep nothing: how wide its band would be, and how its runs lie in it", Tag: "process", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct{ Body batch.Asked }) (*goldenOut, error) {
			g, err := r.Batches.Try(ctx, web.Who(ctx), in.Body)
			return &goldenOut{g}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/golden-batches/{id}", ID: "golden-batch", Summary: "A golden batch with its band", Tag: "process", Needs: access.Read},
		func(ctx context.Context, in *GoldenAt) (*goldenOut, error) {
			g, err := r.Batches.Golden(ctx, web.Who(ctx), in.ID, in.Rev)
			return &goldenOut{g}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/golden-batches/{id}/revisions", ID: "golden-batch-revisions", Summary: "All revisions of a golden batch, the newest first", Tag: "process", Needs: access.Read},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"60"`
		},
		) (*web.ListOut[batch.Golden], error) {
			all, err := r.Batches.Revisions(ctx, web.Who(ctx), in.ID)
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/golden-batches/{id}/runs", ID: "golden-batch-runs", Summary: "The last sixty runs within a window beside a golden batch: score, whether and with which signal each departed, the newest first", Tag: "process", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			GoldenAt
			web.Range
		},
		) (*web.ListOut[batch.Beside], error) {
			from, to, err := spanOf(in.Range)
			if err != nil {
				return nil, err
			}
			all, err := r.Batches.Compared(ctx, web.Who(ctx), in.ID, in.Rev, from, to)
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/golden-batches/{id}/comparison", ID: "golden-batch-comparison", Summary: "One run beside a golden batch, signal by signal and place by place; without an end it is the one that runs", Tag: "process", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			GoldenAt
			From time.Time `query:"from" required:"true" doc:"When the run began"`
			To   time.Time `query:"to" doc:"When it ended; left out of one that runs"`
		},
		) (*struct{ Body batch.Beside }, error) {
			to := plant.Instant(0)
			if !in.To.IsZero() {
				to = plant.InstantOf(in.To)
			}
			b, err := r.Batches.Compare(ctx, web.Who(ctx), in.ID, in.Rev, plant.InstantOf(in.From), to)
			return &struct{ Body batch.Beside }{b}, err
		})
}

// pageOfStudies is what is kept within the asker's scope, one more than a page.
func pageOfStudies(ctx context.Context, p web.Paging, path string) (batch.Filter, error) {
	scope, err := web.ScopeOf(ctx, path)
	if err != nil {
		return batch.Filter{}, err
	}
	before, err := p.After()
	return batch.Filter{Scope: scope, Before: before, Limit: p.Limit + 1}, err
}

func (r *rooms) registerScreenings() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/cause-screenings", ID: "cause-screenings", Summary: "What was asked about bad runs and what was found, the newest first, without the runs", Tag: "process", Needs: access.Read},
		func(ctx context.Context, in *struct {
			web.Paging
			Scope string `query:"scope" maxLength:"400" doc:"Path of the hierarchy; empty for all you may see"`
		},
		) (*web.ListOut[batch.Screening], error) {
			f, err := pageOfStudies(ctx, in.Paging, in.Scope)
			if err != nil {
				return nil, err
			}
			all, err := r.Batches.Screenings(ctx, f)
			return cut(all, in.Limit, func(s batch.Screening) string { return s.ID }), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/cause-screenings", ID: "screen-causes", Summary: "Look for what was different about bad runs, by partial least squares, and keep what was found; nothing found is an answer", Tag: "process", Needs: access.Engineer, Status: http.StatusCreated, Heavy: true},
		func(ctx context.Context, in *struct{ Body batch.Question }) (*struct{ Body batch.Screening }, error) {
			s, err := r.Batches.Screen(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "batch.screening", s.Path+" "+s.ID, nil, s.Question)
			}
			return &struct{ Body batch.Screening }{s}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/cause-screenings/{id}", ID: "cause-screening", Summary: "A screening with the causes it lists and each run's answer beside what was predicted", Tag: "process", Needs: access.Read},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"60"`
		},
		) (*struct{ Body batch.Screening }, error) {
			s, err := r.Batches.Screening(ctx, web.Who(ctx), in.ID)
			return &struct{ Body batch.Screening }{s}, err
		})
}

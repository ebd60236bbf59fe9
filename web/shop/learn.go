package shop

import (
	"context"
	"net/http"
	"time"

	"zhigai/access"
	"zhigai/fact/document"
	"zhigai/plant"
	"zhigai/shop/learn"
	"zhigai/web"
)

// ModelStudyAt names a study of models.
type ModelStudyAt struct {
	ID string `path:"id" maxLength:"60" doc:"Study"`
}

// ModelVersionAt names a version of a model.
type ModelVersionAt struct {
	ID string `path:"id" maxLength:"60" doc:"Version"`
}

type (
	modelStudyOut   struct{ Body learn.Study }
	modelVersionOut struct{ Body learn.Version }
	modelRunOut     struct{ Body learn.Training }
)

func (r *rooms) registerModels() {
	r.registerModelStudies()
	r.registerModelTraining()
	r.registerModelVersions()
	r.registerModelsAtWork()
}

func (r *rooms) registerModelStudies() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/model-studies", ID: "model-studies", Summary: "What models are trained for, the newest first", Tag: "models", Needs: access.Read},
		func(ctx context.Context, in *struct {
			DocumentList
			AtWork bool `query:"at_work" doc:"Only those of which a version is at work"`
		},
		) (*web.ListOut[learn.Study], error) {
			return listed(ctx, in.DocumentList, document.Filter{Open: in.AtWork}, r.Models.Studies, func(s learn.Study) string { return s.ID })
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/model-studies", ID: "save-model-study", Summary: "Say what models are to be trained for, or change that (rev is the revision that was seen); versions that were trained stay", Tag: "models", Needs: access.Engineer, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body learn.Study }) (*modelStudyOut, error) {
			s, err := r.Models.Save(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "model.study", s.Path+" "+s.ID, nil, s)
			}
			return &modelStudyOut{s}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/model-studies/preview", ID: "preview-model-study", Summary: "What a study would learn of: windows with the reasons why some are left out, failures that are known, where columns lie; nothing is kept", Tag: "models", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct{ Body learn.Study }) (*struct{ Body learn.Preview }, error) {
			p, err := r.Models.Preview(ctx, web.Who(ctx), in.Body)
			return &struct{ Body learn.Preview }{p}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/model-studies/{id}", ID: "model-study", Summary: "A study with the version at work and what was put to work before", Tag: "models", Needs: access.Read},
		func(ctx context.Context, in *ModelStudyAt) (*modelStudyOut, error) {
			s, err := r.Models.Study(ctx, web.Who(ctx), in.ID)
			return &modelStudyOut{s}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/model-studies/{id}/service", ID: "serve-model", Summary: "Put a version to work in the place of another, or take the one at work out; history stays", Tag: "models", Needs: access.Engineer},
		func(ctx context.Context, in *struct {
			ModelStudyAt
			Body learn.Move
		},
		) (*modelStudyOut, error) {
			s, err := r.Models.Serve(ctx, web.Who(ctx), in.ID, in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "model.service", s.Path+" "+s.ID, nil, in.Body)
			}
			return &modelStudyOut{s}, err
		})
}

func (r *rooms) registerModelTraining() {
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/model-studies/{id}/training", ID: "train-model", Summary: "Train a version in the background; two trainings run at once at the most", Tag: "models", Needs: access.Engineer, Status: http.StatusAccepted},
		func(ctx context.Context, in *ModelStudyAt) (*modelRunOut, error) {
			t, err := r.Models.Start(ctx, web.Who(ctx), in.ID)
			if err == nil {
				err = r.api.Audit(ctx, "model.train", in.ID, nil, t)
			}
			return &modelRunOut{t}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/model-studies/{id}/training", ID: "model-training", Summary: "How far the last training since the node began is, and what came of it", Tag: "models", Needs: access.Read},
		func(ctx context.Context, in *ModelStudyAt) (*modelRunOut, error) {
			t, err := r.Models.Training(ctx, web.Who(ctx), in.ID)
			return &modelRunOut{t}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodDelete, Path: "/model-studies/{id}/training", ID: "stop-model-training", Summary: "Give a training up; nothing of it is kept", Tag: "models", Needs: access.Engineer, Status: http.StatusOK},
		func(ctx context.Context, in *ModelStudyAt) (*modelRunOut, error) {
			t, err := r.Models.Stop(ctx, web.Who(ctx), in.ID)
			if err == nil {
				err = r.api.Audit(ctx, "model.stop", in.ID, nil, t)
			}
			return &modelRunOut{t}, err
		})
}

func (r *rooms) registerModelVersions() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/model-studies/{id}/versions", ID: "model-versions", Summary: "Versions of a study, the newest first, without their models", Tag: "models", Needs: access.Read},
		func(ctx context.Context, in *struct {
			ModelStudyAt
			web.Paging
		},
		) (*web.ListOut[learn.Version], error) {
			before, err := in.After()
			if err != nil {
				return nil, err
			}
			all, err := r.Models.Versions(ctx, web.Who(ctx), in.ID, document.Filter{Before: before, Limit: in.Limit + 1})
			return cut(all, in.Limit, func(v learn.Version) string { return v.ID }), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/model-versions/{id}", ID: "model-version", Summary: "A version: what it learnt of, how good it is on data that it has not seen, held-out windows, the model itself", Tag: "models", Needs: access.Read},
		func(ctx context.Context, in *ModelVersionAt) (*modelVersionOut, error) {
			v, err := r.Models.Version(ctx, web.Who(ctx), in.ID)
			return &modelVersionOut{v}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/model-versions/{id}/backtest", ID: "model-backtest", Summary: "What a version would have warned of within a window, beside the failures that are known; what it learnt of is marked", Tag: "models", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			ModelVersionAt
			web.Range
		},
		) (*struct{ Body learn.Backtest }, error) {
			from, to, err := spanOf(in.Range)
			if err != nil {
				return nil, err
			}
			b, err := r.Models.Backtest(ctx, web.Who(ctx), in.ID, from, to)
			return &struct{ Body learn.Backtest }{b}, err
		})
}

func (r *rooms) registerModelsAtWork() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/model-versions/{id}/readings", ID: "model-readings", Summary: "What a version at work said of windows, the newest 5000, oldest first", Tag: "models", Needs: access.Read},
		func(ctx context.Context, in *struct {
			ModelVersionAt
			web.Range
			Machine plant.NodeID `query:"equipment" maxLength:"60"`
		},
		) (*web.ListOut[learn.Reading], error) {
			from, to, err := spanOf(in.Range)
			if err != nil {
				return nil, err
			}
			all, err := r.Models.Readings(ctx, web.Who(ctx), in.ID, in.Machine, from, to)
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/model-versions/{id}/drift", ID: "model-drift", Summary: "How far what a version is asked lies from what it learnt of: population stability index of each input over the last 500 windows, at sixty times within a window", Tag: "models", Needs: access.Read},
		func(ctx context.Context, in *struct {
			ModelVersionAt
			web.Range
		},
		) (*web.ListOut[learn.Drift], error) {
			from, to, err := spanOf(in.Range)
			if err != nil {
				return nil, err
			}
			all, err := r.Models.Drifts(ctx, web.Who(ctx), in.ID, from, to)
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/model-versions/{id}/contributions", ID: "model-contributions", Summary: "Which inputs made a window lie as it does, the greatest first", Tag: "models", Needs: access.Read},
		func(ctx context.Context, in *struct {
			ModelVersionAt
			Machine plant.NodeID `query:"equipment" required:"true" maxLength:"60"`
			At      time.Time    `query:"at" required:"true" doc:"End of the window"`
		},
		) (*web.ListOut[learn.Contribution], error) {
			all, err := r.Models.Contributions(ctx, web.Who(ctx), in.ID, in.Machine, plant.InstantOf(in.At))
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/model-studies/{id}/readings", ID: "repeat-model", Summary: "Ask the version at work about all windows of a time once more, and say how many say something else than before", Tag: "models", Needs: access.Engineer, Heavy: true},
		func(ctx context.Context, in *struct {
			ModelStudyAt
			Body struct {
				From plant.Instant `json:"from"`
				To   plant.Instant `json:"to"`
			}
		},
		) (*struct{ Body learn.Repeated }, error) {
			n, err := r.Models.Again(ctx, web.Who(ctx), in.ID, in.Body.From, in.Body.To)
			if err == nil {
				err = r.api.Audit(ctx, "model.repeat", in.ID, nil, in.Body)
			}
			return &struct{ Body learn.Repeated }{n}, err
		})
}

package shop

import (
	"context"
	"net/http"

	"zhigai/access"
	"zhigai/shop/process/trial"
	"zhigai/web"
)

// ExperimentAt names an experiment.
type ExperimentAt struct {
	ID string `path:"id" maxLength:"60" doc:"Experiment"`
}

type experimentOut struct{ Body trial.Experiment }

func (r *rooms) registerTrials() {
	r.registerExperiments()
	r.registerExperimentRuns()
	r.registerExperimentAnswers()
}

func (r *rooms) registerExperiments() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/experiments", ID: "experiments", Summary: "Experiments with their runs, the newest first", Tag: "process", Needs: access.Read},
		func(ctx context.Context, in *struct {
			web.Paging
			Scope string `query:"scope" maxLength:"400" doc:"Path of the hierarchy; empty for all you may see"`
		},
		) (*web.ListOut[trial.Experiment], error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			before, err := in.After()
			if err != nil {
				return nil, err
			}
			all, err := r.Trials.Experiments(ctx, trial.Filter{Scope: scope, Before: before, Limit: in.Limit + 1})
			return cut(all, in.Limit, func(e trial.Experiment) string { return e.ID }), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/experiments", ID: "plan-experiment", Summary: "Plan an experiment: its runs in random order, within safe limits", Tag: "process", Needs: access.Engineer, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body trial.New }) (*experimentOut, error) {
			e, err := r.Trials.Plan(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "experiment.plan", e.Path+" "+e.ID, nil, e.New)
			}
			return &experimentOut{e}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/experiments/try", ID: "try-experiment", Summary: "The runs that an experiment would have; nothing is kept", Tag: "process", Needs: access.Read},
		func(ctx context.Context, in *struct{ Body trial.New }) (*experimentOut, error) {
			e, err := r.Trials.Try(ctx, web.Who(ctx), in.Body)
			return &experimentOut{e}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/experiments/{id}", ID: "experiment", Summary: "An experiment with its runs and what was done to it", Tag: "process", Needs: access.Read},
		func(ctx context.Context, in *ExperimentAt) (*experimentOut, error) {
			e, err := r.Trials.Experiment(ctx, web.Who(ctx), in.ID)
			return &experimentOut{e}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/experiments/{id}/state", ID: "move-experiment", Summary: "Start, analyse, reopen, conclude or abandon an experiment; rev is the revision that was seen", Tag: "process", Needs: access.Engineer},
		func(ctx context.Context, in *struct {
			ExperimentAt
			Body trial.Move
		},
		) (*experimentOut, error) {
			e, err := r.Trials.Move(ctx, web.Who(ctx), in.ID, in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "experiment."+string(in.Body.State), e.Path+" "+e.ID, nil, in.Body)
			}
			return &experimentOut{e}, err
		})
}

func (r *rooms) registerExperimentRuns() {
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/experiments/{id}/runs", ID: "add-experiment-run", Summary: "Add a proposed or a confirming run, with what is expected of it; rev is the revision that was seen", Tag: "process", Needs: access.Engineer, Status: http.StatusCreated},
		func(ctx context.Context, in *struct {
			ExperimentAt
			Body trial.Added
		},
		) (*experimentOut, error) {
			e, err := r.Trials.Add(ctx, web.Who(ctx), in.ID, in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "experiment.run", e.Path+" "+e.ID, nil, in.Body)
			}
			return &experimentOut{e}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: "/experiments/{id}/runs/{run}", ID: "enter-experiment-run", Summary: "Enter what was really set in a run and what came of it; rev is the revision that was seen", Tag: "process", Needs: access.Report},
		func(ctx context.Context, in *struct {
			ExperimentAt
			Run  int `path:"run" minimum:"1" maximum:"1000"`
			Body trial.Entered
		},
		) (*experimentOut, error) {
			e, err := r.Trials.Enter(ctx, web.Who(ctx), in.ID, in.Run, in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "experiment.result", e.Path+" "+e.ID, nil, in.Body)
			}
			return &experimentOut{e}, err
		})
}

func (r *rooms) registerExperimentAnswers() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/experiments/{id}/analysis", ID: "experiment-analysis", Summary: "Analysis of variance of one response: effects, what is left over, and the response over two factors", Tag: "process", Needs: access.Read},
		func(ctx context.Context, in *struct {
			ExperimentAt
			Response int    `query:"response" minimum:"0" maximum:"4" doc:"Number of the response, from 0"`
			Model    string `query:"model" enum:"main,pairs,quadratic" doc:"What the design is for, when left out"`
			X        int    `query:"x" minimum:"0" maximum:"14" doc:"Factor along the surface, from 0"`
			Y        int    `query:"y" minimum:"0" maximum:"14" default:"1"`
		},
		) (*struct{ Body trial.Analysis }, error) {
			a, err := r.Trials.Analyse(ctx, web.Who(ctx), in.ID, trial.Look{Response: in.Response, Model: trial.Model(in.Model), X: in.X, Y: in.Y})
			return &struct{ Body trial.Analysis }{a}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/experiments/{id}/best", ID: "experiment-best", Summary: "The settings that meet all wishes best, with the interval of one run there, and confirming runs", Tag: "process", Needs: access.Read},
		func(ctx context.Context, in *ExperimentAt) (*struct{ Body trial.Best }, error) {
			b, err := r.Trials.Best(ctx, web.Who(ctx), in.ID)
			return &struct{ Body trial.Best }{b}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/experiments/{id}/proposal", ID: "experiment-proposal", Summary: "The run that is worth doing next, within safe limits, with why", Tag: "process", Needs: access.Read},
		func(ctx context.Context, in *ExperimentAt) (*struct{ Body trial.Proposal }, error) {
			p, err := r.Trials.Propose(ctx, web.Who(ctx), in.ID)
			return &struct{ Body trial.Proposal }{p}, err
		})
}

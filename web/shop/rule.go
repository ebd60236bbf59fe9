package shop

import (
	"context"
	"net/http"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/control/rule"
	"zhigai/web"
)

// RuleAt names a revision of a rule.
type RuleAt struct {
	ID string `path:"id" maxLength:"60" doc:"Revision of a rule"`
}

// RuleShown is a revision with how it does, and the others of its rule.
type RuleShown struct {
	Rule      rule.Rule   `json:"rule"`
	Status    rule.Status `json:"status"`
	Revisions []rule.Rule `json:"revisions" nullable:"false" doc:"All of the rule, the newest first"`
}

// RuleBacktest is a revision with what a trial that is kept with it came to.
type RuleBacktest struct {
	Rule  rule.Rule  `json:"rule"`
	Trial rule.Trial `json:"trial"`
}

func (r *rooms) registerLineRules() {
	r.registerRuleReading()
	r.registerRuleWriting()
	r.registerRuleTrials()
}

func (r *rooms) registerRuleReading() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/rules", ID: "rules", Summary: "Rules by which a line reacts by itself, each revision by itself, the newest first", Tag: "control", Needs: access.Read},
		func(ctx context.Context, in *struct {
			DocumentList
			Series string `query:"series" maxLength:"60" doc:"Revisions of one rule"`
			All    bool   `query:"all" doc:"Retired revisions as well"`
		},
		) (*web.ListOut[rule.Rule], error) {
			return listed(ctx, in.DocumentList, rule.Filter{Of: in.Series, Open: !in.All}, r.Rules.Rules, func(o rule.Rule) string { return o.ID })
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/rules/{id}", ID: "rule", Summary: "One revision of a rule with how it does now", Tag: "control", Needs: access.Read},
		func(ctx context.Context, in *RuleAt) (*struct{ Body RuleShown }, error) {
			who := web.Who(ctx)
			one, err := r.Rules.Rule(ctx, who, in.ID)
			if err != nil {
				return nil, err
			}
			all, err := r.Rules.Revisions(ctx, who.Scope.Tenant, one.Series)
			return &struct{ Body RuleShown }{RuleShown{one, r.Rules.Status(one.ID), all}}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/equipment/{id}/rule-words", ID: "rule-words", Summary: "Signals of a machine that a rule may speak of", Tag: "control", Needs: access.Read},
		func(ctx context.Context, in *struct {
			ID plant.NodeID `path:"id" maxLength:"60"`
		},
		) (*web.ListOut[rule.Signal], error) {
			all, err := r.Rules.Words(ctx, web.Who(ctx), in.ID)
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/rule-firings", ID: "rule-firings", Summary: "Times that rules fired, in shadow or acting, with what they rest on and what came of it, the newest first", Tag: "control", Needs: access.Read},
		func(ctx context.Context, in *struct {
			DocumentList
			Series string `query:"series" maxLength:"60" doc:"Of one rule"`
			Open   bool   `query:"open" doc:"Only those that stand"`
		},
		) (*web.ListOut[rule.Fired], error) {
			return listed(ctx, in.DocumentList, rule.Filter{Of: in.Series, Open: in.Open}, r.Rules.Firings, func(o rule.Fired) string { return o.ID })
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/rules/{id}/comparison", ID: "rule-comparison", Summary: "What a revision decided, beside what people did or what happened at the same time", Tag: "control", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			RuleAt
			web.Range
			Against string `query:"against" enum:"stops,alarms,cases,commands" doc:"Commands of people for a rule that commands, else stops, when left out"`
			WithinS int64  `query:"within_s" minimum:"0" maximum:"604800" default:"3600" doc:"How long after a firing an event belongs to it"`
		},
		) (*struct{ Body rule.Compared }, error) {
			if _, _, err := in.Micros(); err != nil {
				return nil, err
			}
			c, err := r.Rules.Compare(ctx, web.Who(ctx), in.ID, rule.Against(in.Against), plant.InstantOf(in.From), plant.InstantOf(in.To), in.WithinS)
			return &struct{ Body rule.Compared }{c}, err
		})
}

func (r *rooms) registerRuleWriting() {
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/rules", ID: "save-rule", Summary: "Draft a rule, its next revision (series without id), or change a revision that never acted and whose rev was seen", Tag: "control", Needs: access.Engineer, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body rule.Rule }) (*struct{ Body rule.Rule }, error) {
			o, err := r.Rules.Save(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "rule.save", o.ID, nil, o)
			}
			return &struct{ Body rule.Rule }{o}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/rules/{id}/state", ID: "move-rule", Summary: "Let a revision decide in shadow, ask that it acts, suspend or retire it", Tag: "control", Needs: access.Engineer},
		func(ctx context.Context, in *struct {
			RuleAt
			Body rule.Move
		},
		) (*struct{ Body rule.Rule }, error) {
			o, err := r.Rules.Move(ctx, web.Who(ctx), in.ID, in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "rule."+in.Body.What, o.ID, nil, in.Body)
			}
			return &struct{ Body rule.Rule }{o}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/rules/{id}/decision", ID: "decide-rule", Summary: "Allow a revision that somebody else wrote to act, refuse it, suspend it, roll back to it; all but suspending takes an engineer", Tag: "control", Needs: access.Control},
		func(ctx context.Context, in *struct {
			RuleAt
			Body rule.Move
		},
		) (*struct{ Body rule.Rule }, error) {
			o, err := r.Rules.Decide(ctx, web.Who(ctx), in.ID, in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "rule."+in.Body.What, o.ID, nil, in.Body)
			}
			return &struct{ Body rule.Rule }{o}, err
		})
}

func (r *rooms) registerRuleTrials() {
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/rule-checks", ID: "check-rule", Summary: "What is wrong with a definition while it is written, and where", Tag: "control", Needs: access.Read},
		func(ctx context.Context, in *struct{ Body rule.Definition }) (*struct{ Body rule.Checked }, error) {
			c, err := r.Rules.Check(ctx, web.Who(ctx), in.Body)
			return &struct{ Body rule.Checked }{c}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/rule-trials", ID: "try-rule", Summary: "What a rule would have done over a stretch of history", Tag: "control", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct{ Body rule.Question }) (*struct{ Body rule.Trial }, error) {
			t, err := r.Rules.Try(ctx, web.Who(ctx), in.Body)
			return &struct{ Body rule.Trial }{t}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/rules/{id}/backtest", ID: "backtest-rule", Summary: "Try a draft on history and keep with it what came of it", Tag: "control", Needs: access.Engineer, Heavy: true},
		func(ctx context.Context, in *struct {
			RuleAt
			Body struct {
				Rev     int64         `json:"rev" doc:"Revision of the document that was seen"`
				From    plant.Instant `json:"from"`
				To      plant.Instant `json:"to"`
				Against rule.Against  `json:"against,omitempty" enum:"stops,alarms,cases,commands"`
				WithinS int64         `json:"within_s" minimum:"0" maximum:"604800"`
				Points  int           `json:"points,omitempty" minimum:"0" maximum:"2000"`
			}
		},
		) (*struct{ Body RuleBacktest }, error) {
			o, t, err := r.Rules.Backtest(ctx, web.Who(ctx), in.ID, in.Body.Rev, rule.Question{From: in.Body.From, To: in.Body.To, Against: in.Body.Against, WithinS: in.Body.WithinS, Points: in.Body.Points})
			if err == nil {
				err = r.api.Audit(ctx, "rule.backtest", o.ID, nil, o.Trial)
			}
			return &struct{ Body RuleBacktest }{RuleBacktest{o, t}}, err
		})
}

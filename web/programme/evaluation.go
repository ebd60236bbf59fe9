package programme

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"zhigai/access"
	"zhigai/programme/evaluation"
	"zhigai/web"
)

// Standards are those that firms can be scored by, and the measures they are
// made of.
type Standards struct {
	Standards []*evaluation.Standard `json:"standards" nullable:"false"`
	Measures  []*evaluation.Measure  `json:"measures" nullable:"false"`
}

type roundOut struct {
	ETag string `header:"ETag"`
	Body evaluation.Round
}

func (r *rooms) registerEvaluations() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/evaluation-standards", ID: "evaluation-standards", Summary: "Standards that firms are scored by, with their measures", Tag: "evaluation", Needs: access.ReadFirms},
		func(context.Context, *struct{}) (*struct{ Body Standards }, error) {
			return &struct{ Body Standards }{Standards{r.Evaluations.Book.Standards(), r.Evaluations.Book.Measures()}}, nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/evaluations", ID: "evaluations", Summary: "Rounds of evaluation, newest first; drafts only for those who keep them", Tag: "evaluation", Needs: access.ReadFirms},
		func(ctx context.Context, in *struct {
			web.Paging
			State    string `query:"state" enum:"draft,public,final,cancelled"`
			Standard string `query:"standard" maxLength:"60"`
			Year     int    `query:"year" minimum:"0" maximum:"2100"`
		},
		) (*web.ListOut[evaluation.Head], error) {
			before, err := in.After()
			if err != nil {
				return nil, err
			}
			rows, last, err := r.Evaluations.Rounds(ctx, web.Who(ctx), evaluation.Filter{State: evaluation.State(in.State), Standard: in.Standard, Year: in.Year, Before: before, Limit: in.Limit})
			if last != "" {
				last = web.CursorOf(last)
			}
			return web.NewList(rows, last), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/evaluations", ID: "start-evaluation", Summary: "Begin a round and compute its first list from the records", Tag: "evaluation", Needs: access.KeepFirms, Status: http.StatusCreated, Heavy: true},
		func(ctx context.Context, in *struct{ Body evaluation.About }) (*roundOut, error) {
			v, err := r.Evaluations.Start(ctx, web.Who(ctx), in.Body)
			return r.evaluated(ctx, v, err, "start", in.Body)
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/evaluations/class", ID: "evaluation-class", Summary: "Which class a firm has by a standard at an instant, or why none: what policies ask", Tag: "evaluation", Needs: access.ReadFirms},
		func(ctx context.Context, in *struct {
			Firm     string    `query:"firm" required:"true" minLength:"1" maxLength:"60" doc:"Id of the firm"`
			Standard string    `query:"standard" required:"true" minLength:"1" maxLength:"60"`
			At       time.Time `query:"at" doc:"Now when left out"`
		},
		) (*struct{ Body evaluation.Standing }, error) {
			who, at := web.Who(ctx), in.At
			if at.IsZero() {
				at = r.Evaluations.Now()
			}
			out, err := r.Evaluations.ClassOf(ctx, who.Scope.Tenant, who.Areas(access.ReadFirms), in.Firm, in.Standard, at)
			return &struct{ Body evaluation.Standing }{out}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/evaluations/{id}", ID: "evaluation", Summary: "One round with its revisions and objections", Tag: "evaluation", Needs: access.ReadFirms},
		func(ctx context.Context, in *RoundID) (*roundOut, error) {
			v, err := r.Evaluations.Round(ctx, web.Who(ctx), in.ID)
			return &roundOut{ETag: web.ETag(v.Rev), Body: v}, err
		})
}

// RoundID names a round.
type RoundID struct {
	ID string `path:"id" maxLength:"60"`
}

// evaluated answers with what a change made and puts it into the audit.
func (r *rooms) evaluated(ctx context.Context, v evaluation.Round, err error, action string, after any) (*roundOut, error) {
	if err != nil {
		return nil, err
	}
	return &roundOut{ETag: web.ETag(v.Rev), Body: v}, r.api.Audit(ctx, "evaluation."+action, v.ID, nil, after)
}

// RoundMove brings a round into another state.
type RoundMove struct {
	State evaluation.State `json:"state" enum:"public,final,cancelled"`
	From  string           `json:"from,omitempty" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$" doc:"First day of public notice"`
	To    string           `json:"to,omitempty" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$" doc:"Last day of public notice"`
	Note  string           `json:"note,omitempty" maxLength:"4000"`
}

// ObjectionIn is what is said against a score.
type ObjectionIn struct {
	Firm string `json:"firm" minLength:"1" maxLength:"60"`
	Text string `json:"text" minLength:"1" maxLength:"4000"`
}

// ObjectionAnswer decides on an objection.
type ObjectionAnswer struct {
	Decision  evaluation.Decision `json:"decision" enum:"upheld,rejected"`
	Answer    string              `json:"answer" minLength:"1" maxLength:"4000"`
	Corrected map[string]*int64   `json:"corrected,omitempty" doc:"Of an upheld one: the values that hold instead; null: not known"`
}

func (r *rooms) registerRounds() {
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/evaluations/{id}/revisions", ID: "recompute-evaluation", Summary: "Compute a draft anew from the records as they are now", Tag: "evaluation", Needs: access.KeepFirms, Heavy: true},
		func(ctx context.Context, in *struct {
			RoundID
			IfMatch string `header:"If-Match" required:"true" doc:"rev of the round you saw"`
		},
		) (*roundOut, error) {
			seen, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			v, err := r.Evaluations.Recompute(ctx, web.Who(ctx), in.ID, seen)
			return r.evaluated(ctx, v, err, "recompute", nil)
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/evaluations/{id}/state", ID: "move-evaluation", Summary: "Put a list on public notice, settle it, or cancel the round", Tag: "evaluation", Needs: access.KeepFirms},
		func(ctx context.Context, in *struct {
			RoundID
			IfMatch string `header:"If-Match" required:"true" doc:"rev of the round you saw"`
			Body    RoundMove
		},
		) (*roundOut, error) {
			seen, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			b := in.Body
			v, err := r.Evaluations.Move(ctx, web.Who(ctx), in.ID, seen, evaluation.Step{State: b.State, From: b.From, To: b.To, Note: b.Note})
			return r.evaluated(ctx, v, err, "move", b)
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/evaluations/{id}/objections", ID: "object-evaluation", Summary: "Object to a firm's score while the list is on public notice", Tag: "evaluation", Needs: access.ReadFirms, Status: http.StatusCreated},
		func(ctx context.Context, in *struct {
			RoundID
			Body ObjectionIn
		},
		) (*roundOut, error) {
			v, err := r.Evaluations.Object(ctx, web.Who(ctx), in.ID, in.Body.Firm, in.Body.Text)
			return r.evaluated(ctx, v, err, "object", in.Body)
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: "/evaluations/{id}/objections/{objection}", ID: "answer-evaluation-objection", Summary: "Decide on an objection; one that is upheld makes a new revision", Tag: "evaluation", Needs: access.KeepFirms, Heavy: true},
		func(ctx context.Context, in *struct {
			RoundID
			Objection string `path:"objection" maxLength:"60"`
			IfMatch   string `header:"If-Match" required:"true" doc:"rev of the round you saw"`
			Body      ObjectionAnswer
		},
		) (*roundOut, error) {
			seen, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			b := in.Body
			v, err := r.Evaluations.Answer(ctx, web.Who(ctx), in.ID, seen, in.Objection, evaluation.Objection{Decision: b.Decision, Answer: b.Answer, Corrected: b.Corrected})
			return r.evaluated(ctx, v, err, "answer", b)
		})
}

// ScoresAbout is what a list of scores is narrowed to.
type ScoresAbout struct {
	RoundID
	Revision int    `query:"revision" minimum:"0" doc:"The newest when left out"`
	Class    string `query:"class" maxLength:"5"`
	Unscored bool   `query:"unscored" doc:"Those without a score only"`
	Sector   string `query:"sector" pattern:"^([A-T][0-9]{0,4})?$" doc:"Beginning of a class with its section"`
	Q        string `query:"q" maxLength:"100" doc:"Part of the name"`
}

func (a ScoresAbout) filter() evaluation.ScoreFilter {
	return evaluation.ScoreFilter{Round: a.ID, Revision: a.Revision, Class: a.Class, Unscored: a.Unscored, Sector: a.Sector, Text: a.Q}
}

func (r *rooms) registerScores() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/evaluations/{id}/scores", ID: "evaluation-scores", Summary: "The list of a revision, by score, of the firms that you may see", Tag: "evaluation", Needs: access.ReadFirms},
		func(ctx context.Context, in *struct {
			ScoresAbout
			web.Paging
		},
		) (*web.ListOut[evaluation.Row], error) {
			key, err := in.After()
			if err != nil {
				return nil, err
			}
			f := in.filter()
			if f.Limit = in.Limit; key != "" {
				if f.After, err = strconv.Atoi(key); err != nil {
					return nil, web.Invalid("query.cursor", "the cursor is not one that this list gave")
				}
			}
			_, rows, next, err := r.Evaluations.Rows(ctx, web.Who(ctx), f)
			cursor := ""
			if next > 0 {
				cursor = web.CursorOf(strconv.Itoa(next))
			}
			return web.NewList(rows, cursor), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/evaluations/{id}/file", ID: "evaluation-file", Summary: "The list of a revision as a sheet", Tag: "evaluation", Needs: access.ReadFirms, Heavy: true},
		func(ctx context.Context, in *struct {
			ScoresAbout
			Format string `query:"format" enum:"csv,xlsx" default:"xlsx"`
		},
		) (*huma.StreamResponse, error) {
			var b bytes.Buffer
			if err := r.Evaluations.Export(ctx, web.Who(ctx), in.filter(), in.Format == "xlsx", &b); err != nil {
				return nil, err
			}
			return sheetFile("evaluation-"+in.ID+"."+in.Format, b.Bytes()), r.api.Audit(ctx, "evaluation.export", in.ID, nil, in.filter())
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/evaluations/{id}/scores/{firm}", ID: "evaluation-score", Summary: "A firm's score with every term, and what each revision said", Tag: "evaluation", Needs: access.ReadFirms},
		func(ctx context.Context, in *struct {
			RoundID
			Firm     string `path:"firm" maxLength:"60"`
			Revision int    `query:"revision" minimum:"0" doc:"The newest when left out"`
		},
		) (*struct{ Body evaluation.Detail }, error) {
			out, err := r.Evaluations.Firm(ctx, web.Who(ctx), in.ID, in.Firm, in.Revision)
			return &struct{ Body evaluation.Detail }{out}, err
		})
}

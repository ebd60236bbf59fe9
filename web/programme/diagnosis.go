package programme

import (
	"context"
	"net/http"

	"zhigai/access"
	"zhigai/calc/maturity"
	"zhigai/programme/diagnosis"
	"zhigai/web"
)

type diagnosisOut struct {
	ETag string `header:"ETag"`
	Body diagnosis.View
}

// editionAt names an edition.
type editionAt struct {
	ID      string `path:"id" maxLength:"60"`
	Version int    `query:"version" minimum:"0" doc:"The newest when left out"`
}

func (r *rooms) registerEditions() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/maturity-editions", ID: "maturity-editions", Summary: "Maturity models that a firm can be held against", Tag: "diagnosis", Needs: access.ReadFirms},
		func(context.Context, *struct{}) (*web.ListOut[diagnosis.Edition], error) {
			var out []diagnosis.Edition
			for _, e := range r.Diagnosis.Editions().All() {
				short := *e
				short.Elements = []diagnosis.Node{} // asked for one by one
				out = append(out, short)
			}
			return web.NewList(out, ""), nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/maturity-editions/{id}", ID: "maturity-edition", Summary: "One maturity model with its requirements", Tag: "diagnosis", Needs: access.ReadFirms},
		func(_ context.Context, in *editionAt) (*struct{ Body *diagnosis.Edition }, error) {
			e, ok := r.Diagnosis.Editions().Edition(in.ID, in.Version)
			if !ok {
				return nil, web.NotFound("there is no edition %q of version %d", in.ID, in.Version)
			}
			return &struct{ Body *diagnosis.Edition }{e}, nil
		})
}

// NewDiagnosis is what a diagnosis begins with.
type NewDiagnosis struct {
	Firm    string         `json:"firm" minLength:"1" maxLength:"60" doc:"Id of the firm"`
	Edition string         `json:"edition" minLength:"1" maxLength:"60"`
	Plan    diagnosis.Plan `json:"plan"`
}

func (r *rooms) registerDiagnoses() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/diagnoses", ID: "diagnoses", Summary: "Diagnoses, newest first", Tag: "diagnosis", Needs: access.ReadFirms},
		func(ctx context.Context, in *struct {
			web.Paging
			State  string `query:"state" enum:"planned,visiting,drafted,replied,closed,followed,cancelled"`
			Region string `query:"region" pattern:"^[0-9]{0,6}$" doc:"Beginning of a division code"`
			Sector string `query:"sector" pattern:"^[A-T]?[0-9]{0,4}$" doc:"Beginning of a class with its section"`
			Firm   string `query:"firm" maxLength:"60"`
			Q      string `query:"q" maxLength:"100" doc:"Part of the title or the firm's name"`
		},
		) (*web.ListOut[diagnosis.Head], error) {
			before, err := in.After()
			if err != nil {
				return nil, err
			}
			f := diagnosis.Filter{Region: in.Region, Sector: in.Sector, Firm: in.Firm, Text: in.Q, Before: before, Limit: in.Limit}
			if in.State != "" {
				f.States = []diagnosis.State{diagnosis.State(in.State)}
			}
			rows, last, err := r.Diagnosis.List(ctx, web.Who(ctx), f)
			if last != "" {
				last = web.CursorOf(last)
			}
			return web.NewList(rows, last), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/diagnosis-firms", ID: "diagnosis-firms", Summary: "Firms that you may diagnose", Tag: "diagnosis", Needs: access.Diagnose},
		func(ctx context.Context, in *struct {
			Q     string `query:"q" maxLength:"100"`
			Limit int    `query:"limit" minimum:"1" maximum:"100" default:"20"`
		},
		) (*web.ListOut[diagnosis.Firm], error) {
			out, err := r.Diagnosis.Firms(ctx, web.Who(ctx), in.Q, in.Limit)
			return web.NewList(out, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/diagnosis-progress", ID: "diagnosis-progress", Summary: "How far full coverage is, by county, city or sector", Tag: "diagnosis", Needs: access.ReadFirms},
		func(ctx context.Context, in *struct {
			By string `query:"by" enum:"county,city,sector" default:"county"`
		},
		) (*web.ListOut[diagnosis.Progress], error) {
			out, err := r.Diagnosis.Progress(ctx, web.Who(ctx), in.By)
			return web.NewList(out, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/diagnoses", ID: "start-diagnosis", Summary: "Begin a diagnosis; what machines can answer is filled at once", Tag: "diagnosis", Needs: access.Diagnose, Status: http.StatusCreated, Heavy: true},
		func(ctx context.Context, in *struct{ Body NewDiagnosis }) (*diagnosisOut, error) {
			v, err := r.Diagnosis.Start(ctx, web.Who(ctx), in.Body.Firm, in.Body.Edition, in.Body.Plan)
			return r.diagnosed(ctx, v, err, "diagnosis.start", in.Body)
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/diagnoses/{id}", ID: "diagnosis", Summary: "One diagnosis with its score, gaps and place among peers", Tag: "diagnosis", Needs: access.ReadFirms},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"60"`
		},
		) (*diagnosisOut, error) {
			v, err := r.Diagnosis.View(ctx, web.Who(ctx), in.ID)
			return &diagnosisOut{ETag: web.ETag(v.Rev), Body: v}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/diagnoses/{id}/history", ID: "diagnosis-history", Summary: "Everything that was done to a diagnosis, newest first", Tag: "diagnosis", Needs: access.ReadFirms},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"60"`
		},
		) (*web.ListOut[diagnosis.Step], error) {
			out, err := r.Diagnosis.History(ctx, web.Who(ctx), in.ID)
			return web.NewList(out, ""), err
		})
}

// diagnosed answers with what a change made and puts it into the audit.
func (r *rooms) diagnosed(ctx context.Context, v diagnosis.View, err error, action string, after any) (*diagnosisOut, error) {
	if err != nil {
		return nil, err
	}
	return &diagnosisOut{ETag: web.ETag(v.Rev), Body: v}, r.api.Audit(ctx, action, v.Firm.ID+"/"+v.ID, nil, after)
}

// changeDiagnosis registers a change of one project; body is what is written.
func changeDiagnosis[B any](r *rooms, method, path, id, summary string, needs access.Permission, f func(ctx context.Context, who access.Principal, project string, seen int64, body B) (diagnosis.View, error)) {
	web.Handle(r.api, web.Op{Method: method, Path: "/diagnoses/{id}" + path, ID: id, Summary: summary, Tag: "diagnosis", Needs: needs},
		func(ctx context.Context, in *struct {
			ID      string `path:"id" maxLength:"60"`
			IfMatch string `header:"If-Match" required:"true" doc:"rev of the diagnosis you saw"`
			Body    B
		},
		) (*diagnosisOut, error) {
			seen, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			v, err := f(ctx, web.Who(ctx), in.ID, seen, in.Body)
			return r.diagnosed(ctx, v, err, "diagnosis."+id, in.Body)
		})
}

// AnswerIn is a person's word on a requirement.
type AnswerIn struct {
	Requirement string           `json:"requirement" minLength:"1" maxLength:"60"`
	Grade       maturity.Grade   `json:"grade" enum:",none,part,most,full" doc:"Empty takes the answer back"`
	Remark      string           `json:"remark,omitempty" maxLength:"4000"`
	Files       []diagnosis.File `json:"files,omitempty" maxItems:"20" nullable:"false"`
}

// QuestionIn is a question to the firm.
type QuestionIn struct {
	Requirement string `json:"requirement,omitempty" maxLength:"60"`
	Text        string `json:"text" minLength:"1" maxLength:"4000"`
}

// QuestionReply is the firm's answer to a question.
type QuestionReply struct {
	Question string `json:"question" minLength:"1" maxLength:"60"`
	Text     string `json:"text" minLength:"1" maxLength:"4000"`
}

// StateIn moves a diagnosis.
type StateIn struct {
	State diagnosis.State `json:"state" enum:"planned,visiting,drafted,replied,closed,cancelled"`
	Note  string          `json:"note,omitempty" maxLength:"4000"`
}

// ReplyIn is the firm's word on the draft.
type ReplyIn struct {
	Text   string `json:"text" minLength:"1" maxLength:"4000"`
	Agrees bool   `json:"agrees"`
}

// FollowUpIn says what came of the measures.
type FollowUpIn struct {
	Months   int               `json:"months" enum:"6,12"`
	Text     string            `json:"text" maxLength:"4000"`
	Measures map[string]string `json:"measures" doc:"done, doing, open or dropped by the measure's id"`
}

// TeamIn is a whole team.
type TeamIn struct {
	Team []diagnosis.Expert `json:"team" nullable:"false" maxItems:"20"`
}

func (r *rooms) registerDiagnosis() {
	d := r.Diagnosis
	changeDiagnosis(r, http.MethodPut, "/plan", "plan-diagnosis", "Change the plan; another time of evidence fills anew", access.Diagnose, d.SavePlan)
	changeDiagnosis(r, http.MethodPut, "/team", "staff-diagnosis", "Name the team with roles, skills and conflicts of interest", access.Diagnose,
		func(ctx context.Context, who access.Principal, id string, seen int64, b TeamIn) (diagnosis.View, error) {
			return d.SaveTeam(ctx, who, id, seen, b.Team)
		})
	changeDiagnosis(r, http.MethodPost, "/visits", "visit-diagnosis", "Add a visit, or change one by its id", access.Diagnose, d.SaveVisit)
	changeDiagnosis(r, http.MethodPost, "/evidence", "fill-diagnosis", "Ask the figures again", access.Diagnose,
		func(ctx context.Context, who access.Principal, id string, seen int64, _ struct{}) (diagnosis.View, error) {
			return d.Fill(ctx, who, id, seen)
		})
	changeDiagnosis(r, http.MethodPut, "/answers", "answer-diagnosis", "Answer a requirement, or take an answer back", access.Diagnose,
		func(ctx context.Context, who access.Principal, id string, seen int64, b AnswerIn) (diagnosis.View, error) {
			return d.Answer(ctx, who, id, seen, diagnosis.Answer{Requirement: b.Requirement, Grade: b.Grade, Remark: b.Remark, Files: b.Files})
		})
	changeDiagnosis(r, http.MethodPost, "/questions", "ask-diagnosis", "Ask the firm", access.Diagnose,
		func(ctx context.Context, who access.Principal, id string, seen int64, b QuestionIn) (diagnosis.View, error) {
			return d.Ask(ctx, who, id, seen, b.Requirement, b.Text)
		})
	changeDiagnosis(r, http.MethodPut, "/questions", "answer-diagnosis-question", "Answer a question for the firm", access.ReplyFirms,
		func(ctx context.Context, who access.Principal, id string, seen int64, b QuestionReply) (diagnosis.View, error) {
			return d.AnswerQuestion(ctx, who, id, seen, b.Question, b.Text)
		})
	changeDiagnosis(r, http.MethodPost, "/measures", "propose-diagnosis-measure", "Propose a measure, or change one by its id", access.Diagnose, d.SaveMeasure)
	changeDiagnosis(r, http.MethodPost, "/state", "move-diagnosis", "Bring a diagnosis into another state", access.Diagnose,
		func(ctx context.Context, who access.Principal, id string, seen int64, b StateIn) (diagnosis.View, error) {
			return d.Move(ctx, who, id, seen, b.State, b.Note)
		})
	changeDiagnosis(r, http.MethodPost, "/reply", "reply-diagnosis", "Reply to the draft for the firm", access.ReplyFirms,
		func(ctx context.Context, who access.Principal, id string, seen int64, b ReplyIn) (diagnosis.View, error) {
			return d.Reply(ctx, who, id, seen, b.Text, b.Agrees)
		})
	changeDiagnosis(r, http.MethodPost, "/follow-ups", "follow-diagnosis-up", "Say what came of the measures after 6 and 12 months", access.Diagnose,
		func(ctx context.Context, who access.Principal, id string, seen int64, b FollowUpIn) (diagnosis.View, error) {
			return d.FollowUp(ctx, who, id, seen, diagnosis.FollowUp{Months: b.Months, Text: b.Text, Measures: b.Measures})
		})
}

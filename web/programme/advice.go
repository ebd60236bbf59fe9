package programme

import (
	"bytes"
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"zhigai/access"
	"zhigai/programme/advice"
	"zhigai/web"
)

// AdviceFilter narrows the list of questions.
type AdviceFilter struct {
	State   string `query:"state" enum:"asked,directed,answered,closed,withdrawn"`
	Topic   string `query:"topic" enum:"technology,equipment,software,investment,provider,policy,other"`
	Region  string `query:"region" pattern:"^[0-9]{0,6}$" doc:"Beginning of a division code"`
	Firm    string `query:"firm" maxLength:"60" doc:"Id of a firm"`
	Q       string `query:"q" maxLength:"100" doc:"Part of the title, the firm or who is to answer"`
	Overdue bool   `query:"overdue" doc:"Due and not answered"`
}

func (f AdviceFilter) filter() advice.Filter {
	out := advice.Filter{Topic: f.Topic, Region: f.Region, Firm: f.Firm, Text: f.Q}
	if f.State != "" {
		out.States = []advice.State{advice.State(f.State)}
	}
	return out
}

// AdviceIn is a question.
type AdviceIn struct {
	Firm   string `json:"firm,omitempty" maxLength:"60" doc:"Id of the firm that asks; left out: a region asks"`
	Region string `json:"region,omitempty" pattern:"^([0-9]{6})?$" doc:"Of a region that asks"`
	Topic  string `json:"topic" enum:"technology,equipment,software,investment,provider,policy,other"`
	Title  string `json:"title" minLength:"1" maxLength:"400"`
	Text   string `json:"text" minLength:"1" maxLength:"16000"`
}

// DirectIn says who is to answer.
type DirectIn struct {
	Expert       string `json:"expert,omitempty" maxLength:"60" doc:"Id in the register of experts"`
	Organisation string `json:"organisation,omitempty" maxLength:"400" doc:"Who is in no register"`
	Due          string `json:"due" format:"date"`
}

// AdviceAnswer is an answer with its proof.
type AdviceAnswer struct {
	Answer    string        `json:"answer" minLength:"1" maxLength:"16000"`
	Reference string        `json:"reference,omitempty" maxLength:"16000" doc:"Document, standard or case that it rests on"`
	Files     []advice.File `json:"files,omitempty" maxItems:"10" nullable:"false"`
}

// AdviceEnd closes a question, asks on or withdraws it.
type AdviceEnd struct {
	To   string `json:"to" enum:"closed,asked_on,withdrawn"`
	Note string `json:"note,omitempty" maxLength:"16000" doc:"Needed to ask on and to withdraw"`
}

type adviceOut struct {
	ETag string `header:"ETag"`
	Body advice.Advice
}

func (r *rooms) registerAdvice() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/advice", ID: "advice-list", Summary: "Questions for advice, newest first: of your region, your own and your firm's, and those you are to answer", Tag: "experts", Needs: access.ReadFirms},
		func(ctx context.Context, in *struct {
			web.Paging
			AdviceFilter
		},
		) (*web.ListOut[advice.Advice], error) {
			before, err := in.After()
			if err != nil {
				return nil, err
			}
			f := in.filter()
			f.Before, f.Limit = before, in.Limit
			rows, last, err := r.Advice.List(ctx, web.Who(ctx), f, in.Overdue)
			if last != "" {
				last = web.CursorOf(last)
			}
			return web.NewList(rows, last), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/advice-export", ID: "export-advice", Summary: "The list of questions as a sheet", Tag: "experts", Needs: access.ReadFirms, Heavy: true},
		func(ctx context.Context, in *struct {
			AdviceFilter
			Format string `query:"format" enum:"xlsx,csv" default:"xlsx"`
		},
		) (*huma.StreamResponse, error) {
			var b bytes.Buffer
			if err := r.Advice.Export(ctx, web.Who(ctx), in.filter(), in.Overdue, in.Format == "xlsx", &b); err != nil {
				return nil, err
			}
			return sheetFile("advice."+in.Format, b.Bytes()), r.api.Audit(ctx, "advice.export", "advice."+in.Format, nil, in.AdviceFilter)
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/advice", ID: "ask-advice", Summary: "Ask for advice, for a firm or for a region", Tag: "experts", Needs: access.ReadFirms, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body AdviceIn }) (*adviceOut, error) {
			b := in.Body
			a, err := r.Advice.Ask(ctx, web.Who(ctx), advice.Request{Firm: b.Firm, Region: b.Region, Topic: b.Topic, Title: b.Title, Text: b.Text})
			return r.advised(ctx, a, err, "advice.ask")
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/advice/{id}", ID: "advice", Summary: "One question with its answer", Tag: "experts", Needs: access.ReadFirms},
		func(ctx context.Context, in *idOf) (*adviceOut, error) {
			a, err := r.Advice.Question(ctx, web.Who(ctx), in.ID)
			return &adviceOut{ETag: web.ETag(a.Rev), Body: a}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/advice/{id}/history", ID: "advice-history", Summary: "Every revision of a question, oldest first", Tag: "experts", Needs: access.ReadFirms},
		func(ctx context.Context, in *idOf) (*web.ListOut[advice.Change], error) {
			out, err := r.Advice.History(ctx, web.Who(ctx), in.ID)
			return web.NewList(out, ""), err
		})
	r.registerAdviceSteps()
	r.registerAdviceFiles()
}

func (r *rooms) registerAdviceSteps() {
	d := r.Advice
	changeAdvice(r, "/direction", "direct-advice", "Say who is to answer, and by when; an expert with a conflict of interest is refused", access.DispatchExperts,
		func(ctx context.Context, who access.Principal, id string, rev int64, b DirectIn) (advice.Advice, error) {
			return d.Direct(ctx, who, id, rev, b.Expert, b.Organisation, b.Due)
		})
	changeAdvice(r, "/answer", "answer-advice", "Answer a question that went to you, or enter the answer of who has no account", access.ReadFirms,
		func(ctx context.Context, who access.Principal, id string, rev int64, b AdviceAnswer) (advice.Advice, error) {
			return d.Answer(ctx, who, id, rev, b.Answer, b.Reference, b.Files)
		})
	changeAdvice(r, "/end", "end-advice", "Close a question that is answered, ask on, or withdraw it", access.ReadFirms,
		func(ctx context.Context, who access.Principal, id string, rev int64, b AdviceEnd) (advice.Advice, error) {
			return d.End(ctx, who, id, rev, b.To, b.Note)
		})
}

func (r *rooms) registerAdviceFiles() {
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/advice/{id}/files", ID: "attach-advice-file", Summary: "Keep a file that an answer can name", Tag: "experts", Needs: access.ReadFirms, Status: http.StatusCreated, MaxBody: advice.MaxFile},
		func(ctx context.Context, in *struct {
			ID      string `path:"id" maxLength:"60"`
			Name    string `query:"name" required:"true" minLength:"1" maxLength:"200"`
			RawBody []byte `contentType:"application/octet-stream"`
		},
		) (*struct{ Body advice.File }, error) {
			f, err := r.Advice.SaveFile(ctx, web.Who(ctx), in.ID, in.Name, in.RawBody)
			if err != nil {
				return nil, err
			}
			return &struct{ Body advice.File }{f}, r.api.Audit(ctx, "advice.attach", in.ID+"/"+f.SHA256, nil, f)
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/advice/{id}/files/{digest}", ID: "advice-file", Summary: "A file that the answer names", Tag: "experts", Needs: access.ReadFirms},
		func(ctx context.Context, in *struct {
			ID     string `path:"id" maxLength:"60"`
			Digest string `path:"digest" pattern:"^[0-9a-f]{64}$"`
		},
		) (*huma.StreamResponse, error) {
			f, data, err := r.Advice.File(ctx, web.Who(ctx), in.ID, in.Digest)
			if err != nil {
				return nil, err
			}
			return download(f.Name, "application/octet-stream", data), r.api.Audit(ctx, "advice.file.read", in.ID+"/"+in.Digest, nil, nil)
		})
}

// advised answers with what a change made and puts it into the audit.
func (r *rooms) advised(ctx context.Context, a advice.Advice, err error, action string) (*adviceOut, error) {
	if err != nil {
		return nil, err
	}
	return &adviceOut{ETag: web.ETag(a.Rev), Body: a}, r.api.Audit(ctx, action, a.Region+"/"+a.ID, nil, a)
}

// changeAdvice registers a change of one question; body is what is written.
func changeAdvice[B any](r *rooms, path, id, summary string, needs access.Permission, f func(ctx context.Context, who access.Principal, question string, rev int64, body B) (advice.Advice, error)) {
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/advice/{id}" + path, ID: id, Summary: summary, Tag: "experts", Needs: needs},
		func(ctx context.Context, in *struct {
			ID      string `path:"id" maxLength:"60"`
			IfMatch string `header:"If-Match" required:"true" doc:"rev of the question you saw"`
			Body    B
		},
		) (*adviceOut, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			a, err := f(ctx, web.Who(ctx), in.ID, rev, in.Body)
			return r.advised(ctx, a, err, "advice."+id)
		})
}

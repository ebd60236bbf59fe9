package factory

import (
	"bytes"
	"context"
	"mime"
	"net/http"
	"strconv"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"zhigai/access"
	"zhigai/factory/exchange"
	"zhigai/web"
)

type partnerOut struct {
	ETag string `header:"ETag"`
	Body exchange.Partner
}

// PartnerAt names a partner.
type PartnerAt struct {
	Partner string `path:"partner" maxLength:"40"`
}

func (r *rooms) registerPartners() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/exchange/partners", ID: "exchange-partners", Summary: "Business systems that order and hear what was made, and how they fare", Tag: "exchange", Needs: access.Exchange, Whole: true},
		func(ctx context.Context, _ *struct{}) (*web.ListOut[exchange.Contact], error) {
			all, err := r.Exchange.Partners(ctx, web.Who(ctx).Scope.Tenant)
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/exchange/partners", ID: "add-exchange-partner", Summary: "Exchange with a business system from now on", Tag: "exchange", Needs: access.Exchange, Whole: true, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body exchange.Partner }) (*partnerOut, error) {
			return r.savePartner(ctx, in.Body, 0, "exchange.partner.add")
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: "/exchange/partners/{partner}", ID: "change-exchange-partner", Summary: "Change how is exchanged with a partner, or switch it off", Tag: "exchange", Needs: access.Exchange, Whole: true},
		func(ctx context.Context, in *struct {
			PartnerAt
			IfMatch string `header:"If-Match" required:"true" doc:"rev of the partner you changed"`
			Body    exchange.Partner
		},
		) (*partnerOut, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			if rev < 1 {
				return nil, web.Invalid("header.If-Match", "a partner that is there has a rev of 1 or more")
			}
			in.Body.ID = in.Partner
			return r.savePartner(ctx, in.Body, rev, "exchange.partner.change")
		})
	web.Handle(r.api, web.Op{Method: http.MethodDelete, Path: "/exchange/partners/{partner}", ID: "end-exchange-partner", Summary: "End the exchange with a partner; its messages stay", Tag: "exchange", Needs: access.Exchange, Whole: true, Status: http.StatusNoContent},
		func(ctx context.Context, in *struct {
			PartnerAt
			IfMatch string `header:"If-Match" required:"true"`
		},
		) (*struct{}, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			who := web.Who(ctx)
			if err := r.Exchange.Drop(access.With(ctx, who), who.Scope.Tenant, in.Partner, rev); err != nil {
				return nil, err
			}
			if err := r.Changed(ctx); err != nil {
				return nil, err
			}
			return nil, r.api.Audit(ctx, "exchange.partner.end", in.Partner, nil, nil)
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/exchange/mappings", ID: "exchange-mappings", Summary: "Mappings of field names that come with the product", Tag: "exchange", Needs: access.Exchange, Whole: true},
		func(context.Context, *struct{}) (*web.ListOut[exchange.Mapping], error) {
			return web.NewList(r.Exchange.Mappings(), ""), nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/exchange/preview", ID: "preview-exchange", Summary: "What a message would say here, and what would go out, by a partner as it is written; nothing is stored", Tag: "exchange", Needs: access.Exchange, Whole: true, MaxBody: 2 * exchange.MaxBytes},
		func(_ context.Context, in *struct {
			Body struct {
				Partner exchange.Partner `json:"partner"`
				Format  exchange.Format  `json:"format" enum:"b2mml,json,csv,xlsx"`
				Kind    exchange.Kind    `json:"kind" enum:"order,definition,lot,statement"`
				Body    []byte           `json:"body,omitempty" doc:"The message, base64"`
			}
		},
		) (*struct{ Body exchange.Preview }, error) {
			p, err := r.Exchange.Try(in.Body.Partner, exchange.Incoming{ID: "preview", Format: in.Body.Format, Kind: in.Body.Kind, Body: in.Body.Body})
			return &struct{ Body exchange.Preview }{p}, err
		})
}

// savePartner answers and audits without the secret.
func (r *rooms) savePartner(ctx context.Context, p exchange.Partner, rev int64, action string) (*partnerOut, error) {
	who := web.Who(ctx)
	saved, err := r.Exchange.Save(access.With(ctx, who), who.Scope.Tenant, p, rev)
	if err != nil {
		return nil, err
	}
	if err := r.Changed(ctx); err != nil {
		return nil, err
	}
	return &partnerOut{ETag: web.ETag(saved.Rev), Body: saved}, r.api.Audit(ctx, action, saved.ID, nil, saved)
}

// MessageAt names a message.
type MessageAt struct {
	Partner   string             `query:"partner" required:"true" maxLength:"40"`
	Direction exchange.Direction `query:"direction" required:"true" enum:"in,out"`
	ID        string             `query:"id" required:"true" maxLength:"120"`
}

func (m MessageAt) ref() exchange.Ref {
	return exchange.Ref{Partner: m.Partner, Direction: m.Direction, ID: m.ID}
}

// MessageView is a message with its parts and its body.
type MessageView struct {
	exchange.Message
	Contents []exchange.Part `json:"contents" nullable:"false" doc:"Parts of what came"`
	Text     string          `json:"text,omitempty" doc:"The body, where it is text"`
}

// maxShown of a body.
const maxShown = 256 << 10

func viewOf(m exchange.Message, parts []exchange.Part, err error) (*struct{ Body MessageView }, error) {
	v := MessageView{Message: m, Contents: parts}
	if v.Contents == nil {
		v.Contents = []exchange.Part{}
	}
	if len(m.Body) <= maxShown && utf8.Valid(m.Body) {
		v.Text = string(m.Body)
	}
	return &struct{ Body MessageView }{v}, err
}

// formats by the type of a body.
var formats = map[string]exchange.Format{
	"application/json": exchange.JSON, "application/xml": exchange.B2MML, "text/xml": exchange.B2MML, "text/csv": exchange.CSV,
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": exchange.XLSX,
}

type answerOut struct {
	Status int
	Body   exchange.Answer
}

// statusOf tells a client that looks at no body how a message fared.
func statusOf(s exchange.State) int {
	switch s {
	case exchange.Done:
		return http.StatusOK
	case exchange.Received:
		return http.StatusAccepted
	}
	return http.StatusUnprocessableEntity
}

func (r *rooms) registerMessages() {
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/exchange/partners/{partner}/messages/{kind}", ID: "send-exchange-message", Summary: "Give a message to the plant: JSON, B2MML, CSV or XLSX by its Content-Type. The same again is answered the same", Tag: "exchange", Needs: access.Exchange, Whole: true, MaxBody: exchange.MaxBytes},
		func(ctx context.Context, in *struct {
			PartnerAt
			Kind    exchange.Kind `path:"kind" enum:"order,definition,lot,statement"`
			Key     string        `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"120" doc:"Id of the message, the sender's own: another message has another"`
			Type    string        `header:"Content-Type"`
			RawBody []byte        `contentType:"application/octet-stream"`
		},
		) (*answerOut, error) {
			kind, _, err := mime.ParseMediaType(in.Type)
			format, ok := formats[kind]
			if err != nil || !ok {
				return nil, web.Invalid("header.Content-Type", "write application/json, application/xml, text/csv or that of an XLSX workbook")
			}
			a, err := r.Exchange.Receive(ctx, web.Who(ctx).Scope.Tenant, in.Partner, exchange.Incoming{ID: in.Key, Format: format, Kind: in.Kind, Body: bytes.Clone(in.RawBody)})
			return &answerOut{statusOf(a.State), a}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/exchange/messages", ID: "exchange-messages", Summary: "Messages that came and go, newest first", Tag: "exchange", Needs: access.Exchange, Whole: true},
		func(ctx context.Context, in *struct {
			web.Paging
			Partner   string             `query:"partner" maxLength:"40"`
			Direction exchange.Direction `query:"direction" enum:"in,out,"`
			State     []exchange.State   `query:"state,explode" maxItems:"7"`
			Object    string             `query:"object" maxLength:"120" doc:"Number of an order, code of a product, id of a lot: exactly"`
			Q         string             `query:"q" maxLength:"100" doc:"Part of the id or of what it is about"`
		},
		) (*web.ListOut[exchange.Message], error) {
			after, err := in.After()
			if err != nil {
				return nil, err
			}
			rows, err := r.Exchange.Messages(ctx, web.Who(ctx).Scope.Tenant, exchange.Filter{
				Partner: in.Partner, Direction: in.Direction, States: in.State, Object: in.Object, Text: in.Q, After: after, Limit: in.Limit + 1,
			})
			if err != nil || len(rows) <= in.Limit {
				return web.NewList(rows, ""), err
			}
			rows = rows[:in.Limit]
			return web.NewList(rows, web.CursorOf(rows[in.Limit-1].Key)), nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/exchange/message", ID: "exchange-message", Summary: "One message with its parts and its body", Tag: "exchange", Needs: access.Exchange, Whole: true},
		func(ctx context.Context, in *MessageAt) (*struct{ Body MessageView }, error) {
			return viewOf(r.Exchange.Message(ctx, web.Who(ctx).Scope.Tenant, in.ref()))
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/exchange/message/again", ID: "repeat-exchange-message", Summary: "Apply what was refused of a message once more, or send a dead letter again", Tag: "exchange", Needs: access.Exchange, Whole: true},
		func(ctx context.Context, in *MessageAt) (*struct{ Body MessageView }, error) {
			out, err := viewOf(r.Exchange.Again(ctx, web.Who(ctx), in.ref()))
			if err != nil {
				return nil, err
			}
			return out, r.api.Audit(ctx, "exchange.again", in.Partner+"/"+in.ID, nil, map[string]any{"direction": in.Direction, "state": out.Body.State})
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/exchange/partners/{partner}/outbox", ID: "exchange-outbox", Summary: "What was made and is not acknowledged, oldest first, for a partner that fetches it", Tag: "exchange", Needs: access.Exchange, Whole: true},
		func(ctx context.Context, in *struct {
			PartnerAt
			Limit int `query:"limit" minimum:"1" maximum:"1000" default:"200"`
		},
		) (*web.ListOut[exchange.Performance], error) {
			all, err := r.Exchange.Outbox(ctx, web.Who(ctx).Scope.Tenant, in.Partner, in.Limit)
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/exchange/partners/{partner}/acknowledgements", ID: "acknowledge-exchange-message", Summary: "Say that a message of the outbox is booked, or why it never will be. Said twice it is the same", Tag: "exchange", Needs: access.Exchange, Whole: true},
		func(ctx context.Context, in *struct {
			PartnerAt
			Body struct {
				ID      string `json:"id" minLength:"1" maxLength:"120"`
				Refused string `json:"refused,omitempty" maxLength:"1000" doc:"Why it is not booked"`
			}
		},
		) (*struct{ Body exchange.Message }, error) {
			m, err := r.Exchange.Acknowledge(ctx, web.Who(ctx).Scope.Tenant, in.Partner, in.Body.ID, in.Body.Refused)
			return &struct{ Body exchange.Message }{m}, err
		})
}

func (r *rooms) registerReconciliation() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/exchange/partners/{partner}/reconciliation", ID: "exchange-reconciliation", Summary: "Orders and quantities in both books, and what explains where they differ", Tag: "exchange", Needs: access.Exchange, Whole: true, Heavy: true},
		func(ctx context.Context, in *PartnerAt) (*struct{ Body exchange.Reconciliation }, error) {
			out, err := r.Exchange.Reconcile(ctx, web.Who(ctx).Scope.Tenant, in.Partner)
			return &struct{ Body exchange.Reconciliation }{out}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/exchange/partners/{partner}/reconciliation/export", ID: "export-exchange-reconciliation", Summary: "Both books as a sheet", Tag: "exchange", Needs: access.Exchange, Whole: true, Heavy: true},
		func(ctx context.Context, in *struct {
			PartnerAt
			Format string `query:"format" enum:"xlsx,csv" default:"xlsx"`
		},
		) (*huma.StreamResponse, error) {
			out, err := r.Exchange.Reconcile(ctx, web.Who(ctx).Scope.Tenant, in.Partner)
			if err != nil {
				return nil, err
			}
			var b bytes.Buffer
			if err := exchange.WriteReconciliation(&b, out, in.Format == "xlsx"); err != nil {
				return nil, err
			}
			return sheet("reconciliation-"+out.Partner+"."+in.Format, in.Format, b.Bytes()), nil
		})
}

// sheet answers with a file.
func sheet(name, format string, raw []byte) *huma.StreamResponse {
	kind := "text/csv; charset=utf-8"
	if format == "xlsx" {
		kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		h.SetHeader("Content-Type", kind)
		h.SetHeader("Content-Length", strconv.Itoa(len(raw)))
		h.SetHeader("Content-Disposition", `attachment; filename="`+name+`"`)
		_, _ = h.BodyWriter().Write(raw) // the client went away: nothing to do
	}}
}

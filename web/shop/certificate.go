package shop

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/quality/certificate"
	"zhigai/shop/quality/certificate/print"
	"zhigai/web"
)

// ConformityAt names a certificate of conformity.
type ConformityAt struct {
	Number string `path:"number" maxLength:"40" doc:"Of the certificate"`
}

// ConformityRevision names a revision of one.
type ConformityRevision struct {
	ConformityAt
	Revision int `path:"revision" minimum:"1" maximum:"10000"`
}

// ConformityQuery chooses certificates of conformity.
type ConformityQuery struct {
	Scope   string            `query:"scope" maxLength:"400" doc:"Path of the hierarchy; empty for all you may see"`
	State   certificate.State `query:"state" enum:",issued,withdrawn"`
	Order   string            `query:"order" maxLength:"40"`
	Product string            `query:"product" maxLength:"63"`
	Q       string            `query:"q" maxLength:"100" doc:"Part of number, order, lot, product or customer"`
	From    time.Time         `query:"from" doc:"Issued at or after"`
	To      time.Time         `query:"to" doc:"Issued before"`
}

func (q ConformityQuery) filter(ctx context.Context) (certificate.Filter, error) {
	scope, err := web.ScopeOf(ctx, q.Scope)
	f := certificate.Filter{Scope: scope, State: q.State, Order: q.Order, Product: q.Product, Text: q.Q, From: plant.Instant(micros(q.From)), To: plant.Instant(micros(q.To))}
	if err == nil && f.From != 0 && f.To == 0 {
		f.To = plant.InstantOf(time.Unix(1<<33, 0)) // none is issued later
	}
	return f, err
}

// ConformityChange is a change of a certificate that was seen.
type ConformityChange struct {
	ConformityAt
	IfMatch string `header:"If-Match" required:"true" doc:"rev of the certificate you saw"`
	Body    certificate.Change
}

type conformityOut struct {
	ETag string `header:"ETag"`
	Body certificate.View
}

// maxConformities of one exported sheet.
const maxConformities = 10_000

func (r *rooms) registerConformity() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/quality/certificates", ID: "conformity-certificates", Summary: "Certificates of conformity, the newest number first", Tag: "quality", Needs: access.Read},
		func(ctx context.Context, in *struct {
			web.Paging
			ConformityQuery
		},
		) (*web.ListOut[certificate.Head], error) {
			f, err := in.filter(ctx)
			if err != nil {
				return nil, err
			}
			if f.Before, err = in.After(); err != nil {
				return nil, err
			}
			f.Limit = in.Limit + 1
			all, err := r.Certificates.List(ctx, f)
			return cut(all, in.Limit, certificate.Head.After), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/quality/certificates/{number}", ID: "conformity-certificate", Summary: "A certificate of conformity with all its revisions, and what is known now and it says otherwise", Tag: "quality", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *ConformityAt) (*conformityOut, error) {
			return r.conformity(ctx, in.Number)
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/quality/certificate-previews", ID: "preview-conformity", Summary: "What a certificate of an order or a lot would say now, and what stands against it", Tag: "quality", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct{ Body certificate.Goods }) (*struct{ Body certificate.Preview }, error) {
			p, err := r.Certificates.Preview(ctx, web.Who(ctx), in.Body)
			return &struct{ Body certificate.Preview }{p}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/quality/certificates", ID: "issue-conformity", Summary: "Certify an order or a lot; refused with the reasons while something stands against it", Tag: "quality", Needs: access.Engineer, Status: http.StatusCreated, Heavy: true},
		func(ctx context.Context, in *struct{ Body certificate.New }) (*conformityOut, error) {
			c, err := r.Certificates.Issue(ctx, web.Who(ctx), in.Body)
			return r.certified(ctx, c, err, "quality.certificate.issue", in.Body)
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/quality/certificates/{number}/revisions", ID: "revise-conformity", Summary: "Issue another revision by what is known now; the one before does not hold any more", Tag: "quality", Needs: access.Engineer, Status: http.StatusCreated, Heavy: true},
		func(ctx context.Context, in *ConformityChange) (*conformityOut, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			c, err := r.Certificates.Revise(ctx, web.Who(ctx), in.Number, rev, in.Body)
			return r.certified(ctx, c, err, "quality.certificate.revise", in.Body)
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/quality/certificates/{number}/withdrawal", ID: "withdraw-conformity", Summary: "Say that a certificate does not hold any more, and nothing stands in its place", Tag: "quality", Needs: access.Engineer, Heavy: true},
		func(ctx context.Context, in *ConformityChange) (*conformityOut, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			c, err := r.Certificates.Withdraw(ctx, web.Who(ctx), in.Number, rev, in.Body)
			return r.certified(ctx, c, err, "quality.certificate.withdraw", in.Body)
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/quality/certificate-check", ID: "check-conformity", Summary: "Whether a number and a digest, as they stand on a paper, are those of a certificate that was issued here", Tag: "quality", Needs: access.Read},
		func(ctx context.Context, in *struct {
			Number string `query:"number" required:"true" minLength:"1" maxLength:"40"`
			Digest string `query:"digest" required:"true" minLength:"12" maxLength:"80" pattern:"^[0-9a-fA-F ]+$" doc:"SHA-256, or its first 12 digits at least"`
		},
		) (*struct{ Body certificate.Check }, error) {
			c, err := r.Certificates.Check(ctx, web.Who(ctx), in.Number, in.Digest)
			return &struct{ Body certificate.Check }{c}, err
		})
	r.registerConformityFiles()
}

func (r *rooms) conformity(ctx context.Context, number string) (*conformityOut, error) {
	v, err := r.Certificates.View(ctx, web.Who(ctx), number)
	return &conformityOut{web.ETag(v.Rev), v}, err
}

// certified answers a change with the certificate as the page shows it.
func (r *rooms) certified(ctx context.Context, c certificate.Certificate, err error, action string, asked any) (*conformityOut, error) {
	if err == nil {
		err = r.api.Audit(ctx, action, c.Number, nil, asked)
	}
	if err != nil {
		return nil, err
	}
	return r.conformity(ctx, c.Number)
}

func (r *rooms) registerConformityFiles() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/quality/certificates/{number}/revisions/{revision}/pdf", ID: "conformity-pdf", Summary: "A revision of a certificate of conformity as PDF, in Chinese and English", Tag: "quality", Needs: access.Read},
		func(ctx context.Context, in *ConformityRevision) (*huma.StreamResponse, error) {
			i, err := r.Certificates.Revision(ctx, web.Who(ctx), in.Number, in.Revision)
			if err != nil {
				return nil, err
			}
			var b bytes.Buffer
			if err := print.PDF(i, &b); err != nil {
				return nil, err
			}
			return download(fmt.Sprintf("%s-%d.pdf", in.Number, in.Revision), kindOf["pdf"], b.Bytes()), nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/quality/certificates/{number}/revisions/{revision}/content", ID: "conformity-content", Summary: "What a revision says, in the bytes that its digest is of", Tag: "quality", Needs: access.Read},
		func(ctx context.Context, in *ConformityRevision) (*huma.StreamResponse, error) {
			i, err := r.Certificates.Revision(ctx, web.Who(ctx), in.Number, in.Revision)
			if err != nil {
				return nil, err
			}
			return download(fmt.Sprintf("%s-%d.json", in.Number, in.Revision), "application/json", i.Content), nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/quality/certificate-sheet", ID: "export-conformity", Summary: "Certificates of conformity as a sheet, 10,000 at most", Tag: "quality", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			ConformityQuery
			Format string `query:"format" enum:"xlsx,csv" default:"xlsx"`
		},
		) (*huma.StreamResponse, error) {
			f, err := in.filter(ctx)
			if err != nil {
				return nil, err
			}
			f.Limit = maxConformities
			all, err := r.Certificates.List(ctx, f)
			if err != nil {
				return nil, err
			}
			var b bytes.Buffer
			if err := certificate.WriteList(all, in.Format == "xlsx", &b); err != nil {
				return nil, err
			}
			return download("certificates."+in.Format, kindOf[in.Format], b.Bytes()), nil
		})
}

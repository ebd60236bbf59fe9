package programme

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"zhigai/access"
	"zhigai/programme/diagnosis"
	"zhigai/programme/diagnosis/report"
	"zhigai/web"
)

func (r *rooms) registerDiagnosisFiles() {
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/diagnoses/{id}/files", ID: "attach-diagnosis-file", Summary: "Keep a file that an answer can name as proof", Tag: "diagnosis", Needs: access.Diagnose, Status: http.StatusCreated},
		func(ctx context.Context, in *struct {
			ID      string `path:"id" maxLength:"60"`
			Name    string `query:"name" required:"true" minLength:"1" maxLength:"200"`
			RawBody []byte `contentType:"application/octet-stream"`
		},
		) (*struct{ Body diagnosis.File }, error) {
			f, err := r.Diagnosis.SaveFile(ctx, web.Who(ctx), in.ID, in.Name, in.RawBody)
			if err != nil {
				return nil, err
			}
			return &struct{ Body diagnosis.File }{f}, r.api.Audit(ctx, "diagnosis.attach", in.ID+"/"+f.SHA256, nil, f)
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/diagnoses/{id}/files/{digest}", ID: "diagnosis-file", Summary: "A file that an answer named", Tag: "diagnosis", Needs: access.ReadFirms},
		func(ctx context.Context, in *struct {
			ID     string `path:"id" maxLength:"60"`
			Digest string `path:"digest" pattern:"^[0-9a-f]{64}$"`
		},
		) (*huma.StreamResponse, error) {
			f, data, err := r.Diagnosis.File(ctx, web.Who(ctx), in.ID, in.Digest)
			if err != nil {
				return nil, err
			}
			return download(f.Name, "application/octet-stream", data), r.api.Audit(ctx, "diagnosis.file.read", in.ID+"/"+in.Digest, nil, nil)
		})
}

func (r *rooms) registerDiagnosisReport() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/diagnoses/{id}/report", ID: "diagnosis-report", Summary: "The report: a PDF to sign, or a document for word processors", Tag: "diagnosis", Needs: access.ReadFirms, Heavy: true},
		func(ctx context.Context, in *struct {
			ID     string `path:"id" maxLength:"60"`
			Format string `query:"format" enum:"pdf,docx" default:"pdf"`
		},
		) (*huma.StreamResponse, error) {
			v, err := r.Diagnosis.View(ctx, web.Who(ctx), in.ID)
			if err != nil {
				return nil, err
			}
			e, ok := r.Diagnosis.Editions().Edition(v.Edition, v.Version)
			if !ok {
				return nil, web.NotFound("there is no edition %q of version %d", v.Edition, v.Version)
			}
			var b bytes.Buffer
			kind := "application/pdf"
			if in.Format == "docx" {
				kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
				err = report.Word(&b, v, e)
			} else {
				err = report.PDF(&b, v, e)
			}
			return download("诊断报告-"+v.Firm.Name+"-"+v.ID+"."+in.Format, kind, b.Bytes()), err
		})
}

// download is always saved, never shown: what people attach is not the node's.
func download(name, kind string, data []byte) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		hctx.SetHeader("Content-Type", kind)
		hctx.SetHeader("X-Content-Type-Options", "nosniff")
		hctx.SetHeader("Content-Length", strconv.Itoa(len(data)))
		hctx.SetHeader("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(name))
		_, _ = hctx.BodyWriter().Write(data) // the client went away: nothing to do
	}}
}

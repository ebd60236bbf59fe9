package shop

import (
	"context"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"

	"zhigai/access"
	"zhigai/attachment"
	"zhigai/web"
)

func (r *rooms) registerAttachments() {
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/files", ID: "keep-file", Summary: "Keep a drawing, a picture or a text by its SHA-256, so that it can be named: PDF, PNG, JPEG, WebP, plain text", Tag: "files", Needs: access.Report, Status: http.StatusCreated, Heavy: true, MaxBody: attachment.MaxBytes + 1},
		func(ctx context.Context, in *struct {
			Name    string `query:"name" required:"true" minLength:"1" maxLength:"200" doc:"As it is called where it comes from"`
			Place   string `query:"place" maxLength:"400" doc:"Path of the place that it belongs to; none: everybody of the firm may see it"`
			RawBody []byte `contentType:"application/octet-stream"`
		},
		) (*struct{ Body attachment.File }, error) {
			f, err := r.Attachments.Keep(ctx, web.Who(ctx), in.Name, in.Place, in.RawBody)
			if err == nil {
				err = r.api.Audit(ctx, "file.keep", f.SHA256, nil, f)
			}
			return &struct{ Body attachment.File }{f}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/files/{sha256}", ID: "file", Summary: "A file that was kept, held against its SHA-256", Tag: "files", Needs: access.Read},
		func(ctx context.Context, in *struct {
			SHA256 string `path:"sha256" pattern:"^[0-9a-f]{64}$"`
		},
		) (*huma.StreamResponse, error) {
			f, raw, err := r.Attachments.Read(ctx, web.Who(ctx), in.SHA256)
			if err != nil {
				return nil, err
			}
			return shown(f, raw), nil
		})
}

// shown is a file that a browser shows in a tab of its own. What it is was found by
// its bytes; nothing in it runs.
func shown(f attachment.File, raw []byte) *huma.StreamResponse {
	media := f.Media
	if media == "text/plain" {
		media += "; charset=utf-8"
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		hctx.SetHeader("Content-Type", media)
		hctx.SetHeader("X-Content-Type-Options", "nosniff")
		hctx.SetHeader("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'")
		hctx.SetHeader("Cache-Control", "private, max-age=31536000, immutable") // its name is its content
		hctx.SetHeader("Content-Disposition", "inline; filename*=UTF-8''"+url.PathEscape(f.Name))
		_, _ = hctx.BodyWriter().Write(raw) // the client went away: nothing to do
	}}
}

package sector

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"zhigai/access"
	"zhigai/sector/tenant"
	"zhigai/web"
)

type exportOut struct{ Body tenant.Export }

// firmOf is the firm that the asker belongs to; of the node's own tenant the id
// is empty.
func (r *rooms) firmOf(ctx context.Context) (tenant.Tenant, error) {
	no := web.Who(ctx).Scope.Tenant
	t, _, err := r.Tenants.Of(ctx, no)
	t.No = no
	return t, err
}

// ownExport is an operation on the export of the asker's firm.
func ownExport(method, path, id, summary string) web.Op {
	return web.Op{Method: method, Path: path, ID: id, Summary: summary, Tag: "tenants", Needs: access.Administer, Whole: true}
}

func (r *rooms) registerExport() {
	const start, state, file = "Begin to write everything %s owns as a zip; while one is being written it is answered with that one", "How the export of everything %s owns stands", "Everything %s owns as a zip, for a day after it was written"
	begin := op(http.MethodPost, "/tenants/{id}/export", "start-tenant-export", fmt.Sprintf(start, "a firm"))
	begin.Status = http.StatusAccepted
	web.Handle(r.api, begin, func(ctx context.Context, in *tenantID) (*exportOut, error) {
		t, err := r.Tenants.Get(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return r.startExport(ctx, t, "tenant/"+t.ID)
	})
	web.Handle(r.api, op(http.MethodGet, "/tenants/{id}/export", "tenant-export", fmt.Sprintf(state, "a firm")),
		func(ctx context.Context, in *tenantID) (*exportOut, error) {
			t, err := r.Tenants.Get(ctx, in.ID)
			return &exportOut{r.Exports.Get(t.No)}, err
		})
	fetch := op(http.MethodGet, "/tenants/{id}/export/file", "export-tenant", fmt.Sprintf(file, "a firm"))
	fetch.Heavy = true
	web.Handle(r.api, fetch, func(ctx context.Context, in *tenantID) (*huma.StreamResponse, error) {
		t, err := r.Tenants.Get(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return r.exported(ctx, t, "tenant/"+t.ID)
	})
	begin = ownExport(http.MethodPost, "/export", "start-own-export", fmt.Sprintf(start, "the asker's firm"))
	begin.Status = http.StatusAccepted
	web.Handle(r.api, begin, func(ctx context.Context, _ *struct{}) (*exportOut, error) {
		t, err := r.firmOf(ctx)
		if err != nil {
			return nil, err
		}
		return r.startExport(ctx, t, "tenant")
	})
	web.Handle(r.api, ownExport(http.MethodGet, "/export", "own-export", fmt.Sprintf(state, "the asker's firm")),
		func(ctx context.Context, _ *struct{}) (*exportOut, error) {
			return &exportOut{r.Exports.Get(web.Who(ctx).Scope.Tenant)}, nil
		})
	fetch = ownExport(http.MethodGet, "/export/file", "export-own", fmt.Sprintf(file, "the asker's firm"))
	fetch.Heavy = true
	web.Handle(r.api, fetch, func(ctx context.Context, _ *struct{}) (*huma.StreamResponse, error) {
		t, err := r.firmOf(ctx)
		if err != nil {
			return nil, err
		}
		return r.exported(ctx, t, "tenant")
	})
}

func (r *rooms) startExport(ctx context.Context, t tenant.Tenant, object string) (*exportOut, error) {
	if t.State == tenant.Deleted {
		return nil, fmt.Errorf("%w: nothing of %s is left", tenant.ErrState, t.ID)
	}
	now, began, err := r.Exports.Start(t.No, t.ID)
	if err == nil && began {
		err = r.api.Audit(ctx, "export.start", object, nil, nil)
	}
	return &exportOut{now}, err
}

// exported gives the file out. Who breaks off the connection fetches it again.
func (r *rooms) exported(ctx context.Context, t tenant.Tenant, object string) (*huma.StreamResponse, error) {
	f, now, err := r.Exports.Open(t.No)
	if err != nil {
		return nil, err
	}
	if err := r.api.Audit(ctx, "export.read", object, nil, nil); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		defer f.Close()
		name := t.ID
		if name == "" {
			name = "node"
		}
		hctx.SetHeader("Content-Type", "application/zip")
		hctx.SetHeader("Content-Length", strconv.FormatInt(now.Bytes, 10))
		hctx.SetHeader("Content-Disposition", fmt.Sprintf(`attachment; filename="zhigai-%s.zip"`, name))
		if _, err := io.Copy(hctx.BodyWriter(), f); err != nil {
			panic(http.ErrAbortHandler) // the connection breaks off, so that nobody takes the half for the whole
		}
	}}, nil
}

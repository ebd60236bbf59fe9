package web

import (
	"bytes"
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"zhigai/access"
	"zhigai/plant"
)

// Verified is the result of checking the audit's chain.
type Verified struct {
	OK      bool   `json:"ok"`
	Entries int    `json:"entries"`
	Broken  string `json:"broken,omitempty" doc:"The first entry that does not fit, and how"`
}

// AuditFilter chooses entries of the audit.
type AuditFilter struct {
	Who    string    `query:"who" maxLength:"100" doc:"Part of who did it: name or id"`
	Action string    `query:"action" maxLength:"100" doc:"Part of the action: user. or samples.read"`
	Object string    `query:"object" maxLength:"400" doc:"Part of what it was done to"`
	Kind   string    `query:"kind" enum:"reads,changes,sessions" doc:"reads: what of a firm somebody from outside was shown; sessions: sign-ins; changes: all others"`
	From   time.Time `query:"from" doc:"First instant, RFC 3339"`
	To     time.Time `query:"to" doc:"First instant no longer in it"`
}

func (f AuditFilter) query() (access.AuditQuery, error) {
	q := access.AuditQuery{
		Who: strings.TrimSpace(f.Who), Action: strings.TrimSpace(f.Action), Object: strings.TrimSpace(f.Object), Kind: access.AuditKind(f.Kind), From: f.From, To: f.To,
	}
	if !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
		return q, Invalid("query.to", "to (%s) must come after from (%s)", q.To.Format(time.RFC3339), q.From.Format(time.RFC3339))
	}
	return q, nil
}

func (a *API) registerAudit() {
	Handle(a, Op{Method: http.MethodGet, Path: "/audit", ID: "audit", Summary: "Who changed what and who was shown what, newest first", Tag: "admin", Needs: access.ReadAudit, Whole: true},
		func(ctx context.Context, in *struct {
			AuditFilter
			Paging
		},
		) (*ListOut[access.Entry], error) {
			return a.auditPage(ctx, in.AuditFilter, in.Paging)
		})
	Handle(a, Op{Method: http.MethodGet, Path: "/audit/export", ID: "export-audit", Summary: "The chosen entries of the audit as CSV (UTF-8 with a mark, so that spreadsheets show Chinese)", Tag: "admin", Needs: access.ReadAudit, Whole: true, Heavy: true},
		func(ctx context.Context, in *struct{ AuditFilter }) (*huma.StreamResponse, error) {
			return a.auditFile(ctx, in.AuditFilter)
		})
	Handle(a, Op{Method: http.MethodGet, Path: "/audit/verify", ID: "verify-audit", Summary: "Check the hash chain of the audit", Tag: "admin", Needs: access.ReadAudit, Whole: true},
		func(ctx context.Context, _ *struct{}) (*struct{ Body Verified }, error) {
			n, err := access.Verify(ctx, a.o.Trail, Who(ctx).Scope.Tenant)
			v := Verified{OK: err == nil, Entries: n}
			if err != nil {
				v.Broken = err.Error()
			}
			return &struct{ Body Verified }{v}, nil
		})
}

func (a *API) auditPage(ctx context.Context, f AuditFilter, p Paging) (*ListOut[access.Entry], error) {
	q, err := f.query()
	if err != nil {
		return nil, err
	}
	after, err := p.After()
	if err != nil {
		return nil, err
	}
	if after != "" {
		if q.Before, err = strconv.ParseUint(after, 10, 64); err != nil {
			return nil, Invalid("query.cursor", "the cursor is not one that this list gave")
		}
	}
	rows, err := a.o.Trail.FindAudit(ctx, Who(ctx).Scope.Tenant, q, p.Limit+1)
	if err != nil || len(rows) <= p.Limit {
		return NewList(rows, ""), err
	}
	rows = rows[:p.Limit]
	return NewList(rows, CursorOf(strconv.FormatUint(rows[len(rows)-1].Seq, 10))), nil
}

// auditFile writes the file before anything is sent, so that one that cannot be
// made is an error and no half file. Who took it is in the audit, too.
func (a *API) auditFile(ctx context.Context, f AuditFilter) (*huma.StreamResponse, error) {
	q, err := f.query()
	if err != nil {
		return nil, err
	}
	var file bytes.Buffer
	if err := access.ExportAudit(ctx, a.o.Trail, Who(ctx).Scope.Tenant, q, &file); err != nil {
		return nil, err
	}
	if err := a.Audit(ctx, "audit"+access.ReadSuffix, "audit/export", nil, f); err != nil {
		return nil, err
	}
	name := "audit-" + a.now().UTC().Format("20060102-150405") + ".csv"
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		hctx.SetHeader("Content-Type", "text/csv; charset=utf-8")
		hctx.SetHeader("Content-Disposition", `attachment; filename="`+name+`"`)
		_, _ = hctx.BodyWriter().Write(file.Bytes()) // the client went away: nothing to do
	}}, nil
}

// Seen is a machine of which something was shown.
type Seen struct {
	ID   plant.NodeID
	Path string
}

// seenRead is what the audit keeps of a reading.
type seenRead struct {
	Of      any      `json:"of"`                // the question
	Paths   []string `json:"paths"`             // machines that were shown and are another's
	Keepers []string `json:"keepers,omitempty"` // nodes that they belong to
	Guest   bool     `json:"guest,omitempty"`   // let in until a date
}

// AuditRead records that the principal of the request is about to be shown raw
// facts of machines: one entry for the request, and only where they are
// another's, that is when the right to see them was lent until a date, or when
// they belong to a node below this one. Nothing may be shown when it gives an
// error. kind is what is shown (samples, evidence), of is the question.
func (a *API) AuditRead(ctx context.Context, kind string, of any, machines ...Seen) error {
	slices.SortFunc(machines, func(a, b Seen) int { return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.ID, b.ID)) })
	machines = slices.Compact(machines)
	if len(machines) == 0 {
		return nil
	}
	ids := make([]plant.NodeID, len(machines))
	for i, m := range machines {
		ids[i] = m.ID
	}
	who, read := Who(ctx), seenRead{Of: of}
	keepers, err := a.o.Keepers(ctx, who.Scope.Tenant, ids)
	if err != nil {
		return err
	}
	var objects []string
	for _, m := range machines {
		guest, keeper := who.Guest(access.Read, m.Path), keepers[m.ID]
		if !guest && keeper == "" {
			continue
		}
		read.Guest = read.Guest || guest
		objects, read.Paths = append(objects, "equipment/"+string(m.ID)), append(read.Paths, m.Path)
		if keeper != "" && !slices.Contains(read.Keepers, keeper) {
			read.Keepers = append(read.Keepers, keeper)
		}
	}
	if len(objects) == 0 {
		return nil
	}
	return a.Audit(ctx, kind+access.ReadSuffix, strings.Join(objects, " "), nil, read)
}

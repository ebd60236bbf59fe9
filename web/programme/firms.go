package programme

import (
	"context"
	"net/http"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/enterprise"
	"zhigai/web"
)

// Firm is a firm with the names of its division and industry.
type Firm struct {
	enterprise.Firm
	Place string `json:"place" doc:"Names of the division, from the outside in"`
	Trade string `json:"trade" doc:"Name of the industry"`
}

// FirmChange is a line of a firm's history.
type FirmChange struct {
	Firm     Firm         `json:"firm"`
	Recorded plant.Micros `json:"recorded"`
	Who      string       `json:"who"`
	Action   string       `json:"action" enum:"add,change,import,merge"`
	Void     bool         `json:"void,omitempty" doc:"Taken back with its import"`
}

type firmOut struct {
	ETag string `header:"ETag"`
	Body Firm
}

// FirmFilter is what a list of firms is narrowed to.
type FirmFilter struct {
	Q          string `query:"q" maxLength:"100" doc:"Parts of the name, its spelling or initials, or the code; all of several words"`
	Region     string `query:"region" pattern:"^[0-9]{0,6}$" doc:"Beginning of a division code"`
	Industry   string `query:"industry" pattern:"^([A-T][0-9]{0,4})?$" doc:"Beginning of a class with its section"`
	Size       string `query:"size" enum:"large,medium,small,micro,"`
	Cluster    string `query:"cluster" maxLength:"60"`
	AboveScale bool   `query:"above_scale"`
	Backbone   bool   `query:"backbone" doc:"Marked today"`
	Doubt      bool   `query:"doubt" doc:"Whose division must be decided"`
	Sort       string `query:"sort" enum:"name,-sales,-changed" default:"name"`
}

func (r *rooms) filterOf(in FirmFilter) enterprise.Filter {
	f := enterprise.Filter{
		Text: in.Q, Region: plant.RegionPrefix(in.Region), Industry: in.Industry, Size: enterprise.Size(in.Size), Cluster: in.Cluster,
		AboveScale: in.AboveScale, Doubt: in.Doubt, Sort: enterprise.Sort(in.Sort),
	}
	if in.Backbone {
		f.Backbone = enterprise.DayOf(plant.MicrosOf(r.api.Now()))
	}
	return f
}

func (r *rooms) firmOf(f enterprise.Firm) Firm {
	industry, _ := r.Firms.Codes.Industries.Get(f.Industry)
	return Firm{f, r.Firms.Codes.Regions.Path(f.Region), industry.Name}
}

func (r *rooms) registerFirms() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/firms", ID: "firms", Summary: "Firms of the registry that you may see", Tag: "firms", Needs: access.ReadFirms},
		func(ctx context.Context, in *struct {
			web.Paging
			FirmFilter
		},
		) (*web.ListOut[Firm], error) {
			return r.listFirms(ctx, in.Paging, r.filterOf(in.FirmFilter))
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/firms/{id}", ID: "firm", Summary: "One firm as it is now", Tag: "firms", Needs: access.ReadFirms},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"60"`
		},
		) (*firmOut, error) {
			who := web.Who(ctx)
			f, err := r.Firms.Firm(ctx, who.Scope.Tenant, who.Areas(access.ReadFirms), in.ID)
			return &firmOut{web.ETag(f.Rev), r.firmOf(f)}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/firms/{id}/history", ID: "firm-history", Summary: "What was entered of a firm, by whom and when, oldest first", Tag: "firms", Needs: access.ReadFirms},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"60"`
		},
		) (*web.ListOut[FirmChange], error) {
			who := web.Who(ctx)
			all, err := r.Firms.History(ctx, who.Scope.Tenant, who.Areas(access.ReadFirms), in.ID)
			out := make([]FirmChange, len(all))
			for i, c := range all {
				out[i] = FirmChange{r.firmOf(c.Firm), c.Recorded, c.Who, c.Action, c.Void}
			}
			return web.NewList(out, ""), err
		})
	r.registerKeeping()
	r.registerCodes()
	r.registerSheets()
}

func (r *rooms) listFirms(ctx context.Context, p web.Paging, f enterprise.Filter) (*web.ListOut[Firm], error) {
	key, err := p.After()
	if err != nil {
		return nil, err
	}
	var after enterprise.Place
	after.ID, after.Key, _ = strings.Cut(key, " ")
	who := web.Who(ctx)
	rows, err := r.Firms.List(ctx, who.Scope.Tenant, who.Areas(access.ReadFirms), f, after, p.Limit+1)
	if err != nil {
		return nil, err
	}
	next := ""
	if len(rows) > p.Limit {
		rows = rows[:p.Limit]
		last := rows[p.Limit-1].Place
		next = web.CursorOf(last.ID + " " + last.Key)
	}
	out := make([]Firm, len(rows))
	for i, row := range rows {
		out[i] = r.firmOf(row.Firm)
	}
	return web.NewList(out, next), nil
}

func (r *rooms) registerKeeping() {
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/firms/look", ID: "look-at-firm", Summary: "What is wrong or doubtful with a firm, and others it might be; nothing is stored", Tag: "firms", Needs: access.KeepFirms},
		func(ctx context.Context, in *struct{ Body enterprise.Firm }) (*struct{ Body enterprise.Looked }, error) {
			who := web.Who(ctx)
			out, err := r.Firms.Look(ctx, who.Scope.Tenant, who.Areas(access.KeepFirms), in.Body)
			return &struct{ Body enterprise.Looked }{out}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/firms", ID: "add-firm", Summary: "Enter a firm", Tag: "firms", Needs: access.KeepFirms, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body enterprise.Firm }) (*firmOut, error) {
			if in.Body.ID != "" || in.Body.Rev != 0 {
				return nil, web.Invalid("body.id", "a new firm gets its id here; leave id and rev out")
			}
			return r.saveFirm(ctx, in.Body, 0)
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: "/firms/{id}", ID: "change-firm", Summary: "Change a firm from an instant on; what it was stays", Tag: "firms", Needs: access.KeepFirms},
		func(ctx context.Context, in *struct {
			ID      string `path:"id" maxLength:"60"`
			IfMatch string `header:"If-Match" required:"true" doc:"rev of the firm you changed"`
			Body    enterprise.Firm
		},
		) (*firmOut, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			in.Body.ID = in.ID
			return r.saveFirm(ctx, in.Body, rev)
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/firms/{id}/merge", ID: "merge-firm", Summary: "Say that a firm is another one that was entered twice", Tag: "firms", Needs: access.KeepFirms},
		func(ctx context.Context, in *struct {
			ID      string `path:"id" maxLength:"60"`
			IfMatch string `header:"If-Match" required:"true" doc:"rev of the firm that is to vanish"`
			Body    struct {
				Into string `json:"into" maxLength:"60" doc:"Id of the firm that stays"`
				Rev  int64  `json:"rev" doc:"Of the firm that stays"`
			}
		},
		) (*firmOut, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			who := web.Who(ctx)
			f, err := r.Firms.Merge(access.With(ctx, who), who.Scope.Tenant, who.Areas(access.KeepFirms), in.ID, rev, in.Body.Into, in.Body.Rev)
			if err != nil {
				return nil, err
			}
			return &firmOut{web.ETag(f.Rev), r.firmOf(f)}, r.api.Audit(ctx, "firm.merge", in.ID, nil, in.Body)
		})
}

func (r *rooms) saveFirm(ctx context.Context, f enterprise.Firm, seen int64) (*firmOut, error) {
	who := web.Who(ctx)
	was, saved, err := r.Firms.Save(access.With(ctx, who), who.Scope.Tenant, who.Areas(access.KeepFirms), f, seen)
	if err != nil {
		return nil, err
	}
	action := "firm.add"
	if was != nil {
		action = "firm.change"
	}
	return &firmOut{web.ETag(saved.Rev), r.firmOf(saved)}, r.api.Audit(ctx, action, saved.ID, was, saved)
}

func (r *rooms) registerCodes() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/regions", ID: "regions", Summary: "Divisions of GB/T 2260 with their validity and what came before and after", Tag: "firms", Needs: access.ReadFirms},
		func(_ context.Context, in *struct {
			Within string `query:"within" pattern:"^[0-9]{0,6}$" default:"33" doc:"Beginning of the codes"`
			Ever   bool   `query:"ever" doc:"Those that are abolished, too"`
		},
		) (*web.ListOut[plant.Region], error) {
			at := r.api.Now()
			if in.Ever {
				at = time.Time{}
			}
			return web.NewList(r.Firms.Codes.Regions.All(plant.RegionPrefix(in.Within), at), ""), nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/industries", ID: "industries", Summary: "Industries of GB/T 4754-2017", Tag: "firms", Needs: access.ReadFirms},
		func(_ context.Context, in *struct {
			Within string `query:"within" pattern:"^([A-T][0-9]{0,4})?$" default:"C" doc:"Beginning of the codes"`
		},
		) (*web.ListOut[plant.Industry], error) {
			return web.NewList(r.Firms.Codes.Industries.All(in.Within), ""), nil
		})
}

package programme

import (
	"context"
	"net/http"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/target"
	"zhigai/programme/target/ledger"
	"zhigai/web"
)

type entryOut struct {
	ETag string `header:"ETag"`
	Body target.Entry
}

func (r *rooms) registerEntries() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/register-entries", ID: "register-entries", Summary: "What was recognised, carried out or published, and robots; newest first", Tag: "programme", Needs: access.ReadFirms},
		func(ctx context.Context, in *struct {
			web.Paging
			Kind   string `query:"kind" maxLength:"60"`
			Firm   string `query:"firm" maxLength:"60" doc:"Id of a firm"`
			Region string `query:"region" pattern:"^[0-9]{0,6}$" doc:"Beginning of a division code"`
			Year   int    `query:"year" minimum:"0" maximum:"2100" doc:"In force at some instant of the year"`
			Ending int    `query:"ending" minimum:"0" maximum:"3660" doc:"Still in force, and for at most so many days more"`
			Q      string `query:"q" maxLength:"100" doc:"Part of the title, the document's number or a serial number"`
			Void   bool   `query:"void" doc:"Those entered in error, too"`
		},
		) (*web.ListOut[ledger.Row], error) {
			after, err := in.After()
			if err != nil {
				return nil, err
			}
			who := web.Who(ctx)
			f := target.Filter{Kind: in.Kind, Firm: in.Firm, Region: in.Region, Year: in.Year, Text: in.Q, Void: in.Void}
			if in.Ending > 0 {
				now := r.Ledgers.Now()
				f.Ends = plant.Span{From: plant.MicrosOf(now), To: plant.MicrosOf(now.AddDate(0, 0, in.Ending))}
			}
			rows, err := r.Ledgers.Page(ctx, who.Scope.Tenant, who.Areas(access.ReadFirms), f, after, in.Limit+1)
			hideStates(who, rows)
			if err != nil || len(rows) <= in.Limit {
				return web.NewList(rows, ""), err
			}
			rows = rows[:in.Limit]
			return web.NewList(rows, web.CursorOf(target.KeyOf(rows[in.Limit-1].Entry))), nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/register-entries", ID: "add-register-entry", Summary: "Enter into a register", Tag: "programme", Needs: access.KeepFirms, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body target.Entry }) (*entryOut, error) {
			if in.Body.ID != "" || in.Body.Rev != 0 {
				return nil, web.Invalid("body.id", "a new entry gets its id here; leave id and rev out")
			}
			return r.saveEntry(ctx, in.Body, nil, "register.add")
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: "/register-entries/{id}", ID: "change-register-entry", Summary: "Correct or end an entry; what it was stays in its history", Tag: "programme", Needs: access.KeepFirms},
		func(ctx context.Context, in *struct {
			ID      string `path:"id" maxLength:"60"`
			IfMatch string `header:"If-Match" required:"true" doc:"rev of the entry you changed"`
			Body    target.Entry
		},
		) (*entryOut, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			who := web.Who(ctx)
			was, err := r.Targets.Registers.Entry(ctx, who.Scope.Tenant, who.Areas(access.KeepFirms), in.ID)
			if err != nil {
				return nil, err
			}
			in.Body.ID, in.Body.Rev = in.ID, rev
			return r.saveEntry(ctx, in.Body, was, "register.change")
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/register-entries/{id}/history", ID: "register-entry-history", Summary: "Every revision of an entry, oldest first", Tag: "programme", Needs: access.ReadFirms},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"60"`
		},
		) (*web.ListOut[target.Change], error) {
			who := web.Who(ctx)
			if _, err := r.Targets.Registers.Entry(ctx, who.Scope.Tenant, who.Areas(access.ReadFirms), in.ID); err != nil {
				return nil, err
			}
			out, err := r.Targets.Registers.History(ctx, who.Scope.Tenant, in.ID)
			return web.NewList(out, ""), err
		})
}

// hideStates takes out what machines do now for who may not see them: officers
// see that a robot is connected, and since when it was known.
func hideStates(who access.Principal, rows []ledger.Row) {
	for i := range rows {
		if c := rows[i].Connected; c != nil && !who.May(access.Read, c.Path) {
			c.State = ""
		}
	}
}

func (r *rooms) saveEntry(ctx context.Context, e target.Entry, was any, action string) (*entryOut, error) {
	who := web.Who(ctx)
	saved, err := r.Targets.SaveEntry(access.With(ctx, who), who.Scope.Tenant, who.Areas(access.KeepFirms), e)
	if err != nil {
		return nil, err
	}
	return &entryOut{ETag: web.ETag(saved.Rev), Body: saved}, r.api.Audit(ctx, action, saved.Kind+"/"+saved.ID, was, saved)
}

func (r *rooms) registerReturns() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/firm-returns", ID: "firm-returns", Summary: "A firm's yearly values: machines, employees, investment, output", Tag: "programme", Needs: access.ReadFirms},
		func(ctx context.Context, in *struct {
			Firm string `query:"firm" required:"true" maxLength:"60" doc:"Id of the firm"`
		},
		) (*web.ListOut[target.Return], error) {
			who := web.Who(ctx)
			if _, _, err := r.Targets.Seats.Seat(ctx, who.Scope.Tenant, who.Areas(access.ReadFirms), in.Firm); err != nil {
				return nil, err
			}
			out, err := r.Targets.Registers.Returns(ctx, who.Scope.Tenant, in.Firm)
			return web.NewList(out, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: "/firm-returns", ID: "save-firm-return", Summary: "Enter, correct or take back one value of a firm's year", Tag: "programme", Needs: access.KeepFirms},
		func(ctx context.Context, in *struct{ Body ReturnIn }) (*struct{ Body target.Return }, error) {
			who := web.Who(ctx)
			b := in.Body
			saved, err := r.Targets.SaveReturn(access.With(ctx, who), who.Scope.Tenant, who.Areas(access.KeepFirms),
				target.Return{Firm: b.Firm, Year: b.Year, Name: b.Name, Value: b.Value, Basis: b.Basis, Void: b.Void, Rev: b.Rev})
			if err != nil {
				return nil, err
			}
			return &struct{ Body target.Return }{saved}, r.api.Audit(ctx, "return.save", saved.Firm, nil, saved)
		})
}

// ReturnIn is a value to be kept.
type ReturnIn struct {
	Firm  string       `json:"firm" minLength:"1" maxLength:"60"`
	Year  int          `json:"year"`
	Name  string       `json:"name" maxLength:"60"`
	Value int64        `json:"value" doc:"Money in fen"`
	Basis target.Basis `json:"basis" enum:"audited,declared"`
	Void  bool         `json:"void,omitempty"`
	Rev   int64        `json:"rev" doc:"Revision that was read; 0 for a value that was not there"`
}

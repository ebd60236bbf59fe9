package programme

import (
	"context"
	"net/http"

	"zhigai/access"
	"zhigai/programme/expert"
	"zhigai/web"
)

// idOf names what is asked for or changed.
type idOf struct {
	ID string `path:"id" maxLength:"60"`
}

type expertOut struct {
	ETag string `header:"ETag"`
	Body expert.Expert
}

func (r *rooms) registerExperts() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/experts", ID: "experts", Summary: "The register of experts: those who can be sent to your region, and yourself", Tag: "experts", Needs: access.ReadFirms},
		func(ctx context.Context, in *struct {
			web.Paging
			Region string `query:"region" pattern:"^[0-9]{0,6}$" doc:"Beginning of a division code that the person serves"`
			Field  string `query:"field" maxLength:"30" doc:"Field of technology"`
			Sector string `query:"sector" pattern:"^([A-T][0-9]{0,4})?$" doc:"Beginning of a class with its section"`
			Q      string `query:"q" maxLength:"100" doc:"Part of the name or the organisation"`
			Valid  bool   `query:"valid" doc:"Those who can be sent today"`
			Void   bool   `query:"void" doc:"Those entered in error, too"`
		},
		) (*web.ListOut[expert.Expert], error) {
			rows, err := r.Experts.Experts(ctx, web.Who(ctx), expert.Filter{Region: in.Region, Field: in.Field, Sector: in.Sector, Text: in.Q, Valid: in.Valid, Void: in.Void})
			if err != nil {
				return nil, err
			}
			return pageOf(rows, in.Paging, func(e expert.Expert) string { return e.ID })
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/experts", ID: "add-expert", Summary: "Enter an expert into the register", Tag: "experts", Needs: access.DispatchExperts, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body expert.Expert }) (*expertOut, error) {
			if in.Body.ID != "" || in.Body.Rev != 0 {
				return nil, web.Invalid("body.id", "a new entry gets its id here; leave id and rev out")
			}
			return r.saveExpert(ctx, in.Body, "expert.add")
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: "/experts/{id}", ID: "change-expert", Summary: "Change an entry of the register; what it was stays in its history", Tag: "experts", Needs: access.DispatchExperts},
		func(ctx context.Context, in *struct {
			ID      string `path:"id" maxLength:"60"`
			IfMatch string `header:"If-Match" required:"true" doc:"rev of the entry you changed"`
			Body    expert.Expert
		},
		) (*expertOut, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			in.Body.ID, in.Body.Rev = in.ID, rev
			return r.saveExpert(ctx, in.Body, "expert.change")
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/experts/{id}/history", ID: "expert-history", Summary: "Every revision of an entry, oldest first", Tag: "experts", Needs: access.ReadFirms},
		func(ctx context.Context, in *idOf) (*web.ListOut[expert.Change[expert.Expert]], error) {
			out, err := r.Experts.ExpertHistory(ctx, web.Who(ctx), in.ID)
			return web.NewList(out, ""), err
		})
}

// pageOf cuts a page out of rows that are all there.
func pageOf[T any](rows []T, in web.Paging, id func(T) string) (*web.ListOut[T], error) {
	after, err := in.After()
	if err != nil {
		return nil, err
	}
	from := 0
	for i, one := range rows {
		if after != "" && id(one) == after {
			from = i + 1
		}
	}
	rows = rows[from:]
	if len(rows) <= in.Limit {
		return web.NewList(rows, ""), nil
	}
	return web.NewList(rows[:in.Limit], web.CursorOf(id(rows[in.Limit-1]))), nil
}

func (r *rooms) saveExpert(ctx context.Context, e expert.Expert, action string) (*expertOut, error) {
	saved, err := r.Experts.SaveExpert(ctx, web.Who(ctx), e)
	if err != nil {
		return nil, err
	}
	return &expertOut{ETag: web.ETag(saved.Rev), Body: saved}, r.api.Audit(ctx, action, saved.ID, nil, saved)
}

type stationOut struct {
	ETag string `header:"ETag"`
	Body expert.Station
}

type visitOut struct {
	ETag string `header:"ETag"`
	Body expert.Visit
}

func (r *rooms) registerStations() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/expert-stations", ID: "expert-stations", Summary: "Experts stationed in counties, newest first, and your own stations", Tag: "experts", Needs: access.ReadFirms},
		func(ctx context.Context, in *struct {
			web.Paging
			Region string `query:"region" pattern:"^[0-9]{0,6}$" doc:"Beginning of a division code"`
			Expert string `query:"expert" maxLength:"60"`
			Q      string `query:"q" maxLength:"100" doc:"Part of the name, the organisation or the task"`
			Now    bool   `query:"now" doc:"Those in force today"`
		},
		) (*web.ListOut[expert.Station], error) {
			rows, err := r.Experts.Stations(ctx, web.Who(ctx), expert.StationFilter{Region: in.Region, Expert: in.Expert, Text: in.Q, Now: in.Now})
			if err != nil {
				return nil, err
			}
			return pageOf(rows, in.Paging, func(s expert.Station) string { return s.ID })
		})
	save := func(ctx context.Context, s expert.Station, action string) (*stationOut, error) {
		saved, err := r.Experts.SaveStation(ctx, web.Who(ctx), s)
		if err != nil {
			return nil, err
		}
		return &stationOut{ETag: web.ETag(saved.Rev), Body: saved}, r.api.Audit(ctx, action, saved.Region+"/"+saved.ID, nil, saved)
	}
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/expert-stations", ID: "add-expert-station", Summary: "Station an expert in a county", Tag: "experts", Needs: access.DispatchExperts, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body expert.Station }) (*stationOut, error) {
			if in.Body.ID != "" || in.Body.Rev != 0 {
				return nil, web.Invalid("body.id", "a new station gets its id here; leave id and rev out")
			}
			return save(ctx, in.Body, "expert.station.add")
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: "/expert-stations/{id}", ID: "change-expert-station", Summary: "Change or end a station; what it was stays in its history", Tag: "experts", Needs: access.DispatchExperts},
		func(ctx context.Context, in *struct {
			ID      string `path:"id" maxLength:"60"`
			IfMatch string `header:"If-Match" required:"true" doc:"rev of the station you changed"`
			Body    expert.Station
		},
		) (*stationOut, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			in.Body.ID, in.Body.Rev = in.ID, rev
			return save(ctx, in.Body, "expert.station.change")
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/expert-stations/{id}/history", ID: "expert-station-history", Summary: "Every revision of a station, oldest first", Tag: "experts", Needs: access.ReadFirms},
		func(ctx context.Context, in *idOf) (*web.ListOut[expert.Change[expert.Station]], error) {
			out, err := r.Experts.StationHistory(ctx, web.Who(ctx), in.ID)
			return web.NewList(out, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/expert-stations/{id}/visits", ID: "expert-visits", Summary: "What a stationed expert visited, newest first", Tag: "experts", Needs: access.ReadFirms},
		func(ctx context.Context, in *idOf) (*web.ListOut[expert.Visit], error) {
			out, err := r.Experts.Visits(ctx, web.Who(ctx), in.ID)
			return web.NewList(out, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: "/expert-stations/{id}/visits", ID: "save-expert-visit", Summary: "Record a visit, or correct one by its id and rev", Tag: "experts", Needs: access.ReadFirms},
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"60"`
			Body expert.Visit
		},
		) (*visitOut, error) {
			saved, err := r.Experts.SaveVisit(ctx, web.Who(ctx), in.ID, in.Body)
			if err != nil {
				return nil, err
			}
			return &visitOut{ETag: web.ETag(saved.Rev), Body: saved}, r.api.Audit(ctx, "expert.visit", in.ID+"/"+saved.ID, nil, saved)
		})
}

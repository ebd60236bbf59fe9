package expert

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"zhigai/access"
	"zhigai/plant"
)

// Station is an expert's time in a county: whom its firms turn to.
type Station struct {
	ID           string `json:"id"`
	Rev          int64  `json:"rev"`
	Expert       string `json:"expert" minLength:"1" maxLength:"60"`
	Name         string `json:"name,omitempty" doc:"Filled in from the register"`
	Organisation string `json:"organisation,omitempty" doc:"Filled in from the register"`
	Region       string `json:"region" pattern:"^[0-9]{6}$" doc:"County"`
	From         string `json:"from" format:"date"`
	To           string `json:"to,omitempty" maxLength:"10" doc:"Last day; left out: open"`
	Task         string `json:"task,omitempty" maxLength:"500"`
	Void         bool   `json:"void,omitempty" doc:"Entered in error"`
	Visits       int64  `json:"visits,omitempty" doc:"Recorded so far"`
}

// Visit is what a stationed expert did at a firm, or elsewhere in the county.
type Visit struct {
	ID      string `json:"id"`
	Rev     int64  `json:"rev"`
	Station string `json:"station,omitempty"`
	Day     string `json:"day" format:"date"`
	Firm    string `json:"firm,omitempty" maxLength:"60" doc:"Id in the registry; left out of visits that are no firm's"`
	Called  string `json:"called,omitempty" doc:"The firm's name, filled in"`
	Notes   string `json:"notes" minLength:"1" maxLength:"2000"`
	By      string `json:"by,omitempty"`
	Void    bool   `json:"void,omitempty" doc:"Entered in error"`
}

// StationFilter narrows the list of stations.
type StationFilter struct {
	Region string // prefix
	Expert string
	Now    bool   // in force today
	Text   string // part of the name, the organisation or the task
}

// Stations are those of counties that the asker sees, and the asker's own.
func (d *Desk) Stations(ctx context.Context, who access.Principal, f StationFilter) ([]Station, error) {
	all, err := d.Store.Stations(ctx, who.Scope.Tenant)
	if err != nil {
		return nil, err
	}
	own, err := d.Own(ctx, who)
	if err != nil {
		return nil, err
	}
	counts, err := d.Store.VisitCounts(ctx, who.Scope.Tenant)
	if err != nil {
		return nil, err
	}
	today, text := d.today(), strings.ToLower(f.Text)
	areas := who.Areas(access.ReadFirms)
	var out []Station
	for _, s := range all {
		switch {
		case !within(areas, s.Region) && !slices.Contains(own, s.Expert):
		case !strings.HasPrefix(s.Region, f.Region) || f.Expert != "" && s.Expert != f.Expert:
		case f.Now && !s.on(today):
		case text != "" && !strings.Contains(strings.ToLower(s.Name+"\n"+s.Organisation+"\n"+s.Task), text):
		default:
			s.Visits = counts[s.ID]
			out = append(out, s)
		}
	}
	return out, nil
}

// on reports whether the expert is there on the day.
func (s Station) on(day string) bool { return !s.Void && s.From <= day && (s.To == "" || day <= s.To) }

// station that the asker sees; keeps says whether the asker may change it.
func (d *Desk) station(ctx context.Context, who access.Principal, id string) (s Station, keeps bool, err error) {
	all, err := d.Stations(ctx, who, StationFilter{})
	if err != nil {
		return s, false, err
	}
	i := slices.IndexFunc(all, func(o Station) bool { return o.ID == id })
	if i < 0 {
		return s, false, fmt.Errorf("%w: station %s", access.ErrNotFound, id)
	}
	return all[i], within(who.Areas(access.DispatchExperts), all[i].Region), nil
}

// SaveStation enters, changes or ends a station.
func (d *Desk) SaveStation(ctx context.Context, who access.Principal, s Station) (Station, error) {
	if s.ID != "" {
		was, keeps, err := d.station(ctx, who, s.ID)
		switch {
		case err != nil:
			return Station{}, err
		case !keeps:
			return Station{}, fmt.Errorf("%w: this needs the permission %q for %s", access.ErrForbidden, access.DispatchExperts, was.Region)
		case was.Expert != s.Expert || was.Region != s.Region:
			return Station{}, invalid("expert and region of a station stay; end it and enter another")
		}
	}
	if !within(who.Areas(access.DispatchExperts), s.Region) {
		return Station{}, fmt.Errorf("%w: region %s lies outside of where you send experts", access.ErrForbidden, s.Region)
	}
	e, err := d.expert(ctx, who.Scope.Tenant, s.Expert)
	if err != nil {
		return Station{}, invalid("expert: %q is not in the register", s.Expert)
	}
	if err := d.checkStation(ctx, who.Scope.Tenant, s, e); err != nil {
		return Station{}, err
	}
	s.Name, s.Organisation, s.Visits = e.Name, e.Organisation, 0
	return d.Store.SaveStation(access.With(ctx, who), who.Scope.Tenant, s)
}

func (d *Desk) checkStation(ctx context.Context, tenant plant.TenantNo, s Station, e Expert) error {
	if err := span("from", s.From, s.To, true); err != nil {
		return err
	}
	if err := d.Division(s.Region, plant.MicrosOf(d.Now())); err != nil || strings.HasSuffix(s.Region, "00") {
		return invalid("region: %s is no county of today", s.Region)
	}
	if s.Void {
		return nil
	}
	if e.Void || e.From > s.From || e.To != "" && (s.To == "" || s.To > e.To) {
		return invalid("from: %s is %s; put the station within that", e.Name, e.appointed())
	}
	all, err := d.Store.Stations(ctx, tenant)
	if err != nil {
		return err
	}
	until := s.To
	if until == "" {
		until = "9999-12-31"
	}
	for _, o := range all {
		if o.ID != s.ID && o.Expert == s.Expert && !o.Void && overlaps(o.From, o.To, s.From, until) {
			return invalid("from: %s is stationed at %s from %s to %q; a person is at one county at a time", e.Name, o.Region, o.From, o.To)
		}
	}
	return nil
}

// StationHistory are the revisions of a station, oldest first.
func (d *Desk) StationHistory(ctx context.Context, who access.Principal, id string) ([]Change[Station], error) {
	if _, _, err := d.station(ctx, who, id); err != nil {
		return nil, err
	}
	return d.Store.StationHistory(ctx, who.Scope.Tenant, id)
}

// Visits of a station, the newest first.
func (d *Desk) Visits(ctx context.Context, who access.Principal, station string) ([]Visit, error) {
	if _, _, err := d.station(ctx, who, station); err != nil {
		return nil, err
	}
	return d.Store.Visits(ctx, who.Scope.Tenant, station, maxVisits)
}

// SaveVisit records a visit, or corrects one: the stationed expert's own word, or
// entered by who sends experts there.
func (d *Desk) SaveVisit(ctx context.Context, who access.Principal, station string, v Visit) (Visit, error) {
	s, keeps, err := d.station(ctx, who, station)
	if err != nil {
		return Visit{}, err
	}
	own, err := d.Own(ctx, who)
	if err != nil {
		return Visit{}, err
	}
	if !keeps && !slices.Contains(own, s.Expert) {
		return Visit{}, fmt.Errorf("%w: visits are recorded by %s, or by who sends experts to %s", access.ErrForbidden, s.Name, s.Region)
	}
	v.Station, v.By, v.Called = s.ID, who.Name, ""
	v.Notes = strings.TrimSpace(v.Notes)
	if err := d.checkVisit(ctx, who, s, &v); err != nil {
		return Visit{}, err
	}
	return d.Store.SaveVisit(access.With(ctx, who), who.Scope.Tenant, v)
}

func (d *Desk) checkVisit(ctx context.Context, who access.Principal, s Station, v *Visit) error {
	if err := span("day", v.Day, "", true); err != nil {
		return err
	}
	switch {
	case s.Void:
		return invalid("the station was entered in error")
	case v.Day > d.today():
		return invalid("day: %s is to come; record a visit when it was made", v.Day)
	case !s.on(v.Day):
		return invalid("day: %s lies outside of the station, which lasts from %s to %q", v.Day, s.From, s.To)
	case v.Notes == "" || utf8.RuneCountInString(v.Notes) > 2000:
		return invalid("notes: write 1 to 2000 letters")
	}
	there, err := d.Store.Visits(ctx, who.Scope.Tenant, s.ID, maxVisits)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(there, func(o Visit) bool { return o.ID == v.ID })
	switch {
	case v.ID != "" && i < 0:
		return fmt.Errorf("%w: visit %s", access.ErrNotFound, v.ID)
	case v.ID == "" && len(there) == maxVisits:
		return invalid("%d visits; that is as many as a station has: end it and enter another", maxVisits)
	}
	if v.Firm == "" {
		return nil
	}
	f, err := d.Firms.Firm(ctx, who.Scope.Tenant, v.Firm)
	if err != nil || f.Region != s.Region {
		return invalid("firm: it is not in the county of the station")
	}
	v.Called = f.Name
	return nil
}

// Stationed counts those who are at a county today, and their visits.
type Stationed struct {
	Region  string
	Experts int64
	Visits  int64
}

// Stationed counts by county within the areas.
func (d *Desk) Stationed(ctx context.Context, tenant plant.TenantNo, areas []access.Area) ([]Stationed, error) {
	all, err := d.Store.Stations(ctx, tenant)
	if err != nil {
		return nil, err
	}
	counts, err := d.Store.VisitCounts(ctx, tenant)
	if err != nil {
		return nil, err
	}
	today := d.today()
	at := map[string]*Stationed{}
	var order []string
	for _, s := range all {
		if s.Void || !within(areas, s.Region) {
			continue
		}
		if at[s.Region] == nil {
			at[s.Region] = &Stationed{Region: s.Region}
			order = append(order, s.Region)
		}
		at[s.Region].Visits += counts[s.ID]
		if s.on(today) {
			at[s.Region].Experts++
		}
	}
	slices.Sort(order)
	out := make([]Stationed, 0, len(order))
	for _, region := range order {
		out = append(out, *at[region])
	}
	return out, nil
}

// china has had one zone without summer time since 1991; days are its days.
var china = time.FixedZone("Asia/Shanghai", 8*60*60)

func (d *Desk) today() string { return d.Now().In(china).Format(time.DateOnly) }

// within reports whether one of the areas holds the division and everything in
// it.
func within(areas []access.Area, region string) bool {
	return slices.ContainsFunc(areas, func(a access.Area) bool { return a.Allows(region, "", "") })
}

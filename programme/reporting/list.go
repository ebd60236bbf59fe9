package reporting

import (
	"cmp"
	"context"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Line is a report in a list, with its deadline.
type Line struct {
	Head
	Name string    `json:"name"` // of the region, from the outside in
	Due  time.Time `json:"due" doc:"The instant behind the last day on which it is in time"`
	// Late counts days begun since the deadline while nothing is handed in; below
	// zero are days that are left.
	Late  int  `json:"late"`
	Owing bool `json:"owing" doc:"The region itself has something to do: hand in, or explain"`
	Own   bool `json:"own" doc:"The asker reports for the region"`
	Above bool `json:"above" doc:"The asker stands right above the region"`
}

func (d *Desk) line(p Period, h Head, s Standing) Line {
	due := d.Calendar.Due(p, h.Level)
	l := Line{Head: h, Name: d.Regions.Path(h.Region), Due: due, Own: s.Own, Above: s.Above}
	l.Owing = slices.Contains([]State{Open, Draft, Returned}, h.State)
	if l.Owing {
		l.Late = lateDays(d.Now(), due)
	}
	return l
}

// lateDays counts days begun since the deadline, or whole days before it with a
// minus.
func lateDays(now, due time.Time) int {
	const day = 24 * time.Hour
	if since := now.Sub(due); since >= 0 {
		return int(since/day) + 1
	}
	return -int(due.Sub(now) / day)
}

// List gives the reports of a period of every region that lies within the asker's
// areas, open ones too, by level from the top and by code.
func (d *Desk) List(ctx context.Context, by access.Principal, period string) ([]Line, error) {
	p, err := PeriodOf(period)
	if err != nil {
		return nil, err
	}
	return d.lines(ctx, by, p)
}

func (d *Desk) lines(ctx context.Context, by access.Principal, p Period) ([]Line, error) {
	areas := by.Areas(access.ReadFirms)
	heads, err := d.Store.Heads(ctx, by.Scope.Tenant, Filter{Period: p.ID, Areas: regionsOf(areas)})
	if err != nil {
		return nil, err
	}
	known := byRegion(heads)
	may := by.Areas(access.ReportFirms)
	var out []Line
	for _, r := range d.Regions.All("", (p.To - 1).Time()) {
		if !StandingOf(areas, r.Code).Sees() {
			continue
		}
		h, ok := known[r.Code]
		if !ok {
			h = open(p, r)
		}
		out = append(out, d.line(p, h, StandingOf(may, r.Code)))
	}
	slices.SortFunc(out, func(a, b Line) int {
		return cmp.Or(cmp.Compare(rank(a.Level), rank(b.Level)), cmp.Compare(a.Region, b.Region))
	})
	return out, nil
}

func rank(l plant.RegionLevel) int {
	return slices.Index([]plant.RegionLevel{plant.Province, plant.City, plant.County}, l)
}

// regionsOf are the areas of whole regions.
func regionsOf(areas []access.Area) []access.Area {
	var out []access.Area
	for _, a := range areas {
		if a.Sector == "" && a.Enterprise == "" {
			out = append(out, a)
		}
	}
	return out
}

const (
	// Due lists look back so far: what was never reported for longer is no longer
	// waited for, unless somebody began it.
	dueMonths, dueQuarters, dueYears = 3, 1, 1
	// soon is how many days before its deadline a report is listed.
	soon = 15
)

// Dues lists what is owed, the latest first: reports that are not handed in or not
// explained, of the newest periods and of every period in which a reminder is not
// answered.
func (d *Desk) Dues(ctx context.Context, by access.Principal) ([]Line, error) {
	var out []Line
	seen := map[string]bool{}
	for _, p := range Ended(d.Now(), dueMonths, dueQuarters, dueYears) {
		lines, err := d.lines(ctx, by, p)
		if err != nil {
			return nil, err
		}
		for _, l := range lines {
			seen[l.ID] = true
			if l.Owing && l.Late > -soon || len(l.Reminders) > 0 {
				out = append(out, l)
			}
		}
	}
	reminded, err := d.Store.Heads(ctx, by.Scope.Tenant, Filter{Areas: regionsOf(by.Areas(access.ReadFirms)), Unread: true})
	if err != nil {
		return nil, err
	}
	for _, h := range reminded {
		p, err := PeriodOf(h.Period)
		if err != nil {
			return nil, err
		}
		standing := StandingOf(by.Areas(access.ReadFirms), h.Region)
		if !seen[h.ID] && standing.Sees() {
			out = append(out, d.line(p, h, StandingOf(by.Areas(access.ReportFirms), h.Region)))
		}
	}
	slices.SortStableFunc(out, func(a, b Line) int { return cmp.Or(cmp.Compare(b.Late, a.Late), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}

package reporting

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/goccy/go-yaml"

	"zhigai/plant"
)

// zone is where periods begin and end: China has had one zone without summer time
// since 1991.
var zone = time.FixedZone("Asia/Shanghai", 8*60*60)

// Period is a month, quarter or year. Figures of a period are as of its end; what
// is counted within a time is counted from the beginning of its year, as monthly
// statistics are.
type Period struct {
	ID   string       `json:"id"` // 2022-05, 2022-Q2, 2022
	Kind string       `json:"kind" enum:"month,quarter,year"`
	Year int          `json:"year"`
	From plant.Micros `json:"from"`
	To   plant.Micros `json:"to"` // the instant behind it
}

var periodID = regexp.MustCompile(`^(\d{4})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?$`)

// PeriodOf reads 2022-05, 2022-Q2 or 2022.
func PeriodOf(id string) (Period, error) {
	m := periodID.FindStringSubmatch(id)
	if m == nil {
		return Period{}, invalid("period %.20q; write a month 2022-05, a quarter 2022-Q2 or a year 2022", id)
	}
	year, _ := strconv.Atoi(m[1]) // four digits
	if year < 1949 || year > 2100 {
		return Period{}, invalid("period %q; write a year of 1949 to 2100", id)
	}
	first, months, kind := 1, 12, "year"
	switch {
	case m[2] != "":
		q, _ := strconv.Atoi(m[2]) // one digit
		first, months, kind = 3*q-2, 3, "quarter"
	case m[3] != "":
		first, _ = strconv.Atoi(m[3]) // two digits
		months, kind = 1, "month"
	}
	from := time.Date(year, time.Month(first), 1, 0, 0, 0, 0, zone)
	return Period{ID: id, Kind: kind, Year: year, From: plant.MicrosOf(from), To: plant.MicrosOf(from.AddDate(0, months, 0))}, nil
}

// LastDay is the last day of the period: 2022-05-31.
func (p Period) LastDay() string { return (p.To - 1).Time().In(zone).Format(time.DateOnly) }

// Name is the period as a Chinese report writes it: 2022年1–5月.
func (p Period) Name() string {
	end := (p.To - 1).Time().In(zone)
	switch {
	case p.Kind == "year":
		return fmt.Sprintf("%d年", p.Year)
	case p.Kind == "quarter":
		return fmt.Sprintf("%d年第%d季度（1–%d月）", p.Year, (end.Month()+2)/3, end.Month())
	case end.Month() == 1:
		return fmt.Sprintf("%d年1月", p.Year)
	}
	return fmt.Sprintf("%d年%d月（1–%d月）", p.Year, end.Month(), end.Month())
}

// before is the period of the same kind before this one.
func (p Period) before() Period {
	start := p.From.Time().In(zone)
	id := ""
	switch p.Kind {
	case "month":
		id = start.AddDate(0, -1, 0).Format("2006-01")
	case "quarter":
		t := start.AddDate(0, -3, 0)
		id = fmt.Sprintf("%04d-Q%d", t.Year(), (t.Month()+2)/3)
	default:
		id = fmt.Sprintf("%04d", p.Year-1)
	}
	out, err := PeriodOf(id)
	if err != nil {
		return p // before 1949 nothing was reported
	}
	return out
}

// Ended gives the newest periods of each kind that are over at an instant, the
// newest first: so many months, quarters, years.
func Ended(now time.Time, months, quarters, years int) []Period {
	now = now.In(zone)
	var out []Period
	add := func(id string, n int) {
		p, err := PeriodOf(id)
		for range n {
			if err != nil {
				return
			}
			p = p.before()
			out = append(out, p)
		}
	}
	add(now.Format("2006-01"), months)
	add(fmt.Sprintf("%04d-Q%d", now.Year(), (now.Month()+2)/3), quarters)
	add(fmt.Sprintf("%04d", now.Year()), years)
	return out
}

// Calendar says when reports are due.
type Calendar struct {
	Schema   string                               `yaml:"schema" json:"-"`
	Version  int                                  `yaml:"version" json:"version"`
	Source   string                               `yaml:"source" json:"source"`
	Verified string                               `yaml:"verified" json:"verified"`
	DueDays  map[string]map[plant.RegionLevel]int `yaml:"due_days" json:"due_days" doc:"Days after the period's end, by kind of period and level"`
}

const calendarSchema = "zhigai.report-calendar/1"

// maxDueDays: what comes a year late belongs to another report.
const maxDueDays = 366

// ParseCalendar reads and checks the file.
func ParseCalendar(raw []byte) (Calendar, error) {
	var c Calendar
	if err := yaml.UnmarshalWithOptions(raw, &c, yaml.Strict()); err != nil {
		return c, err
	}
	if c.Schema != calendarSchema {
		return c, fmt.Errorf("schema %q; write %s", c.Schema, calendarSchema)
	}
	if c.Version < 1 || c.Source == "" || !slices.Contains([]string{"read", "derived", "unverified"}, c.Verified) {
		return c, errors.New("version from 1, source and verified (read, derived, unverified) are needed")
	}
	for _, kind := range []string{"month", "quarter", "year"} {
		for _, level := range []plant.RegionLevel{plant.County, plant.City, plant.Province} {
			if d := c.DueDays[kind][level]; d < 1 || d > maxDueDays {
				return c, fmt.Errorf("due_days: %s of a %s: %d; write 1 to %d days", kind, level, d, maxDueDays)
			}
		}
	}
	return c, nil
}

// Due is the instant behind the last day on which a report is in time.
func (c Calendar) Due(p Period, level plant.RegionLevel) time.Time {
	return p.To.Time().In(zone).AddDate(0, 0, c.DueDays[p.Kind][level]).UTC()
}

// Package enterprise is the registry of firms: who they are, where they stand,
// what they make and what they run, over time.
//
// A firm is entered as a whole from an instant on; what was entered before
// stays. The registry never guesses where a firm of a divided county went and
// never joins two firms by itself: it shows what is doubtful to a person.
// Start with [Firm], [Desk] and [Check].
package enterprise

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"zhigai/plant"
)

// ErrInvalid is what cannot be entered; wrapped with what, where and how to mend.
var ErrInvalid = errors.New("not acceptable")

// Day is a day in China, 2018-05-01; "" is none.
type Day string

// Size is the class of a firm by staff and sales.
type Size string

// Sizes, the largest first.
const (
	Large  Size = "large"
	Medium Size = "medium"
	Small  Size = "small"
	Micro  Size = "micro"
)

// Sizes lists them.
var Sizes = []Size{Large, Medium, Small, Micro}

// Systems are the kinds of software that the registry tells apart.
var Systems = []string{"mes", "erp", "scm", "plm"}

// System is software in use.
type System struct {
	Kind  string `json:"kind" enum:"mes,erp,scm,plm"`
	Name  string `json:"name,omitempty" maxLength:"100" doc:"What it is called"`
	Since Day    `json:"since,omitempty" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"`
}

// Former is a name that a firm had.
type Former struct {
	Name  string `json:"name"`
	Until Day    `json:"until"`
}

// Mark is a dated recognition.
type Mark struct {
	From Day `json:"from" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"`
	To   Day `json:"to,omitempty" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$" doc:"First day no longer"`
}

// On reports whether the mark holds on a day.
func (m *Mark) On(day Day) bool { return m != nil && m.From <= day && (m.To == "" || day < m.To) }

// Year is what a firm said of a year.
type Year struct {
	Year  int    `json:"year" minimum:"1990" maximum:"2100"`
	Sales *int64 `json:"sales,omitempty" doc:"In fen"`
	Staff *int64 `json:"staff,omitempty" doc:"Employees at the end of the year"`
}

// Firm is an enterprise as it is from Since on.
type Firm struct {
	ID         string           `json:"id,omitempty" maxLength:"60"`
	Rev        int64            `json:"rev,omitempty"`
	Code       plant.CreditCode `json:"code" maxLength:"60" doc:"Unified social credit code (GB 32100-2015)"`
	Confirmed  bool             `json:"confirmed,omitempty" doc:"Somebody confirmed a code whose check character does not fit"`
	Name       string           `json:"name" minLength:"1" maxLength:"120"`
	Formers    []Former         `json:"formers,omitempty" doc:"Kept by the registry"`
	Region     string           `json:"region" maxLength:"6" doc:"Division of GB/T 2260 at county level"`
	Doubt      string           `json:"doubt,omitempty" doc:"Divisions that could be meant since the firm's was divided; kept by the registry"`
	Industry   string           `json:"industry" maxLength:"10" doc:"GB/T 4754-2017 with the section: C3451"`
	Size       Size             `json:"size,omitempty" enum:"large,medium,small,micro," doc:"As declared"`
	Computed   Size             `json:"computed,omitempty" doc:"By the rule of 2017 from the newest year that has sales and employees; kept by the registry"`
	AboveScale bool             `json:"above_scale,omitempty" doc:"规上: above designated size"`
	Backbone   *Mark            `json:"backbone,omitempty" doc:"骨干企业"`
	Cluster    string           `json:"cluster,omitempty" maxLength:"60" doc:"块状经济: block economy it belongs to"`
	Systems    []System         `json:"systems,omitempty" maxItems:"20"`
	Cloud      Day              `json:"cloud,omitempty" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$" doc:"Uses the cloud since"`
	Years      []Year           `json:"years,omitempty" maxItems:"60"`
	Closed     Day              `json:"closed,omitempty" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$" doc:"First day it no longer existed"`
	Merged     string           `json:"merged,omitempty" doc:"Id of the firm it turned out to be; kept by the registry"`
	Remark     string           `json:"remark,omitempty" maxLength:"500"`
	Since      plant.Micros     `json:"since,omitempty" doc:"From when on this holds; now when left out"`
}

// Codes are the lists that firms are checked against.
type Codes struct {
	Regions    *plant.Regions
	Industries *plant.Industries
}

// Rule of the size of industrial firms (大中小微型企业划分办法 of 2017, row 工业):
// both limits must be reached. Staff are persons, sales fen. The numbers are
// unverified against the text of the rule.
var sizeRule = []struct {
	size         Size
	staff, sales int64
}{{Large, 1000, 400_000_000_00}, {Medium, 300, 20_000_000_00}, {Small, 20, 3_000_000_00}}

// SizeOf computes the class from staff and sales of one year; "" when one of
// them is not known.
func SizeOf(staff, sales *int64) Size {
	if staff == nil || sales == nil {
		return ""
	}
	for _, r := range sizeRule {
		if *staff >= r.staff && *sales >= r.sales {
			return r.size
		}
	}
	return Micro
}

// newest is the newest year that both are known of.
func newest(years []Year) Size {
	for _, y := range slices.Backward(years) {
		if size := SizeOf(y.Staff, y.Sales); size != "" {
			return size
		}
	}
	return ""
}

// Sales are those of the newest year that has any; −1 is none.
func (f Firm) Sales() int64 {
	for _, y := range slices.Backward(f.Years) {
		if y.Sales != nil {
			return *y.Sales
		}
	}
	return -1
}

// Class is the declared size, or the computed one where none is declared.
func (f Firm) Class() Size { return cmp.Or(f.Size, f.Computed) }

// DayOf is the day of an instant in China.
func DayOf(at plant.Micros) Day {
	return Day(at.Time().In(china).Format(time.DateOnly))
}

// china has had one zone without summer time since 1991.
var china = time.FixedZone("Asia/Shanghai", 8*60*60)

// Fault is a field that cannot be entered, or should be looked at.
type Fault struct {
	Field   string `json:"field"`
	Warning bool   `json:"warning" doc:"To be confirmed, not mended"`
	Text    string `json:"text"`
}

// Check puts a firm into the form it is kept in and says what is wrong with it
// as of an instant. Faults that are warnings do not stand in the way.
func (c Codes) Check(f Firm, at plant.Micros) (Firm, []Fault) {
	var faults []Fault
	say := func(field string, warning bool, format string, args ...any) {
		faults = append(faults, Fault{field, warning, fmt.Sprintf(format, args...)})
	}
	code, err := plant.ParseCreditCode(string(f.Code))
	switch {
	case errors.Is(err, plant.ErrCheckDigit):
		if f.Code = code; !f.Confirmed {
			say("code", true, "%v", err)
		}
	case err != nil:
		say("code", false, "%v", err)
	default:
		f.Code, f.Confirmed = code, false
	}
	f.Name = cleanName(f.Name)
	if f.Name == "" || utf8.RuneCountInString(f.Name) > maxName {
		say("name", false, "the name has %d characters; 1 to %d are wanted", utf8.RuneCountInString(f.Name), maxName)
	}
	f.Region = strings.TrimSpace(f.Region)
	if _, err := c.Regions.Seat(f.Region, at.Time()); err != nil {
		say("region", false, "%v", err)
	}
	if found, err := c.Industries.Parse(f.Industry); err != nil {
		say("industry", false, "%v", err)
	} else {
		f.Industry = found.Code
	}
	f.Doubt, f.Merged = "", ""
	f.Years = mergeYears(nil, f.Years)
	f.Computed = newest(f.Years)
	if f.Size != "" && f.Computed != "" && f.Size != f.Computed {
		say("size", true, "declared %s, by staff and sales %s", f.Size, f.Computed)
	}
	faults = append(faults, f.checkRest()...)
	f.Cluster, f.Remark = strings.TrimSpace(f.Cluster), strings.TrimSpace(f.Remark)
	if f.Backbone != nil && f.Backbone.From == "" {
		f.Backbone = nil
	}
	return f, faults
}

// maxName is more characters than any registered name has.
const maxName = 120

func (f Firm) checkRest() (faults []Fault) {
	say := func(field, format string, args ...any) {
		faults = append(faults, Fault{field, false, fmt.Sprintf(format, args...)})
	}
	if f.Size != "" && !slices.Contains(Sizes, f.Size) {
		say("size", "%q: write large, medium, small or micro", f.Size)
	}
	for _, d := range []struct {
		field string
		day   Day
	}{{"cloud", f.Cloud}, {"closed", f.Closed}} {
		if !d.day.good() {
			say(d.field, "%q is no day; write 2018-05-01", d.day)
		}
	}
	if b := f.Backbone; b != nil && (!b.From.good() || !b.To.good() || b.To != "" && b.To <= b.From) {
		say("backbone", "from %q to %q: write days, the second after the first", b.From, b.To)
	}
	for _, s := range f.Systems {
		if !slices.Contains(Systems, s.Kind) || !s.Since.good() {
			say("systems", "%q since %q: write one of %s and a day", s.Kind, s.Since, strings.Join(Systems, ", "))
		}
	}
	for _, y := range f.Years {
		if y.Year < 1990 || y.Year > 2100 || y.Sales != nil && *y.Sales < 0 || y.Staff != nil && *y.Staff < 0 {
			say("years", "%d: a year from 1990 on with numbers that are not negative is wanted", y.Year)
		}
	}
	return faults
}

func (d Day) good() bool {
	if d == "" {
		return true
	}
	_, err := time.Parse(time.DateOnly, string(d))
	return err == nil
}

// mergeYears lays later values over earlier ones, in order of the years.
func mergeYears(was, is []Year) []Year {
	by := map[int]Year{}
	for _, y := range slices.Concat(was, is) {
		have := by[y.Year]
		have.Year = y.Year
		if y.Sales != nil {
			have.Sales = y.Sales
		}
		if y.Staff != nil {
			have.Staff = y.Staff
		}
		by[y.Year] = have
	}
	out := make([]Year, 0, len(by))
	for _, y := range by {
		if y.Sales != nil || y.Staff != nil {
			out = append(out, y)
		}
	}
	slices.SortFunc(out, func(a, b Year) int { return cmp.Compare(a.Year, b.Year) })
	return out
}

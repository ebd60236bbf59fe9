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
	"slices"
	"time"

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

// Package expert keeps the register of experts and sends them: to the diagnoses
// that officers ask a team for, and into counties where they are stationed.
//
// It proposes and checks, officers decide, experts accept or decline; each is a
// revision that stays. Nobody with a conflict of interest is ever sent. It carries
// out no diagnosis: what a project is, and its team, is told to it.
//
// Start with [Expert], [Rank] and [Desk].
package expert

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"zhigai/plant"
)

// Errors of this package; test with errors.Is.
var (
	ErrInvalid = errors.New("expert: not valid")
	// ErrInterest: the person owns the firm, works for it or supplies it.
	ErrInterest = fmt.Errorf("%w: conflict of interest", ErrInvalid)
)

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// Expert is a person of the register.
type Expert struct {
	ID           string     `json:"id"`
	Rev          int64      `json:"rev"`
	Name         string     `json:"name" minLength:"1" maxLength:"60"`
	Organisation string     `json:"organisation" maxLength:"100" doc:"That the person works for"`
	Post         string     `json:"post,omitempty" maxLength:"60" doc:"Professional title"`
	Account      string     `json:"account,omitempty" maxLength:"60" doc:"Name that the person signs in with: who signs in so sees what is assigned, and accepts or declines"`
	Region       string     `json:"region" pattern:"^[0-9]{6}$" doc:"Where the person is at home"`
	Serves       []string   `json:"serves" nullable:"false" maxItems:"100" doc:"Beginnings of division codes where the person can be sent; none: everywhere"`
	Sectors      []string   `json:"sectors" nullable:"false" maxItems:"50" doc:"Beginnings of classes of GB/T 4754 with their section, such as C34"`
	Fields       []string   `json:"fields" nullable:"false" maxItems:"20" doc:"Fields of technology"`
	Capacity     int        `json:"capacity" minimum:"1" maximum:"50" doc:"Assignments at a time"`
	From         string     `json:"from" format:"date" doc:"First day on which the person can be sent"`
	To           string     `json:"to,omitempty" maxLength:"10" doc:"Last one; left out: open"`
	Interests    []Interest `json:"interests" nullable:"false" maxItems:"100" doc:"Firms and organisations that the person may not judge"`
	Remark       string     `json:"remark,omitempty" maxLength:"500"`
	Void         bool       `json:"void,omitempty" doc:"Entered in error"`
}

// appointed says when the person can be sent, to follow "is".
func (e Expert) appointed() string {
	switch {
	case e.Void:
		return "an entry made in error"
	case e.To == "":
		return "appointed from " + e.From + " on"
	}
	return "appointed from " + e.From + " to " + e.To
}

// Interest is a tie that stands in the way of judging a firm.
type Interest struct {
	Firm         string `json:"firm,omitempty" maxLength:"60" doc:"Id in the registry"`
	Organisation string `json:"organisation,omitempty" maxLength:"100" doc:"As it is called; of a firm of the registry filled in"`
	Kind         string `json:"kind" enum:"owner,employee,supplier,adviser,relative"`
	From         string `json:"from,omitempty" maxLength:"10" doc:"Day on which it began; left out: ever since"`
	To           string `json:"to,omitempty" maxLength:"10" doc:"Last day; left out: it lasts"`
	Note         string `json:"note,omitempty" maxLength:"300"`
}

// Fields of technology that a team is asked for and experts know.
var Fields = []string{
	"automation", "cloud", "data", "design", "energy", "erp", "logistics", "maintenance", "management", "mes", "networking", "plm", "quality", "robotics", "scm", "security",
}

// interestKinds are what can tie a person to a firm.
var interestKinds = []string{"owner", "employee", "supplier", "adviser", "relative"}

// Firm is whom experts are sent to.
type Firm struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Region string `json:"region"`
	Sector string `json:"sector"`
}

// Change is one revision of what T is.
type Change[T any] struct {
	Is  T            `json:"is"`
	At  plant.Micros `json:"at"`
	Who string       `json:"who"`
}

var (
	regionPrefix = regexp.MustCompile(`^([0-9]{2}){1,3}$`)
	sectorPrefix = regexp.MustCompile(`^[A-T]([0-9]{2,4})?$`)
)

// check says what is wrong with an expert as it was entered.
func (e Expert) check() error {
	switch {
	case strings.TrimSpace(e.Name) == "":
		return invalid("name: it is empty")
	case len(e.Region) != 6:
		return invalid("region %q; write the six digits of the division where the person is at home", e.Region)
	case e.Capacity < 1:
		return invalid("capacity: write how many assignments the person takes at a time, 1 at least")
	case len(e.Sectors)+len(e.Fields) == 0:
		return invalid("sectors and fields are empty; write what the person knows")
	case utf8.RuneCountInString(e.Remark) > 500:
		return invalid("remark: at most 500 letters")
	}
	if err := span("from", e.From, e.To, true); err != nil {
		return err
	}
	for _, s := range e.Serves {
		if !regionPrefix.MatchString(s) {
			return invalid("serves %q; write 2, 4 or 6 digits of a division code", s)
		}
	}
	for _, s := range e.Sectors {
		if !sectorPrefix.MatchString(s) {
			return invalid("sectors %q; write the section and the beginning of the class, C34", s)
		}
	}
	for _, f := range e.Fields {
		if !slices.Contains(Fields, f) {
			return invalid("fields %q; known are %v", f, Fields)
		}
	}
	for i, t := range e.Interests {
		if err := t.check(); err != nil {
			return fmt.Errorf("interests[%d]: %w", i, err)
		}
	}
	return nil
}

func (t Interest) check() error {
	switch {
	case t.Firm == "" && strings.TrimSpace(t.Organisation) == "":
		return invalid("name the firm, or write what the organisation is called")
	case !slices.Contains(interestKinds, t.Kind):
		return invalid("kind %q; write one of %v", t.Kind, interestKinds)
	}
	return span("from", t.From, t.To, false)
}

// span checks two days, of which the first may be left out unless it is needed.
func span(what, from, to string, need bool) error {
	for _, day := range []string{from, to} {
		if day == "" && (!need || day != from) {
			continue
		}
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			return invalid("%s: %q is no day; write 2026-05-01", what, day)
		}
	}
	if to != "" && to < from {
		return invalid("%s: %s comes before %s", what, to, from)
	}
	return nil
}

// overlaps reports whether days of [from, to] lie in [since, until]; an empty
// until is open.
func overlaps(since, until, from, to string) bool {
	return since <= to && (until == "" || from <= until)
}

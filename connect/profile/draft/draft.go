// Package draft makes the beginning of a profile from what there is of a
// machine already: a list of tags, what a server shows of itself, a birth
// certificate, an electronic data sheet. A person goes on from there: a draft
// is never verified, and it has no states, because no list says when a machine
// works.
//
// It reads bytes it is given and touches no network. Start with [Draft.Write].
package draft

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"

	"zhigai/connect/profile"
	"zhigai/plant"
)

// Row is one value of a machine as a list calls it.
type Row struct {
	Name    string // in the list's words; "" when only Title says it
	Title   string
	Kind    plant.TagKind
	At      string // in the driver's words
	Unit    string // as written there
	Scale   float64
	Offset  float64
	Min     *float64
	Max     *float64
	Values  map[int64]string
	Where   string // in the list, for messages
	Written bool   // the list says that it can be written
}

// Draft is a profile that is begun.
type Draft struct {
	ID, Vendor, Class, Protocol string
	Title                       plant.Name
	Source                      string // what the rows were read from
	Rows                        []Row
}

// Profile is the draft in the words of profiles. Names that the vocabulary
// knows take its kind, title and unit; those it does not know are made of what
// is Latin in them. What was left out is said in notes.
func (d *Draft) Profile(words profile.Vocabulary) (p profile.Profile, notes []string) {
	p = profile.Profile{
		Schema: profile.Schema, ID: d.ID, Version: 1, Vendor: d.Vendor, Models: []string{d.Title.EN}, Class: d.Class, Title: d.Title,
		Source: d.Source, Verified: "unverified", Protocol: d.Protocol,
	}
	used := map[string]int{}
	for i, r := range d.Rows {
		s, note := signalOf(r, words, i)
		if note != "" {
			notes = append(notes, r.Where+": "+note)
		}
		if used[s.Name]++; used[s.Name] > 1 {
			s.Name = fmt.Sprintf("%s.%d", s.Name, used[s.Name])
			used[s.Name]++
		}
		p.Signals = append(p.Signals, s)
	}
	return p, notes
}

func signalOf(r Row, words profile.Vocabulary, i int) (s profile.Signal, note string) {
	said := r.Name
	name := words.NameFor(said)
	if _, known := words[name]; !known && r.Title != "" {
		if other := words.NameFor(r.Title); name == "" || words[other].Name != "" {
			name = other
		}
	}
	if name == "" || name == plant.LinkTag {
		name = fmt.Sprintf("signal.%d", i+1)
	}
	s = profile.Signal{Name: name, Kind: r.Kind, At: r.At, Title: plant.Name{ZH: r.Title, EN: r.Name}}
	if s.Title.ZH == "" {
		s.Title.ZH = r.Name
	}
	if w, ok := words[name]; ok && (w.Kind == r.Kind || r.Kind == "") {
		s.Kind, s.Title = w.Kind, w.Title
	}
	switch {
	case s.Kind == "":
		s.Kind = plant.KindNumber
	case s.Kind == plant.KindEnumeration && len(r.Values) == 0:
		s.Kind, note = plant.KindNumber, "an enumeration whose codes have no names; it is read as a number"
	}
	for code, text := range r.Values {
		if s.Kind != plant.KindEnumeration {
			break
		}
		if s.Values == nil {
			s.Values = map[int64]plant.Name{}
		}
		s.Values[code] = plant.Name{ZH: text}
	}
	if s.Kind == plant.KindNumber {
		note = joinNotes(note, number(&s, r, words))
	}
	if r.Written {
		note = joinNotes(note, "the list says that it can be written; add write with limits to make it a set point")
	}
	return s, note
}

// number fills in what only numbers have.
func number(s *profile.Signal, r Row, words profile.Vocabulary) (note string) {
	if r.Scale != 0 && r.Scale != 1 {
		s.Scale = &r.Scale
	}
	s.Offset = r.Offset
	code, known := profile.UCUM(strings.TrimSpace(r.Unit))
	switch {
	case code == "":
	case !known:
		note = fmt.Sprintf("unit %q is not known; write one of UCUM", r.Unit)
	default:
		s.Unit = code
	}
	if w, ok := words[s.Name]; ok && w.Kind == plant.KindNumber && w.Unit != s.Unit {
		if _, _, err := profile.Conversion(s.Unit, w.Unit); s.Unit != "" && err == nil {
			s.DeviceUnit = s.Unit
		} else if s.Unit != "" {
			note = joinNotes(note, fmt.Sprintf("its unit %s is not that of %s, %s; the name may be another's", s.Unit, s.Name, w.Unit))
			return note
		}
		s.Unit = w.Unit
	}
	if r.Min != nil && r.Max != nil && *r.Min < *r.Max && s.DeviceUnit == "" { // limits are in the stored unit
		s.Min, s.Max = r.Min, r.Max
	}
	return note
}

func joinNotes(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

// Write is the draft as a file, with its notes, and what is wrong with it: it
// passes the check of profiles, or the problems say what to mend in the list.
func (d *Draft) Write(words profile.Vocabulary, checkers []profile.PointChecker) (file []byte, notes []string, problems []profile.Problem, err error) {
	if len(d.Rows) == 0 {
		return nil, nil, nil, fmt.Errorf("%s names no value to read", d.Source)
	}
	p, notes := d.Profile(words)
	file, err = yaml.Marshal(p)
	if err != nil {
		return nil, notes, nil, fmt.Errorf("profile %s: %w", d.ID, err)
	}
	_, problems = profile.Parse(d.ID+".yaml", file, checkers)
	return file, notes, problems, nil
}

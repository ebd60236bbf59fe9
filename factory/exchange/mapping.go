package exchange

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"zhigai/plant"
)

// mappingSchema begins every mapping.
const mappingSchema = "zhigai.exchange/1"

// Mapping says what a partner calls things: data, no code.
type Mapping struct {
	Schema   string     `yaml:"schema" json:"-"`
	ID       string     `yaml:"id" json:"id"`
	Name     plant.Name `yaml:"name" json:"name"`
	Verified bool       `yaml:"verified" json:"verified" doc:"It was tried against the real system"`
	Source   string     `yaml:"source" json:"source,omitempty" doc:"Where the names are from"`
	// Zone of instants that name none.
	Zone string `yaml:"zone" json:"zone,omitempty"`
	// Root is where in a JSON document the rows are, steps divided by dots; the
	// document itself when left out.
	Root string `yaml:"root" json:"root,omitempty"`
	// Units are the partner's words for units, with UCUM's.
	Units map[string]string `yaml:"units" json:"units,omitempty"`
	// In has, for each kind of what comes, this plant's names with where the
	// partner has the value.
	In map[Kind]map[string]Field `yaml:"in" json:"in,omitempty"`
	// Out has the partner's fields of what goes, in order.
	Out []OutField `yaml:"out" json:"out,omitempty"`

	zone *time.Location
}

// Field is where the partner has a value.
type Field struct {
	From   string            `yaml:"from" json:"from,omitempty"`     // name of the partner's field
	Value  string            `yaml:"value" json:"value,omitempty"`   // taken when the field is empty or not named
	Values map[string]string `yaml:"values" json:"values,omitempty"` // the partner's words with ours; others are refused
}

// UnmarshalYAML takes a name alone for the field it is.
func (f *Field) UnmarshalYAML(unmarshal func(any) error) error {
	if unmarshal(&f.From) == nil {
		return nil
	}
	type plain Field
	return unmarshal((*plain)(f))
}

// OutField is a field of what goes out.
type OutField struct {
	To     string            `yaml:"to" json:"to"`
	From   string            `yaml:"from" json:"from,omitempty"`
	Value  string            `yaml:"value" json:"value,omitempty"`
	Values map[string]string `yaml:"values" json:"values,omitempty"`
}

// inFields are the names of this plant with whether they must be mapped.
var inFields = map[Kind]map[string]bool{
	KindOrder: {
		"number": true, "product": true, "quantity": true, "due": true, "state": false, "revision": false, "unit": false, "place": false, "earliest": false,
		"priority": false, "customer": false, "reference": false, "note": false, "version": false,
	},
	KindLot:       {"id": true, "item": true, "quantity": true, "unit": true, "status": false, "place": false, "version": false},
	KindStatement: {"number": true, "ordered": true, "good": true, "scrap": true, "version": false},
}

// outFields are what a field that goes out can say.
var outFields = []string{
	"id", "number", "product", "unit", "job", "name", "seq", "state", "good", "scrap", "rework", "new_good", "new_scrap", "new_rework", "began", "ended", "at", "final",
}

// ParseMapping reads a mapping and says what is wrong with it.
func ParseMapping(raw []byte) (Mapping, error) {
	var m Mapping
	if err := yaml.UnmarshalWithOptions(raw, &m, yaml.Strict(), yaml.DisallowUnknownField()); err != nil {
		return m, invalid("mapping: %s", strings.TrimSpace(yaml.FormatError(err, false, false)))
	}
	return m, m.check()
}

func (m *Mapping) check() error {
	if m.Schema != mappingSchema {
		return invalid("mapping: schema %q; write %s", m.Schema, mappingSchema)
	}
	if !partnerID.MatchString(m.ID) {
		return invalid("mapping: id %.60q; write 2 to 40 small letters, digits and '-'", m.ID)
	}
	var err error
	if m.zone, err = time.LoadLocation(cmp.Or(m.Zone, "Asia/Shanghai")); err != nil {
		return invalid("mapping %s: zone %q is not known; write Asia/Shanghai", m.ID, m.Zone)
	}
	for word, unit := range m.Units {
		if _, ok := units[unit]; !ok {
			return invalid("mapping %s: unit %q of %q is not known; write one of %s", m.ID, unit, word, unitList())
		}
	}
	for _, k := range slices.Sorted(maps.Keys(m.In)) {
		if err := m.checkIn(k); err != nil {
			return err
		}
	}
	return m.checkOut()
}

func (m *Mapping) checkIn(k Kind) error {
	known, ok := inFields[k]
	if !ok {
		return invalid("mapping %s: in.%s is not read from fields; there are %v, and definitions come as B2MML", m.ID, k, slices.Sorted(maps.Keys(inFields)))
	}
	for _, name := range slices.Sorted(maps.Keys(m.In[k])) {
		f := m.In[k][name]
		if _, ok := known[name]; !ok {
			return invalid("mapping %s: in.%s.%s is not known; there are %s", m.ID, k, name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
		if f.From == "" && f.Value == "" {
			return invalid("mapping %s: in.%s.%s says neither from nor value", m.ID, k, name)
		}
		if k == KindOrder && name == "state" {
			for theirs, ours := range f.Values {
				if !slices.Contains(requestedStates, RequestedState(ours)) {
					return invalid("mapping %s: in.order.state: %q for %q; write one of %v", m.ID, ours, theirs, requestedStates)
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(known)) {
		if _, ok := m.In[k][name]; known[name] && !ok {
			return invalid("mapping %s: in.%s.%s is missing; every order needs it", m.ID, k, name)
		}
	}
	return nil
}

func (m *Mapping) checkOut() error {
	for i, f := range m.Out {
		switch {
		case f.To == "" || slices.ContainsFunc(m.Out[:i], func(o OutField) bool { return o.To == f.To }):
			return invalid("mapping %s: out[%d]: to %q is empty or there twice", m.ID, i, f.To)
		case (f.From == "") == (f.Value == ""):
			return invalid("mapping %s: out %s: write either from or value", m.ID, f.To)
		case f.From != "" && !slices.Contains(outFields, f.From):
			return invalid("mapping %s: out %s: %q is not known; there are %s", m.ID, f.To, f.From, strings.Join(outFields, ", "))
		}
	}
	return nil
}

var requestedStates = []RequestedState{Forecast, Released, Held, Cancelled}

// Library are the mappings that come with the product.
type Library struct{ all []Mapping }

// LoadMappings reads a folder of them.
func LoadMappings(fsys fs.FS, dir string) (*Library, error) {
	files, err := fs.Glob(fsys, path.Join(dir, "*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("exchange: mappings: %w", err)
	}
	l := &Library{}
	for _, name := range files {
		raw, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("exchange: mappings: %w", err)
		}
		m, err := ParseMapping(raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		l.all = append(l.all, m)
	}
	return l, nil
}

// All are the mappings by id.
func (l *Library) All() []Mapping { return l.all }

// IDs are those of the mappings.
func (l *Library) IDs() (out []string) {
	for _, m := range l.all {
		out = append(out, m.ID)
	}
	return out
}

// Find looks one up.
func (l *Library) Find(id string) (Mapping, bool) {
	for _, m := range l.all {
		if m.ID == id {
			return m, true
		}
	}
	return Mapping{}, false
}

// units are those that are understood, with the words for them that are usual:
// UCUM itself, and codes of UN/ECE Recommendation 20.
var units = map[string][]string{
	"{piece}": {"H87", "C62", "EA", "PCE", "PCS", "NMB", "ST", "个", "件", "只", "套"},
	"kg":      {"KGM", "公斤", "千克"},
	"g":       {"GRM", "克"},
	"t":       {"TNE", "吨"},
	"m":       {"MTR", "米"},
	"mm":      {"MMT", "毫米"},
	"m2":      {"MTK", "平方米"},
	"m3":      {"MTQ", "立方米"},
	"L":       {"LTR", "l", "升"},
	"h":       {"HUR", "小时"},
	"min":     {"MIN", "分钟"},
	"kW.h":    {"KWH", "度", "千瓦时"},
}

func unitList() string { return strings.Join(slices.Sorted(maps.Keys(units)), ", ") }

// unit is UCUM's of the partner's word.
func (m *Mapping) unit(word string) (string, error) {
	if u, ok := m.Units[word]; ok {
		return u, nil
	}
	for u, words := range units {
		if u == word || slices.Contains(words, word) {
			return u, nil
		}
	}
	return "", refused("unit %q is not known; send one of %s, or write it into the mapping's units", word, unitList())
}

package profile

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"zhigai/plant"
)

// VocabularySchema is the first line of the vocabulary.
const VocabularySchema = "zhigai.vocabulary/1"

// Word is a neutral name of a signal: the same quantity of any machine has one
// name, one kind and one unit.
type Word struct {
	Name  string        `yaml:"name"`
	Kind  plant.TagKind `yaml:"kind"`
	Unit  string        `yaml:"unit,omitempty"`
	Title plant.Name    `yaml:"title"`
}

// Vocabulary holds the neutral names by name.
type Vocabulary map[string]Word

// ReadVocabulary reads the list of neutral names. The error lists every word
// that is wrong.
func ReadVocabulary(src []byte) (Vocabulary, error) {
	var file struct {
		Schema  string `yaml:"schema"`
		Signals []Word `yaml:"signals"`
	}
	if err := yaml.UnmarshalWithOptions(src, &file, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("vocabulary: %w", err)
	}
	if file.Schema != VocabularySchema {
		return nil, fmt.Errorf("vocabulary: schema %q; write schema: %s", file.Schema, VocabularySchema)
	}
	out := Vocabulary{}
	for _, w := range file.Signals {
		_, twice := out[w.Name]
		_, known := unitOf(w.Unit)
		if twice || !signalName.MatchString(w.Name) || !slices.Contains(kinds, w.Kind) || w.Title.ZH == "" || w.Title.EN == "" || (w.Kind == plant.KindNumber || w.Kind == plant.KindWaveform) != known {
			return nil, fmt.Errorf("vocabulary: %q: write each name once, with kind, both titles, and a unit of UCUM for numbers and waveforms", w.Name)
		}
		out[w.Name] = w
	}
	return out, nil
}

// Complaints are the signals of a profile that do not keep to the vocabulary,
// in words.
func (v Vocabulary) Complaints(p *Profile) []string {
	var out []string
	say := func(name string, kind plant.TagKind, unit string) {
		w, ok := v[name]
		switch {
		case !ok:
			out = append(out, fmt.Sprintf("%s is no word of the vocabulary", name))
		case w.Kind != kind:
			out = append(out, fmt.Sprintf("%s is a %s; the vocabulary says %s", name, kind, w.Kind))
		case w.Unit != unit:
			out = append(out, fmt.Sprintf("%s is in %q; the vocabulary says %q: write unit: %q, and device_unit for what the device gives", name, unit, w.Unit, w.Unit))
		}
	}
	for _, s := range p.Signals {
		say(s.Name, s.Kind, s.Unit)
	}
	for _, d := range p.Derived {
		say(d.Name, d.Kind, d.Unit)
	}
	return out
}

var notInName = regexp.MustCompile(`[^a-z0-9]+`)

// NameFor is the neutral name of a quantity that a list calls by a title or a
// name of its own: the vocabulary's when one is called so, and otherwise one
// made of what is Latin in it. It is "" when nothing is.
func (v Vocabulary) NameFor(said string) string {
	said = strings.TrimSpace(said)
	if _, ok := v[said]; ok {
		return said
	}
	best := ""
	for name, w := range v {
		if (w.Title.ZH == said || strings.EqualFold(w.Title.EN, said)) && (best == "" || name < best) {
			best = name
		}
	}
	if best != "" {
		return best
	}
	name := strings.Trim(notInName.ReplaceAllString(strings.ToLower(said), "."), ".")
	if name != "" && (name[0] < 'a' || name[0] > 'z') {
		name = "signal." + name
	}
	return name
}

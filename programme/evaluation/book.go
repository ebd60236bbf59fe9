// Package evaluation scores firms by published standards: what a standard is,
// what each firm scores with every term behind it, and the rounds in which a
// list is computed, shown to the public, objected to, corrected and settled.
//
// A score is made of the inputs that a round keeps and of the standard's file;
// the same inputs give the same bits. The package reads no registry by itself,
// changes no firm's return, and gives no class where the standard does not say
// how. Start with [Standard], [Standard.Score] and [Desk].
package evaluation

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"zhigai/figure"
)

// Errors of this package; test with errors.Is.
var (
	ErrInvalid = errors.New("not acceptable")
	ErrState   = errors.New("not possible in this state")
)

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrInvalid}, args...)...)
}

// MeasureSchema is the first line of a measure's file.
const MeasureSchema = "zhigai.measure/1"

// Measure is a figure of one firm's year: a formula over values of its return.
type Measure = figure.Definition

// ParseMeasure reads and checks one measure. values are the names that a firm's
// year may have; a formula over another one is refused.
func ParseMeasure(raw []byte, values []string) (*Measure, error) {
	var m Measure
	if err := yaml.UnmarshalWithOptions(raw, &m, yaml.Strict()); err != nil {
		return nil, err
	}
	switch {
	case m.Schema != MeasureSchema:
		return nil, fmt.Errorf("schema %q; write %s", m.Schema, MeasureSchema)
	case len(m.Each) > 0 || m.Coverage.Known != "":
		return nil, errors.New("each, coverage: a firm's year has values only")
	}
	return &m, m.Prepare(values)
}

// Book is every measure and standard that a node knows.
type Book struct {
	values    []string
	measures  []*Measure
	standards []*Standard
}

// Load reads measures/ and evaluations/ of data. What one file says wrong is said
// with its name; two files with one id and version are refused.
func Load(data fs.FS, values []string) (*Book, error) {
	b := &Book{values: values}
	var problems []error
	each := func(dir string, add func(raw []byte) error) {
		entries, err := fs.ReadDir(data, dir)
		if err != nil {
			problems = append(problems, fmt.Errorf("evaluations: %w", err))
			return
		}
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), ".yaml") {
				continue
			}
			name := path.Join(dir, e.Name())
			raw, err := fs.ReadFile(data, name)
			if err == nil {
				err = add(raw)
			}
			if err != nil {
				problems = append(problems, fmt.Errorf("%s: %w", name, err))
			}
		}
	}
	each("measures", b.addMeasure)
	each("evaluations", b.addStandard)
	return b, errors.Join(problems...)
}

func (b *Book) addMeasure(raw []byte) error {
	m, err := ParseMeasure(raw, b.values)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(b.measures, func(o *Measure) bool { return o.ID == m.ID && o.Version == m.Version }) {
		return fmt.Errorf("%s version %d stands in two files", m.ID, m.Version)
	}
	b.measures = append(b.measures, m)
	return nil
}

func (b *Book) addStandard(raw []byte) error {
	s, err := ParseStandard(raw, b)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(b.standards, func(o *Standard) bool { return o.ID == s.ID && o.Version == s.Version }) {
		return fmt.Errorf("%s version %d stands in two files", s.ID, s.Version)
	}
	b.standards = append(b.standards, s)
	return nil
}

// Measure is the newest version of a measure.
func (b *Book) Measure(id string) (*Measure, bool) {
	var newest *Measure
	for _, m := range b.measures {
		if m.ID == id && (newest == nil || m.Version > newest.Version) {
			newest = m
		}
	}
	return newest, newest != nil
}

// Measures are the newest versions, in order of id.
func (b *Book) Measures() []*Measure {
	out := slices.DeleteFunc(slices.Clone(b.measures), func(m *Measure) bool { newest, _ := b.Measure(m.ID); return newest != m })
	slices.SortFunc(out, func(x, y *Measure) int { return strings.Compare(x.ID, y.ID) })
	return out
}

// Standard is a version of a standard, the newest for version 0.
func (b *Book) Standard(id string, version int) (*Standard, bool) {
	var found *Standard
	for _, s := range b.standards {
		if s.ID == id && (version == s.Version || version == 0 && (found == nil || s.Version > found.Version)) {
			found = s
		}
	}
	return found, found != nil
}

// Standards are all versions, in order of id and then newest first.
func (b *Book) Standards() []*Standard {
	out := slices.Clone(b.standards)
	slices.SortFunc(out, func(x, y *Standard) int {
		if c := strings.Compare(x.ID, y.ID); c != 0 {
			return c
		}
		return y.Version - x.Version
	})
	return out
}

// Package file reads and writes a plant model as one YAML file: what an
// engineer fills in before a plant goes live, and what an export gives back.
//
// It stores nothing and knows no profile: the caller hands over what exists.
// Start with [Read], [Write] and [Problems].
package file

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/parser"

	"zhigai/plant"
)

// Schema is the first line of every plant file.
const Schema = "zhigai.plant/1"

const (
	// MaxBytes bounds a file: a plant of 1,000 machines has about 1 MB.
	MaxBytes = 8 << 20
	// maxProblems bounds one report; the rest shows after the first are mended.
	maxProblems = 50
	// maxNesting bounds brackets and dashes inside one another: a plant file
	// needs eight, and the parser recurses.
	maxNesting = 64
)

// Options say what may be referred to beside what the file itself holds.
type Options struct {
	// Profiles are the ids of the profiles there are; nil does not check them.
	Profiles []string
	// Existing is the plant the file will be imported into: parents, calendars
	// and products there need not be repeated.
	Existing plant.Model
}

// document is the whole file.
type document struct {
	Schema    string           `yaml:"schema"`
	Calendars []plant.Calendar `yaml:"calendars,omitempty"`
	Products  []plant.Product  `yaml:"products,omitempty"`
	Nodes     []plant.Node     `yaml:"nodes"`
}

// Problem is one mistake: where it is, what is wrong and what to write.
type Problem struct {
	File         string `json:"file"`
	Line, Column int
	What         string `json:"what"`
}

func (p Problem) String() string {
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.What)
}

// Problems is the error of Read, in the order of the file.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, each := range p {
		lines[i] = each.String()
	}
	return strings.Join(lines, "\n")
}

// Read reads a plant file. The error is of type Problems; nothing of a file
// with problems is returned. name stands in front of line and column.
func Read(name string, data []byte, o Options) (plant.Model, error) {
	r := &reader{file: name, at: map[string]place{}}
	data = bytes.TrimPrefix(data, []byte("\uFEFF")) // what Windows editors put in front
	if len(data) > MaxBytes {
		r.add(place{1, 1}, "the file has %d bytes, %d are allowed; split it by area", len(data), MaxBytes)
		return plant.Model{}, r.problems
	}
	if line := notUTF8(data); line > 0 {
		r.add(place{line, 1}, "the file is not UTF-8; save it as UTF-8 (it may be GBK)")
		return plant.Model{}, r.problems
	}
	if line := tooDeep(data); line > 0 {
		r.add(place{line, 1}, "more than %d brackets or dashes inside one another; a plant file needs eight", maxNesting)
		return plant.Model{}, r.problems
	}
	var d document
	if !r.parse(data, &d) {
		return plant.Model{}, r.problems
	}
	c := &checker{reader: r, doc: d, o: o}
	c.run()
	if len(r.problems) > 0 {
		r.sort()
		return plant.Model{}, r.problems
	}
	m := plant.Model{Nodes: d.Nodes, Products: d.Products, Calendars: d.Calendars}
	return m, nil
}

// parse reports whether the file has the right shape throughout: only then
// its content is worth checking.
func (r *reader) parse(data []byte, d *document) bool {
	f, err := parser.ParseBytes(data, 0)
	var syntax *yaml.SyntaxError
	switch {
	case errors.As(err, &syntax) && syntax.Token != nil:
		r.add(place{syntax.Token.Position.Line, syntax.Token.Position.Column}, "not YAML: %s", syntax.Message)
	case err != nil:
		r.add(place{1, 1}, "not YAML: %v", err)
	case len(f.Docs) == 0 || f.Docs[0].Body == nil:
		r.add(place{1, 1}, "the file is empty; begin with \"schema: %s\"", Schema)
	case len(f.Docs) > 1:
		r.add(placeOf(f.Docs[1].Body), "a second document begins here; write one plant per file")
	default:
		r.decode(f.Docs[0].Body, d)
	}
	r.sort()
	return len(r.problems) == 0
}

// notUTF8 is the first line that is not UTF-8, or 0.
func notUTF8(data []byte) int {
	line := 0
	for text := range bytes.Lines(data) {
		if line++; !utf8.Valid(text) {
			return line
		}
	}
	return 0
}

// tooDeep is the line where brackets or leading dashes nest too deeply, or 0.
// It looks at characters only, strings too, so that it errs to the safe side.
func tooDeep(data []byte) int {
	depth, dashes, line := 0, 0, 1
	for _, b := range data {
		switch b {
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(0, depth-1)
		case '\n':
			line, dashes = line+1, 0
		case '-', '?', ':':
			dashes++
		case ' ':
		default:
			dashes = 0
		}
		if depth > maxNesting || dashes > maxNesting {
			return line
		}
	}
	return 0
}

// Write writes the model as a file that Read reads back to the same model.
func Write(m plant.Model) []byte {
	var w writer
	d := document{Schema: Schema, Nodes: m.Nodes, Products: m.Products, Calendars: m.Calendars}
	w.fields(reflect.ValueOf(d), "", false)
	return []byte(w.String())
}

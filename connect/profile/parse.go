package profile

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"zhigai/plant"
)

// Problem is something wrong in a profile file: where, what, and what to write
// instead.
type Problem struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	What   string `json:"what"`
	Fix    string `json:"fix,omitempty"`
}

func (p Problem) String() string {
	s := fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.What)
	if p.Fix != "" {
		s += "; " + p.Fix
	}
	return s
}

// PointChecker knows a protocol's addresses; every driver is one.
type PointChecker interface {
	Kind() string
	CheckPoint(address string, kind plant.TagKind) error
}

// WriteChecker knows which addresses can be written, see
// [zhigai/connect.WriteChecker].
type WriteChecker interface {
	CheckWrite(address string, kind plant.TagKind, value any) error
}

// UnmarshalYAML reads 500ms, 1s, 5m. It takes the node, so that the error says
// where.
func (d *Duration) UnmarshalYAML(node ast.Node) error {
	var text string
	err := yaml.NodeToValue(node, &text)
	v, wrong := time.ParseDuration(text)
	if err != nil || wrong != nil || v < 0 {
		return &yaml.SyntaxError{Message: fmt.Sprintf("%q is no duration; write for example 500ms, 1s or 5m", text), Token: node.GetToken()}
	}
	*d = Duration(v)
	return nil
}

// MarshalYAML writes what UnmarshalYAML reads.
func (d Duration) MarshalYAML() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// maxFile bounds a profile: the largest machines have some thousand signals.
const maxFile = 4 << 20

// Parse reads one profile without looking at its base. checkers may be nil;
// addresses of protocols without one are not looked at.
func Parse(name string, src []byte, checkers []PointChecker) (*Profile, []Problem) {
	if len(src) > maxFile {
		return nil, []Problem{{File: name, Line: 1, Column: 1, What: fmt.Sprintf("the file has %d bytes", len(src)), Fix: "4 MiB are allowed"}}
	}
	var p Profile
	if err := yaml.UnmarshalWithOptions(src, &p, yaml.Strict()); err != nil {
		return nil, []Problem{yamlProblem(name, err)}
	}
	c := &check{file: name, src: src, p: &p, own: &p}
	c.header()
	if p.Base == "" {
		c.all(checkers)
	} else { // the rest is known only once it is joined
		c.once()
	}
	if len(c.problems) > 0 {
		return nil, c.problems
	}
	return &p, nil
}

var (
	unknownField = regexp.MustCompile(`unknown field "([^"]+)"`)
	firstLine    = regexp.MustCompile(`^\[\d+:\d+\]\s*`)
)

func yamlProblem(name string, err error) Problem {
	p := Problem{File: name, Line: 1, Column: 1, What: err.Error()}
	var where yaml.Error
	if errors.As(err, &where) {
		p.What = where.GetMessage()
		if t := where.GetToken(); t != nil {
			p.Line, p.Column = t.Position.Line, t.Position.Column
		}
	}
	p.What, _, _ = strings.Cut(firstLine.ReplaceAllString(p.What, ""), "\n")
	if m := unknownField.FindStringSubmatch(p.What); m != nil {
		p.Fix = "known are " + strings.Join(fields, ", ")
		if near := nearest(m[1], fields); near != "" {
			p.Fix = fmt.Sprintf("did you mean %q?", near)
		}
	}
	return p
}

// fields are all keys a profile may hold, for the hint on an unknown one.
var fields = []string{
	"schema", "id", "version", "base", "vendor", "models", "class", "title", "source", "verified", "requirements", "caveats", "protocol", "link", "params", "signals", "derived",
	"states", "counters", "alarms", "reasons", "identify", "timeout", "retries", "gap", "max_registers", "max_gap_fill", "name", "kind", "at", "scale",
	"offset", "unit", "device_unit", "period", "deadband", "min", "max", "invalid", "values", "retention", "write", "abs", "rel", "silence", "max_step", "max_rate", "interlock", "tolerance", "approve", "watchdog",
	"within", "expr", "when", "item", "mode", "good", "scrap", "rework", "total", "energy", "signal", "modulo", "priority", "text", "reason", "match", "default", "choices", "required", "secret", "zh", "en",
}

// nearest is the known word with the fewest edits, "" when none is close.
func nearest(word string, known []string) string {
	best, least := "", 3
	for _, k := range known {
		if d := edits(word, k); d < least {
			best, least = k, d
		}
	}
	return best
}

func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := last
			if a[i] != b[j] {
				cost++
			}
			last = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}

// Extend is base with everything that p says over it. Signals and alarms of
// one name replace the base's; states, when p has any, replace all.
func Extend(base, p Profile) Profile {
	out := p
	out.Base = base.Base
	if out.Protocol == "" {
		out.Protocol = base.Protocol
	}
	if out.Class == "" {
		out.Class = base.Class
	}
	if out.Vendor == "" {
		out.Vendor = base.Vendor
	}
	if out.Link == (Link{}) {
		out.Link = base.Link
	}
	if out.Requirements == (plant.Name{}) {
		out.Requirements = base.Requirements
	}
	if out.Caveats == nil {
		out.Caveats = base.Caveats
	}
	out.Params = overlay(base.Params, p.Params, func(o Param) string { return o.Name })
	out.Signals = overlay(base.Signals, p.Signals, func(s Signal) string { return s.Name })
	out.Derived = overlay(base.Derived, p.Derived, func(d Derive) string { return d.Name })
	out.Alarms = overlay(base.Alarms, p.Alarms, func(a Alarm) string { return a.ID })
	if len(p.States) == 0 {
		out.States = base.States
	}
	if p.Counters == (Counters{}) {
		out.Counters = base.Counters
	}
	if p.Reasons == nil {
		out.Reasons = base.Reasons
	}
	if p.Identify == nil {
		out.Identify = base.Identify
	}
	return out
}

func overlay[T any](base, over []T, key func(T) string) []T {
	out := slices.Clone(base)
	for _, o := range over {
		if i := slices.IndexFunc(out, func(b T) bool { return key(b) == key(o) }); i >= 0 {
			out[i] = o
		} else {
			out = append(out, o)
		}
	}
	return out
}

// place finds the line of a YAML path. Files without a mistake are not parsed
// for it.
func (c *check) place(at string) (line, column int) {
	if c.tree == nil {
		tree, err := parser.ParseBytes(c.src, 0)
		if err != nil {
			return 1, 1 // it was read before
		}
		c.tree = tree
	}
	return place(c.tree, at)
}

// place finds the line of a YAML path such as $.signals[2].at; the nearest
// place that exists when the field is not written.
func place(tree *ast.File, at string) (line, column int) {
	for at != "" && at != "$" {
		if yp, err := yaml.PathString(at); err == nil {
			if node, err := yp.FilterFile(tree); err == nil && node != nil && node.GetToken() != nil {
				pos := node.GetToken().Position
				return pos.Line, pos.Column
			}
		}
		cut := max(strings.LastIndexByte(at, '.'), strings.LastIndexByte(at, '['))
		at = at[:max(cut, 0)]
	}
	return 1, 1
}

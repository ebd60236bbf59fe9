package tenant

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// TemplateSchema is the first line of every template.
const TemplateSchema = "zhigai.tenant/1"

const (
	// MaxTemplateBytes bounds a template: a plant file, its parameters and what it
	// brings along.
	MaxTemplateBytes = 8 << 20
	maxParams        = 50
	maxFiles         = 100 // profiles of a template, and definitions
	maxValue         = 200 // bytes; a value is a word in a path, a name or an address
)

// Template makes plants of one kind: a plant file in which ${name} stands for a
// parameter. ${id} is the tenant's id and ${name} its name; they need not be
// declared.
type Template struct {
	Schema string  `yaml:"schema" json:"schema"`
	Name   string  `yaml:"name" json:"name"`
	Limits *Limits `yaml:"limits" json:"limits,omitempty"`
	Params []Param `yaml:"params" json:"params"`
	// Plant is a plant file as text, so that a parameter may stand anywhere in it.
	Plant string `yaml:"plant" json:"plant"`
	// Profiles are files of kinds of machines that the plant uses, as text, and
	// Definitions those of figures. The node knows them from the first firm on.
	Profiles    []string `yaml:"profiles" json:"profiles,omitempty"`
	Definitions []string `yaml:"definitions" json:"definitions,omitempty"`
}

// Param is something that differs from firm to firm.
type Param struct {
	Name    string `yaml:"name" json:"name"`
	About   string `yaml:"about" json:"about,omitempty"`
	Default string `yaml:"default" json:"default,omitempty"`
	// Pattern is a regular expression that the whole value must match.
	Pattern string `yaml:"pattern" json:"pattern,omitempty"`
}

var (
	paramName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,29}$`)
	paramUse  = regexp.MustCompile(`\$\{([^}]*)\}`)
	given     = []string{"id", "name"} // by the tenant itself
)

// ReadTemplate reads a template and looks for mistakes in it; file names it in
// errors.
func ReadTemplate(file string, raw []byte) (Template, error) {
	var t Template
	if len(raw) > MaxTemplateBytes {
		return t, fmt.Errorf("%w: %s has %d bytes, %d are allowed", ErrInvalid, file, len(raw), MaxTemplateBytes)
	}
	raw = bytes.TrimPrefix(raw, []byte("\uFEFF"))
	if err := yaml.UnmarshalWithOptions(raw, &t, yaml.Strict()); err != nil {
		return t, fmt.Errorf("%w: %s: %w", ErrInvalid, file, err)
	}
	if err := t.check(); err != nil {
		return t, fmt.Errorf("%s: %w", file, err)
	}
	return t, nil
}

func (t Template) check() error {
	if t.Schema != TemplateSchema {
		return fmt.Errorf("%w: schema %.40q; write schema: %s", ErrInvalid, t.Schema, TemplateSchema)
	}
	if t.Name == "" || len(t.Name) > maxTemplate {
		return fmt.Errorf("%w: the template has a name of at most %d bytes", ErrInvalid, maxTemplate)
	}
	if len(t.Params) > maxParams {
		return fmt.Errorf("%w: %d parameters, %d are allowed", ErrInvalid, len(t.Params), maxParams)
	}
	known := slices.Clone(given)
	for _, p := range t.Params {
		if !paramName.MatchString(p.Name) || slices.Contains(known, p.Name) {
			return fmt.Errorf("%w: parameter %.40q; write small letters, digits and '_', each name once and not %s", ErrInvalid, p.Name, strings.Join(given, " or "))
		}
		if _, err := p.form(); err != nil {
			return fmt.Errorf("%w: pattern of parameter %s: %w", ErrInvalid, p.Name, err)
		}
		known = append(known, p.Name)
	}
	if len(t.Profiles) > maxFiles || len(t.Definitions) > maxFiles {
		return fmt.Errorf("%w: %d profiles and %d definitions; %d of each are allowed", ErrInvalid, len(t.Profiles), len(t.Definitions), maxFiles)
	}
	used := map[string]bool{}
	for n, line := range strings.Split(t.Plant, "\n") {
		for _, m := range paramUse.FindAllStringSubmatch(line, -1) {
			if !slices.Contains(known, m[1]) {
				return fmt.Errorf("%w: line %d of the plant: ${%.40s} is no parameter; there are %s", ErrInvalid, n+1, m[1], strings.Join(known, ", "))
			}
			used[m[1]] = true
		}
	}
	for _, p := range t.Params {
		if !used[p.Name] {
			return fmt.Errorf("%w: parameter %s stands nowhere in the plant; take it out", ErrInvalid, p.Name)
		}
	}
	return nil
}

// files are what the template brings along; their ids stand in their texts.
func (t Template) files() (out []File) {
	for i, text := range t.Profiles {
		out = append(out, File{Kind: ProfileFile, Text: text, Template: t.Name, where: fmt.Sprintf("template %s, profile %d", t.Name, i+1)})
	}
	for i, text := range t.Definitions {
		out = append(out, File{Kind: DefinitionFile, Text: text, Template: t.Name, where: fmt.Sprintf("template %s, definition %d", t.Name, i+1)})
	}
	return out
}

func (p Param) form() (*regexp.Regexp, error) {
	if p.Pattern == "" {
		return regexp.Compile(`^.+$`)
	}
	return regexp.Compile(`^(?:` + p.Pattern + `)$`)
}

// PlantFor is the plant file of one tenant. Values must be single words as YAML
// sees them: nothing that a value says becomes structure of the file.
func (t Template) PlantFor(one Tenant, values map[string]string) ([]byte, error) {
	all := map[string]string{"id": one.ID, "name": one.Name.ZH}
	for _, p := range t.Params {
		v, ok := values[p.Name]
		if !ok {
			v = p.Default
		}
		form, err := p.form()
		if err != nil {
			return nil, fmt.Errorf("%w: pattern of parameter %s: %w", ErrInvalid, p.Name, err)
		}
		if !form.MatchString(v) {
			return nil, fmt.Errorf("%w: parameter %s is %.60q; it must match %s%s", ErrInvalid, p.Name, v, form, about(p))
		}
		all[p.Name] = v
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !slices.ContainsFunc(t.Params, func(p Param) bool { return p.Name == name }) {
			return nil, fmt.Errorf("%w: the template %s has no parameter %.40q", ErrInvalid, t.Name, name)
		}
	}
	for name, v := range all {
		if len(v) > maxValue || strings.ContainsAny(v, "\r\n\t\x00\"'{}[]#&*!|>%`\\,") || strings.Contains(v, ": ") || strings.HasSuffix(v, ":") {
			return nil, fmt.Errorf("%w: %s is %.60q; write at most %d bytes without quotes, brackets, commas, '#' and ': '", ErrInvalid, name, v, maxValue)
		}
	}
	return []byte(paramUse.ReplaceAllStringFunc(t.Plant, func(use string) string { return all[use[2:len(use)-1]] })), nil
}

func about(p Param) string {
	if p.About == "" {
		return ""
	}
	return " (" + p.About + ")"
}

package figure

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"zhigai/plant"
)

// Schema is the first line every definition carries.
const Schema = "zhigai.figure/1"

// Definition says what a figure is. A changed formula is a new version; what
// was reported keeps the version it was made with.
type Definition struct {
	Schema      string     `yaml:"schema" json:"-"`
	ID          string     `yaml:"id" json:"id"`
	Version     int        `yaml:"version" json:"version"`
	Name        plant.Name `yaml:"name" json:"name"`
	Description plant.Name `yaml:"description" json:"description"`
	Unit        string     `yaml:"unit" json:"unit"`         // UCUM; "1" for a share
	Source      string     `yaml:"source" json:"source"`     // standard and clause
	Verified    string     `yaml:"verified" json:"verified"` // read, derived or unverified
	Better      string     `yaml:"better" json:"better"`     // high, low or neutral
	Digits      int        `yaml:"digits" json:"digits"`     // decimals on the screen
	Terms       []string   `yaml:"terms" json:"terms"`       // what the formula reads
	Each        []Each     `yaml:"each,omitempty" json:"each,omitempty"`
	Formula     string     `yaml:"formula" json:"formula"` // CEL over the terms as doubles
	Undefined   []Rule     `yaml:"undefined,omitempty" json:"undefined,omitempty"`
	Flags       []Rule     `yaml:"flags,omitempty" json:"flags,omitempty"`
	Coverage    Coverage   `yaml:"coverage" json:"coverage"`

	code code
}

// Each makes a term that is not a sum over base windows: its value is
// calculated for each day or for each machine over the whole window, and only
// then added up. It may read the terms of the rows and those made before it.
type Each struct {
	Term  string `yaml:"term" json:"term"`
	Per   string `yaml:"per" json:"per"`     // day or equipment
	Value string `yaml:"value" json:"value"` // CEL, double, whole number
}

// Rule names what holds when its condition does: the reason why there is no
// value, or a flag on it.
type Rule struct {
	When string `yaml:"when" json:"when"` // CEL, boolean
	Name string `yaml:"name" json:"name"`
}

// Coverage names the terms whose quotient says how much is known.
type Coverage struct {
	Known   string `yaml:"known" json:"known"`
	Planned string `yaml:"planned" json:"planned"`
}

var definitionID = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// Parse reads and checks one definition.
func Parse(raw []byte, terms []string) (*Definition, error) {
	var d Definition
	if err := yaml.UnmarshalWithOptions(raw, &d, yaml.Strict()); err != nil {
		return nil, err
	}
	if d.Schema != Schema {
		return nil, fmt.Errorf("schema %q; write %s", d.Schema, Schema)
	}
	if err := d.Prepare(terms); err != nil {
		return nil, err
	}
	return &d, nil
}

// Prepare checks a definition that was read, also as a part of a larger one,
// and compiles it. Nothing but reading it may come before.
func (d *Definition) Prepare(terms []string) error {
	if err := d.check(terms); err != nil {
		return err
	}
	return d.compile()
}

func (d *Definition) check(terms []string) error {
	switch {
	case !definitionID.MatchString(d.ID):
		return fmt.Errorf("id %q; write lower case words joined by -", d.ID)
	case d.Version < 1:
		return fmt.Errorf("version %d; the first is 1", d.Version)
	case d.Name.ZH == "" || d.Name.EN == "":
		return errors.New("name: zh and en are needed")
	case d.Unit == "" || d.Source == "":
		return errors.New("unit and source are needed; a share has the unit \"1\"")
	case !slices.Contains([]string{"read", "derived", "unverified"}, d.Verified):
		return fmt.Errorf("verified %q; write read, derived or unverified", d.Verified)
	case !slices.Contains([]string{"high", "low", "neutral"}, d.Better):
		return fmt.Errorf("better %q; write high, low or neutral", d.Better)
	case d.Digits < 0 || d.Digits > 9:
		return fmt.Errorf("digits %d; 0 to 9", d.Digits)
	case len(d.Terms) == 0 || d.Formula == "":
		return errors.New("terms and formula are needed")
	}
	for _, t := range append(slices.Clone(d.Terms), d.Coverage.Known, d.Coverage.Planned) {
		if t != "" && !slices.Contains(terms, t) {
			return fmt.Errorf("unknown term %q; known are %s", t, strings.Join(terms, ", "))
		}
	}
	if (d.Coverage.Known == "") != (d.Coverage.Planned == "") {
		return errors.New("coverage: known and planned stand together or not at all")
	}
	for _, e := range d.Each {
		if e.Per != "day" && e.Per != "equipment" {
			return fmt.Errorf("each %s: per %q; write day or equipment", e.Term, e.Per)
		}
		if slices.Contains(terms, e.Term) || e.Term == "" {
			return fmt.Errorf("each %q: the name is taken or empty", e.Term)
		}
	}
	return nil
}

func (d *Definition) ref() Ref {
	return Ref{ID: d.ID, Version: d.Version, Name: d.Name, Digits: d.Digits, Better: d.Better}
}

// Package target computes the targets of a policy: what each of them is, over
// which firms and registers it counts, and its value for a region and a period
// with the terms that made it.
//
// A value is a fold over the registry's firms, their yearly returns, the
// machines they run and the registers of what was recognised or carried out;
// terms are added up, ratios never averaged. Targets without a number (directional,
// judged) never get one. The package keeps no registry of its own and decides
// nothing that its definition files do not say.
//
// Start with [Target], [Indicator] and [Fold].
package target

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"zhigai/plant"
)

// Errors of this package; test with errors.Is.
var (
	ErrInvalid = errors.New("target: not valid")
	ErrUnknown = errors.New("target: not found")
)

// Status says what kind of target it is. Only a numeric one is ever shown
// against its value.
type Status string

const (
	Numeric     Status = "numeric"
	Directional Status = "directional" // has figures and a direction, no value to reach
	Judged      Status = "judged"      // people judge it
)

// Schema is the first line of a target's file.
const Schema = "zhigai.target/1"

// Target is one aim of a policy, as its text says it.
type Target struct {
	Schema            string     `yaml:"schema" json:"-"`
	ID                string     `yaml:"id" json:"id"`
	Version           int        `yaml:"version" json:"version"`
	Policy            string     `yaml:"policy" json:"policy"`
	Name              plant.Name `yaml:"name" json:"name"`
	Clause            string     `yaml:"clause" json:"clause"`
	Scope             plant.Name `yaml:"scope" json:"scope"`
	Status            Status     `yaml:"status" json:"status" enum:"numeric,directional,judged"`
	Indicators        []string   `yaml:"indicators,omitempty" json:"indicators" nullable:"false"`
	OperatorAsWritten string     `yaml:"operator_as_written" json:"operator_as_written"`
	Operator          string     `yaml:"operator,omitempty" json:"operator,omitempty" enum:">=,="`
	Value             *float64   `yaml:"value,omitempty" json:"value,omitempty"` // in the indicator's unit
	By                int        `yaml:"by,omitempty" json:"by,omitempty"`       // year; 0: the text gives none
	Every             string     `yaml:"every,omitempty" json:"every,omitempty" enum:"year" doc:"To be reached anew in every year"`
	Aim               string     `yaml:"aim,omitempty" json:"aim,omitempty" enum:"strive" doc:"The text strives for it"`
	BaseYear          string     `yaml:"base_year,omitempty" json:"base_year,omitempty" enum:"parameter" doc:"Growth since a year that the text does not say"`
	Verified          string     `yaml:"verified" json:"verified" enum:"read,unverified"`
	Note              plant.Name `yaml:"note,omitempty" json:"note,omitzero"`
	Units             []string   `yaml:"-" json:"units" nullable:"false" doc:"Responsible units, as the text names them behind the clause"`
}

// Reached reports whether the value fulfils a numeric target. "=" is reached
// by more, too: the text names the figure to come to, not a limit.
func (t Target) Reached(value float64) bool { return t.Value != nil && value >= *t.Value }

// Policy is the text that targets come from.
type Policy struct {
	Schema      string       `yaml:"schema" json:"-"`
	ID          string       `yaml:"id" json:"id"`
	Title       plant.Name   `yaml:"title" json:"title"`
	Issuer      string       `yaml:"issuer" json:"issuer"`
	Signed      string       `yaml:"signed" json:"signed"`
	Printed     string       `yaml:"printed" json:"printed"`
	Verified    string       `yaml:"verified" json:"verified"`
	Clauses     []Clause     `yaml:"clauses" json:"clauses"`
	Obligations []Obligation `yaml:"obligations" json:"obligations"`
}

// Clause names the units that are responsible for a clause.
type Clause struct {
	Clause string   `yaml:"clause" json:"clause"`
	Units  []string `yaml:"units" json:"units"`
}

// Obligation is something the text wants done without a number.
type Obligation struct {
	ID     string `yaml:"id" json:"id"`
	Text   string `yaml:"text" json:"text"`
	Clause string `yaml:"clause" json:"clause"`
	// Indicators tell how far it has come, where something can be counted.
	Indicators []string `yaml:"indicators,omitempty" json:"indicators,omitempty"`
}

const policySchema = "zhigai.policy/1"

var targetID = regexp.MustCompile(`^[A-Z][A-Z0-9-]{0,19}$`)

// Book is every policy, target and indicator a node knows.
type Book struct {
	Policies   []Policy
	targets    []Target
	indicators []*Indicator
}

// Load reads policies/, targets/ and indicators/ of data. What one file says
// wrong is said with its name; files that name one another must fit.
func Load(data fs.FS) (*Book, error) {
	b := &Book{}
	var problems []error
	each := func(dir string, read func(raw []byte) error) {
		entries, err := fs.ReadDir(data, dir)
		if err != nil {
			problems = append(problems, fmt.Errorf("targets: %w", err))
			return
		}
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), ".yaml") {
				continue
			}
			name := path.Join(dir, e.Name())
			raw, err := fs.ReadFile(data, name)
			if err == nil {
				err = read(raw)
			}
			if err != nil {
				problems = append(problems, fmt.Errorf("%s: %w", name, err))
			}
		}
	}
	each("policies", b.addPolicy)
	each("indicators", b.addIndicator)
	each("targets", b.addTarget)
	for _, p := range b.Policies {
		for _, o := range p.Obligations {
			for _, id := range o.Indicators {
				if _, err := b.Indicator(id); err != nil {
					problems = append(problems, fmt.Errorf("policies: %s, obligation %s: %w", p.ID, o.ID, err))
				}
			}
		}
	}
	return b, errors.Join(problems...)
}

func (b *Book) addPolicy(raw []byte) error {
	var p Policy
	if err := yaml.UnmarshalWithOptions(raw, &p, yaml.Strict()); err != nil {
		return err
	}
	switch {
	case p.Schema != policySchema:
		return fmt.Errorf("schema %q; write %s", p.Schema, policySchema)
	case p.ID == "" || p.Title.ZH == "" || p.Title.EN == "" || p.Issuer == "" || p.Signed == "":
		return errors.New("id, title (zh, en), issuer and signed are needed")
	case slices.ContainsFunc(b.Policies, func(o Policy) bool { return o.ID == p.ID }):
		return fmt.Errorf("the policy %q stands in two files", p.ID)
	}
	b.Policies = append(b.Policies, p)
	return nil
}

func (b *Book) addIndicator(raw []byte) error {
	ind, err := ParseIndicator(raw)
	if err != nil {
		return err
	}
	for _, o := range b.indicators {
		if o.ID == ind.ID && o.Version == ind.Version {
			return fmt.Errorf("%s version %d stands in two files", ind.ID, ind.Version)
		}
	}
	b.indicators = append(b.indicators, ind)
	return nil
}

func (b *Book) addTarget(raw []byte) error {
	var t Target
	if err := yaml.UnmarshalWithOptions(raw, &t, yaml.Strict()); err != nil {
		return err
	}
	if err := t.check(); err != nil {
		return err
	}
	for _, o := range b.targets {
		if o.ID == t.ID && o.Version == t.Version {
			return fmt.Errorf("%s version %d stands in two files", t.ID, t.Version)
		}
	}
	at := slices.IndexFunc(b.Policies, func(p Policy) bool { return p.ID == t.Policy })
	if at < 0 {
		return fmt.Errorf("policy %q is not known", t.Policy)
	}
	for _, id := range t.Indicators {
		if _, err := b.Indicator(id); err != nil {
			return err
		}
	}
	if t.Indicators == nil {
		t.Indicators = []string{}
	}
	t.Units = []string{}
	for _, c := range b.Policies[at].Clauses {
		if c.Clause == t.Clause {
			t.Units = c.Units
		}
	}
	b.targets = append(b.targets, t)
	return nil
}

func (t Target) check() error {
	switch {
	case t.Schema != Schema:
		return fmt.Errorf("schema %q; write %s", t.Schema, Schema)
	case !targetID.MatchString(t.ID):
		return fmt.Errorf("id %q; write capital letters and digits, T08", t.ID)
	case t.Version < 1:
		return fmt.Errorf("version %d; the first is 1", t.Version)
	case t.Name.ZH == "" || t.Name.EN == "" || t.Scope.ZH == "" || t.Scope.EN == "":
		return errors.New("name and scope need zh and en")
	case t.Clause == "" || t.OperatorAsWritten == "":
		return errors.New("clause and operator_as_written are needed: what the text says, where")
	case t.Verified != "read" && t.Verified != "unverified":
		return fmt.Errorf("verified %q; write read or unverified", t.Verified)
	case t.Every != "" && t.Every != "year":
		return fmt.Errorf("every %q; write year, or leave it out", t.Every)
	case t.Aim != "" && t.Aim != "strive":
		return fmt.Errorf("aim %q; write strive, or leave it out", t.Aim)
	case t.BaseYear != "" && t.BaseYear != "parameter":
		return fmt.Errorf("base_year %q; write parameter, or leave it out", t.BaseYear)
	case t.By != 0 && (t.By < 1949 || t.By > 2100):
		return fmt.Errorf("by %d; write a year", t.By)
	}
	switch t.Status {
	case Numeric:
		if t.Value == nil || t.Operator != ">=" && t.Operator != "=" || len(t.Indicators) != 1 {
			return errors.New("a numeric target has one indicator, a value and the operator \">=\" or \"=\"")
		}
	case Directional:
		if t.Value != nil || t.Operator != "" || len(t.Indicators) == 0 {
			return errors.New("a directional target has indicators, no value and no operator")
		}
	case Judged:
		if t.Value != nil || t.Operator != "" || len(t.Indicators) != 0 {
			return errors.New("a judged target has no indicator, no value and no operator")
		}
	default:
		return fmt.Errorf("status %q; write numeric, directional or judged", t.Status)
	}
	return nil
}

// Targets are the newest versions, in order of id.
func (b *Book) Targets() []Target {
	newest := map[string]Target{}
	for _, t := range b.targets {
		if t.Version > newest[t.ID].Version {
			newest[t.ID] = t
		}
	}
	out := make([]Target, 0, len(newest))
	for _, t := range newest {
		out = append(out, t)
	}
	slices.SortFunc(out, func(x, y Target) int { return strings.Compare(x.ID, y.ID) })
	return out
}

// Indicator is the newest version of an indicator.
func (b *Book) Indicator(id string) (*Indicator, error) {
	var newest *Indicator
	for _, ind := range b.indicators {
		if ind.ID == id && (newest == nil || newest.Version < ind.Version) {
			newest = ind
		}
	}
	if newest == nil {
		return nil, fmt.Errorf("%w: indicator %q", ErrUnknown, id)
	}
	return newest, nil
}

// Indicators are the newest versions, in order of id.
func (b *Book) Indicators() []*Indicator {
	var out []*Indicator
	for _, ind := range b.indicators {
		if newest, err := b.Indicator(ind.ID); err == nil && newest == ind {
			out = append(out, ind)
		}
	}
	slices.SortFunc(out, func(x, y *Indicator) int { return strings.Compare(x.ID, y.ID) })
	return out
}

package profile

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"zhigai/plant"
)

// Kinds of parameters.
const (
	ParamText    = "text"
	ParamNumber  = "number"
	ParamBoolean = "boolean"
	ParamChoice  = "choice"
)

var paramKinds = []string{ParamText, ParamNumber, ParamBoolean, ParamChoice}

// Param is what a person says of one device: its unit on the bus, its prefix in
// the address space, how large its current transformer is. It stands in
// addresses as {name}, and what stands in none goes to the driver.
type Param struct {
	Name     string                `yaml:"name"`
	Title    plant.Name            `yaml:"title"`
	Kind     string                `yaml:"kind"` // text, number, boolean or choice
	Default  string                `yaml:"default,omitempty"`
	Choices  map[string]plant.Name `yaml:"choices,omitempty"` // of a choice: value → name
	Min      *float64              `yaml:"min,omitempty"`
	Max      *float64              `yaml:"max,omitempty"`
	Required bool                  `yaml:"required,omitempty"`
	Secret   bool                  `yaml:"secret,omitempty"` // never shown again
}

// fits says what is wrong with a value.
func (p *Param) fits(value string) error {
	switch p.Kind {
	case ParamNumber:
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return fmt.Errorf("%s: %q is no number; write for example 1", p.Name, value)
		}
		if p.Min != nil && n < *p.Min || p.Max != nil && n > *p.Max {
			return fmt.Errorf("%s: %s is outside %s", p.Name, value, limits(p.Min, p.Max))
		}
	case ParamBoolean:
		if value != "true" && value != "false" {
			return fmt.Errorf("%s: %q; write true or false", p.Name, value)
		}
	case ParamChoice:
		if _, ok := p.Choices[value]; !ok {
			return fmt.Errorf("%s: %q; write one of %s", p.Name, value, strings.Join(slices.Sorted(maps.Keys(p.Choices)), ", "))
		}
	}
	return nil
}

func limits(least, most *float64) string {
	switch {
	case least == nil:
		return fmt.Sprintf("at most %v", *most)
	case most == nil:
		return fmt.Sprintf("at least %v", *least)
	}
	return fmt.Sprintf("%v to %v", *least, *most)
}

// CheckParams says what is wrong with a device's parameters: one that is
// missing, or a value that does not fit. Those that the profile does not name
// are the driver's to judge.
func (p *Profile) CheckParams(params map[string]string) error {
	var problems []error
	for i := range p.Params {
		one := &p.Params[i]
		value, given := params[one.Name]
		switch {
		case given && value != "":
			if err := one.fits(value); err != nil {
				problems = append(problems, fmt.Errorf("device parameter %w", err))
			}
		case one.Required:
			problems = append(problems, fmt.Errorf("device parameter %s is missing; write the %s", one.Name, strings.ToLower(one.Title.EN)))
		}
	}
	return errors.Join(problems...)
}

// Defaults are the parameters of a device where nobody gives others; those that
// have to be given are not among them.
func (p *Profile) Defaults() map[string]string { return p.filled(nil) }

// filled are a device's parameters with the profile's defaults below them.
func (p *Profile) filled(params map[string]string) map[string]string {
	out := map[string]string{}
	for _, one := range p.Params {
		if one.Default != "" {
			out[one.Name] = one.Default
		}
	}
	maps.Copy(out, params)
	return out
}

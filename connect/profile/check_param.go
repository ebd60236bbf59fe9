package profile

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var paramName = regexp.MustCompile(`^[a-z][a-z_]*$`)

// units looks at a signal's unit, and whether the device's own converts to it.
func (c *check) units(at string, s *Signal) {
	c.unit(at, s.Unit)
	switch {
	case s.DeviceUnit == "":
		return
	case s.Unit == "":
		c.bad(at+".device_unit", "write unit, too: what the value is stored in", "%s: device_unit without unit", s.Name)
		return
	}
	before := len(c.problems)
	c.unit(at, s.DeviceUnit)
	if len(c.problems) > before {
		return
	}
	if _, _, err := Conversion(s.DeviceUnit, s.Unit); err != nil {
		c.bad(at+".device_unit", "write units of one kind, such as device_unit: W with unit: kW", "%s: %v", s.Name, err)
	}
}

// params looks at what a person is asked for, and that addresses ask for
// nothing else.
func (c *check) params() {
	seen := map[string]bool{}
	for i, p := range c.p.Params {
		at := c.at("params", i, func() int { return slices.IndexFunc(c.own.Params, func(o Param) bool { return o.Name == p.Name }) })
		if !paramName.MatchString(p.Name) || seen[p.Name] {
			c.bad(at+".name", "write a name of its own, lower case letters joined by _, such as unit", "parameter %q", p.Name)
		}
		seen[p.Name] = true
		if p.Title.ZH == "" {
			c.bad(at, "write title: {zh: ..., en: ...}", "parameter %s: the Chinese title is missing", p.Name)
		}
		c.param(at, &p)
	}
	if len(c.p.Params) == 0 {
		return
	}
	for i, s := range c.p.Signals {
		for _, m := range placeholder.FindAllStringSubmatch(s.At, -1) {
			if !seen[m[1]] {
				c.bad(c.atSignal(i)+".at", "add it to params, or write the address out", "%s: the parameter %q is not declared", s.Name, m[1])
			}
		}
	}
}

// example is an address with something in the place of each parameter, so that
// the driver can look at it; one that is not declared stays as it is.
func (c *check) example(address string) string {
	for _, p := range c.p.Params {
		value := p.Default
		switch {
		case value != "":
		case p.Kind == ParamChoice && len(p.Choices) > 0:
			value = slices.Min(slices.Collect(maps.Keys(p.Choices)))
		case p.Kind == ParamNumber && p.Min != nil:
			value = strconv.FormatFloat(*p.Min, 'f', -1, 64)
		default:
			value = "1"
		}
		address = strings.ReplaceAll(address, "{"+p.Name+"}", value)
	}
	return address
}

func (c *check) param(at string, p *Param) {
	switch {
	case !slices.Contains(paramKinds, p.Kind):
		c.bad(at+".kind", "write one of "+strings.Join(paramKinds, ", "), "parameter %s: kind %q", p.Name, p.Kind)
		return
	case (p.Kind == ParamChoice) != (len(p.Choices) > 0):
		c.bad(at+".choices", "write choices: {value: {zh: ..., en: ...}} for a choice, and only for one", "parameter %s: a %s with %d choices", p.Name, p.Kind, len(p.Choices))
	case p.Kind != ParamNumber && (p.Min != nil || p.Max != nil):
		c.bad(at+".min", "only numbers have limits", "parameter %s: a %s with limits", p.Name, p.Kind)
	case p.Min != nil && p.Max != nil && *p.Min >= *p.Max:
		c.bad(at+".min", "min is the smaller one", "parameter %s: min %v is not below max %v", p.Name, *p.Min, *p.Max)
	case p.Secret && p.Default != "":
		c.bad(at+".default", "a secret that stands in a profile is none; leave it out", "parameter %s: a secret with a default", p.Name)
	case p.Required && p.Default != "":
		c.bad(at+".required", "one with a default need not be given; leave one of them out", "parameter %s: required with a default", p.Name)
	case p.Default != "":
		if err := p.fits(p.Default); err != nil {
			c.bad(at+".default", "", "%v", fmt.Errorf("parameter %w", err))
		}
	}
}

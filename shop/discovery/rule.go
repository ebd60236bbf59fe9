package discovery

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Rule says which devices become which machines, and where to look for them.
// Of several the first by name that fits decides.
type Rule struct {
	ID     string `json:"id"`
	Rev    int64  `json:"rev"`
	Name   string `json:"name" minLength:"1" maxLength:"100"`
	Driver string `json:"driver" maxLength:"40"`
	// Where is searched every Every minutes, 0 for never; what speaks by itself
	// is heard anyway.
	Where string `json:"where,omitempty" maxLength:"300"`
	Every int    `json:"every_min,omitempty" minimum:"0" maximum:"10080"`
	// Matching: regular expressions on the title and the address, the profile
	// that recognised the device. Empty fits all.
	Title   string `json:"title,omitempty" maxLength:"200"`
	Address string `json:"address,omitempty" maxLength:"200"`
	Is      string `json:"is,omitempty" maxLength:"100"`
	// Says is a regular expression on a line of what the device says of itself:
	// vendor=, product=, version=, serial=, and the text that it announces.
	Says string `json:"says,omitempty" maxLength:"200"`
	// Profile replaces what recognised the device; Place is the path below which
	// the machine is put.
	Profile string `json:"profile,omitempty" maxLength:"100"`
	Place   string `json:"place" maxLength:"400"`
	// Params are what devices of the rule need to be spoken to, beside what was
	// found: a policy, a prefix.
	Params map[string]string `json:"params,omitempty"`
	// Auto adopts new devices at once; else a person does.
	Auto bool `json:"auto"`
	Off  bool `json:"off"`
}

// check says what is wrong with a rule a person wrote.
func (r *Rule) check(d *Desk, m plant.Model) error {
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", access.ErrInvalid, fmt.Sprintf(format, args...))
	}
	if r.Name == "" {
		return wrong("name is missing; write what the rule is for")
	}
	if d.drivers[r.Driver] == nil {
		return wrong("driver %q cannot look for devices; /api/v1/drivers lists those that can", r.Driver)
	}
	for _, p := range []string{r.Title, r.Address, r.Says} {
		if _, err := regexp.Compile(p); err != nil {
			return wrong("%q is no regular expression: %v", p, err)
		}
	}
	for _, id := range []string{r.Profile, r.Is} {
		if p, ok := d.o.Profiles.Get(id); id != "" && (!ok || !p.Fits(r.Driver)) {
			return wrong("there is no profile %q for %s; /api/v1/profiles lists them", id, r.Driver)
		}
	}
	for _, n := range m.Nodes {
		if n.Path == r.Place && n.Level != plant.LevelEquipment {
			return nil
		}
	}
	return wrong("place %q is no node of the plant that machines can stand below; add it first", r.Place)
}

// pattern is a rule that can be held against many candidates.
type pattern struct {
	*Rule
	title, address, says *regexp.Regexp
}

// patterns are the rules that are on; one that cannot be read any more fits
// nothing.
func patterns(rules []Rule) []pattern {
	var out []pattern
	for i := range rules {
		r := &rules[i]
		title, err := regexp.Compile(r.Title)
		address, err2 := regexp.Compile(r.Address)
		says, err3 := regexp.Compile(r.Says)
		if !r.Off && errors.Join(err, err2, err3) == nil {
			out = append(out, pattern{r, title, address, says})
		}
	}
	return out
}

func (p *pattern) fits(c *Candidate) bool {
	return p.Driver == c.Device.Driver && (p.Is == "" || p.Is == c.Profile) &&
		p.title.MatchString(c.Title) && p.address.MatchString(c.Device.Address) &&
		(p.Says == "" || slices.ContainsFunc(said(c), p.says.MatchString))
}

// said is what a device says of itself, a line each.
func said(c *Candidate) []string {
	out := slices.Clone(c.Text)
	for _, x := range [...]struct{ name, value string }{
		{"vendor", c.Identity.Vendor}, {"product", c.Identity.Product}, {"version", c.Identity.Version}, {"serial", c.Identity.Serial},
	} {
		if x.value != "" {
			out = append(out, x.name+"="+x.value)
		}
	}
	return out
}

func (r *Rule) due(last, now time.Time) bool {
	return !r.Off && r.Every > 0 && now.Sub(last) >= time.Duration(r.Every)*time.Minute
}

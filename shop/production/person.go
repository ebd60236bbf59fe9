package production

import (
	"context"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Person is somebody who works at machines, with what he or she can do.
type Person struct {
	Name   string  `json:"name" minLength:"1" maxLength:"100" doc:"As the person signs in"`
	Called string  `json:"called,omitempty" maxLength:"100" doc:"As colleagues say"`
	Skills []Skill `json:"skills" nullable:"false" maxItems:"100"`
	Off    bool    `json:"off,omitempty" doc:"No longer works here"`
	Rev    int64   `json:"rev" doc:"Counts the changes"`
}

// Skill is what a person was found able to do, for a time.
type Skill struct {
	Name string `json:"name" minLength:"1" maxLength:"63"`
	From string `json:"from" format:"date"`
	To   string `json:"to,omitempty" doc:"First day on which it has to be proved anew"`
}

// maxPeople of one plant.
const maxPeople = 20_000

// People lists who works here, by name.
func (d *Desk) People(ctx context.Context, who access.Principal) ([]Person, error) {
	return d.o.Store.People(ctx, who.Scope.Tenant, maxPeople)
}

// Person is one of them, for a machine at which somebody says who he or she is;
// access.ErrNotFound for somebody whom nobody has entered.
func (d *Desk) Person(ctx context.Context, who access.Principal, name string) (Person, error) {
	return d.o.Store.Person(ctx, who.Scope.Tenant, strings.TrimSpace(name))
}

// SavePerson enters a person, or changes one whose Rev was seen.
func (d *Desk) SavePerson(ctx context.Context, who access.Principal, p Person) (Person, error) {
	if !who.May(access.Plan, "") {
		return Person{}, access.ErrForbidden
	}
	if p.Name = strings.TrimSpace(p.Name); p.Name == "" || len(p.Name) > maxName || len(p.Called) > maxName {
		return Person{}, invalid("a person has a name of 1 to %d bytes", maxName)
	}
	for i, s := range p.Skills {
		from, err := time.Parse(time.DateOnly, s.From)
		switch {
		case strings.TrimSpace(s.Name) == "":
			return Person{}, invalid("%s: skill %d has no name", p.Name, i+1)
		case err != nil:
			return Person{}, invalid("%s, skill %s: %q is no day; write 2026-05-01", p.Name, s.Name, s.From)
		case slices.ContainsFunc(p.Skills[:i], func(o Skill) bool { return o.Name == s.Name }):
			return Person{}, invalid("%s: skill %s stands twice", p.Name, s.Name)
		case s.To == "":
			continue
		}
		if to, err := time.Parse(time.DateOnly, s.To); err != nil || !to.After(from) {
			return Person{}, invalid("%s, skill %s: %q is no day after %s", p.Name, s.Name, s.To, s.From)
		}
	}
	seen := p.Rev
	p.Rev++
	return p, d.o.Store.SavePerson(ctx, who.Scope.Tenant, p, seen)
}

// Has lists the skills that hold on the day of an instant.
func (p Person) Has(at plant.Instant) []string {
	day := at.Time().Format(time.DateOnly)
	var out []string
	for _, s := range p.Skills {
		if !p.Off && s.From <= day && (s.To == "" || day < s.To) {
			out = append(out, s.Name)
		}
	}
	return out
}

package task

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/target"
)

// Unit is an organisation that answers for tasks, as it was called from a day
// on and until another.
type Unit struct {
	ID     string `yaml:"id" json:"id"`
	Rev    int64  `yaml:"-" json:"rev"`
	Name   string `yaml:"name" json:"name" maxLength:"100"`
	Short  string `yaml:"short,omitempty" json:"short,omitempty" maxLength:"60" doc:"As policies name it"`
	Level  string `yaml:"level" json:"level" enum:"province,city,county,central" doc:"Central: an outpost of a national authority"`
	Region string `yaml:"region" json:"region" pattern:"^[0-9]{6}$"`
	Duty   string `yaml:"duty,omitempty" json:"duty,omitempty" maxLength:"500"`
	From   string `yaml:"from,omitempty" json:"from,omitempty" maxLength:"10" doc:"Day from which on it existed under this name; left out: not known"`
	To     string `yaml:"to,omitempty" json:"to,omitempty" maxLength:"10" doc:"First day on which it did not"`
	// Successors took its duties over when it ended.
	Successors []string `yaml:"successors,omitempty" json:"successors" nullable:"false" maxItems:"8"`
	Source     string   `yaml:"source,omitempty" json:"source,omitempty" maxLength:"200" doc:"Document that it rests on"`
	Verified   string   `yaml:"verified,omitempty" json:"verified,omitempty" enum:"read,unverified,"`
}

// UnitChange is one revision of a unit.
type UnitChange struct {
	Unit
	At  plant.Micros `json:"at"`
	Who string       `json:"who"`
}

// Register is all units, by id.
type Register map[string]Unit

const unitSchema = "zhigai.organisations/1"

// LoadUnits reads the units that come with the product.
func LoadUnits(data fs.FS, name string) ([]Unit, error) {
	raw, err := fs.ReadFile(data, name)
	if err != nil {
		return nil, err
	}
	var file struct {
		Schema string `yaml:"schema"`
		Units  []Unit `yaml:"units"`
	}
	if err := yaml.UnmarshalWithOptions(raw, &file, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if file.Schema != unitSchema {
		return nil, fmt.Errorf("%s: schema %q; write %s", name, file.Schema, unitSchema)
	}
	all := Register{}
	for i, u := range file.Units {
		if u.Successors == nil {
			file.Units[i].Successors = []string{}
		}
		if _, twice := all[u.ID]; twice || u.ID == "" {
			return nil, fmt.Errorf("%s: units[%d]: id %q is empty or stands there twice", name, i, u.ID)
		}
		all[u.ID] = file.Units[i]
	}
	for _, id := range slices.Sorted(maps.Keys(all)) {
		if err := all.check(all[id]); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", name, id, err)
		}
	}
	return file.Units, nil
}

// Units is the register as it is now.
func (d *Desk) Units(ctx context.Context, tenant plant.TenantNo) (Register, error) {
	kept, err := d.Store.Units(ctx, tenant)
	if err != nil {
		return nil, err
	}
	out := Register{}
	for _, u := range slices.Concat(d.Given, kept) {
		out[u.ID] = u
	}
	return out, nil
}

// Called is what carried the unit's duties on a day: its own name, or those of
// its successors from the day on which it ended.
func (r Register) Called(id, day string) string {
	var names []string
	for _, u := range r.on(id, day, map[string]bool{}) {
		if !slices.Contains(names, u.Name) {
			names = append(names, u.Name)
		}
	}
	return strings.Join(names, "、")
}

func (r Register) on(id, day string, seen map[string]bool) (out []Unit) {
	u, ok := r[id]
	if !ok || seen[id] {
		return nil
	}
	seen[id] = true
	if u.To == "" || day < u.To || len(u.Successors) == 0 {
		return []Unit{u}
	}
	for _, next := range u.Successors {
		out = append(out, r.on(next, day, seen)...)
	}
	return out
}

// SaveUnit checks and stores a unit; its division must lie in the areas.
func (d *Desk) SaveUnit(ctx context.Context, tenant plant.TenantNo, areas []access.Area, u Unit) (was, is Unit, err error) {
	all, err := d.Units(ctx, tenant)
	if err != nil {
		return was, is, err
	}
	if u.ID != "" {
		var known bool
		if was, known = all[u.ID]; !known {
			return was, is, fmt.Errorf("organisation %q: %w", u.ID, access.ErrNotFound)
		}
		if !Visible(areas, was.Region) {
			return was, is, fmt.Errorf("%w: %s lies outside what you keep", access.ErrForbidden, was.Region)
		}
	}
	if !Visible(areas, u.Region) {
		return was, is, fmt.Errorf("%w: %s lies outside what you keep", access.ErrForbidden, u.Region)
	}
	if u.Successors == nil {
		u.Successors = []string{}
	}
	u.Name, u.Short = strings.TrimSpace(u.Name), strings.TrimSpace(u.Short)
	at := plant.MicrosOf(d.Now())
	if day, err := time.Parse(time.DateOnly, u.To); err == nil {
		at = min(at, target.Midnight(day)-1)
	}
	if err := d.Targets.Division(u.Region, at); err != nil {
		return was, is, fmt.Errorf("%w: region: %w", target.ErrInvalid, err)
	}
	if err := all.check(u); err != nil {
		return was, is, fmt.Errorf("%w: %w", target.ErrInvalid, err)
	}
	is, err = d.Store.SaveUnit(ctx, tenant, u)
	return was, is, err
}

// check says what is wrong with a unit beside all others.
func (r Register) check(u Unit) error {
	day := func(text string) bool { _, err := time.Parse(time.DateOnly, text); return text == "" || err == nil }
	switch {
	case u.Name == "" || utf8.RuneCountInString(u.Name) > 100 || utf8.RuneCountInString(u.Duty) > maxText:
		return fmt.Errorf("name has 1 to 100 letters, duty at most %d", maxText)
	case !slices.Contains([]string{"province", "city", "county", "central"}, u.Level):
		return fmt.Errorf("level %q; write province, city, county or central", u.Level)
	case !day(u.From) || !day(u.To):
		return errors.New("from and to are days; write 2018-10-25")
	case u.To != "" && u.From != "" && u.To <= u.From:
		return errors.New("to comes before from")
	case len(u.Successors) > 0 && u.To == "":
		return errors.New("successors: what goes on has none; write to, the day on which it ended")
	}
	for i, id := range u.Successors {
		next, ok := r[id]
		switch {
		case !ok:
			return fmt.Errorf("successors[%d]: %q is not in the register; enter it first", i, id)
		case slices.Contains(u.Successors[:i], id):
			return fmt.Errorf("successors[%d]: %q stands there twice", i, id)
		case next.To != "" && next.To <= u.To:
			return fmt.Errorf("successors[%d]: %s had ended on %s", i, next.Name, next.To)
		case u.ID != "" && r.leads(id, u.ID, map[string]bool{}):
			return fmt.Errorf("successors[%d]: %s goes back to %s", i, next.Name, u.Name)
		}
	}
	return nil
}

// leads reports whether successors lead from one unit to another.
func (r Register) leads(from, to string, seen map[string]bool) bool {
	if from == to {
		return true
	}
	if seen[from] {
		return false
	}
	seen[from] = true
	return slices.ContainsFunc(r[from].Successors, func(next string) bool { return r.leads(next, to, seen) })
}

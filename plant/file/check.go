package file

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/plant"
)

// maxPRU is the longest believable planned run time per unit: a forging of
// a month; more is a wrong unit.
const maxPRU = 31 * 24 * time.Hour

// checker looks at what the file says.
type checker struct {
	*reader
	doc document
	o   Options
}

// problem puts the mistake at the value, or where the nearest thing around it
// stands when the value is missing.
func (c *checker) problem(path, format string, args ...any) {
	at, ok := c.at[path]
	for up := path; !ok && up != ""; at, ok = c.at[up] {
		up = up[:max(strings.LastIndexByte(up, '.'), strings.LastIndexByte(up, '['), 0)]
	}
	c.add(at, format, args...)
}

func (c *checker) run() {
	if c.doc.Schema != Schema {
		c.problem("schema", "schema is %q; write \"schema: %s\"", c.doc.Schema, Schema)
	}
	c.calendars()
	c.products()
	c.nodes()
	c.devices()
}

func (c *checker) calendars() {
	for i, cal := range c.doc.Calendars {
		at := fmt.Sprintf("calendars[%d]", i)
		if strings.Contains(cal.Code, "/") || plant.CheckPath(cal.Code) != nil {
			c.problem(at+".code", "calendar code %q; write 1-63 of a-z 0-9 _ -", cal.Code)
		}
		c.named(at, cal.Name)
		c.validity(at, cal.Valid)
		for k, other := range c.doc.Calendars[:i] {
			if other.Code == cal.Code && overlap(other.Valid, cal.Valid) {
				c.problem(at+".code", "calendar %q stands here a second time (first: line %d); give it another code, or validities that do not overlap", cal.Code, c.line(fmt.Sprintf("calendars[%d].code", k)))
				break
			}
		}
		c.part(at+".zone", plant.Calendar{Code: cal.Code, Zone: cal.Zone})
		codes := map[string]bool{}
		for k, s := range cal.Shifts {
			here := fmt.Sprintf("%s.shifts[%d]", at, k)
			if s.Code == "" || codes[s.Code] {
				c.problem(here+".code", "calendar %q: shift code %q is missing or there twice", cal.Code, s.Code)
			}
			codes[s.Code] = true
			c.part(here, plant.Calendar{Code: cal.Code, Zone: "UTC", Shifts: []plant.Shift{s}})
		}
		for k, d := range cal.Holidays {
			c.part(fmt.Sprintf("%s.holidays[%d].date", at, k), plant.Calendar{Code: cal.Code, Zone: "UTC", Holidays: []plant.Day{d}})
		}
		for k, d := range cal.Workdays {
			c.part(fmt.Sprintf("%s.workdays[%d].date", at, k), plant.Calendar{Code: cal.Code, Zone: "UTC", Workdays: []plant.Day{d}})
		}
		for k, d := range cal.Downs {
			c.part(fmt.Sprintf("%s.downs[%d]", at, k), plant.Calendar{Code: cal.Code, Zone: "UTC", Downs: []plant.Down{d}})
		}
	}
}

// part checks one piece of a calendar with the calendar's own check, which
// says what is wrong but not where.
func (c *checker) part(at string, piece plant.Calendar) {
	if err := piece.Check(); err != nil {
		c.problem(at, "%v", err)
	}
}

func (c *checker) products() {
	seen := map[string]int{}
	for i, p := range c.doc.Products {
		at := fmt.Sprintf("products[%d]", i)
		if p.Code == "" || p.Code == "*" || len(p.Code) > 63 {
			c.problem(at+".code", "product code %q; write 1-63 characters, as the machines report it", p.Code)
		} else if first, twice := seen[p.Code]; twice {
			c.problem(at+".code", "product %q stands here a second time (first: line %d); delete one", p.Code, first)
		}
		seen[p.Code] = c.line(at + ".code")
		c.named(at, p.Name)
	}
}

func (c *checker) named(at string, n plant.Name) {
	if strings.TrimSpace(n.ZH) == "" {
		c.problem(at+".name", "name.zh is missing; write \"name: {zh: 名称, en: Name}\"")
	}
}

func (c *checker) validity(at string, v plant.Validity) {
	if !v.To.IsZero() && !v.To.After(v.From) {
		c.problem(at+".valid", "valid ends %s, not after it begins", v.To.Format(time.RFC3339))
	}
}

func (c *checker) line(path string) int { return c.at[path].line }

func overlap(a, b plant.Validity) bool {
	return (a.To.IsZero() || b.From.Before(a.To)) && (b.To.IsZero() || a.From.Before(b.To))
}

func (c *checker) nodes() {
	if len(c.doc.Nodes) == 0 && len(c.doc.Calendars) == 0 && len(c.doc.Products) == 0 {
		c.problem("nodes", "the file names nothing; write nodes, products or calendars")
	}
	levels := map[string]plant.Level{}
	for _, n := range c.o.Existing.Nodes {
		levels[n.Path] = n.Level
	}
	for _, n := range c.doc.Nodes {
		levels[n.Path] = n.Level
	}
	byPath, byID := map[string][]int{}, map[plant.NodeID][]int{}
	for i, n := range c.doc.Nodes {
		at := fmt.Sprintf("nodes[%d]", i)
		c.node(at, n, levels)
		if k := c.twin(byPath[n.Path], n); k >= 0 {
			c.problem(at+".path", "path %q stands here a second time (first: line %d); give it another path, or validities that do not overlap", n.Path, c.line(fmt.Sprintf("nodes[%d].path", k)))
		} else if k := c.twin(byID[n.ID], n); n.ID != "" && k >= 0 {
			c.problem(at+".id", "id %q belongs to %q too (line %d); leave it out for a new node", n.ID, c.doc.Nodes[k].Path, c.line(fmt.Sprintf("nodes[%d].id", k)))
		}
		byPath[n.Path], byID[n.ID] = append(byPath[n.Path], i), append(byID[n.ID], i)
	}
}

// twin is an earlier entry that holds at the same time as n, or -1.
func (c *checker) twin(earlier []int, n plant.Node) int {
	for _, k := range earlier {
		if overlap(c.doc.Nodes[k].Valid, n.Valid) {
			return k
		}
	}
	return -1
}

func (c *checker) node(at string, n plant.Node, levels map[string]plant.Level) {
	if err := plant.CheckPath(n.Path); err != nil {
		c.problem(at+".path", "%v", err)
		return
	}
	c.named(at, n.Name)
	c.validity(at, n.Valid)
	up := plant.ParentPath(n.Path)
	above, known := levels[up]
	switch {
	case n.Level.Depth() < 0:
		c.problem(at+".level", "level %q%s", n.Level, instead(string(n.Level), levelNames()))
	case (up == "") != (n.Level == plant.LevelEnterprise):
		c.problem(at+".level", "%s: the outermost node, and no other, is an enterprise; level is %q", n.Path, n.Level)
	case up != "" && !known:
		c.problem(at+".path", "%s: its parent %q is missing; add a node with that path", n.Path, up)
	case up != "" && above.Depth() >= n.Level.Depth():
		c.problem(at+".level", "%s: level %q cannot stand below %q, which is of level %q; levels go %s", n.Path, n.Level, up, above, strings.Join(levelNames(), ", "))
	case n.Machine == nil && n.Level == plant.LevelEquipment:
		c.problem(at, "%s: a node of level equipment needs an equipment section (class, profile, device)", n.Path)
	case n.Machine != nil && n.Level != plant.LevelEquipment:
		c.problem(at+".equipment", "%s: only a node of level equipment has an equipment section; level is %q", n.Path, n.Level)
	}
	if codes := c.calendarCodes(); n.Calendar != "" && !slices.Contains(codes, n.Calendar) {
		c.problem(at+".calendar", "calendar %q does not exist%s", n.Calendar, instead(n.Calendar, codes))
	}
	if n.Machine != nil {
		c.machine(at+".equipment", *n.Machine)
	}
}

func levelNames() []string {
	out := make([]string, len(plant.Levels))
	for i, l := range plant.Levels {
		out[i] = string(l)
	}
	return out
}

func (c *checker) calendarCodes() []string {
	var out []string
	for _, cal := range append(slices.Clone(c.o.Existing.Calendars), c.doc.Calendars...) {
		out = append(out, cal.Code)
	}
	return out
}

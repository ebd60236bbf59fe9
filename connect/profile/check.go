package profile

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"zhigai/plant"
)

// check looks at one profile and remembers what is wrong.
type check struct {
	file     string
	src      []byte
	tree     *ast.File // of src, made when a place in it is asked for
	p        *Profile  // joined with its bases
	own      *Profile  // as the file has it
	problems []Problem
}

// at is where the file has element i of a list; index looks for it in a file
// that is only a part of the joined profile, -1 when a base has it.
func (c *check) at(list string, i int, index func() int) string {
	if c.own != c.p {
		if i = index(); i < 0 {
			return "$.base"
		}
	}
	return fmt.Sprintf("$.%s[%d]", list, i)
}

func (c *check) atSignal(i int) string {
	return c.at("signals", i, func() int {
		return slices.IndexFunc(c.own.Signals, func(s Signal) bool { return s.Name == c.p.Signals[i].Name })
	})
}

func (c *check) atDerived(i int) string {
	return c.at("derived", i, func() int {
		return slices.IndexFunc(c.own.Derived, func(d Derive) bool { return d.Name == c.p.Derived[i].Name })
	})
}

func (c *check) atAlarm(i int) string {
	return c.at("alarms", i, func() int {
		return slices.IndexFunc(c.own.Alarms, func(a Alarm) bool { return a.ID == c.p.Alarms[i].ID })
	})
}

// whole is for lists that a profile takes from its base as they are or not at
// all.
func whole[T any](own []T, i int) func() int {
	return func() int { return min(i, len(own)-1) }
}

func (c *check) bad(at, fix, format string, args ...any) {
	line, column := c.place(at)
	c.problems = append(c.problems, Problem{File: c.file, Line: line, Column: column, What: fmt.Sprintf(format, args...), Fix: fix})
}

var (
	profileID  = regexp.MustCompile(`^[a-z0-9]+([.-][a-z0-9]+)*$`)
	signalName = regexp.MustCompile(`^[a-z][a-z0-9]*([._-]?[a-z0-9]+)*$`)
	kinds      = []plant.TagKind{plant.KindNumber, plant.KindBoolean, plant.KindEnumeration, plant.KindText, plant.KindWaveform}
	calculated = []plant.TagKind{plant.KindNumber, plant.KindBoolean, plant.KindEnumeration, plant.KindText}
	reasonID   = regexp.MustCompile(`^[a-z]+(\.[a-z]+)*$`)
	items      = []string{"NOT_AVAILABLE", "OUT_OF_SERVICE", "NOT_EXECUTING", "EXECUTING"}
	modes      = []string{"NONE", "MAINTENANCE", "SETUP", "PROCESSING"}
)

func (c *check) header() {
	p := c.p
	if p.Schema != Schema {
		c.bad("$.schema", "write schema: "+Schema, "schema %q", p.Schema)
	}
	if !profileID.MatchString(p.ID) {
		c.bad("$.id", "write lower case words joined by . or -, such as eastron.sdm630", "id %q", p.ID)
	}
	if p.Version < 1 {
		c.bad("$.version", "the first version is 1", "version %d", p.Version)
	}
	if p.Source == "" {
		c.bad("$.source", "name the manual, edition and page that the addresses were read from", "source is missing")
	}
	if !slices.Contains([]string{"read", "derived", "unverified"}, p.Verified) {
		c.bad("$.verified", "write read, derived or unverified", "verified %q", p.Verified)
	}
	if p.Title.ZH == "" {
		c.bad("$.title", "write title: {zh: ..., en: ...}", "the Chinese title is missing")
	}
}

// once: a file that only adds to a base has each name once; joining would let
// the second replace the first without a word.
func (c *check) once() {
	seen := map[string]string{}
	for i, s := range c.p.Signals {
		c.name(fmt.Sprintf("$.signals[%d]", i), s.Name, seen)
	}
	for i, d := range c.p.Derived {
		c.name(fmt.Sprintf("$.derived[%d]", i), d.Name, seen)
	}
	c.alarmIDs()
}

// alarmIDs: what stands in the history of alarms is told apart by them.
func (c *check) alarmIDs() {
	for i, a := range c.p.Alarms {
		if first := slices.IndexFunc(c.p.Alarms, func(x Alarm) bool { return x.ID == a.ID }); first < i || !profileID.MatchString(a.ID) {
			c.bad(c.atAlarm(i)+".id", "write an id of its own, lower case words joined by . or -", "alarm %q", a.ID)
		}
	}
}

func (c *check) all(checkers []PointChecker) {
	if c.p.Protocol == "" {
		c.bad("$.protocol", "write the driver's kind, such as modbus-tcp", "protocol is missing")
	}
	if c.p.Class == "" {
		c.bad("$.class", "write what kind of machine it is, such as lathe or meter", "class is missing")
	}
	if len(c.p.Signals) == 0 {
		c.bad("$.signals", "a profile without signals reads nothing", "signals are missing")
	}
	var checker PointChecker
	for _, k := range checkers {
		if checker == nil && c.p.Fits(k.Kind()) { // the usual one of a family is the first
			checker = k
		}
	}
	if checker == nil && len(checkers) > 0 && c.p.Protocol != "" {
		var known []string
		for _, k := range checkers {
			known = append(known, k.Kind())
		}
		c.bad("$.protocol", "known are "+strings.Join(known, ", ")+", and modbus for any of Modbus", "there is no driver %q", c.p.Protocol)
	}
	c.params()
	seen := map[string]string{}
	for i := range c.p.Signals {
		c.signal(i, checker, seen)
	}
	for i, d := range c.p.Derived {
		at := c.atDerived(i)
		c.name(at, d.Name, seen)
		c.unit(at, d.Unit)
		if !slices.Contains(calculated, d.Kind) {
			c.bad(at+".kind", fmt.Sprintf("write one of %v", calculated), "%s: kind %q", d.Name, d.Kind)
		}
	}
	c.alarmIDs()
	c.identify(checker)
	if len(c.problems) > 0 {
		return // what follows would only repeat it
	}
	c.rules()
	c.interlocks()
	c.counters()
	c.reasons()
}

func (c *check) name(at, name string, seen map[string]string) {
	if !signalName.MatchString(name) || name == plant.LinkTag {
		c.bad(at+".name", "write lower case words joined by dots, such as spindle.speed; "+plant.LinkTag+" is given to every device", "name %q", name)
	}
	if first, ok := seen[name]; ok {
		line, _ := c.place(first)
		c.bad(at+".name", "every signal needs a name of its own", "%q stands on line %d already", name, line)
		return
	}
	seen[name] = at + ".name"
}

func (c *check) signal(i int, checker PointChecker, seen map[string]string) {
	s, at := &c.p.Signals[i], c.atSignal(i)
	c.name(at, s.Name, seen)
	if !slices.Contains(kinds, s.Kind) {
		c.bad(at+".kind", fmt.Sprintf("write one of %v", kinds), "%s: kind %q", s.Name, s.Kind)
		return
	}
	c.units(at, s)
	switch {
	case s.At == "":
		c.bad(at+".at", "write the address in the words of "+c.p.Protocol, "%s: at is missing", s.Name)
	case checker != nil:
		if err := checker.CheckPoint(c.example(s.At), s.Kind); err != nil {
			c.bad(at+".at", "", "%s: %v", s.Name, err)
		}
	}
	if s.Kind == plant.KindEnumeration && len(s.Values) == 0 {
		c.bad(at+".values", "write values: {0: {zh: ..., en: ...}}", "%s: an enumeration needs names for its codes", s.Name)
	}
	unit := s.Unit != "" && s.Kind != plant.KindWaveform // its values have one
	if s.Kind != plant.KindNumber && (s.Scale != nil || s.Offset != 0 || unit || s.DeviceUnit != "") {
		c.bad(at, "only numbers are scaled and have a unit", "%s: a %s with scale, offset or unit", s.Name, s.Kind)
	}
	if s.Scale != nil && *s.Scale == 0 {
		c.bad(at+".scale", "leave it out for 1", "%s: scale 0 makes every value 0", s.Name)
	}
	if s.Min != nil && s.Max != nil && *s.Min >= *s.Max {
		c.bad(at+".min", "min is the smaller one", "%s: min %v is not below max %v", s.Name, *s.Min, *s.Max)
	}
	if !slices.Contains([]plant.Retention{"", plant.RetainShort, plant.RetainStandard, plant.RetainLong}, s.Retention) {
		c.bad(at+".retention", "write short, standard or long", "%s: retention %q", s.Name, s.Retention)
	}
	c.write(at+".write", s, checker)
}

// identify looks at the rules that recognise a device.
func (c *check) identify(checker PointChecker) {
	for i, rule := range c.p.Identify {
		at := c.at("identify", i, whole(c.own.Identify, i))
		if checker != nil {
			if err := checker.CheckPoint(rule.At, rule.Kind); err != nil {
				c.bad(at+".at", "", "identify: %v", err)
			}
		}
		if _, err := regexp.Compile(rule.Match); err != nil || rule.Match == "" {
			c.bad(at+".match", `write a regular expression on the value as text, such as "^SDM630"`, "identify: match %q", rule.Match)
		}
		if !slices.Contains([]string{"", "vendor", "product", "version", "serial"}, rule.As) {
			c.bad(at+".as", "write vendor, product, version or serial, or leave it out", "identify: as %q", rule.As)
		}
	}
}

// reasons looks at the translation of the machine's stop codes. Whether the
// plant knows the reason is not for a profile to say.
func (c *check) reasons() {
	if len(c.p.Reasons) == 0 {
		return
	}
	i := slices.IndexFunc(c.p.Signals, func(s Signal) bool { return s.Name == signalReason })
	if i < 0 || c.p.Signals[i].Kind != plant.KindEnumeration {
		c.bad("$.reasons", "add the signal that carries the codes, or leave reasons out", "reasons without an enumeration named %s", signalReason)
		return
	}
	for _, code := range slices.Sorted(maps.Keys(c.p.Reasons)) {
		if _, ok := c.p.Signals[i].Values[code]; !ok {
			c.bad("$.reasons", "name the code in the values of "+signalReason, "reason %d is no value of %s", code, signalReason)
		}
		if !reasonID.MatchString(c.p.Reasons[code]) {
			c.bad("$.reasons", "write the id of a stop reason, such as breakdown.tool", "reason %d: %q", code, c.p.Reasons[code])
		}
	}
}

// signalReason carries the machine's own word why it stands.
const signalReason = "stop.reason"

func (c *check) unit(at, unit string) {
	if _, known := unitOf(unit); unit == "" || known {
		return
	}
	fix := "units are written in UCUM: Cel, bar, kW.h, mm/s, /min, %, 1"
	if near, ok := commonUnits[unit]; ok {
		fix = fmt.Sprintf("write %q", near)
	} else if near := nearest(unit, unitCodes()); near != "" && len(unit) > 2 {
		fix = fmt.Sprintf("did you mean %q?", near)
	}
	c.bad(at+".unit", fix, "unit %q is not known", unit)
}

// rules compiles states, alarms and derived signals.
func (c *check) rules() {
	for i, d := range c.p.Derived {
		env, err := c.p.environment(i)
		if err == nil {
			_, _, err = compile(env, d.Expr, celType(d.Kind))
		}
		if err != nil {
			c.bad(c.atDerived(i)+".expr", c.hint(err, i), "%v", err)
			return // rules that read it would only repeat it
		}
	}
	env, err := c.p.ruleEnvironment()
	if err != nil {
		c.bad("$.signals", "", "%v", err)
		return
	}
	for i, s := range c.p.States {
		at := c.at("states", i, whole(c.own.States, i))
		if _, _, err := compile(env, s.When, boolean); err != nil {
			c.bad(at+".when", c.hint(err, len(c.p.Derived)), "%v", err)
		}
		if !slices.Contains(items, s.Item) {
			c.bad(at+".item", "write one of "+strings.Join(items, ", "), "item %q", s.Item)
		}
		if !slices.Contains(modes, s.Mode) {
			c.bad(at+".mode", "write one of "+strings.Join(modes, ", "), "mode %q", s.Mode)
		}
		if last := i == len(c.p.States)-1; last != (s.When == "true") {
			fix := `the last rule is when: "true", so that every case is decided`
			if !last {
				fix = "rules behind this one would never be asked; move it to the end"
			}
			c.bad(at+".when", fix, "%q as rule %d of %d", s.When, i+1, len(c.p.States))
		}
	}
	for i, a := range c.p.Alarms {
		at := c.atAlarm(i)
		if _, _, err := compile(env, a.When, boolean); err != nil {
			c.bad(at+".when", c.hint(err, len(c.p.Derived)), "%v", err)
		}
		if a.Priority < 1 || a.Priority > 4 {
			c.bad(at+".priority", "1 is the highest, 4 the lowest", "priority %d", a.Priority)
		}
	}
}

var undeclared = regexp.MustCompile(`undeclared reference to '([^']+)'`)

// hint says what to write instead of an expression that does not compile; the
// first derived signals may stand in it.
func (c *check) hint(err error, derived int) string {
	var wrong *ExpressionError
	if !errors.As(err, &wrong) {
		return ""
	}
	switch {
	case strings.Contains(wrong.What, "overload"):
		return "numbers compare with numbers, texts with 'texts', enumerations with whole codes; booleans stand alone"
	case !undeclared.MatchString(wrong.What):
		return "expressions are CEL, such as machine.running && spindle.speed > 50.0"
	}
	name := undeclared.FindStringSubmatch(wrong.What)[1]
	var known []string
	for _, s := range c.p.Signals {
		known = append(known, s.Name)
	}
	for i := range c.p.Params {
		if c.p.Params[i].inRules() && strings.HasPrefix(name, paramPrefix) {
			known = append(known, paramPrefix+c.p.Params[i].Name)
		}
	}
	for i, d := range c.p.Derived {
		if i < derived {
			known = append(known, d.Name)
		} else if d.Name == name {
			return "a derived signal may use those that stand above it"
		}
	}
	if near := nearest(name, known); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "name a signal of this profile"
}

func (c *check) counters() {
	all := &c.p.Counters
	for _, row := range []struct {
		name string
		*Counter
	}{{"good", all.Good}, {"scrap", all.Scrap}, {"rework", all.Rework}, {"total", all.Total}, {"energy", all.Energy}} {
		name, n := row.name, row.Counter
		if n == nil {
			continue
		}
		at := "$.counters." + name
		i := slices.IndexFunc(c.p.Signals, func(s Signal) bool { return s.Name == n.Signal })
		switch {
		case i < 0:
			var known []string
			for _, s := range c.p.Signals {
				known = append(known, s.Name)
			}
			fix := "name one of the signals"
			if near := nearest(n.Signal, known); near != "" {
				fix = fmt.Sprintf("did you mean %q?", near)
			}
			c.bad(at+".signal", fix, "counter %s: there is no signal %q", name, n.Signal)
		case c.p.Signals[i].Kind != plant.KindNumber:
			c.bad(at+".signal", "a counter counts numbers", "counter %s: %q is a %s", name, n.Signal, c.p.Signals[i].Kind)
		case n.Modulo < 0 || n.MaxStep < 0:
			c.bad(at, "leave them out when they do not apply", "counter %s: modulo and max_step are not negative", name)
		case n.Per != "" && !slices.ContainsFunc(c.p.Params, func(p Param) bool {
			return p.Name == n.Per && p.Kind == ParamNumber && p.Min != nil && *p.Min >= 1
		}):
			c.bad(at+".per", "add it to params with kind: number and min: 1", "counter %s: %q is no parameter that counts pulses", name, n.Per)
		}
	}
}

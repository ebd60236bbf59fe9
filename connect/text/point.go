package text

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"zhigai/connect"
	"zhigai/plant"
)

// point is a value in a line of text.
type point struct {
	pattern *regexp.Regexp
	group   int
	unitAt  int // the group that holds the unit, 0 for none
	ask     string
	in      string // the unit that is wanted, "" for as it comes
	comma   bool
	kind    plant.TagKind
}

const example = `write the name of a group, the pattern between slashes and, for a device that is asked, the question: weight /^S +S +(?P<weight>-?[0-9.]+) *(?P<unit>g|kg)$/ ask "S\r\n" in g`

// maxPattern bounds a pattern; those of real devices have some ten characters.
const maxPattern = 400

// parse reads `GROUP /PATTERN/ [ask "QUESTION"] [in UNIT] [comma]`.
func (d *Driver) parse(address string, kind plant.TagKind) (point, error) {
	p := point{kind: kind}
	bad := func(what string, args ...any) (point, error) {
		return p, fmt.Errorf("text address %q: %s; %s", address, fmt.Sprintf(what, args...), example)
	}
	name, rest, ok := strings.Cut(strings.TrimSpace(address), " ")
	rest = strings.TrimSpace(rest)
	end := strings.LastIndexByte(rest, '/')
	if !ok || !strings.HasPrefix(rest, "/") || end < 1 || end > maxPattern {
		return bad("no pattern between slashes")
	}
	var err error
	if p.pattern, err = regexp.Compile(rest[1:end]); err != nil {
		return bad("%v", err)
	}
	if p.group = p.pattern.SubexpIndex(name); p.group < 0 {
		return bad("the pattern has no group (?P<%s>…)", name)
	}
	p.unitAt = max(p.pattern.SubexpIndex("unit"), 0)
	if what := p.options(strings.TrimSpace(rest[end+1:])); what != "" {
		return bad("%s", what)
	}
	switch {
	case d.stream && p.ask != "":
		return bad("a device that speaks by itself is not asked; its driver is %s, or leave ask out", Kind)
	case !d.stream && p.ask == "":
		return bad("what is it asked? A device that speaks by itself has the driver %s", KindStream)
	case p.in != "" && p.unitAt == 0:
		return bad("the pattern has no group (?P<unit>…)")
	case p.in != "" && units[p.in].size == 0:
		return bad("unit %s is not known", p.in)
	case kind == plant.KindWaveform:
		return bad("waveforms do not come as text")
	}
	return p, nil
}

// options reads what stands behind the pattern.
func (p *point) options(rest string) (wrong string) {
	for rest != "" {
		word, more, _ := strings.Cut(rest, " ")
		more = strings.TrimSpace(more)
		switch word {
		case "ask":
			quoted, err := strconv.QuotedPrefix(more)
			if err == nil {
				p.ask, err = strconv.Unquote(quoted)
			}
			if err != nil || p.ask == "" {
				return "the question stands in quotation marks"
			}
			rest = strings.TrimSpace(more[len(quoted):])
		case "in":
			p.in, rest, _ = strings.Cut(more, " ")
		case "comma":
			p.comma, rest = true, more
		default:
			return "the word " + word
		}
	}
	return ""
}

// units are those of scales and gauges, by quantity.
var units = map[string]struct {
	of   string
	size float64
}{
	"mg": {"mass", 1e-6}, "g": {"mass", 1e-3}, "kg": {"mass", 1}, "t": {"mass", 1000}, "lb": {"mass", 0.45359237}, "oz": {"mass", 0.028349523125},
	"um": {"length", 1e-6}, "mm": {"length", 1e-3}, "cm": {"length", 1e-2}, "m": {"length", 1}, "in": {"length", 0.0254},
	"N": {"force", 1}, "kN": {"force", 1000},
	"N.m": {"torque", 1},
}

// read takes the value out of a line; false when the pattern does not fit.
func (p *point) read(said []byte) (connect.Reading, bool) {
	m := p.pattern.FindSubmatch(said)
	if m == nil {
		return connect.Reading{}, false
	}
	value := strings.TrimSpace(string(m[p.group]))
	r := connect.Reading{Raw: append([]byte(nil), m[p.group]...)}
	if p.kind == plant.KindText {
		r.Text = strings.ToValidUTF8(value, "\uFFFD")
		return r, true
	}
	v, err := p.number(value)
	if err == nil && p.in != "" {
		v, err = p.convert(v, strings.TrimSpace(string(m[p.unitAt])))
	}
	if err != nil {
		r.Err = fmt.Errorf("%w: %w", connect.ErrMalformed, err)
	}
	r.Number = v
	return r, true
}

// number reads "+  100.00": some devices put blanks behind the sign.
func (p *point) number(text string) (float64, error) {
	text = strings.ReplaceAll(text, " ", "")
	if p.comma {
		text = strings.Replace(text, ",", ".", 1)
	}
	if p.kind == plant.KindBoolean {
		switch strings.ToLower(text) {
		case "on", "true", "yes", "ok":
			return 1, nil
		case "off", "false", "no", "ng":
			return 0, nil
		}
	}
	if strings.ContainsAny(text, "xXpP_iInN") { // what Go reads beyond decimal numbers
		return 0, fmt.Errorf("%.40q is no number", text)
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, fmt.Errorf("%.40q is no number", text)
	}
	return v, nil
}

func (p *point) convert(v float64, unit string) (float64, error) {
	if unit == p.in {
		return v, nil
	}
	from, to := units[unit], units[p.in]
	if from.size == 0 || from.of != to.of {
		return 0, fmt.Errorf("unit %q cannot be turned into %s", unit, p.in)
	}
	return v * from.size / to.size, nil
}

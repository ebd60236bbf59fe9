package profile

import (
	"regexp"
	"strconv"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// paramPrefix stands before a parameter's name in rules: param.run_above.
const paramPrefix = "param."

// inRules reports whether rules may read the parameter: numbers and switches.
// What a device is called or reached by decides no state.
func (p *Param) inRules() bool {
	return (p.Kind == ParamNumber || p.Kind == ParamBoolean) && !p.Secret
}

func (p *Param) celType() *cel.Type {
	if p.Kind == ParamBoolean {
		return cel.BoolType
	}
	return cel.DoubleType
}

// inExpressions reports whether a state rule or an alarm reads the parameter.
func (p *Profile) inExpressions(name string) bool {
	word := regexp.MustCompile(`\bparam\.` + regexp.QuoteMeta(name) + `\b`)
	for _, s := range p.States {
		if word.MatchString(s.When) {
			return true
		}
	}
	for _, a := range p.Alarms {
		if word.MatchString(a.When) {
			return true
		}
	}
	return false
}

// Adjusts reports whether the parameter changes what the machine's values mean
// – a threshold of a state rule, the pulses of a part – and not how the device
// is reached.
func (p *Profile) Adjusts(name string) bool {
	for _, c := range p.Counters.list() {
		if c.Per == name {
			return true
		}
	}
	return p.inExpressions(name)
}

// HasThresholds reports whether state rules compare with a number of the device's.
func (p *Profile) HasThresholds() bool {
	for i := range p.Params {
		if p.Params[i].Kind == ParamNumber && p.inExpressions(p.Params[i].Name) {
			return true
		}
	}
	return false
}

// list is the counters that there are.
func (c *Counters) list() []*Counter {
	var out []*Counter
	for _, one := range []*Counter{c.Good, c.Scrap, c.Rework, c.Total, c.Energy} {
		if one != nil {
			out = append(out, one)
		}
	}
	return out
}

// With is the program with the parameters of one device; what is not given has
// its default. A rule that asks a parameter which has neither decides nothing.
func (g *Program) With(params map[string]string) *Program {
	if len(g.params) == 0 {
		return g
	}
	out := &Program{inputs: g.inputs, ofState: g.ofState, slot: g.slot, kinds: g.kinds, states: g.states, alarms: g.alarms, derived: g.derived, params: g.params}
	out.given = valuesOfParams(g.params, params)
	out.pool.New = out.activation
	return out
}

// Params are the parameters that rules read.
func (g *Program) Params() []Param { return g.params }

// Given writes the parameters that rules read, and their values, as one word:
// two programs of a profile that give the same decide the same.
func (g *Program) Given() string {
	var out []string
	for i := range g.params {
		if v, ok := g.given[paramPrefix+g.params[i].Name]; ok {
			out = append(out, g.params[i].Name+"="+textOf(v))
		}
	}
	return strings.Join(out, " ")
}

func textOf(v ref.Val) string {
	switch v := v.(type) {
	case types.Double:
		return strconv.FormatFloat(float64(v), 'g', -1, 64)
	case types.Bool:
		return strconv.FormatBool(bool(v))
	}
	return ""
}

// valuesOfParams is what rules see of parameters. A value that is none of its
// kind is as if it were not there: [Profile.CheckParams] refuses it at the door.
func valuesOfParams(params []Param, given map[string]string) map[string]ref.Val {
	out := map[string]ref.Val{}
	for i := range params {
		p := &params[i]
		text := given[p.Name]
		if text == "" {
			text = p.Default
		}
		if text == "" || p.fits(text) != nil {
			continue
		}
		if p.Kind == ParamBoolean {
			out[paramPrefix+p.Name] = types.Bool(text == "true")
			continue
		}
		n, err := strconv.ParseFloat(text, 64)
		if err == nil {
			out[paramPrefix+p.Name] = types.Double(n)
		}
	}
	return out
}

// With is the counters as one device counts: a counter that names the pulses of
// a part by a parameter has their number.
func (c Counters) With(params []Param, given map[string]string) Counters {
	for _, one := range []**Counter{&c.Good, &c.Scrap, &c.Rework, &c.Total, &c.Energy} {
		if *one == nil || (*one).Per == "" {
			continue
		}
		own := **one
		for i := range params {
			if params[i].Name != own.Per {
				continue
			}
			if v, ok := valuesOfParams(params[i:i+1], given)[paramPrefix+own.Per].(types.Double); ok {
				own.Pulses = int64(v)
			}
		}
		*one = &own
	}
	return c
}

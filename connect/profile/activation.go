package profile

import (
	"math"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"

	"zhigai/plant"
)

// activation answers a rule's questions for values from an array, without a
// map per evaluation. A value is boxed only when it differs from last time, a
// derived one calculated only when a rule asks for it.
type activation struct {
	program *Program
	values  []ref.Val
	last    []Value
	derived []ref.Val // nil until asked for
}

var _ interpreter.Activation = (*activation)(nil)

// ResolveName implements [interpreter.Activation].
func (a *activation) ResolveName(name string) (any, bool) {
	if i, ok := a.program.slot[name]; ok {
		return a.values[i], true
	}
	if i := a.program.deriving(name); i >= 0 {
		v := a.derive(i)
		return v, v != nil
	}
	v, ok := a.program.given[name]
	return v, ok
}

// Parent implements [interpreter.Activation].
func (a *activation) Parent() interpreter.Activation { return nil }

// load takes the values of the inputs; those that are not given are not known.
func (g *Program) load(values []Value) *activation {
	a := g.pool.Get().(*activation)
	clear(a.derived)
	for i := range g.inputs {
		var v Value
		if i < len(values) {
			v = values[i]
		}
		if a.values[i] != nil && a.last[i] == v {
			continue
		}
		a.last[i] = v
		switch g.kinds[i] {
		case plant.KindBoolean:
			a.values[i] = types.Bool(v.Number != 0)
		case plant.KindEnumeration:
			a.values[i] = types.Int(v.Number)
		case plant.KindText:
			a.values[i] = types.String(v.Text)
		default:
			a.values[i] = types.Double(v.Number)
		}
	}
	return a
}

func (a *activation) known(reads []int) bool {
	for _, i := range reads {
		if !a.last[i].Known {
			return false
		}
	}
	return true
}

func (a *activation) holds(program cel.Program, reads []int) (holds, known bool) {
	if !a.known(reads) {
		return false, false
	}
	out, _, err := program.Eval(a)
	if err != nil {
		return false, false // a division by nought or the like: nothing can be said
	}
	return out == types.True, true
}

// derive calculates a derived signal once per load, nil when nothing can be
// said. It may ask for derived ones before it, never for itself or later ones.
func (a *activation) derive(i int) ref.Val {
	if a.derived[i] == nil {
		out, _, err := a.program.derived[i].program.Eval(a)
		if err != nil {
			return nil
		}
		a.derived[i] = out
	}
	return a.derived[i]
}

// valueOf is what a calculation gave as a signal's value. What a sample cannot
// carry is not known: no number, an integer that float64 does not hold, a text
// without end.
func valueOf(v ref.Val) Value {
	switch v := v.(type) {
	case types.Bool:
		if v {
			return Value{Known: true, Number: 1}
		}
		return Value{Known: true}
	case types.Int:
		return Value{Known: v >= -maxWhole && v <= maxWhole, Number: float64(v)}
	case types.Double:
		return Value{Known: !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0), Number: float64(v)}
	case types.String:
		return Value{Known: len(v) <= plant.MaxText, Text: string(v)}
	}
	return Value{}
}

// maxWhole is where float64 stops telling integers apart.
const maxWhole = 1 << 53

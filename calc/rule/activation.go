package rule

import (
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"
)

// Value is what an input is at an instant: a number, 0 or 1, a code, or a text.
type Value struct {
	Number float64
	Text   string
}

// activation answers an expression's questions from an array, without a map per
// evaluation. A value is boxed only when it is another one and somebody asks for it.
type activation struct {
	p      *Program
	values []ref.Val // boxed; nil: it is another one by now
	last   []Value
	told   []bool
}

var _ interpreter.Activation = (*activation)(nil)

func newActivation(p *Program) *activation {
	n := len(p.spec.Inputs) + len(p.windows)
	return &activation{p: p, values: make([]ref.Val, n), last: make([]Value, n), told: make([]bool, n)}
}

// set tells a value.
func (a *activation) set(slot int, v Value) {
	if a.told[slot] && a.last[slot] == v {
		return
	}
	a.told[slot], a.last[slot], a.values[slot] = true, v, nil
}

// get is a value as expressions have it, nil where none was told; a window's is a number
// always.
func (a *activation) get(slot int) ref.Val {
	if out := a.values[slot]; out != nil || !a.told[slot] {
		return out
	}
	v, kind := a.last[slot], Number
	if slot < len(a.p.spec.Inputs) {
		kind = a.p.spec.Inputs[slot].Kind
	}
	switch kind {
	case Boolean:
		a.values[slot] = types.Bool(v.Number != 0)
	case Code:
		a.values[slot] = types.Int(v.Number)
	case Text:
		a.values[slot] = types.String(v.Text)
	default:
		a.values[slot] = types.Double(v.Number)
	}
	return a.values[slot]
}

// ResolveName implements [interpreter.Activation].
func (a *activation) ResolveName(name string) (any, bool) {
	slot, ok := a.p.slots[name]
	if !ok || slot >= len(a.values) {
		return nil, false
	}
	return a.get(slot), true
}

// Parent implements [interpreter.Activation].
func (a *activation) Parent() interpreter.Activation { return nil }

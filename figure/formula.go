package figure

import (
	"fmt"
	"math"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// code is a definition's expressions, compiled.
type code struct {
	each      []cel.Program
	undefined []cel.Program
	flags     []cel.Program
	formula   cel.Program
}

// compile checks every expression: it may read the definition's terms only,
// and a term that is nought must not end in a division by nought that no rule
// of undefined catches.
func (d *Definition) compile() error {
	options := []cel.EnvOption{power}
	for _, t := range d.Terms {
		options = append(options, cel.Variable(t, cel.DoubleType))
	}
	env, err := cel.NewEnv(options...)
	if err != nil {
		return fmt.Errorf("terms: %w", err)
	}
	for _, e := range d.Each {
		p, err := program(env, e.Value, cel.DoubleType)
		if err != nil {
			return fmt.Errorf("each %s: %w", e.Term, err)
		}
		d.code.each = append(d.code.each, p)
		if env, err = env.Extend(cel.Variable(e.Term, cel.DoubleType)); err != nil {
			return fmt.Errorf("each %s: %w", e.Term, err)
		}
	}
	for _, r := range d.Undefined {
		p, err := program(env, r.When, cel.BoolType)
		if err != nil {
			return fmt.Errorf("undefined %s: %w", r.Name, err)
		}
		d.code.undefined = append(d.code.undefined, p)
	}
	for _, r := range d.Flags {
		p, err := program(env, r.When, cel.BoolType)
		if err != nil {
			return fmt.Errorf("flag %s: %w", r.Name, err)
		}
		d.code.flags = append(d.code.flags, p)
	}
	if d.code.formula, err = program(env, d.Formula, cel.DoubleType); err != nil {
		return fmt.Errorf("formula: %w", err)
	}
	return d.checkNought()
}

func program(env *cel.Env, expr string, want *cel.Type) (cel.Program, error) {
	ast, issues := env.Compile(expr)
	if issues.Err() != nil {
		return nil, issues.Err()
	}
	if !ast.OutputType().IsExactType(want) {
		return nil, fmt.Errorf("%s is a %s; it must be a %s (write 1.0 for a number)", expr, ast.OutputType(), want)
	}
	return env.Program(ast)
}

// power is pow(x, y) for means of growth.
var power = cel.Function("pow", cel.Overload("pow_double_double", []*cel.Type{cel.DoubleType, cel.DoubleType}, cel.DoubleType,
	cel.BinaryBinding(func(x, y ref.Val) ref.Val {
		base, ok := x.Value().(float64)
		exponent, also := y.Value().(float64)
		if !ok || !also {
			return types.NewErr("pow(%v, %v): both must be numbers", x.Value(), y.Value())
		}
		return types.Double(math.Pow(base, exponent))
	})))

// checkNought tries the formula with every term nought and with each single
// one nought.
func (d *Definition) checkNought() error {
	names := append([]string(nil), d.Terms...)
	for _, e := range d.Each {
		names = append(names, e.Term)
	}
	for nought := -1; nought < len(names); nought++ {
		values := map[string]any{}
		for i, n := range names {
			values[n] = 1.0
			if nought < 0 || i == nought {
				values[n] = 0.0
			}
		}
		v, reason, err := d.evaluate(values)
		if err != nil {
			return err
		}
		if reason == "" && (math.IsInf(v, 0) || math.IsNaN(v)) {
			what := "every term"
			if nought >= 0 {
				what = names[nought]
			}
			return fmt.Errorf("formula divides by nought when %s is 0; add a rule to undefined that says why there is no value then", what)
		}
	}
	return nil
}

// evaluate gives the value or the reason why there is none.
func (d *Definition) evaluate(values map[string]any) (float64, string, error) {
	for i, p := range d.code.undefined {
		yes, err := truth(p, values)
		if err != nil {
			return 0, "", fmt.Errorf("undefined %s: %w", d.Undefined[i].Name, err)
		}
		if yes {
			return 0, d.Undefined[i].Name, nil
		}
	}
	v, err := number(d.code.formula, values)
	if err != nil {
		return 0, "", fmt.Errorf("formula: %w", err)
	}
	return v, "", nil
}

func truth(p cel.Program, values map[string]any) (bool, error) {
	out, _, err := p.Eval(values)
	if err != nil {
		return false, err
	}
	yes, ok := out.Value().(bool)
	if !ok {
		return false, fmt.Errorf("%v is not true or false", out.Value())
	}
	return yes, nil
}

func number(p cel.Program, values map[string]any) (float64, error) {
	out, _, err := p.Eval(values)
	if err != nil {
		return 0, err
	}
	v, ok := out.Value().(float64)
	if !ok {
		return 0, fmt.Errorf("%v is no number", out.Value())
	}
	return v, nil
}

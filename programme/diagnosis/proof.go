package diagnosis

import (
	"errors"
	"fmt"
	"regexp"

	"cel.dev/cel-go/cel"

	"zhigai/calc/maturity"
)

var editionID = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// maxDays bounds what a figure looks at: a diagnosis speaks of the firm as it is.
const maxDays = 366

// compile checks the proof and makes its conditions ready.
func (p *Proof) compile(figures func(string) bool) error {
	switch {
	case !figures(p.Figure):
		return fmt.Errorf("there is no figure %q", p.Figure)
	case p.Days < 1 || p.Days > maxDays:
		return fmt.Errorf("days %d; write 1 to %d", p.Days, maxDays)
	case p.Coverage < 0 || p.Coverage > 1:
		return fmt.Errorf("coverage %v; write a share of 0 to 1", p.Coverage)
	case p.Full == "":
		return errors.New("full is needed: the condition for a requirement that is wholly met")
	}
	for reason, g := range p.Without {
		if !answer(g) {
			return fmt.Errorf("without: %s: grade %q; write none, part, most or full", reason, g)
		}
	}
	env, err := cel.NewEnv(cel.Variable("value", cel.DoubleType), cel.Variable("coverage", cel.DoubleType))
	if err != nil {
		return err
	}
	for _, c := range []struct {
		grade maturity.Grade
		text  string
	}{{maturity.Full, p.Full}, {maturity.Most, p.Most}, {maturity.Part, p.Part}} {
		if c.text == "" {
			continue
		}
		program, err := conditionOf(env, c.text)
		if err != nil {
			return fmt.Errorf("%s: %w", c.grade, err)
		}
		p.conditions = append(p.conditions, condition{c.grade, program})
	}
	return nil
}

func conditionOf(env *cel.Env, text string) (cel.Program, error) {
	ast, issues := env.Compile(text)
	if issues.Err() != nil {
		return nil, issues.Err()
	}
	if !ast.OutputType().IsExactType(cel.BoolType) {
		return nil, fmt.Errorf("%s is a %s; it must be true or false", text, ast.OutputType())
	}
	return env.Program(ast)
}

// answer says whether g is a grade that somebody can give.
func answer(g maturity.Grade) bool {
	return g == maturity.None || g == maturity.Part || g == maturity.Most || g == maturity.Full
}

// Reasons why a figure answers nothing, beside those of the figure itself.
const (
	NoCoverage = "low_coverage" // less is known than the proof asks for
	NoFigure   = "not_here"     // this node has no figures of the firm
)

// grade holds a figure against the proof: the grade, or why there is none. A
// figure without a coverage is wholly known.
func (p *Proof) grade(value *float64, reason string, coverage *float64) (maturity.Grade, string, error) {
	known := 1.0
	if coverage != nil {
		known = *coverage
	}
	if known < p.Coverage {
		return maturity.Unanswered, NoCoverage, nil
	}
	if value == nil {
		if g, ok := p.Without[reason]; ok {
			return g, "", nil
		}
		return maturity.Unanswered, reason, nil
	}
	for _, c := range p.conditions {
		out, _, err := c.program.Eval(map[string]any{"value": *value, "coverage": known})
		if err != nil {
			return maturity.Unanswered, "", fmt.Errorf("figure %s: %s: %w", p.Figure, c.grade, err)
		}
		if yes, ok := out.Value().(bool); ok && yes {
			return c.grade, "", nil
		}
	}
	return maturity.None, "", nil
}

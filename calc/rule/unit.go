package rule

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// unit is what a part of an expression is measured in: a product of powers of UCUM
// units, taken as they are written. It does not convert: kW and W are unlike, so that
// nobody compares 3 with 3000 by mistake. open is of what takes any unit: a number that
// is written down, and all that is no number.
type unit struct {
	open bool
	of   map[string]int
}

func unitOf(ucum string) unit {
	if ucum == "" || ucum == "1" {
		return unit{}
	}
	return unit{of: map[string]int{ucum: 1}}
}

func (u unit) times(o unit, sign int) unit {
	if u.open && o.open {
		return u
	}
	out := maps.Clone(u.of)
	if out == nil {
		out = map[string]int{}
	}
	for name, n := range o.of {
		if out[name] += sign * n; out[name] == 0 {
			delete(out, name)
		}
	}
	return unit{of: out}
}

func (u unit) like(o unit) bool { return u.open || o.open || maps.Equal(u.of, o.of) }

func (u unit) String() string {
	if len(u.of) == 0 {
		return "a pure number"
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(u.of)) {
		switch n := u.of[name]; n {
		case 1:
			out = append(out, name)
		default:
			out = append(out, fmt.Sprintf("%s^%d", name, n))
		}
	}
	return strings.Join(out, ".")
}

// units finds the unit of an expression, and the first place at which unlike ones are
// held against one another.
type units struct {
	names map[string]unit
	at    func(id int64) int
	wrong *Wrong
}

func (u *units) unlike(id int64, what string, a, b unit) {
	if u.wrong == nil {
		u.wrong = &Wrong{At: u.at(id), What: fmt.Sprintf("%s %s and %s: these are unlike; bring both to one unit, or divide each by a limit in its own", what, a, b)}
	}
}

// same is the unit of what both must have alike.
func (u *units) same(id int64, what string, a, b unit) unit {
	if !a.like(b) {
		u.unlike(id, what, a, b)
	}
	if a.open {
		return b
	}
	return a
}

func (u *units) of(e ast.Expr) unit {
	switch e.Kind() {
	case ast.IdentKind:
		if known, ok := u.names[e.AsIdent()]; ok {
			return known
		}
	case ast.CallKind:
		return u.call(e.ID(), e.AsCall())
	case ast.ListKind:
		out := unit{open: true}
		for _, one := range e.AsList().Elements() {
			out = u.same(one.ID(), "a list holds", out, u.of(one))
		}
		return out
	case ast.ComprehensionKind:
		return u.loop(e.AsComprehension())
	case ast.SelectKind:
		u.of(e.AsSelect().Operand())
	}
	return unit{open: true}
}

// loop gives the variable of a comprehension the unit of what it runs over.
func (u *units) loop(c ast.ComprehensionExpr) unit {
	ranged := u.of(c.IterRange())
	was, had := u.names[c.IterVar()]
	u.names[c.IterVar()] = ranged
	u.of(c.AccuInit())
	u.of(c.LoopCondition())
	u.of(c.LoopStep())
	out := u.of(c.Result())
	delete(u.names, c.IterVar())
	if had {
		u.names[c.IterVar()] = was
	}
	return out
}

func (u *units) call(id int64, c ast.CallExpr) unit {
	var args []unit
	if c.IsMemberFunction() {
		u.of(c.Target())
	}
	for _, a := range c.Args() {
		args = append(args, u.of(a))
	}
	switch c.FunctionName() {
	case operators.Add:
		return u.same(id, "adds", args[0], args[1])
	case operators.Subtract:
		return u.same(id, "subtracts", args[0], args[1])
	case operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals, operators.Equals, operators.NotEquals, operators.In:
		u.same(id, "compares", args[0], args[1])
	case operators.Multiply:
		return args[0].times(args[1], 1)
	case operators.Divide:
		return args[0].times(args[1], -1)
	case operators.Modulo, operators.Negate, "abs", "double", "int":
		return args[0]
	case operators.Conditional:
		return u.same(id, "chooses between", args[1], args[2])
	}
	return unit{open: true}
}

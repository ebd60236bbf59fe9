package rule

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"
)

// ErrStopped is what an evaluation says that came to its limit: of cost, or of time.
var ErrStopped = errors.New("rule: stopped at its limit")

// errNought is a division by nought, wherever in a number.
var errNought = errors.New("divides by nought")

// expression is a part of a rule, compiled.
type expression struct {
	text    string
	program cel.Program
	inputs  []int // that it reads
	windows []int
	cost    uint64 // most that one evaluation may cost
	loops   bool   // it holds all, exists or the like: it may be interrupted
	input   int    // it is nothing but this input; -1 otherwise
	unit    unit
	boolean bool
}

// Program is a spec, compiled. It never changes.
type Program struct {
	spec    Spec
	when    *expression
	reset   *expression // nil: none
	windows []windowed
	slots   map[string]int // of a name: inputs first, then windows
	bounded bool           // evaluations count their cost
}

// windowed is a window as it was written.
type windowed struct {
	function Function
	length   int64
	of       *expression
	text     string
}

// Cost is the most that one look at the rule may cost, in CEL's units.
func (p *Program) Cost() uint64 {
	n := p.when.cost
	if p.reset != nil {
		n += p.reset.cost
	}
	for _, w := range p.windows {
		n += w.of.cost
	}
	return n
}

// Longest is the length of the longest window, µs: how far back a fold must begin that
// is to know everything at an instant.
func (p *Program) Longest() int64 {
	n := int64(0)
	for _, w := range p.windows {
		n = max(n, w.length)
	}
	return n
}

// Loops says whether one of its expressions may be interrupted: it holds all, exists or
// the like.
func (p *Program) Loops() bool {
	return p.when.loops || p.reset != nil && p.reset.loops || slices.ContainsFunc(p.windows, func(w windowed) bool { return w.of.loops })
}

// Windows are the windows of its expressions, as they are written.
func (p *Program) Windows() []string {
	out := make([]string, len(p.windows))
	for i, w := range p.windows {
		out[i] = w.text
	}
	return out
}

// Compile checks a spec; what is wrong is a [*Wrong].
func Compile(s Spec) (*Program, error) { return compile(s, MaxCost, true) }

// CompileUncounted is Compile for a fold over history, which somebody waits for: what one
// evaluation may cost was bounded when it was compiled, and it does not count its steps
// though it loops or reads texts.
func CompileUncounted(s Spec) (*Program, error) { return compile(s, MaxCost, false) }

func compile(s Spec, limit uint64, counted bool) (*Program, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	c := &compiler{p: &Program{spec: s, slots: map[string]int{}, bounded: counted}, limit: limit}
	if err := c.begin(); err != nil {
		return nil, err
	}
	var err error
	if c.p.when, err = c.condition("when", s.When); err != nil {
		return nil, err
	}
	if strings.TrimSpace(s.Reset) != "" {
		if c.p.reset, err = c.condition("reset", s.Reset); err != nil {
			return nil, err
		}
	}
	if n := c.p.Cost(); n > limit {
		return nil, wrong("when", "the rule may take %d steps with all its windows; %d are allowed", n, limit)
	}
	return c.p, c.checkNought()
}

// compiler makes expressions of one spec.
type compiler struct {
	p      *Program
	limit  uint64
	env    *cel.Env // of conditions: with functions over windows
	inner  *cel.Env // of what stands within a window
	units  map[string]unit
	reason *Wrong // what is wrong within a window
}

// base is what every rule may use, made once.
var base = sync.OnceValues(func() (*cel.Env, error) {
	return cel.NewEnv(cel.CrossTypeNumericComparisons(true), cel.Function("abs", cel.Overload("abs_double", []*cel.Type{cel.DoubleType}, cel.DoubleType,
		cel.UnaryBinding(func(v ref.Val) ref.Val {
			n, ok := v.(types.Double)
			if !ok {
				return types.MaybeNoSuchOverloadErr(v)
			}
			return types.Double(math.Abs(float64(n)))
		}))))
})

// windowName is how a window is called in a program: nobody can write it.
func windowName(i int) string { return fmt.Sprintf("@w%d", i) }

func (c *compiler) begin() error {
	env, err := base()
	if err != nil {
		return err
	}
	var options []cel.EnvOption
	c.units = map[string]unit{}
	for i, in := range c.p.spec.Inputs {
		options = append(options, cel.Variable(in.Name, celType(in.Kind)))
		c.p.slots[in.Name] = i
		c.units[in.Name] = unit{open: true}
		if in.Kind == Number {
			c.units[in.Name] = unitOf(in.Unit)
		}
	}
	if c.inner, err = env.Extend(options...); err != nil {
		return err
	}
	options = options[:0]
	for i := range MaxWindows {
		options = append(options, cel.Variable(windowName(i), cel.DoubleType))
		c.p.slots[windowName(i)] = len(c.p.spec.Inputs) + i
	}
	for _, f := range Functions {
		options = append(options, cel.Macros(cel.GlobalMacro(string(f), 2, func(eh cel.MacroExprFactory, _ ast.Expr, args []ast.Expr) (ast.Expr, *cel.Error) {
			return c.window(f, eh, args)
		})))
	}
	c.env, err = c.inner.Extend(options...)
	return err
}

func celType(k Kind) *cel.Type {
	switch k {
	case Boolean:
		return cel.BoolType
	case Code:
		return cel.IntType
	case Text:
		return cel.StringType
	}
	return cel.DoubleType
}

// window makes avg(x, "30s") and the like a value that the fold keeps.
func (c *compiler) window(f Function, eh cel.MacroExprFactory, args []ast.Expr) (ast.Expr, *cel.Error) {
	length, what := lengthOf(args[1])
	if what != "" {
		return nil, eh.NewError(args[1].ID(), what)
	}
	text, err := cel.ExprToString(args[0], ast.NewSourceInfo(nil))
	if err != nil {
		return nil, eh.NewError(args[0].ID(), "write what stands within "+string(f)+" without all, exists and the like")
	}
	written := fmt.Sprintf("%s(%s, %s)", f, text, shortly(length))
	i := slices.IndexFunc(c.p.windows, func(w windowed) bool { return w.text == written })
	if i < 0 {
		if i = len(c.p.windows); i == MaxWindows {
			return nil, eh.NewError(args[0].ID(), fmt.Sprintf("more than %d windows; leave some out", MaxWindows))
		}
		of, err := c.expression(c.inner, text, f.ofCondition())
		if err != nil {
			return nil, eh.NewError(args[0].ID(), fmt.Sprintf("within %s: %s", f, wordsOf(err)))
		}
		c.p.windows = append(c.p.windows, windowed{f, length, of, written})
		c.units[windowName(i)] = windowUnit(f, of.unit)
	}
	return eh.NewIdent(windowName(i)), nil
}

// wordsOf is an error without its place, which is that of a text nobody wrote.
func wordsOf(err error) string {
	if w, ok := errors.AsType[*Wrong](err); ok {
		return w.What
	}
	return err.Error()
}

func windowUnit(f Function, of unit) unit {
	switch f {
	case Rate:
		return of.times(unitOf("min"), -1)
	case Duration, Since:
		return unitOf("s")
	case Count:
		return unit{}
	}
	return of
}

func lengthOf(e ast.Expr) (int64, string) {
	const form = `write the length of the window as a text: "30s", "5m" or "2h"`
	if e.Kind() != ast.LiteralKind {
		return 0, form
	}
	text, ok := e.AsLiteral().(types.String)
	if !ok {
		return 0, form
	}
	d, err := time.ParseDuration(string(text))
	switch {
	case err != nil:
		return 0, form
	case d < time.Second || d.Microseconds() > MaxWindow:
		return 0, "a window is between 1 second and 24 hours long"
	}
	return d.Microseconds(), ""
}

func shortly(us int64) string {
	text := (time.Duration(us) * time.Microsecond).String()
	text = strings.TrimSuffix(text, "m0s") + map[bool]string{true: "m"}[strings.HasSuffix(text, "m0s")]
	return strings.TrimSuffix(text, "h0m") + map[bool]string{true: "h"}[strings.HasSuffix(text, "h0m")]
}

func (c *compiler) condition(field, text string) (*expression, error) {
	if strings.TrimSpace(text) == "" {
		return nil, wrong(field, "write when the rule fires, such as temperature > 80.0")
	}
	out, err := c.expression(c.env, text, true)
	if w, ok := errors.AsType[*Wrong](err); ok {
		w.Field = field
	}
	return out, err
}

// expression compiles a condition, or a number.
func (c *compiler) expression(env *cel.Env, text string, boolean bool) (*expression, error) {
	if n := len([]rune(text)); n > maxExpression {
		return nil, wrong("when", "an expression of %d characters; %d are allowed", n, maxExpression)
	}
	checked, issues := env.Compile(text)
	if all := issues.Errors(); len(all) > 0 {
		return nil, &Wrong{At: placeOf(text, all[0].Location), What: mend(all[0].Message)}
	}
	want, words := cel.DoubleType, "a number (write 1.0 for a number, double(x) for an enumeration)"
	if boolean {
		want, words = cel.BoolType, "true or false; compare it with something"
	}
	if !checked.OutputType().IsExactType(want) {
		return nil, &Wrong{At: 0, What: fmt.Sprintf("%s is a %s; it must be %s", text, checked.OutputType(), words)}
	}
	native := checked.NativeRep()
	at := func(id int64) int {
		if o, ok := native.SourceInfo().GetOffsetRange(id); ok {
			return int(o.Start)
		}
		return 0
	}
	u := units{names: c.units, at: at}
	out := &expression{text: text, boolean: boolean, unit: u.of(native.Expr()), input: -1}
	if u.wrong != nil {
		return nil, u.wrong
	}
	if err := c.bound(env, checked, out); err != nil {
		return nil, err
	}
	c.reads(native, out)
	return out, c.plan(env, checked, out, at)
}

// mend says less of what the parser expected, and more of what helps.
func mend(message string) string {
	message, _, _ = strings.Cut(message, " expecting ")
	message, _, _ = strings.Cut(message, " (in container '')")
	switch {
	case strings.HasPrefix(message, "undeclared reference to "):
		return message + "; add an input of that name, or write a function with what it takes, such as avg(x, \"30s\")"
	case strings.HasPrefix(message, "found no matching overload"):
		return message + "; both sides must be of one type: write 1.0 for a number, double(x) to calculate with an enumeration"
	}
	return message
}

// placeOf is the number of characters before a place.
func placeOf(text string, at common.Location) int {
	n := 0
	for i, line := range strings.Split(text, "\n") {
		if i+1 == at.Line() {
			return n + max(0, at.Column())
		}
		n += len([]rune(line)) + 1
	}
	return 0
}

// bound looks at what an evaluation may cost before it ever runs.
func (c *compiler) bound(env *cel.Env, checked *cel.Ast, out *expression) error {
	most, err := env.EstimateCost(checked, textLength{})
	if err != nil {
		return &Wrong{At: 0, What: err.Error()}
	}
	if out.cost = most.Max; out.cost > c.limit {
		return &Wrong{At: 0, What: fmt.Sprintf("this may take %d steps; %d are allowed: say it with fewer comparisons and without all or exists inside one another", out.cost, c.limit)}
	}
	return nil
}

// maxText is how long a text of a signal may be.
const maxText = 4096

// textLength bounds the cost of what is done with a text.
type textLength struct{}

var _ cost.Estimator = textLength{}

func (textLength) EstimateSize(n cost.AstNode) *cost.SizeEstimate {
	if len(n.Path()) == 1 && n.Type().IsExactType(cel.StringType) {
		return &cost.SizeEstimate{Max: maxText}
	}
	return nil
}

func (textLength) EstimateCallCost(string, string, *cost.AstNode, []cost.AstNode) *cost.CallEstimate {
	return nil
}

// reads notes what an expression rests on.
func (c *compiler) reads(native *ast.AST, out *expression) {
	inputs := len(c.p.spec.Inputs)
	ast.PreOrderVisit(native.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.ComprehensionKind:
			out.loops = true
		case ast.IdentKind:
			slot, ok := c.p.slots[e.AsIdent()]
			switch {
			case !ok:
			case slot < inputs && !slices.Contains(out.inputs, slot):
				out.inputs = append(out.inputs, slot)
			case slot >= inputs && !slices.Contains(out.windows, slot-inputs):
				out.windows = append(out.windows, slot-inputs)
			}
		}
	}))
	if e := native.Expr(); e.Kind() == ast.IdentKind {
		out.input = c.p.slots[e.AsIdent()]
	}
}

// interruptEach is after how many turns of a loop it is asked whether time is up.
const interruptEach = 64

func (c *compiler) plan(env *cel.Env, checked *cel.Ast, out *expression, at func(int64) int) error {
	// What neither loops nor reads texts costs what was found when it was compiled, at the
	// most: its limit holds without that each evaluation counts its steps.
	counts := c.p.bounded && (out.loops || slices.ContainsFunc(out.inputs, func(i int) bool { return c.p.spec.Inputs[i].Kind == Text }))
	options := []cel.ProgramOption{cel.EvalOptions(cel.OptOptimize), cel.CustomDecoratorV2(func(i interpreter.InterpretableV2) (interpreter.InterpretableV2, error) {
		switch of := i.(type) {
		case interpreter.InterpretableCall:
			if of.Function() == operators.Divide {
				return divided{of, at(of.ID())}, nil
			}
		case interpreter.InterpretableAttribute:
			if slot, ok := c.slotOf(of.Attr()); ok && !counts && !out.loops {
				return slotted{of, slot}, nil
			}
		}
		return i, nil
	})}
	if counts {
		options = append(options, cel.CostLimit(c.limit))
	}
	if out.loops {
		options = append(options, cel.InterruptCheckFrequency(interruptEach))
	}
	var err error
	if out.program, err = env.Program(checked, options...); err != nil {
		return &Wrong{At: 0, What: err.Error()}
	}
	return nil
}

// slotOf is the slot of a name that stands by itself.
func (c *compiler) slotOf(a interpreter.Attribute) (int, bool) {
	named, ok := a.(interpreter.NamespacedAttribute)
	if !ok || len(named.Qualifiers()) > 0 || len(named.CandidateVariableNames()) != 1 {
		return 0, false
	}
	slot, ok := c.p.slots[named.CandidateVariableNames()[0]]
	return slot, ok
}

// slotted is an input or a window, found by its slot and not by its name.
type slotted struct {
	interpreter.InterpretableAttribute
	slot int
}

func (s slotted) Exec(frame *interpreter.ExecutionFrame) ref.Val {
	if a, ok := frame.Scope().(*activation); ok && a.told[s.slot] {
		return a.get(s.slot)
	}
	return s.InterpretableAttribute.Exec(frame)
}

func (s slotted) Eval(vars interpreter.Activation) ref.Val {
	if a, ok := vars.(*activation); ok && a.told[s.slot] {
		return a.get(s.slot)
	}
	return s.InterpretableAttribute.Eval(vars)
}

// divided is a division that has no value where it divides by nought, as floating point
// numbers would.
type divided struct {
	interpreter.InterpretableCall
	at int
}

func (d divided) Exec(frame *interpreter.ExecutionFrame) ref.Val {
	return d.said(d.InterpretableCall.Exec(frame))
}

func (d divided) Eval(a interpreter.Activation) ref.Val { return d.said(d.InterpretableCall.Eval(a)) }

func (d divided) said(out ref.Val) ref.Val {
	if v, ok := out.(types.Double); ok && (math.IsInf(float64(v), 0) || math.IsNaN(float64(v))) {
		return types.WrapErr(&noughtAt{d.at})
	}
	return out
}

// noughtAt is a division by nought with its place.
type noughtAt struct{ at int }

func (e *noughtAt) Error() string {
	return fmt.Sprintf("character %d: %v", e.at+1, errNought)
}
func (e *noughtAt) Unwrap() error { return errNought }

// evaluate runs an expression. Where it may loop, ctx ends it.
func (x *expression) evaluate(ctx context.Context, a interpreter.Activation) (ref.Val, error) {
	var out ref.Val
	var err error
	if x.loops {
		out, _, err = x.program.ContextEval(ctx, a)
	} else {
		out, _, err = x.program.Eval(a)
	}
	if err == nil {
		return out, nil
	}
	if _, ok := errors.AsType[interpreter.EvalCancelledError](err); ok || errors.Is(err, interpreter.InterruptError{}) {
		return nil, fmt.Errorf("%w: %s: %w", ErrStopped, x.text, err)
	}
	return nil, err
}

// checkNought tries every expression with all numbers 1 and each of them nought, so that
// who divides by one of them says what is to hold then.
func (c *compiler) checkNought() error {
	all := []struct {
		field string
		of    *expression
	}{{"when", c.p.when}, {"reset", c.p.reset}}
	for _, w := range c.p.windows {
		all = append(all, struct {
			field string
			of    *expression
		}{"when", w.of})
	}
	trial := newActivation(c.p)
	for nought := -1; nought < len(trial.values); nought++ {
		for i := range trial.values {
			trial.set(i, Value{Number: 1})
		}
		if nought >= 0 {
			trial.set(nought, Value{})
		}
		for _, x := range all {
			if x.of == nil {
				continue
			}
			_, err := x.of.evaluate(context.Background(), trial)
			if at, ok := errors.AsType[*noughtAt](err); ok {
				name := "something"
				for written, slot := range c.p.slots {
					if slot == nought {
						name = written
					}
				}
				if i := nought - len(c.p.spec.Inputs); i >= 0 && i < len(c.p.windows) {
					name = c.p.windows[i].text
				}
				return &Wrong{Field: x.field, At: at.at, What: fmt.Sprintf("divides by nought when %s is 0; say before it that it is not, such as %s != 0.0 && …", name, name)}
			}
		}
	}
	return nil
}

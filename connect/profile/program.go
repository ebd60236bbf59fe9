package profile

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/types/ref"

	"zhigai/plant"
)

// maxCost bounds one evaluation in CEL's units: rules of machines compare and
// count, they do not search. maxExpression bounds what is compiled at all.
const (
	maxCost       = 10_000
	maxExpression = 4000
)

var boolean = cel.BoolType

// celType is how a kind of signal looks inside an expression.
func celType(k plant.TagKind) *cel.Type {
	switch k {
	case plant.KindBoolean:
		return cel.BoolType
	case plant.KindEnumeration:
		return cel.IntType
	case plant.KindText:
		return cel.StringType
	}
	return cel.DoubleType
}

// environment declares the profile's signals and its first derived ones. Whole
// numbers may be compared with doubles: vibration.rms > 4 is what people write.
func (p *Profile) environment(derived int) (*cel.Env, error) {
	options := []cel.EnvOption{cel.CrossTypeNumericComparisons(true)}
	for _, s := range p.Signals {
		if s.Kind == plant.KindWaveform {
			continue // rules speak of single values
		}
		options = append(options, cel.Variable(s.Name, celType(s.Kind)))
	}
	for _, d := range p.Derived[:derived] {
		options = append(options, cel.Variable(d.Name, celType(d.Kind)))
	}
	return cel.NewEnv(options...)
}

// ruleEnvironment declares what state rules and alarms may speak of: every
// signal, and the device's parameters as param.NAME. Interlocks and derived
// signals know no parameters: they mean the same on every machine of a kind.
func (p *Profile) ruleEnvironment() (*cel.Env, error) {
	env, err := p.environment(len(p.Derived))
	if err != nil {
		return nil, err
	}
	var options []cel.EnvOption
	for i := range p.Params {
		if one := &p.Params[i]; one.inRules() {
			options = append(options, cel.Variable(paramPrefix+one.Name, one.celType()))
		}
	}
	return env.Extend(options...)
}

// ExpressionError is what is wrong with an expression, and where in it.
type ExpressionError struct {
	Expr string
	At   int // characters before the place
	What string
}

func (e *ExpressionError) Error() string {
	return fmt.Sprintf("%s: character %d: %s", e.Expr, e.At+1, e.What)
}

// compile checks an expression and its type, and names the signals it reads.
func compile(env *cel.Env, expr string, want *cel.Type) (cel.Program, []string, error) {
	if len(expr) > maxExpression {
		return nil, nil, fmt.Errorf("an expression of %d characters; %d are allowed", len(expr), maxExpression)
	}
	ast, issues := env.Compile(expr)
	if wrong := issues.Errors(); len(wrong) > 0 {
		first, _, _ := strings.Cut(wrong[0].Message, " expecting ") // a list of tokens helps nobody
		first, _, _ = strings.Cut(first, " (did you mean")          // the hint is the checker's
		return nil, nil, &ExpressionError{Expr: expr, At: wrong[0].Location.Column(), What: first}
	}
	if !ast.OutputType().IsExactType(want) {
		return nil, nil, fmt.Errorf("%s is a %s; it must be a %s", expr, ast.OutputType(), want)
	}
	// Looked at before it ever runs: the author hears of it while writing, and an
	// evaluation need not count its steps, which made it four times slower.
	if most, err := env.EstimateCost(ast, textLength{}); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", expr, err)
	} else if most.Max > maxCost {
		return nil, nil, fmt.Errorf("%s may take %d steps; %d are allowed", expr, most.Max, maxCost)
	}
	program, err := env.Program(ast, cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", expr, err)
	}
	var reads []string
	refs := ast.NativeRep().ReferenceMap()
	for _, id := range slices.Sorted(maps.Keys(refs)) { // as they are written
		if name := refs[id].Name; name != "" && !strings.HasPrefix(name, paramPrefix) && !slices.Contains(reads, name) {
			reads = append(reads, name)
		}
	}
	return program, reads, nil
}

// textLength bounds the cost of what rules do with a text signal.
type textLength struct{}

var _ cost.Estimator = textLength{}

func (textLength) EstimateSize(n cost.AstNode) *cost.SizeEstimate {
	if len(n.Path()) == 1 && n.Type().IsExactType(cel.StringType) {
		return &cost.SizeEstimate{Max: plant.MaxText}
	}
	return nil
}

func (textLength) EstimateCallCost(string, string, *cost.AstNode, []cost.AstNode) *cost.CallEstimate {
	return nil
}

// Value is what is known of a signal at one instant.
type Value struct {
	Known  bool
	Number float64 // of a number, boolean (0, 1) or enumeration
	Text   string
}

// Program is a profile's state rules, alarms and derived signals, compiled. Its
// methods may be called concurrently.
type Program struct {
	inputs  []string
	ofState int // how many of the inputs state rules read; they stand first
	slot    map[string]int
	kinds   []plant.TagKind
	states  []stateRule
	alarms  []alarmRule
	derived []derivedRule
	params  []Param            // that rules read
	given   map[string]ref.Val // their values, under the names of expressions
	pool    sync.Pool
}

type stateRule struct {
	program cel.Program
	reads   []int
	State
}

type alarmRule struct {
	program cel.Program
	reads   []int
	Alarm
}

type derivedRule struct {
	program cel.Program
	signals []string // that it rests on, through other derived ones too
	reads   []int
	Derive
}

// Compile makes the program. Inputs are the signals that its rules read; a
// profile without states has a program without inputs for them.
func (p *Profile) Compile() (*Program, error) {
	g, _, err := p.begin()
	if err != nil {
		return nil, err
	}
	env, err := p.ruleEnvironment()
	if err != nil {
		return nil, fmt.Errorf("profile %s: %w", p.ID, err)
	}
	for i := range p.Params {
		if p.Params[i].inRules() && p.inExpressions(p.Params[i].Name) {
			g.params = append(g.params, p.Params[i])
		}
	}
	g.given = valuesOfParams(g.params, nil)
	for _, s := range p.States {
		program, reads, err := compile(env, s.When, boolean)
		if err != nil {
			return nil, fmt.Errorf("profile %s: state: %w", p.ID, err)
		}
		g.states = append(g.states, stateRule{program, g.slots(p, reads), s})
	}
	g.ofState = len(g.inputs)
	for _, a := range p.Alarms {
		program, reads, err := compile(env, a.When, boolean)
		if err != nil {
			return nil, fmt.Errorf("profile %s: alarm %s: %w", p.ID, a.ID, err)
		}
		g.alarms = append(g.alarms, alarmRule{program, g.slots(p, reads), a})
	}
	slices.SortStableFunc(g.alarms, func(a, b alarmRule) int { return a.Priority - b.Priority })
	g.end(p)
	return g, nil
}

// begin makes a program that knows the derived signals, and the environment of
// its rules.
func (p *Profile) begin() (*Program, *cel.Env, error) {
	g := &Program{slot: map[string]int{}}
	for i, d := range p.Derived {
		env, err := p.environment(i)
		if err != nil {
			return nil, nil, fmt.Errorf("profile %s: %w", p.ID, err)
		}
		program, reads, err := compile(env, d.Expr, celType(d.Kind))
		if err != nil {
			return nil, nil, fmt.Errorf("profile %s: derived %s: %w", p.ID, d.Name, err)
		}
		g.derived = append(g.derived, derivedRule{program: program, signals: g.signals(reads), Derive: d})
	}
	env, err := p.environment(len(p.Derived))
	if err != nil {
		return nil, nil, fmt.Errorf("profile %s: %w", p.ID, err)
	}
	return g, env, nil
}

// end is for when all rules are known.
func (g *Program) end(p *Profile) {
	for i := range g.derived {
		g.derived[i].reads = g.slots(p, g.derived[i].signals)
	}
	g.pool.New = g.activation
}

func (g *Program) activation() any {
	return &activation{program: g, values: make([]ref.Val, len(g.inputs)), last: make([]Value, len(g.inputs)), derived: make([]ref.Val, len(g.derived))}
}

// signals replaces derived names by the signals they rest on.
func (g *Program) signals(reads []string) []string {
	var out []string
	for _, name := range reads {
		names := []string{name}
		if i := g.deriving(name); i >= 0 {
			names = g.derived[i].signals
		}
		for _, n := range names {
			if !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return out
}

func (g *Program) deriving(name string) int {
	return slices.IndexFunc(g.derived, func(d derivedRule) bool { return d.Name == name })
}

func (g *Program) slots(p *Profile, reads []string) []int {
	var out []int
	for _, name := range g.signals(reads) {
		n, ok := g.slot[name]
		if !ok {
			n = len(g.inputs)
			g.slot[name] = n
			g.inputs = append(g.inputs, name)
			j := slices.IndexFunc(p.Signals, func(s Signal) bool { return s.Name == name })
			g.kinds = append(g.kinds, p.Signals[j].Kind)
		}
		out = append(out, n)
	}
	return out
}

// Inputs names the signals, in the order of the values of State, Alarms and
// Derived. Those that State needs stand first; see StateInputs.
func (g *Program) Inputs() []string { return g.inputs }

// StateInputs names the signals State reads. Values for these alone will do
// for it: they are the first of Inputs.
func (g *Program) StateInputs() []string { return g.inputs[:g.ofState] }

// State is what the first rule that holds says. ok is false when a value that
// a rule asked on the way is not known: then nothing can be said.
func (g *Program) State(values []Value) (item, mode string, ok bool) {
	if len(g.states) == 0 {
		return "", "", false
	}
	a := g.load(values)
	defer g.pool.Put(a)
	for i := range g.states {
		r := &g.states[i]
		holds, known := a.holds(r.program, r.reads)
		if !known {
			return "", "", false
		}
		if holds {
			return r.Item, r.Mode, true
		}
	}
	return "", "", false
}

// Alarms calls yield for every alarm that stands, most urgent first, until it
// returns false. An alarm whose signals are not known does not stand.
func (g *Program) Alarms(values []Value, yield func(Alarm) bool) {
	g.EachAlarm(values, func(_ int, a Alarm, stands, _ bool) bool { return !stands || yield(a) })
}

// EachAlarm calls yield for every alarm of the profile, most urgent first and
// each under the same number always, until it returns false. Of one whose
// signals are not known nobody can say whether it stands.
func (g *Program) EachAlarm(values []Value, yield func(no int, a Alarm, stands, known bool) bool) {
	if len(g.alarms) == 0 {
		return
	}
	a := g.load(values)
	defer g.pool.Put(a)
	for i := range g.alarms {
		r := &g.alarms[i]
		holds, known := a.holds(r.program, r.reads)
		if !yield(i, r.Alarm, known && holds, known) {
			return
		}
	}
}

// Derived calls yield for every derived signal, in the order of the profile,
// until it returns false. One whose signals are not known is not known.
func (g *Program) Derived(values []Value, yield func(Derive, Value) bool) {
	if len(g.derived) == 0 {
		return
	}
	a := g.load(values)
	defer g.pool.Put(a)
	for i := range g.derived {
		var v Value
		if a.known(g.derived[i].reads) {
			v = valueOf(a.derive(i))
		}
		if !yield(g.derived[i].Derive, v) {
			return
		}
	}
}

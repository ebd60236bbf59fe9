package profile

import (
	"fmt"
	"slices"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"

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

// environment declares the profile's signals. Whole numbers may be compared
// with doubles: vibration.rms > 4 is what people write.
func (p *Profile) environment() (*cel.Env, error) {
	options := []cel.EnvOption{cel.CrossTypeNumericComparisons(true)}
	for _, s := range p.Signals {
		options = append(options, cel.Variable(s.Name, celType(s.Kind)))
	}
	return cel.NewEnv(options...)
}

// compile checks an expression and its type, and names the signals it reads.
func compile(env *cel.Env, expr string, want *cel.Type) (cel.Program, []string, error) {
	if len(expr) > maxExpression {
		return nil, nil, fmt.Errorf("an expression of %d characters; %d are allowed", len(expr), maxExpression)
	}
	ast, issues := env.Compile(expr)
	if issues.Err() != nil {
		return nil, nil, fmt.Errorf("%s: %w", expr, issues.Err())
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
	for _, r := range ast.NativeRep().ReferenceMap() {
		if r.Name != "" && !slices.Contains(reads, r.Name) {
			reads = append(reads, r.Name)
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

// Program is a profile's state rules and alarms, compiled. Its methods may be
// called concurrently.
type Program struct {
	inputs []string
	slot   map[string]int
	kinds  []plant.TagKind
	states []stateRule
	alarms []alarmRule
	pool   sync.Pool
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

// Compile makes the program. Inputs are the signals that rules and alarms
// read; a profile without states has a program without inputs for them.
func (p *Profile) Compile() (*Program, error) {
	env, err := p.environment()
	if err != nil {
		return nil, fmt.Errorf("profile %s: %w", p.ID, err)
	}
	g := &Program{slot: map[string]int{}}
	for _, s := range p.States {
		program, reads, err := compile(env, s.When, boolean)
		if err != nil {
			return nil, fmt.Errorf("profile %s: state: %w", p.ID, err)
		}
		g.states = append(g.states, stateRule{program, g.slots(p, reads), s})
	}
	for _, a := range p.Alarms {
		program, reads, err := compile(env, a.When, boolean)
		if err != nil {
			return nil, fmt.Errorf("profile %s: alarm %s: %w", p.ID, a.ID, err)
		}
		g.alarms = append(g.alarms, alarmRule{program, g.slots(p, reads), a})
	}
	slices.SortStableFunc(g.alarms, func(a, b alarmRule) int { return a.Priority - b.Priority })
	g.pool.New = func() any {
		return &activation{slot: g.slot, values: make([]ref.Val, len(g.inputs)), last: make([]Value, len(g.inputs))}
	}
	return g, nil
}

func (g *Program) slots(p *Profile, reads []string) []int {
	out := make([]int, len(reads))
	for i, name := range reads {
		n, ok := g.slot[name]
		if !ok {
			n = len(g.inputs)
			g.slot[name] = n
			g.inputs = append(g.inputs, name)
			j := slices.IndexFunc(p.Signals, func(s Signal) bool { return s.Name == name })
			g.kinds = append(g.kinds, p.Signals[j].Kind)
		}
		out[i] = n
	}
	return out
}

// Inputs names the signals, in the order of the values of State and Alarms.
func (g *Program) Inputs() []string { return g.inputs }

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
	if len(g.alarms) == 0 {
		return
	}
	a := g.load(values)
	defer g.pool.Put(a)
	for i := range g.alarms {
		r := &g.alarms[i]
		if holds, known := a.holds(r.program, r.reads); known && holds && !yield(r.Alarm) {
			return
		}
	}
}

// activation answers a rule's questions for values from an array, without a
// map per evaluation. A value is boxed only when it differs from last time.
type activation struct {
	slot   map[string]int
	values []ref.Val
	last   []Value
}

var _ interpreter.Activation = (*activation)(nil)

func (a *activation) ResolveName(name string) (any, bool) {
	i, ok := a.slot[name]
	if !ok {
		return nil, false
	}
	return a.values[i], true
}

func (a *activation) Parent() interpreter.Activation { return nil }

func (g *Program) load(values []Value) *activation {
	a := g.pool.Get().(*activation)
	for i := range g.inputs {
		v := values[i]
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

func (a *activation) holds(program cel.Program, reads []int) (holds, known bool) {
	for _, i := range reads {
		if !a.last[i].Known {
			return false, false
		}
	}
	out, _, err := program.Eval(a)
	if err != nil {
		return false, false // a division by nought or the like: nothing can be said
	}
	return out == types.True, true
}

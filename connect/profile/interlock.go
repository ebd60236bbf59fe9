package profile

import (
	"fmt"

	"cel.dev/cel-go/cel"
)

// Interlock is the condition of one set point, compiled. Its methods may be
// called concurrently.
type Interlock struct {
	Lock
	program *Program
	rule    cel.Program
	reads   []int
	inputs  []string
}

// Interlock compiles the condition of a set point; nil when there is none. Its
// inputs are apart from those of [Profile.Compile], so that what a set point
// asks for changes no figure.
func (p *Profile) Interlock(s *Signal) (*Interlock, error) {
	if s.Write == nil || s.Write.Interlock == nil {
		return nil, nil
	}
	g, env, err := p.begin()
	if err != nil {
		return nil, err
	}
	rule, names, err := compile(env, s.Write.Interlock.When, boolean)
	if err != nil {
		return nil, fmt.Errorf("profile %s: interlock of %s: %w", p.ID, s.Name, err)
	}
	out := &Interlock{Lock: *s.Write.Interlock, program: g, rule: rule, reads: g.slots(p, names)}
	out.inputs = g.inputs[:len(g.inputs):len(g.inputs)]
	g.end(p)
	return out, nil
}

// Inputs names the signals it reads, in the order of the values of Holds.
func (l *Interlock) Inputs() []string { return l.inputs }

// Holds says whether the condition holds for the values. known is false when
// one of them is not, or nothing can be said, as of a division by nought.
func (l *Interlock) Holds(values []Value) (holds, known bool) {
	a := l.program.load(values)
	defer l.program.pool.Put(a)
	return a.holds(l.rule, l.reads)
}

package equipment

import (
	"fmt"
	"strings"
	"sync"

	"zhigai/connect/profile"
)

// KindMap is kinds by profile id; it implements Kinds.
type KindMap map[string]Kind

// Kind finds a kind by the id of its profile.
func (k KindMap) Kind(id string) (Kind, bool) {
	kind, ok := k[id]
	return kind, ok
}

// LibraryKinds are the kinds of a library, also of profiles that come to it
// later. Its methods may be called concurrently.
type LibraryKinds struct {
	library *profile.Library
	mu      sync.Mutex
	made    map[string]madeKind
}

type madeKind struct {
	of   *profile.Profile
	kind Kind
}

var _ Kinds = (*LibraryKinds)(nil)

// KindsOf compiles the profiles that a library has now; the error names one that
// does not compile.
func KindsOf(library *profile.Library) (*LibraryKinds, error) {
	k := &LibraryKinds{library: library, made: map[string]madeKind{}}
	for _, p := range library.List() {
		kind, err := KindOf(p)
		if err != nil {
			return nil, err
		}
		k.made[p.ID] = madeKind{p, kind}
	}
	return k, nil
}

// Kind finds a kind by the id of its profile; it is that of the newest version.
func (k *LibraryKinds) Kind(id string) (Kind, bool) {
	p, ok := k.library.Get(id)
	if !ok {
		return Kind{}, false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if made, ok := k.made[id]; ok && made.of == p {
		return made.kind, true
	}
	kind, err := KindOf(p)
	if err != nil { // the library has compiled its rules: it does not come to this
		return Kind{}, false
	}
	k.made[id] = madeKind{p, kind}
	return kind, true
}

// KindOf takes from a profile what folds need. A profile without state rules
// leaves the state to its counters.
func KindOf(p *profile.Profile) (Kind, error) {
	kind := Kind{Profile: p.ID, Version: p.Version, Counters: p.Counters.With(p.Params, nil), Reasons: p.Reasons}
	for _, one := range p.Params {
		if p.Adjusts(one.Name) {
			kind.params = append(kind.params, one)
		}
	}
	if len(p.States) == 0 && len(p.Alarms) == 0 {
		return kind, nil
	}
	for i, s := range p.States {
		if _, err := ParseState(s.Item, s.Mode); err != nil {
			return kind, fmt.Errorf("profile %s: state %d: %w", p.ID, i+1, err)
		}
	}
	program, err := p.Compile()
	if err != nil {
		return kind, err
	}
	kind.Rules, kind.Stateless = rules{program}, len(p.States) == 0
	return kind, nil
}

// With is the kind as one device of it is adjusted: thresholds of its state
// rules, pulses of a part.
func (k Kind) With(params map[string]string) Kind {
	if len(k.params) == 0 {
		return k
	}
	var given []string
	if r, ok := k.Rules.(rules); ok {
		program := r.program.With(params)
		k.Rules = rules{program}
		if text := program.Given(); text != "" {
			given = append(given, text)
		}
	}
	k.Counters = k.Counters.With(k.params, params)
	for _, c := range []*profile.Counter{k.Counters.Good, k.Counters.Scrap, k.Counters.Rework, k.Counters.Total, k.Counters.Energy} {
		if c != nil && c.Pulses > 0 {
			given = append(given, fmt.Sprintf("%s=%d", c.Per, c.Pulses))
		}
	}
	k.Given = strings.Join(given, " ")
	return k
}

// rules are a profile's program.
type rules struct{ program *profile.Program }

var _ Rules = rules{}

func (r rules) Inputs() []string { return r.program.Inputs() }

func (r rules) Decide(values []Value) Decision {
	var d Decision
	if item, mode, ok := r.program.State(values); ok {
		// KindOf has checked the words of every rule.
		d.State, _ = ParseState(item, mode)
	}
	r.program.Alarms(values, func(a profile.Alarm) bool {
		d.Reason = a.Reason
		return a.Reason == ""
	})
	return d
}

func (r rules) Alarms(values []Value, yield func(no int, a profile.Alarm, stands, known bool)) {
	r.program.EachAlarm(values, func(no int, a profile.Alarm, stands, known bool) bool {
		yield(no, a, stands, known)
		return true
	})
}

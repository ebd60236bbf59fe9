package peer

import (
	"sync"
	"testing"
)

// Shared is one party for many tests at once, where starting it costs more than
// they do. It lives until the tests' process ends: its script must end with its
// standard input. Commands and events carry in "for" whom they concern.
type Shared struct {
	starting sync.Mutex // held by whoever starts it
	process  *Process

	mu        sync.Mutex
	listeners map[string]chan Event
}

// Node is the party, started by whoever comes first, as the test named by whom
// sees it: with its own events.
func (s *Shared) Node(t testing.TB, whom, root, script string, args ...string) *Process {
	t.Helper()
	s.starting.Lock()
	defer s.starting.Unlock()
	if s.process == nil {
		p := nodeOf(t, root, script, args...)
		p.shared = s
		p.start()
		s.process = p
		p.Wait("listening")
	}
	one := *s.process
	one.t, one.events = t, make(chan Event, 1000)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listeners == nil {
		s.listeners = map[string]chan Event{}
	}
	s.listeners[whom] = one.events
	return &one
}

// listener is who an event is for.
func (s *Shared) listener(e Event, others chan Event) chan Event {
	if s == nil {
		return others
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	whom, _ := e["for"].(string)
	if l := s.listeners[whom]; l != nil {
		return l
	}
	return others
}

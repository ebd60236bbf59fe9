package mqtt

import (
	"encoding/json"
	"unicode/utf8"
)

// branch is what is wanted of a JSON document, by the keys that lead there.
type branch struct {
	children map[string]*branch
	order    []*branch // of children, as they were wanted: documents mostly have them so
	key      string
	number   int // in the order
	place    int // where the value goes; -1 when only what is below is wanted
}

// plan is what is wanted of the messages of one topic.
type plan struct {
	points []int // in the order of the subscription
	at     []int // where the value of each goes; -1 when it is looked for in the whole document
	root   branch
	places map[string]int // by pointer, as it is written
	count  int
}

func newPlan() *plan { return &plan{root: branch{place: -1}, places: map[string]int{}} }

// want makes a place for a pointer, or finds the one it has. The whole document
// is nothing that can be found inside it: -1.
func (p *plan) want(at pointer) int {
	if len(at.keys) == 0 || len(at.keys) > maxDepth {
		return -1
	}
	b := &p.root
	for _, key := range at.keys {
		next := b.children[key]
		if next == nil {
			if b.children == nil {
				b.children = map[string]*branch{}
			}
			next = &branch{place: -1, key: key, number: len(b.order)}
			b.children[key], b.order = next, append(b.order, next)
		}
		b = next
	}
	if b.place < 0 {
		b.place = p.count
		p.count++
	}
	p.places[at.text] = b.place
	return b.place
}

// token is a number, a text without escapes, true or false, as it stands in
// the document; nil for what was not found or needs more care.
type token []byte

// exactTens are powers of ten that float64 holds exactly.
var exactTens = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// number reads a number of at most 15 digits without an exponent: its digits
// and its power of ten are exact, so one division rounds as the decimal does.
func (t token) number() (float64, bool) {
	rest, negative := t, false
	if len(rest) > 0 && rest[0] == '-' {
		rest, negative = rest[1:], true
	}
	if len(rest) == 0 || len(rest) > len(exactTens) {
		return 0, false // the last place is for the point
	}
	digits, point := uint64(0), len(rest)
	for i, c := range rest {
		switch {
		case c >= '0' && c <= '9':
			digits = digits*10 + uint64(c-'0')
		case c == '.' && point == len(rest):
			point = i
		default:
			return 0, false
		}
	}
	if point == len(rest) && point == len(exactTens) {
		return 0, false
	}
	v := float64(digits)
	if point < len(rest) {
		v /= exactTens[len(rest)-point-1]
	}
	if negative && (v != 0 || point < len(rest)) { // -0 is read as a whole number elsewhere, and is 0
		v = -v
	}
	return v, true
}

// scan finds the wanted values of a document without making the rest of it. It
// reports false when the document is not JSON or has what this short way does
// not understand: keys with escapes, keys that come twice. What it leaves nil is
// then looked for in the whole document, which also knows why it is not there.
func (p *plan) scan(payload []byte) ([]token, bool) {
	if p.count == 0 || !json.Valid(payload) {
		return nil, false
	}
	s := scanner{rest: payload, out: make([]token, p.count), seen: make([]bool, p.count)}
	s.value(&p.root)
	return s.out, !s.odd
}

// scanner goes through a valid document once.
type scanner struct {
	rest []byte
	out  []token
	seen []bool
	odd  bool
}

func (s *scanner) space() {
	for len(s.rest) > 0 && (s.rest[0] == ' ' || s.rest[0] == '\n' || s.rest[0] == '\t' || s.rest[0] == '\r') {
		s.rest = s.rest[1:]
	}
}

// value passes one value; b is nil when nothing of it is wanted.
func (s *scanner) value(b *branch) {
	s.space()
	if b != nil && b.place >= 0 {
		// Of a key that comes twice the last counts, with all below it.
		s.odd = s.odd || s.seen[b.place]
		s.seen[b.place] = true
	}
	if len(s.rest) == 0 {
		s.odd = true
		return
	}
	switch c := s.rest[0]; {
	case c == '{' && b != nil && b.children != nil:
		s.object(b)
	case c == '{' || c == '[':
		s.skip()
	default:
		t := s.scalar()
		if b != nil && b.place >= 0 {
			s.out[b.place] = t
		}
	}
}

func (s *scanner) object(b *branch) {
	s.rest = s.rest[1:]
	var entered map[*branch]bool
	due := 0 // in the order
	for s.space(); len(s.rest) > 0 && s.rest[0] != '}' && !s.odd; s.space() {
		if s.rest[0] == ',' {
			s.rest = s.rest[1:]
			s.space()
		}
		key := s.text()
		if key == nil {
			s.odd = true
			return
		}
		s.space()
		if len(s.rest) == 0 {
			s.odd = true
			return
		}
		s.rest = s.rest[1:] // the colon
		var next *branch
		if due < len(b.order) && b.order[due].key == string(key) {
			next = b.order[due]
		} else {
			next = b.children[string(key)]
		}
		if next != nil {
			due = next.number + 1
		}
		if next != nil && next.children != nil {
			if entered[next] {
				s.odd = true
				return
			}
			if entered == nil {
				entered = map[*branch]bool{}
			}
			entered[next] = true
		}
		s.value(next)
	}
	if len(s.rest) > 0 {
		s.rest = s.rest[1:]
	}
}

// text passes a string and gives what is between its quotes; nil when that is
// not the string itself.
func (s *scanner) text() token {
	plain := true
	for i := 1; i < len(s.rest); i++ {
		switch c := s.rest[i]; {
		case c == '\\':
			plain = false
			i++
		case c == '"':
			out := token(s.rest[1:i:i])
			s.rest = s.rest[i+1:]
			if !plain || !utf8.Valid(out) {
				return nil
			}
			return out
		}
	}
	s.odd = true
	return nil
}

// scalar passes what is no object and no list. A text keeps its opening quote,
// to be told from a number.
func (s *scanner) scalar() token {
	if s.rest[0] == '"' {
		whole := s.rest
		inner := s.text()
		if inner == nil {
			return nil
		}
		return token(whole[: len(inner)+1 : len(inner)+1])
	}
	n := 0
	for n < len(s.rest) && !isEnd(s.rest[n]) {
		n++
	}
	out := token(s.rest[:n:n])
	s.rest = s.rest[n:]
	return out
}

func isEnd(c byte) bool {
	switch c {
	case ',', '}', ']', ' ', '\n', '\t', '\r':
		return true
	}
	return false
}

// skip passes an object or a list.
func (s *scanner) skip() {
	depth, quoted := 0, false
	for i := 0; i < len(s.rest); i++ {
		switch c := s.rest[i]; {
		case quoted:
			if c == '\\' {
				i++
			} else if c == '"' {
				quoted = false
			}
		case c == '"':
			quoted = true
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				s.rest = s.rest[i+1:]
				return
			}
		}
	}
	s.odd = true
}

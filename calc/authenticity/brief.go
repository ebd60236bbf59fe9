package authenticity

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
)

const (
	// briefShapes and briefClocks are the hashes that go to the nodes above: 642
	// bytes of a machine's day at most. A window of 128 ups and downs cannot be had
	// back from its hash, and 64 of a day's windows are less than a hundredth of it:
	// they tell whether somebody who holds a series has this one, and nothing else.
	briefShapes = 64
	briefClocks = 16
	// BriefFrom hashes of a brief sketch in common are a copy: a sixteenth of the
	// day. Honest days have none.
	BriefFrom = 4
)

// Brief is the part of a sketch that travels.
func (s Sketch) Brief() Sketch {
	return Sketch{Shapes: s.Shapes[:min(len(s.Shapes), briefShapes)], Clocks: s.Clocks[:min(len(s.Clocks), briefClocks)]}
}

// ErrSketch is text that no brief sketch is written as.
var ErrSketch = errors.New("authenticity: no brief sketch")

// Text writes a brief sketch: how many hashes of each kind, then the hashes, in
// base64; "" when there are none.
func (s Sketch) Text() string {
	b := s.Brief()
	if len(b.Shapes)+len(b.Clocks) == 0 {
		return ""
	}
	raw := []byte{byte(len(b.Shapes)), byte(len(b.Clocks))}
	for _, h := range slices.Concat(b.Shapes, b.Clocks) {
		raw = binary.BigEndian.AppendUint64(raw, h)
	}
	return base64.RawStdEncoding.EncodeToString(raw)
}

// ParseBrief reads what Text wrote, with ErrSketch for anything else.
func ParseBrief(text string) (Sketch, error) {
	if text == "" {
		return Sketch{}, nil
	}
	raw, err := base64.RawStdEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") || len(raw) < 2 || int(raw[0]) > briefShapes || int(raw[1]) > briefClocks || len(raw) != 2+8*(int(raw[0])+int(raw[1])) || len(raw) == 2 {
		return Sketch{}, fmt.Errorf("%w: %d letters", ErrSketch, len(text))
	}
	all := make([]uint64, 0, len(raw)/8)
	for rest := raw[2:]; len(rest) > 0; rest = rest[8:] {
		all = append(all, binary.BigEndian.Uint64(rest))
	}
	s := Sketch{Shapes: all[:raw[0]], Clocks: all[raw[0]:]}
	for _, list := range [][]uint64{s.Shapes, s.Clocks} {
		for i := 1; i < len(list); i++ {
			if list[i-1] >= list[i] {
				return Sketch{}, fmt.Errorf("%w: hash %d is not behind the one before", ErrSketch, i)
			}
		}
	}
	return s, nil
}

// Whose names a machine's day.
type Whose struct{ Owner, Machine, Day string }

// Match is two machines' days of different owners that have more in common than
// chance allows; A is the earlier day.
type Match struct {
	Kind     Kind // copied_firm or cloned_clock
	A, B     Whose
	Likeness Likeness
}

// Each yields brief sketches, in the same order whenever it is called.
type Each func(yield func(Labelled) error) error

// maxMatches bounds the pairs that are counted: a node with more has a pattern
// that all machines of a kind have, and nobody looks at so many one by one.
const maxMatches = 500_000

// Between compares the sketches of different owners, with those of the day. It
// reads them once for each held hashes that there are of them, and holds no more
// than these: 16 bytes each. apart says of two owners whether they are to be
// compared; full, that there were more matches than it counts.
func Between(day string, hashes, held int, each Each, apart func(a, b string) bool) (out []Match, full bool, err error) {
	var whose []Whose
	var sizes [][2]uint8
	m := meeting{day: day, apart: apart, shared: map[[2]int32]*[2]uint16{}}
	passes := uint64(max(1, (hashes+held-1)/max(held, 1)))
	for pass := range passes {
		low, high := pass*(^uint64(0)/passes), (pass+1)*(^uint64(0)/passes)
		if pass == passes-1 {
			high = ^uint64(0)
		}
		at := int32(0)
		m.holders = m.holders[:0]
		err := each(func(l Labelled) error {
			if pass == 0 {
				whose, sizes = append(whose, Whose{l.Owner, l.Machine, l.Day}), append(sizes, [2]uint8{uint8(len(l.Shapes)), uint8(len(l.Clocks))})
			}
			for kind, list := range [][]uint64{l.Shapes, l.Clocks} {
				for _, h := range list {
					if h >= low && (h < high || pass == passes-1) {
						m.holders = append(m.holders, holding{h, at, uint8(kind)})
					}
				}
			}
			at++
			return nil
		})
		if err != nil {
			return nil, false, err
		}
		full = m.count(whose) || full
	}
	for p, n := range m.shared {
		a, b := p[0], p[1]
		if x, y := whose[a], whose[b]; cmp.Or(cmp.Compare(x.Day, y.Day), cmp.Compare(x.Owner, y.Owner), cmp.Compare(x.Machine, y.Machine)) > 0 {
			a, b = b, a
		}
		l := Likeness{Shapes: int(n[0]), Clocks: int(n[1])}
		for kind, found := range []Kind{CopiedFirm, ClonedClock} {
			if n[kind] >= BriefFrom {
				l.Share = float64(n[kind]) / float64(max(1, min(sizes[a][kind], sizes[b][kind])))
				out = append(out, Match{Kind: found, A: whose[a], B: whose[b], Likeness: l})
			}
		}
	}
	slices.SortFunc(out, func(a, b Match) int {
		return cmp.Or(cmp.Compare(a.A.Machine, b.A.Machine), cmp.Compare(a.B.Machine, b.B.Machine), cmp.Compare(a.A.Day, b.A.Day), cmp.Compare(a.Kind, b.Kind))
	})
	return out, full, nil
}

type holding struct {
	hash uint64
	at   int32
	kind uint8 // 0 shapes, 1 clocks
}

// meeting counts what days share, pass by pass.
type meeting struct {
	day     string
	apart   func(a, b string) bool
	holders []holding
	shared  map[[2]int32]*[2]uint16
}

func (m *meeting) count(whose []Whose) (full bool) {
	slices.SortFunc(m.holders, func(a, b holding) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.hash, b.hash), cmp.Compare(a.at, b.at))
	})
	for from := 0; from < len(m.holders); {
		to := from + 1
		for to < len(m.holders) && m.holders[to].kind == m.holders[from].kind && m.holders[to].hash == m.holders[from].hash {
			to++
		}
		group := m.holders[from:min(to, from+mostHolders)]
		for i := range group {
			for j := i + 1; j < len(group); j++ {
				x, y := whose[group[i].at], whose[group[j].at]
				if x.Day != m.day && y.Day != m.day || x.Owner == y.Owner || !m.apart(x.Owner, y.Owner) {
					continue
				}
				key := [2]int32{group[i].at, group[j].at}
				n := m.shared[key]
				if n == nil {
					if len(m.shared) == maxMatches {
						full = true
						continue
					}
					n = &[2]uint16{}
					m.shared[key] = n
				}
				n[group[i].kind]++
			}
		}
		from = to
	}
	return full
}

package sim

import (
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math"
	"net"
	"slices"
	"strings"

	"zhigai/connect/cip/enip"
	"zhigai/plant"
)

// logix is one machine as a controller with tags.
type logix struct {
	m      *machine
	places []enip.Tag
	byName map[string][]int // signals of a tag, by its name in small letters
}

var _ enip.Tags = (*logix)(nil)

func newLogix(m *machine) (*logix, error) {
	s := &logix{m: m, byName: map[string][]int{}}
	for i, sig := range m.kind.Signals {
		t, err := enip.ParseTag(sig.At)
		if err != nil {
			return nil, fmt.Errorf("sim: %s: %w", sig.Name, err)
		}
		s.places = append(s.places, t)
		key := strings.ToLower(t.Name)
		s.byName[key] = append(s.byName[key], i)
	}
	return s, nil
}

// serveCIP serves a machine as a controller: one stands behind an address.
func (p *Plant) serveCIP(host, port string, machines []*machine) (string, error) {
	if len(machines) != 1 {
		return "", fmt.Errorf("%s and %s have one address; every controller has its own", machines[0].path, machines[1].path)
	}
	s, err := newLogix(machines[0])
	if err != nil {
		return "", fmt.Errorf("%s: %w", machines[0].path, err)
	}
	l, err := answerCallers(net.JoinHostPort(host, port), s.serve)
	if err != nil {
		return "", err
	}
	p.closing(l.close)
	return l.l.Addr().String(), nil
}

func (s *logix) serve(c net.Conn) {
	session := enip.Session{Tags: s}
	for {
		header := make([]byte, enip.HeaderSize)
		if _, err := io.ReadFull(c, header); err != nil {
			return
		}
		f, n, err := enip.ParseHeader(header)
		if err != nil {
			return
		}
		f.Data = make([]byte, n)
		if _, err := io.ReadFull(c, f.Data); err != nil || s.m.is(Unplug) {
			return
		}
		answer, ok := session.Handle(f)
		if !ok {
			return
		}
		if s.m.is(Silent) {
			continue
		}
		if s.m.is(Garbage) {
			for i := enip.HeaderSize; i < len(answer); i++ {
				answer[i] = byte(mix(uint64(i) + f.Context<<8))
			}
		}
		if _, err := c.Write(answer); err != nil {
			return
		}
	}
}

// Identity implements [enip.Tags].
func (s *logix) Identity() enip.Identity {
	return enip.Identity{Vendor: 0xFFFF, Type: 14, Product: 1, Major: 1, Minor: 1, Serial: 0x5A470001, Name: "ZG-SIM", State: 3}
}

var errNoTag = enip.Status{General: enip.PathUnknown}

// Get implements [enip.Tags].
func (s *logix) Get(name string) (enip.Value, error) {
	signals := s.byName[strings.ToLower(name)]
	if len(signals) == 0 {
		return enip.Value{}, errNoTag
	}
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	first := signals[0]
	if s.places[first].Bit >= 0 {
		var bits uint64
		for _, i := range signals {
			if s.m.values[i].num != 0 {
				bits |= 1 << s.places[i].Bit
			}
		}
		word := enip.Value{Type: wordOf(s.places, signals), Data: binary.LittleEndian.AppendUint64(nil, bits)}
		if word.Type == enip.Dint {
			word.Data = word.Data[:4]
		}
		return word, nil
	}
	sig, v := &s.m.kind.Signals[first], s.m.values[first]
	switch t := typeOf(sig); t {
	case enip.Struct:
		return enip.OfText(v.text), nil
	case enip.Bool:
		return enip.OfNumber(t, flag(v.num != 0))
	case enip.Real:
		return realOf(spoiled(sig.onWire(v.num), s.m.faults)), nil
	default:
		raw := float64(int32(rolled(sig.onWire(v.num))))
		if s.m.faults[Sentinel] {
			raw = -1
		}
		return enip.OfNumber(t, raw)
	}
}

// realOf is a REAL, NaN as well.
func realOf(v float64) enip.Value {
	return enip.Value{Type: enip.Real, Data: binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(v)))}
}

// wordOf is the type of the integer that bits stand in.
func wordOf(places []enip.Tag, signals []int) enip.Type {
	for _, i := range signals {
		if places[i].Bit > 31 {
			return enip.Lint
		}
	}
	return enip.Dint
}

// typeOf is the type a programmer would have given the tag.
func typeOf(s *Signal) enip.Type {
	switch {
	case s.Kind == plant.KindText:
		return enip.Struct
	case s.Kind == plant.KindBoolean:
		return enip.Bool
	case s.Kind == plant.KindEnumeration, strings.HasPrefix(s.Name, "count."):
		return enip.Dint
	}
	return enip.Real
}

// Set implements [enip.Tags]: set points can be written.
func (s *logix) Set(name string, v enip.Value) error {
	signals := s.byName[strings.ToLower(name)]
	if len(signals) == 0 {
		return errNoTag
	}
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	bits := s.places[signals[0]].Bit >= 0
	want := typeOf(&s.m.kind.Signals[signals[0]])
	if bits {
		want = wordOf(s.places, signals)
	}
	if v.Type != want {
		return enip.Status{General: enip.GeneralError, Extended: enip.WrongType}
	}
	for _, i := range signals {
		sig := &s.m.kind.Signals[i]
		n, err := v.Number(s.places[i].Bit)
		if !bits && want != enip.Bool {
			n = sig.fromWire(n)
		}
		switch {
		case err != nil:
			return enip.Status{General: enip.TooLittleData}
		case bits && n == s.m.values[i].num:
		case !s.m.write(i, n):
			return enip.Status{General: enip.Privilege}
		}
	}
	return nil
}

// Symbols implements [enip.Tags].
func (s *logix) Symbols(program string) []enip.Symbol {
	kinds := map[string]uint16{}
	for i, t := range s.places {
		name := t.Name
		if rest, ok := strings.CutPrefix(name, "Program:"); ok {
			of, tag, _ := strings.Cut(rest, ".")
			if program == "" {
				kinds["Program:"+of] = 0x1068
				continue
			}
			if program != "Program:"+of {
				continue
			}
			name = tag
		} else if program != "" {
			continue
		}
		kind := uint16(typeOf(&s.m.kind.Signals[i]))
		if kind == uint16(enip.Struct) {
			kind = 0x8000 | enip.StringHandle
		}
		top, _, member := strings.Cut(name, ".")
		if member {
			kind = 0x8000 | 0x100
		}
		top, index, array := strings.Cut(top, "[")
		if array {
			kind |= uint16(1+strings.Count(index, ",")) << 13
		}
		kinds[top] = kind
	}
	var out []enip.Symbol
	for n, name := range slices.Sorted(maps.Keys(kinds)) {
		out = append(out, enip.Symbol{Instance: uint32(n + 1), Name: name, Kind: kinds[name]})
	}
	return out
}

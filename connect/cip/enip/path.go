package enip

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// Classes of objects.
const (
	IdentityClass   = 0x01
	RouterClass     = 0x02
	ManagerClass    = 0x06 // of connections
	SymbolClass     = 0x6B
	maxTag          = 512 // characters of a tag's whole name
	maxName         = 40  // characters of one part (1756-PM020)
	maxElementsDims = 3
)

// Segment types (CIP volume 1, appendix C).
const (
	segmentClass    = 0x20
	segmentInstance = 0x24
	segmentElement  = 0x28
	segmentSymbol   = 0x91
)

// Object is the path to an instance of a class.
func Object(class, instance uint32) []byte {
	return appendLogical(appendLogical(nil, segmentClass, class), segmentInstance, instance)
}

// appendLogical writes a number in as few bytes as hold it.
func appendLogical(dst []byte, kind byte, n uint32) []byte {
	switch {
	case n < 1<<8:
		return append(dst, kind, byte(n))
	case n < 1<<16:
		return binary.LittleEndian.AppendUint16(append(dst, kind|1, 0), uint16(n))
	}
	return binary.LittleEndian.AppendUint32(append(dst, kind|2, 0), n)
}

func appendSymbol(dst []byte, name string) []byte {
	dst = append(dst, segmentSymbol, byte(len(name)))
	dst = append(dst, name...)
	if len(name)%2 == 1 {
		dst = append(dst, 0)
	}
	return dst
}

// Tag is what a person wrote: a tag, an element of it, a member, or a bit.
type Tag struct {
	Name string // as written, without the bit
	Path []byte
	Bit  int // of an integer, -1 for none
}

const tagExample = `write for example "Speed", "Program:Main.Station[3].Count", "Matrix[1,2]" or "Status.5"`

// ParseTag reads a tag's name as Logix writes it. A number behind the last dot
// is a bit.
func ParseTag(text string) (Tag, error) {
	t := Tag{Name: text, Bit: -1}
	wrong := func(what string) (Tag, error) {
		return t, fmt.Errorf("logix tag %q: %s; %s", text, what, tagExample)
	}
	if len(text) > maxTag {
		return wrong(fmt.Sprintf("more than %d characters", maxTag))
	}
	if dot := strings.LastIndexByte(text, '.'); dot > 0 {
		if n, err := strconv.ParseUint(text[dot+1:], 10, 8); err == nil {
			if n > 63 {
				return wrong("bits are 0 to 63")
			}
			t.Bit, t.Name = int(n), text[:dot]
		}
	}
	for i, part := range strings.Split(t.Name, ".") {
		name, elements, indexed := strings.Cut(part, "[")
		scope, program := strings.CutPrefix(name, "Program:")
		if !isName(scope) || program && (i > 0 || indexed) {
			return wrong(fmt.Sprintf("%q is no name", part))
		}
		t.Path = appendSymbol(t.Path, name)
		if !indexed {
			continue
		}
		inner, closed := strings.CutSuffix(elements, "]")
		numbers := strings.Split(inner, ",")
		if !closed || len(numbers) > maxElementsDims {
			return wrong(fmt.Sprintf("%q is no element", part))
		}
		for _, one := range numbers {
			n, err := strconv.ParseUint(one, 10, 32)
			if err != nil || one[0] == '+' {
				return wrong(fmt.Sprintf("%q is no element", part))
			}
			t.Path = appendLogical(t.Path, segmentElement, uint32(n))
		}
	}
	if t.Name == "" || strings.HasPrefix(t.Name, "Program:") && !strings.Contains(t.Name, ".") {
		return wrong("which tag?")
	}
	if len(t.Path)/2 > 255 {
		return wrong("its path is too long")
	}
	return t, nil
}

// isName: letters, digits and underscores, of modules also colons.
func isName(s string) bool {
	if s == "" || len(s) > maxName {
		return false
	}
	for i, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_':
		case c >= '0' && c <= '9', c == ':':
			if i == 0 {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// TagName is the name a path of symbols and elements stands for: what a server
// looks up.
func TagName(path []byte) (string, error) {
	var name strings.Builder
	open := false // a bracket
	for len(path) > 0 {
		kind := path[0]
		if kind == segmentSymbol {
			if len(path) < 2 || len(path) < 2+int(path[1]) || path[1] == 0 {
				return "", fmt.Errorf("%w: a symbol is cut", ErrFrame)
			}
			end := 2 + int(path[1])
			if open {
				name.WriteByte(']')
				open = false
			}
			if name.Len() > 0 {
				name.WriteByte('.')
			}
			name.Write(path[2:end])
			if end%2 == 1 {
				if end >= len(path) || path[end] != 0 {
					return "", fmt.Errorf("%w: a symbol is not filled up", ErrFrame)
				}
				end++
			}
			path = path[end:]
			continue
		}
		n, rest, err := logical(path, segmentElement)
		if err != nil || name.Len() == 0 {
			return "", fmt.Errorf("%w: segment %02X in a tag's path", ErrFrame, kind)
		}
		if open {
			name.WriteByte(',')
		} else {
			name.WriteByte('[')
			open = true
		}
		name.WriteString(strconv.FormatUint(uint64(n), 10))
		path = rest
	}
	if open {
		name.WriteByte(']')
	}
	return name.String(), nil
}

// ParseObject reads the path to an instance of a class, behind a program's name
// where there is one.
func ParseObject(path []byte) (program string, class, instance uint32, err error) {
	if len(path) > 1 && path[0] == segmentSymbol {
		end := 2 + int(path[1]) + int(path[1])%2
		if len(path) < end {
			return "", 0, 0, fmt.Errorf("%w: a symbol is cut", ErrFrame)
		}
		program, path = string(path[2:2+int(path[1])]), path[end:]
	}
	if class, path, err = logical(path, segmentClass); err != nil {
		return program, 0, 0, err
	}
	if instance, path, err = logical(path, segmentInstance); err != nil {
		return program, class, 0, err
	}
	if len(path) > 0 {
		err = fmt.Errorf("%w: %d bytes behind an instance", ErrFrame, len(path))
	}
	return program, class, instance, err
}

func logical(b []byte, kind byte) (n uint32, rest []byte, err error) {
	switch {
	case len(b) >= 2 && b[0] == kind:
		return uint32(b[1]), b[2:], nil
	case len(b) >= 4 && b[0] == kind|1:
		return uint32(binary.LittleEndian.Uint16(b[2:])), b[4:], nil
	case len(b) >= 6 && b[0] == kind|2:
		return binary.LittleEndian.Uint32(b[2:]), b[6:], nil
	}
	return 0, b, fmt.Errorf("%w: no segment %02X", ErrFrame, kind)
}

// ParseRoute reads "1,0": port and slot, pairs of them through more chassis.
func ParseRoute(text string) ([]byte, error) {
	if text == "none" {
		return nil, nil
	}
	parts := strings.Split(text, ",")
	if len(parts)%2 != 0 || len(parts) > 16 {
		return nil, fmt.Errorf("route %q; write none or pairs of port and slot, for example 1,0", text)
	}
	var out []byte
	for i, p := range parts {
		n, err := strconv.ParseUint(strings.TrimSpace(p), 10, 8)
		if err != nil || i%2 == 0 && (n < 1 || n > 14) {
			return nil, fmt.Errorf("route %q; write none or pairs of port (1 to 14) and slot, for example 1,0", text)
		}
		out = append(out, byte(n))
	}
	return out, nil
}

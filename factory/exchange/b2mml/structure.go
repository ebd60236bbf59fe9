package b2mml

import (
	"bytes"
	_ "embed"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"

	"zhigai/plant"
)

//go:embed structure.txt
var structureText string

// particle is an element of a sequence, or a choice of some.
type particle struct {
	names    []string
	typ      string
	required bool
	many     bool
}

// structure is a type of the schema: a sequence, or text.
type structure struct {
	sequence []particle
	text     string // dateTime, decimal, duration, string, enum
	words    []string
}

var structures = structuresOf(structureText)

// structuresOf reads lines such as "Type: ID IdentifierType; Value* ValueType"
// and "Type = enum A|B". ? is none or one, * any number, + one or more, nothing
// is one; A|B is a choice.
func structuresOf(text string) map[string]structure {
	out := map[string]structure{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if name, kind, ok := strings.Cut(line, " = "); ok {
			kind, words, _ := strings.Cut(kind, " ")
			out[name] = structure{text: kind, words: strings.Split(words, "|")}
			continue
		}
		name, rest, _ := strings.Cut(line, ": ")
		var s structure
		for one := range strings.SplitSeq(rest, "; ") {
			names, typ, _ := strings.Cut(one, " ")
			occurs := names[len(names)-1:]
			p := particle{typ: typ, required: !strings.Contains("?*", occurs), many: strings.Contains("*+", occurs)}
			p.names = strings.Split(strings.TrimRight(names, "?*+"), "|")
			s.sequence = append(s.sequence, p)
		}
		out[name] = s
	}
	return out
}

// node is an element as it stands in the document.
type node struct {
	name string
	text string
	line int
	kids []*node
	said []byte // the text as it is read
}

// kid is the first of a name, nil without one.
func (n *node) kid(name string) *node {
	if i := slices.IndexFunc(n.kids, func(k *node) bool { return k.name == name }); i >= 0 {
		return n.kids[i]
	}
	return nil
}

// all are those of a name.
func (n *node) all(name string) (out []*node) {
	for _, k := range n.kids {
		if k.name == name {
			out = append(out, k)
		}
	}
	return out
}

// value is the text of a kid, "" without one.
func (n *node) value(name string) string {
	if k := n.kid(name); k != nil {
		return k.text
	}
	return ""
}

// parse reads the elements of a document.
func parse(raw []byte) (*node, error) {
	if len(raw) > MaxBytes {
		return nil, invalid(1, "%d bytes; %d are read, divide the document", len(raw), MaxBytes)
	}
	d := xml.NewDecoder(bytes.NewReader(raw))
	d.CharsetReader = func(charset string, _ io.Reader) (io.Reader, error) {
		return nil, errors.New("the document is in " + charset + "; write it in UTF-8")
	}
	var root *node
	var open []*node
	count := 0
	for {
		token, err := d.Token()
		line, _ := d.InputPos()
		switch {
		case errors.Is(err, io.EOF) && root != nil && len(open) == 0:
			return root, nil
		case errors.Is(err, io.EOF):
			return nil, invalid(line, "the document ends too early")
		case err != nil:
			var syntax *xml.SyntaxError
			if errors.As(err, &syntax) {
				return nil, invalid(syntax.Line, "%s", syntax.Msg)
			}
			return nil, invalid(line, "%v", err)
		}
		switch t := token.(type) {
		case xml.Directive:
			return nil, invalid(line, "a document type is not read; take <!…> away")
		case xml.StartElement:
			if t.Name.Space != Namespace {
				return nil, invalid(line, "<%s> is of the namespace %q; write %s, and no extensions", t.Name.Local, t.Name.Space, Namespace)
			}
			if count++; count > maxNodes || len(open) >= maxDepth {
				return nil, invalid(line, "more than %d elements, or %d within one another; divide the document", maxNodes, maxDepth)
			}
			n := &node{name: t.Name.Local, line: line}
			switch {
			case len(open) > 0:
				above := open[len(open)-1]
				above.kids = append(above.kids, n)
			case root != nil:
				return nil, invalid(line, "<%s> stands behind the end of the document", n.name)
			default:
				root = n
			}
			open = append(open, n)
		case xml.EndElement:
			n := open[len(open)-1]
			n.text, n.said = strings.Join(strings.Fields(string(n.said)), " "), nil
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				n := open[len(open)-1]
				n.said = append(n.said, t...)
			} else if len(bytes.TrimSpace(t)) > 0 && !bytes.Equal(t, []byte("\ufeff")) {
				return nil, invalid(line, "text outside of the document")
			}
		}
	}
}

// check holds an element against its type.
func check(n *node, typ string) error {
	s, ok := structures[typ]
	if !ok {
		panic("BUG: b2mml: no structure of " + typ)
	}
	if s.text != "" {
		return checkText(n, s)
	}
	if n.text != "" {
		return invalid(n.line, "text %.40q inside of <%s>, which holds elements", n.text, n.name)
	}
	at, seen := 0, 0 // the particle, and how often it was there
	for _, k := range n.kids {
		i := slices.IndexFunc(s.sequence, func(p particle) bool { return slices.Contains(p.names, k.name) })
		switch {
		case i < 0:
			return invalid(k.line, "<%s> is not known inside of <%s>", k.name, n.name)
		case i < at:
			return invalid(k.line, "<%s> stands behind <%s>; the schema has it before", k.name, s.sequence[at].names[0])
		case i == at && seen > 0 && !s.sequence[i].many:
			return invalid(k.line, "<%s> stands twice inside of <%s>", k.name, n.name)
		case i > at:
			if err := missing(n, s.sequence[at:i], seen); err != nil {
				return err
			}
			at, seen = i, 0
		}
		seen++
		if err := check(k, s.sequence[i].typ); err != nil {
			return err
		}
	}
	return missing(n, s.sequence[at:], seen)
}

// missing complains of the first particle that must be there and is not; seen is
// how often the first of them was.
func missing(n *node, passed []particle, seen int) error {
	for i, p := range passed {
		if p.required && (i > 0 || seen == 0) {
			return invalid(n.line, "<%s> is missing inside of <%s>", strings.Join(p.names, "> or <"), n.name)
		}
	}
	return nil
}

func checkText(n *node, s structure) error {
	if len(n.kids) > 0 {
		return invalid(n.kids[0].line, "<%s> inside of <%s>, which holds text alone", n.kids[0].name, n.name)
	}
	switch s.text {
	case "enum":
		if !slices.Contains(s.words, n.text) {
			return invalid(n.line, "<%s>: %.40q; write one of %s", n.name, n.text, strings.Join(s.words, ", "))
		}
	case "dateTime":
		if _, _, ok := instant(n.text); !ok {
			return invalid(n.line, "<%s>: %.40q is no instant; write 2026-05-01T08:00:00+08:00", n.name, n.text)
		}
	case "duration":
		if _, ok := duration(n.text); !ok {
			return invalid(n.line, "<%s>: %.40q is no duration of days and less; write PT1H30M", n.name, n.text)
		}
	case "decimal":
		if _, err := plant.ParseQuantity(n.text); err != nil {
			return invalid(n.line, "<%s>: %.40q is no decimal number", n.name, n.text)
		}
	}
	return nil
}

package opcua

import (
	"fmt"
	"strings"
)

// address is a point's address, understood. Three forms lead to a node:
//
//	nsu=<namespace uri>;s=<name>          its identifier (also i=, g=, b=)
//	path=/[uri]Name/Name                  browse names from the Objects folder on
//	type=[uri]TypeName(Object)/[uri]Name  browse names from the object of a type on
//
// A namespace is named by its URI and never by its number, which servers give
// anew at every start. A name without a URI may stand in any namespace.
type address struct {
	node   node
	kind   step   // type of the object to begin with
	object string // its browse name; "" is the only object of the type
	way    []step // browse names; empty: the node itself
	method bool   // the last step is a method of the object before it
}

// step is a qualified name; uri "" is any namespace.
type step struct{ uri, name string }

func (s step) String() string {
	if s.uri == "" {
		return s.name
	}
	return "[" + s.uri + "]" + s.name
}

const (
	pathForm   = "path="
	typeForm   = "type="
	methodForm = "method="
	// maxSteps is the depth of an address space a person could still follow.
	maxSteps = 64
)

const addressExample = `write nsu=<namespace uri>;s=<name>, or ;i= ;g= ;b= for the other identifiers, or browse names as path=/[<namespace uri>]Name/Name or type=[<namespace uri>]TypeName/Name`

// wayEscape keeps in a browse name what means something else in an address.
var wayEscape = strings.NewReplacer("%", "%25", "/", "%2F", "[", "%5B", "(", "%28", ")", "%29")

var wayUnescape = strings.NewReplacer("%25", "%", "%2F", "/", "%2f", "/", "%5B", "[", "%5b", "[", "%28", "(", "%29", ")")

func parseAddress(s string) (address, error) {
	var a address
	rest := s
	if after, ok := strings.CutPrefix(s, methodForm); ok {
		a.method, rest = true, after
	}
	form := ""
	for _, f := range []string{pathForm, typeForm} {
		if after, ok := strings.CutPrefix(rest, f); ok {
			form, rest = f, after
		}
	}
	bad := func(what string) (address, error) {
		return a, fmt.Errorf("opcua address %q: %s; %s", s, what, addressExample)
	}
	switch {
	case form == "" && a.method:
		return bad("a method is named by browse names, as method=path=/Object/Method")
	case form == "":
		var err error
		a.node, err = parseNode(s)
		return a, err
	case len(s) > maxAddress || strings.ContainsRune(s, 0):
		return bad("it is too long or holds a zero byte")
	}
	if form == typeForm {
		first, after, _ := strings.Cut(rest, "]")
		kind, way, ok := strings.Cut(after, "/")
		if !ok || !strings.HasPrefix(first, "[") || len(first) < 2 {
			return bad("a type stands with its namespace and with names behind it")
		}
		kind, object, named := strings.Cut(kind, "(")
		if kind == "" || named && !strings.HasSuffix(object, ")") {
			return bad("the type has no name or a bracket is missing")
		}
		a.kind = step{uri: first[1:], name: wayUnescape.Replace(kind)}
		a.object, rest = wayUnescape.Replace(strings.TrimSuffix(object, ")")), "/"+way
	}
	way, ok := parseWay(rest)
	if !ok || a.method && form == pathForm && len(way) < 2 {
		return bad("the browse names cannot be read")
	}
	a.way = way
	return a, nil
}

// parseWay reads /[uri]Name/Name.
func parseWay(s string) (way []step, ok bool) {
	for s != "" {
		if s[0] != '/' || len(way) == maxSteps {
			return nil, false
		}
		s = s[1:]
		var one step
		if strings.HasPrefix(s, "[") {
			uri, after, closed := strings.Cut(s[1:], "]")
			if !closed || uri == "" {
				return nil, false
			}
			one.uri, s = uri, after
		}
		end := strings.IndexByte(s, '/')
		if end < 0 {
			end = len(s)
		}
		one.name, s = wayUnescape.Replace(s[:end]), s[end:]
		if one.name == "" {
			return nil, false
		}
		way = append(way, one)
	}
	return way, len(way) > 0
}

// wayOf writes browse names as parseWay reads them.
func wayOf(way []step) string {
	var b strings.Builder
	for _, s := range way {
		b.WriteByte('/')
		if s.uri != "" {
			b.WriteString("[" + s.uri + "]")
		}
		b.WriteString(wayEscape.Replace(s.name))
	}
	return b.String()
}

func (a address) String() string {
	out := ""
	if a.method {
		out = methodForm
	}
	switch {
	case a.kind != step{}:
		out += typeForm + "[" + a.kind.uri + "]" + wayEscape.Replace(a.kind.name)
		if a.object != "" {
			out += "(" + wayEscape.Replace(a.object) + ")"
		}
	case len(a.way) > 0:
		out += pathForm
	}
	return out + wayOf(a.way)
}

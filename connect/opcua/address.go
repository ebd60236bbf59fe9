package opcua

import (
	"fmt"
	"strconv"
	"strings"
)

// address is a point's address, understood. Three forms lead to a node:
//
//	nsu=<namespace uri>;s=<name>          its identifier (also i=, g=, b=)
//	path=/[uri]Name/Name                  browse names from the Objects folder on
//	type=[uri]TypeName(Object)/[uri]Name  browse names from the object of a type on
//
// Object is one browse name or several, each below the one before: the object is
// called so, or stands below the one that is. Without it the object is the only
// one of the type, and with TypeName#2 the second by depth and name. On a device with the
// parameter object all that is within the object of that name.
//
// A namespace is named by its URI and never by its number, which servers give
// anew at every start. A name without a URI may stand in any namespace.
type address struct {
	node   node
	kind   step   // type of the object to begin with
	object []step // the end of its way, or of that of an object above it; none is the only one
	number int    // the how manieth by name, from 1 on; 0 is the only one
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

// maxNumber is more objects of one type than a machine has.
const maxNumber = 999

// wayEscape keeps in a browse name what means something else in an address.
var wayEscape = strings.NewReplacer("%", "%25", "/", "%2F", "[", "%5B", "(", "%28", ")", "%29")

var wayUnescape = strings.NewReplacer("%25", "%", "%2F", "/", "%2f", "/", "%5B", "[", "%5b", "[", "%28", "(", "%29", ")", "%23", "#")

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
		var wrong string
		if rest, wrong = a.parseType(rest); wrong != "" {
			return bad(wrong)
		}
	}
	way, ok := parseWay(rest)
	if !ok || a.method && form == pathForm && len(way) < 2 {
		return bad("the browse names cannot be read")
	}
	a.way = way
	return a, nil
}

// parseType reads [uri]TypeName#2(Object) and gives what stands behind it, or
// what is wrong.
func (a *address) parseType(s string) (rest, wrong string) {
	uri, after, ok := strings.Cut(s, "]")
	end := strings.IndexAny(after, "(/")
	if !ok || end < 0 || !strings.HasPrefix(uri, "[") || len(uri) < 2 {
		return "", "a type stands with its namespace and with names behind it"
	}
	name, rest := after[:end], after[end:]
	if inside, named := strings.CutPrefix(rest, "("); named {
		if inside, rest, ok = strings.Cut(inside, ")"); !ok {
			return "", "a bracket is missing"
		}
		if a.object, ok = parseWay("/" + inside); !ok {
			return "", "the name in brackets cannot be read"
		}
	}
	name, number, numbered := strings.Cut(name, "#")
	if numbered {
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || n > maxNumber || strconv.Itoa(n) != number {
			return "", "the number behind the type is none from 1 to " + strconv.Itoa(maxNumber)
		}
		a.number = n
	}
	if name == "" {
		return "", "the type has no name"
	}
	a.kind = step{uri: uri[1:], name: wayUnescape.Replace(name)}
	return rest, ""
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
		out += typeForm + "[" + a.kind.uri + "]" + strings.ReplaceAll(wayEscape.Replace(a.kind.name), "#", "%23")
		if a.number > 0 {
			out += "#" + strconv.Itoa(a.number)
		}
		if len(a.object) > 0 {
			out += "(" + wayOf(a.object)[1:] + ")"
		}
	case len(a.way) > 0:
		out += pathForm
	}
	return out + wayOf(a.way)
}

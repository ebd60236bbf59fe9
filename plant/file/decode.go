package file

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// place is a line and column, both from 1.
type place struct{ line, column int }

func placeOf(n ast.Node) place {
	if values, ok := pairs(n); ok && len(values) > 0 {
		n = values[0].Key // a mapping's own token is its first colon
	}
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return place{1, 1}
	}
	p := n.GetToken().Position
	return place{p.Line, p.Column}
}

// reader turns the syntax tree into values itself: it finds every mistake in
// one pass, and remembers where each value stands for the checks that follow.
type reader struct {
	file     string
	problems Problems
	at       map[string]place // "nodes[3].equipment.device" -> where
}

func (r *reader) add(p place, format string, args ...any) {
	if len(r.problems) < maxProblems {
		r.problems = append(r.problems, Problem{File: r.file, Line: p.line, Column: p.column, What: fmt.Sprintf(format, args...)})
	}
}

func (r *reader) sort() {
	slices.SortStableFunc(r.problems, func(a, b Problem) int { return cmp.Or(a.Line-b.Line, a.Column-b.Column) })
}

func (r *reader) decode(body ast.Node, d *document) {
	r.value(body, reflect.ValueOf(d).Elem(), "")
}

var timeType = reflect.TypeFor[time.Time]()

func (r *reader) value(n ast.Node, v reflect.Value, path string) {
	if _, seen := r.at[path]; !seen {
		r.at[path] = placeOf(n)
	}
	switch n := n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		r.add(placeOf(n), "anchors (&), aliases (*) and tags (!) are not read; write the value out")
		return
	case *ast.NullNode:
		return // "key:" with nothing behind it is the key left out
	}
	switch {
	case v.Type() == timeType:
		r.time(n, v, path)
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		r.value(n, v.Elem(), path)
	case v.Kind() == reflect.Struct:
		r.mapping(n, v, path)
	case v.Kind() == reflect.Slice:
		r.sequence(n, v, path)
	case v.Kind() == reflect.Map:
		r.table(n, v, path)
	default:
		r.scalar(n, v, path)
	}
}

func pairs(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

func (r *reader) mapping(n ast.Node, v reflect.Value, path string) {
	values, ok := pairs(n)
	if !ok {
		r.add(placeOf(n), "%s must be fields with values (%s)", called(path), strings.Join(fieldNames(v.Type()), ", "))
		return
	}
	seen := map[string]bool{}
	for _, pair := range values {
		key, ok := r.key(pair, seen)
		if !ok {
			continue
		}
		field := fieldOf(v, key)
		if !field.IsValid() {
			r.add(placeOf(pair.Key), "unknown field %q%s", key, instead(key, fieldNames(v.Type())))
			continue
		}
		below := join(path, key)
		r.at[below] = placeOf(pair.Key)
		r.value(pair.Value, field, below)
	}
}

// key reads a mapping's key and refuses it the second time.
func (r *reader) key(pair *ast.MappingValueNode, seen map[string]bool) (string, bool) {
	text, ok := text(pair.Key)
	if !ok || pair.Key.IsMergeKey() {
		r.add(placeOf(pair.Key), "a key is one plain word; merge keys (<<) are not read")
		return "", false
	}
	if seen[text] {
		r.add(placeOf(pair.Key), "field %q stands here twice; delete one", text)
		return "", false
	}
	seen[text] = true
	return text, true
}

func (r *reader) sequence(n ast.Node, v reflect.Value, path string) {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		r.add(placeOf(n), "%s must be a list; begin each entry with \"- \"", called(path))
		return
	}
	out := reflect.MakeSlice(v.Type(), len(list.Values), len(list.Values))
	for i, each := range list.Values {
		below := path + "[" + strconv.Itoa(i) + "]"
		if _, empty := each.(*ast.NullNode); empty || each == nil {
			r.add(placeOf(each), "%s is empty; delete the entry", called(below))
			continue
		}
		r.value(each, out.Index(i), below)
	}
	v.Set(out)
}

func (r *reader) table(n ast.Node, v reflect.Value, path string) {
	values, ok := pairs(n)
	if !ok {
		r.add(placeOf(n), "%s must be names with values", called(path))
		return
	}
	out := reflect.MakeMap(v.Type())
	seen := map[string]bool{}
	for _, pair := range values {
		key, ok := r.key(pair, seen)
		if !ok {
			continue
		}
		each := reflect.New(v.Type().Elem()).Elem()
		below := join(path, key)
		r.at[below] = placeOf(pair.Key)
		r.value(pair.Value, each, below)
		out.SetMapIndex(reflect.ValueOf(key).Convert(v.Type().Key()), each)
	}
	v.Set(out)
}

// text is a scalar as it was written, so that a code 007 stays 007.
func text(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}

func (r *reader) scalar(n ast.Node, v reflect.Value, path string) {
	s, ok := text(n)
	if !ok {
		r.add(placeOf(n), "%s must be one value", called(path))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
	case reflect.Bool:
		if s != "true" && s != "false" {
			r.add(placeOf(n), "%s is %q; write true or false", called(path), s)
			return
		}
		v.SetBool(s == "true")
	case reflect.Int, reflect.Int64:
		i, err := strconv.ParseInt(s, 10, 64)
		if err != nil || v.OverflowInt(i) {
			r.add(placeOf(n), "%s is %q; write a whole number", called(path), s)
			return
		}
		v.SetInt(i)
	case reflect.Float64:
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || f-f != 0 {
			r.add(placeOf(n), "%s is %q; write a number", called(path), s)
			return
		}
		v.SetFloat(f)
	default:
		panic("BUG: plant file: no reader for " + v.Type().String())
	}
}

func (r *reader) time(n ast.Node, v reflect.Value, path string) {
	s, _ := text(n)
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		r.add(placeOf(n), "%s is %q; write an instant with its zone, 2026-01-01T00:00:00+08:00", called(path), s)
		return
	}
	v.Set(reflect.ValueOf(t.UTC()))
}

// fieldOf finds the field that the yaml tag names.
func fieldOf(v reflect.Value, key string) reflect.Value {
	for i := range v.NumField() {
		if name(v.Type().Field(i)) == key {
			return v.Field(i)
		}
	}
	return reflect.Value{}
}

func fieldNames(t reflect.Type) []string {
	var out []string
	for field := range t.Fields() {
		if n := name(field); n != "" {
			out = append(out, n)
		}
	}
	return out
}

func name(f reflect.StructField) string {
	n, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	if n == "-" {
		return ""
	}
	return n
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func called(path string) string {
	if path == "" {
		return "the file"
	}
	return path
}

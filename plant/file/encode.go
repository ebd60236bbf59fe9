package file

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhigai/plant"
)

// writer writes YAML itself: every text it cannot be sure of is quoted and
// escaped, so that a tab or a "~" comes back as it was.
type writer struct{ strings.Builder }

// short values stand on one line.
var short = []reflect.Type{
	reflect.TypeFor[plant.Name](), reflect.TypeFor[plant.Validity](), reflect.TypeFor[plant.Break](),
	reflect.TypeFor[plant.Day](), reflect.TypeFor[plant.Cycle](), reflect.TypeFor[plant.TagOverride](), reflect.TypeFor[plant.Down](),
}

// fields writes a struct's set fields, one a line; the first line is not
// indented when it stands behind "- ".
func (w *writer) fields(v reflect.Value, indent string, inList bool) {
	lead := indent
	if inList {
		lead = ""
	}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if name(f) == "" || v.Field(i).IsZero() || isEmpty(v.Field(i)) {
			continue
		}
		w.WriteString(lead + name(f) + ":")
		w.value(v.Field(i), indent)
		lead = indent
	}
	if inList && lead == "" {
		w.WriteString("{}\n")
	}
}

func isEmpty(v reflect.Value) bool {
	return (v.Kind() == reflect.Slice || v.Kind() == reflect.Map) && v.Len() == 0
}

// value writes what stands behind "key:".
func (w *writer) value(v reflect.Value, indent string) {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch {
	case onOneLine(v):
		w.WriteString(" " + flow(v) + "\n")
	case v.Kind() == reflect.Struct:
		w.WriteString("\n")
		w.fields(v, indent+"  ", false)
	case v.Kind() == reflect.Slice:
		w.WriteString("\n")
		for i := range v.Len() {
			w.WriteString(indent + "  - ")
			if onOneLine(v.Index(i)) {
				w.WriteString(flow(v.Index(i)) + "\n")
			} else {
				w.fields(v.Index(i), indent+"    ", true)
			}
		}
	}
}

func onOneLine(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Struct:
		return v.Type() == timeType || slices.Contains(short, v.Type())
	case reflect.Slice:
		return v.Type().Elem().Kind() == reflect.Int
	}
	return true
}

func flow(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Pointer:
		return flow(v.Elem())
	case reflect.Struct:
		if t, ok := v.Interface().(time.Time); ok {
			return quote(t.UTC().Format(time.RFC3339Nano))
		}
		var parts []string
		for i := range v.NumField() {
			if n := name(v.Type().Field(i)); n != "" && !v.Field(i).IsZero() {
				parts = append(parts, n+": "+flow(v.Field(i)))
			}
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case reflect.Map:
		var parts []string
		for _, k := range slices.Sorted(maps.Keys(v.Interface().(map[string]string))) {
			parts = append(parts, quote(k)+": "+flow(v.MapIndex(reflect.ValueOf(k))))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case reflect.Slice:
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = flow(v.Index(i))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case reflect.String:
		return quote(v.String())
	case reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	}
	return fmt.Sprint(v.Interface())
}

// plain needs no quotes in any place: it begins with a letter and holds
// nothing that YAML gives a meaning.
var plain = regexp.MustCompile(`^[\p{Latin}\p{Han}][\p{Latin}\p{Han}0-9_./-]*$`)

func quote(s string) string {
	switch strings.ToLower(s) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n":
	default:
		if plain.MatchString(s) {
			return s
		}
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r >= 0x10000 || strconv.IsPrint(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

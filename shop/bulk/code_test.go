package bulk

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// The API's enum names every code that has a text and no other; the pages'
// dictionaries are typed by the enum.
func TestCodes_Enum(t *testing.T) {
	t.Parallel()
	field, ok := reflect.TypeFor[Problem]().FieldByName("Code")
	if !ok {
		t.Fatal("a problem has no code")
	}
	var enum []Code
	for c := range strings.SplitSeq(field.Tag.Get("enum"), ",") {
		enum = append(enum, Code(c))
	}
	slices.Sort(enum)
	if has := slices.Sorted(maps.Keys(said)); !slices.Equal(enum, has) {
		t.Errorf("enum %v\ntexts %v", enum, has)
	}
}

// What a cell says stays as it is, also where it looks like an argument.
func TestProblem_ArgsAreNoTemplates(t *testing.T) {
	t.Parallel()
	p := problem(colParams, 1, "", "params_differ", "name", "{value}", "value", "{other}", "other", "3")
	if p.What != "{value} is {other} here and 3 in the column params" || p.Args["name"] != "{value}" {
		t.Errorf("%+v", p)
	}
}

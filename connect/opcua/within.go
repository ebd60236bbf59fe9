package opcua

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gopcua/opcua/ua"

	"zhigai/connect"
)

// wayTo is the browse names from the Objects folder to an object of the survey.
func (s *session) wayTo(all []object, i int) []step {
	var way []step
	for ; i >= 0; i = all[i].parent {
		way = append(way, s.qualified(all[i].name))
	}
	slices.Reverse(way)
	return way
}

// endsIn reports whether a way's last names are those wanted. A name without a
// namespace may stand in any.
func endsIn(way, wanted []step) bool {
	at := len(way) - len(wanted)
	return at >= 0 && slices.EqualFunc(way[at:], wanted, func(has, want step) bool {
		return has.name == want.name && (want.uri == "" || want.uri == has.uri)
	})
}

// below reports whether an object of the survey is called as wanted, or an
// object above it is. No names are every object.
func below(way, wanted []step) bool {
	if len(wanted) == 0 {
		return true
	}
	for end := len(way); end >= len(wanted); end-- {
		if endsIn(way[:end], wanted) {
			return true
		}
	}
	return false
}

// typed is an object of the type that is looked for.
type typed struct {
	object
	way []step
}

// objectOf finds the object of a type: within the device's own, and of those
// the one the address names.
func (s *session) objectOf(ctx context.Context, a address) (node *ua.NodeID, wrong, lost error) {
	survey, err := s.survey(ctx)
	if err != nil {
		return nil, nil, err
	}
	var all []typed
	for i := range survey {
		if survey[i].is(a.kind) {
			if one := (typed{survey[i], s.wayTo(survey, i)}); below(one.way, s.within) {
				all = append(all, one)
			}
		}
	}
	where := "the server"
	if len(s.within) > 0 {
		where = "the object " + wayOf(s.within)[1:]
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%w: %s has no object of type %s", connect.ErrUnconfigured, where, a.kind), nil
	}
	fits := called(all, a.object)
	slices.SortFunc(fits, byName)
	switch {
	case a.number > 0 && a.number <= len(fits):
		return fits[a.number-1].node, nil, nil
	case a.number > 0 && len(fits) > 0:
		return nil, fmt.Errorf("%w: %s has %d objects of type %s and no number %d", connect.ErrUnconfigured, where, len(fits), a.kind, a.number), nil
	case len(fits) == 1:
		return fits[0].node, nil, nil
	}
	return nil, fmt.Errorf("%w: %s has the objects %s of type %s; name one of them in brackets behind the type, or write its number as #1 behind it",
		connect.ErrUnconfigured, where, names(all), a.kind), nil
}

// called are the objects of a name, or else those below one of that name.
func called(all []typed, name []step) []typed {
	var exact, under []typed
	for _, one := range all {
		switch {
		case len(name) > 0 && endsIn(one.way, name):
			exact = append(exact, one)
		case below(one.way, name):
			under = append(under, one)
		}
	}
	if len(exact) > 0 {
		return exact
	}
	return under
}

// byName is the order in which objects of a type are numbered, the same however
// the server lists them: those of the machine before those of its parts, and A2
// before A10.
func byName(a, b typed) int {
	return cmp.Or(len(a.way)-len(b.way), len(a.name.Name)-len(b.name.Name), strings.Compare(a.name.Name, b.name.Name), strings.Compare(wayOf(a.way), wayOf(b.way)))
}

// maxNamed bounds the names in one error.
const maxNamed = 20

func names(all []typed) string {
	var out []string
	for _, one := range all[:min(len(all), maxNamed)] {
		out = append(out, one.name.Name)
	}
	if len(all) > maxNamed {
		out = append(out, "…")
	}
	return strings.Join(out, ", ")
}

package document

import (
	"errors"
	"fmt"
	"strings"
)

// Address names a data item of a device and what of its value is wanted.
//
// One word is an id, a name or a source: Lpexecution, pexecution. Several are
// the way to a component, the type and, where there is one, the sub type:
// "Axes/Linear[X] POSITION ACTUAL"; the way may begin anywhere above the item, a
// component is given by its type, its name in brackets, or both. After a # stands
// what of the value is wanted, see [Address.Part].
type Address struct {
	Word string // id, name or source; "" for a way
	Way  []Step
	Type string
	Sub  string
	Part Part
}

// Step is one component on the way; an empty field fits all.
type Step struct{ Type, Name string }

// Part says what of a value is wanted.
type Part struct {
	Kind PartKind
	// Axis counts from 0; Key is of an entry; Words are those of a choice.
	Axis  int
	Key   string
	Words []string
}

// PartKind tells the parts apart.
type PartKind int

const (
	Whole   PartKind = iota
	Axis             // #x #y #z of a position in space, #a #b #c of a rotation
	Level            // #level of a condition: 0 normal, 1 warning, 2 fault
	Code             // #code: the machine's own codes of a condition that stands
	Text             // #text: what a condition says to people
	EntryOf          // #key.G54: an entry of a data set
	Truth            // #=ACTIVE|READY: whether the value is one of these
	Choice           // #READY,ACTIVE,STOPPED: the place of the value in the list, from 0
)

const addressExample = `write a data item's id or name, such as "Lpexecution", or its place, such as "Axes/Linear[X] POSITION ACTUAL"`

// ErrAddress marks an address that names nothing on any device.
var ErrAddress = errors.New("mtconnect address")

// ParseAddress reads an address.
func ParseAddress(text string) (Address, error) {
	var a Address
	wrong := func(what string) (Address, error) {
		return a, fmt.Errorf("%w %q: %s; %s", ErrAddress, text, what, addressExample)
	}
	item, part, has := strings.Cut(text, "#")
	if has {
		var err error
		if a.Part, err = parsePart(part); err != nil {
			return a, fmt.Errorf("%w %q: %w", ErrAddress, text, err)
		}
	}
	words := strings.Fields(item)
	switch len(words) {
	case 0:
		return wrong("no data item")
	case 1:
		a.Word = words[0]
		return a, nil
	case 2, 3:
	default:
		return wrong(fmt.Sprintf("%d words", len(words)))
	}
	for element := range strings.SplitSeq(words[0], "/") {
		step, ok := parseStep(element)
		if !ok {
			return wrong(fmt.Sprintf("component %q", element))
		}
		a.Way = append(a.Way, step)
	}
	a.Type = words[1]
	if len(words) == 3 {
		a.Sub = words[2]
	}
	if a.Type != strings.ToUpper(a.Type) && !strings.Contains(a.Type, ":") {
		return wrong(fmt.Sprintf("type %q is written in capitals", a.Type))
	}
	return a, nil
}

// parseStep reads Linear, Linear[X] or [X].
func parseStep(text string) (Step, bool) {
	kind, rest, has := strings.Cut(text, "[")
	if !has {
		return Step{Type: text}, text != ""
	}
	name, ok := strings.CutSuffix(rest, "]")
	return Step{Type: kind, Name: name}, ok && name != "" && !strings.ContainsAny(name, "[]")
}

var axes = map[string]int{"x": 0, "y": 1, "z": 2, "a": 0, "b": 1, "c": 2}

func parsePart(text string) (Part, error) {
	if axis, ok := axes[text]; ok {
		return Part{Kind: Axis, Axis: axis}, nil
	}
	switch text {
	case "level":
		return Part{Kind: Level}, nil
	case "code":
		return Part{Kind: Code}, nil
	case "text":
		return Part{Kind: Text}, nil
	}
	if key, ok := strings.CutPrefix(text, "key."); ok && key != "" {
		return Part{Kind: EntryOf, Key: key}, nil
	}
	if words, ok := strings.CutPrefix(text, "="); ok && words != "" {
		return Part{Kind: Truth, Words: strings.Split(words, "|")}, nil
	}
	if words := strings.Split(text, ","); len(words) > 1 {
		return Part{Kind: Choice, Words: words}, nil
	}
	return Part{}, fmt.Errorf(`what is wanted of the value is %q; write #x, #level, #code, #text, #key.NAME, #=ACTIVE|READY or #READY,ACTIVE,STOPPED`, "#"+text)
}

// Place is a data item and the components it belongs to, the device first.
type Place struct {
	Item DataItem
	Way  []Step
	In   string // id of its component
}

// String is the address by way.
func (p Place) String() string {
	var b strings.Builder
	for i, s := range p.Way[min(1, len(p.Way)):] {
		if i > 0 {
			b.WriteByte('/')
		}
		b.WriteString(s.Type)
		if s.Name != "" {
			b.WriteString("[" + s.Name + "]")
		}
	}
	if b.Len() == 0 {
		b.WriteString(p.Way[0].Type)
	}
	b.WriteString(" " + p.Item.Type)
	if p.Item.SubType != "" {
		b.WriteString(" " + p.Item.SubType)
	}
	return b.String()
}

// Places lists every data item of a device, in the order of the document.
func Places(device *Component) []Place {
	var out []Place
	var walk func(c *Component, way []Step)
	walk = func(c *Component, way []Step) {
		way = append(way[:len(way):len(way)], Step{Type: c.Type, Name: c.Name})
		for _, it := range c.Items {
			out = append(out, Place{Item: it, Way: way, In: c.ID})
		}
		for i := range c.Components {
			walk(&c.Components[i], way)
		}
	}
	walk(device, nil)
	return out
}

// ErrNoItem says that the device has no such data item, or that several fit.
var ErrNoItem = errors.New("no such data item")

// Find is the data item that the address names. An id goes before a name, a name
// before a source; of several that a way fits, those of the wanted categories
// count. More than one is an error that lists them.
func (a Address) Find(places []Place, wanted ...Category) (Place, error) {
	if a.Word != "" {
		for _, is := range []func(*DataItem) bool{
			func(it *DataItem) bool { return it.ID == a.Word },
			func(it *DataItem) bool { return it.Name == a.Word },
			func(it *DataItem) bool { return it.Source == a.Word },
		} {
			for _, p := range places {
				if is(&p.Item) {
					return p, nil
				}
			}
		}
		return Place{}, fmt.Errorf("%w: %q", ErrNoItem, a.Word)
	}
	var fit, best []Place
	for _, p := range places {
		if a.fits(&p) {
			fit = append(fit, p)
			for _, c := range wanted {
				if p.Item.Category == c {
					best = append(best, p)
				}
			}
		}
	}
	if len(best) > 0 {
		fit = best
	}
	switch len(fit) {
	case 0:
		return Place{}, fmt.Errorf("%w: %s", ErrNoItem, a)
	case 1:
		return fit[0], nil
	}
	return Place{}, fmt.Errorf("%w: %d fit %s, such as %s (id %s) and %s (id %s); write the id", ErrNoItem, len(fit), a, fit[0], fit[0].Item.ID, fit[1], fit[1].Item.ID)
}

// fits: the way's steps stand last on the item's own way. Without a sub type one
// without a sub type is meant.
func (a Address) fits(p *Place) bool {
	if p.Item.Type != a.Type || p.Item.SubType != a.Sub || len(a.Way) > len(p.Way) {
		return false
	}
	tail := p.Way[len(p.Way)-len(a.Way):]
	for i, s := range a.Way {
		if s.Type != "" && s.Type != tail[i].Type || s.Name != "" && s.Name != tail[i].Name {
			return false
		}
	}
	return true
}

// String is the address without its part.
func (a Address) String() string {
	if a.Word != "" {
		return a.Word
	}
	return strings.TrimPrefix(Place{Item: DataItem{Type: a.Type, SubType: a.Sub}, Way: append([]Step{{}}, a.Way...)}.String(), " ")
}

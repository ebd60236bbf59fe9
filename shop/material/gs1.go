package material

import (
	"errors"
	"fmt"
	"strings"
)

// Element is one element of a GS1 element string.
type Element struct {
	AI    string `json:"ai" doc:"Application identifier"`
	Name  string `json:"name"`
	Value string `json:"value"`
}

// identifier is what is known of an application identifier (GS1 General
// Specifications, section 3.2): exact digits where fixed, at most most characters
// otherwise.
type identifier struct {
	name  string
	fixed int
	most  int
}

// identifiers are those that stand on goods in a workshop. Those of the measures
// 310 to 369 have a fourth digit, the decimals.
var identifiers = map[string]identifier{
	"00": {"SSCC", 18, 0}, "01": {"GTIN", 14, 0}, "02": {"GTIN of content", 14, 0},
	"10": {"lot", 0, 20}, "11": {"made", 6, 0}, "12": {"due", 6, 0}, "13": {"packed", 6, 0}, "15": {"best before", 6, 0}, "16": {"sell by", 6, 0}, "17": {"expires", 6, 0},
	"20": {"variant", 2, 0}, "21": {"serial", 0, 20}, "30": {"count", 0, 8}, "37": {"pieces", 0, 8},
	"240": {"item", 0, 30}, "241": {"customer's item", 0, 30}, "250": {"second serial", 0, 30}, "251": {"source", 0, 30},
	"400": {"order", 0, 30}, "401": {"consignment", 0, 30}, "410": {"ship to", 13, 0}, "414": {"location", 13, 0}, "421": {"postal code", 0, 12},
	"90": {"internal", 0, 30}, "91": {"internal", 0, 90}, "92": {"internal", 0, 90}, "93": {"internal", 0, 90}, "94": {"internal", 0, 90},
	"95": {"internal", 0, 90}, "96": {"internal", 0, 90}, "97": {"internal", 0, 90}, "98": {"internal", 0, 90}, "99": {"internal", 0, 90},
}

// errNoGS1 is what ReadGS1 says of a text that is none.
var errNoGS1 = errors.New("material: no GS1 element string")

// fnc1 parts elements of no fixed length, as scanners send it.
const fnc1 = '\x1d'

// ReadGS1 takes a GS1 element string apart: as scanners send it, with a symbology
// identifier (]C1, ]d2, ]Q3, ]e0) or FNC1 before it, or as people write it, with
// the identifiers in brackets. A text without any of these is none.
func ReadGS1(text string) ([]Element, error) {
	if strings.HasPrefix(text, "(") {
		return bracketed(text)
	}
	rest, marked := text, false
	for _, head := range []string{"]C1", "]d2", "]Q3", "]e0", string(fnc1)} {
		if after, ok := strings.CutPrefix(rest, head); ok {
			rest, marked = after, true
		}
	}
	if !marked && !strings.ContainsRune(rest, fnc1) {
		return nil, errNoGS1
	}
	var out []Element
	for rest != "" {
		ai, of, ok := identifierOf(rest)
		if !ok {
			return nil, fmt.Errorf("%w: no identifier that is known at %.20q", errNoGS1, rest)
		}
		rest = rest[len(ai):]
		value, after, _ := strings.Cut(rest, string(fnc1))
		if of.fixed > 0 {
			if len(rest) < of.fixed {
				return nil, fmt.Errorf("%w: (%s) has %d characters, not %d", errNoGS1, ai, len(rest), of.fixed)
			}
			value, after = rest[:of.fixed], strings.TrimPrefix(rest[of.fixed:], string(fnc1))
		}
		if err := checkElement(ai, of, value); err != nil {
			return nil, err
		}
		out, rest = append(out, Element{ai, of.name, value}), after
	}
	if len(out) == 0 {
		return nil, errNoGS1
	}
	return out, nil
}

func bracketed(text string) ([]Element, error) {
	var out []Element
	for rest := text; rest != ""; {
		ai, after, ok := strings.Cut(strings.TrimPrefix(rest, "("), ")")
		known, of, found := identifierOf(ai + strings.Repeat("0", 4))
		if !strings.HasPrefix(rest, "(") || !ok || !found || known != ai {
			return nil, fmt.Errorf("%w: no identifier that is known at %.20q", errNoGS1, rest)
		}
		value := after
		if before, _, ok0 := strings.Cut(after, "("); ok0 {
			value = before
		}
		if err := checkElement(ai, of, value); err != nil {
			return nil, err
		}
		out, rest = append(out, Element{ai, of.name, value}), after[len(value):]
	}
	return out, nil
}

// identifierOf finds the identifier that a text begins with.
func identifierOf(text string) (ai string, of identifier, ok bool) {
	for n := 2; n <= 3 && n <= len(text); n++ {
		if of, ok := identifiers[text[:n]]; ok {
			return text[:n], of, true
		}
	}
	if len(text) >= 4 && text[:2] >= "31" && text[:2] <= "36" && strings.Trim(text[:4], "0123456789") == "" {
		return text[:4], identifier{"measure", 6, 0}, true
	}
	return "", identifier{}, false
}

func checkElement(ai string, of identifier, value string) error {
	digits := strings.Trim(value, "0123456789") == ""
	switch {
	case value == "" || of.most > 0 && len(value) > of.most || of.fixed > 0 && len(value) != of.fixed:
		return fmt.Errorf("%w: (%s) %.40q has %d characters", errNoGS1, ai, value, len(value))
	case of.fixed > 0 && !digits:
		return fmt.Errorf("%w: (%s) %q has digits alone", errNoGS1, ai, value)
	case (ai == "00" || ai == "01" || ai == "02" || ai == "410" || ai == "414") && !gtinChecks(value):
		return fmt.Errorf("%w: the check digit of (%s) %s is wrong", errNoGS1, ai, value)
	}
	return nil
}

// gtinChecks says whether the last digit is the check digit of those before it
// (GS1 General Specifications, section 7.9: weights 3 and 1 from the right).
func gtinChecks(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[i] - '0')
		if (len(digits)-i)%2 == 0 {
			d *= 3
		}
		sum += d
	}
	return sum%10 == 0
}

func elementWords(elements []Element) string {
	words := make([]string, len(elements))
	for i, e := range elements {
		words[i] = fmt.Sprintf("(%s) %s %s", e.AI, e.Name, e.Value)
	}
	return strings.Join(words, ", ")
}

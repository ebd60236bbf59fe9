package snmp

import (
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gosnmp/gosnmp"

	"zhigai/connect"
	"zhigai/plant"
)

// maxWhole is where float64 stops telling integers apart.
const maxWhole = 1 << 53

// reading is an object as a kind of tag.
func reading(point int, kind plant.TagKind, v gosnmp.SnmpPDU) connect.Reading {
	r := connect.Reading{Point: point}
	number, text, isText, err := valueOf(v)
	switch {
	case err != nil:
	case kind == plant.KindText:
		if r.Text = text; !isText {
			r.Text = strconv.FormatFloat(number, 'f', -1, 64)
		}
	case isText:
		// Agents give numbers with a fraction as texts.
		number, err = strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil || math.IsNaN(number) || math.IsInf(number, 0) {
			err = fmt.Errorf("%w: %.60q is no number", connect.ErrMalformed, text)
			break
		}
		r.Number, err = asKind(number, kind)
	default:
		r.Number, err = asKind(number, kind)
	}
	if isText {
		r.Raw = []byte(text)
	}
	if r.Err = err; err != nil {
		r.Number, r.Text = 0, ""
	}
	return r
}

// asKind: a truth value is 1 for yes and 2 for no (RFC 2579, TruthValue), and of
// devices that do not know that, 0 for no.
func asKind(v float64, kind plant.TagKind) (float64, error) {
	switch {
	case kind == plant.KindBoolean && v == 1:
		return 1, nil
	case kind == plant.KindBoolean && (v == 2 || v == 0):
		return 0, nil
	case kind == plant.KindBoolean:
		return 0, fmt.Errorf("%w: %v is no truth value; 1 is yes, 2 no", connect.ErrMalformed, v)
	case kind == plant.KindEnumeration && v != math.Trunc(v):
		return 0, fmt.Errorf("%w: %v is no code", connect.ErrMalformed, v)
	}
	return v, nil
}

// valueOf is an object's number or text. Times (TimeTicks) are hundredths of a
// second.
func valueOf(v gosnmp.SnmpPDU) (number float64, text string, isText bool, err error) {
	switch v.Type {
	case gosnmp.NoSuchObject, gosnmp.NoSuchInstance, gosnmp.EndOfMibView:
		return 0, "", false, fmt.Errorf("%w: %v", connect.ErrUnconfigured, v.Type)
	case gosnmp.Null:
		return 0, "", false, fmt.Errorf("%w: the object is null", connect.ErrUnavailable)
	}
	switch x := v.Value.(type) {
	case int:
		return float64(x), "", false, nil
	case uint:
		return whole(uint64(x))
	case uint32:
		return float64(x), "", false, nil
	case uint64:
		return whole(x)
	case float32:
		return float64(x), "", false, nil
	case float64:
		return x, "", false, nil
	case string:
		return 0, strings.TrimPrefix(x, "."), true, nil // addresses and identifiers
	case []byte:
		return 0, textOf(x), true, nil
	}
	return 0, "", false, fmt.Errorf("%w: a value of type %v", connect.ErrMalformed, v.Type)
}

func whole(v uint64) (float64, string, bool, error) {
	if v > maxWhole {
		return 0, "", false, connect.ErrImprecise
	}
	return float64(v), "", false, nil
}

// textOf shows bytes that are no text as hex, as addresses of network cards are
// written.
func textOf(b []byte) string {
	text := strings.TrimRight(string(b), "\x00 ")
	if utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) && !unicode.IsSpace(r) }) {
		return text
	}
	parts := make([]string, len(b))
	for i := range b {
		parts[i] = hex.EncodeToString(b[i : i+1])
	}
	return strings.Join(parts, ":")
}

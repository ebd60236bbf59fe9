package draft

import (
	"bufio"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"zhigai/plant"
)

// FromEDS reads the parameters of an electronic data sheet: that of EtherNet/IP
// and DeviceNet (The CIP Networks Library, volume 1, chapter 7: [Params]), or
// of CANopen (CiA 306: one section an object). A sheet says what a device has
// and not under which address a gateway gives it, so that the address is the
// parameter's name: the metric or topic of a gateway that calls it so.
func FromEDS(src []byte) ([]Row, error) {
	text, err := decode(src)
	if err != nil {
		return nil, err
	}
	sheet := sections(text)
	rows := cipParams(sheet["params"])
	if len(rows) == 0 {
		rows = objects(sheet)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("the data sheet has no [Params] of EtherNet/IP and no objects of CANopen")
	}
	if len(rows) > maxRows {
		return nil, fmt.Errorf("the data sheet has more than %d parameters", maxRows)
	}
	return rows, nil
}

// sections parts a sheet at its [names]; entries go on until their semicolon.
func sections(text string) map[string]string {
	out, name := map[string]string{}, ""
	lines := bufio.NewScanner(strings.NewReader(text))
	lines.Buffer(nil, maxTable)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if strings.HasPrefix(line, "$") || strings.HasPrefix(line, ";") {
			continue // a comment
		}
		if strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]") {
			name = strings.ToLower(strings.TrimSpace(line[1 : len(line)-1]))
			continue
		}
		out[name] += line + "\n"
	}
	return out
}

// Fields of a Param entry.
const (
	fieldType, fieldName, fieldUnits, fieldMin, fieldMax = 4, 6, 7, 9, 10
	fieldMultiplier, fieldDivisor                        = 12, 13
)

func cipParams(section string) []Row {
	var rows []Row
	for entry := range strings.SplitSeq(section, ";") {
		key, value, ok := strings.Cut(entry, "=")
		key = strings.ToLower(strings.TrimSpace(key))
		if at := strings.LastIndexByte(key, '\n'); at >= 0 {
			key = key[at+1:]
		}
		number, isParam := strings.CutPrefix(key, "param")
		if !ok || !isParam {
			continue
		}
		f := fields(value)
		field := func(i int) string {
			if i < len(f) {
				return f[i]
			}
			return ""
		}
		if field(fieldName) == "" {
			continue
		}
		r := Row{Name: field(fieldName), At: field(fieldName), Unit: field(fieldUnits), Kind: cipKind(field(fieldType)), Where: "Param" + number}
		multiplier, divisor := quantity(field(fieldMultiplier)), quantity(field(fieldDivisor))
		if multiplier != nil && divisor != nil && *multiplier != 0 && *divisor != 0 {
			r.Scale = *multiplier / *divisor
		}
		r.Min, r.Max = quantity(field(fieldMin)), quantity(field(fieldMax))
		if r.Scale != 0 && r.Scale != 1 {
			r.Min, r.Max = nil, nil // they are raw
		}
		rows = append(rows, r)
	}
	return rows
}

// fields parts an entry at the commas outside quotes.
func fields(entry string) []string {
	var out []string
	var field strings.Builder
	quoted := false
	for _, c := range entry {
		switch {
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			out = append(out, strings.TrimSpace(field.String()))
			field.Reset()
		case c == '\n':
			field.WriteByte(' ')
		default:
			field.WriteRune(c)
		}
	}
	return append(out, strings.TrimSpace(field.String()))
}

// cipKind is the kind of an elementary type of CIP (volume 1, appendix C).
func cipKind(code string) plant.TagKind {
	n, err := strconv.ParseUint(strings.TrimPrefix(strings.ToLower(code), "0x"), 16, 8)
	switch {
	case err != nil:
		return plant.KindNumber
	case n == 0xC1: // BOOL
		return plant.KindBoolean
	case n == 0xD0 || n == 0xDA || n == 0xD5: // STRING, SHORT_STRING, STRING2
		return plant.KindText
	}
	return plant.KindNumber
}

// objects reads CANopen: [2000] or [2000sub1] with ParameterName, DataType.
func objects(sheet map[string]string) []Row {
	var rows []Row
	for name, section := range sheet {
		index, _, _ := strings.Cut(name, "sub")
		if _, err := strconv.ParseUint(index, 16, 16); err != nil || len(index) != 4 {
			continue
		}
		entry := map[string]string{}
		for line := range strings.Lines(section) {
			key, value, _ := strings.Cut(line, "=")
			entry[strings.ToLower(strings.TrimSpace(key))] = strings.TrimSpace(value)
		}
		if entry["parametername"] == "" || entry["datatype"] == "" {
			continue // an array or record: its parts follow
		}
		r := Row{Name: entry["parametername"], At: entry["parametername"], Where: "object " + name, Min: quantity(entry["lowlimit"]), Max: quantity(entry["highlimit"])}
		switch n, _ := strconv.ParseUint(strings.TrimPrefix(strings.ToLower(entry["datatype"]), "0x"), 16, 16); n {
		case 0x01: // BOOLEAN
			r.Kind = plant.KindBoolean
		case 0x09, 0x0B: // VISIBLE_STRING, UNICODE_STRING
			r.Kind = plant.KindText
		default:
			r.Kind = plant.KindNumber
		}
		rows = append(rows, r)
	}
	slices.SortFunc(rows, func(a, b Row) int { return cmp.Compare(a.Where, b.Where) })
	return rows
}

// quantity is a number of a sheet, decimal or hexadecimal, nil when it is none.
func quantity(text string) *float64 {
	if hex, ok := strings.CutPrefix(strings.ToLower(text), "0x"); ok {
		n, err := strconv.ParseUint(hex, 16, 52)
		if err != nil {
			return nil
		}
		v := float64(n)
		return &v
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil
	}
	return &v
}

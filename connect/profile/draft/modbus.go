package draft

import (
	"fmt"
	"strconv"
	"strings"
)

// addressOf is an address of a list in the driver's words. Those of Modbus are
// written in many ways; of other protocols they are what the list says.
func addressOf(said, form, order, protocol string) (string, error) {
	if !strings.HasPrefix(protocol, "modbus") || strings.ContainsAny(said, " ") {
		return said, nil
	}
	table, address, bit, err := register(said)
	if err != nil {
		return "", err
	}
	switch {
	case table == "coil" || table == "discrete":
		return fmt.Sprintf("%s %d bool", table, address), nil
	case form == "bool":
		if bit == "" {
			bit = "0"
		}
		return fmt.Sprintf("%s %d.%s bool", table, address, bit), nil
	}
	out := fmt.Sprintf("%s %d %s", table, address, form)
	if order = strings.ToUpper(strings.TrimSpace(order)); order != "" && order != "ABCD" {
		out += " " + order
	}
	return out, nil
}

// register reads 40001, 400001, 4x0001, 0x1000, 1000H and 16: numbers of five
// and six digits name the table and count from 1, all others are holding
// registers and count from 0.
func register(said string) (table string, address int, bit string, err error) {
	text := strings.ToLower(strings.TrimSpace(said))
	if number, after, dotted := strings.Cut(text, "."); dotted {
		text, bit = number, after
	}
	bad := fmt.Errorf("address %q; write for example 40001, 0x1000, 1000H, or \"holding 0 uint16\"", said)
	tables := map[byte]string{'0': "coil", '1': "discrete", '3': "input", '4': "holding"}
	n, convErr := 0, error(nil)
	switch {
	case len(text) > 2 && text[1] == 'x' && text[0] != '0' && tables[text[0]] != "":
		table = tables[text[0]]
		n, convErr = strconv.Atoi(text[2:])
		n--
	case strings.HasPrefix(text, "0x"):
		table = "holding"
		var v uint64
		v, convErr = strconv.ParseUint(text[2:], 16, 16)
		n = int(v)
	case strings.HasSuffix(text, "h"):
		table = "holding"
		var v uint64
		v, convErr = strconv.ParseUint(strings.TrimSuffix(text, "h"), 16, 16)
		n = int(v)
	case (len(text) == 5 || len(text) == 6) && tables[text[0]] != "":
		table = tables[text[0]]
		n, convErr = strconv.Atoi(text[1:])
		n--
	default:
		table = "holding"
		n, convErr = strconv.Atoi(text)
	}
	if convErr != nil || n < 0 || n > 65535 {
		return "", 0, "", bad
	}
	return table, n, bit, nil
}

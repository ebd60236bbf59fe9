// Package oid reads and writes object identifiers, the names of what stands in a
// MIB (X.660, RFC 2578).
//
// It does no I/O. Start with [Parse].
package oid

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// maxArcs of an object identifier (RFC 2578, 3.5), each below 2^32.
const maxArcs = 128

// names are objects that people know by name (RFC 3418, 2863, 1628). They stand
// for numbers in addresses.
var names = map[string]string{
	"sysDescr": "1.3.6.1.2.1.1.1", "sysObjectID": "1.3.6.1.2.1.1.2", "sysUpTime": "1.3.6.1.2.1.1.3", "sysContact": "1.3.6.1.2.1.1.4",
	"sysName": "1.3.6.1.2.1.1.5", "sysLocation": "1.3.6.1.2.1.1.6",
	"ifNumber": "1.3.6.1.2.1.2.1", "ifDescr": "1.3.6.1.2.1.2.2.1.2", "ifOperStatus": "1.3.6.1.2.1.2.2.1.8", "ifInOctets": "1.3.6.1.2.1.2.2.1.10",
	"ifInErrors": "1.3.6.1.2.1.2.2.1.14", "ifOutOctets": "1.3.6.1.2.1.2.2.1.16", "ifHCInOctets": "1.3.6.1.2.1.31.1.1.1.6", "ifHCOutOctets": "1.3.6.1.2.1.31.1.1.1.10",
	"upsBatteryStatus": "1.3.6.1.2.1.33.1.2.1", "upsEstimatedMinutesRemaining": "1.3.6.1.2.1.33.1.2.3", "upsEstimatedChargeRemaining": "1.3.6.1.2.1.33.1.2.4",
	"upsOutputSource": "1.3.6.1.2.1.33.1.4.1", "upsOutputPower": "1.3.6.1.2.1.33.1.4.4.1.4", "upsOutputPercentLoad": "1.3.6.1.2.1.33.1.4.4.1.5",
}

// ID is an object identifier taken apart. IDs are ordered as MIBs are, by
// [slices.Compare].
type ID []uint32

// Parse reads "1.3.6.1.2.1.1.3.0", with or without a dot before it, or
// "sysUpTime.0".
func Parse(text string) (ID, error) {
	wrong := func(what string) (ID, error) {
		return nil, fmt.Errorf(`snmp address %q: %s; write an object identifier with its instance, such as "1.3.6.1.2.1.1.3.0" or "sysUpTime.0"`, text, what)
	}
	dotted := strings.TrimPrefix(text, ".")
	name, rest, _ := strings.Cut(dotted, ".")
	if number, ok := names[name]; ok && dotted == text {
		if rest == "" {
			return wrong("the instance is missing, .0 for what stands alone")
		}
		dotted = number + "." + rest
	}
	arcs := strings.Split(dotted, ".")
	if len(arcs) < 3 || len(arcs) > maxArcs {
		return wrong(fmt.Sprintf("%d numbers", len(arcs)))
	}
	out := make(ID, len(arcs))
	for i, a := range arcs {
		n, err := strconv.ParseUint(a, 10, 32)
		if err != nil || strconv.FormatUint(n, 10) != a {
			return wrong(fmt.Sprintf("%q is no number of 0 to %d", a, uint32(math.MaxUint32)))
		}
		out[i] = uint32(n)
	}
	if out[0] > 2 || out[0] < 2 && out[1] > 39 { // X.660: the first two share a byte
		return wrong(fmt.Sprintf("%d.%d is where no object stands", out[0], out[1]))
	}
	return out, nil
}

// String is the form of the wire library, with a dot before it.
func (o ID) String() string {
	var b strings.Builder
	for _, n := range o {
		b.WriteByte('.')
		b.WriteString(strconv.FormatUint(uint64(n), 10))
	}
	return b.String()
}

// Plain is the form for people.
func (o ID) Plain() string { return strings.TrimPrefix(o.String(), ".") }

// Within reports whether o lies below the other, or is it.
func (o ID) Within(above ID) bool {
	return len(o) >= len(above) && slices.Equal(o[:len(above)], above)
}

// Title is the name of an object that has one, with its instance.
func (o ID) Title() string {
	for name, number := range names {
		if rest, ok := strings.CutPrefix(o.Plain(), number); ok && (rest == "" || rest[0] == '.') {
			return name + rest
		}
	}
	return o.Plain()
}

package bulk

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrSheet is a file or a header that cannot be taken as a sheet of machines.
var ErrSheet = errors.New("sheet of machines")

// Columns of a sheet. A parameter has "param." before its name.
const (
	colPath     = "path"
	colPlace    = "place"
	colCode     = "code"
	colZH       = "name.zh"
	colEN       = "name.en"
	colClass    = "class"
	colProfile  = "profile"
	colDriver   = "driver"
	colAddress  = "address"
	colParams   = "params"
	colNC       = "nc"
	colExcluded = "excluded"
	colSerial   = "serial"
	paramPrefix = "param."
)

// names are the columns in the order of a template, with what else they are
// called, the Chinese header first.
var names = []struct {
	column string
	also   []string
}{
	{colPath, []string{"路径"}},
	{colPlace, []string{"位置", "安装位置"}},
	{colCode, []string{"编号"}},
	{colZH, []string{"中文名称", "名称", "name"}},
	{colEN, []string{"英文名称"}},
	{colClass, []string{"类别"}},
	{colProfile, []string{"设备类型"}},
	{colDriver, []string{"协议"}},
	{colAddress, []string{"地址"}},
	{colParams, []string{"参数", "parameters"}},
	{colNC, []string{"数控"}},
	{colExcluded, []string{"不计入"}},
	{colSerial, []string{"序列号", "serial number"}},
}

// canonical is the column of a header cell, "" for none.
func canonical(header string) string {
	h := strings.ToLower(strings.TrimSpace(header))
	for _, n := range names {
		if h == n.column || slices.Contains(n.also, h) {
			return n.column
		}
	}
	for _, p := range [...]string{paramPrefix, "参数.", "参数："} {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(header), p); ok && rest != "" {
			return paramPrefix + rest
		}
	}
	return ""
}

// columnsOf reads a header: the canonical name of each column, "" where the
// header is empty.
func columnsOf(header []string) ([]string, error) {
	if len(header) > maxColumns {
		return nil, fmt.Errorf("%w: %d columns; at most %d are read: leave the others out", ErrSheet, len(header), maxColumns)
	}
	out := make([]string, len(header))
	for i, h := range header {
		if strings.TrimSpace(h) == "" {
			continue
		}
		c := canonical(h)
		if c == "" {
			return nil, fmt.Errorf("%w: column %d is named %q, which is no column of machines; write one of %s, or param.NAME, or leave it out", ErrSheet, i+1, h, headers())
		}
		if first := slices.Index(out[:i], c); first >= 0 {
			return nil, fmt.Errorf("%w: columns %d and %d are both %s (%q and %q); leave one out", ErrSheet, first+1, i+1, c, header[first], h)
		}
		out[i] = c
	}
	has := func(c string) bool { return slices.Contains(out, c) }
	if !has(colPath) && !(has(colPlace) && has(colCode)) {
		return nil, fmt.Errorf("%w: no column says where a machine stands; write a column path (路径), or place (位置) and code (编号)", ErrSheet)
	}
	return out, nil
}

func headers() string {
	all := make([]string, len(names))
	for i, n := range names {
		all[i] = n.column + " (" + n.also[0] + ")"
	}
	return strings.Join(all, ", ")
}

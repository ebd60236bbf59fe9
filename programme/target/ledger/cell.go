package ledger

import (
	"math/big"
	"strconv"
	"strings"
	"time"

	"zhigai/connect/files/table"
	"zhigai/plant"
	"zhigai/programme/target"
)

// cleared is what a cell says to take a value away; an empty one leaves it.
const cleared = "-"

// scale is how many of the stored unit are in one of the sheet's.
type scale struct {
	unit     string
	num, den int64
}

// day reads a day as people write it, and Excel's number of one, as the
// instant it began where the policy holds.
func (l *lineOf) day(column, text string) plant.Micros {
	plain := strings.NewReplacer("年", "-", "月", "-", "日", "", "/", "-", ".", "-").Replace(text)
	for _, layout := range []string{"2006-1-2", "20060102", "2006-1-2 15:04:05", "2006-1"} {
		if t, err := time.Parse(layout, strings.TrimSuffix(plain, "-")); err == nil {
			return target.Midnight(t)
		}
	}
	if n, err := strconv.Atoi(text); err == nil && l.s.excel && n > 20_000 && n < 80_000 {
		return target.Midnight(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n))
	}
	l.wrong(column, "“%[1]s”不是日期，请写成 2024-05-01", "%[1]q is no day; write 2024-05-01", text)
	return 0
}

func (l *lineOf) basis(column, text string) target.Basis {
	switch strings.ToLower(text) {
	case "审核", "审核记录", "经审核", "audited":
		return target.Audited
	case "申报", "企业申报", "declared":
		return target.Declared
	case "机器证据", "machine":
		return target.Machine
	}
	l.wrong(column, "“%[1]s”不是依据，请写“审核”或“申报”", "%[1]q is no basis; write audited or declared", text)
	return ""
}

func (l *lineOf) whole(column, text string, least, most int64) int64 {
	n, err := strconv.ParseInt(table.Plain(text), 10, 64)
	if err != nil || n < least || n > most {
		l.wrong(column, "“%[1]s”应为 %[2]d 至 %[3]d 的整数", "%[1]q is no whole number of %[2]d to %[3]d", text, least, most)
		return 0
	}
	return n
}

// amount reads a decimal number in the column's unit.
func (l *lineOf) amount(h head, text string) int64 {
	plain := table.Plain(text)
	n, ok := scaled(plain, h.scale)
	switch {
	case !ok:
		l.wrong(h.name, "“%[1]s”不是数值，请填不带单位的数字", "%[1]q is no number; write digits without a unit", text)
	case plain != text && !strings.ContainsAny(text, "eE"):
		l.say(true, h.name, "“%[1]s”是文本，已按 %[2]s 读取", "%[1]q is text; it is taken for %[2]s", text, plain)
	}
	return n
}

// maxNumber is some ten times what the largest firm sells, in fen.
const maxNumber = 1_000_000_000_000_000_00

// scaled is a decimal in the sheet's unit, rounded to the stored one.
func scaled(text string, by scale) (int64, bool) {
	return table.Scaled(text, by.num, by.den, maxNumber)
}

// shown is a stored number in the sheet's unit, without a loss.
func shown(n int64, by scale) string {
	text := new(big.Rat).Mul(big.NewRat(n, 1), big.NewRat(by.den, by.num)).FloatString(8)
	return strings.TrimRight(strings.TrimRight(text, "0"), ".")
}

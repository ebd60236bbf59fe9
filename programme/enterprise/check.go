package enterprise

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"zhigai/plant"
)

// Fault is a field that cannot be entered, or should be looked at.
type Fault struct {
	Field   string     `json:"field"`
	Warning bool       `json:"warning,omitempty" doc:"To be confirmed, not mended"`
	Text    plant.Name `json:"text"`
}

// faulty makes a fault of a text in both languages; the arguments are named by
// number, %[1]s, where their order differs.
func faulty(field, zh, en string, args ...any) Fault {
	return Fault{Field: field, Text: plant.Name{ZH: fmt.Sprintf(zh, args...), EN: fmt.Sprintf(en, args...)}}
}

func doubtful(field, zh, en string, args ...any) Fault {
	f := faulty(field, zh, en, args...)
	f.Warning = true
	return f
}

// maxName is more characters than any registered name has.
const maxName = 120

// Check puts a firm into the form it is kept in and says what is wrong with it
// as of an instant. Faults that are warnings do not stand in the way.
func (c Codes) Check(f Firm, at plant.Micros) (Firm, []Fault) {
	var faults []Fault
	say := func(f Fault) { faults = append(faults, f) }
	f = f.checkCode(say)
	f.Name = cleanName(f.Name)
	if n := utf8.RuneCountInString(f.Name); n == 0 || n > maxName {
		say(faulty("name", "名称有 %[1]d 个字，应为 1 至 %[2]d 个字", "the name has %[1]d characters; 1 to %[2]d are wanted", n, maxName))
	}
	f.Region = strings.TrimSpace(f.Region)
	c.checkSeat(f.Region, at, say)
	if found, err := c.Industries.Parse(f.Industry); err != nil {
		say(faulty("industry", "“%[1]s”不是 GB/T 4754-2017 的行业代码，请填小类代码，例如 3451", "%[1]q is no industry of GB/T 4754-2017; write a class such as 3451", f.Industry))
	} else {
		f.Industry = found.Code
	}
	f.Doubt, f.Merged = "", ""
	f.Systems = slices.SortedStableFunc(slices.Values(f.Systems), func(a, b System) int { return strings.Compare(a.Kind, b.Kind) })
	f.Years = mergeYears(nil, f.Years)
	f.Computed = newest(f.Years)
	if f.Size != "" && f.Computed != "" && f.Size != f.Computed {
		say(doubtful("size", "申报为%[1]s，按从业人员和销售收入计算为%[2]s", "declared %[3]s, by staff and sales %[4]s", sizeZH[f.Size], sizeZH[f.Computed], f.Size, f.Computed))
	}
	f.Cluster, f.Remark = strings.TrimSpace(f.Cluster), strings.TrimSpace(f.Remark)
	if f.Backbone != nil && f.Backbone.From == "" {
		f.Backbone = nil
	}
	f.checkRest(say)
	return f, faults
}

var sizeZH = map[Size]string{Large: "大型", Medium: "中型", Small: "小型", Micro: "微型"}

func (f Firm) checkCode(say func(Fault)) Firm {
	code, err := plant.ParseCreditCode(string(f.Code))
	switch {
	case errors.Is(err, plant.ErrCheckDigit):
		if f.Code = code; !f.Confirmed {
			say(doubtful("code", "%[1]s 的校验码不符合 GB 32100-2015；早期试点代码可能如此，请核对营业执照后确认", "the check character of %[1]s does not fit GB 32100-2015, which happens with early pilot codes; compare it with the licence and confirm it", code))
		}
	case strings.ContainsAny(string(f.Code), "+.") && strings.Contains(strings.ToUpper(string(f.Code)), "E"):
		say(faulty("code", "“%[1]s”是被 Excel 转成数字的代码，后几位已丢失；请把该列设为文本后重新填写", "%[1]q is a code that Excel made a number of, and its last digits are lost; make the column text and write it anew", f.Code))
	case err != nil:
		say(faulty("code", "“%[1]s”不是统一社会信用代码：应为 18 位数字或大写字母（不含 I、O、S、V、Z），第 3 至 8 位为数字", "%[1]q is no unified social credit code: 18 digits and capitals without I, O, S, V, Z are wanted, 3 to 8 digits", f.Code))
	default:
		f.Code, f.Confirmed = code, false
	}
	return f
}

// checkSeat says why a firm cannot stand under a division, and under which.
func (c Codes) checkSeat(code string, at plant.Micros, say func(Fault)) {
	found, err := c.Regions.Seat(code, at.Time())
	if err == nil {
		return
	}
	var instead []string
	for _, to := range c.Regions.Roll(code, at.Time()) {
		if one, ok := c.Regions.Get(to); ok {
			instead = append(instead, to+" "+one.Name)
		}
	}
	in := strings.Join(instead, " / ")
	switch {
	case errors.Is(err, plant.ErrRegionEnded):
		say(faulty("region", "%[1]s %[2]s 已于 %[3]s 撤销，请改填 %[4]s", "%[1]s %[2]s was abolished on %[3]s; write %[4]s", code, found.Name, DayOf(plant.MicrosOf(found.Valid.To)), in))
	case errors.Is(err, plant.ErrRegionNotYet):
		say(faulty("region", "%[1]s %[2]s 于 %[3]s 才设立，此前请填 %[4]s", "%[1]s %[2]s exists since %[3]s only; before that write %[4]s", code, found.Name, DayOf(plant.MicrosOf(found.Valid.From)), in))
	case found.Code != "":
		say(faulty("region", "%[1]s %[2]s 不是县级，请填县（市、区）的代码", "%[1]s %[2]s is no county; write the code of one of its counties", code, found.Name))
	default:
		say(faulty("region", "“%[1]s”不是行政区划代码，请填六位代码，例如 330624", "%[1]q is no division of GB/T 2260; write six digits such as 330624", code))
	}
}

func (f Firm) checkRest(say func(Fault)) {
	if f.Size != "" && !slices.Contains(Sizes, f.Size) {
		say(faulty("size", "“%[1]s”不是企业规模，请填大型、中型、小型或微型", "%[1]q is no size; write large, medium, small or micro", f.Size))
	}
	for _, d := range []struct {
		field string
		day   Day
	}{{"cloud", f.Cloud}, {"closed", f.Closed}} {
		if !d.day.good() {
			say(notDay(d.field, string(d.day)))
		}
	}
	if b := f.Backbone; b != nil {
		switch {
		case !b.From.good():
			say(notDay("backbone.from", string(b.From)))
		case !b.To.good():
			say(notDay("backbone.to", string(b.To)))
		case b.To != "" && b.To <= b.From:
			say(faulty("backbone.to", "骨干企业的截止日 %[1]s 不在起始日 %[2]s 之后", "the mark ends on %[1]s, not after it begins on %[2]s", b.To, b.From))
		}
	}
	for _, s := range f.Systems {
		if !slices.Contains(Systems, s.Kind) {
			say(faulty("systems", "“%[1]s”不是软件类别", "%[1]q is no kind of software", s.Kind))
		}
		if !s.Since.good() {
			say(notDay(s.Kind+".since", string(s.Since)))
		}
	}
	for _, y := range f.Years {
		if y.Year < minYear || y.Year > maxYear || y.Sales != nil && *y.Sales < 0 || y.Staff != nil && *y.Staff < 0 {
			say(faulty("years", "%[1]d 年：年份应在 1990 至 2100 之间，数值不得为负", "%[1]d: years from 1990 to 2100 and numbers that are not negative are wanted", y.Year))
		}
	}
}

// Years that are entered.
const minYear, maxYear = 1990, 2100

func notDay(field, text string) Fault {
	return faulty(field, "“%[1]s”不是日期，请写成 2018-05-01", "%[1]q is no day; write 2018-05-01", text)
}

func (d Day) good() bool {
	if d == "" {
		return true
	}
	_, err := time.Parse(time.DateOnly, string(d))
	return err == nil
}

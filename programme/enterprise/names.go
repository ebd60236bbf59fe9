package enterprise

import (
	"strings"
	"unicode"

	"github.com/mozillazg/go-pinyin"
)

// Keys are what a firm is found, sorted and compared by.
type Keys struct {
	Sort     string // the name as it is spoken, small letters and digits
	Similar  string // what is left of the name without place and legal form
	Search   string // names and code, divided by \x1f
	Spelling string // spellings and initials of the names, divided by \x1f
}

// KeysOf computes them.
func (c Codes) KeysOf(f Firm) Keys {
	names := []string{f.Name}
	for _, was := range f.Formers {
		names = append(names, was.Name)
	}
	k := Keys{Similar: c.similar(f.Name, f.Region), Search: strings.ToLower(strings.Join(append(names, string(f.Code)), divider))}
	var all []string
	for i, name := range names {
		spelled := spell(name)
		if i == 0 {
			k.Sort = spelled[0]
		}
		all = append(all, spelled...)
	}
	k.Spelling = strings.Join(all, divider)
	return k
}

// divider stands between what is searched: no query has it.
const divider = "\x1f"

// cleanName gives brackets and letters one width and takes out spaces.
func cleanName(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '(':
			return '（'
		case r == ')':
			return '）'
		case r >= '！' && r <= '～' && r != '（' && r != '）':
			return r - ('！' - '!')
		case unicode.IsControl(r) || unicode.Is(unicode.Zs, r) && r != ' ':
			return -1
		}
		return r
	}, strings.TrimSpace(name))
}

// forms are the legal forms that names end in, the longest first.
var forms = []string{"股份有限公司", "有限责任公司", "集团有限公司", "有限公司", "股份公司", "公司", "厂"}

// similar is the name without place, legal form and brackets.
func (c Codes) similar(name, region string) string {
	out := strings.NewReplacer(" ", "", "（", "", "）", "").Replace(name)
	for _, form := range forms {
		if rest, ok := strings.CutSuffix(out, form); ok && rest != "" {
			out = rest
			break
		}
	}
	for place := range strings.FieldsSeq(c.Regions.Path(region)) {
		out = withoutPlace(out, place)
	}
	return strings.ToLower(out)
}

func withoutPlace(name, place string) string {
	short := strings.TrimRight(place, "省市县区")
	for _, p := range []string{place, short} {
		if rest, ok := strings.CutPrefix(name, p); ok && len(rest) >= len("轴承") && len(p) >= len("新昌") {
			return rest
		}
	}
	return name
}

// second readings of characters that names of firms have often, in places and
// trades: the first is the dictionary's.
var second = map[rune]string{'长': "chang", '重': "chong", '行': "hang", '乐': "yue", '厦': "xia", '调': "tiao", '朝': "chao", '铅': "qian", '盛': "sheng", '石': "shi", '单': "dan", '会': "hui", '大': "da"}

const letters = "abcdefghijklmnopqrstuvwxyz0123456789"

// maxHan bounds what is spelled of a name; registered names are shorter.
const maxHan = 60

// spell gives the spelling of a name, a second one where a character has
// another reading, and the initials of both.
func spell(name string) []string {
	args := pinyin.NewArgs()
	args.Fallback = func(r rune, _ pinyin.Args) []string {
		if r = unicode.ToLower(r); r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return []string{string(r)}
		}
		return nil
	}
	var full, first, other, otherFirst strings.Builder
	differ := false
	for i, r := range []rune(name) {
		if i >= maxHan {
			break
		}
		said := pinyin.SinglePinyin(r, args)
		if len(said) == 0 || said[0] == "" || strings.Trim(said[0], letters) != "" {
			continue
		}
		a, b := said[0], said[0]
		if s, ok := second[r]; ok && s != a {
			b, differ = s, true
		}
		full.WriteString(a)
		first.WriteByte(a[0])
		other.WriteString(b)
		otherFirst.WriteByte(b[0])
	}
	if !differ {
		return []string{full.String(), first.String()}
	}
	return []string{full.String(), first.String(), other.String(), otherFirst.String()}
}

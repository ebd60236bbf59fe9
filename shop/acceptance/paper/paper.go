// Package paper draws an acceptance report as a PDF, Chinese first and English
// second, to be printed and signed.
//
// It says what the report says and computes nothing but sums for the eye. The same
// report gives the same bytes. A character that the font lacks is printed as its
// code point, never left out. Start with [Write].
package paper

import (
	"embed"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"codeberg.org/go-pdf/fpdf"

	"zhigai/shop/acceptance"
)

//go:embed font/report.ttf
var files embed.FS

// Measures of an A4 page, mm.
const (
	margin = 15.0
	width  = 210 - 2*margin
	bottom = 282.0 // where the footer begins
)

// zone is what the times of the paper are in: one zone, by law, for all of China.
var zone = time.FixedZone("UTC+8", 8*60*60)

// colour is red, green, blue.
type colour [3]int

var (
	black = colour{20, 24, 31}
	grey  = colour{95, 103, 117}
	rule  = colour{200, 205, 213}
	head  = colour{233, 237, 243}
	good  = colour{20, 110, 60}
	poor  = colour{178, 34, 34}
)

// sheet is a document in the making.
type sheet struct {
	pdf    *fpdf.Fpdf
	glyphs glyphs
	widths map[rune]float64 // at size 1
	size   float64
	y      float64
	report acceptance.Report
}

// Write draws the report.
func Write(out io.Writer, r acceptance.Report) error {
	font, err := files.ReadFile("font/report.ttf")
	if err != nil {
		return err
	}
	s := &sheet{pdf: fpdf.New("P", "mm", "A4", ""), widths: map[rune]float64{}, report: r}
	if s.glyphs, err = glyphsOf(font); err != nil {
		return err
	}
	p := s.pdf
	p.AddUTF8FontFromBytes("report", "", font)
	p.SetCatalogSort(true)
	p.SetCreationDate(r.Made)
	p.SetModificationDate(r.Made)
	p.SetTitle("设备接入验收报告 Acceptance report "+r.ID, true)
	p.SetLang("zh-CN")
	p.SetAutoPageBreak(false, 0)
	p.AliasNbPages("{nb}")
	p.SetFooterFunc(s.footer)
	s.cover()
	s.summary()
	for i := range r.Content.Machines {
		s.machine(i, &r.Content.Machines[i])
	}
	s.definitions()
	s.verify()
	return p.Output(out)
}

func (s *sheet) page() {
	s.pdf.AddPage()
	s.y = margin
}

// room begins a new page when less than h is left, and says whether it did.
func (s *sheet) room(h float64) bool {
	if s.y+h <= bottom-4 {
		return false
	}
	s.page()
	return true
}

func (s *sheet) footer() {
	s.font(7.5, grey)
	s.at(margin, bottom+2, fmt.Sprintf("验收报告 Acceptance report %s · SHA-256 %s…", s.report.ID, s.report.SHA256[:min(16, len(s.report.SHA256))]))
	s.pdf.SetXY(margin, bottom+2)
	s.pdf.CellFormat(width, 4, fmt.Sprintf("第 %d 页 / 共 {nb} 页", s.pdf.PageNo()), "", 0, "R", false, 0, "")
}

func (s *sheet) font(size float64, c colour) {
	s.size = size
	s.pdf.SetFont("report", "", size)
	s.pdf.SetTextColor(c[0], c[1], c[2])
}

// at writes one line; the text must have been made visible.
func (s *sheet) at(x, y float64, text string) {
	s.pdf.SetXY(x, y)
	s.pdf.CellFormat(0, s.size*0.45, s.visible(text), "", 0, "L", false, 0, "")
}

// visible puts the code point in the place of every character that the font does
// not have.
func (s *sheet) visible(text string) string {
	var b strings.Builder
	for i, r := range text {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD"):
			fmt.Fprintf(&b, "[0x%02X]", text[i])
		case r == '\n' || r == '\t':
			b.WriteByte(' ')
		case s.glyphs.has(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "[U+%04X]", r)
		}
	}
	return b.String()
}

// measure is the width of a text in the current size, mm.
func (s *sheet) measure(text string) (w float64) {
	for _, r := range text {
		one, ok := s.widths[r]
		if !ok {
			one = s.pdf.GetStringWidth(string(r)) / s.size
			s.widths[r] = one
		}
		w += one
	}
	return w * s.size
}

// breaks are the characters after which a line may end, besides Chinese ones.
const breaks = " /-_.,;:，。；：、"

// wrap cuts a text into lines that fit; a word that is too long is cut anywhere.
func (s *sheet) wrap(text string, w float64) []string {
	var out []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		line := []rune(s.visible(paragraph))
		for s.measure(string(line)) > w {
			n, wide := 0, 0.0
			last := 0
			for n < len(line) {
				wide += s.measure(string(line[n]))
				if wide > w && n > 0 {
					break
				}
				n++
				if strings.ContainsRune(breaks, line[n-1]) || line[n-1] >= 0x2E80 {
					last = n
				}
			}
			if last == 0 {
				last = n
			}
			out = append(out, strings.TrimRight(string(line[:last]), " "))
			line = []rune(strings.TrimLeft(string(line[last:]), " "))
		}
		out = append(out, string(line))
	}
	return out
}

// text writes a paragraph over the whole width.
func (s *sheet) text(size float64, c colour, text string) {
	s.font(size, c)
	step := size * 0.5
	for _, line := range s.wrap(text, width) {
		if s.room(step) {
			s.font(size, c)
		}
		s.at(margin, s.y, line)
		s.y += step
	}
}

// title begins a chapter, which also stands in the reader's list of contents.
func (s *sheet) title(level int, zh, en string) {
	s.room(24)
	s.pdf.Bookmark(s.visible(zh), level, s.y)
	size := 14.0 - 2.5*float64(level)
	s.text(size, black, strings.TrimSuffix(zh+"  "+en, "  "))
	s.y += 2
}

func local(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return t.In(zone).Format("2006-01-02 15:04:05")
}

// percent keeps what is not whole from looking whole.
func percent(share float64) string {
	text := fmt.Sprintf("%.3f %%", 100*share)
	if share < 1 && strings.HasPrefix(text, "100.") {
		return "<100 %"
	}
	return text
}

func seconds(us int64) string {
	d := time.Duration(us) * time.Microsecond
	if d < time.Minute {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

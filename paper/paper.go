// Package paper draws printed documents as PDF: pages of A4 with a Chinese font,
// text that wraps, tables whose heads repeat, pairs of facts.
//
// It knows no report and decides nothing; the same calls give the same bytes. A
// character that the font lacks is printed as its code point, never left out.
// Start with [New].
package paper

import (
	"embed"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"codeberg.org/go-pdf/fpdf"
)

//go:embed font/report.ttf
var files embed.FS

// Measures of an A4 page, mm.
const (
	Margin = 15.0
	Width  = 210 - 2*Margin
	Bottom = 282.0 // where the footer begins
)

// zone is what the times of the paper are in: one zone, by law, for all of China.
var zone = time.FixedZone("UTC+8", 8*60*60)

// Colour is red, green, blue.
type Colour [3]int

// Colours of a paper.
var (
	Black = Colour{20, 24, 31}
	Grey  = Colour{95, 103, 117}
	Rule  = Colour{200, 205, 213}
	Head  = Colour{233, 237, 243}
	Good  = Colour{20, 110, 60}
	Poor  = Colour{178, 34, 34}
)

// Sheet is a document in the making. Y is where the next thing is drawn, mm from
// the top.
type Sheet struct {
	PDF    *fpdf.Fpdf
	Y      float64
	glyphs glyphs
	widths map[rune]float64 // at size 1
	size   float64
}

// New begins a document that was made at an instant; footer stands at the left of
// every page's foot, its number at the right.
func New(title, footer string, made time.Time) (*Sheet, error) {
	font, err := files.ReadFile("font/report.ttf")
	if err != nil {
		return nil, err
	}
	s := &Sheet{PDF: fpdf.New("P", "mm", "A4", ""), widths: map[rune]float64{}}
	if s.glyphs, err = glyphsOf(font); err != nil {
		return nil, err
	}
	p := s.PDF
	p.AddUTF8FontFromBytes("report", "", font)
	p.SetCatalogSort(true)
	p.SetCreationDate(made)
	p.SetModificationDate(made)
	p.SetTitle(title, true)
	p.SetLang("zh-CN")
	p.SetAutoPageBreak(false, 0)
	p.AliasNbPages("{nb}")
	p.SetFooterFunc(func() {
		s.Font(7.5, Grey)
		s.At(Margin, Bottom+2, footer)
		p.SetXY(Margin, Bottom+2)
		p.CellFormat(Width, 4, fmt.Sprintf("第 %d 页 / 共 {nb} 页", p.PageNo()), "", 0, "R", false, 0, "")
	})
	return s, nil
}

// Output ends the document and writes it.
func (s *Sheet) Output(out io.Writer) error { return s.PDF.Output(out) }

// Page begins a new page.
func (s *Sheet) Page() {
	s.PDF.AddPage()
	s.Y = Margin
}

// Room begins a new page when less than h is left, and says whether it did.
func (s *Sheet) Room(h float64) bool {
	if s.Y+h <= Bottom-4 {
		return false
	}
	s.Page()
	return true
}

// Font sets size, in points, and colour of what is written next.
func (s *Sheet) Font(size float64, c Colour) {
	s.size = size
	s.PDF.SetFont("report", "", size)
	s.PDF.SetTextColor(c[0], c[1], c[2])
}

// At writes one line; the text must have been made visible.
func (s *Sheet) At(x, y float64, text string) {
	s.PDF.SetXY(x, y)
	s.PDF.CellFormat(0, s.size*0.45, s.visible(text), "", 0, "L", false, 0, "")
}

// visible puts the code point in the place of every character that the font does
// not have.
func (s *Sheet) visible(text string) string {
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

// measure is the Width of a text in the current size, mm.
func (s *Sheet) Measure(text string) (w float64) {
	for _, r := range text {
		one, ok := s.widths[r]
		if !ok {
			one = s.PDF.GetStringWidth(string(r)) / s.size
			s.widths[r] = one
		}
		w += one
	}
	return w * s.size
}

// breaks are the characters after which a line may end, besides Chinese ones.
const breaks = " /-_.,;:，。；：、"

// wrap cuts a text into lines that fit; a word that is too long is cut anywhere.
func (s *Sheet) wrap(text string, w float64) []string {
	var out []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		line := []rune(s.visible(paragraph))
		for s.Measure(string(line)) > w {
			n, wide := 0, 0.0
			last := 0
			for n < len(line) {
				wide += s.Measure(string(line[n]))
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

// Text writes a paragraph over the whole Width.
func (s *Sheet) Text(size float64, c Colour, text string) {
	s.Font(size, c)
	step := size * 0.5
	for _, line := range s.wrap(text, Width) {
		if s.Room(step) {
			s.Font(size, c)
		}
		s.At(Margin, s.Y, line)
		s.Y += step
	}
}

// Title begins a chapter, which also stands in the reader's list of contents.
func (s *Sheet) Title(level int, zh, en string) {
	s.Room(24)
	s.PDF.Bookmark(s.visible(zh), level, s.Y)
	size := 14.0 - 2.5*float64(level)
	s.Text(size, Black, strings.TrimSuffix(zh+"  "+en, "  "))
	s.Y += 2
}

// Local is an instant on the clock of the paper.
func Local(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return t.In(zone).Format("2006-01-02 15:04:05")
}

// Percent keeps what is not whole from looking whole.
func Percent(share float64) string {
	text := fmt.Sprintf("%.3f %%", 100*share)
	if share < 1 && strings.HasPrefix(text, "100.") {
		return "<100 %"
	}
	return text
}

// Seconds is a stretch of microseconds.
func Seconds(us int64) string {
	d := time.Duration(us) * time.Microsecond
	if d < time.Minute {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

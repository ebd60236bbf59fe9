// Package label draws labels of material: QR code and Code 128 with what people
// read beside them, as PDF sheets for an office printer and as ZPL for a label
// printer.
//
// It decides nothing and knows no store; the same labels give the same bytes.
// Start with [Label].
package label

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/boombuler/barcode/code128"
	"github.com/boombuler/barcode/qr"

	"zhigai/paper"
	"zhigai/plant"
	"zhigai/shop/material"
)

// Label is one label.
type Label struct {
	Code  string   // text of both codes
	Title string   // in large letters
	Lines []string // below it, at most five are drawn
}

// Measures of a label on a sheet, mm: twelve on a page of A4.
const (
	wide, high = 88.0, 44.0
	columns    = 2
	rows       = 6
	inset      = 3.0
	qrSide     = 27.0
	barHigh    = 8.0
	// thinnest module of Code 128 that hand scanners read off an office printer: 7.5
	// thousandths of an inch.
	thinnest = 0.19
	maxLines = 5
)

// PDF writes the labels onto sheets of A4, twelve on each.
func PDF(labels []Label, made time.Time, out io.Writer) error {
	s, err := paper.New("标签", "", made)
	if err != nil {
		return err
	}
	for i, l := range labels {
		n := i % (columns * rows)
		if n == 0 {
			s.Page()
		}
		if err := draw(s, l, paper.Margin/1.5+float64(n%columns)*(wide+2), paper.Margin/2+float64(n/columns)*(high+1)); err != nil {
			return fmt.Errorf("label %d, %s: %w", i+1, l.Code, err)
		}
	}
	return s.Output(out)
}

func draw(s *paper.Sheet, l Label, x, y float64) error {
	p := s.PDF
	p.SetDrawColor(paper.Rule[0], paper.Rule[1], paper.Rule[2])
	p.SetLineWidth(0.1)
	p.Rect(x, y, wide, high, "D") // where it is cut
	square, err := qr.Encode(l.Code, qr.M, qr.Auto)
	if err != nil {
		return err
	}
	s.Modules(square, x+inset, y+inset, qrSide, qrSide)
	bars, err := code128.Encode(l.Code)
	if err == nil && (wide-2*inset)/float64(bars.Bounds().Dx()) >= thinnest {
		s.Modules(bars, x+inset, y+high-inset-barHigh, wide-2*inset, barHigh)
	}
	left, top := x+2*inset+qrSide, y+inset
	s.Font(12, paper.Black)
	s.At(left, top, fit(s, l.Title, wide-3*inset-qrSide))
	s.Font(8, paper.Black)
	for i, line := range l.Lines[:min(len(l.Lines), maxLines)] {
		s.At(left, top+7+float64(i)*4, fit(s, line, wide-3*inset-qrSide))
	}
	s.Font(6, paper.Grey)
	s.At(x+inset, y+inset+qrSide+0.5, fit(s, l.Code, wide-2*inset))
	return nil
}

// fit cuts a text off where the label ends.
func fit(s *paper.Sheet, text string, w float64) string {
	runes := []rune(text)
	for len(runes) > 0 && s.Measure(string(runes)) > w {
		runes = runes[:len(runes)-1]
	}
	return string(runes)
}

// dot is the resolution of usual label printers: 203 dpi, 8 dots a millimetre.
const dot = 8

// ZPL writes the labels in the language of Zebra printers (ZPL II Programming
// Guide: ^BQ, ^BC, ^FH, ^CI28), 88 × 44 mm at 203 dpi. font is a font of the
// printer that has Chinese characters, such as E:SIMSUN.TTF; its own, which has
// none, when empty.
func ZPL(labels []Label, font string, out io.Writer) error {
	letters := "^A0N"
	if font != "" {
		letters = "^A@N"
	}
	text := func(b *strings.Builder, x, y, size int, s string) {
		f := fmt.Sprintf("%s,%d,%d", letters, size, size)
		if font != "" {
			f += "," + escape(font)
		}
		fmt.Fprintf(b, "^FO%d,%d%s^FH_^FD%s^FS\n", x, y, f, escape(s))
	}
	for _, l := range labels {
		var b strings.Builder
		fmt.Fprintf(&b, "^XA\n^CI28\n^PW%d\n^LL%d\n", int(wide*dot), int(high*dot))
		fmt.Fprintf(&b, "^FO%d,%d^BQN,2,5^FH_^FDMA,%s^FS\n", int(inset*dot), int(inset*dot), escape(l.Code))
		left := int((2*inset + qrSide) * dot)
		text(&b, left, int(inset*dot), 36, l.Title)
		for i, line := range l.Lines[:min(len(l.Lines), maxLines)] {
			text(&b, left, int(inset*dot)+48+i*28, 24, line)
		}
		if bars, err := code128.Encode(l.Code); err == nil && bars.Bounds().Dx() <= int((wide-2*inset)*dot) {
			module := min(3, int((wide-2*inset)*dot)/bars.Bounds().Dx())
			fmt.Fprintf(&b, "^FO%d,%d^BY%d^BCN,%d,N,N,N^FH_^FD%s^FS\n", int(inset*dot), int((high-inset-barHigh)*dot), module, int(barHigh*dot), strings.ReplaceAll(escape(l.Code), ">", "><"))
		}
		b.WriteString("^XZ\n")
		if _, err := io.WriteString(out, b.String()); err != nil {
			return err
		}
	}
	return nil
}

// escape writes what is no plain letter as its bytes in hexadecimal, so that no
// text begins a command.
func escape(text string) string {
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		if c < ' ' || c >= 0x7f || strings.IndexByte("^~_\\", c) >= 0 {
			fmt.Fprintf(&b, "_%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

func called(n plant.Name) string { return cmp.Or(n.ZH, n.EN) }

// OfLot is the label of a lot.
func OfLot(l material.Lot, i material.Item) Label {
	lines := []string{"批号 " + l.Number, i.Code}
	if i.Tracking == material.BySerial {
		lines[0] = "序列号 " + l.Number
	}
	if l.Expires != "" {
		lines = append(lines, "有效期至 "+l.Expires)
	}
	if l.Order != "" {
		lines = append(lines, fmt.Sprintf("订单 %s 工序 %d", l.Order, l.Job))
	}
	if l.Party != "" {
		lines = append(lines, "来自 "+l.Party)
	}
	return Label{Code: material.Code(material.LotCode, l.ID), Title: called(i.Name), Lines: lines}
}

// OfItem is the label of an item's place on a shelf.
func OfItem(i material.Item) Label {
	return Label{Code: material.Code(material.ItemCode, i.Code), Title: called(i.Name), Lines: []string{i.Code, "单位 " + i.Unit}}
}

// OfLocation is the label of a location.
func OfLocation(l material.Location) Label {
	return Label{Code: material.Code(material.LocationCode, l.Code), Title: called(l.Name), Lines: []string{l.Code}}
}

// OfLoop are the cards of a kanban loop.
func OfLoop(l material.Loop, i material.Item) []Label {
	var out []Label
	for n := int64(1); n <= l.Round(); n++ {
		out = append(out, Label{
			Code: material.Code(material.CardCode, fmt.Sprintf("%s/%d", l.ID, n)), Title: "看板 " + called(i.Name),
			Lines: []string{i.Code, fmt.Sprintf("%s %s", l.Container, i.Unit), l.From + " → " + l.To, fmt.Sprintf("%d / %d", n, l.Round())},
		})
	}
	return out
}

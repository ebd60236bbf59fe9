package label

import (
	"bytes"
	"image"
	"image/color"
	"strings"
	"testing"
	"time"

	"github.com/boombuler/barcode/code128"
	"github.com/boombuler/barcode/qr"

	"zhigai/plant"
	"zhigai/shop/material"
)

func labels() []Label {
	steel := material.Item{Code: "gcr15", Name: plant.Name{ZH: "轴承钢"}, Unit: "kg", Tracking: material.ByLot}
	all := []Label{
		OfLot(material.Lot{ID: "gcr15:H2381", Item: "gcr15", Number: "H2381", Expires: "2027-01-01", Party: "钢厂", Order: "A1", Job: 10}, steel),
		OfItem(steel), OfLocation(material.Location{Code: "main/a/03", Name: plant.Name{EN: "Shelf"}}),
	}
	return append(all, OfLoop(material.Loop{ID: "01ABC", Container: 50 * plant.One, Cards: 12, From: "main", To: "side1"}, steel)...)
}

func TestPDF_SameLabelsSameBytes(t *testing.T) {
	var a, b bytes.Buffer
	at := time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)
	for _, out := range []*bytes.Buffer{&a, &b} {
		if err := PDF(labels(), at, out); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.HasPrefix(a.Bytes(), []byte("%PDF-")) || !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Errorf("%d and %d bytes", a.Len(), b.Len())
	}
	if pages := bytes.Count(a.Bytes(), []byte("/Type /Page\n")); pages != 2 {
		t.Errorf("%d pages; want 2 for 15 labels", pages)
	}
}

// TestCodes: our texts can be drawn in both symbologies, and a usual one is wide
// enough for a scanner in Code 128.
func TestCodes(t *testing.T) {
	for _, l := range labels() {
		bars, err := code128.Encode(l.Code)
		if err != nil {
			t.Fatalf("%s: %v", l.Code, err)
		}
		if (wide-2*inset)/float64(bars.Bounds().Dx()) < thinnest && len(l.Code) < 24 {
			t.Errorf("%s takes %d modules", l.Code, bars.Bounds().Dx())
		}
		// The finder of a QR code: 7 dark modules along its edge, then a light one.
		square, err := qr.Encode(l.Code, qr.M, qr.Auto)
		if err != nil {
			t.Fatalf("%s: %v", l.Code, err)
		}
		dark := func(c color.Color) bool { r, _, _, _ := c.RGBA(); return r < 0x8000 }
		edge := image.Rect(0, 0, 7, 1)
		for x := edge.Min.X; x < edge.Max.X; x++ {
			if !dark(square.At(x, 0)) {
				t.Fatalf("%s: module %d of the finder is light", l.Code, x)
			}
		}
		if dark(square.At(7, 0)) {
			t.Errorf("%s: no light module beside the finder", l.Code)
		}
	}
}

// TestZPL_NoTextBeginsACommand: names and numbers that people wrote are data.
func TestZPL_NoTextBeginsACommand(t *testing.T) {
	var plain, hostile bytes.Buffer
	l := Label{Code: "ZG1.L.a:1.0000", Title: "x", Lines: []string{"y"}}
	if err := ZPL([]Label{l}, "", &plain); err != nil {
		t.Fatal(err)
	}
	l.Title, l.Lines[0] = "^XZ~JA_20\\&", "钢^FS\n^XA"
	if err := ZPL([]Label{l}, "E:SIMSUN.TTF", &hostile); err != nil {
		t.Fatal(err)
	}
	if a, b := strings.Count(plain.String(), "^"), strings.Count(hostile.String(), "^"); a != b || strings.Contains(hostile.String(), "~") {
		t.Errorf("%d commands; %d with hostile names:\n%s", a, b, hostile.String())
	}
	if !strings.Contains(hostile.String(), "_E9_92_A2_5EFS_0A_5EXA") || !strings.Contains(hostile.String(), "^A@N,36,36,E:SIMSUN.TTF") {
		t.Errorf("the text is not there:\n%s", hostile.String())
	}
}

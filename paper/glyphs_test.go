package paper

import "testing"

// TestGlyphs_Common: every character of GB 2312's first row of Chinese and the
// signs of the tables have a glyph; a private one has none.
func TestGlyphs_Common(t *testing.T) {
	font, err := files.ReadFile("font/report.ttf")
	if err != nil {
		t.Fatal(err)
	}
	g, err := glyphsOf(font)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range "啊阿埃挨哎唉哀皑癌蔼矮艾碍爱隘鬱齉㎡㎥℃≥≤×÷Ωµμ·—…“”（），AZaz09éöщ" {
		if !g.has(r) {
			t.Errorf("no glyph for %c", r)
		}
	}
	if g.has('\uE000') || g.has('𠮷') || g.has('✓') {
		t.Error("glyphs that the font does not have")
	}
	for _, broken := range [][]byte{nil, font[:20], font[:3000]} {
		if _, err := glyphsOf(broken); err == nil {
			t.Errorf("a font of %d bytes was read", len(broken))
		}
	}
}

package paper

import (
	"image"
	"image/color"
)

// Modules fills the dark modules of a code, such as a QR code, a rectangle for each run
// of a row; x, y, w and h are in mm.
func (s *Sheet) Modules(code image.Image, x, y, w, h float64) {
	b := code.Bounds()
	one, line := w/float64(b.Dx()), h/float64(b.Dy())
	s.PDF.SetFillColor(0, 0, 0)
	for j := range b.Dy() {
		for i := 0; i < b.Dx(); i++ {
			from := i
			for i < b.Dx() && dark(code.At(b.Min.X+i, b.Min.Y+j)) {
				i++
			}
			if i > from {
				s.PDF.Rect(x+float64(from)*one, y+float64(j)*line, float64(i-from)*one, line, "F")
			}
		}
	}
}

func dark(c color.Color) bool {
	r, _, _, _ := c.RGBA()
	return r < 0x8000
}

package paper

import (
	"encoding/binary"
	"errors"
)

// glyphs is which characters of the basic plane the font has, a bit each.
type glyphs [1 << 16 / 64]uint64

func (g *glyphs) has(r rune) bool { return r >= 0 && r < 1<<16 && g[r/64]&(1<<(r%64)) != 0 }

func (g *glyphs) add(r int) { g[r/64] |= 1 << (r % 64) }

var errFont = errors.New("paper: the font has no readable table of characters")

// glyphsOf reads the character map of a TrueType font: the subtable for Windows,
// Unicode BMP (platform 3, encoding 1), in format 4 (OpenType 1.9, cmap).
func glyphsOf(font []byte) (g glyphs, err error) {
	defer func() {
		if recover() != nil { // the font is part of the program: one error says it all
			err = errFont
		}
	}()
	u16 := func(b []byte, at int) int { return int(binary.BigEndian.Uint16(b[at:])) }
	u32 := func(b []byte, at int) int { return int(binary.BigEndian.Uint32(b[at:])) }
	var cmap []byte
	for i := range u16(font, 4) {
		if entry := font[12+16*i:]; string(entry[:4]) == "cmap" {
			cmap = font[u32(entry, 8):]
		}
	}
	for i := range u16(cmap, 2) {
		entry := cmap[4+8*i:]
		table := cmap[u32(entry, 4):]
		if u16(entry, 0) != 3 || u16(entry, 2) != 1 || u16(table, 0) != 4 {
			continue
		}
		n := u16(table, 6) / 2 // segments
		ends, starts := table[14:], table[16+2*n:]
		deltas, offsets := table[16+4*n:], table[16+6*n:]
		for k := range n {
			for c := u16(starts, 2*k); c <= u16(ends, 2*k) && c < 0xFFFF; c++ {
				id := c
				if o := u16(offsets, 2*k); o != 0 {
					if id = u16(offsets, 2*k+o+2*(c-u16(starts, 2*k))); id == 0 {
						continue
					}
				}
				if (id+u16(deltas, 2*k))&0xFFFF != 0 {
					g.add(c)
				}
			}
		}
		return g, nil
	}
	return g, errFont
}

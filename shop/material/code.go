package material

import (
	"fmt"
	"strings"
)

// CodeKind is what one of our codes stands for.
type CodeKind string

// Kinds of codes.
const (
	LotCode      CodeKind = "lot"      // id: item and number
	ItemCode     CodeKind = "item"     // id: its code
	LocationCode CodeKind = "location" // id: its code
	CardCode     CodeKind = "card"     // id: of the loop, '/' and the number of the card
	JobCode      CodeKind = "job"      // id: number of the order, '/' and the job
)

var letters = map[CodeKind]string{LotCode: "L", ItemCode: "I", LocationCode: "P", CardCode: "K", JobCode: "J"}

// codeHead begins every code of ours; the digit is the version of the form.
const codeHead = "ZG1."

// Code is the text of a barcode or QR code of ours:
//
//	ZG1.L.gcr15:H2381.9A3F
//
// head, kind, id, and the CRC-16/IBM-3740 (polynomial 1021, start FFFF) of what
// stands before it, by which a code that was typed or cut off is known.
func Code(kind CodeKind, id string) string {
	text := codeHead + letters[kind] + "." + id
	return fmt.Sprintf("%s.%04X", text, crc16(text))
}

// crc16 is CRC-16/IBM-3740, also called CCITT-FALSE.
func crc16(text string) uint16 {
	crc := uint16(0xFFFF)
	for i := range len(text) {
		crc ^= uint16(text[i]) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}

// Scan is what a scanned text is.
type Scan struct {
	Text  string   `json:"text"`
	Kind  CodeKind `json:"kind,omitempty" enum:"lot,item,location,card,job" doc:"Left out of a code that is not ours"`
	ID    string   `json:"id,omitempty"`
	Looks string   `json:"looks,omitempty" enum:"gs1,ean,url,number,text,ours" doc:"Of a code that is not ours: what it looks like; ours: with a wrong check"`
	Why   string   `json:"why,omitempty" doc:"Of a code that is not ours, why it is not taken"`
	// Elements are those of a GS1 element string.
	Elements []Element `json:"elements,omitempty"`
}

// Foreign says whether it is no code of ours.
func (s Scan) Foreign() bool { return s.Kind == "" }

// ReadCode says what a scanned text is: one of our codes whose check fits, or
// what a foreign one looks like.
func ReadCode(text string) Scan {
	text = strings.Trim(text, " \r\n\t\x00")
	s := Scan{Text: text}
	if !strings.HasPrefix(text, codeHead) {
		s.look()
		return s
	}
	i := strings.LastIndexByte(text, '.')
	if text[i+1:] != fmt.Sprintf("%04X", crc16(text[:i])) {
		s.Looks, s.Why = "ours", "the check at its end does not fit: it was cut off or typed wrongly; scan it again"
		return s
	}
	letter, id, _ := strings.Cut(text[len(codeHead):i], ".")
	for kind, l := range letters {
		if l == letter && id != "" {
			s.Kind, s.ID = kind, id
			return s
		}
	}
	s.Looks, s.Why = "ours", fmt.Sprintf("it is of a kind %q that this version does not know", letter)
	return s
}

func (s *Scan) look() {
	if elements, err := ReadGS1(s.Text); err == nil {
		s.Looks, s.Elements, s.Why = "gs1", elements, "it is a GS1 code of another firm: "+elementWords(elements)
		return
	}
	digits := s.Text != "" && strings.Trim(s.Text, "0123456789") == ""
	low := strings.ToLower(s.Text)
	switch {
	case s.Text == "":
		s.Looks, s.Why = "text", "nothing was scanned"
	case digits && (len(s.Text) == 8 || len(s.Text) == 12 || len(s.Text) == 13 || len(s.Text) == 14) && gtinChecks(s.Text):
		s.Looks, s.Why = "ean", "it is a trade number (EAN/GTIN) "+s.Text+" and names no lot"
	case strings.HasPrefix(low, "http://") || strings.HasPrefix(low, "https://"):
		s.Looks, s.Why = "url", "it is the address of a web page"
	case digits:
		s.Looks, s.Why = "number", "it is a bare number; codes of ours begin with "+codeHead
	default:
		s.Looks, s.Why = "text", "it is no code of ours; those begin with "+codeHead
	}
}

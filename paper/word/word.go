// Package word writes documents that word processors open: headings, paragraphs
// and tables as Office Open XML (ECMA-376, WordprocessingML, transitional).
//
// It knows no report. The same calls give the same bytes. Characters that XML
// cannot carry are written as U+FFFD. Start with [Document].
package word

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

// Document is one in the making.
type Document struct {
	title string
	made  time.Time
	body  bytes.Buffer
}

// New begins a document that was made at an instant.
func New(title string, made time.Time) *Document { return &Document{title: title, made: made} }

// maxHeading is the lowest heading that the styles have.
const maxHeading = 3

// Heading writes one; level 1 is the highest.
func (d *Document) Heading(level int, text string) {
	d.paragraph(fmt.Sprintf("Heading%d", max(1, min(level, maxHeading))), text)
}

// Title writes the document's name.
func (d *Document) Title(text string) { d.paragraph("Title", text) }

// Text writes a paragraph for every line.
func (d *Document) Text(text string) {
	for line := range strings.SplitSeq(text, "\n") {
		d.paragraph("Normal", line)
	}
}

func (d *Document) paragraph(style, text string) {
	fmt.Fprintf(&d.body, `<w:p><w:pPr><w:pStyle w:val="%s"/></w:pPr>%s</w:p>`, style, run(text, false))
}

// run is text of one look; a line break stays one.
func run(text string, bold bool) string {
	var b bytes.Buffer
	for i, line := range strings.Split(text, "\n") {
		b.WriteString(`<w:r>`)
		if bold {
			b.WriteString(`<w:rPr><w:b/></w:rPr>`)
		}
		if i > 0 {
			b.WriteString(`<w:br/>`)
		}
		b.WriteString(`<w:t xml:space="preserve">`)
		_ = xml.EscapeText(&b, []byte(line)) // a buffer takes everything
		b.WriteString(`</w:t></w:r>`)
	}
	return b.String()
}

// Column of a table: its head and its width, mm.
type Column struct {
	Head  string
	Width float64
	Right bool
}

// twips are 1/20 of a point, in which the format measures.
func twips(mm float64) int { return int(mm / 25.4 * 1440) }

// Table writes rows below a head that is repeated on every page.
func (d *Document) Table(columns []Column, rows [][]string) {
	d.body.WriteString(`<w:tbl><w:tblPr><w:tblStyle w:val="Grid"/><w:tblW w:w="0" w:type="auto"/><w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>`)
	for _, c := range columns {
		fmt.Fprintf(&d.body, `<w:gridCol w:w="%d"/>`, twips(c.Width))
	}
	d.body.WriteString(`</w:tblGrid><w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>`)
	for _, c := range columns {
		d.cell(c, c.Head, true)
	}
	d.body.WriteString(`</w:tr>`)
	for _, row := range rows {
		d.body.WriteString(`<w:tr><w:trPr><w:cantSplit/></w:trPr>`)
		for i, c := range columns {
			text := ""
			if i < len(row) {
				text = row[i]
			}
			d.cell(c, text, false)
		}
		d.body.WriteString(`</w:tr>`)
	}
	d.body.WriteString(`</w:tbl><w:p/>`) // two tables would grow together
}

func (d *Document) cell(c Column, text string, head bool) {
	fmt.Fprintf(&d.body, `<w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/>`, twips(c.Width))
	if head {
		d.body.WriteString(`<w:shd w:val="clear" w:color="auto" w:fill="E9EDF3"/>`)
	}
	d.body.WriteString(`</w:tcPr><w:p><w:pPr><w:pStyle w:val="Cell"/>`)
	if c.Right {
		d.body.WriteString(`<w:jc w:val="right"/>`)
	}
	fmt.Fprintf(&d.body, `</w:pPr>%s</w:p></w:tc>`, run(text, head))
}

const (
	declaration = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	namespace   = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"`

	types = declaration + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>`
	rels  = declaration + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>`
	more  = declaration + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>`
)

// styles name fonts that Chinese offices have; another is put in their place.
func styles() string {
	var b strings.Builder
	b.WriteString(declaration + `<w:styles ` + namespace + `><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Calibri" w:hAnsi="Calibri" w:eastAsia="SimSun"/><w:sz w:val="21"/><w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:after="80"/></w:pPr></w:pPrDefault></w:docDefaults>`)
	b.WriteString(`<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>`)
	b.WriteString(`<w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/><w:basedOn w:val="Normal"/><w:pPr><w:jc w:val="center"/><w:spacing w:before="240" w:after="240"/></w:pPr><w:rPr><w:rFonts w:eastAsia="SimHei"/><w:b/><w:sz w:val="40"/></w:rPr></w:style>`)
	for level, size := range []int{32, 28, 24} {
		fmt.Fprintf(&b, `<w:style w:type="paragraph" w:styleId="Heading%d"><w:name w:val="heading %d"/><w:basedOn w:val="Normal"/><w:next w:val="Normal"/><w:pPr><w:keepNext/><w:spacing w:before="240" w:after="120"/><w:outlineLvl w:val="%d"/></w:pPr><w:rPr><w:rFonts w:eastAsia="SimHei"/><w:b/><w:sz w:val="%d"/></w:rPr></w:style>`, level+1, level+1, level, size)
	}
	b.WriteString(`<w:style w:type="paragraph" w:styleId="Cell"><w:name w:val="Cell"/><w:basedOn w:val="Normal"/><w:pPr><w:spacing w:after="0"/></w:pPr><w:rPr><w:sz w:val="18"/></w:rPr></w:style>`)
	b.WriteString(`<w:style w:type="table" w:styleId="Grid"><w:name w:val="Table Grid"/><w:tblPr><w:tblBorders>`)
	for _, side := range []string{"top", "left", "bottom", "right", "insideH", "insideV"} {
		fmt.Fprintf(&b, `<w:%s w:val="single" w:sz="4" w:space="0" w:color="A0A6AF"/>`, side)
	}
	b.WriteString(`</w:tblBorders></w:tblPr></w:style></w:styles>`)
	return b.String()
}

// A4 with the margins of the printed paper, twips.
const section = `<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="850" w:right="850" w:bottom="850" w:left="850" w:header="425" w:footer="425" w:gutter="0"/></w:sectPr>`

// Output ends the document and writes it.
func (d *Document) Output(out io.Writer) error {
	var title bytes.Buffer
	_ = xml.EscapeText(&title, []byte(d.title)) // a buffer takes everything
	stamp := d.made.UTC().Format(time.RFC3339)
	core := declaration + `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>` + title.String() + `</dc:title><dc:language>zh-CN</dc:language><dcterms:created xsi:type="dcterms:W3CDTF">` + stamp + `</dcterms:created></cp:coreProperties>`
	z := zip.NewWriter(out)
	for _, part := range []struct{ name, text string }{
		{"[Content_Types].xml", types},
		{"_rels/.rels", rels},
		{"docProps/core.xml", core},
		{"word/_rels/document.xml.rels", more},
		{"word/styles.xml", styles()},
		{"word/document.xml", declaration + `<w:document ` + namespace + `><w:body>` + d.body.String() + section + `</w:body></w:document>`},
	} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: part.name, Method: zip.Deflate}) // without a time: the same document is the same bytes
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, part.text); err != nil {
			return err
		}
	}
	return z.Close()
}

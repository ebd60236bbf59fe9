package table

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Merged is a range of cells shown as one; only the first has a value. Lines
// and columns count from 1.
type Merged struct {
	Ref                                    string // A2:A5
	FromLine, ToLine, FromColumn, ToColumn int
}

// maxMerged bounds what is told of one sheet.
const maxMerged = 10_000

// MergedOf lists the merged cells of a workbook's first sheet. It reads the
// sheet as a stream, so that a large one costs no memory.
func MergedOf(raw []byte) ([]Merged, error) {
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, fmt.Errorf("%w: no whole .xlsx workbook: %w", ErrMalformed, err)
	}
	name, err := firstSheet(z)
	if err != nil {
		return nil, err
	}
	var out []Merged
	err = elements(z, name, func(e xml.StartElement) error {
		if e.Name.Local != "mergeCell" || len(out) >= maxMerged {
			return nil
		}
		m, err := mergedOf(attr(e, "ref"))
		out = append(out, m)
		return err
	})
	return out, err
}

func mergedOf(ref string) (m Merged, err error) {
	from, to, _ := strings.Cut(ref, ":")
	if to == "" {
		to = from
	}
	m.Ref = ref
	if m.FromColumn, m.FromLine, err = excelize.CellNameToCoordinates(from); err == nil {
		m.ToColumn, m.ToLine, err = excelize.CellNameToCoordinates(to)
	}
	if err != nil {
		return m, fmt.Errorf("%w: merged cells %q: %w", ErrMalformed, ref, err)
	}
	return m, nil
}

// firstSheet finds the part of the first sheet (ECMA-376 part 1, 18.2.19, and
// part 2 on relationships).
func firstSheet(z *zip.Reader) (string, error) {
	id := ""
	err := elements(z, "xl/workbook.xml", func(e xml.StartElement) error {
		if e.Name.Local == "sheet" && id == "" {
			id = attr(e, "id")
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	name := ""
	err = elements(z, "xl/_rels/workbook.xml.rels", func(e xml.StartElement) error {
		if e.Name.Local == "Relationship" && attr(e, "Id") == id {
			name = attr(e, "Target")
		}
		return nil
	})
	if strings.HasPrefix(name, "/") {
		return name[1:], err
	}
	return path.Join("xl", name), err
}

func attr(e xml.StartElement, local string) string {
	for _, a := range e.Attr {
		if a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}

// elements calls f for every element of a part, up to the limit of a workbook.
func elements(z *zip.Reader, name string, f func(xml.StartElement) error) error {
	file, err := z.Open(name)
	if err != nil {
		return fmt.Errorf("%w: no whole .xlsx workbook: %w", ErrMalformed, err)
	}
	defer file.Close()
	d := xml.NewDecoder(io.LimitReader(file, maxUnpacked))
	for {
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrMalformed, name, err)
		}
		if e, ok := t.(xml.StartElement); ok {
			if err := f(e); err != nil {
				return err
			}
		}
	}
}

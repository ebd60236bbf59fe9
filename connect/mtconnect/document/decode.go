package document

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Decode reads one document. What it does not know it passes over; a document
// that is cut off or has no MTConnect root is an error.
func Decode(text []byte) (*Document, error) {
	if len(text) > MaxSize {
		return nil, fmt.Errorf("%w: %d bytes; %d are read", ErrDocument, len(text), MaxSize)
	}
	d := decoder{xml: xml.NewDecoder(bytes.NewReader(text)), text: text}
	d.xml.CharsetReader = charset
	doc, err := d.document()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDocument, err)
	}
	return doc, nil
}

// charset takes what is written in ASCII, whatever it is called; anything else
// is to be UTF-8 (ANSI/MTC1.4 Part 1, 6.1: agents write UTF-8).
func charset(name string, in io.Reader) (io.Reader, error) {
	switch strings.ToLower(name) {
	case "us-ascii", "ascii", "utf8":
		return in, nil
	}
	return nil, fmt.Errorf("encoding %q; agents write UTF-8", name)
}

type decoder struct {
	xml    *xml.Decoder
	text   []byte
	things int
}

var errTooMuch = errors.New("more elements than are believed")

func (d *decoder) one() error {
	if d.things++; d.things > maxThings {
		return errTooMuch
	}
	return nil
}

// each calls f for every element inside the present one; f reads the element to
// its end. It gives the text between them.
func (d *decoder) each(depth int, f func(e xml.StartElement) error) (string, error) {
	if depth > maxDepth {
		return "", errors.New("elements within elements without end")
	}
	var text strings.Builder
	for {
		token, err := d.xml.Token()
		if err != nil {
			return "", err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if err := f(t); err != nil {
				return "", err
			}
		case xml.EndElement:
			return strings.TrimSpace(text.String()), nil
		case xml.CharData:
			text.Write(t)
		}
	}
}

func (d *decoder) skip(xml.StartElement) error { return d.xml.Skip() }

func (d *decoder) document() (*Document, error) {
	for {
		token, err := d.xml.Token()
		if errors.Is(err, io.EOF) {
			return nil, errors.New("no root element")
		}
		if err != nil {
			return nil, err
		}
		root, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		doc := &Document{Kind: Kind(root.Name.Local)}
		switch doc.Kind {
		case Devices, Streams, Assets, Error:
		default:
			return nil, fmt.Errorf("the root is %q", root.Name.Local)
		}
		if i := strings.LastIndexByte(root.Name.Space, ':'); i >= 0 && strings.HasPrefix(root.Name.Space, "urn:mtconnect.org:") {
			doc.Version = root.Name.Space[i+1:]
		}
		_, err = d.each(1, func(e xml.StartElement) error { return d.body(doc, e) })
		return doc, err
	}
}

func (d *decoder) body(doc *Document, e xml.StartElement) error {
	var err error
	switch e.Name.Local {
	case "Header":
		if doc.Header, err = header(e.Attr); err == nil {
			err = d.xml.Skip()
		}
	case "Devices":
		_, err = d.each(2, func(e xml.StartElement) error {
			c, err := d.component(e, 3)
			doc.Devices = append(doc.Devices, c)
			return err
		})
	case "Streams":
		_, err = d.each(2, func(e xml.StartElement) error { return d.deviceStream(doc, e) })
	case "Assets":
		_, err = d.each(2, func(e xml.StartElement) error { return d.asset(doc, e) })
	case "Errors":
		_, err = d.each(2, func(e xml.StartElement) error { return d.failure(doc, e) })
	case "Error": // the form before version 1.2
		err = d.failure(doc, e)
	default:
		err = d.xml.Skip()
	}
	return err
}

// attributes calls f for each that is no declaration of a namespace.
func attributes(all []xml.Attr, f func(name, value string) error) error {
	for _, a := range all {
		if a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns" {
			continue
		}
		if err := f(a.Name.Local, a.Value); err != nil {
			return fmt.Errorf("%s=%q: %w", a.Name.Local, a.Value, err)
		}
	}
	return nil
}

func header(all []xml.Attr) (h Header, err error) {
	err = attributes(all, func(name, v string) (err error) {
		switch name {
		case "sender":
			h.Sender = v
		case "version":
			h.Version = v
		case "instanceId":
			h.Instance, err = number(v)
		case "creationTime":
			h.Created, err = instant(v)
		case "deviceModelChangeTime":
			h.ModelChanged, err = instant(v)
		case "bufferSize":
			h.BufferSize, err = number(v)
		case "firstSequence":
			h.First, err = number(v)
		case "lastSequence":
			h.Last, err = number(v)
		case "nextSequence":
			h.Next, err = number(v)
		case "assetBufferSize":
			h.AssetBuffer, err = number(v)
		case "assetCount":
			h.AssetCount, err = number(v)
		}
		return err
	})
	return h, err
}

func number(v string) (uint64, error) { return strconv.ParseUint(strings.TrimSpace(v), 10, 64) }

// instant reads xs:dateTime; a time without a zone is UTC, as agents write all
// times. What is finer than a nanosecond is left out.
func instant(v string) (time.Time, error) {
	v = strings.TrimSpace(v)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, v); err == nil {
			if t = t.UTC(); t.Year() >= 1 && t.Year() <= 9999 {
				return t, nil
			}
		}
	}
	return time.Time{}, errors.New("no time")
}

func (d *decoder) component(e xml.StartElement, depth int) (Component, error) {
	c := Component{Type: e.Name.Local}
	_ = attributes(e.Attr, func(name, v string) error {
		switch name {
		case "id":
			c.ID = v
		case "name":
			c.Name = v
		case "uuid":
			c.UUID = v
		}
		return nil
	})
	if err := d.one(); err != nil {
		return c, err
	}
	_, err := d.each(depth, func(e xml.StartElement) error {
		var err error
		switch e.Name.Local {
		case "Description":
			c.Description, err = d.description(e, depth+1)
		case "DataItems":
			_, err = d.each(depth+1, func(e xml.StartElement) error {
				item, err := d.item(e, depth+2)
				c.Items = append(c.Items, item)
				return err
			})
		case "Components":
			_, err = d.each(depth+1, func(e xml.StartElement) error {
				inner, err := d.component(e, depth+2)
				c.Components = append(c.Components, inner)
				return err
			})
		default:
			err = d.xml.Skip()
		}
		return err
	})
	return c, err
}

func (d *decoder) description(e xml.StartElement, depth int) (*Description, error) {
	out := &Description{}
	_ = attributes(e.Attr, func(name, v string) error {
		switch name {
		case "manufacturer":
			out.Manufacturer = v
		case "model":
			out.Model = v
		case "serialNumber":
			out.Serial = v
		case "station":
			out.Station = v
		}
		return nil
	})
	text, err := d.each(depth, d.skip)
	out.Text = strings.Join(strings.Fields(text), " ")
	return out, err
}

func (d *decoder) item(e xml.StartElement, depth int) (DataItem, error) {
	var it DataItem
	_ = attributes(e.Attr, func(name, v string) error {
		switch name {
		case "id":
			it.ID = v
		case "name":
			it.Name = v
		case "category":
			it.Category = Category(v)
		case "type":
			it.Type = v
		case "subType":
			it.SubType = v
		case "units":
			it.Units = v
		case "nativeUnits":
			it.NativeUnits = v
		case "representation":
			it.Representation = v
		}
		return nil
	})
	if err := d.one(); err != nil {
		return it, err
	}
	if it.ID == "" {
		return it, errors.New("a data item without id")
	}
	_, err := d.each(depth, func(e xml.StartElement) error {
		if e.Name.Local != "Source" {
			return d.xml.Skip()
		}
		text, err := d.each(depth+1, d.skip)
		it.Source = text
		return err
	})
	return it, err
}

func (d *decoder) asset(doc *Document, e xml.StartElement) error {
	if err := d.one(); err != nil {
		return err
	}
	a := Asset{Type: e.Name.Local}
	err := attributes(e.Attr, func(name, v string) (err error) {
		switch name {
		case "assetId":
			a.ID = v
		case "deviceUuid":
			a.Device = v
		case "timestamp":
			a.Time, err = instant(v)
		case "removed":
			a.Removed = v == "true"
		}
		return err
	})
	if err != nil {
		return err
	}
	from := d.xml.InputOffset()
	depth := 0
	for {
		to := d.xml.InputOffset()
		token, err := d.xml.Token()
		if err != nil {
			return err
		}
		switch token.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return errors.New("elements within elements without end")
			}
		case xml.EndElement:
			if depth--; depth < 0 {
				a.Body = string(bytes.TrimSpace(d.text[from:to]))
				doc.Assets = append(doc.Assets, a)
				return nil
			}
		}
	}
}

func (d *decoder) failure(doc *Document, e xml.StartElement) error {
	if err := d.one(); err != nil {
		return err
	}
	f := Failure{}
	_ = attributes(e.Attr, func(name, v string) error {
		if name == "errorCode" {
			f.Code = v
		}
		return nil
	})
	text, err := d.each(3, func(inner xml.StartElement) error {
		// From version 2.6 the text stands in an element of its own.
		said, err := d.each(4, d.skip)
		if inner.Name.Local == "ErrorMessage" {
			f.Text = said
		}
		return err
	})
	if text != "" {
		f.Text = text
	}
	doc.Errors = append(doc.Errors, f)
	return err
}

package exchange

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"zhigai/connect/files/table"
	"zhigai/plant"
)

// digest is the SHA-256 of a content.
func digest(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// record is a row of a partner's: its fields by name.
type record struct {
	where  string // row 3, line 12
	fields map[string]string
}

// Understand makes parts of what a partner wrote. Kind says what rows are about;
// a B2MML document says it itself. A part that says no version is as new as at.
func Understand(m Mapping, p Partner, f Format, k Kind, raw []byte, at plant.Instant) ([]Part, error) {
	if len(raw) == 0 || len(raw) > MaxBytes {
		return nil, refused("%d bytes; 1 to %d are read", len(raw), MaxBytes)
	}
	if f == B2MML {
		return understandB2MML(m, p, raw, at)
	}
	if _, ok := m.In[k]; !ok {
		return nil, refused("the mapping %s does not say how to read %s; write in.%s", m.ID, k, k)
	}
	rows, err := recordsOf(m, f, raw)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, refused("there is no row in it")
	}
	if len(rows) > MaxParts {
		return nil, refused("%d rows; %d are read at once, divide the message", len(rows), MaxParts)
	}
	out := make([]Part, 0, len(rows))
	for i, r := range rows {
		one, err := partOf(m, p, k, r, at)
		if err != nil {
			return nil, within(r.where, err)
		}
		one.No = i + 1
		out = append(out, one)
	}
	return out, nil
}

func recordsOf(m Mapping, f Format, raw []byte) ([]record, error) {
	switch f {
	case JSON:
		return jsonRecords(raw, m.Root)
	case CSV, XLSX:
		return sheetRecords(raw)
	}
	return nil, refused("format %q is not read", f)
}

// sheetRecords are the lines of a sheet, CSV or XLSX, below a line of names.
func sheetRecords(raw []byte) ([]record, error) {
	t, _, err := table.Sheet(raw, table.Options{Header: 1})
	if err != nil {
		return nil, refused("%v", err)
	}
	if len(t.Problems) > 0 {
		return nil, refused("%s", t.Problems[0])
	}
	out := make([]record, 0, len(t.Rows))
	for _, r := range t.Rows {
		one := record{fmt.Sprintf("line %d", r.Line), map[string]string{}}
		for i, name := range t.Header {
			if name != "" {
				one.fields[name] = strings.TrimPrefix(r.Cell(i), "'") // as our own sheets guard a text
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// jsonRecords are the objects at the root: one, or a list.
func jsonRecords(raw []byte, root string) ([]record, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var doc any
	if err := d.Decode(&doc); err != nil {
		return nil, refused("not JSON: %v at byte %d", err, d.InputOffset())
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, refused("not JSON: something stands behind the end, at byte %d", d.InputOffset())
	}
	for step := range strings.SplitSeq(root, ".") {
		if step == "" {
			continue
		}
		inner, ok := doc.(map[string]any)
		if !ok || inner[step] == nil {
			return nil, refused("there is no %q in it; the mapping's root is %s", step, root)
		}
		doc = inner[step]
	}
	list, ok := doc.([]any)
	if !ok {
		list = []any{doc}
	}
	out := make([]record, 0, len(list))
	for i, one := range list {
		o, ok := one.(map[string]any)
		if !ok {
			return nil, refused("row %d is no JSON object", i+1)
		}
		r := record{fmt.Sprintf("row %d", i+1), map[string]string{}}
		flatten(r.fields, "", o, 0)
		out = append(out, r)
	}
	return out, nil
}

// maxNesting of fields that are named by steps.
const maxNesting = 8

// flatten names the values of an object by their steps, divided by dots.
func flatten(into map[string]string, prefix string, o map[string]any, depth int) {
	for name, v := range o {
		switch v := v.(type) {
		case map[string]any:
			if depth < maxNesting {
				flatten(into, prefix+name+".", v, depth+1)
			}
		case []any:
			for i, one := range v { // Odoo writes a reference as [id, "name"]
				if text, ok := scalar(one); ok {
					into[fmt.Sprintf("%s%s.%d", prefix, name, i)] = text
				}
			}
		default:
			if text, ok := scalar(v); ok {
				into[prefix+name] = text
			}
		}
	}
}

func scalar(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v), true
	case json.Number:
		return v.String(), true
	case bool:
		return fmt.Sprint(v), true
	}
	return "", false
}

// finish gives a part its content and digest.
func finish(k Kind, object string, version int64, content any) (Part, error) {
	if object == "" || len(object) > maxID {
		return Part{}, refused("%s: its name has %d bytes; 1 to %d are taken", k, len(object), maxID)
	}
	body, err := json.Marshal(content)
	if err != nil {
		return Part{}, fmt.Errorf("exchange: write %s %s: %w", k, object, err)
	}
	return Part{Kind: k, Object: object, Version: version, State: Pending, Digest: digest(body), Body: body}, nil
}

// partOf reads a row.
func partOf(m Mapping, p Partner, k Kind, r record, at plant.Instant) (Part, error) {
	v := values{m: m, k: k, fields: m.In[k], r: r}
	version := int64(at)
	if text := v.text("version"); text != "" {
		version = v.version(text)
	}
	var object string
	var content any
	switch k {
	case KindOrder:
		o := v.order(p)
		object, content = o.Number, o
	case KindLot:
		l := Lot{ID: v.text("id"), Item: v.text("item"), Quantity: v.quantity("quantity"), Unit: v.unit("unit"), Status: LotStatus(v.text("status")), Place: v.text("place")}
		if err := l.check(); err != nil && v.err == nil {
			v.err = err
		}
		object, content = l.object(), l
	case KindStatement:
		s := Statement{Number: v.text("number"), Ordered: v.whole("ordered"), Good: v.whole("good"), Scrap: v.whole("scrap")}
		object, content = s.Number, s
	default:
		return Part{}, refused("%s is not read from fields", k)
	}
	if v.err != nil {
		return Part{}, v.err
	}
	return finish(k, object, version, content)
}

// requested is the state in which an order is to be.
func requested(text string) (RequestedState, error) {
	if text == "" {
		return Released, nil
	}
	if s := RequestedState(strings.ToLower(text)); slices.Contains(requestedStates, s) {
		return s, nil
	}
	return "", refused("state %q cannot be asked for; send one of %v, or write it into the mapping's values", text, requestedStates)
}

// check says what is wrong with a lot by itself.
func (l *Lot) check() error {
	l.Status = LotStatus(strings.ToLower(string(l.Status)))
	switch {
	case l.ID == "" || l.Item == "":
		return refused("a lot has a number and an item; %q of %q was sent", l.ID, l.Item)
	case l.Quantity < 0:
		return refused("lot %s: a quantity of %s; send all that was delivered of it", l.ID, l.Quantity)
	case l.Status != "" && l.Status != LotReleased && l.Status != LotBlocked:
		return refused("lot %s: status %q is not known; send %s or %s, or write it into the mapping's values", l.ID, l.Status, LotReleased, LotBlocked)
	}
	return nil
}

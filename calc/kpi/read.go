package kpi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"sort"
	"strconv"
	"strings"
)

// Limits of a ledger file: a year of shifts of a thousand machines fits.
const (
	maxLedgerBytes = 64 << 20
	maxLedgers     = 200_000
)

// keys gives each JSON key the term it fills. ASUT_min is the older name of
// AUST_min.
var keys = map[string]func(*Ledger) *Quantity{
	"PBT_min":  func(l *Ledger) *Quantity { return &l.PBT },
	"AUBT_min": func(l *Ledger) *Quantity { return &l.AUBT },
	"ADET_min": func(l *Ledger) *Quantity { return &l.ADET },
	"ASUT_min": func(l *Ledger) *Quantity { return &l.AUST },
	"AUST_min": func(l *Ledger) *Quantity { return &l.AUST },
	"APT_min":  func(l *Ledger) *Quantity { return &l.APT },
	"AUPT_min": func(l *Ledger) *Quantity { return &l.AUPT },
	"PRU_min":  func(l *Ledger) *Quantity { return &l.PRU },
	"PQ":       func(l *Ledger) *Quantity { return &l.PQ },
	"GQ":       func(l *Ledger) *Quantity { return &l.GQ },
	"SQ":       func(l *Ledger) *Quantity { return &l.SQ },
	"RQ":       func(l *Ledger) *Quantity { return &l.RQ },
}

// ReadLedgers reads one ledger object or an array of them. A key that is left
// out is unknown; an unknown key, a negative number or anything but a number
// is an error that says which ledger and key, and what to write instead.
func ReadLedgers(r io.Reader) ([]Ledger, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxLedgerBytes+1))
	if err != nil {
		return nil, fmt.Errorf("ledgers: read: %w", err)
	}
	if len(raw) > maxLedgerBytes {
		return nil, fmt.Errorf("ledgers: more than %d MiB; split the file", maxLedgerBytes>>20)
	}
	body := bytes.TrimLeft(raw, " \t\r\n\ufeff")
	if len(body) == 0 {
		return nil, errors.New("ledgers: the file is empty; write an object such as {\"PBT_min\": 420, \"APT_min\": 373}")
	}
	if body[0] != '[' {
		l, err := readLedger(body)
		if err != nil {
			return nil, fmt.Errorf("ledger: %w", err)
		}
		return []Ledger{l}, nil
	}
	var items []json.RawMessage
	if err := json.Unmarshal(body, &items); err != nil {
		return nil, fmt.Errorf("ledgers: %w", place(body, err))
	}
	if len(items) > maxLedgers {
		return nil, fmt.Errorf("ledgers: %d in one file; %d are allowed", len(items), maxLedgers)
	}
	out := make([]Ledger, 0, len(items))
	for i, item := range items {
		l, err := readLedger(item)
		if err != nil {
			return nil, fmt.Errorf("ledger %d: %w", i+1, err)
		}
		out = append(out, l)
	}
	return out, nil
}

func readLedger(raw []byte) (Ledger, error) {
	var l Ledger
	if !json.Valid(raw) {
		var any json.RawMessage
		return l, place(raw, json.Unmarshal(raw, &any))
	}
	if raw[0] != '{' {
		return l, fmt.Errorf("%.40s is no object; write {\"PBT_min\": 420, ...}", raw)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if _, err := d.Token(); err != nil {
		return l, err
	}
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return l, err
		}
		key, _ := token.(string)
		if seen[key] {
			return l, fmt.Errorf("%s stands twice", key)
		}
		seen[key] = true
		if err := l.set(d, key); err != nil {
			return l, err
		}
	}
	if seen["ASUT_min"] && seen["AUST_min"] {
		return l, errors.New("ASUT_min and AUST_min are one term; leave one of them out")
	}
	return l, nil
}

func (l *Ledger) set(d *json.Decoder, key string) error {
	var value json.RawMessage
	if err := d.Decode(&value); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	if key == "name" {
		if err := json.Unmarshal(value, &l.Name); err != nil || value[0] != '"' {
			return fmt.Errorf("name: %s is no text", value)
		}
		return nil
	}
	into, ok := keys[key]
	if !ok {
		return fmt.Errorf("unknown key %q; known are name, %s", key, strings.Join(keyNames(), ", "))
	}
	v, err := strconv.ParseFloat(string(value), 64)
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange):
		return fmt.Errorf("%s: %.40s is no number; leave the key out when it is not known", key, value)
	case err != nil || math.IsInf(v, 0) || math.IsNaN(v):
		return fmt.Errorf("%s: %s is out of range", key, value)
	case v < 0:
		return fmt.Errorf("%s: %s is negative; times and quantities are 0 or more", key, value)
	}
	*into(l) = Of(v)
	return nil
}

func keyNames() []string {
	names := make([]string, 0, len(keys))
	for k := range keys {
		names = append(names, k)
	}
	sort.Strings(names)
	return names
}

// place adds line and column to a syntax error.
func place(body []byte, err error) error {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return err
	}
	before := body[:min(int(syntax.Offset), len(body))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - (bytes.LastIndexByte(before, '\n') + 1)
	return fmt.Errorf("line %d, column %d: %w", line, column, err)
}

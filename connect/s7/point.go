package s7

import (
	"errors"
	"fmt"
	"strings"

	"zhigai/connect"
	"zhigai/connect/s7/pdu"
	"zhigai/connect/s7/variable"
	"zhigai/plant"
)

// point is what one address names: a variable, or a word the controller says of
// itself.
type point struct {
	variable.Variable
	self string // order, name, version, serial, station
}

// selfWords are what "CPU ..." may name.
var selfWords = map[string]func(pdu.Identity) string{
	"order":   func(id pdu.Identity) string { return id.Order },
	"name":    func(id pdu.Identity) string { return id.Name },
	"version": func(id pdu.Identity) string { return id.Version },
	"serial":  func(id pdu.Identity) string { return id.Serial },
	"station": func(id pdu.Identity) string { return id.Station },
}

func parse(address string, kind plant.TagKind) (point, error) {
	if words := strings.Fields(strings.ToLower(address)); len(words) > 0 && words[0] == "cpu" {
		if len(words) != 2 || selfWords[words[1]] == nil {
			return point{}, fmt.Errorf(`s7 address %q: write "CPU order", "CPU name", "CPU version", "CPU serial" or "CPU station"`, address)
		}
		if kind != plant.KindText {
			return point{}, fmt.Errorf("s7 address %q is a text; a %s tag cannot be read from it", address, kind)
		}
		return point{self: words[1]}, nil
	}
	v, err := variable.Parse(address)
	if err != nil {
		return point{}, err
	}
	return point{Variable: v}, fits(address, v, kind)
}

// fits checks type and kind of tag against one another.
func fits(address string, v variable.Variable, kind plant.TagKind) error {
	switch {
	case kind == plant.KindWaveform:
		return fmt.Errorf("s7 address %q: waveforms do not come over S7", address)
	case kind == plant.KindText && !v.IsText() && !v.IsDate():
		return fmt.Errorf("s7 address %q: a text tag needs char[n], string[n], wstring[n] or a date", address)
	case kind != plant.KindText && v.IsText():
		return fmt.Errorf("s7 address %q: a %s tag cannot be read from a text", address, kind)
	case kind == plant.KindBoolean && v.Type != variable.Bool && v.Type != variable.Byte && v.Type != variable.Word && v.Type != variable.Int:
		return fmt.Errorf("s7 address %q: a boolean tag needs a bool, byte, word or int (0 is false)", address)
	}
	return nil
}

// decode turns the variable's bytes into a reading.
func (p *point) decode(raw []byte, s *settings, kind plant.TagKind, r *connect.Reading) {
	v, err := p.Decode(raw)
	r.Raw, r.Number, r.Text, r.Err = append(r.Raw[:0], raw...), v.Number, "", nil
	if kind == plant.KindText {
		r.Number, r.Text = 0, v.Text
	}
	switch {
	case errors.Is(err, variable.ErrImprecise):
		r.Err = connect.ErrImprecise
	case err != nil:
		r.Err = fmt.Errorf("%w: %w", connect.ErrMalformed, err)
	case p.Type == variable.String || p.Type == variable.Char:
		r.Text = s.utf8(v.Text)
	}
}

// utf8 reads a text in the device's character set.
func (s *settings) utf8(text string) string {
	if s.charset != nil {
		if decoded, err := s.charset.NewDecoder().String(text); err == nil {
			text = decoded
		}
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// inCharset is the other way; it fails on a character the set does not have.
func (s *settings) inCharset(text string) (string, error) {
	if s.charset == nil {
		return text, nil
	}
	return s.charset.NewEncoder().String(text)
}

package fins

import (
	"errors"
	"fmt"
	"strings"

	"zhigai/connect"
	"zhigai/connect/fins/memory"
	"zhigai/plant"
)

// point is what one address names: a variable, or a word the controller says of
// itself.
type point struct {
	memory.Variable
	self string // model or version
}

func parse(address string, kind plant.TagKind) (point, error) {
	if words := strings.Fields(strings.ToLower(address)); len(words) > 0 && words[0] == "controller" {
		if len(words) != 2 || words[1] != "model" && words[1] != "version" {
			return point{}, fmt.Errorf(`fins address %q: write "controller model" or "controller version"`, address)
		}
		if kind != plant.KindText {
			return point{}, fmt.Errorf("fins address %q is a text; a %s tag cannot be read from it", address, kind)
		}
		return point{self: words[1]}, nil
	}
	v, err := memory.Parse(address)
	if err != nil {
		return point{}, err
	}
	return point{Variable: v}, fits(address, v, kind)
}

// fits checks type and kind of tag against one another.
func fits(address string, v memory.Variable, kind plant.TagKind) error {
	switch {
	case kind == plant.KindWaveform:
		return fmt.Errorf("fins address %q: waveforms do not come over FINS", address)
	case (kind == plant.KindText) != (v.Type == memory.String):
		return fmt.Errorf("fins address %q: a %s tag cannot be read from this type", address, kind)
	case kind == plant.KindBoolean && v.Type != memory.Bool && v.Type != memory.Uint16 && v.Type != memory.Int16:
		return fmt.Errorf("fins address %q: a boolean tag needs a bit or a word (0 is false)", address)
	}
	return nil
}

// decode turns the variable's bytes into a reading.
func (p *point) decode(raw []byte, s *settings, r *connect.Reading) {
	v, err := p.Decode(raw)
	r.Raw, r.Number, r.Text, r.Err = append(r.Raw[:0], raw...), v.Number, s.utf8(v.Text), nil
	switch {
	case errors.Is(err, memory.ErrImprecise):
		r.Err = connect.ErrImprecise
	case err != nil:
		r.Err = fmt.Errorf("%w: %w", connect.ErrMalformed, err)
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

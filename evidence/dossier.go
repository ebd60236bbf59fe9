package evidence

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"zhigai/plant"
)

// Sample is a sample or text as it is shown with a proof: exact to the bit.
type Sample struct {
	Time    plant.Micros
	Quality plant.Quality
	Value   float64
	Text    string
}

// rawForm is the value of a sample whose bits JSON has no number for. A sample is
// [time, quality, value], the value a number, this, or a text in base64.
type rawForm struct {
	Raw string `json:"raw"`
}

// Samples are those of a tag, in order of time; Texts says what they hold.
type Samples struct {
	Texts bool     `json:"texts"`
	Rows  []Sample `json:"rows"`
}

// MarshalJSON writes [time, quality, value].
func (s Sample) MarshalJSON() ([]byte, error) {
	b := append(strconv.AppendInt([]byte{'['}, int64(s.Time), 10), ',')
	b = append(strconv.AppendInt(b, int64(s.Quality), 10), ',')
	bits := math.Float64bits(s.Value)
	switch {
	case s.Text != "":
		raw, err := json.Marshal([]byte(s.Text)) // a text need not be UTF-8
		if err != nil {
			return nil, err
		}
		b = append(b, raw...)
	case s.Quality.IsBad() || math.IsNaN(s.Value) || math.IsInf(s.Value, 0) || bits == 1<<63:
		b = fmt.Appendf(b, `{"raw":"%016x"}`, bits)
	default:
		b = strconv.AppendFloat(b, s.Value, 'g', -1, 64)
	}
	return append(b, ']'), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (s *Sample) UnmarshalJSON(raw []byte) error {
	var parts []json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil || len(parts) != 3 {
		return fmt.Errorf("%w: a sample is [time, quality, value]", ErrMalformed)
	}
	*s = Sample{}
	if err := json.Unmarshal(parts[0], &s.Time); err != nil {
		return fmt.Errorf("%w: time %.40s", ErrMalformed, parts[0])
	}
	if err := json.Unmarshal(parts[1], &s.Quality); err != nil {
		return fmt.Errorf("%w: quality %.40s", ErrMalformed, parts[1])
	}
	var err error
	switch v := parts[2]; {
	case len(v) > 0 && v[0] == '"':
		var text []byte
		err = json.Unmarshal(v, &text)
		s.Text = string(text)
	case len(v) > 0 && v[0] == '{':
		var form rawForm
		var bits uint64
		if err = json.Unmarshal(v, &form); err == nil && len(form.Raw) == 16 {
			bits, err = strconv.ParseUint(form.Raw, 16, 64)
			s.Value = math.Float64frombits(bits)
		} else if err == nil {
			err = ErrMalformed
		}
	default:
		err = json.Unmarshal(v, &s.Value)
	}
	if err != nil {
		return fmt.Errorf("%w: value %.40s", ErrMalformed, parts[2])
	}
	return nil
}

// AddNumber appends a number, boolean or code.
func (s *Samples) AddNumber(one plant.Sample) {
	s.Rows = append(s.Rows, Sample{Time: one.Time, Quality: one.Quality, Value: one.Value})
}

// AddText appends a text.
func (s *Samples) AddText(one plant.Text) {
	s.Texts = true
	s.Rows = append(s.Rows, Sample{Time: one.Time, Quality: one.Quality, Text: one.Value})
}

// Plain gives them as plant has them; one of the two is empty.
func (s Samples) Plain() (numbers []plant.Sample, texts []plant.Text) {
	for _, r := range s.Rows {
		if s.Texts {
			texts = append(texts, plant.Text{Time: r.Time, Quality: r.Quality, Value: r.Text})
		} else {
			numbers = append(numbers, plant.Sample{Time: r.Time, Quality: r.Quality, Value: r.Value})
		}
	}
	return numbers, texts
}

// Dossier is one tag-day with the proof that it was sealed: all that is needed
// to check it without a node.
type Dossier struct {
	Schema  string  `json:"schema"`
	Path    string  `json:"path"` // of the tag when it was written, for people
	Unit    string  `json:"unit,omitempty"`
	Proof   Proof   `json:"proof"`
	Samples Samples `json:"samples"`
}

// DossierSchema is what a dossier begins with.
const DossierSchema = "zhigai.evidence/1"

// Check reports whether the samples are those that were sealed.
func (d Dossier) Check() error {
	if d.Schema != DossierSchema {
		return fmt.Errorf("%w: schema %.40q; this program reads %q", ErrMalformed, d.Schema, DossierSchema)
	}
	numbers, texts := d.Samples.Plain()
	digest, err := DayOf(d.Proof.Leaf.Day, numbers, texts)
	if err != nil {
		return err
	}
	return d.Proof.CheckDay(d.Proof.Leaf.Tag, digest)
}

package plant

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
)

// Industry is a section, division, group or class of GB/T 4754. Its code is
// written with the letter of the section, so that what lies within one begins
// with its code: C, C34, C345, C3451.
type Industry struct {
	Code   string `json:"code"`
	Name   string `json:"name"`
	Parent string `json:"parent,omitempty"`
}

// Industries is one edition of the classification.
type Industries struct {
	Edition string // year of the standard
	list    []Industry
	at      map[string]int
	section map[string]string // of a division
}

// ErrNoIndustry is a code that the edition does not have; test with errors.Is.
var ErrNoIndustry = errors.New("no industry of GB/T 4754")

// ReadIndustries reads a list: CSV in UTF-8 with the columns code, name.
func ReadIndustries(edition string, raw []byte) (*Industries, error) {
	rows, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("list of industries: %w", err)
	}
	out := &Industries{Edition: edition, at: map[string]int{}, section: map[string]string{}}
	for i, row := range rows {
		if i == 0 {
			continue // names of the columns
		}
		one := Industry{Code: row[0], Name: row[1]}
		if n := len(one.Code); n == 0 || n == 2 || n > 5 || one.Code[0] < 'A' || one.Code[0] > 'Z' || strings.Trim(one.Code[1:], "0123456789") != "" {
			return nil, fmt.Errorf("list of industries: line %d: code %q: write it as C, C34, C345 or C3451", i+1, one.Code)
		}
		if _, twice := out.at[one.Code]; twice {
			return nil, fmt.Errorf("list of industries: line %d: %s stands twice", i+1, one.Code)
		}
		if len(one.Code) > 1 {
			one.Parent = one.Code[:len(one.Code)-1]
			if len(one.Code) == 3 { // a division has two digits
				one.Parent = one.Code[:1]
			}
			if _, ok := out.at[one.Parent]; !ok {
				return nil, fmt.Errorf("list of industries: line %d: %s stands before %s", i+1, one.Code, one.Parent)
			}
		}
		if len(one.Code) == 3 {
			out.section[one.Code[1:]] = one.Code[:1]
		}
		out.at[one.Code] = len(out.list)
		out.list = append(out.list, one)
	}
	return out, nil
}

// Get is the industry of a code as it is kept, with its section.
func (s *Industries) Get(code string) (Industry, bool) {
	i, ok := s.at[code]
	if !ok {
		return Industry{}, false
	}
	return s.list[i], true
}

// Parse reads a code as people write it: with the letter of the section or
// without, 3451 or c3451. The division has one section only.
func (s *Industries) Parse(text string) (Industry, error) {
	code := strings.ToUpper(strings.TrimSpace(text))
	if len(code) >= 2 && code[0] >= '0' && code[0] <= '9' {
		code = s.section[code[:2]] + code
	}
	if found, ok := s.Get(code); ok {
		return found, nil
	}
	if len(code) > 2 && code[0] >= 'A' && code[0] <= 'Z' {
		if right, ok := s.Get(s.section[code[1:min(3, len(code))]] + code[1:]); ok {
			return Industry{}, fmt.Errorf("%q: %w-%s: write %s %s", text, ErrNoIndustry, s.Edition, right.Code, right.Name)
		}
	}
	return Industry{}, fmt.Errorf("%q: %w-%s: write a class such as 3451", text, ErrNoIndustry, s.Edition)
}

// All are the industries within a code, itself included, in the order of the
// standard; "" is all.
func (s *Industries) All(within string) []Industry {
	out := []Industry{}
	for _, one := range s.list {
		if strings.HasPrefix(one.Code, within) {
			out = append(out, one)
		}
	}
	return out
}

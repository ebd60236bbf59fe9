package file

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// reader takes one value of JSON at its path.
type reader func(path string, raw json.RawMessage) error

// object reads an object whose members are known. One that is not, or that is
// there twice, is refused; one that is needed and missing too.
func object(members map[string]reader, needed ...string) reader {
	return func(path string, raw json.RawMessage) error {
		d := json.NewDecoder(bytes.NewReader(raw))
		if t, err := d.Token(); err != nil || t != json.Delim('{') {
			return fmt.Errorf("%s: is no object", named(path))
		}
		seen := map[string]bool{}
		for d.More() {
			t, err := d.Token()
			if err != nil {
				return fmt.Errorf("%s: %w", named(path), err)
			}
			name, _ := t.(string)
			at := strings.TrimPrefix(path+"."+name, ".")
			read, known := members[name]
			if !known {
				return fmt.Errorf("%s: is not known; %s may have %s", at, named(path), list(members))
			}
			if seen[name] {
				return fmt.Errorf("%s: is there twice", at)
			}
			seen[name] = true
			var value json.RawMessage
			if err := d.Decode(&value); err != nil {
				return fmt.Errorf("%s: %w", at, err)
			}
			if err := read(at, value); err != nil {
				return err
			}
		}
		for _, name := range needed {
			if !seen[name] {
				return fmt.Errorf("%s: %s is missing", named(path), name)
			}
		}
		return nil
	}
}

func named(path string) string {
	if path == "" {
		return "the file"
	}
	return path
}

func list(members map[string]reader) string {
	var names []string
	for name := range members {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// array reads a list; each is called with the place of every value.
func array(each func(i int) reader) reader {
	return func(path string, raw json.RawMessage) error {
		var values []json.RawMessage
		if err := json.Unmarshal(raw, &values); err != nil || values == nil {
			return fmt.Errorf("%s: is no list", path)
		}
		for i, v := range values {
			at := fmt.Sprintf("%s[%d]", path, i)
			if err := each(i)(at, v); err != nil {
				return err
			}
		}
		return nil
	}
}

// whole reads a whole number, to be written without a fraction.
func whole[T int | int64](to *T) reader {
	return func(path string, raw json.RawMessage) error {
		if bytes.Equal(raw, []byte("null")) || json.Unmarshal(raw, to) != nil {
			return fmt.Errorf("%s: %.40s is no whole number", path, raw)
		}
		return nil
	}
}

// maybe reads a whole number that may be left out.
func maybe(to **int64) reader {
	return func(path string, raw json.RawMessage) error {
		*to = new(int64)
		return whole(*to)(path, raw)
	}
}

func truth(to *bool) reader {
	return func(path string, raw json.RawMessage) error {
		if bytes.Equal(raw, []byte("null")) || json.Unmarshal(raw, to) != nil {
			return fmt.Errorf("%s: %.40s is neither true nor false", path, raw)
		}
		return nil
	}
}

func text(to *string) reader {
	return func(path string, raw json.RawMessage) error {
		if bytes.Equal(raw, []byte("null")) || json.Unmarshal(raw, to) != nil {
			return fmt.Errorf("%s: %.40s is no text", path, raw)
		}
		return nil
	}
}

// read takes the whole of a file as one value.
func read(data []byte, r reader) error {
	d := json.NewDecoder(bytes.NewReader(data))
	var value json.RawMessage
	if err := d.Decode(&value); err != nil {
		return fmt.Errorf("line %d: %w", 1+bytes.Count(data[:min(int(d.InputOffset())+at(err), len(data))], []byte("\n")), err)
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("line %d: something follows the end of the JSON", 1+bytes.Count(data[:d.InputOffset()], []byte("\n")))
	}
	return r("", value)
}

// at is how far into a value a mistake of its grammar is.
func at(err error) int {
	if e, ok := err.(*json.SyntaxError); ok {
		return int(e.Offset)
	}
	return 0
}

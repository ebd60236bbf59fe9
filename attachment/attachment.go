// Package attachment is the files that people add to what they enter: drawings and
// pictures of work instructions, photos of check lists and of defects. A file is
// named by its SHA-256, written once and never changed; who may see it goes by the
// place that it belongs to.
//
// It looks into no file but for its first bytes, changes none, and knows nothing
// of what names it. Start with [Desk] and [Folder].
package attachment

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"zhigai/plant"
)

// Errors; test with errors.Is.
var (
	// ErrInvalid is what cannot be done, in words for the asker.
	ErrInvalid = errors.New("attachment: not valid")
	// ErrDamaged is a file whose bytes are not those that its name says.
	ErrDamaged = errors.New("attachment: damaged")
)

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// MaxBytes of one file: a drawing of many sheets or a large photo; films belong
// elsewhere.
const MaxBytes = 32 << 20

const maxName = 200

// File is what is known of a file.
type File struct {
	SHA256 string        `json:"sha256"`
	Name   string        `json:"name" doc:"As it was called where it came from"`
	Media  string        `json:"media" enum:"application/pdf,image/png,image/jpeg,image/webp,text/plain"`
	Bytes  int64         `json:"bytes"`
	Place  string        `json:"place,omitempty" doc:"Path of the place that it belongs to; none: everybody of the firm may see it, as definitions"`
	By     string        `json:"by"`
	At     plant.Instant `json:"at"`
}

// Source is where the facts of a file come from.
func (f File) Source() string { return "file:" + f.SHA256 }

// mediaOf says by its first bytes what a file is; "" for what is not taken. A name
// proves nothing, and what could run in a browser is not taken at all.
func mediaOf(raw []byte) string {
	switch {
	case bytes.HasPrefix(raw, []byte("%PDF-")):
		return "application/pdf"
	case bytes.HasPrefix(raw, []byte("\x89PNG\r\n\x1a\n")):
		return "image/png"
	case bytes.HasPrefix(raw, []byte("\xff\xd8\xff")):
		return "image/jpeg"
	case len(raw) > 12 && string(raw[:4]) == "RIFF" && string(raw[8:12]) == "WEBP":
		return "image/webp"
	case utf8.Valid(raw) && !bytes.ContainsRune(raw, 0): // programs of machines, DXF, STEP, notes
		return "text/plain"
	}
	return ""
}

// common is the place that two places lie in.
func common(a, b string) string {
	x, y := strings.Split(a, "/"), strings.Split(b, "/")
	n := 0
	for n < len(x) && n < len(y) && x[n] == y[n] {
		n++
	}
	return strings.Join(x[:n], "/")
}

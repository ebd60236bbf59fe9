// Package shdr reads and writes the lines that MTConnect adapters send: a time,
// then keys and values, all divided by bars ("Simple Hierarchical Data
// Representation", as the adapters and agents of the MTConnect Institute speak
// it; it is no part of the standard).
//
// It does no I/O of its own, keeps no clock and knows no machine: which keys are
// conditions is told to it. Start with [Parse], [Line.Observations] and [Reader].
package shdr

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// ErrLine marks a line that is none.
var ErrLine = errors.New("no SHDR line")

// Asset commands stand where the first key would.
const (
	Asset        = "@ASSET@"        // id, type, body
	RemoveAsset  = "@REMOVE_ASSET@" // id
	RemoveAssets = "@REMOVE_ALL_ASSETS@"
)

// Unavailable is the value of what the adapter knows nothing of.
const Unavailable = "UNAVAILABLE"

// Line is one line: a command of the adapter or the agent ("* PONG 10000",
// "* manufacturer: OKUMA"), or tokens after a time.
type Line struct {
	Command string // "" for tokens
	Value   string // of the command
	Stamp   Stamp
	Tokens  []string
}

// Stamp is when what a line says began to hold.
type Stamp struct {
	// Time is the adapter's own, zero when it left that to the reader.
	Time time.Time
	// Relative, when true, says that Since milliseconds have passed since an
	// instant that only the adapter knows, in place of Time.
	Relative bool
	Since    float64
	// Duration is for how many seconds the value was gathered, 0 for none.
	Duration float64
}

const blanks = " \t\r\n\v\f"

// Parse reads one line without its end. A multi-line text is a thing of
// [Reader]: here its mark is a token like any other.
func Parse(text string) (Line, error) {
	text = strings.TrimRight(text, "\r\n")
	if rest, ok := strings.CutPrefix(text, "*"); ok {
		return command(strings.Trim(rest, blanks))
	}
	tokens := tokenize(text)
	if len(tokens) < 2 {
		return Line{}, fmt.Errorf("%w: no key after the time in %q", ErrLine, head(text))
	}
	stamp, err := parseStamp(tokens[0])
	if err != nil {
		return Line{}, err
	}
	return Line{Stamp: stamp, Tokens: tokens[1:]}, nil
}

// command reads "PING", "PONG 10000" or "name: value".
func command(text string) (Line, error) {
	name, value, named := strings.Cut(text, ":")
	if !named {
		name, value, _ = strings.Cut(text, " ")
	}
	name, value = strings.Trim(name, blanks), strings.Trim(value, blanks)
	if name == "" || strings.ContainsAny(name, "\r\n") {
		return Line{}, fmt.Errorf("%w: a command without a name", ErrLine)
	}
	return Line{Command: name, Value: value}, nil
}

// head keeps an error readable.
func head(text string) string {
	const most = 60
	if len(text) > most {
		return text[:most] + "..."
	}
	return text
}

func parseStamp(text string) (Stamp, error) {
	var s Stamp
	text, duration, has := strings.Cut(text, "@")
	if has {
		d, err := strconv.ParseFloat(duration, 64)
		if err != nil || !(d >= 0) || math.IsInf(d, 0) {
			return s, fmt.Errorf("%w: duration %q", ErrLine, head(duration))
		}
		s.Duration = d
	}
	if text == "" {
		return s, nil
	}
	if since, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(since) && !math.IsInf(since, 0) {
		s.Relative, s.Since = true, since
		return s, nil
	}
	at, err := ParseTime(text)
	if err != nil {
		return s, fmt.Errorf("%w: %w", ErrLine, err)
	}
	s.Time = at
	return s, nil
}

// ParseTime reads a time of ISO 8601 as MTConnect writes it: UTC, with any
// number of decimals; adapters leave the Z out, which still means UTC. A time
// zone other than Z is taken as written.
func ParseTime(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if at, err := time.Parse(layout, text); err == nil && at.Year() >= 1 && at.Year() <= 9999 {
			if at = at.UTC(); at.Year() >= 1 && at.Year() <= 9999 {
				return at, nil
			}
		}
	}
	return time.Time{}, fmt.Errorf("time %q; a time is written 2022-08-08T13:51:34.7167Z", head(text))
}

// tokenize divides at bars and trims. A token in quotes may hold bars, quotes
// and blanks, each quote and backslash behind a backslash.
func tokenize(text string) []string {
	var out []string
	for {
		token, rest, more := next(text)
		out = append(out, token)
		if !more {
			return out
		}
		text = rest
	}
}

func next(text string) (token, rest string, more bool) {
	trimmed := strings.TrimLeft(text, blanks)
	if strings.HasPrefix(trimmed, `"`) {
		if token, rest, more, ok := quoted(trimmed[1:]); ok {
			return token, rest, more
		}
	}
	token, rest, more = strings.Cut(text, "|")
	return strings.Trim(token, blanks), rest, more
}

// quoted reads up to the quote that a bar or the end follows. An opening quote
// without one is a character like any other.
func quoted(text string) (token, rest string, more, ok bool) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
		case c == '"':
			after := strings.TrimLeft(text[i+1:], blanks)
			if after == "" {
				return b.String(), "", false, true
			}
			if after[0] == '|' {
				return b.String(), after[1:], true, true
			}
			return "", "", false, false
		default:
			b.WriteByte(c)
		}
	}
	return "", "", false, false
}

// Append writes the line with its end. A last token of several lines is sent
// between marks; no other token may hold an end of line.
func Append(dst []byte, l Line) ([]byte, error) {
	if l.Command != "" {
		return appendCommand(dst, l)
	}
	if len(l.Tokens) == 0 {
		return dst, fmt.Errorf("%w: no key after the time", ErrLine)
	}
	dst = appendStamp(dst, l.Stamp)
	last := len(l.Tokens) - 1
	for i, token := range l.Tokens {
		dst = append(dst, '|')
		switch {
		case strings.Contains(token, "\n") && i == last:
			mark := markFor(token)
			return fmt.Appendf(dst, "%s\n%s\n%s\n", mark, token, mark), nil
		case strings.Contains(token, "\n"):
			return dst, fmt.Errorf("%w: an end of line inside %q", ErrLine, head(token))
		case strings.Contains(token, multiline):
			return dst, fmt.Errorf("%w: the mark of several lines inside %q", ErrLine, head(token))
		}
		dst = appendToken(dst, token)
	}
	return append(dst, '\n'), nil
}

func appendCommand(dst []byte, l Line) ([]byte, error) {
	if strings.ContainsAny(l.Command+l.Value, "\r\n") || strings.Contains(l.Command, ":") {
		return dst, fmt.Errorf("%w: command %q", ErrLine, head(l.Command))
	}
	switch heartbeat := l.Command == "PING" || l.Command == "PONG"; {
	case heartbeat && l.Value == "":
		return fmt.Appendf(dst, "* %s\n", l.Command), nil
	case heartbeat && !strings.Contains(l.Value, ":"):
		return fmt.Appendf(dst, "* %s %s\n", l.Command, l.Value), nil
	}
	return fmt.Appendf(dst, "* %s: %s\n", l.Command, l.Value), nil
}

func appendStamp(dst []byte, s Stamp) []byte {
	switch {
	case s.Relative:
		dst = strconv.AppendFloat(dst, s.Since, 'g', -1, 64)
	case !s.Time.IsZero():
		dst = s.Time.UTC().AppendFormat(dst, time.RFC3339Nano)
	}
	if s.Duration != 0 {
		dst = strconv.AppendFloat(append(dst, '@'), s.Duration, 'g', -1, 64)
	}
	return dst
}

func appendToken(dst []byte, token string) []byte {
	if !strings.Contains(token, "|") && !strings.HasPrefix(token, `"`) && strings.Trim(token, blanks) == token {
		return append(dst, token...)
	}
	dst = append(dst, '"')
	for i := range len(token) {
		if token[i] == '"' || token[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, token[i])
	}
	return append(dst, '"')
}

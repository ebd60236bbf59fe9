package access

import (
	_ "embed"
	"slices"
	"strings"
)

// commonest are passwords that are guessed first, as long as ours must be.
//
//go:embed passwords.txt
var commonest string

// common reports whether a password is among the commonest, written in capitals
// or not.
func common(password string) bool {
	small := strings.ToLower(password)
	for line := range strings.Lines(commonest) {
		if line = strings.TrimSpace(line); line == small && !strings.HasPrefix(line, "#") {
			return true
		}
	}
	return false
}

// rows are neighbours on a keyboard and in an alphabet; forwards, backwards and
// round again.
var rows = []string{"0123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm"}

// plain reports whether a password is one short piece again and again, or
// a row of neighbours.
func plain(password string) bool {
	small := []rune(strings.ToLower(password))
	for piece := 1; piece <= 3; piece++ {
		again := true
		for i := piece; i < len(small); i++ {
			again = again && small[i] == small[i-piece]
		}
		if again {
			return true
		}
	}
	text := string(small)
	return slices.ContainsFunc(rows, func(row string) bool {
		round := strings.Repeat(row, 2+len(text)/len(row))
		return strings.Contains(round, text) || strings.Contains(reversed(round), text)
	})
}

func reversed(s string) string {
	r := []rune(s)
	slices.Reverse(r)
	return string(r)
}

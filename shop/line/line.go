// Package line knows production lines: which stations a line has, with buffers
// and transfers between them, what each station did as the line sees it, and who
// held it up. A line is made of machines by configuration ([Layout]).
//
// It stores nothing but layouts, reads no clock but through its desk, and changes
// nothing a machine or a person said: what it derives, a station that starves or
// is blocked, is marked as derived, and unknown time stays unknown. What machines
// did and counted is told to it ([Machines]).
//
// Start with [Layout], [Desk.Analyse] and, for how states are derived, derive.go.
package line

import (
	"errors"
	"fmt"
)

// ErrInvalid is what cannot be done, in words for the asker.
var ErrInvalid = errors.New("line: not valid")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

package files

import (
	"fmt"
	"strings"

	"zhigai/connect/files/table"
)

// report is what was found in one file.
type report struct {
	File     string
	Values   int
	Problems []table.Problem
	More     int   // problems that are not listed
	Failed   error // the file as a whole
}

// maxProblems bounds the list: a file in the wrong format has as many as lines,
// and nobody reads more.
const maxProblems = 200

// problemSuffix is that of the list beside a file that was moved.
const problemSuffix = ".problems.txt"

func (r *report) add(p table.Problem) {
	if len(r.Problems) >= maxProblems {
		r.More++
		return
	}
	r.Problems = append(r.Problems, p)
}

func (r *report) bad() bool { return r.Failed != nil || len(r.Problems) > 0 }

// String is one line for a person.
func (r *report) String() string {
	switch {
	case r.Failed != nil:
		return fmt.Sprintf("%s: %v", r.File, r.Failed)
	case len(r.Problems) == 0:
		return fmt.Sprintf("%s: %d values", r.File, r.Values)
	}
	return fmt.Sprintf("%s: %d values; %d problems, the first in %s", r.File, r.Values, len(r.Problems)+r.More, r.Problems[0])
}

// list is all that was found, a line each, for the file beside.
func (r *report) list() string {
	var out strings.Builder
	if r.Failed != nil {
		fmt.Fprintf(&out, "%s: %v\r\n", r.File, r.Failed)
	}
	for _, p := range r.Problems {
		fmt.Fprintf(&out, "%s %s\r\n", r.File, p)
	}
	if r.More > 0 {
		fmt.Fprintf(&out, "%s: %d more\r\n", r.File, r.More)
	}
	return out.String()
}

// Package paper draws an acceptance report as a PDF, Chinese first and English
// second, to be printed and signed.
//
// It says what the report says and computes nothing but sums for the eye. The same
// report gives the same bytes. Start with [Write].
package paper

import (
	"fmt"
	"io"

	"zhigai/paper"
	"zhigai/shop/acceptance"
)

// sheet is a report in the making.
type sheet struct {
	*paper.Sheet
	report acceptance.Report
}

// Write draws the report.
func Write(out io.Writer, r acceptance.Report) error {
	footer := fmt.Sprintf("验收报告 Acceptance report %s · SHA-256 %s…", r.ID, r.SHA256[:min(16, len(r.SHA256))])
	base, err := paper.New("设备接入验收报告 Acceptance report "+r.ID, footer, r.Made)
	if err != nil {
		return err
	}
	s := &sheet{base, r}
	s.cover()
	s.summary()
	for i := range r.Content.Machines {
		s.machine(i, &r.Content.Machines[i])
	}
	s.definitions()
	s.verify()
	return s.Output(out)
}

package acceptance

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// tableColumns are the form of the CSV: one machine a line.
var tableColumns = []string{
	"path", "name_zh", "name_en", "result", "failed_criteria", "driver", "address", "unit", "profile", "profile_version", "profile_verified",
	"coverage", "tags_wanted", "tags_delivering", "tags_silent", "samples", "bad_samples", "replaced_samples", "first", "last",
	"contact_gaps", "longest_gap_s", "known_us", "wanted_us", "alarms", "digest",
}

// WriteCSV writes the machines as CSV with a byte order mark, which spreadsheets
// need to read Chinese. A text that a spreadsheet would take for a formula gets an
// apostrophe.
func (c Content) WriteCSV(out io.Writer) error {
	if _, err := io.WriteString(out, "\ufeff"); err != nil {
		return err
	}
	w := csv.NewWriter(out)
	if err := w.Write(tableColumns); err != nil {
		return err
	}
	for _, m := range c.Machines {
		bad := int64(0)
		for _, n := range m.Bad {
			bad += n
		}
		row := []string{
			m.Path, m.Name.ZH, m.Name.EN, m.Result, strings.Join(m.FailedCriteria(), " "), m.Driver, m.Address, m.Unit, m.Profile, strconv.Itoa(m.Version), m.Verified,
			strconv.FormatFloat(m.Coverage, 'f', 6, 64), strconv.Itoa(m.Wanted), strconv.Itoa(m.Delivering), strconv.Itoa(m.Silent),
			strconv.FormatInt(m.Samples, 10), strconv.FormatInt(bad, 10), strconv.FormatInt(m.Replaced, 10), stampOf(m.First), stampOf(m.Last),
			strconv.Itoa(m.Contact.Gaps), fmt.Sprintf("%.3f", float64(m.LongestUs)/1e6), strconv.FormatInt(m.KnownUs, 10), strconv.FormatInt(m.WantedUs, 10),
			strconv.Itoa(m.Alarms), m.Digest,
		}
		for i, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				row[i] = "'" + cell
			}
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// FailedCriteria names what the machine did not reach.
func (m Machine) FailedCriteria() []string {
	var out []string
	for _, v := range m.Verdicts {
		if !v.Passed {
			out = append(out, v.Criterion)
		}
	}
	return out
}

func stampOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return stamp(t)
}

package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	promiseRow = regexp.MustCompile("^\\| [^|]+ \\| (Test\\w+) \\| `go test \\./(\\S+) -run '\\^(Test\\w+)\\$'` \\|$")
	testFunc   = regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)
)

// TestPromises_NameTestsThatExist keeps docs/promises.md true: every row of its
// tables names a test that the command beside it runs, and every promise has one.
func TestPromises_NameTestsThatExist(t *testing.T) {
	page, err := os.ReadFile("../docs/promises.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]int{} // of each section
	section := ""
	for line := range strings.Lines(string(page)) {
		line = strings.TrimSpace(line)
		if title, ok := strings.CutPrefix(line, "## "); ok {
			section = title
			rows[section] = 0
		}
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|---") || strings.HasPrefix(line, "| what could") {
			continue
		}
		row := promiseRow.FindStringSubmatch(line)
		if row == nil || row[1] != row[3] {
			t.Errorf("row not understood, or test and command differ: %s", line)
			continue
		}
		if !testsOf(t, row[2])[row[1]] {
			t.Errorf("docs/promises.md names %s of %s, which is not there", row[1], row[2])
		}
		rows[section]++
	}
	if len(rows) != 10 {
		t.Errorf("%d promises; want 10", len(rows))
	}
	for name, n := range rows {
		if n == 0 {
			t.Errorf("no test for %q", name)
		}
	}
}

// testsOf lists the tests of a room.
func testsOf(t *testing.T, room string) map[string]bool {
	files, err := filepath.Glob(filepath.Join("..", room, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range testFunc.FindAllStringSubmatch(string(src), -1) {
			out[m[1]] = true
		}
	}
	return out
}

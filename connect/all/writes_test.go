package all_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/all"
	"zhigai/connect/mqtt"
	"zhigai/plant"
)

var (
	writesRow = regexp.MustCompile("(?m)^\\| ((?:`[a-z0-9-]+`(?:, )?)+) \\| ([^|]+) \\| ([^|]+) \\|$")
	quoted    = regexp.MustCompile("`([^`]+)`")
	example   = regexp.MustCompile("(number|boolean|enumeration|text) `([^`]+)`")
	writing   = regexp.MustCompile(`\) Write\(ctx context\.Context, \w+ connect\.Point, value any\) error`)
)

// TestDrivers_WriteWhatTheReadmeSays: the table of what is written names each driver that
// writes and no other; what a driver knows to write it takes, and what is said to be
// refused it refuses.
func TestDrivers_WriteWhatTheReadmeSays(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	broker, err := mqtt.NewBroker(mqtt.Options{Address: "127.0.0.1:0", Anonymous: &mqtt.Rights{Tenant: 1}, Now: time.Now, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	set, err := all.Drivers(all.Options{Dir: t.TempDir(), Files: t.TempDir(), Broker: broker, Now: time.Now, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(raw), "### What is written")
	table, _, _ = strings.Cut(table, "\n#")
	rows := map[string][]string{} // of a driver: what is written, what is refused
	for _, row := range writesRow.FindAllStringSubmatch(table, -1) {
		for _, name := range quoted.FindAllStringSubmatch(row[1], -1) {
			rows[name[1]] = row[2:]
		}
	}
	for _, d := range set.List {
		row, told := rows[d.Kind()]
		delete(rows, d.Kind())
		if writes := writesAnything(t, d); writes != told {
			t.Errorf("%s: writes %v, and stands in the table %v", d.Kind(), writes, told)
			continue
		}
		checker, knows := d.(connect.WriteChecker)
		if !told || !knows {
			continue
		}
		taken := example.FindAllStringSubmatch(row[0], -1)
		if len(taken) == 0 {
			t.Errorf("%s: no example of what is written; write it as: number `address`", d.Kind())
		}
		for _, e := range taken {
			if err := checker.CheckWrite(e[2], plant.TagKind(e[1]), nil); err != nil {
				t.Errorf("%s: said to write %s %s: %v", d.Kind(), e[1], e[2], err)
			}
		}
		for _, e := range example.FindAllStringSubmatch(row[1], -1) {
			if checker.CheckWrite(e[2], plant.TagKind(e[1]), nil) == nil {
				t.Errorf("%s: said to refuse %s %s, and takes it", d.Kind(), e[1], e[2])
			}
		}
	}
	for name := range rows {
		t.Errorf("the table speaks of %s, which is no driver", name)
	}
}

// writesAnything says whether connections of a driver's package write.
func writesAnything(t *testing.T, d connect.Driver) bool {
	t.Helper()
	kind := reflect.TypeOf(d)
	if kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	files, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(strings.TrimPrefix(kind.PkgPath(), "zhigai/connect/")), "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: no files of %s: %v", d.Kind(), kind.PkgPath(), err)
	}
	return slices.ContainsFunc(files, func(f string) bool {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		return !strings.HasSuffix(f, "_test.go") && writing.Match(raw)
	})
}
